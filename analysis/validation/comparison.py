"""Compare what is obtained with what others have published."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from analysis.display.shown import IN_RESULTS
from analysis.display.tables import Column, Table
from analysis.numbers import decimals
from analysis.results import Results, section
from analysis.validation.binary_models import BINARY_CASES
from analysis.validation.counts import COUNT_CASES
from analysis.validation.growth_scores import GROWTH_CASES
from analysis.validation.hazard_ratios import HAZARD_RATIO_CASES
from analysis.validation.interim_looks import INTERIM_CASES
from analysis.validation.linear_models import LINEAR_CASES
from analysis.validation.missing_data import MISSING_DATA_CASES
from analysis.validation.mixed_models import MIXED_CASES
from analysis.validation.mixed_options import OPTION_CASES
from analysis.validation.multiplicity import MULTIPLICITY_CASES
from analysis.validation.planning import PLANNING_CASES
from analysis.validation.settings import ValidationRun
from analysis.validation.strata import STRATA_CASES
from analysis.validation.synthesis import SYNTHESIS_CASES
from analysis.validation.tables import load_table
from analysis.validation.tallies import ALL
from analysis.validation.time_to_event import TIME_TO_EVENT_CASES
from analysis.validation.values import Case

CASES: dict[str, Case] = {
    **LINEAR_CASES,
    **MIXED_CASES,
    **OPTION_CASES,
    **MISSING_DATA_CASES,
    **MULTIPLICITY_CASES,
    **TIME_TO_EVENT_CASES,
    **HAZARD_RATIO_CASES,
    **COUNT_CASES,
    **BINARY_CASES,
    **STRATA_CASES,
    **SYNTHESIS_CASES,
    **PLANNING_CASES,
    **INTERIM_CASES,
    **GROWTH_CASES,
}
"""Name of a published example → what recomputes it."""

SIGNIFICANT = 6
"""Digits shown of a number that is compared with a tolerance of its own: more of them would
show in which order a processor adds."""

WITHIN = 1 + 1e-9
"""A number exactly half a unit from the printed one agrees with it."""

SAS_STOPS_SHORT = (
    "SAS stops short: its iterations end up to 2e-5 above the optimum in −2 log-likelihood, so "
    "that its parameters lie up to √2e-5 = 0.0045 of a standard error (SE) from it, and other "
    "numbers by less than the stated share of themselves."
)
"""What the reasons of many tolerances have in common."""

PASS, DIFFERS = "pass", "differs"
"""Verdicts."""
PRINTED, STATED = "printed", "stated"
"""What a tolerance is: that of the printed digits or less, or a wider one that is stated."""


@section
def cases(run: ValidationRun) -> Results:
    """Recompute every published example and compare it, quantity by quantity.

    Returns
    -------
    Results
        One set of rows per quantity: ``expected``, ``estimate`` (obtained), ``tolerance``,
        ``distance`` (difference in tolerances), ``verdict`` (`PASS` or `DIFFERS`),
        ``tolerance.basis`` (`PRINTED` or `STATED`), and ``reason`` where it is a stated one.

    Raises
    ------
    LookupError
        When an expected quantity is not computed, or a computed one not expected.

    Notes
    -----
    A quantity agrees when it lies within half a unit of the last printed place, or within the
    tolerance that ``expected.csv`` states together with its reason.
    """
    rows = load_table("expected", run.folder)
    expected, places = rows["expected"].astype(float), rows["expected"].map(decimals)
    obtained = pd.Series(_obtained(rows), rows.index)
    stated, half = rows["tolerance"].notna(), 0.5 * 10.0**-places
    allowed = rows["tolerance"].where(stated, half)
    distance = (obtained - expected).abs() / allowed
    digits = places.where(~stated, np.minimum(places, expected.map(_places_shown)))
    frame = pd.DataFrame(
        {
            "group1_level": rows["family"],
            "group2_level": rows["method"],
            "variable": rows["case"],
            "variable_level": rows["quantity"],
            "expected": expected,
            "places:expected": digits,
            "estimate": obtained,
            "places:estimate": digits,
            "tolerance": allowed,
            "places:tolerance": allowed.map(_places_needed),
            "distance": distance,
            "verdict": np.where(distance <= WITHIN, PASS, DIFFERS),
            "tolerance.basis": np.where(allowed <= half, PRINTED, STATED),
            "reason": rows["reason"],
            "method": rows["method"],
            "source": rows["source_id"],
            "note": rows["note"],
        }
    )
    return run.results(
        frame, "validation-cases", group1="family", group2="method", context="validation"
    )


@cases.shows
def cases_tables(cases: Results, _run: ValidationRun) -> list[Table]:
    """Show every quantity, one table a family."""
    families = dict.fromkeys(cases.frame["group1_level"])
    return [_cases_table(cases.select(group1_level=family), family) for family in families]


def _cases_table(cases: Results, family: str) -> Table:
    reasons = cases.frame.loc[cases.frame["stat_name"] == "reason", "stat_fmt"]
    return Table(
        title=f"{family}: every quantity",
        results=cases,
        groups="variable",
        labels={"group2_level": "Method", "variable_level": "Quantity"},
        columns=[
            Column("Expected", "{expected}"),
            Column("Obtained", "{estimate}"),
            Column("Tolerance", "{tolerance}"),
            Column("", "{verdict}", "status"),
            Column("Why", "{reason}", "text"),
        ],
        footnotes=[
            "Expected as printed; with a stated tolerance, six digits of both are shown. Why: "
            "the reason for a stated tolerance. How much of its tolerance each difference takes is "
            "drawn in the first figure and stands in the results. Sources are in the last table "
            f"and, quantity by quantity, {IN_RESULTS}.",
            *([SAS_STOPS_SHORT] if reasons.str.startswith("SAS stops short").any() else []),
        ],
        folded=True,
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


@section
def tally(run: ValidationRun) -> Results:
    """Count how many quantities agree and how closely, by family and over all.

    Returns
    -------
    Results
        Per family and for ``all``: ``n`` quantities, ``agree``, of them ``printed`` (to the
        digits printed) and ``stated`` (within a wider tolerance that is stated), ``differ``,
        and ``max``, the largest difference in tolerances.
    """
    words, values = cases(run).wide("stat_fmt"), cases(run).wide("stat")
    agree, printed = words["verdict"] == PASS, words["tolerance.basis"] == PRINTED
    each = pd.DataFrame(
        {
            "n": 1,
            "agree": agree,
            "printed": agree & printed,
            "stated": agree & ~printed,
            "differ": ~agree,
            "max": values["distance"].astype(float),
        }
    )
    how = dict.fromkeys(each.columns, "sum") | {"max": "max"}
    by = [words["group1_level"], pd.Series(ALL, each.index, name="group1_level")]
    frame = pd.concat([each.groupby(level, sort=False).agg(how).reset_index() for level in by])
    return run.results(
        frame.assign(**{"places:max": 2}), "validation-tally", group1="family", context="validation"
    )


@tally.shows
def tally_table(tally: Results, _run: ValidationRun) -> Table:
    """Show how many quantities agree, family by family."""
    return Table(
        title="Agreement by family of methods",
        results=tally,
        labels={"group1_level": "Family"},
        columns=[
            Column("Agree", "{agree} of {n}"),
            Column("How", "{printed} to the printed digits, {stated} as stated", "text"),
            Column("Differ", "{differ}"),
            Column("Largest difference, in tolerances", "{max}"),
        ],
    )
