"""Contrasts between growth hormones: what the published evidence can and cannot say.

Topic of notebook 5. `settings` turns parameters into a run; `pairs` finds the randomised pairs
and what the papers print of them, `routes` turns that into differences. What stands below are
the sections of the page: each is called with a run and returns `Results`.
"""

from analysis.contrasts.age import age_and_difference
from analysis.contrasts.answer_words import answer_sentences
from analysis.contrasts.asked import answer
from analysis.contrasts.assumptions import assumption_ledger
from analysis.contrasts.between_series import unanchored
from analysis.contrasts.closest import relatives
from analysis.contrasts.counts import verdict_counts
from analysis.contrasts.every_route import all_routes
from analysis.contrasts.headline import field
from analysis.contrasts.inclusion import exclusions
from analysis.contrasts.indirect import consistency, geometry, league
from analysis.contrasts.known import what_is_known
from analysis.contrasts.overlay import pooled_with_trial, trial_contrast
from analysis.contrasts.pairs import inputs
from analysis.contrasts.plausible import plausible_ranges
from analysis.contrasts.reports import by_source
from analysis.contrasts.safety import adverse_events, single_counts
from analysis.contrasts.sensitivity import one_trial_left_out, one_trial_put_back
from analysis.contrasts.settings import ContrastParameters, ContrastRun, resolve
from analysis.contrasts.side_by_side import own_series, series
from analysis.contrasts.surface import tipping_corners, tipping_surface
from analysis.contrasts.synthesis import pooled_differences, studies
from analysis.contrasts.tipping import what_is_needed
from analysis.contrasts.within_trial import as_printed, contrasts, velocity_itself

__all__ = [
    "ContrastParameters",
    "ContrastRun",
    "adverse_events",
    "age_and_difference",
    "all_routes",
    "answer",
    "answer_sentences",
    "as_printed",
    "assumption_ledger",
    "by_source",
    "consistency",
    "contrasts",
    "exclusions",
    "field",
    "geometry",
    "inputs",
    "league",
    "one_trial_left_out",
    "one_trial_put_back",
    "own_series",
    "plausible_ranges",
    "pooled_differences",
    "pooled_with_trial",
    "relatives",
    "resolve",
    "series",
    "single_counts",
    "studies",
    "tipping_corners",
    "tipping_surface",
    "trial_contrast",
    "unanchored",
    "velocity_itself",
    "verdict_counts",
    "what_is_known",
    "what_is_needed",
]
