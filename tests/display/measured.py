"""What stands on a finished drawing, measured: for tests of figures."""

from typing import Any

import matplotlib

from analysis.display import Figure
from analysis.display.figures import STYLE, Fitted


def fitted(figure: Any, *, narrow: bool) -> Fitted:
    """Return a figure's drawing with every word where it is drawn."""
    assert isinstance(figure, Figure)
    style: Any = {**matplotlib.rcParamsDefault, **STYLE}
    with matplotlib.rc_context(style):
        return figure._fitted(narrow=narrow)


def collisions(figure: Any) -> list[str]:
    """Return the words of both drawings that cover one another or leave the paper."""
    return [found for narrow in (False, True) for found in fitted(figure, narrow=narrow).crowded]


def words(canvas: Any) -> list[str]:
    """Return every text of a drawing, each in one line."""
    from matplotlib.text import Text

    return [" ".join(each.get_text().split()) for each in canvas.findobj(Text) if each.get_text()]
