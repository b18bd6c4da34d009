"""A grid of scenarios: one notebook under every combination of some parameters."""

import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic
from pydantic_core import PydanticCustomError

from analysis import paths
from analysis.errors import UserError
from analysis.mistakes import mistakes
from analysis.report.hashes import text_hash
from analysis.report.runs import (
    LATEST,
    LONGEST,
    TIMEOUT,
    Run,
    check_parameters,
    without_places,
)
from analysis.report.source import read_source
from analysis.yaml_files import read_yaml

MOST = 2000
"""More scenarios than this are refused: a slip in a file should not run for a week."""
LONG = 40
"""A value with more letters stands in a name as its first ones and a hash."""
HASH = 8
WHOLE = LONGEST - 2 * (HASH + 1)
"""Letters of a name, beyond which it is cut; a hash of these and one of its like come after."""

Block = dict[str, Any]


class _File(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True, extra="forbid")

    title: str
    notebook: str
    analysis: str = ""
    timeout: float = pydantic.Field(default=TIMEOUT, gt=0, le=LATEST)
    parameters: list[Block]

    @pydantic.field_validator("parameters", mode="before")
    @classmethod
    def _one_block_or_several(cls, given: Any) -> Any:
        if not isinstance(given, dict | list):
            raise PydanticCustomError("dict_type", "names with their values")
        return given if isinstance(given, list) else [given]


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid as its file declares it: what it asks, and one run a scenario in the file's order.

    `analysis` names the results that are compared, empty for the first with a verdict; `varied` the
    parameters that any scenario lists, in the notebook's order.
    """

    name: str
    title: str
    analysis: str
    varied: tuple[str, ...]
    runs: tuple[Run, ...]


def load_grid(path: Path) -> Grid:
    """Read a grid file and expand it.

    Parameters
    ----------
    path
        A YAML file: ``title``, ``notebook``, optionally ``analysis`` and ``timeout`` (seconds that
        the cells of a scenario may take), and ``parameters``, which maps names to lists of values.
        Every combination is a scenario. A value that is not a list is the same in all scenarios;
        the values of a parameter that is a list itself are lists in a list. Several mappings in a
        list are expanded one by one.

    Returns
    -------
    Grid
        Checked: the notebook exists and has the parameters.

    Raises
    ------
    UserError
        If the file is wrong, two scenarios are the same, or there are too many.
    """
    where = paths.shown(path)
    file = _read(path)
    blocks = file.parameters
    notebook = Run(name="grid", notebook=file.notebook)
    for block in blocks:
        check_parameters(notebook.model_copy(update={"parameters": block}))
    source = read_source(notebook.path)
    order = list(source.parameters())
    blocks = [_alternatives(block, source.lists(), where) for block in blocks]
    # A scenario is named after its parameters: not after where its trial lies.
    blocks = [
        without_places(notebook.model_copy(update={"parameters": block})).parameters
        for block in blocks
    ]
    count = sum(math.prod(len(values) for values in block.values()) for block in blocks)
    if not 0 < count <= MOST:
        raise UserError(f"{where}: a grid must have 1 to {MOST} scenarios; got {count}")
    scenarios = []
    for given, block in zip(file.parameters, blocks, strict=True):
        listed = [name for name in order if _varies(given.get(name), name in source.lists())]
        for values in itertools.product(*block.values()):
            chosen = dict(zip(block, values, strict=True))
            scenarios.append(({key: chosen[key] for key in listed}, chosen))
    runs = {
        name: Run(name=name, notebook=file.notebook, parameters=chosen, timeout=file.timeout)
        for name, chosen in _named(scenarios, where).items()
    }
    varied = {
        name
        for given in file.parameters
        for name, value in given.items()
        if _varies(value, name in source.lists())
    }
    return Grid(
        path.stem,
        file.title,
        file.analysis,
        tuple(name for name in order if name in varied),
        tuple(runs.values()),
    )


def _read(path: Path) -> _File:
    where = paths.shown(path)
    content = read_yaml(path)
    try:
        return _File.model_validate(content)
    except pydantic.ValidationError as error:
        said = mistakes(error, _File, "a grid")
        raise UserError("\n".join(f"{where}: {each}" for each in said)) from None


def _varies(value: Any, is_list: bool) -> bool:
    """Say whether a value lists alternatives; those of a list are lists themselves."""
    if not isinstance(value, list):
        return False
    return any(isinstance(part, list) for part in value) if is_list else True


def _alternatives(block: Block, lists: set[str], where: str) -> dict[str, list[Any]]:
    """Return the values of each parameter of a block, one where it does not vary."""
    found = {
        name: value if _varies(value, name in lists) else [value] for name, value in block.items()
    }
    for name, values in found.items():
        if not values:
            raise UserError(f"{where}: {name} lists no value; give one or leave {name} out")
    return found


def _named(scenarios: Iterable[tuple[Block, Block]], where: str) -> dict[str, Block]:
    """Return name → parameters of scenarios, given what each lists and all that it has.

    Values that a name cannot tell apart (GHD and ghd, größe and grüße) are told apart by a hash.
    """
    named = [(scenario_name(listed) or "only", listed, chosen) for listed, chosen in scenarios]
    alike = Counter(name for name, _, _ in named)
    found = {}
    for name, listed, chosen in named:
        own = name if alike[name] == 1 else _cut(name, json.dumps(listed), len(name))
        if own in found:
            raise UserError(f"{where}: the scenario {name} occurs twice; leave one out")
        found[own] = chosen
    return found


def scenario_name(parameters: Mapping[str, Any]) -> str:
    """Return the name of a scenario: readable, and the same whatever else is in the grid.

    Parameters
    ----------
    parameters
        The parameters that the grid lists, in the notebook's order.

    Examples
    --------
    >>> scenario_name({"trial": "ghd", "margin": -1.5, "population": "per protocol"})
    'trial-ghd_margin-minus-1.5_population-per-protocol'
    """
    name = "_".join(f"{_slug(name)}-{_value(value)}" for name, value in parameters.items())
    return name if len(name) <= WHOLE else _cut(name, repr(parameters), WHOLE)


def _value(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value!r}".replace("-", "minus-")
    if isinstance(value, list | tuple):
        return _shortened("+".join(_value(part) for part in value) or "none", repr(value))
    return _shortened(_slug(str(value)), str(value))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.") or "empty"


def _shortened(text: str, whole: str) -> str:
    return text if len(text) <= LONG else _cut(text, whole, LONG)


def _cut(text: str, whole: str, length: int) -> str:
    """Return the first letters of a text, and what tells it apart by all that it stands for."""
    return f"{text[:length]}-{text_hash(whole)[:HASH]}"
