"""Listings: single participants, named only where the trial's plan allows it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.errors import NoSection, UserError
from analysis.results import Results, Stat, from_frame
from analysis.safety.measurements import HIGH, LOW, ON_TREATMENT, RULE, measurements, source_of
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.units import decimals_of

MOST = 100
"""Rows of a listing; what is beyond is counted."""
REASONS = ("ADVERSE EVENT", "DEATH")
"""Reasons in ADSL that make the end of treatment a matter of safety; by how they begin."""
ANONYMOUS = (
    "participants are numbered within this listing, in the order of arm, day and term; the "
    "numbers cannot be traced. Days are days of study; no dates"
)
NAMED = "identifiers are shown because trial.yml says so (safety.identifiers). Days of study"
EVENT = {
    "AEBODSYS": ("soc", "System organ class"),
    "AEDECOD": ("term", "Preferred term"),
    "ASTDY": ("first.day", "Day of onset"),
    "AENDY": ("last.day", "Day of end"),
    "AESEV": ("severity", "Severity"),
    "AEREL": ("relation", "Relation to treatment"),
    "AEACN": ("action", "Action taken"),
    "AEOUT": ("outcome", "Outcome"),
    "TRTEMFL": ("emergent", "Treatment-emergent"),
}
"""What is listed of an event. Never the reported term: it is free text, and may name somebody."""


def serious_events(run: SafetyRun) -> Results:
    """Return every serious adverse event, emergent or not.

    Notes
    -----
    AESER is Y. The preferred term stands for the event; what was reported is free text.
    """
    events = _events(run)
    if "AESER" not in events:
        raise UserError(f"{run.plan.adverse_events} must have AESER to list serious events")
    return _event_listing(run, events[events["AESER"] == "Y"], "listing-serious", "AESER is Y")


def withdrawals(run: SafetyRun) -> Results:
    """Return participants whose treatment ended for reasons of safety, and the events behind it.

    Notes
    -----
    Two ways: an event whose AEACN is one of the plan's withdrawal values, and a reason in ADSL
    (DCSREAS, or DCDECOD) that begins with adverse event or death. A participant found both ways
    has one row with both.
    """
    subjects = safety_population(run).subjects
    events = _events(run)
    action = events.get("AEACN", pd.Series("", index=events.index)).str.upper()
    led = events[action.isin([value.upper() for value in run.plan.withdrawal])]
    named = _terms(led).groupby(led["USUBJID"])
    terms = {who: "; ".join(sorted(set(names))) for who, names in named}
    column = next((name for name in ("DCSREAS", "DCDECOD") if name in subjects), "")
    reason = subjects[column] if column else pd.Series("", index=subjects.index)
    known = reason.str.upper().str.startswith(REASONS)
    own = subjects[known | subjects["USUBJID"].isin(list(terms))]
    day = own["TRTDURD"] if "TRTDURD" in own else pd.Series(np.nan, index=own.index)
    rows = own[["USUBJID", "ARM"]].assign(
        DAY=day,
        TERM=[terms.get(name, "") for name in own["USUBJID"]],
        REASON=reason[own.index],
    )
    texts = {
        "DAY": ("last.day", "Last day of treatment"),
        "REASON": ("reason", "Reason in ADSL"),
        "TERM": ("term", "Events that led to it"),
    }
    rule = (
        f"AEACN is {' or '.join(run.plan.withdrawal)}, or {column or 'ADSL'} gives an adverse "
        "event or death"
    )
    if not (action != "").any():
        rule = f"{rule}; AEACN is empty, so that no event can be named"
    return _listed(run, rows, texts, "listing-withdrawals", rule)


def deaths(run: SafetyRun) -> Results:
    """Return every participant who died, and of what where an event says so."""
    subjects = safety_population(run).subjects
    events = _events(run) if run.plan.adverse_events else pd.DataFrame(columns=["USUBJID"])
    fatal = pd.Series(False, index=events.index)
    for column, value in (("AEOUT", "FATAL"), ("AESDTH", "Y")):
        if column in events:
            fatal |= events[column].str.upper() == value
    died = subjects["USUBJID"].isin(events.loc[fatal, "USUBJID"])
    if "DTHFL" in subjects:
        died |= subjects["DTHFL"] == "Y"
    own = subjects[died]
    first = events[fatal].drop_duplicates("USUBJID").set_index("USUBJID")
    nothing = pd.Series(np.nan, index=own.index)
    day = nothing
    if {"DTHDT", "TRTSDT"} <= set(own):
        day = (own["DTHDT"] - own["TRTSDT"]).dt.days + 1
    for column in ("AENDY", "ASTDY"):
        if column in first:
            day = day.fillna(own["USUBJID"].map(first[column]))
    terms = dict(zip(first.index, _terms(first), strict=True))
    rows = own[["USUBJID", "ARM"]].assign(
        DAY=day, TERM=[terms.get(name, "") for name in own["USUBJID"]]
    )
    texts = {"DAY": ("last.day", "Day of death"), "TERM": ("term", "Fatal event")}
    return _listed(
        run, rows, texts, "listing-deaths", "DTHFL is Y, or an event is fatal (AEOUT, AESDTH)"
    )


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
    width = (outside["HIGH"] - outside["LOW"]).where(lambda values: values > 0)
    low = outside["SIDE"] == LOW
    gap = np.where(low, outside["LOW"] - outside["AVAL"], outside["AVAL"] - outside["HIGH"])
    rank = pd.Series(gap / width, index=outside.index).rank(ascending=False, method="first")
    first = outside[rank.fillna(np.inf) <= MOST] if len(outside) > MOST else outside
    digits = {name: decimals_of(own["AVAL"]) for name, own in first.groupby("PARAM")}
    limits = {
        name: decimals_of(pd.concat([own["LOW"], own["HIGH"]]).dropna())
        for name, own in first.groupby("PARAM")
    }
    rows = first.assign(
        DAY=first["ADY"],
        TERM=first["PARAM"],
        PREVIOUS=first["BASE"],
        DIGITS=first["PARAM"].map(digits),
        FINER=first["PARAM"].map(limits),
    )
    texts = {
        "PARAM": ("test", "Test"),
        "DAY": ("day", "Day"),
        "AVISIT": ("visit", "Visit"),
        "SIDE": ("side", "Side"),
        "BASESIDE": ("side.baseline", "At baseline"),
    }
    values = {
        "AVAL": Stat("value", "Value", "DIGITS", "UNIT"),
        "PREVIOUS": Stat("value.baseline", "Baseline value", "DIGITS", "UNIT"),
        "LOW": Stat("limit.low", "Lower limit", "FINER", "UNIT"),
        "HIGH": Stat("limit.high", "Upper limit", "FINER", "UNIT"),
    }
    rule = f"values low or high by their flag, or by their limits. {RULE}"
    if len(outside) > MOST:
        rule = (
            f"{rule}. {len(outside)} such values; listed are the {len(first)} furthest beyond "
            "their limit, in widths of the normal range"
        )
    return _listed(run, rows, texts, "listing-abnormal", rule, values=values, source=source_of(run))


def _events(run: SafetyRun) -> pd.DataFrame:
    if not run.plan.adverse_events:
        raise NoSection(f"trial.yml of '{run.trial.plan.id}' names no adverse events")
    return safety_population(run).restrict(run.trial.tables[run.plan.adverse_events.lower()])


def _terms(events: pd.DataFrame) -> pd.Series:
    """Return the preferred terms; nothing where the events are not coded."""
    return events.get("AEDECOD", pd.Series("", index=events.index))


def _event_listing(run: SafetyRun, events: pd.DataFrame, analysis_id: str, rule: str) -> Results:
    texts = {column: words for column, words in EVENT.items() if column in events}
    filled = [column for column in texts if events[column].replace("", np.nan).notna().any()]
    rows = events.assign(
        DAY=events.get("ASTDY", pd.Series(np.nan, index=events.index)),
        TERM=_terms(events),
    )
    return _listed(run, rows, {name: texts[name] for name in filled}, analysis_id, rule)


def _listed(
    run: SafetyRun,
    rows: pd.DataFrame,
    texts: Mapping[str, tuple[str, str]],
    analysis_id: str,
    rule: str,
    *,
    values: Mapping[str, Stat] | None = None,
    source: str = "",
) -> Results:
    """Return rows as a listing: every row one participant's, numbered or named.

    Parameters
    ----------
    run
        Its plan says whether identifiers may be shown.
    rows
        ``USUBJID, ARM, DAY, TERM`` and what is listed.
    texts
        Column → stat name and label of a text, or of a number of days.
    analysis_id, source
        See `from_frame`.
    rule
        Who is listed, in words.
    values
        Column → how a number is shown.
    """
    if rows.empty:
        return _empty(run, analysis_id, rule)
    # Never in the order of the identifiers, from which a number could be traced.
    order = dict.fromkeys(["ARM", "DAY", "TERM", *texts])
    rows = rows.sort_values(list(order), kind="stable")
    total = len(rows)
    rows = rows.head(MOST)
    if total > MOST:
        rule = f"{rule}. The first {MOST} of {total} rows"
    who = rows["USUBJID"]
    if not run.plan.identifiers:
        who = "participant " + pd.Series(pd.factorize(who)[0] + 1, index=rows.index).astype(str)
    numeric = {name for name in texts if pd.api.types.is_numeric_dtype(rows[name])}
    listed = rows[list(texts)].astype({name: str for name in texts if name not in numeric})
    shown = listed.assign(
        **{column: rows[column] for column in (values or {})},
        **{name: rows[name] for name in ("DIGITS", "FINER", "UNIT") if name in rows},
        group1_level=rows["ARM"].astype(str),
        variable=who,
        variable_level=[str(number) for number in range(1, len(rows) + 1)],
        population=run.population,
        n_population=int(safety_population(run).sizes.iloc[-1]),
        source=source or f"{run.trial.plan.id}: adsl, {run.plan.adverse_events}",
    )
    stats = {
        column: Stat(name, label, 0, "days") if column in numeric else Stat(name, label)
        for column, (name, label) in texts.items()
    }
    identity = NAMED if run.plan.identifiers else ANONYMOUS
    return from_frame(
        shown,
        {**stats, **(values or {})},
        analysis_id=analysis_id,
        group1="arm",
        context="listing",
        method=f"{rule}; {identity}",
        **run.result_labels,
    )


def _empty(run: SafetyRun, analysis_id: str, rule: str) -> Results:
    """Return the one row that says that nobody is listed."""
    return from_frame(
        pd.DataFrame(
            {
                "variable": ["All participants"],
                "n": [0],
                "population": [run.population],
                "n_population": [int(safety_population(run).sizes.iloc[-1])],
                "source": [run.trial.plan.id],
            }
        ),
        {"n": Stat("n", "Rows", 0)},
        analysis_id=analysis_id,
        context="listing",
        method=rule,
        **run.result_labels,
    )
