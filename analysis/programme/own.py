"""The product's own single-arm studies: growth before treatment and in the first year."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.numbers import percent
from analysis.programme.words import PUBLISHED, month_words
from analysis.results import NOT_ESTIMABLE, Results, Stat, from_frame
from analysis.sources.arm_summaries import arm_summaries
from analysis.sources.audit import Finding, without_unusable_sds
from analysis.sources.choice import best_reports
from analysis.sources.evidence import TWELVE_MONTHS, Ledger
from analysis.sources.schemas import INDICATIONS, INFERRED
from analysis.sources.searches import not_found_words
from analysis.stats.dispersion import with_interval
from analysis.words import begins_sentence

ARM = ["study_id", "arm_id"]


def own_single_arms(
    ledger: Ledger, *, product: str, conf_level: float, findings: Sequence[Finding] = ()
) -> Results:
    """Return what is known of growth in each single-arm study of a product.

    Parameters
    ----------
    ledger
        The published ledger.
    product
        The product that is asked for.
    conf_level
        Level of the interval of the mean.
    findings
        What the audit found; an SD that it refuses is not used.

    Returns
    -------
    Results
        Per study: n, mean and SD at baseline and month 12, with a t interval of the mean, the
        ``report`` they are read in and, where the identity of the report with the study is
        only inferred, ``identity``; or ``conclusion`` "not estimable" and the ``reason``.

    Notes
    -----
    Estimand: the mean height velocity of those analysed; a single-arm mean, no effect. A study
    that the source document describes has the values of its independent report.
    """
    studies = _own_arms(ledger, product)
    values = pd.concat(
        [
            _summaries(ledger, list(findings), months, conf_level=conf_level)
            for months in (0.0, TWELVE_MONTHS)
        ]
    )
    known = studies.merge(values, on=ARM, how="left")
    # A study without growth is shown only where the document under audit says that it has some.
    known = known[known["mean"].notna() | known["described"]]
    missing = known["mean"].isna()
    unfound = [
        not_found_words(ledger, product=product, comparator="", indication=code)
        for code in known["indication"]
    ]
    return from_frame(
        known.assign(
            level=np.where(missing, np.nan, conf_level),
            conclusion=np.where(missing, NOT_ESTIMABLE, ""),
            reason=np.where(missing, unfound, ""),
            group1_level=known["name"],
            group2_level=known["indication"],
            variable="Height velocity",
            variable_level=known["months"].map(month_words),
            n_population=known["n"],
            source=known["source_id"],
        ),
        {
            "n": Stat("n", "n", 0),
            "mean": Stat("mean", "Mean", "decimals", "cm/year"),
            "sd": Stat("sd", "SD", "sd_decimals", "cm/year"),
            "conf_low": Stat("conf.low", "Lower limit", 2, "cm/year"),
            "conf_high": Stat("conf.high", "Upper limit", 2, "cm/year"),
            "level": Stat("conf.level", "Confidence level", 0, form=percent),
            "report": Stat("report", "Report"),
            "identity": Stat("identity", "Identity of report and study"),
            "conclusion": Stat("conclusion", "Conclusion"),
            "reason": Stat("reason", "Reason"),
        },
        analysis_id="own-single-arms",
        group1="study",
        group2="indication",
        context="published",
        method=f"t interval of a mean, level {conf_level:g}",
        data_status=PUBLISHED,
    )


def _own_arms(ledger: Ledger, product: str) -> pd.DataFrame:
    """Return the single arms of a product: those the source document describes, then others.

    Parameters
    ----------
    ledger
        The published ledger.
    product
        As in ``arms.csv``.

    Returns
    -------
    pandas.DataFrame
        ``study_id, arm_id`` of the report, ``name, indication, report, identity, described``.
    """
    arms = ledger.arms.merge(
        ledger.studies.rename(columns={"label": "study"}), on="study_id", validate="many_to_one"
    )
    singles = arms[(arms["product"] == product) & (arms["role"] == "single")]
    noted = singles[singles["evidence"] == "note"].merge(
        ledger.identities[[*ARM, "same_as_study_id", "same_as_arm_id", "basis"]], how="left"
    )
    indications = noted["indication"].map(INDICATIONS).map(begins_sentence)
    noted = noted.assign(
        name=indications + ", " + noted["label"],
        study_id=noted["same_as_study_id"].fillna(""),
        arm_id=noted["same_as_arm_id"].fillna(""),
        identity=np.where(noted["basis"] == INFERRED, INFERRED, ""),
        described=True,
    )
    others = singles[singles["evidence"] != "note"]
    taken = pd.MultiIndex.from_frame(others[ARM]).isin(pd.MultiIndex.from_frame(noted[ARM]))
    others = others[~taken].assign(
        name=lambda rows: rows["study"] + ", " + rows["label"], identity="", described=False
    )
    columns = [*ARM, "name", "indication", "identity", "described"]
    both = pd.concat([noted[columns], others[columns]], ignore_index=True)
    labels = ledger.studies.set_index("study_id")["label"]
    return both.assign(report=both["study_id"].map(labels).fillna(""))


def _summaries(
    ledger: Ledger, findings: list[Finding], months: float, *, conf_level: float
) -> pd.DataFrame:
    arms = arm_summaries(ledger, paramcd="HV", months=months)
    found = best_reports(without_unusable_sds(arms, ledger, findings), ledger, ARM)
    kept = [*ARM, *"n mean decimals sd sd_decimals conf_low conf_high source_id months".split()]
    return with_interval(found, conf_level=conf_level).assign(months=months)[kept]
