"""Multiple imputation of longitudinal responses: missing at random and reference-based."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, as_names
from analysis.stats._words import meant
from analysis.stats.imputation_draws import shifted_cells
from analysis.stats.imputation_methods import METHODS, Job, check_request, plan_methods
from analysis.stats.imputation_model import ImputationData

Mapper = Callable[..., Iterable[list["Imputation"]]]


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
        Reference arm of a method that has one.
    values : numpy.ndarray
        Completed responses (subjects, visits), subjects as in the data.
    """

    index: int
    method: str
    reference: Hashable | None
    values: Array


def impute_mar(
    data: ImputationData, *, n_imputations: int, seed: int, mapper: Mapper = map
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
        How batches of imputations are run: ``map``, or the ``map`` of an executor.

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
    return impute(data, methods="mar", n_imputations=n_imputations, seed=seed, mapper=mapper)["mar"]


def impute_reference_based(
    data: ImputationData,
    *,
    method: str,
    reference: Hashable | None = None,
    n_imputations: int,
    seed: int,
    mapper: Mapper = map,
) -> tuple[Imputation, ...]:
    """Impute values after dropout under an assumption about how the subject went on.

    Parameters
    ----------
    data : ImputationData
        From :func:`analysis.stats.imputation_model.prepare_imputation`.
    method : str
        After the last observed visit the mean is, by ``'jump-to-reference'``, that of the
        reference arm; by ``'copy-reference'`` that of the reference arm, and so is the mean
        before, in the conditioning; by ``'copy-increments'`` the own mean at the last visit
        plus the increments of the reference arm; by ``'last-mean-carried-forward'`` the mean
        of the own arm, the reference among them, at the last observed visit.
    reference : hashable, optional
        The reference arm, whose own subjects are imputed under missing at random; of no
        meaning where the last mean is carried forward.
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
    arm, or the own where the last mean is carried forward. A subject without any observed
    visit gets the reference mean in all methods that have one. Methods with the same seed
    share their noise; :func:`impute` makes several at the cost of one.

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
    done = impute(
        data, methods=method, reference=reference, n_imputations=n_imputations, seed=seed,
        mapper=mapper,
    )  # fmt: skip
    return done[method]


def impute(
    data: ImputationData,
    *,
    methods: str | Sequence[str],
    reference: Hashable | None = None,
    n_imputations: int,
    seed: int,
    mapper: Mapper = map,
) -> dict[str, tuple[Imputation, ...]]:
    """Impute by several methods, which share the draws of the model and of the gaps.

    Parameters
    ----------
    data : ImputationData
        From :func:`analysis.stats.imputation_model.prepare_imputation`.
    methods : str or sequence of str
        ``'mar'`` and the methods of :func:`impute_reference_based`.
    reference : hashable, optional
        The reference arm, of the methods that have one.
    n_imputations, seed, mapper
        As in :func:`impute_mar`.

    Returns
    -------
    dict of str to tuple of Imputation
        By method what :func:`impute_mar` or :func:`impute_reference_based` gives, to the last
        digit, whatever the other methods and the batches.

    Raises
    ------
    UserError
        If a method or arm is unknown, or the model cannot be fitted.

    Examples
    --------
    As in :func:`impute_mar`: the methods differ where somebody left.

    >>> from analysis.stats import prepare_imputation
    >>> trial = pd.DataFrame({"id": [*range(8)] * 2, "visit": ["W4"] * 8 + ["W8"] * 8,
    ...                       "arm": list("TTTTPPPP") * 2,
    ...                       "y": [1, 2, 3, 4, 2, 1, 3, 2, 2, 4, 3, np.nan, 2, 3, 4, np.nan]})
    >>> data = prepare_imputation(trial, response="y", subject="id", visit="visit", arm="arm",
    ...                           visits=["W4", "W8"], covariance="pooled")
    >>> done = impute(data, methods=["mar", "jump-to-reference"], reference="P",
    ...               n_imputations=2, seed=1)
    >>> np.argwhere(done["mar"][0].values != done["jump-to-reference"][0].values).tolist()
    [[3, 1]]
    """
    check_request(n_imputations, seed)
    job = plan_methods(data, as_names(methods), reference, seed)
    batches = mapper(partial(_make, job=job), job.batches(n_imputations))
    done = [item for batch in batches for item in batch]
    return {name: tuple(item for item in done if item.method == name) for name in job.methods}


def impute_once(
    index: int, data: ImputationData, *, method: str, reference: Hashable | None, seed: int
) -> Imputation:
    """Make imputation number `index`; the same whatever else is run, in any process."""
    [found] = _make([index], plan_methods(data, [method], reference, seed))
    return found


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
    cells = shifted_cells(data, arms=arms, which=which)
    by_visit = delta if isinstance(delta, Mapping) else dict.fromkeys(data.visits, delta)
    for name in by_visit:
        if name not in data.visits:
            raise UserError(
                f"delta names the visit '{name}'; the visits are {', '.join(map(str, data.visits))}"
            )
    shift = np.array([float(by_visit.get(visit, 0.0)) for visit in data.visits])
    if not np.isfinite(shift).all():
        raise UserError(f"delta must be finite, but is {delta!r}")
    return replace(imputation, values=imputation.values + np.where(cells, shift, 0.0))


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


def _make(numbers: Sequence[int], job: Job) -> list[Imputation]:
    """Make some imputations by all methods."""
    return [
        Imputation(index=number, method=method, reference=job.reference_of(method), values=each)
        for method, values in job.complete(numbers).items()
        for number, each in zip(numbers, values, strict=True)
    ]
