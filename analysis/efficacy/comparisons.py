"""The comparisons of a run: every arm with the reference, the one under test first."""

from dataclasses import replace
from functools import lru_cache

from analysis.efficacy.settings import Settings
from analysis.results import Results


@lru_cache(maxsize=8)
def comparisons(run: Settings) -> tuple[Settings, ...]:
    """Return the run for each of its comparisons, itself first.

    Parameters
    ----------
    run
        What is analysed.

    Returns
    -------
    tuple of Settings
        Of a trial with two arms the run alone; with more, one a further arm, which is then the
        treatment. The model keeps all arms.

    Examples
    --------
    >>> from analysis.efficacy.settings import ControlledParameters, resolve
    >>> [each.contrast for each in comparisons(resolve(ControlledParameters(trial="ghd")))]
    ['Valtropin − Humatrope']
    """
    others = [arm for arm in run.arms if arm not in (run.treatment, run.reference)]
    return (run, *(replace(run, treatment=arm) for arm in others))


def has_several(run: Settings) -> bool:
    """Say whether the trial compares more than one arm with the reference."""
    return len(comparisons(run)) > 1


def by_comparison(results: Results, level: str) -> list[Results]:
    """Return the rows of each comparison, which the level column `level` names."""
    names = dict.fromkeys(results.frame[level])
    return [results.select(**{level: name}) for name in names]
