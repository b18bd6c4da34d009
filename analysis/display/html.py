"""Jinja templates and the one stylesheet, both beside this file; everything is escaped."""

from functools import cache
from importlib.resources import files

import jinja2

BADGES = {
    "published": "Published data",
    "synthetic": "Synthetic data: no evidence",
    "real": "Real trial data",
}
"""Data status → what its badge says."""


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("analysis.display"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def render(template: str, **values: object) -> str:
    """Fill one of the templates of this package.

    Parameters
    ----------
    template
        File name in ``templates/`` without ``.html.j2``.
    **values
        What the template shows; text is escaped.
    """
    return _environment().get_template(f"{template}.html.j2").render(badges=BADGES, **values)


@cache
def stylesheet() -> str:
    """Return the stylesheet that notebooks and report pages share."""
    return files("analysis.display").joinpath("style.css").read_text(encoding="utf-8")
