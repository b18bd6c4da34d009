"""Define-XML of CDISC: what tables are and what their variables mean, written and read.

`dictionary` holds what the variables of the synthetic trials mean, `writing` makes a
``define.xml`` (2.1) of it and of the tables, and `reading` reads that of any trial (1.0, 2.0 or
2.1).
"""

from analysis.sources.define.dictionary import Dictionary, read_dictionary
from analysis.sources.define.metadata import Dataset, Metadata, Variable
from analysis.sources.define.reading import read_define
from analysis.sources.define.writing import define_xml

__all__ = [
    "Dataset",
    "Dictionary",
    "Metadata",
    "Variable",
    "define_xml",
    "read_define",
    "read_dictionary",
]
