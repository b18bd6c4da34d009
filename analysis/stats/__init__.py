"""Statistics: arrays and frames in, frozen documented results out; nothing is formatted here.

The public face is `__all__`: ``from analysis.stats import fit_mmrm, ls_means, risk_difference``.
``methods("kenward")`` finds a method by the name that the field gives it, and its short form
("kr", "us", "mn") is as good as the full word wherever one is named.
Each name has a runnable example, and every method is held to outside numbers in ``tests/stats``.
The modules behind it have one idea each and are read on first use, because scipy's
distributions alone take longer to import than all of pandas.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

_FACE = {
    "index": "methods",
    "descriptive": "summarise summarise_log",
    "ancova": "fit_ancova",
    "logistic": "fit_logistic",
    "standardisation": "marginal_means marginal_effects",
    "mmrm": "fit_mmrm",
    "constrained": "fit_constrained",
    "least_squares_means": "ls_means contrast_reference contrast_pairwise",
    "term_tests": "type3_tests subgroup_effects estimate_slopes contrast_slopes",
    "linear_estimates": "estimates_to_frame term_tests_to_frame",
    "multiplicity": "adjust_p_values",
    "graphical": "adjust_by_graph update_graph adjust_fallback",
    "gatekeeping": "adjust_by_families gate_families",
    "dunnett": "dunnett_p_value dunnett_critical_value",
    "imputation_model": "prepare_imputation",
    "imputation": "impute impute_mar impute_reference_based shift_imputed imputation_frame",
    "binary_imputation": "impute_binary",
    "binary_pooling": "pool_binary",
    "tipping_hazard": "impute_times pool_hazard_ratio",
    "rubin": "pool_imputations pool_rubin",
    "conditional_means": "impute_conditional_means",
    "tipping_surface": "delta_surface",
    "tipping_counts": "tipping_grid share_events",
    "imputation_ancova": "pool_ancova",
    "rubin_joint": "pool_wald pool_chi_square",
    "tipping": "tipping_point",
    "differences": "difference_from_estimate difference_of_means difference_from_interval",
    "verdicts": "judge noninferiority superiority equivalence",
    "proportions": "estimate_proportion",
    "two_arm_tables": "two_by_two",
    "proportion_differences": "risk_difference",
    "proportion_ratios": "risk_ratio odds_ratio",
    "exact_tests": "exact_test",
    "stratified": "stratified_risk_difference",
    "common_effects": "mantel_haenszel",
    "association": "general_association",
    "exact_common": "exact_common_odds_ratio",
    "rates": "estimate_rate",
    "common_rates": "mantel_haenszel_rates",
    "rate_comparisons": "rate_difference rate_ratio",
    "survival": "kaplan_meier",
    "survival_comparisons": "log_rank_test survival_difference restricted_mean_difference",
    "cox": "fit_cox",
    "proportional_hazards": "check_proportional_hazards",
    "hazard_course": "hazard_ratio_course",
    "competing_events": "cumulative_incidence incidence_difference",
    "meta": "meta_analysis leave_one_out",
    "network": "network_meta_analysis contrasts_from_arms",
    "consistency": "check_consistency split_comparisons",
    "power": "power_noninferiority power_equivalence",
    "adjusted_power": "power_adjusted",
    "sample_size": "sample_size_noninferiority sample_size_equivalence",
    "proportion_power": "power_proportions power_proportions_equivalence",
    "proportion_sample_size": "sample_size_proportions sample_size_proportions_equivalence",
    "event_power": "power_events sample_size_events",
    "assurance": "assurance_noninferiority assurance_equivalence",
    "group_sequential": "design_group_sequential crossing_probabilities",
    "blinded_reestimation": "plan_blinded_reestimation",
    "unblinded_reestimation": "combine_stages conditional_power reestimate_unblinded",
    "dispersion": "sd_from_se se_from_interval se_from_p sd_from_difference pooled_sd",
    "lms": "lms_z_score lms_value",
}
"""Module → the names it gives to the face."""

_MODULES = {name: module for module, names in _FACE.items() for name in names.split()}

__all__ = list(_MODULES)


def __getattr__(name: str) -> _Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
