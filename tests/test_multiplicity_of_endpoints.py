"""Hypotheses of arms and endpoints: what the plan declares, what is tested, what may be claimed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from analysis import paths
from analysis.efficacy.answer import answer, answer_reading, contrasts, contrasts_table
from analysis.efficacy.claims import claims
from analysis.efficacy.claims_table import hypotheses, hypotheses_reading, hypotheses_table
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.errors import NoSection, UserError
from analysis.sources.trial.plan_multiplicity import Multiplicity
from analysis.sources.trial.trial import TrialError, load_trial

CHANGE = {"name": "Change", "dataset": "adeff", "paramcd": "EFF", "visit": "End", "value": "CHG",
          "direction": "higher"}  # fmt: skip
LEVEL = CHANGE | {"name": "Level", "value": "AVAL"}
"""With the baseline in the model its differences are those of the change."""
PLAN = {
    "id": "four-arm", "title": "Three doses v a daily one", "data_status": "synthetic",
    "design": "parallel", "populations": {"full analysis": "FASFL"},
    "estimand": {"population": "all", "treatment": "a dose", "variable": "change",
                 "summary_measure": "means"},
}  # fmt: skip
HIGH, LOW, MID = 0.10338993, 0.65960339, 0.37534282
"""p-values of multcomp 1.4-22, ANCOVA of the change on arm and baseline; all estimates above 0."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four arms whose p-values R gives."""
    rows = pd.read_csv(paths.DATA / "validation" / "dunnett_four_arm.csv")
    made = tmp_path_factory.mktemp("four")
    write(rows, made)
    two = made / "two"
    two.mkdir()
    write(rows[rows["arm"].isin(["HIGH", "DAILY"])], two)
    return made


def write(rows: pd.DataFrame, folder: Path) -> None:
    who = rows["id"].map("S{:03d}".format)
    same = {"STUDYID": "FOUR", "USUBJID": who}
    pd.DataFrame({**same, "TRT01P": rows["arm"], "TRT01A": rows["arm"], "FASFL": "Y",
                  "SEX": np.where(rows["id"] % 3, "M", "F")}
    ).to_csv(folder / "adsl.csv", index=False)  # fmt: skip
    pd.DataFrame({**same, "PARAMCD": "EFF", "PARAM": "Effect", "AVISIT": "End", "AVISITN": 1,
                  "ADY": 30, "BASE": rows["base"], "CHG": rows["chg"],
                  "AVAL": rows["base"] + rows["chg"], "ABLFL": "", "ANL01FL": "Y"}
    ).to_csv(folder / "adeff.csv", index=False)  # fmt: skip


def planned(
    folder: Path, multiplicity: object, *, lower: bool = False, level: dict[str, str] | None = None
) -> str:
    """Write the plan with a procedure, given as YAML or as what it means, and return its folder."""
    others = [] if folder.name == "two" else ["LOW", "MID"]
    declared = yaml.safe_load(multiplicity) if isinstance(multiplicity, str) else multiplicity
    second = LEVEL | {"direction": "lower" if lower else "higher"} | (level or {})
    plan = PLAN | {
        "arms": {"treatment": "HIGH", "reference": "DAILY", "others": others},
        "endpoints": {"primary": CHANGE, "secondary": [second]},
        "analysis": {"population": "full analysis", "multiplicity": declared},
    }
    (folder / "trial.yml").write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    return str(folder)


def run_of(folder: Path, multiplicity: object, **options: bool) -> Settings:
    return resolve(ControlledParameters(trial=planned(folder, multiplicity, **options)))


def adjusted(run: Settings) -> list[float]:
    return [float("nan") if each.p_value is None else each.p_value for each in claims(run)]


# What is computed: by hand of the three p-values ----

LEVEL_HIGH, LEVEL_LOW = "{endpoint: Level, arm: HIGH}", "{endpoint: Level, arm: LOW}"


@pytest.mark.parametrize(
    ("multiplicity", "expected"),
    [
        # HIGH / 0.5, then LOW / 0.8, then MID.
        ("{method: fallback, order: [HIGH, LOW, MID], weights: [0.5, 0.3, 0.2]}",
         [2 * HIGH, LOW / 0.8, LOW / 0.8]),
        ("{method: gatekeeping, families: [[HIGH, MID], LOW]}", [2 * HIGH, MID, LOW]),
        # With one of the two claimed LOW has half of alpha; with both, at 2 MID, all of it.
        ("{method: Gatekeeping, gate: parallel, families: [[HIGH, MID], LOW]}",
         [2 * HIGH, 2 * MID, 2 * MID]),
        ("{method: gatekeeping, families: [{method: hochberg, hypotheses: [LOW, MID]}, HIGH]}",
         [LOW, LOW, LOW]),
        (f"{{method: fixed sequence, order: [HIGH, {LEVEL_HIGH}, LOW]}}", [HIGH, HIGH, LOW]),
        # Holm of three that are two: HIGH, HIGH of the level, and MID.
        (f"{{method: holm, hypotheses: [HIGH, {LEVEL_HIGH}, MID]}}", [3 * HIGH, 3 * HIGH, MID]),
        # HIGH / 0.5; its weight goes in halves to LOW (0.75) and to its level (0.25).
        (f"{{method: graphical, hypotheses: [HIGH, LOW, {LEVEL_HIGH}, {LEVEL_LOW}],"
         " weights: [1/2, '1/2', 0, 0], transitions: [[0, 0.5, 0.5, 0], [0.5, 0, 0, 0.5],"
         " [0, 1, 0, 0], [1, 0, 0, 0]]}", [2 * HIGH, LOW, 4 * HIGH, LOW]),
        ("{method: graphical, weights: [1, 0, 0], transitions: [[0, 1, 0], [0, 0, 1], [0, 0, 0]]}",
         [HIGH, LOW, LOW]),
    ],
)  # fmt: skip
def test_procedures(folder: Path, multiplicity: str, expected: list[float]) -> None:
    assert adjusted(run_of(folder, multiplicity)) == pytest.approx(expected, abs=5e-8)


def test_dunnett_within_a_family(folder: Path) -> None:
    """multcomp's adjusted p of HIGH, LOW and MID; the level waits for the largest."""
    family = "{method: dunnett, hypotheses: [HIGH, LOW, MID]}"
    run = run_of(folder, f"{{method: gatekeeping, families: [{family}, {LEVEL_HIGH}]}}")
    expected = [0.24862044, 0.94901354, 0.71216269, 0.94901354]
    assert adjusted(run) == pytest.approx(expected, abs=2e-4)
    imputed = replace(run, missing_data="multiple imputation", imputations=2, seed=1)
    assert [each.p_value for each in claims(imputed)] == [None] * 4
    assert "fitted to one data set" in claims(imputed)[0].reason


def test_one_comparison_and_several_endpoints(folder: Path) -> None:
    two = folder / "two"
    run = run_of(two, "{method: fixed sequence, order: [Level, Change]}")
    assert [each.name for each in claims(run)] == ["Level", "Change"]
    before, after = claims(run)
    assert before.p_value == after.p_value == before.hypothesis.p_value
    assert before.reason == "its adjusted p is not below 0.05"
    assert after.reason == "Level, which is tested before it, may not be claimed"
    # The answer is of the primary endpoint; every hypothesis has a row in their section.
    assert "Of two hypotheses, tested by fixed sequence, those of this endpoint: HIGH − DAILY" in (
        answer_reading(answer(run), run).text()
    )
    assert "p, adjusted" in contrasts_table(contrasts(run), run).text()
    shown = hypotheses_table(hypotheses(run), run).text()
    assert shown.index("Level") < shown.index("Change")
    assert "Of two hypotheses none may be claimed" in hypotheses_reading(
        hypotheses(run), run
    ).text()  # fmt: skip


def test_a_secondary_endpoint_has_its_own_direction_and_no_margin(folder: Path) -> None:
    run = run_of(folder, f"{{method: fixed sequence, order: [{LEVEL_HIGH}, HIGH]}}", lower=True)
    level, change = claims(run)
    assert level.reason == "the estimate is not on the better side of zero"
    assert (level.p_value, change.p_value) == (1.0, 1.0)
    assert level.hypothesis.p_value == pytest.approx(HIGH, abs=5e-8)
    with_margin = claims(replace(run, margin=2.0))
    assert with_margin[0].hypothesis.p_value == level.hypothesis.p_value
    assert with_margin[1].hypothesis.p_value < change.hypothesis.p_value


def test_what_the_procedure_does_not_test_says_so(folder: Path) -> None:
    run = run_of(folder, f"{{method: holm, hypotheses: [HIGH, {LEVEL_HIGH}]}}")
    rows = answer(run).wide().set_index("group1_level")
    assert rows.loc["LOW − DAILY", "claimed"] == "may not be claimed"
    assert rows.loc["LOW − DAILY", "claimed.reason"] == (
        "the procedure of the plan does not test it"
    )


def test_a_run_of_another_endpoint_or_reference_is_not_the_plans(folder: Path) -> None:
    trial = planned(folder, f"{{method: holm, hypotheses: [HIGH, {LEVEL_HIGH}]}}")
    for other in ({"endpoint": "Level"}, {"reference": "LOW"}):
        run = resolve(ControlledParameters(trial=trial, **other))  # type: ignore[arg-type]
        assert claims(run) == ()
        said = answer_reading(answer(run), run).text()
        assert f"because the run has another {next(iter(other))} than the plan" in said
        with pytest.raises(UserError, match="not those of this run"):
            hypotheses(run)


def test_one_hypothesis_has_no_section() -> None:
    with pytest.raises(NoSection):
        hypotheses(resolve(ControlledParameters(trial="ghd")))


# What may be claimed, on the pilot with its changes moved ----

PRIMARY, OBSERVED, WEEK_16 = (
    f"ADAS-Cog (11), change from baseline to week {at}"
    for at in ("24 (LOCF)", "24 (observed)", "16 (observed)")
)
DOSE = {"high": "Xanomeline High Dose", "low": "Xanomeline Low Dose"}


@pytest.fixture(scope="module")
def pilot() -> Settings:
    return resolve(ControlledParameters(trial="cdisc-pilot"))


def moved(run: Settings, multiplicity: object, **by: float) -> Settings:
    """Return the run with the changes of arms moved (lower is better), and a procedure."""
    trial = run.trial
    adadas = trial.tables["adadas"].copy()
    shifts = {DOSE[dose]: size for dose, size in by.items()}
    adadas["CHG"] = adadas["CHG"] + adadas["TRTP"].map(shifts).fillna(0.0)
    declared = Multiplicity.model_validate(multiplicity)
    analysis = trial.plan.analysis.model_copy(update={"multiplicity": declared})
    plan = trial.plan.model_copy(update={"analysis": analysis})
    return replace(run, trial=replace(trial, plan=plan, tables={**trial.tables, "adadas": adadas}))


def at(endpoint: str, dose: str) -> dict[str, str]:
    return {"endpoint": endpoint, "arm": DOSE[dose]}


def said(run: Settings) -> list[tuple[bool, str]]:
    return [(each.conclusion == "may be claimed", each.reason) for each in claims(run)]


FOUR = [DOSE["high"], DOSE["low"], at(OBSERVED, "high"), at(OBSERVED, "low")]
MOVES = [[0, 0.5, 0.5, 0], [0.5, 0, 0, 0.5], [0, 1, 0, 0], [1, 0, 0, 0]]
GRAPH = {"method": "graphical", "hypotheses": FOUR, "weights": [0.5, 0.5, 0, 0],
         "transitions": MOVES}  # fmt: skip
NAMES = [f"{endpoint}, {DOSE[dose]} − Placebo" for endpoint in (PRIMARY, OBSERVED)
         for dose in ("high", "low")]  # fmt: skip


def test_a_weight_goes_where_the_graph_sends_it(pilot: Settings) -> None:
    found = said(moved(pilot, GRAPH, high=-4.0))
    assert [clear for clear, _ in found] == [True, False, True, False]
    assert found[1][1] == "its adjusted p is not below 0.05"
    assert found[3][1] == f"no weight reaches it: {NAMES[1]} may not be claimed"
    assert [clear for clear, _ in said(moved(pilot, GRAPH, high=-4.0, low=-4.0))] == [True] * 4
    # Nothing flows from what is clear on the worse side.
    found = said(moved(pilot, GRAPH, high=9.0, low=9.0))
    assert {reason for _, reason in found[:2]} == {"the estimate is not on the better side of zero"}
    assert all(reason.startswith("no weight reaches it") for _, reason in found[2:])


@pytest.mark.parametrize("gate", ["serial", "parallel"])
def test_a_gate_opens_for_all_or_for_one(pilot: Settings, gate: str) -> None:
    families = [FOUR[:2], FOUR[2:]]
    declared = {"method": "gatekeeping", "families": families, "gate": gate}
    run = moved(pilot, declared, high=-4.0)
    found = said(run)
    assert [clear for clear, _ in found] == [True, False, gate == "parallel", False]
    waits = f"{NAMES[1]}, which is tested before it, may not be claimed"
    own = "its adjusted p is not below 0.05"
    assert found[3][1] == (waits if gate == "serial" else own)
    shown = hypotheses_table(hypotheses(run), run).text()
    assert "[Family 2, by Holm]" in shown
    assert f"Tested by {gate} gatekeeping" in shown
    none = said(moved(pilot, declared))
    assert none[2][1] == (
        f"{NAMES[0]}, which is tested before it, may not be claimed" if gate == "serial" else
        f"none of {NAMES[0]} and {NAMES[1]}, which are tested before it, may be claimed"
    )  # fmt: skip


def test_a_fixed_sequence_within_a_family_stops_and_so_does_what_follows(pilot: Settings) -> None:
    sequence = {"method": "fixed sequence", "hypotheses": [DOSE["low"], DOSE["high"]]}
    declared = {"method": "gatekeeping", "families": [sequence, at(OBSERVED, "high")]}
    found = said(moved(pilot, declared, high=-4.0))
    assert [clear for clear, _ in found] == [False] * 3
    assert found[1][1] == found[2][1] == (
        f"{NAMES[1]}, which is tested before it, may not be claimed"
    )  # fmt: skip


def without(run: Settings, endpoint: str, arm: str) -> Settings:
    """Return the run without the values of an arm in an endpoint at its visit."""
    visit = next(each.visit for each in run.trial.plan.endpoints.all if each.name == endpoint)
    adadas = run.trial.tables["adadas"]
    gone = (adadas["TRTP"] == arm) & (adadas["AVISIT"] == visit)
    tables = {**run.trial.tables, "adadas": adadas[~gone]}
    return replace(run, trial=replace(run.trial, tables=tables))


@pytest.mark.parametrize("dose", ["high", "low"])
def test_an_endpoint_that_nobody_of_an_arm_has_stays_among_the_hypotheses(
    pilot: Settings, dose: str
) -> None:
    every = [DOSE["high"], DOSE["low"], at(WEEK_16, "high"), at(WEEK_16, "low")]
    full = moved(pilot, {"method": "holm", "hypotheses": every}, high=-4.0)
    found = claims(without(full, WEEK_16, DOSE[dose]))
    gone = found[2 if dose == "high" else 3]
    assert "nobody" in gone.reason or "no participant" in gone.reason
    assert gone.p_value is None
    # Holm of four, one of them with the p-value 1.
    least = min(each.hypothesis.p_value for each in found if each is not gone)
    shown = [each.p_value for each in found if each.p_value is not None]
    assert min(shown) == pytest.approx(min(1.0, 4 * least), abs=1e-12)
    kept = found[3 if dose == "high" else 2]
    assert kept.hypothesis.difference is not None


@pytest.mark.parametrize("dose", ["high", "low"])
def test_dunnett_of_an_endpoint_that_one_arm_does_not_have(pilot: Settings, dose: str) -> None:
    """One comparison is left, whose adjusted p-value is its own; the other counts as 1."""
    family = {"method": "dunnett", "hypotheses": [at(WEEK_16, "high"), at(WEEK_16, "low")]}
    declared = {"method": "gatekeeping", "families": [DOSE["high"], family]}
    full = moved(pilot, declared, high=-4.0, low=-4.0)
    first, *both = claims(without(full, WEEK_16, DOSE[dose]))
    gone, kept = both if dose == "high" else both[::-1]
    assert (gone.p_value, gone.conclusion) == (None, "may not be claimed")
    assert kept.p_value == pytest.approx(max(kept.hypothesis.p_value, first.p_value or 0), abs=1e-6)
    assert kept.conclusion == "may be claimed"


# Mistakes of a plan ----


@pytest.mark.parametrize(
    ("multiplicity", "message"),
    [
        ("{method: holm, hypotheses: [HIHG, LOW]}",
         "'HIHG' must be an arm that is compared; did you mean 'HIGH'?"),
        ("{method: holm, hypotheses: [zzz, LOW]}", "there is HIGH, LOW, MID"),
        ("{method: holm, hypotheses: [DAILY, LOW]}", "'DAILY' must be an arm that is compared"),
        ("{method: holm, hypotheses: [Level, LOW]}", "'Level' must say which arm it is of"),
        ("{method: holm, hypotheses: [{endpoint: Levle, arm: LOW}, LOW]}",
         "'Levle' is no endpoint that is tested; did you mean 'Level'?"),
        ("{method: holm, hypotheses: [{endpoint: Level, arm: LWO}, LOW]}",
         "'LWO' is no arm that is tested; did you mean 'LOW'?"),
        ("{method: holm, hypotheses: [{endpiont: Level}, LOW]}",
         "hypotheses.0.endpiont is not a field of trial.yml; did you mean 'endpoint'?"),
        ("{method: holm, hypotheses: [{}, LOW]}", "names neither"),
        ("{method: holm, hypotheses: [1, LOW]}", "or {endpoint: …, arm: …}; got 1"),
        ("{method: holm, hypotheses: [LOW, {arm: LOW}]}", "'Change' of 'LOW' is there twice"),
        ("{method: holm, hypotheses: [LOW]}", "needs at least two hypotheses"),
        ("{method: holm, order: [LOW, HIGH]}", "Holm does not use; name the hypotheses under"),
        ("{method: fixed sequence, hypotheses: [LOW, HIGH]}", "name the hypotheses under order"),
        ("{method: holm, weights: [1, 0, 0]}", "has weights, which Holm does not use; remove it"),
        ("{method: holm, gate: parallel}", "has gate, which Holm does not use"),
        ("gatekeeping", "analysis.multiplicity.families is required for gatekeeping and missing"),
        ("{method: gatekeeping, families: [[LOW, HIGH]]}", "needs at least two families"),
        ("{method: gatekeeping, families: [LOW, HIHG]}", "did you mean 'HIGH'?"),
        ("{method: gatekeeping, families: [LOW, {hypotheses: [HIGH], method: hlom}]}",
         "families.1.method must be one of Dunnett, fixed sequence, Holm"),
        ("{method: gatekeeping, families: [LOW, {hypotheses: [HIGH], methd: holm}]}",
         "did you mean 'method'?"),
        ("{method: gatekeeping, families: [LOW, [HIGH, LOW]]}", "is there twice"),
        ("{method: gatekeeping, gate: paralel, families: [LOW, HIGH]}", "must be 'serial' or"),
        ("{method: gatekeeping, families: [{method: dunnett, hypotheses: [HIGH, LOW]}, MID]}",
         "Dunnett compares several arms, all that there are"),
        ("{method: gatekeeping, gate: parallel, families: [{method: holm, hypotheses: [HIGH, LOW]},"
         " MID]}", "must be tested by Bonferroni; one is tested by Holm"),
        ("graphical", "weights and transitions are required for graphical and missing"),
        ("{method: fallback, weights: [0.5, 0.5]}", "one number for each of the 3 hypotheses"),
        ("{method: fallback, weights: [0.5, 0.5, 0.1]}", "sum is at most 1; got 0.5, 0.5, 0.1"),
        ("{method: fallback, weights: [a, 0, 0]}", "weights.0: must be a number"),
        ("{method: fallback, weights: [1/0, 0, 0]}", "weights.0: must be a number"),
        ("{method: graphical, weights: [1, 0, 0], transitions: [[0, 1], [1, 0]]}",
         "must have 3 rows of 3 numbers"),
        ("{method: graphical, weights: [1, 0, 0], transitions: [[0, 0.7, 0.7], [0, 0, 1],"
         " [0, 0, 0]]}", "row 1 of the transitions must be shares"),
        ("{method: graphical, weights: [1, 0, 0], transitions: [[0, 1, 0], [0, 1, 0], [0, 0, 0]]}",
         "must give nothing to hypothesis 2 itself"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_plan_is_one_sentence(
    folder: Path, multiplicity: str, message: str
) -> None:
    with pytest.raises(UserError) as error:
        load_trial(planned(folder, multiplicity))
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) <= 2  # One sentence, and where to see all.


@pytest.mark.parametrize(
    ("multiplicity", "message"),
    [
        ("{method: holm, hypotheses: [Levle, Change]}", "an endpoint; did you mean 'Level'?"),
        ("{method: holm, hypotheses: [Level, HIGH, Change]}", "'Change' is there twice"),
        ("holm", "this trial has 1: remove it, or name the further arms in arms.others, or the "
         "endpoints that are tested under analysis.multiplicity.hypotheses"),
        ("gatekeeping", "families is required for gatekeeping"),
        ("{method: dunnett, hypotheses: [Level, Change]}", "Dunnett compares several arms"),
    ],
)  # fmt: skip
def test_a_mistake_with_one_comparison(folder: Path, multiplicity: str, message: str) -> None:
    with pytest.raises(TrialError) as error:
        load_trial(planned(folder / "two", multiplicity))
    assert message in str(error.value)


def test_endpoints_of_one_name_are_no_hypotheses(folder: Path) -> None:
    trial = planned(
        folder,
        "{method: holm, hypotheses: [{endpoint: Change, arm: HIGH}, LOW]}",
        level={"name": "Change"},
    )
    with pytest.raises(TrialError, match="two endpoints are called 'Change'"):
        load_trial(trial)
