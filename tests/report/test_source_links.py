"""From a source's id to the place where it can be read, and from a table to its citation."""

from pathlib import Path

import pytest

from analysis import paths
from analysis.report.anchors import Place
from analysis.report.citations import citation, project
from analysis.report.source_links import cited, linked

SOURCES = "source_id,kind,title,address,note\n"


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "published").mkdir()
    rows = [
        "PMID-1234567,abstract,A trial,https://copy.example/1,",
        "LABEL-X,label,A label,https://label.example/x,",
        "LABEL-X-2,label,Another,https://label.example/x2,",
        'ATTIC,abstract,From the attic,"no address was kept",',
    ]
    text = SOURCES + "\n".join(rows) + "\n"
    (tmp_path / "published" / "sources.csv").write_text(text, encoding="utf-8")
    monkeypatch.setattr(paths, "DATA", tmp_path)


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("PMID-1234567", "https://pubmed.ncbi.nlm.nih.gov/1234567/"),
        ("PMID 7654321", "https://pubmed.ncbi.nlm.nih.gov/7654321/"),
        ("LABEL-X", "https://label.example/x"),
        ("LABEL-X-2", "https://label.example/x2"),
        ("ATTIC", "#source-ATTIC"),
        ("NCT01234567", "https://clinicaltrials.gov/study/NCT01234567"),
        ("PMC1234567", "https://pmc.ncbi.nlm.nih.gov/articles/PMC1234567/"),
        ("2011-001234-12", "search?query=eudract_number:2011-001234-12"),
        ("doi 10.1159/000105494", "https://doi.org/10.1159/000105494"),
        ("https://a.example/b?c=1&amp;d=2", "https://a.example/b?c=1&amp;d=2"),
    ],
)
def test_an_id_is_a_link_and_the_rest_stays(text: str, address: str) -> None:
    html = linked(f"<td>see {text}, table 2.</td>")
    assert f'{address}">{text}</a>, table 2.</td>' in html
    assert html.count("<a ") == 1


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    "html",
    [
        "<p>MY-LABEL-X and LABEL-XY are others</p>",
        "<p>2026-11-26, 10.5 (2.8), NCT0123</p>",
        '<a href="x">LABEL-X</a>',
        "<code>LABEL-X</code>",
        '<img alt="LABEL-X">',
        "<style>LABEL-X</style>",
    ],
)
def test_what_is_no_source_or_a_link_already_stays(html: str) -> None:
    assert linked(html) == html


@pytest.mark.usefixtures("listed")
def test_the_sources_of_a_page_are_listed_once() -> None:
    html = linked("<td>LABEL-X: R1</td><td>ATTIC</td><p>LABEL-X</p><p>PMID 1</p>")
    assert [source.source_id for source in cited(html)] == ["LABEL-X", "ATTIC"]


def test_every_source_of_the_ledger_is_a_link() -> None:
    for line in (paths.PUBLISHED / "sources.csv").read_text(encoding="utf-8").splitlines()[1:]:
        name = line.partition(",")[0]
        assert f">{name}</a>" in linked(f"<td>{name}</td>"), name


def test_a_citation_follows_the_project_and_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place("figure", "Growth", "figure-growth", ("real", "synthetic"), "")
    (tmp_path / "CITATION.cff").write_text(
        'title: "A project"\nversion: 1.2.0\ndate-released: 2026-01-31\n', encoding="utf-8"
    )
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assert citation(place, "run a-run", project()) == (
        "“Growth”, figure of the run a-run. A project, version 1.2.0, 2026-01-31. "
        "Real trial data. Synthetic data: no evidence."
    )
    (tmp_path / "CITATION.cff").unlink()
    assert citation(place, "run a-run", project()).startswith(
        "“Growth”, figure of the run a-run. Real"
    )
