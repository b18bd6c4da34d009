"""Building the report: what is refused, what a failure leaves behind."""

from pathlib import Path

import nbformat
import pytest

from analysis import paths
from analysis.__main__ import main
from analysis.errors import UserError
from analysis.report import build as building
from analysis.report.render import refuse_incomplete
from analysis.report.runs import Run, choose, load_runs, with_timeout


def runs_file(folder: Path, text: str) -> Path:
    path = folder / "runs.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            'ts:\n  notebook: "1_programme"\n  parameters: {indicaton: "TS"}\n',
            "run ts: 'indicaton' is not a parameter of 1_programme; did you mean 'indication'?",
        ),
        ('ts:\n  notebook: "1_program"\n', "there is no notebook '1_program'; did you mean"),
        ('T S:\n  notebook: "1_programme"\n', "a run name has small letters"),
        ("ts:\n  parameters: {}\n", "run ts: notebook is required and missing"),
        ('ts:\n  notebook: "1_programme"\n  params: {}\n', "params is not a field of a run; did"),
        ('logs:\n  notebook: "1_programme"\n', "'logs' is a folder of the report; name the run"),
        (
            f'{"a" * 300}:\n  notebook: "1_programme"\n',
            "a run name has small letters, digits and hyphens, at most 100; got 'aaa",
        ),
        (f'a:\n  notebook: "{"b" * 5000}"\n', "run a: notebook: must have at most 100 chara"),
        ('a:\n  notebook: "b\\0"\n', "run a: there is no notebook 'b"),
        ('a:\n  notebook: "1_programme"\n  timeout: 0\n', "run a: timeout: must be greater than"),
        ('a:\n  notebook: "1_programme"\n  timeout: 1e9\n', "run a: timeout: must be less than"),
        ("a: [1]\n", "run a: a run must be fields with their values, such as notebook and param"),
        ('a:\n  name: "b"\n  notebook: "1_programme"\n', "name is not a field of a run; re"),
        ("- a\n- b\n", "must map run names to runs; got list"),
        ("a: [\n", "must be readable YAML"),
    ],
)
def test_wrong_runs_are_refused_before_anything_is_executed(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(UserError) as error:
        load_runs(runs_file(tmp_path, text))
    assert sentence in str(error.value)


def test_unknown_run_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "programe"]) == 1
    said = capsys.readouterr().err
    # Where a user has runs of their own, their file is named too.
    assert "'programe' is not a run of notebooks/runs.yml" in said
    assert said.endswith("; did you mean 'programme'?\n")
    assert "Traceback" not in said


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e300"])
def test_a_time_that_is_none(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "programme", f"--timeout={seconds}"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: --timeout must be above 0 and at most 1,000,000 seconds; got ")


def test_the_time_that_is_asked_for_is_that_of_every_run() -> None:
    runs = [Run(name="a", notebook="a"), Run(name="b", notebook="b", timeout=7200)]
    assert [run.timeout for run in with_timeout(runs, None)] == [3600, 7200]
    assert [run.timeout for run in with_timeout(runs, 60)] == [60, 60]


def test_choose_all_or_some() -> None:
    runs = load_runs(paths.RUNS)
    assert choose(runs, []) == list(runs.values())
    assert [run.name for run in choose(runs, ["programme"])] == ["programme"]


def test_a_failing_notebook_leaves_the_last_good_page(
    report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = report / "programme" / "index.html"
    before = page.read_bytes()
    wrong = Run(name="programme", notebook="1_programme", parameters={"conf_level": 2})
    with pytest.raises(UserError) as error:
        building.build([wrong], folder=report)
    assert "conf_level must be greater than 0.5 and less than 1; got 2." in str(error.value)
    assert page.read_bytes() == before
    kept = nbformat.read(report / "failed" / "programme.ipynb", as_version=4)
    assert any(
        output.output_type == "error"
        for cell in kept.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    assert not list(report.glob(".building-*"))
    capsys.readouterr()


def test_incomplete_notebooks_are_not_rendered() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    with pytest.raises(UserError, match="cell 1 was not executed"):
        refuse_incomplete(notebook, "x")
    notebook.cells[0].execution_count = 1
    refuse_incomplete(notebook, "x")
    notebook.cells[0].outputs = [
        nbformat.v4.new_output("error", ename="E", evalue="v", traceback=[])
    ]
    with pytest.raises(UserError, match="cell 1 holds an error"):
        refuse_incomplete(notebook, "x")


def test_the_audit_is_also_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit"]) == 0
    assert "repeated table" in capsys.readouterr().out


def test_paths_do_not_depend_on_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_runs(paths.RUNS)
    assert paths.shown(paths.RUNS) == "notebooks/runs.yml"
    assert paths.shown(tmp_path) == str(tmp_path)
