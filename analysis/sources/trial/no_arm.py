"""What is written for an arm that there is not: of screen failures, and of those never assigned."""

import re

import numpy as np
import pandas as pd

from analysis.sources.trial.columns import coded

NO_ARM = re.compile(
    r"\s*(?:SCR(?:EE)?N(?:ING)?[\s-]*FAIL(?:URE|ED)?S?"
    r"|(?:NOT|NEVER)[\s-]+(?:ASSIGNED|TREATED|RANDOMI[SZ]ED|ENROLL?ED|APPLICABLE)"
    r"|ASSIGNED, NOT TREATED|UNASSIGNED|UNRANDOMI[SZ]ED)?\s*",
    re.IGNORECASE,
)
"""CDISC's Screen Failure, Not Assigned, Assigned, Not Treated, and how else they are written."""


def without_arm(arms: pd.Series) -> pd.Series:
    """Say which of some treatments are none.

    Examples
    --------
    >>> without_arm(pd.Series(["Placebo", "Screen Failure", "SCRN FAIL", ""])).tolist()
    [False, True, True, True]
    """
    codes, known = coded(arms)
    none = np.array([*(bool(NO_ARM.fullmatch(str(each))) for each in known), False])
    return pd.Series(none[codes], index=arms.index)
