"""The labels of every figure of the report, wide and narrow: measured as they were drawn."""

from pathlib import Path
from typing import Any

from PIL import Image

from analysis.display.pictures import CROWDED


def test_no_label_of_any_figure_hides_another_or_leaves_the_paper(report: Path) -> None:
    """A drawing says in its file which of its labels collide; of the project's own none does."""
    files = sorted(report.glob("*/figures/*.png"))
    assert len(files) > 150
    found: dict[str, Any] = {}
    for file in files:
        image: Any = Image.open(file)
        image.load()
        if CROWDED in image.text:
            found[f"{file.parts[-3]}/{file.name}"] = image.text[CROWDED]
    assert not found
