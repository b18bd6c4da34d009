"""``trial.adsl``: the tables of a trial by attribute."""

import copy
import pickle
from rlcompleter import Completer

import pytest
from pandas.testing import assert_frame_equal

from analysis.errors import UserError
from analysis.sources.trial.trial import load_trial

SHIPPED = ("ghd", "turner-1", "turner-2", "cdisc-pilot")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_table_is_an_attribute(name: str) -> None:
    trial = load_trial(name)
    assert "adsl" in trial.tables
    for table, frame in trial.tables.items():
        assert table in dir(trial)
        assert_frame_equal(getattr(trial, table), frame)
        assert_frame_equal(getattr(trial, table.upper()), frame)


def test_tab_offers_the_tables() -> None:
    trial = load_trial("ghd")
    offered = Completer({"trial": trial}).attr_matches("trial.ad")
    assert {f"trial.{table}" for table in trial.tables} == set(offered)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("adlb1", "has no table 'adlb1'; its tables are adsl, adgr, adlb, adae, advs, adex, addv"),
        ("adeg", "trial 'ghd' has no table 'adeg'"),
        ("adlbs", "did you mean 'adlb'?"),
        ("ADVSS", "did you mean 'advs'?"),
        ("recrods", "did you mean 'records'?"),
    ],
)
def test_an_unknown_table_is_refused_in_one_sentence(asked: str, said: str) -> None:
    trial = load_trial("ghd")
    assert not hasattr(trial, asked)
    with pytest.raises(UserError) as refused:
        getattr(trial, asked)
    assert isinstance(refused.value, AttributeError)
    assert said in str(refused.value)


def test_what_is_written_into_a_table_stays_with_the_reader() -> None:
    trial = load_trial("turner-1")
    own = trial.tables["adsl"]["AGE"].copy()
    taken = trial.adsl
    taken["NEW"] = 1
    taken.loc[:, "AGE"] = 0.0
    assert "NEW" not in trial.tables["adsl"]
    assert (trial.tables["adsl"]["AGE"] == own).all()


def test_a_trial_can_be_copied_and_sent_to_another_process() -> None:
    trial = load_trial("turner-1")
    for again in (copy.copy(trial), copy.deepcopy(trial), pickle.loads(pickle.dumps(trial))):
        assert_frame_equal(again.adsl, trial.tables["adsl"])
