"""A figure with a line a participant: of many, it shows what several have together."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.display.page import views_of
from analysis.efficacy import growth_response, single_arm, single_arm_settings
from analysis.efficacy.height_scores import measured_heights
from analysis.efficacy.settings import Settings
from analysis.results import points
from analysis.stats.descriptive import SAS_QUARTILES

WHY = "are too many for a line each"


@pytest.fixture(scope="module")
def shipped() -> Settings:
    return single_arm_settings.resolve(single_arm_settings.SingleArmParameters(trial="turner-1"))


@pytest.fixture
def turner(shipped: Settings) -> Settings:
    """A run that has computed nothing yet."""
    return replace(shipped)


def captions(run: Settings) -> list[str]:
    figures = [*views_of(growth_response.curves, run)[:1], *views_of(single_arm.change, run)[1:]]
    return [figure.caption for figure in figures]


def test_as_many_as_there_may_be_have_a_line_each(
    turner: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(turner.subjects())
    monkeypatch.setattr(points, "MOST_LINES", size)
    curves = growth_response.curves(turner).frame
    assert "child 1" in set(curves["variable"])
    assert growth_response.BANDS not in set(curves["variable"])
    assert single_arm.individuals(turner).frame["group1_level"].nunique() > size / 2
    for caption in captions(turner):
        assert WHY not in caption
        assert "One line a child" in caption or "Grey: one participant each" in caption


def test_of_one_more_there_are_centiles_and_means(
    turner: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(turner.subjects())
    monkeypatch.setattr(points, "MOST_LINES", size - 1)
    curves = growth_response.curves(turner)
    assert not curves.frame["variable"].str.startswith("child").any()
    bands = curves.select(variable=growth_response.BANDS).wide("stat")
    heights = measured_heights(turner)
    for row in bands.to_dict("records"):
        own = heights.loc[heights["AVISIT"] == row["variable_level"], "AVAL"].dropna()
        assert row["n"] == len(own)
        assert row["p90"] == pytest.approx(np.quantile(own, 0.9, method=SAS_QUARTILES))
    grouped = single_arm.individuals(turner).wide("stat")
    assert 1 < len(grouped) <= size // 2
    everyone = single_arm.pairs(turner)["CHANGE"]
    assert everyone.min() <= grouped["change"].min()
    assert grouped["change"].max() <= everyone.max()
    curve, change = captions(turner)
    assert "of at least 2 children" in curve
    assert "Grey: the mean of at least 2 participants each" in change
    for caption in (curve, change):
        assert f"More than {size - 1} {WHY}" in caption


def test_many_of_one_run_are_not_many_of_another(turner: Settings) -> None:
    assert turner.in_lines == turner.trial.plan.allowed
    assert points.for_lines(turner.trial.plan.allowed, points.MOST_LINES + 1).group == 2
