"""Checks of inputs that every statistic shares; each failure is one sentence for people."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import UserError, suggestion

Array = NDArray[np.float64]


def check_choice(name: str, value: object, choices: Iterable[str]) -> None:
    """Require `value` to be one of `choices`, which the message lists."""
    known = list(choices)
    if value not in known:
        raise UserError(f"{name} must be one of {', '.join(known)}, not {value!r}.")


def no_column(name: object, columns: Iterable[object]) -> UserError:
    """Return the error of data without a column: the nearest that they have, or the first."""
    known = list(map(str, columns))
    near = suggestion(str(name), known) or f": they have {', '.join(known[:12])}"
    return UserError(f"the data have no column {name!r}{near}")


def as_names(names: str | Iterable[str]) -> list[str]:
    """Give column names as a list; one name may stand alone."""
    return [names] if isinstance(names, str) else list(names)


def as_interactions(interactions: str | Iterable[str | Iterable[str]]) -> list[tuple[str, ...]]:
    """Give interactions as tuples of columns: ``("arm", "visit")``, ``"arm:visit"`` or a list."""
    given = [interactions] if isinstance(interactions, str) else list(interactions)
    if len(given) > 1 and all(isinstance(each, str) and not {*":*"} & {*each} for each in given):
        return [tuple(map(str, given))]  # columns alone are one interaction
    return [
        tuple(part.strip() for part in each.replace("*", ":").split(":"))
        if isinstance(each, str)
        else tuple(each)
        for each in given
    ]


def check_number(
    name: str,
    value: float,
    *,
    above: float = -math.inf,
    below: float = math.inf,
    at_least: float = -math.inf,
) -> float:
    """Require a finite number with ``above < value < below`` and ``value >= at_least``."""
    number = _as_float(name, value)
    if not math.isfinite(number):
        raise UserError(f"{name} must be a finite number, not {value!r}.")
    if not above < number < below or number < at_least:
        rules = [
            f"{word} {bound:g}"
            for word, bound in (("above", above), ("below", below), ("at least", at_least))
            if math.isfinite(bound)
        ]
        raise UserError(f"{name} must be {' and '.join(rules)}, not {value!r}.")
    return number


def _as_float(name: str, value: object) -> float:
    """Read a number; text and truth values are not numbers, whatever Python makes of them."""
    try:
        if isinstance(value, str | bytes | bool | np.bool_):
            raise TypeError
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise UserError(f"{name} must be a number, not {value!r}.") from None


def check_margins(margins: tuple[float, float]) -> tuple[float, float]:
    """Require a lower and an upper margin in order."""
    try:
        low, high = margins
    except (TypeError, ValueError):
        raise UserError(f"margins must be a lower and an upper margin, not {margins!r}.") from None
    check_number("lower margin", low)
    return float(low), check_number("upper margin", high, above=low)


def check_level(level: float) -> float:
    """Require a confidence level as a fraction between 0 and 1, such as 0.95."""
    if isinstance(level, int | float) and 1 < level < 100:
        raise UserError(
            f"level must be a fraction between 0 and 1, not {level!r}; write {level / 100:g}."
        )
    return check_number("level", level, above=0, below=1)


def check_p_values(p_values: ArrayLike) -> Array:
    """Give p-values as an array, each from 0 to 1."""
    values = np.asarray(p_values, dtype=float)
    if not bool(np.all((values >= 0.0) & (values <= 1.0))):
        raise UserError(f"p-values must be between 0 and 1, but are {values.tolist()}")
    return values


def float_array(name: str, values: ArrayLike) -> Array:
    """Give `values` as a float array with no missing or infinite element."""
    array: NDArray[Any] = np.asarray(values)
    if array.dtype.kind not in "iuf":
        try:
            flat = [_as_float(name, v) for v in array.ravel().tolist()]
        except UserError:
            raise UserError(
                f"{name} must hold numbers only, got {values!r}; convert text first."
            ) from None
        array = np.array(flat, dtype=float).reshape(array.shape)
    bad = ~np.isfinite(array)
    if bad.any():
        raise UserError(
            f"{name} must hold finite numbers only; {int(bad.sum())} of {array.size} are missing "
            "or infinite; remove or correct them first."
        )
    return array.astype(float)


def check_same_shape(**arrays: Array) -> None:
    """Require one-dimensional arrays of one length."""
    shapes = {name: array.shape for name, array in arrays.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
        raise UserError(
            "one value per study or stratum is needed in each list; the shapes are "
            + ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            + "."
        )


def counts(name: str, values: ArrayLike) -> Array:
    """Give `values` as whole numbers, 0 or more."""
    array = float_array(name, values)
    bad = (array < 0) | (array != np.floor(array))
    if bad.any():
        raise UserError(
            f"{name} must hold whole numbers, 0 or more, not {array[bad].ravel()[0]:g}."
        )
    return array


def one_shape(**arrays: Array) -> tuple[Array, ...]:
    """Broadcast arrays against one another."""
    try:
        return tuple(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise UserError(f"the counts must have one shape; they are {shapes}.") from None


def two_arm_counts(
    events_1: ArrayLike, n_1: ArrayLike, events_2: ArrayLike, n_2: ArrayLike
) -> tuple[Array, Array, Array, Array]:
    """Check and broadcast the counts of many 2 × 2 tables."""
    given = {"events_1": events_1, "n_1": n_1, "events_2": events_2, "n_2": n_2}
    x1, n1, x2, n2 = one_shape(**{name: counts(name, values) for name, values in given.items()})
    for arm, x, n in ((1, x1, n1), (2, x2, n2)):
        check_denominators(f"events_{arm}", x, f"n_{arm}", n)
    return x1, n1, x2, n2


def stratum_counts(
    events_1: ArrayLike, n_1: ArrayLike, events_2: ArrayLike, n_2: ArrayLike
) -> tuple[Array, Array, Array, Array, NDArray[np.bool_]]:
    """Check one 2 × 2 table a stratum; give those with patients in both arms, and which they are.

    Raises
    ------
    UserError
        When there is no such stratum, or a count is impossible.
    """
    x1, n1 = counts("events_1", events_1), counts("n_1", n_1)
    x2, n2 = counts("events_2", events_2), counts("n_2", n_2)
    check_same_shape(events_1=x1, n_1=n1, events_2=x2, n_2=n2)
    for arm, x, n in ((1, x1, n1), (2, x2, n2)):
        if (x[n == 0] > 0).any():
            raise UserError(f"events_{arm} must be 0 in a stratum where n_{arm} is 0.")
        check_denominators(f"events_{arm}", x[n > 0], f"n_{arm}", n[n > 0])
    used = (n1 > 0) & (n2 > 0)
    if not used.any():
        raise UserError(
            "no stratum has patients in both arms, so nothing is estimable over strata; use fewer "
            "or larger strata."
        )
    return x1[used], n1[used], x2[used], n2[used], used


def check_denominators(events_name: str, x: Array, n_name: str, n: Array) -> None:
    """Require at least one patient, and no more events than patients."""
    if (n < 1).any():
        raise UserError(
            f"{n_name} must be 1 or more: nothing can be estimated from an arm without patients; "
            "leave that table out."
        )
    if (x > n).any():
        at = tuple(np.argwhere(x > n)[0])
        raise UserError(
            f"{events_name} must not exceed {n_name}: {x[at]:g} of {n[at]:g}; count patients with "
            "an event, not events."
        )
