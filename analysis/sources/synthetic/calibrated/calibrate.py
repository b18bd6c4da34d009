"""Make a trial folder from a study of the ledger, and say which of its numbers it reproduces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import paths
from analysis.errors import UserError
from analysis.sources.audit import audit_ledger
from analysis.sources.define import define_xml, read_dictionary
from analysis.sources.evidence import Ledger, load_ledger
from analysis.sources.synthetic.adam import csv_text
from analysis.sources.synthetic.calibrated.assumed import StudyAssumptions, assumptions_of
from analysis.sources.synthetic.calibrated.columns import Columns
from analysis.sources.synthetic.calibrated.counts import count
from analysis.sources.synthetic.calibrated.goals import complete, goals_of, observe, rank_of
from analysis.sources.synthetic.calibrated.groups import lay_out
from analysis.sources.synthetic.calibrated.moving import Moved, move
from analysis.sources.synthetic.calibrated.places import Made, places_of
from analysis.sources.synthetic.calibrated.plan import margin_of, plan_of
from analysis.sources.synthetic.calibrated.printed import numbers_of
from analysis.sources.synthetic.calibrated.recount import (
    REPRODUCED,
    checked,
    recounted,
    reproduced,
)
from analysis.sources.synthetic.calibrated.sample import Laws, usual_size
from analysis.sources.synthetic.calibrated.stored import read_reproduced, write_folder
from analysis.sources.synthetic.calibrated.tables import dictionary_with, tables_of
from analysis.sources.synthetic.reading import FILE as ASSUMPTIONS
from analysis.sources.synthetic.reading import TABLE, disagreements
from analysis.sources.trial.trial import Trial
from analysis.yaml_files import written

SEED = 20071218
GIRLS = "TS"
"""Indication of girls alone."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibrated study.

    Parameters
    ----------
    study
        Its study_id.
    tables
        Table name → records.
    plan
        What ``trial.yml`` says.
    assumptions
        What was assumed.
    reproduced
        One row a published number: as printed, as the tables give it, and why not.
    files
        Name → text of every file of the folder.
    """

    study: str
    tables: dict[str, pd.DataFrame]
    plan: dict[str, Any]
    assumptions: StudyAssumptions
    reproduced: pd.DataFrame
    files: dict[str, str]

    @property
    def count(self) -> tuple[int, int]:
        """How many published numbers are reproduced, and of how many."""
        return int((self.reproduced["outcome"] == REPRODUCED).sum()), len(self.reproduced)


def calibrate(ledger: Ledger, study: str, *, seed: int = SEED) -> Calibrated:
    """Return patients who give the published numbers of a study.

    Parameters
    ----------
    ledger
        The published ledger.
    study
        A study_id of it.
    seed
        Of all draws.

    Raises
    ------
    UserError
        If there is no such study, it pools others, or it prints no summary of patients.

    Notes
    -----
    Values are drawn from a stated law and then moved by the shortest way until every printed
    number comes out: means, SDs, errors, limits, medians, ranges, correlations, changes,
    differences, adjusted or not, and p-values, of all sets at once. Numbers that cannot all hold
    are named and not fudged.

    Examples
    --------
    >>> from analysis.sources.evidence import load_ledger
    >>> found = calibrate(load_ledger(), "VALT-TS-2004")
    >>> found.count
    (5, 5)
    """
    columns = columns_of(ledger, study)
    described = ledger.studies.set_index("study_id").loc[study]
    arms = ledger.arms[ledger.arms["study_id"] == study]
    rng = [np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(seed).spawn(3)]
    moved = _sampled(columns, rng[0])
    counted = count(columns, rng[1])
    made = tables_of(
        columns, moved.sample, counted, study=f"SYN-{study}",
        everybody_female=set(arms["indication"]) == {GIRLS}, rng=rng[2],
    )  # fmt: skip
    label, registration = str(described["label"]), str(described["registration"] or "")
    plan = plan_of(columns, made, arms, study=study, label=label, registration=registration)
    assumed = assumptions_of(columns, study=study, label=label, seed=seed)
    table = reproduced(columns, made, counted, moved.missed, margin_of(plan))
    return Calibrated(study, made.tables, plan, assumed, table, _files(made, plan, assumed, table))


def columns_of(ledger: Ledger, study: str) -> Columns:
    """Return the numbers of a study, who its participants are, and what is known of whom.

    Parameters
    ----------
    ledger
        The published ledger.
    study
        A study_id of it.
    """
    numbers = numbers_of(ledger, study)
    described = ledger.studies.set_index("study_id").loc[study]
    arms = ledger.arms[ledger.arms["study_id"] == study]
    groups = lay_out(numbers, arms, str(described["allocation"] or ""), usual_size(ledger))
    columns = Columns(ledger, groups, numbers)
    checked(columns, study)
    observe(columns)
    complete(columns)
    return columns


def as_stored(trial: Trial) -> pd.DataFrame | None:
    """Return the published numbers beside those of a calibrated trial's tables, as they are now.

    Parameters
    ----------
    trial
        A trial.

    Returns
    -------
    pandas.DataFrame or None
        As `recounted`; what stands in a table that the plan does not name is as it was when the
        trial was made. None where the trial is no calibrated one.
    """
    stored = read_reproduced(trial.folder)
    if stored is None or trial.plan.published is None:
        return None
    columns = columns_of(load_ledger(), trial.plan.published.study_id)
    made = replace(places_of(columns), tables=dict(trial.tables))
    now = recounted(columns, made, trial.plan.analysis.margin).set_index("result_id")
    stored = stored.set_index("result_id")
    fresh = now["outcome"] != ""
    why = stored["why"].reindex(now.index).fillna("")
    now["why"] = now["why"].where(now["why"] != "", why.where(now["outcome"] != REPRODUCED, ""))
    now = now.where(fresh, stored.reindex(now.index)[now.columns])
    return now.reset_index()


def synthesise_study(study: str, folder: Path | None = None) -> tuple[Calibrated, Path]:
    """Write the folder of a calibrated study.

    Parameters
    ----------
    study
        A study_id of the ledger.
    folder
        Where to write; by default ``build/patients/ID``. It must be new, empty, or made by this
        function of the same study.

    Returns
    -------
    found : Calibrated
        What was written.
    folder : pathlib.Path
        Where.

    Raises
    ------
    UserError
        As `calibrate`, or if the folder is another's. Nothing is written then.
    """
    ledger = load_ledger()
    found = calibrate(ledger, study)
    if wrong := disagreements(found.assumptions, ledger.results):
        raise UserError("\n".join(wrong))
    target = folder or paths.ROOT / "build" / "patients" / found.assumptions.id
    write_folder(found.files, target, found.assumptions.id)
    return found, target


def _sampled(columns: Columns, rng: np.random.Generator) -> Moved:
    """Return the sample: drawn, then moved."""
    laws = Laws(columns)
    limits = laws.limits()
    numbers = {each.result_id: each for each in columns.numbers}

    def rank(key: str) -> int:
        # The audit is asked only where numbers contradict each other.
        doubted = {
            row
            for finding in audit_ledger(columns.ledger)
            if finding.severity != "note"
            for row in finding.result_ids
        }
        return rank_of(numbers[key], doubted)

    return move(laws.drawn(rng, limits), goals_of(columns), limits, rank)


def _files(
    made: Made, plan: dict[str, Any], assumed: StudyAssumptions, table: pd.DataFrame
) -> dict[str, str]:
    """Return the text of every file of the folder."""
    note = (
        f"# Synthetic patients, made by: python -m analysis synthesise --study {assumed.study}\n"
        "# They show how the analysis works and are no evidence about any product.\n"
    )
    files = {f"{name}.csv": csv_text(records) for name, records in made.tables.items()}
    dictionary = dictionary_with(read_dictionary(), made.labels)
    files["define.xml"] = define_xml(
        made.tables, study=f"SYN-{assumed.study}", title=assumed.title, dictionary=dictionary
    )
    files["trial.yml"] = note + written(plan)
    files[ASSUMPTIONS] = note + written(_bare(assumed.model_dump()))
    marked = table.assign(data_status="synthetic")
    files[TABLE] = marked.to_csv(sep="\t", index=False, lineterminator="\n")
    return files


def _bare(part: Any) -> Any:
    """Return assumptions without the origin that an entry has not."""
    if not isinstance(part, dict):
        return part
    return {name: _bare(value) for name, value in part.items() if value != "" or name == "value"}
