"""One section of a page at a time: what cannot be analysed says why, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.results import ABSENT, Results, Stat, from_frame

CONTEXT = "not estimable"
"""Context of the result row that stands in for a section."""


def attempt(analyse: Callable[[Settings], Results], settings: Settings) -> Results:
    """Return the results of one section, or one row that says why there are none.

    Parameters
    ----------
    analyse
        A function of this package that takes settings.
    settings
        What is analysed.

    Returns
    -------
    Results
        Those of `analyse`; or ``conclusion`` "not estimable" with the ``reason``.
    """
    try:
        return analyse(settings)
    except UserError as error:
        name = analyse.__name__.replace("_", " ")
        return from_frame(
            pd.DataFrame(
                {
                    "group1_level": [name],
                    "variable": [ABSENT if isinstance(error, NoSection) else ""],
                    "conclusion": ["not estimable"],
                    "reason": [str(error)],
                    "source": [settings.trial.plan.id],
                }
            ),
            {
                "conclusion": Stat("conclusion", "Conclusion"),
                "reason": Stat("reason", "Because"),
            },
            analysis_id=f"{name.replace(' ', '-')}-not-estimable",
            group1="section",
            context=CONTEXT,
            **settings.result_labels,
        )
