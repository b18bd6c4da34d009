"""Parameters of notebook 1."""

from __future__ import annotations

from typing import Any, Literal

import pydantic

from analysis.parameters import NotebookParameters
from analysis.sources.evidence import asked

Asked = Literal["GHD", "TS", "ISS", "SGA"]
Field = Literal["all", "GHD", "TS", "ISS", "SGA", "AGHD", "MIXED"]


class ProgrammeParameters(NotebookParameters):
    """Parameters of ``1_programme``."""

    product: str = pydantic.Field(
        default_factory=lambda: asked()["product"],
        description="product whose randomised contrast is asked for",
    )
    comparator: str = pydantic.Field(
        default_factory=lambda: asked()["comparator"],
        description="product that it is compared with",
    )
    indication: Asked = pydantic.Field(
        default_factory=lambda: asked()["indication"],
        description="indication of the contrast that is asked for: GHD, TS, ISS or SGA",
    )
    field: Field = pydantic.Field(
        "all", description="indication shown of the field: all, GHD, TS, ISS, SGA, AGHD or MIXED"
    )
    min_confidence: Literal["low", "medium", "high"] = pydantic.Field(
        "low", description="weakest confidence of a number that is shown: low, medium or high"
    )
    conf_level: float = pydantic.Field(
        0.95, gt=0, lt=1, description="level of the confidence intervals, between 0 and 1"
    )

    def question(self) -> dict[str, Any]:
        """Return what is asked, as the parameters of the contrast that answers it."""
        return self.model_dump(exclude={"field"})
