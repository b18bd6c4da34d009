"""Which of the printed numbers of a trial are used, where it has several reports.

The rules, in their order: the analysis set of all randomised before the per-protocol set; a
report that has every arm, and a spread for it, before one that has not; an adjusted difference
with its interval before any other difference; the fuller document before the slighter one, as
`analysis.sources.schemas.DOCUMENTS` ranks them. The numbers of an arm come from one report.
"""

import pandas as pd

from analysis.contrasts.settings import ContrastRun
from analysis.sources.arm_summaries import per_arm
from analysis.sources.audit import unusable_sds
from analysis.sources.choice import document_ranks
from analysis.sources.populations import is_per_protocol
from analysis.sources.schemas import CONFIDENCE

PAIR = ["study_id", "arm_id", "reference_arm_id"]
ARM = ["study_id", "arm_id"]
REPORT = ["population", "source_id"]
ARM_STATISTICS = ["mean", "sd", "se"]
PAIR_STATISTICS = ["diff", "ci_low", "ci_high", "p"]


def printed_values(run: ContrastRun, studies: pd.Series) -> pd.DataFrame:
    """Return the printed numbers of the endpoint that a run uses: one time and report a study.

    Parameters
    ----------
    run
        What is compared.
    studies
        Ids of the studies looked at.

    Returns
    -------
    pandas.DataFrame
        Rows of the ledger's results: of each arm its mean and spread, observed and adjusted; of
        each printed contrast its difference, limits and p-value.
    """
    rows = sure_enough(run, run.ledger.results)
    rows = rows[
        rows["study_id"].isin(studies)
        & (rows["paramcd"] == run.endpoint)
        & (rows["printing"] == 1)
        & (rows["months"] > 0)
        & rows["value"].notna()
        & rows["statistic"].isin([*ARM_STATISTICS, *PAIR_STATISTICS])
        & (rows["interval"] != "credible")
    ]
    away = (rows["months"] - sum(run.months) / 2).abs()
    rows = rows[away == away.groupby(rows["study_id"]).transform("min")]
    rows = rows.assign(
        per_protocol=rows["population"].map(is_per_protocol).astype(bool),
        document=document_ranks(rows["source_id"], run.ledger),
        unadjusted=rows["model"] != "adjusted",
    )
    of_arms = rows["reference_arm_id"] == ""
    chosen = pd.concat([_arm_reports(rows[of_arms]), _pair_reports(rows[~of_arms])])
    return chosen.sort_index()


def sure_enough(run: ContrastRun, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what was read with the confidence that the run asks for."""
    enough = CONFIDENCE[CONFIDENCE.index(run.min_confidence) :]
    return rows[rows["confidence"].isin(enough)]


def _arm_reports(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep of each arm the best report of its observed and of its adjusted numbers."""
    means = rows[rows["statistic"] == "mean"]
    report = ["study_id", "unadjusted", *REPORT]
    spread = rows[rows["statistic"].isin(["sd", "se"])]
    order = (
        means.groupby(report, sort=False)
        .agg(
            per_protocol=("per_protocol", "first"),
            document=("document", "first"),
            arms=("arm_id", "nunique"),
        )
        .join(spread.groupby(report)["arm_id"].nunique().rename("spread"))
        .fillna({"spread": 0})
        .sort_values(
            ["per_protocol", "arms", "spread", "document"], ascending=[True, False, False, True]
        )
        .reset_index()
    )
    # An arm that the best report of its study leaves out has the best report that holds it.
    best = order[report].merge(means[[*report, "arm_id"]].drop_duplicates(), on=report)
    best = best.drop_duplicates([*ARM, "unadjusted"])
    return _rows_of(rows, best, [*report, "arm_id"])


def _pair_reports(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep of each printed contrast the best report."""
    report = [*PAIR, "unadjusted", *REPORT]
    names = rows.groupby(report, sort=False)["statistic"].agg(set)
    order = (
        rows.drop_duplicates(report)[[*report, "per_protocol", "document"]]
        .merge(names.rename("names").reset_index(), on=report)
        .assign(
            no_interval=lambda f: ~f["names"].map({"ci_low", "ci_high"}.issubset).astype(bool),
            no_difference=lambda f: ~f["names"].map(lambda n: "diff" in n).astype(bool),
        )
        .sort_values(["per_protocol", "no_interval", "unadjusted", "no_difference", "document"])
    )
    return _rows_of(rows, order.drop_duplicates(PAIR), report)


def _rows_of(rows: pd.DataFrame, best: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return the rows of the chosen reports, under their own index."""
    kept = pd.MultiIndex.from_frame(rows[key]).isin(pd.MultiIndex.from_frame(best[key]))
    return rows[kept]


def arm_values(run: ContrastRun, values: pd.DataFrame) -> pd.DataFrame:
    """Return n, mean, SD and SE of each arm, and its adjusted mean and SE.

    Parameters
    ----------
    run
        What is compared.
    values
        Of `printed_values`.

    Returns
    -------
    pandas.DataFrame
        ``study_id, arm_id, n, mean, sd, se, model_mean, ls_mean, ls_se``; observed numbers, the
        adjusted ones in their place where no others are printed. An SD that the audit
        allows no calculation to use is missing.
    """
    own = values[values["reference_arm_id"] == ""]
    own = own[~own["result_id"].isin(unusable_sds(run.ledger, run.findings))]
    observed, adjusted = (_wide(own[own["unadjusted"] == kind]) for kind in (True, False))
    adjusted_only = adjusted.index.difference(observed.index)
    found = pd.concat(
        [
            observed.assign(model_mean="observed"),
            adjusted.loc[adjusted_only].assign(model_mean="adjusted"),
        ]
    )
    least_squares = adjusted[["mean", "se"]].add_prefix("ls_")
    return found.join(least_squares).reset_index()


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    wide = per_arm(rows, ARM_STATISTICS, key=ARM)
    return wide.join(rows.groupby(ARM)["n"].first())


def pair_values(values: pd.DataFrame) -> pd.DataFrame:
    """Return difference, limits, level and p of each printed contrast, in both directions."""
    rows = values[values["reference_arm_id"] != ""]
    wide = per_arm(rows, PAIR_STATISTICS, key=PAIR)
    about = rows.groupby(PAIR).agg(
        level=("level", "first"), model=("model", "first"), n_total=("n", "first")
    )
    as_printed = wide.join(about).reset_index()
    turned = as_printed.assign(
        arm_id=as_printed["reference_arm_id"],
        reference_arm_id=as_printed["arm_id"],
        diff=-as_printed["diff"],
        ci_low=-as_printed["ci_high"],
        ci_high=-as_printed["ci_low"],
    )
    return pd.concat([as_printed, turned], ignore_index=True)
