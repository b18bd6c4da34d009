"""Rules on the hypotheses of a plan: each is one of its own, and they can be tested so."""

from collections.abc import Iterator

from analysis.errors import UserError
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import nearest
from analysis.sources.trial.finding import PLAN, TrialFinding
from analysis.sources.trial.hypotheses import (
    PlannedFamily,
    PlannedHypothesis,
    compared,
    planned_families,
)
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.plan_multiplicity import Multiplicity
from analysis.sources.trial.plan_part import is_question
from analysis.sources.trial.vocabulary import MULTIPLICITY, PROCEDURES
from analysis.stats.graphical import chain, update_graph
from analysis.words import listed

WHERE = "analysis.multiplicity"
NEEDED = {
    "gatekeeping": ("families",),
    "graphical": ("weights", "transitions"),
    "fallback": ("weights",),
}


def multiplicity_can_be_tested(study: Study) -> Iterator[TrialFinding]:
    """Find a procedure that is none, or hypotheses that are none or cannot be tested by it."""
    plan = study.plan
    declared = plan.analysis.multiplicity
    if declared is None or _undecided(plan, declared):
        return
    found = [*_words(declared)] or [*_fields(declared)]
    if found:
        yield from found
        return
    try:
        families = planned_families(plan)
    except UserError as error:
        yield _finding("hypotheses of the plan", f"{WHERE}: {error}")
        return
    yield from list(_hypotheses(plan, declared, families)) or _numbers(declared, families)


def _undecided(plan: TrialPlan, declared: Multiplicity) -> bool:
    names = (declared.method, *plan.arms.names, *(each.name for each in plan.endpoints.all))
    return any(map(is_question, names))


def _finding(rule: str, message: str, value: str = "") -> TrialFinding:
    return TrialFinding(PLAN, "multiplicity", rule, message, value=value)


def _words(declared: Multiplicity) -> Iterator[TrialFinding]:
    """Find a method that is none, of the whole or of a family."""
    given = {WHERE: (declared.method, tuple(PROCEDURES))}
    for place, family in enumerate(declared.families):
        if family.method:
            given[f"{WHERE}.families.{place}.method"] = (family.method, tuple(MULTIPLICITY))
    for field, (word, known) in given.items():
        if word not in known:
            near = nearest(word, known) or "; correct or remove it"
            message = f"{field} must be one of {', '.join(known)}{near}"
            yield _finding("unknown analysis", message, word)


def _fields(declared: Multiplicity) -> Iterator[TrialFinding]:
    """Find a field that the method does not use, or one that it needs."""
    method, own = declared.method, PROCEDURES[declared.method]
    given = [
        name for name in ("hypotheses", "order", "families", "weights", "transitions")
        if getattr(declared, name)
    ]  # fmt: skip
    if declared.gate != "serial":
        given.append("gate")
    for name in given:
        if name not in own:
            instead = next((each for each in own if each in ("hypotheses", "order")), own[0])
            named = name in ("hypotheses", "order", "families")
            remedy = f"name the hypotheses under {instead}" if named else "remove it"
            message = f"{WHERE} has {name}, which {method} does not use; {remedy}"
            yield _finding("field of another method", message)
    missing = [name for name in NEEDED.get(method, ()) if name not in given]
    if missing:
        verb = "are" if len(missing) > 1 else "is"
        message = f"{WHERE}.{listed(missing)} {verb} required for {method} and missing"
        yield _finding("field missing", message)


def _hypotheses(
    plan: TrialPlan, declared: Multiplicity, families: tuple[PlannedFamily, ...]
) -> Iterator[TrialFinding]:
    """Find hypotheses that are too few, named twice, or not all that the method needs."""
    every = [each for family in families for each in family.hypotheses]
    arms = compared(plan.arms)
    if not declared.named and len(arms) < 2:
        message = (
            f"{WHERE} adjusts several comparisons with the reference; this trial has "
            f"{len(arms) or 'none'}: remove it, or name the further arms in arms.others"
        )
        secondary = plan.endpoints.secondary
        if arms and secondary:
            field = PROCEDURES[declared.method][0]
            message += f", or the endpoints that are tested under {WHERE}.{field}"
        yield _finding("nothing to adjust", message)
    elif not arms or len(every) < 2 or (declared.families and len(families) < 2):
        what = "families" if len(every) > 1 and arms else "hypotheses"
        yield _finding(
            "nothing to adjust", f"{WHERE} needs at least two {what}; add one or remove it"
        )
    for place, each in enumerate(every):
        if each in every[:place]:
            message = (
                f"{WHERE} must name each hypothesis once; {_words_of(each, arms)} is there twice"
            )
            yield _finding("hypothesis twice", message, _words_of(each, arms))
    missing = [arm for arm in arms if arm not in {each.arm for each in every}]
    if declared.order and missing and len({each.endpoint for each in every}) == 1:
        message = (
            f"{WHERE}.order must name each arm that is compared with the reference once: "
            f"{', '.join(arms)}"
        )
        value = ", ".join(each.words for each in declared.order)
        yield _finding("order of the arms", message, value)
    yield from _families(declared, families, arms)


def _words_of(hypothesis: PlannedHypothesis, arms: tuple[str, ...]) -> str:
    return f"'{hypothesis.endpoint}'" + (f" of '{hypothesis.arm}'" if len(arms) > 1 else "")


def _families(
    declared: Multiplicity, families: tuple[PlannedFamily, ...], arms: tuple[str, ...]
) -> Iterator[TrialFinding]:
    """Find families that their method, or the gate after them, cannot test."""
    for family in families:
        endpoints = {each.endpoint for each in family.hypotheses}
        whole = {each.arm for each in family.hypotheses} == {*arms} and len(endpoints) == 1
        if family.method == "Dunnett" and not (whole and len(arms) > 1):
            message = (
                f"{WHERE}: Dunnett compares several arms, all that there are, with the reference "
                f"in one endpoint; name {', '.join(arms)}, or choose another method"
            )
            yield _finding("Dunnett's family", message)
    others = [family.method for family in families[:-1] if family.method != "Bonferroni"]
    if declared.gate == "parallel" and others:
        message = (
            f"{WHERE}: before a parallel gate a family must be tested by Bonferroni; one is tested "
            f"by {others[0]}"
        )
        yield _finding("parallel gate", message, others[0])


def _numbers(declared: Multiplicity, families: tuple[PlannedFamily, ...]) -> Iterator[TrialFinding]:
    """Find weights and transitions that are no graph of the hypotheses."""
    if not declared.weights:
        return
    number = len(families[0].hypotheses)
    if len(declared.weights) != number:
        message = (
            f"{WHERE}.weights must have one number for each of the {number} hypotheses; it has "
            f"{len(declared.weights)}"
        )
        yield _finding("weights of the hypotheses", message)
        return
    try:
        update_graph(declared.weights, declared.transitions or chain(number).tolist(), rejected=())
    except UserError as error:
        yield _finding("weights of the hypotheses", f"{WHERE}: {error}")
