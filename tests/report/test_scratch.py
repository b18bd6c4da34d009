"""Temporary folders: two processes that make and clear them at once get one each."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analysis.report import scratch
from analysis.report.lock import FILE, locked


@pytest.mark.parametrize("after", ["making", "locking"])
def test_a_folder_that_another_process_clears_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    """It looks like one that was left until it is locked."""
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    taken: list[Path] = []

    @contextmanager
    def late(folder: Path, *, wait: bool = False) -> Iterator[None]:
        if not taken:
            taken.append(folder)
            if after == "making":
                shutil.rmtree(folder)
                raise FileNotFoundError(2, "No such file or directory", str(folder / FILE))
            with locked(folder, wait=wait):
                shutil.rmtree(folder)
                yield
            return
        with locked(folder, wait=wait):
            yield

    monkeypatch.setattr(scratch, "locked", late)
    with scratch.scratch("run") as folder:
        assert folder.is_dir()
        assert folder not in taken
    assert list(tmp_path.iterdir()) == []


def test_what_a_run_does_not_find_is_its_own_affair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="nothing"), scratch.scratch("run") as folder:
        (folder / "nothing").read_text()
    assert list(tmp_path.iterdir()) == []
