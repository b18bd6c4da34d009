"""The sections of the contrasts page, and what moves when a rule does."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.contrasts import (
    age,
    answer,
    assumptions,
    every_route,
    headline,
    inclusion,
    indirect,
    known,
    overlay,
    pairs,
    plausible,
    relatives,
    reports,
    safety,
    sensitivity,
    side_by_side,
    surface,
    synthesis,
    tipping,
    unanchored,
    verdict_counts,
    within_trial,
)
from analysis.contrasts.answer_words import answer_sentences
from analysis.contrasts.settings import ContrastParameters, ContrastRun, resolve
from analysis.display.page import views_of
from analysis.display.reading import ABSENT_MARK, Reading
from analysis.errors import UserError
from analysis.report.compare import compare
from analysis.report.results_files import read_results
from analysis.results import PROPORTION, ROW_KEY, Results, Section, combine
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger
from analysis.stats.differences import difference_from_estimate
from analysis.stats.verdicts import noninferiority

Make = Callable[..., ContrastRun]


@pytest.fixture(scope="module")
def make(ledger: Ledger, findings: list[Finding]) -> Make:
    made: dict[str, ContrastRun] = {}

    def run(**given: Any) -> ContrastRun:
        parameters = ContrastParameters.checked(given)
        key = repr(parameters)
        if key not in made:
            made[key] = resolve(parameters, ledger, findings)
        return made[key]

    return run


@pytest.fixture(scope="module")
def default(make: Make) -> ContrastRun:
    return make()


@pytest.fixture(scope="module")
def unanswered(ledger: Ledger, findings: list[Finding]) -> ContrastRun:
    """The default question of a ledger in which no trial compares the two products."""
    products = ledger.arms.groupby("study_id")["product"].agg(set)
    both = [study for study, found in products.items() if {"Valtropin", "Humatrope"} <= found]
    trials = ledger.studies[ledger.studies["evidence"] == "trial"]["study_id"]
    arms, results = (
        table[~table["study_id"].isin(trials[trials.isin(both)])]
        for table in (ledger.arms, ledger.results)
    )
    return resolve(
        ContrastParameters.checked({"margin": -1.8}),
        replace(ledger, arms=arms, results=results),
        findings,
    )


SECTIONS: list[Section[ContrastRun]] = [
    answer.answer,
    known.what_is_known,
    reports.by_source,
    relatives.relatives,
    verdict_counts.verdict_counts,
    within_trial.contrasts,
    within_trial.as_printed,
    every_route.all_routes,
    pairs.inputs,
    plausible.plausible_ranges,
    tipping.what_is_needed,
    surface.tipping_surface,
    surface.tipping_corners,
    side_by_side.series,
    unanchored.unanchored,
    age.age_and_difference,
    headline.field,
    synthesis.studies,
    synthesis.pooled_differences,
    sensitivity.one_trial_left_out,
    sensitivity.one_trial_put_back,
    inclusion.exclusions,
    indirect.geometry,
    indirect.league,
    indirect.consistency,
    safety.adverse_events,
    safety.single_counts,
    assumptions.assumption_ledger,
]
AGAIN = ("as_printed", "what_is_known")
"""Sections that show rows of others."""


@lru_cache(maxsize=8)
def page_of(run: ContrastRun) -> Results:
    return combine(section.rows(run) for section in SECTIONS if section.__name__ not in AGAIN)


def changes(before: ContrastRun, after: ContrastRun, folder: Path) -> pd.DataFrame:
    """What `python -m analysis compare` finds between the results files of two runs."""
    for name, run in (("before", before), ("after", after)):
        page_of(run).to_csv(folder / f"{name}.csv")
    return compare(
        read_results(folder / "before.csv"), read_results(folder / "after.csv")
    ).changes  # fmt: skip


# What would have to be true. ------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    mean=st.floats(5, 14), sd=st.floats(0.5, 6), rho=st.sampled_from([0.0, 0.6]),
)  # fmt: skip
def test_the_surface_is_where_the_verdict_changes(
    unanswered: ContrastRun, mean: float, sd: float, rho: float
) -> None:
    """Direct recomputation: the verdict of the project at a random point against the line."""
    grid = surface.tipping_surface(unanswered).wide("stat")
    line = grid[grid["correlation"] == rho].astype({"sd": float, "reference.mean": float})
    # Two stored points fix the line; below zero it is stored as zero.
    a, b = line.iloc[0], line.iloc[1]
    slope = (b["sd"] - a["sd"]) / (b["reference.mean"] - a["reference.mean"])
    tip = max(a["sd"] + slope * (mean - a["reference.mean"]), 0.0)
    if abs(sd - tip) < 1e-6:
        return
    n, m = 88, 41
    error = sd * np.sqrt((1 - rho**2) * (1 / n + 1 / m))
    d = difference_from_estimate(9.73 - mean, error, df=n + m - 2, level=0.95)
    verdict = noninferiority(d, margin=1.8, direction="higher")
    assert verdict.shown == (sd < tip)


def test_stored_points_of_the_surface_lie_on_the_line(unanswered: ContrastRun) -> None:
    grid = surface.tipping_surface(unanswered).wide("stat")
    t = stats.t.ppf(0.975, 127)
    for row in grid.to_dict("records"):
        room = max(9.73 - row["reference.mean"] + 1.8, 0)
        unit = np.sqrt((1 - row["correlation"] ** 2) * (1 / 88 + 1 / 41))
        assert row["sd"] == pytest.approx(room / t / unit, abs=1e-9)


def test_plausible_ranges_are_those_of_the_ledger(default: ContrastRun, ledger: Ledger) -> None:
    """By plain filters: arms of randomised trials, height velocity at month 11 to 13."""
    rows = ledger.described()
    rows = rows[
        (rows["indication"] == "GHD") & (rows["paramcd"] == "HV") & rows["months"].between(11, 13)
        & (rows["evidence"] == "trial") & (rows["randomised"] == "yes")
        & (rows["reference_arm_id"] == "")
    ]  # fmt: skip
    rows = rows[~rows["study_id"].isin(["GENO-1992-GHD", "XUE-DOSE-GHD"])]
    daily = rows["product_class"].isin(["reference daily", "follow-on daily", "unbranded daily"])
    means = rows[daily & (rows["statistic"] == "mean")]["value"]
    sds = rows[rows["statistic"] == "sd"]["value"]
    found = plausible.plausible_ranges(default).wide("stat").set_index("group1_level")
    assert list(found.loc["Mean on daily somatropin", ["min", "max"]]) == [means.min(), means.max()]
    # An SD may be derived, too, so the range is that of the printed ones or wider.
    assert found.loc["SD", "min"] <= sds.min()
    assert found.loc["SD", "max"] >= sds.max()


def test_corners_by_hand(unanswered: ContrastRun) -> None:
    found = surface.tipping_corners(unanswered).wide("stat")
    sds = plausible.plausible_ranges(unanswered).wide("stat").set_index("group1_level").loc["SD"]
    # t(127) 1.979, √(1/88 + 1/41) = 0.18908; at an SD of 1.63 that is −1.8 + 0.610 = −1.19.
    for at, end in enumerate(("min", "max")):
        needed = -1.8 + 1.97882 * 0.18908 * sds[end]
        assert found["difference"].iloc[at] == pytest.approx(needed, abs=1e-3)
        assert found["reference.mean"].iloc[at] == pytest.approx(9.73 - needed, abs=1e-3)
    words = surface.tipping_corners(unanswered).wide()["conclusion"]
    assert set(words) == {"both verdicts are plausible"}


def test_what_is_needed_by_direct_recomputation(unanswered: ContrastRun) -> None:
    wide = tipping.what_is_needed(unanswered).wide("stat")
    limits = wide[wide["sd.limit"].notna()]
    assert len(limits)
    for row in limits.to_dict("records"):
        n, m = row["n.test"], row["n.reference"]

        def shown(sd: float, n: float = n, m: float = m, found: float = row["difference"]) -> bool:
            d = difference_from_estimate(
                found, sd * np.sqrt(1 / n + 1 / m), df=n + m - 2, level=0.95
            )
            return noninferiority(d, margin=1.8, direction="higher").shown

        assert shown(row["sd.limit"] - 1e-6)
        assert not shown(row["sd.limit"] + 1e-6)
    first = tipping.what_is_needed(unanswered).wide().iloc[0]
    assert first["group1_level"] == "Valtropin − Humatrope"
    # The note's 9.73 is another population's, so no difference is formed from it.
    assert not isinstance(first.get("difference"), str)


def test_the_tipping_figure_has_alt_text_and_its_data(unanswered: ContrastRun) -> None:
    figure = surface.tipping_figure(surface.tipping_surface(unanswered), unanswered)
    corner = surface.tipping_corners(unanswered).wide().iloc[0]
    assert f"a mean of {corner['reference.mean']} at an SD of {corner['sd']}" in figure.alt
    assert f"runs from {corner['min']} to {corner['max']}" in figure.alt
    assert {"tipping-surface", "plausible"} <= set(figure.results.frame["analysis_id"])
    assert figure.png(narrow=True)[:4] == b"\x89PNG"


# Synthesis. -----------------------------------------------------------------------------------


def test_which_trials_are_pooled(default: ContrastRun) -> None:
    assert set(inclusion.comparable(default)["study_id"]) >= {
        "SOMATROGON-P3", "SOMATROGON-JP", "PEGPESEN-P3", "HEIGHT", "LB03002-GHD-KHADILKAR",
        "GXH9-P3-CHINA",
    }  # fmt: skip


def test_pooled_by_a_second_route(make: Make) -> None:
    """DerSimonian and Laird, Hartung and Knapp, and the prediction interval, in closed form."""
    run = make(tau2_method="dersimonian-laird")
    found = inclusion.comparable(run)
    y, v = found["estimate"].to_numpy(), found["std.error"].to_numpy() ** 2
    w, k = 1 / v, len(y)
    fixed = (w * y).sum() / w.sum()
    q = (w * (y - fixed) ** 2).sum()
    tau2 = (q - (k - 1)) / (w.sum() - (w**2).sum() / w.sum())
    w = 1 / (v + tau2)
    mean = (w * y).sum() / w.sum()
    # By moments Q is its df, so the scatter neither widens nor narrows.
    se = np.sqrt(max((w * (y - mean) ** 2).sum() / (k - 1), 1) / w.sum())
    wide = synthesis.pooled_differences(run).select(group2_level="All trials").wide("stat")
    wide = wide.set_index("group1_level")
    assert wide.loc["Fixed effect", "estimate"] == pytest.approx(fixed)
    row = wide.loc["Random effects"]
    assert row["tau2"] == pytest.approx(tau2)
    assert row["estimate"] == pytest.approx(mean)
    assert row["conf.low"] == pytest.approx(mean - stats.t.ppf(0.975, k - 1) * se)
    half = stats.t.ppf(0.975, k - 2) * np.sqrt(tau2 + se**2)
    assert row["prediction.high"] == pytest.approx(mean + half)


def test_exclusions_name_the_rules_of_the_audit(default: ContrastRun) -> None:
    found = inclusion.exclusions(default)

    def why(label: str) -> str:
        return found.text("reason", group1_level=label)

    assert "cohort counted twice" in why("Genotropin, Taiwan 1992")
    assert why("Omnitrope v Genotropin").startswith("a rate at 9 months")
    assert why("REAL 3 (somapacitan)").startswith("a rate at 26 weeks")
    assert "implausible growth" in why("Two doses, China")
    assert "its trials are counted themselves" in why("Network meta-analysis 2024")
    inside = set(inclusion.comparable(default)["label"])
    assert not inside & set(found.frame["group1_level"])


def test_arms_of_one_product_are_combined(make: Make) -> None:
    run = make(include=["REAL3"])
    row = inclusion.comparable(run).set_index("study_id").loc["REAL3"]
    # 8.0 (2.0), 10.9 (1.9), 12.9 (3.5) as one arm, by raw sums; n as the ledger has them.
    rows = run.ledger.results
    rows = rows[(rows["study_id"] == "REAL3") & (rows["paramcd"] == "HV") & (rows["months"] == 6)]
    sizes = rows[rows["statistic"] == "mean"].set_index("arm_id")["n"]
    doses = [arm for arm in sizes.index if arm.startswith("somapacitan")]
    n, m, s = sizes[doses].to_numpy(), np.array([8.0, 10.9, 12.9]), np.array([2.0, 1.9, 3.5])
    total, control = n.sum(), sizes.drop(doses).iloc[0]
    mean = (n * m).sum() / total
    squares = ((n - 1) * s**2 + n * m**2).sum() - total * mean**2
    assert row["estimate"] == pytest.approx(mean - 11.4)
    variance = squares / (total - 1) / total + 3.3**2 / control
    assert row["std.error"] == pytest.approx(np.sqrt(variance))
    assert len(run.departures) == 1


# What moves. ----------------------------------------------------------------------------------


def test_another_margin_moves_verdicts_and_no_estimate(
    make: Make, default: ContrastRun, tmp_path: Path
) -> None:
    moved = changes(default, make(margin=-1.0), tmp_path)
    numbers = moved[moved["change"] == "moved"]
    assert set(numbers["stat_name"]) <= {
        "margin", "needed.low", "needed.high", "sd.limit", "n.needed", "sd", "reference.mean",
        "difference", "n", "bound",
    }  # fmt: skip
    # How many pairs come to which verdict, and nothing else that is counted.
    assert set(numbers[numbers["stat_name"] == "n"]["analysis_id"]) <= {"verdict-counts"}
    verdicts = moved[(moved["change"] == "verdict") & (moved["analysis_id"] == "within-trial")]
    wide = within_trial.contrasts(default).wide("stat")
    crossed = wide[(wide["conf.low"] > -1.8) & (wide["conf.low"] <= -1.0)]
    assert set(verdicts["group2_level"]) == set(crossed["group2_level"])
    assert "LB03002, multinational" in set(verdicts["group2_level"])
    assert set(verdicts["after"]) == {"not shown"}
    assert "status" in set(moved["change"])


def test_leaving_out_one_trial_is_its_row_of_the_sensitivity(
    make: Make, default: ContrastRun, tmp_path: Path
) -> None:
    run = make(exclude=["SOMATROGON-JP"])
    expected = sensitivity.one_trial_left_out(default).select(group1_level="Somatrogon, Japan")
    found = headline.field(run).select(group2_level="All trials")
    for name in ("estimate", "conf.low", "conf.high", "tau2"):
        assert found.text(name) == expected.text(name)
    assert "left out by this run" in inclusion.exclusions(run).text(
        "reason", group1_level="Somatrogon, Japan"
    )
    moved = changes(default, run, tmp_path)
    untouched = moved[moved["analysis_id"].isin(["within-trial", "safety-contrasts"])]
    # Section 1 keeps the trial; only the stamp of the run changes.
    assert set(untouched["change"]) <= {"status"}
    gone = moved[(moved["change"] == "removed") & (moved["analysis_id"] == "synthesis-studies")]
    assert set(gone["group2_level"]) == {"Somatrogon, Japan"}


def test_putting_a_trial_back_is_its_row_of_the_sensitivity(
    make: Make, default: ContrastRun, tmp_path: Path
) -> None:
    more = len(inclusion.comparable(default)) + 1
    # Two doses of one product are no longer among them: see tests/contrasts/test_inclusion.py.
    for study, label in (
        ("OMNI-GHD-ROMER", "Omnitrope v Genotropin"), ("REAL3", "REAL 3 (somapacitan)"),
    ):  # fmt: skip
        run = make(include=[study])
        expected = sensitivity.one_trial_put_back(default).select(group1_level=label)
        assert headline.field(run).text("k", group2_level="All trials") == str(more)
        for name in ("estimate", "conf.low", "conf.high"):
            assert headline.field(run).text(name, group2_level="All trials") == expected.text(name)
    moved = changes(default, make(include=["OMNI-GHD-ROMER"]), tmp_path)
    added = moved[(moved["change"] == "added") & (moved["analysis_id"] == "synthesis-studies")]
    assert set(added["group2_level"]) == {"Omnitrope v Genotropin"}
    # A follow-on product is in now: it has its own row of classes and its node.
    network = moved[(moved["change"] == "added") & (moved["analysis_id"] == "network-geometry")]
    assert set(network["group1_level"]) == {"Omnitrope"}


def test_another_tau2_moves_random_effects_alone(
    make: Make, default: ContrastRun, tmp_path: Path
) -> None:
    moved = changes(default, make(tau2_method="dersimonian-laird"), tmp_path)
    numbers = moved[moved["change"] == "moved"]
    assert set(numbers["analysis_id"]) <= {
        "headline", "synthesis", "synthesis-studies", "without-each", "put-back", "league",
        "consistency",
    }  # fmt: skip
    pooled = numbers[numbers["analysis_id"] == "synthesis"]
    assert set(pooled["group1_level"]) == {"Random effects"}
    weights = numbers[numbers["analysis_id"] == "synthesis-studies"]
    assert set(weights["stat_name"]) == {"weight"}


# The network. ---------------------------------------------------------------------------------


def test_a_star_has_no_loop(default: ContrastRun) -> None:
    found = indirect.consistency(default)
    assert found.text("conclusion") == (
        "a star network has no loop, so consistency cannot be tested"
    )
    shape = indirect.geometry(default).wide("stat").set_index("group1_level")
    found = inclusion.comparable(default)
    assert shape["k"].to_dict() == found["product"].value_counts().to_dict()


def test_one_rule_for_the_intervals_of_pool_and_network(make: Make, default: ContrastRun) -> None:
    """With one product left, the network is the pool, to the last digit."""
    found = inclusion.comparable(default)
    others = found[found["product"] != "somatrogon"]["study_id"]
    for options in ({}, {"hartung_knapp": False}, {"model": "fixed"}):
        run = make(exclude=list(others), **options)
        row = indirect.league(run).wide("stat").set_index("group2_level").loc[indirect.DAILY_NODE]
        model = "Fixed effect" if options.get("model") else "Random effects"
        pooled = synthesis.pooled_differences(run).select(group2_level="All trials").wide("stat")
        pooled = pooled.set_index("group1_level").loc[model]
        for name in ("estimate", "std.error", "conf.low", "conf.high", "parameter"):
            assert row[name] == pytest.approx(pooled[name], rel=1e-6)
    # No product compared twice: nothing shows the spread between trials, and this is said.
    repeated = found[found["product"].duplicated()]["study_id"]
    run = make(exclude=list(repeated))
    league = indirect.league(run)
    methods = " ".join(set(league.frame["method"]))
    assert "no pair is compared twice" in methods
    assert "normal interval" in methods
    assert "is part of it here" not in indirect.league_table(league, run).text()


def test_one_trial_has_one_interval_on_the_page(make: Make, default: ContrastRun) -> None:
    """In the network without a spread, in both directions, it is the interval of the trial."""
    found = inclusion.comparable(default)
    repeated = found[found["product"].duplicated()]["study_id"]
    run = make(exclude=list(repeated), model="fixed")
    pair = ["group1_level", "group2_level"]
    league = indirect.league(run).wide("stat").set_index(pair)
    own = inclusion.comparable(run).set_index("product")
    assert len(own) > 2
    for product, trial in own.iterrows():
        there = league.loc[(product, indirect.DAILY_NODE)]
        back = league.loc[(indirect.DAILY_NODE, product)]
        assert (there["conf.low"], there["conf.high"]) == (trial["conf.low"], trial["conf.high"])
        assert (back["conf.low"], back["conf.high"]) == (-trial["conf.high"], -trial["conf.low"])
    # Products that never met are compared by the network alone.
    one, other = own.index[:2]
    row = league.loc[(one, other)]
    assert row["conf.high"] - row["estimate"] == pytest.approx(1.959964 * row["std.error"])


def test_where_the_spread_is_part_of_it_the_table_says_why_one_trial_is_wider(
    default: ContrastRun,
) -> None:
    text = indirect.league_table(indirect.league(default), default).text()
    [said] = [line for line in text.splitlines() if "one trial each" in line]
    alone = inclusion.comparable(default)["product"].value_counts()
    for product, trials in alone.items():
        assert (str(product) in said) == (trials == 1)


def test_league_is_antisymmetric(default: ContrastRun) -> None:
    league = indirect.league(default).wide("stat").set_index(["group1_level", "group2_level"])
    for a, b in league.index:
        assert league.loc[(a, b), "estimate"] == pytest.approx(-league.loc[(b, a), "estimate"])


def test_the_network_can_be_the_headline(make: Make) -> None:
    run = make(model="network")
    found = headline.field(run).wide("stat").set_index("group1_level")
    league = indirect.league(run).select(group2_level=indirect.DAILY_NODE).wide("stat")
    assert found["estimate"].to_dict() == league.set_index("group1_level")["estimate"].to_dict()
    refused = indirect.league.rows(make(model="network", tau2_method="paule-mandel"))
    assert "no estimator paule-mandel" in refused.text("reason")


# Safety. --------------------------------------------------------------------------------------


def test_safety_counts_are_the_ledger_s(default: ContrastRun) -> None:
    found = safety.adverse_events(default)
    row = found.select(group2_level="Somatrogon phase 3", variable="Injection-site reaction")
    assert row.text("n.event") == "46"
    assert row.text("n.event.reference") == "29"
    assert row.text("estimate") == "17.0"
    assert set(row.select(stat_name="estimate").frame["unit"]) == {PROPORTION}
    # 5.3 % of 132 and 5.9 % of 68 are 7 and 4 children and no other number.
    real4 = found.select(group2_level="REAL 4 (somapacitan)")
    assert (real4.text("n.event"), real4.text("n.event.reference")) == ("7", "4")
    assert real4.text("remark") == "count derived from the printed percentage"


def test_a_percentage_that_fits_two_counts_gives_none() -> None:
    rows = pd.DataFrame({"n": [1000.0, 100.0], "value": [5.0, 5.0], "decimals": [0, 0]})
    counts = safety._from_percentage(rows)
    assert pd.isna(counts.iloc[0])
    assert counts.iloc[1] == 5


def test_selective_tables_carry_their_caveat(default: ContrastRun) -> None:
    found = safety.adverse_events(default)
    caveats = found.select(stat_name="caveat").frame
    caveats = caveats[caveats["stat_fmt"].str.startswith("selective")]
    assert set(caveats["group2_level"]) == {"heiGHt (lonapegsomatropin)"}
    differences = found.select(group2_level="heiGHt (lonapegsomatropin)", stat_name="estimate")
    # That is what a selective table does: all eight point the same way.
    assert (differences.frame["stat"] > 0).all()
    assert "do not pool it" in safety.safety_table(found, default).text()


# Beside a trial at patient level. -------------------------------------------------------------


def test_the_trial_stands_beside_and_is_not_pooled(default: ContrastRun) -> None:
    trial = overlay.trial_contrast(default)
    assert set(trial.frame["data_status"]) == {"synthetic"}
    figure = overlay.overlay_figure(trial, default)
    assert set(figure.results.frame["data_status"]) == {"published", "synthetic"}
    assert "synthetic data: no evidence" in figure.alt
    assert headline.field(default).text("k", group2_level="All trials") == str(
        len(inclusion.comparable(default))
    )
    said = overlay.overlay_reading(trial, default).text()
    assert said.endswith("is not pooled with them.")
    with pytest.raises(UserError, match="beside the published contrasts and not pooled"):
        overlay.pooled_with_trial(default)
    assert ABSENT_MARK not in said


def test_pooling_the_trial_is_exploratory_and_synthetic(make: Make) -> None:
    run = make(pool_trial=True)
    found = overlay.pooled_with_trial(run)
    assert set(found.frame["plan_status"]) == {"exploratory"}
    assert set(found.frame["data_status"]) == {"synthetic"}
    published = len(inclusion.comparable(run))
    assert found.text("k") == str(published + 1)
    # A pool of several kinds of product has no verdict, with the trial as without it.
    assert found.text("conclusion").startswith("no verdict: products of")
    # The published headline stays what it was.
    assert headline.field(run).text("k", group2_level="All trials") == str(published)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"trial": ""}, "no trial is named"),
        ({"trial": "turner-1", "indication": "TS"}, "has a single arm"),
        ({"trial": "ghd", "indication": "TS"}, "growth-hormone deficiency, the page of TS"),
    ],
)
def test_a_trial_that_cannot_stand_beside_says_why(
    make: Make, given: dict[str, Any], reason: str
) -> None:
    run = make(**given)
    assert reason in overlay.trial_contrast.rows(run).text("reason")
    [shown] = views_of(overlay.trial_contrast, run)
    assert isinstance(shown, Reading)
    assert reason in shown.text()


# Pages with little evidence still tell the truth. ----------------------------------------------


def field_in_words(run: ContrastRun) -> str:
    """The headline, or why there is none."""
    found = headline.field.rows(run)
    if not (found.frame["stat_name"] == "estimate").any():
        return found.text("reason")
    row = found.wide().iloc[0]
    return f"{row['k']}: {row['estimate']} ({row['conf.low']} to {row['conf.high']})"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        # One study: its own interval, no random effects.
        ({"indication": "SGA", "endpoint": "CHGHV"}, "1: 0.65 (−0.53 to 1.83)"),
        ({"indication": "SGA", "endpoint": "CHGHTSDS"}, "1: 0.13 (−0.04 to 0.30)"),
        # None at all.
        ({"indication": "SGA"}, "no trial is comparable on height velocity"),
        ({"months": [36.0, 60.0]}, "no trial is comparable"),
    ],
)
def test_a_page_with_little_evidence_is_true(
    make: Make, given: dict[str, Any], sentence: str
) -> None:
    run = make(**given, trial="")
    assert sentence in field_in_words(run)
    # Whatever is asked has an answer, if only that nothing was found.
    said = " ".join(answer_sentences(answer.answer(run)))
    assert said.startswith(
        f"No randomised trial of {run.product} against {run.comparator} in "
    ) or (said.startswith(f"{run.product} against {run.comparator} in "))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"indication": "TS", "endpoint": "CHGHV", "trial": ""},
        {"indication": "SGA", "trial": ""},
        {"indication": "ISS", "endpoint": "CHGHTSDS", "trial": ""},
    ],
)
def test_every_section_shows_something_for_every_question(
    make: Make, given: dict[str, Any]
) -> None:
    run = make(**given)
    frame = page_of(run).frame
    assert not frame.duplicated(["analysis_id", *ROW_KEY, "stat_name"]).any()
    assert (frame["data_status"] == "published").all()
    # What was not found has no source.
    assert (frame[frame["analysis_id"] != "answer"]["source"] != "").all()
    reasons = frame[frame["stat_name"] == "reason"]["stat_fmt"]
    assert not reasons.str.contains(r"\bnan\b|None|KeyError", regex=True).any()
    for section in SECTIONS:
        for each in views_of(section, run):
            text = each.text()
            assert text.strip()
            assert "nan" not in text.split()


def test_no_sd_anywhere_is_said(ledger: Ledger, make: Make, default: ContrastRun) -> None:
    """A ledger without any spread: differences of means remain, estimates do not."""
    bare = ledger.results[~ledger.results["statistic"].isin(["sd", "se", "ci_low", "ci_high", "p"])]
    run = replace(default, ledger=replace(ledger, results=bare), findings=())
    found = within_trial.contrasts(run).wide()
    assert set(found["conclusion"]) == {"not estimable"}
    assert found["reason"].str.contains("standard deviation, interval or p-value").any()
    assert "no trial is comparable" in headline.field.rows(run).text("reason")
    assert "so nothing says what is plausible" in plausible.plausible_ranges.rows(run).text(
        "reason"
    )
    del make


def test_assumptions_follow_the_run(make: Make) -> None:
    run = make(margin=-1.0, include=["REAL3"], correlation=[0.2, 0.5])
    wide = assumptions.assumption_ledger(run).wide().set_index("group2_level")
    assert wide.loc["Margin", "used"] == "−1.00 cm/year"
    assert wide.loc["Margin", "source.words"] == "chosen for this run"
    assert wide.loc["Studies put back", "used"] == "REAL3"
    assert wide.loc["Correlation of baseline and outcome", "used"] == "0.2 to 0.5"


# One vocabulary. --------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "words"), [(0.95, "95\u202f%"), (0.975, "97.5\u202f%")])
def test_levels_are_written_exactly_in_every_sentence(make: Make, level: float, words: str) -> None:
    run = make(conf_level=level)
    said = " ".join(answer_sentences(answer.answer(run)))
    assert f"({words} interval −" in said
    assert f"the {words} interval of the reported difference" in said
    assert answer.answer(run).text("conf.level") == words
    [table] = views_of(within_trial.contrasts, run)
    assert f"(level {words})" in table.text()
    assert assumptions.assumption_ledger(run).text(
        "used", group2_level="Confidence level"
    ) == words  # fmt: skip
    methods = page_of(run).frame["method"]
    named = methods[methods.str.contains("level ")]
    assert len(named)
    assert named.str.contains(f"level {words}", regex=False).all()


def test_shares_are_fractions_and_p_values_have_one_rule(default: ContrastRun) -> None:
    frame = page_of(default).frame
    shares = frame[frame["unit"] == PROPORTION]
    assert {"i2", "weight", "explained", "p", "estimate"} <= set(shares["stat_name"])
    assert shares["stat"].astype(float).between(-1, 1).all()
    assert not shares["stat_fmt"].str.contains("%").any()
    weights = shares[shares["stat_name"] == "weight"]["stat"]
    assert weights.sum() == pytest.approx(1)
    values = frame[frame["stat_name"].isin(["p.value", "q.p"])]
    assert set(values["stat_name"]) == {"p.value", "q.p"}
    for value, shown in zip(values["stat"].astype(float), values["stat_fmt"], strict=True):
        assert shown == ("<0.001" if value < 0.0005 else shown)
        assert re.fullmatch(r"<0\.001|\d\.\d{3}", shown)


def test_a_name_is_a_number_or_a_text_throughout(default: ContrastRun) -> None:
    kinds = page_of(default).frame.groupby("stat_name")["stat"].agg(lambda x: x.isna().nunique())
    assert set(kinds) == {1}


@pytest.mark.parametrize(
    ("low", "verdict"), [(-1.8, "not shown"), (-1.8 + 1e-9, "non-inferior"), (-1.9, "not shown")]
)
def test_an_interval_that_touches_the_margin_shows_nothing(
    default: ContrastRun, low: float, verdict: str
) -> None:
    assert default.margin == -1.8
    assert synthesis.verdict_of(default, 0.0, low, 1.0)["conclusion"] == verdict


def test_the_figure_of_what_is_known_holds_every_part_once(default: ContrastRun) -> None:
    found = known.what_is_known(default)
    assert list(dict.fromkeys(found.frame["analysis_id"])) == [
        "answer", "answer-sources", "relatives", "headline",
    ]  # fmt: skip
    [figure] = views_of(known.what_is_known, default)
    assert "0.09 (−0.71 to 0.90)" in figure.text()
    assert figure.results.frame.equals(found.frame)
