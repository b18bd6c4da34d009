"""Copies of the ledger with a study taken out or an invented trial put in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.numbers import decimals
from analysis.sources.evidence import Ledger


def without(ledger: Ledger, study: str) -> Ledger:
    """The ledger as it would be, had nobody found a study."""

    def kept(table: pd.DataFrame) -> pd.DataFrame:
        gone = table["study_id"] == study
        if "same_as_study_id" in table:
            gone |= table["same_as_study_id"] == study
        return table[~gone].reset_index(drop=True)

    names = ("studies", "arms", "results", "verdicts", "identities")
    return replace(ledger, **{name: kept(getattr(ledger, name)) for name in names})


Number = tuple[str, str, str, float]
"""Arm ("test", "reference" or "both"), statistic, model, value."""


def with_trial(
    ledger: Ledger,
    numbers: list[Number],
    *,
    study: str = "INVENTED",
    products: tuple[str, str] = ("Omnitrope", "Humatrope"),
    indication: str = "GHD",
    paramcd: str = "HV",
    months: float = 12,
    population: str = "randomised",
    n: tuple[float, float] = (50, 50),
    kind: str = "abstract",
    level: float = 0.95,
    randomised: str = "yes",
) -> Ledger:
    """The ledger with one invented trial of two products, or one more report of it."""
    source = f"{study}-{kind.upper().replace(' ', '-')}"
    rows = [
        {
            "result_id": f"{source}-{population}-{number}", "study_id": study,
            "arm_id": "reference" if arm == "reference" else "test",
            "reference_arm_id": "reference" if arm == "both" else "",
            "population": population,
            "n": {"test": n[0], "reference": n[1], "both": sum(n)}[arm],
            "paramcd": paramcd, "endpoint_printed": "velocity", "months": months,
            "timepoint_printed": f"month {months:g}", "statistic": statistic, "value": value,
            "unit": "cm/year", "reported": "yes", "model": model,
            "level": level if statistic.startswith("ci") else np.nan,
            "interval": "two-sided" if statistic.startswith("ci") else "",
            "printing": 1.0, "source_id": source, "locator": "Table 2", "confidence": "high",
            "note": "", "decimals": decimals(repr(value)),
        }
        for number, (arm, statistic, model, value) in enumerate(numbers)
    ]  # fmt: skip
    of_product = ledger.products.set_index("product")
    arms = [
        {
            "study_id": study, "arm_id": arm, "position": position, "label": product,
            "indication": indication, "role": "test" if arm == "test" else "comparator",
            "product": product, **of_product.loc[product, ["product_class", "kind"]],
        }
        for position, (arm, product) in enumerate(
            zip(("test", "reference"), products, strict=True), start=1
        )
    ]  # fmt: skip
    about = {
        "study_id": study, "label": study.capitalize(), "evidence": "trial", "design": "parallel",
        "randomised": randomised, "allocation": "", "registration": "", "description": "invented",
    }  # fmt: skip
    document = {
        "source_id": source, "kind": kind, "title": f"An invented {kind}",
        "address": "https://example.org", "note": "",
    }  # fmt: skip
    return replace(
        ledger,
        studies=_added(ledger.studies, [about], ["study_id"]),
        arms=_added(ledger.arms, arms, ["study_id", "arm_id"]),
        sources=_added(ledger.sources, [document], ["source_id"]),
        results=_added(ledger.results, rows, ["result_id"]),
    )


def _added(table: pd.DataFrame, rows: list[dict[str, Any]], key: list[str]) -> pd.DataFrame:
    both = pd.concat([table, pd.DataFrame(rows)], ignore_index=True)
    return both.drop_duplicates(key, ignore_index=True)
