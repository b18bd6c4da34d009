"""One typed object for a trial: its plan, its tables, and the records that the plan selects."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import paths
from analysis.errors import UserError, suggestion
from analysis.sources.registry import changed_files
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.plan import Endpoint, TrialPlan
from analysis.sources.trial.read_plan import read_plan
from analysis.sources.trial.tables import data_folder, normalise, read_table, table_files

TRIALS = paths.DATA / "trials"


class TrialError(UserError):
    """Everything that stops a trial from being analysed, one sentence a line."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial whose plan and tables have been checked.

    Parameters
    ----------
    plan
        The validated ``trial.yml``.
    folder
        The trial folder.
    tables
        Table name → normalised table; ``adsl`` is always there.
    findings
        Notes of the checks; never errors.
    """

    plan: TrialPlan
    folder: Path
    tables: dict[str, pd.DataFrame]
    findings: tuple[TrialFinding, ...] = field(default=())

    @property
    def data_status(self) -> str:
        """``"synthetic"`` or ``"real"``."""
        return self.plan.data_status

    def subjects(self, population: str, *, treatment: str = "planned") -> pd.DataFrame:
        """Return the participants of a population with their arm.

        Parameters
        ----------
        population
            Name of one of the plan's populations.
        treatment
            ``"planned"`` gives the arm by TRT01P, ``"actual"`` by TRT01A.

        Returns
        -------
        pandas.DataFrame
            ADSL rows of the population with the categorical column ``ARM`` in the plan's
            order, so that an arm without participants keeps its place.

        Raises
        ------
        UserError
            If the plan has no such population.
        """
        if population not in self.plan.populations:
            hint = suggestion(population, self.plan.populations)
            known = ", ".join(self.plan.populations)
            raise UserError(f"population must be one of {known}; got '{population}'{hint}")
        adsl = self.tables["adsl"]
        chosen = adsl[adsl[self.plan.populations[population]] == "Y"]
        variable = "TRT01A" if treatment == "actual" and "TRT01A" in adsl else "TRT01P"
        arm = pd.Categorical(chosen[variable], categories=list(self.plan.arms.names))
        return chosen.assign(ARM=arm)

    def records(
        self,
        dataset: str,
        *,
        population: str,
        paramcd: str = "",
        visit: str = "",
        dtype: str = "",
        treatment: str = "planned",
    ) -> pd.DataFrame:
        """Return the analysed records of a table, with the arm of each participant.

        Parameters
        ----------
        dataset
            Table name.
        population
            Name of one of the plan's populations.
        paramcd, visit
            Keep one PARAMCD, one AVISIT; "" keeps all.
        dtype
            DTYPE of derived records to keep beside the observed ones, for example ``"LOCF"``.
        treatment
            As in `subjects`.

        Returns
        -------
        pandas.DataFrame
            Rows flagged for analysis (and baseline rows), observed or of the DTYPE asked for,
            within their visit window, of participants in the population, with ``ARM``.
        """
        table = self.tables[dataset.lower()]
        keep = pd.Series(True, index=table.index)
        if paramcd:
            keep &= table["PARAMCD"] == paramcd
        if visit:
            keep &= table["AVISIT"] == visit
        keep &= analysed(table, self.plan, dtype=dtype)
        subjects = self.subjects(population, treatment=treatment)[["USUBJID", "ARM"]]
        return table[keep].merge(subjects, on="USUBJID", how="inner", validate="many_to_one")

    def endpoint(self, endpoint: Endpoint, *, population: str) -> pd.DataFrame:
        """Return the analysed records of one endpoint; see `records`."""
        return self.records(
            endpoint.dataset, population=population, paramcd=endpoint.paramcd,
            visit=endpoint.visit, dtype=endpoint.dtype,
        )  # fmt: skip


def analysed(table: pd.DataFrame, plan: TrialPlan, *, dtype: str = "") -> pd.Series:
    """Say which records of a table the plan analyses.

    Parameters
    ----------
    table
        A normalised table.
    plan
        The trial's plan.
    dtype
        DTYPE of derived records that count too.

    Returns
    -------
    pandas.Series
        One truth value per row: flagged (or baseline), observed or of that DTYPE, and inside
        its visit's window where the plan gives one. Derived records are not put to the window:
        their date is that of the record they carry forward.
    """
    keep = pd.Series(True, index=table.index)
    flags = [name for name in (plan.records.analysed, plan.records.baseline) if name in table]
    if plan.records.analysed in flags:
        keep &= (table[flags] == "Y").any(axis=1)
    derived = table["DTYPE"] != "" if "DTYPE" in table else ~pd.Series(True, index=table.index)
    if derived.any():
        keep &= ~derived | (table["DTYPE"] == dtype if dtype else False)
    return keep & ~(outside_window(table, plan) & ~derived)


def outside_window(table: pd.DataFrame, plan: TrialPlan) -> pd.Series:
    """Say which records of a table lie outside the window of the visit they are filed under."""
    outside = ~pd.Series(True, index=table.index)
    windows = {visit.name: visit.window for visit in plan.visits if visit.window}
    if not windows or not {"AVISIT", "ADY"} <= set(table):
        return outside
    if not pd.api.types.is_numeric_dtype(table["ADY"]):
        return outside  # A wrong type, which the checks name.
    # Visits without a window have −1, which takes the NaN at the end: nothing is outside it.
    at = pd.Index(list(windows)).get_indexer(table["AVISIT"])
    low, high = np.array([*windows.values(), (np.nan, np.nan)])[at].T
    return (table["ADY"] < low) | (table["ADY"] > high)


def trial_folder(trial: str | Path) -> Path:
    """Return the folder of a shipped trial by its id, or of any other by its path.

    Raises
    ------
    UserError
        If it is neither.
    """
    shipped = TRIALS / str(trial)
    if isinstance(trial, str) and (shipped / "trial.yml").is_file():
        return shipped
    folder = Path(trial).expanduser()
    if folder.is_dir():
        return folder.resolve()
    known = sorted(path.parent.name for path in TRIALS.glob("*/trial.yml"))
    hint = suggestion(str(trial), known)
    raise UserError(
        f"trial must be one of {', '.join(known)}, or a folder with a trial.yml; "
        f"got '{trial}'{hint}"
    )


def read_trial(trial: str | Path) -> Trial:
    """Read a trial's plan and tables and everything the checks find, errors included.

    Parameters
    ----------
    trial
        Id of a shipped trial, or a folder.

    Returns
    -------
    Trial
        ``findings`` may hold errors; `load_trial` is what an analysis uses.

    Raises
    ------
    UserError
        If plan or tables cannot be read at all.
    """
    from analysis.sources.trial.checks import check_tables

    folder = trial_folder(trial)
    plan = read_plan(folder)
    if folder.is_relative_to(paths.DATA) and (changed := changed_files(folder)):
        raise TrialError("\n".join(changed))
    files = table_files(data_folder(plan, folder))
    tables: dict[str, pd.DataFrame] = {}
    findings: list[TrialFinding] = []
    for name in plan.datasets:
        if name in files:
            tables[name], found = normalise(name, read_table(files[name], text=plan.categories))
            findings += found
    findings += check_tables(plan, tables, available=tuple(files))
    return Trial(plan=plan, folder=folder, tables=tables, findings=tuple(findings))


def _sentence(finding: TrialFinding) -> str:
    where = f", {finding.column}" if finding.column else ""
    row = f", row {finding.row}" if finding.row else ""
    got = f"; got '{finding.value}'" if finding.value else ""
    return f"{finding.file}{where}{row}: {finding.rule}: {finding.message}{got}"


def load_trial(trial: str | Path) -> Trial:
    """Load a trial for analysis.

    Parameters
    ----------
    trial
        Id of a shipped trial (``"ghd"``, …), or a folder with a ``trial.yml``.

    Returns
    -------
    Trial
        Checked; ``findings`` holds notes only.

    Raises
    ------
    TrialError
        With one sentence per error of the checks.
    """
    read = read_trial(trial)
    errors = [finding for finding in read.findings if finding.severity == "error"]
    if errors:
        raise TrialError(
            "\n".join(_sentence(error) for error in errors)
            + f"\nsee all with: python -m analysis check {paths.shown(read.folder)}"
        )
    return read
