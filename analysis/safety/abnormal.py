"""New low and high values on treatment, and values above multiples of the upper limit."""

import pandas as pd

from analysis import exact
from analysis.errors import UserError
from analysis.results import Results, section
from analysis.safety import measurements as lab
from analysis.safety.incidence import count_results, findings
from analysis.safety.measurements import HIGH, LOW, NORMAL, ON_TREATMENT
from analysis.safety.roles import need_roles
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import finding_table, view
from analysis.thresholds import above

MULTIPLES = {
    "alt": (3.0, 5.0, 10.0),
    "ast": (3.0, 5.0, 10.0),
    "alp": (1.5, 2.0, 3.0),
    "bilirubin": (1.5, 2.0, 3.0),
}
"""Multiples of the upper limit of normal, by role: the three levels of the FDA's Standard Safety
Tables and Figures: Integrated Guide (2022) for the liver."""
NEW = (
    "new: on treatment, and not on that side at baseline (a missing baseline is not); of those "
    "with a value on treatment"
)


@section
def new_abnormalities(run: SafetyRun) -> Results:
    """Return participants with a new low or high value on treatment, arm by arm.

    Notes
    -----
    A value that was already low at baseline is no new low one. Participants looked at: those
    with a value on treatment whose side of the limits is known. Measurements that no
    participant left in that direction keep no row, and a test that was recorded only when
    abnormal has no participants to be put over.
    """
    sided = lab.sided(lab.measurements(run).records)
    normal = set(sided.loc[sided["SIDE"] == NORMAL, "PARAM"].unique())
    records = sided[(sided["PHASE"] == ON_TREATMENT) & sided["PARAM"].isin(normal)]
    if records.empty:
        raise UserError("no laboratory value on treatment has normal limits or a flag")
    by = ["PARAM", "SIDE"]
    new = records[records["SIDE"].isin([LOW, HIGH]) & (records["SIDE"] != records["BASESIDE"])]
    names = records[["PARAM"]].drop_duplicates()
    levels = names.merge(pd.DataFrame({"SIDE": [LOW, HIGH]}), how="cross")
    counted = findings(run, new, records, levels, ["PARAM"])
    counted = counted[counted.groupby(by)["n"].transform("sum") > 0]
    if counted.empty:
        raise UserError("no participant has a new low or high value on treatment")
    only = sorted(set(sided["PARAM"].unique()) - normal)
    left_out = f"; left out, since only abnormal findings were recorded: {', '.join(only)}"
    rule = f"{NEW}{left_out if only else ''}. {lab.RULE}"
    return count_results(run, counted, "new-abnormalities", rule=rule)


new_abnormalities.shows(
    view(
        finding_table,
        "New low and high laboratory values on treatment",
        {"variable": "Test", "variable_level": "New"},
        "Tests that nobody left in that direction are not shown.",
        folded=True,
    )
)


@section
def marked_abnormalities(run: SafetyRun) -> Results:
    """Return participants above multiples of the upper limit of normal of the liver tests.

    Notes
    -----
    Multiples of `MULTIPLES`, and those of the run's parameters. Above, not at, a multiple, as the
    guide writes its levels. A participant above 5 times is counted above 3 times too. Looked at:
    those with a value and its limit on treatment.

    References
    ----------
    FDA (2022). Standard Safety Tables and Figures: Integrated Guide.
    """
    codes = need_roles(run, *MULTIPLES)
    records = with_multiples(lab.of_roles(run, codes, ON_TREATMENT))
    if records.empty:
        raise UserError("no liver test on treatment has an upper limit of normal above 0")
    asked = {"alt": run.parameters.alt_multiple, "ast": run.parameters.alt_multiple}
    asked["bilirubin"] = run.parameters.bilirubin_multiple
    found, levels = [], []
    for role, code in codes.items():
        own = records[records["PARAMCD"] == code]
        steps = sorted({*MULTIPLES[role], *([asked[role]] if role in asked else [])})
        for step in steps:
            word = f"> {step:g} × ULN"
            found.append(own[above(own["TIMES"], step)].assign(LEVEL=word))
            levels += [(name, word) for name in own["PARAM"].unique()]
    wanted = pd.DataFrame(levels, columns=["PARAM", "LEVEL"])
    counted = findings(run, pd.concat(found), records, wanted, ["PARAM"])
    rule = f"participants above a multiple of the upper limit of normal (ULN). {lab.RULE}"
    return count_results(run, counted, "marked-abnormalities", rule=rule)


LIVER = "Liver tests above multiples of the upper limit of normal (ULN)"
marked_abnormalities.shows(
    view(finding_table, LIVER, {"variable_level": "Peak"}, groups="variable")
)


def with_multiples(records: pd.DataFrame) -> pd.DataFrame:
    """Return the records with an upper limit of normal above 0; ``TIMES`` is the value over it."""
    records = records[records["HIGH"] > 0]
    return records.assign(TIMES=exact.ratio(records["AVAL"], records["HIGH"]))
