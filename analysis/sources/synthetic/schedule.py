"""The visits of a synthetic trial."""

import numpy as np

from analysis.sources.growth_reference import DAYS_PER_MONTH

VISITS = ("Pre-study", "Baseline", "Month 3", "Month 6", "Month 9", "Month 12")
MONTHS = np.array([-12, 0, 3, 6, 9, 12])
"""AVISITN: months from baseline."""
PRESTUDY, BASELINE, MONTH_12 = 0, 1, 5
"""Positions of the three visits that velocities stand on."""
DAYS_PER_YEAR = 12 * DAYS_PER_MONTH
PLANNED_DAYS = np.rint(MONTHS * DAYS_PER_MONTH).astype(np.int64)
"""Days from baseline on which a visit is due."""
BLOOD = [BASELINE, int(np.flatnonzero(MONTHS == 6)[0]), MONTH_12]
"""Positions of the visits at which blood is taken."""
