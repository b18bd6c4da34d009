"""Frames as strangers have them: what is unambiguous is taken, the rest is one sentence."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import UserError
from analysis.stats import fit_ancova, fit_mmrm, meta_analysis

RNG = np.random.default_rng(3)
N = 40
WIDE = pd.DataFrame(
    {
        "pid": np.arange(N),
        "grp": np.where(np.arange(N) % 2, "active", "control"),
        "bl": RNG.normal(size=N),
    }
)
for week in (4, 8, 12):
    WIDE[f"wk{week}"] = WIDE.bl + RNG.normal(size=N) + (WIDE.grp == "active") * week / 8
LONG = WIDE.melt(id_vars=["pid", "grp", "bl"], var_name="time", value_name="score")
NAMED = LONG.assign(time=LONG.time.str.replace("wk", "Week "))
NUMBER = LONG.time.str[2:].astype(int)


def contrasts(frame: pd.DataFrame, **change: object) -> list[tuple[float, float]]:
    given = {
        "response": "score", "subject": "pid", "visit": "time", "factors": ["grp", "time"],
        "covariates": ["bl"], "interactions": [("grp", "time")], "structure": "us",
        "df_method": "kr",
    }  # fmt: skip
    fit = fit_mmrm(frame, **(given | change))
    found = fit.contrast(
        "grp", reference="control", by="time", weights="equal", level=0.95, adjust="none"
    )
    return [(item.estimate, item.df) for item in found]


@pytest.mark.parametrize(
    ("frame", "change"),
    [
        (LONG.astype({"time": "category", "grp": "category", "pid": "category"}), {}),
        (NAMED, {}),
        (NAMED.astype({"time": "category"}), {}),
        (NAMED.astype({"time": "string", "grp": "string"}), {}),
        (LONG.assign(time=NUMBER), {}),
        (LONG.assign(time=NUMBER.astype(str)), {}),
        (LONG.assign(time=pd.Timestamp("2020-01-01") + pd.to_timedelta(NUMBER, "D")), {}),
        (LONG.sample(frac=1, random_state=1), {}),
        (LONG.astype({"score": object}), {}),
        (LONG.assign(pid="P" + LONG.pid.astype(str)), {}),
        (LONG, {"covariates": "bl", "interactions": "grp:time"}),
        (LONG, {"interactions": ["grp", "time"]}),
        (LONG, {"interactions": ["grp * time"]}),
        (LONG, {"structure": "UN", "df_method": "Kenward–Roger"}),
    ],
)
def test_an_mmrm_of_any_unambiguous_frame(frame: pd.DataFrame, change: dict) -> None:
    expected = contrasts(LONG.assign(time=NUMBER))
    assert np.allclose(contrasts(frame, **change), expected, rtol=1e-6)


def test_categories_that_somebody_ordered_stay_in_their_order() -> None:
    order = ["Week 12", "Week 4", "Week 8"]
    given = NAMED.assign(time=pd.Categorical(NAMED.time, categories=order, ordered=True))
    assert np.allclose(contrasts(given)[0], contrasts(NAMED)[2], rtol=1e-6)


@pytest.mark.parametrize(
    ("frame", "change", "message"),
    [
        (WIDE, {}, r"one row a subject and visit.*melt\(id_vars=\['pid', 'grp', 'bl'\]"),
        (LONG, {"response": "scores"}, "did you mean 'score'"),
        (LONG, {"visit": "AVISIT"}, "no column 'AVISIT': they have pid, grp"),
        (LONG.set_index("pid"), {}, "no column 'pid': they have"),
        (pd.concat([LONG, LONG.head(3)]), {}, "2 records at time 'wk4'.*keep one"),
        (LONG.astype({"score": str}), {}, "must be numeric.*to_numeric"),
        (
            LONG.assign(score=LONG.score.astype(str).where(LONG.index != 3, "n.d.")),
            {},
            "its value 'n.d.' is no number",
        ),
        (LONG.assign(time=LONG.time.map({"wk4": "a", "wk8": "b", "wk12": "c"})), {}, "visits = "),
        (NAMED.replace({"time": {"Week 4": "Day 28"}}), {}, "visits = "),
        (LONG.assign(pid=LONG.pid.where(LONG.index != 5)), {}, "identifies records"),
        (LONG.to_dict(), {}, "must be a pandas.DataFrame, not dict"),
        (LONG, {"structure": "unstructered"}, "did you mean 'unstructured'"),
        (LONG, {"df_method": "residual"}, "df_method must be one of satterthwaite"),
    ],
)
def test_an_mmrm_that_is_refused_says_what_to_do(frame, change: dict, message: str) -> None:
    with pytest.raises(UserError, match=message) as found:
        contrasts(frame, **change)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    "frame",
    [WIDE, WIDE.astype({"grp": "category"}), WIDE.astype({"wk12": object}), WIDE.sample(frac=1)],
)
def test_an_ancova_of_ones_own(frame: pd.DataFrame) -> None:
    fit = fit_ancova(frame, response="wk12", factors="grp", covariates="bl", std_errors="OLS")
    [found] = fit.contrast("grp", reference="control", weights="equal", level=0.95, adjust="none")
    assert found.estimate == pytest.approx(1.0128, abs=1e-4)


PAPERS = pd.DataFrame({"who": list("abc"), "d": [0.2, 0.6, 0.7], "se": [0.3, 0.3, 0.4]})
PAPERS["lo"], PAPERS["hi"] = PAPERS.d - 1.959964 * PAPERS.se, PAPERS.d + 1.959964 * PAPERS.se
LEVEL = {"method": "reml", "interval": "normal", "prediction_df": "k-2", "level": 0.95}


def test_a_meta_analysis_of_any_form() -> None:
    expected = meta_analysis(PAPERS.d, PAPERS.se, **LEVEL)
    for given in (
        meta_analysis("d", "se", data=PAPERS, labels="who", **LEVEL),
        meta_analysis("d", data=PAPERS, limits=("lo", "hi"), limits_level=0.95, **LEVEL),
        meta_analysis(PAPERS.d, limits=(PAPERS.lo, PAPERS.hi), limits_level=0.95, **LEVEL),
    ):
        assert given.estimate == pytest.approx(expected.estimate, rel=1e-6)
        assert given.tau2 == pytest.approx(expected.tau2, abs=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"estimates": PAPERS}, "name the columns.*who, d, se"),
        ({"estimates": "d"}, "give data=frame"),
        ({"estimates": "d", "data": PAPERS}, "standard error, or its limits"),
        ({"estimates": "dd", "std_errors": "se", "data": PAPERS}, "no column 'dd'"),
        ({"estimates": "d", "limits": ("lo", "hi"), "data": PAPERS}, "limits_level=0.95"),
        ({"estimates": "d", "limits": "lo", "limits_level": 0.95, "data": PAPERS}, "limits="),
        (
            {"estimates": [0.5, 2.0], "limits": ([0.3, 1.1], [0.9, 3.6]), "limits_level": 0.95},
            "the log of a ratio",
        ),
    ],
)
def test_a_meta_analysis_that_is_refused_says_what_to_do(given: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        meta_analysis(**given, **LEVEL)
