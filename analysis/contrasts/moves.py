"""What new numbers would move: the answers of the contrasts page before and after."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

import pandas as pd

from analysis.brief import brief
from analysis.contrasts.answer import answer
from analysis.contrasts.headline import field
from analysis.contrasts.settings import ContrastParameters, ContrastRun, Endpoint, resolve
from analysis.contrasts.synthesis import pooled_differences
from analysis.contrasts.within_trial import contrasts
from analysis.results import Results, Section, combine
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger

SECTIONS: tuple[Section[ContrastRun], ...] = (answer, contrasts, field, pooled_differences)
"""The sections that are asked before and after."""

STATISTICS = (
    *("estimate", "conf.low", "conf.high", "k", "margin"),
    *("conclusion", "equivalence", "own.conclusion", "reason"),
)
"""What of a section is an answer; the rest says how it was obtained."""


@brief
@dataclass(frozen=True, slots=True)
class Move:
    """The answers to one question before and after.

    Parameters
    ----------
    question
        Indication and endpoint, by their codes.
    before, after
        Results of every section, or why there are none.
    """

    question: str
    before: Results
    after: Results


@brief
@dataclass(frozen=True, slots=True)
class Audited:
    """A ledger with what the audit found in it."""

    ledger: Ledger
    findings: Sequence[Finding]


def moves(before: Audited, after: Audited, touched: pd.DataFrame) -> list[Move]:
    """Ask every question that new rows touch of both ledgers.

    Parameters
    ----------
    before, after
        The ledger without and with the new rows.
    touched
        ``study_id, arm_id, paramcd`` of each new number or verdict.

    Returns
    -------
    list of Move
        The question of the ledger first, on its own endpoint; then each indication with each
        endpoint that the contrasts page can ask for and the new rows touch.
    """
    return [
        Move(", ".join(question), *(_answers(side, *question) for side in (before, after)))
        for question in _questions(after.ledger, touched)
    ]


def _questions(ledger: Ledger, touched: pd.DataFrame) -> Iterable[tuple[str, str]]:
    """Return the pairs of indication and endpoint, those of the ledger's own question first."""
    fields = ContrastParameters.model_fields
    first = (str(ledger.question["indication"].iloc[0]), str(fields["endpoint"].default))
    rows = touched.merge(ledger.arms[["study_id", "arm_id", "indication"]])
    rows = rows[
        rows["paramcd"].isin(get_args(Endpoint))
        & rows["indication"].isin(get_args(fields["indication"].annotation))
    ]
    pairs = rows[["indication", "paramcd"]].itertuples(index=False, name=None)
    return dict.fromkeys([first, *sorted(pairs)])


def _answers(side: Audited, indication: str, endpoint: str) -> Results:
    asked = side.ledger.question.iloc[0]
    parameters = ContrastParameters.checked(
        {
            "product": asked["product"],
            "comparator": asked["comparator"],
            "indication": indication,
            "endpoint": endpoint,
        }
    )
    run = resolve(parameters, side.ledger, side.findings)
    found = combine(section.rows(run) for section in SECTIONS)
    return Results(found.frame[found.frame["stat_name"].isin(STATISTICS)].reset_index(drop=True))
