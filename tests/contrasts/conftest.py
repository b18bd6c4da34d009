"""A trial planted into a copy of the published ledger."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.contrasts.settings import ContrastParameters, ContrastRun, resolve
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
    **every: Any,
) -> Ledger:
    """Return the ledger with one more study.

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
    base = {
        "study_id": study, "population": "all", "n": np.nan, "paramcd": "HV", "months": 12.0,
        "endpoint_printed": "height velocity", "timepoint_printed": "month 12",
        "unit": "cm/year", "reported": "yes", "model": "observed", "level": np.nan,
        "interval": "", "printing": 1.0, "source_id": f"{study}-PAPER", "locator": "Table 2",
        "confidence": "high", "note": "", "decimals": 2,
    }  # fmt: skip
    new_rows = []
    for number, (arm, reference, statistic, value, *rest) in enumerate(rows):
        own = {
            "result_id": f"{study}-{number}", "arm_id": arm, "reference_arm_id": reference,
            "statistic": statistic, "value": value,
        }  # fmt: skip
        limit = {"level": 0.95, "interval": "two-sided"} if statistic.startswith("ci_") else {}
        new_rows.append({**base, **limit, **every, **own, **(rest[0] if rest else {})})

    def more(table: pd.DataFrame, added: list[dict[str, Any]]) -> pd.DataFrame:
        extra = pd.DataFrame(added).reindex(columns=table.columns).astype(table.dtypes)
        return pd.concat([table, extra], ignore_index=True)

    document = {
        "source_id": f"{study}-PAPER", "kind": "article", "title": study, "address": "none",
        "note": "",
    }  # fmt: skip
    return replace(
        ledger,
        sources=more(ledger.sources, [document]),
        studies=more(ledger.studies, [about]),
        arms=more(ledger.arms, new_arms),
        results=more(ledger.results, new_rows),
    )


def without(ledger: Ledger, product: str, comparator: str) -> Ledger:
    """Return the ledger without the trials that compare two products."""
    has = ledger.arms.groupby("study_id")["product"].agg(set)
    both = [study for study, products in has.items() if {product, comparator} <= products]
    trials = ledger.studies[ledger.studies["evidence"] == "trial"]["study_id"]
    gone = trials[trials.isin(both)]
    return replace(
        ledger,
        **{
            name: table[~table["study_id"].isin(gone)]
            for name in ("studies", "arms", "results", "verdicts", "identities")
            for table in [getattr(ledger, name)]
        },
    )


@pytest.fixture(scope="session")
def plant() -> Plant:
    return planted


@pytest.fixture(scope="session")
def remove() -> Callable[[Ledger, str, str], Ledger]:
    return without


@pytest.fixture(scope="session")
def run_of(ledger: Ledger, findings: list[Finding]) -> RunOf:
    """Resolve parameters on a ledger, with what the audit found in the published one."""

    def run(
        changed: Ledger | None = None, more: tuple[Finding, ...] = (), **given: Any
    ) -> ContrastRun:
        parameters = ContrastParameters.checked(given)
        return resolve(parameters, changed or ledger, [*findings, *more])

    return run
