"""Supplied derived values against derived ones."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.exact import difference
from analysis.growth.frames import refuse_repeats, require
from analysis.thresholds import at_most


def reconcile(
    supplied: pd.DataFrame,
    derived: pd.DataFrame,
    *,
    tolerance: Mapping[str, float],
    keys: Sequence[str] = ("USUBJID", "PARAMCD", "AVISITN"),
) -> pd.DataFrame:
    """Compare a trial's own derived parameters with the ones derived here.

    Parameters
    ----------
    supplied, derived
        Frames with `keys` and ``AVAL``; `derived` may have a ``reason``.
    tolerance
        Largest absolute difference that still agrees, by ``PARAMCD``, in the parameter's unit;
        half a unit of the last printed place where values come rounded. Only these parameters
        are compared.
    keys
        Columns that identify a value, once in each frame.

    Returns
    -------
    pandas.DataFrame
        One row a key in either frame, sorted: keys, ``supplied``, ``derived``, ``difference``
        (supplied - derived), ``tolerance``, ``finding``, ``reason``. Findings: ``agrees``,
        ``differs``, ``supplied only``, ``derived only``, ``neither``.

    Raises
    ------
    UserError
        If a column is missing or a key stands twice in a frame.

    Examples
    --------
    >>> row = {"USUBJID": "01", "PARAMCD": "HV", "AVISITN": 12}
    >>> theirs, ours = pd.DataFrame([row | {"AVAL": 9.7}]), pd.DataFrame([row | {"AVAL": 9.73}])
    >>> reconcile(theirs, ours, tolerance={"HV": 0.05})["finding"].tolist()
    ['agrees']
    """
    key = list(keys)
    sides = []
    for side, frame in (("supplied", supplied), ("derived", derived)):
        require(frame, list(dict.fromkeys(["USUBJID", "PARAMCD", *key, "AVAL"])))
        chosen = frame[frame["PARAMCD"].isin(list(tolerance))]
        refuse_repeats(chosen, key, f"{side} value of one key")
        extra = ["reason"] if side == "derived" and "reason" in frame else []
        sides.append(chosen[[*key, "AVAL", *extra]].rename(columns={"AVAL": side}))
    both = sides[0].merge(sides[1], on=key, how="outer", sort=True)
    both["difference"] = difference(both["supplied"], both["derived"])
    both["tolerance"] = both["PARAMCD"].map(dict(tolerance))
    theirs, ours = both["supplied"].notna(), both["derived"].notna()
    near = at_most(both["difference"].abs(), both["tolerance"])
    both["finding"] = np.select(
        [theirs & ours & near, theirs & ours, theirs, ours],
        ["agrees", "differs", "supplied only", "derived only"],
        default="neither",
    )
    told = both.pop("reason").fillna("") if "reason" in both else ""
    return both.assign(reason=told)
