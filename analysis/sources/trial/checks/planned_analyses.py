"""Rules on what is planned for each endpoint: a model of its kind, and what that model takes."""

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.numbers import PROPORTION
from analysis.sources.trial import vocabulary
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import nearest
from analysis.sources.trial.effects import effect_of
from analysis.sources.trial.finding import PLAN, TrialFinding
from analysis.sources.trial.plan import Analysis
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.plan_part import is_question


@dataclass(frozen=True, slots=True)
class PlannedFor:
    """What is planned for an endpoint, and where the plan says so.

    Parameters
    ----------
    endpoint
        The endpoint.
    analysis
        What is planned for it, all in all.
    is_primary
        Whether ``analysis`` of the plan is its own.
    declared
        Fields of ``analysis`` that the plan's author wrote down, in one place or the other.
    """

    endpoint: Endpoint
    analysis: Analysis
    is_primary: bool
    declared: frozenset[str]

    def field(self, name: str) -> str:
        """Return where the plan says something, as messages name it."""
        own = getattr(self.endpoint.analysis, name, None) is not None
        return f"analysis.{name} of '{self.endpoint.name}'" if own else f"analysis.{name}"


def _planned(study: Study) -> Iterator[PlannedFor]:
    """Yield what is planned for the primary endpoint, and for those with words of their own."""
    plan = study.plan
    for endpoint in plan.endpoints.all:
        is_primary = endpoint is plan.endpoints.primary
        written = set(endpoint.analysis.model_fields_set)
        if is_primary:
            written |= plan.analysis.model_fields_set
        if is_primary or written:
            analysis = plan.analysis_of(endpoint)
            yield PlannedFor(endpoint, analysis, is_primary, frozenset(written))


def kinds_fit_the_design(study: Study) -> Iterator[TrialFinding]:
    """Find endpoints of a trial with one arm that are no measurements."""
    for endpoint in study.plan.endpoints.all:
        if study.plan.design == "single-arm" and endpoint.kind != "continuous":
            message = (
                f"'{endpoint.name}' is {endpoint.kind}, and a trial with one arm has continuous "
                "endpoints only in this version; leave it out"
            )
            yield TrialFinding(PLAN, "kind", "kind and design", message, value=endpoint.kind)


def model_is_known(study: Study) -> Iterator[TrialFinding]:
    """Find a model that is none, one for the other design, or one for another kind of endpoint."""
    plan = study.plan
    for each in _planned(study):
        own = each.endpoint.analysis.model
        written = own or (plan.analysis.model if each.is_primary else "")
        known = vocabulary.models(plan.design, each.endpoint.kind)
        usual = own is None and "model" not in plan.analysis.model_fields_set
        kind_has_its_usual = usual and each.endpoint.kind != "continuous"
        if written and known and written not in known and not kind_has_its_usual:
            rule = f"{each.field('model')} must be one of {', '.join(known)}"
            rule += f" in a {plan.design} trial"
            if each.endpoint.kind != "continuous":
                rule += f", as '{each.endpoint.name}' is {each.endpoint.kind}"
            if not is_question(written):
                yield _unknown("model", written, rule, known)


def _unknown(field: str, value: str, rule: str, known: tuple[str, ...]) -> TrialFinding:
    message = f"{rule}{nearest(value, known) or '; correct or remove it'}"
    return TrialFinding(PLAN, field, "unknown analysis", message, value=value)


def populations_are_known(study: Study) -> Iterator[TrialFinding]:
    """Find endpoints that are to be analysed in a population that the trial has not."""
    known = tuple(study.plan.populations)
    for endpoint in study.plan.endpoints.all:
        name = endpoint.analysis.population
        if name is not None and name not in known and not is_question(name):
            rule = f"analysis.population of '{endpoint.name}' must be one of {', '.join(known)}"
            yield _unknown("population", name, rule, known)


def terms_fit_the_model(study: Study) -> Iterator[TrialFinding]:
    """Find covariates and strata that are declared for a model that takes none."""
    without = {
        "covariates": vocabulary.WITHOUT_COVARIATES,
        "strata": vocabulary.WITHOUT_STRATA,
    }
    for each in _planned(study):
        for name, models in without.items():
            terms = _written(study, each, name)
            if terms and each.analysis.model in models and study.plan.design == "parallel":
                others = vocabulary.models(study.plan.design, each.endpoint.kind)
                takes = [model for model in others if model not in models]
                message = (
                    f"{each.field(name)} cannot be used, as {each.analysis.model} takes no {name}; "
                    f"remove them, or take a model that does: {', '.join(takes)}"
                )
                yield TrialFinding(PLAN, name, "terms and model", message, value=", ".join(terms))


def _written(study: Study, each: PlannedFor, name: str) -> tuple[str, ...]:
    """Return the terms that the author wrote down for this endpoint, the default not among them."""
    own: tuple[str, ...] | None = getattr(each.endpoint.analysis, name)
    if own is not None:
        return own
    plan = study.plan.analysis
    of_it = each.is_primary and name in plan.model_fields_set
    # With a model of its own, the primary endpoint leaves the plan's terms to the others.
    return tuple(getattr(plan, name)) if of_it and not each.endpoint.analysis.model else ()


def missing_values_fit_the_model(study: Study) -> Iterator[TrialFinding]:
    """Find a handling of missing values that an endpoint's kind, or its model, does not know."""
    for each in _planned(study):
        kind, model = each.endpoint.kind, each.analysis.model
        written = each.endpoint.analysis.missing_data
        if written is None and each.is_primary:
            written = study.plan.analysis.missing_data
        if written is None:
            continue
        field, known = each.field("missing_data"), vocabulary.MISSING_DATA[kind]
        message = ""
        if written not in known:
            message = f"{field} must be one of {', '.join(known)}, as the endpoint is {kind}"
        elif written == "LOCF" and model in vocabulary.OBSERVED_ONLY:
            message = (
                f"{field} must be observed or multiple imputation with the model {model}, which "
                "takes the observed values of every visit; put LOCF among analysis.sensitivity"
            )
        elif written != each.analysis.missing_data:
            message = (
                f"{field} is not used, as no model of the endpoint's kind is written beside it: "
                f'write model: "{model}" too'
            )
        if message:
            rule = "missing data and model"
            yield TrialFinding(PLAN, "missing_data", rule, message, value=written)


def margins_fit_the_effect(study: Study) -> Iterator[TrialFinding]:
    """Find margins that the effect of a model cannot have."""
    for each in _planned(study):
        margin, model = each.analysis.margin, each.analysis.model
        if margin is None or "margin" not in each.declared:
            continue
        field, message = each.field("margin"), ""
        if effect_of(model).unit == PROPORTION and abs(margin) >= 1:
            meant = f"; for {abs(margin):g} percentage points write {abs(margin) / 100:g}"
            message = f"{field} is of a difference of shares, a fraction below 1"
            message += meant if abs(margin) < 100 else "; correct it"
        elif effect_of(model).is_ratio and (margin <= 0 or margin == 1):
            message = f"{field} is of a ratio, above 0 and not 1, which is no effect; correct it"
        if message:
            rule = "margin and effect"
            yield TrialFinding(PLAN, "margin", rule, message, value=f"{margin:g}")


def objectives_can_be_tested(study: Study) -> Iterator[TrialFinding]:
    """Find objectives that stand twice, or that need a margin which the endpoint has not."""
    for each in _planned(study):
        objectives = each.analysis.objectives if "objectives" in each.declared else ()
        needing = [name for name in objectives if name != "superiority"]
        field, message = each.field("objectives"), ""
        if objectives and study.plan.design == "single-arm":
            message = f"{field} compare arms, and the trial has one; remove them"
        elif len(set(objectives)) != len(objectives):
            message = f"{field} must differ; remove the repeated one"
        elif needing and each.analysis.margin is None:
            message = f"{field} needs a margin for {needing[0]}; write margin beside it"
        if message:
            rule, value = "objectives", ", ".join(objectives)
            yield TrialFinding(PLAN, "objectives", rule, message, value=value)
