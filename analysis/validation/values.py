"""What a validation case returns."""

from collections.abc import Callable, Mapping

Values = Mapping[tuple[str, str], float]
"""Method and quantity → the number obtained."""

Case = Callable[[], Values]
"""Recomputes the quantities of one published example."""


def named(method: str, **quantities: float) -> dict[tuple[str, str], float]:
    """Return quantities of one method; ``_`` in a keyword stands for a blank.

    Examples
    --------
    >>> named("Wald", lower=0.1, standard_error=2.0)
    {('Wald', 'lower'): 0.1, ('Wald', 'standard error'): 2.0}
    """
    return {(method, name.replace("_", " ")): float(value) for name, value in quantities.items()}
