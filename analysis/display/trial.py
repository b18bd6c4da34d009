"""How the findings of a trial check look in a terminal: counts, then what to answer and to mend."""

import textwrap

import pandas as pd
from tabulate import tabulate

from analysis.display.html import BADGES
from analysis.sources.trial.finding import PLAN
from analysis.sources.trial.trial import Trial
from analysis.words import numbered

WIDTH = 100
INDENT = 6
MOST_TEXT = 60
"""Characters of a value that are shown."""
ASKED = {
    "title": "what the trial is called",
    "design": "parallel or single-arm",
    "data_status": "synthetic or real",
    "arms.treatment": "which arm is under test",
    "arms.reference": "which arm is compared with",
    "growth.reference": "the growth reference that gives the SDS",
    "endpoints.primary": "which endpoint is the primary one",
    "direction": "whether higher or lower values are better",
    "visit": "the visit (AVISIT) at which the endpoint is analysed",
    "paramcd": "the PARAMCD of the endpoint",
    "dataset": "the table that holds the records",
    "value": "AVAL, or CHG for the change from baseline",
    "margin": "the non-inferiority margin; remove the line for superiority or a description",
    "analysis.population": "which population the primary analysis takes",
    "safety.population": "which population the safety analyses take",
    "estimand": "population, treatment, variable and summary measure, in words",
    "estimand.population": "whom the estimand is about, in words",
    "estimand.treatment": "which treatment is compared with which, in words",
    "estimand.variable": "what is measured, and when, in words",
    "summary_measure": "what is compared, such as a difference of means",
    "strategy": "how the intercurrent event is handled (ICH E9(R1))",
    "event": "what may intervene before the endpoint is measured",
    "related": "the values of AEREL that count as related",
    "withdrawal": "the values of AEACN that mean withdrawal of treatment",
    "fatal": "the values of AEOUT that mean death",
    "severe": "the values of AESEV that count as severe",
}
"""Last part or parts of a field → what is asked there."""


def findings_text(trial: Trial, findings: pd.DataFrame) -> str:
    """Return what a check found: counts, questions, errors, notes, and what to do.

    Parameters
    ----------
    trial
        As read; its tables are counted.
    findings
        Of `analysis.sources.trial.finding.findings_frame`.
    """
    question = findings["rule"] == "question"
    error = (findings["severity"] == "error") & ~question
    note = findings["severity"] == "note"
    counts = [numbered(int(error.sum()), "error"), numbered(int(note.sum()), "note")]
    if question.any():
        counts.insert(0, numbered(int(question.sum()), "question"))
    parts = [
        _wrapped(f"{trial.plan.title} [{BADGES[trial.data_status]}]", hanging=0)
        + f"\n{', '.join(counts)}",
        _participants(trial),
        _wrapped(f"records: {_sizes(trial)}", hanging=9),
    ]
    if question.any():
        asked = [_question(str(field)) for field in findings["column"][question]]
        parts.append("\n".join(["Questions to answer in trial.yml", *asked]))
    for heading, rows in (("Errors", findings[error]), ("Notes", findings[note])):
        # What is said of several variables is said once.
        said = [_finding(rows) for _, rows in rows.groupby(["rule", "message"], sort=False)]
        parts.append("\n".join([heading, *said]) if said else "")
    parts.append(_to_do(bool(question.any()), bool(error.any())))
    return "\n\n".join(part for part in parts if part)


def _sizes(trial: Trial) -> str:
    return ", ".join(f"{name} {len(table)}" for name, table in trial.tables.items()) or "none"


def _participants(trial: Trial) -> str:
    """Return how many participants each arm has, of all and of each population."""
    adsl = trial.tables.get("adsl", pd.DataFrame())
    if "TRT01P" not in adsl:
        return ""
    arms = adsl["TRT01P"].astype(str).replace("", "no arm")
    planned = [arm for arm in trial.plan.arms.names if (arms == arm).any()]
    order = [*planned, *sorted(set(arms) - set(planned))]
    everyone = pd.Series(True, index=adsl.index)
    groups = {"in adsl": everyone}
    for name, flag in trial.plan.populations.items():
        if flag in adsl:
            groups[name] = adsl[flag] == "Y"
    rows = [[arm, *(int((of & (arms == arm)).sum()) for of in groups.values())] for arm in order]
    if len(order) > 1:
        rows.append(["all", *(int(of.sum()) for of in groups.values())])
    return tabulate(
        rows,
        headers=["participants", *groups],
        tablefmt="plain",
        maxcolwidths=[40, *[None] * len(groups)],
        maxheadercolwidths=[40, *[12] * len(groups)],
        disable_numparse=True,
        colalign=["left", *["right"] * len(groups)],
    )


def _question(field: str) -> str:
    names = [part for part in field.split(".") if not part.isdigit()]
    asked = ASKED.get(".".join(names[-2:])) or ASKED.get(names[-1], "")
    return _wrapped(f"  {field}: {asked}" if asked else f"  {field}")


def _finding(rows: pd.DataFrame) -> str:
    """Return the place of each finding on a line of its own, and their sentence below."""
    places = [_wrapped(f"  {_place(row)}") for _, row in rows.iterrows()]
    return "\n".join([*places, _wrapped(" " * INDENT + rows["message"].iloc[0])])


def _place(finding: pd.Series) -> str:
    about = [f"{finding['file']} {finding['column']}".strip(), str(finding["rule"])]
    if value := str(finding["value"]):
        about.append(f"'{textwrap.shorten(value, MOST_TEXT, placeholder=' …')}'")
    rows = pd.notna(finding["row"]) or finding["count"] > 1
    if finding["file"] != PLAN and rows:
        about.append(numbered(int(finding["count"]), "record"))
    if pd.notna(finding["row"]):
        about.append(f"first in row {finding['row']}")
    return " | ".join(about)


def _wrapped(line: str, *, hanging: int = INDENT) -> str:
    return textwrap.fill(
        line, WIDTH, subsequent_indent=" " * hanging, break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip


def _to_do(questions: bool, errors: bool) -> str:
    if not questions and not errors:
        return "The trial can be analysed; read the notes first."
    steps = []
    if questions:
        steps.append("answer the questions in trial.yml")
    if errors:
        steps.append("mend the errors in the data or in trial.yml")
    again = f"The trial cannot be analysed yet: {' and '.join(steps)}, then check again."
    return _wrapped(again, hanging=0)
