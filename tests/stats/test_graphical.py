"""Graphical and gatekeeping procedures against other software, the closed test and laws."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.stats.gatekeeping import adjust_by_families, gate_families
from analysis.stats.graphical import adjust_by_graph, adjust_fallback, chain, update_graph
from analysis.stats.multiplicity import adjust_p_values

DOSES = [[0, 0.5, 0.5, 0], [0.5, 0, 0, 0.5], [0, 1, 0, 0], [1, 0, 0, 0]]
"""Two doses: the primary hypothesis of each, then its secondary one."""
TWO = [[0, 1], [1, 0]]


def test_the_graph_of_two_doses_and_two_endpoints() -> None:
    # Sequentially rejective graph of Bretz 2009, numbers of the full closed test.
    found = adjust_by_graph([0.02, 0.03, 0.01, 0.04], weights=[0.5, 0.5, 0, 0], transitions=DOSES)
    assert found.tolist() == pytest.approx([0.04, 0.04, 0.04, 0.04], abs=1e-12)
    # graphicalMCP, vignette "shortcut-testing": adjusted p 0.024 0.020 0.105 0.024; the weights
    # left after H1 and H2 are 0.5 and 0.5, after H2 and H4 1 and 0, after H1, H2 and H4 1.
    found = adjust_by_graph([0.018, 0.01, 0.105, 0.006], weights=[0.5, 0.5, 0, 0],
                            transitions=DOSES)  # fmt: skip
    assert found.tolist() == pytest.approx([0.024, 0.02, 0.105, 0.024], abs=1e-12)
    for rejected, weights in {(0, 1): [0, 0, 0.5, 0.5], (1, 3): [1, 0, 0, 0],
                              (0, 1, 3): [0, 0, 1, 0]}.items():  # fmt: skip
        left = update_graph([0.5, 0.5, 0, 0], DOSES, rejected=rejected)
        assert left.weights.tolist() == pytest.approx(weights, abs=1e-12)
        assert not left.transitions[list(rejected)].any()
    # The transitions left there after H1 and H2: each of the two gives all to the other; after H2
    # and H4, H1 and H3 do.
    both, one = (
        update_graph([0.5, 0.5, 0, 0], DOSES, rejected=gone).transitions
        for gone in ([0, 1], [1, 3])
    )
    np.testing.assert_allclose(both[2:, 2:], TWO, atol=1e-12)
    np.testing.assert_allclose(one[[0, 2]], [[0, 0, 1, 0], [1, 0, 0, 0]], atol=1e-12)


def test_successive_primary_and_secondary_hypotheses() -> None:
    # graphicalMCP, tests/testthat/_snaps/print.graph_report.md: every p 0.01, adjusted 0.02.
    graph = [[0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0], [1, 0, 0, 0]]
    found = adjust_by_graph([0.01] * 4, weights=[0.5, 0.5, 0, 0], transitions=graph)
    assert found.tolist() == pytest.approx([0.02] * 4, abs=1e-12)


def test_the_fallback_procedure() -> None:
    # Weights 0.5, 0.3, 0.2, equal to the full closed test.
    found = adjust_fallback([0.03, 0.01, 0.02], weights=[0.5, 0.3, 0.2])
    assert found.tolist() == pytest.approx([0.06, 0.0333333, 0.04], abs=5e-8)


# Laws ----

SOME = st.integers(2, 4)
P_VALUE = st.one_of(st.sampled_from([0.0, 0.01, 0.025, 0.5, 1.0]), st.floats(0.0, 1.0))
PART = st.integers(0, 5)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[float], list[float], list[list[float]]]:
    """Draw p-values, weights and transitions."""
    size = draw(SOME)
    p_values = draw(st.lists(P_VALUE, min_size=size, max_size=size))
    weights = shares(draw(st.lists(PART, min_size=size, max_size=size)))
    rows = [draw(st.lists(PART, min_size=size, max_size=size)) for _ in range(size)]
    moves = [shares([0 if place == each else part for each, part in enumerate(row)])
             for place, row in enumerate(rows)]  # fmt: skip
    return p_values, weights, moves


def shares(parts: Sequence[int]) -> list[float]:
    # Not always all of it: a graph may keep a part back.
    return [part / max(sum(parts), 4) for part in parts]


def closed_test(
    p: Sequence[float], weights: Sequence[float], moves: list[list[float]]
) -> list[float]:
    """Return the adjusted p-values of the closed test, each intersection by weighted Bonferroni."""
    everyone = range(len(p))
    adjusted = [0.0] * len(p)
    for size in range(1, len(p) + 1):
        for kept in combinations(everyone, size):
            gone = [each for each in everyone if each not in kept]
            share = update_graph(weights, moves, rejected=gone).weights
            local = min([1.0, *(p[each] / share[each] for each in kept if share[each] > 0)])
            for each in kept:
                adjusted[each] = max(adjusted[each], local)
    return adjusted


@given(graphs())
def test_a_graph_is_the_closed_test(
    drawn: tuple[list[float], list[float], list[list[float]]],
) -> None:
    p, weights, moves = drawn
    found = adjust_by_graph(p, weights=weights, transitions=moves)
    assert found.tolist() == pytest.approx(closed_test(p, weights, moves), abs=1e-9)


@given(graphs(), st.randoms())
def test_the_order_of_rejection_does_not_matter(drawn: tuple, chance: object) -> None:
    _, weights, moves = drawn
    gone = list(range(len(weights) - 1))
    one = update_graph(weights, moves, rejected=gone)
    chance.shuffle(gone)  # type: ignore[attr-defined]
    other = update_graph(weights, moves, rejected=gone)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-9)
    np.testing.assert_allclose(one.transitions, other.transitions, atol=1e-9)
    assert one.weights.sum() <= 1 + 1e-9


@given(graphs(), st.integers(0, 3), st.floats(0.0, 1.0))
def test_a_smaller_p_value_takes_nothing_away(drawn: tuple, place: int, factor: float) -> None:
    p, weights, moves = drawn
    less = [value * factor if each == place else value for each, value in enumerate(p)]
    before = adjust_by_graph(p, weights=weights, transitions=moves)
    after = adjust_by_graph(less, weights=weights, transitions=moves)
    assert (after <= before + 1e-9).all()
    assert (before >= np.asarray(p) - 1e-12).all()


@given(graphs())
def test_what_is_rejected_at_alpha_has_an_adjusted_p_of_at_most_alpha(drawn: tuple) -> None:
    """By Algorithm 1 of Bretz et al.: reject what is at most its share of alpha, and go on."""
    p, weights, moves = drawn
    adjusted = adjust_by_graph(p, weights=weights, transitions=moves)
    alpha, gone = 0.0301, []
    while True:
        share = update_graph(weights, moves, rejected=gone).weights
        left = [each for each in range(len(p)) if each not in gone and share[each] > 0]
        more = [each for each in left if p[each] <= share[each] * alpha]
        if not more:
            break
        gone.append(more[-1])
    assert sorted(gone) == [each for each in range(len(p)) if adjusted[each] <= alpha]


P_VALUES = st.lists(P_VALUE, min_size=1, max_size=6)


@given(P_VALUES)
def test_known_procedures_are_graphs(p: list[float]) -> None:
    size = len(p)
    equal = [1.0 / size] * size
    each_other = ((1.0 - np.eye(size)) / max(1, size - 1)).tolist()
    nothing = np.zeros((size, size)).tolist()
    first = [1.0] + [0.0] * (size - 1)

    def graph(weights: list[float], moves: list[list[float]]) -> object:
        return pytest.approx(adjust_by_graph(p, weights=weights, transitions=moves), abs=1e-9)

    assert adjust_p_values(p, method="holm") == graph(equal, each_other)
    assert adjust_p_values(p, method="bonferroni") == graph(equal, nothing)
    assert adjust_p_values(p, method="fixed-sequence") == graph(first, chain(size).tolist())
    assert adjust_fallback(p, weights=equal) == graph(equal, chain(size).tolist())


# Gatekeeping ----


@given(st.lists(P_VALUE, min_size=4, max_size=4))
def test_a_parallel_gate_is_a_graph(p: list[float]) -> None:
    """That of the literature: two primary hypotheses by Bonferroni, two secondary by Holm."""
    moves = [[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5], [0, 0, 0, 1], [0, 0, 1, 0]]
    expected = adjust_by_graph(p, weights=[0.5, 0.5, 0, 0], transitions=moves)
    found = adjust_by_families([p[:2], p[2:]], methods=["bonferroni", "holm"], gate="parallel")
    assert np.concatenate(found).tolist() == pytest.approx(expected.tolist(), abs=1e-9)


@given(st.lists(st.floats(0.001, 1.0), min_size=4, max_size=4))
def test_a_serial_gate_is_a_graph_with_ways_that_are_all_but_closed(p: list[float]) -> None:
    """Two primary hypotheses by Holm, a smallest part of their weight to two secondary ones."""
    little = 1e-8
    moves = [[0, 1 - little, little / 2, little / 2], [1 - little, 0, little / 2, little / 2],
             [0, 0, 0, 1], [0, 0, 1, 0]]  # fmt: skip
    expected = adjust_by_graph(p, weights=[0.5, 0.5, 0, 0], transitions=moves)
    found = adjust_by_families([p[:2], p[2:]], methods="holm", gate="serial")
    assert np.concatenate(found).tolist() == pytest.approx(expected.tolist(), abs=1e-6)


def by_levels(
    families: list[list[float]], methods: list[str], alpha: float, gate: str
) -> list[bool]:
    """Reject at alpha as the procedure is told in words: family by family, at the level left."""
    level, rejected = alpha, []
    for family, method in zip(families, methods, strict=True):
        own = (
            adjust_p_values(family, method=method) <= level if level > 0 else [False] * len(family)
        )
        rejected += [bool(each) for each in own]
        part = float(np.mean(own))
        level *= part if gate == "parallel" else float(part == 1.0)
    return rejected


FAMILIES = st.lists(st.lists(P_VALUE, min_size=1, max_size=3), min_size=1, max_size=4)


@given(FAMILIES, st.sampled_from(["serial", "parallel"]),
       st.sampled_from(["holm", "hochberg", "hommel", "fixed-sequence", "bonferroni"]))  # fmt: skip
def test_an_adjusted_p_of_at_most_alpha_is_a_rejection(
    families: list[list[float]], gate: str, last: str
) -> None:
    methods = (["bonferroni"] if gate == "parallel" else [last]) * (len(families) - 1) + [last]
    adjusted = np.concatenate(adjust_by_families(families, methods=methods, gate=gate))
    for alpha in (0.0301, 0.0501, 0.9):
        assert (adjusted <= alpha).tolist() == by_levels(families, methods, alpha, gate)


@given(st.lists(st.lists(P_VALUE, min_size=1, max_size=1), min_size=1, max_size=5))
def test_families_of_one_are_a_fixed_sequence(families: list[list[float]]) -> None:
    p = [value for (value,) in families]
    for gate in ("serial", "parallel"):
        found = adjust_by_families(families, methods="bonferroni", gate=gate)
        assert np.concatenate(found).tolist() == pytest.approx(
            adjust_p_values(p, method="fixed-sequence").tolist(), abs=1e-12
        )


# Mistakes ----


@pytest.mark.parametrize(
    ("weights", "transitions", "said"),
    [
        ([1.2, 0], TWO, "weights must be shares"),
        ([float("nan"), 0], TWO, "weights must be shares"),
        ([0.6, 0.5], TWO, "of the sum 1.1"),
        ([0.5, 0.5], [[0, 1]], "must have 2 rows of 2 numbers"),
        ([0.5, 0.5], [[0, 1], [1]], "their rows have 2, 1"),
        ([1, 0], [[0.5, 0.5], [0, 0]], "must give nothing to hypothesis 1 itself"),
        ([1, 0], [[0, 1], [-1, 0]], "row 2 of the transitions"),
        ([1, 0, 0], np.zeros((3, 3)).tolist(), "needs as many p-values, not 2"),
    ],
)
def test_what_is_no_graph_is_one_sentence(
    weights: list[float], transitions: list[list[float]], said: str
) -> None:
    with pytest.raises(UserError) as error:
        adjust_by_graph([0.1, 0.2], weights=weights, transitions=transitions)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("families", "methods", "gate", "said"),
    [
        ([[0.1]], "holm", "serail", "did you mean 'serial'"),
        ([[0.1]], "holmes", "serial", "did you mean 'holm'"),
        ([[0.1], []], "holm", "serial", "family 2 has none"),
        ([[0.1]], ["holm", "holm"], "serial", "1 families need as many methods, not 2"),
        ([[0.1], [0.1]], "holm", "parallel", "tested by bonferroni; one is tested by holm"),
        ([[float("nan")]], "holm", "serial", "between 0 and 1"),
    ],
)
def test_what_is_no_gatekeeping_is_one_sentence(
    families: list[list[float]], methods: str | list[str], gate: str, said: str
) -> None:
    with pytest.raises(UserError) as error:
        adjust_by_families(families, methods=methods, gate=gate)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("p_value", [1.1, -0.1, float("nan")])
def test_p_values_are_between_0_and_1(p_value: float) -> None:
    with pytest.raises(UserError, match="between 0 and 1"):
        adjust_fallback([p_value], weights=[1.0])


def test_nothing_to_adjust_is_nothing() -> None:
    assert adjust_by_graph([], weights=[], transitions=[]).tolist() == []
    assert gate_families([], gate="serial") == ()
    # No weight anywhere: nothing can be rejected.
    assert adjust_by_graph([0.0, 0.0], weights=[0, 0], transitions=[[0, 1], [1, 0]]).tolist() == [
        1,
        1,
    ]
