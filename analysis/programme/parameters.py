"""Parameters of notebook 1."""

from __future__ import annotations

from typing import Any, Literal

import pydantic

from analysis.sources.question import AskedParameters

Field = Literal["all", "GHD", "TS", "ISS", "SGA", "AGHD", "MIXED"]


class ProgrammeParameters(AskedParameters):
    """Parameters of ``1_programme``."""

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
