"""What a run depends on, as content hashes: its page is up to date while none has changed.

Five kinds of input: the notebook, its parameters, the code that it and the report import, the
environment, and the data. The first four are known before a run, and so are the lists of
sources, how the project is cited, and the folder of a trial that a parameter names; which other
files a notebook reads, its kernel records.
"""

import json
import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import UserError
from analysis.report.citations import CITATION
from analysis.report.hashes import ABSENT, Hashes, file_hash, text_hash
from analysis.report.imports import Imports
from analysis.report.runs import Run
from analysis.report.source import Source
from analysis.sources.documents import source_lists

Inputs = dict[str, dict[str, str]]
"""Kind of input → name → hash."""

RENDERER = "analysis.report.worker"
"""What executes and renders a run; its imports are inputs too."""

LOCK = "requirements.lock"
LOCKED, OTHERS = "the installed packages of the lock", "the other installed packages"
UNSEEN = (".parquet", ".xpt", ".sas7bdat")
"""Endings of tables that compiled code opens, so that no recorder sees it."""


class Fingerprints:
    """The inputs of runs at one moment; what several runs share is read once."""

    def __init__(self) -> None:
        self._hashes = Hashes()
        self._imports = Imports(paths.ROOT)
        self._environment = environment()

    def of(self, run: Run, source: Source) -> Inputs:
        """Return the inputs of a run of a notebook that are known before it is executed."""
        files = self._imports.of_source(source.code) | self._imports.of_modules([RENDERER])
        return {
            "notebook": {source.where: source.digest},
            "parameters": {"parameters": text_hash(json.dumps(run.parameters, sort_keys=True))},
            "code": {paths.shown(path): self._hashes(path) for path in sorted(files)},
            "environment": self._environment,
            "data": {
                paths.shown(path): self._hashes(path)
                for path in (*trial_files(run, source), *source_lists(), paths.ROOT / CITATION)
            },
        }

    def stale_because(self, now: Inputs, stored: Mapping[str, Any]) -> str:
        """Say which input of a run is not what it was when its page was made.

        The inputs of the run are from `of`, the stored ones from its summary; the phrase is such as
        ``"analysis/safety.py changed"``, and empty if all are the same.
        """
        # What the kernel recorded is asked for by name, and new files of a trial are found anew.
        read = self.present(stored.get("data", {}))
        now = {**now, "data": {**read, **now["data"]}}
        kind, name = next(differing(now, stored), ("", ""))
        if kind in ("", "parameters"):
            return f"its {kind} changed" if kind else ""
        return f"{name} {_change(stored.get(kind, {}).get(name), now[kind].get(name))}"

    def present(self, names: Iterable[str]) -> dict[str, str]:
        """Return the present hash of files by name."""
        return {name: self._hashes(paths.of_shown(name)) for name in names}


def differing(now: Inputs, before: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return kind and name of every input that is not the same."""
    for kind, known in now.items():
        for name in dict.fromkeys([*known, *before.get(kind, {})]):
            if known.get(name) != before.get(kind, {}).get(name):
                yield kind, name


def _change(before: str | None, now: str | None) -> str:
    if now in (None, ABSENT):
        return "is gone"
    return "is new" if before in (None, ABSENT) else "changed"


def trial_files(run: Run, source: Source) -> Iterator[Path]:
    """Return folder and files of the trials that a run names.

    Notes
    -----
    Every text among the parameters that names a shipped trial or an existing path counts,
    whatever the parameter is called. Some formats are read outside Python, where no recorder
    sees it, so the whole folder is an input, and so is every such table below ``data`` that
    belongs to no trial. What an installed package holds, the environment covers.
    """
    trials = paths.DATA / "trials"
    for path in sorted(paths.DATA.rglob("*")):
        if path.suffix in UNSEEN and not path.is_relative_to(trials):
            yield path
    named = {**source.parameters(), **run.parameters}
    for text in dict.fromkeys(_texts(list(named.values()))):
        # A kernel works in the folder of its notebook, wherever the report is asked for.
        for folder in (paths.DATA / "trials" / text, *paths.candidates(text, run.folder)):
            # os.path: a text may be no path at all, or too long for one.
            if not text or not os.path.exists(folder):
                continue
            yield from _below(folder.resolve())
            plan = folder / "trial.yml"
            if plan.is_file() and not (tables := _tables(plan)).is_relative_to(sys.prefix):
                yield from _below(tables)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _below(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir():
        yield from sorted(found for found in path.rglob("*") if not found.name.startswith("."))


def _tables(plan: Path) -> Path:
    """Return where a plan says that its tables are; the plan's folder where it says nothing."""
    from analysis.sources.trial.read_plan import read_plan
    from analysis.sources.trial.tables import data_folder

    try:
        return data_folder(read_plan(plan.parent), plan.parent).resolve()
    except UserError:
        return plan.parent.resolve()


def environment() -> dict[str, str]:
    """Return what fixes the environment: the lock, Python, and the packages really installed."""
    lock = paths.ROOT / LOCK
    text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    locked = {_plain(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, flags=re.M)}
    packages: dict[str, list[str]] = {LOCKED: [], OTHERS: []}
    for found in metadata.distributions():
        name = _plain(found.metadata["Name"])
        packages[LOCKED if name in locked else OTHERS].append(f"{name}=={found.version}")
    return {
        LOCK: file_hash(lock),
        "Python": platform.python_version(),
        **{kind: text_hash("\n".join(sorted(names))) for kind, names in packages.items()},
    }


def _plain(name: str) -> str:
    """Return the name of a package as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def recorded(record: Path) -> dict[str, str]:
    """Return what a kernel recorded: path → hash; of a path that is named twice, the first."""
    if not record.is_file():
        return {}
    found: dict[str, str] = {}
    for line in record.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        found.setdefault(paths.shown(Path(name)), digest)
    return found
