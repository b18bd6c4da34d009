"""Jinja templates and the one stylesheet, both beside this file; everything is escaped."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import jinja2

from analysis.words import held_together, numbered

FOLDER = Path(__file__).parent
BADGES = {
    "published": "Published data",
    "synthetic": "Synthetic data: no evidence",
    "real": "Real trial data",
}
"""Data status → what its badge says."""


def badge_words(statuses: Iterable[str]) -> str:
    """Return what a reader is told of data, by their statuses; one without a badge says nothing.

    Examples
    --------
    >>> badge_words(["published", "real"])
    'Published data; Real trial data'
    """
    return "; ".join(BADGES[status] for status in statuses if status)


@cache
def environment(templates: Path) -> jinja2.Environment:
    """Return what fills the templates of a folder; all is escaped, and nothing may be missing."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["numbered"] = numbered
    made.filters["held"] = held_together
    return made


def render(template: str, **values: object) -> str:
    """Fill ``templates/NAME.html.j2`` of this package with what it shows; text is escaped."""
    found = environment(FOLDER / "templates").get_template(f"{template}.html.j2")
    return found.render(badges=BADGES, **values)


@cache
def stylesheet() -> str:
    """Return the stylesheet that notebooks and report pages share."""
    return (FOLDER / "style.css").read_text(encoding="utf-8")
