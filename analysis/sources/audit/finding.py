"""What a rule of the audit finds, and how a rule is declared."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from analysis.brief import brief
from analysis.sources.evidence import Ledger

Found = Iterator[tuple[pd.DataFrame, str]]
"""Rows concerned, and what is wrong with them in one sentence."""
SEVERITIES = ("error", "warning", "note")
"""From a value that must not be used, over one to use with care, to one worth knowing."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One defect of a published source.

    Parameters
    ----------
    rule
        Name of the rule.
    severity
        ``"error"``, ``"warning"`` or ``"note"``.
    study_ids
        Studies concerned.
    result_ids
        Rows of the ledger concerned.
    sentence
        What is wrong, with the values as printed.
    action
        What the project does about it.
    excludes
        Whether the rows are left out of every summary of the field.
    """

    rule: str
    severity: Literal["error", "warning", "note"]
    study_ids: tuple[str, ...]
    result_ids: tuple[str, ...]
    sentence: str
    action: str
    excludes: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A named check of the whole ledger.

    Parameters
    ----------
    name
        Short name, shown with every finding.
    severity
        Severity of what it finds.
    action
        What the project does about a finding.
    find
        Function from the ledger to what it found.
    excludes
        Whether the rows are left out of every summary of the field.
    """

    name: str
    severity: Literal["error", "warning", "note"]
    action: str
    find: Callable[[Ledger], Found]
    excludes: bool = False

    def check(self, ledger: Ledger) -> Iterator[Finding]:
        """Yield the findings of this rule."""
        for rows, sentence in self.find(ledger):
            yield Finding(
                rule=self.name, severity=self.severity,
                study_ids=tuple(dict.fromkeys(rows["study_id"])),
                result_ids=tuple(rows["result_id"]), sentence=sentence, action=self.action,
                excludes=self.excludes,
            )  # fmt: skip


def rule(
    name: str, severity: Literal["error", "warning", "note"], action: str, *, excludes: bool = False
) -> Callable[[Callable[[Ledger], Found]], Rule]:
    """Make a function that finds defects a rule of the audit."""
    return lambda find: Rule(name, severity, action, find, excludes)


def to_frame(findings: Sequence[Finding]) -> pd.DataFrame:
    """Return the findings as a tidy frame, one row each, in the order given."""
    columns = ["rule", "severity", "studies", "results", "sentence", "action", "excludes"]
    rows = [
        asdict(each) | {"studies": ", ".join(each.study_ids), "results": ", ".join(each.result_ids)}
        for each in findings
    ]
    return pd.DataFrame(rows, columns=columns)


def printed(row: pd.Series, column: str = "value", decimals: str = "decimals") -> str:
    """Return a number of the ledger with the decimals of its source."""
    return f"{row[column]:.{int(row[decimals])}f}".replace("-", "−")


def half_unit(decimals: pd.Series) -> pd.Series:
    """Return the most that rounding to so many decimals can have moved a number."""
    return 0.5 * 10.0**-decimals
