"""The arms before treatment, recomputed from the rows by a plain second route."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.sources.choice import best_reports
from analysis.sources.covariates import arm_covariates, per_day
from analysis.sources.evidence import Ledger
from analysis.sources.schemas import INDICATIONS


@pytest.mark.parametrize(
    ("dose", "unit", "expected"),
    [
        # The abstract of the Turner study of 2004 prints both: 0.16 IU/kg/day, 0.053 mg/kg/day.
        (0.16, "IU/kg/day", 0.053),
        # REAL 3, table 1: 0.034 mg/kg/day are 0.238 mg/kg/week.
        (0.238, "mg/kg/week", 0.034),
        # The label of Eutropin: 1 IU/kg/week is 0.33 mg/kg/week.
        (1.0, "IU/kg/week", 0.33 / 7),
        (35.0, "ug/kg/day", 0.035),
        (0.034, "mg/kg/day", 0.034),
        (2.4, "mg/kg/2 weeks", 2.4 / 14),
    ],
)
def test_doses_convert(dose: float, unit: str, expected: float) -> None:
    assert dose * per_day(unit) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("unit", ["IU/m2/day", "mg/m2/week", "mg/day", "mg/kg", "", "nan"])
def test_other_doses_do_not(unit: str) -> None:
    assert np.isnan(per_day(unit))


def test_means_and_spreads_are_those_of_the_rows(ledger: Ledger) -> None:
    table = arm_covariates(ledger).set_index(["study_id", "arm_id"])
    rows = ledger.results[(ledger.results["reference_arm_id"] == "")]
    seen = 0
    for paramcd, name in (("HV", "velocity"), ("HTSDS", "height_sds")):
        own = rows[(rows["paramcd"] == paramcd) & (rows["months"] == 0)]
        for key, values in own.groupby(["study_id", "arm_id"]):
            if key not in table.index:
                continue
            mean = table.loc[key, f"{name}_mean"]
            if pd.notna(mean):
                assert mean in set(values.loc[values["statistic"] == "mean", "value"])
                seen += 1
    assert seen > 10


def test_one_row_an_arm_and_only_of_the_indication(ledger: Ledger) -> None:
    whole = arm_covariates(ledger)
    assert not whole.duplicated(["study_id", "arm_id"]).any()
    assert not (whole["study_id"].str.startswith("NOTE")).any()
    parts = [arm_covariates(ledger, code) for code in INDICATIONS]
    assert sum(map(len, parts)) == len(whole)
    for code, part in zip(INDICATIONS, parts, strict=True):
        assert set(part["indication"]) <= {code}


def test_units_of_pituitary_hormone_do_not_convert(ledger: Ledger) -> None:
    table = arm_covariates(ledger)
    one = table[(table["dose_unit"] == "IU/kg/day") & table["dose_mean"].notna()].iloc[0]
    arms = ledger.arms.copy()
    assert pd.notna(one["dose_per_day"]) == (one["product_class"] not in ("methionyl", "pituitary"))
    key = (arms["study_id"] == one["study_id"]) & (arms["arm_id"] == one["arm_id"])
    for product_class, converts in (("pituitary", False), ("reference daily", True)):
        arms.loc[key, "product_class"] = product_class
        found = arm_covariates(replace(ledger, arms=arms)).set_index(["study_id", "arm_id"])
        assert pd.notna(found.loc[(one["study_id"], one["arm_id"]), "dose_per_day"]) == converts


def planted(ledger: Ledger, **values: float) -> str:
    """What is printed of the age of one arm whose report has these statistics."""
    first = ledger.results.query("paramcd == 'AGE' and statistic == 'mean'").iloc[[0]]
    rows = pd.concat(
        [first.assign(statistic=name, value=value, decimals=1, result_id=f"x-{name}")
         for name, value in values.items()]
    )  # fmt: skip
    table = arm_covariates(replace(ledger, results=rows))
    [said] = table["age"]
    return str(said)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"mean": 7.5, "sd": 2.1}, "7.5 (2.1)"),
        ({"mean": 7.5, "sd": 2.1, "min": 3.0, "max": 11.0}, "7.5 (2.1)"),
        ({"mean": 7.5, "min": 3.0, "max": 11.0}, "7.5 (range 3.0 to 11.0)"),
        ({"median": 7.5, "p25": 6.0, "p75": 9.0}, "median 7.5 (quartiles 6.0 to 9.0)"),
        ({"median": 7.5, "p10": 5.2, "p90": 9.8}, "median 7.5 (p10 5.2 to p90 9.8)"),
        ({"min": 3.0, "max": 11.0}, "range 3.0 to 11.0"),
        ({"min": 3.0}, "range 3.0 to –"),
        ({"mean": 7.5, "se": 0.4}, "7.5 (SE 0.4)"),
        ({"median": 7.5}, "median 7.5"),
    ],
)
def test_words_as_printed(ledger: Ledger, values: dict[str, float], said: str) -> None:
    assert planted(ledger, **values) == said


def test_the_best_report_of_several(ledger: Ledger) -> None:
    kind = ledger.sources.set_index("source_id")["kind"]
    article, news = (kind[kind == name].index[0] for name in ("article", "news"))
    rows = pd.DataFrame(
        [
            ("news", "all", news, 1, 2.0, "observed"),
            ("per protocol", "Per-protocol set", article, 1, 2.0, "observed"),
            ("no spread", "all", article, 1, np.nan, "observed"),
            ("adjusted", "all", article, 1, 2.0, "adjusted"),
            ("second printing", "all", article, 2, 2.0, "observed"),
            ("best", "all", article, 1, 2.0, "observed"),
        ],
        columns=["name", "population", "source_id", "printing", "sd", "model"],
    ).assign(arm="one")
    # From the best to the worst: each is taken once those before it are gone.
    order = ["best", "second printing", "adjusted", "no spread", "news", "per protocol"]
    for expected in order:
        assert best_reports(rows, ledger, ["arm"])["name"].tolist() == [expected]
        rows = rows[rows["name"] != expected]
