"""Indirect comparisons and networks: published analyses, a second route, and laws."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import paths
from analysis.errors import UserError
from analysis.stats.consistency import check_consistency, split_comparisons
from analysis.stats.meta import meta_analysis
from analysis.stats.network import contrasts_from_arms, network_meta_analysis

EVIDENCE = paths.DATA / "validation"
COLUMNS = ["study", "treatment_1", "treatment_2", "estimate", "std_error"]

quick = settings(max_examples=30, deadline=None, database=None)


def senn():
    return pd.read_csv(EVIDENCE / "senn_2013.csv")


def smoking():
    """Log odds, with 0.5 added to every cell of a trial that has a zero, as netmeta does."""
    arms = pd.read_csv(EVIDENCE / "smoking_hasselblad_1998.csv")
    half = 0.5 * arms.groupby("study").events.transform(lambda e: (e == 0).any())
    yes, no = arms.events + half, arms.n - arms.events + half
    arms = arms.assign(mean=np.log(yes / no), std_error=np.sqrt(1 / yes + 1 / no))
    return contrasts_from_arms(arms)


def frame(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def fit(contrasts, reference, method="reml", level=0.95):
    return network_meta_analysis(contrasts, reference=reference, method=method, level=level)


# published networks ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "total", "within", "between"),
    # netmeta, decomp.design, as an independent verifier of that package prints it
    [
        (senn, (96.985553005261, 18), (74.455281735513, 11), (22.530271269748, 7)),
        (smoking, (202.618871212977, 23), (187.398534192084, 16), (15.220337020893, 7)),
    ],
)
def test_decomposition_of_q_as_netmeta_prints_it(data, total, within, between):
    c = check_consistency(data(), method="fixed")
    assert (c.q_total, c.df_total) == (pytest.approx(total[0], rel=1e-11), total[1])
    assert (c.q_within, c.df_within) == (pytest.approx(within[0], rel=1e-11), within[1])
    assert (c.q_between, c.df_between) == (pytest.approx(between[0], rel=1e-10), between[1])
    # without heterogeneity the Wald test is the Q test
    assert c.wald == pytest.approx(c.q_between, rel=1e-9)


def by_least_squares(contrasts, reference, tau2):
    """Return treatment → estimate and error by generalised least squares, and Q.

    A trial of three arms has two independent contrasts, with the variance of their common arm,
    half of tau², as covariance.
    """
    names = sorted(set(contrasts["treatment_1"]) | set(contrasts["treatment_2"]) - {reference})
    names = [name for name in names if name != reference]
    information, score, total = np.zeros((len(names), len(names))), np.zeros(len(names)), 0.0
    for _, rows in contrasts.groupby("study", sort=False):
        kept = rows.head(1 if len(rows) == 1 else 2)
        one, two = kept.iloc[0], kept.iloc[-1]
        covariance = np.diag(kept["std_error"] ** 2 + tau2)
        if len(rows) > 1:
            third = rows.iloc[2]["std_error"] ** 2
            shared = set(one[["treatment_1", "treatment_2"]]) & set(
                two[["treatment_1", "treatment_2"]]
            )
            sides = [1 if each["treatment_1"] in shared else -1 for each in (one, two)]
            common = (one["std_error"] ** 2 + two["std_error"] ** 2 - third + tau2) / 2
            covariance[0, 1] = covariance[1, 0] = sides[0] * sides[1] * common
        design = np.array([
            [(row["treatment_1"] == name) - (row["treatment_2"] == name) for name in names]
            for _, row in kept.iterrows()
        ], dtype=float)  # fmt: skip
        y, weight = kept["estimate"].to_numpy(), np.linalg.inv(covariance)
        information += design.T @ weight @ design
        score += design.T @ weight @ y
        total += y @ weight @ y
    estimates, errors = (
        np.linalg.solve(information, score),
        np.sqrt(np.diag(np.linalg.inv(information))),
    )
    return dict(zip(names, zip(estimates, errors, strict=True), strict=True)), (
        total - score @ estimates
    )


@pytest.mark.parametrize("method", ["fixed", "dersimonian-laird", "reml"])
def test_senn_estimates_are_those_of_generalised_least_squares(method):
    network = fit(senn(), "plac", method)
    expected, q = by_least_squares(senn(), "plac", network.tau2)
    for name, (estimate, error) in expected.items():
        row = network.compare(name, "plac")
        assert (row.estimate, row.std_error) == pytest.approx((estimate, error), rel=1e-8)
    if method == "fixed":
        assert network.q == pytest.approx(q, rel=1e-9)


# laws -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["fixed", "dersimonian-laird", "reml"])
@quick
@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0.1, 2)), min_size=2, max_size=7))
def test_a_network_of_one_comparison_is_the_pairwise_analysis(method, rows):
    y, se = np.array(rows).T
    pairwise = meta_analysis(
        y, se, method=method, interval="normal", prediction_df="k-2", level=0.95
    )
    network = fit(frame(*((f"s{i}", "A", "B", *row) for i, row in enumerate(rows))), "B", method)
    row = network.compare("A", "B")
    assert network.tau2 == pytest.approx(pairwise.tau2, rel=1e-9, abs=1e-12)
    assert (row.estimate, row.std_error, row.p_value) == pytest.approx(
        (pairwise.estimate, pairwise.std_error, pairwise.p_value), rel=1e-9, abs=1e-12
    )
    assert network.q == pytest.approx(pairwise.q, rel=1e-9, abs=1e-12)
    assert row.n_direct == len(rows)


@quick
@given(st.floats(-2, 2), st.floats(0.1, 1), st.floats(-2, 2), st.floats(0.1, 1))
def test_a_chain_is_the_bucher_comparison(ac, se_ac, bc, se_bc):
    # Bucher and others 1997: the difference of the two, their variances added.
    chain = fit(frame(("1", "A", "C", ac, se_ac), ("2", "B", "C", bc, se_bc)), "C", "fixed", 0.9)
    row = chain.compare("A", "B")
    spread = np.hypot(se_ac, se_bc)
    assert (row.estimate, row.std_error) == pytest.approx((ac - bc, spread))
    limits = stats.norm(ac - bc, spread).ppf([0.05, 0.95])
    assert (row.lower, row.upper) == pytest.approx(tuple(limits))
    assert row.p_value == pytest.approx(2 * stats.norm.sf(abs(ac - bc) / spread))


@pytest.mark.parametrize("interval", ["hartung-knapp", "hartung-knapp-adhoc"])
@quick
@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0.1, 2)), min_size=2, max_size=7))
def test_the_interval_of_one_comparison_is_the_pairwise_one(interval, rows):
    y, se = np.array(rows).T
    given = {"method": "reml", "interval": interval, "level": 0.95}
    try:
        pairwise = meta_analysis(y, se, prediction_df="k-2", **given)
    except UserError:  # identical estimates have no scatter to scale by
        return
    contrasts = frame(*((f"s{i}", "A", "B", *row) for i, row in enumerate(rows)))
    network = network_meta_analysis(contrasts, reference="B", **given)
    row = network.compare("A", "B")
    assert network.df == len(rows) - 1
    assert (row.lower, row.upper, row.p_value) == pytest.approx(
        (pairwise.lower, pairwise.upper, pairwise.p_value), rel=1e-6, abs=1e-9
    )


def test_no_scatter_no_hartung_knapp():
    rows = frame(("1", "A", "C", 0.5, 0.3), ("2", "B", "C", 0.9, 0.4))
    for method in ("fixed", "reml"):
        with pytest.raises(UserError, match=r"compared\s+more than once|not estimable"):
            network_meta_analysis(
                rows, reference="C", method=method, interval="hartung-knapp", level=0.95
            )


def test_a_triangle_by_hand():
    # Direct A-B and A-C-B: two independent estimates of A-B, weighted by precision.
    rows = frame(("1", "A", "B", 0.5, 0.3), ("2", "A", "C", 0.9, 0.4), ("3", "B", "C", 0.2, 0.5))
    direct, indirect = (0.5, 0.3**2), (0.9 - 0.2, 0.4**2 + 0.5**2)
    weight = 1 / direct[1] + 1 / indirect[1]
    expected = (direct[0] / direct[1] + indirect[0] / indirect[1]) / weight
    n = fit(rows, "B", "fixed")
    row = n.compare("A", "B")
    assert (row.estimate, row.std_error) == pytest.approx((expected, weight**-0.5))
    # Q is the squared standardised difference between direct and indirect
    q = (direct[0] - indirect[0]) ** 2 / (direct[1] + indirect[1])
    assert (n.q, n.q_df) == (pytest.approx(q), 1)
    split = split_comparisons(rows, method="fixed", level=0.95).iloc[0]
    assert (split.direct, split.direct_se) == pytest.approx((0.5, 0.3))
    assert (split.indirect, split.indirect_se) == pytest.approx((0.7, indirect[1] ** 0.5))
    assert split.difference == pytest.approx(-0.2)
    assert split["p_value"] == pytest.approx(n.q_p)


def test_one_trial_of_three_arms_gives_its_own_contrasts():
    arms = pd.DataFrame(
        {
            "study": "1",
            "treatment": list("ABC"),
            "mean": [1.0, 1.5, 3.0],
            "std_error": [0.3, 0.4, 0.5],
        }
    )
    n = fit(contrasts_from_arms(arms), "A", "fixed")
    for first, second in combinations("ABC", 2):
        i, j = "ABC".index(first), "ABC".index(second)
        row = n.compare(first, second)
        assert row.estimate == pytest.approx(arms["mean"][i] - arms["mean"][j])
        assert row.std_error == pytest.approx(np.hypot(arms.std_error[i], arms.std_error[j]))
    assert n.q_df == 0
    assert n.q_p is None


def test_multi_arm_trials_against_a_regression_on_arms():
    # Fixed effects on arms: one intercept a study and one effect a treatment, weighted by arm
    # precision, is the same likelihood, fitted another way.
    rng = np.random.default_rng(11)
    rows = [
        (s, t, rng.normal(), rng.uniform(0.2, 0.6))
        for s, arms in enumerate(["ABC", "AB", "BCD", "ACD", "AD", "ABCD"])
        for t in arms
    ]
    arms = pd.DataFrame(rows, columns=["study", "treatment", "mean", "std_error"])
    design = np.column_stack(
        [arms.study == s for s in range(6)] + [arms.treatment == t for t in "BCD"]
    ).astype(float)
    w = np.diag(1 / arms.std_error.to_numpy() ** 2)
    covariance = np.linalg.inv(design.T @ w @ design)
    beta = covariance @ design.T @ w @ arms["mean"].to_numpy()
    n = fit(contrasts_from_arms(arms), "A", "fixed")
    assert n.treatments == ("A", "B", "C", "D")
    np.testing.assert_allclose(n.estimates[1:], beta[6:], rtol=1e-9)
    np.testing.assert_allclose(n.covariance[1:, 1:], covariance[6:, 6:], rtol=1e-9)
    residual = arms["mean"].to_numpy() - design @ beta
    assert n.q == pytest.approx(residual @ w @ residual)


@pytest.mark.parametrize("method", ["fixed", "dersimonian-laird", "reml"])
def test_reference_row_order_and_direction_do_not_matter(method):
    data = senn()
    base = fit(data, "plac", method)
    shuffled = data.sample(frac=1, random_state=5)
    flipped = shuffled.assign(
        treatment_1=shuffled.treatment_2,
        treatment_2=shuffled.treatment_1,
        estimate=-shuffled.estimate,
    )
    for other in (
        fit(data, "rosi", method),
        fit(shuffled, "plac", method),
        fit(flipped, "acar", method),
    ):
        for pair in (("metf", "sulf"), ("vild", "sita")):
            a, b = base.compare(*pair), other.compare(*pair)
            assert (a.estimate, a.std_error) == pytest.approx((b.estimate, b.std_error), rel=1e-7)
        assert other.tau2 == pytest.approx(base.tau2, rel=1e-6, abs=1e-12)


def test_the_league_is_antisymmetric_and_consistent():
    n = fit(smoking(), "A")
    league = n.league().set_index(["treatment_1", "treatment_2"]).estimate
    assert len(league) == 12
    assert league["A", "B"] == -league["B", "A"]
    assert league["A", "B"] + league["B", "C"] == pytest.approx(league["A", "C"])


def test_complete_symmetry_gives_equal_effects():
    # Every pair compared by the same estimate of 0: no treatment differs from another.
    rows = [(f"{a}{b}", a, b, 0.0, 0.5) for a, b in combinations("ABCD", 2)]
    n = fit(frame(*rows), "A", "fixed")
    np.testing.assert_allclose(n.estimates, 0, atol=1e-15)
    errors = n.league().std_error
    assert errors.max() == pytest.approx(errors.min())
    # 4 treatments: the direct path and two indirect ones of twice its variance: 0.5/sqrt(2)
    assert errors.iloc[0] == pytest.approx(0.5 / np.sqrt(2))


def test_splitting_a_pair_of_two_arm_trials_gives_the_pairwise_direct_estimate():
    data = senn()
    direct = data[(data.treatment_1 == "rosi") & (data.treatment_2 == "sulf")].iloc[0]
    split = split_comparisons(data, method="fixed", level=0.95)
    row = split[(split.treatment_1 == "rosi") & (split.treatment_2 == "sulf")].iloc[0]
    assert (row.direct, row.direct_se) == pytest.approx((direct.estimate, direct.std_error))
    # The consistent estimate weighs direct and indirect evidence by precision.
    n = fit(data, "plac", "fixed").compare("rosi", "sulf")
    weights = np.array([row.direct_se, row.indirect_se]) ** -2.0
    assert n.estimate == pytest.approx(weights @ [row.direct, row.indirect] / weights.sum())


def test_pairs_without_indirect_evidence_say_so():
    split = split_comparisons(senn(), method="fixed", level=0.95)
    alone = split[split.reason != ""]
    assert set(alone.treatment_1 + "-" + alone.treatment_2) == {
        "benf-plac",
        "migl-plac",
        "plac-sita",
        "plac-vild",
    }
    assert alone.direct.isna().all()


def test_a_star_cannot_be_tested_for_consistency():
    rows = [(f"s{i}", t, "P", 0.1 * i, 0.3) for i, t in enumerate("ABCAB")]
    c = check_consistency(frame(*rows), method="reml")
    assert c.df_between == 0
    assert c.p_between is c.wald_p is None
    assert "no closed loop" in c.reason


# wrong inputs ---------------------------------------------------------------------------------


def test_a_disconnected_network_names_its_parts():
    rows = frame(("1", "A", "B", 0.1, 0.2), ("2", "C", "D", 0.1, 0.2))
    with pytest.raises(UserError, match="not connected: no trial links A, B; C, D"):
        fit(rows, "A", "fixed")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (frame(), "no rows"),
        (frame(("1", "A", "B", 0.1, 0.2)).drop(columns="std_error"), "lacks the columns"),
        (frame(("1", "A", "B", 0.1, 0.0)), "study 1: std_error must be above 0"),
        (frame(("1", "A", "B", np.nan, 0.1)), "missing or infinite"),
        (frame(("1", "A", None, 0.1, 0.1)), "named in every row"),
        (frame(("1", "A", "A", 0.1, 0.1)), "compares with itself"),
        (frame(("1", "A", "B", 0.1, 0.1), ("1", "B", "A", 0.1, 0.1)), "occurs twice"),
        (
            frame(("1", "A", "B", 0.1, 0.1), ("1", "A", "C", 0.1, 0.1)),
            "3 arms but no row for B and C",
        ),
        (
            frame(("1", "A", "B", 0.5, 0.1), ("1", "A", "C", 0.1, 0.1), ("1", "B", "C", 0.5, 0.1)),
            "contradict each other",
        ),
        (
            frame(("1", "A", "B", 0.0, 0.1), ("1", "A", "C", 0.0, 0.1), ("1", "B", "C", 0.0, 0.9)),
            "cannot come from one trial",
        ),
    ],
)
def test_wrong_rows_are_refused(rows, message):
    with pytest.raises(UserError, match=message):
        fit(rows, "A", "fixed")


def test_wrong_choices_are_refused():
    rows = frame(("1", "A", "B", 0.1, 0.2))
    with pytest.raises(UserError, match="reference must be one of A, B"):
        fit(rows, "placebo", "fixed")
    with pytest.raises(UserError, match="fixed, dersimonian-laird, reml"):
        fit(rows, "A", "paule-mandel")
    with pytest.raises(UserError, match="tau² is not estimable"):
        fit(rows, "A", "reml")
    with pytest.raises(UserError, match="two different treatments"):
        fit(rows, "A", "fixed").compare("A", "A")


@pytest.mark.parametrize(
    ("treatments", "errors", "message"),
    [
        (["A"], [0.1], "two or more different arms"),
        (["A", "A"], [0.1, 0.1], "two or more different arms"),
        (["A", "B"], [0.1, 0.0], "std_error must be above 0"),
    ],
)
def test_wrong_arms_are_refused(treatments, errors, message):
    arms = pd.DataFrame({"study": 1, "treatment": treatments, "mean": 0.0, "std_error": errors})
    with pytest.raises(UserError, match=message):
        contrasts_from_arms(arms)
    with pytest.raises(UserError, match="lacks the columns"):
        contrasts_from_arms(arms.drop(columns="mean"))
