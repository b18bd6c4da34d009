r"""Tables as an RTF: plain text with commands, in the looks and rows of the DOCX.

RTF is written here and by no library: ``rtflite`` (MIT) needs polars, a second library of frames,
for what is plain text with commands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from analysis.report.dossier.front import Front, bookmark, links
from analysis.report.dossier.rows import FONT, LOOKS, Box, Paragraph, Row, rows_of
from analysis.report.dossier.sheets import MARGIN, PADDING, PAPER, TRIED, Sheet, pages_of

SIDES = {"left": r"\ql", "right": r"\qr", "center": r"\qc"}
MEANT = {"\\": r"\\", "{": r"\{", "}": r"\}", "\n": r"\line "}
"""Characters that RTF takes for commands."""
POINTS = TRIED[0][1]
"""Size of the letters of most tables."""
STYLES = {name: number for number, name in enumerate(LOOKS, start=1)}


def write_rtf(front: Front, sheets: Sequence[Sheet]) -> bytes:
    """Return a document: a list of the tables, then each on pages of its own, or below."""
    parts = [
        r"{\rtf1\ansi\ansicpg1252\deff0\uc1\deflang2057",
        rf"{{\fonttbl{{\f0\froman\fcharset0 {FONT};}}}}",
        rf"{{\stylesheet{''.join(_style(name) for name in LOOKS)}}}",
        rf"{{\info{{\title {escaped(front.title)}}}{{\subject {escaped(front.mark)}}}}}",
        rf"\paperw{PAPER[0]}\paperh{PAPER[1]}\margl{MARGIN}\margr{MARGIN}\margt{MARGIN}"
        rf"\margb{MARGIN}",
        _section(front.header(front.mark), across=False),
        *(_paragraph(each) + r"\par" for each in front.opening(sheets)),
        *(_link(place, title) + r"\par" for place, title in links(sheets)),
    ]
    for number, (sheet, begins) in enumerate(pages_of(sheets, front.mark_of)):
        header = front.header(front.mark_of(sheet))
        parts.append(r"\sect" + _section(header, across=sheet.across, begins=begins))
        parts += _table(sheet, bookmark(number))
        parts.append(_paragraph(Paragraph("Table end", "")) + r"\par")
    return "\n".join([*parts, "}"]).encode("ascii")


@lru_cache(maxsize=10_000)
def escaped(text: str) -> str:
    r"""Return text as RTF writes it, in the letters of ASCII.

    Examples
    --------
    >>> print(escaped("µ{a}"))
    \u181?\{a\}
    """
    return "".join(MEANT.get(letter, letter if letter.isascii() else _coded(letter))
                   for letter in text)  # fmt: skip


def _coded(letter: str) -> str:
    """Return a letter by the numbers of its UTF-16 form, which RTF counts with a sign."""
    pairs = letter.encode("utf-16-le")
    units = (
        int.from_bytes(pairs[n : n + 2], "little", signed=True) for n in range(0, len(pairs), 2)
    )
    return "".join(rf"\u{unit}?" for unit in units)


def _style(name: str) -> str:
    return rf"{{\s{STYLES[name]}{_look(name, POINTS)} {name};}}"


def _look(name: str, points: float) -> str:
    look = LOOKS[name]
    size = round(2 * (look.points or points))
    bold = r"\b" if look.bold else ""
    return rf"{SIDES[look.side]}\li{look.indent}\sb{look.before}\sa{look.after}\f0\fs{size}{bold}"


def _section(header: Sequence[Paragraph], *, across: bool, begins: bool = True) -> str:
    """Return size, head and foot of the pages of a section, and whether it begins one."""
    breaks = r"\sbkpage" if begins else r"\sbknone"
    width, height = PAPER[::-1] if across else PAPER
    lies = r"\lndscpsxn" if across else ""
    head = "".join(_paragraph(each) + r"\par" for each in header)
    foot = rf"{_start('Page footer')} Page {_field('PAGE', '1')} of {_field('NUMPAGES', '1')}"
    return (
        rf"\sectd{breaks}\pgwsxn{width}\pghsxn{height}{lies}"
        rf"\headery{MARGIN // 2}\footery{MARGIN // 2}{{\header {head}}}{{\footer {foot}\par}}"
    )


def _field(command: str, shown: str) -> str:
    return rf"{{\field{{\*\fldinst {command} }}{{\fldrslt {shown}}}}}"


def _link(place: str, title: Paragraph) -> str:
    return f"{_start(title.look)} " + _field(rf'HYPERLINK \\l "{place}"', escaped(title.text))


@cache
def _start(look: str, points: float = POINTS) -> str:
    return rf"\pard\plain\s{STYLES[look]}{_look(look, points)}"


def _paragraph(paragraph: Paragraph, points: float = POINTS, more: str = "") -> str:
    """Return a paragraph without its end, with more commands if given."""
    return f"{_start(paragraph.look, points)}{more} {escaped(paragraph.text)}"


def _table(sheet: Sheet, place: str) -> Iterator[str]:
    for number, row in enumerate(rows_of(sheet)):
        text = _row(row, sheet.points)
        marked = rf"{{\*\bkmkstart {place}}}{{\*\bkmkend {place}}}"
        yield text if number else marked + text


def _row(row: Row, points: float) -> str:
    """Return one row: what its cells are, and then what stands in them."""
    repeats = r"\trhdr" if row.repeats else ""
    within = r"\intbl\keepn" if row.keeps else r"\intbl"
    edge, forms, cells = 0, [], []
    for box in row.boxes:
        edge += box.width
        forms.append(rf"{_form(box, row)}\cellx{edge}")
        lines = [_paragraph(each, points, within) for each in box.paragraphs]
        cells.append(r"\par ".join(lines) + r"\cell")
    return "\n".join(
        [rf"\trowd\trgaph{PADDING}\trleft0\trkeep{repeats}{''.join(forms)}", *cells, r"\row"]
    )


def _form(box: Box, row: Row) -> str:
    """Return how a cell is merged with those below and above, where its text stands, its rules."""
    merged = "" if box.down == 1 else r"\clvmgf" if box.down else r"\clvmrg"
    stands = r"\clvertalb" if row.repeats else ""
    lines = "".join(
        rf"\clbrdr{side}\brdrs\brdrw{rule * 5 // 2}"
        for side, rule in zip("tb", row.rules, strict=True)
        if rule
    )
    return f"{merged}{stands}{lines}"
