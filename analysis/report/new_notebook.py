"""Write a notebook of a user's own: in the house's order, small, and running as it stands."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import yaml

from analysis import paths
from analysis.display.html import environment
from analysis.errors import UserError
from analysis.report.normalise import KERNEL, normal_form
from analysis.report.pages import TEMPLATES
from analysis.report.place import put_file
from analysis.report.runs import LONGEST, NAME, RESERVED, load_runs, own_folder, own_runs_file

HEADER = """# Your own runs: a notebook of this folder or of the project, with its parameters.
# A trial of your own in a notebook of the project, for example:
# my-trial-safety:
#   notebook: "4_safety"
#   parameters:
#     trial: "/where/my-trial/is"
"""

OF_A_TRIAL, OF_DATA = "own_of_a_trial.py.j2", "own_of_data.py.j2"
"""The two templates: a cell after each line ``# %% ID``."""


def _quoted(text: str) -> str:
    """Return a text as Python and papermill read it, in the quotes of the house."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def new_notebook(name: str, *, trial: str = "", title: str = "") -> Path:
    """Write a notebook and its run into the folder of a user's own.

    Parameters
    ----------
    name
        Of notebook and run.
    trial
        A shipped trial or a trial folder; without one the notebook has data that are made up.
    title
        Heading of the page; the name in words if left out.

    Returns
    -------
    Path
        The notebook.

    Raises
    ------
    UserError
        If the name is none, or taken, or the trial cannot be loaded.
    """
    import nbformat

    _refuse_name(name)
    title = " ".join(title.split()) or name.replace("-", " ").capitalize()
    filled = environment(TEMPLATES).get_template(OF_A_TRIAL if trial else OF_DATA)
    text = filled.render(title=title, **(_of_trial(trial) if trial else {}))
    made = []
    for cell in text.split("# %% ")[1:]:
        cell_id, _, source = cell.strip().partition("\n")
        markdown = cell_id == "title" or cell_id.startswith("h-")
        new = nbformat.v4.new_markdown_cell if markdown else nbformat.v4.new_code_cell
        tags = {"metadata": {"tags": ["parameters"]}} if cell_id == "parameters" else {}
        made.append(new(source, id=cell_id, **tags))
    about = {"kernelspec": KERNEL, "title": title}
    notebook = nbformat.v4.new_notebook(cells=made, metadata=about)
    target = own_folder() / f"{name}.ipynb"
    target.parent.mkdir(exist_ok=True)
    put_file(target, normal_form(nbformat.writes(notebook).encode()))
    _add_run(name)
    return target


def next_steps(path: Path) -> str:
    """Say what was written, and what comes next."""
    runs, name = paths.shown(path.with_name("runs.yml")), path.stem
    return (
        f"wrote {paths.shown(path)}, which runs as it stands, and its run in {runs}\n"
        f"1. make lab, open {path.relative_to(paths.NOTEBOOKS).as_posix()}, and put your own table "
        f"and figure in\n2. python -m analysis report {name}\n"
        f"3. read {paths.shown(paths.REPORTS / name / 'index.html')}"
    )


def _refuse_name(name: str) -> None:
    if not NAME.fullmatch(name) or name in RESERVED:
        raise UserError(
            f"the name of a notebook has small letters, digits and hyphens, at most {LONGEST}, "
            f"such as my-heights, and is none of {', '.join(RESERVED)}; got '{name[:LONGEST]}'"
        )
    taken = [*paths.NOTEBOOKS.glob(f"{name}.ipynb"), *own_folder().glob(f"{name}.ipynb")]
    if taken:
        raise UserError(f"{paths.shown(taken[0])} exists already; choose another name")
    if name in load_runs():
        raise UserError(f"there is a run '{name}' already; choose another name")


def _of_trial(named: str) -> dict[str, str]:
    """Return a trial as the notebook finds it, a variable of its participants, and its unit."""
    from analysis.sources.trial.trial import load_trial

    trial = load_trial(named)
    found = str(Path(named).expanduser().resolve()) if Path(named).expanduser().is_dir() else named
    subjects = trial.subjects(trial.plan.analysis.population)
    numbers = [
        column
        for column in subjects.select_dtypes("number")
        if not pd.api.types.is_bool_dtype(subjects[column]) and subjects[column].notna().any()
    ]
    if not numbers:
        raise UserError(f"adsl of '{named}' has no variable that is a number; leave --trial out")
    variable = "AGE" if "AGE" in numbers else numbers[0]
    unit = "years" if variable == "AGE" else "unit"
    if variable == "AGE" and "AGEU" in subjects and subjects["AGEU"].nunique() == 1:
        unit = str(subjects["AGEU"].dropna().iloc[0]).lower()
    given = {"trial": found, "variable": variable, "unit": unit}
    return {what: _quoted(text) for what, text in given.items()}


def _add_run(name: str) -> None:
    file = own_runs_file()
    text = file.read_text(encoding="utf-8") if file.is_file() else HEADER
    entry = yaml.safe_dump({name: {"notebook": name}}, sort_keys=False)
    put_file(file, f"{text.rstrip()}\n{entry}")
