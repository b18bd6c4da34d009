"""A margin is said as it was understood, in the departure and in the answer of both notebooks."""

import math
from dataclasses import replace

import pytest

from analysis.contrasts import answer as contrast_answer
from analysis.contrasts.settings import ContrastParameters, ContrastRun
from analysis.contrasts.settings import resolve as resolve_contrast
from analysis.display import departures
from analysis.efficacy.answer import answer, answer_reading, contrasts, contrasts_table
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.errors import UserError
from analysis.sources.evidence import Ledger
from analysis.sources.trial.trial import load_trial


def run_of(trial: str, **given: object) -> Settings:
    return resolve(ControlledParameters.checked({"trial": trial} | given), load_trial(trial))


def contrast_of(ledger: Ledger, **given: object) -> ContrastRun:
    return resolve_contrast(ContrastParameters.checked(given), ledger)


@pytest.mark.parametrize(
    ("trial", "given", "planned", "used", "bound"),
    [
        # Height velocity: higher is better, and the plan has a margin.
        ("ghd", {"margin": 1.0}, "2 cm/year: the difference may not lie below −2",
         "1 cm/year: the difference may not lie below −1", -1.0),
        ("ghd", {"margin": -2.25}, "2 cm/year: the difference may not lie below −2",
         "2.25 cm/year: the difference may not lie below −2.25", -2.25),
        # ADAS-Cog: lower is better, and the plan has none.
        ("cdisc-pilot", {"margin": 2.0}, "none",
         "2 points: the difference may not lie above 2", 2.0),
        ("cdisc-pilot", {"margin": -0.5}, "none",
         "0.5 points: the difference may not lie above 0.5", 0.5),
        # The run says which way is better.
        ("cdisc-pilot", {"margin": 3.0, "direction": "higher"}, "none",
         "3 points: the difference may not lie below −3", -3.0),
        ("ghd", {"margin": -1.5, "direction": "lower"},
         "2 cm/year: the difference may not lie below −2",
         "1.5 cm/year: the difference may not lie above 1.5", 1.5),
    ],
)  # fmt: skip
def test_a_chosen_margin_is_said_as_it_was_understood(
    trial: str, given: dict[str, object], planned: str, used: str, bound: float
) -> None:
    run = run_of(trial, **given)
    row = departures(run).wide().set_index("group1_level").loc["margin"]
    assert (row["planned"], row["used"]) == (planned, used)
    found = answer(run)
    assert found.wide("stat")["bound"].iloc[0] == bound
    assert found.text("margin.source") == f"chosen for this run; {used}"
    assert f"Margin: chosen for this run; {used}." in answer_reading(found, run).text()
    assert (
        f"comes from: chosen for this run; {used}." in contrasts_table(contrasts(run), run).text()
    )


@pytest.mark.parametrize("given", [{"direction": "lower"}, {"direction": "lower", "margin": 2.0}])
def test_a_planned_margin_read_in_the_other_direction_says_so(given: dict[str, object]) -> None:
    run = run_of("ghd", **given)
    said = answer_reading(answer(run), run).text()
    assert "2 cm/year: the difference may not lie above 2." in said
    assert run.trial.plan.analysis.margin_source in said


def test_a_margin_as_planned_needs_no_words() -> None:
    for given in ({}, {"margin": 2.0}, {"margin": -2.0}, {"conf_level": 0.9}):
        run = run_of("ghd", **given)
        assert "margin" not in {each.name for each in run.departures}
        assert answer(run).text("margin.source") == run.trial.plan.analysis.margin_source
        assert "Margin:" not in answer_reading(answer(run), run).text()


@pytest.mark.parametrize("trial", ["ghd", "cdisc-pilot"])
@pytest.mark.parametrize("margin", [math.nan, math.inf, -math.inf])
def test_what_is_no_margin_is_refused(trial: str, margin: float) -> None:
    with pytest.raises(UserError, match=r"margin must be .*a finite number"):
        run_of(trial, margin=margin)


@pytest.mark.parametrize("margin", [0.0, -0.0])
def test_a_margin_of_zero_asks_for_superiority(margin: float) -> None:
    run = run_of("ghd", margin=margin)
    row = departures(run).wide().set_index("group1_level").loc["margin"]
    assert row["used"] == "0: superiority, the difference must lie above 0"
    found = answer(run)
    assert found.text("conclusion") == "not shown"
    assert "superiority is not shown" in answer_reading(found, run).text()
    # At a level of 10 % the interval of 0.09 is narrow enough to exclude zero.
    surer = replace(run, conf_level=0.1)
    assert answer(surer).text("conclusion") == "superior"


def test_the_contrasts_say_a_margin_of_the_run(ledger: Ledger) -> None:
    for margin, limit in ((-1.0, "−1"), (-1.25, "−1.25")):
        run = contrast_of(ledger, margin=margin)
        used = f"{limit} cm/year: the difference may not lie below {limit}"
        row = departures(run).wide().set_index("group1_level").loc["margin"]
        assert row["planned"] == "−1.8 cm/year: the difference may not lie below −1.8"
        assert row["used"] == used
        said = contrast_answer.answer_sentences(contrast_answer.answer(run))
        assert f"Margin of this run: {used}." in said
    default = contrast_answer.answer(contrast_of(ledger))
    assert "margin.source" not in set(default.frame["stat_name"])


@pytest.mark.parametrize("margin", [1.25, -1.25])
def test_a_margin_means_the_same_to_both_notebooks(ledger: Ledger, margin: float) -> None:
    """The size of the largest loss, whatever its sign; where it lies follows from the endpoint."""
    assert contrast_of(ledger, margin=margin).margin == -1.25
    assert run_of("ghd", margin=margin).margin == 1.25


def test_no_margin_is_a_choice_of_both_notebooks(ledger: Ledger) -> None:
    assert contrast_of(ledger, margin="none").margin is None
    assert run_of("ghd", margin="none").margin is None
    for run in (contrast_of(ledger, margin="none"), run_of("ghd", margin="none")):
        assert {each.name: each.used for each in run.departures}["margin"] == "none"
    assert answer(run_of("ghd", margin="none")).text("conclusion") == "not shown"


@pytest.mark.parametrize("margin", [0.0, 100.0, math.nan, math.inf])
def test_the_contrasts_refuse_what_is_no_margin(ledger: Ledger, margin: float) -> None:
    with pytest.raises(UserError, match="margin must be"):
        contrast_of(ledger, margin=margin)
