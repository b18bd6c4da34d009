"""What calibrated patients assume: the published numbers they were made from, and what is not.

The form is that of the ``assumptions.yml`` of a shipped trial: every entry has a value and either
the row of the ledger that it is or the reason for which it is assumed.
"""

from __future__ import annotations

import pydantic

from analysis.sources.synthetic.assumptions import Assumption, Number, Text, Value, Whole
from analysis.sources.synthetic.calibrated.columns import Columns, visit_name
from analysis.sources.synthetic.calibrated.counts import OF_PARTICIPANTS
from analysis.sources.synthetic.calibrated.goals import is_adjusted
from analysis.sources.synthetic.calibrated.groups import Groups
from analysis.sources.synthetic.calibrated.sample import Laws


class StudyAssumptions(pydantic.BaseModel):
    """What one calibrated study assumes.

    Parameters
    ----------
    id, title, study, about
        As in `Assumptions`; `study` is the ledger's study_id.
    seed
        Of all draws.
    ways
        How what is not printed comes about.
    participants
        Arm or group → analysis set → how many.
    published
        Quantity → statistic, arm and set → the number as printed.
    laws
        Quantity → arm or group → mean and SD of the distribution that values were drawn from,
        where they are not printed themselves.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    study: str
    about: str
    seed: Whole
    ways: dict[str, Text]
    participants: dict[str, dict[str, Whole]]
    published: dict[str, dict[str, Number]]
    laws: dict[str, dict[str, dict[str, Number]]]


WAYS = {
    "law": "normal, cut at one per cent of either side; beta where that would leave the limits",
    "sample": "moved by the shortest way until the printed numbers come out",
    "sets": "the first so many of an arm, so that analysis sets lie in each other",
    "visits": "held on their day, from the same start for everybody",
    "model": "analysis of covariance with the value before treatment, or age, as covariate",
    "interval": "of t with pooled variance, where nothing else is printed",
}
REASONS = {
    "law": "no source prints the distribution of its values",
    "sample": "of all samples that give the printed numbers the one nearest to the draws",
    "sets": "the ledger says how many were analysed and not who",
    "visits": "no date of a participant is public",
    "model": "the texts read do not print the terms of an adjusted analysis",
    "interval": "the usual interval of a difference of means",
}
"""Way → why it is so."""


def assumptions_of(columns: Columns, *, study: str, label: str, seed: int) -> StudyAssumptions:
    """Return what was assumed, in the order of the ledger.

    Parameters
    ----------
    columns
        The columns of the study.
    study, label
        Its study_id and name.
    seed
        Of the draws.
    """
    return StudyAssumptions(
        id=identifier(study),
        title=title_of(label),
        study=study,
        about=(
            f"Patients calibrated to the published numbers of {study}. Each number under "
            "'published' is a row of the ledger, and the sample was moved until it gives it; "
            "reproduced.tsv says of each whether it does, and why not. Nothing here is evidence."
        ),
        seed=_assumed(seed, "arbitrary; not chosen for its results"),
        ways={name: _assumed(way, REASONS[name]) for name, way in WAYS.items()},
        participants=_participants(columns.groups, columns),
        published=_published(columns),
        laws=_laws(columns),
    )


def _assumed(value: Value, reason: str) -> Assumption[Value]:
    """Return an entry that is no row of the ledger."""
    return Assumption(value=value, ledger="", assumed=reason)


def identifier(study: str) -> str:
    """Return the id of a folder: small letters, digits and single hyphens.

    Examples
    --------
    >>> identifier("VALT-TS-2004")
    'valt-ts-2004-calibrated'
    """
    return f"{study.lower()}-calibrated"


def title_of(label: str) -> str:
    """Return the title, which says that nobody in it exists."""
    return f"Synthetic patients calibrated to the published numbers of: {label}"


def _participants(groups: Groups, columns: Columns) -> dict[str, dict[str, Whole]]:
    found: dict[str, dict[str, Whole]] = {}
    for (arm, population), rows in groups.sets.items():
        printed = next(
            (
                each.result_id
                for each in columns.numbers
                if (each.arm, each.population, each.code) == (arm, population, "PARTIC")
                and each.value == len(rows)
            ),
            "",
        )
        of = next(
            (
                each.result_id
                for each in columns.numbers
                if (each.arm, each.population, each.n) == (arm, population, len(rows))
            ),
            "",
        )
        why = groups.assumed.get((arm, population), "")
        reason = f"the n of {of}" if of else why or "the most that its numbers rest on"
        entry: Whole = (
            Assumption(value=len(rows), ledger=printed) if printed else _assumed(len(rows), reason)
        )
        found.setdefault(arm, {})[population] = entry
    return found


def _published(columns: Columns) -> dict[str, dict[str, Number]]:
    found: dict[str, dict[str, Number]] = {}
    for each in columns.numbers:
        arms = f"{each.arm} v {each.reference}" if each.reference else each.arm
        kind = columns.carrier(each).kind
        when = "" if kind in OF_PARTICIPANTS and each.months == 0 else visit_name(each.months)
        words = [each.code, each.variant, when]
        what = f"{each.statistic}, {arms}, {each.population}"
        what += ", by the model" if is_adjusted(columns, each) else ""
        own = found.setdefault(", ".join(filter(None, words)), {})
        while what in own:
            what += ", printed again"
        own[what] = Assumption(value=each.value, ledger=each.result_id)
    return found


def _laws(columns: Columns) -> dict[str, dict[str, dict[str, Number]]]:
    found: dict[str, dict[str, dict[str, Number]]] = {}
    laws = Laws(columns)
    for column, key in enumerate(columns.keys):
        words = [key.code, key.variant, visit_name(key.months), key.unit]
        for start in laws.starts(column):
            parts = {"mean": (start.mean, start.mean_source), "sd": (start.sd, start.sd_source)}
            own: dict[str, Number] = {
                name: _assumed(round(float(value), 6), source)
                for name, (value, source) in parts.items()
                if not _is_row(source)
            }
            if own:
                what = found.setdefault(", ".join(filter(None, words)), {})
                what.setdefault(start.arm, own)
    return found


def _is_row(source: str) -> bool:
    return source[:1] == "R" and source[1:].isdigit()
