"""Constrained longitudinal data analysis: the baseline as a response, one mean for all arms."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.stats._checks import Array, as_names, no_column
from analysis.stats.design_terms import factor_levels
from analysis.stats.least_squares_means import estimate_rows
from analysis.stats.linear_estimates import Estimate, Rows, not_estimable
from analysis.stats.mmrm import MmrmFit, fit_mmrm
from analysis.stats.mmrm_problem import visit_order
from analysis.words import in_rows

BASELINE = "baseline"
"""The visit that the baseline becomes."""

Cells = Mapping[tuple[Hashable, Hashable], str]
"""Visit and arm with a record → the covariate that lifts the arm from the first one there; "" of
the first one itself."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class ConstrainedFit:
    """A fitted constrained longitudinal model.

    Attributes
    ----------
    mixed : MmrmFit
        The mixed model, whose first visit is the baseline.
    arm : str
        Column of the arms.
    arms, visits : tuple
        Arms, and visits after baseline, in order.
    n_baseline_only : int
        Subjects analysed who have a baseline and no response after it.
    """

    mixed: MmrmFit
    arm: str
    arms: tuple[Hashable, ...]
    visits: tuple[Hashable, ...]
    n_baseline_only: int
    _cells: Cells = field(repr=False)

    def differences(self, *, reference: Hashable, visit: Hashable, level: float) -> Rows[Estimate]:
        """Estimate each arm minus the reference at a visit.

        As the arms share the mean of the baseline, it is the difference of the changes, too.

        Parameters
        ----------
        reference, visit : hashable
            The arm that is subtracted, and the visit.
        level : float
            Confidence level.

        Returns
        -------
        Rows of Estimate
            A tuple, one an arm but the reference; where an arm has no record at the visit, the
            difference says so.

        Raises
        ------
        UserError
            If the arm or the visit is unknown.

        Examples
        --------
        ``fit.differences(reference="placebo", visit="Week 24", level=0.95)``
        """
        self._known("arm", reference, self.arms)
        others = [arm for arm in self.arms if arm != reference]
        against = self._mean(reference, visit)
        return Rows(
            self._estimate(self._mean(arm, visit) - against, f"{arm} - {reference}", level)
            for arm in others
        )

    def _mean(self, arm: Hashable, visit: Hashable) -> Array:
        """Return the row of an arm's mean at a visit; NaN where it has no record there."""
        self._known("visit", visit, self.visits)
        if (visit, arm) not in self._cells:
            return np.full(self.mixed.design.n_columns, np.nan)
        lifted = {name: float(name == self._cells[visit, arm]) for name in self._cells.values()}
        lifted.pop("", None)
        at = {self.mixed.visit: {visit: 1.0}}
        return self.mixed.design.mean_row(at=at, weights="equal", covariates=lifted)

    def _estimate(self, row: Array, label: str, level: float) -> Estimate:
        if np.isnan(row).any():
            reason = "not estimable, because no analysed record has the arm at the visit"
            return not_estimable(label=label, reason=reason, level=level, groups=(), null=0.0)
        [found] = estimate_rows(self.mixed, row, labels=[label], groups=[()], level=level)
        return found

    @staticmethod
    def _known(what: str, value: Hashable, known: Sequence[Hashable]) -> None:
        if value not in known:
            names = [str(each) for each in known]
            raise UserError(
                f"the model has no {what} '{value}'{suggestion(str(value), names)}; it has "
                f"{', '.join(names)}"
            )


def fit_constrained(
    frame: pd.DataFrame,
    *,
    response: str,
    baseline: str,
    subject: str,
    visit: str,
    arm: str,
    factors: str | Sequence[str] = (),
    covariates: str | Sequence[str] = (),
    crossed: str | Sequence[str] = (),
    structure: str | Sequence[str],
    df_method: str,
    visits: Sequence[Hashable] | None = None,
) -> ConstrainedFit:
    """Fit a constrained longitudinal model: the baseline as a response, with one mean for all arms.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a subject and visit after baseline. It is not changed. A subject without a
        response after baseline has a row whose response is missing.
    response, baseline : str
        The value at the visit, not its change, and the subject's value at baseline; either may be
        missing.
    subject, visit, arm : str
        Columns.
    factors, covariates : str or sequence of str
        Further categorical and numeric terms that are known before treatment; the baseline is
        none of them.
    crossed : str or sequence of str
        Those of them with an effect of its own at each visit. The others have one at baseline
        and one at all visits after it.
    structure, df_method, visits
        As `fit_mmrm` takes them; `visits` are those after baseline.

    Returns
    -------
    ConstrainedFit

    Raises
    ------
    UserError
        If a subject has two baselines, or the mixed model cannot be fitted.

    Notes
    -----
    Mean: visits, of which the baseline is the first; after it each arm has its own; and factors
    and covariates. None of them has one effect on the baseline and on what comes after, for that
    would be no effect on the change.

    With complete data, an unstructured covariance, and one visit or every term crossed, the
    estimate is that of an analysis of covariance at the visit with the baseline as a covariate
    and the same terms, by restricted as by whole likelihood: given the baseline the later values
    have the regression that is fitted there, and what the restriction adds does not depend on its
    slope. The standard error of 'satterthwaite' takes the slope as known and is a little smaller;
    Kenward and Roger's is nearer. With missing values the two part: subjects with a baseline
    alone, or without one, stay in here.

    References
    ----------
    Liu GF, Lu K, Mogg R, Mallick M, Mehrotra DV (2009). Should baseline be a covariate or
    dependent variable in analyses of change from baseline in clinical trials? Stat Med
    28:2509-2530.

    Lu K (2010). On efficiency of constrained longitudinal data analysis versus longitudinal
    analysis of covariance. Biometrics 66:891-896. Both name Liang and Zeger (2000, Sankhya B
    62:134-148) as the model's authors.

    Examples
    --------
    Patient 8 has no value after baseline, and patient 3 no baseline.

    >>> trial = pd.DataFrame({
    ...     "patient": [1, 2, 3, 4, 5, 6, 7, 8] * 2,
    ...     "arm": ["new", "old"] * 8,
    ...     "week": ["Week 4"] * 8 + ["Week 12"] * 8,
    ...     "base": [3.1, 3.0, None, 3.2, 3.5, 2.8, 3.3, 3.6] * 2,
    ...     "y": [4.1, 3.6, 3.8, 3.9, 4.7, 3.2, 4.2, None,
    ...           5.3, 4.2, 4.9, 4.5, 5.8, 4.1, 5.6, None]})
    >>> fit = fit_constrained(trial, response="y", baseline="base", subject="patient",
    ...                       visit="week", arm="arm", structure="cs", df_method="kr")
    >>> fit.mixed.n_subjects, fit.mixed.n_records, fit.n_baseline_only
    (8, 21, 1)
    >>> found = fit.differences(reference="old", visit="Week 12", level=0.95)
    >>> found.to_frame()[["label", "estimate", "lower", "upper"]].round(2)
           label  estimate  lower  upper
    0  new - old      0.99   0.75   1.22
    """
    factors, covariates, crossed = map(as_names, (factors, covariates, crossed))
    terms = [*factors, *covariates]
    names = [subject, visit, arm, baseline, response, *terms]
    _check(frame, names, subject, baseline)
    if unknown := [name for name in crossed if name not in terms]:
        raise UserError(
            f"crossed has {unknown[0]!r}, which is neither among the factors nor the covariates"
            f"{suggestion(unknown[0], terms)}"
        )
    order, _ = visit_order(frame[visit], visits)
    if BASELINE in map(str, order):
        raise UserError(
            f"the visit '{BASELINE}' of {visit!r} is a record of its own, but the baseline is the "
            f"column {baseline!r}: leave its records out"
        )
    rows = _with_baseline(
        frame[names].dropna(subset=arm), subject, visit, response, baseline, order
    )
    complete = rows.dropna(subset=[response, *terms])
    _check_records(complete, visit, arm, baseline)
    rows, added = _with_own_effects(rows, complete, visit, factors, covariates, crossed)
    rows, cells = _with_arms(rows, complete, visit, arm, order)
    fit = fit_mmrm(
        rows, response=response, subject=subject, visit=visit, visits=[BASELINE, *order],
        factors=[visit, *factors], covariates=[*filter(None, cells.values()), *covariates, *added],
        interactions=[(name, visit) for name in crossed], structure=structure, df_method=df_method,
    )  # fmt: skip
    after = complete.loc[complete[visit] != BASELINE, subject]
    return ConstrainedFit(
        mixed=fit, arm=arm, arms=factor_levels(complete[arm]), visits=order,
        n_baseline_only=fit.n_subjects - int(after.nunique()), _cells=cells,
    )  # fmt: skip


def _check(frame: pd.DataFrame, names: Sequence[str], subject: str, baseline: str) -> None:
    """Raise when a column is not there, or a subject has two baselines."""
    for name in names:
        if name not in frame:
            raise no_column(name, frame.columns)
    several = frame.groupby(subject, observed=True)[baseline].nunique()
    if (several > 1).any():
        own = frame[subject] == several.index[several > 1][0]
        raise UserError(
            f"a subject has {int(several.max())} values of {baseline!r} ({in_rows(own)}), but one "
            "is allowed: give all its rows the same"
        )


def _check_records(complete: pd.DataFrame, visit: str, arm: str, baseline: str) -> None:
    """Raise when the complete records have no baseline, nothing after it, or no second arm."""
    is_baseline = complete[visit] == BASELINE
    if not is_baseline.any():
        raise UserError(
            f"no analysed subject has a value of {baseline!r}, so there is no baseline that could "
            "be a response: use fit_mmrm"
        )
    if is_baseline.all():
        raise UserError(
            "there is no analysed record after baseline, so there is nothing to compare"
        )
    arms = factor_levels(complete.loc[~is_baseline, arm])
    if len(arms) < 2:
        raise UserError(
            f"there is one arm, '{arms[0]}', among the analysed records after baseline, but a "
            "comparison needs two: widen the population"
        )


def _with_baseline(
    frame: pd.DataFrame, subject: str, visit: str, response: str, baseline: str,
    order: Sequence[Hashable],
) -> pd.DataFrame:  # fmt: skip
    """Return the records with those of the baseline before them, visits in order."""
    own = frame.assign(
        **{baseline: frame.groupby(subject, observed=True)[baseline].transform("first")}
    )
    first = own.drop_duplicates(subject)
    before = first.assign(**{visit: BASELINE, response: first[baseline].astype(float)})
    both = pd.concat([before, own], ignore_index=True).drop(columns=baseline)
    places = pd.Categorical(both[visit].astype(object), categories=[BASELINE, *order], ordered=True)
    return both.assign(**{visit: places})


def _with_own_effects(
    rows: pd.DataFrame, complete: pd.DataFrame, visit: str, factors: Sequence[str],
    covariates: Sequence[str], crossed: Sequence[str],
) -> tuple[pd.DataFrame, list[str]]:  # fmt: skip
    """Return the records with covariates for what terms that are not crossed add at baseline."""
    here, known = rows[visit] == BASELINE, complete[visit] == BASELINE
    made: dict[str, pd.Series] = {}
    for name in (each for each in factors if each not in crossed):
        # a level without records on both sides has one effect, and so nothing to add
        after = factor_levels(complete.loc[~known, name])
        both = [each for each in factor_levels(complete.loc[known, name]) if each in after]
        for level in both[1:]:
            made[f"{name} = {level} at {BASELINE}"] = (here & (rows[name] == level)).astype(float)
    for name in (each for each in covariates if each not in crossed):
        made[f"{name} at {BASELINE}"] = here * (rows[name] - complete[name].mean())
    return rows.assign(**made), list(made)


def _with_arms(
    rows: pd.DataFrame, complete: pd.DataFrame, visit: str, arm: str, order: Sequence[Hashable]
) -> tuple[pd.DataFrame, dict[tuple[Hashable, Hashable], str]]:
    """Return the records with one covariate a visit after baseline and arm there but the first."""
    cells: dict[tuple[Hashable, Hashable], str] = {}
    made: dict[str, Array] = {}
    for each in order:
        for place, own in enumerate(factor_levels(complete.loc[complete[visit] == each, arm])):
            cells[each, own] = name = f"{own} at {each}" if place else ""
            if name:
                made[name] = ((rows[visit] == each) & (rows[arm] == own)).to_numpy(dtype=float)
    return rows.assign(**made).drop(columns=arm), cells
