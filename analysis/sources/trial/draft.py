"""Draft a ``trial.yml`` from the tables of a folder, for its owner to complete."""

import re
import unicodedata
from pathlib import Path

import pandas as pd

from analysis.sources.trial.drafting.arms import Arms, arms_lines, find_arms, further_periods
from analysis.sources.trial.drafting.baseline import baseline_lines
from analysis.sources.trial.drafting.candidates import find_candidates
from analysis.sources.trial.drafting.endpoints import (
    analysis_lines,
    endpoints_lines,
    estimand_lines,
    require_candidates,
)
from analysis.sources.trial.drafting.folder import Folder, read_folder
from analysis.sources.trial.drafting.growth import growth_lines
from analysis.sources.trial.drafting.populations import (
    FOR_EFFICACY,
    FOR_SAFETY,
    find_populations,
    first_of,
    members,
    populations_lines,
)
from analysis.sources.trial.drafting.safety import (
    deviations_lines,
    levels_lines,
    safety_lines,
    units_lines,
)
from analysis.sources.trial.drafting.visits import find_visits, left_out, visits_lines
from analysis.sources.trial.drafting.writing import comment, quoted

ASKED = re.compile(r'^[^#\n]*(?:: |\[)"\?"', re.MULTILINE)


def draft_plan(folder: Path) -> str:
    """Look at the ADaM tables of a folder and draft its plan.

    Parameters
    ----------
    folder
        Folder with ADSL and other ADaM tables.

    Returns
    -------
    str
        YAML. What the tables show is filled in, with what was seen in comments; what they cannot
        show (the arm under test, the primary endpoint, the margin, the estimand, a word whose
        meaning is not clear) is a question mark, which `check` calls an error until answered.

    Raises
    ------
    UserError
        If the folder has no ADSL, no population, or nothing that can be an endpoint.
    """
    seen = read_folder(folder)
    arms, populations = find_arms(seen), find_populations(seen)
    visits = find_visits(seen)
    population = first_of(populations, FOR_EFFICACY)
    candidates = find_candidates(seen, visits, members(seen, arms, populations[population]))
    require_candidates(seen, candidates)
    parts = [
        _study(seen),
        arms_lines(arms),
        populations_lines(seen, populations),
        [*visits_lines(visits), *left_out(seen, visits)],
        endpoints_lines(seen, arms, candidates),
        analysis_lines(seen, arms, candidates, population),
        baseline_lines(seen),
        safety_lines(seen, first_of(populations, FOR_SAFETY)),
        deviations_lines(seen),
        growth_lines(seen, visits),
        units_lines(seen),
        levels_lines(seen),
        estimand_lines(),
    ]
    body = "\n".join(line for part in parts for line in part)
    return "\n".join([*_head(seen, arms, questions(body)), body, ""])


def questions(text: str) -> int:
    """Count the questions of a drafted plan; those in comments are none.

    Examples
    --------
    >>> questions('arms: "?"  # which?')
    1
    """
    return len(ASKED.findall(text))


def _head(folder: Folder, arms: Arms, asked: int) -> list[str]:
    words = (
        f"Drafted from the tables of this folder. {asked} questions are left: answer each in the "
        'place of its "?", and look over the rest. What each field means: docs/your_own_trial.md. '
        "Then: python -m analysis check FOLDER"
    )
    lines = comment(words)
    if periods := further_periods(folder):
        lines += comment(f"NOTE: {periods}")
    for name, count in folder.strangers.items():
        lines += comment(f"NOTE: {name} has {count} participants that ADSL does not have.")
    if not arms.sizes:
        lines += comment("NOTE: nobody in ADSL has an arm (TRT01P).")
    return lines


def _study(folder: Folder) -> list[str]:
    """Return the lines of what the study is."""
    ascii_name = unicodedata.normalize("NFKD", folder.path.resolve().name.lower())
    name = "-".join(re.findall(r"[a-z0-9]+", ascii_name.encode("ascii", "ignore").decode()))
    adsl = folder.adsl
    studies = [str(each) for each in adsl.get("STUDYID", pd.Series(dtype=str)).unique() if each]
    title = studies[0] if len(studies) == 1 else folder.path.resolve().name
    last = _last_date(folder)
    cut = comment(f"Was there a data cut? The last date in the tables is {last}.") if last else []
    return [
        f"id: {quoted(name or 'trial')}",
        f"title: {quoted(title)}  # what readers see",
        'data_status: "real"  # "synthetic" if nobody stands behind these records',
        'indication: ""  # in words; shown',
        *cut,
        *([f"# data: {{cutoff: {last}}}"] if last else []),
    ]


def _last_date(folder: Folder) -> str:
    dates = [
        table[column].max()
        for table in folder.tables.values()
        for column in table.select_dtypes("datetime")
    ]
    known = [date for date in dates if pd.notna(date)]
    return max(known).date().isoformat() if known else ""
