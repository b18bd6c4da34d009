"""From which growth on a child counts as a responder: published definitions, each with its source.

They stand in ``data/references/response_thresholds.csv``, one a line.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis import paths
from analysis.errors import UserError, suggestion
from analysis.thresholds import above, at_least

THRESHOLDS = paths.DATA / "references" / "response_thresholds.csv"
Measure = Literal[
    "height_sds_change", "height_velocity", "height_velocity_change", "height_velocity_sds"
]
Comparison = Literal["at least", "above"]
REACHES = {"at least": at_least, "above": above}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseThreshold:
    """One definition of response.

    Attributes
    ----------
    measure
        What is compared.
    comparison
        Whether the threshold itself counts: ``"at least"``, or ``"above"`` where it does not.
    threshold, unit
        The number, and what it is in.
    indication
        Code of the children it was used for; "" for any.
    months
        Time on treatment that it is for; 0 for any.
    citation, address, read
        Who used it, where that stands, and what of it was read; "" for a reader's own.
    """

    measure: Measure
    comparison: Comparison
    threshold: float
    unit: str
    indication: str = ""
    months: int = 0
    citation: str = ""
    address: str = ""
    read: str = ""

    @property
    def words(self) -> str:
        """The threshold in words, without what is measured.

        Examples
        --------
        >>> ResponseThreshold(
        ...     measure="height_velocity", comparison="above", threshold=8.0, unit="cm/year"
        ... ).words
        'above 8 cm/year'
        """
        return f"{self.comparison} {self.threshold:g} {self.unit}"

    def reached(self, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Say which values respond; a missing one does not."""
        return REACHES[self.comparison](values, self.threshold)


def published_thresholds(indication: str) -> tuple[ResponseThreshold, ...]:
    """Return the published definitions of response for an indication, as they are listed.

    Parameters
    ----------
    indication
        Code of the ledger, as `analysis.sources.indications.indication_of` returns it.

    Examples
    --------
    >>> [each.words for each in published_thresholds("TS")]
    ['above 2 cm/year']
    """
    return tuple(each for each in _listed() if each.indication == indication)


@cache
def _listed() -> tuple[ResponseThreshold, ...]:
    table = pd.read_csv(THRESHOLDS, keep_default_na=False)
    for name in ("citation", "address", "read"):
        if (table[name] == "").any():
            raise UserError(f"{paths.shown(THRESHOLDS)}: every line must have its {name}")
    for word in table["comparison"]:
        if word not in REACHES:
            raise UserError(
                f"{paths.shown(THRESHOLDS)}: comparison must be one of {', '.join(REACHES)}; got "
                f"'{word}'{suggestion(word, REACHES)}"
            )
    return tuple(
        ResponseThreshold(
            measure=cast("Measure", row["measure"]),
            comparison=cast("Comparison", row["comparison"]),
            threshold=float(row["threshold"]),
            unit=row["unit"],
            indication=row["indication"],
            months=int(row["months"]),
            citation=row["citation"],
            address=row["address"],
            read=row["read"],
        )
        for row in table.to_dict("records")
    )
