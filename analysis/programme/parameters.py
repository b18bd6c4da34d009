"""Parameters of notebook 1."""

from __future__ import annotations

from typing import Literal

import pydantic

from analysis.errors import UserError, suggestion
from analysis.parameters import NotebookParameters
from analysis.sources.evidence import Ledger, asked

Indication = Literal["GHD", "TS", "ISS", "SGA", "AGHD", "MIXED"]


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
    indication: Indication = pydantic.Field(
        default_factory=lambda: asked()["indication"],
        description="indication of the contrast that is asked for",
    )
    field: Literal["all"] | Indication = pydantic.Field(
        "all", description="indication shown of the field: all, GHD, TS, ISS, SGA, AGHD or MIXED"
    )
    min_confidence: Literal["low", "medium", "high"] = pydantic.Field(
        "low", description="weakest confidence of a number that is shown: low, medium or high"
    )
    conf_level: float = pydantic.Field(
        0.95, gt=0, lt=1, description="level of the confidence intervals, between 0 and 1"
    )

    def check_products(self, ledger: Ledger) -> None:
        """Refuse a product that the ledger does not know.

        Raises
        ------
        UserError
            Naming the parameter, the value and the nearest name.
        """
        known = list(ledger.products["product"])
        for name in ("product", "comparator"):
            product = getattr(self, name)
            if product not in known:
                hint = suggestion(product, known) or f"; the ledger has {', '.join(known)}"
                raise UserError(f"{name} must be a product of the ledger; got '{product}'{hint}")
