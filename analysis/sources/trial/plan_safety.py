"""What a plan says of safety: its tables, and the words that count in them."""

import pydantic

from analysis.sources.trial.plan_part import Part


class LaboratoryRoles(Part):
    """PARAMCDs of the measurements that the safety sections look for, by what they are.

    A section whose measurement is not named here does not appear.
    """

    alt: str = ""
    ast: str = ""
    alp: str = ""
    bilirubin: str = ""
    fasting_glucose: str = ""
    random_glucose: str = ""
    hba1c: str = ""
    insulin: str = ""
    igf1_sds: str = ""
    tsh: str = ""
    free_t4: str = ""
    antibodies: str = ""


class Safety(Part):
    """Safety tables and what may be shown of them.

    Parameters
    ----------
    population
        Name of one of the trial's populations.
    adverse_events, vital_signs, exposure
        Tables; empty where there is none.
    laboratory
        Laboratory tables.
    roles
        Which PARAMCD is which measurement, see `LaboratoryRoles`.
    related
        Values of AEREL that count as related to treatment.
    withdrawal
        Values of AEACN that mean withdrawal of treatment.
    fatal
        Values of AEOUT that mean death.
    severe
        Values of AESEV that count as severe; where there are none, ``SEVERE`` and what is worse.
    identifiers
        Whether listings may show subject identifiers. Real data default to no.
    special_interest
        Name of a group of events → its preferred terms.
    """

    population: str
    adverse_events: str = ""
    laboratory: tuple[str, ...] = ()
    vital_signs: str = ""
    exposure: str = ""
    roles: LaboratoryRoles = LaboratoryRoles()
    related: tuple[str, ...] = ("RELATED", "DEFINITE", "PROBABLE", "POSSIBLE")
    withdrawal: tuple[str, ...] = ("DRUG WITHDRAWN",)
    fatal: tuple[str, ...] = ("FATAL",)
    severe: tuple[str, ...] = ()
    identifiers: bool = False
    special_interest: dict[str, tuple[str, ...]] = pydantic.Field(default_factory=dict)
