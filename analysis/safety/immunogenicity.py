"""Antibodies against growth hormone: by visit, what emerged, and growth in positive v negative."""

from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.display.rows import has
from analysis.display.tables import Table
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import COUNTED, PLACE, Counted, Results, placed, recorded_decimals, section
from analysis.safety.incidence import count_results, findings
from analysis.safety.measurements import text_of
from analysis.safety.population import safety_population
from analysis.safety.roles import need_roles
from analysis.safety.settings import SafetyRun
from analysis.safety.summaries import SUMMARY, described
from analysis.safety.tables import finding_table, population_table, view
from analysis.stats.descriptive import Summary, summarise
from analysis.stats.differences import difference_of_means
from analysis.words import numbered

POSITIVE, NEGATIVE = "Positive", "Negative"
EMERGENT = "Positive after baseline, negative at baseline"
UNKNOWN = "Positive after baseline, baseline missing"
PERSISTENT = "Positive after baseline, positive at baseline"
ANY = "Positive at any time after baseline"
CAUTION = (
    "few positive participants, not randomised to be so; a difference would not show a cause, "
    "and its absence would not show safety"
)


@lru_cache(maxsize=8)
def results_of(run: SafetyRun) -> pd.DataFrame:
    """Return the antibody results of the participants of a run.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID, arm, AVISIT, ORDER, BASELINE, POSITIVE`` and `PLACE`; results that are neither
        positive nor negative are left out, their number is in ``attrs["unclear"]``.

    Raises
    ------
    NoSection
        If the trial names no antibodies.
    UserError
        If the table has no AVALC.
    """
    code = need_roles(run, "antibodies")["antibodies"]
    parts = []
    for name in run.plan.laboratory:
        table = placed(run.table(name, "USUBJID", "PARAMCD"), name)
        own = safety_population(run).restrict(table[table["PARAMCD"] == code])
        if own.empty:
            continue
        if "AVALC" not in own:
            raise UserError(
                f"{name} must have AVALC with POSITIVE or NEGATIVE for PARAMCD '{code}'; add it"
            )
        day = own.get("ADY", pd.Series(np.nan, index=own.index))
        flag = run.trial.plan.records.baseline
        parts.append(
            own.assign(
                BASELINE=own[flag] == "Y" if flag in own else day <= 1,
                EARLY=day <= 1,
                ORDER=own.get("AVISITN", day),
                AVISIT=text_of(own, "AVISIT"),
                AVALC=text_of(own, "AVALC"),
            )
        )
    if not parts:
        raise UserError(f"no participant has an antibody result (PARAMCD '{code}')")
    records = pd.concat(parts)
    # What was taken before treatment and is not the baseline says nothing about treatment.
    records = records[records["BASELINE"] | ~records["EARLY"]]
    word = records["AVALC"].str.strip().str.upper()
    known = word.isin(["POSITIVE", "NEGATIVE"])
    found = records[known].assign(POSITIVE=word[known] == "POSITIVE")
    found = found[["USUBJID", "arm", "AVISIT", "ORDER", "BASELINE", "POSITIVE", *PLACE]]
    found = found.reset_index(drop=True)
    found.attrs["unclear"] = int((~known).sum())
    if found.empty:
        raise UserError(f"no antibody result (PARAMCD '{code}') is POSITIVE or NEGATIVE in AVALC")
    return found


def _unclear(records: pd.DataFrame) -> str:
    count = records.attrs["unclear"]
    return f"; left out: {numbered(count, 'result')} neither positive nor negative" if count else ""


@section
def antibodies_by_visit(run: SafetyRun) -> Results:
    """Return positive participants at every visit, of those with a result there."""
    records = results_of(run).sort_values("ORDER", kind="stable")
    filed = records[records["AVISIT"] != ""]
    wanted = filed[["AVISIT"]].drop_duplicates()
    counted = findings(run, filed[filed["POSITIVE"]], filed, wanted, ["AVISIT"])
    rule = "participants with a positive result, of those with a result at the visit"
    return count_results(run, counted, "antibodies-by-visit", rule=rule + _unclear(records))


antibodies_by_visit.shows(
    view(finding_table, "Anti-GH antibodies by visit, positive", {"variable": "Visit"})
)


def _after(records: pd.DataFrame) -> pd.DataFrame:
    """Return the results after baseline."""
    return records[~records["BASELINE"]]


@section
def emergent_antibodies(run: SafetyRun) -> Results:
    """Return participants who became positive, by what their baseline was.

    Notes
    -----
    Treatment-emergent: negative at baseline and positive at any time after it. A missing
    baseline and a positive one are counted apart: there it is not known whether treatment made
    a participant positive. Looked at: those with a result after baseline and that baseline.
    """
    records = results_of(run)
    before = records[records["BASELINE"]].groupby("USUBJID")["POSITIVE"].max()
    records = records[records["USUBJID"].isin(_after(records)["USUBJID"])]
    if records.empty:
        raise UserError("no participant has an antibody result after baseline")
    base = records["USUBJID"].map(before)
    kinds = np.select([base.isna(), base.eq(True)], [UNKNOWN, PERSISTENT], default=EMERGENT)
    own = pd.concat([records.assign(LEVEL=kinds), records.assign(LEVEL=ANY)])
    wanted = pd.DataFrame({"LEVEL": [EMERGENT, UNKNOWN, PERSISTENT, ANY]})
    wanted = wanted[wanted["LEVEL"].isin(own["LEVEL"])]
    positive = _after(own)[_after(own)["POSITIVE"]]
    # What was found, and the baseline by which it is new or not.
    found = own[own["USUBJID"].isin(positive["USUBJID"]) & (own["BASELINE"] | own["POSITIVE"])]
    counted = findings(run, found, own, wanted, ["LEVEL"])
    rule = (
        "participants with a positive result after baseline, of those with that baseline and a "
        f"result after it{_unclear(records)}"
    )
    return count_results(run, counted, "antibodies-emergent", rule=rule)


emergent_antibodies.shows(
    view(finding_table, "Anti-GH antibodies after baseline", {"variable": "Antibodies"})
)


@section
def growth_by_antibodies(run: SafetyRun) -> Results:
    """Return the primary endpoint in participants ever positive after baseline and the others.

    Notes
    -----
    All arms together. Positive: any positive result after baseline; negative: results after
    baseline, none positive. Welch's interval of the difference; where there are fewer than two
    in a group there is none.
    """
    after = _after(results_of(run))
    ever = after.groupby("USUBJID")["POSITIVE"].max()
    endpoint = run.trial.plan.endpoints.primary
    run.table("adsl", "TRT01P")
    run.table(endpoint.dataset, "USUBJID", "PARAMCD", "AVISIT")
    data = run.trial.endpoint(endpoint, population=run.population)
    if endpoint.value not in data:
        raise UserError(f"{endpoint.dataset} must have {endpoint.value}, the primary endpoint")
    data = data.assign(GROUP=data["USUBJID"].map(ever)).dropna(subset=["GROUP", endpoint.value])
    if data.empty:
        raise UserError("no participant has both an antibody result and the primary endpoint")
    groups = {
        name: summarise(data.loc[data["GROUP"].eq(truth), endpoint.value])
        for name, truth in ((POSITIVE, True), (NEGATIVE, False))
    }
    decide = after.merge(data[["USUBJID", "GROUP"]], on="USUBJID")
    decide = decide[decide["POSITIVE"] == decide["GROUP"]]  # Of the positive, what made them so.
    rows: list[dict[str, object]] = [
        {
            "group1_level": name,
            **described(found),
            COUNTED: Counted.all(decide[decide["GROUP"].eq(name == POSITIVE)]),
        }
        for name, found in groups.items()
    ]
    rows.append({"group1_level": f"{POSITIVE} − {NEGATIVE}", **_difference(run, groups)})
    return run.results(
        pd.DataFrame(rows).assign(
            variable=endpoint.name, variable_level=endpoint.visit, n_population=len(data)
        ),
        "growth-by-antibodies",
        group1="antibodies after baseline",
        dataset=f"{endpoint.dataset}, {run.laboratory_source}",
        unit=endpoint.unit,
        decimals=recorded_decimals(data[endpoint.value]),
        method=f"all arms together; Welch's t interval, level {level(run.conf_level)}; {CAUTION}",
    )


@growth_by_antibodies.shows
def growth_by_antibodies_table(growth: Results, run: SafetyRun) -> Table:
    """Show the primary endpoint in positive and negative participants."""
    title = f"{run.trial.plan.endpoints.primary.name}, by antibodies after baseline"
    columns = {
        **SUMMARY, "Difference": "{estimate}", "Interval": "{conf.low} to {conf.high}",
        **({"Remark": "{reason}"} if has(growth, "reason") else {}),
    }  # fmt: skip
    return population_table(growth, run, title, {"group1_level": "Antibodies"}, columns)


def _difference(run: SafetyRun, groups: dict[str, Summary]) -> dict[str, object]:
    """Return the difference of the two groups, or why there is none."""
    for name, found in groups.items():
        if found.n < 2:
            return {"reason": f"only {found.n} {name.lower()} with the endpoint"}
    positive, negative = groups[POSITIVE], groups[NEGATIVE]
    if not (positive.sd or negative.sd):
        return {"reason": "the endpoint does not vary within the groups"}
    between = difference_of_means(
        mean_test=positive.mean, sd_test=positive.sd, n_test=positive.n,
        mean_reference=negative.mean, sd_reference=negative.sd, n_reference=negative.n,
        method="welch", level=run.conf_level,
    )  # fmt: skip
    return {"estimate": between.estimate, "conf.low": between.lower, "conf.high": between.upper}
