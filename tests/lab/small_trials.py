"""Small trials written by hand, one participant a line, for endpoints that are rarely so."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from analysis.efficacy import answer
from analysis.efficacy.primary import analyse
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.errors import UserError
from analysis.results import Results
from analysis.sources.trial.trial import load_trial
from analysis.stats.intervals import Interval

RESPONSE = {
    "name": "Response at week 4", "kind": "binary", "dataset": "adrs", "paramcd": "RESP",
    "visit": "Week 4", "response": {"variable": "AVALC", "is": "Y"}, "direction": "higher",
}  # fmt: skip
RELAPSE = {
    "name": "Time to relapse", "kind": "time-to-event", "dataset": "adtte", "paramcd": "RELAPSE",
    "unit": "days", "direction": "higher",
}  # fmt: skip


def people(arms: Sequence[str], **columns: Sequence[Any]) -> pd.DataFrame:
    """Return ADSL of one participant for each arm named, in a trial of new and old."""
    size = len(arms)
    adsl = pd.DataFrame(
        {
            "STUDYID": "S",
            "USUBJID": [f"S-{number:03d}" for number in range(size)],
            "TRT01P": list(arms),
            "TRT01A": list(arms),
            "ITTFL": "Y",
            "SAFFL": "Y",
            "AGE": [30 + number % 17 for number in range(size)],
            "SEX": ["F" if number % 2 else "M" for number in range(size)],
            "TRTSDT": "2024-01-01",
            "TRTEDT": "2024-02-01",
        }
    )
    return adsl.assign(**columns)


def written(
    folder: Path, adsl: pd.DataFrame, endpoint: dict[str, Any], records: pd.DataFrame, **plan: Any
) -> Path:
    """Write a trial folder; `plan` is laid over its analysis, ``extra`` over all of it."""
    folder.mkdir(parents=True, exist_ok=True)
    adsl.to_csv(folder / "adsl.csv", index=False)
    records.to_csv(folder / f"{endpoint['dataset']}.csv", index=False)
    extra = plan.pop("extra", {})
    others = [arm for arm in dict.fromkeys(adsl["TRT01P"]) if arm not in ("new", "old")]
    content = {
        "id": "small",
        "title": "A small trial",
        "data_status": "synthetic",
        "design": "parallel",
        "arms": {"treatment": "new", "reference": "old", "others": others},
        "populations": {"all": "ITTFL", "safety": "SAFFL"},
        "visits": [{"name": "Baseline", "day": 1}, {"name": "Week 4", "day": 29}],
        "endpoints": {"primary": endpoint},
        "analysis": {"population": "all", "covariates": [], **plan},
        "estimand": {
            "population": "Everybody", "treatment": "new compared with old",
            "variable": endpoint["name"], "summary_measure": "As the model says",
            "intercurrent_events": [],
        },
    } | extra  # fmt: skip
    (folder / "trial.yml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return folder


def responders(
    folder: Path, answers: Sequence[tuple[str, str | None]], endpoint: Any = None, **plan: Any
) -> Path:
    """Write a trial of (arm, Y or N); None has no record."""
    adsl = people([arm for arm, _ in answers], **plan.pop("columns", {}))
    records = pd.DataFrame(
        {"USUBJID": adsl["USUBJID"], "PARAMCD": "RESP", "PARAM": "Response", "AVISIT": "Week 4",
         "AVALC": [answer for _, answer in answers], "ADT": "2024-01-29"}
    ).dropna(subset=["AVALC"])  # fmt: skip
    own = RESPONSE | (endpoint or {})
    return written(folder, adsl, own, records, **({"model": "Miettinen-Nurminen"} | plan))


def times(
    folder: Path, ends: Sequence[tuple[str, float, int]], endpoint: Any = None, **plan: Any
) -> Path:
    """Write a trial of (arm, days, CNSR)."""
    adsl = people([arm for arm, _, _ in ends], **plan.pop("columns", {}))
    records = pd.DataFrame(
        {"USUBJID": adsl["USUBJID"], "PARAMCD": "RELAPSE", "PARAM": "Time to Relapse (days)",
         "AVAL": [days for _, days, _ in ends], "CNSR": [each for _, _, each in ends],
         "ADT": pd.Timestamp("2024-01-01") + pd.to_timedelta([d - 1 for _, d, _ in ends], "D")}
    )  # fmt: skip
    own = RELAPSE | (endpoint or {})
    return written(folder, adsl, own, records, **({"model": "Cox regression"} | plan))


def run_of(folder: Path, **parameters: Any) -> Settings:
    """Return a run on a written trial."""
    return resolve(ControlledParameters(trial=str(folder), **parameters), load_trial(folder))


def value(results: Results, stat: str, **levels: str) -> float:
    """Return a statistic with all its digits."""
    (found,) = results.select(stat_name=stat, **levels).frame["stat"]
    return float(found)


def said(results: Results, run: Settings) -> str:
    """Return the answer in words."""
    return " ".join(answer.answer_reading(results, run).sentences)


def estimated(run: Settings) -> tuple[Interval | None, str]:
    """Return the effect, or why there is none."""
    try:
        found = analyse(run).contrast
    except UserError as error:
        return None, str(error)
    return found, found.reason
