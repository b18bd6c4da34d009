"""What notebook 1 shows: the published ledger, its audit, and the contrast that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import pydantic

from analysis.brief import brief
from analysis.contrasts.settings import ContrastParameters, ContrastRun
from analysis.contrasts.settings import resolve as resolve_contrast
from analysis.results import DeclaredRun
from analysis.sources.audit import Finding, audit_ledger
from analysis.sources.evidence import TWELVE_MONTHS, Ledger, load_ledger
from analysis.sources.question import AskedParameters
from analysis.words import numbered

Field = Literal["all", "GHD", "TS", "ISS", "SGA", "AGHD", "MIXED"]


class ProgrammeParameters(AskedParameters):
    """Parameters of ``1_programme``."""

    field: Field = pydantic.Field(
        "all", description="indication shown of the field: all, GHD, TS, ISS, SGA, AGHD or MIXED"
    )
    min_confidence: Literal["low", "medium", "high"] = pydantic.Field(
        "low", description="weakest confidence of a number that is shown: low, medium or high"
    )
    conf_level: float = pydantic.Field(
        0.95, gt=0.5, lt=1, description="level of the confidence intervals, above 0.5 and below 1"
    )


# Compared by identity, so that what was computed can be kept for the run it was made for.
@brief(words="in_brief")
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProgrammeRun(DeclaredRun):
    """What every section of the page is told.

    Parameters
    ----------
    parameters
        Validated parameters: what is asked for, and what is shown of the field.
    ledger
        The whole published ledger.
    shown
        The ledger as the parameters filter it.
    findings
        What the audit found in the whole ledger.
    contrast
        The run that answers the contrast asked for.
    """

    parameters: ProgrammeParameters
    ledger: Ledger
    shown: Ledger
    findings: tuple[Finding, ...]
    contrast: ContrastRun

    @property
    def is_current(self) -> bool:
        """Whether the ledger's files are still what they were."""
        return self.ledger.is_current

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the run, label → words."""
        asked = self.contrast.in_brief()
        studies, every = len(self.shown.studies), len(self.ledger.studies)
        return {
            "asked": asked["asked"],
            "field": f"{self.parameters.field}: {studies} of {numbered(every, 'study')} of the "
            f"ledger",
            "findings": len(self.findings),
            **DeclaredRun.in_brief(self),
        }

    def analysed(self) -> pd.DataFrame:
        """Return the contrasts behind the one asked for; see `ContrastRun.analysed`."""
        return self.contrast.analysed()

    @property
    def source(self) -> str:
        """The ledger, for the source of a result row."""
        return self.contrast.source

    @property
    def data_status(self) -> str:
        """Every number of the page is published."""
        return "published"


def resolve(
    parameters: ProgrammeParameters,
    ledger: Ledger | None = None,
    findings: Sequence[Finding] | None = None,
) -> ProgrammeRun:
    """Return the run of the page.

    Parameters
    ----------
    parameters
        Validated parameters. All of them ask or filter; none departs from a plan.
    ledger
        The published ledger; read from its folder when not given.
    findings
        What the audit found in it; audited anew when not given.

    Raises
    ------
    UserError
        If a product is unknown to the ledger.
    """
    ledger = load_ledger() if ledger is None else ledger
    findings = tuple(audit_ledger(ledger) if findings is None else findings)
    asked = ContrastParameters.checked(parameters.model_dump(exclude={"field"}))
    return ProgrammeRun(
        parameters=parameters,
        ledger=ledger,
        shown=ledger.select(indication=parameters.field, min_confidence=parameters.min_confidence),
        findings=findings,
        contrast=resolve_contrast(asked, ledger, findings),
        departures=(),
    )


def month_words(months: float) -> str:
    """Return a time as the pages name it; "" where none is stated."""
    if pd.isna(months):
        return ""
    return "Baseline" if months == 0 else f"Month {months:.0f}"


BASELINE, YEAR = month_words(0), month_words(TWELVE_MONTHS)
