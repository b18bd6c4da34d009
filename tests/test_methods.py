"""The plan's word decides the method, everywhere on the page; every word has what it names."""

import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy import stats

from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.answer import answer, answer_reading, contrasts, contrasts_table, sentence
from analysis.efficacy.imputed import imputed
from analysis.efficacy.methods import METHODS, mmrm
from analysis.efficacy.over_time import mmrm_by_visit, secondary
from analysis.efficacy.primary import analyse, fitted
from analysis.efficacy.primary_tables import diagnostics, means
from analysis.efficacy.robustness import robustness
from analysis.efficacy.sensitivity import REGISTRIES
from analysis.efficacy.sensitivity.continuous import SENSITIVITIES
from analysis.efficacy.settings import ControlledParameters, Settings, for_endpoint, resolve
from analysis.efficacy.subgroup_analysis import in_subgroups
from analysis.errors import UserError
from analysis.results import Results
from analysis.sources.trial import vocabulary
from analysis.sources.trial.effects import EFFECTS
from analysis.sources.trial.plan_endpoint import OwnAnalysis
from analysis.sources.trial.trial import Trial, TrialError, load_trial
from analysis.sources.trial.trial_folder import TRIALS
from analysis.stats import covariance_structures
from analysis.stats.intervals import Interval
from analysis.stats.mmrm import fit_mmrm
from analysis.stats.verdicts import judge


def run_of(trial: Trial, **changes: object) -> Settings:
    given = {"trial": str(trial.folder), "imputations": 2, **changes}
    return resolve(ControlledParameters.checked(given), trial)


@pytest.fixture(scope="module")
def copy_of_ghd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trials") / "ghd"
    shutil.copytree(TRIALS / "ghd", folder)
    return folder


def with_plan(folder: Path, old: str, new: str) -> Path:
    """Change one line of the plan of a copied trial."""
    path = folder / "trial.yml"
    text = (TRIALS / "ghd" / "trial.yml").read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def mixed(copy_of_ghd: Path) -> Settings:
    return run_of(load_trial(with_plan(copy_of_ghd, 'model: "ANCOVA"', 'model: "MMRM"')))


# The registries and the words that a check knows. ----------------------------------------------


def test_the_registries_hold_the_words_of_the_plan() -> None:
    assert set(METHODS) == set(vocabulary.MODELS)
    assert [each.name for each in METHODS.values()] == list(METHODS)
    assert set(REGISTRIES) == set(vocabulary.OF_KIND) == set(vocabulary.USUAL)
    for kind, registry in REGISTRIES.items():
        assert tuple(registry.words) == vocabulary.OF_KIND[kind]
        assert set(registry.further) <= {*vocabulary.models("parallel", kind), *registry.words}
        assert vocabulary.USUAL[kind] in vocabulary.models("parallel", kind)
    assert set(vocabulary.OBSERVED_ONLY) <= set(METHODS)
    assert {*vocabulary.WITHOUT_COVARIATES, *vocabulary.WITHOUT_STRATA, *EFFECTS} <= set(METHODS)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('model: "ANCOVA"', 'model: "MMMR"', "got 'MMMR'"),
        ('model: "ANCOVA"', 'model: "MMMR"', "did you mean 'MMRM'"),
        ('"per protocol", "multiple', 'nonsense, "multiple', "got 'nonsense'"),
        ('"per protocol", "multiple', 'per protocl, "multiple', "did you mean 'per protocol'"),
    ],
)
def test_a_word_that_names_nothing_is_refused(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    shutil.copytree(TRIALS / "ghd", tmp_path / "ghd")
    with pytest.raises(TrialError, match=words):
        load_trial(with_plan(tmp_path / "ghd", old, new))


def test_a_new_covariance_structure_is_one_entry(
    mixed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = covariance_structures.STRUCTURES["toeplitz"]
    monkeypatch.setitem(covariance_structures.STRUCTURES, "of-my-own", made)
    data = analysis_data(mixed, visits=True)
    monkeypatch.setattr(mmrm, "STRUCTURES", ("of-my-own",))
    assert mmrm.over_visits(mixed, data).structure == "of-my-own"
    assert "of-my-own covariance" in METHODS["MMRM"].fit(mixed, data).words


# MMRM as the plan's model is the primary analysis on the whole page. ---------------------------


def by_hand(run: Settings, visit: str = "Month 12") -> tuple[float, float]:
    """Fit the declared model on its own, with the arm's effect at the visit as a contrast."""
    data = analysis_data(run, visits=True)
    fit = fit_mmrm(
        data,
        response="response",
        subject="USUBJID",
        visit="AVISIT",
        visits=["Month 3", "Month 6", "Month 9", "Month 12"],
        factors=["arm", "AVISIT", "REGION1", "SEX"],
        covariates=["BASE", "AGE", "PEAKGH"],
        interactions=[(name, "AVISIT") for name in ("arm", "BASE", "AGE", "PEAKGH")],
        structure="unstructured",
        df_method="kenward-roger",
    )
    one, other = (
        fit.design.mean_row(at={"arm": {arm: 1.0}, "AVISIT": {visit: 1.0}}, weights="equal")
        for arm in (run.treatment, run.reference)
    )
    values, covariance, _ = fit.evaluate((one - other)[None, :])
    return float(values[0]), float(covariance[0, 0]) ** 0.5


def first(results: Results, **levels: str) -> pd.Series:
    return results.select(**levels).wide("stat").iloc[0]


def test_the_mixed_model_is_the_primary_analysis_everywhere(mixed: Settings) -> None:
    estimate, error = by_hand(mixed)
    assert mixed.departures == ()
    rows = first(answer(mixed))
    assert rows["estimate"] == pytest.approx(estimate, rel=1e-9)
    assert rows["std.error"] == pytest.approx(error, rel=1e-9)
    same = [
        first(contrasts(mixed)),
        first(robustness(mixed), group1_level="MMRM, full analysis"),
        first(in_subgroups(mixed), group1_level="All"),
        first(mmrm_by_visit(mixed), group2_level="Month 12"),
    ]
    for row in same:
        assert row["estimate"] == pytest.approx(estimate, rel=1e-9)
    both = means(mixed).wide("stat").set_index("group1_level")["estimate"]
    assert both[mixed.treatment] - both[mixed.reference] == pytest.approx(estimate, rel=1e-9)
    for found in (answer(mixed), means(mixed), diagnostics(mixed), secondary(mixed)):
        assert found.frame["method"].str.startswith("MMRM").all()
    assert in_subgroups(mixed).frame["method"].str.startswith("MMRM with the interaction").all()


def test_the_robustness_of_a_mixed_model_is_by_mixed_models(mixed: Settings) -> None:
    table = robustness(mixed).wide().set_index("group1_level")
    assert table["standing"].dropna().to_dict() == {
        "MMRM, full analysis": "primary",
        "MMRM, per protocol": "planned",
        "Multiple imputation (MAR)": "planned",
        "Tipping point (delta-adjusted)": "planned",
        "MMRM, safety": "further",
        "MMRM, randomised": "further",
        "Unadjusted (Welch)": "further",
        "Standardised (arm × covariate interactions)": "further",
        "ANCOVA": "further",
        "Constrained longitudinal model": "further",
        "Conditional mean (MAR)": "further",
        "Jump to reference": "further",
        "Copy reference": "further",
        "Copy increments in reference": "further",
        "Last mean carried forward": "further",
    }
    imputations = table.loc["Multiple imputation (MAR)", "detail"]
    assert imputations.startswith("MMRM of 2 imputations")
    assert table.loc["Copy reference", "detail"].startswith("ANCOVA of conditional means")
    assert imputed(mixed, "").differences[mixed.treatment].n_imputations == 2
    ancova = first(robustness(mixed), group1_level="ANCOVA")
    plain = analyse(replace(mixed, model="ANCOVA")).contrast
    assert ancova["estimate"] == pytest.approx(plain.estimate, rel=1e-12)


def test_subgroups_of_a_mixed_model_are_those_at_the_endpoints_visit(mixed: Settings) -> None:
    """The interaction is tested at the visit: for two subgroups, by the difference of effects."""
    found = in_subgroups(mixed).select(group1_level="Sex").wide("stat")
    data = analysis_data(mixed, visits=True)
    data = data.assign(subgroup=data["SEX"])
    effects = METHODS["MMRM"].effects(mixed, data, ("REGION1",))
    p_value, why = effects.tests[mixed.treatment]
    assert not why
    in_each = [effects.effects[mixed.treatment, sex].estimate or 0.0 for sex in ("F", "M")]
    own = found.set_index("group2_level")["estimate"]
    assert own[["Female", "Male"]].tolist() == pytest.approx(in_each)
    fit = mmrm.over_visits(mixed, data, subgroup=True, strata=("REGION1",))
    at = {"arm": {mixed.treatment: 1.0, mixed.reference: -1.0}, "AVISIT": {"Month 12": 1.0}}
    row = fit.design.mean_row(at={**at, "subgroup": {"F": 1.0, "M": -1.0}}, weights="equal")
    values, covariance, df = fit.evaluate(row[None, :])
    assert values[0] == pytest.approx(in_each[0] - in_each[1], rel=1e-9)
    t = abs(values[0]) / math.sqrt(covariance[0, 0])
    assert p_value == pytest.approx(2 * stats.t.sf(t, df[0]), rel=1e-4)
    assert found["p.value"].iloc[0] == pytest.approx(p_value, rel=1e-12)


def test_residuals_of_a_mixed_model_are_values_less_fitted(mixed: Settings) -> None:
    found = fitted(mixed).residuals
    data = analysis_data(mixed).dropna(subset=["response", "BASE", "AGE", "PEAKGH"])
    assert len(found) == len(data)
    assert sorted(found["fitted"] + found["residual"]) == pytest.approx(sorted(data["response"]))


def test_another_model_than_the_plans_is_a_departure() -> None:
    ghd = load_trial("ghd")
    other = run_of(ghd, model="MMRM")
    assert [each.name for each in other.departures] == ["model"]
    assert set(answer(other).frame["plan_status"]) == {"exploratory"}
    assert first(answer(other))["estimate"] == pytest.approx(by_hand(other)[0], rel=1e-9)
    with pytest.raises(UserError, match="observed or multiple imputation with the model MMRM"):
        run_of(load_trial("cdisc-pilot"), model="MMRM")


def test_carrying_forward_needs_records_that_are() -> None:
    ghd = run_of(load_trial("ghd"))
    with pytest.raises(UserError, match="no record carried forward"):
        SENSITIVITIES["LOCF"].analyse(ghd)
    pilot = run_of(load_trial("cdisc-pilot"))
    found = SENSITIVITIES["LOCF"].analyse(pilot).interval
    assert found.estimate == pytest.approx(analyse(pilot).contrast.estimate, rel=1e-12)


def test_a_paired_change_is_the_mean_change_with_its_t_interval() -> None:
    """Four changes 1, 2, 3, 6: mean 3, SD 2.1602, t(3) 3.182446."""
    data = pd.DataFrame({"arm": "A", "BASE": [1.0, 1, 1, 1, None], "AVAL": [2.0, 3, 4, 7, 9]})
    run = replace(run_of(load_trial("ghd")), treatment="A", reference="")
    [mean] = METHODS["paired t"].fit(run, data).means.values()
    assert (mean.estimate, mean.df) == (3.0, 3)
    assert mean.upper - mean.lower == pytest.approx(2 * 3.182446 * 2.160247 / 2, rel=1e-6)


# What is planned for an endpoint, at whatever visit and however missing values are handled. ------


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("ghd", {"visit": "Month 6"}), ("cdisc-pilot", {"missing_data": "observed"})],
)
def test_another_visit_or_handling_keeps_what_is_planned(
    name: str, parameters: dict[str, Any]
) -> None:
    """Such an endpoint has another name, since it is another; its plan is the primary one's."""
    trial = load_trial(name)
    planned, other = run_of(trial), run_of(trial, **parameters)
    assert other.endpoint.name != planned.endpoint.name
    assert (other.margin, other.margin_source) == (planned.margin, planned.margin_source)
    words = trial.plan.analysis.sensitivity
    rows = robustness(other).wide().drop_duplicates("group1_level")
    # One that is what the run does already stands first, as the primary analysis.
    assert (rows["standing"] == "planned").sum() in (len(words), len(words) - 1)
    assert len(words) > 1


def test_a_margin_and_objectives_of_another_endpoint_are_its_own() -> None:
    trial = load_trial("ghd")
    run = run_of(trial)
    plain, *_ = trial.plan.endpoints.secondary
    assert (for_endpoint(run, plain).margin, for_endpoint(run, plain).objectives) == (None, ())
    own = OwnAnalysis(margin=-1.5, objectives=("non-inferiority", "superiority"))
    other = for_endpoint(run, plain.model_copy(update={"analysis": own}))
    assert (other.margin, other.objectives) == (1.5, own.objectives)
    assert analyse(other).verdict.bound == -1.5
    narrow = plain.model_copy(update={"analysis": OwnAnalysis(covariates=("AGE",))})
    assert (for_endpoint(run, narrow).margin, for_endpoint(run, narrow).objectives) == (None, ())


# The answer in a sentence, by hand. ------------------------------------------------------------

ROW = {"group1_level": "A − B", "estimate": "E", "conf.low": "L", "conf.high": "U", "bound": "B"}


@pytest.mark.parametrize(
    ("lower", "upper", "margin", "direction", "said"),
    [
        (-1.5, -0.1, 1.8, "higher",
         "non-inferior at the margin of B; the interval lies within the margin, but wholly below "
         "zero"),
        (-1.5, 0.1, 1.8, "higher", "non-inferior at the margin of B; the interval holds zero"),
        (0.1, 0.9, 1.8, "higher",
         "non-inferior at the margin of B; the whole interval lies above zero"),
        (-1.8, 0.1, 1.8, "higher",
         "non-inferiority is not shown at the margin of B (the lower confidence limit is not above "
         "the margin); the interval holds zero"),
        (0.1, 0.9, None, "higher", "superior; the whole interval lies above zero"),
        (-0.9, -0.1, None, "lower", "superior; the whole interval lies below zero"),
        (-0.9, 0.1, None, "higher",
         "superiority is not shown (the lower confidence limit is not above zero); the interval "
         "holds zero"),
    ],
)  # fmt: skip
def test_the_answers_sentence(
    lower: float, upper: float, margin: float | None, direction: str, said: str
) -> None:
    difference = Interval(
        estimate=(lower + upper) / 2, std_error=None, df=None, lower=lower, upper=upper,
        level=0.95, method="by hand",
    )  # fmt: skip
    verdict = judge(difference, margin=margin, direction=direction)  # type: ignore[arg-type]
    run = run_of(load_trial("ghd"))
    assert sentence(ROW, verdict, run) == (
        f"{run.endpoint.name}, A − B: E cm/year (95\u202f% interval L to U), {said}."
    )


@pytest.mark.parametrize(("margin", "objective"), [(1.8, "non-inferior"), (0.5, "non-inferiority")])
def test_sentence_table_and_results_read_one_verdict(margin: float, objective: str) -> None:
    run = run_of(load_trial("ghd"), margin=margin)
    found, verdict = answer(run), analyse(run).verdict
    row, words = first(found), found.wide().iloc[0]
    assert (row["conf.low"], row["conf.high"]) == (verdict.interval.lower, verdict.interval.upper)
    assert row["conf.low"] < row["estimate"] < row["conf.high"]
    assert row["bound"] == row["margin"] == verdict.bound == -margin
    assert (words["conclusion"], words["zero"]) == (verdict.conclusion, verdict.zero_words)
    text = answer_reading(found, run).text()
    assert f" interval {words['conf.low']} to {words['conf.high']}), {objective} " in text
    assert "the interval holds zero." in text
    cell = f"{words['conf.low']} to {words['conf.high']}"
    assert cell in contrasts_table(contrasts(run), run).text()


def test_where_the_margin_comes_from_is_shown() -> None:
    planned = run_of(load_trial("ghd"))
    assert planned.trial.plan.analysis.margin_source in answer(planned).text("margin.source")
    text = contrasts_table(contrasts(planned), planned).text()
    assert "Where the margin comes from: The preset limit of the published trial" in text
    chosen = run_of(planned.trial, margin=1.0)
    assert answer(chosen).text("margin.source").startswith("chosen for this run; 1 cm/year: ")
