"""What the command line says of paths that the system refuses: one sentence, which names them."""

import os
from pathlib import Path

import pytest

from analysis import cluster as clusters
from analysis.__main__ import main

LONG = "a/" * 2500
COMMANDS = [
    ["compare", LONG, LONG],
    ["tables", LONG, "-o", "x.docx"],
    ["new", LONG],
    ["check", LONG],
    ["grid", LONG],
    ["ledger", "import", LONG],
    ["export", "cards", LONG],
    ["bundle", "--verify", LONG],
    ["report", LONG],
    ["trace", "ghd-safety", LONG],
]


def said(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    assert main(command) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    return err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_path_of_5000_letters(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    sentence = said(capsys, *command)
    assert "a/a/a/" in sentence
    assert max(map(len, sentence.splitlines())) < 1000


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tmp_path.chmod(0)
    assert "Permission denied" in said(capsys, "tables", str(tmp_path / "x.ipynb"), "-o", "x.docx")


def test_a_folder_where_a_file_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "file" in said(capsys, "new", str(tmp_path / "file" / "below"))


def test_simulations_have_workers_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    cluster = "tcp://127.0.0.1:9"
    command = ["report", "trial-design", "--scheduler", cluster]
    sentence = said(capsys, *command, "--workers-for-simulation", cluster)
    assert "would wait for themselves" in sentence


def test_workers_for_simulation_that_are_not_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "TIMEOUT", 0.5)
    address = "tcp://127.0.0.1:9"
    sentence = said(capsys, "report", "trial-design", "--workers-for-simulation", address)
    assert f"no Dask scheduler answers at {address}" in sentence
    assert os.environ.get(clusters.SIMULATION) is None
