"""Sentences: the reading of a result, whose numbers are results too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from analysis.brief import brief
from analysis.display.html import render
from analysis.display.shown import Displayed, plan_footnotes, statuses
from analysis.results import Results
from analysis.words import numbered

ABSENT_MARK = "[absent]"
"""Begins the text form of what a trial does not declare."""


@brief(words="in_brief")
@dataclass(frozen=True, slots=True)
class Reading(Displayed):
    """One or a few sentences that say what a result means.

    Parameters
    ----------
    sentences
        The sentences; numbers in them come from ``results``, already formatted.
    results
        The result rows that the sentences rest on.
    heading
        For a box that stands out, such as “The answer”; "" for plain text.
    further
        Sentences of such a box that are second, by what they are on; folded on a screen.
    """

    sentences: Sequence[str]
    results: Results = field(default_factory=Results)
    heading: str = ""
    further: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the reading, label → words."""
        return {
            "heading": self.heading,
            **{str(place): said for place, said in enumerate(self.said(), start=1)},
            "results": f"{numbered(len(self.results), 'row')}: .results"
            if len(self.results)
            else "",
        }

    @property
    def name(self) -> str:
        """Heading or first sentence, which tells it from others on its page."""
        return self.heading or self.sentences[0]

    def said(self) -> list[str]:
        """Return all sentences, what is second last."""
        return [*self.sentences, *chain.from_iterable(self.further.values())]

    def text(self) -> str:
        """Return the sentences, one a line."""
        lines = [*([self.heading] if self.heading else []), *self.said()]
        return "\n".join([*lines, *plan_footnotes(self.results)])

    def html(self) -> str:
        """Return the sentences as paragraphs, in a box where there is a heading."""
        return render(
            "reading",
            heading=self.heading,
            sentences=[*self.sentences, *plan_footnotes(self.results)],
            further={about: said for about, said in self.further.items() if said},
            statuses=statuses(self.results),
        )


def not_drawn(title: str, results: Results, because: str = "nothing is estimable") -> Reading:
    """Return what stands in place of a figure that has nothing to draw: why, as the results say."""
    why = dict.fromkeys(results.select(stat_name="reason").frame["stat_fmt"])
    said = f"{title}: not drawn, because {because}{': ' if why else ''}{'; '.join(why)}."
    return Reading([said], results)


@brief(words="in_brief")
@dataclass(frozen=True, slots=True)
class Absent(Displayed):
    """In place of a section that a trial does not declare; pages leave it out."""

    reason: str
    results: Results = field(default_factory=Results)

    def in_brief(self) -> dict[str, object]:
        """Return why nothing is shown, label → words."""
        return {"reason": self.reason}

    @property
    def name(self) -> str:
        """Reason, which tells it from others on its page."""
        return self.reason

    def text(self) -> str:
        """Return the mark by which a page knows that nothing is shown."""
        return f"{ABSENT_MARK} {self.reason}"

    def html(self) -> str:
        """Return nothing."""
        return ""
