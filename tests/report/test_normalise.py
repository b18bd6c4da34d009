"""The form in which notebooks are stored: what is noise goes, what somebody chose stays."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from analysis import paths
from analysis.__main__ import main
from analysis.report import lab
from analysis.report.normalise import filtered, normal_form, stored_notebooks

# What is in notebooks/own is its author's.
OF_THE_PROJECT = [path for path in stored_notebooks() if path.parent.name != "own"]

V4 = nbformat.v4
PYTHON = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def small() -> Any:
    """A notebook that was run once, in order."""
    output = V4.new_output(
        "execute_result", {"text/plain": "1.5\nmm", "image/png": "iVBO\n"}, execution_count=1
    )
    printed = V4.new_output("stream", name="stdout", text="one\ntwo\n")
    cells = [
        V4.new_markdown_cell("# Title\n\nText", id="title"),
        V4.new_code_cell("1.5\n2", id="answer", outputs=[output], execution_count=1),
        V4.new_code_cell("print()", id="printed", outputs=[printed], execution_count=2),
        V4.new_code_cell("", id="empty"),
    ]
    return V4.new_notebook(cells=cells, metadata={"kernelspec": dict(PYTHON), "title": "T"})


def stored(notebook: Any) -> bytes:
    return normal_form(nbformat.writes(notebook).encode())


SMALL = stored(small())


def cell_noise(cell: Any) -> None:
    cell.execution_count = 31
    for output in cell.outputs:
        if "execution_count" in output:
            output.execution_count = 31


def split_stream(notebook: Any) -> None:
    cell = notebook.cells[2]
    cell.outputs = [
        V4.new_output("stream", name="stdout", text=text) for text in ("one\nt", "wo\n")
    ]


NOISE = {
    "display name": lambda n: n.metadata.kernelspec.update(display_name="Python [conda env:x]"),
    "another environment": lambda n: n.metadata.kernelspec.update(name="conda-env-x-py"),
    "version": lambda n: n.metadata.update(language_info={"name": "python", "version": "3.14.1"}),
    "no language": lambda n: n.metadata.pop("language_info", None),
    "widgets": lambda n: n.metadata.update(
        widgets={"application/vnd.jupyter.widget-state+json": {}}
    ),
    "papermill": lambda n: n.metadata.update(papermill={"duration": 1.5}),
    "vscode": lambda n: n.metadata.update(vscode={"interpreter": {"hash": "a"}}),
    "contents": lambda n: n.metadata.update({"toc-autonumbering": False}),
    "counts": lambda n: cell_noise(n.cells[1]),
    "timing": lambda n: n.cells[1].metadata.update(execution={"iopub.status.busy": "2026"}),
    "old timing": lambda n: n.cells[1].metadata.update(ExecuteTime={"end_time": "2026"}),
    "run by papermill": lambda n: n.cells[1].metadata.update(papermill={"status": "completed"}),
    "folded": lambda n: n.cells[1].metadata.update(
        collapsed=True, jupyter={"outputs_hidden": True, "source_hidden": True}
    ),
    "folded heading": lambda n: n.cells[0].metadata.update({"jp-MarkdownHeadingCollapsed": True}),
    "scrolled": lambda n: n.cells[1].metadata.update(scrolled=True),
    "trusted": lambda n: n.cells[1].metadata.update(trusted=True),
    "no choice": lambda n: n.cells[1].metadata.update(
        tags=[], editable=True, deletable=True, slideshow={"slide_type": ""}
    ),
    "no choice of old": lambda n: n.cells[0].metadata.update(slideshow={"slide_type": "-"}),
    "model": lambda n: n.cells[1].outputs[0].data.update(
        {"application/vnd.jupyter.widget-view+json": {"model_id": "5e"}}
    ),
    "printed in two goes": split_stream,
}  # fmt: skip


@pytest.mark.parametrize("name", NOISE)
def test_noise_goes(name: str) -> None:
    notebook = small()
    NOISE[name](notebook)
    assert stored(notebook) == SMALL


WISHES = {
    "tag": lambda n: n.cells[1].metadata.update(tags=["remove-input"]),
    "slide": lambda n: n.cells[1].metadata.update(slideshow={"slide_type": "subslide"}),
    "locked": lambda n: n.cells[1].metadata.update(editable=False),
    "kept": lambda n: n.cells[1].metadata.update(deletable=False),
    "unknown": lambda n: n.cells[1].metadata.update(my_tool={"collapsed": [1, {"a": None}]}),
    "title": lambda n: n.metadata.update(title="Another"),
    "authors": lambda n: n.metadata.update(authors=[{"name": "Ägidius"}]),
    "paired": lambda n: n.metadata.update(jupytext={"formats": "ipynb,py"}),
    "other part": lambda n: n.cells[1].metadata.update(jupyter={"name": "x"}),
    "alternative text": lambda n: (
        n.cells[1].outputs[0].metadata.update({"image/png": {"alt": "A curve"}})
    ),
    "source": lambda n: n.cells[1].update(source="1.5\n3"),
    "output": lambda n: n.cells[1].outputs[0].data.update({"text/plain": "1.6\nmm"}),
    "picture": lambda n: n.cells[1].outputs[0].data.update({"image/png": "iVBP\n"}),
    "id": lambda n: n.cells[1].update(id="0f3a9c11"),
    "attachment": lambda n: n.cells[0].update(attachments={"a.png": {"image/png": "iVBO\n"}}),
    "unprinted": lambda n: n.cells[2].outputs[0].update(name="stderr"),
    "other kernel": lambda n: n.metadata.kernelspec.update(name="ir", language="R"),
}


@pytest.mark.parametrize("name", WISHES)
def test_what_somebody_chose_stays(name: str) -> None:
    notebook = small()
    WISHES[name](notebook)
    after = stored(notebook)
    read = nbformat.reads(after.decode(), as_version=4)
    assert after != SMALL
    WISHES[name](read)
    assert nbformat.writes(read).encode() + b"\n" == after, "the wish stands there already"


def test_cells_are_numbered_as_if_run_once_and_what_was_not_run_is_not() -> None:
    notebook = small()
    for cell, count in zip(notebook.cells[1:], (9, 7, None), strict=True):
        cell.execution_count = count
    cells = json.loads(stored(notebook))["cells"]
    assert [cell.get("execution_count") for cell in cells] == [None, 1, 2, None]
    assert cells[1]["outputs"][0]["execution_count"] == 1


def test_another_language_keeps_its_kernel_without_its_version() -> None:
    notebook = small()
    notebook.metadata.kernelspec = {"display_name": "R", "language": "R", "name": "ir"}
    notebook.metadata.language_info = {"name": "R", "version": "4.5.1", "file_extension": ".r"}
    metadata = json.loads(stored(notebook))["metadata"]
    assert metadata["kernelspec"]["name"] == "ir"
    assert metadata["language_info"] == {"name": "R", "file_extension": ".r"}


@pytest.mark.parametrize(
    "rewritten",
    [
        lambda n: json.dumps(n),
        lambda n: json.dumps(n, indent=4),
        lambda n: nbformat.writes(n) + "\n\n\n",
        lambda n: nbformat.writes(n).replace("\n", "\r\n"),
        lambda n: json.dumps(dict(reversed(n.items())), ensure_ascii=True),
        lambda n: nbformat.writes(n, split_lines=False),
        lambda n: nbformat.writes(n).replace('"nbformat": 4,', '"nbformat": 4.0,'),
    ],
    ids=["one line", "indented", "newlines", "windows", "order", "source as text", "1.0 is 1"],
)
def test_how_the_json_is_written_does_not_matter(rewritten: Any) -> None:
    assert normal_form(rewritten(small()).encode()) == SMALL


@pytest.mark.parametrize("path", OF_THE_PROJECT, ids=lambda path: path.stem)
def test_the_form_is_that_of_nbformat_and_is_its_own(path: Path) -> None:
    form = normal_form(path.read_bytes())
    assert normal_form(form) == form
    assert (nbformat.writes(nbformat.reads(form.decode(), as_version=4)) + "\n").encode() == form


TEXT = nbformat.writes(small())
BROKEN = {
    "no JSON": (b"\x89PNG", "UTF-8"),
    "empty": (b"", "it is no JSON"),
    "a conflict": (f"<<<<<<< HEAD\n{TEXT}".encode(), "it is no JSON"),
    "half": (TEXT[:-40].encode(), "it is no JSON"),
    "a list": (b"[1]\n", "it is no notebook"),
    "other JSON": (b'{ "a":1.0}', "it is no notebook"),
    "format 3": (b'{"nbformat": 3, "worksheets": []}', "its format is 3, not 4"),
    "format 5": (b'{"nbformat": 5, "cells": []}', "its format is 5, not 4"),
    "no cells": (b'{"nbformat": 4, "metadata": {}}', "it is no whole notebook"),
    "cells of another kind": (b'{"nbformat": 4, "metadata": {}, "cells": [3]}', "whole"),
    "a source of another kind": (
        TEXT.replace('"source": []', '"source": {"a": 1}').encode(), "whole",
    ),
    "a name twice": (TEXT.replace('"title": "T"', '"title": "T", "title": "U"').encode(), "twice"),
    "a huge number": (TEXT.replace('"title": "T"', '"title": 1e999').encode(), "too large"),
    "half a sign": (TEXT.replace('"title": "T"', '"title": "\\ud800"').encode(), "UTF-8"),
    "deep": (b'{"nbformat": 4, "cells": ' + b"[" * 100_000, "nested too deep"),
    "with a mark": (b"\xef\xbb\xbf" + TEXT.encode(), "it is no JSON"),
    "another encoding": (TEXT.encode("utf-16"), "UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_anything_else_is_left_as_it_is(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, reason = BROKEN[name]
    assert filtered(content) == content
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    assert main(["normalise", str(path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: {path} is left as it is: ")
    assert reason in said
    assert path.read_bytes() == content


def test_check_names_what_differs_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = small()
    NOISE["version"](notebook)
    NOISE["scrolled"](notebook)
    for cell in notebook.cells[1:3]:
        cell_noise(cell)
    noisy, clean, other = (tmp_path / f"{name}.ipynb" for name in ("noisy", "clean", "other"))
    nbformat.write(notebook, noisy)
    clean.write_bytes(SMALL)
    other.write_bytes(SMALL + b"\n")
    before = noisy.read_bytes()
    files = [str(noisy), str(clean), str(other)]
    assert main(["normalise", "--check", *files]) == 1
    assert noisy.read_bytes() == before
    assert capsys.readouterr().out.splitlines() == [
        f"differs {noisy}: language_info, execution_count of 2 cells, outputs of cell 'answer', "
        "scrolled of cell 'answer'",
        f"differs {other}: the order of its names, or how its lines are written",
        "to normalise them, run: python -m analysis normalise",
    ]
    assert main(["normalise", *files]) == 0
    assert noisy.read_bytes() == clean.read_bytes() == other.read_bytes() == SMALL
    capsys.readouterr()
    assert main(["normalise", "--check", *files]) == 0
    assert capsys.readouterr().out == ""


def test_a_file_that_is_not_there_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["normalise", str(tmp_path / "no.ipynb")]) == 1
    assert "no.ipynb cannot be read: No such file" in capsys.readouterr().err


@pytest.mark.parametrize("content", [TEXT.encode(), b"<<<<<<< HEAD\r\n\xff"])
def test_from_standard_input_and_in_no_time(content: bytes) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "analysis", "normalise", "-"]
    done = subprocess.run(command, input=content, capture_output=True, cwd=paths.ROOT, check=True)
    assert done.stdout == filtered(content)
    # What takes long is not imported; how long it takes depends on the machine.
    heavy = b"nbformat", b"pandas", b"numpy", b"jsonschema", b"papermill"
    assert not [name for name in heavy if name in done.stderr]


def test_scripts_are_python() -> None:
    from nbconvert import ScriptExporter

    for path in OF_THE_PROJECT:
        notebook = nbformat.reads(normal_form(path.read_bytes()).decode(), as_version=4)
        text, resources = ScriptExporter().from_notebook_node(notebook)
        assert resources["output_extension"] == ".py", path
        compile(text, path.name, "exec")


def test_what_refresh_stores_is_in_its_form(project: Any, tmp_path: Path) -> None:
    mine = project.copy(tmp_path / "project")
    # One of the two notebooks is enough, and is executed in half the time.
    (mine.root / "notebooks" / "two.ipynb").unlink()
    runs = mine.root / "notebooks" / "runs.yml"
    runs.write_text(runs.read_text().partition("two:")[0])
    refresh = "from analysis.report.stored import refresh_stored; list(refresh_stored())"
    subprocess.run(
        [sys.executable, "-c", refresh],
        cwd=mine.root, env=mine.environment(), capture_output=True, check=True,
    )  # fmt: skip
    assert mine.here("normalise", "--check").stdout == ""
    [cell] = [
        cell
        for cell in nbformat.read(mine.root / "notebooks" / "one.ipynb", as_version=4).cells
        if cell.id == "answer"
    ]
    assert cell.outputs, "it was executed"


def run_all(model: Any) -> None:
    """Change a notebook as JupyterLab's browser side does when all cells are run again."""
    for cell in model["content"]["cells"]:
        if cell["cell_type"] == "code":
            cell["metadata"] |= {"execution": {"iopub.status.busy": "2026"}, "trusted": True}
            cell["execution_count"] = 40 + cell["execution_count"] if cell["source"] else None
    model["content"]["metadata"]["kernelspec"]["display_name"] = "Python [conda env:x]"
    model["content"]["metadata"]["language_info"]["version"] = "3.11.2"


@pytest.mark.parametrize("extended", [True, False])
def test_what_the_server_of_jupyterlab_writes_is_one_form(
    extended: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written by the server's own manager, and seen by a filter or written in its form at once."""
    from jupyter_server.services.contents.filemanager import FileContentsManager

    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    (tmp_path / "a.ipynb").write_bytes(SMALL)
    manager = FileContentsManager(root_dir=str(tmp_path))
    if extended:
        lab._load_jupyter_server_extension(SimpleNamespace(contents_manager=manager))
    model = manager.get("a.ipynb", content=True)
    run_all(model)
    manager.save(model, "a.ipynb")
    written = (tmp_path / "a.ipynb").read_bytes()
    assert (written == SMALL) == extended
    assert normal_form(written) == SMALL
    # The outputs are trusted when it is opened again.
    cells = manager.get("a.ipynb", content=True)["content"]["cells"]
    assert [cell["metadata"].get("trusted") for cell in cells] == [None, True, True, True]


def test_a_notebook_that_lies_elsewhere_is_written_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jupyter_server.services.contents.filemanager import FileContentsManager

    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "a.ipynb").write_bytes(SMALL)
    manager = FileContentsManager(root_dir=str(tmp_path))
    lab._load_jupyter_server_extension(SimpleNamespace(contents_manager=manager))
    model = manager.get("a.ipynb", content=True)
    model["content"]["cells"][1]["metadata"]["scrolled"] = True
    manager.save(model, "a.ipynb")
    assert b'"scrolled": true' in (tmp_path / "a.ipynb").read_bytes()
    text = {"type": "file", "format": "text", "content": "{}"}
    manager.save(text, "a.json")
    assert (tmp_path / "a.json").read_text() == "{}"
