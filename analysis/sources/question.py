"""The question of the project, and the parameters by which a notebook asks another one."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pydantic

from analysis import paths
from analysis.parameters import NotebookParameters
from analysis.sources.schemas import SCHEMAS
from analysis.sources.tables import TableError, read_table

AskedIndication = Literal["GHD", "TS", "ISS", "SGA"]


def asked() -> dict[str, Any]:
    """Return the question of this project: ``product``, ``comparator`` and ``indication``.

    It is the default of the notebooks that ask for a contrast, and stands in
    ``data/published/question.csv``.
    """
    return _asked(paths.PUBLISHED)


@lru_cache(maxsize=2)
def _asked(folder: Path) -> dict[str, Any]:
    table, findings = read_table(folder / "question.csv", SCHEMAS["question"])
    if findings or len(table) != 1:
        raise TableError("\n".join(findings) or "question.csv must hold one question")
    return {str(name): str(value) for name, value in table.iloc[0].items()}


class AskedParameters(NotebookParameters):
    """Parameters of a notebook that asks for a randomised contrast."""

    product: str = pydantic.Field(
        default_factory=lambda: asked()["product"],
        description="product whose randomised contrast is asked for",
    )
    comparator: str = pydantic.Field(
        default_factory=lambda: asked()["comparator"],
        description="product that it is compared with",
    )
    indication: AskedIndication = pydantic.Field(
        default_factory=lambda: asked()["indication"],
        description="indication of the contrast that is asked for: GHD, TS, ISS or SGA",
    )
