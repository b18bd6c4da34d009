"""What synthetic data were made to give: each published number, and the same number of the data."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.display.reading import Reading
from analysis.display.tables import Column, Table
from analysis.efficacy.primary import analyse
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection
from analysis.numbers import fixed, shown
from analysis.results import Results, section
from analysis.sources.evidence import load_ledger
from analysis.sources.synthetic import Assumption, Assumptions
from analysis.sources.synthetic.reading import FILE as ASSUMPTIONS
from analysis.sources.synthetic.reading import TABLE, read_assumptions
from analysis.sources.synthetic.schedule import MONTH_12, MONTHS
from analysis.sources.trial.trial import Trial
from analysis.stats.intervals import Estimated
from analysis.words import numbered

ALL = "All"
DERIVED = "not printed: the difference of the two means above"
AS_PRINTED, NOT_AS_PRINTED = "as printed", "differs"


@dataclass(frozen=True, slots=True)
class _Target:
    """A quantity of an arm, what was assumed of it, and what the data give."""

    what: str
    arm: str
    printed: Assumption[Any]
    found: float


@section
def reproduced(run: Settings) -> Results:
    """Return every published number that the data were made to give, beside what they give.

    Returns
    -------
    Results
        ``variable`` the quantity, ``printed.words`` the number as its source prints it,
        ``value`` that of the data, ``outcome`` whether it rounds to the printed one.

    Raises
    ------
    NoSection
        If the trial is real or was not generated here.

    Notes
    -----
    Agreement is by construction and no evidence. The adjusted difference is that of the planned
    analysis, so it is left out where the run departs from the plan.
    """
    folder = run.trial.folder
    if run.data_status != "synthetic" or not (folder / ASSUMPTIONS).is_file():
        raise NoSection("these data were not generated from published numbers")
    if (folder / TABLE).is_file():
        return _calibrated(run)
    assumptions = read_assumptions(folder)
    ledger = load_ledger().results.set_index("result_id")
    targets = [*_of_the_data(run.trial, assumptions), *_of_the_plan(run, assumptions)]
    rows = [_row(target, ledger) for target in targets if target.printed.ledger]
    if not rows:
        raise NoSection("no number of these data was taken from the ledger")
    return run.results(
        pd.DataFrame([*rows, *_difference(run.trial, assumptions)]),
        "reproduced",
        group1="arm",
        context="assumptions",
        method="generated to agree with the published number",
    )


def _calibrated(run: Settings) -> Results:
    """Return the numbers of a calibrated study, computed anew from its tables."""
    # Imported late: who reads another trial does not wait for the audit and the solver.
    from analysis.sources.synthetic.calibrated import as_stored
    from analysis.sources.synthetic.calibrated.recount import REPRODUCED

    stored = as_stored(run.trial)
    if stored is None:
        raise NoSection("the plan does not say of which study of the ledger these data are")
    versus = stored["reference"].where(stored["reference"] == "", " v " + stored["reference"])
    agrees = stored["outcome"] == REPRODUCED
    params = load_ledger().endpoints.set_index("paramcd")["param"]
    parts = ["param", "visit", "statistic", "population"]
    what = stored.assign(param=stored["paramcd"].map(params))[parts].agg(", ".join, axis=1)
    twice = (what + stored["arm"] + versus).duplicated(keep=False)
    frame = pd.DataFrame(
        {
            "group1_level": stored["arm"] + versus,
            "variable": what.mask(twice, what + ", " + stored["result_id"]),
            "value": stored["value"],
            "decimals": stored["decimals"],
            "unit": stored["unit"],
            "unit.words": stored["unit"],
            "printed.words": stored["printed"].str.replace("-", "−"),
            "outcome": (stored["outcome"] + ": " + stored["why"]).mask(agrees, AS_PRINTED),
            "locator": stored["result_id"] + ", " + stored["source"],
            "dataset": ASSUMPTIONS + "; ledger " + stored["result_id"],
            "population": "",
        }
    )  # fmt: skip
    return run.results(
        frame, "reproduced", group1="arm", context="assumptions",
        method="generated to agree with the published number",
    )  # fmt: skip


def _row(target: _Target, ledger: pd.DataFrame) -> dict[str, object]:
    """Return a result row; whether it agrees is judged by the digits that the source prints."""
    printed = ledger.loc[target.printed.ledger]
    digits = int(printed["decimals"])
    agrees = shown(target.found, digits) == shown(float(printed["value"]), digits)
    return {
        "group1_level": target.arm,
        "variable": target.what,
        "value": target.found,
        "decimals": digits,
        "unit": printed["unit"],
        "unit.words": printed["unit"],
        "printed.words": fixed(float(printed["value"]), digits),
        "outcome": AS_PRINTED if agrees else NOT_AS_PRINTED,
        "locator": f"{target.printed.ledger}, {printed['study_id']}",
        "dataset": f"{ASSUMPTIONS}; ledger {target.printed.ledger}",
        "population": "",
    }


def _measured(trial: Trial, paramcd: str, month: int) -> pd.Series:
    """Return values inside their visit's window, by participant."""
    adgr = trial.tables["adgr"]
    inside = (adgr["PARAMCD"] == paramcd) & (adgr["ANL01FL"] == "Y") & (adgr["AVISITN"] == month)
    return adgr[inside].set_index("USUBJID")["AVAL"].dropna()


def _of_the_data(trial: Trial, plan: Assumptions) -> Iterator[_Target]:
    """Yield what arms, visits and events are to give."""
    subjects = trial.tables["adsl"].query("RANDFL == 'Y'").set_index("USUBJID")
    arm = subjects["TRT01P"].astype(str)
    last = int(MONTHS[MONTH_12])
    for each in plan.arms:
        yield _Target("Randomised", each.name.value, each.n, float((arm == each.name.value).sum()))
    age, growth = plan.children.age, plan.growth
    yield _Target("Age, mean", ALL, age.mean, float(subjects["AGE"].mean()))
    yield _Target("Age, SD", ALL, age.sd, float(subjects["AGE"].std()))
    for what, printed, code in (
        ("Height velocity before treatment", growth.velocity_before, "HV"),
        ("Height SDS at baseline", growth.height_sds_baseline, "HTSDS"),
    ):
        values = _measured(trial, code, 0)
        yield _Target(f"{what}, mean", ALL, printed.mean, float(values.mean()))
    velocity = _measured(trial, "HV", last)
    for name, target in growth.velocity_month_12.items():
        own = velocity[arm.reindex(velocity.index) == name]
        what = f"Height velocity at {numbered(last, 'month')}"
        yield _Target(f"{what}, mean", name, target.mean, float(own.mean()))
        yield _Target(f"{what}, SD", name, target.sd, float(own.std()))
    if growth.height_sds_month_12:
        found = _measured(trial, "HTSDS", last).mean()
        what = f"Height SDS at {numbered(last, 'month')}, mean"
        yield _Target(what, ALL, growth.height_sds_month_12, float(found))
    adlb = trial.tables["adlb"]
    positive = arm[arm.index.isin(adlb.loc[adlb["AVALC"] == "POSITIVE", "USUBJID"])]
    for name, count in plan.laboratory.antibodies.items():
        yield _Target("With anti-GH antibodies", name, count, float((positive == name).sum()))


def _of_the_plan(run: Settings, plan: Assumptions) -> Iterator[_Target]:
    """Yield what the planned analysis of the primary endpoint is to give."""
    published = plan.growth.published
    if published is None or run.plan_status == "exploratory":
        return
    found = analyse(run).contrast
    if not isinstance(found, Estimated):
        return
    what = f"{run.endpoint.name}, adjusted difference"
    yield _Target(what, run.contrast, published.estimate, found.estimate)
    yield _Target(f"{what}: lower limit", run.contrast, published.low, found.lower)
    yield _Target(f"{what}: upper limit", run.contrast, published.high, found.upper)


def _difference(trial: Trial, plan: Assumptions) -> Iterator[dict[str, object]]:
    """Yield the raw difference: what the printed means imply, and the data give."""
    targets = list(plan.growth.velocity_month_12.items())
    if len(targets) != 2:
        return
    last = int(MONTHS[MONTH_12])
    velocity = _measured(trial, "HV", last)
    arm = trial.tables["adsl"].set_index("USUBJID")["TRT01P"].reindex(velocity.index).astype(str)
    (first, one), (second, other) = targets
    printed, found = (
        one.mean.value - other.mean.value,
        (velocity[arm == first].mean() - velocity[arm == second].mean()),
    )
    yield {
        "group1_level": f"{first} − {second}",
        "variable": f"Height velocity at {numbered(last, 'month')}, difference of means",
        "value": float(found),
        "decimals": 1,
        "unit": "cm/year",
        "unit.words": "cm/year",
        "printed.words": fixed(printed, 1),
        "outcome": AS_PRINTED if shown(found, 1) == shown(printed, 1) else NOT_AS_PRINTED,
        "locator": DERIVED,
        "dataset": ASSUMPTIONS,
        "population": "",
    }


@reproduced.shows
def reproduced_reading(reproduced: Results, _run: Settings) -> Reading:
    """Say that agreement is by construction, and what does not agree."""
    wide = reproduced.wide("stat_fmt")
    # The raw difference is printed by nobody: it follows from the means.
    outcomes = list(wide.loc[wide["locator"] != DERIVED, "outcome"])
    agree = sum(outcome == AS_PRINTED for outcome in outcomes)
    words = (
        "all of them to the printed digit"
        if agree == len(outcomes)
        else f"{agree} of {len(outcomes)} to the printed digit"
    )
    return Reading(
        [
            f"These data are synthetic and were made to give "
            f"{numbered(len(outcomes), 'published number')}; "
            f"they give {words}. Agreement with those publications is therefore no evidence, and "
            "nothing on this page says anything about a product."
        ],
        reproduced,
    )


@reproduced.shows
def reproduced_table(reproduced: Results, _run: Settings) -> Table:
    """Show every reproduced number."""
    return Table(
        title="Published numbers that the synthetic data reproduce",
        folded=True,
        results=reproduced,
        labels={"variable": "Quantity", "group1_level": "Arm"},
        columns=[
            Column("As printed", "{printed.words}", "text"),
            Column("In these data", "{value}"),
            Column("Unit", "{unit.words}", "text"),
            Column("", "{outcome}", "text"),
            Column("Ledger row, study", "{locator}", "text"),
        ],
    )
