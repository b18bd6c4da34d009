"""Safety on data that others made: ongoing participants, other words, several records a visit."""

import datetime
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from opened import Opened

from analysis.display.page import views_of
from analysis.errors import NoSection, UserError
from analysis.results import Results, Section, reason_of
from analysis.results.curves import EVENTS
from analysis.safety import (
    abnormal,
    answer,
    by_grade,
    by_kind,
    by_subgroup,
    by_term,
    by_worst,
    counting_rule,
    exposure,
    glycaemia,
    hepatic,
    igf,
    immunogenicity,
    incidence_rates,
    insulin_resistance,
    kinds,
    listings,
    meanings,
    measurements,
    onset,
    overview,
    shifts,
    special_interest,
    standout,
    summaries,
    thyroid,
    time_to_event,
    treated,
)
from analysis.safety.population import TOTAL
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve

H, V = "Humatrope", "Valtropin"
START = pd.Timestamp("2001-03-01")
CUT = datetime.date(2001, 9, 30)
SECTIONS: list[Section[SafetyRun]] = [
    section
    for module in (
        answer, exposure, overview, counting_rule, by_term, standout, by_worst, by_grade,
        by_kind, by_subgroup, special_interest,
        incidence_rates, time_to_event, onset, summaries, shifts, abnormal, hepatic, glycaemia,
        insulin_resistance, igf, thyroid, immunogenicity, listings,
    )
    for section in vars(module).values()
    if isinstance(section, Section) and section.__module__ == module.__name__
]  # fmt: skip
Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def ghd() -> SafetyRun:
    return resolve(SafetyParameters(trial="ghd"))


def people(**changes: Any) -> pd.DataFrame:
    """H1 to H3 and V1 to V4, each treated for 100 days."""
    arm = [H] * 3 + [V] * 4
    frame = pd.DataFrame(
        {
            "USUBJID": ["H1", "H2", "H3", "V1", "V2", "V3", "V4"],
            "TRT01P": arm,
            "TRT01A": arm,
            "SAFFL": "Y",
            "TRTSDT": START,
            "TRTEDT": START + pd.Timedelta(days=99),
        }
    )
    return frame.assign(**changes)


def events(*rows: tuple[str, str, float], **columns: Any) -> pd.DataFrame:
    """Events by participant, term and day of onset."""
    frame = pd.DataFrame(list(rows), columns=["USUBJID", "AEDECOD", "day"])
    start = START + pd.to_timedelta(frame.pop("day").astype(float) - 1, unit="D")
    frame = frame.assign(AEBODSYS="Nervous", ASTDT=start.astype("datetime64[ns]"))
    return frame.assign(
        **{"AESEV": "MILD", "AESER": "N", "AEREL": "RELATED", "AEACN": "DOSE NOT CHANGED"}
        | {"AEOUT": "RECOVERED/RESOLVED"}
        | columns
    )


def small(
    ghd: SafetyRun,
    adae: pd.DataFrame | None = None,
    adsl: pd.DataFrame | None = None,
    *,
    cutoff: datetime.date | None = None,
    tables: Tables | None = None,
    **safety: Any,
) -> SafetyRun:
    """Return a run on hand-made tables; further arguments change the safety part of the plan."""
    own = {"special_interest": {}, "special_interest_lists": (), "exposure": ""}
    own |= {"vital_signs": "", "laboratory": ()} | safety
    plan = ghd.trial.plan
    data = plan.data.model_copy(update={"cutoff": cutoff})
    plan = plan.model_copy(update={"safety": ghd.plan.model_copy(update=own), "data": data})
    found = {"adsl": people() if adsl is None else adsl} | (tables or {})
    found |= {} if adae is None else {"adae": adae}
    found = {name: _as_read(table) for name, table in found.items()}
    return replace(ghd, trial=replace(ghd.trial, plan=plan, tables=found))


def _as_read(table: pd.DataFrame) -> pd.DataFrame:
    texts = table.select_dtypes(["object", "string"]).columns
    return table.astype(dict.fromkeys(texts, str))


def stat(results: Results, name: str, **levels: str) -> float:
    """Return one number."""
    rows = results.select(**levels).frame
    found = rows.loc[rows["stat_name"] == name, "stat"]
    assert len(found) == 1, (name, levels, len(found))
    return float(found.iloc[0])


# Time on treatment ----------------------------------------------------------------------------


def test_ongoing_participants_count_up_to_the_cut_with_their_events(ghd: SafetyRun) -> None:
    adsl = people()
    adsl.loc[[2, 5, 6], "TRTEDT"] = pd.NaT
    adsl["EOSSTT"] = np.where(adsl["TRTEDT"].isna(), "ONGOING", "COMPLETED")
    run = small(ghd, events(("V4", "Pain", 150), ("V1", "Pain", 20)), adsl, cutoff=CUT)
    days = (pd.Timestamp(CUT) - START).days + 1
    years = stat(exposure.exposure(run), "sum", variable=exposure.PATIENT_YEARS, group1_level=V)
    assert years == pytest.approx((200 + 2 * days) / 365.25)
    rates = incidence_rates.rates(run).select(
        group1_level=V, variable="Overview", variable_level=kinds.EMERGENT
    )
    assert stat(rates, "n") == 2
    assert stat(rates, "exposure") == pytest.approx((20 + 100 + days + 150) / 365.25)
    said = f"3 ongoing, counted to the data cut of {CUT}"
    for section in (exposure.exposure, exposure.remaining, incidence_rates.rates,
                    time_to_event.time_to_first_event, onset.onset_by_month):  # fmt: skip
        assert said in section(run).frame["method"].iloc[0], section.__name__
    assert said in " ".join(answer.sentences(run))
    assert "data cut" in exposure.remaining_figure(exposure.exposure(run), run).caption
    first = time_to_event.time_to_first_event(run).select(variable=EVENTS)
    assert stat(first, "N", group1_level=V) == 4


def test_without_a_cut_ongoing_participants_are_left_out_and_said(ghd: SafetyRun) -> None:
    adsl = people(EOSSTT="COMPLETED")
    adsl.loc[6, "TRTEDT"] = pd.NaT
    run = small(ghd, events(("V4", "Pain", 150), ("V4", "Pain", 160), ("V1", "Pain", 20)), adsl)
    found = exposure.exposure(run).select(variable=exposure.DURATION, group1_level=V)
    assert (stat(found, "n"), stat(found, "N_miss")) == (3, 1)
    method = incidence_rates.rates(run).frame["method"].iloc[0]
    assert "1 participant of unknown duration left out with their 2 events" in method
    left = exposure.remaining(run).select(group1_level=V, variable=EVENTS)
    assert (stat(left, "n"), stat(left, "N")) == (0, 3)


@pytest.mark.parametrize(
    ("changes", "days", "said"),
    [
        ({"DTHDT": START + pd.Timedelta(days=49)}, 50, "1 without a last dose, counted to death"),
        ({"EOSDT": START + pd.Timedelta(days=59)}, 60, "without a last dose, counted to end of"),
        ({"TRTDURD": 70.0}, 70, "1 without both dates, by the recorded duration"),
        ({"TRTEDT": START + pd.Timedelta(days=400)}, 214, "1 with a last dose after the data cut"),
        ({"TRTSDT": pd.NaT}, np.nan, "1 of unknown duration"),
    ],
)
def test_the_end_of_treatment_that_is_known_first(
    ghd: SafetyRun, changes: dict[str, Any], days: float, said: str
) -> None:
    adsl = people(DTHDT=pd.NaT, EOSDT=pd.NaT, TRTDURD=np.nan)
    adsl[["DTHDT", "EOSDT"]] = adsl[["DTHDT", "EOSDT"]].astype("datetime64[ns]")
    for name, value in ({"TRTEDT": pd.NaT} | changes).items():
        adsl.loc[6, name] = value
    found = treated.time_treated(small(ghd, events(), adsl, cutoff=CUT))
    assert found.days.iloc[6] == pytest.approx(days, nan_ok=True)
    assert any(said in note for note in found.notes)
    assert (found.days.iloc[:6] == 100).all()


def test_a_duration_in_weeks_or_a_day_short_is_not_believed_over_its_dates(ghd: SafetyRun) -> None:
    for short in (100 / 7, 99.0):
        found = treated.time_treated(small(ghd, events(), people(TRTDURD=short)))
        assert (found.days == 100).all()
        assert found.notes == ("7 whose recorded duration is not that of their dates, which count",)
    weeks = people(TRTDURD=100 / 7)
    weeks.loc[0, "TRTEDT"] = pd.NaT
    found = treated.time_treated(small(ghd, events(), weeks))
    assert np.isnan(found.days.iloc[0]), "a unit that contradicts the others is none to rely on"


def test_no_variable_of_the_last_dose_is_no_exposure(ghd: SafetyRun) -> None:
    run = small(ghd, events(), people().drop(columns="TRTEDT"), cutoff=CUT)
    assert "adsl must have TRTSDT and TRTEDT" in reason_of(exposure.exposure.rows(run))
    assert "not recorded" in answer.sentences(run)[0]


# What the words mean --------------------------------------------------------------------------


def one_row(run: SafetyRun, kind: str) -> tuple[str, str]:
    """Return what the overview shows of a kind, and its note."""
    rows = overview.overview(run).select(variable=kind, group1_level=TOTAL)
    frame = rows.frame
    shown = rows.text("n") if (frame["stat_name"] == "n").any() else rows.text("reason")
    return shown, str(frame["note"].iloc[0])


@pytest.mark.parametrize(
    ("column", "values", "kind", "said"),
    [
        ("AEREL", ["Y", "N"], kinds.RELATED, "Causality has N, Y; none is in safety.related"),
        ("AEREL", ["REALTED", ""], kinds.RELATED, "Causality has REALTED; none is in"),
        ("AEACN", ["PERMANENTLY DISCONTINUED"] * 2, kinds.WITHDRAWAL, "safety.withdrawal"),
        ("AESER", ["YES", "NO"], kinds.SERIOUS, "Serious event has NO, YES; none is Y"),
        ("AESER", [1.0, 0.0], kinds.SERIOUS, "Serious event has 0, 1; none is Y"),
        ("AESEV", ["GRADE 3", "GRADE 1"], kinds.SEVERE, "none is in safety.severe"),
    ],
)
def test_words_of_unknown_meaning_are_no_zero(
    ghd: SafetyRun, column: str, values: list[Any], kind: str, said: str
) -> None:
    adae = events(("V1", "Pain", 3), ("V2", "Pain", 4), **{column: values})
    run = small(ghd, adae)
    shown, note = one_row(run, kind)
    assert shown == meanings.NOT_ESTIMABLE
    assert said in note
    table = overview.overview_table(overview.overview(run), run)
    assert any(said in each for each in table.footnotes)
    assert kind not in set(incidence_rates.rates(run).frame["variable_level"])
    assert meanings.NOT_ESTIMABLE in answer.sentences(run)[1] or kind in (
        kinds.RELATED,
        kinds.SEVERE,
    )


@pytest.mark.parametrize(
    ("column", "word", "kind"),
    [
        ("AEREL", "NOT RELATED", kinds.RELATED),
        ("AEACN", "DOSE REDUCED", kinds.WITHDRAWAL),
        ("AESER", "N", kinds.SERIOUS),
        ("AESEV", "MODERATE", kinds.SEVERE),
    ],
)
def test_words_that_surely_are_none_make_a_zero(
    ghd: SafetyRun, column: str, word: str, kind: str
) -> None:
    adae = events(("V1", "Pain", 3), ("V2", "Pain", 4), **{column: word})
    assert one_row(small(ghd, adae), kind) == ("0", "")


def test_a_strange_word_beside_known_ones_is_counted(ghd: SafetyRun) -> None:
    adae = events(("V1", "Pain", 3), ("V2", "Pain", 4), ("V3", "Pain", 4))
    run = small(ghd, adae.assign(AEREL=["RELATED", "MAYBE", "NOT RELATED"]))
    shown, note = one_row(run, kinds.RELATED)
    assert shown == "1"
    assert (
        note == "Causality is 'MAYBE' in 1 of 3 events, which is not in safety.related: not counted"
    )


def test_the_plan_says_what_is_severe_and_what_is_fatal(ghd: SafetyRun) -> None:
    adae = events(("V1", "Pain", 3), ("V2", "Pain", 4), ("V3", "Pain", 4))
    adae = adae.assign(AESEV=["1", "4", "3"], AEOUT=["RESOLVED", "DIED", "RESOLVED"])
    run = small(ghd, adae, severe=("3", "4"), fatal=("DIED",))
    assert one_row(run, kinds.SEVERE)[0] == "2"
    assert one_row(run, kinds.DEATHS)[0] == "1"
    assert len(listings.deaths(run).select(context="listing").frame["variable"].unique()) == 1
    worst = by_worst.by_severity(run).select(variable_level="4", group1_level=TOTAL)
    assert set(worst.frame["variable"]) == {"All system organ classes", "Nervous"}


def test_grades_in_no_order_have_no_worst(ghd: SafetyRun) -> None:
    adae = events(("V1", "Pain", 3), ("V1", "Pain", 4), AESEV=["LITTLE", "MUCH"])
    reason = reason_of(by_worst.by_severity.rows(small(ghd, adae)))
    assert "LITTLE, MUCH" in reason
    assert "levels.AESEV" in reason


@pytest.mark.parametrize(
    ("adsl", "outcome", "dead"),
    [
        ({"DTHFL": ["Y", "", "", "", "", "", ""]}, "RECOVERED/RESOLVED", 1),
        ({"DTHDT": [START, START] + [pd.NaT] * 5}, "", 2),
        ({}, "FATAL", 1),
        ({"DTHFL": ""}, "FATAL", 1),
        ({"DTHFL": ""}, "", 0),
        ({}, "", None),
        ({"DTHFL": ["YES"] + [""] * 6}, "", None),
        ({}, "DIED", None),
    ],
)
def test_overview_and_listing_have_the_same_deaths(
    ghd: SafetyRun, adsl: dict[str, Any], outcome: str, dead: int | None
) -> None:
    run = small(ghd, events(("V1", "Pain", 3), AEOUT=outcome), people(**adsl))
    shown, _ = one_row(run, kinds.DEATHS)
    if dead is None:
        assert shown in (meanings.NOT_RECORDED, meanings.NOT_ESTIMABLE)
        assert "deaths are not" in reason_of(listings.deaths.rows(run))
        return
    assert shown == str(dead)
    named = listings.deaths(run).frame
    assert named.loc[named["group1_level"] != "", "variable"].nunique() == dead


# No events, no codes --------------------------------------------------------------------------


def test_a_table_without_events_says_that_there_were_none(ghd: SafetyRun) -> None:
    run = small(ghd, events(("V1", "Pain", 3)).iloc[:0])
    for kind in (kinds.EMERGENT, kinds.RELATED, kinds.SERIOUS, kinds.WITHDRAWAL):
        assert one_row(run, kind)[0] == "0"
    assert one_row(run, kinds.EMERGENT)[1] == "no events recorded"
    works(run)


def test_no_table_of_events_has_no_section_and_leaves_the_rest(ghd: SafetyRun) -> None:
    run = small(ghd, adverse_events="")
    for section in (overview.overview, by_term.by_term, incidence_rates.rates):
        with pytest.raises(NoSection, match="names no table of adverse events"):
            section(run)
    assert "patient-years" in answer.sentences(run)[0]
    works(run)


def test_events_without_a_term_are_counted_as_not_coded(ghd: SafetyRun) -> None:
    adae = events(("V1", "Pain", 3), ("V2", "", 4), ("V3", "", 4))
    found = by_term.by_term(small(ghd, adae)).select(variable_level="Not coded", group1_level=V)
    assert stat(found, "n") == 2
    bare = small(ghd, adae.drop(columns="AEDECOD"))
    assert one_row(bare, kinds.EMERGENT)[0] == "3"
    assert "AEDECOD" in reason_of(by_term.by_term.rows(bare))
    works(bare)


def test_the_known_class_of_a_term_comes_before_an_unknown_one(ghd: SafetyRun) -> None:
    adae = events(("V1", "Pain", 3), ("V2", "Pain", 4), ("V3", "Pain", 4), ("V4", "", 4))
    run = small(ghd, adae.assign(AEBODSYS=["", "", "Eye", ""]))
    found = by_term.by_term(run)
    assert stat(found.select(variable="Eye", variable_level="Pain", group1_level=V), "n") == 3
    assert set(found.frame["variable"]) == {"All system organ classes", "Eye", "Not coded"}
    months = onset.onset_by_month(run).frame
    assert set(months["variable"]) == {"All system organ classes", "Eye", "Not coded"}


def works(run: SafetyRun) -> None:
    """Hold that every section and every view of it is there, or says why not."""
    for section in SECTIONS:
        for view in views_of(section, run):
            assert view.text(), section.__name__


# One record a participant ---------------------------------------------------------------------

OF_RECORDS = {"counting_rule", "terms_shown", "records_left_out"}
"""Sections whose n are records, events or terms, and not participants."""


def few(run: SafetyRun, each: int) -> Tables:
    """Return the tables of the first participants of every arm, with a few measurements."""
    adsl = run.trial.tables["adsl"]
    names = adsl.groupby("TRT01A").head(each)["USUBJID"]
    endpoints = {endpoint.paramcd for endpoint in run.trial.plan.endpoints.all}
    found = {}
    for name, table in run.trial.tables.items():
        own = table[table["USUBJID"].isin(names)]
        if "PARAMCD" in own:
            wanted = {*run.plan.roles.model_dump().values(), *endpoints}
            wanted |= set(own["PARAMCD"].unique()[:3])
            own = own[own["PARAMCD"].isin(wanted)]
        found[name] = own.reset_index(drop=True)
    return found


def with_tables(run: SafetyRun, tables: Tables) -> SafetyRun:
    return replace(run, trial=replace(run.trial, tables=tables))


def measured(tables: Tables, change: Any) -> Tables:
    """Change every table of measurements."""
    return {
        name: change(table) if "PARAMCD" in table and "AVISIT" in table else table
        for name, table in tables.items()
    }


def tripled(table: pd.DataFrame) -> pd.DataFrame:
    places = ("LYING", "STANDING 1 MIN", "STANDING 3 MIN")
    parts = [
        table.assign(ATPT=place, AVAL=table["AVAL"] + number, BASE=np.nan, CHG=np.nan)
        for number, place in enumerate(places)
    ]
    return pd.concat(parts, ignore_index=True)


def two_bases(table: pd.DataFrame) -> pd.DataFrame:
    parts = [table.assign(BASETYPE=name) for name in ("FIRST", "LAST")]
    return pd.concat(parts, ignore_index=True)


def averaged(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table.assign(DTYPE=""), table.assign(DTYPE="AVERAGE")], ignore_index=True)


def doubled(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table], ignore_index=True)


ALTERED = {
    "as it is": lambda tables: tables,
    "three time points": lambda tables: measured(tables, tripled),
    "two types of baseline": lambda tables: measured(tables, two_bases),
    "averages": lambda tables: measured(tables, averaged),
    "every row twice": lambda tables: {
        name: table if name == "adsl" else doubled(table) for name, table in tables.items()
    },
    "unnamed visits": lambda tables: measured(tables, lambda table: table.assign(AVISIT="")),
}


@pytest.mark.parametrize(
    ("trial", "altered"),
    [
        *(("ghd", altered) for altered in ALTERED),
        *((trial, "as it is") for trial in ("cdisc-pilot", "turner-1", "turner-2")),
        ("cdisc-pilot", "three time points"),
        ("cdisc-pilot", "every row twice"),
    ],
)
def test_no_table_shows_more_participants_than_there_are(trial: str, altered: str) -> None:
    run = resolve(SafetyParameters(trial=trial))
    run = with_tables(run, ALTERED[altered](few(run, 4)))
    sizes = run.subjects()["arm"].value_counts()
    looked_at = 0
    for section in SECTIONS:
        if section.__name__ in OF_RECORDS:
            continue
        frame = section.rows(run).frame
        own = frame[frame["stat_name"].isin(["n", "N"]) & (frame["group1"] == "arm")]
        wide = own.pivot(
            index=["analysis_id", "group1_level", "group2_level", "variable", "variable_level"],
            columns="stat_name",
            values="stat",
        ).reset_index()
        most = wide["group1_level"].map(sizes.to_dict() | {TOTAL: sizes.sum()}).astype(float)
        for name in ({"n", "N"} & set(wide)) - ({"N"} if "onset" in section.__name__ else set()):
            assert (wide[name].dropna() <= most[wide[name].notna()]).all(), section.__name__
        if {"n", "N"} <= set(wide):
            both = wide.dropna(subset=["n", "N"])
            assert (both["n"] <= both["N"]).all(), section.__name__
        looked_at += len(wide)
    assert looked_at > 50


def test_two_types_of_baseline_are_two_measurements(ghd: SafetyRun) -> None:
    tables = few(ghd, 4)
    once = measurements.measurements(with_tables(ghd, tables))
    twice = measurements.measurements(with_tables(ghd, measured(tables, two_bases)))
    assert twice.records["PARAM"].nunique() == 2 * once.records["PARAM"].nunique()
    one = once.by_visit.groupby(["PARAMCD", "AVISIT"])["USUBJID"].nunique()
    both = twice.by_visit.groupby(["PARAM", "PARAMCD", "AVISIT"])["USUBJID"].nunique()
    assert (both.reset_index("PARAM", drop=True) == one.reindex(both.droplevel(0).index)).all()


def laboratory(rows: list[tuple[str, float, float]], **columns: Any) -> pd.DataFrame:
    """TSH by participant, day and value; the baseline is that of day 1; limits 1 to 5."""
    frame = pd.DataFrame(rows, columns=["USUBJID", "ADY", "AVAL"])
    frame["ADT"] = START + pd.to_timedelta(frame["ADY"] - 1, unit="D")
    frame["ABLFL"] = np.where(frame["ADY"] == 1, "Y", "")
    frame = frame.assign(PARAMCD="TSH", PARAM="TSH (mIU/L)", A1LO=1.0, A1HI=5.0, AVISIT="")
    return frame.assign(**columns)


def of_tsh(ghd: SafetyRun, adlb: pd.DataFrame, **plan: Any) -> SafetyRun:
    roles = ghd.plan.roles.model_copy(
        update=dict.fromkeys(ghd.plan.roles.model_dump(), "") | {"tsh": "TSH"}
    )
    return small(ghd, events(), tables={"adlb": adlb}, laboratory=("adlb",), roles=roles, **plan)


def test_the_baseline_record_is_believed_over_what_is_derived_from_it(ghd: SafetyRun) -> None:
    adlb = laboratory(
        [("V1", 1, 3), ("V1", 50, 9), ("V2", 50, 9)], BNRIND="HIGH", BASE=7.0, CHG=2.0
    )
    run = of_tsh(ghd, adlb)
    found = measurements.measurements(run)
    now = found.phase(measurements.ON_TREATMENT).set_index("USUBJID")
    # V1 has a baseline record, which was normal; of V2 there is only what the table says.
    assert now.loc["V1", ["BASE", "CHG", "BASESIDE"]].tolist() == [3, 6, "Normal"]
    assert now.loc["V2", ["BASE", "CHG", "BASESIDE"]].tolist() == [7, 2, "High"]
    new = abnormal.new_abnormalities(run).select(variable_level="High", group1_level=V)
    assert stat(new, "n") == 1
    said = summaries.records_left_out(run).frame
    differs = said[said["variable_level"].str.startswith("BASE or BNRIND is not that")]
    assert differs.loc[differs["stat_name"] == "n", "stat"].astype(float).tolist() == [2]


def test_parameters_of_one_name_stay_two(ghd: SafetyRun) -> None:
    both = pd.concat(
        [laboratory([("V1", 50, 9)]), laboratory([("V1", 50, 3)], PARAMCD="TSH2")],
        ignore_index=True,
    )
    last = measurements.measurements(of_tsh(ghd, both)).last_on_treatment
    assert sorted(last["PARAM"]) == ["TSH (mIU/L), TSH", "TSH (mIU/L), TSH2"]


def test_a_blank_baseline_flag_is_none(ghd: SafetyRun) -> None:
    adlb = laboratory([("V1", -3, 2), ("V1", 1, 3), ("V1", 50, 9)], ABLFL="")
    now = measurements.measurements(of_tsh(ghd, adlb)).phase(measurements.ON_TREATMENT)
    assert now["BASE"].tolist() == [3]


def test_records_long_after_the_last_dose_are_late_without_a_date_too(ghd: SafetyRun) -> None:
    adlb = laboratory([("V1", 1, 3), ("V1", 130, 9), ("V1", 131, 9)]).drop(columns="ADT")
    found = measurements.measurements(of_tsh(ghd, adlb)).records
    assert found["PHASE"].tolist() == ["baseline", "on treatment", "later"]


def test_several_values_of_a_day_are_one_high_record() -> None:
    day = pd.DataFrame({"USUBJID": "A", "ADY": [30, 30, 30, 60], "AVAL": [3.0, 1, 3, 1]})
    assert igf.stretches(day, 2)[["records", "days"]].to_numpy().tolist() == [[1, 0]]


# Every section costs itself only --------------------------------------------------------------


@pytest.fixture(scope="module")
def of_pain(ghd: SafetyRun) -> SafetyRun:
    """Two participants with an event and two measurements each."""
    adlb = laboratory([("V1", 1, 3), ("V1", 50, 9), ("H1", 1, 3), ("H1", 50, 4)], ANRIND="NORMAL")
    run = of_tsh(ghd, adlb)
    pain = events(("V1", "Pain", 3), ("H1", "Pain", 4))
    return with_tables(run, run.trial.tables | {"adae": pain})


@pytest.fixture(scope="module")
def opened(of_pain: SafetyRun) -> dict[Section[SafetyRun], set[str]]:
    """The tables that each section opens; a variable of another cannot cost it anything."""
    found = {}
    for section in SECTIONS:
        tables = Opened(of_pain.trial.tables)
        section.rows(with_tables(of_pain, tables))
        found[section] = tables.names
    return found


@pytest.mark.parametrize("name", ["adsl", "adae", "adlb"])
def test_a_missing_variable_costs_the_sections_that_need_it(
    of_pain: SafetyRun, opened: dict[Section[SafetyRun], set[str]], name: str
) -> None:
    tables = of_pain.trial.tables
    needing = [section for section in SECTIONS if name in opened[section]]
    assert needing
    for column in tables[name]:
        without = with_tables(of_pain, tables | {name: tables[name].drop(columns=column)})
        if name == "adsl" and column in ("USUBJID", "SAFFL"):
            # Without these nothing can be counted, and the run says so before any section.
            with pytest.raises(UserError, match=column):
                without.subjects()
            continue
        for section in needing:
            section.rows(without)


@pytest.mark.parametrize("column", ["AEACN", "AEREL", "AESER"])
def test_what_one_arm_does_not_record_leaves_the_overview(column: str) -> None:
    run = resolve(SafetyParameters(trial="turner-1"))
    events = run.trial.tables["adae"].assign(**{column: ""})
    without = with_tables(run, {**run.trial.tables, "adae": events})
    rows = overview.overview(without).wide().set_index("variable")
    assert (rows["reason"].fillna("") != "").sum() == 1
    own = run.trial.tables["adae"].query("TRTEMFL == 'Y'")
    assert rows.loc["Any treatment-emergent event", "n"] == str(own["USUBJID"].nunique())
