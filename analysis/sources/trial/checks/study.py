"""What every rule works on: plan and tables, and the ADSL row of each record."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from analysis.sources.trial.checks.coded_tables import CodedTables
from analysis.sources.trial.checks.stored_units import PARAMETER, Stored, stored_units
from analysis.sources.trial.checks.use import subject_variables, used_records
from analysis.sources.trial.columns import (
    as_shown,
    nearest,
    text,
    typed,
)
from analysis.sources.trial.finding import Severity, TrialFinding
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.records import analysed, any_is_yes, is_at_a_visit, taken

SHOWN_VALUES = 10
"""Distinct values that get a finding of their own; the rest share one."""


@dataclass(frozen=True)
class Study(CodedTables):
    """A plan and its tables, with what several rules need computed once.

    Parameters
    ----------
    plan
        The validated plan.
    tables
        Table name → normalised table.
    available
        Names of all tables in the data folder, to suggest the nearest for an absent one.
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

    @cached_property
    def bds(self) -> dict[str, pd.DataFrame]:
        """The tables with one record per participant, parameter and visit."""
        other = {"adsl", self.events_name, self.exposure_name, self.plan.deviations.lower()}
        return {name: table for name, table in self.tables.items() if name not in other}

    @cached_property
    def adsl(self) -> pd.DataFrame:
        """ADSL, or an empty frame if it is absent."""
        return self.tables.get("adsl", pd.DataFrame())

    @cached_property
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
            if text(table, "USUBJID") is not None:
                # Of each participant once; −1, for blank, takes the last.
                known = index.get_indexer([*self.distinct(name, "USUBJID"), ""])
                at = known[self.codes(name, "USUBJID")]
                found[name] = np.where(at >= 0, rows[at] if len(rows) else -1, -1)
        return found

    def position(self, name: str) -> np.ndarray | None:
        """Return the ADSL row of each record of a table, −1 for none; None if unknown."""
        return self._positions.get(name)

    def of_subject(self, name: str, column: str, kind: str) -> pd.Series | None:
        """Return the ADSL value of `column` for each record of a table; None if there is none."""
        key = (name, column, kind)
        if key not in self._of_subject:
            self._of_subject[key] = self._taken(name, column, kind)
        return self._of_subject[key]

    @cached_property
    def _of_subject(self) -> dict[tuple[str, str, str], pd.Series | None]:
        return {}

    def _taken(self, name: str, column: str, kind: str) -> pd.Series | None:
        values, position = typed(self.adsl, column, kind), self.position(name)
        if values is None or position is None or values.empty:
            return None
        taken = pd.Series(values.array.take(position), name=values.name)
        known = position >= 0
        return taken if known.all() else taken.where(known)

    @cached_property
    def _counted(self) -> dict[str, pd.Series]:
        return {
            name: analysed(table, self.plan) | self.derived(name)
            for name, table in self.bds.items()
        }

    @cached_property
    def _selected(self) -> dict[tuple[Any, ...], pd.Series]:
        return {}

    def selected(self, endpoint: Endpoint) -> pd.Series:
        """Say which records of its table an endpoint takes, of any parameter and visit."""
        name, at_a_visit = endpoint.dataset.lower(), is_at_a_visit(endpoint)
        key = (name, at_a_visit, endpoint.dtype, *sorted(endpoint.where.items()))
        if key not in self._selected:
            self._selected[key] = taken(self.tables[name], self.plan, endpoint)
        return self._selected[key].copy()  # Callers narrow it down in place.

    def differs(self, name: str, column: str, source: str) -> pd.Series | None:
        """Say which records of a table have a text that is not the participant's in ADSL.

        Blank ones do not, nor do those of nobody in ADSL; None if either column is no text.
        """
        position = self.position(name)
        if text(self.tables[name], column) is None or text(self.adsl, source) is None:
            return None
        if position is None or self.adsl.empty:
            return None
        codes, own = self.codes(name, column), self.codes("adsl", source)[position]
        known = self.distinct("adsl", source).get_indexer(self.distinct(name, column))
        same = np.append(known, -1)[codes] == own
        unlike = ~same | (np.append(known, 0)[codes] < 0)
        return pd.Series(unlike & (codes >= 0) & (position >= 0), index=self.tables[name].index)

    def asked(self, endpoint: Endpoint) -> pd.Series:
        """Say which records of its table have the parameter and the visit of an endpoint."""
        name = endpoint.dataset.lower()
        asked = self.equal(name, "PARAMCD", endpoint.paramcd)
        if endpoint.visit:
            return asked & self.equal(name, "AVISIT", endpoint.visit)
        return asked.copy()

    @cached_property
    def strata(self) -> frozenset[str]:
        """The factors of the plan's models, in whichever table they stand."""
        own = (endpoint.analysis.strata or () for endpoint in self.plan.endpoints.all)
        return frozenset(chain(self.plan.analysis.strata, *own))

    @cached_property
    def stored(self) -> dict[str, tuple[list[Stored], np.ndarray]]:
        """What `stored_units` says of each BDS table; nothing of one without PARAMCD."""
        found = {}
        for name, table in self.bds.items():
            columns = [each for each in PARAMETER if text(table, each) is not None]
            if "PARAMCD" in columns:
                keys = self.row_keys(name, columns).to_numpy()
                found[name] = stored_units(table[columns], keys)
        return found

    def counted(self, name: str) -> pd.Series:
        """Say which records of a BDS table an analysis can use: analysed, derived ones too."""
        return self._counted[name]

    def derived(self, name: str) -> pd.Series:
        """Say which flagged records of a BDS table are derived (DTYPE), such as LOCF."""
        if name not in self._derived:
            table = self.tables[name]
            dtype = text(table, "DTYPE")
            derived = pd.Series(False, index=table.index) if dtype is None else dtype != ""
            flags = [flag for flag in self._flags if flag in table]
            if flags and derived.any():
                derived &= any_is_yes(table, flags)
            self._derived[name] = derived
        return self._derived[name]

    @cached_property
    def _derived(self) -> dict[str, pd.Series]:
        return {}

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

    @cached_property
    def subject_variables(self) -> frozenset[str]:
        """The variables of ADSL that an analysis of the plan uses."""
        return subject_variables(self.plan)

    @cached_property
    def _used(self) -> dict[str, np.ndarray | None]:
        found = {name: used_records(self.plan, name, table) for name, table in self.bds.items()}
        return {name: None if used is None else used.to_numpy() for name, used in found.items()}

    def used(self, name: str, column: str) -> np.ndarray | None:
        """Say where a fault in a column would reach an analysis of the plan; None: everywhere.

        This is the one place that tells what stops an analysis from what is odd elsewhere: the
        records of parameters that nothing in the plan uses, and variables of ADSL that nothing
        reads.
        """
        if name == "adsl":
            return None if column in self.subject_variables else np.zeros(len(self.adsl), bool)
        return self._used.get(name)

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
        everywhere: bool = False,
    ) -> Iterator[TrialFinding]:
        """Yield one error for the rows marked wrong, and one note for those that nothing uses.

        Parameters
        ----------
        name, column
            Table and variable.
        wrong
            One truth value per row.
        rule, message
            As in `TrialFinding`.
        shown
            The value is the column's unless given.
        severity
            ``"note"`` makes a note of all of them.
        everywhere
            The fault reaches an analysis wherever it stands, as a wrong type does.
        """
        marks = np.asarray(wrong.array if isinstance(wrong, pd.Series) else wrong, dtype=bool)
        if not marks.any():
            return
        values = self.tables[name].get(column) if shown is None else shown
        used = None if severity == "note" or everywhere else self.used(name, column)
        inside = marks if used is None else marks & used
        yield from _finding(name, column, inside, rule, message, values, severity)
        if used is not None:
            unread = f"{message} (nothing in trial.yml uses it)"
            yield from _finding(name, column, marks & ~used, rule, unread, values, "note")

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


def _finding(
    name: str,
    column: str,
    marks: np.ndarray,
    rule: str,
    message: str,
    values: pd.Series | None,
    severity: Severity,
) -> Iterator[TrialFinding]:
    """Yield the finding of some rows, with the row and value of the first; none for no rows."""
    if marks.any():
        first, count = int(marks.argmax()), int(marks.sum())
        value = "" if values is None else as_shown(values.iloc[first])
        yield TrialFinding(name, column, rule, message, severity, first + 1, value, count)
