"""Arrows between placed boxes: down to the next line, along a line, or around on a lane.

An arrow never runs through a box: one that passes other lines takes a lane at the left edge.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from analysis.display.boxes import SMALL, Placed

HEAD, OUT, EXIT = 20, 6, 14
"""Pixels: the last stretch, with the head; the first one to a lane, and along under boxes."""
LANE, ASIDE, OVER = 10, 7, 4
"""Pixels between lanes, from an arrow to its label, and above the label."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow from one box to another; in one row it runs sideways.

    A label needs room: an arrow with one runs to the next row, alone at its start or at its end.
    """

    start: str
    end: str
    label: str = ""


class Way(Enum):
    """How an arrow gets from its start to its end."""

    DOWN = auto()
    SIDEWAYS = auto()
    UNDER = auto()
    """Below a box or more that stand between two of one line."""
    LANE = auto()


@dataclass(frozen=True, slots=True)
class Plan:
    """The way of every arrow, by where its boxes are: line from the top, place from the left."""

    arrows: Sequence[Arrow]
    at: Mapping[str, tuple[int, int]]

    def way(self, arrow: Arrow) -> Way:
        """Return how an arrow runs."""
        (first, left), (last, right) = self.at[arrow.start], self.at[arrow.end]
        if first == last:
            return Way.SIDEWAYS if abs(left - right) == 1 else Way.UNDER
        return Way.DOWN if last == first + 1 else Way.LANE

    def those(self, way: Way) -> list[Arrow]:
        """Return the arrows that run in a way."""
        return [arrow for arrow in self.arrows if self.way(arrow) is way]

    def lanes(self) -> dict[Arrow, int]:
        """Return the lane of each arrow that takes one; those of one start, or end, share it."""
        around = self.those(Way.LANE)
        starts = Counter(arrow.start for arrow in around)
        keys = {
            arrow: ("from", arrow.start) if starts[arrow.start] > 1 else ("to", arrow.end)
            for arrow in around
        }
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys.values()))}
        return {arrow: numbers[key] for arrow, key in keys.items()}

    def enters(self, line: int) -> bool:
        """Return whether an arrow comes into a line from above."""
        return any(
            self.at[arrow.end][0] == line
            for way in (Way.DOWN, Way.LANE)
            for arrow in self.those(way)
        )

    def leaves(self, line: int) -> bool:
        """Return whether an arrow goes out below a line."""
        return any(
            self.at[arrow.start][0] == line and self.way(arrow) is not Way.SIDEWAYS
            for arrow in self.arrows
        )

    def labelled_at(self, arrow: Arrow) -> str:
        """Return the box beside whose arrow the label stands: where no other arrow runs."""
        others = [each for each in self.arrows if self.way(each) is not Way.SIDEWAYS]
        alone = sum(each.end == arrow.end for each in others) == 1
        return arrow.end if alone else arrow.start

    def label_line(self, arrow: Arrow) -> int:
        """Return the line above which the label stands."""
        number, _ = self.at[self.labelled_at(arrow)]
        return number + (self.labelled_at(arrow) == arrow.start)

    def labels(self, boxes: Mapping[str, Placed], *, narrow: bool) -> dict[Arrow, str]:
        """Return the labels in lines that fit beside their arrows."""
        return {
            arrow: SMALL.wrap(
                arrow.label,
                boxes[self.labelled_at(arrow)].width / 2 - ASIDE,
                narrow=narrow,
            )
            for arrow in self.arrows
            if arrow.label
        }


@dataclass(frozen=True, slots=True)
class Route:
    """The corners of an arrow, from its start to its head; and its label, by its upper left."""

    corners: Sequence[Point]
    label: str = ""
    label_at: Point = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where arrows run: the boxes in their places, and how much is kept free above each line.

    Parameters
    ----------
    plan
        The ways of the arrows.
    boxes
        The boxes by name.
    tops
        Upper edges of the boxes, line by line.
    free
        Pixels above each line that labels take.
    """

    plan: Plan
    boxes: Mapping[str, Placed]
    tops: Sequence[float]
    free: Sequence[float]

    def route(self, arrow: Arrow, label: str = "") -> Route:
        """Return where an arrow runs."""
        start, end = self.boxes[arrow.start], self.boxes[arrow.end]
        way = self.plan.way(arrow)
        if way is Way.SIDEWAYS:
            y = start.y + start.height / 2
            right = start.x < end.x
            return Route([(start.x + start.width * right, y), (end.x + end.width * (not right), y)])
        x1, x2 = start.centre, end.centre
        ends = (x1, start.bottom), (x2, end.bottom if way is Way.UNDER else end.y)
        route = Route([ends[0], *self._turns(arrow, x1, x2), ends[1]])
        if not label:
            return route
        beside = self.boxes[self.plan.labelled_at(arrow)].centre + ASIDE
        return replace(
            route, label=label, label_at=(beside, self._high(self.plan.label_line(arrow)) + OVER)
        )

    def _turns(self, arrow: Arrow, x1: float, x2: float) -> list[Point]:
        way = self.plan.way(arrow)
        if way is Way.LANE:
            lane = LANE * (self.plan.lanes()[arrow] + 0.5)
            out, into = self._out(arrow), self._high(self.plan.at[arrow.end][0])
            return [(x1, out), (lane, out), (lane, into), (x2, into)]
        if abs(x1 - x2) < 1:
            return []
        y = self._bend(arrow) if way is Way.DOWN else self.boxes[arrow.start].bottom + EXIT
        return [(x1, y), (x2, y)]

    def _high(self, line: int) -> float:
        """Return the height above a line and the labels that stand over it."""
        return self._low(line) - self.free[line]

    def _low(self, line: int) -> float:
        """Return the height between a line and the labels that stand over it."""
        return self.tops[line] - HEAD

    def _bend(self, arrow: Arrow) -> float:
        """Return where an arrow down turns: on the far side of its label."""
        line, _ = self.plan.at[arrow.end]
        return self._high(line) if self.plan.labelled_at(arrow) == arrow.end else self._low(line)

    def _out(self, arrow: Arrow) -> float:
        """Return where an arrow to a lane leaves: with others that turn, or below its label."""
        if arrow.label and self.plan.labelled_at(arrow) == arrow.start:
            return self._low(self.plan.label_line(arrow))
        start = self.boxes[arrow.start]
        turning = [
            self._bend(each)
            for each in self.plan.those(Way.DOWN)
            if each.start == arrow.start and abs(self.boxes[each.end].centre - start.centre) >= 1
        ]
        return min(turning, default=start.bottom + OUT)
