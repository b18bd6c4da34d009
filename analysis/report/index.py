"""The front page: what the programme shows, the answer of every run, and a search."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.display.html import BADGES
from analysis.report import manifest
from analysis.report.pages import fill
from analysis.report.place import FOUND, PAGE, SEARCHED, SUMMARY, put_file
from analysis.report.runs import OWN, own_runs_file
from analysis.report.search import NO_TABLE, SEVERAL, ignored, synonyms
from analysis.report.summary import read_description, read_summary
from analysis.sources.question import asked
from analysis.sources.statements import AUTHORISATION, confirmed_claim
from analysis.words import in_sentence, slug
from analysis.yaml_files import read_yaml

FAMILIES = {
    "1_programme": "Evidence on {product}",
    "5_comparator_contrasts": "Evidence on {product}",
    "2_efficacy_controlled": "Worked examples: efficacy",
    "3_efficacy_single_arm": "Worked examples: efficacy",
    "4_safety": "Worked examples: safety",
    "6_trial_design": "Trial design",
    "7_validation": "Validation",
}
"""Notebook of the project → the group of its runs; groups stand in this order, others after."""
MEANINGS = {
    "published": "Numbers that a public source prints, each with that source.",
    "real": "Records of the participants of a real trial.",
    "synthetic": "Records that this project made, by its own stated assumptions, to show how an "
    "analysis works. They are the result of no trial and no evidence on a product.",
}
"""Data status → what its badge means."""
EXAMPLES = "Worked examples"
OTHERS = "Further runs"
OWN_RUNS = "Your own notebooks"
"""The group of the runs of ``notebooks/own/runs.yml``, and of notebooks of that folder."""
OF_A_RUN = ("notebook", "parameters", "numbers", "inputs", "files", "made_with")
"""What the manifest says of a run."""


def write(folder: Path) -> None:
    """Write ``index.html`` and ``manifest.json`` for the runs that stand in the folder.

    Parameters
    ----------
    folder
        The report folder; each run in it has a ``run.json``. The bytes follow from these
        alone, so that nothing is written anew when nothing was executed.
    """
    folders = sorted(path.parent for path in folder.glob(f"*/{SUMMARY}"))
    # What an older version wrote, or is damaged, is executed anew when its run is asked for.
    runs = [run for each in folders if (run := read_summary(each))]
    # In the order of runs.yml, so that the programme comes first; other runs follow.
    own = _names(own_runs_file())
    order = [*_names(paths.RUNS), *own]
    runs.sort(
        key=lambda run: (order.index(run["run"]) if run["run"] in order else 1000, run["run"])
    )
    grids = [grid for path in sorted(folder.glob("grids/*")) if (grid := read_description(path))]
    for run in runs:
        run["left"] = run["run"] not in order
        run["own"] = run["run"] in own or run["notebook"].startswith(f"{OWN}/")
    for run in runs:
        run["answer"] = _in_card(run["answer"], f"{run['run']}/{PAGE}")
    for grid in grids:
        grid["answer"] = _in_card(grid["answer"], f"grids/{grid['grid']}/{PAGE}")
    made = _agreed([run["made_with"] for run in runs])
    described = {run["run"]: {key: run[key] for key in OF_A_RUN} for run in runs}
    put_file(folder / "manifest.json", manifest.json_text({**made, "runs": described}))
    page = fill(
        "site",
        # The script of the search may load what it searches, and nothing else is loaded.
        script="search",
        loads=True,
        title=f"{asked()['product']}: reproducible trial evidence",
        about="Published evidence first; worked examples on synthetic data are marked as such.",
        product=asked()["product"],
        authorisation=in_sentence(confirmed_claim(AUTHORISATION)),
        groups=[
            (name.format(product=asked()["product"]), slug(name), own, _purposes(own))
            for name, own in _groups(runs).items()
        ],
        examples=EXAMPLES,
        meanings=_meanings(),
        first=runs[0] if runs else {},
        missing=_missing([*order, *(each.name for each in folders)], described),
        grids=grids,
        made=made,
    )
    put_file(folder / SEARCHED, _searched(runs, folder))
    put_file(folder / PAGE, page)


def _missing(names: Iterable[str], described: Mapping[str, object]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name not in described]


def _meanings() -> list[tuple[str, str, str]]:
    """Return each data status, its address on the front page, and what its badge means."""
    return [(status, f"status-{status}", meaning) for status, meaning in MEANINGS.items()]


def _in_card(answer: str, page: str) -> str:
    """Return the answer of a page as the front page has it: no landmark, links from there."""
    # A page with many answers has the cards for landmarks.
    return re.sub(
        r'<section (class="shown answer") aria-label="[^"]*"[^>]*>(.*?)</section>',
        r"<div \1>\2</div>",
        answer.replace('href="#', f'href="{page}#'),
        flags=re.S,
    )


def _groups(runs: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in FAMILIES.values()}
    for run in runs:
        groups.setdefault(_group(run), []).append(run)
    return {name: own for name, own in groups.items() if own}


def _purposes(runs: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return why trials are shown where a reader would wonder: title → sentence of its plan."""
    return {run["trial"]: run["purpose"] for run in runs if run["purpose"]}


def _group(run: dict[str, Any]) -> str:
    return OWN_RUNS if run["own"] else FAMILIES.get(run["notebook"], OTHERS)


def _names(file: Path) -> list[str]:
    """Return the names of the runs of a file, in its order; none where there is no file."""
    return list(read_yaml(file) or ()) if file.is_file() else []


def _agreed(made: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the runs were made with: one value, or all that differ."""
    agreed: dict[str, Any] = {}
    for key in dict.fromkeys(key for each in made for key in each):
        values = [each[key] for each in made if key in each]
        distinct = [value for n, value in enumerate(values) if value not in values[:n]]
        if key == "made" and len(distinct) > 1:
            agreed[key] = f"{min(distinct)} to {max(distinct)}"
        else:
            agreed[key] = distinct[0] if len(distinct) == 1 else distinct
    return agreed


def _entries(path: Path) -> list[Any]:
    """Return what can be found of a run; nothing where the file is damaged."""
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def _searched(runs: Iterable[dict[str, Any]], folder: Path) -> str:
    """Return everything that can be found, as a script that the front page loads."""
    pages: dict[str, Any] = {}
    for run in runs:
        path = folder / run["run"] / FOUND
        if path.is_file():
            pages[run["run"]] = {
                "title": run["title"],
                "status": SEVERAL.join(run["data_status"]),
                "example": _group(run).startswith(EXAMPLES),
                "entries": _entries(path),
            }
    found = {
        "badges": BADGES,
        "synonyms": synonyms(),
        "ignored": ignored(),
        "front": [
            ["section", f"{BADGES[name]}: what this data status means", anchor, words, "", NO_TABLE]
            for name, anchor, words in _meanings()
        ],
        "pages": pages,
    }
    return f"window.searched = {json.dumps(found, ensure_ascii=False, separators=(',', ':'))};\n"
