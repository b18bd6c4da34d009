"""The forest of a run's effect: its measure, its unit, its scale and whom each side favours."""

from analysis.display.figures import Figure
from analysis.display.forest import forest_figure
from analysis.display.reading import Reading
from analysis.efficacy.settings import Settings
from analysis.results import Results

OTHERS = "the other arm"
"""Who is compared with the reference, where that is another arm in every row."""


def effect_forest(
    results: Results,
    run: Settings,
    *,
    title: str,
    labels: list[str],
    caption: str,
    several: bool = False,
) -> Figure | Reading:
    """Draw effects of a run, a row an estimate.

    Parameters
    ----------
    results
        As `forest_figure` takes them.
    run
        The run, or one of its comparisons.
    title, labels, caption
        As `forest_figure` takes them.
    several
        Whether the rows are of several arms, each against the reference.
    """
    return forest_figure(
        results,
        title=title,
        labels=labels,
        unit=run.effect_unit,
        measure=run.effect.measure,
        ratio=run.effect.is_ratio,
        favours=run.favours_of(OTHERS) if several else run.favours,
        caption=caption,
    )
