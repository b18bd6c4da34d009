"""One typed object for a trial: its plan, its tables, and the records that the plan selects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from analysis import paths
from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.shared_folder import made_once
from analysis.sources.growth_reference import REFERENCES
from analysis.sources.kept import Files
from analysis.sources.registry import changed_files, registered
from analysis.sources.trial.by_name import TablesByName
from analysis.sources.trial.derive import derive
from analysis.sources.trial.finding import PLAN, TrialFinding
from analysis.sources.trial.identifiers import without_identifiers
from analysis.sources.trial.known_texts import KnownTexts
from analysis.sources.trial.plan import TrialPlan, Visit
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.questions import UNANSWERED
from analysis.sources.trial.read_plan import read_draft
from analysis.sources.trial.read_tables import read_tables
from analysis.sources.trial.records import analysed, of_endpoint, one_each, record_of, visits_seen
from analysis.sources.trial.tables import DEFINE, consulted, data_folder, define_file
from analysis.sources.trial.trial_folder import trial_folder

MOST_KEPT = 4
"""Trials that stay in memory, the last ones asked for: as many as are shipped."""
_KEPT: "dict[Path, Trial]" = {}


class TrialError(UserError):
    """Everything that stops a trial from being analysed, one sentence a line."""


@brief(words="in_brief")
@dataclass(frozen=True, slots=True)
class Trial(TablesByName):
    """A trial whose plan and tables have been checked; ``trial.adsl`` is one of its tables.

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
    files
        The files that it was read from, as they were; None for a trial made otherwise.
    texts
        What the checks know of the texts of its tables; see `categories`.
    """

    plan: TrialPlan
    folder: Path
    tables: dict[str, pd.DataFrame]
    findings: tuple[TrialFinding, ...] = field(default=())
    files: Files | None = field(default=None, repr=False, compare=False)
    texts: KnownTexts = field(default_factory=KnownTexts, repr=False, compare=False)

    @property
    def is_current(self) -> bool:
        """Whether no file that it was read from has changed, appeared or gone since."""
        try:
            return self.files is None or self.files.unchanged(_files_of(self.folder, self.plan))
        except (UserError, OSError):
            return False  # The data folder or the registry can be read no more.

    def copy(self) -> "Trial":
        """Return the same trial; what is done to the one does not show in the other."""
        tables = {name: table.copy(deep=False) for name, table in self.tables.items()}
        return replace(self, plan=self.plan.model_copy(deep=True), tables=tables)

    def categories(self, dataset: str, column: str) -> pd.Categorical:
        """Return a column of texts as categories, without looking at each text again."""
        name = dataset.lower()
        return self.texts.of(name, self.tables[name][column])

    @property
    def data_status(self) -> str:
        """``"synthetic"`` or ``"real"``."""
        return self.plan.data_status

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the trial, label → words."""
        who = self.plan.analysis.population
        return self.plan.in_brief() | {
            "arms": f"{self._sizes(who)} ({who})",
            "tables": ", ".join(f"{name} {len(table)}" for name, table in self.tables.items()),
            "all of it": "trial.plan; a table as trial.adsl",
            "findings": f"{len(self.findings)} of the checks" if self.findings else "",
            "folder": paths.shown(self.folder),
        }

    def _sizes(self, population: str) -> str:
        adsl, flag = self.tables.get("adsl", pd.DataFrame()), self.plan.populations[population]
        if not {"TRT01P", flag} <= set(adsl):
            return "; ".join(self.plan.arms.names)  # As read, with errors.
        sizes = self.subjects(population)["arm"].value_counts()
        return "; ".join(f"{arm} N {sizes[arm]}" for arm in self.plan.arms.names)

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
            ADSL rows of the population with the categorical column ``arm`` in the plan's
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
        return chosen.assign(arm=arm)

    def records(
        self,
        dataset: str,
        *,
        population: str,
        paramcd: str = "",
        visit: str | Sequence[str] = "",
        dtype: str = "",
        where: Mapping[str, Sequence[str]] | None = None,
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
            Keep one PARAMCD, one or several AVISIT; "" keeps all.
        dtype, where
            Which records count, as in `Endpoint`.
        treatment
            As in `subjects`.

        Returns
        -------
        pandas.DataFrame
            Rows flagged for analysis (and baseline rows), observed or of the DTYPE asked for,
            within their visit window, of participants in the population, with ``arm``. Of a
            PARAMCD at visits that are named, each participant has one record a visit.

        Raises
        ------
        UserError
            If a participant has several records of one PARAMCD and visit.
        """
        table = self.tables[dataset.lower()]
        visits = [visit] if isinstance(visit, str) else list(visit)
        keep = analysed(table, self.plan, dtype=dtype, where=where)
        if paramcd:
            keep &= table["PARAMCD"] == paramcd
        if visits != [""]:
            keep &= table["AVISIT"].isin(visits)
        found = self._with_arm(table[keep], population, treatment)
        if not paramcd or visits == [""]:
            return found
        return one_each(found, ["USUBJID", "AVISIT"], what=f"{dataset}, {paramcd}")

    def _with_arm(
        self, records: pd.DataFrame, population: str, treatment: str = "planned"
    ) -> pd.DataFrame:
        subjects = self.subjects(population, treatment=treatment)[["USUBJID", "arm"]]
        return records.merge(subjects, on="USUBJID", how="inner", validate="many_to_one")

    def endpoint(self, endpoint: Endpoint, *, population: str) -> pd.DataFrame:
        """Return the analysed records of one endpoint, one a participant; see `records`."""
        table = self.tables[endpoint.dataset.lower()]
        found = self._with_arm(table[of_endpoint(table, self.plan, endpoint)], population)
        return one_each(found, record_of(endpoint), what=f"{endpoint.dataset}, {endpoint.paramcd}")

    def visits(self, endpoint: Endpoint) -> tuple[Visit, ...]:
        """Return the visits of the plan, or those of an endpoint's records if it lists none."""
        if self.plan.visits:
            return self.plan.visits
        return visits_seen(self.tables[endpoint.dataset.lower()], self.plan, endpoint)


def read_trial(trial: str | Path) -> Trial:
    """Read a trial's plan and tables and everything the checks find, errors included.

    What was read is kept, and returned again (as a copy) as long as it `is_current`.

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
    folder = trial_folder(trial)
    kept = _KEPT.pop(folder, None)
    if kept is None or not kept.is_current:
        # It is so no more where a file has come that was not there, as `define.xml`.
        kept = made_once(
            f"trial {folder}", lambda: _read(folder), holds=lambda trial: trial.is_current
        )
    _KEPT[folder] = kept
    while len(_KEPT) > MOST_KEPT:
        del _KEPT[next(iter(_KEPT))]
    return kept.copy()


def _read(folder: Path) -> Trial:
    from analysis.sources.trial.checks import Study, check_study

    seen = Files()
    seen.look([folder / PLAN])
    plan, questions = read_draft(folder)
    seen.look(_files_of(folder, plan))
    if folder.is_relative_to(paths.DATA) and (changed := changed_files(folder)):
        raise TrialError("\n".join(changed))
    where = data_folder(plan, folder)
    tables, available, found = read_tables(plan, where)
    findings = [TrialFinding(PLAN, field, "question", UNANSWERED) for field in questions]
    findings += found
    tables, found = derive(plan, tables)
    study = Study(plan=plan, tables=tables, available=available)
    findings += found + check_study(study)
    findings = without_identifiers(plan, tables, findings)
    texts = study.known_texts()
    return Trial(plan, folder, tables, tuple(findings), files=seen, texts=texts)


def _files_of(folder: Path, plan: TrialPlan) -> Iterator[Path]:
    """Yield every file that a trial is read from, or would be if it were there."""
    yield folder / PLAN
    where = data_folder(plan, folder)
    yield from consulted(where, plan.datasets)
    yield define_file(where) or where / DEFINE
    if folder.is_relative_to(paths.DATA):
        yield paths.REGISTRY
        yield from registered(folder)
    # What the plan names there is looked up by the checks.
    if plan.growth:
        yield from REFERENCES.glob("*.csv")
    if plan.published:
        yield paths.PUBLISHED / "arms.csv"


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
    return without_errors(read_trial(trial))


def without_errors(read: Trial) -> Trial:
    """Return a trial whose checks found no error.

    Raises
    ------
    TrialError
        With one sentence per error.
    """
    errors = [finding for finding in read.findings if finding.severity == "error"]
    if errors:
        raise TrialError(
            "\n".join(_sentence(error) for error in errors)
            + f"\nsee all with: python -m analysis check {paths.shown(read.folder)}"
        )
    return read
