"""A small reader of RTF for tests: rows of tables, and the words at the head of pages."""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(r"\\u(-?\d+) ?\?|\\([a-z]+)(-?\d+)? ?|\\([^a-z])|([{}])|([^\\{}\n]+)|\n")
DESTINATIONS = {"fonttbl", "stylesheet", "info", "footer", "fldinst", "bkmkstart", "bkmkend"}


@dataclass
class Row:
    """One row: the texts of its cells, their right edges, and the commands before them."""

    cells: list[str] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)
    commands: set[str] = field(default_factory=set)


@dataclass
class Section:
    """The pages of one size: words at their head, rows, other words, and the commands."""

    header: str = ""
    rows: list[Row] = field(default_factory=list)
    words: str = ""
    commands: dict[str, int] = field(default_factory=dict)


def read_rtf(content: bytes) -> list[Section]:
    """Read a document; its sections in order."""
    sections, row, text, units = [Section()], Row(), "", b""
    skipped: list[str] = [""]
    for found in TOKEN.finditer(content.decode("ascii")):
        unit, command, number, sign, brace, plain = found.groups()
        inside = skipped[-1]
        if unit is None and units:
            text += units.decode("utf-16-le")
            units = b""
        if brace == "{":
            skipped.append(inside)
        elif brace == "}":
            if skipped.pop() == "header" and skipped[-1] != "header":
                sections[-1].header, text = text, ""
        elif command in DESTINATIONS:
            skipped[-1] = "skipped"
        elif inside == "skipped":
            continue
        elif unit is not None:
            units += int(unit).to_bytes(2, "little", signed=True)
        elif sign or plain:
            text += sign if sign in ("\\", "{", "}") else plain or ""
        elif command == "header":
            skipped[-1] = command
            text = ""
        elif command in ("line", "par"):
            text += "\n"
            if "intbl" not in row.commands and inside != "header":
                sections[-1].words += text
                text = ""
        elif command == "sect":
            sections.append(Section())
        elif command == "trowd":
            row = Row()
        elif command == "cell":
            row.cells.append(text)
            text = ""
        elif command == "cellx":
            row.edges.append(int(number))
        elif command == "row":
            sections[-1].rows.append(row)
            row = Row()
        elif command:
            row.commands.add(command)
            sections[-1].commands[command] = int(number or 1)
    assert len(skipped) == 1, "every group is closed"
    return sections
