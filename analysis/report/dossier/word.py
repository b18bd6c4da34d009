"""Tables as a DOCX: styles, fields for the pages, and the same bytes whenever it is made."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from functools import cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, Twips

from analysis.report.dossier.front import Front, bookmark, links
from analysis.report.dossier.rows import FONT, LOOKS, Box, Paragraph, Row, rows_of
from analysis.report.dossier.sheets import MARGIN, PADDING, PAPER, Sheet, pages_of
from analysis.report.zipped import zipped

NAMESPACE = nsdecls("w")
KEPT = ("title", "subject")
"""What a document says of itself; who made it and when is not part of what it shows."""


def write_docx(front: Front, sheets: Sequence[Sheet]) -> bytes:
    """Return a document: a list of the tables, then each on pages of its own, or below."""
    document: Any = docx.Document(io.BytesIO(_dressed()))
    _describe(document, front)
    _lay(document.sections[0], across=False)
    _set_head(document.sections[0], front.header(front.mark))
    _set_foot(document.sections[0])
    for paragraph in front.opening(sheets):
        _dress(document.add_paragraph(paragraph.text), paragraph.look)
    for place, title in links(sheets):
        _append(document, _link(place, title))
    mark = front.mark
    for number, (sheet, begins) in enumerate(pages_of(sheets, front.mark_of)):
        section = document.add_section(WD_SECTION.NEW_PAGE if begins else WD_SECTION.CONTINUOUS)
        _dress(document.paragraphs[-1], "Table end")
        _lay(section, across=sheet.across)
        # A section has the head of the one before, as long as it is given none.
        if front.mark_of(sheet) != mark:
            mark = front.mark_of(sheet)
            _set_head(section, front.header(mark))
        _append(document, _table(sheet, bookmark(number), number))
    _dress(document.add_paragraph(), "Table end")
    return _bytes_of(document)


def _bytes_of(document: Any) -> bytes:
    made = io.BytesIO()
    document.save(made)
    with zipfile.ZipFile(made) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()})


def _append(document: Any, element: Any) -> None:
    document.element.body.insert_element_before(element, "w:sectPr")


@cache
def _dressed() -> bytes:
    """Return an empty document with the styles and the language of every one."""
    document: Any = docx.Document()
    _set_styles(document)
    _set_language(document)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _dress(paragraph: Any, look: str) -> None:
    """Give a paragraph its style; by the name of a style python-docx looks through them all."""
    paragraph._p.style = style_id(look)


def _set_styles(document: Any) -> None:
    """Set the font of everything, and make a style of each look."""
    normal = document.styles["Normal"]
    normal.font.size = Pt(9)
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        # Of every script: a minus sign may count as one of East Asia.
        fonts.set(qn(f"w:{script}"), FONT)
    for name, look in LOOKS.items():
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = normal
        style.quick_style = True
        style.font.bold = look.bold or None
        style.font.size = Pt(look.points) if look.points else None
        form = style.paragraph_format
        form.alignment = getattr(WD_ALIGN_PARAGRAPH, look.side.upper())
        form.left_indent = Twips(look.indent) if look.indent else None
        form.space_before, form.space_after = Twips(look.before), Twips(look.after)
        form.line_spacing = 1.0


def _set_language(document: Any) -> None:
    """Spell as the pages do, and ask for no layout of an older Word."""
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
    for setting in document.settings.element.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")


def _describe(document: Any, front: Front) -> None:
    """Say what the document is, and leave out the template's author, times and picture."""
    about = document.core_properties
    about.title, about.subject = front.title, front.mark
    for child in list(about._element):
        if child.tag.rpartition("}")[2] not in KEPT:
            about._element.remove(child)
    relations = document.part.package.rels
    for name in [name for name, each in relations.items() if "thumbnail" in each.reltype]:
        del relations[name]


def _lay(section: Any, *, across: bool) -> None:
    """Set size and margins of the pages of a section."""
    section.orientation = WD_ORIENT.LANDSCAPE if across else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = map(Twips, PAPER[::-1] if across else PAPER)
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", Twips(MARGIN))
    section.header_distance = section.footer_distance = Twips(MARGIN // 2)


def _set_head(section: Any, paragraphs: Sequence[Paragraph]) -> None:
    section.header.is_linked_to_previous = False
    first = section.header.paragraphs[0]
    first.text = paragraphs[0].text
    _dress(first, paragraphs[0].look)
    for paragraph in paragraphs[1:]:
        _dress(section.header.add_paragraph(paragraph.text), paragraph.look)


def _set_foot(section: Any) -> None:
    """Write page x of y at the foot of every page."""
    foot = section.footer.paragraphs[0]
    _dress(foot, "Page footer")
    for words, field in (("Page ", "PAGE"), (" of ", "NUMPAGES")):
        foot.add_run(words)
        run = "<w:r><w:t>1</w:t></w:r>"
        foot._p.append(parse_xml(f'<w:fldSimple {NAMESPACE} w:instr="{field}">{run}</w:fldSimple>'))


def _link(place: str, title: Paragraph) -> Any:
    link = f'<w:hyperlink w:anchor="{place}">{_run(title.text)}</w:hyperlink>'
    return parse_xml(_paragraph(title.look, link).replace("<w:p>", f"<w:p {NAMESPACE}>", 1))


def _table(sheet: Sheet, place: str, number: int) -> Any:
    """Return the element of a table; as text, since thousands of cells are slow one by one."""
    rows = list(rows_of(sheet))
    described = "; ".join(each.text for each in rows[0].boxes[0].paragraphs[1:])
    sides = "".join(f'<w:{s} w:w="{PADDING}" w:type="dxa"/>' for s in ("left", "right"))
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in sheet.widths)
    drawn = "".join(_row(row, sheet.points) for row in rows)
    mark = f'<w:bookmarkStart w:id="{number}" w:name="{place}"/><w:bookmarkEnd w:id="{number}"/>'
    return parse_xml(
        f'<w:tbl {NAMESPACE}><w:tblPr><w:tblW w:w="{sum(sheet.widths)}" w:type="dxa"/>'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{sides}</w:tblCellMar>'
        f"<w:tblCaption w:val={quoteattr(sheet.table.title)}/>"
        f"<w:tblDescription w:val={quoteattr(described)}/></w:tblPr>"
        f"<w:tblGrid>{columns}</w:tblGrid>{drawn.replace('</w:pPr>', f'</w:pPr>{mark}', 1)}</w:tbl>"
    )


def _row(row: Row, points: float) -> str:
    repeats = "<w:tblHeader/>" if row.repeats else ""
    boxes = "".join(_box(box, row, points) for box in row.boxes)
    return f"<w:tr><w:trPr><w:cantSplit/>{repeats}</w:trPr>{boxes}</w:tr>"


def _box(box: Box, row: Row, points: float) -> str:
    form = f'<w:tcW w:w="{box.width}" w:type="dxa"/>'
    if box.across > 1:
        form += f'<w:gridSpan w:val="{box.across}"/>'
    if box.down != 1:
        form += f'<w:vMerge w:val="{"restart" if box.down else "continue"}"/>'
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="{rule}" w:space="0" w:color="auto"/>'
        for side, rule in zip(("top", "bottom"), row.rules, strict=True)
        if rule
    )
    form += f"<w:tcBorders>{lines}</w:tcBorders>" if lines else ""
    form += '<w:vAlign w:val="bottom"/>' if row.repeats else ""
    words = "".join(
        _paragraph(
            each.look,
            _run(each.text, 0.0 if LOOKS[each.look].points else points),
            keeps=row.keeps,
        )
        for each in box.paragraphs
    )
    return f"<w:tc><w:tcPr>{form}</w:tcPr>{words}</w:tc>"


def _paragraph(look: str, content: str, *, keeps: bool = False) -> str:
    keep = "<w:keepNext/>" if keeps else ""
    return f'<w:p><w:pPr><w:pStyle w:val="{style_id(look)}"/>{keep}</w:pPr>{content}</w:p>'


def style_id(look: str) -> str:
    """Return how a style is called inside a document."""
    return look.replace(" ", "")


def _run(text: str, points: float = 0.0) -> str:
    """Return text of a size other than the style's, if one is given; nothing for no text."""
    if not text:
        return ""
    size = f'<w:rPr><w:sz w:val="{round(2 * points)}"/></w:rPr>' if points else ""
    lines = "<w:br/>".join(
        f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n")
    )
    return f"<w:r>{size}{lines}</w:r>"
