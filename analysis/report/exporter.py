"""nbconvert's exporter of HTML, for pages that are complete as their template writes them."""

from functools import cache
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
        self.register_filter(
            "highlight_code", Highlight2HTML(pygments_lexer="ipython3", parent=self)
        )
        page, given = TemplateExporter.from_notebook_node(self, nb, resources, **options)
        return str(page), given


@cache
def page_exporter() -> PageExporter:
    """Return the exporter of the pages of runs, which has read its template once."""
    return PageExporter(
        template_name="page",
        extra_template_basedirs=[str(TEMPLATES)],
        default_preprocessors=["nbconvert.preprocessors.HighlightMagicsPreprocessor"],
    )
