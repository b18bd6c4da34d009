"""Tables as DOCX and RTF: the cells of the page, the mark on every page, the same bytes twice."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import docx
import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from docx.enum.section import WD_SECTION
from docx.oxml.ns import qn
from rtf_reader import Section, read_rtf

from analysis.__main__ import main
from analysis.display import Column, Table
from analysis.display.finished import Finished
from analysis.display.html import BADGES
from analysis.report.dossier.files import WRITERS, table_files
from analysis.report.dossier.read import read_docx
from analysis.report.dossier.sheets import MARGIN, PAPER, sheets_of
from analysis.report.dossier.shown import tables_of
from analysis.report.runs import load_runs
from analysis.results import Results, rows_of

v4 = nbformat.v4
RUNS = sorted(load_runs())
ODD = [
    "<5", "{", "}", "\\", r"\par", "&lt;", "a & b", "µg/m²", "−0.79 (−1.53 to −0.05)", "95\u202f%",
    "≥ 2 × ULN", "“quoted”", "Tübingen", "身長", "\U0001d6fc", "'", "", "\\u181?", "C:\\row {x}",
]  # fmt: skip
"""What a mark-up language could take for its own, or lose."""
PART = re.compile(r"Columns (\d+) to \d+ of \d+")


def results(**columns: Sequence[Any]) -> Results:
    frame = pd.DataFrame(columns)
    return rows_of(frame, "demo", context="test", data_status="synthetic", population="safety")


def notebook(*tables: Any) -> Any:
    """A notebook that shows some things, as JupyterLab or papermill leaves it."""
    cells = [v4.new_markdown_cell("# A title of a page")]
    for number, table in enumerate(tables, start=2):
        shown = {"text/html": table if isinstance(table, str) else table.html()}
        output = v4.new_output("execute_result", data=shown)
        cells.append(v4.new_code_cell("show", execution_count=number, outputs=[output]))
    return v4.new_notebook(cells=cells)


def made(*tables: Any) -> tuple[Any, list[Section]]:
    """The DOCX and the RTF of some tables, both read."""
    files = table_files(notebook(*tables), run="demo", title="A title")
    return docx.Document(io.BytesIO(files["tables.docx"])), read_rtf(files["tables.rtf"])


def large(rows: int, columns: int) -> Table:
    """A table with as many rows, and columns of values, whose cells are all different."""
    cells = [(row, column) for row in range(rows) for column in range(columns)]
    found = results(
        group1_level=[f"row {row}" for row, _ in cells],
        variable=[f"column {column}" for _, column in cells],
        mean=[1000.0 * row + column for row, column in cells],
        sd=[0.5] * len(cells),
    )
    columns_of = [Column("mean (SD)", "{mean} ({sd})")]
    return Table("Large", found, {"group1_level": "Row"}, columns_of, across="variable")


def texts(row: Any) -> list[str]:
    return ["\n".join(p.text for p in tc.p_lst) for tc in row._tr.tc_lst]


def words(element: Any) -> str:
    """The text of an element of a page, spaces as a browser shows them."""
    lines = "text" in (element.get("class") or []) and element.name == "td"
    text = element.get_text() if lines else element.get_text().replace("\n", " ")
    shown = "\n".join(re.sub(r"[ \t]+", " ", line).strip(" ") for line in text.split("\n"))
    return shown.strip("\n")


def on_the_page(page: str) -> list[list[list[str]]]:
    """Every table of a page: title and marks, the rows, and the notes in a row of their own."""
    found = []
    for figure in BeautifulSoup(page, "lxml").select("figure.shown.table"):
        badges = dict.fromkeys(badge.get_text().strip("[]") for badge in figure.select(".badge"))
        rows = [[words(cell) for cell in row.find_all(["th", "td"])] for row in figure.select("tr")]
        notes = [words(note) for note in figure.select(".footnotes > li")]
        above = [words(figure.select_one(".title")), *filter(None, ["; ".join(badges)])]
        found.append([above, *rows, *([notes] if notes else [])])
    return found


def without_population(text: str) -> list[str]:
    return [line for line in text.split("\n") if not line.startswith("Population: ")]


def of_docx(document: Any) -> list[list[list[str]]]:
    found = []
    for table in document.tables:
        first, *rows = map(texts, table.rows)
        notes = "Table note" in {p.style.name for p in table.rows[-1].cells[0].paragraphs}
        last = [rows.pop()[0].split("\n")] if notes else []
        found.append([without_population(first[0]), *rows, *last])
    return found


def of_rtf(sections: Sequence[Section], notes: Sequence[bool]) -> list[list[list[str]]]:
    found = []
    for section, noted in zip(sections[1:], notes, strict=True):
        first, *rows = [row.cells for row in section.rows]
        last = [rows.pop()[0].split("\n")] if noted else []
        found.append([without_population(first[0]), *rows, *last])
    return found


def joined(found: list[list[list[str]]], page: list[list[list[str]]]) -> Iterator[list[list[str]]]:
    """Put the parts of a table that is too wide for a page beside one another again."""
    rest = list(found)
    for table in page:
        parts = [rest.pop(0)]
        while rest and (part := PART.fullmatch(rest[0][0][-1])) and part[1] != "1":
            parts.append(rest.pop(0))
        if len(parts) > 1:
            assert all(PART.fullmatch(part[0].pop()) for part in parts)
            extra = sum(len(part[1]) for part in parts) - len(table[1])
            labels = extra // (len(parts) - 1)
            for more in parts[1:]:
                for row, beside in zip(parts[0][1:], more[1:], strict=True):
                    # Notes, as many as a part may have columns, stand below each part alike.
                    row += beside[labels:] if len(beside) == len(more[1]) and beside != row else []
        yield parts[0]
    assert not rest


def assert_same(document: Any, sections: Sequence[Section], page: list[list[list[str]]]) -> None:
    """Both documents have the words of a page, cell by cell."""
    assert list(joined(of_docx(document), page)) == page
    noted = [
        "Table note" in {p.style.name for p in table.rows[-1].cells[0].paragraphs}
        for table in document.tables
    ]
    assert list(joined(of_rtf(sections, noted), page)) == page


@pytest.mark.parametrize("run", RUNS)
def test_all_cells_are_those_of_the_page(report: Path, run: str) -> None:
    folder = report / run
    page = on_the_page((folder / "index.html").read_text(encoding="utf-8"))
    document = docx.Document(str(folder / "tables.docx"))
    sections = read_rtf((folder / "tables.rtf").read_bytes())
    assert sum(len(row) for table in page for row in table) > 100
    assert_same(document, sections, page)
    assert_marked(document, sections)


@pytest.mark.parametrize("run", RUNS)
def test_both_documents_are_linked_and_hashed(report: Path, run: str) -> None:
    page = (report / run / "index.html").read_text(encoding="utf-8")
    front = (report / "index.html").read_text(encoding="utf-8")
    manifest = (report / "manifest.json").read_text(encoding="utf-8")
    for name in ("tables.docx", "tables.rtf"):
        assert f'href="{name}"' in page
        assert f'href="{run}/{name}"' in front
    assert manifest.count('"tables.docx"') == manifest.count('"tables.rtf"') >= len(RUNS)


def assert_marked(document: Any, sections: Sequence[Section]) -> None:
    """Every page has the mark twice: in its head, and in the rows that stand again on each page."""
    front = [p.text for p in document.sections[0].header.paragraphs][1]
    assert front
    tables = zip(document.tables, document.sections[1:], sections[1:], strict=True)
    for table, of_word, of_rich in tables:
        above = table.rows[0].cells[0].paragraphs
        mark = "".join(p.text for p in above if p.style.name == "Table mark")
        head = [p.text for p in of_word.header.paragraphs]
        assert head[1] == mark or (not mark and head[1] == front)
        assert of_rich.header.split("\n")[:2] == head
        repeats = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
        kept = [row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows]
        assert repeats[0]
        assert not repeats[-1]
        assert all(kept)
        assert ["trhdr" in row.commands for row in of_rich.rows] == repeats
        assert all("trkeep" in row.commands for row in of_rich.rows)
        edges = [row.edges for row in of_rich.rows]
        assert len({row[-1] for row in edges}) == 1, "all rows are equally wide"
        assert edges[0][-1] <= of_word.page_width.twips - 2 * of_word.left_margin.twips
        assert ("lndscpsxn" in of_rich.commands) == (of_word.page_width > of_word.page_height)


def same(*tables: Any) -> Any:
    """Check the cells of both documents against the HTML, and return the DOCX."""
    document, sections = made(*tables)
    page = on_the_page("".join(t if isinstance(t, str) else t.html() for t in tables))
    assert_same(document, sections, page)
    assert_marked(document, sections)
    return document


def test_text_that_looks_like_markup() -> None:
    found = results(group1_level=[f"{text}." for text in ODD], status=ODD, n=[1.0] * len(ODD))
    columns = [Column(r"A {\b} <&> µ²", "{status}"), Column("As text", "{status}", "text")]
    table = Table(
        r"Odd {title} \par <b>", found, {"group1_level": "Label <1>"}, columns, footnotes=ODD[:-3]
    )
    document = same(table)
    cells = [texts(row) for row in document.tables[0].rows[2:-1]]
    assert [row[1] for row in cells] == [text or "–" for text in ODD], "nothing lost, none added"
    assert [row[0] for row in cells] == [f"{text}." for text in ODD]


def test_lines_within_a_text_stay_lines() -> None:
    found = results(group1_level=["A"], status=["first\nsecond\n{third}"])
    shown = [Column("Text", "{status}", "text"), Column("Number", "{status}")]
    document = same(Table("Lines", found, {"group1_level": "Arm"}, shown))
    row = texts(document.tables[0].rows[-1])
    assert row[1:] == ["first\nsecond\n{third}", "first second {third}"]


STACKED = """
<figure class="shown table" data-population="safety; full analysis"><table>
<caption><strong class="title">Stacked</strong>
 <span class="badge synthetic">[Synthetic data: no evidence]</span></caption>
<thead>
<tr><td rowspan="2"></td><th scope="colgroup" colspan="2">Arm A (N 9)</th>
 <th class="number" rowspan="2">Total</th><th scope="colgroup" colspan="2">Arm B</th></tr>
<tr><th class="number">n</th><th class="text">why</th><th class="number">n</th>
 <th class="status">mark</th></tr>
</thead>
<tbody><tr class="group"><th scope="rowgroup" colspan="6">Group &lt;1&gt;</th></tr>
<tr><th>x <button>sort</button></th><td>1</td><td class="text"></td><td>2</td><td>3</td>
 <td class="status"><span class="mark pass">pass</span></td></tr>
<tr><td></td><td></td><td class="text">because</td><td></td><td>4</td><td class="status"></td></tr>
</tbody></table><ul class="footnotes"><li>Note {1}.</li><li>Second note.</li></ul></figure>
"""


def test_headers_over_several_columns_and_rows(tmp_path: Path) -> None:
    document, sections = made(STACKED)
    table = document.tables[0]
    spans = [[tc.grid_span for tc in row._tr.tc_lst] for row in table.rows]
    assert spans == [[6], [1, 2, 1, 2], [1] * 6, [6], [1] * 6, [1] * 6, [6]]
    # Of a merged cell python-docx gives the same words in every row that it covers.
    assert [cell.text for cell in table.rows[2].cells] == ["", "n", "why", "Total", "n", "mark"]
    assert [cell.text for cell in table.rows[1].cells][3:] == ["Total", "Arm B", "Arm B"]
    assert [row.cells for row in sections[1].rows[3:6]] == [
        ["Group <1>"], ["x", "1", "", "2", "3", "pass"], ["", "", "because", "", "4", ""]
    ]  # fmt: skip
    assert "Population: safety; full analysis" in texts(table.rows[0])[0].split("\n")
    assert {"clvmgf"} <= sections[1].rows[1].commands
    assert {"clvmrg"} <= sections[1].rows[2].commands
    assert_marked(document, sections)
    file = tmp_path / "tables.docx"
    document.save(str(file))
    [read], [shown] = read_docx(file), tables_of(STACKED)
    assert [[c.text for c in line] for line in read.head] == [
        [c.text for c in line] for line in shown.head
    ]
    assert (read.body, read.notes, read.population) == (shown.body, shown.notes, shown.population)


def test_a_long_table_stands_upright_under_its_header() -> None:
    document = same(large(60, 2))
    section = document.sections[1]
    assert section.page_height > section.page_width
    assert len(document.tables[0].rows) == 62


def test_a_wide_table_is_continued_column_by_column(tmp_path: Path) -> None:
    table = large(3, 30)
    [shown] = tables_of(table.html())
    sheets = sheets_of(shown)
    assert len(sheets) > 1
    assert all(sum(sheet.widths) <= PAPER[1] - 2 * MARGIN for sheet in sheets)
    document = same(table)
    for part in document.tables:
        assert [texts(row)[0] for row in part.rows[2:]] == ["row 0", "row 1", "row 2"]
    part_words = [texts(part.rows[0])[0].split("\n")[-1] for part in document.tables]
    assert part_words[0].startswith("Columns 1 to ")
    assert part_words[-1].endswith("to 30 of 30")
    file = tmp_path / "tables.docx"
    document.save(str(file))
    [read] = read_docx(file)
    assert [[c.text for c in line] for line in (*read.head, *read.body)] == [
        [c.text for c in line] for line in (*shown.head, *shown.body)
    ]


def test_a_table_without_rows_has_the_mark_of_its_run() -> None:
    empty = Table("Deaths", Results(), {"group1_level": "Arm"}, [], empty="Nobody died.")
    document = same(large(2, 2), empty)
    assert [texts(row) for row in document.tables[1].rows] == [["Deaths"], ["Nobody died."]]
    assert document.sections[2].header.paragraphs[1].text == BADGES["synthetic"]


def test_a_table_without_rows_takes_no_page_of_its_own() -> None:
    empty = Table("Deaths", Results(), {"group1_level": "Arm"}, [], empty="Nobody died.")
    document = same(large(2, 2), empty, large(3, 2))
    starts = [section.start_type for section in document.sections[1:]]
    page, same_page = WD_SECTION.NEW_PAGE, WD_SECTION.CONTINUOUS
    assert starts == [page, same_page, page]
    # One that begins the document has nothing to stand under.
    starts = [section.start_type for section in same(empty, large(2, 2)).sections[1:]]
    assert starts == [page, page]


def test_tables_of_other_data_have_their_own_mark() -> None:
    frame = pd.DataFrame({"group1_level": ["A"], "n": [1.0]})
    other = rows_of(frame, "other", context="test", data_status="published")
    document = same(
        large(2, 2), Table("Printed", other, {"group1_level": "Arm"}, [Column("n", "{n}")])
    )
    heads = [section.header.paragraphs[1].text for section in document.sections]
    both = f"{BADGES['published']}; {BADGES['synthetic']}"
    assert heads == [both, BADGES["synthetic"], BADGES["published"]]


def test_the_same_notebook_gives_the_same_bytes_without_names_and_times() -> None:
    first, second = (
        table_files(notebook(large(3, 3)), run="demo", title="A title") for _ in range(2)
    )
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first["tables.docx"])) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert set(re.findall(r"<(?:\w+:)?(\w+)[ >]", core)) == {"coreProperties", "title", "subject"}
    assert b"creatim" not in first["tables.rtf"]
    assert b"author" not in first["tables.rtf"]


def test_a_notebook_without_tables_has_no_documents() -> None:
    assert table_files(notebook("<p>words</p>"), run="demo", title="A title") == {}
    plain = '<figure class="shown picture"><strong class="title">A</strong></figure>'
    assert table_files(notebook(plain), run="demo", title="A title") == {}


@pytest.mark.parametrize("kind", WRITERS)
def test_every_page_as_printed_has_the_mark(kind: str, tmp_path: Path) -> None:
    office, reader = shutil.which("soffice"), shutil.which("pdftotext")
    if not office or not reader:
        pytest.skip("needs Debian's libreoffice-writer-nogui and poppler-utils")
    files = table_files(notebook(large(150, 2), large(4, 30)), run="demo", title="A title")
    (tmp_path / f"tables.{kind}").write_bytes(files[f"tables.{kind}"])
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to",
         "pdf", "--outdir", tmp_path, tmp_path / f"tables.{kind}"],
        check=True, capture_output=True,
    )  # fmt: skip
    done = subprocess.run(
        [reader, "-layout", tmp_path / "tables.pdf", "-"],
        check=True,
        capture_output=True,
        text=True,
    )
    pages = done.stdout.split("\f")[:-1]
    assert len(pages) > 5
    for number, page in enumerate(pages, start=1):
        # LibreOffice does not repeat the rows of an RTF that are marked for it, as Word does.
        again = 2 if kind == "docx" or number == 1 or "\nLarge\n" in page else 1
        assert page.count(BADGES["synthetic"]) == again, page
        assert "A title · run demo" in page
        assert f"Page {number} of {len(pages)}" in page
        assert kind == "rtf" or number == 1 or len(re.findall(r"^ *Large$", page, flags=re.M)) == 1


def executed(path: Path, *tables: Table, x: str = "1", later: bool = False) -> Path:
    """A notebook as JupyterLab leaves it; `later`: its parameter was set again after its tables."""
    node = notebook(*tables)
    count = len(node.cells)
    carried = Finished(results(group1_level=["A"], n=[1.0]))._repr_mimebundle_()
    output = v4.new_output("execute_result", carried)
    finish = v4.new_code_cell("page.finish()", execution_count=count + 3, outputs=[output])
    node.cells.append(finish)
    parameters = v4.new_code_cell(f"x: int = {x}", execution_count=count + 2 if later else 1)
    parameters.metadata["tags"] = ["parameters"]
    node.cells.insert(1, parameters)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(node, path)
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: object, status: int) -> tuple[str, str]:
    assert main([str(each) for each in arguments]) == status
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.out, captured.err


def arms(mean: float, note: str = "A note.") -> Table:
    found = results(group1_level=["A", "B"], variable=["g", "h"], mean=[mean, 2.0], sd=[0.5, 0.25])
    columns = [Column("Mean", "{mean}"), Column("Mean (SD)", "{mean} ({sd})")]
    return Table("Arms", found, {"group1_level": "Arm"}, columns, "variable", footnotes=[note])


def test_a_document_is_compared_with_a_document_a_notebook_and_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = executed(tmp_path / "one" / "notebook.ipynb", arms(1.25))
    executed(tmp_path / "two" / "notebook.ipynb", arms(1.75, "Another note."), x="2")
    one, two = tmp_path / "one" / "tables.docx", tmp_path / "two" / "tables.docx"
    out, _ = said(capsys, "tables", before, "-o", one, status=0)
    assert out.endswith("tables.docx: 1 table\n")
    said(capsys, "tables", tmp_path / "two", "-o", two, status=0)
    out, _ = said(capsys, "compare", one, before, status=0)
    assert out == "6 results compared, tolerance 1e-08: all equal.\n"
    (two.parent / "results.csv").write_text("not read", encoding="utf-8")
    for after in (two, two.parent):
        out, _ = said(capsys, "compare", one, after, status=1)
        lines = out.splitlines()
        assert lines[0] == "other parameters: x = 1, then 2."
        cells = [[c.strip() for c in line.split("  ") if c.strip()] for line in lines[3:]]
        mean, both = ["A · g", "Mean", "synthetic"], ["A · g", "Mean (SD)", "synthetic"]
        assert cells[0] == ["text", "Arms", *both, "1.25 (0.500)", "1.75 (0.500)"]
        assert cells[1] == ["text", "Arms", "notes", "synthetic", "A note.", "Another note."]
        assert cells[2][:7] == ["moved", "Arms", *mean, "1.25", "1.75"]
        assert lines[-1].endswith(": 2 texts changed, 1 number moved.")


def test_a_mark_that_changed_is_a_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = executed(tmp_path / "a.ipynb", arms(1.0))
    text = before.read_text(encoding="utf-8").replace("badge synthetic", "badge published")
    after = tmp_path / "b.ipynb"
    after.write_text(text, encoding="utf-8")
    said(capsys, "tables", after, "-o", tmp_path / "b.docx", status=0)
    out, _ = said(capsys, "compare", before, tmp_path / "b.docx", status=1)
    assert "1 status changed" in out


def test_rows_and_columns_of_one_name_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = STACKED.replace("<tbody>", "<tbody><tr><td></td><td>7</td></tr><tr><td></td></tr>")
    node = executed(tmp_path / "a.ipynb")
    read = nbformat.read(node, as_version=4)
    read.cells[1:1] = notebook(twice, twice).cells[1:]
    nbformat.write(read, node)
    said(capsys, "tables", node, "-o", tmp_path / "a.docx", status=0)
    out, _ = said(capsys, "compare", node, tmp_path / "a.docx", status=0)
    assert "all equal" in out


def test_what_cannot_be_written_or_read_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fine = executed(tmp_path / "fine.ipynb", arms(1.0))
    for source, target, expected in (
        (fine, "a.pdf", "must end in .docx or .rtf"),
        (tmp_path / "none.ipynb", "a.docx", "there is no"),
        (executed(tmp_path / "bare.ipynb"), "a.rtf", "shows no table"),
        (executed(tmp_path / "late.ipynb", arms(1.0), later=True), "a.docx",
         "the table of cell 3 was made before cell 2 set parameters"),
    ):  # fmt: skip
        _, error = said(capsys, "tables", source, "-o", tmp_path / target, status=1)
        assert expected in error
        assert not (tmp_path / target).exists()
    good, damaged = tmp_path / "good.docx", tmp_path / "damaged.docx"
    said(capsys, "tables", fine, "-o", good, status=0)
    damaged.write_bytes(good.read_bytes()[:2000])
    foreign = docx.Document()
    foreign.add_table(1, 1)
    foreign.save(str(tmp_path / "foreign.docx"))
    alone = tmp_path / "alone.csv"
    alone.write_text("a\n", encoding="utf-8")
    for other, expected in (
        (damaged, "is not a DOCX, or is damaged"),
        (tmp_path / "foreign.docx", "has no table of a run"),
        (alone, "is no document of tables"),
    ):
        _, error = said(capsys, "compare", good, other, status=1)
        assert expected in error


def test_a_document_that_was_worked_on_is_still_read(tmp_path: Path) -> None:
    """Word gives styles other ids, and a writer adds words, a table and bold letters."""
    files = table_files(notebook(arms(1.25)), run="demo", title="A title")
    document = docx.Document(io.BytesIO(files["tables.docx"]))
    document.paragraphs[0].insert_paragraph_before("Written by hand")
    document.add_table(2, 2).cell(0, 0).text = "of another kind"
    cell = document.tables[0].cell(3, 1)
    run = cell.paragraphs[0].runs[0]
    run.text = "1.2"
    cell.paragraphs[0].add_run("5").bold = True
    for style in document.styles:
        if style.name == "Table title":
            style.element.styleId = "other"
    document.tables[0].cell(0, 0).paragraphs[0]._p.pPr.pStyle.val = "other"
    file = tmp_path / "edited.docx"
    document.save(str(file))
    [read], [shown] = read_docx(file), tables_of(arms(1.25).html())
    assert (read.body, read.title, read.statuses) == (shown.body, shown.title, shown.statuses)
