"""Four counts, however a person has them."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import UserError
from analysis.stats import mantel_haenszel, two_by_two

TRIAL = pd.DataFrame(
    {
        "trt": ["new"] * 5 + ["old"] * 5,
        "cured": list("YYYYNYYNNN"),
        "site": list("aabbbaabbb"),
    }
)
WANTED = (4, 5, 2, 5)


@pytest.mark.parametrize(
    "given",
    [
        {"data": TRIAL, "arm": "trt", "outcome": "cured"},
        {"data": TRIAL.astype("category"), "arm": "trt", "outcome": "cured"},
        {"data": TRIAL.sample(frac=1, random_state=1), "arm": "trt", "outcome": "cured"},
        {"arm": TRIAL["trt"], "outcome": TRIAL["cured"]},
        {"arm": list(TRIAL["trt"]), "outcome": list(TRIAL["cured"])},
        {"data": pd.crosstab(TRIAL["trt"], TRIAL["cured"])},
        {"data": pd.crosstab(TRIAL["cured"], TRIAL["trt"])},
        {"data": pd.crosstab(TRIAL["trt"], TRIAL["cured"], margins=True)},
    ],
)
def test_every_form_gives_the_same_counts(given: dict) -> None:
    assert two_by_two(**given, event="Y", reference="old") == WANTED


@pytest.mark.parametrize("event", [1, True, 1.0])
def test_flags(event: object) -> None:
    flags = TRIAL.assign(cured=(TRIAL["cured"] == "Y").astype(type(event)))
    assert two_by_two(flags, arm="trt", outcome="cured", event=event, reference="old") == WANTED


def test_strata() -> None:
    found = two_by_two(TRIAL, arm="trt", outcome="cured", event="Y", reference="old", by="site")
    assert [each.tolist() for each in found] == [[2, 2], [2, 3], [2, 0], [2, 3]]
    pooled = mantel_haenszel(*found, measure="RD", correction=False, level=0.95)
    assert pooled.estimate == pytest.approx(2 / 3 * 1.5 / 2.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arm": "treatment"}, "no column 'treatment'"),
        ({"arm": "trtt"}, "did you mean 'trt'"),
        ({"event": "yes"}, "no outcome is 'yes': the outcomes are 'Y', 'N'"),
        ({"reference": "placebo"}, "no arm is 'placebo'"),
        ({"outcome": None}, "both arm= and outcome="),
        ({"arm": "cured", "reference": "Y", "by": "sites"}, "no column 'sites'"),
        ({"data": TRIAL.assign(cured=TRIAL["cured"].where(TRIAL.index > 2))}, "3 of 10 values"),
        ({"data": TRIAL.assign(trt=[*"abcdefghi", "old"])}, "two arms are compared"),
        ({"data": None}, "give the frame first"),
        ({"data": None, "arm": [1, 2], "outcome": [1]}, "2 values and outcome 1"),
        ({"arm": None, "outcome": None}, "no outcome 'Y' or no arm 'old'"),
    ],
)
def test_refusals_say_what_to_do(change: dict, message: str) -> None:
    given = {"data": TRIAL, "arm": "trt", "outcome": "cured", "event": "Y", "reference": "old"}
    with pytest.raises(UserError, match=message):
        two_by_two(**(given | change))


def test_the_data_are_not_changed() -> None:
    before = TRIAL.copy()
    two_by_two(TRIAL, arm="trt", outcome="cured", event="Y", reference="old", by=["site"])
    pd.testing.assert_frame_equal(TRIAL, before)
    assert np.array_equal(TRIAL.index, before.index)
