"""What a variable holds by its CDISC name; and the words that stand for a missing value."""

import re
from collections.abc import Collection

import pandas as pd

from analysis.sources.trial.columns import each_once
from analysis.sources.trial.plan import TrialPlan

TEXT_ENDINGS = tuple(
    "ID CD FL DT DTC DTM TM ORRES STRESC ORNRLO ORNRHI TOXGR TOXGRL TOXGRH".split()
)
TEXT = frozenset(
    "TRT01P TRT01A TRTP TRTA ARM ACTARM SEX RACE ETHNIC COUNTRY SITEGR1 PARAM AVALC AVALU AVISIT "
    "VISIT ATPT DTYPE BASETYPE ANRIND BNRIND AETERM AEDECOD AEBODSYS AESEV AESER AEREL".split()
)
"""Variables that are text by CDISC, beside those whose names end in one of `TEXT_ENDINGS`."""
NUMERIC = frozenset(
    "AVAL BASE CHG PCHG AGE A1LO A1HI ANRLO ANRHI ADURN TRTDURD HEIGHTBL WEIGHTBL BMIBL "
    "AVISITN VISITNUM CNSR AESEQ LBSEQ VSSEQ DOSE CUMDOSE AVGDD".split()
)
"""Variables that are numbers by CDISC, beside the study days, whose names end in DY."""

NA = "NA"
WORDS = frozenset({NA, ".", "NaN", "nan", "NULL", "null", "<NA>", "NaT"})
"""What R, SAS, Python and data bases write for a missing value."""
IN_CODES = WORDS | {
    "N/A",
    "#N/A",
    "n/a",
    "na",
    "None",
    "NONE",
    "._",
    *map(".{:c}".format, range(65, 91)),
}
"""Also missing where only numbers, dates, flags or codes of CDISC can stand; .A is SAS's."""
TREATMENT = re.compile(r"TRT(?:\d\d)?[PA]|TRTSEQ[PA]|(?:ACT)?ARM(?:CD)?")
NA_MEANS = re.compile(r"COUNTRY|REGION\d*|PARAM(?:CD)?")
"""Where NA is a word of its own: Namibia, North America, sodium."""


def is_text_name(column: str, text: Collection[str] = ()) -> bool:
    """Return whether a variable is text even where only digits stand in it."""
    return column.endswith(TEXT_ENDINGS) or column in TEXT or column in text


def is_numeric_name(column: str) -> bool:
    """Return whether a variable is a number by its name."""
    return column in NUMERIC or (column.endswith("DY") and len(column) > 2)


def is_date_name(column: str) -> bool:
    """Return whether a variable is a date by its name."""
    return column.endswith("DT")


def keeps_na(column: str, plan: TrialPlan | None) -> bool:
    """Return whether NA is a word in a variable, and no missing value.

    It is one where the plan says so: an arm or a level of that name. Where the plan says nothing
    it is one in variables of places, parameters and, without any plan, treatments.
    """
    if plan is not None and TREATMENT.fullmatch(column):
        return NA in plan.arms.names
    if plan is not None and column in plan.levels:
        return NA in plan.levels[column]
    return bool(NA_MEANS.fullmatch(column) or TREATMENT.fullmatch(column))


def words_of_na(plan: TrialPlan) -> tuple[bool, frozenset[tuple[str, bool]]]:
    """Return all of a plan on which it depends whether NA is a word, and whether that is said."""
    levels = ((column, NA in words) for column, words in plan.levels.items())
    said = frozenset(each for each in levels if each[1] or NA_MEANS.fullmatch(each[0]))
    return NA in plan.arms.names, said


def without_words(
    column: str,
    text: pd.Series,
    plan: TrialPlan | None = None,
    *,
    known: Collection[str] | None = None,
) -> tuple[pd.Series, dict[str, int]]:
    """Empty the cells of a text column whose word means missing.

    Parameters
    ----------
    column, text
        Its name and its cells.
    plan
        Says where NA is a word.
    known
        All texts among which those of the cells are, where somebody knows them already.

    Returns
    -------
    text : pandas.Series
        With "" in their place.
    words : dict
        Word → cells emptied.
    """
    code = is_numeric_name(column) or is_date_name(column) or column.endswith("FL")
    words = IN_CODES if code or column == "DTYPE" else WORDS
    if keeps_na(column, plan):
        words = words - {NA}
    known = set(text.to_numpy(dtype=object)) if known is None else known
    if words.isdisjoint(map(str.strip, known) if code else known):
        return text, {}
    bare = each_once(text, str.strip) if code else text
    missing = bare.isin(words).to_numpy()
    counts = bare[missing].value_counts()
    return text.mask(missing, ""), {str(word): int(n) for word, n in counts.items()}
