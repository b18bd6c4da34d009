"""Index of responsiveness: the one printed equation, and models that none was found of."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import UserError
from analysis.growth import index_of_responsiveness
from analysis.sources.evidence import load_ledger
from analysis.sources.response_models import ResponseModel, response_model, response_models

TURNER = response_model("KIGS 1993 Turner")
UNITS = {"HV": "cm/year", "AGE": "years", "DOSE": "IU/kg/week", "INJECTIONS": "1/week", "WHI": "%"}
# The medians of its 175 girls: age 7.9 years, 0.8 IU/kg/week in 6 injections, index 97 %
# (Pediatr Res 1993; 33, suppl. 5, S10: abstract read 2026-11-26).
MEDIAN = {"USUBJID": "1", "HV": 7.7, "AGE": 7.9, "DOSE": 0.8, "INJECTIONS": 6.0, "WHI": 97.0}


def found(model: ResponseModel = TURNER, **changes: object) -> pd.Series:
    girl = pd.DataFrame([{**MEDIAN, **changes}])
    return index_of_responsiveness(girl, model=model, units=UNITS).iloc[0]


def test_the_median_girl_grows_as_such_girls_do() -> None:
    # 9.02 + 0.36·6 + 2.01·0.8 − 0.25·7.9 − 0.036·97 by hand.
    assert found()["predicted"] == pytest.approx(7.321)
    # First year of 133 girls of one centre: median 7.7, P10 5.2, P90 9.8 cm/year (Horm Res
    # Paediatr 2012; 77, 214, abstract); they lie within two SDs of the errors around it.
    low, middle, high = (found(HV=hv)["AVAL"] for hv in (5.2, 7.7, 9.8))
    assert -2 < low < -1 < 0 < middle < 1 < high < 2


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({"DOSE": 1.8}, 2.01),
        ({"AGE": 8.9}, -0.25),
        ({"INJECTIONS": 7.0}, 0.36),
        ({"WHI": 107}, -0.36),
    ],
)
def test_a_step_of_a_predictor_moves_the_prediction_as_printed(
    changes: dict[str, float], more: float
) -> None:
    assert found(**changes)["predicted"] - found()["predicted"] == pytest.approx(more)


def test_the_index_counts_sds_of_the_errors() -> None:
    assert found(HV=7.321 - 2 * 1.26)["AVAL"] == pytest.approx(-2)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"HV": np.nan}, "height velocity missing"),
        ({"WHI": np.nan}, "weight-for-height index missing"),
        ({"AGE": 11.0}, "KIGS 1993 Turner is of children below 11 years"),
    ],
)
def test_why_there_is_none(changes: dict[str, float], reason: str) -> None:
    row = found(**changes)
    assert row["reason"] == reason
    assert np.isnan(row["AVAL"])
    assert np.isnan(row["predicted"])


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("DOSE", "mg/kg/week"),
        ("DOSE", "IU/kg/day"),
        ("AGE", "months"),
        ("HV", "cm/month"),
        ("WHI", ""),
    ],
)
def test_a_unit_is_never_guessed(column: str, unit: str) -> None:
    girl = pd.DataFrame([MEDIAN])
    with pytest.raises(UserError, match=f"column '{column}': must be in .*; got '{unit}'"):
        index_of_responsiveness(girl, model=TURNER, units=UNITS | {column: unit})


@pytest.mark.parametrize("name", ["KIGS 1999 GHD", "KIGS 2000 Turner"])
def test_a_model_without_an_equation_is_not_computed(name: str) -> None:
    model = response_model(name)
    assert not model.terms
    row = found(model)
    assert row["reason"].startswith("the text read names the predictors and gives no coefficient")
    assert np.isnan(row["AVAL"])
    logged = load_ledger().searches.set_index("search_id")
    for search in model.searches.split("; "):
        assert logged.loc[search, "not_found"], search


def test_every_model_has_an_equation_or_a_reason() -> None:
    for model in response_models():
        assert bool(model.terms) == (model.why_not() == "") == (not np.isnan(model.error_sd))
        assert model.address.startswith("http")
    with pytest.raises(UserError, match="did you mean 'KIGS 1999 GHD'"):
        response_model("KIGS 1998 GHD")
