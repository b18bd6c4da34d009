"""Rules on the words of the plan that name further analyses: each is one that can be run."""

from collections.abc import Iterator

from analysis.sources.trial import vocabulary
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import nearest
from analysis.sources.trial.finding import PLAN, TrialFinding
from analysis.sources.trial.plan_part import is_question


def sensitivity_is_known(study: Study) -> Iterator[TrialFinding]:
    """Find planned sensitivity analyses that name no population, model or analysis."""
    plan = study.plan
    kind = plan.endpoints.primary.kind
    known = vocabulary.sensitivities(plan.design, tuple(plan.populations), kind)
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
