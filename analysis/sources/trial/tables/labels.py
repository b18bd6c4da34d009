"""Labels of variables, which xpt, sas7bdat, Dataset-JSON and parquet files carry."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet


class Labels(dict[str, str]):
    """Variable → label.

    Pandas copies what it is told of a table, in depth, whenever a column is taken from it; these
    are never changed, so that the copy can be the same.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> "Labels":
        return self


def labels_of(table: pd.DataFrame) -> Mapping[str, str]:
    """Return variable → label of a table that `normalise` returned; empty if its file had none."""
    return table.attrs.get("labels", {})


def tidy(labels: Mapping[Any, Any]) -> Labels:
    """Return labels by upper-case names, without the blank ones."""
    return Labels(
        {
            str(name).strip().upper(): label.strip()
            for name, label in labels.items()
            if isinstance(label, str) and label.strip()
        }
    )


def parquet_labels(path: Path, attrs: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels in a parquet file: of each field, or as pandas keeps them."""
    kept = attrs.get("labels")
    found = dict(kept) if isinstance(kept, Mapping) else {}
    for field in pyarrow.parquet.read_schema(path):
        label = (field.metadata or {}).get(b"label")
        if label:
            found[field.name] = label.decode("utf-8", errors="replace")
    return found
