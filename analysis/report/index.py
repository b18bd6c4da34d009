"""The front page: the answer of every run, and what the report was made of."""

from pathlib import Path

import jinja2
import yaml

from analysis import paths
from analysis.display.html import BADGES, stylesheet
from analysis.report import manifest
from analysis.report.render import POLICY, TEMPLATES


def write(folder: Path) -> None:
    """Write ``index.html`` and ``manifest.json`` for the runs that stand in the folder.

    Parameters
    ----------
    folder
        The report folder; each run in it has a ``run.json``.
    """
    runs = [manifest.read_json(path) for path in sorted(folder.glob("*/run.json"))]
    # In the order of runs.yml, so that the programme comes first; other runs follow.
    order = list(yaml.safe_load(paths.RUNS.read_text(encoding="utf-8")))
    runs.sort(key=lambda run: order.index(run["run"]) if run["run"] in order else len(order))
    made = manifest.describe()
    described = {run["run"]: run for run in runs}
    manifest.write_json(
        folder / "manifest.json",
        {
            **made,
            "runs": {
                name: {key: run[key] for key in ("notebook", "parameters", "numbers", "made_with")}
                for name, run in described.items()
            },
        },
    )
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("site.html.j2").render(
        runs=runs,
        made=made,
        badges=BADGES,
        policy=POLICY,
        style=stylesheet() + (TEMPLATES / "site.css").read_text(encoding="utf-8"),
    )
    (folder / "index.html").write_text(page, encoding="utf-8")
