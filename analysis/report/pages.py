"""What every page of a report is made with: templates, styles, and what a page may do."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from analysis.display.html import BADGES, stylesheet

TEMPLATES = Path(__file__).parent / "templates"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Content-security policy of every page: nothing is fetched and nothing runs."""


def site_style() -> str:
    """Return the stylesheet of tables and figures with the frame of report pages."""
    return f"{stylesheet()}\n{(TEMPLATES / 'site.css').read_text(encoding='utf-8')}"


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def fill(template: str, *, policy: str = POLICY, **values: object) -> str:
    """Fill one of the templates of this package; text is escaped.

    Parameters
    ----------
    template
        File name in ``templates/`` without ``.html.j2``.
    policy
        Content-security policy of the page.
    **values
        What the template shows.
    """
    return (
        _environment()
        .get_template(f"{template}.html.j2")
        .render(badges=BADGES, policy=policy, style=site_style(), **values)
    )
