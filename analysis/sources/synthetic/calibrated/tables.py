"""Write the sample and the counts of a study as ADaM tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.sources.define import Dictionary
from analysis.sources.define.dictionary import VariableEntry
from analysis.sources.synthetic.adam import flag, numbered
from analysis.sources.synthetic.calibrated.columns import Columns, Key, visit_name
from analysis.sources.synthetic.calibrated.counts import SEX, Counted
from analysis.sources.synthetic.calibrated.events import events_of
from analysis.sources.synthetic.calibrated.places import Made, places_of, variants_of_baselines
from analysis.sources.synthetic.calibrated.printed import END
from analysis.sources.synthetic.calibrated.times import START, day, months_of
from analysis.sources.synthetic.draws import Floats
from analysis.sources.trial.columns import study_day

BOYS = 0.65
"""Share of boys where none is printed: they are referred and treated more often."""
EVENTS = ("adae", "adsl")
"""Tables whose facts are no records of a parameter."""
ADSL = (
    "STUDYID USUBJID SUBJID SITEID SEX RACE AGE AGEU ARM ACTARM TRT01P TRT01A TRTSDT TRTEDT "
    "TRTDURD EOSDT EOSSTT DCSREAS SCFREAS SCRNFL SAFFL"
).split()
BDS = (
    "STUDYID USUBJID ASEQ TRTP TRTA PARAMCD PARAM AVISIT AVISITN ADT ADY AVAL AVALC BASE CHG "
    "ABLFL ANL01FL"
).split()


def tables_of(
    columns: Columns,
    sample: Floats,
    counted: Counted,
    *,
    study: str,
    everybody_female: bool,
    rng: np.random.Generator,
) -> Made:
    """Return the tables of a study.

    Parameters
    ----------
    columns, sample, counted
        Its columns, their values, and who has which fact.
    study
        STUDYID.
    everybody_female
        Whether the condition is one of girls.
    rng
        Of what is not published: sex, days of events.
    """
    made = places_of(columns)
    adsl = _subjects(columns, sample, counted, made, study, everybody_female, rng)
    made.tables["adsl"] = adsl
    people = adsl[adsl["TRT01P"] != ""]
    frames: dict[str, list[pd.DataFrame]] = {}
    for key, (table, code) in made.codes.items():
        if table != "adsl":
            values = sample[:, columns.keys.index(key)].round(_digits(columns, key))
            frames.setdefault(table, []).append(
                _records(people, code, _label(columns, key), key.months, columns, values)
            )
    for key, variant in variants_of_baselines(made):
        values = sample[:, columns.keys.index(key)].round(_digits(columns, key))
        table, code = made.codes[variant]
        frames.setdefault(table, []).append(
            _records(people, code, _label(columns, variant), 0.0, columns, values)
        )
    measured = bool(frames) or any(table not in EVENTS for table, _ in made.facts.values())
    for fact, (table, code) in made.facts.items():
        # Where nothing is measured, whether somebody had an event is what there is.
        table = "adds" if table == "adae" and not measured else table
        if table not in EVENTS:
            words = ("POSITIVE", "NEGATIVE") if fact.code == "ADA" else ("Y", "N")
            values = np.where(counted.known[fact], counted.has[fact].astype(float), np.nan)
            label = columns.param(fact.code) + (f", {fact.variant}" if fact.variant else "")
            frames.setdefault(table, []).append(
                _records(people, code, label, fact.months, columns, values, words)
            )
    for name, parts in frames.items():
        made.tables[name] = _stacked(parts)
    events = events_of(columns, counted, people, rng)
    if events is not None:
        made.tables["adae"] = events
    return made


def dictionary_with(dictionary: Dictionary, labels: dict[str, str]) -> Dictionary:
    """Return the dictionary with the flags of a study's own sets."""
    own = [
        VariableEntry(("adsl",), name, label[:40], "text", "", "yes", "Derived", f"Y for: {label}")
        for name, label in labels.items()
    ]
    return Dictionary(dictionary.datasets, (*dictionary.entries, *own))


def _digits(columns: Columns, key: Key) -> int:
    """Return so many decimals that the rounding of values moves no printed number."""
    own = [
        each.decimals
        for each in columns.numbers
        if not each.counts and key.code in (each.code, columns.root(each.code))
    ]
    return max([1, *own]) + 3


def _subjects(
    columns: Columns,
    sample: Floats,
    counted: Counted,
    made: Made,
    study: str,
    everybody_female: bool,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return ADSL, with the flags of every set; whoever was screened only at the end."""
    groups = columns.groups
    n = groups.size
    last = START + pd.Timedelta(days=day(END, columns))
    left = np.zeros(n, dtype=bool)
    for fact, has in counted.has.items():
        if fact.code == "COMPLETE":
            left |= counted.known[fact] & ~has
    frame = pd.DataFrame(
        {
            "ARM": groups.arm_of, "SUBJID": [f"{row + 1:05d}" for row in range(n)],
            "SEX": _sex(columns, counted, everybody_female, rng),
            "TRTSDT": START, "TRTEDT": last, "TRTDURD": (last - START).days + 1, "EOSDT": last,
            "EOSSTT": np.where(left, "DISCONTINUED", "COMPLETED"),
            "DCSREAS": np.where(left, "NOT PUBLISHED", ""), "SAFFL": "Y", "SCFREAS": "",
            "SCRNFL": "Y",
        }
    )  # fmt: skip
    frame = frame.assign(ACTARM=frame["ARM"], TRT01P=frame["ARM"], TRT01A=frame["ARM"])
    for key, (table, name) in made.codes.items():
        if table == "adsl":
            frame[name] = sample[:, columns.keys.index(key)].round(_digits(columns, key))
    for name, marked in made.marks.items():
        frame[name] = flag(marked)
    if "RANDFL" in made.marks:
        frame["RANDDT"] = pd.Series(START, index=frame.index).where(made.marks["RANDFL"])
    frame = pd.concat([frame, _screened_only(columns, frame)], ignore_index=True)
    frame = frame.assign(STUDYID=study, SITEID="001", RACE="UNKNOWN", AGEU="YEARS")
    frame["USUBJID"] = study + "-" + frame["SUBJID"]
    further = [name for name in frame if name not in ADSL]
    kept = [
        name
        for name in (*ADSL, *further)
        if name in frame and not (name in ("DCSREAS", "SCFREAS") and (frame[name] == "").all())
    ]
    return frame[kept]


def _screened_only(columns: Columns, frame: pd.DataFrame) -> pd.DataFrame:
    """Return those who were screened and not treated, as many as are printed."""
    screened = [
        int(each.value) for each in columns.numbers if columns.carrier(each).kind == "screened"
    ]
    more = max([0, *(each - len(frame) for each in screened)])
    names = [name for name in frame if name.endswith("FL")]
    return pd.DataFrame(
        {
            "ARM": "Screen Failure", "ACTARM": "Screen Failure", "TRT01P": "", "TRT01A": "",
            "SUBJID": [f"9{row + 1:04d}" for row in range(more)], "SEX": "U",
            "EOSSTT": "SCREEN FAILURE", "DCSREAS": "", "SCFREAS": "NOT PUBLISHED",
            **dict.fromkeys(names, "N"), "SCRNFL": "Y",
        },
        index=range(more),
    )  # fmt: skip


def _sex(
    columns: Columns, counted: Counted, everybody_female: bool, rng: np.random.Generator
) -> np.ndarray:
    """Return the sex of everybody: as counted; girls in Turner syndrome; else in a usual share."""
    n = columns.groups.size
    male = np.zeros(n, dtype=bool) if everybody_female else rng.random(n) < BOYS
    for fact, has in counted.has.items():
        if fact.code == SEX:
            male = np.where(counted.known[fact], has, male)
    return np.where(male, "M", "F")


def _label(columns: Columns, key: Key) -> str:
    words = columns.param(key.code) + (f", {key.variant}" if key.variant else "")
    return f"{words} ({key.unit})" if key.unit else words


def _records(
    people: pd.DataFrame,
    code: str,
    label: str,
    months: float,
    columns: Columns,
    values: Floats,
    words: tuple[str, str] | None = None,
) -> pd.DataFrame:
    """Return the records of one parameter at one visit, of those who have a value."""
    there = np.isfinite(values)
    frame = people.loc[there, ["STUDYID", "USUBJID"]].reset_index(drop=True)
    frame["TRTP"] = frame["TRTA"] = people.loc[there, "ARM"].to_numpy()
    frame = frame.assign(
        PARAMCD=code, PARAM=label, AVISIT=visit_name(months),
        AVISITN=round(months_of(months, columns)),
        ADT=START + pd.Timedelta(days=day(months, columns)), AVAL=values[there],
        ABLFL="Y" if months == 0 else "", ANL01FL="Y", AVALC="",
    )  # fmt: skip
    frame["ADY"] = study_day(frame["ADT"], pd.Series(START, index=frame.index))
    if words:
        frame["AVALC"] = np.where(frame["AVAL"] == 1, *words)
    return frame


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return records in the order of participant, parameter and visit, with baseline and change."""
    whole = pd.concat(parts, ignore_index=True)
    key = ["USUBJID", "PARAMCD"]
    base = whole[whole["ABLFL"] == "Y"].set_index(key)["AVAL"].rename("BASE")
    whole = whole.join(base, on=key)
    after = whole["ABLFL"] == ""
    # Exact in the digits that are stored: a difference of two rounded values has no more of them.
    whole["CHG"] = (whole["AVAL"] - whole["BASE"]).round(9).where(after)
    order = {code: place for place, code in enumerate(dict.fromkeys(whole["PARAMCD"]))}
    whole = whole.assign(order=whole["PARAMCD"].map(order))
    whole = whole.sort_values(["USUBJID", "order", "AVISITN"], kind="stable", ignore_index=True)
    names = [name for name in BDS if name != "AVALC" or (whole["AVALC"] != "").any()]
    return numbered(whole)[names]
