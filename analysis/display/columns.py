"""Columns that tables of several sections have."""

from analysis.display.tables import Column

N, MEAN_SD = Column("n", "{n}"), Column("Mean (SD)", "{mean} ({sd})")
MEAN_INTERVAL = Column("Interval of the mean", "{conf.low} to {conf.high}")
MEDIAN, RANGE = Column("Median", "{median}"), Column("Range", "{min} to {max}")
DIFFERENCE, P = Column("Difference", "{estimate}"), Column("p", "{p.value}")
SE, INTERVAL = Column("SE", "{std.error}"), Column("Interval", "{conf.low} to {conf.high}")
PRECISION = (SE, Column("df", "{parameter}"), INTERVAL)
VERDICT = ["{conclusion}, {worse}", "{conclusion}"]
"""A verdict in few words, and that no difference is excluded all the same."""
MARGIN = Column("Margin", ["{bound} to {bound.high}", "{bound}"])
CLAIM = Column("May it be claimed", ["{claimed}, because {claimed.reason}", "{claimed}"], "text")
REMARK = Column("Remark", "{reason}", "text")
