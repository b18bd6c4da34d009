"""The published numbers of one study, and who may be synthesised at all."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.errors import UserError, suggestion
from analysis.sources.evidence import Ledger

END = float("inf")
"""Time of what is measured at no stated month: the last visit, adult height."""
AT_START = ("baseline", "exposure")
"""Domains whose numbers are of the start where no month is stated."""
COUNTS = ("n", "events", "pct")
"""Statistics that count participants; a share is one, too."""


@dataclass(frozen=True, slots=True)
class Number:
    """One row of the ledger.

    Parameters
    ----------
    result_id, arm, reference, population, code, statistic, unit, model, interval
        As in ``results.csv``; `reference` and `interval` may be "".
    n
        Participants it rests on; None where none is printed.
    months
        Months from the start of treatment; `END` where none is stated.
    variant
        The source's words, where it prints one endpoint in several ways; else "".
    value, decimals
        As printed.
    level
        Of a confidence limit.
    place
        The document and the place in it.
    doubtful
        Whether the ledger trusts it less than others: printed a second time, or read unsurely.
    """

    result_id: str
    arm: str
    reference: str
    population: str
    n: int | None
    code: str
    months: float
    variant: str
    statistic: str
    value: float
    decimals: int
    unit: str
    model: str
    level: float
    interval: str
    place: str
    doubtful: bool

    @property
    def counts(self) -> bool:
        """Whether it counts participants."""
        return self.statistic in COUNTS

    @property
    def unit_of_rounding(self) -> float:
        """One in the last digit printed."""
        return float(10.0**-self.decimals)


def numbers_of(ledger: Ledger, study_id: str) -> list[Number]:
    """Return the published numbers of a study, in the order of the ledger.

    Parameters
    ----------
    ledger
        The published ledger.
    study_id
        A study of it.

    Raises
    ------
    UserError
        If there is no such study, it pools others, or it prints no number.
    """
    studies = ledger.studies.set_index("study_id")
    if study_id not in studies.index:
        close = next((each for each in studies.index if each.casefold() == study_id.casefold()), "")
        hint = f"; did you mean '{close}'?" if close else suggestion(study_id, list(studies.index))
        raise UserError(
            f"--study must be a study_id of data/published/studies.csv; got '{study_id}'{hint}"
        )
    if studies.loc[study_id, "evidence"] == "pooled":
        raise UserError(
            f"--study {study_id} is a {studies.loc[study_id, 'design']}: it pools the results of "
            "other studies and has no participants of its own; choose one of the studies"
        )
    rows = ledger.results
    rows = rows[(rows["study_id"] == study_id) & rows["value"].notna()]
    if rows.empty:
        raise UserError(f"--study {study_id}: the ledger has no number of it to reproduce")
    domains = ledger.endpoints.set_index("paramcd")["domain"]
    rows = rows.assign(variant=_variants(rows))
    return [_number(row, domains[row["paramcd"]]) for row in rows.to_dict("records")]


def _variants(rows: pd.DataFrame) -> pd.Series:
    """Return the source's words of an endpoint that one source prints in several ways at once.

    Four predictions of adult height are four quantities, two printings of one number are not.
    """
    words = rows["endpoint_printed"] + ", " + rows["timepoint_printed"]
    first = rows[rows["printing"] == 1].assign(words=words)
    key = ["source_id", "arm_id", "reference_arm_id", "population", "paramcd", "months"]
    ways = first.groupby([*key, "statistic"], dropna=False)["words"].nunique()
    several = ways[ways > 1].index.get_level_values("paramcd")
    return words.where(rows["paramcd"].isin(several), "")


def _number(row: dict[str, object], domain: str) -> Number:
    n, months, level = (pd.to_numeric(row[name]) for name in ("n", "months", "level"))
    no_month = 0.0 if domain in AT_START else END
    return Number(
        result_id=str(row["result_id"]),
        arm=str(row["arm_id"]),
        reference=str(row["reference_arm_id"] or ""),
        population=str(row["population"]),
        n=None if pd.isna(n) else int(n),
        code=str(row["paramcd"]),
        months=no_month if pd.isna(months) else float(months),
        variant=str(row["variant"]),
        statistic=str(row["statistic"]),
        value=float(str(row["value"])),
        decimals=int(float(str(row["decimals"]))),
        unit=str(row["unit"] or ""),
        model=str(row["model"] or ""),
        level=0.95 if pd.isna(level) else float(level),
        interval=str(row["interval"] or ""),
        place=f"{row['source_id']}: {row['locator']}",
        doubtful=row["confidence"] == "low" or float(str(row["printing"])) > 1,
    )
