"""Words that several sections of the programme use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import pandas as pd

PUBLISHED: Final[Literal["published"]] = "published"
NOT_ESTIMABLE = "not estimable"


def month_words(months: float) -> str:
    """Return a time as the pages name it; "" where none is stated."""
    if pd.isna(months):
        return ""
    return "Baseline" if months == 0 else f"Month {months:.0f}"


def listed(parts: Sequence[str]) -> str:
    """Return parts as a sentence lists them.

    Examples
    --------
    >>> listed(["age", "dose", "growth"])
    'age, dose and growth'
    """
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
