"""Listings: single participants, named only where the trial's plan allows it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis import exact
from analysis.display.reading import Reading
from analysis.display.tables import Table
from analysis.errors import NoSection, UserError
from analysis.results import Results, recorded_decimals, section
from analysis.safety.coding import NOT_CODED
from analysis.safety.deaths import deaths_of
from analysis.safety.meanings import meaning
from analysis.safety.measurements import HIGH, LOW, ON_TREATMENT, RULE, measurements
from analysis.safety.population import safety_population
from analysis.safety.recorded import as_recorded, recorded_events
from analysis.safety.settings import SafetyRun
from analysis.safety.stopped import stopped
from analysis.safety.tables import columns_of, population_table, view
from analysis.safety.treated import time_treated
from analysis.words import numbered

UNKNOWN = "not recorded"
"""Of what somebody died, where no event says so: a row without a word would be no row."""
MOST = 100
"""Rows of a listing; what is beyond is counted."""
ANONYMOUS = (
    "participants are numbered within this listing, in the order of arm, day and term; the "
    "numbers cannot be traced. Days are days of study; no dates"
)
NAMED = "identifiers are shown because trial.yml says so. Days of study"
HELD_BACK = "not listed one by one, as trial.yml allows no row of a single participant"
EVENT = {
    "AEBODSYS": "soc", "AEDECOD": "term", "ASTDY": "first.day", "AENDY": "last.day",
    "AESEV": "severity", "AEREL": "relation", "AEACN": "action.taken", "AEOUT": "outcome",
    "TRTEMFL": "emergent",
}  # fmt: skip
"""What is listed of an event. Never the reported term: it is free text, and may name somebody."""
VALUE = {
    "PARAM": "test", "ADY": "day", "AVISIT": "visit", "SIDE": "side", "BASESIDE": "side.baseline",
    "AVAL": "value", "BASE": "value.baseline", "LOW": "limit.low", "HIGH": "limit.high",
    "UNIT": "unit", "DECIMALS": "decimals",
}  # fmt: skip
"""What is listed of a laboratory value."""


@section
def serious_events(run: SafetyRun) -> Results:
    """Return every serious adverse event, emergent or not.

    Notes
    -----
    AESER is Y. The preferred term stands for the event; what was reported is free text.
    """
    events = _events(run)
    found = meaning(run, events, "AESER", ("Y",))
    if found.counts is None:
        said = found.note or f"{run.plan.adverse_events} must have AESER"
        raise UserError(f"{said}, so that no serious event can be listed")
    own = as_recorded(events[found.counts])
    listed = [column for column in EVENT if column in own]
    rows = own[["USUBJID", "arm", *listed]].rename(columns=EVENT).assign(term=_terms(own))
    rows["term"] = rows["term"].replace("", NOT_CODED)
    days = [name for name in ("first.day", "last.day") if name in rows]
    rows[days] = rows[days].apply(pd.to_numeric, errors="coerce")
    order = ["first.day", "term", *rows.columns[2:]]
    order = [name for name in dict.fromkeys(order) if name in rows]
    return _listed(run, rows, "listing-serious", "events marked as serious", order=order)


@section
def withdrawals(run: SafetyRun) -> Results:
    """Return participants whose treatment ended for reasons of safety, and the events behind it.

    Notes
    -----
    Two ways: an event whose AEACN is one of the plan's withdrawal values, and a reason in ADSL
    (DCTREAS, DCSREAS or DCDECOD) that begins with adverse event or death. A participant found both
    ways has one row with both.
    """
    subjects = safety_population(run).subjects
    events = _events(run)
    action = meaning(run, events, "AEACN", run.plan.withdrawal, field="safety.withdrawal")
    led = as_recorded(events.iloc[:0] if action.counts is None else events[action.counts])
    named: dict[str, set[str]] = {}
    for who, term in zip(led["USUBJID"].tolist(), _terms(led).tolist(), strict=True):
        named.setdefault(who, set()).add(term)
    terms = {who: "; ".join(sorted(names)) for who, names in named.items()}
    by_adsl = stopped(run)
    column, reason = by_adsl.column, by_adsl.reason
    own = subjects[by_adsl.for_safety | subjects["USUBJID"].isin(list(terms))]
    day = time_treated(run).recorded
    rows = own[["USUBJID", "arm"]].assign(
        **{"last.day": day[own.index], "reason": reason[own.index]}
    )
    rows["term"] = [terms.get(name, "") for name in own["USUBJID"]]
    rule = (
        f"the action taken is {' or '.join(run.plan.withdrawal)}, or the reason for stopping is an "
        "adverse event or death"
    )
    if action.counts is None:
        said = (
            action.note or f"the action taken is {'empty' if 'AEACN' in events else action.reason}"
        )
        if not column:
            raise UserError(f"{said}, and ADSL has no DCSREAS: nobody can say who withdrew")
        rule = f"{rule}; {said}, so that no event can be named"
    return _listed(run, rows, "listing-withdrawals", rule, order=["last.day", "term", "reason"])


@section
def deaths(run: SafetyRun) -> Results:
    """Return every participant who died, and of what where an event says so."""
    subjects, found = safety_population(run).subjects, deaths_of(run)
    if found.who is None:
        said = "; ".join(found.notes) or "neither ADSL (DTHFL, DTHDT) nor an event says who died"
        raise UserError(f"deaths are {found.reason}: {said}")
    own = subjects[subjects["USUBJID"].isin(found.who["USUBJID"])]
    first = found.events.drop_duplicates("USUBJID").set_index("USUBJID")
    day = pd.Series(np.nan, index=own.index)
    if {"DTHDT", "TRTSDT"} <= set(own):
        day = (own["DTHDT"] - own["TRTSDT"]).dt.days + 1
    for column in ("AENDY", "ASTDY"):
        if column in first:
            day = day.fillna(pd.to_numeric(own["USUBJID"].map(first[column]), errors="coerce"))
    terms = dict(zip(first.index, _terms(first), strict=True))
    rows = own[["USUBJID", "arm"]].assign(
        **{"last.day": day, "term": [terms.get(name) or UNKNOWN for name in own["USUBJID"]]}
    )
    rule = "; ".join([found.rule, *found.notes])
    return _listed(run, rows, "listing-deaths", rule, order=["last.day", "term"])


@section
def abnormal_values(run: SafetyRun) -> Results:
    """Return the laboratory values furthest outside their limits on treatment.

    Notes
    -----
    Values flagged low or high. Where there are more than `MOST`, those furthest beyond the
    limit are listed, in widths of the normal range; a copy of a record under a second visit
    counts once.
    """
    records = measurements(run).phase(ON_TREATMENT)
    outside = records[(records["KIND"] == "laboratory") & records["SIDE"].isin([LOW, HIGH])]
    outside = outside.drop_duplicates(["USUBJID", "PARAM", "ADY", "AVAL"])
    if not len(records):
        raise NoSection("the trial has no laboratory value on treatment")
    width = exact.difference(outside["HIGH"], outside["LOW"])
    low = outside["SIDE"] == LOW
    gap = exact.difference(
        np.where(low, outside["LOW"], outside["AVAL"]),
        np.where(low, outside["AVAL"], outside["HIGH"]),
    )
    widths = exact.ratio(gap, np.where(width > 0, width, np.nan))
    rank = pd.Series(widths, index=outside.index).rank(ascending=False, method="first")
    first = outside[rank.fillna(np.inf) <= MOST] if len(outside) > MOST else outside
    limits = {name: recorded_decimals(own[["LOW", "HIGH"]]) for name, own in first.groupby("PARAM")}
    rows = first[["USUBJID", "arm", *VALUE]].rename(columns=VALUE)
    rows["places:limit.low"] = rows["places:limit.high"] = rows["test"].map(limits)
    rows["dataset"] = run.laboratory_source
    rule = f"values low or high by their flag, or by their limits. {RULE}"
    if len(outside) > MOST:
        rule = (
            f"{rule}. {numbered(len(outside), 'such value')}; listed are the {len(first)} "
            f"furthest beyond "
            "their limit, in widths of the normal range"
        )
    order = ["day", "test", "visit", "side", "side.baseline"]
    return _listed(run, rows, "listing-abnormal", rule, order=order)


def _events(run: SafetyRun) -> pd.DataFrame:
    if not run.plan.adverse_events:
        raise NoSection(f"trial.yml of '{run.trial.plan.id}' names no adverse events")
    return recorded_events(run)


def _terms(events: pd.DataFrame) -> pd.Series:
    """Return the preferred terms; nothing where the events are not coded."""
    return events.get("AEDECOD", pd.Series("", index=events.index))


def _listed(
    run: SafetyRun, rows: pd.DataFrame, analysis_id: str, rule: str, *, order: Sequence[str]
) -> Results:
    """Return rows as a listing: every row one participant's, numbered or named.

    Participants of an arm are ordered by the columns of `order`: never by their identifiers, from
    which a number could be traced.
    """
    sizes = safety_population(run).sizes
    if rows.empty:
        nobody = {"variable": ["All participants"], "n": [0], "n_population": [sizes.iloc[-1]]}
        return run.results(pd.DataFrame(nobody), analysis_id, context="listing", method=rule)
    if run.trial.plan.allowed.points == "grouped":
        who = rows["USUBJID"].nunique()
        held = {"variable": ["All participants"], "n": [who], "n_population": [sizes.iloc[-1]]}
        rule = f"{rule}; {HELD_BACK}"
        return run.results(pd.DataFrame(held), analysis_id, context="listing", method=rule)
    rows = rows.sort_values(["arm", *order], kind="stable")
    total, rows = len(rows), rows.head(MOST)
    if total > MOST:
        rule = f"{rule}. The first {MOST} of {numbered(total, 'row')}"
    who = rows["USUBJID"]
    if not run.trial.plan.names_participants:
        who = "participant " + pd.Series(pd.factorize(who)[0] + 1, index=rows.index).astype(str)
    shown = rows.drop(columns=["USUBJID", "arm"]).assign(
        group1_level=rows["arm"].astype(str),
        variable=who,
        variable_level=[str(number) for number in range(1, len(rows) + 1)],
        n_population=sizes.iloc[-1],
        dataset=rows.get("dataset", run.events_source),
    )
    identity = NAMED if run.trial.plan.names_participants else ANONYMOUS
    method = f"{rule}; {identity}"
    return run.results(shown, analysis_id, group1="arm", context="listing", method=method)


def _table(
    listing: Results, run: SafetyRun, title: str, patterns: Mapping[str, str]
) -> Table | Reading:
    """Show what is recorded of a listing; participants are named only where their rows do."""
    if not (listing.frame["group1_level"] != "").any():
        n, size = listing.text("n"), listing.frame["n_population"].iloc[0]
        who = "none" if n == "0" else f"{n} of {size} participants" if size else n
        return Reading([f"{title}: {who}. Rule: {listing.frame['method'].iloc[0]}."], listing)
    recorded, columns = set(listing.frame["stat_name"]), columns_of(patterns)
    shown = {each.title: str(each.shows) for each in columns if recorded & each.statistics}
    labels = {"group1_level": "Arm", "variable": "Participant"}
    return population_table(listing, run, title, labels, shown, folded=True)


SERIOUS = {
    "System organ class": "{soc}", "Preferred term": "{term}",
    "Day of onset": "{first.day}", "Day of end": "{last.day}", "Severity": "{severity}",
    "Relation to treatment": "{relation}", "Action taken": "{action.taken}",
    "Outcome": "{outcome}", "Treatment-emergent": "{emergent}",
}  # fmt: skip
serious_events_table = serious_events.shows(view(_table, "Serious adverse events", SERIOUS))
WITHDRAWAL = {
    "Last day of treatment": "{last.day}", "Reason for stopping": "{reason}",
    "Events that led to it": "{term}",
}  # fmt: skip
withdrawals.shows(view(_table, "Withdrawals", WITHDRAWAL))
deaths.shows(view(_table, "Deaths", {"Day of death": "{last.day}", "Fatal event": "{term}"}))
ABNORMAL = {
    "Test": "{test}", "Day": "{day}", "Visit": "{visit}",
    "Side (at baseline)": "{side} ({side.baseline})",
    "Value (at baseline)": "{value} ({value.baseline})",
    "Normal limits": "{limit.low} to {limit.high}",
}  # fmt: skip
abnormal_values.shows(view(_table, "Laboratory values outside their limits on treatment", ABNORMAL))
