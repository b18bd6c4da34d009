"""Words as they read at the beginning of a sentence, inside one, and in an address."""

import re
import unicodedata
from collections.abc import Sequence


def in_sentence(label: str) -> str:
    """Return a label as it reads inside a sentence; an abbreviation keeps its capitals.

    Examples
    --------
    >>> in_sentence("Height SDS"), in_sentence("IGF-I SDS")
    ('height SDS', 'IGF-I SDS')
    """
    first = label.partition(" ")[0]
    return label if any(sign.isupper() for sign in first[1:]) else label[:1].lower() + label[1:]


def begins_sentence(words: str) -> str:
    """Return words as they begin a sentence.

    Examples
    --------
    >>> begins_sentence("observed values, no model")
    'Observed values, no model'
    """
    return words[:1].upper() + words[1:]


def listed(parts: Sequence[str]) -> str:
    """Return parts as a sentence lists them.

    Examples
    --------
    >>> listed(["age", "dose", "growth"])
    'age, dose and growth'
    """
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


NUMERALS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def counted(count: int, noun: str = "") -> str:
    """Return a count with its noun, if it has one, in words up to ten.

    Examples
    --------
    >>> counted(1, "trial"), counted(3, "trial"), counted(12, "trial")
    ('one trial', 'three trials', '12 trials')
    >>> counted(2)
    'two'
    """
    words = NUMERALS[count] if 0 <= count < len(NUMERALS) else str(count)
    return f"{words} {noun}{'' if count == 1 else 's'}" if noun else words


def slug(words: str, longest: int = 60) -> str:
    """Return words as an address or the name of a file has them; "" where no letter is plain.

    Examples
    --------
    >>> slug("Height velocity, cm/year (Turner)")
    'height-velocity-cm-year-turner'
    """
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:longest].strip("-")
