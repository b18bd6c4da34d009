"""Several comparisons adjusted as the plan declares, and what may be claimed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols

from analysis import paths
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.answer import answer, answer_reading, contrasts, contrasts_table
from analysis.efficacy.claims import claims
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.sources.trial.plan_multiplicity import Multiplicity
from analysis.sources.trial.trial import TrialError, load_trial
from analysis.sources.trial.vocabulary import MULTIPLICITY
from analysis.stats.multiplicity import P_VALUE_METHODS

PLAN = """
id: "four-arm"
title: "Three doses v a daily one"
data_status: "synthetic"
design: "parallel"
arms: {{treatment: "{treatment}", reference: "DAILY", others: {others}}}
populations: {{"full analysis": "FASFL"}}
endpoints:
  primary: {{name: "Change", dataset: "adeff", paramcd: "EFF", visit: "End", value: "CHG",
            direction: "higher"}}
analysis:
  population: "full analysis"
{multiplicity}
estimand: {{population: "all", treatment: "a dose", variable: "change", summary_measure: "means"}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four arms whose Dunnett tests R and deterministic integration give."""
    rows = pd.read_csv(paths.DATA / "validation" / "dunnett_four_arm.csv")
    who = rows["id"].map("S{:03d}".format)
    made = tmp_path_factory.mktemp("four")
    pd.DataFrame(
        {"STUDYID": "FOUR", "USUBJID": who, "TRT01P": rows["arm"], "TRT01A": rows["arm"],
         "FASFL": "Y", "SEX": np.where(rows["id"] % 3, "M", "F")}
    ).to_csv(made / "adsl.csv", index=False)  # fmt: skip
    pd.DataFrame(
        {"STUDYID": "FOUR", "USUBJID": who, "PARAMCD": "EFF", "PARAM": "Effect", "AVISIT": "End",
         "AVISITN": 1, "ADY": 30, "BASE": rows["base"], "CHG": rows["chg"],
         "AVAL": rows["base"] + rows["chg"], "ABLFL": "", "ANL01FL": "Y"}
    ).to_csv(made / "adeff.csv", index=False)  # fmt: skip
    return made


def planned(folder: Path, multiplicity: str, arms: tuple[str, ...] = ("HIGH", "LOW", "MID")) -> str:
    first, *others = arms
    words = f"  multiplicity: {multiplicity}" if multiplicity else ""
    text = PLAN.format(treatment=first, others=list(others), multiplicity=words)
    (folder / "trial.yml").write_text(text, encoding="utf-8")
    return str(folder)


def table(folder: Path, multiplicity: str, *arms: str) -> pd.DataFrame:
    trial = planned(folder, multiplicity, arms) if arms else planned(folder, multiplicity)
    found = answer(resolve(ControlledParameters(trial=trial))).wide("stat")
    return found.set_index("group1_level")


# multcomp 1.4-22 within its own error, and deterministic integration to 1e-7 (ANCOVA of change on
# arm and baseline): contrast, p, adjusted p, simultaneous limits.
DUNNETT = {
    "HIGH − DAILY": (0.10338993, 0.24862044, -0.38395015, 2.0669019),
    "LOW − DAILY": (0.65960339, 0.94901354, -1.0674461, 1.5506583),
    "MID − DAILY": (0.37534282, 0.71216269, -0.81373919, 1.7778933),
}


@pytest.mark.parametrize("arms", [("HIGH", "LOW", "MID"), ("MID", "HIGH", "LOW")])
def test_dunnett_of_an_analysis_of_covariance(folder: Path, arms: tuple[str, ...]) -> None:
    found = table(folder, "dunnett", *arms)
    assert list(found.index) == [f"{arm} − DAILY" for arm in arms]
    for contrast, expected in DUNNETT.items():
        shown = found.loc[
            contrast, ["p.value", "p.value.adjusted", "conf.low.adjusted", "conf.high.adjusted"]
        ]
        # Three comparisons by quasi-Monte Carlo, four digits (see dunnett_p_value).
        assert shown.astype(float).tolist() == pytest.approx(expected, abs=2e-4)
    assert found["p.value"].tolist() == pytest.approx(
        [DUNNETT[f"{arm} − DAILY"][0] for arm in arms], abs=1e-8
    )


@pytest.mark.parametrize(
    ("method", "adjusted"),
    [
        # By hand of 0.10338993, 0.65960339, 0.37534282.
        ("Bonferroni", (0.31016979, 1.0, 1.0)),
        ("Holm", (0.31016979, 0.75068564, 0.75068564)),
        ("Hochberg", (0.31016979, 0.65960339, 0.65960339)),
        ("fixed sequence", (0.10338993, 0.65960339, 0.65960339)),
    ],
)
def test_procedures_of_the_p_values(folder: Path, method: str, adjusted: tuple[float, ...]) -> None:
    found = table(folder, f'"{method.upper()}"')  # However it is capitalised.
    assert found["p.value.adjusted"].tolist() == pytest.approx(adjusted, abs=2e-8)


def test_a_plan_that_declares_nothing_says_so_once(folder: Path) -> None:
    run = resolve(ControlledParameters(trial=planned(folder, "")))
    text = answer_reading(answer(run), run).text()
    assert text.count("not adjusted for multiplicity: the plan declares no procedure") == 1
    assert "p.value.adjusted" not in set(answer(run).frame["stat_name"])
    ghd = resolve(ControlledParameters(trial="ghd"))
    assert "multiplicity" not in answer_reading(answer(ghd), ghd).text()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("dunett", "did you mean 'Dunnett'?"),
        ("bonferoni", "did you mean 'Bonferroni'?"),
        ("gate keeping", "did you mean 'gatekeeping'?"),
        ("simes", "must be one of Dunnett, fixed sequence, Holm"),
        ("{method: fixed sequence, order: [HIGH, LOW, MIDD]}", "did you mean 'MID'?"),
        ("{method: fixed sequence, order: [HIGH, LOW]}", "once: HIGH, LOW, MID"),
        ("{method: Holm, order: [HIGH, LOW, MID]}", "which Holm does not use"),
    ],
)
def test_a_word_that_is_no_procedure_is_an_error(folder: Path, word: str, said: str) -> None:
    with pytest.raises(TrialError) as error:
        load_trial(planned(folder, word))
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 2  # One sentence, and where to see all.


def test_one_comparison_leaves_nothing_to_adjust(folder: Path) -> None:
    adsl = pd.read_csv(folder / "adsl.csv")
    two = folder / "two"
    two.mkdir()
    adsl[adsl["TRT01P"].isin(["HIGH", "DAILY"])].to_csv(two / "adsl.csv", index=False)
    pd.read_csv(folder / "adeff.csv").to_csv(two / "adeff.csv", index=False)
    with pytest.raises(TrialError, match="this trial has 1: remove it"):
        load_trial(planned(two, "Holm", ("HIGH",)))


# Claims, on the pilot with its changes moved ----


@pytest.fixture(scope="module")
def pilot() -> Settings:
    return resolve(ControlledParameters(trial="cdisc-pilot"))


def moved(run: Settings, multiplicity: object, **by: float) -> Settings:
    """Return the run with the changes of arms moved (lower is better), and a procedure."""
    trial = run.trial
    adadas = trial.tables["adadas"].copy()
    shifts = {f"Xanomeline {dose.capitalize()} Dose": size for dose, size in by.items()}
    adadas["CHG"] = adadas["CHG"] + adadas["TRTP"].map(shifts).fillna(0.0)
    declared = Multiplicity.model_validate(multiplicity)
    analysis = trial.plan.analysis.model_copy(update={"multiplicity": declared})
    plan = trial.plan.model_copy(update={"analysis": analysis})
    tables = {**trial.tables, "adadas": adadas}
    return replace(run, trial=replace(trial, plan=plan, tables=tables))


def said(run: Settings) -> dict[str, tuple[str, str]]:
    return {each.contrast.split()[1]: (each.conclusion, each.reason) for each in claims(run)}


def test_a_fixed_sequence_stops_where_it_fails(pilot: Settings) -> None:
    order = ["Xanomeline Low Dose", "Xanomeline High Dose"]
    sequence = {"method": "fixed sequence", "order": order}
    found = said(moved(pilot, sequence, high=-3.0))
    assert list(found) == ["Low", "High"]
    assert found["Low"][0] == found["High"][0] == "may not be claimed"
    assert found["High"][1].startswith("Xanomeline Low Dose − Placebo, which is tested before it")
    # High first is claimed, and Low then fails for itself.
    found = said(moved(pilot, "fixed sequence", high=-3.0))
    assert found["High"] == ("may be claimed", "")
    assert found["Low"] == ("may not be claimed", "its adjusted p is not below 0.05")
    both = moved(pilot, sequence, high=-3.0, low=-3.0)
    assert [each.conclusion for each in claims(both)] == ["may be claimed"] * 2
    shown = answer_reading(answer(both), both).text()
    assert "Two comparisons, adjusted by fixed sequence: Xanomeline Low Dose − Placebo may" in shown


@pytest.mark.parametrize("method", [*MULTIPLICITY])
def test_a_difference_on_the_wrong_side_is_no_claim(pilot: Settings, method: str) -> None:
    run = moved(pilot, method, high=9.0, low=-9.0)
    found = said(run)
    assert found["High"] == (
        "may not be claimed", "the estimate is not on the better side of zero"
    )  # fmt: skip
    allowed = "may not be claimed" if method == "fixed sequence" else "may be claimed"
    assert found["Low"][0] == allowed


def test_dunnett_of_a_mixed_model_is_that_of_its_covariance(pilot: Settings) -> None:
    """Two comparisons, by the distribution function of scipy at the correlation of the model."""
    data = analysis_data(pilot)
    model = ols("response ~ C(arm, Treatment('Placebo')) + C(SITEGR1) + BASE", data).fit()
    names = [f"C(arm, Treatment('Placebo'))[T.Xanomeline {each} Dose]" for each in ("High", "Low")]
    covariance = model.cov_params().loc[names, names].to_numpy()
    spread = np.sqrt(np.diag(covariance))
    joint = stats.multivariate_t(shape=covariance / np.outer(spread, spread), df=model.df_resid)
    for each, name in zip(claims(moved(pilot, "dunnett")), names, strict=True):
        limit = np.full(2, abs(model.tvalues[name]))
        outside = 1.0 - joint.cdf(limit, lower_limit=-limit, random_state=1)
        assert each.p_value == pytest.approx(outside, abs=2e-4)
    mixed = resolve(
        ControlledParameters(trial="cdisc-pilot", model="MMRM", missing_data="observed")
    )
    run = moved(mixed, "dunnett")
    rows = contrasts(run).wide("stat")
    assert (rows["p.value.adjusted"] > rows["p.value"]).all()
    assert (rows["p.value.adjusted"] < 2 * rows["p.value"]).all()  # Bonferroni is the most.
    assert (rows["conf.low.adjusted"] < rows["conf.low"]).all()
    assert "Simultaneous interval" in contrasts_table(contrasts(run), run).text()


def test_dunnett_of_imputations_is_not_computed_and_says_so() -> None:
    run = resolve(
        ControlledParameters(trial="cdisc-pilot", missing_data="multiple imputation", imputations=2)
    )
    assert {each.p_value for each in claims(moved(run, "dunnett"))} == {None}
    assert "fitted to one data set" in said(moved(run, "dunnett"))["High"][1]
    assert claims(moved(run, "holm"))[0].p_value is not None


def test_a_claim_agrees_with_the_verdict_at_the_margin(pilot: Settings) -> None:
    """Of one interval: Bonferroni claims where the interval at half of alpha clears the margin."""
    run = replace(moved(pilot, "bonferroni"), margin=1.5)
    for each in claims(run):
        assert (each.conclusion == "may be claimed") == (
            each.upper is not None and each.upper < 1.5
        )


def test_the_procedures_of_a_plan_are_those_of_the_statistics() -> None:
    assert set(MULTIPLICITY.values()) <= {*P_VALUE_METHODS, "dunnett"}
