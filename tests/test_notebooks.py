"""What nbval cannot see: that stored notebooks are executed, clean and thin."""

import ast
import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import nbformat
import papermill
import pytest

from analysis import paths, programme, validation
from analysis.contrasts import settings as contrast_settings
from analysis.display.undrawn import UNDRAWN_CLASS, UNDRAWN_MARK
from analysis.efficacy import settings as efficacy_settings
from analysis.efficacy import single_arm_settings
from analysis.parameters import NotebookParameters, default_of
from analysis.report import git_filter
from analysis.report.normalise import normal_form, normalise_files
from analysis.safety import settings as safety_settings
from analysis.trial_design import settings as design_settings

PARAMETERS: dict[str, type[NotebookParameters]] = {
    "1_programme": programme.ProgrammeParameters,
    "2_efficacy_controlled": efficacy_settings.ControlledParameters,
    "3_efficacy_single_arm": single_arm_settings.SingleArmParameters,
    "4_safety": safety_settings.SafetyParameters,
    "5_comparator_contrasts": contrast_settings.ContrastParameters,
    "6_trial_design": design_settings.DesignParameters,
    "7_validation": validation.ValidationParameters,
}

FORMS = [
    {"text/plain", "text/html"},
    {"text/plain", "image/png"},
    {"text/plain", "text/html", "application/gzip"},
]
"""What an output may hold: words, a picture, or the words at the end and the results."""

NOTEBOOKS = [paths.NOTEBOOKS / f"{name}.ipynb" for name in PARAMETERS]

by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    """Return the cells as git sees them, also while JupyterLab has the notebook open."""
    cells = nbformat.reads(normal_form(path.read_bytes()).decode(), as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def test_every_notebook_of_the_project_is_tested() -> None:
    """The project's are those that git has; another's belongs into notebooks/own."""
    listed = subprocess.run(
        ["git", "ls-files", "notebooks/*.ipynb"],
        cwd=paths.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout")
    found = {Path(name).stem for name in listed.stdout.split() if name.count("/") == 1}
    others = found - set(PARAMETERS)
    assert not others, f"{others}: add their parameters here, or move them to notebooks/own"
    assert found == set(PARAMETERS)


@by_name
def test_executed_in_order_with_clean_outputs(path: Path) -> None:
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    # nbval passes a notebook without outputs; the pages' cells must have some.
    assert sum(bool(cell.outputs) for cell in cells) >= len(cells) - 3
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type in ("execute_result", "display_data"), cell.id
            assert set(output.data) in FORMS, cell.id
            text = output.data["text/plain"]
            assert "0x" not in text
            # What cannot be shown costs itself only; on a page of ours it is a defect.
            assert UNDRAWN_MARK not in text, cell.id
            assert f'class="shown {UNDRAWN_CLASS}"' not in output.data.get("text/html", "")
            assert not re.search(r"/(root|home|work|tmp|Users)/", text)
        assert not {"raises-exception", "nbval-ignore-output"} & set(cell.metadata.get("tags", []))


@by_name
def test_metadata_is_normalised(path: Path) -> None:
    differing = [words for _, words in normalise_files([path], check=True)]
    assert not differing or git_filter.is_set_up(), (
        f"{path.name} is not stored in its form ({', '.join(differing)}); run: "
        "python -m analysis normalise"
    )
    form = json.loads(normal_form(path.read_bytes()))
    assert form["metadata"]["kernelspec"]["name"] == "python3"
    assert form["metadata"]["language_info"]["file_extension"] == ".py"
    assert form["metadata"].get("title"), f"{path.name}: give the notebook's metadata a title"
    for cell in form["cells"]:
        random = re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-?[0-9a-f]{12})?", cell["id"])
        assert not random, f"{path.name}: give the cell {cell['id']} a readable id"
    assert path.stat().st_size < 1_300_000


@by_name
def test_metadata_has_nothing_of_a_page_of_ones_own(path: Path) -> None:
    """What a user may choose in a notebook of their own, such as slides, is not for these."""
    form = json.loads(normal_form(path.read_bytes()))
    unknown = set(form["metadata"]) - {"kernelspec", "language_info", "title"}
    assert not unknown, f"{path.name}: take {unknown} out of the notebook's metadata"
    for cell in form["cells"]:
        unknown = set(cell["metadata"]) - {"tags"}
        assert not unknown, f"{path.name}: take {unknown} out of the metadata of {cell['id']}"


@by_name
def test_no_cell_overwrites_a_parameter(path: Path) -> None:
    """Running one cell again in JupyterLab must not read a parameter that another cell set."""
    names = set(PARAMETERS[path.stem].model_fields)
    for cell in code_cells(path):
        if "parameters" in cell.metadata.get("tags", []):
            continue
        stored = {
            node.id
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        assert not stored & names, cell.id


@by_name
def test_run_all_can_be_repeated_with_another_value(path: Path) -> None:
    """In JupyterLab other variables stand there by then; the guard must not take them for slips."""
    parameters, setup = code_cells(path)[:2]
    namespace: dict[str, object] = {}
    with warnings.catch_warnings():
        exec(parameters.source, namespace)
        exec(setup.source, namespace)
        namespace |= {"unit": "cm", "note_to_self": 3.0, "rows": [1, 2]}
        changed = parameters.source.replace("conf_level: float = 0.95", "conf_level: float = 0.9")
        changed = changed.replace('conf_level: float = "as planned"', "conf_level: float = 0.9")
        exec(changed, namespace)
        exec(setup.source, namespace)
        if "conf_level" in PARAMETERS[path.stem].model_fields:
            assert namespace["page"].parameters.conf_level == 0.9  # type: ignore[attr-defined]


@by_name
def test_notebooks_are_thin(path: Path) -> None:
    forbidden = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda, ast.Try)
    for cell in code_cells(path):
        tree = ast.parse(cell.source)
        assert not any(isinstance(node, forbidden) for node in ast.walk(tree)), cell.id
        longest = 24 if "parameters" in str(cell.metadata) else 12
        assert len(cell.source.splitlines()) <= longest, cell.id
    text = nbformat.read(path, as_version=4)
    markdown = [cell.source for cell in text.cells if cell.cell_type == "markdown"]
    assert sum(len(re.findall(r"^# ", source, flags=re.M)) for source in markdown) == 1
    assert text.cells[0].cell_type == "markdown"
    assert {"answer"} <= {cell.id for cell in text.cells}


@by_name
def test_parameters_cell_is_what_papermill_and_the_model_expect(path: Path) -> None:
    cells = code_cells(path)
    assert "parameters" in cells[0].metadata.get("tags", [])
    assert sum("parameters" in cell.metadata.get("tags", []) for cell in cells) == 1
    assert all(line.count("=") == 1 for line in cells[0].source.splitlines())
    inspected = papermill.inspect_notebook(str(path))
    model = PARAMETERS[path.stem]
    assert list(inspected) == list(model.model_fields)
    for name, field in model.model_fields.items():
        assert inspected[name]["help"] == field.description
        assert ast.literal_eval(inspected[name]["default"]) == default_of(field)


@by_name
def test_shows_the_stored_text_again(path: Path) -> None:
    """A stored output that somebody edits by hand is found by nbval; so is an empty one here."""
    texts = [output.data["text/plain"] for cell in code_cells(path) for output in cell.outputs]
    assert all(text.strip() for text in texts)
    assert re.match(r"\d+ numbers and \d+ texts from [a-z ]+ data", texts[-1])


def test_bare_papermill_from_another_folder(tmp_path: Path) -> None:
    """From their own folder notebooks are executed by nbval, from the root by the next test."""
    out = tmp_path / "out.ipynb"
    done = bare_papermill("1_programme", out, tmp_path, "-p", "field", "TS")
    assert done.returncode == 0, done.stderr[-2000:]
    page = out.read_text(encoding="utf-8")
    assert "1 set for this run" in page
    assert "Korean" in page
    assert not list(tmp_path.glob("*.csv"))


def test_bare_papermill_refuses_in_one_sentence(tmp_path: Path) -> None:
    given = ("-p", "indicaton", "TS")
    done = bare_papermill("1_programme", tmp_path / "out.ipynb", paths.ROOT, *given)
    assert done.returncode != 0
    sentence = "'indicaton' is not a parameter of this notebook; did you mean 'indication'?"
    assert done.stderr.rstrip().endswith(f"ParameterError: {sentence}")


def bare_papermill(
    notebook: str, out: Path, cwd: Path, *given: str
) -> subprocess.CompletedProcess[str]:
    source = str(paths.NOTEBOOKS / f"{notebook}.ipynb")
    command = [sys.executable, "-m", "papermill", source, str(out), "--no-progress-bar", *given]
    env = {**os.environ, "PYTHONPATH": str(paths.ROOT / "tests" / "without")}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=env)
