"""A word that a run chooses and that meets nothing in the trial stops it, in one sentence."""

import math

import pytest

from analysis.efficacy import plan, single_arm_settings
from analysis.efficacy.settings import ControlledParameters, resolve
from analysis.errors import UserError
from analysis.parameters import NotebookParameters, ParameterError
from analysis.safety.settings import SafetyParameters


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"subgroups": ["SEXX"]}, "'SEXX' is a variable of neither adgr nor adsl; did you mean"),
        ({"subgroups": ["sex"]}, "did you mean 'SEX'?"),
        ({"subgroups": ["TRT01A"]}, "subgroups names TRT01A, which is the arm itself"),
        ({"subgroups": ["SEX", "REGION1", "SEX"]}, "subgroups names SEX twice"),
        ({"covariates": ["BASEE"]}, "did you mean 'BASE'?"),
        ({"covariates": ["BASE", "AVAL"]}, "covariates names AVAL, which is the outcome"),
        ({"covariates": ["PCHG"]}, "PCHG"),
        ({"covariates": ["USUBJID"]}, "covariates names USUBJID, which is no number"),
        ({"covariates": ["TRTSDT"]}, "covariates names TRTSDT, which is no number"),
        ({"covariates": ["TRTP"]}, "covariates names TRTP, which is the arm itself"),
        ({"strata": ["SUBJID"]}, "strata names SUBJID, which has 147 values among 147"),
        ({"strata": ["HVBL"]}, "and so makes no groups"),
        ({"subgroups": ["AGE"]}, "subgroups names AGE, which has"),
        ({"subgroups": ["TRTA"]}, "subgroups names TRTA, which is the arm itself"),
        ({"endpoint": "x"}, "endpoint must be one of the trial's; got 'x'; they are "),
        ({"strata": ["REGON1"]}, "did you mean 'REGION1'?"),
        ({"strata": ["ARM"]}, "strata names ARM, which is the arm itself"),
        ({"covariates": ["AGE"], "strata": ["AGE"]}, "covariates and strata both name AGE"),
        ({"visit": "Month 13"}, "visit must be one of HV in adgr; got 'Month 13'"),
        ({"growth_reference": "CDC 2000"}, "growth_reference must be one of data/references"),
        ({"conf_level": 0.05}, "conf_level must be greater than 0.5"),
    ],
)
def test_a_controlled_run(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError) as error:
        resolve(ControlledParameters.checked({"trial": "ghd", **given}))
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    "given",
    [
        {"subgroups": ["REGION1"], "covariates": ["BASE"], "strata": ["SEX"]},
        {"visit": "Month 6"},
        {"growth_reference": "CDC 2000 stature", "subgroups": []},
        {"growth_reference": "Turner 1985 height"},
        {"strata": []},
    ],
)
def test_words_that_meet_something_go_on(given: dict[str, object]) -> None:
    assert resolve(ControlledParameters.checked({"trial": "ghd", **given})).trial.plan.id == "ghd"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"visit": "Month 121"}, "visit must be"),
        ({"growth_reference": "WHO"}, "must be one of data/references"),
    ],
)
def test_a_run_of_one_arm(given: dict[str, object], sentence: str) -> None:
    asked = single_arm_settings.SingleArmParameters.checked(given)
    with pytest.raises(UserError, match=sentence):
        single_arm_settings.resolve(asked)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("model", "name"),
    [
        (ControlledParameters, "response_threshold"),
        (single_arm_settings.SingleArmParameters, "velocity_threshold"),
        (SafetyParameters, "igf1_sds"),
        (SafetyParameters, "fasting_glucose"),
    ],
)
def test_a_limit_is_a_finite_number(
    model: type[NotebookParameters], name: str, value: float
) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be a finite number"):
        model.checked({name: value})


def test_a_list_that_came_as_a_text_says_how_it_is_given() -> None:
    with pytest.raises(ParameterError, match=r"with papermill: -y 'subgroups: \[SEX, AGE\]'"):
        ControlledParameters.checked({"subgroups": "[SEX, AGE]"})


@pytest.mark.parametrize(
    ("given", "said"),
    [({}, False), ({"endpoint": "HTSDS"}, True)],
)
def test_an_estimand_says_where_a_run_analyses_another_endpoint(
    given: dict[str, object], said: bool
) -> None:
    run = resolve(ControlledParameters.checked({"trial": "ghd", **given}))
    table = plan.estimand_table(plan.estimand(run), run)
    assert ("for which the plan states none" in table.text()) == said
