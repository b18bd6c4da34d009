"""A grid whose runs share what they read alike gives the bytes of runs that share nothing."""

import itertools
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from analysis import paths
from analysis.display import Page, departures
from analysis.display.finished import FIGURES_FOLDER
from analysis.display.records import RECORDS_FOLDER
from analysis.efficacy import answer, growth_response, participants, primary_tables
from analysis.efficacy.settings import ControlledParameters, resolve
from analysis.report import build
from analysis.report.executor import choose_place
from analysis.report.job import Job
from analysis.report.place import SUMMARY
from analysis.report.runs import Run
from analysis.report.source import read_source
from analysis.results import section
from analysis.results.shared import QUESTIONS
from analysis.shared_folder import SHARED_FOLDER

SHOWN = (
    answer.answer, answer.contrasts, departures, participants.analysis_sets,
    primary_tables.observed, growth_response.distribution,
)  # fmt: skip
SCENARIOS = ({"margin": 1.5}, {"margin": 1.6}, {"margin": 1.6, "conf_level": 0.9}, {})


def shown(folder: Path, parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Show sections as a report does: their outputs, the files they write, and their results."""
    for variable in (FIGURES_FOLDER, RECORDS_FOLDER):
        (folder / variable).mkdir(parents=True)
        monkeypatch.setenv(variable, str(folder / variable))
    page = Page({"trial": "ghd", **parameters}, ControlledParameters, resolve)
    outputs = []
    for each in SHOWN:
        with capture_output(stdout=False, stderr=False) as captured:
            last = page.show(each)
            last._ipython_display_() if hasattr(last, "_ipython_display_") else None
        outputs += [(output.data, output.metadata or {}) for output in captured.outputs]
        outputs.append((last._repr_mimebundle_(), {})) if not captured.outputs else None
    files = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return outputs, files, page.results.csv()


def test_pages_that_share_are_those_that_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mpl.use("Agg")
    InteractiveShell.instance()
    alone = [shown(tmp_path / f"a{n}", each, monkeypatch) for n, each in enumerate(SCENARIOS)]
    store = tmp_path / "shared"
    monkeypatch.setenv(SHARED_FOLDER, str(store))
    again = [shown(tmp_path / f"b{n}", each, monkeypatch) for n, each in enumerate(SCENARIOS)]
    for one, other in zip(alone, again, strict=True):
        assert one == other
    made = Counter(
        path.parent.parent.name.split("-")[2]
        for path in store.glob("*/*/*")
        if path.name != QUESTIONS and "efficacy" in str(path)
    )
    # Of four scenarios: two plan statuses, and two margins and levels where these are read.
    assert sum(made.values()) < len(SHOWN) * len(SCENARIOS)
    assert {data["text/plain"] for data, _ in alone[0][0]} != {
        data["text/plain"] for data, _ in alone[2][0]
    }


def test_a_section_of_an_own_notebook_is_not_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may rest on more than its run."""
    from analysis.display import Table

    monkeypatch.setenv(SHARED_FOLDER, str(tmp_path / "shared"))
    wanted = ["one"]

    @section
    def own(run: Any) -> Any:
        return answer.contrasts(run)

    @own.shows
    def own_table(own: Any, _run: Any) -> Table:
        return Table(title=wanted[0], results=own, labels={}, columns=[])

    for title in ("one", "two"):
        wanted[0] = title
        page = Page({"trial": "ghd"}, ControlledParameters, resolve)
        assert page.show(own).name == title


def jobs_of(*runs: Run) -> list[Job]:
    return [Job(run, read_source(run.path), {"data": {}}, "it has no page yet") for run in runs]  # type: ignore[typeddict-item]


def test_runs_share_that_show_the_same_sections_of_one_trial() -> None:
    def run(name: str, notebook: str, **parameters: Any) -> Run:
        return Run(name=name, notebook=notebook, parameters=parameters)

    efficacy, ledger = "2_efficacy_controlled", "1_programme"
    jobs = jobs_of(
        run("a", efficacy, trial="ghd", margin=1.0),
        run("b", efficacy, trial="ghd", margin=2.0),
        run("c", efficacy, trial="cdisc-pilot"),
        run("d", ledger),
        run("e", ledger, product="Humatrope"),
    )
    assert [job.alike for job in build._told_alike(jobs)] == [True, True, False, False, False]
    rendered = [replace(jobs[0], left=Path("there")), jobs[1]]
    assert [job.alike for job in build._told_alike(rendered)] == [False, False]


@pytest.mark.parametrize(
    ("cell", "only"),
    [
        ("page.show(answer.answer)", True),
        ("page.show(departures)\n", True),
        ("page.finish()", True),
        ("page.show(answer.answer, other)", False),
        ("page.run.trial.tables['adsl'] = 1", False),
        ("page.show(answer.answer)\nx = 1", False),
        ("page.table(frame, 'Own')", False),
    ],
)
def test_a_notebook_that_computes_itself_shares_nothing(cell: str, only: bool) -> None:
    source = read_source(paths.NOTEBOOKS / "2_efficacy_controlled.ipynb")
    changed = replace(source, cells=(*source.cells, {**source.cells[-1], "source": cell}))
    assert source.shows_sections_only
    assert changed.shows_sections_only == only


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("notebook", "varied"),
    [
        ("2_efficacy_controlled", {"margin": [1.5, 2.0], "conf_level": [0.9, 0.95]}),
        ("2_efficacy_controlled", {"population": ["full analysis", "per protocol"], "seed": [1, 2],
                                   "covariates": [["AGE"], ["AGE", "BASE"]]}),
        ("3_efficacy_single_arm", {"conf_level": [0.9, 0.95], "velocity_threshold": [2.0, 3.0]}),
        ("4_safety", {"conf_level": [0.9, 0.95], "sort": ["frequency", "risk difference"]}),
        ("5_comparator_contrasts", {"margin": [1.5, 2.0], "min_confidence": ["low", "high"]}),
        ("5_comparator_contrasts", {"product": ["Omnitrope", "Valtropin"],
                                    "pool_trial": [False, True]}),
        ("6_trial_design", {"margin": [1.5, 2.0]}),
    ],
)  # fmt: skip
def test_a_grid_gives_the_bytes_of_its_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notebook: str, varied: dict[str, list[Any]]
) -> None:
    scenarios = [
        dict(zip(varied, values, strict=True)) for values in itertools.product(*varied.values())
    ]
    runs = [
        Run(name=f"s{number}", notebook=notebook, parameters=each)
        for number, each in enumerate(scenarios)
    ]
    place = choose_place(2)
    build.build(runs, folder=tmp_path / "shared", place=place, front_page=lambda _: None)
    monkeypatch.setattr(build, "_told_alike", lambda jobs: list(jobs))
    build.build(runs, folder=tmp_path / "alone", place=place, front_page=lambda _: None)
    one, other = (files_of(tmp_path / where) for where in ("shared", "alone"))
    assert one.keys() == other.keys()
    assert not [name for name, content in one.items() if content != other[name]]


def files_of(folder: Path) -> dict[str, Any]:
    """Return every file of the runs, of their summaries all but when they were made."""
    found: dict[str, Any] = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.glob("s*/**/*")
        if path.is_file()
    }
    for name in [name for name in found if name.endswith(SUMMARY)]:
        said = json.loads(found[name])
        assert said.pop("made_with")["made"]
        found[name] = {key: value for key, value in said.items() if "sha256" not in key}
    return found
