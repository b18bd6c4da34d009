"""Read the tables that a plan names, with what a define.xml beside them says."""

from pathlib import Path

import pandas as pd

from analysis.sources.trial.against_define import differences, tables_differ, unlabelled
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.tables import (
    other_formats,
    read_metadata,
    read_normal,
    table_files,
    two_files,
    with_labels,
)


def read_tables(
    plan: TrialPlan, where: Path
) -> tuple[dict[str, pd.DataFrame], tuple[str, ...], list[TrialFinding]]:
    """Read the tables of a plan, as far as a folder has them.

    Parameters
    ----------
    plan
        Names the tables, and says what is text.
    where
        The folder of the tables.

    Returns
    -------
    tables : dict
        Table name → normalised table with its labels.
    available : tuple of str
        Names of all tables of the folder.
    findings : list of TrialFinding
        How the tables were read, and where they are not what the define.xml says of them.
    """
    files = table_files(where)
    findings = [*two_files(where, plan.datasets), *other_formats(where, plan.datasets)]
    metadata, found = read_metadata(where)
    findings += found
    if metadata:
        findings += tables_differ(metadata, files)
    tables = {}
    for name in (each for each in plan.datasets if each in files):
        said = metadata.datasets.get(name) if metadata else None
        table, found = read_normal(name, files[name], plan, text=said.texts if said else ())
        findings += found
        if said:
            findings += differences(table, said)
        tables[name] = with_labels(table, said)
        findings += unlabelled(name, tables[name])
    return tables, tuple(files), findings
