"""Read ADaM tables that others made, in any of their formats, into one form.

`files` says which file is which table, `reading` reads one as it is stored (`csv_table`,
`separator`, `csv_numbers` and `encoding` for what a csv does not say, `dataset_json` for what
Dataset-JSON does), and `normal` gives every table one form (`kinds`, `dates`, `labels`);
`once` keeps it for the next time. A define.xml beside them gives labels (`described`).
Whatever was decided on the way is a counted note; what has two meanings is an error.
"""

from analysis.sources.trial.tables.described import (
    DEFINE,
    define_file,
    label_of,
    read_metadata,
    with_labels,
)
from analysis.sources.trial.tables.files import (
    FORMATS,
    consulted,
    data_folder,
    other_formats,
    table_files,
    two_files,
)
from analysis.sources.trial.tables.kinds import TEXT
from analysis.sources.trial.tables.labels import labels_of
from analysis.sources.trial.tables.normal import normalise
from analysis.sources.trial.tables.once import read_normal
from analysis.sources.trial.tables.reading import read_table

__all__ = [
    "DEFINE",
    "FORMATS",
    "TEXT",
    "consulted",
    "data_folder",
    "define_file",
    "label_of",
    "labels_of",
    "normalise",
    "other_formats",
    "read_metadata",
    "read_normal",
    "read_table",
    "table_files",
    "two_files",
    "with_labels",
]
