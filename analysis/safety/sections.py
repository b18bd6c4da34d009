"""The sections of the safety page, in its order: what a notebook calls with a run."""

from analysis.safety.abnormal import marked_abnormalities, new_abnormalities
from analysis.safety.by_term import (
    by_relation,
    by_severity,
    by_term,
    special_interest,
    terms_shown,
)
from analysis.safety.emergent import counting_rule
from analysis.safety.exposure import exposure, remaining
from analysis.safety.glycaemia import emergent_glycaemia, glycaemia_shift, glycaemia_tests
from analysis.safety.hepatic import hepatic_points, hepatic_quadrants
from analysis.safety.igf import igf1_sds_duration, igf1_sds_high, igf1_sds_points
from analysis.safety.immunogenicity import (
    antibodies_by_visit,
    emergent_antibodies,
    growth_by_antibodies,
)
from analysis.safety.incidence_rates import rates
from analysis.safety.listings import abnormal_values, deaths, serious_events, withdrawals
from analysis.safety.measurements import records_left_out
from analysis.safety.onset import onset_by_month
from analysis.safety.overview import overview
from analysis.safety.published import published_safety
from analysis.safety.shifts import shift_by_visit, shift_to_worst, shift_to_worst_of_others
from analysis.safety.standout import answer, standout
from analysis.safety.summaries import measurements_baseline_and_last, measurements_by_visit
from analysis.safety.thyroid import thyroid
from analysis.safety.time_to_event import time_to_first_event

__all__ = [
    "abnormal_values",
    "answer",
    "antibodies_by_visit",
    "by_relation",
    "by_severity",
    "by_term",
    "counting_rule",
    "deaths",
    "emergent_antibodies",
    "emergent_glycaemia",
    "exposure",
    "glycaemia_shift",
    "glycaemia_tests",
    "growth_by_antibodies",
    "hepatic_points",
    "hepatic_quadrants",
    "igf1_sds_duration",
    "igf1_sds_high",
    "igf1_sds_points",
    "marked_abnormalities",
    "measurements_baseline_and_last",
    "measurements_by_visit",
    "new_abnormalities",
    "onset_by_month",
    "overview",
    "published_safety",
    "rates",
    "records_left_out",
    "remaining",
    "serious_events",
    "shift_by_visit",
    "shift_to_worst",
    "shift_to_worst_of_others",
    "special_interest",
    "standout",
    "terms_shown",
    "thyroid",
    "time_to_first_event",
    "withdrawals",
]
