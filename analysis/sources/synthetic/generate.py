"""Generate the tables of a synthetic trial from its assumptions, the same bytes every time."""

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.sources.synthetic.adam import csv_text, flag, traced
from analysis.sources.synthetic.allocation import allocate
from analysis.sources.synthetic.assumptions import Assumptions
from analysis.sources.synthetic.children import enrol, screened_only
from analysis.sources.synthetic.disposition import Course, deviations, follow
from analysis.sources.synthetic.draws import streams
from analysis.sources.synthetic.events import adverse_events, drawn_events
from analysis.sources.synthetic.exposure import exposure
from analysis.sources.synthetic.growth import before_treatment, grow
from analysis.sources.synthetic.growth_factors import growth_factors
from analysis.sources.synthetic.laboratory import laboratory, samples
from analysis.sources.synthetic.measurements import growth_table, vital_signs, weights
from analysis.sources.synthetic.reading import disagreements, read_assumptions
from analysis.sources.synthetic.schedule import BASELINE
from analysis.sources.synthetic.writing import put
from analysis.sources.trial.trial_folder import TRIALS

DEFINE = "define.xml"

ADSL = [
    *"STUDYID USUBJID SUBJID SITEID REGION1 SEX RACE AGE AGEU BRTHDT RFICDT RANDDT".split(),
    *"ARM ACTARM TRT01P TRT01A TRTSDT TRTEDT TRTDURD EOSDT EOSSTT DCSREAS SCFREAS".split(),
    *"SCRNFL RANDFL SAFFL FASFL PPROTFL COMPLFL PPEXCL".split(),
    *"TANNER HEIGHTBL WEIGHTBL HTSDSBL HVBL BONEAGBL PEAKGH MOTHERHT FATHERHT".split(),
]
SOMETIMES = ("PEAKGH", "MOTHERHT", "FATHERHT")
"""Variables that a trial records or not, as its assumptions say."""
NOT_RANDOMISED = "Screen Failure"
"""ARM of whoever was screened only, as SDTM has it."""


def generate(assumptions: Assumptions) -> dict[str, pd.DataFrame]:
    """Return the tables of a synthetic trial.

    Parameters
    ----------
    assumptions
        The trial's assumptions.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``adsl``, ``adgr``, ``advs``, ``adlb``, ``adae``, ``adex``, ``addv``, with CDISC names.

    Raises
    ------
    UserError
        If a target cannot be met under the other assumptions.

    Notes
    -----
    Patients exist only here: the numbers show how an analysis works and say nothing about any
    product. Draws come from `numpy.random.SeedSequence`, one stream a topic.
    """
    rng = streams(assumptions.seed.value)
    children = enrol(assumptions, rng["children"]).assign(STUDYID=assumptions.study)
    course = follow(assumptions, children, calendar=rng["calendar"], disposition=rng["disposition"])
    start = before_treatment(assumptions, children, course, rng["growth"])
    seen = course.measured_at_month_12
    arms = allocate(assumptions, children, start, seen, rng["allocation"])
    children = children.assign(ARM=arms)
    heights = grow(assumptions, children, course, start, rng["growth"])
    weight = weights(assumptions, children, course, heights.stored, rng["body"])
    taken = samples(assumptions, len(children), rng["laboratory"])
    factors = growth_factors(assumptions, children, course, heights.response, taken, rng["factors"])
    drawn = drawn_events(assumptions, children, course, factors, taken, rng["events"])
    adgr, advs, adlb = traced(
        growth_table(assumptions, children, course, heights.stored, rng["body"]),
        vital_signs(assumptions, children, course, weight, rng["body"]),
        laboratory(assumptions, children, course, factors, drawn, taken, rng),
    )
    failures = screened_only(assumptions, rng["children"]).assign(STUDYID=assumptions.study)
    return {
        "adsl": _subjects(children, failures, course, adgr, weight),
        "adgr": adgr,
        "advs": advs,
        "adlb": adlb,
        "adae": adverse_events(assumptions, children, course, drawn, rng["described"]),
        "adex": exposure(assumptions, children, course, weight, factors),
        "addv": _deviations(children, course),
    }


def synthesise(trial_id: str, folder: Path | None = None) -> None:
    """Write the tables of a synthetic trial, and their define.xml, beside its ``assumptions.yml``.

    Parameters
    ----------
    trial_id
        Id of the trial: ``"ghd"``, ``"turner-1"``, ``"turner-2"``.
    folder
        Where to write; by default the trial's own folder.

    Raises
    ------
    UserError
        If there is no such trial, an assumption is not what its ledger row says, or a target
        cannot be met. Nothing is written then.
    """
    known = sorted(path.parent.name for path in TRIALS.glob("*/assumptions.yml"))
    if trial_id not in known:
        raise UserError(f"trial must be one of {', '.join(known)}; got '{trial_id}'")
    # Imported late: who only reads what a trial assumes does not wait for the ledger's schemas.
    from analysis.sources.define import define_xml
    from analysis.sources.evidence import load_ledger

    assumptions = read_assumptions(TRIALS / trial_id)
    wrong = disagreements(assumptions, load_ledger().results)
    if wrong:
        raise UserError("\n".join(wrong))
    tables = generate(assumptions)
    files = {f"{name}.csv": csv_text(table) for name, table in tables.items()}
    files[DEFINE] = define_xml(tables, study=assumptions.study, title=assumptions.title)
    put(files, folder or TRIALS / trial_id)


def _subjects(
    children: pd.DataFrame,
    failures: pd.DataFrame,
    course: Course,
    adgr: pd.DataFrame,
    weight: np.ndarray,
) -> pd.DataFrame:
    """Return ADSL: the randomised children, and those screened only with every flag N."""
    left = course.dropout != ""
    frame = children.assign(
        ACTARM=children["ARM"],
        TRT01P=children["ARM"],
        TRT01A=children["ARM"],
        TRTSDT=children["RANDDT"],
        TRTEDT=children["RANDDT"] + pd.to_timedelta(course.last_day, unit="D"),
        TRTDURD=course.last_day + 1,
        EOSDT=children["RANDDT"] + pd.to_timedelta(course.end_day, unit="D"),
        EOSSTT=np.where(left, "DISCONTINUED", "COMPLETED"),
        DCSREAS=course.dropout,
        PPROTFL=flag(course.deviation == ""),
        COMPLFL=flag(~left),
        PPEXCL=course.deviation,
        WEIGHTBL=weight[:, BASELINE],
    ).assign(SCRNFL="Y", RANDFL="Y", SAFFL="Y", FASFL="Y")
    baseline = adgr[adgr["ABLFL"] == "Y"].pivot(index="USUBJID", columns="PARAMCD", values="AVAL")
    names = {"HEIGHT": "HEIGHTBL", "HTSDS": "HTSDSBL", "HV": "HVBL", "BONEAGE": "BONEAGBL"}
    frame = frame.join(baseline.rename(columns=names), on="USUBJID")
    flags = dict.fromkeys(["RANDFL", "SAFFL", "FASFL", "PPROTFL", "COMPLFL"], "N")
    flags |= dict.fromkeys(["ARM", "ACTARM"], NOT_RANDOMISED)
    failures = failures.assign(SCRNFL="Y", EOSSTT="SCREEN FAILURE", **flags)
    whole = pd.concat([frame, failures], ignore_index=True).assign(AGEU="YEARS")
    whole = whole.reindex(columns=[c for c in ADSL if c not in SOMETIMES or c in children])
    return whole.sort_values("USUBJID", kind="stable", ignore_index=True)


def _deviations(children: pd.DataFrame, course: Course) -> pd.DataFrame:
    """Return ADDV."""
    found = deviations(children, course).assign(STUDYID=children["STUDYID"].iloc[0])
    found["DVSEQ"] = found.groupby("USUBJID").cumcount() + 1
    found = found.rename(columns={"ARM": "TRT01P"})
    return found[["STUDYID", "USUBJID", "TRT01P", "DVSEQ", "DVTERM", "DVCAT", "ASTDT"]]
