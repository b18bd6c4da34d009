"""Drafting a plan: what can be seen in data is filled in, the rest is asked."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.errors import UserError
from analysis.sources.trial.draft import draft_plan
from analysis.sources.trial.read_plan import read_plan
from analysis.sources.trial.tables import data_folder
from analysis.sources.trial.trial import TRIALS


@pytest.fixture
def pilot(tmp_path: Path) -> Path:
    """The tables of the CDISC pilot, copied for the test only, without their plan."""
    shipped = TRIALS / "cdisc-pilot"
    source = data_folder(read_plan(shipped), shipped)
    folder = tmp_path / "My Trial 7"
    folder.mkdir()
    for name in ("adsl", "adadas", "adae", "adlbc", "advs"):
        shutil.copy(source / f"{name}.parquet", folder)
    return folder


def test_a_draft_validates_and_asks(pilot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", str(pilot)]) == 0
    plan = read_plan(pilot)
    assert plan.id == "my-trial-7"
    assert plan.arms.reference == "Placebo"
    assert plan.endpoints.primary.dataset in ("adadas", "adlbc", "advs")
    assert plan.populations["safety"] == "SAFFL"
    assert plan.safety is not None
    assert plan.safety.adverse_events == "adae"
    assert plan.safety.identifiers is False
    assert plan.analysis.margin is None
    text = (pilot / "trial.yml").read_text(encoding="utf-8")
    assert text.count("?") > 10
    assert "Placebo: 86" in text
    assert "answer its questions" in capsys.readouterr().out


def test_a_draft_never_overwrites(pilot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pilot / "trial.yml").write_text("mine", encoding="utf-8")
    assert main(["new", str(pilot)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert (pilot / "trial.yml").read_text(encoding="utf-8") == "mine"


def test_one_arm_makes_a_single_arm_draft(pilot: Path) -> None:
    adsl = pd.read_parquet(pilot / "adsl.parquet")
    adsl[adsl["TRT01P"] == "Placebo"].to_parquet(pilot / "adsl.parquet")
    (pilot / "trial.yml").write_text(draft_plan(pilot), encoding="utf-8")
    assert read_plan(pilot).design == "single-arm"


@pytest.mark.parametrize(
    ("keep", "sentence"),
    [((), "must hold ADSL with TRT01P; it has: no table"), (("adsl",), "PARAMCD, AVAL and AVISIT")],
)
def test_a_folder_that_cannot_be_drafted(pilot: Path, keep: tuple[str, ...], sentence: str) -> None:
    for path in pilot.iterdir():
        if path.stem not in keep:
            path.unlink()
    with pytest.raises(UserError, match=sentence):
        draft_plan(pilot)
    with pytest.raises(UserError, match="must be a folder"):
        draft_plan(pilot / "nothing")
