"""Compare what is obtained with what others have published."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.numbers import decimals
from analysis.results import Results, Stat, from_frame
from analysis.validation.counts import COUNT_CASES
from analysis.validation.linear_models import LINEAR_CASES
from analysis.validation.mixed_models import MIXED_CASES
from analysis.validation.planning import PLANNING_CASES
from analysis.validation.synthesis import SYNTHESIS_CASES
from analysis.validation.tables import VALIDATION, load_table
from analysis.validation.values import Case

CASES: dict[str, Case] = {
    **LINEAR_CASES,
    **MIXED_CASES,
    **COUNT_CASES,
    **SYNTHESIS_CASES,
    **PLANNING_CASES,
}
"""Name of a published example → what recomputes it."""

SIGNIFICANT = 6
"""Digits shown of a number that is compared with a tolerance of its own: more of them would
show in which order a processor adds."""

WITHIN = 1 + 1e-9
"""A number exactly half a unit from the printed one agrees with it."""

STATS = {
    "expected_value": Stat("expected", "Expected", "digits"),
    "obtained": Stat("estimate", "Obtained", "digits"),
    "allowed": Stat("tolerance", "Tolerance", "allowed_digits"),
    "distance": Stat("distance", "Difference in tolerances", 2),
    "verdict": Stat("verdict", "Verdict"),
    "basis": Stat("basis", "What the tolerance is: printed digits or stated"),
    "reason": Stat("reason", "Reason of the tolerance"),
}


def compare_cases(folder: Path = VALIDATION) -> Results:
    """Recompute every published example and compare it, quantity by quantity.

    Parameters
    ----------
    folder
        Where ``expected.csv`` and ``sources.csv`` are.

    Returns
    -------
    Results
        One set of rows per quantity: ``expected``, ``estimate`` (obtained), ``tolerance``,
        ``distance`` (difference in tolerances), ``verdict`` (``pass`` or ``differs``),
        ``basis`` (``printed`` where the tolerance is that of the printed digits or less, else
        ``stated``) and ``reason`` where the tolerance is a stated one.

    Raises
    ------
    LookupError
        When an expected quantity is not computed, or a computed one not expected.

    Notes
    -----
    A quantity agrees when it lies within half a unit of the last printed place, or within the
    tolerance that ``expected.csv`` states together with its reason.
    """
    rows = load_table("expected", folder)
    rows["obtained"] = _obtained(rows)
    rows["expected_value"] = rows["expected"].astype(float)
    places = rows["expected"].map(decimals)
    stated = rows["tolerance"].notna()
    half = 0.5 * 10.0**-places
    rows["allowed"] = rows["tolerance"].where(stated, half)
    rows["basis"] = np.where(rows["allowed"] <= half, "printed", "stated")
    rows["distance"] = (rows["obtained"] - rows["expected_value"]).abs() / rows["allowed"]
    rows["verdict"] = np.where(rows["distance"] <= WITHIN, "pass", "differs")
    significant = rows["expected_value"].map(_places_shown)
    rows["digits"] = places.where(~stated, np.minimum(places, significant))
    rows["allowed_digits"] = rows["allowed"].map(_places_needed)
    return from_frame(
        rows.assign(
            group1_level=rows["family"],
            group2_level=rows["method"],
            variable=rows["case"],
            variable_level=rows["quantity"],
            source=rows["source_id"],
        ),
        STATS,
        analysis_id="validation-cases",
        group1="family",
        group2="method",
        context="validation",
        data_status="published",
    )


def _obtained(rows: pd.DataFrame) -> list[float]:
    """Compute every case once and hand out its quantities in the order of the rows."""
    unknown = sorted(set(rows["case"]) ^ set(CASES))
    if unknown:
        raise LookupError(f"cases must be computed and expected alike; these are not: {unknown}")
    found = {
        (case, method, quantity): value
        for case in dict.fromkeys(rows["case"])
        for (method, quantity), value in CASES[case]().items()
    }
    wanted: Sequence[tuple[str, str, str]] = list(
        rows[["case", "method", "quantity"]].itertuples(index=False, name=None)
    )
    if odd := sorted(set(wanted) ^ set(found)):
        raise LookupError(f"quantities must be computed and expected alike; these are not: {odd}")
    return [found[key] for key in wanted]


def _places_shown(value: float) -> int:
    """Return the decimals that show `SIGNIFICANT` digits of a number."""
    if value == 0:
        return SIGNIFICANT
    return max(SIGNIFICANT - 1 - int(np.floor(np.log10(abs(value)))), 0)


def _places_needed(value: float) -> int:
    """Return the decimals that a tolerance is written with."""
    exponent = Decimal(repr(float(f"{value:.3g}"))).normalize().as_tuple().exponent
    return max(-int(exponent), 0)


def tally_cases(cases: Results) -> Results:
    """Count how many quantities agree and how closely, by family and over all.

    Returns
    -------
    Results
        Per family and for ``all``: ``n`` quantities, ``agree``, of them ``printed`` (to the
        digits printed) and ``stated`` (within a wider tolerance that is stated), ``differ``,
        and ``max``, the largest difference in tolerances.
    """
    words, values = cases.wide("stat_fmt"), cases.wide("stat")
    passed = words["verdict"] == "pass"
    printed = words["basis"] == "printed"
    frame = pd.DataFrame(
        {
            "family": words["group1_level"],
            "n": 1,
            "agree": passed,
            "printed": passed & printed,
            "stated": passed & ~printed,
            "differ": ~passed,
            "max": values["distance"].astype(float),
        }
    )
    how = dict.fromkeys(("n", "agree", "printed", "stated", "differ"), "sum") | {"max": "max"}
    rows = frame.groupby("family", sort=False).agg(how).reset_index()
    overall = frame.assign(family="all").groupby("family").agg(how).reset_index()
    rows = pd.concat([rows, overall], ignore_index=True)
    return from_frame(
        rows.assign(group1_level=rows["family"]),
        {
            "n": Stat("n", "Quantities", 0),
            "agree": Stat("agree", "Agree", 0),
            "printed": Stat("printed", "Agree to the printed digits", 0),
            "stated": Stat("stated", "Agree within a stated tolerance", 0),
            "differ": Stat("differ", "Differ", 0),
            "max": Stat("max", "Largest difference in tolerances", 2),
        },
        analysis_id="validation-tally",
        group1="family",
        context="validation",
        data_status="published",
    )
