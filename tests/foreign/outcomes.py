"""What a trial folder comes to: refused, or numbers; and how these differ from those of another."""

import math
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notebook_sections import rows_of, run_of, sections

from analysis.display.page import views_of
from analysis.errors import UserError
from analysis.results import Results
from analysis.results.table import ROW_KEY
from analysis.sources.trial.trial import read_trial

KEY = {
    "parallel": ["answer.answer", "primary_tables.observed", "participants.disposition"],
    "single-arm": ["single_arm.change", "single_arm.observed", "participants.disposition"],
    "safety": ["overview.overview", "exposure.exposure"],
}
"""Sections with the key numbers of a trial."""
QUICK = {
    "parallel": [
        *KEY["parallel"],
        *"answer.contrasts participants.analysis_sets participants.baseline".split(),
        *"primary_tables.means conduct.deviations subgroup_analysis.in_subgroups".split(),
    ],
    "single-arm": [
        *KEY["single-arm"],
        *"participants.analysis_sets participants.baseline conduct.deviations".split(),
    ],
    "safety": [
        *KEY["safety"],
        *"incidence_rates.rates by_worst.by_severity by_worst.by_relation".split(),
        *"special_interest.special_interest summaries.measurements_by_visit".split(),
        *"summaries.measurements_baseline_and_last shifts.shift_to_worst".split(),
        *"listings.serious_events listings.withdrawals listings.deaths".split(),
        *"abnormal.new_abnormalities by_term.by_term".split(),
    ],
}
"""Those and others that take little time; no model but that of the primary analysis."""

Finding = tuple[str, str, str, str, int]
Key = tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """What became of a folder.

    Parameters
    ----------
    refused
        The sentence that refuses it; "" where it is analysed.
    crash
        The traceback of what is no sentence.
    findings
        Of `check`, with the number of rows.
    numbers, texts
        Section and row → number, or words.
    """

    refused: str = ""
    crash: str = ""
    findings: set[Finding] = field(default_factory=set)
    numbers: dict[Key, float] = field(default_factory=dict)
    texts: dict[Key, str] = field(default_factory=dict)


def outcome(folder: Path, *, full: bool = False, views: bool = False) -> Outcome:
    """Check a folder and, where it may be analysed, compute its key or all quick sections."""
    found = Outcome()
    with warnings.catch_warnings():
        # As in the tests: a warning is a number nobody checked.
        warnings.simplefilter("error")
        try:
            _analyse(folder, found, QUICK if full else KEY, views=views)
        except UserError as error:
            found.refused = str(error)
        except Exception:
            found.crash = traceback.format_exc()
    return found


def _analyse(folder: Path, found: Outcome, wanted: dict[str, list[str]], *, views: bool) -> None:
    trial = read_trial(folder)
    found.findings = {
        (each.severity, each.file, each.column, each.rule, each.count) for each in trial.findings
    }
    errors = [each for each in trial.findings if each.severity == "error"]
    if errors:
        found.refused = "\n".join(f"{e.file} {e.column}: {e.rule}: {e.message}" for e in errors)
        return
    kinds = [trial.plan.design, *(["safety"] if trial.plan.safety else [])]
    for kind in kinds:
        run = run_of(kind, folder, trial=trial)
        for name, results in rows_of(kind, run, only=wanted[kind]).items():
            _keep(found, name, results)
        if views:
            _show(kind, wanted[kind], run)


def _show(kind: str, names: list[str], run: Any) -> None:
    for name in names:
        for view in views_of(sections(kind)[name], run):
            view.html()


def _keep(found: Outcome, name: str, results: Results) -> None:
    for row in results.frame.to_dict("records"):
        key = (name, *(str(row[each]) for each in ROW_KEY), str(row["stat_name"]))
        if row["stat"] is not None and not _is_nan(row["stat"]):
            found.numbers[key] = float(row["stat"])
        elif row["stat_name"] in ("reason", "conclusion", "bound"):
            found.texts[key] = str(row["stat_fmt"])


def _as_before(key: Key, renamed: dict[str, str]) -> Key:
    for new, old in renamed.items():
        key = tuple(part.replace(new, old) for part in key)
    return key


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def changed(
    before: Outcome, after: Outcome, renamed: dict[str, str]
) -> dict[Key, tuple[float | None, float | None]]:
    """Return the numbers that differ, with the one before and the one after.

    `renamed`: new word → the old one, of what is called otherwise afterwards.
    """
    numbers = {_as_before(key, renamed): number for key, number in after.numbers.items()}
    keys = dict.fromkeys((*before.numbers, *numbers))
    pairs = {key: (before.numbers.get(key), numbers.get(key)) for key in keys}
    return {
        key: (old, new)
        for key, (old, new) in pairs.items()
        if old is None or new is None or not math.isclose(old, new, rel_tol=1e-9, abs_tol=1e-12)
    }
