"""What a run and a grid say of themselves beside their pages: `run.json` and `grid.json`.

Both are files, which an older version, another hand or a broken disk may have written. They are
written and read here and nowhere else: whole, of the right types and as written, or not at all.
The front page shows the answers that they hold, so each carries a hash of itself.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic

from analysis.report.hashes import file_hash, text_hash
from analysis.report.manifest import json_text
from analysis.report.place import DESCRIPTION, SUMMARY

SEAL = "sha256 of the rest"
"""The field that holds the hash of all others."""


class _Described(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True, extra="ignore")


class RunSummary(_Described):
    """What is known of a run that has a page; `worker` writes it, the front page shows it."""

    run: str
    title: str
    notebook: str
    parameters: dict[str, Any]
    data_status: list[str]
    plan_status: list[str]
    departures: dict[str, dict[str, str]]
    departs: bool
    numbers: int
    trial: str
    purpose: str
    answer: str
    figure: str
    drawings: list[dict[str, Any]]
    documents: list[str]
    files: dict[str, str] = pydantic.Field(min_length=1)
    inputs: dict[str, dict[str, str]]
    made_with: dict[str, Any]


class GridDescription(_Described):
    """What the front page of the report shows of a grid."""

    grid: str
    title: str
    scenarios: int
    data_status: list[str]
    answer: str


def sealed(content: Mapping[str, Any]) -> bytes:
    """Return the file of a summary or a description: readable JSON that ends with its hash."""
    rest = {name: value for name, value in content.items() if name != SEAL}
    return json_text({**rest, SEAL: _hash(rest)}).encode()


def _hash(content: Mapping[str, Any]) -> str:
    return text_hash(json.dumps(content, sort_keys=True, ensure_ascii=False))


def read_summary(folder: Path) -> dict[str, Any]:
    """Return what a run's folder says of the run; empty where that is absent or damaged."""
    return _read(RunSummary, folder / SUMMARY)


def read_description(folder: Path) -> dict[str, Any]:
    """Return what a grid's folder says of the grid; empty where that is absent or damaged."""
    return _read(GridDescription, folder / DESCRIPTION)


def damage(folder: Path) -> str:
    """Say what is missing from a run's folder or is not what was written; empty if nothing."""
    summary = read_summary(folder)
    if summary.get("run") != folder.name:
        return f"its {SUMMARY} is missing or damaged"
    for name, digest in summary["files"].items():
        if file_hash(folder / name) != digest:
            return f"its {name} is missing or damaged"
    return ""


def parsed_summary(content: bytes) -> dict[str, Any]:
    """Return the summary of a run that some bytes are.

    Raises
    ------
    ValueError
        Naming the first field that is not as it should be, or that it was changed.
    """
    return _parsed(RunSummary, content)


def _read(kind: type[_Described], path: Path) -> dict[str, Any]:
    try:
        return _parsed(kind, path.read_bytes())
    except (OSError, ValueError):
        return {}


def _parsed(kind: type[_Described], content: bytes) -> dict[str, Any]:
    try:
        whole = json.loads(content)
        described = kind.model_validate(whole).model_dump()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {first['msg'].lower()}" if where else first["msg"]) from None
    if whole.pop(SEAL, "") != _hash(whole):
        raise ValueError(f"it is not what was written, by its '{SEAL}'")
    return described
