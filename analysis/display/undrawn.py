"""In place of what could not be shown: a sentence that says what, and why."""

from dataclasses import dataclass, field

from analysis.brief import brief
from analysis.display.html import render
from analysis.display.shown import IN_RESULTS, Displayed, statuses
from analysis.errors import UserError
from analysis.results import Results

UNDRAWN_MARK = "[not shown]"
"""Begins the text form of what could not be shown."""
UNDRAWN_CLASS = "undrawn"
"""Class of its HTML form. On the pages of the project's own trials, either is a defect."""


@brief(show=("title", "reason"))
@dataclass(frozen=True, slots=True)
class Undrawn(Displayed):
    """What stands in place of a figure or table that could not be made from its results.

    Parameters
    ----------
    title
        What should have stood here.
    reason
        Why it does not.
    alt
        The figure in words, which is known all the same; "" where it is not.
    results
        Its numbers.
    """

    title: str
    reason: str
    alt: str = ""
    results: Results = field(default_factory=Results)

    @property
    def name(self) -> str:
        """Title, which tells it from others on its page."""
        return self.title

    def text(self) -> str:
        """Return the mark, what is not shown, and why."""
        return f"{UNDRAWN_MARK} {self.title}: {self.reason}"

    def html(self) -> str:
        """Return the same as a paragraph, with the figure in words."""
        return render(
            "undrawn",
            title=self.title,
            reason=self.reason,
            alt=self.alt,
            kind=UNDRAWN_CLASS,
            statuses=statuses(self.results),
        )


def why_not(title: str, error: Exception, *, results: Results, alt: str = "") -> Undrawn:
    """Return what stands in place of something whose making raised an error."""
    said = " ".join(str(error).split()).rstrip(".")
    if not isinstance(error, UserError):
        kind = type(error).__name__
        said = f"it could not be made ({kind}: {said}); its numbers are {IN_RESULTS}"
    return Undrawn(title=title, reason=f"{said}.", alt=alt, results=results)
