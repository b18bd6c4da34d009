"""Grids of scenarios: what a file expands to, how scenarios are named, what is refused."""

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import paths
from analysis.errors import UserError
from analysis.report.grid import load_grid, scenario_name
from analysis.report.grid_results import grid_results, panels, tally
from analysis.report.runs import load_runs, with_timeout
from analysis.results import COLUMNS, ROW_KEY

NAMED = re.compile(r"[a-z0-9][a-z0-9._+-]{0,99}")
HEAD = 'title: "A"\nnotebook: "2_efficacy_controlled"\nparameters:\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "grid.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_combination_once_in_order(tmp_path: Path) -> None:
    grid = load_grid(
        write(tmp_path, HEAD + '  margin: [-1, 1.5]\n  trial: ["ghd", "cdisc-pilot"]\n  seed: 7\n')
    )
    assert [run.name for run in grid.runs] == [
        "trial-ghd_margin-minus-1",
        "trial-cdisc-pilot_margin-minus-1",
        "trial-ghd_margin-1.5",
        "trial-cdisc-pilot_margin-1.5",
    ]
    assert grid.runs[0].parameters == {"margin": -1, "trial": "ghd", "seed": 7}
    assert grid.varied == ("trial", "margin")


def test_lists_as_values(tmp_path: Path) -> None:
    """The values of a parameter that is a list are lists in a list; one list is one value."""
    grid = load_grid(
        write(tmp_path, HEAD + '  subgroups: ["SEX", "AGE"]\n  covariates: [[], ["AGE", "SEX"]]\n')
    )
    assert [run.parameters["covariates"] for run in grid.runs] == [[], ["AGE", "SEX"]]
    assert {tuple(run.parameters["subgroups"]) for run in grid.runs} == {("SEX", "AGE")}
    assert [run.name for run in grid.runs] == ["covariates-none", "covariates-age+sex"]


def test_scenarios_may_take_as_long_as_the_file_says(tmp_path: Path) -> None:
    for words, seconds in (("", 3600), ("timeout: 90\n", 90), ("timeout: 0.5\n", 0.5)):
        grid = load_grid(write(tmp_path, f"{words}{HEAD}  margin: [1, 2]\n"))
        assert {run.timeout for run in grid.runs} == {seconds}
    assert {run.timeout for run in with_timeout(grid.runs, 60)} == {60}, "the command line decides"


def test_several_blocks_stand_one_after_another(tmp_path: Path) -> None:
    text = '  - trial: ["ghd"]\n    margin: [1.0, 2.0]\n  - trial: ["cdisc-pilot"]\n'
    names = [run.name for run in load_grid(write(tmp_path, HEAD + text)).runs]
    assert names == ["trial-ghd_margin-1.0", "trial-ghd_margin-2.0", "trial-cdisc-pilot"]


@pytest.mark.parametrize(
    "values",
    [
        '["GHD", "ghd", "Ghd"]',
        '["größe", "grüße"]',
        '["次", "元", "??", " "]',
        '["per protocol", "per-protocol", "Per  Protocol"]',
        '["true", true, "null", null]',
    ],
)
def test_values_that_a_name_cannot_tell_apart(tmp_path: Path, values: str) -> None:
    """Every scenario has a folder of its own, also where a file system ignores case."""
    given = yaml.safe_load(values)
    runs = load_grid(write(tmp_path, HEAD + f"  trial: {values}\n")).runs
    assert [run.parameters["trial"] for run in runs] == given
    assert len({run.name.casefold() for run in runs}) == len(given)
    assert all(NAMED.fullmatch(run.name) for run in runs)
    # The same, whatever else is in the grid.
    more = load_grid(write(tmp_path, HEAD + f'  trial: [{values[1:-1]}, "other"]\n')).runs
    assert [run.name for run in more] == [*(run.name for run in runs), "trial-other"]


def test_long_names_are_cut_and_stay_apart(tmp_path: Path) -> None:
    names = ("population", "covariates", "subgroups", "model", "growth_reference", "visit")
    text = "".join(f'  {name}: ["{name[0] * 300}", "{name[0] * 301}"]\n' for name in names[3:])
    text += '  trial: ["a", "b"]\n  population: ["one population of many", "another"]\n'
    runs = load_grid(write(tmp_path, HEAD + text)).runs
    assert len({run.name for run in runs}) == len(runs) == 32
    assert all(NAMED.fullmatch(run.name) for run in runs)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD + "  margn: [1.0]\n", "'margn' is not a parameter of 2_efficacy_controlled; did you"),
        (HEAD + "  margin: []\n", "margin lists no value; give one or leave margin out"),
        (HEAD + "  margin: [1.0, 1.0]\n", "the scenario margin-1.0 occurs twice"),
        (HEAD + '  trial: ["GHD", "ghd", "GHD"]\n', "the scenario trial-ghd occurs twice"),
        (HEAD + f"  seed: {list(range(3000))}\n", "must have 1 to 2000 scenarios; got 3000"),
        (HEAD.replace("2_eff", "2_ef"), "parameters: must be names with their values; got n"),
        (HEAD.replace("2_eff", "2_ef") + "  seed: [1]\n", "there is no notebook '2_eficacy_con"),
        ('title: "A"\nparameters: {}\n', "notebook is required and missing"),
        ("a: [\n", "must be readable YAML"),
        ("- 1\n", "a grid must be fields with their values, such as title and"),
        (f"timeout: 0\n{HEAD}  seed: [1]\n", "timeout: must be greater than 0; got 0"),
        (
            f"timeout: 2e6\n{HEAD}  seed: [1]\n",
            "timeout: must be less than or equal to 1000000; got",
        ),
        (f'timeout: "60"\n{HEAD}  seed: [1]\n', "timeout: must be a number; got '60'"),
        (HEAD + "  seed: [1]\nextra: 1\n", "extra is not a field of a grid; remove it"),
    ],
)
def test_wrong_files_are_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        load_grid(write(tmp_path, text))
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


values = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.text(max_size=60)
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b_c"]), values, min_size=1))
def test_names_are_safe_in_paths_and_stable(parameters: dict[str, object]) -> None:
    name = scenario_name(parameters)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.+")
    assert not name.startswith(".")
    assert len(name) <= 100
    assert scenario_name(dict(parameters)) == name


def test_the_shipped_grids_are_good() -> None:
    files = sorted((paths.NOTEBOOKS / "grids").glob("*.yml"))
    assert files
    grids = {path.stem: load_grid(path) for path in files}
    assert len(grids["margins"].runs) >= 24
    # Names of grids and runs never collide: grids stand in a folder of their own.
    assert "grids" not in load_runs(paths.RUNS)


def fake(folder: Path, name: str, **cells: object) -> None:
    row = {
        "analysis_id": "primary", "group1_level": "A − B", "variable": "HV", "context": "x",
        "unit": "cm", "data_status": "synthetic", "plan_status": "planned", "source": "t",
    }  # fmt: skip
    rows = [
        {**row, "stat_name": "estimate", "stat": 1.0, "stat_fmt": "1.0", **cells},
        {
            **row,
            "stat_name": "conclusion",
            "stat": None,
            "stat_fmt": "superior",
            "unit": "",
            **cells,
        }
        | ({"stat_fmt": cells["verdict"]} if "verdict" in cells else {}),
    ]
    (folder / name).mkdir(parents=True)
    pd.DataFrame(rows).reindex(columns=COLUMNS).to_csv(folder / name / "results.csv", index=False)


def test_real_and_synthetic_scenarios_are_never_pooled(tmp_path: Path) -> None:
    grid = load_grid(write(tmp_path, HEAD + "  seed: [1, 2, 3]\n"))
    fake(tmp_path, "seed-1")
    fake(tmp_path, "seed-2", data_status="real")
    fake(tmp_path, "seed-3", unit="kg")
    results = grid_results(grid, tmp_path)
    assert not results.frame.duplicated(["analysis_id", *ROW_KEY, "stat_name"]).any()
    found = [set(rows.frame["group1_level"]) for _, rows in panels(results)]
    assert sorted(map(sorted, found)) == [["seed-1"], ["seed-2"], ["seed-3"]]
    counted = tally(results)
    assert counted.text("n", group1_level="superior", group2_level="synthetic") == "2"
    assert counted.text("n", group1_level="superior", group2_level="real") == "1"


def test_a_scenario_without_the_analysis_is_refused(tmp_path: Path) -> None:
    grid = load_grid(write(tmp_path, 'analysis: "mmrm"\n' + HEAD + "  seed: [1]\n"))
    fake(tmp_path, "seed-1")
    with pytest.raises(UserError, match="scenario seed-1 has no results of the analysis 'mmrm'"):
        grid_results(grid, tmp_path)
