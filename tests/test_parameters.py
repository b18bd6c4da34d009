from typing import Literal

import pydantic
import pytest

from analysis.parameters import NotebookParameters, ParameterError


class Demo(NotebookParameters):
    margin: float = pydantic.Field(-1.8, lt=0, description="margin, cm/year")
    level: float = pydantic.Field(0.95, gt=0, lt=1, description="confidence level")
    arm: Literal["A", "B"] = pydantic.Field("A", description="arm")
    draws: int = pydantic.Field(10, ge=1, description="imputations")
    bound: Literal["as planned"] | float = pydantic.Field("as planned", description="bound")
    strata: Literal["as planned"] | list[str] = pydantic.Field("as planned", description="strata")
    visits: list[str] = pydantic.Field(["M12"], description="visits")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"level": 2}, "level must be greater than 0 and less than 1; got 2."),
        ({"level": "high"}, "level must be a number; got high."),
        ({"level": True}, "level must be a number; got true."),
        ({"margin": 0.0}, "margin must be less than 0; got 0.0."),
        ({"arm": "C"}, "arm must be one of 'A' or 'B'; got C."),
        ({"draws": 2.5}, "draws must be a whole number; got 2.5."),
        ({"bound": "abc"}, "bound must be 'as planned' or a number; got abc."),
        ({"bound": None}, "bound must be 'as planned' or a number; got null."),
        (
            {"strata": "SEX"},
            "strata must be 'as planned' or a list; got SEX; with papermill: -y 'strata: [SEX]'.",
        ),
        ({"strata": [1, 2]}, "strata must be 'as planned' or a list, each a text; got [1, 2]."),
        ({"visits": ["M6", 12]}, "visits.1 must be a text; got 12."),
        (
            {"bound": "abc", "draws": 0},
            "draws must be at least 1; got 0. bound must be 'as planned' or a number; got abc.",
        ),
        ({"margn": -1}, "'margn' is not a parameter of this notebook; did you mean 'margin'?"),
        (
            {"zzz": 1},
            "'zzz' is not a parameter of this notebook; they are margin, level, arm, draws, "
            "bound, strata, visits",
        ),
    ],
)
def test_a_wrong_parameter_is_one_sentence(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ParameterError) as error:
        Demo.checked(given)
    assert str(error.value) == sentence


def test_the_notebook_gives_its_globals() -> None:
    namespace = {
        "margin": -1,
        "level": 0.9,
        "_private": 1,
        "In": ["x"],
        "Out": {},
        "page": object(),
    }
    assert Demo.from_notebook(namespace) == Demo(margin=-1.0, level=0.9)


def test_a_restarted_notebook_asks_for_its_parameters_cell() -> None:
    """The cell may show another value than the default that would be used without it."""
    shell: dict[str, object] = {"In": [""], "Out": {}}
    for _ in range(2):
        with pytest.raises(ParameterError, match="the parameters cell has not been run; run it"):
            Demo.from_notebook(shell)
    assert Demo.from_notebook(shell | {"level": 0.9}).level == 0.9
    assert NotebookParameters.from_notebook(shell) == NotebookParameters()
    assert Demo.from_notebook({}) == Demo(), "no notebook: a script or a test"


def test_an_unknown_plain_value_is_a_misspelt_parameter() -> None:
    with pytest.raises(ParameterError, match="did you mean 'level'"):
        Demo.from_notebook({"levl": 0.9})


def test_later_calls_do_not_fight_the_user() -> None:
    namespace: dict[str, object] = {"level": 0.9}
    Demo.from_notebook(namespace)
    namespace |= {"scratch": 3, "level": 0.8}
    assert Demo.from_notebook(namespace).level == 0.8
    with pytest.raises(ParameterError, match="level must be"):
        Demo.from_notebook(namespace | {"level": 8})


def test_departures_and_text() -> None:
    demo = Demo(margin=-1.0)
    assert demo.departures() == {"margin": "-1.0"}
    assert str(demo).splitlines()[0] == "margin = -1.0"


def test_frozen() -> None:
    with pytest.raises(pydantic.ValidationError):
        Demo().margin = -2.0  # type: ignore[misc]


def test_no_traceback_in_a_notebook() -> None:
    assert ParameterError("a sentence")._render_traceback_() == ["ParameterError: a sentence"]
