"""Thyroid: TSH and free T4 outside their limits, and new low free T4."""

import pandas as pd

from analysis.errors import UserError
from analysis.results import Results, section
from analysis.safety import measurements as lab
from analysis.safety.incidence import count_results, findings
from analysis.safety.measurements import HIGH, LOW, ON_TREATMENT
from analysis.safety.roles import need_roles
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import finding_table, view

SIDES = ("low", "high")
NEW = tuple(f"{side} on treatment, new" for side in SIDES)
CENTRAL = "low on treatment, TSH of the same visit not high"


@section
def thyroid(run: SafetyRun) -> Results:
    """Return participants with TSH or free T4 outside the limits on treatment, ever and new.

    Notes
    -----
    Growth hormone speeds the conversion of T4 to T3 and can unmask central hypothyroidism: a
    low free T4 whose TSH is not raised. New: not on that side at baseline; a missing baseline
    is not. Per cent of those with a value on treatment.
    """
    codes = need_roles(run, "tsh", "free_t4")
    records = lab.sided(lab.of_roles(run, codes, ON_TREATMENT))
    if records.empty:
        raise UserError("TSH and free T4 have neither a flag nor limits on treatment")
    outside = records[records["SIDE"].isin([LOW, HIGH])]
    word = outside["SIDE"].str.lower() + " on treatment"
    new = outside["SIDE"] != outside["BASESIDE"]
    parts = [outside.assign(LEVEL=word), outside[new].assign(LEVEL=word[new] + ", new")]
    levels = [each for side, new in zip(SIDES, NEW, strict=True)
              for each in (f"{side} on treatment", new)]  # fmt: skip
    wanted = records[["PARAM"]].drop_duplicates().merge(pd.DataFrame({"LEVEL": levels}), "cross")
    if len(codes) == 2:
        parts.append(_central(records, codes["tsh"], codes["free_t4"]))
        name = records[records["PARAMCD"] == codes["free_t4"]]["PARAM"].iloc[:1]
        wanted = pd.concat([wanted, pd.DataFrame({"PARAM": name, "LEVEL": CENTRAL})])
    rule = (
        "participants outside the normal limits, of those with a value; new: not on that side at "
        f"baseline. {lab.RULE}"
    )
    counted = findings(run, pd.concat(parts), records, wanted, ["PARAM"])
    return count_results(run, counted, "thyroid", rule=rule)


TITLE = "Thyroid: TSH and free T4 outside their limits"
thyroid.shows(view(finding_table, TITLE, {"variable_level": "Finding"}, groups="variable"))


def _central(records: pd.DataFrame, tsh: str, free_t4: str) -> pd.DataFrame:
    """Return the low free T4 records whose TSH of the same visit is known and not high."""
    key = ["USUBJID", "AVISIT"]
    low = records[(records["PARAMCD"] == free_t4) & (records["SIDE"] == LOW)]
    beside = records[(records["PARAMCD"] == tsh) & (records["AVISIT"] != "")]
    highest = beside.assign(RAISED=beside["SIDE"] == HIGH).groupby(key)["RAISED"].max()
    raised = low.join(highest, on=key)["RAISED"]
    return low[raised.eq(False)].assign(LEVEL=CENTRAL)
