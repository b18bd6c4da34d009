"""The guide ``docs/your_own_trial.md``: what it says is done, and what can be said is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pydantic
import pytest
import yaml

from analysis import paths
from analysis.__main__ import main
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.read_plan import read_draft, read_plan

GUIDE = (paths.ROOT / "docs" / "your_own_trial.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def models(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    """Yield the models that an annotation holds."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from models(part)


def fields(
    model: type[pydantic.BaseModel], start: str, seen: set[type[pydantic.BaseModel]]
) -> Iterator[str]:
    """Yield the path of every field of a plan; a model met again is not walked again."""
    for name, field in model.model_fields.items():
        path = f"{start}.{field.alias or name}".lstrip(".")
        yield path
        for inner in models(field.annotation):
            if inner not in seen:
                seen.add(inner)
                yield from fields(inner, path, seen)


@pytest.mark.parametrize("path", list(fields(TrialPlan, "", set())))
def test_the_guide_has_every_field(path: str) -> None:
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \| (.+?) \|", GUIDE, re.MULTILINE)
    assert path in dict(rows), f"docs/your_own_trial.md must say what {path} means"


def test_the_guide_has_no_field_that_is_none() -> None:
    table = GUIDE.partition("## Every field")[2]
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \|", table, re.MULTILINE)
    assert rows == list(dict.fromkeys(rows))
    assert set(rows) == set(fields(TrialPlan, "", set()))


def thin_out(folder: Path) -> None:
    """Keep the records of every third participant, which say the same in less time."""
    kept = pd.read_parquet(folder / "adsl.parquet")["USUBJID"].iloc[::3]
    for path in folder.glob("*.parquet"):
        table = pd.read_parquet(path)
        table[table["USUBJID"].isin(kept)].to_parquet(path, index=False)


def test_the_example_is_what_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for code in blocks("python"):
        exec(compile(code, "docs/your_own_trial.md", "exec"), {})
    thin_out(Path("my-trial"))
    new, check = (
        shlex.split(line)[3:]
        for block in blocks("sh")
        for line in block.splitlines()
        if "-m analysis" in line
    )
    assert main(new) == 0
    plan = Path("my-trial/trial.yml")
    text = plan.read_text(encoding="utf-8")
    asked = read_draft(Path("my-trial"))[1]
    table = re.findall(r"^\| `(\w+)` \| .* \| .* \|$", GUIDE.partition("## 3.")[0], re.MULTILINE)
    assert [field.rpartition(".")[2] for field in asked] == table
    assert main(check) == 1
    assert f"{len(asked)} questions, 0 errors" in capsys.readouterr().out

    # The answers: the endpoint is a line of the draft, with a direction and another position.
    (answers,) = blocks("yaml")
    for answer in answers.splitlines():
        field = answer.partition(":")[0]
        text, count = re.subn(
            rf'^{field}: "\?"$', lambda _, line=answer: line, text, flags=re.MULTILINE
        )
        assert count == 1, field
    primary = yaml.safe_load(re.search(r"primary: (.*)", answers)[1])  # type: ignore[index]
    offered = [yaml.safe_load(line) for line in re.findall(r"^  #   (\{name.*\})  # n", text, re.M)]
    alike = [each for each in offered if each["paramcd"] == primary["paramcd"]]
    assert alike == [{**primary, "direction": "?", "where": alike[0]["where"]}]
    assert set(alike[0]["where"]) == set(primary["where"])
    plan.write_text(text, encoding="utf-8")
    assert main(check) == 0
    assert "0 errors" in capsys.readouterr().out
    assert read_plan(Path("my-trial")).endpoints.primary.direction == "lower"


def test_the_runs_of_the_guide_are_runs(tmp_path: Path) -> None:
    from analysis.report.runs import load_runs

    runs = next(block for block in blocks("text") if block.startswith("my-trial"))
    (tmp_path / "runs.yml").write_text(runs, encoding="utf-8")
    assert list(load_runs(tmp_path / "runs.yml")) == ["my-trial-efficacy", "my-trial-safety"]
    for line in "\n".join(blocks("sh")).splitlines():
        words = shlex.split(line)
        if "papermill" in line:
            assert (paths.ROOT / words[1]).is_file()


def test_the_choices_of_the_guide_can_be_written() -> None:
    block = next(block for block in blocks("text") if block.startswith("where"))
    endpoint = {
        "name": "a", "dataset": "b", "paramcd": "C", "visit": "d", "direction": "higher",
    }  # fmt: skip
    from analysis.sources.trial.plan_endpoint import Endpoint

    for line in block.splitlines():
        where = yaml.safe_load(line)["where"]
        assert Endpoint.model_validate({**endpoint, "where": where}).where
