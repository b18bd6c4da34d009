"""What an analyst does in JupyterLab: each situation is a few steps, and what was then seen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab import Notebook, shortened

SITUATIONS: dict[str, Callable[[Drive], None]] = {}
LONG = "robustness"


@dataclass
class Drive:
    """One version of the project in JupyterLab: where it is, and what was seen so far."""

    root: Path
    folder: Path
    shots: Path
    address: str
    window: Any
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    situation: str = ""
    notebook: Any = None

    def open(self, source: str, *keep: str, trial: Path | None = None) -> Notebook:
        """Open a fresh copy of a stored notebook with some of its cells."""
        target = shortened(
            self.root / f"notebooks/{source}.ipynb", self.folder / f"{self.situation}.ipynb", keep
        )
        if trial:
            written = target.read_text()
            target.write_text(
                written.replace(r"trial: str = \"ghd\"", rf"trial: str = \"{trial}\"")
            )
        if self.notebook:
            self.notebook.close()
        self.notebook = Notebook.open(self.window, self.address, target.name)
        return self.notebook

    def say(self, step: str, seen: str) -> None:
        """Note what was seen after a step."""
        self.rows.append((self.situation, step, seen))
        print(f"  {step}: {seen}", flush=True)

    def picture(self, notebook: Notebook, id: str, name: str = "") -> None:
        """Keep what stands on the screen."""
        notebook.screenshot(id, self.shots / f"{self.situation}{name and '-'}{name}.png")

    def set_up(self, notebook: Notebook) -> None:
        """Run the cells before the first section, as somebody does who opens a notebook."""
        for id in notebook.ids():
            if id in ("parameters", "setup", "load"):
                notebook.run(id)


def situation(steps: Callable[[Drive], None]) -> Callable[[Drive], None]:
    """Keep a situation under its name."""
    SITUATIONS[steps.__name__.replace("_", "-")] = steps
    return steps


def changed(notebook: Notebook, value: str, name: str = "margin") -> None:
    """Give a parameter another value in the parameter cell."""
    lines = notebook.source("parameters").splitlines()
    kept = [line for line in lines if not line.startswith((f"{name}:", f"{name} ="))]
    notebook.write("parameters", "\n".join([*kept, f"{name} = {value}"]))


@situation
def margin(drive: Drive) -> None:
    """Another margin, then a misspelt one, then one of a wrong type: the natural cells only."""
    notebook = drive.open("2_efficacy_controlled", "answer", "contrasts")
    drive.set_up(notebook)
    drive.say("answer", notebook.run("answer"))
    changed(notebook, "-1.0")
    notebook.run("parameters")
    drive.say("margin = -1.0, parameters and answer", notebook.run("answer"))
    drive.picture(notebook, "answer", "changed")
    changed(notebook, '"abc"')
    notebook.run("parameters")
    for time in ("once", "twice"):
        drive.say(f'margin = "abc", {time}', notebook.run("answer"))
    drive.picture(notebook, "answer", "abc")
    changed(notebook, '"as planned"')
    notebook.run("parameters")
    own = notebook.add("parameters", "margn = -1.0")
    notebook.run(own)
    for time in ("once", "twice"):
        drive.say(f"margn = -1.0, {time}", notebook.run("answer"))
    drive.picture(notebook, "answer", "margn")
    drive.say("… and the setup cell", notebook.run("setup"))
    notebook.write(own, "del margn")
    notebook.run(own)
    drive.say("del margn, answer", notebook.run("answer", width=110))
    notebook.write(own, "del margin")
    notebook.run(own)
    drive.say("del margin, answer", notebook.run("answer"))
    notebook.run("parameters")
    notebook.write(own, "for visit in ['M3', 'M12']:\n    pass")
    notebook.run(own)
    drive.say("visit as a variable of a loop, answer", notebook.run("answer"))
    drive.picture(notebook, "answer", "visit")


@situation
def own_cells(drive: Drive) -> None:
    """A cell of one's own, looking around, TAB."""
    notebook = drive.open("2_efficacy_controlled", "answer")
    drive.set_up(notebook)
    notebook.run("answer")
    own = notebook.add("answer", "import numpy as np\nnp.log([0., 1.])")
    drive.say("np.log([0., 1.])", notebook.run(own))
    drive.picture(notebook, own, "log")
    for code in ("page.run", "page.results", "page.parameters", "page.run.trial", "answer"):
        notebook.write(own, code)
        notebook.run(own)
        shown = notebook.seen(own, 10**9)
        drive.say(code, f"{len(shown)} characters: {shown[:160]}")
        drive.picture(notebook, own, code.replace(".", "-"))
    for text in ("page.", "page.run.", "page.results.", "answer."):
        offered = notebook.completions(text, own)
        drive.say(f"TAB after {text}", f"{len(offered)}: {', '.join(offered[:14])}")
    drive.picture(notebook, own, "tab")


@situation
def run_all_twice(drive: Drive) -> None:
    """Run All twice, save, and what git would say; restart in the middle."""
    notebook = drive.open("2_efficacy_controlled", "answer", "truth", "contrasts", "diagnostics")
    stored = json.loads((drive.folder / notebook.name).read_text())
    texts = []
    for time in ("once", "twice"):
        notebook.command("notebook:run-all-cells")
        notebook.wait("results")
        texts.append([notebook.seen(id, 10**9) for id in notebook.ids()])
        drive.say(f"Run All {time}, last cell", notebook.seen("results"))
    drive.say("the same texts twice", str(texts[0] == texts[1]))
    drive.picture(notebook, "results")
    notebook.save()
    saved = json.loads((drive.folder / notebook.name).read_text())
    drive.say("saved: differs in", differing(stored, saved))
    outputs = [output for cell in saved["cells"] for output in cell.get("outputs", [])]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    drive.say("saved: kinds of output", ", ".join(sorted(kinds)))
    notebook.restart()
    drive.say("restarted, contrasts without the setup", notebook.run("contrasts"))
    drive.picture(notebook, "contrasts", "restarted")
    drive.say("setup (and load) without the parameters", notebook.run("setup", width=120))
    drive.say("… contrasts", notebook.run("contrasts"))
    for id in ("parameters", "setup", "load"):
        if id in notebook.ids():
            notebook.run(id)
    drive.say("parameters, setup, contrasts: last first", notebook.run("contrasts", width=120))
    drive.say("… results", notebook.run("results"))


def differing(stored: Any, saved: Any) -> str:
    """Return where two notebooks differ, numbers of cells apart, in short."""
    for cell in (*stored["cells"], *saved["cells"]):
        for counted in (cell, *cell.get("outputs", [])):
            counted.pop("execution_count", None)
    metadata = {
        name: [stored["metadata"].get(name), saved["metadata"].get(name)]
        for name in {*stored["metadata"], *saved["metadata"]}
        if stored["metadata"].get(name) != saved["metadata"].get(name)
    }
    both = zip(stored["cells"], saved["cells"], strict=True)
    cells = [
        f"{one['id']}: {', '.join(name for name in two if one.get(name) != two[name])}"
        for one, two in both
        if one != two
    ]
    others = set(stored) - {"metadata", "cells"}
    rest = [name for name in others if stored[name] != saved[name]]
    return f"metadata {json.dumps(metadata)[:300]}; cells {cells}; {rest}"


@situation
def interrupted(drive: Drive) -> None:
    """A long cell: what it says meanwhile, interrupted, run again."""
    notebook = drive.open("2_efficacy_controlled", "answer", LONG)
    drive.set_up(notebook)
    notebook.run("answer")
    notebook.start(LONG)
    passing: list[str] = []
    for _ in range(40):
        drive.window.wait_for_timeout(500)
        if (seen := notebook.seen(LONG)) and seen not in passing:
            passing.append(seen)
        if len(passing) == 3:
            break
    drive.say("meanwhile", " | ".join(passing) or "nothing")
    drive.picture(notebook, LONG, "meanwhile")
    notebook.interrupt()
    notebook.wait(LONG)
    drive.say("interrupted", notebook.seen(LONG))
    drive.picture(notebook, LONG)
    drive.say("again", notebook.run(LONG, width=160))
    drive.picture(notebook, LONG, "again")
    drive.say("and others", notebook.run("answer", width=160))


@situation
def untrusted(drive: Drive) -> None:
    """Opened and not run, by somebody who never trusted it."""
    for source in ("2_efficacy_controlled", "1_programme"):
        keep = ("answer", "flow", "contrasts", "answer-figure", "reports", "workflow", "map")
        notebook = drive.open(source, *keep)
        drive.say(f"{source}: trusted", str(notebook.ask("return cell.model.trusted", "setup")))
        for id in notebook.ids():
            if id in keep:
                picture = notebook.ask(
                    "return [...cell.node.querySelectorAll('img, svg')]"
                    ".filter(e => e.getBoundingClientRect().width > 100).length",
                    id,
                )
                tables = notebook.ask("return cell.node.querySelectorAll('table').length", id)
                drive.say(f"{source}: {id}", f"{picture} pictures, {tables} tables on the screen")
                drive.picture(notebook, id, f"{source[0]}-{id}")


@situation
def two_at_once(drive: Drive) -> None:
    """Two notebooks open, run in turn; each has its own parameters."""
    notebook = drive.open("2_efficacy_controlled", "answer")
    drive.situation = "two-at-once-b"
    shutil.copy(drive.folder / notebook.name, drive.folder / "other.ipynb")
    other = notebook.beside("other.ipynb")
    for each in (notebook, other):
        for id in ("parameters", "setup", "load"):
            if id in each.ids():
                each.start(id)
    changed(other, "-1.0")
    for id in ("parameters", "setup", "load"):
        if id in other.ids():
            other.run(id)
    notebook.wait("setup")
    drive.say("first", notebook.run("answer"))
    drive.say("second, margin = -1.0", other.run("answer"))
    drive.say("first again", notebook.run("answer", width=120))
    other.close()


@situation
def edited_trial(drive: Drive) -> None:
    """A trial folder that is edited between two runs of a cell."""
    folder = drive.folder / "my trial"
    shutil.copytree(drive.root / "data/trials/ghd", folder, dirs_exist_ok=True)
    notebook = drive.open("2_efficacy_controlled", "answer", trial=folder)
    drive.set_up(notebook)
    drive.say("answer", notebook.run("answer"))
    plan = folder / "trial.yml"
    plan.write_text(plan.read_text().replace("margin: -1.8", "margin: -1.0"))
    drive.say("margin of trial.yml -1.0, answer again", notebook.run("answer"))
    plan.write_text("id: [")
    drive.say("trial.yml broken", notebook.run("answer"))


@situation
def programme(drive: Drive) -> None:
    """The same of another notebook: a value, a wrong one, a misspelt one."""
    notebook = drive.open("1_programme", "answer", "answer-figure", "map")
    drive.set_up(notebook)
    drive.say("answer", notebook.run("answer", width=160))
    for value in ('"TS"', '"TX"'):
        changed(notebook, value, "indication")
        notebook.run("parameters")
        drive.say(f"indication = {value}", notebook.run("answer"))
        drive.say("… its figure", notebook.run("answer-figure"))
    drive.picture(notebook, "answer")
    changed(notebook, '"GHD"', "indication")
    notebook.run("parameters")
    own = notebook.add("parameters", "indicaton = 'TS'")
    notebook.run(own)
    drive.say("indicaton = 'TS'", notebook.run("answer"))
