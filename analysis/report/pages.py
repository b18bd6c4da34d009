"""What every page of a report is made with: templates, styles, and what a page may do."""

from pathlib import Path

from analysis.display.html import BADGES, environment, stylesheet

TEMPLATES = Path(__file__).parent / "templates"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Content-security policy of every page: nothing is fetched and nothing runs."""


def site_style() -> str:
    """Return the stylesheet of tables and figures with the frame of report pages."""
    return f"{stylesheet()}\n{(TEMPLATES / 'site.css').read_text(encoding='utf-8')}"


def fill(template: str, *, policy: str = POLICY, **values: object) -> str:
    """Fill ``templates/NAME.html.j2`` of this package with what it shows; text is escaped.

    `policy` is the content-security policy of the page.
    """
    found = environment(TEMPLATES).get_template(f"{template}.html.j2")
    return found.render(badges=BADGES, policy=policy, style=site_style(), **values)
