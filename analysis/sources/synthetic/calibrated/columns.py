"""The columns of a study's sample: which of them a published number is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from analysis.sources.evidence import Ledger
from analysis.sources.synthetic.calibrated.carriers import Carrier, carrier, place_of
from analysis.sources.synthetic.calibrated.groups import Groups, Rows
from analysis.sources.synthetic.calibrated.printed import END, Number
from analysis.sources.synthetic.calibrated.statistics import Terms

ALONE = {"MPHSDS": ("Midparental height SDS", "SDS")}
"""Quantities that only correlations are of: name and unit."""


class Key(NamedTuple):
    """A column of the sample: an endpoint in a unit, at a time, and which of its variants."""

    code: str
    unit: str
    months: float
    variant: str = ""


@dataclass(slots=True)
class Columns:
    """The columns that a study's numbers are of.

    Parameters
    ----------
    ledger, groups, numbers
        The ledger, the participants, the study's numbers.
    keys
        The columns in their order.
    observed
        Column → whether each participant has a value.
    known
        Endpoint → its row of ``endpoints.csv``.
    """

    ledger: Ledger
    groups: Groups
    numbers: Sequence[Number]
    keys: list[Key] = field(default_factory=list)
    observed: list[np.ndarray] = field(default_factory=list)
    known: dict[str, dict[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        """Look up the endpoints of the ledger."""
        rows = self.ledger.endpoints.fillna("").astype(str).to_dict("records")
        self.known = {row["paramcd"]: row for row in rows}

    def terms(self, number: Number) -> Terms:
        """Return the columns that a number is of: a change is an end less its baseline."""
        return self.combined(number.code, number.unit, number.months, number.variant)

    def combined(self, code: str, unit: str, months: float, variant: str = "") -> Terms:
        """Return the columns of an endpoint at a time."""
        root = self.root(code)
        if not root:
            return ((self.index(Key(code, unit, months, variant)), 1.0),)
        # A baseline is of a variant only where baselines are printed in several ways, too.
        start = variant if any(each.variant for each in self.numbers if each.code == root) else ""
        ends = (Key(root, unit, months, variant), 1.0), (Key(root, unit, 0.0, start), -1.0)
        return tuple((self.index(key), by) for key, by in ends)

    def root(self, code: str) -> str:
        """Return the endpoint that this one is the change of; "" for none."""
        return self.known.get(code, {}).get("change_of", "")

    def index(self, key: Key) -> int:
        """Return the place of a column, new if need be."""
        if key not in self.keys:
            self.keys.append(key)
            self.observed.append(np.zeros(self.groups.size, dtype=bool))
        return self.keys.index(key)

    def see(self, terms: Terms, rows: Rows) -> None:
        """Note that participants have values."""
        for column, _ in terms:
            self.observed[column][rows] = True

    def param(self, code: str) -> str:
        """Return the name of an endpoint."""
        if code in ALONE:
            return ALONE[code][0]
        return self.known[code]["param"]

    def domain(self, code: str) -> str:
        """Return the domain of an endpoint."""
        return self.known.get(code, {}).get("domain", "baseline")

    def carrier(self, number: Number) -> Carrier:
        """Return how participants carry a number's endpoint."""
        return carrier(number, self.domain(number.code))

    def place(self, code: str) -> tuple[str, str] | None:
        """Return table and variable of a measurement that has a place of its own."""
        where = place_of(code).split()
        return (where[0], where[1]) if len(where) == 2 else None

    def pair(self, number: Number) -> tuple[Terms, Terms]:
        """Return the two quantities of a correlation."""
        own = self.carrier(number)
        return self._named(own.first, number.months), self._named(own.second, number.months)

    def _named(self, words: str, months: float) -> Terms:
        found: list[tuple[int, float]] = []
        for sign, name in zip((1.0, -1.0), words.split(" - "), strict=False):
            code, _, at = name.partition("@")
            unit = ALONE[code][1] if code in ALONE else self._unit(code)
            found += [(c, sign * by) for c, by in self.combined(code, unit, float(at or months))]
        return tuple(found)

    def _unit(self, code: str) -> str:
        own = [each.unit for each in self.numbers if each.code == code]
        return own[0] if own else self.known[code]["unit"]


def visit_name(months: float) -> str:
    """Return the name of a visit.

    Examples
    --------
    >>> visit_name(0), visit_name(12), visit_name(5.75), visit_name(END)
    ('Baseline', 'Month 12', 'Month 5.75', 'Last visit')
    """
    if months == END:
        return "Last visit"
    return "Baseline" if months == 0 else f"Month {months:g}"
