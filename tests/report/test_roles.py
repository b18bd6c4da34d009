"""What a table needs on a phone is put into the page, and says what the table says."""

import re

import pandas as pd
import pytest

from analysis.display import Column, Table
from analysis.report.roles import stacking
from analysis.results import rows_of

ROWS = pd.DataFrame(
    {
        "group1_level": ["Rash", ""],
        "group2_level": "Safety",
        "n": [3.0, 5.0],
        "reason": ["", "seen on day 8"],
    }
)


def table(*, stacks: bool, rows: pd.DataFrame = ROWS) -> str:
    results = rows_of(rows, analysis_id="demo", context="test", data_status="real")
    why = Column("Why", "{reason}", kind="text" if stacks else "number")
    columns = [Column("Patients, <i>n</i>", "{n}"), why]
    return Table("Events", results, {"group1_level": "Event"}, columns, "group2_level").html()


def test_every_cell_of_a_table_that_may_stack_has_its_role() -> None:
    found = stacking(table(stacks=True))
    assert '<table role="table" class="stacks">' in found
    for tag, role in [("tr", "row"), ("td", "cell"), ("tbody", "rowgroup"), ("thead", "rowgroup")]:
        tags = re.findall(f"<{tag}[^>]*>", found)
        assert tags
        assert all(f'role="{role}"' in each for each in tags)
    heads = re.findall(r"<th[^>]*scope[^>]*>", found)
    roles = {re.search('scope="(.*?)"', each)[1]: re.search('role="(.*?)"', each)[1]
             for each in heads}  # fmt: skip
    assert roles == {"col": "columnheader", "row": "rowheader", "rowgroup": "rowheader"}


def test_a_cell_has_the_title_of_its_column_but_not_where_it_is_empty() -> None:
    cells = re.findall(r"<td([^>]*)>(.*?)</td>", stacking(table(stacks=True)))
    titles = [re.search('data-label="(.*?)"', attributes) for attributes, _ in cells]
    said = [(found[1] if found else None, words) for found, (_, words) in
            zip(titles, cells, strict=True)]  # fmt: skip
    assert said == [
        ("Patients, &lt;i&gt;n&lt;/i&gt;", "3"), (None, "–"), (None, ""),
        ("Patients, &lt;i&gt;n&lt;/i&gt;", "5"), ("Why", "seen on day 8"),
    ]  # fmt: skip


@pytest.mark.parametrize("html", [table(stacks=False), "<p>no table</p>", "<table><tr></table>"])
def test_what_does_not_stack_stays_as_it_is(html: str) -> None:
    assert stacking(html) == html


def test_a_table_has_its_roles_once() -> None:
    once = stacking(table(stacks=True))
    assert stacking(once) == once


def test_a_table_without_rows() -> None:
    found = stacking(table(stacks=True, rows=ROWS[:0]))
    assert '<td role="cell" class="text">Nothing to show.</td>' in found
