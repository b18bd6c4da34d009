"""A specification curve: the same result under many choices, sorted, over the choices made."""

from collections.abc import Sequence

import pandas as pd

from analysis.display.effect_axis import BOUNDS, EffectAxis, needed_axis, no_effect
from analysis.display.figures import COLOURS, Axes, Canvas, Figure
from analysis.display.rows import numbers
from analysis.parameters import name_in_words
from analysis.results import NOT_ESTIMABLE, Results
from analysis.words import numbered

NOT_SHOWN = "not shown"
VERDICTS = ("conclusion", "verdict")
NO_VERDICT = "no verdict"
"""Of an analysis that tests nothing, as that of one arm."""
MARKS = {NOT_SHOWN: (COLOURS["grey"], "X"), NOT_ESTIMABLE: (COLOURS["grey"], "|")}
SHOWN = (COLOURS["ink"], "o")
PARAMETER = "parameter:"
"""How the statistics begin that hold a choice in words."""
ROW = 0.24
"""Inches of one row of choices."""


def specification_curve(
    results: Results,
    *,
    title: str,
    unit: str,
    measure: str = "Estimate",
    ratio: bool = False,
    null: float | None = None,
) -> Figure:
    """Draw every scenario's estimate and interval, sorted, and under each the choices made.

    Parameters
    ----------
    results
        One ``group1_level`` a scenario, with ``estimate``, ``conf.low``, ``conf.high``,
        perhaps one of `VERDICTS` and `BOUNDS`, and one text ``parameter:NAME`` for each choice.
    title
        Above the figure.
    unit
        Unit of the estimates; "" of ratios.
    measure
        What is estimated, such as "Hazard ratio".
    ratio
        Whether the scale is logarithmic.
    null
        The value of no effect; unless given, 1 of a ratio and 0 of anything else.
    """
    frame = numbers(results, "estimate", "conf.low", "conf.high", *BOUNDS)
    frame = frame.sort_values(
        ["estimate", "conf.low", "bound"], ascending=[True, False, True], kind="stable"
    ).reset_index(drop=True)
    frame["verdict"] = _verdicts(frame)
    choices = _choices(frame)
    at = no_effect(null, ratio=ratio)
    axis = needed_axis(frame, null=at, ratio=ratio)
    label = f"{measure}{f', {unit}' if unit else ''}"

    def draw(canvas: Canvas, narrow: bool) -> None:
        if not choices:
            _curve(canvas.subplots(), frame, axis, null=at, label=label, narrow=narrow)
            return
        # The rows of choices keep their height whatever the figure's.
        upper, lower = canvas.subplots(
            2, 1, sharex=True, height_ratios=[2.6 if narrow else 2.9, ROW * len(choices)]
        )
        _curve(upper, frame, axis, null=at, label=label, narrow=narrow)
        _matrix(lower, frame, choices, narrow=narrow)

    height = 3.6 + ROW * len(choices)
    return Figure(
        title=title,
        alt=_alt(frame, results, unit),
        draw=draw,
        height=height,
        narrow_height=height,
        results=results,
        caption="Above: estimate and interval of each scenario, sorted; dot: the verdict is "
        "reached, grey cross: it is not; short line: the margin of the scenario. Below: the "
        "choices of the same scenario.",
    )


def _verdicts(frame: pd.DataFrame) -> pd.Series:
    said = pd.Series(index=frame.index, dtype=object)
    for name in VERDICTS:
        if name in frame:
            said = said.fillna(frame[name].replace("", None))
    return said.fillna(NO_VERDICT)


def _alt(frame: pd.DataFrame, results: Results, unit: str) -> str:
    verdicts = frame["verdict"].value_counts(sort=False)
    said = ", ".join(f"{count} {name}" for name, count in verdicts.items())
    alt = f"Specification curve of {numbered(len(frame), 'scenario')}: {said}."
    if frame["estimate"].isna().all():
        return alt
    texts = results.wide().set_index("group1_level")["estimate"]
    ends = [
        texts[frame.loc[found, "group1_level"]]
        for found in (frame["estimate"].idxmin(), frame["estimate"].idxmax())
    ]
    return f"{alt} Estimates from {ends[0]} to {ends[1]} {unit}".rstrip() + "."


def _choices(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Return parameter and value of each row of choices; what never varies has none."""
    found = []
    for column in (name for name in frame if str(name).startswith(PARAMETER)):
        values = list(dict.fromkeys(frame[column]))
        if len(values) > 1:
            found += [(column, value) for value in _sorted(values)]
    return found


def _sorted(values: Sequence[str]) -> list[str]:
    """Return values in the order of their size where all are numbers."""
    as_numbers = pd.to_numeric(pd.Series(values), errors="coerce")
    if as_numbers.notna().all():
        return [values[n] for n in as_numbers.sort_values().index]
    return list(values)


def _curve(
    axes: Axes,
    frame: pd.DataFrame,
    axis: EffectAxis | None,
    *,
    null: float,
    label: str,
    narrow: bool,
) -> None:
    axes.axhline(null, color=COLOURS["pale"], lw=1.2, zorder=0)
    for verdict, rows in frame.groupby("verdict", sort=False):
        colour, mark = MARKS.get(str(verdict), SHOWN)
        x, low, high = rows.index.to_numpy(), rows["conf.low"], rows["conf.high"]
        if axis is not None:
            for at, least, most in zip(x, low, high, strict=True):
                axis.draw_arrows(axes, least, most, at, colour=colour, upright=True)
            low, high = low.clip(lower=axis.low), high.clip(upper=axis.high)
        axes.vlines(x, low, high, color=colour, lw=1.8)
        axes.plot(x, rows["estimate"], mark, color=colour, ms=6.5, ls="none")
    for bound in (frame[each].dropna() for each in BOUNDS):
        axes.hlines(
            bound, bound.index - 0.35, bound.index + 0.35, color=COLOURS["ink"], lw=1.4, zorder=3
        )
    if axis is not None:
        axis.set(axes, narrow=narrow, upright=True)
    axes.set_ylabel(label)
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.spines["bottom"].set_visible(False)


def _matrix(
    axes: Axes, frame: pd.DataFrame, choices: Sequence[tuple[str, str]], *, narrow: bool
) -> None:
    for y, (column, value) in enumerate(choices):
        x = frame.index[frame[column] == value]
        axes.plot(frame.index, [y] * len(frame), ".", color=COLOURS["pale"], ms=4)
        axes.plot(x, [y] * len(x), "o", color=COLOURS["ink"], ms=4.5)
    labels = [_label(column, value, narrow=narrow) for column, value in choices]
    axes.set_yticks(range(len(choices)), labels, fontsize=7.5 if narrow else 9)
    axes.set_ylim(len(choices) - 0.4, -0.6)
    axes.tick_params(length=0, labelbottom=False)
    axes.set_xlim(-0.7, len(frame) - 0.3)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def _label(column: str, value: str, *, narrow: bool) -> str:
    name = name_in_words(column.removeprefix(PARAMETER))
    text = value if narrow and len(name) + len(value) > 18 else f"{name} {value}"
    return text if len(text) <= 34 else f"{text[:33]}…"
