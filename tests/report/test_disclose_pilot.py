"""A real trial of several arms under the strict rules: all that is made of it is searched.

The pilot's own records are public. Here its plan allows nothing, and names, dates, the place and
values that only one participant has are sought in every byte; then a stranger subtracts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from real_trial import OUTLIERS, PILOT, PLANTED, plant_pilot
from recover import counts_of, ordered_by_few, sizes_told, subtracted, sums_of, told

from analysis import paths
from analysis.errors import UserError
from analysis.report import bundle, disclose
from analysis.report.build import build
from analysis.report.compare import compare_paths
from analysis.report.compare_page import comparison_page
from analysis.report.disclose import disclosed, opened
from analysis.report.executor import choose_place
from analysis.report.grid import load_grid
from analysis.report.grid_page import write_grid_page
from analysis.report.runs import Run
from analysis.results.withheld import PEOPLE

pytestmark = pytest.mark.thorough
EFFICACY, SAFETY = "2_efficacy_controlled", "4_safety"
SECRET = "where-its-owner-keeps-it"
ARMS = ["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"]
LEAST = 5
DAY = re.compile(rb"\d{4}-\d\d-\d\d|\d\d[A-Z]{3}\d{4}|\d\d[./]\d\d[./]\d{4}")
"""A day in one of the ways in which it is sought."""
PAGES = ("efficacy", "responders", "times", "safety")
GRID = """
title: "Does it hang on level or population?"
notebook: "2_efficacy_controlled"
parameters:
  trial: ["{trial}"]
  conf_level: [0.9, 0.99]
  imputations: 5
"""


class Made(NamedTuple):
    """Everything made of a trial, in one folder, and the trial."""

    folder: Path
    trial: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Four pages, one that fails, a grid, a comparison, a bundle and all logs."""
    root = tmp_path_factory.mktemp("pilot")
    trial = plant_pilot(root / SECRET / "their trial")
    own = {"trial": str(trial), "subgroups": ["SEX", "AGEGR1"], "imputations": 5}
    improved = "ADAS-Cog (11), improved by 4 points or more at week 24"
    runs = [
        Run(name="efficacy", notebook=EFFICACY, parameters=own),
        Run(name="responders", notebook=EFFICACY, parameters=own | {"endpoint": improved}),
        Run(name="times", notebook=EFFICACY,
            parameters=own | {"endpoint": "Time to first dermatologic event"}),
        Run(name="safety", notebook=SAFETY, parameters={"trial": str(trial)}),
    ]  # fmt: skip
    near = Run(name="near", notebook=EFFICACY,
               parameters=own | {"population": "intention to treat"})  # fmt: skip
    file, folder = root / "levels.yml", root / "all" / "report"
    file.write_text(GRID.format(trial=trial), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.OUTSIDE, "{}")
        with pytest.raises(UserError) as said:
            build([*runs, near], folder=folder, place=choose_place(2))
        (folder.parent / "said.txt").write_text(str(said.value), encoding="utf-8")
        grid = load_grid(file)
        build(grid.runs, folder=folder.parent / "grid", place=choose_place(2),
              front_page=partial(write_grid_page, grid))  # fmt: skip
        found = compare_paths(folder / "efficacy", folder / "responders", tolerance=0.0, runs=[])
        page = comparison_page(found, before="one", after="another")
        (folder.parent / "compared.html").write_text(str(page), encoding="utf-8")
        for module in (disclose, bundle):
            patch.setattr(module, "load_runs", lambda: {run.name: run for run in runs})
        assert disclosed(folder) == disclosed(folder.parent / "grid") == []
        bundle.write_bundle(folder.parent / "bundle.zip", folder)
        yield Made(folder.parent, trial)


def test_no_byte_names_anybody(made: Made) -> None:
    tables = [pd.read_parquet(made.trial / f"{table}.parquet") for table in PILOT]
    dates = {
        f"{pd.Timestamp(day):{form}}".upper().encode()
        for table in tables for name in table.columns if name.endswith("DT") and name != "ASTDTF"
        for day in table[name].dropna().unique() if not isinstance(day, int | float)
        for form in ("%Y-%m-%d", "%d%b%Y", "%d.%m.%Y", "%d/%m/%Y")
    }  # fmt: skip
    words = [PLANTED, SECRET, *(f"{value:g}" for value in OUTLIERS.values())]
    assert len(dates) > 1000
    seen, size = 0, 0
    for path in made.folder.rglob("*"):
        if path.is_file():
            for place, content in opened(path.read_bytes()):
                seen, size = seen + 1, size + len(content)
                assert not [word for word in words if word.encode() in content], f"{path} {place}"
                assert not dates & set(DAY.findall(content.upper())), f"{path} {place}"
    print(f"{seen} files and parts, {size / 1e6:.0f} MB, {len(dates)} dates")  # noqa: T201
    assert seen > 200


def test_a_population_that_few_tell_from_the_planned_one_is_refused(made: Made) -> None:
    said = (made.folder / "said.txt").read_text(encoding="utf-8")
    assert "the population 'intention to treat' differs from 'efficacy', which the plan" in said
    assert "by fewer than 5 participants of Xanomeline Low Dose" in said
    assert not (made.folder / "report" / "near").exists()


def rows_of(made: Made, page: str) -> pd.DataFrame:
    file = made.folder / "report" / page / "results.csv"
    return pd.read_csv(file, dtype=str, keep_default_na=False)


@pytest.mark.parametrize("page", PAGES)
def test_no_count_of_few_nor_what_it_follows_from(made: Made, page: str) -> None:
    rows = rows_of(made, page)
    terms = rows.loc[rows["stat_name"] == "n.chance", "analysis_id"]
    rows = rows[~rows["analysis_id"].isin(terms)]
    counts = rows[rows["stat_name"].isin(PEOPLE) & (rows["stat"] != "")]
    own = pd.to_numeric(counts["stat"])
    assert not own.between(1, LEAST - 1).any()
    assert not (pd.to_numeric(counts["n_population"]) - own).between(1, LEAST - 1).any()
    known = counts_of(rows)
    assert not told(known, list(sums_of(known, ARMS)), LEAST)
    assert not sizes_told(rows, LEAST)
    assert not ordered_by_few(rows, "ae-by-term")


def test_no_two_pages_can_be_subtracted(made: Made) -> None:
    assert not subtracted([rows_of(made, page) for page in PAGES], LEAST)


@pytest.mark.parametrize("page", PAGES)
def test_no_row_is_one_participant(made: Made, page: str) -> None:
    """Values side by side are fewer than a fifth of the participants, and none is an extreme."""
    rows = rows_of(made, page)
    size = len(pd.read_parquet(made.trial / "adsl.parquet"))
    single = rows[rows["stat_name"].isin(["residual", "transaminase", "schoenfeld", "change"])]
    counts = single.groupby(["analysis_id", "group1_level", "group2_level", "stat_name"]).size()
    assert (counts <= size // LEAST).all()
    assert not (rows.loc[rows["stat_name"].isin(["min", "max"]), "stat"] != "").any()


@pytest.mark.parametrize("page", PAGES)
def test_no_number_has_more_digits_than_are_shown(made: Made, page: str) -> None:
    rows = rows_of(made, page)
    real = rows[(rows["data_status"] == "real") & (rows["stat"] != "")]
    assert real["stat"].str.partition(".")[2].str.len().max() <= 6
