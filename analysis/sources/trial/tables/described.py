"""What a define.xml beside the tables says of them, and the labels that it gives them."""

from pathlib import Path

import pandas as pd

from analysis.errors import UserError
from analysis.sources.define import Dataset, Metadata, read_define
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.tables.labels import labels_of, tidy

DEFINE = "define.xml"


def define_file(folder: Path) -> Path | None:
    """Return the define.xml of a folder, in whatever case it is written; None for none."""
    found = sorted(path for path in folder.iterdir() if path.name.lower() == DEFINE)
    return found[0] if found else None


def read_metadata(folder: Path) -> tuple[Metadata | None, list[TrialFinding]]:
    """Read what the define.xml of a folder says of its tables.

    Parameters
    ----------
    folder
        Where the tables are.

    Returns
    -------
    metadata, findings
        None where there is no define.xml, or none that can be read: a note says why. No analysis
        needs it.
    """
    path = define_file(folder)
    if path is None:
        return None, []
    try:
        metadata = read_define(path)
    except UserError as error:
        message = f"{error}; the tables are read without it"
        return None, [_of_file("metadata not read", message)]
    if not metadata.loose:
        return metadata, []
    message = f"it refers to what it does not define: {', '.join(metadata.loose)}; export it anew"
    return metadata, [_of_file("metadata incomplete", message)]


def _of_file(rule: str, message: str) -> TrialFinding:
    return TrialFinding(DEFINE, "", rule, message, "note", count=0)


def with_labels(table: pd.DataFrame, said: Dataset | None) -> pd.DataFrame:
    """Return a normalised table with its labels: those of its file, and else of a define.xml."""
    labels = {**(said.labels if said else {}), **labels_of(table)}
    own = tidy({name: label for name, label in labels.items() if name in table})
    if own:
        table.attrs = {**table.attrs, "labels": own}
    if said and said.label:
        table.attrs = {**table.attrs, "label": said.label}
    return table


def label_of(table: pd.DataFrame) -> str:
    """Return the label of a table itself, which a define.xml gives; "" for none."""
    return str(table.attrs.get("label", ""))
