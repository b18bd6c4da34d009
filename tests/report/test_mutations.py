"""Files that slips, bad disks and hostile senders have been at: a sentence, or nothing changed.

A mutation may be refused with a sentence. If it passes, the program uses what the file says: every
key and value that a second, independent reader finds in it is in what the program made of it, so
that nothing is coerced and nothing passed over. What guards itself (a summary, a bundle) passes
only unchanged.
"""

import csv
import dataclasses
import io
import shutil
import signal
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pydantic
import pytest
import yaml
from corpus import DUMPER, good_plan, good_tables, write_table
from mutating import mutated

from analysis import paths
from analysis.errors import UserError
from analysis.report import index
from analysis.report.bundle import write_bundle
from analysis.report.grid import load_grid
from analysis.report.runs import load_runs
from analysis.report.summary import damage
from analysis.report.verify import verify_bundle
from analysis.sources.trial.read_plan import read_plan
from analysis.sources.trial.trial import read_trial

SEED = 20
FEW, MANY = 43, 430
"""Mutations of each of seven kinds: some 300 in the ordinary run, some 3,000 under the mark."""
SECONDS = 20
"""What takes longer hangs."""
Check = Callable[[bytes], str]
"""Lets the program read the mutated file, and says what went wrong; empty where nothing did."""


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    def too_long(*_: object) -> None:
        raise TimeoutError(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def failures(path: Path, check: Check, many: int) -> list[str]:
    """Return what mutations of a file did that none may do."""
    good = path.read_bytes()
    assert not (said := check(good)), said
    found = []
    for number in range(many):
        content, how = mutated(good, f"{SEED} {path.name} {number}")
        path.write_bytes(content)
        try:
            with limited(SECONDS):
                said = check(content)
        except UserError as error:
            said = unclear(str(error))
        except Exception as error:
            said = f"{type(error).__name__}: {str(error)[:200]}"
        if said:
            found.append(f"{path.name} {number} ({how}): {said}")
    path.write_bytes(good)
    return found


def unclear(sentences: str) -> str:
    """Say of a refusal why nobody could act on it."""
    lines = sentences.splitlines()
    if any(len(line.split()) < 4 for line in lines):
        return f"no sentence: {sentences[:300]!r}"
    return f"too long: {sentences[:300]!r}" if max(map(len, lines)) > 1500 else ""


def passed_over(used: Any, text: Any) -> str:
    """Say which words and numbers of a text are not in what was made of it."""
    lost = set(atoms(text)) - set(atoms(used))
    return f"passed over: {sorted(map(repr, lost))[:5]}" if lost else ""


def atoms(value: Any) -> Iterator[object]:
    """Return every key and value in something, numbers by their value."""
    if isinstance(value, pydantic.BaseModel):
        yield from atoms(value.model_dump(by_alias=True))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from atoms(
            {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        )
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from atoms(key)
            yield from atoms(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from atoms(inner)
    else:
        yield atom(value)


def atom(value: object) -> object:
    if value is None or value is pd.NaT or value != value or value == "~":
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat().removesuffix("T00:00:00")
    try:
        return float(str(value))
    except ValueError:
        return str(value).strip() or "null"


def as_text(content: bytes) -> Any:
    """Read YAML as texts, whatever these may mean."""
    return yaml.load(content.decode("utf-8-sig"), yaml.BaseLoader)


def plan(folder: Path, _: Any) -> tuple[Path, Check]:
    path = folder / "trial.yml"
    path.write_text(yaml.dump(good_plan(), Dumper=DUMPER, sort_keys=False))
    return path, lambda content: passed_over(read_plan(folder), as_text(content))


def runs(folder: Path, _: Any) -> tuple[Path, Check]:
    path = folder / "runs.yml"
    shutil.copy(paths.RUNS, path)
    return path, lambda content: passed_over(load_runs(path), as_text(content))


def grid(folder: Path, _: Any) -> tuple[Path, Check]:
    path = folder / "margins.yml"
    shutil.copy(paths.NOTEBOOKS / "grids" / path.name, path)
    words = {"title", "notebook", "analysis", "parameters"}
    return path, lambda content: passed_over([words, load_grid(path)], as_text(content))


def table(folder: Path, _: Any) -> tuple[Path, Check]:
    (folder / "trial.yml").write_text(yaml.dump(good_plan(), Dumper=DUMPER, sort_keys=False))
    for name, frame in good_tables().items():
        write_table(folder, name, frame, "csv")
    path = folder / "adsl.csv"

    noted = read_trial(folder).findings

    def check(content: bytes) -> str:
        trial = read_trial(folder)
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
        frame = trial.tables["adsl"].astype(object)
        said = passed_over([list(frame), *map(list, frame.to_numpy())], [*rows])
        # What could not be read is missing, and a finding says so with its count.
        return said if trial.findings == noted else ""

    return path, check


def summary(folder: Path, project: Any) -> tuple[Path, Check]:
    del folder
    index.write(project.folder)
    page = (project.folder / "index.html").read_bytes()

    def check(_: bytes) -> str:
        index.write(project.folder)
        same = (project.folder / "index.html").read_bytes() == page
        # What is damaged is executed anew when it is asked for.
        return "" if same or damage(project.folder / "one") else "the front page changed"

    return project.folder / "one" / "run.json", check


def manifest(folder: Path, project: Any) -> tuple[Path, Check]:
    _, check = summary(folder, project)
    path = project.folder / "manifest.json"
    good = path.read_bytes()
    return path, lambda _: check(_) or ("" if path.read_bytes() == good else "it was not mended")


def bundle(folder: Path, project: Any) -> tuple[Path, Check]:
    path = folder / "report.zip"
    write_bundle(path, project.folder)
    root_hash = verify_bundle(path).root_hash
    held = contents(path)

    def check(_: bytes) -> str:
        found = verify_bundle(path, root_hash)
        return "" if found.findings or contents(path) == held else "changed and not found"

    return path, check


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


KINDS = [plan, runs, grid, table, summary, manifest, bundle]


@pytest.fixture
def mine(project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    made = project.copy(tmp_path / "project")
    made.use(monkeypatch)
    return made


@pytest.mark.parametrize("kind", [plan, runs, grid, table])
@pytest.mark.parametrize("many", [FEW, pytest.param(MANY, marks=pytest.mark.thorough)])
def test_what_a_user_writes(tmp_path: Path, kind: Any, many: int) -> None:
    assert failures(*kind(tmp_path, None), many) == []


@pytest.mark.parametrize("kind", [summary, manifest, bundle])
@pytest.mark.parametrize("many", [FEW, pytest.param(MANY, marks=pytest.mark.thorough)])
def test_what_a_report_writes(mine: Any, tmp_path: Path, kind: Any, many: int) -> None:
    assert failures(*kind(tmp_path, mine), many) == []


def test_what_is_passed_over_is_noticed(tmp_path: Path) -> None:
    path, check = plan(tmp_path, None)
    good = path.read_bytes()
    assert "'marginn'" in check(good.replace(b"margin:", b"marginn:"))
    assert "30.5" in check(good + b"more: 30.5")
