"""Rules on where a record comes from: its number, and the record that it was made of.

ADaMIG 1.3, 3.3.1 and 3.3.9, and the identifiers of OCCDS: nothing here reads them, so that all
are notes; who traces a value back to its source needs them right.
"""

from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import number, text
from analysis.sources.trial.finding import TrialFinding

ONE_RECORD = ("ADSL", "DM")
"""Sources with one record a participant, which needs no number."""


def records_are_numbered_once(study: Study) -> Iterator[TrialFinding]:
    """Note records of a participant with the same ASEQ, or with none where others have one."""
    for name, sequence in study.having(study.tables, "number ASEQ"):
        if "USUBJID" not in study.tables[name]:
            continue
        again = study.row_keys(name, ["USUBJID", "ASEQ"]).duplicated() & sequence.notna()
        message = "ASEQ numbers the records of a participant, each its own (ADaMIG 1.3, 3.3.1)"
        yield from study.notes(name, "ASEQ", again, "duplicate key", message)
        blank = sequence.isna() & sequence.notna().any()
        message = "a record has no ASEQ where others have one"
        yield from study.notes(name, "ASEQ", blank, "record without number", message)


def sources_are_whole(study: Study) -> Iterator[TrialFinding]:
    """Note a source record or variable without its table, and a table without its record."""
    rule = "source incomplete"
    for name, domain in study.having(study.tables, "text SRCDOM"):
        table = study.tables[name]
        # A variable that is blank throughout is read as text.
        sequence = number(table, "SRCSEQ")
        given = pd.Series(False, index=table.index) if sequence is None else sequence.notna()
        # With SRCDOM alone, a table says where its values are from and no more, which it may.
        several = (domain != "") & ~domain.str.upper().isin(ONE_RECORD) & ("SRCSEQ" in table)
        message = "SRCDOM names a table with several records a participant, and SRCSEQ none of them"
        yield from study.notes(name, "SRCDOM", several & ~given, rule, message)
        message = "SRCSEQ is given and SRCDOM is not: it may be of any table"
        yield from study.notes(name, "SRCSEQ", given & (domain == ""), rule, message)
        variable = text(table, "SRCVAR")
        if variable is not None:
            message = "SRCVAR is given and SRCDOM is not: it may be of any table"
            yield from study.notes(name, "SRCVAR", (variable != "") & (domain == ""), rule, message)


def sources_are_there(study: Study) -> Iterator[TrialFinding]:
    """Note source records that a table of the folder does not have."""
    columns = ("text USUBJID", "text SRCDOM", "number SRCSEQ")
    for name, subjects, domain, sequence in study.having(study.tables, *columns):
        for source, numbered in study.having(study.tables, "number ASEQ"):
            asked = (domain.str.upper() == source.upper()) & sequence.notna()
            if not asked.any() or "USUBJID" not in study.tables[source]:
                continue
            known = pd.MultiIndex.from_arrays([study.tables[source]["USUBJID"], numbered])
            own = pd.MultiIndex.from_arrays([subjects, sequence])
            message = f"{source} has no record of the participant with this ASEQ"
            absent = asked & ~own.isin(known)
            yield from study.notes(name, "SRCSEQ", absent, "source record missing", message)


def occurrences_have_one_identifier(study: Study) -> Iterator[TrialFinding]:
    """Note adverse events with AESEQ and SRCDOM, of which OCCDS wants the one or the other."""
    if {"AESEQ", "SRCDOM"} <= set(study.events):
        message = "an adverse event is found by AESEQ; OCCDS has no SRCDOM or SRCSEQ beside it"
        yield TrialFinding(study.events_name, "SRCDOM", "two sources", message, "note", count=0)
