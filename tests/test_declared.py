"""The parameters that a running notebook declares, found among the cells that ran."""

from typing import Any

import pytest

from analysis.declared import declarations, declared_cell, declared_parameters
from analysis.display import Page
from analysis.parameters import NotebookParameters, ParameterError

CELL = 'cutoff: float = 2.0  # where it begins\narms: list[str] = ["A"]\nsort: str = "as planned"'


def cells(*sources: str) -> dict[str, Any]:
    """A notebook in which these cells ran; what they assign stands in it."""
    namespace: dict[str, Any] = {}
    for source in sources:
        exec("\n".join(line for line in source.splitlines() if " = " in line), namespace)
    return {**namespace, "In": ["", *sources, "page = Page(globals())"]}


def made(*sources: str) -> type[NotebookParameters]:
    return declared_parameters(cells(*sources))


def test_name_type_default_and_help_are_those_of_the_cell() -> None:
    kind = made(CELL)
    described = kind().described()
    assert described[0] == ("cutoff", "2.0", "2.0", "where it begins")
    assert kind(cutoff=3, arms=["B"]).departures() == {"cutoff": "3.0", "arms": '["B"]'}
    for wrong in ({"cutoff": "abc"}, {"arms": [1]}, {"arms": "A"}, {"sort": 1}):
        with pytest.raises(ParameterError, match=next(iter(wrong))):
            kind.checked(wrong)


def test_words_may_stand_for_a_value_of_another_type() -> None:
    kind = made('level: float = "as planned"\nlimit: int = None')
    assert kind.checked({"level": 0.9, "limit": 3})
    assert kind.checked({"level": "as planned", "limit": None})
    with pytest.raises(ParameterError, match="level"):
        kind.checked({"level": "as plant"})


def test_a_cell_without_annotations_has_the_types_of_its_defaults() -> None:
    kind = made("alpha = 0.05\nnames = ['a']\nseed = 1")
    assert kind.checked({"alpha": 1, "seed": 2})
    with pytest.raises(ParameterError, match="seed"):
        kind.checked({"seed": 1.5})


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("a: float = 2 * x", "the default of a must be a literal; got '2 * x'"),
        ("a: DataFrame = None", "the type of a must be str, int, float, bool, list or such as"),
        ("a: __import__('os').sep = 1", "the type of a must be"),
        ("a: int = 1.5", "the default of a must be of its type, int; got 1.5"),
    ],
)
def test_what_is_no_parameter_is_refused_in_a_sentence(source: str, sentence: str) -> None:
    with pytest.raises(ParameterError) as error:
        declared_parameters({"In": ["", source, "page"]})
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("ran", "expected"),
    [
        ([CELL], "2.0"),
        # Papermill's values are no defaults.
        ([CELL, "# Parameters\ncutoff = 4.0\n"], "2.0"),
        # Edited and run again, with cells of one's own between.
        ([CELL, "x = 1", "import os\nx: int = 1", CELL.replace("2.0", "3.0"), "y = 2"], "3.0"),
        # A line of one's own that sets one of the parameters is no parameters cell.
        ([CELL, "cutoff = 9.0", "print(1)"], "2.0"),
        # Other names altogether, run just before the page is made.
        ([CELL, "print(1)", "other: float = 5.0"], "5.0"),
        # An annotated variable of one's own somewhere else.
        ([CELL, "n: int = 5", "print(n)"], "2.0"),
        # What else may stand in it.
        ([f'"""Words."""\nimport os\n{CELL}\nprint(cutoff)'], "2.0"),
        (["%matplotlib inline", "import pandas as pd", CELL], "2.0"),
    ],
)
def test_the_parameters_cell_is_found(ran: list[str], expected: str) -> None:
    found = declared_cell(["", *ran])
    assert str(found[0].value()) == expected


def test_a_notebook_without_parameters_has_a_page() -> None:
    page = Page({"In": ["", "import pandas as pd", "page"], "note": "mine"})
    assert page.text() == "No parameters."
    assert "<details" not in page.html()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("cutof = 3.0", "'cutof' is not a parameter of this notebook; did you mean 'cutoff'?"),
        ("zzz = 3.0", "'zzz' is not a parameter of this notebook; they are cutoff, arms, sort"),
    ],
)
def test_papermill_is_refused_what_the_cell_does_not_have(given: str, sentence: str) -> None:
    with pytest.raises(ParameterError) as error:
        Page(cells(CELL, f"# Parameters\n{given}"))
    assert str(error.value) == sentence
    with pytest.raises(ParameterError, match="which declares none"):
        Page({"In": ["", "# Parameters\nx = 1", "page"], "x": 1})


def test_variables_of_ones_own_are_welcome_and_slips_are_not() -> None:
    namespace = {**cells(CELL, "# Parameters\ncutoff = 4.0"), "rows": 3, "note": "mine"}
    namespace["cutoff"] = 4.0
    page = Page(namespace)
    assert page.parameters.departures() == {"cutoff": "4.0"}
    assert "1 set for this run" in page.html()
    namespace["cutof"] = 3.0
    with pytest.raises(ParameterError, match="did you mean 'cutoff'"):
        _ = page.parameters


def test_a_line_is_declared_with_its_own_comment() -> None:
    found = list(declarations('a: str = "# no help"  # help\nb: int = 1\n# alone\nf(x)\n'))
    assert [(each.name, each.words) for each in found] == [("a", "help"), ("b", "")]
