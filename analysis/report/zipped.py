"""A zip whose bytes follow from its files alone."""

import io
import zipfile
from collections.abc import Mapping

DATE = (1980, 1, 1, 0, 0, 0)
"""Of every file: a zip has a date for each, and this is the first that it can have."""


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files, path in it → content, in the order of their names.

    Examples
    --------
    >>> zipped({"a": b"1", "b": b"2"}) == zipped({"b": b"2", "a": b"1"})
    True
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return made.getvalue()
