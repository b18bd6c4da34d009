"""git, with and without the filter for notebooks, in a repository of its own."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from analysis import paths
from analysis.report.normalise import normal_form

ATTRIBUTES = paths.ROOT / ".gitattributes"


class Repository:
    """The tiny project as a git repository, seen through git and the command line."""

    def __init__(self, project: Any, folder: Path, top: Path) -> None:
        self.project = project.copy(folder)
        self.top = top
        self.notebook = folder / "notebooks" / "one.ipynb"
        shutil.rmtree(self.project.folder)
        shutil.copy(ATTRIBUTES, folder)
        for path in folder.glob("notebooks/*.ipynb"):
            path.write_bytes(normal_form(path.read_bytes()))
        self.git("init", "--quiet", "-b", "main")
        self.git("add", ".")
        self.commit("first")

    def git(self, *arguments: str, status: int = 0) -> str:
        """Run git without the settings of whoever runs the tests; return all that it says."""
        named = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "core.autocrlf=false"]
        nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(
            ["git", *named, *arguments],
            cwd=self.top, env={**os.environ, **nobody}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr

    def commit(self, message: str) -> None:
        self.git("commit", "--quiet", "-a", "-m", message)

    def looks(self) -> str:
        """Return what git sees; to its status a file of another size differs until it is added."""
        return self.git("diff", "--stat") + self.git("add", ".") + self.git("status", "--porcelain")

    def run_all(self, *, twice: bool = True, source: str = "") -> None:
        """Write the notebook as JupyterLab does after Run All and save."""
        notebook = json.loads(self.notebook.read_bytes())
        notebook["metadata"]["kernelspec"]["display_name"] = "Python [conda env:x]"
        notebook["metadata"]["language_info"]["version"] = "3.12.1"
        for count, cell in enumerate(notebook["cells"], 40 if twice else 1):
            if cell["cell_type"] == "code":
                cell["metadata"] |= {"execution": {"iopub.status.busy": str(count)}}
                cell["execution_count"] = count
        if source:
            notebook["cells"][0]["source"] = [source]
        self.notebook.write_text(json.dumps(notebook, indent=1), encoding="utf-8")


@pytest.fixture(params=["top", "deeper"])
def repository(request: pytest.FixtureRequest, project: Any, tmp_path: Path) -> Repository:
    """The project is the repository, or a folder with a space in it."""
    if request.param == "top":
        return Repository(project, tmp_path / "project", tmp_path / "project")
    return Repository(project, tmp_path / "all" / "my project", tmp_path / "all")


def test_a_run_is_no_change_until_the_filter_is_taken_out(repository: Repository) -> None:
    main = repository.project.main
    assert repository.looks() == ""
    assert "normalise --uninstall" in main("normalise", "--install").stdout
    repository.run_all(twice=False)
    repository.commit("run once")
    stored = repository.git("show", f"HEAD:{_inside(repository)}")
    assert stored.encode() == normal_form(repository.notebook.read_bytes())
    repository.run_all(twice=True)
    assert repository.looks() == ""
    # What somebody changed is seen, and nothing else.
    repository.run_all(source="# Another title")
    changed = repository.git("diff").splitlines()
    lines = [line for line in changed if line[0] in "+-" and not line.startswith(("+++", "---"))]
    assert [line[0] for line in lines] == ["-", "+"]
    assert "# Another title" in lines[1]
    repository.run_all(source="# A tiny page about one")
    assert repository.looks() == ""
    # A second time nothing changes; taken out, git sees the file again as it is.
    settings = repository.git("config", "--local", "--list")
    main("normalise", "--install")
    assert repository.git("config", "--local", "--list") == settings
    assert "as they are on the disk" in main("normalise", "--uninstall").stdout
    assert "filter" not in repository.git("config", "--local", "--list")
    assert "one.ipynb" in repository.git("status", "--porcelain")
    assert "one.ipynb" in repository.git("diff", "--stat")
    assert "nothing is to be undone" in main("normalise", "--uninstall").stdout


def test_nothing_is_lost_and_no_commit_stopped(repository: Repository) -> None:
    """A notebook that cannot be read, and an environment that has gone or is too old."""
    repository.project.main("normalise", "--install")
    conflict = "<<<<<<< HEAD\n" + repository.notebook.read_text(encoding="utf-8")
    repository.notebook.write_text(conflict, encoding="utf-8")
    repository.commit("half a merge")
    assert repository.git("show", f"HEAD:{_inside(repository)}") == conflict
    key = "filter.valtropin-notebook.clean"
    command = repository.git("config", "--local", key).strip()
    for gone in ("/no/such/python", "true"):
        broken = command.replace(_python(command), gone)
        assert broken != command
        repository.git("config", "--local", key, broken)
        repository.notebook.write_text(f"{gone} {conflict}", encoding="utf-8")
        assert repository.git("commit", "-a", "-q", "-m", gone) == ""
        assert repository.git("show", f"HEAD:{_inside(repository)}") == f"{gone} {conflict}"
    repository.git("config", "--local", key, command)
    (repository.project.root / "analysis" / "report" / "normalise.py").unlink()
    repository.notebook.write_text(conflict, encoding="utf-8")
    assert repository.git("commit", "-a", "-q", "-m", "an older revision") == ""
    assert repository.git("show", f"HEAD:{_inside(repository)}") == conflict


def test_branches_are_changed_over_what_a_run_left(repository: Repository) -> None:
    repository.project.main("normalise", "--install")
    repository.run_all()
    repository.commit("run")
    repository.git("checkout", "--quiet", "-b", "other")
    repository.run_all(source="# Another title")
    repository.commit("another title")
    repository.run_all(source="# Another title")
    repository.git("checkout", "--quiet", "main")
    assert "A tiny page" in repository.notebook.read_text(encoding="utf-8")
    repository.git("merge", "--quiet", "other")
    assert repository.looks() == ""


def test_where_there_is_no_repository_or_another_filter(project: Any, tmp_path: Path) -> None:
    mine = project.copy(tmp_path / "project")
    outside = {"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    assert "not a git repository" in mine.main("normalise", "--install", status=1, **outside).stderr
    missing = {"PATH": str(tmp_path)}
    said = mine.main("normalise", "--install", status=1, **missing).stderr
    assert said == "error: git is not installed: there is nothing to set up\n"
    subprocess.run(["git", "init", "--quiet"], cwd=mine.root, check=True)
    (mine.root / ".git" / "info" / "attributes").write_text("*.ipynb filter=nbstripout\n")
    said = mine.main("normalise", "--install", status=1).stderr
    assert "git uses the filter 'nbstripout' for notebooks" in said


def test_make_lab_sets_it_up_where_there_is_a_repository() -> None:
    makefile = (paths.ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.split("\nlab:")[1].split("\n\n")[0]
    assert "if git rev-parse" in recipe
    assert recipe.index("normalise --install") < recipe.index("bin/jupyter lab")


def _inside(repository: Repository) -> str:
    return repository.notebook.relative_to(repository.top).as_posix()


def _python(command: str) -> str:
    return command.split("test -x ")[1].split(" && ")[0]
