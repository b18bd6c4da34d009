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


def multiplicity_fits_the_arms(study: Study) -> Iterator[TrialFinding]:
    """Find an adjustment that is none, orders no arm of the trial, or has nothing to adjust."""
    declared, arms = study.plan.analysis.multiplicity, study.plan.arms
    if declared is None or is_question(declared.method):
        return
    known = tuple(vocabulary.MULTIPLICITY)
    if declared.method not in known:
        rule = f"analysis.multiplicity must be one of {', '.join(known)}"
        yield _unknown("multiplicity", declared.method, rule, known)
        return
    compared = (arms.treatment, *arms.others) if arms.reference else ()
    if len(compared) < 2:
        message = (
            "analysis.multiplicity adjusts several comparisons with the reference; this trial has "
            f"{len(compared) or 'none'}: remove it, or name the further arms in arms.others"
        )
        yield TrialFinding(PLAN, "multiplicity", "nothing to adjust", message)
    elif declared.order and declared.method != "fixed sequence":
        message = f"analysis.multiplicity has an order, which {declared.method} does not use"
        yield TrialFinding(PLAN, "multiplicity", "order of no sequence", f"{message}; remove it")
    elif declared.order and sorted(declared.order) != sorted(compared):
        strange = next((arm for arm in declared.order if arm not in compared), "")
        message = (
            "analysis.multiplicity.order must name each arm that is compared with the reference "
            f"once: {', '.join(compared)}{nearest(strange, compared) if strange else ''}"
        )
        yield TrialFinding(
            PLAN, "multiplicity", "order of the arms", message, value=", ".join(declared.order)
        )
