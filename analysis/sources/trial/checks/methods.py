"""Rules on the words of the plan that name an analysis: each is one that can be run."""

from collections.abc import Iterator

from analysis.sources.trial import vocabulary
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import nearest
from analysis.sources.trial.finding import PLAN, TrialFinding
from analysis.sources.trial.plan_part import is_question


def model_is_known(study: Study) -> Iterator[TrialFinding]:
    """Find a model that is none, or one for the other design."""
    plan = study.plan
    known = vocabulary.models(plan.design)
    if plan.analysis.model not in known:
        rule = f"analysis.model must be one of {', '.join(known)} in a {plan.design} trial"
        yield _unknown("model", plan.analysis.model, rule, known)


def sensitivity_is_known(study: Study) -> Iterator[TrialFinding]:
    """Find planned sensitivity analyses that name no population, model or analysis."""
    plan = study.plan
    known = vocabulary.sensitivities(plan.design, tuple(plan.populations))
    rule = (
        f"each of analysis.sensitivity must be one of {', '.join(known)} in a {plan.design} trial "
        "with these populations"
    )
    for word in plan.analysis.sensitivity:
        if word not in known and not is_question(word):
            yield _unknown("sensitivity", word, rule, known)


def _unknown(field: str, value: str, rule: str, known: tuple[str, ...]) -> TrialFinding:
    message = f"{rule}{nearest(value, known) or '; correct or remove it'}"
    return TrialFinding(PLAN, field, "unknown analysis", message, value=value)


def missing_values_fit_the_model(study: Study) -> Iterator[TrialFinding]:
    """Find values carried forward in a model that takes the observed ones of every visit."""
    plan = study.plan.analysis
    if plan.missing_data == "LOCF" and plan.model in vocabulary.OBSERVED_ONLY:
        message = (
            "analysis.missing_data must be observed or multiple imputation with the model "
            f"{plan.model}, which takes the observed values of every visit; put LOCF among "
            "analysis.sensitivity"
        )
        column, rule = "missing_data", "missing data and model"
        yield TrialFinding(PLAN, column, rule, message, value=plan.missing_data)
