"""Adverse events on small tables counted by hand, and where the rules are hard."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safety_events import START, H, V, cell, events, people, small

from analysis.errors import NoSection, UserError
from analysis.results import NOT_ESTIMABLE, ROW_KEY, Counted, Section
from analysis.safety import (
    answer,
    by_grade,
    by_kind,
    by_subgroup,
    by_term,
    by_worst,
    counting_rule,
    emergent,
    event_rows,
    exposure,
    incidence_rates,
    kinds,
    onset,
    overview,
    published,
    special_interest,
    standout,
    time_to_event,
)
from analysis.safety.coding import ALL_CLASSES, NOT_CODED
from analysis.safety.kinds import EMERGENT
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve
from analysis.safety.terms import NO_CLASS, term_counts

SECTIONS: list[Section[SafetyRun]] = [
    counting_rule.counting_rule,
    overview.overview,
    by_term.by_term,
    by_term.terms_shown,
    by_worst.by_severity,
    by_worst.by_relation,
    by_grade.by_grade,
    by_kind.serious_by_term,
    by_kind.withdrawals_by_term,
    by_subgroup.by_subgroup,
    special_interest.special_interest,
    exposure.exposure,
    exposure.remaining,
    incidence_rates.rates,
    time_to_event.time_to_first_event,
    onset.onset_by_month,
    standout.standout,
    answer.answer,
    published.published_safety,
]


@pytest.fixture(scope="module")
def ghd() -> SafetyRun:
    return resolve(SafetyParameters(trial="ghd"))


# Counting -------------------------------------------------------------------------------------


def test_repeated_events_count_once_a_participant_and_level(ghd: SafetyRun) -> None:
    run = small(
        ghd,
        events(
            ("V1", "Nervous", "Headache", 3),
            ("V1", "Nervous", "Headache", 9),
            ("V1", "Nervous", "Dizziness", 9),
            ("V2", "Nervous", "Headache", 1),
            ("H1", "Gastro", "Nausea", 50),
        ),
    )
    found = by_term.by_term(run)
    assert cell(found, V, "Nervous", "Headache") == [2, 4, 3]
    assert cell(found, V, "Nervous", "Dizziness") == [1, 4, 1]
    assert cell(found, V, "Nervous", "Any event") == [2, 4, 4]
    assert cell(found, H, "Nervous", "Any event") == [0, 3, 0]
    assert cell(found, "Total", ALL_CLASSES, "Any event") == [3, 7, 5]
    assert found.text("p", group1_level=V, variable_level="Headache") == "50.0"
    # Most frequent class first, and in it the most frequent term.
    order = found.select(group1_level=V, stat_name="n").frame[["variable", "variable_level"]]
    assert order.agg(" / ".join, axis=1).tolist() == [
        "All system organ classes / Any event",
        "Nervous / Any event",
        "Nervous / Headache",
        "Nervous / Dizziness",
        "Gastro / Any event",
        "Gastro / Nausea",
    ]


def test_a_term_in_two_organ_classes_stands_once_and_is_said(ghd: SafetyRun) -> None:
    run = small(
        ghd, events(("V1", "Eye", "Pain", 3), ("V1", "Ear", "Pain", 4), ("V2", "Ear", "Pain", 4))
    )
    found = by_term.by_term(run)
    assert cell(found, V, "Ear", "Pain") == [2, 4, 3]
    assert "Eye" not in set(found.frame["variable"])
    assert cell(found, V, ALL_CLASSES, "Any event") == [2, 4, 3]
    said = "Pain was recorded under 2 organ classes (Ear 2, Eye 1): all its events stand under Ear"
    assert said in set(counting_rule.counting_rule(run).frame["variable_level"])
    assert f"{said}." in by_term.by_term_table(found, run).footnotes


def test_terms_that_differ_in_case_accents_or_spaces_are_one(ghd: SafetyRun) -> None:
    run = small(
        ghd,
        events(
            ("V1", "Général", "Œdème", 1),
            ("V2", "GENERAL", "œdeme", 1),
            ("V3", "General", " ŒDÈME ", 1),
            ("V4", "General", "œdeme", 1),
            ("V4", "General", "Oedema", 1),
        ),
    )
    found = by_term.by_term(run)
    assert cell(found, V, "General", "œdeme") == [4, 4, 4]
    assert cell(found, V, "General", "Oedema") == [1, 4, 1], "œ is a letter of its own"
    merged = counting_rule.counting_rule(run).select(variable="Spelling", stat_name="n").frame
    assert dict(zip(merged["variable_level"], merged["stat"], strict=True)) == {
        "'Œdème' counted as 'œdeme'": 1,
        "'ŒDÈME' counted as 'œdeme'": 1,
        "'Général' counted as 'General'": 1,
        "'GENERAL' counted as 'General'": 1,
    }


def test_a_term_may_have_the_name_of_a_heading(ghd: SafetyRun) -> None:
    rows = [("V1", ALL_CLASSES, "Any event", 1), ("V2", ALL_CLASSES, "", 1)]
    found = by_term.by_term(small(ghd, events(*rows)))
    assert cell(found, V, f"{ALL_CLASSES} (as coded)", "Any event (as coded)") == [1, 4, 1]
    assert cell(found, V, f"{ALL_CLASSES} (as coded)", NOT_CODED) == [1, 4, 1]
    assert cell(found, V, ALL_CLASSES, "Any event") == [2, 4, 2]


def test_emergent_by_dates_where_nothing_is_flagged(ghd: SafetyRun) -> None:
    adae = events(
        ("V1", "S", "before", -2),
        ("V2", "S", "first day", 1),
        ("V3", "S", "unknown", None),
        ("V4", "S", "unknown, over before", None),
        ("H1", "S", "no first dose", 5),
        ("X9", "S", "stranger", 5),
    )
    adae.loc[3, "AENDT"] = START - pd.Timedelta(days=1)
    adsl = people()
    adsl.loc[adsl["USUBJID"] == "H1", ["TRTSDT"]] = pd.NaT
    found = emergent.emergent_events(small(ghd, adae, adsl))
    assert set(found.records["AEDECOD"]) == {"first day", "unknown", "no first dose"}
    counted = counting_rule.counting_rule(small(ghd, adae, adsl)).wide()
    assert dict(zip(counted["variable_level"], counted["n"] + counted["counted"], strict=True)) == {
        "begins on or after the first dose": "1yes",
        "begins before the first dose": "1no",
        "begin unknown, ended before the first dose": "1no",
        "begin unknown and not ruled out": "1yes",
        "no date of the first dose, so not ruled out": "1yes",
        "of participants outside the population or its arms": "1no",
    }


@pytest.mark.parametrize(
    ("flags", "counted"),
    [
        (["Y", "", "Y"], ["a", "c"]),  # an empty flag is a no,
        (["Y", "", "N"], ["a", "b"]),  # but where N is written it says nothing: dates decide
        (["", "", ""], ["a", "b"]),
    ],
)
def test_the_flag_of_the_trial_decides(
    ghd: SafetyRun, flags: list[str], counted: list[str]
) -> None:
    adae = events(("V1", "S", "a", 1), ("V2", "S", "b", 2), ("V3", "S", "c", -5), TRTEMFL=flags)
    records = emergent.emergent_events(small(ghd, adae)).records
    assert sorted(records["AEDECOD"]) == counted


def test_actual_treatment_decides_and_a_switch_is_counted(ghd: SafetyRun) -> None:
    adsl = people()
    adsl.loc[adsl["USUBJID"] == "H3", "TRT01A"] = V
    adae = events(("H3", "S", "a", 1), ("V1", "S", "a", 1), TRTA=[H, V])
    run = small(ghd, adae, adsl)
    found = overview.overview(run)
    assert cell(found, V, kinds.EMERGENT) == [2, 5, 2]
    assert cell(found, H, kinds.EMERGENT) == [0, 2, 0]
    assert emergent.emergent_events(run).switched == 1


def test_without_exposure_nobody_is_counted(ghd: SafetyRun) -> None:
    adsl = people()
    adsl.loc[adsl["USUBJID"] == "V4", ["SAFFL", "TRT01A"]] = ["N", ""]
    run = small(ghd, events(("V4", "S", "a", 1), ("V1", "S", "a", 1)), adsl)
    assert cell(overview.overview(run), V, kinds.EMERGENT) == [1, 3, 1]
    assert emergent.emergent_events(run).outside == 1


def test_no_event_at_all_keeps_every_arm(ghd: SafetyRun) -> None:
    run = small(ghd, events(), special={"oedema": ("Oedema peripheral",)})
    found = overview.overview(run)
    for kind in (kinds.EMERGENT, kinds.SERIOUS, kinds.DEATHS):
        assert cell(found, H, kind) == [0, 3, 0]
        assert cell(found, "Total", kind) == [0, 7, 0]
    terms = by_term.by_term(run)
    assert cell(terms, V, NO_CLASS, "Oedema peripheral") == [0, 4, 0]
    for section in SECTIONS:
        assert len(section.rows(run))


def test_an_empty_arm_keeps_its_row_and_has_no_difference(ghd: SafetyRun) -> None:
    run = small(ghd, events(("V1", "S", "a", 1)), people().query("TRT01A == 'Valtropin'"))
    found = overview.overview(run)
    assert cell(found, H, kinds.EMERGENT) == [0, 0, 0]
    empty = found.select(group1_level=H, stat_name="p").frame
    assert empty.empty, "no percentage without a population"
    assert found.text("reason", group1="contrast", variable=kinds.EMERGENT) == (
        "an arm has no participant"
    )
    for section in SECTIONS:
        assert len(section.rows(run))


def test_what_is_not_recorded_is_not_zero(ghd: SafetyRun) -> None:
    rows = [("V1", "S", "a", 1), ("H1", "S", "a", 1)]
    run = small(ghd, events(*rows, AEACN="").drop(columns=["AESER"]))
    found = overview.overview(run)
    for kind in (kinds.WITHDRAWAL, kinds.SERIOUS):
        names = set(found.select(variable=kind).frame["stat_name"])
        assert names == {"N", "reason"}
        assert found.text("reason", variable=kind, group1_level=V) == "not recorded"
    partly = small(ghd, events(*rows, AEREL=["", "RELATED"]))
    assert (
        "1 of 2 events"
        in overview.overview(partly).select(variable=kinds.RELATED).frame["note"].iloc[0]
    )


def test_overview_rows_by_hand(ghd: SafetyRun) -> None:
    adae = events(
        ("V1", "S", "a", 1), ("V1", "S", "b", 2), ("V2", "S", "a", 1), ("H1", "S", "a", -9),
        AESEV=["MILD", "severe", "MODERATE", "SEVERE"],
        AESER=["Y", "Y", "N", "Y"],
        AEREL=["NOT RELATED", "NOT RELATED", "RELATED", "RELATED"],
        AEACN=["DRUG WITHDRAWN", "DOSE REDUCED", "DOSE NOT CHANGED", "DRUG WITHDRAWN"],
        AEOUT=["RECOVERED/RESOLVED", "FATAL", "RECOVERED/RESOLVED", "RECOVERED/RESOLVED"],
    )  # fmt: skip
    adsl = people(DTHFL=["Y", "", "", "Y", "", "", ""])
    found = overview.overview(small(ghd, adae, adsl))
    assert cell(found, V, kinds.EMERGENT) == [2, 4, 3]
    assert cell(found, V, kinds.SEVERE) == [1, 4, 1]
    assert cell(found, V, kinds.SERIOUS) == [1, 4, 2]
    assert cell(found, V, kinds.RELATED) == [1, 4, 1]
    assert cell(found, V, kinds.WITHDRAWAL) == [1, 4, 1]
    assert cell(found, H, kinds.EMERGENT) == [0, 3, 0]
    assert cell(found, "Total", kinds.DEATHS) == [2, 7, 2], "V1 twice recorded is one death"


def test_worst_severity_counts_once(ghd: SafetyRun) -> None:
    adae = events(
        ("V1", "S", "a", 1), ("V1", "S", "a", 2), ("V1", "S", "b", 2), ("V2", "S", "a", 1),
        AESEV=["MILD", "SEVERE", "MODERATE", ""],
    )  # fmt: skip
    found = by_worst.by_severity(small(ghd, adae))

    def n(level: str, term: str) -> list[float]:
        return cell(found, V, "S", level, group2_level=term)[:1]

    assert n("Severe", "a") == [1]
    assert n("Not recorded", "a") == [1]
    assert n("Severe", "Any event") == [1]
    assert n("Moderate", "b") == [1]
    assert n("Moderate", "Any event") == [], "V1 counts at the worst grade only"


def test_least_percentage_hides_and_says_how_many(ghd: SafetyRun) -> None:
    rows = [("V1", "S", "a", 1), ("V2", "S", "a", 1), ("V3", "S", "b", 1), ("H1", "T", "c", 1)]
    run = small(ghd, events(*rows), special={"x": ("B",)}, min_percent=30.0)
    shown = by_term.by_term(run).select(group1_level=V, stat_name="n").frame["variable_level"]
    assert list(shown) == ["Any event", "Any event", "a", "b", "Any event", "c"]
    assert by_term.terms_shown(run).wide()["n"].tolist() == ["3", "0", "1"]
    stricter = small(ghd, events(*rows), min_percent=50.0)
    assert by_term.terms_shown(stricter).wide()["n"].tolist() == ["1", "2", "0"]
    assert "T" not in set(by_term.by_term(stricter).frame["variable"])


@pytest.mark.parametrize("least", [100 / 3, 33.3 + 1 / 30, 100 * (1 / 3)])
def test_a_share_that_is_the_least_percentage_is_shown(ghd: SafetyRun, least: float) -> None:
    # "c" has one of the three participants of an arm, "a" one of the four of the other.
    rows = [("V1", "S", "a", 1), ("H1", "T", "c", 1)]
    run = small(ghd, events(*rows), min_percent=least)
    shown = by_term.by_term(run).select(group1_level=V, stat_name="n").frame["variable_level"]
    assert set(shown) == {"Any event", "c"}


def test_sort_by_risk_difference_puts_the_largest_first(ghd: SafetyRun) -> None:
    rows = [("H1", "S", "a", 1), ("H2", "S", "a", 1), ("H3", "S", "a", 1), ("V1", "S", "b", 1)]
    found = by_term.by_term(small(ghd, events(*rows), sort="risk difference"))
    terms = found.select(group1_level=V, stat_name="n").frame["variable_level"].tolist()
    assert terms.index("b") < terms.index("a")
    single = resolve(SafetyParameters(trial="turner-1", sort="risk difference"))
    with pytest.raises(UserError, match="single-arm"):
        by_term.by_term(single)


def test_special_interest_matches_any_spelling_and_keeps_zero_rows(ghd: SafetyRun) -> None:
    special = {"oedema": ("Oedema peripheral", "Face oedema"), "scoliosis": ("Scoliosis",)}
    rows = [("V1", "S", "OEDEMA  PERIPHERAL", 1), ("V1", "S", "Oedema peripheral", 5)]
    found = special_interest.special_interest(small(ghd, events(*rows), special=special))
    assert cell(found, V, "oedema", "Any event") == [1, 4, 2]
    assert cell(found, V, "oedema", "Face oedema") == [0, 4, 0]
    assert cell(found, H, "scoliosis", "Scoliosis") == [0, 3, 0]
    with pytest.raises(UserError, match="special interest"):
        special_interest.special_interest(small(ghd, events(*rows)))


def test_ten_thousand_terms(ghd: SafetyRun) -> None:
    rows = [(f"V{i % 4 + 1}", f"S{i % 26}", f"term {i}", 1) for i in range(10_000)]
    run = small(ghd, events(*rows))
    found = by_term.by_term(run)
    assert term_counts(run).shown == 10_000
    assert cell(found, V, ALL_CLASSES, "Any event") == [4, 4, 10_000]
    assert not found.frame.duplicated(["analysis_id", *ROW_KEY, "stat_name"]).any()


@settings(max_examples=15, deadline=None, database=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["H1", "H2", "H3", "V1", "V2", "V3", "V4", "X1"]),
            st.sampled_from(["S", "T"]),
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from([-3, 1, 5, 120, None]),
        ),
        max_size=25,
    )
)
def test_laws_of_counts(ghd_rows: list[tuple[Any, ...]]) -> None:
    run = small(GHD, events(*ghd_rows))
    counts = term_counts(run).counts
    wide = counts.pivot(index=["variable", "variable_level"], columns="arm", values="n")
    assert (wide[H] + wide[V] == wide["Total"]).all()
    assert (counts["n"] <= counts["N"]).all()
    assert (counts["n"] <= counts["events"]).all()
    terms = counts[counts["variable_level"] != "Any event"]
    total = counts[counts["variable"] == ALL_CLASSES].set_index("arm")["events"]
    assert terms.groupby("arm")["events"].sum().reindex(total.index).fillna(0).eq(total).all()
    decided = emergent.emergent_events(run)
    assert decided.decisions.sum() + decided.outside == len(ghd_rows)
    shuffled = term_counts(small(GHD, events(*ghd_rows[::-1]))).counts
    whom = [
        each.assign(records=each["records"].map(participants_of)) for each in (counts, shuffled)
    ]
    pd.testing.assert_frame_equal(*whom)


def participants_of(counted: Counted) -> list[str]:
    return counted.participants


GHD = resolve(SafetyParameters(trial="ghd"))


# Time -----------------------------------------------------------------------------------------


def test_rates_by_hand(ghd: SafetyRun) -> None:
    # Valtropin, 4 participants of 100 days. V1 first at day 10 (again at 20), V2 at day 40,
    # V3 at day 120, after the last dose; V4 none: 10 + 40 + 100 + 100 = 250 days.
    adae = events(
        ("V1", "S", "a", 10), ("V1", "S", "a", 20), ("V2", "S", "a", 40), ("V3", "S", "a", 120),
        ("H1", "S", "a", None),
    )  # fmt: skip
    found = incidence_rates.rates(small(ghd, adae)).wide("stat")
    found = found[found["variable_level"] == "a"].set_index("group1_level")
    years = 250 / 365.25
    assert found.loc[V, "n"] == 3
    assert found.loc[V, "exposure"] == pytest.approx(years)
    assert found.loc[V, "estimate"] == pytest.approx(100 * 3 / years)
    # An event of unknown date counts with all of the time: 300 days.
    assert (found.loc[H, "n"], found.loc[H, "exposure"]) == (1, pytest.approx(300 / 365.25))
    assert found.loc["Total", "exposure"] == pytest.approx(550 / 365.25)
    # Garwood: lower limit of 3 events is 0.6187, upper 8.7673 (Garwood 1936, table).
    assert found.loc[V, "conf.low"] == pytest.approx(100 * 0.6187 / years, rel=1e-4)
    assert found.loc[V, "conf.high"] == pytest.approx(100 * 8.7673 / years, rel=1e-4)
    difference = found.loc[f"{V} − {H}", "estimate"]
    assert difference == pytest.approx(100 * 3 / years - 100 / (300 / 365.25))


def test_first_event_times_by_hand(ghd: SafetyRun) -> None:
    adae = events(
        ("V1", "S", "a", 10), ("V1", "S", "b", 4), ("V2", "S", "a", 40), ("V3", "S", "a", 120),
        ("H1", "S", "a", None),
    )  # fmt: skip
    times = time_to_event.first_event_times(small(ghd, adae))
    own = times[times["arm"] == V]
    assert own["time"].tolist() == [4, 40, 100, 100]
    assert own["event"].tolist() == [True, True, False, False]
    assert len(times) == 6
    assert times["left_out"].iloc[0] == 1
    found = time_to_event.time_to_first_event(small(ghd, adae)).wide("stat")
    curve = found[(found["variable"] == "Curve") & (found["group1_level"] == V)]
    assert curve["estimate"].tolist() == [0.75, 0.5, 0.5]
    median = found[(found["variable"] == "Median") & (found["group1_level"] == V)]
    # At one half from day 40 to the end of observation, day 100: the middle, as R's quantile.
    assert median["estimate"].tolist() == [70]


def test_onset_by_month_by_hand(ghd: SafetyRun) -> None:
    adae = events(
        ("V1", "S", "a", 1), ("V1", "S", "a", 30), ("V2", "S", "a", 31), ("V2", "S", "a", 32)
    )
    found = onset.onset_by_month(small(ghd, adae)).select(group1_level=V, variable="S").wide("stat")
    # A month is 30.4375 days: day 31 is 30 days after the first and still in month 1.
    assert found["events"].tolist() == [3, 1]
    assert found["N"].tolist() == [4, 4]
    assert found["estimate"].tolist() == [75, 25]


@pytest.mark.parametrize(("times", "short"), [(999, False), (1_500, True)])
def test_large_numbers_of_onset_fit_their_cells(ghd: SafetyRun, times: int, short: bool) -> None:
    """Where no cell holds the digits, the map has them short, and says so; its results do not."""
    months = [day for month in range(12) for day in [1 + 31 * month] * times]
    adae = events(*(("V1", "S", "a", day) for day in months))
    run = small(ghd, adae, people(TRTDURD=400.0, TRTEDT=START + pd.Timedelta(days=399)))
    found = onset.onset_by_month(run)
    figure = onset.onset_figure(found, run)
    assert found.select(group1_level=V, variable="S").wide("stat")["events"].max() == times
    assert ("k: thousand" in figure.caption) == short
    assert not figure.drawn(narrow=True).crowded


def test_events_of_a_row_are_those_of_its_level_and_of_no_other(ghd: SafetyRun) -> None:
    """A row of a subgroup counts an event once, and events of no row count nowhere."""
    adae = events(
        ("V1", "S", "a", 3), ("V1", "S", "b", 1), ("H1", "T", "c", None), ("V2", "S", "a", 2)
    )
    run = small(ghd, adae)
    rows = event_rows.overview_rows(run) + event_rows.term_rows(run, 40.0)
    named = [" / ".join(level) for level in rows.levels.to_numpy()]
    counted = rows.records.assign(row=[named[place] for place in rows.records["place"]])
    by_row = counted.groupby("row")["record"].apply(list)
    assert by_row["S / a"] == [1, 4]
    assert by_row["S / Any event"] == [1, 2, 4]
    assert by_row[f"Overview / {EMERGENT}"] == [1, 2, 3, 4]
    assert "T / c" not in by_row, "of one in three of an arm"
    first = incidence_rates._first_events(rows.records, np.full(7, 100.0))
    assert first.loc[first["place"] == named.index("S / Any event"), "record"].tolist() == [2, 4]


def test_exposure_by_hand(ghd: SafetyRun) -> None:
    adsl = people(TRTDURD=[100, 200, np.nan, 10, 20, 30, np.nan])
    adsl.loc[6, "TRTEDT"] = pd.NaT
    run = small(ghd, events(), adsl)
    found = exposure.exposure(run).wide("stat").set_index(["variable", "group1_level"])
    # Dates come before TRTDURD: all have 100 days. V4 has neither, nor is there a data cut.
    assert found.loc[(exposure.DURATION, H), "mean"] == 100
    assert found.loc[(exposure.DURATION, V), ["n", "N_miss", "median"]].tolist() == [3, 1, 100]
    assert found.loc[(exposure.PATIENT_YEARS, "Total"), "sum"] == pytest.approx(600 / 365.25)
    none = small(ghd, events(), people().drop(columns=["TRTDURD", "TRTEDT"]))
    assert "TRTDURD" in exposure.exposure.rows(none).text("reason")


def still_there(ghd: SafetyRun, status: list[str], ends: list[int], **given: Any) -> Any:
    """Return the last share on treatment and the number who stopped of each arm."""
    end = [START + pd.Timedelta(days=day - 1) for day in ends]
    run = small(ghd, events(), people(EOSSTT=status, TRTEDT=end), **given)
    found = exposure.remaining(run).wide("stat")
    last = found[found["variable"] == "Curve"].groupby("group1_level")["estimate"].last()
    stopped = found[found["variable"] == "Events"].set_index("group1_level")
    return {arm: (last[arm], stopped.loc[arm, "n"], stopped.loc[arm, "N"]) for arm in (H, V)}


def test_who_completed_is_no_loss_and_who_stopped_is(ghd: SafetyRun) -> None:
    ends = [100, 90, 110, 100, 100, 100, 40]
    done = ["COMPLETED"] * 7
    assert still_there(ghd, done, ends) == {H: (1, 0, 3), V: (1, 0, 4)}
    one_left = [*done[:6], "DISCONTINUED"]
    assert still_there(ghd, one_left, ends) == {H: (1, 0, 3), V: (0.75, 1, 4)}
    assert still_there(ghd, ["DISCONTINUED"] * 7, ends) == {H: (0, 3, 3), V: (0, 4, 4)}
    # On day 40 all four were there, on day 100 three; who left last was one of one.
    late = still_there(ghd, [*done[:5], "DISCONTINUED", "DISCONTINUED"], [*ends[:5], 120, 40])
    assert late[V] == (0, 2, 4)


def test_who_is_still_treated_at_the_cut_has_not_left(ghd: SafetyRun) -> None:
    cutoff = (START + pd.Timedelta(days=49)).date()
    status = ["ONGOING"] * 3 + ["DISCONTINUED"] + ["ONGOING"] * 3
    left = still_there(ghd, status, [100, 100, 100, 30, 100, 100, 100], cutoff=cutoff)
    assert left == {H: (1, 0, 3), V: (0.75, 1, 4)}


def test_the_treatment_has_an_end_of_its_own(ghd: SafetyRun) -> None:
    """Who stopped the treatment may stay in the study to its end."""
    adsl = people(EOSSTT="COMPLETED", EOTSTT=["COMPLETED"] * 6 + ["DISCONTINUED"])
    found = exposure.remaining(small(ghd, events(), adsl)).wide("stat")
    stopped = found[found["variable"] == "Events"].set_index("group1_level")["n"]
    assert stopped.to_dict() == {H: 0, V: 1}


def test_without_a_record_of_who_completed_nothing_is_drawn_and_why_is_said(
    ghd: SafetyRun,
) -> None:
    run = small(ghd, events())
    assert "EOTSTT" in exposure.remaining.rows(run).text("reason")
    said = exposure.remaining_figure(exposure.exposure(run), run).text()
    assert said.startswith("Participants remaining on treatment: not drawn, because who completed")


# The whole ------------------------------------------------------------------------------------


@pytest.mark.parametrize("trial", ["ghd", "turner-1", "turner-2", "cdisc-pilot"])
def test_every_section_of_every_shipped_trial(trial: str) -> None:
    run = resolve(SafetyParameters(trial=trial))
    for section in SECTIONS:
        found = section.rows(run).frame
        assert len(found), section.__name__
        assert not found.duplicated(["analysis_id", *ROW_KEY, "stat_name"]).any(), section.__name__
        if (found["context"] == NOT_ESTIMABLE).all():
            # None of them grades its events.
            absent = [("cdisc-pilot", "published_safety"), (trial, "by_grade")]
            assert (trial, section.__name__) in absent
            continue
        status = "published" if section is published.published_safety else run.data_status
        assert set(found["data_status"]) == {status}
        assert found["source"].ne("").all()
        own = found[found["data_status"] != "published"]
        assert own["population"].ne("").all()
        shares = found[(found["stat_name"] == "p") & (found["data_status"] != "published")]
        assert (shares["n_population"] != "").all(), "a percentage has a population"
        ids = set(run.trial.tables["adsl"]["USUBJID"])
        assert not ids & set(found["group1_level"]) | ids & set(found["variable_level"])


def test_standout_names_what_excludes_zero_and_what_chance_gives(ghd: SafetyRun) -> None:
    names = [f"P{i}" for i in range(200)]
    adsl = pd.DataFrame(
        {
            "USUBJID": names, "TRT01P": [H] * 100 + [V] * 100, "TRT01A": [H] * 100 + [V] * 100,
            "SAFFL": "Y", "TRTSDT": START, "TRTDURD": 50.0,
        }
    )  # fmt: skip
    rows = [(name, "S", "planted", 2) for name in names[100:130]]
    rows += [(name, "S", "even", 2) for name in names[::4]]
    found = standout.standout(small(ghd, events(*rows), adsl))
    assert found.text("N", variable=standout.TERMS) == "2"
    assert found.text("n", variable=standout.TERMS) == "1"
    assert found.text("n.chance", variable=standout.TERMS) == "0.1"
    assert found.text("estimate", variable_level="planted") == "30.0"
    assert "even" not in set(found.frame["variable_level"])


def test_published_rows_stay_as_printed(ghd: SafetyRun) -> None:
    found = published.published_safety(ghd)
    wide = found.wide().set_index(["group1_level", "variable"])
    # NGENLA label: injection-site reactions, somatrogon 46 of 109 (42.2 %), Genotropin 29 of 115.
    rows = wide[[name.endswith(("somatrogon", "Genotropin")) for name, _ in wide.index]]
    rows = rows.xs("Injection-site reaction", level="variable")
    assert {tuple(row) for row in rows[["n", "N", "p"]].to_numpy()} >= {
        ("46", "109", "42.2"),
        ("29", "115", "25.2"),
    }
    assert (found.frame["group2_level"].iloc[0]) == "Growth-hormone deficiency"
    turner = published.published_safety(resolve(SafetyParameters(trial="turner-1"))).wide()
    assert turner["group2_level"].iloc[0] == "Turner syndrome"
    antibodies = turner[turner["group2_level"] == "Turner syndrome"].set_index("variable")
    assert "2" in set(antibodies.loc[["Anti-growth-hormone antibodies"], "n"].dropna())
    with pytest.raises(NoSection):
        published.published_safety(resolve(SafetyParameters(trial="cdisc-pilot")))


def test_denominators_are_those_of_adsl(ghd: SafetyRun) -> None:
    sizes = safety_population(ghd).sizes
    adsl = ghd.trial.tables["adsl"]
    plain = adsl[adsl["SAFFL"] == "Y"]["TRT01A"].value_counts()
    assert sizes[H] == plain[H]
    assert sizes[V] == plain[V]
    assert sizes["Total"] == len(adsl[adsl["SAFFL"] == "Y"])
