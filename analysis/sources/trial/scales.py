"""Which values are no measurements: codes such as 0 and 1, and the steps of a short scale."""

import numpy as np
import pandas as pd

FEW = 7
"""Whole numbers of at most so many kinds are scores of a short scale, or codes."""
EACH = 2
"""Records a value, on average, below which few kinds of values show nothing."""
MOST_STEPS = 20
"""Values up to which words, one for each value, are the steps of a scale."""


def few_whole_numbers(values: pd.Series) -> list[float]:
    """Return the values, each once and sorted, if they are few whole numbers; else none.

    Examples
    --------
    >>> few_whole_numbers(pd.Series([0.0, 1.0] * 4)), few_whole_numbers(pd.Series([1.5, 2.5] * 9))
    ([0.0, 1.0], [])
    >>> few_whole_numbers(pd.Series([1.0, 2.0, 3.0]))
    []
    """
    observed = values.dropna()
    seen = np.sort(observed.unique())
    if not 0 < len(seen) <= FEW or (seen != np.round(seen)).any():
        return []
    return [float(each) for each in seen] if len(observed) >= EACH * len(seen) else []


def named_steps(values: pd.Series, words: pd.Series) -> dict[float, str]:
    """Return the word of each value, if words name the values one to one; else none.

    Parameters
    ----------
    values, words
        AVAL and AVALC of the same records.

    Examples
    --------
    >>> named_steps(pd.Series([2.0, 1.0, 2.0]), pd.Series(["PARTIAL", "COMPLETE", "PARTIAL"]))
    {1.0: 'COMPLETE', 2.0: 'PARTIAL'}
    >>> named_steps(pd.Series([2.0, 1.0]), pd.Series(["2", "1"]))
    {}
    """
    if words.empty or (words == "").any():
        return {}
    pairs = pd.DataFrame({"value": values, "word": words}).drop_duplicates()
    numbers = pd.to_numeric(pairs["word"], errors="coerce").notna().any()
    twice = pairs["value"].duplicated().any() or pairs["word"].duplicated().any()
    if numbers or twice or not 1 < len(pairs) <= MOST_STEPS:
        return {}
    ordered = pairs.sort_values("value")
    return dict(zip(ordered["value"], ordered["word"], strict=True))
