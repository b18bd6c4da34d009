"""Whatever is wrong in a file that a user writes is said in the words of who types it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

import pydantic
import pytest
import yaml
from corpus import good_plan

from analysis import paths
from analysis.errors import UserError
from analysis.report import grid, runs
from analysis.sources.synthetic import reading as synthetic
from analysis.sources.synthetic.assumptions import Assumptions
from analysis.sources.trial import read_plan as trial
from analysis.sources.trial.plan import TrialPlan

WRONG = ["two words", 7, 1.5, True, None, [[]], ["two words", 2, 3], {"a": {"b": 1}}, {1: {2: 3}}]
"""Values of every kind; to a field, most of them are of another than its own."""
OURS = re.compile(
    r"tuple|dict|model|enum|literal|instance|bool|integer|string|float|pars|input|valid|none|item"
    r"|extra|key|permitted",
    re.I,
)
"""Words of Python and pydantic, of which no file is written."""


class Kind(NamedTuple):
    """A kind of file: where it is read, what it must be, a good one, and how it is read."""

    module: Any
    model: Any
    good: Callable[[], dict[str, Any]]
    read: Callable[[Path], object]


def assumptions() -> dict[str, Any]:
    path = paths.DATA / "trials" / "ghd" / "assumptions.yml"
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


KINDS = {
    "trial.yml": Kind(trial, TrialPlan, good_plan, trial.read_plan),
    "assumptions.yml": Kind(synthetic, Assumptions, assumptions, synthetic.read_assumptions),
    "runs.yml": Kind(
        runs, dict[str, runs.Declared], lambda: {"a": {"notebook": "1_programme"}},
        lambda folder: runs.load_runs(folder / "runs.yml"),
    ),
    "grid.yml": Kind(
        grid, grid._File,
        lambda: {"title": "A", "notebook": "1_programme", "parameters": {"conf_level": [0.9]}},
        lambda folder: grid.load_grid(folder / "grid.yml"),
    ),
}  # fmt: skip


def places(annotation: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every field below a field, the first entry of each list and of names included."""
    step = {tuple: (0,), list: (0,), dict: ("a",)}.get(get_origin(annotation), ())
    for inner in get_args(annotation):
        below = (*where, *step)
        if below != where:
            yield below
        yield from places(inner, below)
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        for name, field in annotation.model_fields.items():
            yield (*where, field.alias or name)
            yield from places(field.annotation, (*where, field.alias or name))


def planted(value: Any, path: tuple[Any, ...], into: Any) -> Any:
    """A file with a value at a place; what there is not on the way is made."""
    if not path:
        return value
    first, *rest = path
    kept = into if isinstance(into, list if first == 0 else dict) else [] if first == 0 else {}
    if first == 0:
        return [planted(value, tuple(rest), kept[0] if kept else {}), *kept[1:]]
    return {**kept, first: planted(value, tuple(rest), kept.get(first))}


def refused(kind: str, content: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said of a file with this content, a sentence a line; nothing where it is good."""
    (folder / kind).touch()
    monkeypatch.setattr(KINDS[kind].module, "read_yaml", lambda _: content)
    try:
        KINDS[kind].read(folder)
    except UserError as error:
        return [line.partition(kind)[2].lstrip(":, ") for line in str(error).splitlines()]
    return []


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_is_refused_in_words_of_python(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, said = KINDS[kind].good(), []
    assert refused(kind, good, tmp_path, monkeypatch) == []
    for path in dict.fromkeys(places(KINDS[kind].model)):
        for value in WRONG:
            said += refused(kind, planted(value, path, good), tmp_path, monkeypatch)
    rules = {
        rule.partition("; got")[0].partition(" such as ")[0]
        for _, found, rule in (sentence.rpartition(": must ") for sentence in said)
        if found
    }
    assert {"be a text", "be names with their values", "be a number"} <= rules
    assert not {rule for rule in rules if OURS.search(rule)}
