"""Read a define.xml, of whichever version, by the names of its elements.

It may come from anywhere, so that it may define nothing: a document type, in which entities are
declared that grow without bound or are read from elsewhere, is refused before it is looked at.
"""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from analysis import paths
from analysis.errors import UserError
from analysis.sources.define.metadata import Dataset, Metadata, Variable

LARGEST = 50_000_000
"""Bytes; those of a large submission are a tenth of it."""
NAMED = 5
"""Loose references that are named; the rest are counted."""


class _Plain(ElementTree.TreeBuilder):
    """Builds a tree of a document that declares nothing of its own."""

    def doctype(self, name: str, _pubid: str | None, _system: str | None) -> None:
        """Refuse a document type, which is where entities are declared."""
        raise ValueError(f"it must not declare a document type; got <!DOCTYPE {name}>")


def read_define(path: Path) -> Metadata:
    """Read what a define.xml says of tables and variables.

    Parameters
    ----------
    path
        A Define-XML file of version 1.0, 2.0 or 2.1.

    Raises
    ------
    UserError
        If it is no XML, declares a document type, or describes no table.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise ValueError(f"it must have at most {LARGEST:,} bytes; got {size:,}")
        root = _parsed(path.read_bytes())
    except (OSError, ValueError, LookupError, ElementTree.ParseError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{paths.shown(path)} must be a readable Define-XML: {said}") from None
    groups = list(_all(root, "ItemGroupDef"))
    if not groups:
        raise UserError(
            f"{paths.shown(path)} must be a Define-XML, with an ItemGroupDef for each table; got "
            f"<{_local(root.tag)}> without any"
        )
    loose: list[str] = []
    lists = {each.get("OID", ""): _levels(each) for each in _all(root, "CodeList")}
    items = {each.get("OID", ""): each for each in _all(root, "ItemDef")}
    found = [_dataset(group, items, lists, loose) for group in groups]
    return Metadata({each.name: each for each in found}, _shortened(loose))


def _parsed(data: bytes) -> ElementTree.Element:
    parser = ElementTree.XMLParser(target=_Plain())
    parser.feed(data)
    root: ElementTree.Element = parser.close()
    return root


def _dataset(
    group: ElementTree.Element,
    items: dict[str, ElementTree.Element],
    lists: dict[str, tuple[str, ...]],
    loose: list[str],
) -> Dataset:
    name = group.get("Name", group.get("SASDatasetName", "")).strip()
    variables = {}
    for reference in _all(group, "ItemRef"):
        oid = reference.get("ItemOID", "")
        if oid not in items:
            loose.append(f"variable {oid} of {name}")
            continue
        variable = _variable(items[oid], lists, loose)
        variables[variable.name] = variable
    return Dataset(name.lower(), _label(group), variables)


def _variable(
    item: ElementTree.Element, lists: dict[str, tuple[str, ...]], loose: list[str]
) -> Variable:
    levels: tuple[str, ...] = ()
    for reference in _all(item, "CodeListRef"):
        oid = reference.get("CodeListOID", "")
        if oid not in lists:
            loose.append(f"code list {oid} of {item.get('OID')}")
        levels = lists.get(oid, ())
    length = item.get("Length", "").strip()
    return Variable(
        item.get("Name", item.get("SASFieldName", "")).strip().upper(),
        _label(item),
        item.get("DataType", "").strip(),
        int(length) if length.isascii() and length.isdigit() else None,
        levels,
    )


def _levels(codes: ElementTree.Element) -> tuple[str, ...]:
    """Return the values of a code list; none of one that is kept elsewhere, such as MedDRA."""
    values = (
        each.get("CodedValue", "").strip()
        for each in codes.iter()
        if _local(each.tag) in ("CodeListItem", "EnumeratedItem")
    )
    return tuple(dict.fromkeys(values))


def _label(element: ElementTree.Element) -> str:
    """Return a label: the text of its description, or the attribute of version 1.0."""
    for child in element:
        if _local(child.tag) == "Description":
            text = next(_all(child, "TranslatedText"), child).text or ""
            return " ".join(text.split())
    labels = (value for name, value in element.attrib.items() if _local(name) == "Label")
    return " ".join(next(labels, "").split())


def _all(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """Yield the elements of a name below another, whatever their namespace."""
    return (each for each in element.iter() if _local(each.tag) == name)


def _local(tag: object) -> str:
    """Return a name without its namespace; "" for a comment, which has none."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _shortened(loose: list[str]) -> tuple[str, ...]:
    more = len(loose) - NAMED
    return (*loose[:NAMED], *([f"{more} more"] if more > 0 else []))
