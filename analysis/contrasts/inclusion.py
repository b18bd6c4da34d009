"""Which contrasts are comparable, and why the others are left out."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.contrasts.columns import PRINTED, known
from analysis.contrasts.mixture import FIRST, with_groups
from analysis.contrasts.pairs import randomised_pairs
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.within_trial import differences
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.results import Results, section
from analysis.results.intervals import interval_columns
from analysis.sources.audit import excluded_results
from analysis.stats.differences import difference_of_means
from analysis.words import counted, in_sentence, numbered

TESTED = ("long-acting", "follow-on daily")
DAILY = ("reference daily", "follow-on daily", "unbranded daily")
BY_THE_RUN = "left out by this run"
A_REVIEW = "a review of trials: its trials are counted themselves"
ALLOCATION, AUDIT, TIME = "allocation", "audit", "time"
CAN_BE_PUT_BACK = (ALLOCATION, AUDIT, TIME)
"""Rules that a run can set aside for a study; the others say what the pool is a pool of."""


@lru_cache(maxsize=64)
def comparable(run: ContrastRun) -> pd.DataFrame:
    """Return one contrast a trial: those that the rules admit, estimable ones only.

    Returns
    -------
    pandas.DataFrame
        The columns of `analysis.contrasts.within_trial.differences`, one row a trial.

    Notes
    -----
    A trial with several arms of one product against one comparator has them combined where all
    print n, mean and SD; else its first estimable contrast counts. Follow-on products come first.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.10.
    """
    found = judged(run)
    found = found[found["why_out"] == ""]
    trials = [_one_contrast(run, rows) for _, rows in found.groupby("study_id", sort=False)]
    if not trials:
        return found
    found = pd.concat(trials)
    order = found.assign(later=found["product_class"] != FIRST).sort_values(["later", "label"])
    return found.loc[order.index].reset_index(drop=True)


def _one_contrast(run: ContrastRun, rows: pd.DataFrame) -> pd.DataFrame:
    first = rows.head(1)
    same = rows[
        (rows["reference_arm_id"] == first["reference_arm_id"].iloc[0])
        & (rows["product"] == first["product"].iloc[0])
    ]
    complete = same[["n", "mean", "sd", "n_reference", "mean_reference", "sd_reference"]]
    if len(same) < 2 or complete.isna().any(axis=None):
        return first
    n, mean, sd = combine_groups(same["n"], same["mean"], same["sd"])
    d = difference_of_means(
        mean_test=mean, sd_test=sd, n_test=int(n),
        mean_reference=first["mean_reference"].iloc[0],
        sd_reference=first["sd_reference"].iloc[0],
        n_reference=int(first["n_reference"].iloc[0]),
        method="welch", level=run.conf_level,
    )  # fmt: skip
    return first.assign(
        contrast=f"{first['product'].iloc[0]}, {numbered(len(same), 'arm')} − "
        f"{first['contrast'].iloc[0].split(' − ')[1]}",
        n=n, mean=mean, sd=sd, n_total=n + first["n_reference"],
        route=f"means, SDs and n, {numbered(len(same), 'arm')} combined",
        result_ids="; ".join(dict.fromkeys("; ".join(same["result_ids"]).split("; "))),
        **interval_columns(d),
    )  # fmt: skip


def combine_groups(n: pd.Series, mean: pd.Series, sd: pd.Series) -> tuple[float, float, float]:
    """Return n, mean and SD of several groups taken as one.

    Parameters
    ----------
    n, mean, sd
        One value a group.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, table 6.5.a.

    Examples
    --------
    >>> parts = pd.Series([3, 3]), pd.Series([2.0, 5.0]), pd.Series([1.0, 1.0])
    >>> tuple(round(float(x), 4) for x in combine_groups(*parts))  # of 1 2 3 4 5 6
    (6.0, 3.5, 1.8708)
    """
    total = float(n.sum())
    centre = float((n * mean).sum() / total)
    squares = ((n - 1) * sd**2 + n * (mean - centre) ** 2).sum()
    return total, centre, float(np.sqrt(squares / (total - 1)))


@lru_cache(maxsize=64)
def judged(run: ContrastRun) -> pd.DataFrame:
    """Return every contrast with the first rule that leaves it out: ``why_out``, "" for none.

    Notes
    -----
    A study that the run puts back is freed from the one rule that is named as the reason why it
    is left out, where that is its allocation, the audit or its time; every other rule holds on.
    """
    found = with_groups(differences(run))
    known = found["product_class"].isin(TESTED) & found["reference_class"].isin(DAILY)
    rules = {
        BY_THE_RUN: found["study_id"].isin(run.exclude),
        "the source document itself": found["evidence"] == "note",
        A_REVIEW: found["evidence"] == "pooled",
        ALLOCATION: (found["randomised"] != "yes") & (found["evidence"] != "note"),
        AUDIT: found["audited"] != "",
        "reason": found["estimate"].isna(),
        "no long-acting or follow-on product against daily somatropin": ~known,
        TIME: ~found["in_window"],
        "two doses of one product": found["product"] == found["reference_product"],
    }
    words = {
        ALLOCATION: found["randomised"].map(_allocation_words),
        AUDIT: found["audited"],
        "reason": "not estimable: " + found["reason"],
        TIME: "a rate at " + found["timepoint"].fillna("no time") + f", outside {run.window}: "
        "first-year growth is fastest at the start, so short rates run higher",
    }
    choices = [words.get(name, pd.Series(name, found.index)) for name in rules]
    held = put_back(run, found["study_id"], rules)
    return found.assign(why_out=np.select(list(held.values()), choices, ""))


def put_back(
    run: ContrastRun, study: pd.Series, rules: dict[str, pd.Series]
) -> dict[str, pd.Series]:
    """Return which rules still hold after the run has put studies back.

    Parameters
    ----------
    run
        What is compared, with the studies that it includes.
    study
        Study of each row.
    rules
        Name of a rule → whether a row breaks it, in the order in which they are named.

    Returns
    -------
    dict of str to pandas.Series
        `rules`, without the first one that a study put back breaks if it is one of
        `CAN_BE_PUT_BACK`.
    """
    broken = pd.Series(np.select(list(rules.values()), list(rules), ""), study.index)
    # A study is named once, by the first rule of its first row.
    named = broken.groupby(study).transform("first").where(study.isin(run.include), "")
    return {
        name: rows & (named != name) if name in CAN_BE_PUT_BACK else rows
        for name, rows in rules.items()
    }


def _allocation_words(randomised: str) -> str:
    return "not randomised" if randomised == "no" else "allocation not stated"


@section
def exclusions(run: ContrastRun) -> Results:
    """Return every study of the indication that is not pooled, and why.

    Returns
    -------
    Results
        One set of rows a study: ``study.id`` (to put it back), ``reason``; and where its
        contrast can be estimated, ``estimate``, ``conf.low`` and ``conf.high``.
    """
    inside = set(comparable(run)["study_id"])
    rows = _candidates(run)
    rows = rows[~rows["study_id"].isin(inside)]
    reasons = judged(run).drop_duplicates("study_id").set_index("study_id")["why_out"]
    kept = ["study_id", "estimate", "conf.low", "conf.high"]
    rows = rows.merge(could_be_put_back(run)[kept], on="study_id", how="left")
    rows["reason"] = rows["study_id"].map(reasons).fillna(rows["why_not_pair"])
    rows = rows[rows["reason"] != ""]
    named = rows["study_id"].isin(run.include)
    rows["reason"] = rows["reason"].where(~named, "put back by this run, but " + rows["reason"])
    frame = rows.rename(columns={"label": "group1_level", "source_id": "source"} | PRINTED)
    return run.results(
        frame[["group1_level", "source", "study.id", "reason", *kept[1:]]],
        "exclusions",
        group1="study",
    )


@exclusions.shows
def exclusions_table(exclusions: Results, _: ContrastRun) -> Table:
    """Show every study that is not pooled, and why."""
    return Table(
        title="Exclusions: studies that are not pooled, and why",
        results=exclusions,
        labels={"group1_level": "Study"},
        columns=[
            Column("Id", "{study.id}", "text"),
            Column("Why", "{reason}", "text"),
            *known(
                exclusions,
                Column("Its contrast, if put back", "{estimate} ({conf.low} to {conf.high})"),
            ),
        ],
        footnotes=["Parameter include takes the ids; exclude takes those of pooled studies."],
        folded=True,
        empty="No study of the indication is left out.",
    )


def _candidates(run: ContrastRun) -> pd.DataFrame:
    """Return the studies that could be pooled: with a value of the endpoint, or a pair."""
    ledger = run.ledger
    rows = ledger.select(indication=run.indication).described()
    has = rows[(rows["paramcd"] == run.endpoint) & ~(rows["months"] == 0)]["study_id"]
    pairs = randomised_pairs(run)["study_id"]
    rows = rows[rows["study_id"].isin([*has, *pairs])]
    studies = rows.groupby("study_id", sort=False).agg(
        label=("label", "first"),
        evidence=("evidence", "first"),
        randomised=("randomised", "first"),
        design=("design", "first"),
        source_id=("source_id", lambda ids: "; ".join(dict.fromkeys(ids))),
    )
    audited = excluded_results(list(run.findings))
    first = rows["result_id"].map(audited).groupby(rows["study_id"]).first()
    compared = set(rows.loc[rows["role"] == "comparator", "study_id"])
    alone = studies["design"].isin(["single-arm"]) | (studies["evidence"] == "registry")
    why = np.select(
        [
            studies["evidence"] == "pooled",
            alone & ~studies.index.isin(compared),
            studies["randomised"] != "yes",
        ],
        [
            A_REVIEW,
            "a single arm or a registry without comparison: it has no contrast",
            studies["randomised"].map(_allocation_words),
        ],
        "",
    )
    studies["why_not_pair"] = [
        f"{word}; {audit}" if word and isinstance(audit, str) else word
        for word, audit in zip(why, first.reindex(studies.index), strict=True)
    ]
    return studies.sort_values("label").reset_index()


@lru_cache(maxsize=16)
def could_be_put_back(run: ContrastRun) -> pd.DataFrame:
    """Return the contrasts of excluded studies that would count if the run put them back.

    Notes
    -----
    What the run itself leaves out stays out. A contrast does not depend on which others are in,
    so all are opened at once.
    """
    inside = set(comparable(run)["study_id"])
    wanted = [study for study in _candidates(run)["study_id"] if study not in inside]
    opened = replace(run, include=(*run.include, *wanted))
    found = comparable(opened)
    return found[~found["study_id"].isin([*inside, *run.exclude])].reset_index(drop=True)


def require(found: pd.DataFrame, run: ContrastRun, least: int, what: str) -> pd.DataFrame:
    """Return the comparable contrasts, or say that they are too few.

    Raises
    ------
    UserError
        With how many there are, what is asked for and where the reasons stand.
    """
    if len(found) >= least:
        return found
    have = {0: "no trial is", 1: "one trial is"}.get(
        len(found), f"{counted(len(found), 'trial')} are"
    )
    raise UserError(
        f"{what} needs {counted(least, 'trial')} or more, and {have} "
        f"comparable on {in_sentence(run.param)} at {run.window} in "
        f"{run.indication}; the table of exclusions says why"
    )
