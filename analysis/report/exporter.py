"""nbconvert's exporter of HTML, for pages that are complete as their template writes them."""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from nbconvert import HTMLExporter, TemplateExporter
from nbconvert.filters import Highlight2HTML

from analysis.report.pages import TEMPLATES


class PageExporter(HTMLExporter):  # type: ignore[misc]
    """Exports a page once.

    nbconvert parses what it has written and writes it again, to add words to pictures without any
    and stops for the keyboard to the frames of JupyterLab. A page has neither, and parsing it takes
    longer than all else. Nor is there anything for its preprocessors, but the language of a cell's
    magic.
    """

    def from_notebook_node(
        self, nb: Any, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page of a notebook, and what was given for it."""
        self.register_filter("highlight_code", highlighted)
        page, given = TemplateExporter.from_notebook_node(self, nb, resources, **options)
        return str(page), given


def highlighted(source: str, metadata: Mapping[str, Any]) -> str:
    """Return the code of a cell in colours."""
    return _highlighted(source, metadata.get("magics_language", ""))


# The runs of a notebook have the same cells.
@lru_cache(maxsize=512)
def _highlighted(source: str, language: str) -> str:
    metadata = {"magics_language": language} if language else {}
    return str(Highlight2HTML(pygments_lexer="ipython3")(source, metadata=metadata))


@cache
def page_exporter() -> PageExporter:
    """Return the exporter of the pages of runs, which has read its template once."""
    return PageExporter(
        template_name="page",
        extra_template_basedirs=[str(TEMPLATES)],
        default_preprocessors=["nbconvert.preprocessors.HighlightMagicsPreprocessor"],
    )
