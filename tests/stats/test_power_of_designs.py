"""Power with covariates, of response rates and of hazard ratios."""

import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from analysis.errors import UserError
from analysis.stats.adjusted_power import power_adjusted
from analysis.stats.power import power_noninferiority
from analysis.stats.power_hazard_ratios import power_hazard_ratio
from analysis.stats.proportion_power import power_proportions

MEANS = {"difference": 0.0, "margin": 1.8, "direction": "higher", "alpha": 0.025}


def adjusted(n_test=40, n_reference=20, sd=3.0, correlation=0.5, covariates=1, **given):
    return power_adjusted(
        n_test=n_test, n_reference=n_reference, sd=sd, correlation=correlation,
        covariates=covariates, **(MEANS | given),
    )  # fmt: skip


def test_without_covariates_it_is_the_t_test():
    plain = power_noninferiority(n_test=40, n_reference=20, sd=3.0, **MEANS)
    assert adjusted(correlation=0.0, covariates=0).power == plain.power
    # The project's reference value of unequal groups.
    assert plain.power == pytest.approx(0.577130246, abs=5e-10)


@pytest.mark.parametrize(("covariates", "sizes"), [(1, (40, 20)), (3, (12, 9))])
def test_it_is_the_average_over_the_law_of_the_imbalance(covariates, sizes):
    """Hotelling's F law, by adaptive integration."""
    n, df = sum(sizes), sum(sizes) - 2 - covariates
    error = 3.0 * math.sqrt(0.75) * math.sqrt(1 / sizes[0] + 1 / sizes[1])

    def part(f):
        kept = 1 / (1 + covariates * f / (n - 1 - covariates))
        shown = stats.nct.sf(stats.t.isf(0.025, df), df, 1.8 / error * math.sqrt(kept))
        return shown * stats.f.pdf(f, covariates, n - 1 - covariates)

    expected = integrate.quad(part, 0, np.inf, limit=200)[0]
    found = adjusted(*sizes, covariates=covariates)
    assert found.power == pytest.approx(expected, abs=1e-7)
    assert found.df == df


def test_useless_covariates_cost_power_and_useful_ones_give_it():
    none = adjusted(correlation=0.0, covariates=0).power
    assert adjusted(correlation=0.0, covariates=5).power < none < adjusted().power


def test_at_the_margin_it_is_the_level():
    assert adjusted(difference=-1.8).power == pytest.approx(0.025, abs=1e-12)
    assert adjusted(difference=1.8, direction="lower").power == pytest.approx(0.025, abs=1e-12)


@pytest.mark.parametrize(
    ("given", "said"),
    [({"correlation": 1.0}, "correlation"), ({"covariates": 1.5}, "whole"),
     ({"covariates": 60}, "degree of freedom"), ({"direction": "up"}, "direction")],
)  # fmt: skip
def test_what_no_design_has_is_refused(given, said):
    with pytest.raises(UserError, match=said):
        adjusted(**given)


# response rates and hazard ratios -----------------------------------------------------------


def share(n_test, n_reference, **given):
    given = {"reference_share": 0.6, "difference": 0.0, "margin": 0.15, "direction": "higher",
             "alpha": 0.025} | given  # fmt: skip
    own, difference = given.pop("reference_share"), given.pop("difference")
    return power_proportions(
        n_test=n_test, n_reference=n_reference, proportion_test=own + difference,
        proportion_reference=own, method="farrington-manning", **given,
    ).power  # fmt: skip


def test_equal_rates_without_a_margin_is_the_pooled_z_test():
    """With no margin the likely rates under the hypothesis are the pooled ones."""
    pooled, own = 0.65, 0.7
    null = math.sqrt(pooled * (1 - pooled) * 2 / 100)
    error = math.sqrt((own * (1 - own) + 0.6 * 0.4) / 100)
    expected = special.ndtr((0.1 - stats.norm.isf(0.025) * null) / error)
    assert share(100, 100, difference=0.1, margin=0.0) == pytest.approx(expected, abs=1e-12)


def test_rates_of_the_other_outcome_are_the_same_question():
    lower = share(80, 120, reference_share=0.4, direction="lower")
    assert lower == pytest.approx(share(80, 120), abs=1e-12)


def hazards(**given):
    given = {"n_test": 191, "n_reference": 191, "reference_share": 0.5, "ratio": 1.0,
             "margin": 1.5, "direction": "higher", "alpha": 0.025} | given  # fmt: skip
    return power_hazard_ratio(**given).power


def test_schoenfelds_events():
    """4 (z + z)² / log(1.5)² = 191 events, for a power of 80 %."""
    events = 4 * (stats.norm.isf(0.025) + stats.norm.isf(0.2)) ** 2 / math.log(1.5) ** 2
    assert round(events) == 191
    assert hazards() == pytest.approx(0.8, abs=0.001)
    assert hazards(ratio=1.5, margin=1.5) == pytest.approx(0.025, abs=1e-12)


def test_a_ratio_the_other_way_round_is_the_same_question():
    swapped = hazards(n_test=150, n_reference=100, ratio=1.0, direction="lower")
    assert swapped == pytest.approx(hazards(n_test=150, n_reference=100), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "given", "said"),
    [(hazards, {"margin": 0.8}, "margin"), (hazards, {"ratio": 0.0}, "ratio"),
     (hazards, {"n_test": 1.5}, "whole")],
)  # fmt: skip
def test_impossible_assumptions_are_refused(call, given, said):
    with pytest.raises(UserError, match=said):
        call(**given)


def test_a_rate_beyond_one_is_refused():
    with pytest.raises(UserError, match="proportion_test"):
        share(10, 10, difference=0.5)
