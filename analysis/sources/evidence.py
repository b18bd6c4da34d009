"""The published ledger: every number read in public on Valtropin and its field.

One number a row, each with its source, locator, confidence and note. Derived quantities are
computed here and never stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pandas as pd

from analysis import paths
from analysis.brief import brief
from analysis.errors import UserError
from analysis.numbers import decimals
from analysis.sources.registry import changed_files, sha256
from analysis.sources.schemas import CONFIDENCE, FOREIGN_KEYS, INDICATIONS, RESULT_KEY, SCHEMAS
from analysis.sources.tables import (
    TableError,
    read_table,
    read_text,
    repeated_keys,
    unknown_references,
)
from analysis.words import with_units

TWELVE_MONTHS = 12.0
"""Months of the field's endpoint; 52 weeks and year 1 are the same time."""
RANGES = {
    "pct": ("a percentage", 0, 100),
    "p": ("a p-value", 0, 1),
    "r": ("a correlation", -1, 1),
    "r2": ("a share of variance", 0, 1),
}
"""Statistic → what it is, and between what it must lie."""


# Compared by identity, so that what was worked out of a ledger can be kept for it.
@brief
@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """The validated tables of ``data/published/``; columns as in ``data/README.md``."""

    sources: pd.DataFrame
    studies: pd.DataFrame
    products: pd.DataFrame
    arms: pd.DataFrame
    endpoints: pd.DataFrame
    results: pd.DataFrame
    verdicts: pd.DataFrame
    identities: pd.DataFrame
    claims: pd.DataFrame
    conventions: pd.DataFrame
    programme: pd.DataFrame
    mechanism: pd.DataFrame
    searches: pd.DataFrame
    intake: pd.DataFrame
    question: pd.DataFrame

    @property
    def is_current(self) -> bool:
        """Whether loading the project's ledger would give this one again."""
        try:
            return load_ledger() is self
        except UserError:
            return False  # Its files are wrong by now; loading it says how.

    def select(self, *, indication: str = "all", min_confidence: str = "low") -> Ledger:
        """Return the ledger with only the results of one indication and enough confidence.

        Parameters
        ----------
        indication
            ``"all"`` or one of ``GHD``, ``TS``, ``ISS``, ``SGA``.
        min_confidence
            ``"low"``, ``"medium"`` or ``"high"``: the weakest confidence kept.

        Returns
        -------
        Ledger
            Studies and arms without a result left are gone too.
        """
        if indication not in ("all", *INDICATIONS):
            raise UserError(
                f"indication must be all or one of {', '.join(INDICATIONS)}; got '{indication}'"
            )
        enough = CONFIDENCE[CONFIDENCE.index(min_confidence) :]
        results = self.results[self.results["confidence"].isin(enough)]
        arms = self.arms
        if indication != "all":
            arms = arms[arms["indication"] == indication]
        results = results.merge(arms[["study_id", "arm_id"]])
        kept = set(results["study_id"])
        return replace(
            self,
            results=results,
            arms=arms[arms["study_id"].isin(kept)],
            studies=self.studies[self.studies["study_id"].isin(kept)],
        )

    def described(self) -> pd.DataFrame:
        """Return the results joined with what is known of their study, arm and endpoint."""
        return _described(self).copy(deep=False)


@lru_cache(maxsize=8)
def _described(ledger: Ledger) -> pd.DataFrame:
    """Return what `Ledger.described` does, joined once of a ledger that many questions ask."""
    return (
        ledger.results.merge(ledger.studies, on="study_id", validate="many_to_one")
        .merge(
            ledger.arms.rename(columns={"label": "arm"}),
            on=["study_id", "arm_id"],
            validate="many_to_one",
        )
        .merge(ledger.endpoints.drop(columns="unit"), on="paramcd", validate="many_to_one")
    )


def where(rows: pd.DataFrame, *filled: str, **values: object) -> pd.DataFrame:
    """Return the rows with a value, or one of several, in some columns and others filled.

    Examples
    --------
    >>> rows = pd.DataFrame({"paramcd": ["HV", "HV", "AGE"], "value": [9.1, None, 8.0]})
    >>> where(rows, "value", paramcd=["HV", "HEIGHT"])["value"].tolist()
    [9.1]
    """
    keep = rows[list(filled)].notna().all(axis=1)
    for column, wanted in values.items():
        keep &= rows[column].isin(wanted if isinstance(wanted, list) else [wanted])
    return rows[keep]


def load_ledger(folder: Path = paths.PUBLISHED, *, registry: Path = paths.REGISTRY) -> Ledger:
    """Load the published ledger and check all of it.

    Parameters
    ----------
    folder
        Folder of the csv tables.
    registry
        SHA-256 registry above the folder.

    Returns
    -------
    Ledger
        ``results`` has one added column, ``decimals``: how many the source printed; ``arms`` has
        the ``product_class`` and ``kind`` of its product.

    Raises
    ------
    TableError
        With one sentence per problem: bytes that changed, a column missing or unknown, a cell
        that breaks its rule, a repeated key, a reference to nothing.

    Examples
    --------
    >>> load_ledger().results["result_id"].is_unique
    True
    """
    if findings := changed_files(folder, registry):
        return ledger_of(folder, findings)
    files = [folder / f"{name}.csv" for name in SCHEMAS]
    return _kept(folder, tuple(sha256(file) if file.is_file() else "" for file in files))


@lru_cache(maxsize=2)
def _kept(folder: Path, _hashes: tuple[str, ...]) -> Ledger:
    """Return the ledger of some bytes: whoever changes a parameter does not wait for it again."""
    return ledger_of(folder, [])


def ledger_of(folder: Path, findings: list[str]) -> Ledger:
    """Read the tables of a folder and check them, as `load_ledger` after the registry."""
    tables = {}
    for name, schema in SCHEMAS.items():
        tables[name], found = read_table(folder / f"{name}.csv", schema)
        findings += found
    if not any(table.columns.empty for table in tables.values()):
        files = {name: folder / f"{name}.csv" for name in tables}
        findings += cross_table_findings(files, tables, tables)
    if findings:
        raise TableError("\n".join(dict.fromkeys(findings)))
    tables["results"]["decimals"] = read_text(folder / "results.csv")["value"].map(decimals)
    of_product = tables["products"][["product", "product_class", "kind"]]
    arms = tables["arms"].merge(of_product, on="product", validate="many_to_one")
    tables["arms"] = arms.assign(label=arms["label"].map(with_units))
    sources = tables["sources"]
    tables["sources"] = sources.assign(title=sources["title"].map(with_units))
    return Ledger(**{name: tables[name] for name in SCHEMAS})


def cross_table_findings(
    files: Mapping[str, Path],
    tables: Mapping[str, pd.DataFrame],
    targets: Mapping[str, pd.DataFrame],
) -> list[str]:
    """Return one sentence for each reference to nothing, repeated number and impossible value.

    The `files` are named in the sentences, the `tables` are checked, and the `targets`, the whole
    ledger, are what a reference may mean.
    """
    findings = []
    for name, columns, target, target_columns in FOREIGN_KEYS:
        if name not in tables:
            continue
        if set(columns) <= set(tables[name]) and set(target_columns) <= set(targets[target]):
            where = paths.shown(files[name])
            findings += unknown_references(
                where, tables[name], columns, target, targets[target], target_columns
            )
    results = tables["results"]
    where = paths.shown(files["results"])
    if set(RESULT_KEY) <= set(results):
        findings += repeated_keys(where, results, RESULT_KEY)
    if results.get("value", pd.Series(dtype=str)).dtype == float:
        findings += _value_findings(where, results)
    return findings


def _value_findings(where: str, results: pd.DataFrame) -> list[str]:
    value, statistic = results["value"], results["statistic"]
    limit = statistic.isin(["ci_low", "ci_high"])
    described = results["level"].notna() & (results["interval"] != "")
    negative = statistic.isin(["sd", "se", "n", "events"]) & (value < 0)
    rules = {
        "value must be filled exactly when reported is 'yes'": value.notna()
        != (results["reported"] == "yes"),
        **{
            f"{what} must lie between {low} and {high}": (statistic == name)
            & ~value.between(low, high)
            for name, (what, low, high) in RANGES.items()
        },
        "sd, se, n and events must not be negative": negative,
        "a confidence limit, and nothing else, has a level and an interval": limit != described,
    }
    return [
        f"{where}, row {index + 2}: {rule}; got '{results.loc[index, 'value']}'; correct the row"
        for rule, broken in rules.items()
        for index in results.index[broken]
    ]
