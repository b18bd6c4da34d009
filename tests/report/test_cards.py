"""The export for {cards}: its columns, its key, its method rows; read in R where R is there."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from analysis import paths
from analysis.errors import UserError
from analysis.report.cards import cards_frame, export_cards
from analysis.results import Results, combine, rows_of

KEY = [
    *("group1", "group1_level", "group2", "group2_level", "group3", "group3_level"),
    *("variable", "variable_level", "stat_name"),
]
NEEDED = ["variable", "stat_name", "stat_label", "stat", "context"]


def planted() -> Results:
    who = {"group1_level": ["A", "B"], "variable": ["Headache"] * 2, "population": ["safety"] * 2}
    counts = pd.DataFrame(who | {"n": [2, 0], "N": [8, 9], "p": [0.25, 0.0]})
    change = pd.DataFrame(who | {"n": [8, 9], "mean": [-1.25, 0.5], "conclusion": ["worse", ""]})
    options = {"group1": "arm", "context": "safety", "data_status": "synthetic"}
    return combine(
        [
            # Two analyses that {cards} would take for one, were the analysis no group.
            rows_of(counts, "events", method="counts", **options),
            rows_of(counts, "serious-events", **options),
            rows_of(change, "change", method="mean − baseline", **options),
        ]
    )


def folder_of(tmp_path: Path) -> Path:
    (tmp_path / "planted").mkdir()
    planted().to_csv(tmp_path / "planted" / "results.csv")
    return tmp_path


def exported(tmp_path: Path) -> pd.DataFrame:
    file = export_cards("planted", folder_of(tmp_path))
    return pd.read_csv(file, dtype=str, keep_default_na=False)


def test_groups_variable_and_statistic_identify_a_row(tmp_path: Path) -> None:
    table = exported(tmp_path)
    assert not table.duplicated(KEY).any()
    assert table.duplicated([name for name in KEY if not name.startswith("group3")]).any()
    assert not (table[NEEDED] == "").any(axis=None)


def test_the_method_is_a_statistic_of_each_row_that_has_one(tmp_path: Path) -> None:
    methods = exported(tmp_path).query("stat_name == 'method'")
    assert list(methods["group3_level"]) == ["events", "events", "change", "change"]
    assert set(methods["stat_type"]) == {"text"}
    assert methods["stat"].iloc[0] == "counts"


def test_contexts_are_those_of_cards_where_the_statistics_are(tmp_path: Path) -> None:
    table = exported(tmp_path)
    contexts = table.groupby("group3_level")["context"].unique().map(list).to_dict()
    assert contexts == {
        "events": ["tabulate"],
        "serious-events": ["tabulate"],
        "change": ["summary"],
    }


def test_numbers_are_numbers_texts_are_texts_and_a_minus_is_one(tmp_path: Path) -> None:
    table = exported(tmp_path).query("group1_level == 'A' and group3_level == 'change'")
    rows = table.set_index("stat_name")
    assert (rows.loc["mean", "stat"], rows.loc["mean", "stat_fmt"]) == ("-1.25", "-1.25")
    assert (rows.loc["conclusion", "stat"], rows.loc["conclusion", "stat_type"]) == (
        "worse",
        "text",
    )


def test_a_level_without_a_group_gets_one() -> None:
    frame = pd.DataFrame({"group2_level": ["x"], "n": [1]})
    table = rows_of(frame, "a", context="b").frame.astype(str)
    assert cards_frame(table)["group2"].unique().tolist() == ["group2"]


def test_a_run_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing; write it with: python -m analysis report nosuch"):
        export_cards("nosuch", tmp_path)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_reads_it_with_list_columns_and_unique_keys(tmp_path: Path) -> None:
    file = export_cards("planted", folder_of(tmp_path))
    script = paths.ROOT / "docs" / "read_cards.R"
    check = tmp_path / "check.R"
    check.write_text(
        f"source('{script}'); ard <- read_cards('{file}')\n"
        "lists <- c('stat', 'fmt_fun', 'warning', 'error', 'variable_level',\n"
        "           paste0('group', 1:3, '_level'))\n"
        "stopifnot(vapply(ard[lists], is.list, NA), !duplicated(keys_of(ard)))\n"
        "p <- ard$stat[ard$stat_name == 'p' & ard$group1_level == 'A'][[1]]\n"
        "shown <- ard$fmt_fun[ard$stat_name == 'p' & ard$group1_level == 'A'][[1]](p)\n"
        "stopifnot(identical(p, 0.25), identical(shown, '25.0'), 'method' %in% ard$stat_name)\n",
        encoding="utf-8",
    )
    for call in ([str(check)], [str(script), str(file)]):
        done = subprocess.run(["Rscript", *call], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert "0 repeated keys" in done.stdout
