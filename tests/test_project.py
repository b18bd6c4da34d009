"""The frame of the project: environment, lock, documents, commands."""

import re
import subprocess
import tomllib

import pandas as pd
import pytest
import yaml

from analysis import __version__, paths
from analysis.display import Column, Page, Table
from analysis.results import Results, section
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve
from analysis.sources.registry import REGISTERED, read_registry, sha256
from analysis.sources.trial.trial import load_trial

ROOT = paths.ROOT
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def locked() -> set[str]:
    return {name.lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", LOCK, flags=re.M)}


def test_lock_is_hashed_universal_and_names_no_address() -> None:
    assert not re.search(r"(https?|file)://", LOCK)
    assert "--index-url" not in LOCK
    assert "--find-links" not in LOCK
    pins = re.findall(r"^[A-Za-z0-9._-]+==.*", LOCK, flags=re.M)
    assert len(pins) > 100
    assert all(pin.rstrip().endswith("\\") for pin in pins), "every pin is followed by hashes"
    assert "sys_platform == 'win32'" in LOCK, "universal: other platforms are in it too"


def test_lock_holds_every_declared_dependency() -> None:
    extras = PROJECT["optional-dependencies"]
    for requirement in [*PROJECT["dependencies"], *(r for group in extras.values() for r in group)]:
        name = re.split(r"[\[><=~! ]", requirement)[0].lower().replace("_", "-")
        assert name in locked(), name


def test_no_black_in_the_lock() -> None:
    # With black installed papermill reformats the injected cell, and runs differ.
    assert "black" not in locked()


def test_environment_gives_python_and_pip_and_pip_the_rest() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == PROJECT["name"]
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    *plain, nested = environment["dependencies"]
    assert [re.split(r"[=<>]", name)[0] for name in plain] == ["python", "pip"]
    assert nested == {"pip": ["-r requirements.lock"]}
    found = re.fullmatch(r"python=(\d+)\.(\d+)\.\*", plain[0])
    assert found
    assert PROJECT["requires-python"] == f">={found[1]}.{found[2]}"


def test_every_make_target_is_in_its_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):.*##", makefile, flags=re.M)
    assert set(targets) == set("help report test lab refresh lint bench lock clean".split())


def test_registry_covers_the_data_and_is_true() -> None:
    entries = read_registry()
    tracked = {
        path.relative_to(paths.DATA).as_posix()
        for pattern in REGISTERED
        for path in paths.DATA.rglob(pattern)
    }
    assert set(entries) == tracked
    assert all(sha256(paths.DATA / name) == digest for name, digest in entries.items())


def test_the_dictionary_describes_every_column() -> None:
    from analysis.sources.schemas import SCHEMAS

    dictionary = (paths.DATA / "README.md").read_text(encoding="utf-8")
    for name, schema in SCHEMAS.items():
        assert f"`published/{name}.csv`" in dictionary
        for column in schema.columns:
            assert f"`{column}`" in dictionary, f"{name}.{column}"


@pytest.mark.parametrize("document", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_links_inside_the_project_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (ROOT / target).exists() or target.startswith("reports/"), target


def test_versions_agree() -> None:
    assert PROJECT["version"] == __version__
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_no_path_of_a_machine_is_committed() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.split("\n"):
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".yml", ".csv", ".ipynb", ".lock", ".cff"}:
            text = path.read_text(encoding="utf-8")
            own = name in ("tests/test_notebooks.py", "tests/report/test_pages.py")
            assert own or not re.search(r"(?<![\w.])/(root|home|work|opt)/\w", text), name


def test_no_participant_of_a_real_trial_is_named_in_what_is_stored() -> None:
    """Stored outputs, stored results, and the built report where there is one."""
    names = load_trial("cdisc-pilot").tables["adsl"]["USUBJID"]
    assert names.str.fullmatch(r"\d\d-\d{3}-\d{4}").all()
    stored = [
        path
        for folder in (paths.NOTEBOOKS, ROOT / "tests" / "reference", paths.REPORTS)
        for path in folder.rglob("*")
        if path.suffix in (".ipynb", ".csv", ".html", ".json", ".yml")
        # What stands there is its author's.
        and not path.is_relative_to(paths.NOTEBOOKS / "own")
    ]
    assert len(stored) > 10
    known = set(names)
    for path in stored:
        found = re.findall(r"\b\d\d-\d{3}-\d{4}\b", path.read_text(encoding="utf-8"))
        assert not known & set(found), path


def python_of(document: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.M | re.S)


def test_what_the_readme_shows_in_python_runs() -> None:
    [block] = python_of("README.md")
    exec(compile(block, "README.md", "exec"), {})


def test_a_table_is_added_as_contributing_says() -> None:
    [block] = python_of("CONTRIBUTING.md")
    names = {
        "pd": pd, "section": section, "Results": Results, "Table": Table, "Column": Column,
        "SafetyRun": SafetyRun,
    }  # fmt: skip
    exec(compile("from __future__ import annotations\n" + block, "CONTRIBUTING.md", "exec"), names)
    page = Page({}, SafetyParameters, resolve)
    run = page.run
    shown = page.show(names["heights"]).text()
    assert "Height, cm [Synthetic data: no evidence]" in shown
    rows = page.results.frame
    assert list(rows["group1_level"]) == list(run.arms)
    assert list(rows["n_population"]) == [run.size_of("safety", arm) for arm in run.arms]
    assert set(rows["source"]) == {"ghd"}
