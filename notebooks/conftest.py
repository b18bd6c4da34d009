"""What nbval compares: the text form of every output, never its HTML, which holds the pictures."""

import pytest

# What is not the project's is its author's: see own/README.md.
collect_ignore_glob = ["own/*", "[!0-9]*.ipynb"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        notebook = item.parent
        if hasattr(notebook, "skip_compare"):
            notebook.skip_compare = (*notebook.skip_compare, "text/html")
            # Drawing on a slow machine takes longer than the default of 5 seconds.
            item.output_timeout = 60
