"""How a participant carries each endpoint of the ledger: ``data/trials/carriers.csv``.

An endpoint without a row is carried as its domain and its statistics say, so that a new one of
the ledger needs none.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from math import inf

from analysis import paths
from analysis.sources.synthetic.calibrated.printed import Number
from analysis.sources.trial.physiology import limits_of

FILE = paths.DATA / "trials" / "carriers.csv"
TABLES = {"laboratory": "adlb", "exposure": "adex"}
"""Domain → table of its measurements; those of growth and the rest are in ADGR."""
SCORES = ("SDS", "SDS/year")


@dataclass(frozen=True, slots=True)
class Carrier:
    """How participants carry an endpoint.

    Parameters
    ----------
    kind
        ``measurement``, ``event``, ``fact``, ``participants``, ``screened``, ``sex``,
        ``correlation`` or ``none``.
    where
        Of a measurement, its table and variable; of an event, what marks it; of what is not
        carried, why.
    first, second
        Of a correlation, its two quantities: PARAMCD, with ``@`` and the months.
    low, high
        Limits of a measurement, in the ledger's unit.
    """

    kind: str
    where: str = ""
    first: str = ""
    second: str = ""
    low: float | None = None
    high: float | None = None


@cache
def _special() -> dict[str, Carrier]:
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row.pop("paramcd"): _carrier(row) for row in rows}


def _carrier(row: dict[str, str]) -> Carrier:
    low, high = (float(row[each]) if row[each] else None for each in ("low", "high"))
    return Carrier(row["kind"], row["where"], row["first"], row["second"], low, high)


def carrier(number: Number, domain: str) -> Carrier:
    """Return how a number's endpoint is carried.

    Parameters
    ----------
    number
        A number of the ledger.
    domain
        The domain of its endpoint.

    Examples
    --------
    >>> from analysis.sources.evidence import load_ledger
    >>> from analysis.sources.synthetic.calibrated.printed import numbers_of
    >>> first = numbers_of(load_ledger(), "VALT-TS-2004")[0]
    >>> carrier(first, "growth").kind
    'measurement'
    """
    if number.code in _special():
        return _special()[number.code]
    if number.statistic == "r2":
        return Carrier("none", "it is the fit of a model of which the source read names no terms")
    if number.statistic == "r":
        return Carrier(
            "none", "data/trials/carriers.csv does not say which two quantities it is of"
        )
    if not number.counts:
        return Carrier("measurement")
    return Carrier("event" if domain == "safety" else "fact")


def place_of(code: str) -> str:
    """Return table and variable of a measurement that has a place of its own; "" for none."""
    own = _special().get(code)
    return own.where if own and own.kind == "measurement" else ""


def limits(code: str, param: str, unit: str) -> tuple[float, float]:
    """Return between which values an endpoint of a participant may lie; gains may be losses."""
    own = _special().get(code)
    if own and own.low is not None and own.high is not None:
        return own.low, own.high
    if unit in SCORES:
        return limits_of(code, param, unit)[1:]
    return -inf, inf
