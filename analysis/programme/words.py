"""Words that several sections of the programme use."""

from __future__ import annotations

from typing import Final, Literal

import pandas as pd

PUBLISHED: Final[Literal["published"]] = "published"


def month_words(months: float) -> str:
    """Return a time as the pages name it; "" where none is stated."""
    if pd.isna(months):
        return ""
    return "Baseline" if months == 0 else f"Month {months:.0f}"
