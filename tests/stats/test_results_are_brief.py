"""Results print shortly and turn into tidy rows by one call."""

import dataclasses
import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import stats

SEEN = 400
RNG = np.random.default_rng(5)


def long_frame(patients: int = SEEN) -> pd.DataFrame:
    """Give a realistic trial: four visits, three arms, some values missing."""
    arm = np.array(["high", "low", "placebo"])[np.arange(patients) % 3]
    base = RNG.normal(4, 1, patients)
    rows = [
        pd.DataFrame({"id": np.arange(patients), "arm": arm, "base": base, "week": week,
                      "y": base + RNG.normal(0, 1, patients) + week / 20})
        for week in (4, 8, 12, 24)
    ]  # fmt: skip
    frame = pd.concat(rows, ignore_index=True)
    return frame[RNG.uniform(size=len(frame)) > 0.1]


FRAME = long_frame()
LAST = FRAME[FRAME.week == 24]


def mixed() -> Any:
    return stats.fit_mmrm(
        FRAME, response="y", subject="id", visit="week", factors=["arm", "week"],
        covariates=["base"], interactions=[("arm", "week")], structure="us", df_method="sw",
    )  # fmt: skip


def ancova() -> Any:
    return stats.fit_ancova(
        LAST, response="y", factors=["arm"], covariates=["base"], std_errors="model"
    )


def logistic() -> Any:
    return stats.fit_logistic(
        LAST.assign(tall=LAST.y > 5), response="tall", event=True, factors="arm", covariates="base"
    )


def marginal(measure: str) -> Any:
    return stats.marginal_effects(
        logistic(), "arm", reference="placebo", measure=measure, variance="model-based", **LEVEL
    )


def prepared() -> Any:
    return stats.prepare_imputation(
        FRAME, response="y", subject="id", visit="week", arm="arm", visits=[4, 8, 12, 24],
        covariates=["base"], covariance="pooled",
    )  # fmt: skip


def cox() -> Any:
    frame = LAST.assign(time=LAST.y + 10, had=LAST.id % 3 > 0)
    return stats.fit_cox(
        frame, time="time", event="had", factors="arm", covariates="base", ties="efron"
    )


def network() -> Any:
    senn = pd.DataFrame(
        [("1", "A", "B", 1.0, 0.3), ("2", "B", "C", 1.0, 0.4), ("3", "A", "C", 1.5, 0.4)],
        columns=["study", "treatment_1", "treatment_2", "estimate", "std_error"],
    )
    return senn


MANY = (RNG.integers(0, 20, 5000), 20, RNG.integers(0, 30, 5000), 30)
LEVEL = {"level": 0.95}
MEANS = {"weights": "equal", "level": 0.95}
POWER = {"sd": 1, "difference": 0.2, "margin": 1, "direction": "higher", "alpha": 0.025}

RESULTS: dict[str, Callable[[], Any]] = {
    "MmrmFit": mixed,
    "AncovaFit": ancova,
    "LogisticFit": logistic,
    "odds ratios": lambda: logistic().odds_ratios(**LEVEL),
    "likelihood ratios": lambda: logistic().likelihood_ratio_tests(),
    "marginal effects": lambda: marginal("odds ratio"),
    "marginal effect": lambda: marginal("difference")[0],
    "GeneralAssociation": lambda: stats.general_association(
        LAST.assign(tall=LAST.y > 5), arm="arm", outcome="tall"
    ),
    "ExactOddsRatio": lambda: stats.exact_common_odds_ratio(
        [5, 3], [9, 8], [3, 2], [8, 7], **LEVEL
    ),
    "Design": lambda: mixed().design,
    "means": lambda: mixed().ls_means(["arm", "week"], **MEANS),
    "contrasts": lambda: mixed().contrast(
        "arm", reference="placebo", by="week", adjust="none", **MEANS
    ),
    "pairs": lambda: ancova().pairwise("arm", adjust="hommel", **MEANS),
    "tests": lambda: mixed().type3_tests(),
    "Comparison": lambda: stats.risk_difference(5, 9, 3, 8, method="mn", **LEVEL),
    "5,000 comparisons": lambda: stats.risk_difference(*MANY, method="mn", **LEVEL),
    "Proportion": lambda: stats.estimate_proportion(MANY[0], 20, method="cp", **LEVEL),
    "Rate": lambda: stats.estimate_rate(5, 9, method="exact", per=1, **LEVEL),
    "MantelHaenszel": lambda: stats.mantel_haenszel(
        [5, 3], [9, 8], [3, 2], [8, 7], measure="or", correction=False, **LEVEL
    ),
    "Stratified": lambda: stats.stratified_risk_difference(
        [5, 3], [9, 8], [3, 2], [8, 7], weights="cmh", **LEVEL
    ),
    "ExactTest": lambda: stats.exact_test(5, 9, 3, 8, method="fisher", alternative="less"),
    "KaplanMeier": lambda: stats.kaplan_meier(RNG.exponential(1, SEEN), np.ones(SEEN), **LEVEL),
    "LogRank": lambda: stats.log_rank_test(
        RNG.exponential(1, SEEN), np.ones(SEEN), np.arange(SEEN) % 3
    ),
    "CumulativeIncidence": lambda: stats.cumulative_incidence(
        RNG.exponential(1, SEEN), np.arange(SEEN) % 3 == 0, np.arange(SEEN) % 3 == 1, **LEVEL
    ),
    "CoxFit": cox,
    "HazardRatios": lambda: cox().hazard_ratios(interval="wald", **LEVEL),
    "ProportionalHazards": lambda: stats.check_proportional_hazards(
        cox(), transform="km", alpha=0.05
    ),
    "MetaAnalysis": lambda: stats.meta_analysis(
        RNG.normal(0, 1, 200),
        np.full(200, 0.3),
        method="dl",
        interval="hk",
        prediction_df="k-2",
        **LEVEL,
    ),
    "Network": lambda: stats.network_meta_analysis(network(), reference="C", method="fe", **LEVEL),
    "Consistency": lambda: stats.check_consistency(network(), method="fe"),
    "ImputationData": prepared,
    "Imputation": lambda: stats.impute_mar(prepared(), n_imputations=2, seed=1)[0],
    "Difference": lambda: stats.difference_from_estimate(0.4, 0.2, df=30, **LEVEL),
    "Verdict": lambda: stats.judge(
        stats.difference_from_estimate(0.4, 0.2, df=30, **LEVEL), margin=1, direction="higher"
    ),
    "Summary": lambda: stats.summarise(FRAME.y, **LEVEL),
    "GeometricSummary": lambda: stats.summarise_log(FRAME.y.abs() + 1, **LEVEL),
    "Pooled": lambda: stats.pool_rubin([1.0, 1.2], [0.3, 0.4], df_complete=30, **LEVEL),
    "BinaryImputations": lambda: stats.impute_binary(
        LAST.assign(tall=(LAST.y > 5).astype(float).where(LAST.id % 7 > 0)),
        response="tall",
        event=1,
        arm="arm",
        covariates="base",
        method="mar",
        n_imputations=500,
        seed=3,
    ),
    "TimeImputations": lambda: stats.impute_times(
        LAST.assign(time=LAST.y + 10, had=LAST.id % 3 > 0),
        time="time",
        event="had",
        arm="arm",
        arms="low",
        until=20,
        delta=2,
        n_imputations=50,
        seed=3,
    ),
    "TippingGrid": lambda: stats.tipping_grid(
        30, 90, 40, 30, 90, 50, method="mn", limit="lower", threshold=0, **LEVEL
    ),
    "Power": lambda: stats.power_noninferiority(n_test=20, n_reference=20, **POWER),
    "SampleSize": lambda: stats.sample_size_noninferiority(
        power=0.8, allocation=1, dropout=0.1, **POWER
    ),
}

NO_ROWS = {
    *("MmrmFit", "AncovaFit", "LogisticFit", "CoxFit", "Design"),
    *("ImputationData", "Imputation", "BinaryImputations", "TimeImputations"),
}
"""Models and data: their rows come from their methods."""


@pytest.mark.parametrize("name", RESULTS)
def test_a_realistic_result_prints_shortly(name: str) -> None:
    result = RESULTS[name]()
    assert len(repr(result)) <= 1500, repr(result)
    shown = result._repr_html_()
    assert shown.startswith("<table")
    for word in ("array([", "dtype=", "DataFrame", "np.float64"):
        assert word not in repr(result)
    if name in NO_ROWS:
        return
    frame = result.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) >= 1
    assert all(isinstance(each, str) for each in frame.columns)


def public_dataclasses() -> list[type]:
    found = []
    for module in pkgutil.iter_modules(stats.__path__):
        held = vars(import_module(f"analysis.stats.{module.name}"))
        found += [
            each
            for each in held.values()
            if isinstance(each, type)
            and dataclasses.is_dataclass(each)
            and each.__module__ == f"analysis.stats.{module.name}"
            and not each.__name__.startswith("_")
        ]
    return found


def test_every_dataclass_of_the_statistics_is_brief() -> None:
    long = [each for each in public_dataclasses() if not hasattr(each, "_repr_html_")]
    assert not long
    own = [each for each in public_dataclasses() if "brief" not in each.__repr__.__qualname__]
    assert not own, "@brief stands above @dataclass, of a subclass too"


def test_rows_of_a_result_are_its_fields() -> None:
    found = stats.risk_difference([5, 6], [9, 9], [3, 2], [8, 8], method="newcombe", level=0.95)
    assert found.to_frame()["p_value"].isna().all()
    assert found.to_frame()["lower"].tolist() == found.lower.tolist()
    curve = stats.kaplan_meier([1, 2, 3, 4.0], [1, 0, 1, 1], level=0.95)
    assert curve.to_frame()["estimate"].tolist() == curve.estimate.tolist()
    assert curve.to_frame()["median"].nunique() == 1


def test_from_the_fit_is_the_one_implementation() -> None:
    fit = mixed()
    assert fit.ls_means("arm", **MEANS) == stats.ls_means(fit, ["arm"], **MEANS)
    given = {"reference": "placebo", "by": ["week"], "adjust": "dunnett", **MEANS}
    assert fit.contrast("arm", **given) == stats.contrast_reference(fit, "arm", **given)
    assert fit.pairwise("arm", adjust="none", **MEANS) == stats.contrast_pairwise(
        fit, "arm", adjust="none", **MEANS
    )
    assert fit.type3_tests("arm:week") == stats.type3_tests(fit, ["arm:week"])
    frame = fit.contrast("arm", **given).to_frame()
    assert frame.equals(stats.estimates_to_frame(fit.contrast("arm", **given)))
