"""What every page of a report is made with: templates, styles, and what a page may do."""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from analysis.display.html import BADGES, badge_words, environment, stylesheet

TEMPLATES = Path(__file__).parent / "templates"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Content-security policy of every page: nothing is fetched and nothing runs."""


def script_of(name: str) -> str:
    """Return the script ``templates/NAME.js`` of this package."""
    return (TEMPLATES / f"{name}.js").read_text(encoding="utf-8")


def policy_for(script: str) -> str:
    """Return the policy of a page that may run this one script and no other, by its hash."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"{POLICY}; script-src 'sha256-{digest}'"


def inside(content: object) -> str:
    """Return something as JSON that is safe inside a page."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def site_style(*more: str) -> str:
    """Return the stylesheet of tables and figures with the frame of pages, and `more` files."""
    files = (TEMPLATES / f"{name}.css" for name in ("site", *more))
    return "\n".join([stylesheet(), *(file.read_text(encoding="utf-8") for file in files)])


def paper_style(**places: str) -> str:
    r"""Return the rule that writes words into the margins of every sheet of paper.

    Parameters
    ----------
    places
        Margin of the sheet, such as ``top_left``, → words; sheets are counted at the bottom right.

    Examples
    --------
    >>> print(paper_style(top_left='5" </style>'))
    @page { font: 8.5pt system-ui, sans-serif; color: #52606d;
    @top-left { content: "5\000022 \00003c/style\00003e"; }
    @bottom-right { content: counter(page) " / " counter(pages); }
    }
    """
    rules = [
        f'@{place.replace("_", "-")} {{ content: "{_in_css(words)}"; }}'
        for place, words in places.items()
    ]
    counted = '@bottom-right { content: counter(page) " / " counter(pages); }'
    return "\n".join(
        ["@page { font: 8.5pt system-ui, sans-serif; color: #52606d;", *rules, counted, "}"]
    )


def _in_css(words: str) -> str:
    """Return words as they stand in a string of a style sheet inside a page."""
    return "".join(f"\\{ord(each):06x}" if each in '"\\<>&\n' else each for each in words)


def fill(
    template: str,
    *,
    title: str,
    statuses: Iterable[str] = (),
    about: str = "",
    run: str = "",
    script: str = "",
    loads: bool = False,
    styles: Sequence[str] = (),
    **values: object,
) -> str:
    """Fill ``templates/NAME.html.j2`` of this package with what it shows; text is escaped.

    Parameters
    ----------
    template
        NAME.
    title, statuses, about
        Title of the page, status of its data, and a sentence on it, for who is given its link.
    run
        What the page is of, for the margin of paper and the names of downloads.
    script, loads
        Name of the one script that the page runs, and whether that may load another.
    styles
        Names of stylesheets beside that of all pages.
    values
        What else the template shows.
    """
    statuses = list(statuses)
    words = script_of(script) if script else ""
    policy = policy_for(words) if words else POLICY
    on_paper = paper_style(top_left=title, top_right=badge_words(statuses), bottom_left=run)
    found = environment(TEMPLATES).get_template(f"{template}.html.j2")
    return found.render(
        badges=BADGES,
        policy=f"{policy} 'strict-dynamic'" if loads else policy,
        style=f"{site_style(*styles)}\n{on_paper}",
        script=words,
        run=run,
        title=title,
        statuses=statuses,
        social=social(title, statuses, about),
        **values,
    )


def social(title: str, statuses: Iterable[str], about: str) -> str:
    """Return what a page says of itself where its link is shared."""
    found = environment(TEMPLATES).get_template("social.html.j2")
    return found.render(badges=BADGES, title=title, statuses=statuses, about=about)
