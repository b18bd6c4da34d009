"""Names of variables that mean something of their own, and so are no misspelling of another."""

import re
from collections.abc import Collection, Iterable

from analysis.errors import suggestion

STANDARD = frozenset(
    "STUDYID SITEID SUBJID USUBJID TRT01P TRT01A TRTP TRTA TRTSDT TRTEDT AGE AGEU SEX RACE SAFFL "
    "ITTFL FASFL PPROTFL COMPLFL RANDFL ENRLFL PARAM PARAMCD PARAMN PARAMTYP AVAL AVALC AVALU BASE "
    "BASEC CHG PCHG AVISIT AVISITN VISIT VISITNUM VISITDY ADT ADY ATM ATPT ATPTN DTYPE BASETYPE "
    "ABLFL ANRIND BNRIND A1LO A1HI ANRLO ANRHI AETERM AEDECOD AEBODSYS AESOC AESEQ AESEV AESER "
    "AEREL AREL ASEV AEACN AEOUT ASTDT AENDT ASTDY AENDY TRTEMFL ADURN ADURU HEIGHTBL WEIGHTBL "
    "BMIBL DTHDT DTHFL TRTDURD RFSTDTC RFENDTC RFXSTDTC RFXENDTC ARM ARMCD ACTARM ACTARMCD "
    "RANDDT RFICDT ONTRTFL FUPFL LVOTFL PREFL DOMAIN SRCDOM SRCSEQ SRCVAR ASEQ DVTERM DVDECOD "
    "DVCAT AECAT AESCAT EPOCH".split()
)
PATTERNS = re.compile(
    r"ANL\d\dF[LN]"  # further analysis flags
    r"|ABL(?:XX|\d+)?F[LN]\d*"  # further baseline flags
    r"|\w+(?:DTM|TM|DTF|TMF|DTC)"  # date-times, imputation flags, ISO text
    r"|[A-Z]{2}(?:BLFL|LOBXFL|DRVFL|CLSIG|STAT|TEST(?:CD)?|S?CAT|LOC|DY)"  # SDTM
    r"|[A-Z]{2}(?:ORRESU?|STRES[CNU]|ORNR(?:LO|HI)|STNR(?:LO|HI)|NRIND)"
    r"|TRT\d\d[PA]N?|TR\d\d[SE]DT|A?P\d\d[SE]DT|TRT(?:SEQ)?[PA]N?"  # periods
    r"|\w*(?:CAT\d+N?|GR\d+N?|CRIT\d+\w*|SHIFT\d+|SEQ)"
    r"|(?:R2|PCT)?(?:BASE|AVAL|CHG)\d?(?:CA\d+N?)?|TRTEM\d+FL|AOCC\w*FL"
)


def is_standard(name: str) -> bool:
    """Say whether CDISC has a variable of this name.

    Examples
    --------
    >>> is_standard("ANL02FL"), is_standard("TRTSDTM"), is_standard("ANL1FL")
    (True, True, False)
    """
    return name in STANDARD or PATTERNS.fullmatch(name) is not None


def misspelt(name: str, columns: Iterable[str], *, needed: Collection[str] = ()) -> str:
    """Return ``"; did you mean 'x'?"`` if a column looks like a slip of the pen for a name.

    Parameters
    ----------
    name
        A variable that is absent.
    columns
        The variables that are there.
    needed
        Those among them that are asked for under their own name.

    Examples
    --------
    >>> misspelt("ANL01FL", ["ANL1FL", "ANL02FL"])
    "; did you mean 'ANL1FL'?"
    >>> misspelt("ANL01FL", ["ABLFL2", "ANL02FL"])
    ''
    """
    others = {column for column in columns if column not in needed and not is_standard(column)}
    return suggestion(name, sorted(others))
