"""Rules on flags: Y or N, and of the participants who must have them."""

from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.checks.use import POPULATIONS
from analysis.sources.trial.columns import date, number, text
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.no_arm import without_arm

RANDOMISED = ("RANDFL", "FASFL", "ITTFL")
"""The flag of who was randomised, and those that only a randomised participant can have."""


def flags_are_yes_or_no(study: Study) -> Iterator[TrialFinding]:
    """Find flags (…FL) other than Y, N and blank.

    Population flags and the flags by which records count are errors, others are notes.
    """
    records = study.plan.records
    counting = {"TRTEMFL", records.analysed, records.baseline}
    for name, table in study.tables.items():
        for column in table:
            is_flag = column.endswith("FL") or column in counting
            if not is_flag or text(table, column) is None:
                continue
            odd = set(study.distinct(name, column)) - {"Y", "N", ""}
            if not odd:
                continue
            wrong, rule = table[column].isin(odd), "flag is not Y, N or blank"
            message = "a flag must be Y, N or blank, and only Y counts; correct it"
            if name != "adsl" and column not in counting:
                yield from study.notes(name, column, wrong, rule, message)
            else:
                yield from study.unknown(name, column, wrong, rule, message, known=("Y", "N"))


def flags_and_their_numbers_agree(study: Study) -> Iterator[TrialFinding]:
    """Note a flag (…FL) whose number (…FN) says otherwise (CDISC checks 6 and 10 to 12)."""
    for name, table in study.tables.items():
        for column in [each for each in table if each.endswith("FL")]:
            flag, code = text(table, column), number(table, f"{column[:-1]}N")
            if flag is None or code is None:
                continue
            expected = flag.map({"Y": 1.0, "N": 0.0}).astype(float)
            wrong = (code != expected) & (code.notna() | expected.notna())
            message = (
                f"{column} Y, N and blank must be 1, 0 and empty in {code.name}; the flag counts"
            )
            rule = "flag and number disagree"
            yield from study.notes(name, str(code.name), wrong, rule, message)


def treated_participants_are_in_safety(study: Study) -> Iterator[TrialFinding]:
    """Find treated participants outside the safety population: unsaid, or by a decision."""
    plan, start = study.plan, date(study.adsl, "TRTSDT")
    column = plan.populations[plan.safety.population] if plan.safety else "SAFFL"
    flag = text(study.adsl, column)
    if flag is None or start is None:
        return
    treated = start.notna()
    message = f"TRTSDT says that they were treated; {column} must be Y or N"
    yield from study.errors(
        "adsl", column, treated & (flag == ""), "population flag blank", message, shown=start
    )
    message = "TRTSDT says that they were treated and the flag is N; they are in no safety table"
    rule = "treated and not in safety"
    yield from study.notes("adsl", column, treated & (flag == "N"), rule, message, shown=start)


def population_flags_are_given(study: Study) -> Iterator[TrialFinding]:
    """Note blank population flags, which ADaM does not allow; an analysis takes them for N."""
    named = set(study.plan.populations.values())
    start = date(study.adsl, "TRTSDT")
    for column in sorted(named | POPULATIONS):
        flag = text(study.adsl, column)
        if flag is None or not (flag != "").any():
            continue
        blank = (flag == "") & _has_an_arm(study)
        if study.plan.safety and column == study.plan.populations[study.plan.safety.population]:
            blank &= start.isna() if start is not None else True
        if column == "RANDFL" and study.plan.design == "parallel":
            message = "they have an arm; RANDFL must be Y or N"
            yield from study.errors("adsl", column, blank, "population flag blank", message)
            continue
        message = "a population flag must be Y or N (CDISC check AD0019); blank is taken for N"
        yield from study.notes("adsl", column, blank, "population flag blank", message)


def _has_an_arm(study: Study) -> pd.Series:
    arms = text(study.adsl, "TRT01P")
    if arms is None:
        return pd.Series(False, index=study.adsl.index)
    return ~without_arm(arms)


def populations_were_randomised(study: Study) -> Iterator[TrialFinding]:
    """Find members of the full analysis set who were not randomised."""
    if study.plan.design == "single-arm":
        return
    randomised, when = text(study.adsl, "RANDFL"), date(study.adsl, "RANDDT")
    never = pd.Series(False, index=study.adsl.index)
    if randomised is not None and (randomised == "Y").any():
        never |= randomised != "Y"
    elif when is not None and when.notna().any():
        never |= when.isna()
    for column in RANDOMISED[1:]:
        flag = text(study.adsl, column)
        if flag is not None:
            message = f"{column} is Y and they were not randomised (RANDFL, RANDDT); correct one"
            wrong, rule = (flag == "Y") & never, "in a population without randomisation"
            severe = column in study.plan.populations.values()
            report = study.errors if severe else study.notes
            yield from report("adsl", column, wrong, rule, message)
    if randomised is not None and when is not None:
        message = "RANDFL is Y and RANDDT is empty, or RANDDT is given and RANDFL is N"
        lone = (randomised == "Y") & when.isna() & when.notna().any()
        lone |= (randomised == "N") & when.notna()
        yield from study.notes("adsl", "RANDFL", lone, "flag and date disagree", message)


def deaths_have_a_flag_and_a_date(study: Study) -> Iterator[TrialFinding]:
    """Find a date of death without the flag, and note a flag without the date."""
    flag, when = text(study.adsl, "DTHFL"), date(study.adsl, "DTHDT")
    if flag is None or when is None:
        return
    message = "DTHDT is given and DTHFL is not Y; correct one of them"
    wrong = when.notna() & (flag != "Y")
    yield from study.errors("adsl", "DTHFL", wrong, "death disagrees", message)
    if when.notna().any():
        message = "DTHFL is Y and DTHDT is empty; the day of death is unknown"
        undated = (flag == "Y") & when.isna()
        yield from study.notes("adsl", "DTHDT", undated, "death undated", message)
