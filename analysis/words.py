"""Words as they read: in a sentence, counted, with their units, and in an address."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

MOST_ROWS = 5
"""Rows that a sentence names."""


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


def sentence_case(text: str) -> str:
    """Return words that data may write in capitals as a sentence begins with them.

    Of text in capitals or titles only single letters, such as those of "I/E", keep them; text
    that is written otherwise keeps its own.

    Examples
    --------
    >>> sentence_case("LOST TO FOLLOW-UP"), sentence_case("I/E NOT MET"), sentence_case("HIV test")
    ('Lost to follow-up', 'I/E not met', 'HIV test')
    """
    if text.isupper() or text.istitle():
        text = re.sub(r"[^\W\d_]{2,}", lambda at: at[0].lower(), text)
    return begins_sentence(text)


def listed(parts: Sequence[str]) -> str:
    """Return parts as a sentence lists them.

    Examples
    --------
    >>> listed(["age", "dose", "growth"])
    'age, dose and growth'
    """
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


_MICRO = re.compile(r"(?<![A-Za-z0-9µ])u(?=(?:g|mol|L|l|IU|U|kat)(?![A-Za-z]))")
_POWER = re.compile(r"(?<=/m)\^?([23])(?![0-9])|(?<=10)\^([0-9]+)")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def with_units(text: str) -> str:
    """Return text with its units written in one way: µ for micro, raised powers.

    Data write micro as u or as a Greek letter, which look alike and are found by one search only
    where they are one.

    Examples
    --------
    >>> with_units("Bilirubin (umol/L)"), with_units("\u03bcg/kg"), with_units("Body mass, kg/m^2")
    ('Bilirubin (µmol/L)', 'µg/kg', 'Body mass, kg/m²')
    >>> with_units("10^9/L of a drug/g")
    '10⁹/L of a drug/g'
    """
    if "u" not in text and "μ" not in text and "m" not in text and "^" not in text:
        return text
    text = _MICRO.sub("µ", text.replace("μ", "µ"))
    return _POWER.sub(lambda at: (at[1] or at[2]).translate(_RAISED), text)


_UNIT = r"(?:[kmµn]?g|[cm]?m|m?L|[mnpµ]?mol|m?IU|SDS?|years?|months?|weeks?|days?|points)\b"
_NUMBER_AND_UNIT = re.compile(rf"(?<=\d) (?=%|{_UNIT}|[µ\w²]+/[µ\w])|(?<=\b[nNp]) (?=[<\d])")


def held_together(text: str) -> str:
    r"""Return text in which no line ends between a number and its unit, or n and a number.

    Examples
    --------
    >>> held_together("Any event 90.9 %, n 12; 0.09 cm/year").split(" ")
    ['Any', 'event', '90.9\xa0%,', 'n\xa012;', '0.09\xa0cm/year']
    """
    return _NUMBER_AND_UNIT.sub("\N{NO-BREAK SPACE}", text)


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
    return f"{words} {noun if count == 1 else plural(noun)}" if noun else words


def numbered(count: object, noun: str) -> str:
    """Return a count in digits with its noun; `count` may be a number as written.

    Examples
    --------
    >>> numbered(1, "row"), numbered("12", "study"), numbered(0, "organ class")
    ('1 row', '12 studies', '0 organ classes')
    """
    return f"{count} {noun if str(count) == '1' else plural(noun)}"


def agreeing(count: int, one: str, several: str) -> str:
    """Return a number with the verb that agrees with it.

    Examples
    --------
    >>> agreeing(1, "has", "have"), agreeing(0, "has", "have")
    ('1 has', '0 have')
    """
    return f"{count} {one if count == 1 else several}"


def plural(noun: str) -> str:
    """Return the plural of a noun, of several words that of the last.

    Examples
    --------
    >>> [plural(noun) for noun in ("day", "preferred term", "hypothesis", "child", "class")]
    ['days', 'preferred terms', 'hypotheses', 'children', 'classes']
    """
    if noun.endswith("child"):
        return f"{noun}ren"
    if noun.endswith("sis"):
        return f"{noun[:-2]}es"
    if re.search("[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search("(s|x|ch|sh)$", noun) else f"{noun}s"


def slug(words: str, longest: int = 60) -> str:
    """Return words as an address or the name of a file has them; "" where no letter is plain.

    Examples
    --------
    >>> slug("Height velocity, cm/year (Turner)")
    'height-velocity-cm-year-turner'
    """
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:longest].strip("-")


def in_rows(which: Iterable[bool]) -> str:
    """Return which rows are meant, counted from 1: who they are of is nobody's business.

    Examples
    --------
    >>> in_rows([True, False, True]), in_rows([False, True])
    ('rows 1 and 3', 'row 2')
    """
    rows = [str(place) for place, yes in enumerate(which, start=1) if yes]
    more = [f"{len(rows) - MOST_ROWS} more"] if len(rows) > MOST_ROWS else []
    shown = [*rows[:MOST_ROWS], *more]
    return f"row{'s' if len(rows) > 1 else ''} {listed(shown)}"
