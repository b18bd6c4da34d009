"""What a plan allows of its participants: strict for people, open for those who are nobody."""

from __future__ import annotations

import pydantic
import pytest

from analysis.sources.trial.plan_disclosure import LARGEST_MINIMUM, Allowed, Disclosure
from analysis.sources.trial.trial import load_trial

STRICT = Allowed(listed=False, identifiers=False, points="grouped", minimum=5, dates=False)
OPEN = Allowed(listed=True, identifiers=True, points="exact", minimum=0, dates=True)


def test_real_data_are_strict_where_the_plan_says_nothing() -> None:
    assert Disclosure().decided(real=True, named=False) == STRICT


def test_synthetic_data_are_open_where_the_plan_says_nothing() -> None:
    assert Disclosure().decided(real=False, named=True) == OPEN


@pytest.mark.parametrize(
    ("said", "field", "wanted"),
    [
        ({"identifiers": "shown"}, "identifiers", True),
        ({"participant_points": "on"}, "points", "rounded"),
        ({"minimum_count": 10}, "minimum", 10),
        ({"minimum_count": 0}, "minimum", 0),
        ({"dates": "shown"}, "dates", True),
    ],
)
def test_each_line_opens_itself_alone(said: dict[str, object], field: str, wanted: object) -> None:
    found = Disclosure.model_validate(said).decided(real=True, named=False)
    differ = {name for name in Allowed.__slots__ if getattr(found, name) != getattr(STRICT, name)}
    assert differ == {field}
    assert getattr(found, field) == wanted


@pytest.mark.parametrize("said", [{"participant_points": "off"}, {"minimum_count": 5}])
def test_what_is_held_back_of_nobody_is_not_listed_either(said: dict[str, object]) -> None:
    assert not Disclosure.model_validate(said).decided(real=False, named=True).listed


def test_a_listing_of_real_people_is_no_secret_and_opens_the_rest() -> None:
    found = Disclosure(participants="listed").decided(real=True, named=False)
    assert (found.points, found.minimum, found.identifiers) == ("rounded", 0, False)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"participants": "listed", "participant_points": "off"}, "participant_points is off"),
        ({"participants": "listed", "minimum_count": 5}, "minimum_count is 5"),
        ({"minimum_count": -1}, "greater than or equal to 0"),
        ({"minimum_count": LARGEST_MINIMUM + 1}, f"less than or equal to {LARGEST_MINIMUM}"),
        ({"participant_points": "yes"}, "'on' or 'off'"),
        ({"dates": "never"}, "'shown' or 'hidden'"),
        ({"minimum": 5}, "not permitted"),
    ],
)
def test_what_contradicts_itself_or_is_no_word_is_refused(
    said: dict[str, object], words: str
) -> None:
    with pytest.raises(pydantic.ValidationError, match=words):
        Disclosure.model_validate(said)


def test_nothing_contradicts_where_both_say_the_same() -> None:
    Disclosure.model_validate({"participants": "listed", "minimum_count": 1})
    Disclosure.model_validate({"participants": "not listed", "participant_points": "off"})


def test_the_shipped_trials_decide_as_their_data_are() -> None:
    assert load_trial("turner-1").plan.allowed == OPEN
    pilot = load_trial("cdisc-pilot").plan.allowed
    assert (pilot.listed, pilot.identifiers, pilot.points) == (True, False, "rounded")


def test_a_plan_without_the_block_takes_names_from_safety() -> None:
    plan = load_trial("turner-1").plan
    real = plan.model_copy(update={"data_status": "real"})
    assert real.allowed.identifiers
    hidden = real.model_copy(update={"disclosure": Disclosure(identifiers="hidden")})
    assert not hidden.names_participants
