"""One colour, mark and line an arm, in every figure of every page of its trial."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure as Canvas
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Text

from analysis.display.arms import ARM_COLOURS, arm_looks
from analysis.display.figures import COLOURS, STYLE, Figure
from analysis.display.page import views_of
from analysis.efficacy import (
    answer,
    event_curves,
    growth_response,
    hazards,
    over_time,
    primary_tables,
    robustness,
    single_arm,
    subgroup_analysis,
    tipping,
)  # fmt: skip
from analysis.efficacy import settings as efficacy
from analysis.efficacy import single_arm_settings as single
from analysis.results import Results, Section
from analysis.safety import by_term, exposure, hepatic, igf, onset, summaries, time_to_event
from analysis.safety import settings as safety

EFFICACY: list[Section[Any]] = [
    answer.answer, primary_tables.diagnostics, robustness.robustness, tipping.tipping,
    over_time.by_visit, subgroup_analysis.in_subgroups, growth_response.curves,
    growth_response.distribution,
]  # fmt: skip
TIMES: list[Section[Any]] = [
    answer.answer, event_curves.survival, hazards.proportional, robustness.robustness,
]  # fmt: skip
SAFETY: list[Section[Any]] = [
    exposure.exposure, by_term.by_term, time_to_event.time_to_first_event, onset.onset_by_month,
    summaries.measurements_by_visit, hepatic.hepatic, igf.igf1_sds,
]  # fmt: skip
SINGLE: list[Section[Any]] = [
    single_arm.change, over_time.by_visit, growth_response.curves, growth_response.distribution,
]  # fmt: skip
EVENT = "Time to first dermatologic event"
LOW, HIGH = "Xanomeline Low Dose", "Xanomeline High Dose"
TOLD_APART = 15.0
"""CIE 1976 difference from which areas and lines of two colours are told apart."""
COLOUR_VISION = {
    "usual": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
    "tritanopia": np.array([
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ]),
}  # fmt: skip
"""What linear RGB is seen as: Machado, Oliveira and Fernandes (2009), severity 1."""


def pilot_runs() -> list[tuple[Any, list[Section[Any]]]]:
    plain = efficacy.ControlledParameters(trial="cdisc-pilot", subgroups=["SEX"])
    timed = efficacy.ControlledParameters(trial="cdisc-pilot", endpoint=EVENT)
    kept = safety.SafetyParameters(trial="cdisc-pilot")
    return [
        (efficacy.resolve(plain), EFFICACY),
        (efficacy.resolve(timed), TIMES),
        (safety.resolve(kept), SAFETY),
    ]


def growth_runs() -> list[tuple[Any, list[Section[Any]]]]:
    return [
        (efficacy.resolve(efficacy.ControlledParameters(trial="ghd")), EFFICACY),
        (safety.resolve(safety.SafetyParameters(trial="ghd")), SAFETY),
    ]


def single_runs() -> list[tuple[Any, list[Section[Any]]]]:
    return [
        (single.resolve(single.SingleArmParameters(trial="turner-1")), SINGLE),
        (safety.resolve(safety.SafetyParameters(trial="turner-1")), SAFETY),
    ]


def figures(runs: list[tuple[Any, list[Section[Any]]]]) -> Iterator[tuple[str, Canvas]]:
    """Give the title and the drawing of each figure of some sections."""
    for run, sections in runs:
        for section in sections:
            for view in views_of(section, run):
                if isinstance(view, Figure):
                    yield view.title, drawn(view)


def drawn(figure: Figure) -> Canvas:
    import matplotlib as mpl

    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        canvas = Canvas(figsize=(8.4, figure.height))
        figure.draw(canvas, False)
    return canvas


def colours_of(artist: Artist) -> set[str]:
    """Return every colour that an artist has, as hexadecimal digits."""
    found: set[str] = set()
    for name in ("color", "facecolor", "edgecolor", "markeredgecolor", "markerfacecolor"):
        value = getattr(artist, f"get_{name}", lambda: None)()
        if value is None or (isinstance(value, str) and value == "none"):
            continue
        several = np.ndim(value) == 2
        found |= {to_hex(each).upper() for each in (value if several else [value])}
    return found


def colours_by_arm(canvas: Canvas, arms: tuple[str, ...]) -> dict[str, set[str]]:
    """Return the colours in which a drawing names an arm: in a legend, or as coloured text."""
    found: dict[str, set[str]] = defaultdict(set)
    for text in canvas.findobj(Text):
        neutral = {COLOURS[name] for name in ("ink", "grey")} | {"#000000"}
        own = to_hex(text.get_color()).upper()
        if text.get_text() in arms and own not in neutral:
            found[text.get_text()].add(own)
    for handle, words in keys(canvas):
        if words in arms:
            found[words].add(to_hex(handle.get_color()).upper())
    return found


def keys(canvas: Canvas) -> list[tuple[Line2D, str]]:
    """Return the lines that legends explain, with their words."""
    return [
        (line, text.get_text())
        for legend in canvas.findobj(Legend)
        for line, text in zip(legend.get_lines(), legend.get_texts(), strict=True)
    ]


@pytest.fixture(scope="module")
def pilot() -> tuple[tuple[str, ...], list[tuple[str, Canvas]]]:
    return arms_and_figures(pilot_runs)


def arms_and_figures(runs: Any) -> tuple[tuple[str, ...], list[tuple[str, Canvas]]]:
    made = runs()
    return made[0][0].arms, list(figures(made))


def check_colours(arms: tuple[str, ...], shown: list[tuple[str, Canvas]]) -> None:
    """Check that each arm has one colour, and that no figure uses that of an arm not named."""
    looks, seen = arm_looks(arms), defaultdict(set)
    for title, canvas in shown:
        for arm, colours in colours_by_arm(canvas, arms).items():
            seen[arm] |= colours
        words = {title.split(", ")[-1], *(text.get_text() for text in canvas.findobj(Text))}
        here = {looks[arm].colour for arm in arms if arm in words or len(arms) == 1}
        used = {colour for artist in canvas.findobj() for colour in colours_of(artist)}
        assert used & set(ARM_COLOURS) <= here, f"{title}: a colour of an arm that is not named"
    assert seen == {arm: {looks[arm].colour} for arm in arms}


def test_a_colour_says_which_of_three_arms_and_nothing_else(pilot: Any) -> None:
    check_colours(*pilot)


@pytest.mark.parametrize("runs", [growth_runs, single_runs], ids=["two arms", "one arm"])
def test_a_colour_says_which_arm_and_nothing_else(runs: Any) -> None:
    check_colours(*arms_and_figures(runs))


def test_a_second_colour_and_a_borrowed_one_are_found(pilot: Any) -> None:
    arms, looks = pilot[0], arm_looks(pilot[0])
    for words, colour in ((arms[0], looks[arms[1]].colour), ("bound", looks[arms[1]].colour)):
        canvas = Canvas()
        canvas.text(0, 0, words, color=colour)
        with pytest.raises(AssertionError):
            check_colours(arms, [*pilot[1], ("twin", canvas)])


def test_marks_and_lines_of_legends_are_those_of_the_arms(pilot: Any) -> None:
    arms, shown = pilot
    looks, checked = arm_looks(arms), 0
    for title, canvas in shown:
        for line, words in keys(canvas):
            if words in arms:
                assert line.get_marker() in {looks[words].mark, "None"}, title
                expected = Line2D([], [], ls=looks[words].line, lw=line.get_linewidth())
                bare = line.get_linestyle() == "None"
                assert bare or line._dash_pattern == expected._dash_pattern, title  # type: ignore[attr-defined]
                checked += 1
    assert checked >= 6 * len(arms)


@pytest.mark.parametrize(
    ("section", "number"), [(over_time.by_visit, 0), (event_curves.survival, 1),
                            (time_to_event.time_to_first_event, 2), (by_term.by_term, 2)],
)  # fmt: skip
def test_an_arm_that_is_missing_gives_its_colour_to_no_other(
    section: Section[Any], number: int
) -> None:
    run, _ = pilot_runs()[number]
    rows = section.rows(run)
    left = Results(rows.frame[~rows.frame["group1_level"].astype(str).str.contains(LOW)])
    shown = [view(left, run) for view in section.views]
    canvas = next(drawn(each) for each in shown if isinstance(each, Figure))
    found, looks = colours_by_arm(canvas, run.arms), arm_looks(run.arms)
    assert found[HIGH] == {looks[HIGH].colour}
    if LOW not in found:
        used = {colour for artist in canvas.findobj() for colour in colours_of(artist)}
        assert looks[LOW].colour not in used


def test_any_colour_vision_tells_the_colours_of_arms_apart() -> None:
    for (one, other), (sight, seen) in (
        (pair, sight)
        for pair in combinations([*ARM_COLOURS, COLOURS["ink"]], 2)
        for sight in COLOUR_VISION.items()
    ):
        apart = np.linalg.norm(_lab(seen @ _linear(one)) - _lab(seen @ _linear(other)))
        assert apart >= TOLD_APART, f"{one} and {other} are {apart:.0f} apart with {sight}"
    brightness = [float(_linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in ARM_COLOURS]
    assert min(1.05 / (each + 0.05) for each in brightness) >= 3, "graphics need 3 to 1 on white"


def test_many_arms_share_no_look() -> None:
    arms = [f"dose {number}" for number in range(24)]
    looks = arm_looks(arms)
    assert len(set(looks.values())) == len(arms)
    assert len({look.colour for look in list(looks.values())[:6]}) == 6


def _linear(colour: str) -> Any:
    value = np.array(to_rgb(colour))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _lab(linear: Any) -> Any:
    """Return CIE L*a*b* (D65) of linear sRGB."""
    to_xyz = np.array([
        [0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ])  # fmt: skip
    xyz = to_xyz @ np.clip(linear, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
