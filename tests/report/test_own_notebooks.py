"""Notebooks of a user's own in the report: pages, groups, what makes them stale, refusals."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
import yaml

from analysis import paths
from analysis.errors import UserError
from analysis.report.build import to_do
from analysis.report.grid import load_grid
from analysis.report.new_notebook import new_notebook
from analysis.report.render import render_page, with_others_marked
from analysis.report.runs import choose, load_runs

OWN_RUN = """
# A run of mine, of a notebook of the project.
two-again:
  notebook: "two"
  parameters:
    x: 3.0
"""


def edit_cell(path: Path, cell_id: str, change: Callable[[str], str]) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell["id"] == cell_id:
            cell["source"] = change(cell["source"])
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def mine(project: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A project with a notebook from the template, which reads a file and imports a module."""
    made = project.copy(tmp_path_factory.mktemp("own") / "project")
    said = made.here("new-notebook", "my-growth", "--title", "Growth of mine").stdout
    assert said.splitlines() == [
        "wrote notebooks/own/my-growth.ipynb, which runs as it stands, and its run in "
        "notebooks/own/runs.yml",
        "1. make lab, open own/my-growth.ipynb, and put your own table and figure in",
        "2. python -m analysis report my-growth",
        "3. read reports/my-growth/index.html",
    ]
    own = made.root / "notebooks" / "own"
    (own / "growth.csv").write_text("group,growth\nA,7.1\nA,8.4\nB,6.2\nB,7.7\n")
    (own / "helpers.py").write_text("def doubled(x):\n    return 2 * x\n")
    edit_cell(
        own / "my-growth.ipynb",
        "answer",
        lambda source: "from helpers import doubled\n"
        + source.replace('pd.DataFrame({"group"', 'pd.read_csv("growth.csv")  # ({"group"')
        .replace('"growth"] >= least', '"growth"] >= doubled(least)'),
    )  # fmt: skip
    with (own / "runs.yml").open("a") as file:
        file.write(OWN_RUN)
    made.main("report", "--jobs", 1)
    return made


def stale(project: Any) -> dict[str, str]:
    jobs, _ = to_do(list(load_runs().values()), project.folder)
    return {job.run.name: job.reason for job in jobs}


def test_its_page_has_badge_style_and_rows_in_the_results(mine: Any) -> None:
    text = (mine.folder / "my-growth" / "index.html").read_text(encoding="utf-8")
    badge = '<span class="badge synthetic">'
    assert text.count(badge) == 3, "the answer, the table, the figure"
    assert text.count('<figure class="shown table"') == 1
    assert text.count('<figure class="shown picture"') == 1
    assert "Parameters: all at their defaults" in text
    assert "least growth that is counted" in text
    assert "Not a result of this page" not in text
    rows = pd.read_csv(mine.folder / "my-growth" / "results.csv", dtype=str, keep_default_na=False)
    assert len(rows) == 10
    assert f"{len(rows)} numbers and 0 texts from synthetic data" in text
    mean = rows[(rows["group1_level"] == "A") & (rows["stat_name"] == "mean")].iloc[0]
    assert mean["stat"] == "7.75"
    assert f">{mean['stat_fmt']}</td>" in text
    figures = {path.name for path in (mine.folder / "my-growth" / "figures").iterdir()}
    stem = "01-mean-growth-by-group"
    assert figures == {f"{stem}.png", f"{stem}.svg", f"{stem}-narrow.png"}


def test_the_front_page_has_them_in_a_group_and_in_the_search(mine: Any) -> None:
    text = (mine.folder / "index.html").read_text(encoding="utf-8")
    before, group, after = text.partition('<h2 id="your-own-notebooks">')
    assert group
    for name in ("my-growth", "two-again"):
        assert f'<h3 id="{name}">' in after
        assert f'<h3 id="{name}">' not in before
    assert '<h3 id="one">' in before
    assert "Exploratory: in no plan" in after
    found = (mine.folder / "search-data.js").read_text(encoding="utf-8")
    assert '"my-growth":{"title":"Growth of mine"' in found
    assert "No longer in runs.yml" not in text


def test_it_is_stale_when_what_it_imports_or_reads_has_changed(
    mine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine.use(monkeypatch)
    own = mine.root / "notebooks" / "own"
    assert stale(mine) == {}
    for name in ("helpers.py", "growth.csv"):
        before = (own / name).read_bytes()
        (own / name).write_bytes(before + b"\n")
        assert stale(mine) == {"my-growth": f"notebooks/own/{name} changed"}
        (own / name).write_bytes(before)
    assert stale(mine) == {}


def test_bundle_and_comparison_know_them(mine: Any) -> None:
    mine.here("bundle", "bundle.zip")
    with zipfile.ZipFile(mine.root / "bundle.zip") as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
    assert {"notebooks/own/runs.yml", "site/my-growth/results.csv"} <= names
    done = mine.here("compare", "reports/my-growth", "reports/two-again", status=1)
    assert "own-growth-by-group" in done.stdout


def test_a_grid_finds_them(mine: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine.use(monkeypatch)
    grid = {"title": "Mine", "notebook": "my-growth", "parameters": {"least": [0.0, 7.0]}}
    (tmp_path / "grid.yml").write_text(yaml.safe_dump(grid))
    runs = load_grid(tmp_path / "grid.yml").runs
    assert [run.name for run in runs] == ["least-0.0", "least-7.0"]
    assert {run.path for run in runs} == {mine.root / "notebooks" / "own" / "my-growth.ipynb"}
    assert {run.folder for run in runs} == {mine.root / "notebooks" / "own"}


@pytest.fixture
def fresh(project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebooks folder of a project without any of a user's own."""
    copy = project.copy(tmp_path / "project")
    copy.use(monkeypatch)
    return Path(copy.root / "notebooks")


def test_runs_of_ones_own_name_ones_own_notebooks_first(fresh: Path) -> None:
    assert list(load_runs()) == ["one", "two"]
    new_notebook("mine")
    text = (fresh / "own" / "runs.yml").read_text()
    (fresh / "own" / "runs.yml").write_text(text + OWN_RUN)
    runs = load_runs()
    assert list(runs) == ["one", "two", "mine", "two-again"]
    assert (runs["mine"].notebook, runs["two-again"].notebook) == ("own/mine", "two")
    assert runs["two-again"].folder == fresh
    assert list(load_runs(paths.RUNS)) == ["one", "two"]
    # Comments alone are no runs yet.
    (fresh / "own" / "runs.yml").write_text("# nothing so far\n")
    assert list(load_runs()) == ["one", "two"]


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ("one:\n  notebook: two\n", "the run 'one' is in notebooks/runs.yml and in notebooks/own"),
        ("new:\n  notebook: tow\n", "there is no notebook 'tow'; did you mean 'two'?"),
        ("new:\n  notebook: two\n  parameters: {y: 1}\n", "'y' is not a parameter of two"),
        ("- a\n", "notebooks/own/runs.yml must map run names to runs; got list"),
        ("My: {notebook: two}\n", "notebooks/own/runs.yml: a run name has small letters"),
    ],
)
def test_a_wrong_file_of_own_runs_is_one_sentence(fresh: Path, runs: str, sentence: str) -> None:
    (fresh / "own").mkdir()
    (fresh / "own" / "runs.yml").write_text(runs)
    with pytest.raises(UserError) as error:
        load_runs()
    assert sentence in str(error.value)


def test_an_unknown_run_names_both_files(fresh: Path) -> None:
    assert fresh.is_dir()
    new_notebook("mine")
    with pytest.raises(UserError) as error:
        choose(load_runs(), ["mien"])
    assert str(error.value) == (
        "'mien' is not a run of notebooks/runs.yml or notebooks/own/runs.yml; did you mean 'mine'?"
    )


@pytest.mark.parametrize(
    ("name", "trial", "sentence"),
    [
        ("My growth", "", "the name of a notebook has small letters, digits and hyphens"),
        ("logs", "", "is none of failed, grids, logs; got 'logs'"),
        ("../x", "", "the name of a notebook has small letters"),
        ("mine.ipynb", "", "the name of a notebook has small letters"),
        ("mine", "", "notebooks/own/mine.ipynb exists already; choose another name"),
        ("one", "", "notebooks/one.ipynb exists already; choose another name"),
        ("named", "", "there is a run 'named' already; choose another name"),
        ("new", "gdh", "trial must be one of"),
    ],
)
def test_names_that_cannot_be_are_refused(
    fresh: Path, name: str, trial: str, sentence: str
) -> None:
    new_notebook("mine")
    file = fresh / "own" / "runs.yml"
    file.write_text(file.read_text() + "named:\n  notebook: two\n")
    before = {path: path.read_bytes() for path in (fresh / "own").iterdir()}
    with pytest.raises(UserError) as error:
        new_notebook(name, trial=trial)
    assert sentence in str(error.value)
    assert {path: path.read_bytes() for path in (fresh / "own").iterdir()} == before


def test_titles_and_names_that_yaml_or_json_read_otherwise(fresh: Path) -> None:
    path = new_notebook("no", title='Growth "by\tgroup" # \\ {x}')
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[0].source.startswith('# Growth "by group" # \\ {x}\n')
    nbformat.validate(notebook)
    new_notebook("1")
    assert list(load_runs()) == ["one", "two", "no", "1"]
    assert fresh.is_dir()


def test_a_notebook_without_a_page_is_told_what_to_do(fresh: Path, project: Any) -> None:
    cells = [
        nbformat.v4.new_markdown_cell("# Plain"),
        nbformat.v4.new_code_cell("import pandas as pd\npd.DataFrame({'mean': [1.5]})"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), fresh / "plain.ipynb")
    with (fresh / "runs.yml").open("a") as file:
        file.write("plain:\n  notebook: plain\n")
    done = type(project)(fresh.parent).main("report", "plain", status=1)
    assert (
        "run plain wrote no results, and nothing on its page would have a badge; make a page in "
        "its notebook (from analysis.display import Page; page = Page(globals())), show with "
        "page.table(frame, title, …) and page.figure(draw, title, …), and end its notebook with "
        "page.finish(); docs/your_own_notebook.md shows it"
    ) in done.stderr


OUTPUTS: dict[str, tuple[Any, bool]] = {
    "a bare frame": (nbformat.v4.new_output(
        "execute_result", {"text/html": "<div>\n<style scoped>x</style><table></table></div>",
                           "text/plain": "   a"}, execution_count=1), True),
    "a styled frame": (nbformat.v4.new_output(
        "execute_result", {"text/html": '<style type="text/css">x</style><table></table>',
                           "text/plain": "<Styler>"}, execution_count=1), True),
    "a bare picture": (nbformat.v4.new_output(
        "display_data", {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}), True),
    "a number": (nbformat.v4.new_output(
        "execute_result", {"text/plain": "1.5"}, execution_count=1), True),
    "print": (nbformat.v4.new_output("stream", name="stdout", text="1.5\n"), True),
    "a warning": (nbformat.v4.new_output("stream", name="stderr", text="careful\n"), False),
    "a table of the page": (nbformat.v4.new_output(
        "execute_result", {"text/html": '<figure class="shown table">', "text/plain": "T"},
        execution_count=1), False),
    "the page itself": (nbformat.v4.new_output(
        "execute_result", {"text/html": '<style>x</style>\n', "text/plain": "No parameters."},
        execution_count=1), False),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTPUTS)
def test_what_the_page_did_not_show_is_marked(name: str) -> None:
    output, expected = OUTPUTS[name]
    cell = nbformat.v4.new_code_cell("x", outputs=[output], execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# T"), cell])
    marked = with_others_marked(notebook)
    page = render_page(marked, name="x")
    assert ("the output above has no badge and is no row of results.csv" in page) == expected
    assert len(notebook.cells[1].outputs) == 1, "the notebook itself stays as it is"
    assert ("<img" in page) == (name == "a bare picture")


def test_the_stored_template_has_no_outputs_and_readable_ids(fresh: Path) -> None:
    assert fresh.is_dir()
    notebook = json.loads(new_notebook("mine").read_text(encoding="utf-8"))
    assert notebook["metadata"]["title"] == "Mine"
    ids = [cell["id"] for cell in notebook["cells"]]
    assert ids[:3] == ["title", "parameters", "setup"]
    assert ids[-1] == "results"
    assert {"answer", "table", "figure"} <= set(ids)
    assert not any(cell.get("outputs") for cell in notebook["cells"])
