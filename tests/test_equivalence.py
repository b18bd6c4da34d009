"""Equivalence as an objective: both of its bounds in every table, figure, claim and refusal."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.figure
import pytest
from scipy import stats
from small_trials import responders, run_of, said, times

from analysis.display import Figure, Table
from analysis.efficacy import answer, robustness, tipping, tipping_responses, tipping_times
from analysis.efficacy.claims import Claim, claims
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.sources.trial.plan_multiplicity import Multiplicity

TWO_BOUNDS = "equivalence has two margins, and a tipping point is sought at one"
EQUIVALENCE = ("equivalence",)
ANSWERS = [("new", "Y"), ("new", "Y"), ("new", "N"), ("old", "Y"), ("old", "N"), ("old", "Y")] * 30
ENDS = [
    (arm, float(2 + number % 40), int(number % 9 == 0)) for number in range(120)
    for arm in ("new", "old")
]  # fmt: skip


@pytest.fixture(scope="module")
def ghd() -> Settings:
    return replace(resolve(ControlledParameters(trial="ghd")), objectives=EQUIVALENCE)


@pytest.fixture
def responses(tmp_path: Path) -> Settings:
    return run_of(responders(tmp_path, ANSWERS, margin=0.3, objectives=["equivalence"]))


@pytest.fixture
def relapses(tmp_path: Path) -> Settings:
    return run_of(times(tmp_path, ENDS, margin=1.25, objectives=["equivalence"]))


def lines(figure: Any) -> set[float]:
    """Return where the broken lines of a figure stand."""
    assert isinstance(figure, Figure)
    canvas = matplotlib.figure.Figure()
    figure.draw(canvas, False)
    drawn = [line for axes in canvas.axes for line in axes.lines if line.get_linestyle() == "--"]
    return {round(line.get_xdata()[0], 10) for line in drawn}


def test_every_table_of_a_difference_has_both_bounds(ghd: Settings) -> None:
    found = answer.answer(ghd)
    assert ", equivalent at the margins −2.00 to 2.00; the interval holds zero." in said(found, ghd)
    table = answer.contrasts_table(found, ghd)
    assert isinstance(table, Table)
    assert "−2.00 to 2.00" in table.text()
    assert lines(answer.answer_figure(found, ghd)) == {-2.0, 2.0}
    rows = robustness.robustness(ghd).wide()
    judged = rows[rows["estimate"].notna()]
    assert len(judged) > 5
    assert set(judged["bound"] + " to " + judged["bound.high"]) == {"−2.00 to 2.00"}
    # The planned tipping point stands, with why there is none.
    (reason,) = rows.loc[rows["group1_level"].str.startswith("Tipping"), "reason"]
    assert reason == tipping.tipping.rows(ghd).text("reason") == TWO_BOUNDS


def test_one_bound_stays_one(ghd: Settings) -> None:
    run = replace(ghd, objectives=())
    found = answer.answer(run)
    assert "bound.high" not in set(found.frame["stat_name"])
    assert " to " not in found.wide()["bound"].iloc[0]
    assert lines(answer.answer_figure(found, run)) == {-2.0}
    assert TWO_BOUNDS not in set(robustness.robustness(run).frame["stat_fmt"])


def test_both_bounds_of_a_proportion_are_drawn_in_points(responses: Settings) -> None:
    found = answer.answer(responses)
    assert "equivalent at the margins −30.0 to 30.0" in said(found, responses)
    assert lines(answer.answer_figure(found, responses)) == {-30.0, 30.0}
    assert tipping_responses.tipping_responses.rows(responses).text("reason") == TWO_BOUNDS


def test_the_bounds_of_a_ratio_are_reciprocal(relapses: Settings) -> None:
    found = answer.answer(relapses)
    row = found.wide("stat").iloc[0]
    assert (row["bound"], row["bound.high"]) == pytest.approx((0.8, 1.25))
    assert lines(answer.answer_figure(found, relapses)) == {0.8, 1.25}
    assert tipping_times.tipping_times.rows(relapses).text("reason") == TWO_BOUNDS


# What may be claimed, on the pilot: two doses against placebo. ---------------------------------


@pytest.fixture(scope="module")
def pilot() -> Settings:
    return resolve(ControlledParameters(trial="cdisc-pilot"))


def claimed(run: Settings, method: str, *, high: float = 0.0) -> dict[str, Claim]:
    """Return the claims of equivalence within 4 points, the changes of the high dose moved."""
    table = run.trial.tables["adadas"].copy()
    table["CHG"] += (table["TRTP"] == "Xanomeline High Dose") * high
    declared = Multiplicity.model_validate(method)
    analysis = run.trial.plan.analysis.model_copy(update={"multiplicity": declared})
    plan = run.trial.plan.model_copy(update={"analysis": analysis})
    trial = replace(run.trial, plan=plan, tables={**run.trial.tables, "adadas": table})
    own = replace(run, trial=trial, margin=4.0, objectives=EQUIVALENCE)
    return {each.hypothesis.arm.split()[1]: each for each in claims(own)}


def test_a_claim_of_equivalence_is_two_one_sided_tests(pilot: Settings) -> None:
    for each in claimed(pilot, "Holm").values():
        found = each.hypothesis.difference
        assert found is not None
        assert found.estimate is not None
        assert found.std_error is not None
        assert found.df is not None
        below = stats.t.sf((found.estimate + 4.0) / found.std_error, found.df)
        above = stats.t.cdf((found.estimate - 4.0) / found.std_error, found.df)
        assert each.hypothesis.p_value == pytest.approx(2.0 * max(below, above), rel=1e-9)
        assert each.conclusion == "may be claimed"


@pytest.mark.parametrize("by", [-9.0, 9.0])
def test_what_is_beyond_either_bound_may_not_be_claimed(pilot: Settings, by: float) -> None:
    found = claimed(pilot, "Holm", high=by)
    assert (found["High"].conclusion, found["High"].reason) == (
        "may not be claimed", "the estimate is not between the margins"
    )  # fmt: skip
    assert found["Low"].conclusion == "may be claimed"


def test_dunnett_has_no_one_test_of_two_bounds(pilot: Settings) -> None:
    for each in claimed(pilot, "Dunnett").values():
        assert (each.p_value, each.conclusion) == (None, "may not be claimed")
        assert each.reason.endswith("and a verdict with one margin")
