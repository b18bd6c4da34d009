"""Write a define.xml 2.1 of ADaM tables, the same bytes every time.

Tables give the order of the variables, their longest values and the values of their code lists;
the dictionary gives what they mean. OIDs follow the habit of CDISC's examples: IG. for a table,
IT. for a variable, CL. for a code list, MT. for a method, LF. for a file.
"""

from collections.abc import Mapping
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import pandas as pd

from analysis.errors import UserError
from analysis.sources.define.dictionary import (
    DatasetEntry,
    Dictionary,
    VariableEntry,
    read_dictionary,
)

ODM = "http://www.cdisc.org/ns/odm/v1.3"
DEF = "http://www.cdisc.org/ns/def/v2.1"
XLINK = "http://www.w3.org/1999/xlink"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
PREFIXES = {"": ODM, "def": DEF, "xlink": XLINK}
STANDARD = "STD.ADAMIG"
VERSION = "1.3"
"""Of the ADaM implementation guide."""
EPOCH = pd.Timestamp("2000-01-01")
"""Time of creation of a file about tables without a date."""


class Described(NamedTuple):
    """A table, what the dictionary says of it, and of each of its variables."""

    name: str
    table: pd.DataFrame
    entry: DatasetEntry
    variables: list[VariableEntry]


def define_xml(
    tables: Mapping[str, pd.DataFrame],
    *,
    study: str,
    title: str = "",
    suffix: str = "csv",
    dictionary: Dictionary | None = None,
) -> str:
    """Return the define.xml of tables.

    Parameters
    ----------
    tables
        Table name in lower case → its records: text, numbers, and dates as datetime64. What is
        missing is NaN, NaT, None or "".
    study
        The study's identifier, as in STUDYID.
    title
        What the study is, in words.
    suffix
        Of the tables' files.
    dictionary
        What tables and variables mean; ``data/trials`` unless given.

    Returns
    -------
    str
        XML in UTF-8. The standard wants a time of creation: it is the last day in the tables, so
        that the same tables give the same bytes.

    Raises
    ------
    UserError
        If a table or a variable is not in the dictionary, or is not of the type it says.

    Examples
    --------
    >>> adsl = pd.DataFrame({"STUDYID": ["S1"], "USUBJID": ["S1-1"], "SEX": ["F"]})
    >>> text = define_xml({"adsl": adsl}, study="S1", title="A study")
    >>> '<ItemDef OID="IT.ADSL.SEX" Name="SEX" DataType="text" Length="1"' in text
    True
    """
    dictionary = dictionary or read_dictionary()
    described = [
        Described(
            name, table, dictionary.dataset(name), dictionary.variables(name, map(str, table))
        )
        for name, table in tables.items()
    ]
    for prefix, uri in PREFIXES.items():
        ElementTree.register_namespace(prefix, uri)
    root, version = _frame(tables, study, title)
    for each in described:
        _group(version, each, suffix)
    for each in described:
        for entry in each.variables:
            _item(version, each, entry)
    for each in described:
        for entry in each.variables:
            _code_list(version, each, entry)
    for each in described:
        for entry in each.variables:
            if entry.origin == "Derived":
                _method(version, each, entry)
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _frame(tables: Mapping[str, pd.DataFrame], study: str, title: str) -> tuple[Element, Element]:
    """Return the document without tables, and the element that they go into."""
    root = Element(
        f"{{{ODM}}}ODM",
        {
            "FileType": "Snapshot",
            "FileOID": f"{study}.ADaM.define",
            "CreationDateTime": f"{_last_day(tables):%Y-%m-%dT00:00:00}",
            "ODMVersion": "1.3.2",
            f"{{{DEF}}}Context": "Other",
        },
    )
    about = _add(root, "Study", OID=f"ST.{study}")
    names = _add(about, "GlobalVariables")
    for element, words in (
        ("StudyName", study),
        ("StudyDescription", title or study),
        ("ProtocolName", study),
    ):
        _add(names, element).text = words
    version = SubElement(
        about,
        f"{{{ODM}}}MetaDataVersion",
        {
            "OID": f"MDV.{study}.ADaM",
            "Name": f"{study}, ADaM",
            "Description": title or study,
            f"{{{DEF}}}DefineVersion": "2.1.0",
        },
    )
    standards = SubElement(version, f"{{{DEF}}}Standards")
    of = {"OID": STANDARD, "Name": "ADaMIG", "Type": "IG", "Version": VERSION, "Status": "Final"}
    SubElement(standards, f"{{{DEF}}}Standard", of)
    return root, version


def _last_day(tables: Mapping[str, pd.DataFrame]) -> pd.Timestamp:
    days = [
        table[column].max()
        for table in tables.values()
        for column in table.select_dtypes("datetime")
    ]
    return max((day for day in days if pd.notna(day)), default=EPOCH)


def _group(version: Element, each: Described, suffix: str) -> None:
    upper, entry = each.name.upper(), each.entry
    group = _add(
        version,
        "ItemGroupDef",
        OID=f"IG.{upper}",
        Name=upper,
        Repeating="No" if entry.keys == ("STUDYID", "USUBJID") else "Yes",
        IsReferenceData="No",
        SASDatasetName=upper,
        Purpose="Analysis",
    )
    for name, value in (
        ("Structure", entry.structure),
        ("StandardOID", STANDARD),
        ("ArchiveLocationID", f"LF.{upper}"),
    ):
        group.set(f"{{{DEF}}}{name}", value)
    _describe(group, entry.label)
    for number, variable in enumerate(each.variables, start=1):
        name = variable.variable
        missing = _texts(each.table[name]) == ""
        required = variable.core == "Req" and not missing.any()
        reference = _add(
            group,
            "ItemRef",
            ItemOID=f"IT.{upper}.{name}",
            OrderNumber=str(number),
            Mandatory="Yes" if required else "No",
        )
        if name in entry.keys:
            reference.set("KeySequence", str(entry.keys.index(name) + 1))
        if variable.origin == "Derived":
            reference.set("MethodOID", f"MT.{upper}.{name}")
    SubElement(group, f"{{{DEF}}}Class", {"Name": entry.kind})
    file = f"{each.name}.{suffix}"
    leaf = SubElement(group, f"{{{DEF}}}leaf", {"ID": f"LF.{upper}", f"{{{XLINK}}}href": file})
    SubElement(leaf, f"{{{DEF}}}title").text = file


def _item(version: Element, each: Described, entry: VariableEntry) -> None:
    upper = each.name.upper()
    item = _add(
        version,
        "ItemDef",
        OID=f"IT.{upper}.{entry.variable}",
        Name=entry.variable,
        DataType=entry.type,
        **_sizes(each, entry),
        SASFieldName=entry.variable,
    )
    _describe(item, entry.label)
    if _coded(each, entry):
        _add(item, "CodeListRef", CodeListOID=f"CL.{upper}.{entry.variable}")
    origin = SubElement(item, f"{{{DEF}}}Origin", {"Type": entry.origin})
    if entry.origin != "Predecessor":
        origin.set("Source", "Sponsor")
    if entry.origin != "Derived" and entry.derivation:
        _describe(origin, entry.derivation)


def _sizes(each: Described, entry: VariableEntry) -> dict[str, str]:
    """Return length and decimals of the longest value as it is written; dates have none."""
    if entry.type == "date":
        return {}
    values = _texts(each.table[entry.variable])
    length = max(values.str.len().max(), 1) if len(values) else 1
    sizes = {"Length": str(int(length))}
    if entry.type == "text":
        return sizes
    given = values[values != ""]
    if pd.to_numeric(given, errors="coerce").isna().any():
        raise _wrong_type(each, entry, given)
    decimals = given.str.partition(".")[2].str.len().max() if len(given) else 0
    if entry.type == "float":
        return sizes | {"SignificantDigits": str(int(decimals))}
    if decimals:
        raise _wrong_type(each, entry, given)
    return sizes


def _wrong_type(each: Described, entry: VariableEntry, given: pd.Series) -> UserError:
    whole = pd.to_numeric(given, errors="coerce").mod(1) == 0
    good = whole if entry.type == "integer" else pd.to_numeric(given, errors="coerce").notna()
    odd = given[~good].iloc[0]
    return UserError(
        f"{each.name}: {entry.variable} must be {entry.type}, as variables.csv says; got '{odd}'"
    )


def _code_list(version: Element, each: Described, entry: VariableEntry) -> None:
    upper, coded = each.name.upper(), _coded(each, entry)
    if not coded:
        return  # The standard has no empty list: nothing is said of values that nobody has.
    codes = _add(
        version,
        "CodeList",
        OID=f"CL.{upper}.{entry.variable}",
        Name=f"{entry.label}, {upper}",
        DataType=entry.type,
    )
    codes.set(f"{{{DEF}}}IsNonStandard", "Yes")
    for value, word in coded:
        if entry.levels == "yes":
            _add(codes, "EnumeratedItem", CodedValue=value)
        else:
            item = _add(codes, "CodeListItem", CodedValue=value)
            _text(_add(item, "Decode"), word)


def _coded(each: Described, entry: VariableEntry) -> list[tuple[str, str]]:
    """Return the values of a variable, each with its word: numbers by size, texts by alphabet."""
    if not entry.levels:
        return []
    words = entry.levels if entry.levels in each.table else entry.variable
    codes = _texts(each.table[entry.variable])
    pairs = pd.DataFrame({"code": codes, "word": _texts(each.table[words])})
    pairs = pairs[pairs["code"] != ""].drop_duplicates("code")
    order = pairs["code"] if entry.type == "text" else pd.to_numeric(pairs["code"])
    pairs = pairs.loc[order.sort_values().index]
    return list(zip(pairs["code"], pairs["word"], strict=True))


def _method(version: Element, each: Described, entry: VariableEntry) -> None:
    upper = each.name.upper()
    method = _add(
        version,
        "MethodDef",
        OID=f"MT.{upper}.{entry.variable}",
        Name=f"Derivation of {upper}.{entry.variable}",
        Type="Computation",
    )
    _describe(method, entry.derivation)


def _texts(values: pd.Series) -> pd.Series:
    """Return values as a csv file has them, "" for a missing one."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.strftime("%Y-%m-%d").fillna("").astype(str)
    if pd.api.types.is_numeric_dtype(values):
        written = [f"{value:.10g}" if pd.notna(value) else "" for value in values]
        return pd.Series(written, index=values.index, dtype=str)
    return values.astype(object).where(values.notna(), "").astype(str)


def _add(parent: Element, name: str, **attributes: str) -> Element:
    return SubElement(parent, f"{{{ODM}}}{name}", attributes)


def _describe(parent: Element, words: str) -> None:
    _text(_add(parent, "Description"), words)


def _text(parent: Element, words: str) -> None:
    text = _add(parent, "TranslatedText")
    text.set(LANGUAGE, "en")
    text.text = words
