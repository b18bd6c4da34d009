"""Missing data: conditional-mean imputation with the jackknife, recomputed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from analysis.stats.conditional_means import impute_conditional_means
from analysis.stats.conditional_result import ConditionalMeans
from analysis.stats.linear_estimates import Estimate
from analysis.validation.tables import load_data
from analysis.validation.values import Case, Values, taken, together

ARMS, DIFFERENCE = ("DRUG", "PLACEBO"), "PLACEBO − DRUG"
LISTED = {
    ("missing at random", "jackknife"): {"5": [DIFFERENCE], "7": [DIFFERENCE]},
    ("jump to reference", "jackknife"): {"4": [DIFFERENCE, *ARMS], "7": [DIFFERENCE, *ARMS]},
    ("jump to reference", "information-anchored"): {"4": [DIFFERENCE], "7": [DIFFERENCE, *ARMS]},
    ("copy reference", "jackknife"): {"5": [DIFFERENCE], "7": [DIFFERENCE, "DRUG"]},
    ("copy reference", "information-anchored"): {"7": [DIFFERENCE]},
}
"""Assumption and standard error → visit → what is listed of it."""
STRATEGIES = {"missing at random": "mar"}
SMALLEST = 1e-4
"""p-values below have too many places for a table; their estimates and errors stand there."""


def conditional_means() -> Values:
    """Give means and differences of the antidepressant trial with limits and p-values."""
    found = impute_conditional_means(
        load_data("antidepressant").astype({"visit": str}), response="change", subject="patient",
        visit="visit", arm="therapy", reference="PLACEBO", visits=["4", "5", "6", "7"],
        covariates=["baseline"], structure="unstructured", weights="equal",
    )  # fmt: skip
    return together(_listed(found))


def _listed(found: ConditionalMeans) -> Iterator[Values]:
    for (assumption, errors), visits in LISTED.items():
        strategy = STRATEGIES.get(assumption, assumption.replace(" ", "-"))
        for visit, names in visits.items():
            for name in names:
                each = _estimate(found, name, visit, strategy, errors)
                wanted = "estimate std_error lower upper"
                wanted += " p_value" if each.p_value >= SMALLEST else ""
                yield taken(f"{assumption}, {errors}", each, wanted, f"visit {visit}, {name}, ")


def _estimate(
    found: ConditionalMeans, name: str, visit: str, strategy: str, errors: str
) -> Estimate:
    how: dict[str, Any] = {
        "visit": visit,
        "strategy": strategy,
        "std_errors": errors,
        "level": 0.95,
    }
    if name != DIFFERENCE:
        return found.mean(name, **how)
    # There the drug is the reference, which changes the sign of the difference alone.
    here = found.difference("DRUG", **how)
    return replace(here, estimate=-here.estimate, lower=-here.upper, upper=-here.lower)


MISSING_DATA_CASES: dict[str, Case] = {"antidepressant trial, conditional means": conditional_means}
