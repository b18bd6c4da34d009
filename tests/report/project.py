"""A small project: the real package with two tiny topics, two notebooks and their data."""

import compileall
import io
import os
import py_compile
import shutil
import signal
import subprocess
import sys
from concurrent.futures import Executor
from contextlib import AbstractContextManager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from analysis import __main__, paths
from analysis.report import executor
from analysis.report.index import FAMILIES
from analysis.report.runs import Run, load_runs

WITHOUT = Path(__file__).parents[1] / "without"
"""What a process of the tests does without; it stands on its path."""

TOPIC = '''
"""One topic."""
import pandas as pd
import pydantic

from analysis import paths
from analysis.parameters import NotebookParameters
from analysis.results import Results, rows_of
{imports}

class Parameters(NotebookParameters):
    """Parameters of the notebook."""

    x: float = pydantic.Field(1.0, description="a number")
    trial: str = pydantic.Field("none", description="a trial")


def results(x: float, trial: str) -> Results:
    """Return the sum of a file times x."""
    total = {reads}
    plan = "planned" if x == 1 else "exploratory"
    frame = pd.DataFrame(
        [{{"group1_level": "all", "estimate": x * total, "conf.low": x * total - 1,
          "conf.high": x * total + 1, "conclusion": "superior" if x > 0 else "not shown"}}]
    )
    return rows_of(
        frame.assign(source="{name}.csv"), "total",
        context="test", decimals=0, data_status="synthetic", plan_status=plan,
    )
'''
CELLS = {
    "title": "# A tiny page about {name}",
    "parameters": 'x: float = 1.0  # a number\ntrial: str = "none"  # a trial',
    "setup": "from analysis import {name}\nfrom analysis.display import Page, Reading\n"
    "page = Page(globals(), {name}.Parameters)\npage",
    "h-answer": "## The answer",
    "answer": "found = {name}.results(page.parameters.x, page.parameters.trial)\n"
    'page.show(Reading([found.text("estimate")], found, heading="The answer"))',
    "answer-figure": 'page.show(Reading(["No figure."]))',
    "results": "page.finish()",
}
RUNS = """
one:
  notebook: "one"
two:
  notebook: "two"
  parameters:
    x: 2.0
"""


def notebook(name: str, **cells: str) -> nbformat.NotebookNode:
    """A notebook with the cells above, or others in their place."""
    made = []
    for cell_id, source in {**CELLS, **cells}.items():
        text = source.format(name=name) if cell_id in CELLS else source
        markdown = cell_id.startswith(("title", "h-"))
        new = nbformat.v4.new_markdown_cell if markdown else nbformat.v4.new_code_cell
        cell = new(text)
        cell["id"] = cell_id
        if cell_id == "parameters":
            cell.metadata["tags"] = ["parameters"]
        made.append(cell)
    node = nbformat.v4.new_notebook(cells=made)
    node.metadata["kernelspec"] = {
        "name": "python3", "language": "python", "display_name": "Python 3",
    }  # fmt: skip
    return node


@dataclass(frozen=True)
class Project:
    """A project folder, and the command line that works in it."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "reports"

    def environment(self, **extra: str) -> dict[str, str]:
        found = os.pathsep.join([str(self.root), str(WITHOUT)])
        fixed = {"PYTHONPATH": found, "SOURCE_DATE_EPOCH": "1000000000"}
        return {**os.environ, **fixed, **extra}

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "analysis", *map(str, arguments)]

    def main(
        self, *arguments: object, status: int = 0, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own; no traceback whatever the status."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env=self.environment(**extra),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == status, f"{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def here(self, *arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command that executes no notebook in this process, which spares its start."""
        command = [*map(str, arguments)]
        end = signal.getsignal(signal.SIGTERM)
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(io.StringIO()) as out,
            redirect_stderr(io.StringIO()) as err,
        ):
            self.use(patch)
            patch.setenv("SOURCE_DATE_EPOCH", self.environment()["SOURCE_DATE_EPOCH"])
            patch.chdir(self.root)
            # A notebook executed from here would import the package of the tests, not its own.
            patch.setattr(executor, "processes", _none)
            try:
                returned = __main__.main(command)
            finally:
                signal.signal(signal.SIGTERM, end)
        done = subprocess.CompletedProcess(command, returned, out.getvalue(), err.getvalue())
        assert done.returncode == status, f"{done.stdout}\n{done.stderr}"
        return done

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let this process see the project's folders as its own."""
        for name in ("ROOT", "DATA", "PUBLISHED", "REGISTRY", "NOTEBOOKS", "RUNS", "REPORTS"):
            inside = getattr(paths, name).relative_to(REAL)
            monkeypatch.setattr(paths, name, self.root / inside)

    def files(self, folder: str = "reports") -> dict[str, bytes]:
        """Every file of a report but the logs, which tell the time."""
        root = self.root / folder
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and "logs" not in path.parts and path.name != ".lock"
        }

    def copy(self, target: Path) -> "Project":
        """A project with the same files and report, free to be broken."""
        shutil.copytree(self.root, target)
        return Project(target)


REAL = paths.ROOT


def _none(jobs: int) -> AbstractContextManager[Executor]:
    raise AssertionError(f"a command that executes notebooks needs a process; {jobs} jobs")


def runs_of_the_project() -> list[Run]:
    """The runs of the project's own notebooks, whatever else a user has among them."""
    return [run for run in load_runs(paths.RUNS).values() if run.notebook in FAMILIES]


def make_project(root: Path) -> Project:
    """Write the project."""
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REAL / "analysis", root / "analysis", ignore=skip)
    # The tiny notebooks read no trial: their kernels start without a second of its imports.
    warm = root / "analysis" / "report" / "warm.py"
    text = warm.read_text(encoding="utf-8")
    for module in ("scipy.optimize", "scipy.special", "analysis.results.trial_run"):
        heavy = f'    "{module}",\n'
        assert heavy in text
        text = text.replace(heavy, "")
    warm.write_text(text, encoding="utf-8")
    (root / "analysis" / "one.py").write_text(
        TOPIC.format(
            name="one",
            imports="from analysis.helper import doubled\n",
            reads='doubled(pd.read_csv(paths.DATA / "one.csv")["value"].sum())',
        )
    )
    (root / "analysis" / "helper.py").write_text(
        '"""Help."""\n\n\ndef doubled(x):\n    """Return it twice."""\n    return 2 * x\n'
    )
    (root / "analysis" / "two.py").write_text(
        TOPIC.format(
            name="two",
            imports="",
            reads='sum(pd.read_csv(p)["value"].sum() for p in (paths.DATA / "two").glob("*.csv"))',
        )
    )
    # Compiled once for all its processes; by hash, since tests change a file within a second.
    by_hash = py_compile.PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(root / "analysis", quiet=1, invalidation_mode=by_hash)
    (root / "data" / "two").mkdir(parents=True)
    for name in ("one.csv", "two/a.csv"):
        (root / "data" / name).write_text("value\n1\n2\n")
    (root / "data" / "registry.txt").touch()
    # The front page and the bundle are named after the product that is asked for.
    (root / "data" / "published").mkdir()
    for name in ("question.csv", "claims.csv"):
        shutil.copy(REAL / "data" / "published" / name, root / "data" / "published" / name)
    (root / "requirements.lock").write_text("numpy==2\n")
    (root / "notebooks").mkdir()
    for name in ("one", "two"):
        nbformat.write(notebook(name), root / "notebooks" / f"{name}.ipynb")
    (root / "notebooks" / "runs.yml").write_text(RUNS)
    return Project(root)
