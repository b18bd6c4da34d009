"""Index of responsiveness: how far a year's growth lies from what a model predicts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.growth.frames import blank, first_reason, number_array, refuse_repeats, require
from analysis.growth.units import FloatArray
from analysis.sources.response_models import ResponseModel
from analysis.thresholds import at_least


def index_of_responsiveness(
    children: pd.DataFrame,
    *,
    model: ResponseModel,
    units: Mapping[str, str],
    observed: str = "HV",
    paramcd: str = "IOR",
) -> pd.DataFrame:
    """Return the observed minus the predicted height velocity, in SDs of the model's errors.

    Parameters
    ----------
    children
        One row a child: ``USUBJID``, the velocity of the model's year, ``AGE`` (years) where the
        model has an oldest age, and a column for every term, by the term's name.
    model
        From `response_models.response_model`.
    units
        Column → its unit, of the velocity and of every term; they must be the model's own.
    observed
        Column of the velocity, cm/year.
    paramcd
        ``PARAMCD`` of the result.

    Returns
    -------
    pandas.DataFrame
        On the index of `children`: ``USUBJID``, ``PARAMCD``, ``value`` (observed), ``predicted``,
        ``AVAL``, ``model``, ``reason``. Of a model whose equation was not read every row says
        that it is not computed, and why.

    Raises
    ------
    UserError
        If a column is missing or a unit is another one. Doses are not converted: how many IU are
        in a milligram is stated by the label, and not here.

    Notes
    -----
    That the index is this quotient is assumed, because its definition was not in a text read
    (search S48). A child as old as the model's oldest age, or older, has none: the equation was
    made of younger children.

    Examples
    --------
    >>> from analysis.sources.response_models import response_model
    >>> girl = {"USUBJID": ["1"], "HV": [8.58], "AGE": [7.9], "DOSE": [0.8], "WHI": [97.0]}
    >>> units = {"HV": "cm/year", "AGE": "years", "DOSE": "IU/kg/week", "WHI": "%"}
    >>> index_of_responsiveness(
    ...     pd.DataFrame(girl).assign(INJECTIONS=6.0),
    ...     model=response_model("KIGS 1993 Turner"),
    ...     units=units | {"INJECTIONS": "1/week"},
    ... )[["predicted", "AVAL"]].round(2).to_numpy().tolist()
    [[7.32, 1.0]]
    """
    require(children, ["USUBJID"])
    refuse_repeats(children, ["USUBJID"], "row")
    frame = children[["USUBJID"]].assign(
        PARAMCD=paramcd, value=np.nan, predicted=np.nan, AVAL=np.nan, model=model.name
    )
    if why := model.why_not():
        return frame.assign(reason=why)
    _check_units(units, {observed: "cm/year"} | {term.name: term.unit for term in model.predictors})
    values = {term.name: number_array(children, term.name) for term in model.predictors}
    predicted = predicted_velocity(model, values)
    velocity = number_array(children, observed)
    rules = [(np.isnan(velocity), "height velocity missing")]
    rules += [(np.isnan(values[term.name]), f"{term.meaning} missing") for term in model.predictors]
    if not np.isnan(model.oldest_age):
        old = at_least(number_array(children, "AGE"), model.oldest_age)
        rules.append((old, f"{model.name} is of children below {model.oldest_age:g} years"))
    frame = frame.assign(
        value=velocity,
        predicted=predicted,
        AVAL=(velocity - predicted) / model.error_sd,
        reason=first_reason(rules),
    )
    return frame.pipe(blank, "AVAL").pipe(blank, "predicted")


def predicted_velocity(model: ResponseModel, values: Mapping[str, FloatArray]) -> FloatArray:
    """Return the height velocity that an equation predicts, cm/year.

    Parameters
    ----------
    model
        One that has an equation.
    values
        Term → values in the term's unit.
    """
    parts = [term.coefficient * values[term.name] for term in model.predictors]
    return np.asarray(model.constant + np.sum(parts, axis=0), dtype=np.float64)


def _check_units(given: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Refuse a column whose unit is not said, or is another than the model's."""
    for column, unit in wanted.items():
        if given.get(column) != unit:
            raise UserError(
                f"response model, column '{column}': must be in {unit}; got "
                f"'{given.get(column, 'no unit')}'; convert the values and name their unit"
            )
