"""What a table needs on a phone, put into a page: its roles, and the title beside each number.

A table that stacks loses by that the meaning of its rows and cells, which roles give back. They
say nothing that the table does not, and would be four tenths of a stored table; so notebooks
hold tables without them, which scroll, and pages have them.
"""

import re

TABLE = re.compile(r'<table class="may-stack">.*?</table>', re.S)
"""A table of few and long cells, as the template of tables marks it."""
HEAD = re.compile(r"<thead>.*?</thead>", re.S)
COLUMN = re.compile(r"<t[hd]\b([^>]*)>(.*?)</t[hd]>", re.S)
EMPTY = re.compile(r"<td>(–</td>)")
"""A number that is not there: as a line of its own with its title it would say nothing."""
OPENING = re.compile(r"<(table|thead|tbody|tr|th|td)\b([^>]*)>")
ROLES = {
    "table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell",
    "th": "rowheader",
}  # fmt: skip


def stacking(html: str) -> str:
    """Return HTML whose tables stack on a phone, where they may.

    Examples
    --------
    >>> stacking('<table class="may-stack">'
    ...          '<thead><tr><th scope="col" class="number">Men</th></tr></thead>'
    ...          '<tbody><tr><td>7</td></tr></tbody></table>').partition("<tbody")[2]
    ' role="rowgroup"><tr role="row"><td role="cell" data-label="Men">7</td></tr></tbody></table>'
    """
    return TABLE.sub(lambda found: _stacking(found[0]), html)


def _stacking(table: str) -> str:
    """Return one table with its roles, and with the title of its column in each cell."""
    head = HEAD.search(table)
    # what names a row has no class, and needs no title
    titles = [
        re.sub("<.*?>", "", words) if "class=" in attributes else ""
        for attributes, words in COLUMN.findall(head[0] if head else "")
    ]
    place = 0

    def filled(found: re.Match[str]) -> str:
        nonlocal place
        tag, attributes = found[1], found[2]
        role, title = ROLES[tag], ""
        if tag == "table":
            attributes = ' class="stacks"'
        elif tag == "tr":
            place = 0
        elif tag in ("th", "td"):
            title = titles[place] if tag == "td" and place < len(titles) else ""
            place += 1
        if 'scope="col"' in attributes:
            role = "columnheader"
        if title and not re.search(r'class="[^"]*\bnone\b', attributes):
            attributes += f' data-label="{title}"'
        return f'<{tag} role="{role}"{attributes}>'

    return OPENING.sub(filled, EMPTY.sub(r'<td class="none">\1', table))
