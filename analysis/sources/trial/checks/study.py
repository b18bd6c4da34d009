"""What every rule works on: plan and tables, and the ADSL row of each record."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.errors import suggestion
from analysis.sources.trial.finding import Severity, TrialFinding
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.records import analysed

Kind = Literal["text", "number", "date"]
SHOWN_VALUES = 10
"""Distinct values that get a finding of their own; the rest share one."""


@dataclass(frozen=True)
class Study:
    """A plan and its tables, with what several rules need computed once.

    Parameters
    ----------
    plan
        The validated plan.
    tables
        Table name → normalised table.
    available
        Names of all tables in the data folder.
    """

    plan: TrialPlan
    tables: dict[str, pd.DataFrame]
    available: tuple[str, ...]

    @property
    def events_name(self) -> str:
        """Name of the adverse-event table; "" if the plan has none."""
        return self.plan.safety.adverse_events.lower() if self.plan.safety else ""

    @property
    def exposure_name(self) -> str:
        """Name of the exposure table; "" if the plan has none."""
        return self.plan.safety.exposure.lower() if self.plan.safety else ""

    @property
    def safety_tables(self) -> tuple[str, ...]:
        """Names of the laboratory tables and of the vital signs."""
        safety = self.plan.safety
        named = (*safety.laboratory, safety.vital_signs) if safety else ()
        return tuple(name.lower() for name in named if name)

    @cached_property
    def bds(self) -> dict[str, pd.DataFrame]:
        """The tables with one record per participant, parameter and visit."""
        other = {"adsl", self.events_name, self.exposure_name, self.plan.deviations.lower()}
        return {name: table for name, table in self.tables.items() if name not in other}

    @cached_property
    def adsl(self) -> pd.DataFrame:
        """ADSL, or an empty frame if it is absent."""
        return self.tables.get("adsl", pd.DataFrame())

    @property
    def events(self) -> pd.DataFrame:
        """The adverse events, or an empty frame if there are none."""
        return self.tables.get(self.events_name, pd.DataFrame())

    @cached_property
    def _positions(self) -> dict[str, np.ndarray]:
        """The ADSL row of every record, by table; −1 for none."""
        subjects = text(self.adsl, "USUBJID")
        if subjects is None:
            return {}
        first = ~subjects.duplicated()
        rows = np.flatnonzero(first)
        index = pd.Index(subjects[first])
        found = {}
        for name, table in self.tables.items():
            own = text(table, "USUBJID")
            if own is not None:
                at = index.get_indexer(own)
                found[name] = np.where(at >= 0, rows[at] if len(rows) else -1, -1)
        return found

    def position(self, name: str) -> np.ndarray | None:
        """Return the ADSL row of each record of a table, −1 for none; None if unknown."""
        return self._positions.get(name)

    def of_subject(self, name: str, column: str, kind: str) -> pd.Series | None:
        """Return the ADSL value of `column` for each record of a table; None if there is none."""
        values, position = typed(self.adsl, column, kind), self.position(name)
        if values is None or position is None or values.empty:
            return None
        taken = values.take(position).reset_index(drop=True)
        return taken.where(position >= 0)

    @cached_property
    def _counted(self) -> dict[str, pd.Series]:
        return {
            name: analysed(table, self.plan) | self.derived(name)
            for name, table in self.bds.items()
        }

    def counted(self, name: str) -> pd.Series:
        """Say which records of a BDS table an analysis can use: analysed, derived ones too."""
        return self._counted[name]

    def derived(self, name: str) -> pd.Series:
        """Say which flagged records of a BDS table are derived (DTYPE), such as LOCF."""
        table = self.tables[name]
        dtype = text(table, "DTYPE")
        if dtype is None:
            return pd.Series(False, index=table.index)
        flags = [name for name in self._flags if name in table]
        flagged = (table[flags] == "Y").any(axis=1) if flags else True
        return (dtype != "") & flagged

    @property
    def _flags(self) -> tuple[str, str]:
        return self.plan.records.analysed, self.plan.records.baseline

    def having(self, tables: Mapping[str, pd.DataFrame], *wanted: str) -> Iterator[tuple[Any, ...]]:
        """Yield name and columns of each table that has them all, as ``"number AVAL"``."""
        for name, table in tables.items():
            kinds_and_names = (each.split() for each in wanted)
            columns = [typed(table, column, kind) for kind, column in kinds_and_names]
            if all(column is not None for column in columns):
                yield (name, *columns)

    def errors(
        self,
        name: str,
        column: str,
        wrong: pd.Series | np.ndarray,
        rule: str,
        message: str,
        *,
        shown: pd.Series | None = None,
        severity: Severity = "error",
    ) -> Iterator[TrialFinding]:
        """Yield one error for the rows marked wrong; the value is the column's unless `shown`."""
        marks = np.asarray(wrong, dtype=bool)
        if not marks.any():
            return
        first = int(marks.argmax())
        values = self.tables[name].get(column) if shown is None else shown
        value = "" if values is None else as_shown(values.iloc[first])
        count = int(marks.sum())
        yield TrialFinding(name, column, rule, message, severity, first + 1, value, count)

    def unknown(
        self,
        name: str,
        column: str,
        wrong: pd.Series,
        rule: str,
        message: str,
        *,
        known: Iterable[str],
        values: pd.Series | None = None,
    ) -> Iterator[TrialFinding]:
        """Yield one error per distinct wrong value, with the nearest known value as a hint."""
        values, known = self.tables[name][column] if values is None else values, list(known)
        distinct = sorted(values[wrong].unique())
        for value in distinct[:SHOWN_VALUES]:
            its, hint = wrong & (values == value), nearest(value, known)
            yield from self.errors(name, column, its, rule, message + hint, shown=values)
        rest = wrong & values.isin(distinct[SHOWN_VALUES:])
        yield from self.errors(name, column, rest, rule, message, shown=values)

    def notes(
        self,
        name: str,
        column: str,
        wrong: pd.Series | np.ndarray,
        rule: str,
        message: str,
        *,
        shown: pd.Series | None = None,
    ) -> Iterator[TrialFinding]:
        """Yield one note for the rows marked, as `errors` does."""
        return self.errors(name, column, wrong, rule, message, shown=shown, severity="note")


def typed(table: pd.DataFrame, column: str, kind: str) -> pd.Series | None:
    """Return a column if it is there and of the kind asked for, otherwise None."""
    if column not in table:
        return None
    values = table[column]
    return values if kind_of(values) == kind else None


def kind_of(values: pd.Series) -> Kind:
    """Say which of the three kinds of a normalised table a column is."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return "date"
    return "number" if pd.api.types.is_numeric_dtype(values) else "text"


def text(table: pd.DataFrame, column: str) -> pd.Series | None:
    """Return a text column, or None."""
    return typed(table, column, "text")


def number(table: pd.DataFrame, column: str) -> pd.Series | None:
    """Return a number column, or None."""
    return typed(table, column, "number")


def date(table: pd.DataFrame, column: str) -> pd.Series | None:
    """Return a date column, or None."""
    return typed(table, column, "date")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `analysis.errors.suggestion`, for which upper and lower case are the same."""
    by_key = {each.casefold(): each for each in sorted(known, reverse=True)}
    hint = suggestion(name.casefold(), by_key)
    for key, each in by_key.items():
        if hint == f"; did you mean '{key}'?":
            return f"; did you mean '{each}'?"
    return hint


def as_shown(value: Any) -> str:
    """Write a cell as a reader would: no time of day, no trailing ``.0``."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def row_keys(table: pd.DataFrame, columns: Iterable[str]) -> pd.Series:
    """Return one whole number per row that is equal where all `columns` are equal.

    Numbers, because comparing them is some ten times faster than comparing text.
    """
    keys = np.zeros(len(table), dtype=np.int64)
    for column in columns:
        codes, levels = pd.factorize(table[column], use_na_sentinel=False)
        if (keys.max(initial=0) + 1) * float(len(levels)) > 2.0**62:
            keys, _ = pd.factorize(keys)  # Number anew before the product overflows.
        keys = keys * max(len(levels), 1) + codes
    return pd.Series(keys, index=table.index)


def unlike(left: pd.Series, right: pd.Series) -> pd.Series:
    """Say where two number columns differ by more than the sixth digit; missing is not unlike."""
    scale = np.maximum(1.0, np.maximum(left.abs(), right.abs()))
    return (left - right).abs() > 1e-6 * scale
