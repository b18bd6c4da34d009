"""What is compared: the declared rules of the page, with the parameters of the run laid over."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import pandas as pd
import pydantic

from analysis.brief import brief
from analysis.contrasts.field_margin import field_margin
from analysis.errors import UserError, suggestion
from analysis.numbers import level
from analysis.results import Choices, DeclaredRun, Results
from analysis.sources.audit import Finding, audit_ledger
from analysis.sources.evidence import Ledger, load_ledger
from analysis.sources.question import AskedIndication, AskedParameters, asked
from analysis.sources.schemas import INDICATIONS
from analysis.sources.trial.margin import NO_MARGIN, limit_words, size_of
from analysis.sources.trial.trial import load_trial
from analysis.words import in_sentence, numbered

OF_THE_FIELD: Final = "of the field"
LEDGER = "published ledger"
NO_TRIAL = "none"
"""Beside the empty text, what a run says that shows no trial."""

RULES = (
    *("months", "conf_level", "model", "tau2_method", "hartung_knapp", "min_confidence"),
    *("include", "exclude", "correlation", "pool_trial"),
)
"""The parameters that are rules of the comparison, beside the margin; the others ask."""
AS_GIVEN = (
    *("product", "comparator", "indication", "endpoint", "conf_level", "model", "tau2_method"),
    *("hartung_knapp", "min_confidence", "pool_trial"),
)
"""The parameters that a run takes over as they are."""

Endpoint = Literal["HV", "CHGHV", "HTSDS", "CHGHTSDS"]
Months = list[float]


class ContrastParameters(AskedParameters):
    """Parameters of ``5_comparator_contrasts``."""

    indication: AskedIndication = pydantic.Field(
        default_factory=lambda: asked()["indication"],
        description="indication whose trials are compared: GHD, TS, ISS or SGA",
    )
    endpoint: Endpoint = pydantic.Field(
        "HV", description="endpoint of the ledger: HV, CHGHV, HTSDS or CHGHTSDS"
    )
    months: Months = pydantic.Field(
        [11.0, 13.0], description="first and last month on treatment that count as one time"
    )
    margin: Literal["of the field", "none"] | float = pydantic.Field(
        OF_THE_FIELD, description="of the field, or a margin in the endpoint's unit; or none"
    )
    conf_level: float = pydantic.Field(
        0.95, gt=0.5, lt=1, description="two-sided confidence level, above 0.5 and below 1"
    )
    model: Literal["fixed", "random", "network"] = pydantic.Field(
        "random", description="model of the headline: fixed, random or network"
    )
    tau2_method: Literal["reml", "dersimonian-laird", "paule-mandel"] = pydantic.Field(
        "reml", description="between-trial variance by reml, dersimonian-laird or paule-mandel"
    )
    hartung_knapp: bool = pydantic.Field(
        True, description="whether random-effects intervals are those of Hartung and Knapp"
    )
    min_confidence: Literal["low", "medium", "high"] = pydantic.Field(
        "low", description="weakest confidence of a number that is used: low, medium or high"
    )
    include: list[str] = pydantic.Field(
        [], description="ids of studies put back although a rule leaves them out"
    )
    exclude: list[str] = pydantic.Field(
        [], description="ids of studies left out although the rules admit them"
    )
    correlation: list[float] = pydantic.Field(
        [0.0, 0.6], description="range assumed for the correlation of baseline and outcome"
    )
    trial: str = pydantic.Field(
        "ghd", description="trial whose estimate stands beside the published ones, or none"
    )
    pool_trial: bool = pydantic.Field(
        False, description="whether that trial is pooled with the published ones: exploratory"
    )


# Compared by identity, so that what was computed can be kept for the run it was made for.
@brief(words="in_brief")
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContrastRun(DeclaredRun):
    """What every section of the page is told.

    Parameters
    ----------
    ledger
        The whole published ledger; sections that pool look at `chosen`.
    findings
        What the audit found in the whole ledger.
    product, comparator, indication
        The contrast that is asked for.
    endpoint, conf_level, model, tau2_method, hartung_knapp, min_confidence
        As the parameters say.
    months
        First and last month on treatment that count as one time.
    margin, margin_source
        Non-inferiority margin, below 0 in the unit of the endpoint, and where it is printed;
        None where the field prints none for this endpoint.
    include, exclude
        Studies put back and left out by the run.
    correlation
        Lowest and highest correlation of baseline and outcome that is assumed.
    trial, pool_trial
        The trial placed beside the published ones ("" for none), and whether it is pooled.
    """

    ledger: Ledger
    findings: tuple[Finding, ...]
    product: str
    comparator: str
    indication: str
    endpoint: str
    months: tuple[float, float]
    margin: float | None
    margin_source: str
    conf_level: float
    model: str
    tau2_method: str
    hartung_knapp: bool
    min_confidence: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    correlation: tuple[float, float]
    trial: str
    pool_trial: bool

    @property
    def question(self) -> str:
        """The contrast and the endpoint that are asked for."""
        of_whom = f"{self.product} against {self.comparator} in {INDICATIONS[self.indication]}"
        return f"{of_whom}, {in_sentence(self.param)}"

    @property
    def data_status(self) -> str:
        """Everything here is published, save what a trial adds under its own status."""
        return "published"

    @property
    def declared(self) -> str:
        """What the run may depart from, in words."""
        return "the declared rules"

    @property
    def source(self) -> str:
        """What the page rests on, for the source of a result row."""
        return LEDGER

    @property
    def param(self) -> str:
        """Name of the endpoint in words."""
        endpoints = self.ledger.endpoints.set_index("paramcd")
        return str(endpoints.loc[self.endpoint, "param"])

    @property
    def unit(self) -> str:
        """Unit of the endpoint."""
        return str(self.ledger.endpoints.set_index("paramcd").loc[self.endpoint, "unit"])

    @property
    def window(self) -> str:
        """The time window in words."""
        return f"month {self.months[0]:g} to {self.months[1]:g}"

    @property
    def margin_number(self) -> float:
        """The margin, missing where the field prints none."""
        return math.nan if self.margin is None else self.margin

    @property
    def margin_chosen(self) -> str:
        """What a margin that the run chose was understood as; "" where it is the field's."""
        chosen = [departure.used for departure in self.departures if departure.name == "margin"]
        return "".join(chosen)

    @property
    def placing(self) -> dict[str, str]:
        """Endpoint and time window, the place of a row that answers the run's own question."""
        return {"variable": self.param, "variable_level": self.window}

    @property
    def is_current(self) -> bool:
        """Whether the ledger's files are still what they were."""
        return self.ledger.is_current

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the run, label → words."""
        return {
            "asked": f"{self.product} − {self.comparator} in {self.indication}",
            "endpoint": f"{self.param} ({self.endpoint}, {self.unit}), {self.window}",
            "margin": limit_words(self.margin, "higher", self.unit),
            "model": f"{self.model}, tau² by {self.tau2_method}; {self.level_words}",
            "ledger": f"{numbered(len(self.ledger.studies), 'study')}, "
            f"{numbered(len(self.findings), 'finding')}",
            "include": ", ".join(self.include),
            "exclude": ", ".join(self.exclude),
            "beside": self.trial + (", pooled" if self.pool_trial else ""),
            **DeclaredRun.in_brief(self),
        }

    def analysed(self) -> pd.DataFrame:
        """Return the contrasts that are pooled; see `analysis.contrasts.analysed.analysed`."""
        from analysis.contrasts.analysed import analysed  # It imports this module.

        return analysed(self)

    @property
    def level_words(self) -> str:
        """The confidence level, for the method of a result."""
        return f"level {level(self.conf_level)}"

    def results(self, frame: pd.DataFrame, analysis_id: str, **options: Any) -> Results:
        """Return a frame as results, published and in the endpoint's unit where not said."""
        given = {"context": "published", "unit": self.unit} | options
        return DeclaredRun.results(self, frame, analysis_id, **given)


def resolve(
    parameters: ContrastParameters,
    ledger: Ledger | None = None,
    findings: Sequence[Finding] | None = None,
) -> ContrastRun:
    """Lay the parameters of a run over the declared rules.

    Parameters
    ----------
    parameters
        Validated parameters; the defaults are the declared rules.
    ledger
        The published ledger; read from its folder when not given.
    findings
        What the audit found in it; audited anew when not given.

    Returns
    -------
    ContrastRun
        With one `Departure` for each rule that the run changes. Indication, endpoint and the
        trial shown beside are questions, not rules.

    Raises
    ------
    UserError
        If a range is not a range, a margin is not below 0, or a study is unknown.
    """
    ledger = ledger or load_ledger()
    months = _range("months", parameters.months, 0, 60)
    correlation = _range("correlation", parameters.correlation, 0, 0.99)
    _check_products(parameters, ledger)
    _check_studies(parameters, ledger)
    choices = Choices()
    choices.choose_rules(parameters, RULES, _words)
    margin, source = _margin(parameters, ledger, choices)
    trial = "" if parameters.trial == NO_TRIAL else parameters.trial
    if parameters.pool_trial and not trial:
        raise UserError("pool_trial needs a trial; name one, or set pool_trial to False")
    if trial:
        load_trial(trial)  # Says which trials there are, where this one is not.
    return ContrastRun(
        ledger=ledger,
        findings=tuple(audit_ledger(ledger) if findings is None else findings),
        months=months,
        margin=margin,
        margin_source=source,
        include=tuple(parameters.include),
        exclude=tuple(parameters.exclude),
        correlation=correlation,
        trial=trial,
        **{name: getattr(parameters, name) for name in AS_GIVEN},
        departures=tuple(choices.departures),
    )


def _words(value: object) -> str:
    """Return the value of a rule as a reader is told it."""
    if isinstance(value, list):
        numbers = all(isinstance(each, float | int) for each in value)
        words = [f"{each:g}" if numbers else str(each) for each in value]
        return (" to " if numbers else ", ").join(words) or "none"
    return str(value)


def _range(name: str, values: list[float], low: float, high: float) -> tuple[float, float]:
    if len(values) != 2 or not low <= values[0] <= values[1] <= high:
        raise UserError(
            f"{name} must be a lowest and a highest value between {low:g} and {high:g}; "
            f"got {values}"
        )
    return float(values[0]), float(values[1])


def _check_products(parameters: ContrastParameters, ledger: Ledger) -> None:
    known = list(ledger.products["product"])
    for name in ("product", "comparator"):
        product = getattr(parameters, name)
        if product not in known:
            hint = suggestion(product, known) or f"; the ledger has {', '.join(known)}"
            raise UserError(f"{name} must be a product of the ledger; got '{product}'{hint}")
    if parameters.product == parameters.comparator:
        raise UserError(f"product and comparator are both '{parameters.product}'; name two")


def _check_studies(parameters: ContrastParameters, ledger: Ledger) -> None:
    known = list(ledger.studies["study_id"])
    for name in ("include", "exclude"):
        for study in getattr(parameters, name):
            if study not in known:
                hint = suggestion(study, known) or "; table 'Exclusions' lists the ids"
                raise UserError(f"{name} names a study that is not in the ledger: '{study}'{hint}")
    both = sorted(set(parameters.include) & set(parameters.exclude))
    if both:
        raise UserError(f"include and exclude both name {', '.join(both)}; keep one of the two")


def _margin(
    parameters: ContrastParameters, ledger: Ledger, choices: Choices
) -> tuple[float | None, str]:
    """Return the margin of the run and where it comes from."""
    planned, source = field_margin(ledger, parameters.indication, parameters.endpoint)
    if parameters.margin == OF_THE_FIELD:
        return planned, source
    if isinstance(parameters.margin, str):
        choices.choose("margin", planned, NO_MARGIN)
        return None, ""
    used = -size_of(parameters.margin)
    if not -100 < used < 0:
        raise UserError(
            "margin must be the largest loss that is accepted, above 0 and below 100 in the unit "
            f"of the endpoint, whatever its sign; got {parameters.margin:g}"
        )
    if used != planned:
        units = ledger.endpoints.set_index("paramcd")["unit"]
        unit = str(units[parameters.endpoint])
        choices.choose("margin", planned, used, lambda margin: limit_words(margin, "higher", unit))
        source = "chosen for this run"
    return used, source
