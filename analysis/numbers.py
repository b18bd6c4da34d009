"""The one rounding function, and the few number formats built on it.

Python rounds ties to even on the binary value: ``f"{2.5:.0f}"`` is ``2`` and ``f"{0.285:.2f}"``
depends on the representation. Clinical tables round half away from zero on the decimal number
that the reader sees, as SAS does, so every number shown goes through `fixed`. What arithmetic
has left in the last digits of a derived number is no part of the decimal number: 100 × 23/80 may
be 28.749999999999996, and is shown as 28.8 (`settled`).
"""

import math
from decimal import ROUND_HALF_UP, Decimal

NOT_AVAILABLE = "–"
PROPORTION = "proportion"
"""Unit of a value that is a fraction and is shown as per cent: a risk, a risk difference."""
HALF = Decimal("0.5")
P_DIGITS = 3
"""Decimals of a p-value."""
DIGITS = 12
"""Significant digits of a derived number that are no noise: of the 15 or 16 that a floating-point
number holds, a subtraction of near numbers (1 − 159/160) costs a few."""


def round_half_away(value: float, digits: int) -> Decimal:
    """Round half away from zero on the shortest decimal form of `value`.

    Parameters
    ----------
    value
        A finite number.
    digits
        Decimal places, 0 or more.

    Returns
    -------
    decimal.Decimal
        The rounded number, never a negative zero.

    Examples
    --------
    >>> round_half_away(2.5, 0), round_half_away(-2.5, 0), round_half_away(0.285, 2)
    (Decimal('3'), Decimal('-3'), Decimal('0.29'))
    """
    # repr() is the shortest decimal that reads back as this float: 0.285 stays 0.285.
    exact = Decimal(repr(float(value)))
    rounded = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return abs(rounded) if rounded.is_zero() else rounded


def settled(value: float, digits: int) -> float:
    """Return the tie that a number is in its first `DIGITS` digits, itself where it is none.

    Examples
    --------
    >>> settled(28.749999999999996, 1), settled(28.7499, 1)
    (28.75, 28.7499)
    """
    if abs(value) >= 10**DIGITS:
        return value
    near = Decimal(f"{value:.{DIGITS}g}")
    return float(near) if abs(near.scaleb(digits)) % 1 == HALF else value


def shown(value: float, digits: int) -> Decimal:
    """Round a derived number as it is shown: `round_half_away` of what is `settled`.

    Examples
    --------
    >>> shown(28.749999999999996, 1)
    Decimal('28.8')
    """
    return round_half_away(settled(float(value), digits), digits)


def fixed(value: float | None, digits: int) -> str:
    """Write `value` with a fixed number of decimals, a true minus sign, and a dash for none.

    Examples
    --------
    >>> fixed(62.5, 0), fixed(-0.285, 2), fixed(None, 1), fixed(-0.04, 1)
    ('63', '−0.29', '–', '0.0')
    """
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{shown(value, digits):f}".replace("-", "−")


def short(count: float) -> str:
    """Write a count in at most four signs, for where no more fit: k is a thousand, M a million.

    Examples
    --------
    >>> short(385), short(7293), short(9960), short(27725), short(999_700)
    ('385', '7.3k', '10k', '28k', '1.0M')
    """
    for size, unit, decimals in ((1, "", (0,)), (10**3, "k", (1, 0)), (10**6, "M", (1, 0))):
        for digits in decimals:
            written = fixed(count / size, digits)
            if len(written) <= 3:
                return f"{written}{unit}"
    return f"{written}{unit}"


def share(fraction: float | None, digits: int) -> str:
    """Write a fraction in per cent, without the sign.

    Examples
    --------
    >>> share(0.285, 0), share(-0.0125, 1), share(None, 1)
    ('29', '−1.3', '–')
    """
    if fraction is None or not math.isfinite(fraction):
        return fixed(fraction, digits)
    # 100 * 0.285 is 28.499999999999996; scaling the decimal form keeps the tie a tie.
    return fixed(float(Decimal(repr(float(fraction))).scaleb(2)), digits)


def percent(fraction: float | None, digits: int = 0) -> str:
    r"""Write a fraction as a percentage with a narrow no-break space before the sign.

    Examples
    --------
    >>> percent(0.95)
    '95\u202f%'
    """
    written = share(fraction, digits)
    return written if written == NOT_AVAILABLE else f"{written}\u202f%"


def level(fraction: float | None) -> str:
    r"""Write a confidence level as the shortest percentage that is exact.

    Examples
    --------
    >>> level(0.95), level(0.975), level(0.999)
    ('95\u202f%', '97.5\u202f%', '99.9\u202f%')
    """
    if fraction is None or math.isnan(fraction):
        return NOT_AVAILABLE
    exact = Decimal(f"{fraction:.{DIGITS}g}").scaleb(2).normalize()
    return f"{exact:f}\u202f%"


def p_value(p: float | None) -> str:
    """Write a p-value with three decimals; what would be shown as zero is below the last digit.

    Examples
    --------
    >>> p_value(0.03214), p_value(3e-6), p_value(0.0005), p_value(None)
    ('0.032', '<0.001', '0.001', '–')
    """
    written = fixed(p, P_DIGITS)
    return "<0.001" if written == "0.000" else written


def decimals(text: str) -> int:
    """Count the decimals of a number as it was printed.

    Examples
    --------
    >>> decimals("9.73"), decimals("141.0"), decimals("3")
    (2, 1, 0)
    """
    return len(text.partition(".")[2])
