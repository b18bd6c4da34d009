"""What parts the cells of a csv file, and its header."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
SAMPLE_BYTES, SAMPLE_ROWS = 1 << 18, 200
"""How much of a file its separator is judged by."""
DECLARED = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
"""What a spreadsheet writes in a line before the header."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a csv file.

    Parameters
    ----------
    names
        Cells of the header without blanks around them.
    separator
        One of `SEPARATORS`.
    size
        Bytes up to the first record.
    """

    names: tuple[str, ...]
    separator: str
    size: int


def read_header(data: bytes) -> Header:
    """Find the separator and the header of a csv file.

    The separator is the one that splits the header and gives every row of a sample the same
    number of cells; of several, the one that gives the most.

    Parameters
    ----------
    data
        In UTF-8.

    Raises
    ------
    ValueError
        If there is no header, or no separator is right.
    """
    sample = data[:SAMPLE_BYTES]
    if len(data) > SAMPLE_BYTES:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    text = sample.decode("utf-8", errors="ignore")
    lines = list(io.StringIO(text, newline=""))
    size = 0
    while lines and not lines[0].strip():
        size += len(lines.pop(0).encode())
    if not lines:
        raise ValueError("it is empty; write a header, also where there is no record")
    if declared := DECLARED.fullmatch(lines[0].strip()):
        size += len(lines.pop(0).encode())
    separator = declared[1] if declared else _separator(lines)
    rows = csv.reader(iter(lines), delimiter=separator)
    names = tuple(name.strip() for name in next(rows, []))
    if len(names) == 1 and not re.fullmatch(r"\w+", names[0]):
        raise ValueError(
            "the names of its header must be parted by comma, semicolon, tab or |; "
            f"got '{names[0]}'"
        )
    return Header(
        names, separator, size + sum(len(line.encode()) for line in lines[: rows.line_num])
    )


def _separator(lines: list[str]) -> str:
    cells = {separator: list(_sizes(lines, separator)) for separator in SEPARATORS}
    split = {separator: sizes for separator, sizes in cells.items() if sizes and sizes[0] > 1}
    steady = [separator for separator, sizes in split.items() if len(set(sizes)) == 1]
    candidates = steady or list(split)
    if not candidates:
        return ","
    best = max(split[separator][0] for separator in candidates)
    first, *others = (each for each in candidates if split[each][0] == best)
    if others:
        raise ValueError(
            f"its cells may be parted by {SEPARATORS[first]} or {SEPARATORS[others[0]]}; "
            "save it with one of them only"
        )
    return first


def _sizes(lines: list[str], separator: str) -> Iterator[int]:
    for at, row in enumerate(csv.reader(iter(lines), delimiter=separator)):
        if at >= SAMPLE_ROWS:
            return
        if row:
            yield len(row)
