"""What a validation case returns."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Values = Mapping[tuple[str, str], float]
"""Method and quantity → the number obtained."""

Case = Callable[[], Values]
"""Recomputes the quantities of one published example."""

CALLED = {
    "std_error": "standard error", "p_value": "p", "f_value": "F",
    "sum_of_squares": "sum of squares", "residual_df": "residual df",
    "residual_sum_of_squares": "error sum of squares", "residual_variance": "error mean square",
    "minus2_restricted_loglik": "−2 restricted log-likelihood", "aic": "AIC", "aicc": "AICC",
    "minus2_loglik": "−2 log-likelihood", "bic": "BIC", "df_denominator": "df",
    "q": "Q", "q_df": "Q df",
    "chi_squared": "χ²", "breslow_day": "χ²", "breslow_day_p": "p",
    "homogeneity": "χ²", "homogeneity_p": "p",
    "tau2": "tau²", "tau2_lower": "tau² lower", "tau2_upper": "tau² upper",
    "q_total": "Q total", "df_total": "Q total, df",
    "q_within": "Q within designs", "df_within": "Q within designs, df",
    "q_between": "Q between designs", "df_between": "Q between designs, df",
    "n_total": "subjects", "events_exact": "events before rounding",
    "assurance": "assurance, exact t", "known_variance": "assurance, known SD",
}  # fmt: skip
"""Attribute of a result → the quantity, where it is called otherwise."""


def taken(method: str, found: Any, names: str, before: str = "") -> dict[tuple[str, str], float]:
    """Return attributes of a result as quantities of one method; what is not known is NaN.

    Parameters
    ----------
    method
        Name of the method on the page.
    found
        The result.
    names
        Its attributes, between blanks.
    before
        Begins the name of every quantity.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> taken("Wald", SimpleNamespace(lower=0.1, std_error=2), "lower std_error")
    {('Wald', 'lower'): 0.1, ('Wald', 'standard error'): 2.0}
    """
    values = {name: getattr(found, name) for name in names.split()}
    return {
        (method, before + CALLED.get(name, name)): float("nan") if value is None else float(value)
        for name, value in values.items()
    }


def together(parts: Iterable[Values]) -> Values:
    """Return the quantities of several results as those of one case."""
    return {name: value for part in parts for name, value in part.items()}
