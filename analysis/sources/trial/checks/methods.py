"""Rules on the words of the plan that name an analysis: each is one that can be run."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.sources.trial import vocabulary
from analysis.sources.trial.checks.study import Study, nearest
from analysis.sources.trial.finding import TrialFinding


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
        if word not in known:
            yield _unknown("sensitivity", word, rule, known)


def _unknown(field: str, value: str, rule: str, known: tuple[str, ...]) -> TrialFinding:
    return TrialFinding(
        file="trial.yml",
        column=field,
        rule="unknown analysis",
        value=value,
        message=f"{rule}{nearest(value, known) or '; correct or remove it'}",
    )


def missing_values_fit_the_model(study: Study) -> Iterator[TrialFinding]:
    """Find values carried forward in a model that takes the observed ones of every visit."""
    plan = study.plan.analysis
    if plan.missing_data == "LOCF" and plan.model in vocabulary.OBSERVED_ONLY:
        yield TrialFinding(
            file="trial.yml",
            column="missing_data",
            rule="missing data and model",
            value=plan.missing_data,
            message=f"analysis.missing_data must be observed or multiple imputation with the model "
            f"{plan.model}, which takes the observed values of every visit; put LOCF among "
            "analysis.sensitivity",
        )


RULES = (model_is_known, sensitivity_is_known, missing_values_fit_the_model)
