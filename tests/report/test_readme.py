"""The front page of the project says what the stored programme page says."""

import json
from pathlib import Path

import pytest

from analysis.errors import UserError
from analysis.report.readme import (
    BEGIN,
    END,
    PICTURE,
    PROGRAMME,
    README,
    answer_block,
    answer_image,
    refresh_readme,
)


def test_the_readme_holds_the_stored_answer() -> None:
    assert answer_block() in README.read_text(encoding="utf-8"), "run make refresh"
    assert answer_image() == PICTURE.read_bytes(), "run make refresh"


def notebook_saying(folder: Path, *sentences: str) -> Path:
    """A copy of the programme notebook whose stored answer is another."""
    notebook = json.loads(PROGRAMME.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["id"] == "answer":
            cell["outputs"][0]["data"]["text/plain"] = "\n".join(["The answer", *sentences])
    path = folder / "other.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def test_another_answer_is_another_front_page(tmp_path: Path) -> None:
    readme, picture = tmp_path / "README.md", tmp_path / "answer.png"
    readme.write_text(README.read_text(encoding="utf-8"), encoding="utf-8")
    other = notebook_saying(tmp_path, "A against B: not found, because X.", "And so on.")
    assert refresh_readme(readme, picture, notebook=other) == [readme, picture]
    text = readme.read_text(encoding="utf-8")
    assert "> A against B: not found, because X.\n" + END in text
    assert "0.09" not in text
    assert "And so on." not in text
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert "## Two commands" in text


def test_the_answer_ends_with_its_source(tmp_path: Path) -> None:
    other = notebook_saying(tmp_path, "One.", "Two.", "Three.", "Read in: a paper.", "Five.")
    said = answer_block(other)
    assert "Three." in said
    assert "Read in: a paper." in said
    assert "Five." not in said


def test_a_file_without_the_marks_is_refused(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"# Nothing\n{BEGIN}\n", encoding="utf-8")
    with pytest.raises(UserError, match="must hold the marks"):
        refresh_readme(readme, tmp_path / "answer.png")
    assert not (tmp_path / "answer.png").exists()
