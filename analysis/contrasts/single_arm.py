"""The single-arm studies of the product that is asked for, among comparable series.

Nothing here is randomised, so nothing here is a verdict.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.contrasts.printed_ages import ARM, COLUMNS, age_words, printed_ages
from analysis.contrasts.settings import ContrastRun
from analysis.errors import NoSection, UserError
from analysis.sources.arm_summaries import ARM_KEY, arm_summaries, per_arm
from analysis.sources.audit import excluded_results, without_unusable_sds
from analysis.sources.choice import document_ranks
from analysis.sources.evidence import TWELVE_MONTHS
from analysis.sources.schemas import CONFIDENCE, INDICATIONS, INFERRED, PERCENTILES
from analysis.words import begins_sentence

UNIT = "cm/year"
VELOCITY, DOSE = "HV", "DOSE"
VELOCITY_IN_WORDS = "Height velocity at month 12"
SINGLE_ARM = "single arm"
"""Context of results on series that were not randomised."""
UNITS = {VELOCITY: UNIT, DOSE: "mg/kg/day"}
NOT_GROWTH_HORMONE = {
    "untreated": "untreated",
    "mixed": "of several products together",
    "methionyl": "on methionyl hormone",
    "pituitary": "on pituitary hormone",
}
"""Class of product that no series of recombinant growth hormone is compared with → in words."""


@lru_cache(maxsize=16)
def single_arms(run: ContrastRun) -> pd.DataFrame:
    """Return the product's single-arm studies, and the other series of their indications.

    Parameters
    ----------
    run
        What is compared; its product, confidence, inclusions and exclusions count, its
        indication and endpoint do not.

    Returns
    -------
    pandas.DataFrame
        One row an arm with a height velocity at 12 months: ``study_id, arm_id, name, own,
        inferred, indication, product, n, mean, sd, median`` and other percentiles,
        ``baseline, dose, population, description, source_id, result_ids``, the columns of
        `printed_ages`, and ``age`` in words; in each indication the product's own come first.

    Raises
    ------
    NoSection
        If the ledger has no single-arm study of the product.
    UserError
        If the run or the audit leaves none of them.
    """
    found = judged(run)
    series = found[found["why_out"] == ""]
    own = series[series["own"] != ""]
    if own.empty:
        gone = found[found["own"] != ""]
        why = "; ".join(gone["own"] + " is " + gone["why_out"])
        raise UserError(f"no single-arm study of {run.product} is left: {why}")
    series = series[series["indication"].isin(own["indication"])].copy()
    series["name"] = _names(run, series)
    order = pd.DataFrame(
        {
            "indication": series["indication"].map(list(INDICATIONS).index),
            "other": series["own"] == "",
            "called": series["own"].where(series["own"] != "", series["label"]),
            "position": series["position"],
        }
    ).sort_values(["indication", "other", "called", "position"], kind="stable")
    return series.loc[order.index].reset_index(drop=True)


@lru_cache(maxsize=16)
def judged(run: ContrastRun) -> pd.DataFrame:
    """Return every arm with a 12-month height velocity in the product's indications.

    Returns
    -------
    pandas.DataFrame
        As `single_arms` without ``name``, and with ``why_out``: "" for those that are shown.
    """
    found = _velocities(run).merge(_own_arms(run), on=ARM, how="left")
    found["own"] = found["own"].fillna("")
    found["inferred"] = found["inferred"].eq(True)
    own = found["own"] != ""
    if not own.any():
        raise NoSection(
            f"the ledger holds no single-arm study of {run.product} with a 12-month height velocity"
        )
    found = found[found["indication"].isin(found.loc[own, "indication"])].reset_index(drop=True)
    own = found["own"] != ""
    audited = set(excluded_results(list(run.findings)).index)
    out = [bool(audited & set(ids.split("; "))) for ids in found["result_ids"]]
    found["why_out"] = np.select(
        [found["study_id"].isin(run.exclude), out, ~own & found["product_class"].isin(
            list(NOT_GROWTH_HORMONE))],
        ["left out by this run", "taken out by the audit",
         found["product_class"].map(NOT_GROWTH_HORMONE).fillna("")],
        "",
    )  # fmt: skip
    chosen = run.ledger.select(min_confidence=run.min_confidence)
    found = found.merge(run.ledger.arms[[*ARM, "position"]], on=ARM)
    found["description"] = found["study_id"].map(
        chosen.studies.set_index("study_id")["description"]
    )
    for column, param, months in (("baseline", VELOCITY, 0.0), ("dose", DOSE, None)):
        found[column] = _means(chosen.results, param, months).reindex(
            pd.MultiIndex.from_frame(found[ARM])
        ).to_numpy()  # fmt: skip
    notes = run.ledger.results.set_index("result_id")["note"]
    found["remark"] = [
        "; ".join(dict.fromkeys(filter(None, notes[ids.split("; ")])))
        for ids in found["result_ids"]
    ]
    found = found.join(printed_ages(chosen, found))
    found["age"] = [age_words(age) for age in found[COLUMNS].to_dict("records")]
    return found


def _velocities(run: ContrastRun) -> pd.DataFrame:
    """Return mean, SD and percentiles of the 12-month velocity, one row an arm.

    Where several sources or analysis sets print it, a mean counts before a median, then the
    fullest document, the surest reading, and the first printed.
    """
    means = arm_summaries(
        run.ledger, paramcd=VELOCITY, months=TWELVE_MONTHS, min_confidence=run.min_confidence
    )
    means = without_unusable_sds(means, run.ledger, run.findings)
    found = means.merge(_percentiles(run), on=ARM_KEY, how="outer", suffixes=("", "_median"))
    shared = [column for column in means if f"{column}_median" in found]
    for column in shared:
        found[column] = found[column].fillna(found.pop(f"{column}_median"))
    found = found[~found["evidence"].isin(["note", "pooled"])]
    ranked = found.assign(
        without_mean=found["mean"].isna(),
        document=document_ranks(found["source_id"], run.ledger),
        doubt=-found["confidence"].map(CONFIDENCE.index),
    ).sort_values([*ARM, "without_mean", "document", "doubt"], kind="stable")
    return ranked.drop_duplicates(ARM).drop(columns=["without_mean", "document", "doubt"])


def _percentiles(run: ContrastRun) -> pd.DataFrame:
    rows = run.ledger.select(min_confidence=run.min_confidence).described()
    rows = rows[
        (rows["paramcd"] == VELOCITY)
        & (rows["months"] == TWELVE_MONTHS)
        & (rows["reference_arm_id"] == "")
        & rows["statistic"].isin(PERCENTILES)
    ]
    described = "label arm indication product product_class evidence n confidence".split()
    by_arm = rows.groupby(ARM_KEY, sort=False)
    return (
        per_arm(rows, PERCENTILES)
        .join(by_arm[described].first())
        .join(by_arm["decimals"].first().rename("median_places"))
        .join(by_arm["result_id"].agg("; ".join).rename("result_ids"))
        .reset_index()
    )


def _own_arms(run: ContrastRun) -> pd.DataFrame:
    """Return the arms of the product's single-arm studies, and what each is called.

    A study of another name counts where the ledger declares its participants those of an arm
    of the secondary document; it is then called as that document calls it.
    """
    ledger = run.ledger
    alone = ledger.studies.loc[ledger.studies["design"] == "single-arm", ["study_id", "label"]]
    arms = ledger.arms[[*ARM, "product"]].merge(alone, on="study_id")
    note = ledger.studies.loc[ledger.studies["evidence"] == "note", "study_id"]
    said = ledger.arms[ledger.arms["study_id"].isin(note) & (ledger.arms["product"] == run.product)]
    same = (
        ledger.identities.merge(said[[*ARM, "label"]].rename(columns={"label": "own"}), on=ARM)
        .assign(inferred=lambda frame: frame["basis"] == INFERRED)
        .drop(columns=ARM)
        .rename(columns={f"same_as_{name}": name for name in ARM})
    )[[*ARM, "own", "inferred"]]
    found = arms.merge(same.drop_duplicates(ARM), on=ARM, how="left")
    found = found[(found["product"] == run.product) | found["own"].notna()]
    found["own"] = found["own"].fillna(found["label"])
    return found[[*ARM, "own", "inferred"]]


def _names(run: ContrastRun, series: pd.DataFrame) -> pd.Series:
    """Return one name a row; another product or an inferred identity is part of the name."""
    several = series.groupby("study_id")["arm_id"].transform("size") > 1
    names = series["label"] + (", " + series["arm"]).where(several, "")
    printed_as = ("as " + series["product"]).where(series["product"] != run.product, "")
    inferred = pd.Series(np.where(series["inferred"], "identity inferred", ""), series.index)
    remark = (printed_as + "; " + inferred).str.strip("; ")
    as_the_note = ~series["own"].isin(["", *series["label"]])
    names = names.where(~as_the_note, series["own"])
    own = names + (" (" + remark + ")").where(remark != "", "")
    names = names.where(series["own"] == "", own)
    again = names.duplicated(keep=False)
    return names + (" (" + series["study_id"] + ", " + series["arm_id"] + ")").where(again, "")


def _means(results: pd.DataFrame, param: str, months: float | None) -> pd.Series:
    rows = results[(results["paramcd"] == param) & (results["statistic"] == "mean")]
    rows = rows[(rows["reference_arm_id"] == "") & (rows["unit"] == UNITS[param])]
    if months is not None:
        rows = rows[rows["months"] == months]
    return per_arm(rows, ["mean"], key=ARM)["mean"]


def in_words(indication: str) -> str:
    """Return the name of an indication as a heading."""
    return begins_sentence(INDICATIONS[indication])
