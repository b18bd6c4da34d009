"""The rows that count others."""

from analysis.results import Results

ALL = "all"
"""The row that counts every one."""


def row_of(tally: Results, level: str = ALL) -> dict[str, str]:
    """Return one row of a tally as written: statistic → its value."""
    rows = tally.select(group1_level=level).frame
    return dict(zip(rows["stat_name"], rows["stat_fmt"], strict=True))
