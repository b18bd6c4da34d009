"""Whether direct and indirect evidence agree in a network of treatments."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from analysis.brief import brief
from analysis.stats._checks import Array, check_level
from analysis.stats._comparison import Tabular
from analysis.stats._heterogeneity import Heterogeneous, chi2_p, estimate_tau2
from analysis.stats._network_data import NetworkData, Study, arrange_contrasts
from analysis.stats._words import meant
from analysis.stats.network import NETWORK_METHODS

SPLIT = (
    "direct direct_se indirect indirect_se difference std_error lower upper level p_value tau2"
).split()
"""What `split_comparisons` estimates of a pair."""
PAIR = ("treatment_1", "treatment_2", "n_direct")


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency(Tabular):
    """Agreement of trials of different designs: the design-by-treatment interaction.

    Attributes
    ----------
    q_total, df_total, p_total
        Cochran's Q of the network.
    q_within, df_within, p_within
        Its part within designs (sets of treatments compared): heterogeneity.
    q_between, df_between, p_between
        Its part between designs: inconsistency, at tau² = 0.
    wald, wald_df, wald_p, tau2
        The same test of inconsistency with the between-study variance `tau2` of the
        interaction model.
    method
        Estimator of `tau2`.
    n_designs
        Number of different designs.
    reason
        Why there is no test of inconsistency; empty when there is one. P-values are None
        without degrees of freedom.
    """

    q_total: float
    df_total: int
    p_total: float | None
    q_within: float
    df_within: int
    p_within: float | None
    q_between: float
    df_between: int
    p_between: float | None
    wald: float
    wald_df: int
    wald_p: float | None
    tau2: float
    method: str
    n_designs: int
    reason: str


def check_consistency(contrasts: pd.DataFrame, *, method: str) -> Consistency:
    """Test the consistency of a network by the design-by-treatment interaction.

    H0: trials of every design estimate one consistent set of effects; H1: they do not.

    Parameters
    ----------
    contrasts
        As for `network_meta_analysis`.
    method
        Estimator of tau² for the random-effects test: ``"fixed"`` (0), ``"dersimonian-laird"``
        or ``"reml"``. Where no design has two trials tau² is not estimable and taken as 0.

    Returns
    -------
    Consistency
        The decomposition of Q, and the Wald test with heterogeneity.

    Raises
    ------
    UserError
        As for `network_meta_analysis`.

    Notes
    -----
    Absence of evidence of inconsistency is no evidence of consistency: the tests have little
    power in small networks.

    References
    ----------
    Higgins, J. P. T., Jackson, D., Barrett, J. K., Lu, G., Ades, A. E., & White, I. R. (2012).
    Consistency and inconsistency in network meta-analysis: concepts and models for multi-arm
    studies. Research Synthesis Methods, 3(2), 98-110.

    Krahn, U., Binder, H., & König, J. (2013). A graphical tool for locating inconsistency in
    network meta-analyses. BMC Medical Research Methodology, 13, 35.

    Examples
    --------
    A loop in which A v C is 3 directly and 1 + 1 through B, each with variance 1: Q is
    (3 − 2)²/3 on one df.

    >>> trials = pd.DataFrame(
    ...     [("1", "A", "B", 1.0, 1.0), ("2", "B", "C", 1.0, 1.0), ("3", "A", "C", 3.0, 1.0)],
    ...     columns=["study", "treatment_1", "treatment_2", "estimate", "std_error"])
    >>> found = check_consistency(trials, method="fixed")
    >>> round(found.q_between, 6), found.df_between
    (0.333333, 1)
    """
    method = meant("method", method, NETWORK_METHODS)
    data = arrange_contrasts(contrasts)
    consistent = data.consistent_model(data.treatments)
    interaction = _interaction_model(data)
    tau2 = estimate_tau2(interaction, method) if interaction.df else 0.0
    total, within = consistent.q(0.0), interaction.q(0.0)
    df = consistent.df - interaction.df
    wald = max(consistent.q(tau2) - interaction.q(tau2), 0.0)
    between = max(total - within, 0.0)
    return Consistency(
        q_total=total, df_total=consistent.df, p_total=chi2_p(total, consistent.df),
        q_within=within, df_within=interaction.df, p_within=chi2_p(within, interaction.df),
        q_between=between, df_between=df, p_between=chi2_p(between, df), wald=wald, wald_df=df,
        wald_p=chi2_p(wald, df), tau2=tau2, method=method,
        n_designs=len({study.arms for study in data.studies}),
        reason="" if df else "no closed loop of designs: consistency cannot be tested",
    )  # fmt: skip


def split_comparisons(contrasts: pd.DataFrame, *, method: str, level: float) -> pd.DataFrame:
    """Split every compared pair into its direct and its indirect evidence.

    H0: the direct and the indirect effect of the pair are equal; H1: they differ.

    Parameters
    ----------
    contrasts
        As for `network_meta_analysis`.
    method
        Estimator of tau² in each split model: ``"fixed"``, ``"dersimonian-laird"``, ``"reml"``.
    level
        Two-sided confidence level of the difference, for example 0.95.

    Returns
    -------
    pandas.DataFrame
        One row a pair compared directly: treatment_1, treatment_2, n_direct, direct, direct_se,
        indirect, indirect_se, difference (direct minus indirect), std_error, lower, upper,
        level, p_value, tau2, reason. Pairs without indirect evidence have missing numbers and
        say so in `reason`.

    Raises
    ------
    UserError
        As for `network_meta_analysis`.

    Notes
    -----
    In trials with both treatments of the pair, the effect of the first is raised and that of
    the second lowered by half the difference between direct and indirect evidence, so that
    third arms of such trials lie in the middle (symmetric side-splitting). Two-arm trials give
    the usual direct estimate; with multi-arm trials other conventions differ.

    References
    ----------
    Dias, S., Welton, N. J., Caldwell, D. M., & Ades, A. E. (2010). Checking consistency in mixed
    treatment comparison meta-analysis. Statistics in Medicine, 29(7-8), 932-944.

    White, I. R. (2015). Network meta-analysis. The Stata Journal, 15(4), 951-985.

    Examples
    --------
    As in `check_consistency`: A v C is 3 directly, with variance 1, and 2 through B, with 2.

    >>> trials = pd.DataFrame(
    ...     [("1", "A", "B", 1.0, 1.0), ("2", "B", "C", 1.0, 1.0), ("3", "A", "C", 3.0, 1.0)],
    ...     columns=["study", "treatment_1", "treatment_2", "estimate", "std_error"])
    >>> found = split_comparisons(trials, method="fixed", level=0.95).set_index("treatment_2")
    >>> columns = ["direct", "indirect", "difference", "std_error"]
    >>> found[found["treatment_1"] == "A"].loc["C", columns].astype(float).round(4).tolist()
    [3.0, 2.0, 1.0, 1.7321]
    """
    check_level(level)
    method = meant("method", method, NETWORK_METHODS)
    data = arrange_contrasts(contrasts)
    pairs = sorted(
        {(a, b) for s in data.studies for i, a in enumerate(s.arms) for b in s.arms[i + 1 :]}
    )
    return pd.DataFrame([_split(data, pair, method, level) for pair in pairs])


def _interaction_model(data: NetworkData) -> Heterogeneous:
    """Give each design its own effects."""
    designs = sorted({study.arms for study in data.studies})
    first = np.cumsum([0, *(len(d) - 1 for d in designs)])
    rows = []
    for study in data.studies:
        block = np.zeros((study.y.size, first[-1]))
        at = first[designs.index(study.arms)]
        block[:, at : at + study.y.size] = np.eye(study.y.size)
        rows.append(block)
    return data.model(np.vstack(rows))


def _split(
    data: NetworkData, pair: tuple[str, str], method: str, level: float
) -> dict[str, object]:
    """Fit the network with separate direct and indirect effects of one pair."""
    order = (pair[1], *(t for t in data.treatments if t != pair[1]))
    having = [s for s in data.studies if set(pair) <= set(s.arms)]
    result: dict[str, object] = dict(zip(PAIR, (*pair, len(having)), strict=True))
    design = np.column_stack(
        [data.consistent_model(order).x, np.concatenate([_shift(s, pair) for s in data.studies])]
    )
    if np.linalg.matrix_rank(design) < design.shape[1]:
        empty: dict[str, object] = dict.fromkeys(SPLIT, np.nan)
        return result | empty | {"level": level, "reason": "no indirect evidence on this pair"}
    model = data.model(design)
    tau2 = estimate_tau2(model, method) if model.df else 0.0
    fit = model.fit(tau2)
    unit = np.eye(design.shape[1])
    indirect, difference = unit[order.index(pair[0]) - 1], unit[-1]
    values = {}
    for name, vector in (("direct", indirect + difference), ("indirect", indirect)):
        values[name] = float(vector @ fit.coefficients)
        values[f"{name}_se"] = math.sqrt(vector @ fit.covariance @ vector)
    omega, std_error = float(fit.coefficients[-1]), math.sqrt(fit.covariance[-1, -1])
    half = -float(special.ndtri((1 - level) / 2)) * std_error
    return result | values | {
        "difference": omega, "std_error": std_error, "lower": omega - half, "upper": omega + half,
        "level": level, "p_value": float(2 * special.ndtr(-abs(omega) / std_error)),
        "tau2": tau2, "reason": "",
    }  # fmt: skip


def _shift(study: Study, pair: tuple[str, str]) -> Array:
    """Give how the difference between direct and indirect evidence enters a trial's contrasts."""
    if not set(pair) <= set(study.arms):
        return np.zeros(study.y.size)
    effect = np.array([0.5 * ((arm == pair[0]) - (arm == pair[1])) for arm in study.arms])
    shift: Array = effect[1:] - effect[0]
    return shift
