"""Some random alterations of a good trial; the script tries as many as are wanted."""

import pytest
from alterations import Record, altered, good, report
from altering import ALTERATIONS
from bases import base

SEED, MANY = 7, 20


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return [altered(number, seed=SEED, names=("small",)) for number in range(MANY)]


def test_no_alteration_ends_in_a_traceback(records: list[Record]) -> None:
    assert [record.said for record in records if record.kind == "traceback"] == []


def test_what_says_the_same_gives_the_same_numbers(records: list[Record]) -> None:
    moved = [record for record in records if record.harmless and record.moved]
    assert moved == []


def test_a_refusal_is_a_sentence(records: list[Record]) -> None:
    for record in records:
        if record.kind == "refused":
            assert "Traceback" not in record.said
            assert all(len(line.split()) > 3 for line in record.said.splitlines()), record.said


def test_an_alteration_is_the_same_for_its_number() -> None:
    first, again = (altered(3, seed=SEED, names=("small",)) for _ in range(2))
    assert (first.words, first.kind, first.moved) == (again.words, again.kind, again.moved)


def test_the_good_trial_is_good_and_stays_so() -> None:
    before = good("small", full=False)
    assert before.numbers
    trial = base("small")
    trial.tables["adsl"].loc[:, "AGE"] = 0.0
    trial.plan["arms"].clear()
    assert base("small").tables["adsl"]["AGE"].gt(0).all()
    assert base("small").plan["arms"]


def test_the_report_names_what_a_reader_must_see(records: list[Record]) -> None:
    text = "\n".join(report(records))
    assert "SILENT, AND NUMBERS MOVED" in text
    assert len({each.name for each in ALTERATIONS}) == len(ALTERATIONS) > 60
