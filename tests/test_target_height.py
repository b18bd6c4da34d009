"""Target height: values that others print, and what cannot be expected of parents."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import UserError
from analysis.growth import target_height
from analysis.sources.growth_reference import load_reference, value_at_centile, value_at_z

CDC = load_reference("CDC 2000 stature")


def child(sex: str, mother: float, father: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"USUBJID": ["1"], "SEX": [sex], "MOTHERHT": [mother], "FATHERHT": [father]}
    )


def found(children: pd.DataFrame, formula: str = "Tanner 1970", **options: str) -> pd.Series:
    return target_height(children, reference=CDC, formula=formula, **options).iloc[0]


# Mother 157 cm, father 186 cm: boy 178 cm, girl 165 cm (droracle.ai/articles/501451, read
# 2026-11-26). Range ± 8.5 cm: table 1 of PMC12797921.
@pytest.mark.parametrize(("sex", "printed"), [("M", 178.0), ("F", 165.0)])
@pytest.mark.parametrize(("unit", "per"), [("cm", 1.0), ("m", 100.0), ("mm", 0.1)])
def test_the_mean_of_the_parents_as_printed(
    sex: str, printed: float, unit: str, per: float
) -> None:
    row = found(child(sex, 157 / per, 186 / per), unit=unit)
    assert row["AVAL"] == pytest.approx(printed)
    assert (row["low"], row["high"]) == pytest.approx((printed - 8.5, printed + 8.5))


# CDC's own 5th, 50th and 95th percentile at 20 years are −1.645, 0 and 1.645 by definition.
@pytest.mark.parametrize(("centile", "sds"), [(5, -1.645), (50, 0), (95, 1.645)])
@pytest.mark.parametrize("sex", ["M", "F"])
def test_the_score_is_that_of_adults_of_the_sex(sex: str, centile: float, sds: float) -> None:
    target = value_at_centile(centile, sex=sex, age_months=240, reference=CDC)
    away = 6.5 if sex == "M" else -6.5
    row = found(child(sex, float(target) - away, float(target) - away))
    assert row["sds"] == pytest.approx(sds, abs=5e-4)


# Table 1 of PMC12797921: TH SDS = mean of the parents' SDS × 0.72, ± 1.6 SDS; Cole 2000: the mean.
@pytest.mark.parametrize("sex", ["M", "F"])
@pytest.mark.parametrize(("formula", "slope"), [("Hermanussen and Cole", 0.72), ("Cole 2000", 1)])
def test_scores_of_the_parents(sex: str, formula: str, slope: float) -> None:
    mother, father = (
        float(value_at_z(z, sex=code, age_months=240, reference=CDC))
        for z, code in ((-1.0, "F"), (-3.0, "M"))
    )
    row = found(child(sex, mother, father), formula)
    assert row["sds"] == pytest.approx(-2 * slope)
    if formula == "Cole 2000":
        assert np.isnan(row["low"])
    else:
        ends = value_at_z([-3.04, 0.16], sex=sex, age_months=240, reference=CDC)
        assert (row["low"], row["high"]) == pytest.approx(tuple(ends))


@pytest.mark.parametrize("formula", ["Tanner 1970", "Hermanussen and Cole"])
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("M", np.nan, 180.0), "height of the mother missing"),
        (("F", 160.0, np.nan), "height of the father missing"),
        (("M", 1.62, 1.80), "height of the mother not between 100 and 250 cm"),
        (("F", 160.0, 1800.0), "height of the father not between 100 and 250 cm"),
        (("U", 160.0, 180.0), "sex not M or F"),
    ],
)
def test_why_there_is_none(formula: str, row: tuple[str, float, float], reason: str) -> None:
    got = found(child(*row), formula)
    assert got["reason"] == reason
    assert np.isnan([got["AVAL"], got["sds"], got["low"], got["high"]]).all()


def test_mistakes_are_told() -> None:
    with pytest.raises(UserError, match="must be one of Tanner 1970"):
        found(child("M", 160, 180), "Tanner")
    with pytest.raises(UserError, match="height unit: must be one of"):
        found(child("M", 160, 180), unit="ft")
    with pytest.raises(UserError, match="column 'FATHERHT' is required"):
        found(child("M", 160, 180).drop(columns="FATHERHT"))
    twice = pd.concat([child("M", 160, 180)] * 2, ignore_index=True)
    with pytest.raises(UserError, match="must have one row"):
        found(twice)
