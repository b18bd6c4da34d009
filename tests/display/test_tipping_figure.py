"""The map of a tipping surface: names of assumptions stand off the border of the verdict."""

import numpy as np
import pytest
from matplotlib.text import Text
from measured import fitted

from analysis.display.tipping_figure import SHORT, Mark, tipping_map
from analysis.results import Results
from analysis.stats.tipping_surface import DeltaSurface

GRID = np.linspace(-10.0, 10.0, 5)


def surface(border: float) -> DeltaSurface:
    """A surface whose verdict changes at one delta of the arm, whatever the reference's."""
    nothing = np.zeros((5, 5))
    return DeltaSurface(
        arm="A", reference="B", visit=1, strategy="mar", which="all", limit="lower",
        threshold=0.0, level=0.95, deltas=GRID, reference_deltas=GRID, estimate=nothing,
        std_error=nothing, lower=nothing, upper=nothing, beyond=nothing > 0,
        slope=np.array([-border, 1.0, 0.0]), covariance=np.diag([1e-8, 0.0, 0.0]),
    )  # fmt: skip


@pytest.mark.parametrize("border", [-5.3, -1.0, 0.5, 4.0, 9.0])
@pytest.mark.parametrize("narrow", [False, True])
def test_no_name_of_an_assumption_touches_the_border(border: float, narrow: bool) -> None:
    marks = [Mark(name, name, 0.1 * n, 0.0) for n, name in enumerate(SHORT)]
    figure = tipping_map(
        surface(border), marks=marks, verdicts=("shown", "not shown"), border="zero",
        plausible=5.0, plausible_words="within 1 SD", tip=border, unit="cm", places=1,
        results=Results(), remark="nothing",
    )  # fmt: skip
    canvas = fitted(figure, narrow=narrow).canvas
    [axes] = canvas.axes
    at, _ = axes.transData.transform((border, 0.0))
    names = [each for each in axes.texts if each.get_text() in SHORT.values()]
    assert len(names) == len(SHORT)
    left, right = axes.get_window_extent().intervalx
    for each in names:
        low, high = Text.get_window_extent(each).intervalx  # without the line to its dot
        assert not low <= at <= high
        assert left <= low < high <= right
