"""The randomised pairs of the ledger, and what the papers print of each."""

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.contrasts.printed import (
    ARM,
    PAIR,
    PAIR_STATISTICS,
    arm_values,
    pair_values,
    printed_values,
    sure_enough,
)
from analysis.contrasts.settings import ContrastRun
from analysis.display.tables import Column, Table
from analysis.numbers import fixed
from analysis.results import Results, section
from analysis.sources.arm_summaries import per_arm
from analysis.sources.audit import excluded_results
from analysis.sources.populations import is_per_protocol
from analysis.sources.schemas import CONFIDENCE

BRANDED = ("reference daily", "follow-on daily", "long-acting")
WORDS = {
    "mean": "mean",
    "sd": "SD",
    "se": "SE",
    "diff": "difference",
    "ci_low": "lower limit",
    "ci_high": "upper limit",
    "p": "p-value",
    "margin": "margin",
    "n": "n",
}


@lru_cache(maxsize=64)
def randomised_pairs(run: ContrastRun) -> pd.DataFrame:
    """Return one row a randomised pair of arms, test and reference, with what is printed.

    Returns
    -------
    pandas.DataFrame
        ``study_id, arm_id, reference_arm_id, label, evidence, randomised, contrast, product,
        product_class, kind, reference_product, reference_class, months, timepoint, in_window, n,
        n_reference, n_total, sizes, mean, sd, se, model_mean, ls_mean, ls_se`` and the same with
        ``_reference``, ``diff, ci_low, ci_high, level, p, model, margin, verdict, source_id,
        confidence, result_ids, audited, printed``. The asked contrast comes first; values that
        the papers do not print are missing.

    Notes
    -----
    Pairs: every test arm with every comparator arm of a trial. A trial with several
    comparators, such as a dose trial in strata, has the pairs that its paper compares; one
    without a comparator has the pairs of its test arms. Trials whose allocation is not stated
    count only where the run includes them. A contrast that a paper prints the other way round
    is turned. Of several times the one nearest the middle of the window is taken; of several
    reports of one trial the best, by the rules of `analysis.contrasts.printed`.
    """
    skeleton = _skeleton(run)
    values = printed_values(run, skeleton["study_id"])
    arms = arm_values(run, values)
    found = (
        skeleton.merge(_times(values), on="study_id", how="left")
        .merge(arms, on=["study_id", "arm_id"], how="left")
        .merge(
            arms.rename(columns={"arm_id": "reference_arm_id"}),
            on=PAIR[::2],
            how="left",
            suffixes=("", "_reference"),
        )
        .merge(pair_values(values), on=PAIR, how="left")
        .merge(_margins(run), on=PAIR, how="left")
        .merge(_verdicts(run), on=PAIR, how="left")
    )
    found = _with_sizes(run, found)
    for name in ("verdict", "verdict_source"):
        found[name] = found[name].fillna("")
    found["in_window"] = found["months"].between(*run.months)
    return _with_ledger_rows(run, found, values)


def _with_ledger_rows(run: ContrastRun, found: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Add the ledger rows behind each pair: ids, sources, confidence, words, the audit's word."""
    by_study = {study: rows.to_dict("records") for study, rows in values.groupby("study_id")}
    elsewhere = run.ledger.results.groupby("study_id")["source_id"].unique()
    audited = excluded_results(list(run.findings)).to_dict()
    about = []
    for study, arm, reference in found[PAIR].itertuples(index=False):
        rows = _behind(by_study.get(study, []), {arm, reference})
        ids = [row["result_id"] for row in rows]
        # Where no number is used, the sources in which it was looked for.
        sources = [row["source_id"] for row in rows] or elsewhere.get(study, [])
        about.append(
            (
                "; ".join(ids),
                "; ".join(dict.fromkeys(sources)),
                min((row["confidence"] for row in rows), key=CONFIDENCE.index, default=""),
                _printed(rows, arm, reference),
                next((audited[each] for each in ids if each in audited), ""),
            )
        )
    names = ["result_ids", "source_id", "confidence", "printed", "audited"]
    return found.join(pd.DataFrame(about, found.index, names))


def _skeleton(run: ContrastRun) -> pd.DataFrame:
    """Return the pairs of arms, whether or not anything is printed of them."""
    ledger = run.ledger
    arms = ledger.arms[ledger.arms["indication"] == run.indication].rename(columns={"label": "arm"})
    arms = arms.merge(ledger.studies.drop(columns="description"), on="study_id")
    trial = (arms["evidence"] == "trial") & (arms["randomised"] == "yes")
    put_back = arms["study_id"].isin(run.include) & (arms["evidence"] != "note")
    arms = arms[trial | (arms["evidence"] == "note") | put_back]
    arms = arms[(arms["evidence"] == "note") | ~_superseded(run, arms)]
    test, comparator = (arms[arms["role"] == role] for role in ("test", "comparator"))
    side = ["study_id", "arm_id", "arm", "position", "product", "product_class"]
    other = {name: f"reference_{name}" for name in side[1:]}
    pairs = test.merge(comparator[side].rename(columns=other), on="study_id")
    alone = test[~test["study_id"].isin(comparator["study_id"])]
    among = alone.merge(alone[side].rename(columns=other), on="study_id")
    pairs = pd.concat([pairs, among[among["position"] < among["reference_position"]]])
    several = comparator["study_id"].value_counts()
    printed = ledger.results[ledger.results["reference_arm_id"] != ""][PAIR]
    turned = printed.rename(columns=dict(zip(PAIR[1:], PAIR[:0:-1], strict=True)))
    known = pd.MultiIndex.from_frame(pd.concat([printed, turned])[PAIR])
    compared = pd.MultiIndex.from_frame(pairs[PAIR]).isin(known)
    pairs = pairs[compared | ~(pairs["study_id"].map(several).fillna(0) > 1)]
    pairs = pairs.assign(
        contrast=_name(pairs, "", "arm") + " − " + _name(pairs, "reference_", "reference_arm"),
        reference_class=pairs["reference_product_class"],
        asked=pairs["product"].eq(run.product) & pairs["reference_product"].eq(run.comparator)
        | pairs["product"].eq(run.comparator) & pairs["reference_product"].eq(run.product),
        secondary=pairs["evidence"] == "note",
    )
    order = ["not_asked", "secondary", "label", "position", "reference_position"]
    pairs["not_asked"] = ~pairs["asked"]
    kept = "label evidence randomised allocation contrast asked product product_class kind"
    reference = ["reference_product", "reference_class"]
    return pairs.sort_values(order, ignore_index=True)[[*PAIR, *kept.split(), *reference]]


def _superseded(run: ContrastRun, arms: pd.DataFrame) -> pd.Series:
    """Say which arms another report of the ledger holds too, such as those of an interim report."""
    again = pd.MultiIndex.from_frame(run.ledger.identities[["study_id", "arm_id"]])
    own = pd.MultiIndex.from_frame(arms[["study_id", "arm_id"]])
    return pd.Series(own.isin(again), arms.index) & ~arms["study_id"].isin(run.include)


def _name(pairs: pd.DataFrame, side: str, arm: str) -> pd.Series:
    """Name an arm by its product where that tells the pairs of a study apart."""
    one = pairs.groupby(["study_id", f"{side}product"])[f"{side}arm_id"].transform("nunique") == 1
    branded = pairs[f"{side}product_class"].isin(BRANDED)
    # A trial of two doses or brands compares test arms: their own labels say which.
    return pairs[f"{side}product"].where(one & branded, pairs[arm])


def _times(values: pd.DataFrame) -> pd.DataFrame:
    times = values.drop_duplicates("study_id").rename(columns={"timepoint_printed": "timepoint"})
    return times[["study_id", "months", "timepoint"]]


def _margins(run: ContrastRun) -> pd.DataFrame:
    """Return the trials' own margins on the endpoint."""
    rows = sure_enough(run, run.ledger.results)
    rows = rows[(rows["paramcd"] == run.endpoint) & (rows["reference_arm_id"] != "")]
    margins = rows[rows["statistic"] == "margin"]
    return per_arm(margins, ["margin"], key=PAIR).reset_index()


def _verdicts(run: ContrastRun) -> pd.DataFrame:
    """Return the verdict that a source prints of each pair, of its main analysis set."""
    rows = sure_enough(run, run.ledger.verdicts)
    rows = rows[rows["paramcd"] == run.endpoint]
    rows = rows.assign(rank=rows["population"].map(is_per_protocol)).sort_values("rank")
    rows = rows.rename(columns={"source_id": "verdict_source"})
    return rows.drop_duplicates(PAIR)[[*PAIR, "verdict", "verdict_source"]]


def _with_sizes(run: ContrastRun, found: pd.DataFrame) -> pd.DataFrame:
    """Fill the n of arms and of the trial from the printed numbers of participants.

    Where a source prints how many were randomised in all and in which ratio, the n of each arm
    follows, rounded down; ``sizes`` says so.
    """
    sizes = sure_enough(run, run.ledger.results)
    sizes = sizes[(sizes["paramcd"] == "PARTIC") & (sizes["statistic"] == "n")]
    by_arm = per_arm(sizes, ["n"], key=ARM)["n"]
    everyone = by_arm.xs("all", level="arm_id") if "all" in by_arm.index.levels[1] else by_arm[:0]
    for arm, n in (("arm_id", "n"), ("reference_arm_id", "n_reference")):
        index = pd.MultiIndex.from_frame(found[["study_id", arm]])
        found[n] = found[n].fillna(pd.Series(by_arm.reindex(index).to_numpy(), found.index))
    both = found["n"] + found["n_reference"]
    found["n_total"] = found["n_total"].fillna(both).fillna(found["study_id"].map(everyone))
    ratio = found["allocation"].str.extract(r"^(\d+):(\d+)$").astype(float)
    unknown = found[["n", "n_reference"]].isna().any(axis=1)
    split = unknown & ratio.notna().all(axis=1) & found["n_total"].notna()
    for share, n in ((0, "n"), (1, "n_reference")):
        part = np.floor(found["n_total"] * ratio[share] / ratio.sum(axis=1))
        found[n] = found[n].mask(split, part)
    words = "n of each arm from the total and its allocation " + found["allocation"]
    return found.assign(sizes=words.where(split, ""))


Numbers = list[dict[str, Any]]
"""Rows of the ledger."""


def _behind(rows: Numbers, arms: set[str]) -> Numbers:
    """Return the numbers of a study that a pair of its arms rests on."""
    return [
        row
        for row in rows
        if row["arm_id"] in arms
        and (not row["reference_arm_id"] or row["reference_arm_id"] in arms)
    ]


def _printed(rows: Numbers, arm: str, reference: str) -> str:
    """Return the printed numbers in words, with the decimals of the paper."""
    shown = {
        (row["arm_id"], row["reference_arm_id"], row["statistic"]): fixed(
            row["value"], int(row["decimals"])
        )
        for row in rows
    }
    sides = []
    for side in (arm, reference):
        mean = shown.get((side, "", "mean"), "?")
        sd, se = shown.get((side, "", "sd")), shown.get((side, "", "se"))
        spread = f" (SD {sd})" if sd else f" [SE {se}]" if se else ""
        sides.append(f"{mean}{spread}")
    parts = [] if sides == ["?", "?"] else [" v ".join(sides)]
    pair = (reference, arm) if (reference, arm) in {key[:2] for key in shown} else (arm, reference)
    turned = " as printed, the other way round" if pair[0] == reference else ""
    parts += [
        f"{WORDS[name]} {shown[(*pair, name)]}{turned}"
        for name in PAIR_STATISTICS
        if (*pair, name) in shown
    ]
    return "; ".join(parts)


@section
def inputs(run: ContrastRun) -> Results:
    """Return every printed number that a randomised pair rests on, as the ledger has it.

    Returns
    -------
    Results
        One row a number: study (``group1_level``), arm or contrast (``group2_level``), its
        statistic (``variable``) and its row of the ledger (``variable_level``).
    """
    pairs = randomised_pairs(run)
    used = pd.Series([row for ids in pairs["result_ids"] for row in ids.split("; ")]).unique()
    rows = run.ledger.described()
    rows = rows[rows["result_id"].isin(used)]
    frame = pd.DataFrame(
        {
            "group1_level": rows["label"],
            "group2_level": rows["arm"].where(
                rows["reference_arm_id"] == "", rows["arm_id"] + " − " + rows["reference_arm_id"]
            ),
            "variable": rows["statistic"].map(WORDS),
            "variable_level": rows["result_id"],
            "population": rows["population"],
            "n_population": rows["n"].map(lambda n: n if np.isfinite(n) else ""),
            "source": rows["source_id"],
            "note": rows["locator"],
            "decimals": rows["decimals"],
            "unit": rows["unit"],
            "value": rows["value"],
            "time.words": rows["timepoint_printed"],
            "source.words": rows["source_id"],
            "locator": rows["locator"],
        }
    )
    return run.results(frame, "contrast-inputs", group1="study", group2="arm")


@inputs.shows
def inputs_table(inputs: Results, _: ContrastRun) -> Table:
    """Show the printed numbers behind the contrasts with their rows of the ledger."""
    return Table(
        title="The printed numbers behind the contrasts",
        results=inputs,
        groups="group1_level",
        labels={"group2_level": "Arm", "variable": "Statistic", "variable_level": "Row"},
        columns=[
            Column("As printed", "{value}"),
            Column("Time", "{time.words}", "text"),
            Column("Source", "{source.words}", "text"),
        ],
        folded=True,
    )
