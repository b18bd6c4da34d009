"""How long it takes from nothing to a page of one's own: the steps of the guide, timed.

Run it as ``python tests/benchmarks/bench_own_notebook.py``; it works on a copy of the project and
leaves nothing behind. The last line says whether badge, rows, style and search are there.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "your_own_notebook.md").read_text(encoding="utf-8")
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "reports", "build", "__pycache__", ".*_cache")


def main() -> None:
    """Time every step on a copy of the project and look at what came out."""
    with tempfile.TemporaryDirectory() as name:
        project = Path(name) / "project"
        shutil.copytree(ROOT, project, ignore=LEFT_OUT)
        start = time.perf_counter()

        def timed(what: str, *arguments: str) -> None:
            begin = time.perf_counter()
            subprocess.run(
                [sys.executable, *arguments], cwd=project, check=True, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(project)},
            )  # fmt: skip
            print(f"{time.perf_counter() - begin:6.1f} s  {what}")

        title = "How old the children were"
        analysis = ("-m", "analysis")
        timed(
            "new-notebook", *analysis, "new-notebook", "my-ages", "--trial", "ghd", "--title", title
        )
        write_own_cells(project / "notebooks" / "own" / "my-ages.ipynb")
        timed("report my-ages", *analysis, "report", "my-ages")
        timed("report my-ages again: nothing to do", *analysis, "report", "my-ages")
        timed("guard tests of the notebooks", "-m", "pytest", "-q", "-p", "no:cacheprovider",
              "tests/test_notebooks.py", "-k", "not bare_papermill")  # fmt: skip
        print(f"{time.perf_counter() - start:6.1f} s  all of it, of the 300 that were promised")
        report(project / "reports")


def write_own_cells(path: Path) -> None:
    """Put the guide's own parameter, table and figure in, as an analyst types them."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if found := re.search(rf"^```{cell['id']}s?\n(.*?)^```$", GUIDE, re.M | re.S):
            added = cell["id"] == "parameters"
            cell["source"] = (f"{cell['source']}\n" if added else "") + found[1].strip()
    nbformat.write(notebook, path)


def report(folder: Path) -> None:
    """Say what stands on the page and in the results."""
    page = (folder / "my-ages" / "index.html").read_text(encoding="utf-8")
    front = (folder / "index.html").read_text(encoding="utf-8")
    found = (folder / "search-data.js").read_text(encoding="utf-8")
    rows = pd.read_csv(folder / "my-ages" / "results.csv", keep_default_na=False)
    own = rows[rows["analysis_id"].str.contains("9-years-on")]
    facts = {
        "badges": page.count('<span class="badge synthetic">'),
        "tables": page.count('<figure class="shown table"'),
        "figures": page.count('<figure class="shown picture"'),
        "rows of the own table and figure": len(own),
        "in a group of the front page": '<h3 id="my-ages">' in front,
        "in the search": '"my-ages":{' in found,
    }
    print("; ".join(f"{what}: {found}" for what, found in facts.items()))


if __name__ == "__main__":
    main()
