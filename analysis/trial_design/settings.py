"""What is planned: the ledger's planning values, with the parameters of the run laid over."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import pydantic

from analysis.brief import brief
from analysis.contrasts.field_margin import field_margin
from analysis.contrasts.settings import ContrastParameters, ContrastRun, Endpoint, Months
from analysis.contrasts.settings import resolve as resolve_contrast
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import Choices, DeclaredRun, Departure, Results
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger
from analysis.sources.question import AskedIndication, AskedParameters, asked
from analysis.sources.schemas import INDICATIONS
from analysis.sources.trial.margin import size_of
from analysis.stats.group_sequential import information_fractions
from analysis.trial_design.assumptions import Assumptions
from analysis.trial_design.design import Design
from analysis.trial_design.designs import KINDS, MEANS
from analysis.trial_design.planning import FROM_LEDGER, PlanningValue
from analysis.words import in_sentence

OF_THE_LEDGER: Final = "of the ledger"
OF_THE_FIELD: Final = "of the field"
STRICTEST = "the strictest that a trial of the field prints"
OfLedger = Literal["of the ledger"]
Power = list[float]
RULES = ("direction", "conf_level", "power", "allocation", "covariates", "looks", "months")
"""The parameters that are rules of the plan, beside those taken from the ledger; others ask."""


class DesignParameters(AskedParameters):
    """Parameters of ``6_trial_design``."""

    indication: AskedIndication = pydantic.Field(
        default_factory=lambda: asked()["indication"],
        description="indication of the trial: GHD, TS, ISS or SGA",
    )
    endpoint: Endpoint = pydantic.Field(
        "HV", description="endpoint of the ledger: HV, CHGHV, HTSDS or CHGHTSDS"
    )
    months: Months = pydantic.Field(
        [11.0, 13.0], description="first and last month on treatment that count as one time"
    )
    kind: Literal["measurement", "response", "time to event"] = pydantic.Field(
        "measurement", description="kind of the endpoint: measurement, response or time to event"
    )
    direction: Literal["higher", "lower"] = pydantic.Field(
        "higher", description="whether higher or lower values, rates or times are better"
    )
    effect: OfLedger | float = pydantic.Field(
        OF_THE_LEDGER, description="true difference, or hazard ratio; or of the ledger"
    )
    sd: OfLedger | float = pydantic.Field(
        OF_THE_LEDGER, description="SD of a measurement within an arm; or of the ledger"
    )
    reference_share: float = pydantic.Field(
        0.5, gt=0, lt=1, description="share of the comparator with a response or an event, 0 to 1"
    )
    margin: Literal["of the field"] | float = pydantic.Field(
        OF_THE_FIELD, description="of the field, or a margin in the effect's unit"
    )
    conf_level: float = pydantic.Field(
        0.95, gt=0.5, lt=1, description="two-sided confidence level, above 0.5 and below 1"
    )
    power: Power = pydantic.Field(
        [0.8, 0.9], description="powers for which a size is looked for, each above 0 and below 1"
    )
    allocation: float = pydantic.Field(
        1.0, ge=0.1, le=10, description="participants on test for each on the comparator"
    )
    dropout: OfLedger | float = pydantic.Field(
        OF_THE_LEDGER, description="share of the randomised without a value; or of the ledger"
    )
    covariates: int = pydantic.Field(
        2, ge=0, le=20, description="covariates in the model of a measurement, 0 or more"
    )
    correlation: OfLedger | float = pydantic.Field(
        OF_THE_LEDGER, description="correlation of covariates and response; or of the ledger"
    )
    looks: list[float] = pydantic.Field(
        [0.5, 0.75, 1.0], description="information fractions of the looks, rising to 1"
    )
    simulations: int = pydantic.Field(
        10_000, ge=100, le=10_000_000, description="simulated trials behind each simulated power"
    )
    missing: float = pydantic.Field(
        0.2, gt=0, le=0.6, description="share who leave, where strategies for that are compared"
    )
    missing_trials: int = pydantic.Field(
        1_000, ge=64, le=1_000_000, description="simulated trials behind each of these comparisons"
    )
    seed: int = pydantic.Field(20260424, ge=0, description="seed of the simulations")


# Compared by identity, so that what was computed can be kept for the run it was made for.
@brief(words="in_brief")
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DesignRun(DeclaredRun):
    """What every section of the page is told.

    Parameters
    ----------
    parameters
        As the notebook gives them, validated.
    evidence
        The published contrasts from which the trial is planned.
    planned
        Name → planning value that the ledger gives, whether or not the run takes it.
    assumptions
        What the run plans with.
    """

    parameters: DesignParameters
    evidence: ContrastRun
    planned: dict[str, PlanningValue]
    assumptions: Assumptions

    @property
    def question(self) -> str:
        """The trial that is planned."""
        asked = self.parameters
        of_whom = f"{asked.product} against {asked.comparator} in {INDICATIONS[asked.indication]}"
        return f"a trial of {of_whom}, {self.endpoint_words}"

    @property
    def data_status(self) -> str:
        """Planning values are published; a simulation says itself that it is synthetic."""
        return "published"

    @property
    def declared(self) -> str:
        """What the run may depart from, in words."""
        return "the declared plan"

    @property
    def source(self) -> str:
        """What the page rests on, for the source of a result row."""
        return self.evidence.source

    @property
    def is_current(self) -> bool:
        """Whether the ledger's files are still what they were."""
        return self.evidence.is_current

    @property
    def kind(self) -> type[Design]:
        """What a design of this kind of endpoint is."""
        return KINDS[self.parameters.kind]

    @property
    def unit(self) -> str:
        """Unit of the effect: the endpoint's, a share's, or none of a ratio."""
        return self.evidence.unit if self.kind.scale == "unit" else self.kind.scale

    @property
    def endpoint_words(self) -> str:
        """The endpoint in words: the ledger's, or the kind of another."""
        own = self.kind is KINDS[MEANS]
        kind = f"with a {self.parameters.kind} as endpoint"
        return in_sentence(self.evidence.param) if own else kind

    def design(self, n_test: int, n_reference: int, **changed: Any) -> Design:
        """Return a design of the run's kind, some assumptions changed."""
        return self.kind.of(replace(self.assumptions, **changed), n_test, n_reference)

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the run, label → words."""
        asked, assumed = self.parameters, self.assumptions
        return {
            "planned": self.question,
            "effect": f"{assumed.effect:.4g}, margin {assumed.margin:.4g} {self.unit}".strip(),
            "level": f"one-sided {level(assumed.alpha)}; {asked.simulations} simulated trials",
            **DeclaredRun.in_brief(self),
        }

    def results(self, frame: Any, analysis_id: str, **options: Any) -> Results:
        """Return a frame as results, in the effect's unit where not said."""
        given = {"context": "trial design", "unit": self.unit} | options
        return DeclaredRun.results(self, frame, analysis_id, **given)


def resolve(
    parameters: DesignParameters,
    ledger: Ledger | None = None,
    findings: Sequence[Finding] | None = None,
) -> DesignRun:
    """Lay the parameters of a run over the planning values of the ledger.

    Parameters
    ----------
    parameters
        Validated parameters; the defaults are the declared plan.
    ledger
        The published ledger; read from its folder when not given.
    findings
        What the audit found in it; audited anew when not given.

    Returns
    -------
    DesignRun
        With one `Departure` for each planning value and rule that the run changes.

    Raises
    ------
    UserError
        If the ledger does not give a planning value that is to be taken from it, or one that the
        run gives is impossible.
    """
    kind = KINDS[parameters.kind]
    evidence = _evidence(parameters, ledger, findings)
    choices = Choices()
    choices.choose_rules(parameters, RULES, _words)
    planned: dict[str, PlanningValue] = {}
    used = {
        name: _value(name, parameters, evidence, planned, choices)
        for name in FROM_LEDGER
        if name in kind.needs
    }
    assumptions = Assumptions(
        direction=parameters.direction,
        alpha=(1 - parameters.conf_level) / 2,
        reference_share=parameters.reference_share,
        covariates=parameters.covariates,
        allocation=parameters.allocation,
        margin=_margin(parameters, evidence, planned),
        **{name: used.get(name, math.nan) for name in FROM_LEDGER},
    )
    kind.check(assumptions)
    _check_powers(parameters)
    _check_looks(parameters)
    return DesignRun(
        parameters=parameters,
        evidence=evidence,
        planned=planned,
        assumptions=assumptions,
        departures=(*_margin_departures(evidence), *choices.departures),
    )


def _evidence(
    parameters: DesignParameters, ledger: Ledger | None, findings: Sequence[Finding] | None
) -> ContrastRun:
    """Return the contrasts page's run of the same question: the evidence that plans the trial."""
    shared = {"product", "comparator", "indication", "endpoint", "months", "conf_level"}
    given = {name: getattr(parameters, name) for name in shared}
    own = parameters.kind == MEANS
    margin = parameters.margin if own else OF_THE_FIELD
    asked = ContrastParameters(**given, margin=margin, trial="none")
    return resolve_contrast(asked, ledger, findings)


def _margin_departures(evidence: ContrastRun) -> tuple[Departure, ...]:
    return tuple(each for each in evidence.departures if each.name == "margin")


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(f"{each:g}" for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _value(
    name: str,
    parameters: DesignParameters,
    evidence: ContrastRun,
    planned: dict[str, PlanningValue],
    choices: Choices,
) -> float:
    """Return one planning value: the run's, or the ledger's; note where they differ."""
    given = getattr(parameters, name)
    own = parameters.kind == MEANS or name == "dropout"
    try:
        if own:
            planned[name] = FROM_LEDGER[name](evidence)
    except UserError as error:
        if given == OF_THE_LEDGER:
            raise UserError(f"{name} cannot be taken from the ledger: {error}; give it") from None
    if given != OF_THE_LEDGER:
        if name in planned:
            choices.choose(name, f"{planned[name].value:.4g}", f"{given:.4g}")
        return float(given)
    if not own:
        raise UserError(
            f"{name} is of the ledger for a {MEANS} only; of a {parameters.kind} give a number"
        )
    return planned[name].value


def _margin(
    parameters: DesignParameters, evidence: ContrastRun, planned: dict[str, PlanningValue]
) -> float:
    """Return the margin above 0, of a ratio above 1; note the field's."""
    if parameters.kind == MEANS:
        field, source = field_margin(evidence.ledger, evidence.indication, evidence.endpoint)
        if field is not None:
            planned["margin"] = PlanningValue(-field, STRICTEST, source)
        if evidence.margin is None:
            raise UserError(
                f"no trial of the field prints a margin for {in_sentence(evidence.param)}; give one"
            )
        return -evidence.margin
    if isinstance(parameters.margin, str):
        raise UserError(
            f"margin is of the field for a {MEANS} only; of a {parameters.kind} give a number"
        )
    return size_of(parameters.margin)


def _check_powers(parameters: DesignParameters) -> None:
    alpha = (1 - parameters.conf_level) / 2
    powers = parameters.power
    if not powers or not all(alpha < each < 1 for each in powers):
        raise UserError(f"power must list fractions above {alpha:g} and below 1; got {powers}")
    if len(set(powers)) < len(powers):
        raise UserError(f"power names one value twice: {powers}")


def _check_looks(parameters: DesignParameters) -> None:
    try:
        information_fractions(parameters.looks)
    except UserError as error:
        raise UserError(f"looks: {error}") from None
