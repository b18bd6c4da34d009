"""Multiple imputation of longitudinal responses: missing at random and reference-based."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.stats import imputation_draws as draws
from analysis.stats._checks import Array
from analysis.stats._words import meant
from analysis.stats.imputation_model import ImputationData, draw_model

METHODS = ("mar", "jump-to-reference", "copy-reference", "copy-increments")


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Imputation:
    """One completed data set.

    Attributes
    ----------
    index : int
        Number of the imputation, from 0.
    method : str
        One of `METHODS`.
    reference : str or None
        Reference arm of a reference-based method.
    values : numpy.ndarray
        Completed responses (subjects, visits), subjects as in the data.
    """

    index: int
    method: str
    reference: Hashable | None
    values: Array


def impute_mar(
    data: ImputationData,
    *,
    n_imputations: int,
    seed: int,
    mapper: Callable[..., Iterable[Imputation]] = map,
) -> tuple[Imputation, ...]:
    """Impute under missing at random.

    Parameters
    ----------
    data : ImputationData
        From :func:`analysis.stats.imputation_model.prepare_imputation`.
    n_imputations : int
        Number of completed data sets, two or more.
    seed : int
        Seed; imputation i depends on the seed and i alone.
    mapper : callable, optional
        How the imputations are run: ``map``, or the ``map`` of an executor.

    Returns
    -------
    tuple of Imputation

    Raises
    ------
    UserError
        If there are too few subjects for the model, or the numbers are not usable.

    Notes
    -----
    Each imputation has its own draw of the parameters from their posterior (proper
    imputation), then draws missing values given the subject's observed ones.

    References
    ----------
    Rubin DB (1987). Multiple Imputation for Nonresponse in Surveys. Wiley.
    Schafer JL (1997). Analysis of Incomplete Multivariate Data. Chapman & Hall.

    Examples
    --------
    Subjects 3 and 7 have no second visit; what was observed stays as it is.

    >>> from analysis.stats import prepare_imputation
    >>> trial = pd.DataFrame({"id": [*range(8)] * 2, "visit": ["W4"] * 8 + ["W8"] * 8,
    ...                       "arm": list("TTTTPPPP") * 2,
    ...                       "y": [1, 2, 3, 4, 2, 1, 3, 2, 2, 4, 3, np.nan, 2, 3, 4, np.nan]})
    >>> data = prepare_imputation(trial, response="y", subject="id", visit="visit", arm="arm",
    ...                           visits=["W4", "W8"], covariance="pooled")
    >>> first, second = impute_mar(data, n_imputations=2, seed=1)
    >>> np.argwhere(first.values != data.values).tolist()
    [[3, 1], [7, 1]]
    """
    return _impute_all(data, "mar", None, n_imputations, seed, mapper)


def impute_reference_based(
    data: ImputationData,
    *,
    method: str,
    reference: Hashable,
    n_imputations: int,
    seed: int,
    mapper: Callable[..., Iterable[Imputation]] = map,
) -> tuple[Imputation, ...]:
    """Impute values after dropout as if the subject had gone on in the reference arm.

    Parameters
    ----------
    data : ImputationData
        From :func:`analysis.stats.imputation_model.prepare_imputation`.
    method : {'jump-to-reference', 'copy-reference', 'copy-increments'}
        After the last observed visit the mean is: that of the reference arm (jump); that
        of the reference arm, and so is the mean before, in the conditioning (copy); the
        own mean at the last visit plus the increments of the reference arm (increments).
    reference : hashable
        The reference arm; its own subjects are imputed under missing at random.
    n_imputations, seed, mapper
        As in :func:`impute_mar`.

    Returns
    -------
    tuple of Imputation

    Raises
    ------
    UserError
        If the method or arm is unknown, or the model cannot be fitted.

    Notes
    -----
    Gaps before the last observed visit are imputed under missing at random. With
    covariance by arm, the regression on the past after dropout is that of the reference
    arm. A subject without any observed visit gets the reference mean in all methods.

    References
    ----------
    Carpenter JR, Roger JH, Kenward MG (2013). Analysis of longitudinal trials with protocol
    deviation: a framework for relevant, accessible assumptions, and inference via multiple
    imputation. J Biopharm Stat 23:1352-1371.

    Examples
    --------
    As in :func:`impute_mar`.

    >>> from analysis.stats import prepare_imputation
    >>> trial = pd.DataFrame({"id": [*range(8)] * 2, "visit": ["W4"] * 8 + ["W8"] * 8,
    ...                       "arm": list("TTTTPPPP") * 2,
    ...                       "y": [1, 2, 3, 4, 2, 1, 3, 2, 2, 4, 3, np.nan, 2, 3, 4, np.nan]})
    >>> data = prepare_imputation(trial, response="y", subject="id", visit="visit", arm="arm",
    ...                           visits=["W4", "W8"], covariance="pooled")
    >>> done = impute_reference_based(data, method="jump-to-reference", reference="P",
    ...                               n_imputations=2, seed=1)
    >>> [(each.index, each.reference, each.values.shape) for each in done]
    [(0, 'P', (8, 2)), (1, 'P', (8, 2))]
    """
    method = meant("method", method, METHODS[1:])
    if reference not in data.arms:
        known = [str(item) for item in data.arms]
        raise UserError(
            f"the data have no arm '{reference}'{suggestion(str(reference), known)}; the arms are "
            f"{', '.join(known)}"
        )
    return _impute_all(data, method, reference, n_imputations, seed, mapper)


def impute_once(
    index: int, data: ImputationData, *, method: str, reference: Hashable | None, seed: int
) -> Imputation:
    """Make imputation number `index`; the same whatever else is run, in any process."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))
    centre, scale = _location_scale(data)
    scaled = replace(data, values=(data.values - centre) / scale)
    completed = draws.fill_gaps(scaled, rng)
    model = draw_model(scaled, completed, rng)
    completed = draws.impute_gaps(scaled, draws.plan_gaps(scaled), model, completed, rng)
    completed = draws.impute_after(scaled, model, completed, method, reference, rng)
    # observed values are put back as they came, free of rounding
    values = np.where(np.isnan(data.values), centre + scale * completed, data.values)
    return Imputation(index=index, method=method, reference=reference, values=values)


def shift_imputed(
    imputation: Imputation,
    data: ImputationData,
    *,
    delta: float | Mapping[Hashable, float],
    arms: Sequence[Hashable],
    which: str,
) -> Imputation:
    """Add delta to imputed values of some arms.

    Parameters
    ----------
    imputation : Imputation
        A completed data set.
    data : ImputationData
        Its data.
    delta : float or mapping of visit to float
        What is added, the same at every visit or by visit.
    arms : sequence
        Arms whose imputed values are shifted.
    which : {'after-dropout', 'all'}
        Only values after the last observed visit, or also the gaps before.

    Returns
    -------
    Imputation

    Raises
    ------
    UserError
        If an arm, a visit or `which` is unknown.

    Examples
    --------
    As in :func:`impute_mar`; subject 3 is of arm T.

    >>> from analysis.stats import prepare_imputation
    >>> trial = pd.DataFrame({"id": [*range(8)] * 2, "visit": ["W4"] * 8 + ["W8"] * 8,
    ...                       "arm": list("TTTTPPPP") * 2,
    ...                       "y": [1, 2, 3, 4, 2, 1, 3, 2, 2, 4, 3, np.nan, 2, 3, 4, np.nan]})
    >>> data = prepare_imputation(trial, response="y", subject="id", visit="visit", arm="arm",
    ...                           visits=["W4", "W8"], covariance="pooled")
    >>> first, _ = impute_mar(data, n_imputations=2, seed=1)
    >>> worse = shift_imputed(first, data, delta=-2.0, arms=["T"], which="after-dropout")
    >>> (worse.values - first.values).sum(axis=1).round(9).tolist()
    [0.0, 0.0, 0.0, -2.0, 0.0, 0.0, 0.0, 0.0]
    """
    which = meant("which", which, ("after-dropout", "all"))
    for name in arms:
        if name not in data.arms:
            raise UserError(
                f"the data have no arm '{name}'; the arms are {', '.join(map(str, data.arms))}"
            )
    by_visit = delta if isinstance(delta, Mapping) else dict.fromkeys(data.visits, delta)
    for name in by_visit:
        if name not in data.visits:
            raise UserError(
                f"delta names the visit '{name}'; the visits are {', '.join(map(str, data.visits))}"
            )
    shift = np.array([float(by_visit.get(visit, 0.0)) for visit in data.visits])
    if not np.isfinite(shift).all():
        raise UserError(f"delta must be finite, but is {delta!r}")
    chosen = np.isin(data.arm_index, [data.arms.index(name) for name in arms])[:, None]
    missing = np.isnan(data.values)
    if which == "after-dropout":
        missing &= draws.after_dropout(data)
    return replace(imputation, values=imputation.values + np.where(chosen & missing, shift, 0.0))


def imputation_frame(imputation: Imputation, data: ImputationData) -> pd.DataFrame:
    """Return a completed data set as long records with a column ``imputed``.

    Parameters
    ----------
    imputation : Imputation
        A completed data set.
    data : ImputationData
        Its data.

    Returns
    -------
    pandas.DataFrame
        One row a subject and visit: subject, arm and baseline columns, visit (an ordered
        category), response, and whether the value was imputed.

    Examples
    --------
    As in :func:`impute_mar`: 16 records, of which 2 are imputed.

    >>> from analysis.stats import prepare_imputation
    >>> trial = pd.DataFrame({"id": [*range(8)] * 2, "visit": ["W4"] * 8 + ["W8"] * 8,
    ...                       "arm": list("TTTTPPPP") * 2,
    ...                       "y": [1, 2, 3, 4, 2, 1, 3, 2, 2, 4, 3, np.nan, 2, 3, 4, np.nan]})
    >>> data = prepare_imputation(trial, response="y", subject="id", visit="visit", arm="arm",
    ...                           visits=["W4", "W8"], covariance="pooled")
    >>> first, _ = impute_mar(data, n_imputations=2, seed=1)
    >>> imputation_frame(first, data)["imputed"].value_counts().tolist()
    [14, 2]
    """
    n_subjects, n_visits = data.values.shape
    long = data.subjects.loc[np.repeat(np.arange(n_subjects), n_visits)].reset_index(drop=True)
    labels = list(data.visits) * n_subjects
    long[data.visit] = pd.Categorical(labels, categories=list(data.visits), ordered=True)
    long[data.response] = imputation.values.ravel()
    long["imputed"] = np.isnan(data.values).ravel()
    return long


def _impute_all(
    data: ImputationData,
    method: str,
    reference: Hashable | None,
    n_imputations: int,
    seed: int,
    mapper: Callable[..., Iterable[Imputation]],
) -> tuple[Imputation, ...]:
    """Run all imputations."""
    if not isinstance(n_imputations, int) or n_imputations < 2:
        raise UserError(f"n_imputations must be a whole number from 2 up, but is {n_imputations!r}")
    if not isinstance(seed, int) or seed < 0:
        raise UserError(f"seed must be a whole number from 0 up, but is {seed!r}")
    make = partial(impute_once, data=data, method=method, reference=reference, seed=seed)
    return tuple(mapper(make, range(n_imputations)))


def _location_scale(data: ImputationData) -> tuple[float, float]:
    """Return mean and largest deviation of the observed responses."""
    observed = data.values[~np.isnan(data.values)]
    centre = float(observed.mean())
    scale = float(np.abs(observed - centre).max())
    if scale <= 1e-13 * float(np.abs(observed).max()) or scale == 0.0:
        raise UserError(
            f"the response {data.response!r} is constant ({float(observed[0])!r}), so there is no "
            "variation to impute from: check the data"
        )
    return centre, scale
