"""A figure that an analyst draws: an ordinary function of axes, in the house's style."""

import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from analysis.brief import brief
from analysis.display.figures import COLOURS, Axes, Canvas, Drawn, Figure
from analysis.errors import UserError

CYCLE = ("blue", "orange", "green", "purple", "grey")
"""Colours of an analyst's lines and bars, in this order."""
HOW = "write a function: def draw(axes): frame.plot(ax=axes), and give its name, draw"


@brief(show=("title", "alt"))
@dataclass(frozen=True, slots=True)
class OwnFigure(Figure):
    """A figure whose drawings are kept: what its function reads may change in later cells."""

    kept: dict[bool, Drawn] = field(default_factory=dict, compare=False, repr=False)

    def drawn(self, *, narrow: bool, vector: bool = False) -> Drawn:
        """Return the drawing as it was when it was first asked for."""
        if narrow not in self.kept or (vector and not self.kept[narrow].svg):
            # A dataclass with slots is made anew: super() would look for the class it was before.
            self.kept[narrow] = Figure.drawn(self, narrow=narrow, vector=vector)
        return self.kept[narrow]


class Drawing:
    """Calls an analyst's function with axes, and keeps what it warns of.

    Parameters
    ----------
    draw
        ``draw(axes)``, or ``draw(axes, narrow)`` for one that draws otherwise for a phone.

    Raises
    ------
    UserError
        If it is no such function; when called, if it draws nothing on its axes.
    """

    def __init__(self, draw: Any) -> None:
        _refuse_picture(draw)
        self._draw: Callable[..., object] = draw
        self._knows_narrow = _takes_narrow(draw)
        self.warned: list[warnings.WarningMessage] = []

    def __call__(self, canvas: Canvas, narrow: bool) -> None:
        """Draw on axes of their own."""
        import matplotlib
        from matplotlib.rcsetup import cycler

        style: Any = {
            "axes.prop_cycle": cycler(color=[COLOURS[name] for name in CYCLE]),
            "legend.frameon": False,
        }
        self.warned.clear()
        with matplotlib.rc_context(style), _current(canvas), _listening(self.warned):
            self._draw(canvas.gca(), **({"narrow": narrow} if self._knows_narrow else {}))
        if not any(_holds_something(each) for each in canvas.axes):
            raise UserError(
                "nothing was drawn on the axes that the function is given; write axes.plot(…), or "
                "frame.plot(ax=axes)"
            )

    def tell(self) -> None:
        """Warn of what the drawing warned of, once, by the rules of the notebook."""
        told = {(str(each.message), each.category): each for each in self.warned}
        for each in told.values():
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def _holds_something(axes: Axes) -> bool:
    return bool(axes.has_data() or axes.texts or axes.tables or axes.artists or axes.images)


@contextmanager
def _listening(heard: list[warnings.WarningMessage]) -> Iterator[None]:
    """Keep warnings: an analyst's drawing may warn, and its figure is a figure all the same."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            heard.extend(caught)


@contextmanager
def _current(canvas: Canvas) -> Iterator[None]:
    """Let pyplot, and what uses it, such as pandas, draw here; close and refuse what it opens."""
    from matplotlib._pylab_helpers import Gcf
    from matplotlib.backend_bases import FigureManagerBase

    before = set(Gcf.figs)
    own = max(before, default=0) + 1
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    show = pyplot and pyplot.show
    try:
        Gcf.set_active(FigureManagerBase(canvas.canvas, own))
        if pyplot:  # Shown here, a figure would stand twice, and unfinished.
            pyplot.show = lambda *_, **__: None
        yield
    finally:
        if pyplot:
            pyplot.show = show
        Gcf.figs.pop(own, None)
        opened = set(Gcf.figs) - before
        for number in opened:
            Gcf.destroy(number)
    if opened:
        raise UserError(
            "the function opened a figure of its own; draw on the axes that it is given: leave "
            "out plt.figure() and plt.subplots(), and write frame.plot(ax=axes)"
        )


def _refuse_picture(draw: Any) -> None:
    if inspect.isroutine(draw) or (callable(draw) and not isinstance(draw, type)):
        return
    if draw is None:
        raise UserError(f"it takes a function that draws and got None; {HOW}, without brackets")
    kind = type(draw).__name__
    raise UserError(
        f"it takes a function that draws, so that the drawing fits desk and phone; got a ready "
        f"{kind}; {HOW}"
    )


def _takes_narrow(draw: Callable[..., object]) -> bool:
    try:
        known = inspect.signature(draw).parameters.values()
    except ValueError:
        return False
    free = [each for each in known if each.default is each.empty and each.kind
            not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]  # fmt: skip
    takes = any(each.name == "narrow" for each in known)
    if not known or len(free) > 1 + takes:
        raise UserError(f"the function that draws takes axes, and perhaps narrow; {HOW}")
    return takes
