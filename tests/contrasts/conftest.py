"""A trial planted into a copy of the published ledger."""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import pytest
from asking import asked

from analysis.contrasts.settings import ContrastRun
from analysis.numbers import decimals
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger

Plant = Callable[..., Ledger]
RunOf = Callable[..., ContrastRun]


def planted(
    ledger: Ledger,
    study: str,
    arms: list[tuple[str, str, str]],
    rows: list[tuple[Any, ...]],
    *,
    indication: str = "GHD",
    evidence: str = "trial",
    randomised: str = "yes",
    kind: str = "article",
    population: str = "all",
    **every: Any,
) -> Ledger:
    """Return the ledger with one more study, or with one more report of it.

    Parameters
    ----------
    ledger
        The ledger.
    study
        Its id, which is its label, too.
    arms
        ``arm_id, role, product`` of each.
    rows
        ``arm_id, reference_arm_id, statistic, value`` of each number, and columns to set.
    indication, evidence, randomised
        What the study is.
    kind, population
        Kind of document of the report, and its analysis set.
    **every
        Columns of the results that differ from height velocity at month 12.
    """
    about = {
        "study_id": study, "label": study, "evidence": evidence, "design": "parallel",
        "randomised": randomised, "allocation": "", "registration": "", "description": "planted",
    }  # fmt: skip
    products = ledger.products.set_index("product")
    new_arms = [
        {
            "study_id": study, "arm_id": arm, "position": float(number), "label": arm,
            "indication": indication, "role": role, "product": product,
            "product_class": products.loc[product, "product_class"],
            "kind": products.loc[product, "kind"],
        }
        for number, (arm, role, product) in enumerate(arms, 1)
    ]  # fmt: skip
    source = f"{study}-{kind}".upper()
    base = {
        "study_id": study, "population": population, "n": np.nan, "paramcd": "HV", "months": 12.0,
        "endpoint_printed": "height velocity", "timepoint_printed": "month 12",
        "unit": "cm/year", "reported": "yes", "model": "observed", "level": np.nan,
        "interval": "", "printing": 1.0, "source_id": source, "locator": "Table 2",
        "confidence": "high", "note": "", "decimals": 2,
    }  # fmt: skip
    new_rows = []
    for number, (arm, reference, statistic, value, *rest) in enumerate(rows):
        own = {
            "result_id": f"{source}-{population}-{number}",
            "arm_id": arm, "reference_arm_id": reference, "statistic": statistic, "value": value,
        }  # fmt: skip
        limit = {"level": 0.95, "interval": "two-sided"} if statistic.startswith("ci_") else {}
        new_rows.append({**base, **limit, **every, **own, **(rest[0] if rest else {})})

    def more(table: pd.DataFrame, added: list[dict[str, Any]], *key: str) -> pd.DataFrame:
        extra = pd.DataFrame(added).reindex(columns=table.columns).astype(table.dtypes)
        both = pd.concat([table, extra], ignore_index=True)
        return both.drop_duplicates(list(key), ignore_index=True)

    document = {
        "source_id": source, "kind": kind, "title": study, "address": "none",
        "note": "",
    }  # fmt: skip
    return replace(
        ledger,
        sources=more(ledger.sources, [document], "source_id"),
        studies=more(ledger.studies, [about], "study_id"),
        arms=more(ledger.arms, new_arms, "study_id", "arm_id"),
        results=more(ledger.results, new_rows, "result_id"),
    )


Number = tuple[str, str, str, float]
"""Arm ("test", "reference" or "both"), statistic, model, value."""


def compared(
    ledger: Ledger,
    numbers: list[Number],
    *,
    study: str = "INVENTED",
    products: tuple[str, str] = ("Omnitrope", "Humatrope"),
    population: str = "randomised",
    n: tuple[float, float] = (50, 50),
    kind: str = "abstract",
    randomised: str = "yes",
) -> Ledger:
    """Return the ledger with a report of an invented trial of two products.

    Parameters
    ----------
    ledger
        The ledger.
    numbers
        What the report prints.
    study, products, randomised
        What the trial is; asked for twice, it has two reports.
    population, n, kind
        Analysis set of the report, the n of its arms, and its kind of document.
    """
    sizes = {"test": n[0], "reference": n[1], "both": sum(n)}
    rows = [
        (
            "reference" if arm == "reference" else "test",
            "reference" if arm == "both" else "",
            statistic,
            value,
            {"model": model, "n": sizes[arm], "decimals": decimals(repr(value))},
        )
        for arm, statistic, model, value in numbers
    ]
    test, reference = products
    arms = [("test", "test", test), ("reference", "comparator", reference)]
    return planted(
        ledger, study, arms, rows, kind=kind, randomised=randomised, population=population
    )


def without_study(ledger: Ledger, study: str) -> Ledger:
    """Return the ledger as it would be, had nobody found a study."""

    def kept(table: pd.DataFrame) -> pd.DataFrame:
        gone = table["study_id"] == study
        if "same_as_study_id" in table:
            gone |= table["same_as_study_id"] == study
        return table[~gone].reset_index(drop=True)

    names = ("studies", "arms", "results", "verdicts", "identities")
    return replace(ledger, **{name: kept(getattr(ledger, name)) for name in names})


def without(ledger: Ledger, product: str, comparator: str) -> Ledger:
    """Return the ledger without the trials that compare two products."""
    has = ledger.arms.groupby("study_id")["product"].agg(set)
    trials = ledger.studies[ledger.studies["evidence"] == "trial"]["study_id"]
    both = [study for study in trials if {product, comparator} <= has.get(study, set())]
    return reduce(without_study, both, ledger)


@pytest.fixture(scope="session")
def plant() -> Plant:
    return planted


@pytest.fixture(scope="session")
def with_trial() -> Plant:
    return compared


@pytest.fixture(scope="session")
def remove_study() -> Callable[[Ledger, str], Ledger]:
    return without_study


@pytest.fixture(scope="session")
def remove() -> Callable[[Ledger, str, str], Ledger]:
    return without


@pytest.fixture(scope="session")
def run_of(ledger: Ledger, findings: list[Finding]) -> RunOf:
    """Resolve parameters on a ledger, with what the audit found in the published one."""

    def run(
        changed: Ledger | None = None, more: tuple[Finding, ...] = (), **given: Any
    ) -> ContrastRun:
        return asked(changed or ledger, [*findings, *more], **given)

    return run
