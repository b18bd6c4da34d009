"""A relative trial folder means one place, wherever a notebook is run."""

import shutil
from pathlib import Path

import pytest

from analysis import paths
from analysis.errors import UserError
from analysis.report.fingerprint import trial_files
from analysis.report.runs import Run
from analysis.sources.trial.trial import load_trial
from analysis.sources.trial.trial_folder import TRIALS, trial_folder


class Nothing:
    """A notebook whose parameters name no trial."""

    @staticmethod
    def parameters() -> dict[str, object]:
        return {}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with notebooks, and the caller's own folder beside it as current directory."""
    root = tmp_path / "project"
    for folder in (root / "notebooks", tmp_path / "mine"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(paths, "ROOT", root)
    monkeypatch.setattr(paths, "NOTEBOOKS", root / "notebooks")
    monkeypatch.chdir(tmp_path / "mine")
    return root


def plan_in(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "trial.yml").write_text("id: x\n")
    return folder


@pytest.mark.parametrize(
    ("place", "given"),
    [
        ("mine/our-trial", "our-trial"),
        ("project/our-trial", "our-trial"),
        ("project/data/ours", "data/ours"),
        ("project/notebooks/our-trial", "./our-trial"),
        ("beside/our-trial", "../beside/our-trial"),
        ("mine/with space/änd more", "with space/änd more"),
    ],
)
@pytest.mark.parametrize("start", ["mine", "project", "project/notebooks"])
def test_one_folder_from_everywhere(
    project: Path, monkeypatch: pytest.MonkeyPatch, place: str, given: str, start: str
) -> None:
    folder = plan_in(project.parent / place)
    monkeypatch.chdir(project.parent / start)
    if place.startswith("mine/") and start != "mine":
        with pytest.raises(UserError, match="looked for"):
            trial_folder(given)
    else:
        assert trial_folder(given) == folder
        assert trial_folder(Path(given)) == folder
    assert trial_folder(str(folder)) == folder


@pytest.mark.parametrize("given", ["our-trail", "./data/nothing", "../elsewhere"])
def test_it_says_where_it_looked(project: Path, given: str) -> None:
    with pytest.raises(UserError) as refused:
        trial_folder(given)
    for start in (project.parent / "mine", project, project / "notebooks"):
        assert str((start / given).resolve()) in str(refused.value)
    assert f"got '{given}'; looked for " in str(refused.value)


def test_a_place_is_named_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    with pytest.raises(UserError) as refused:
        trial_folder("ghdd")
    assert str(refused.value).count(f"{project}/ghdd") == 1
    assert str(refused.value).endswith("did you mean 'ghd'?")
    with pytest.raises(UserError, match=r"looked for /no/such/place$"):
        trial_folder("/no/such/place")


@pytest.mark.parametrize("given", ["", " ", "a" * 5000, "nul\0byte", "~nobody-of-that-name/x"])
@pytest.mark.usefixtures("project")
def test_what_is_no_path_is_refused_in_one_sentence(given: str) -> None:
    with pytest.raises(UserError, match="trial must be one of cdisc-pilot"):
        trial_folder(given)


def test_two_folders_of_one_name_are_not_guessed_at(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = plan_in(project / "ours"), plan_in(project / "notebooks" / "ours")
    for start in (project, project / "notebooks", project.parent / "mine"):
        monkeypatch.chdir(start)
        with pytest.raises(UserError, match="names two folders") as refused:
            trial_folder("ours")
        assert str(one) in str(refused.value)
        assert str(other) in str(refused.value)
        assert trial_folder(str(other)) == other
    # A folder without a plan is no trial, nor is another name for the same folder a second one.
    (other / "trial.yml").unlink()
    assert trial_folder("ours") == one
    shutil.rmtree(other)
    other.symlink_to(one)
    assert trial_folder("ours") == one


def test_a_shipped_trial_comes_first(project: Path) -> None:
    plan_in(project.parent / "mine" / "ghd")
    assert trial_folder("ghd") == TRIALS / "ghd"


@pytest.mark.parametrize("given", ["data/trials/turner-1", "../data/trials/turner-2"])
def test_a_relative_path_is_read_from_elsewhere(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_trial(given).plan.id == Path(given).name


@pytest.mark.parametrize("place", ["project/our-trial", "project/notebooks/our-trial"])
def test_the_report_watches_the_folder_that_is_read(
    project: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    folder = plan_in(project.parent / place)
    (folder / "adsl.csv").write_text("USUBJID\n")
    # Where the report is asked for is not where its kernels work.
    plan_in(project.parent / "mine" / "our-trial")
    run = Run(name="x", notebook="2_efficacy_controlled", parameters={"trial": "our-trial"})
    watched = set(trial_files(run, Nothing()))  # type: ignore[arg-type]
    monkeypatch.chdir(paths.NOTEBOOKS)
    assert {trial_folder("our-trial"), folder / "adsl.csv", folder / "trial.yml"} <= watched
    assert not any(each.is_relative_to(project.parent / "mine") for each in watched)
