"""Compute every published number anew from the tables that were written, and compare it.

Nothing of the sample is used here but the participants' numbers: values come from the tables,
arms and sets from the flags of ADSL, adjusted estimates from the package's own analysis of
covariance.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.numbers import fixed, shown
from analysis.sources.audit import audit_ledger
from analysis.sources.synthetic.calibrated.columns import Columns, Key, visit_name
from analysis.sources.synthetic.calibrated.counts import Counted, fact_of
from analysis.sources.synthetic.calibrated.goals import Model, compared, is_adjusted
from analysis.sources.synthetic.calibrated.places import Made
from analysis.sources.synthetic.calibrated.printed import Number
from analysis.sources.synthetic.calibrated.statistics import QUANTILES, Terms
from analysis.stats import fit_ancova

REPRODUCED, CONTRADICTED, NOT_CARRIED = "reproduced", "not reproducible", "not carried"


class Recount:
    """The tables of a study, asked for its published numbers.

    Parameters
    ----------
    columns
        Its numbers and columns.
    made
        Its tables.
    """

    def __init__(self, columns: Columns, made: Made) -> None:
        self.columns, self.made = columns, made
        people = made.tables["adsl"]
        treated = people[people["TRT01P"].fillna("").astype(str) != ""]
        self.people = treated.sort_values("USUBJID", ignore_index=True)
        self.screened = len(people)

    def has(self, number: Number) -> bool:
        """Say whether the tables are there that a number is in."""
        if number.counts:
            place = self.made.facts.get(fact_of(self.columns, number), ("adsl", ""))
            return place[0] in self.made.tables
        terms = (
            sum(self.columns.pair(number), ())
            if number.statistic == "r"
            else self.columns.terms(number)
        )
        keys = (self.columns.keys[column] for column, _ in terms)
        return all(self.made.codes[key][0] in self.made.tables for key in keys)

    def values(self, terms: Terms) -> pd.Series:
        """Return a quantity by participant, NaN where somebody has none."""
        whole = pd.Series(0.0, index=self.people.index)
        keys = self.columns.keys
        if len(terms) == 2 and keys[terms[0][0]].code == keys[terms[1][0]].code:
            return self._column(keys[terms[0][0]], "CHG")
        for column, by in terms:
            whole = whole + by * self._column(keys[column], "AVAL")
        return whole

    def _column(self, key: Key, variable: str) -> pd.Series:
        table, code = self.made.codes[key]
        if table == "adsl":
            return self.people[code].astype(float)
        records = self.made.tables[table]
        records = records[
            (records["PARAMCD"] == code) & (records["AVISIT"] == visit_name(key.months))
        ]
        found = records.set_index("USUBJID")[variable]
        return found.reindex(self.people["USUBJID"]).reset_index(drop=True).astype(float)

    def members(self, arm: str, population: str) -> pd.Series:
        """Say of everybody whether he is in a set."""
        inside = pd.Series(True, index=self.people.index)
        if arm in self.columns.groups.arms:
            inside &= self.people["TRT01P"] == arm
        for name in self.made.flags[arm, population]:
            inside &= self.people[name] == "Y"
        return inside

    def number(self, number: Number) -> tuple[float, int]:
        """Return what the tables give for a number, and of how many participants."""
        kind = self.columns.carrier(number).kind
        if kind == "screened":
            return float(self.screened), self.screened
        if number.counts:
            return self._count(number, kind)
        if number.statistic == "r":
            return self._correlation(number)
        values = self.values(self.columns.terms(number))
        if is_adjusted(self.columns, number):
            return self._adjusted(number, values)
        if number.reference:
            return self._compared(number, values)
        own = values[self.members(number.arm, number.population)].dropna()
        return _summary(number, own), len(own)

    def _count(self, number: Number, kind: str) -> tuple[float, int]:
        inside = self.members(number.arm, number.population)
        if kind == "participants":
            return float(inside.sum()), int(inside.sum())
        if kind == "sex":
            size, has = int(inside.sum()), self.people["SEX"] == self.columns.carrier(number).where
        else:
            size, has = self._having(number, inside)
        count = float((has & inside).sum())
        if not size:
            return np.nan, 0
        return (100 * count / size if number.statistic == "pct" else count), size

    def _having(self, number: Number, inside: pd.Series) -> tuple[int, pd.Series]:
        """Return of how many something is known, and who has it."""
        fact = fact_of(self.columns, number)
        table, code = self.made.facts[fact]
        ids = self.people["USUBJID"]
        if table == "adae":
            events = self.made.tables["adae"]
            variable, _, value = self.columns.carrier(number).where.partition(" ")
            if variable in events.columns:
                events = events[events[variable] == value]
            elif variable != "any":
                events = events[events["AEDECOD"] == self.columns.param(number.code)]
            return int(inside.sum()), ids.isin(events["USUBJID"])
        records = self.made.tables[table]
        at = (records["PARAMCD"] == code) & (records["AVISIT"] == visit_name(fact.months))
        of = records[at]
        if of.empty:
            return 0, pd.Series(False, index=self.people.index)
        return int((inside & ids.isin(of["USUBJID"])).sum()), ids.isin(
            of.loc[of["AVALC"].isin(["Y", "POSITIVE"]), "USUBJID"]
        )

    def _correlation(self, number: Number) -> tuple[float, int]:
        inside = self.members(number.arm, number.population)
        pair = [self.values(terms)[inside] for terms in self.columns.pair(number)]
        both = pd.concat(pair, axis=1).dropna()
        return float(both.corr().iloc[0, 1]), len(both)

    def _compared(self, number: Number, values: pd.Series) -> tuple[float, int]:
        first, second = (values.loc[rows].dropna() for rows in compared(self.columns, number))
        n = len(first) + len(second)
        pooled = ((len(first) - 1) * first.var() + (len(second) - 1) * second.var()) / (n - 2)
        error = np.sqrt(pooled * (1 / len(first) + 1 / len(second)))
        return _of_estimate(number, first.mean() - second.mean(), error, n - 2), n

    def _adjusted(self, number: Number, values: pd.Series) -> tuple[float, int]:
        model = Model(self.columns, number)
        covariate = self.values(model.terms)
        parts = [
            pd.DataFrame({"arm": name, "y": values.loc[rows], "x": covariate.loc[rows]})
            for name, rows in zip(model.arms, model.rows, strict=True)
        ]
        frame = pd.concat(parts).dropna()
        fit = fit_ancova(frame, response="y", factors=["arm"], covariates=["x"], std_errors="model")
        if number.reference:
            found = fit.contrast(
                "arm", reference=number.reference, weights="equal", level=0.95, adjust="none"
            ).to_frame()
            row = found[found["label"] == f"{number.arm} - {number.reference}"].iloc[0]
            n = int(frame["arm"].isin([number.arm, number.reference]).sum())
        else:
            found = fit.ls_means("arm", weights="equal", level=0.95).to_frame()
            row = found[found["arm"] == number.arm].iloc[0]
            n = int((frame["arm"] == number.arm).sum())
        estimate, error, df = (float(row[name]) for name in ("estimate", "std_error", "df"))
        return _of_estimate(number, estimate, error, df), n


def _summary(number: Number, values: pd.Series) -> float:
    """Return a statistic of the values of one set."""
    n, mean = len(values), float(values.mean())
    if number.statistic == "mean":
        return mean
    if number.statistic in QUANTILES:
        return float(values.quantile(QUANTILES[number.statistic]))
    if number.statistic == "sd":
        return float(values.std())
    return _of_estimate(number, mean, float(values.std()) / np.sqrt(n), n - 1)


def _of_estimate(number: Number, estimate: float, error: float, df: float) -> float:
    """Return an estimate, its error, a limit or its p-value, as the number is one of them."""
    from scipy.special import stdtr, stdtrit

    if number.statistic == "se":
        return float(error)
    if number.statistic == "p":
        return float(2 * stdtr(df, -abs(estimate / error)))
    if number.statistic in ("ci_low", "ci_high"):
        share = number.level if number.interval == "one-sided" else (1 + number.level) / 2
        by = float(stdtrit(df, share)) * error
        return float(estimate - by if number.statistic == "ci_low" else estimate + by)
    return float(estimate)


def recounted(columns: Columns, made: Made, margin: float | None) -> pd.DataFrame:
    """Return one row a published number: as printed, and as the tables give it.

    Parameters
    ----------
    columns, made
        The study and its tables.
    margin
        That of the plan.

    Returns
    -------
    pandas.DataFrame
        ``outcome`` is `REPRODUCED`, `CONTRADICTED` or `NOT_CARRIED`, of which ``why`` says the
        reason; it is "" where the tables are not those that the number is in.
    """
    recount = Recount(columns, made)
    return pd.DataFrame([_row(recount, number, margin) for number in columns.numbers])


def _row(recount: Recount, number: Number, margin: float | None) -> dict[str, object]:
    carrier = recount.columns.carrier(number)
    value, n, outcome, why = np.nan, 0, "", ""
    if carrier.kind == "none":
        outcome, why = NOT_CARRIED, carrier.where
    elif number.statistic == "margin":
        value, n = np.nan if margin is None else margin, number.n or 0
        outcome = _outcome(number, value, n)
    elif recount.has(number):
        value, n = recount.number(number)
        outcome = _outcome(number, value, n)
    return {
        "result_id": number.result_id, "arm": number.arm, "reference": number.reference,
        "population": number.population, "paramcd": number.code,
        "visit": visit_name(number.months), "statistic": number.statistic, "unit": number.unit,
        "decimals": number.decimals, "printed": f"{number.value:.{number.decimals}f}",
        "reproduced": "" if not np.isfinite(value) else f"{shown(value, number.decimals)}",
        "value": value, "n_printed": "" if number.n is None else str(number.n),
        "n_reproduced": str(n) if n else "", "outcome": outcome, "why": why,
        "source": number.place,
    }  # fmt: skip


def _outcome(number: Number, value: float, n: int) -> str:
    """Say whether a number comes out to the printed digit, of as many participants as printed."""
    same = bool(np.isfinite(value)) and shown(value, number.decimals) == shown(
        number.value, number.decimals
    )
    return REPRODUCED if same and number.n in (None, n) else CONTRADICTED


def reproduced(
    columns: Columns,
    made: Made,
    counted: Counted,
    missed: dict[str, tuple[str, ...]],
    margin: float | None,
) -> pd.DataFrame:
    """Return `recounted` with the reason why a number does not come out.

    Parameters
    ----------
    columns, made, counted
        The study, its tables, who has what.
    missed
        Numbers that were left out → those in their way.
    margin
        That of the plan.
    """
    table = recounted(columns, made, margin)
    printed = {each.result_id: each for each in columns.numbers}
    for at, row in table[table["outcome"] == CONTRADICTED].iterrows():
        number = printed[row["result_id"]]
        n = int(row["n_reproduced"] or 0)
        why = _why(number, n, number.n in (None, n), counted, missed, printed)
        table.loc[at, "why"] = _with_audit(why, number, columns)
    return table


def _why(
    number: Number,
    n: int,
    right_n: bool,
    counted: Counted,
    missed: dict[str, tuple[str, ...]],
    printed: dict[str, Number],
) -> str:
    """Say why a number does not come out."""
    parts = []
    if number.result_id in counted.missed:
        parts.append(counted.missed[number.result_id])
    elif number.result_id in missed:
        others = [_words(printed[key]) for key in missed[number.result_id]]
        parts.append(
            "it cannot hold together with " + "; ".join(others[:6])
            if others
            else "no values of these participants give it"
        )
    if not right_n:
        parts.append(f"n {number.n} is not that of the set, which has {n} values")
    return ". ".join(parts) or "what its arms and sets print is another number"


def _with_audit(why: str, number: Number, columns: Columns) -> str:
    """Add what the rules of the audit say of a number."""
    own = [each for each in audit_ledger(columns.ledger) if number.result_id in each.result_ids]
    return ". ".join([why, *(f"Audit, {each.rule}: {each.sentence}" for each in own)])


def _words(number: Number) -> str:
    arms = f"{number.arm} v {number.reference}" if number.reference else number.arm
    return f"{number.result_id} ({number.statistic} {fixed(number.value, number.decimals)}, {arms})"


def checked(columns: Columns, study: str) -> None:
    """Refuse a study of which nothing is a summary of patients."""
    kinds = {columns.carrier(each).kind for each in columns.numbers}
    if not kinds - {"none", "participants", "screened"}:
        only = "how many took part" if "participants" in kinds else "what no participant carries"
        raise UserError(
            f"--study {study} prints only {only} and no summary of patients: there is nothing to "
            "calibrate"
        )
