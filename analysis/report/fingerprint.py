"""What a run depends on, as content hashes: its page is up to date while none has changed.

Six kinds of input: the notebook, its parameters, the code that it and its execution import, the
environment, the data, and the rendering: code, stylesheets, templates and lists of sources that
make a page of what an execution left. All but the data are known before a run, and of these the
folder of a trial that a parameter names; which other files a notebook reads, its kernel records.
Where nothing but the rendering changed, nothing is executed.
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

EXECUTES, RENDERS = "analysis.report.execute", "analysis.report.worker"
"""What executes a run, and what makes its page; their imports are inputs too."""
RENDERING = "rendering"
STYLES = ".css"
"""Ending of what shows only on a page, wherever it lies."""

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
        code = {
            *self._imports.of_source(source.code),
            # Templates beside the module that executes are no part of an execution.
            *(path for path in self._imports.of_modules([EXECUTES]) if path.suffix == ".py"),
        }
        code = {path for path in code if path.suffix != STYLES}
        rendering = self._imports.of_modules([RENDERS]) - code
        return {
            "notebook": {source.where: source.digest},
            "parameters": {"parameters": text_hash(json.dumps(run.parameters, sort_keys=True))},
            "code": self._of(sorted(code)),
            "environment": self._environment,
            "data": self._of(trial_files(run, source)),
            RENDERING: self._of([*sorted(rendering), *source_lists(), paths.ROOT / CITATION]),
        }

    def _of(self, files: Iterable[Path]) -> dict[str, str]:
        return {paths.shown(path): self._hashes(path) for path in files}

    def changes(self, now: Inputs, stored: Mapping[str, Any]) -> dict[str, str]:
        """Return which inputs of a run are not what they were when its page was made.

        The inputs of the run are from `of`, the stored ones from its summary.

        Returns
        -------
        dict
            Kind of input → the first of them in a phrase such as ``"analysis/safety.py changed"``;
            empty if all are the same.
        """
        # What the kernel recorded is asked for by name, and new files of a trial are found anew.
        read = self.present(stored.get("data", {}))
        now = {**now, "data": {**read, **now["data"]}}
        found: dict[str, str] = {}
        for kind, name in differing(now, stored):
            change = _change(stored.get(kind, {}).get(name), now[kind].get(name))
            said = f"its {kind} changed" if kind == "parameters" else f"{name} {change}"
            found.setdefault(kind, said)
        return found

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
        about = found.metadata  # read from its file each time
        name = _plain(about["Name"])
        packages[LOCKED if name in locked else OTHERS].append(f"{name}=={about['Version']}")
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
