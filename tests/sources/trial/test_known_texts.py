"""Texts that the checks numbered: the same words as in the table, and never those of another."""

import pickle
from dataclasses import replace

import pandas as pd
import pytest

from analysis.safety.overview import overview
from analysis.safety.settings import SafetyParameters, resolve
from analysis.sources.trial.columns import kind_of
from analysis.sources.trial.trial import Trial, read_trial


def texts_of(trial: Trial) -> list[tuple[str, str]]:
    return [
        (name, str(column))
        for name, table in trial.tables.items()
        for column in table
        if kind_of(table[column]) == "text"
    ]


@pytest.mark.parametrize("name", ["ghd", "turner-1", "cdisc-pilot"])
def test_the_words_are_those_of_the_table(name: str) -> None:
    trial = read_trial(name)
    for table, column in texts_of(trial):
        found, values = trial.categories(table, column), trial.tables[table][column]
        assert found.tolist() == values.tolist(), (table, column)
        assert set(found.categories) == set(values), (table, column)


CHANGES = {
    "a cell": lambda table: table.__setitem__("AESEV", table["AESEV"].where(table.index > 0, "NO")),
    "a cell in place": lambda table: table.loc.__setitem__((0, "AESEV"), "NO"),
    "a cell of a column": lambda table: table["AESEV"].__setitem__(0, "NO"),
    "another column": lambda table: table.__setitem__("AESEV", table["AETERM"]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.filterwarnings("ignore::pandas.errors.ChainedAssignmentError")
def test_a_changed_table_has_its_own_words(change: object) -> None:
    trial = read_trial("ghd")
    change(trial.tables["adae"])  # type: ignore[operator]
    expected = trial.tables["adae"]["AESEV"].tolist()
    assert trial.categories("adae", "AESEV").tolist() == expected
    before = read_trial("ghd")
    assert before.categories("adae", "AESEV").tolist() == before.tables["adae"]["AESEV"].tolist()


ORDERS = {
    "backwards": lambda table: table.iloc[::-1],
    "some": lambda table: table.iloc[3:],
    "by name": lambda table: table.sort_values("AEDECOD"),
    "of another memory": lambda table: pd.DataFrame(table.to_dict("list")),
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_records_in_another_order_have_their_own_words(order: object) -> None:
    trial = read_trial("ghd")
    table = order(trial.tables["adae"])  # type: ignore[operator]
    trial = replace(trial, tables={**trial.tables, "adae": table})
    assert trial.categories("adae", "AEDECOD").tolist() == table["AEDECOD"].tolist()


def test_a_table_that_nobody_else_holds_is_changed_elsewhere() -> None:
    """Where the reader's own copy is gone, pandas may write into the memory it had."""
    trial = read_trial("ghd")
    table = trial.tables["adae"]
    only = replace(trial, tables={"adae": table.copy()})
    table = only.tables["adae"]
    known = only.texts.of("adae", table["AESEV"]).tolist()
    table.loc[0, "AESEV"] = "SEVERE" if known[0] != "SEVERE" else "MILD"
    assert only.categories("adae", "AESEV").tolist() == table["AESEV"].tolist() != known


def test_another_process_numbers_its_own() -> None:
    trial = read_trial("ghd")
    again = pickle.loads(pickle.dumps(trial))
    for table, column in texts_of(again):
        assert again.categories(table, column).tolist() == again.tables[table][column].tolist()


def test_what_is_counted_follows_a_changed_table() -> None:
    run = resolve(SafetyParameters(trial="ghd"))
    table = run.trial.tables["adae"]
    none = replace(run.trial, tables={**run.trial.tables, "adae": table.assign(AESER="N")})
    serious = overview(replace(run, trial=none)).select(variable="Serious", stat_name="n")
    assert set(serious.frame["stat"]) == {0}
    assert overview(run).select(variable="Serious", stat_name="n").frame["stat"].max() > 0
