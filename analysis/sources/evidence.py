"""The published ledger: every number read in public on Valtropin and its field.

One number a row, each with its source, locator, confidence and note. Derived quantities are
computed here and never stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import paths
from analysis.errors import UserError
from analysis.numbers import decimals
from analysis.sources import dispersion
from analysis.sources.registry import changed_files
from analysis.sources.schemas import CONFIDENCE, FOREIGN_KEYS, INDICATIONS, RESULT_KEY, SCHEMAS
from analysis.sources.tables import (
    TableError,
    read_table,
    read_text,
    repeated_keys,
    unknown_references,
)

ARM_KEY = ["study_id", "arm_id", "population", "source_id", "printing"]
TWELVE_MONTHS = 12.0
"""Months of the field's endpoint; 52 weeks and year 1 are the same time."""


@dataclass(frozen=True, slots=True)
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
    searches: pd.DataFrame
    intake: pd.DataFrame
    question: pd.DataFrame

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
        return (
            self.results.merge(self.studies, on="study_id", validate="many_to_one")
            .merge(
                self.arms.rename(columns={"label": "arm"}),
                on=["study_id", "arm_id"],
                validate="many_to_one",
            )
            .merge(
                self.endpoints.drop(columns="unit"),
                on="paramcd",
                validate="many_to_one",
            )
        )


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
    return ledger_of(folder, changed_files(folder, registry))


def ledger_of(folder: Path, findings: list[str]) -> Ledger:
    """Read the tables of a folder and check them, as `load_ledger` after the registry.

    Parameters
    ----------
    folder
        Folder of the csv tables.
    findings
        What is wrong with it already.
    """
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
    tables["arms"] = tables["arms"].merge(of_product, on="product", validate="many_to_one")
    return Ledger(**{field.name: tables[field.name] for field in fields(Ledger)})


@lru_cache(maxsize=1)
def asked() -> dict[str, Any]:
    """Return the question of this project: ``product``, ``comparator`` and ``indication``.

    It is the default of the notebooks that ask for a contrast, and stands in
    ``data/published/question.csv``.
    """
    table, findings = read_table(paths.PUBLISHED / "question.csv", SCHEMAS["question"])
    if findings or len(table) != 1:
        raise TableError("\n".join(findings) or "question.csv must hold one question")
    return {str(name): str(value) for name, value in table.iloc[0].items()}


def cross_table_findings(
    files: Mapping[str, Path],
    tables: Mapping[str, pd.DataFrame],
    targets: Mapping[str, pd.DataFrame],
) -> list[str]:
    """Return one sentence for each reference to nothing, repeated number and impossible value.

    Parameters
    ----------
    files
        Table name → the file that is named in a sentence.
    tables
        Table name → what is checked, as `read_table` returns it.
    targets
        Table name → what a reference may mean: the whole ledger.
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
    limit = results["statistic"].isin(["ci_low", "ci_high"])
    rules = {
        "value must be filled exactly when reported is 'yes'": results["value"].notna()
        != (results["reported"] == "yes"),
        "a percentage must lie between 0 and 100": (results["statistic"] == "pct")
        & ~results["value"].between(0, 100),
        "a p-value must lie between 0 and 1": (results["statistic"] == "p")
        & ~results["value"].between(0, 1),
        "a correlation must lie between -1 and 1": (results["statistic"] == "r")
        & ~results["value"].between(-1, 1),
        "a share of variance must lie between 0 and 1": (results["statistic"] == "r2")
        & ~results["value"].between(0, 1),
        "sd, se, n and events must not be negative": results["statistic"].isin(
            ["sd", "se", "n", "events"]
        )
        & (results["value"] < 0),
        "a confidence limit, and nothing else, has a level and an interval": limit
        != (results["level"].notna() & (results["interval"] != "")),
    }
    return [
        f"{where}, row {index + 2}: {rule}; got '{results.loc[index, 'value']}'; correct the row"
        for rule, broken in rules.items()
        for index in results.index[broken]
    ]


def arm_summaries(
    ledger: Ledger,
    *,
    paramcd: str,
    months: float,
    indication: str = "all",
    min_confidence: str = "low",
) -> pd.DataFrame:
    """Return n, mean and SD of one endpoint per arm, and how each SD was obtained.

    Parameters
    ----------
    ledger
        The published ledger.
    paramcd
        Endpoint: ``"HV"``, ``"CHGHV"``, ``"HTSDS"``, …
    months
        Time since the start of treatment; 52 weeks and year 1 are 12 months, 0 is baseline.
    indication, min_confidence
        As in `Ledger.select`.

    Returns
    -------
    pandas.DataFrame
        One row per study, arm, analysis set, source and printing: ``study_id, label, arm_id,
        arm, indication, product, product_class, role, evidence, design, randomised,
        population, n, mean, decimals, unit, model, sd, sd_decimals, sd_method, sd_reference,
        source_id, result_ids, confidence``; decimals are those printed. ``sd_method`` is
        ``"reported"``, ``"derived from …"`` or ``"not estimable: …"``, then ``sd`` is missing.

    Raises
    ------
    UserError
        If the ledger has no such endpoint.

    Notes
    -----
    The SD is taken, in this order, from the paper's SD, the SE of the mean, the confidence
    interval of the mean, the interval of the difference between two arms, and the p-value of
    that difference. The last two give one SD that both arms share; where the difference is
    adjusted, it is the residual SD of the model. A single printed bound is used on its side.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, sections 6.5.2.2 and 6.5.2.3.

    Examples
    --------
    >>> found = arm_summaries(load_ledger(), paramcd="HV", months=12, indication="GHD")
    >>> found.set_index(["study_id", "arm_id"]).loc[("SOMATROGON-P3", "somatrogon"), "sd_method"]
    'derived from the interval of the difference (adjusted: the residual SD)'
    """
    if paramcd not in set(ledger.endpoints["paramcd"]):
        raise UserError(
            f"paramcd must be one of {', '.join(ledger.endpoints['paramcd'])}; got '{paramcd}'"
        )
    chosen = ledger.select(indication=indication, min_confidence=min_confidence)
    rows = chosen.described()
    rows = rows[(rows["paramcd"] == paramcd) & (rows["months"] == months)]
    arms = _one_row_per_arm(rows[rows["reference_arm_id"] == ""])
    shared = _shared_sd(arms, rows[rows["reference_arm_id"] != ""])
    return _choose_sd(arms.merge(shared, on=["study_id", "arm_id"], how="left"))


def _one_row_per_arm(rows: pd.DataFrame) -> pd.DataFrame:
    """Pivot the statistics of each arm into columns, beside what describes the arm."""
    described = [
        *ARM_KEY,
        *"label arm indication product product_class role".split(),
        *"evidence design randomised n unit".split(),
    ]
    statistics = ["mean", "sd", "se", "ci_low", "ci_high"]
    rows = rows[rows["statistic"].isin(statistics)]
    values = (
        rows.pivot(index=ARM_KEY, columns="statistic", values="value")
        .reindex(columns=statistics)
        .reset_index()
    )
    means = rows[rows["statistic"] == "mean"]
    ids = rows.groupby(ARM_KEY)["result_id"].agg("; ".join).rename("result_ids").reset_index()
    sd_places = rows[rows["statistic"] == "sd"].set_index(ARM_KEY)["decimals"].rename("sd_decimals")
    limits = rows[rows["level"].notna()].groupby(ARM_KEY)[["level", "interval"]].first()
    return (
        means[[*described, "model", "decimals", "confidence"]]
        .merge(values, on=ARM_KEY)
        .merge(ids, on=ARM_KEY)
        .merge(sd_places.reset_index(), on=ARM_KEY, how="left")
        .merge(limits.reset_index(), on=ARM_KEY, how="left")
    )


def _shared_sd(arms: pd.DataFrame, contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return the SD that both arms of a contrast share, from its interval and from its p."""
    columns = ["study_id", "arm_id", "sd_interval", "sd_p", "contrast_spread"]
    key = ["study_id", "arm_id", "reference_arm_id"]
    if contrasts.empty or arms.empty:
        return pd.DataFrame(columns=columns)
    wide = contrasts.pivot_table(index=key, columns="statistic", values="value").reset_index()
    wide = wide.reindex(columns=[*key, "diff", "ci_low", "ci_high", "p"])
    level = contrasts.groupby(key)["level"].first().reset_index()
    one = arms.drop_duplicates(["study_id", "arm_id"])[["study_id", "arm_id", "n", "mean"]]
    pairs = (
        wide.merge(level, on=key)
        .merge(one, on=["study_id", "arm_id"])
        .merge(
            one.rename(columns={"arm_id": "reference_arm_id"}),
            on=["study_id", "reference_arm_id"],
            suffixes=("", "_reference"),
        )
    )
    df = pairs["n"] + pairs["n_reference"] - 2
    difference = pairs["diff"].fillna(pairs["mean"] - pairs["mean_reference"])
    half_width = (pairs["ci_high"] - pairs["ci_low"]) / 2
    sizes = pairs["n"], pairs["n_reference"]
    pairs["sd_interval"] = dispersion.sd_from_difference(
        dispersion.se_from_interval(half_width, df, level=pairs["level"]), *sizes
    )
    pairs["sd_p"] = dispersion.sd_from_difference(
        dispersion.se_from_p(difference, pairs["p"], df), *sizes
    )
    pairs["contrast_spread"] = half_width.fillna(pairs["p"])
    reference = pairs.drop(columns="arm_id").rename(columns={"reference_arm_id": "arm_id"})
    both = [pairs[columns], reference[columns]]
    # An arm in two contrasts keeps the first one printed.
    return pd.concat(both).groupby(["study_id", "arm_id"], as_index=False).first()


def _choose_sd(arms: pd.DataFrame) -> pd.DataFrame:
    """Take the SD from the best route there is and say which."""
    n, mean = arms["n"], arms["mean"]
    two_sided = arms["ci_low"].notna() & arms["ci_high"].notna()
    half_width = np.where(
        two_sided,
        (arms["ci_high"] - arms["ci_low"]) / 2,
        mean - arms["ci_low"].fillna(2 * mean - arms["ci_high"]),
    )
    sides = np.where(arms["interval"] == "one-sided", 1, 2)
    routes = [
        (arms["sd"], "reported", ""),
        (
            dispersion.sd_from_se(arms["se"], n),
            "derived from the SE of the mean",
            dispersion.FROM_SE,
        ),
        (
            dispersion.sd_from_se(
                dispersion.se_from_interval(half_width, n - 1, level=arms["level"], sides=sides), n
            ),
            "derived from the interval of the mean",
            dispersion.FROM_SE,
        ),
        (
            arms["sd_interval"],
            "derived from the interval of the difference",
            dispersion.FROM_DIFFERENCE,
        ),
        (arms["sd_p"], "derived from the p-value of the difference", dispersion.FROM_DIFFERENCE),
    ]
    known = [np.asarray(pd.notna(sd)) for sd, _, _ in routes]
    spread = arms[["se", "ci_low", "ci_high", "contrast_spread"]].notna().any(axis=1)
    reason = np.where(
        spread,
        "not estimable: the ledger has a spread but no n of the value",
        "not estimable: the ledger has no spread of the arm",
    )
    sd = np.select(known, [np.asarray(sd, float) for sd, _, _ in routes], np.nan)
    method = pd.Series(np.select(known, [name for _, name, _ in routes], reason), arms.index)
    residual = method.str.startswith("derived") & (arms["model"] == "adjusted")
    used = "se ci_low ci_high level interval sd_interval sd_p contrast_spread".split()
    return arms.drop(columns=used).assign(
        sd=sd,
        sd_method=method.where(~residual, method + " (adjusted: the residual SD)"),
        sd_reference=np.select(known, [reference for _, _, reference in routes], ""),
    )
