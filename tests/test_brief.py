"""What is printed of an object is short, whatever it holds."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pydantic
import pytest

from analysis.brief import LIMIT, brief, one_line


@dataclass(frozen=True)
class Inner:
    name: str
    weights: Any
    size: int = 3


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    response: str
    estimate: float
    residuals: Any
    inner: Any = None
    _cache: Any = field(default=None)
    quiet: int = field(default=7, repr=False)


@brief(rows="frame")
@dataclass(frozen=True)
class Table:
    title: str
    frame: Any


@brief(show=("id", "participants"))
class Plain:
    id = "trial-1"

    @property
    def participants(self) -> pd.DataFrame:
        return pd.DataFrame({"USUBJID": range(147), "AGE": 9.0})


@brief
class Model(pydantic.BaseModel):
    margin: float
    words: list[str] = []


class Pair(NamedTuple):
    first: int
    second: list[float]


def test_scalars_are_written_out_and_the_rest_by_its_shape() -> None:
    shown = repr(Fit(response="height", estimate=2 / 3, residuals=np.zeros((98, 4)), _cache="x"))
    assert "'height'" in shown
    assert "0.666667" in shown
    assert "array, 98 × 4" in shown
    assert "_cache" not in shown
    assert "quiet" not in shown


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.arange(3.0), "[0, 1, 2]"),
        (np.arange(30.0), "array, 30"),
        (np.float64(0.1), "0.1"),
        (np.bool_(True), "True"),
        (pd.DataFrame({"a": range(9)}), "frame, 9 × 1"),
        (pd.Series(range(9)), "series, 9"),
        (("W4", "W8"), "('W4', 'W8')"),
        ([0.5] * 500, "list of 500"),
        ({"a": "b" * 99}, "dict of 1"),
        (frozenset({3}), "{3}"),
        (Inner("x", np.zeros(99)), "Inner(name='x', size=3)"),
        (Pair(1, [2.0]), "(1, [2])"),
        (len, "len"),
        (pd.Timestamp("2001-02-03"), "2001-02-03 00:00:00"),
        (None, "None"),
    ],
)
def test_one_line(value: object, words: str) -> None:
    assert one_line(value) == words


def test_whatever_is_nested_stays_in_one_short_line() -> None:
    deep: Any = "leaf" * 100
    for _ in range(30):
        deep = Fit(response="r" * 500, estimate=0.5, residuals=[deep] * 400, inner=deep)
    for value in (deep, {"k": deep}, [deep], "\n".join("abc")):
        assert len(one_line(value)) <= 60
        assert "\n" not in one_line(value)
    assert len(repr(deep)) <= LIMIT


def test_a_class_of_many_fields_says_how_many_are_left_out() -> None:
    many = pydantic.create_model("Many", **{f"field_{i}": (int, i) for i in range(200)})  # type: ignore[call-overload]
    shown = repr(brief(many)())
    assert len(shown) <= LIMIT
    kept = shown.count("field_")
    assert f"and {200 - kept} more" in shown


def test_a_table_shows_its_first_rows() -> None:
    shown = repr(Table("Growth", pd.DataFrame({"visit": [f"W{i}" for i in range(99)]})))
    assert "99 rows × 1 column, the first 5:" in shown
    assert "W4" in shown
    assert "W5" not in shown
    assert "<td>W4</td>" in Table("Growth", pd.DataFrame({"v": ["W4"]}))._repr_html_()  # type: ignore[attr-defined]


def test_html_shows_the_same_fields_and_escapes_them() -> None:
    shown = Fit(response="<b>", estimate=1.0, residuals=np.zeros(9))._repr_html_()  # type: ignore[attr-defined]
    assert "<td>'&lt;b&gt;'</td>" in shown
    assert "array, 9" in shown


def test_any_class_and_any_model() -> None:
    assert "frame, 147 × 2" in repr(Plain())
    assert str(Plain()) == repr(Plain())
    assert "-2" in repr(Model(margin=-2.0))


def test_equality_and_hash_are_left_alone() -> None:
    one, other = (Fit(response="a", estimate=1.0, residuals=None) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
