"""Alterations of files: formats, encodings, separators, and what happens on the way."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from altering import a_table, alteration, harmless
from bases import Base
from corpus import write_table

Rng = np.random.Generator


def _csv(base: Base, rng: Rng, edit: Callable[[Path], None]) -> str:
    """Write a table as csv and edit its file afterwards; return the table's name."""
    table = a_table(base, rng)
    base.formats[table] = "csv"
    base.after.append(lambda folder: edit(folder / f"{table}.csv"))
    return table


def _again(path: Path, **options: object) -> None:
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.to_csv(path, index=False, **options)


@harmless
def separator(base: Base, rng: Rng) -> str:
    mark = str(rng.choice([";", "\t", "|"]))
    return f"{_csv(base, rng, lambda path: _again(path, sep=mark))} separated by {mark!r}"


@harmless
def separator_and_decimal_comma(base: Base, rng: Rng) -> str:
    def edit(path: Path) -> None:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        numbers = r"^(-?\d+)\.(\d+)$"
        frame.replace(numbers, r"\1,\2", regex=True).to_csv(path, index=False, sep=";")

    return f"{_csv(base, rng, edit)} with ; and decimal commas"


@harmless
def encoding(base: Base, rng: Rng) -> str:
    name = str(rng.choice(["cp1252", "utf-16", "utf-8-sig", "latin-1"]))

    def edit(path: Path) -> None:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame.assign(SITENAM="Universität Köln").to_csv(path, index=False, encoding=name)

    return f"{_csv(base, rng, edit)} in {name}"


@harmless
def line_ends(base: Base, rng: Rng) -> str:
    end = str(rng.choice(["\r\n", "\r"]))

    def edit(path: Path) -> None:
        text = path.read_text("utf-8").replace("\n", end)
        path.write_bytes((text + end * 2).encode())

    return f"{_csv(base, rng, edit)} with line ends {end!r}"


@harmless
def everything_quoted(base: Base, rng: Rng) -> str:
    return f"{_csv(base, rng, lambda path: _again(path, quoting=1))} quoted throughout"


@harmless
def an_index_column(base: Base, rng: Rng) -> str:
    def edit(path: Path) -> None:
        pd.read_csv(path, dtype=str, keep_default_na=False).to_csv(path)

    return f"{_csv(base, rng, edit)} with pandas's index"


@alteration
def cut_short(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    base.formats[table] = str(rng.choice(["csv", "csv", "parquet"]))
    path_of = f"{table}.{base.formats[table]}"
    share = float(rng.choice([0.3, 0.9, 0.999, 0.0]))

    def edit(folder: Path) -> None:
        held = (folder / path_of).read_bytes()
        (folder / path_of).write_bytes(held[: int(len(held) * share)])

    base.after.append(edit)
    return f"{path_of} cut after {share:.1%}"


@alteration
def header_only(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    base.tables[table] = base.tables[table].iloc[:0]
    return f"{table} has no rows ({base.formats[table]})"


@alteration
def table_missing(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    del base.tables[table]
    return f"{table} missing"


@alteration
def two_formats(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    other = "csv" if base.formats[table] == "parquet" else "parquet"
    frame = base.tables[table]
    half = frame.iloc[: len(frame) // 2]
    base.after.append(lambda folder: write_table(folder, table, half, other))
    return f"{table} also as {other}, half of it"


@harmless
def name_in_upper_case(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    end = base.formats[table]
    base.after.append(
        lambda folder: (folder / f"{table}.{end}").rename(folder / f"{table.upper()}.{end.upper()}")
    )
    return f"file {table.upper()}.{end.upper()}"


@harmless
def another_file(base: Base, rng: Rng) -> str:
    name = str(rng.choice(["notes.txt", "~adsl.csv", "define.xml", ".DS_Store", "adzz.csv"]))
    base.after.append(lambda folder: (folder / name).write_bytes(b"\x00\xff,b\n1"))
    return f"a file {name} beside the tables"


@harmless
def another_format(base: Base, rng: Rng) -> str:
    end = str(rng.choice(["csv", "parquet", "xpt8"]))
    if base.name in ("general", "pilot"):
        end = "csv" if end == "xpt8" else end
    table = a_table(base, rng)
    base.formats[table] = end
    return f"{table} as {end}"


@alteration
def a_line_too_many_cells(base: Base, rng: Rng) -> str:
    def edit(path: Path) -> None:
        lines = path.read_text("utf-8").splitlines()
        at = int(len(lines) / 2)
        lines[at] = lines[at] + ",more" if len(lines) % 2 else lines[at].rpartition(",")[0]
        path.write_text("\n".join(lines), "utf-8")

    return f"{_csv(base, rng, edit)}: one line has a cell too many or too few"


@alteration
def wrong_content(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    end = base.formats[table]
    content = [b"", b"<html>not found</html>", b"\n\n", b"PK\x03\x04" + bytes(40)]
    held = content[int(rng.integers(len(content)))]
    base.after.append(lambda folder: (folder / f"{table}.{end}").write_bytes(held))
    return f"{table}.{end} holds {held[:12]!r}"


@harmless
def plan_encoding(base: Base, rng: Rng) -> str:
    how = str(rng.choice(["utf-8-sig", "crlf"]))

    def edit(folder: Path) -> None:
        text = (folder / "trial.yml").read_text("utf-8")
        if how == "crlf":
            (folder / "trial.yml").write_bytes(text.replace("\n", "\r\n").encode())
        else:
            (folder / "trial.yml").write_text(text, encoding=how)

    base.after.append(edit)
    return f"trial.yml as {how}"


_ = io
