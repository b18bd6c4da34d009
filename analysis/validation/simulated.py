"""The simulations behind coverage: every setting, in the order of the page."""

from analysis.validation.experiments import (
    Experiment,
    ancova,
    logistic,
    meta,
    mmrm,
    one_proportion,
    one_rate,
    two_means,
    two_proportions,
    two_rates,
)
from analysis.validation.response_experiments import imputed, over_strata, several_arms
from analysis.validation.time_experiments import cox, one_curve, two_curves

MMRM_FRACTION = 0.2
"""Share of the draws that a mixed model is fitted to: a fit takes longer than all others."""
EACH_FRACTION = 0.1
"""The same of what is computed for each data set on its own."""
FITTED_FRACTION = 0.05
"""The same of what takes several milliseconds of each."""


def experiments() -> list[Experiment]:
    """Return all settings: sizes of the growth-hormone trials and of a safety data base."""
    two = [(88, 41, 0.10, 0.05), (105, 56, 0.30, 0.20), (30, 30, 0.10, 0.10)]
    compared = [two_proportions(*arms) for arms in two]
    rates = [two_rates(88, 41, 0.10, 0.05), two_rates(254, 127, 0.05, 0.05)]
    return [
        *(one_proportion(n, p) for n, p in ((30, 0.10), (88, 0.10), (254, 0.02))),
        *(setting[measure] for measure in range(3) for setting in compared),
        over_strata(EACH_FRACTION),
        *(one_rate(t, r) for t, r in ((30, 0.10), (88, 0.10), (254, 0.05))),
        *(setting[measure] for measure in range(2) for setting in rates),
        two_means(88, 41, 2, 2),
        two_means(105, 56, 2, 3),
        ancova(88, 41),
        ancova(30, 30),
        mmrm(88, 41, MMRM_FRACTION),
        several_arms((40, 40, 40, 40)),
        several_arms((60, 40, 40, 30)),
        *logistic(88, 41, EACH_FRACTION),
        imputed(88, 41, FITTED_FRACTION),
        cox(88, 41, FITTED_FRACTION),
        *one_curve(41, EACH_FRACTION),
        *two_curves(88, 41, EACH_FRACTION),
        meta(4, 0.3),
        meta(8, 0.3),
    ]
