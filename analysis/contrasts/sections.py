"""The sections of the contrasts page, in its order: what a notebook calls with a run."""

from analysis.contrasts.age import age_and_difference
from analysis.contrasts.answer import answer
from analysis.contrasts.assumptions import assumption_ledger
from analysis.contrasts.headline import field
from analysis.contrasts.inclusion import exclusions
from analysis.contrasts.indirect import consistency, geometry, league
from analysis.contrasts.overlay import pooled_with_trial, trial_contrast
from analysis.contrasts.pairs import inputs
from analysis.contrasts.plausible import plausible_ranges
from analysis.contrasts.relatives import relatives
from analysis.contrasts.reports import by_source
from analysis.contrasts.safety import adverse_events, single_counts
from analysis.contrasts.sensitivity import one_trial_left_out, one_trial_put_back
from analysis.contrasts.single_arm import own_series, series
from analysis.contrasts.surface import tipping_corners, tipping_surface
from analysis.contrasts.synthesis import pooled_differences, studies
from analysis.contrasts.tipping import what_is_needed
from analysis.contrasts.unanchored import unanchored
from analysis.contrasts.verdict_counts import verdict_counts
from analysis.contrasts.within_trial import all_routes, contrasts, velocity_itself

__all__ = [
    "adverse_events",
    "age_and_difference",
    "all_routes",
    "answer",
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
    "series",
    "single_counts",
    "studies",
    "tipping_corners",
    "tipping_surface",
    "trial_contrast",
    "unanchored",
    "velocity_itself",
    "verdict_counts",
    "what_is_needed",
]
