"""The one form of a stored notebook: without what differs between two runs of the same thing.

Kept is what somebody chose: cells, outputs, ids, tags, slides, locks, the title, and whatever is
not known here. Left out is what programs write unasked (times, versions, the name of an
environment, the state of widgets) and what a click leaves behind while one looks (folded,
scrolled); what readers shall not see is said by a tag, such as ``remove-input``.

A git filter runs this at every look at a changed notebook. Importing nbformat takes longer than
a second, so the notebook is read as the JSON that it is; a test holds the form to nbformat's.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import UserError

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
# fmt: off
NOTEBOOK_NOISE = {
    "papermill", "signature", "trusted", "orig_nbformat", "orig_nbformat_minor", "widgets",
    "celltoolbar", "colab", "interpreter", "nteract", "toc", "toc-autonumbering", "toc-showcode",
    "toc-showmarkdowntxt", "toc-showtags", "varInspector", "vscode",
}
CELL_NOISE = {
    "papermill", "execution", "executionInfo", "ExecuteTime",
    "collapsed", "scrolled", "hidden", "heading_collapsed", "jp-MarkdownHeadingCollapsed",
    "source_hidden", "outputs_hidden",
    "colab", "nteract", "outputId", "pycharm", "vscode",
}
# fmt: on
SAYS_NOTHING: dict[str, list[Any]] = {
    "tags": [[]],
    "editable": [True],
    "deletable": [True],
    "slide_type": ["", "-"],
    "slideshow": [{}],
    "jupyter": [{}],
}  # fmt: skip
"""Values that JupyterLab writes for what nobody chose."""
LINES = {"application/javascript", "image/svg+xml"}
"""What is stored as lines beside ``text/…``."""
WIDGET = "application/vnd.jupyter.widget-view+json"
"""A random number that points into the state of widgets."""

Content = dict[str, Any]


def stored_notebooks() -> list[Path]:
    """Return the notebooks that git keeps: those for users, and those of the tests."""
    folders = paths.NOTEBOOKS, paths.ROOT / "tests" / "reference"
    found = (path for folder in folders for path in sorted(folder.rglob("*.ipynb")))
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def normalise_files(files: Iterable[Path], check: bool = False) -> Iterator[tuple[Path, str]]:
    """Bring notebooks into their form; yield those that were not in it, with what was otherwise.

    With `check` nothing is written.

    Raises
    ------
    UserError
        If a file cannot be read or is no notebook of format 4; it is left as it is.
    """
    from analysis.report.place import put_file

    for path in files:
        try:
            before = path.read_bytes()
            after = normal_form(before)
        except OSError as error:
            raise UserError(f"{paths.shown(path)} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise UserError(f"{paths.shown(path)} is left as it is: {error}") from None
        if after != before:
            if not check:
                put_file(path.resolve(), after)
            yield path, _difference(before, after)


def filtered(content: bytes) -> bytes:
    """Return the form of a notebook, and anything else as it is: a git filter must lose nothing."""
    try:
        return normal_form(content)
    except ValueError:
        return content


def normal_form(content: bytes) -> bytes:
    """Return the bytes of a notebook as they are stored.

    Raises
    ------
    ValueError
        If it is no notebook of format 4, or is one that cannot be written again as it was read.
    """
    try:
        notebook = normalised(_read(content))
        for cell in notebook["cells"]:
            # JupyterLab keeps trust in a list of its own; nbformat never writes it either.
            cell["metadata"].pop("trusted", None)
        each_text(notebook, lambda text: text.splitlines(keepends=True))
        text = json.dumps(
            notebook, ensure_ascii=False, indent=1, sort_keys=True, separators=(",", ": ")
        )
        return f"{text}\n".encode()
    except (AttributeError, KeyError, TypeError):
        raise ValueError("it is no whole notebook; open it in JupyterLab and save it") from None
    except RecursionError:
        raise ValueError("something in it is nested too deep") from None
    except UnicodeError:
        raise ValueError("it is no text in UTF-8") from None


def normalised(notebook: Content) -> Content:
    """Return a notebook of format 4 without what differs between two runs of the same thing."""
    kept = _chosen(notebook["metadata"], NOTEBOOK_NOISE)
    kernel, language = kept.get("kernelspec", {}), kept.get("language_info", {})
    if kernel.get("language", language.get("name")) == "python":
        kept |= {"kernelspec": KERNEL, "language_info": LANGUAGE}
    elif "version" in language:
        kept["language_info"] = {key: language[key] for key in language if key != "version"}
    return {**notebook, "metadata": kept, "cells": list(_cells(notebook["cells"]))}


def _cells(cells: Iterable[Content]) -> Iterator[Content]:
    """Yield the cells; those that were run are numbered as if all had been run once, in order."""
    count = 0
    for before in cells:
        cell = {**before, "metadata": _chosen(before["metadata"], CELL_NOISE)}
        if "id" in cell and "injected-parameters" in cell["metadata"].get("tags", []):
            cell["id"] = "injected-parameters"
        if cell["cell_type"] == "code":
            was_run = cell.get("execution_count") is not None
            count += was_run
            cell["execution_count"] = count if was_run else None
            cell["outputs"] = _outputs(cell["outputs"], cell["execution_count"])
        yield cell


def _outputs(outputs: Iterable[Content], number: int | None) -> list[Content]:
    """Return the outputs; what was printed in one go is one, however it came from the kernel."""
    made: list[Content] = []
    for before in outputs:
        output = {**before}
        if "execution_count" in output:
            output["execution_count"] = number
        if "metadata" in output:
            output["metadata"] = _chosen(output["metadata"], CELL_NOISE)
        if "data" in output:
            output["data"] = {name: each for name, each in output["data"].items() if name != WIDGET}
        stream = output["name"] if output["output_type"] == "stream" else None
        if stream and made and made[-1].get("name") == stream:
            made[-1]["text"] += output["text"]
        else:
            made.append(output)
    return made


def _chosen(metadata: Content, noise: set[str]) -> Content:
    """Return the metadata that somebody chose."""
    kept = {}
    for name, value in metadata.items():
        inside = name in ("jupyter", "slideshow") and isinstance(value, dict)
        value = _chosen(value, noise) if inside else value
        if name not in noise and value not in SAYS_NOTHING.get(name, []):
            kept[name] = value
    return kept


def _read(content: bytes) -> Content:
    """Read a notebook; every text of several lines is one string."""
    try:
        notebook = json.loads(
            content.decode("utf-8"), parse_float=_number, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON ({error})") from None
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise ValueError("it is no notebook")
    if notebook["nbformat"] != 4:
        raise ValueError(f"its format is {notebook['nbformat']}, not 4")
    each_text(notebook, "".join)
    return notebook


def each_text(notebook: Content, change: Callable[[Any], Any]) -> None:
    """Join or split the texts of a notebook where nbformat does: pictures stay one string."""

    def changed(text: Any) -> Any:
        if not _is_text(text):
            raise TypeError
        return change(text)

    def bundle(data: Content) -> None:
        for name, value in data.items():
            is_lines = name.startswith("text/") or name in LINES
            is_json = name.endswith("+json") or name == "application/json"
            if is_lines or (isinstance(value, list) and not is_json):
                data[name] = changed(value)

    for cell in notebook["cells"]:
        cell["source"] = changed(cell["source"])
        for data in cell.get("attachments", {}).values():
            bundle(data)
        for output in cell.get("outputs", []):
            bundle(output.get("data", {}))
            if output["output_type"] == "stream":
                output["text"] = changed(output["text"])


def _is_text(value: Any) -> bool:
    return all(isinstance(line, str) for line in (value if isinstance(value, list) else [value]))


def _number(text: str) -> float | int:
    """Read a number as JupyterLab writes it: 1.0 is 1."""
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"its number {text} is too large to be written again")
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def _object(pairs: list[tuple[str, Any]]) -> Content:
    """Read an object; a name that stands there twice, as after a merge, would be lost."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name stands twice in one of its objects")
    return made


def _difference(before: bytes, after: bytes) -> str:
    """Say in a line what of a notebook is not in its form."""
    old, new = _read(before), _read(after)
    cells: dict[str, list[str]] = {}
    for number, was in enumerate(old["cells"], 1):
        becomes = new["cells"][number - 1]
        for name in (*_unlike(was, becomes), *_unlike(was["metadata"], becomes["metadata"])):
            if name != "metadata":
                cells.setdefault(name, []).append(repr(was.get("id", number)))
    said = list(_unlike(old["metadata"], new["metadata"]))
    for name, ids in cells.items():
        said.append(f"{name} of " + (f"cell {ids[0]}" if len(ids) == 1 else f"{len(ids)} cells"))
    return ", ".join(said) or "the order of its names, or how its lines are written"


def _unlike(old: Content, new: Content) -> Iterator[str]:
    return (name for name in old | new if old.get(name) != new.get(name))
