"""Results travel with an executed notebook: read, compared, refused in one sentence."""

import base64
import gzip
import io
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from analysis import paths
from analysis.__main__ import main
from analysis.display.finished import RESULTS_TYPE, Finished
from analysis.errors import UserError
from analysis.report.executed import carried_parameters, carried_results
from analysis.results import Results, rows_of

v4 = nbformat.v4
MARGINS = "margin: float = -1.8  # margin\nvisits: list[str] = ['M6']\ntrial: str = 'ghd'"


def results(bound: float) -> Results:
    frame = pd.DataFrame(
        {"group1_level": ["a"], "conf.low": [bound], "conclusion": ["superior" if bound else ""]}
    )
    return rows_of(frame, "verdict", context="test", data_status="synthetic", source="a – b")


def cell(source: str, count: int | None, *tags: str, data: object = None) -> Any:
    outputs = [] if data is None else [v4.new_output("execute_result", data=data)]
    return v4.new_code_cell(
        source, execution_count=count, outputs=outputs, metadata={"tags": list(tags)}
    )


def finish(count: int, bound: float = 0.5) -> Any:
    return cell("page.finish()", count, data=Finished(results(bound))._repr_mimebundle_())


def packed(data: object, count: int = 9) -> Any:
    return cell("page.finish()", count, data={"text/plain": "results", RESULTS_TYPE: data})


def write(path: Path, *cells: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# A title"), *cells]), path)
    return path


def plain(path: Path, margin: str = "-1.8", bound: float = 0.5) -> Path:
    source = MARGINS.replace("-1.8", margin)
    return write(path, cell(source, 1, "parameters"), cell("page", 2), finish(3, bound))


def said(capsys: pytest.CaptureFixture[str], *words: object, status: int) -> tuple[str, str]:
    assert main([str(word) for word in words]) == status
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.out, captured.err


@pytest.mark.parametrize("name", ["3_efficacy_single_arm", "7_validation"])
def test_results_of_a_stored_notebook(
    name: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    notebook, file = paths.NOTEBOOKS / f"{name}.ipynb", tmp_path / "made" / "results.csv"
    assert main(["results", str(notebook), "-o", str(file)]) == 0
    assert capfdbinary.readouterr().out == b""
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    last = nbformat.read(notebook, as_version=4).cells[-1].outputs[0].data["text/plain"]
    numbers = (table["stat"] != "").sum()
    assert last.startswith(f"{numbers} numbers and {len(table) - numbers} texts")


def test_results_are_those_of_the_page_byte_for_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook, file = plain(tmp_path / "out.ipynb"), tmp_path / "results.csv"
    results(0.5).to_csv(file)
    assert carried_results(notebook) == file.read_bytes()
    out, err = said(capsys, "results", notebook, status=0)
    assert (out.encode(), err) == (file.read_bytes(), "")


def test_results_of_a_run_of_the_report(project: Any) -> None:
    for name in ("one", "two"):
        run = project.folder / name
        assert carried_results(run / "notebook.ipynb") == (run / "results.csv").read_bytes()
    done = project.here("compare", "reports/two", "reports/two/notebook.ipynb")
    assert "all equal" in done.stdout
    done = project.here("compare", "reports", "reports/two/notebook.ipynb", "--runs", "two")
    assert "all equal" in done.stdout
    done = project.here("compare", "reports/one", "reports/two/notebook.ipynb", status=1)
    assert done.stdout.startswith("other parameters: x = 1.0, then 2.0.\n")


def test_the_results_handed_over_last_are_read(tmp_path: Path) -> None:
    notebook = write(tmp_path / "out.ipynb", finish(9, 0.1), finish(4, 0.2))
    assert carried_results(notebook).decode() == results(0.1).csv()


BOMB = gzip.compress(b"0" * 120_000_000)
WHOLE = gzip.compress(results(0.5).csv().encode())
WRONG = {
    "text.ipynb": ("no notebook", "is not a notebook; reading it gave: "),
    "list.ipynb": ("[1, 2]", "is not a notebook; reading it gave: "),
    "object.ipynb": ("{}", "is not a notebook; reading it gave: "),
    "binary.ipynb": (b"\x89PNG\xff\xfe", "is not a notebook; reading it gave: "),
    "new.ipynb": ([cell(MARGINS, None, "parameters"), cell("page.finish()", None)],
                  "was not executed; run all its cells and save it"),
    "open.ipynb": ([cell(MARGINS, 1, "parameters"), cell("page", 2)],
                   "carries no results; end it with page.finish()"),
    "bomb.ipynb": ([packed(base64.b64encode(BOMB).decode())],
                   "holds more than 100,000,000 bytes of results"),
    "cut.ipynb": ([packed(base64.b64encode(WHOLE[:-9]).decode())], "holds damaged results"),
    "flipped.ipynb": ([packed(base64.b64encode(WHOLE[:-6] + b"x" + WHOLE[-5:]).decode())],
                      "holds damaged results"),
    "two.ipynb": ([packed(base64.b64encode(WHOLE + WHOLE).decode())], "holds damaged results"),
    "words.ipynb": ([packed("not base64")], "holds damaged results"),
    "empty.ipynb": ([packed("")], "holds damaged results"),
    "set.ipynb": ([finish(3), cell("margin = -1.0", 4), cell(MARGINS, 1, "parameters")],
                  "carries the results of before its cell 3 set parameters"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_carries_no_results_is_one_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    what, sentence = WRONG[name]
    path, good = tmp_path / name, plain(tmp_path / "good.ipynb")
    if isinstance(what, list):
        write(path, *what)
    else:
        path.write_bytes(what.encode() if isinstance(what, str) else bytes(what))
    for words in (["results", path], ["compare", good, path], ["compare", path, good]):
        out, err = said(capsys, *words, status=1)
        assert out == ""
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        assert name in err
        assert sentence in err


def test_a_notebook_that_stopped_names_the_cell(tmp_path: Path) -> None:
    stopped = cell("1 / 0", 2)
    stopped.outputs = [v4.new_output("error", ename="ZeroDivisionError", evalue="", traceback=[])]
    path = write(tmp_path / "out.ipynb", cell(MARGINS, 1, "parameters"), stopped)
    with pytest.raises(UserError, match="carries no results, as its cell 3 holds an error"):
        carried_results(path)
    with pytest.raises(UserError, match="cannot be read"):
        carried_results(tmp_path / "absent.ipynb")


def test_cells_of_ones_own_after_the_end_are_left_alone(tmp_path: Path) -> None:
    path = write(
        tmp_path / "out.ipynb",
        cell(MARGINS, 1, "parameters"),
        finish(3),
        cell("margins = [-1, -2]\npage.run.margin", 4),
        cell("%matplotlib inline\nprint(margin", 5),
    )
    assert carried_results(path).decode() == results(0.5).csv()


def test_notebooks_of_other_parameters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = plain(tmp_path / "a.ipynb")
    injected = cell("# Parameters\nmargin = -1.0\nvisits = ['M6']\n", 2, "injected-parameters")
    b = write(tmp_path / "b.ipynb", cell(MARGINS, 1, "parameters"), injected, finish(4, 0.25))
    assert carried_parameters(b) == {"margin": -1.0, "visits": ["M6"], "trial": "ghd"}
    page = tmp_path / "page.html"
    out, _ = said(capsys, "compare", a, b, "--html", page, status=1)
    assert out.splitlines()[0] == "other parameters: margin = -1.8, then -1.0."
    assert "1 number moved." in out
    assert "Other parameters: margin = -1.8, then -1.0." in page.read_text(encoding="utf-8")
    out, _ = said(capsys, "compare", a, plain(tmp_path / "c.ipynb", "-1.80"), status=0)
    assert out == "2 results compared, tolerance 1e-08: all equal.\n"


def test_an_analyst_sets_parameters_in_any_cell_and_order(tmp_path: Path) -> None:
    path = write(
        tmp_path / "out.ipynb",
        cell("margin = -9", 7),
        cell(MARGINS, 1, "parameters"),
        cell("other = margin = base - 1", 3),
        cell("visits: list[str] = ['M12']\nunit = 'cm'", 2),
        finish(8),
    )
    assert carried_parameters(path) == {"margin": -9, "visits": ["M12"], "trial": "ghd"}


def test_folders_of_notebooks_are_compared_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, margin, bound in (
        ("a/loose", "-1.8", 0.5), ("b/loose", "-1.8", 0.5), ("b/.loose-checkpoint", "-3", 0.1),
        ("a/tight", "-1.0", 0.5), ("b/tight", "-0.5", 0.25), ("b/new", "-1", 0.5),
    ):  # fmt: skip
        plain(tmp_path / f"{name}.ipynb", margin, bound)
    out, _ = said(capsys, "compare", tmp_path / "a", tmp_path / "b", status=1)
    lines = out.splitlines()
    assert lines[0] == "other parameters: tight: margin = -1.0, then -0.5."
    assert [line.split()[:2] for line in lines[3:5]] == [["tight", "moved"], ["new", "added"]]
    assert lines[-1].startswith("4 results compared")
    results(0.5).to_csv(tmp_path / "results.csv")
    for mixed in (tmp_path / "results.csv", tmp_path / "b/new.ipynb"):
        out, _ = said(capsys, "compare", mixed, tmp_path / "a/loose.ipynb", status=0)
        assert out.endswith("2 results compared, tolerance 1e-08: all equal.\n")
        out, err = said(capsys, "compare", mixed, tmp_path / "a", status=1)
        assert "holds several runs" in err
        assert "or one run by --runs" in err
    out, _ = said(
        capsys, "compare", tmp_path / "a", tmp_path / "results.csv", "--runs", "loose", status=0
    )
    assert out == "2 results compared, tolerance 1e-08: all equal.\n"


def test_a_notebook_saved_by_another_program(tmp_path: Path) -> None:
    """Ids may be missing, and a long output may be saved as lines."""
    path = plain(tmp_path / "out.ipynb")
    notebook = nbformat.read(path, as_version=4)
    data = notebook.cells[-1].outputs[0].data
    text = data[RESULTS_TYPE]
    data[RESULTS_TYPE] = [f"{text[:60]}\n", f"{text[60:]}\n"]
    saved = io.StringIO()
    nbformat.write(notebook, saved)
    lines = [line for line in saved.getvalue().splitlines() if '"id": ' not in line]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert carried_results(path).decode() == results(0.5).csv()
