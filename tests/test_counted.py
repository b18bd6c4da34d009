"""A count and the list of what it counts are one selection: every count is counted again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.display.records import RECORDS_FOLDER, page_of
from analysis.display.tables import Column, Table
from analysis.efficacy import conduct, event_curves, growth_response, participants, responses
from analysis.efficacy.settings import ControlledParameters, Settings
from analysis.efficacy.settings import resolve as resolve_efficacy
from analysis.report.runs import load_runs
from analysis.report.trace import shown_sections
from analysis.results import KEY, ROW_KEY, Results, Section, combine, placed, rows_of, tally
from analysis.results.counted import COUNTED, NOBODY, PLACE, Counted, in_groups
from analysis.results.record_listing import WHERE, listing, places
from analysis.safety import overview
from analysis.safety.noticed import FAMILIES
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve
from analysis.sources.trial.plan_disclosure import Disclosure

SHARE = "p"
"""It counts whom its n counts, and is no number of them."""
COUNTS = [
    "n", "events", "N_miss", "n.event", "n.change", "n.baseline", "n.on.treatment", "n.lasting",
]  # fmt: skip
NOT_OF_PARTICIPANTS = {
    "ae-terms-shown", "ae-counting-rule", "measurement-records",
    "ae-special-interest-searched", "standout", *FAMILIES.values(), "watched",
    "published-safety", "listing-deaths", "listing-serious", "listing-withdrawals",
}  # fmt: skip
"""What counts terms or records, or quotes another section; listings name their own."""


@pytest.fixture(scope="module")
def ghd() -> SafetyRun:
    return resolve(SafetyParameters(trial="ghd"))


def wrongly_counted(results: Results) -> list[tuple[object, ...]]:
    """Return the numbers that are not how many records or participants they hand on."""
    wrong: list[tuple[object, ...]] = []
    for row in results.frame.to_dict("records"):
        counted = results.counted_in(row, [row["stat_name"]])
        if counted is None or row["stat_name"] == SHARE:
            continue
        size = len(counted.records if row["stat_name"] == "events" else counted.participants)
        if size != row["stat"]:
            wrong.append((*(row[name] for name in KEY), row["stat"], size))
    return wrong


def uncounted(results: Results) -> set[str]:
    """Return the analyses with a count that does not say whom it counts."""
    counts = results.frame[results.frame["stat_name"].isin(COUNTS)]
    return {
        str(row["analysis_id"])
        for row in counts.to_dict("records")
        if results.counted_in(row, [row["stat_name"]]) is None
    }


def test_every_count_is_the_size_of_its_list(ghd: SafetyRun) -> None:
    efficacy = resolve_efficacy(ControlledParameters(trial="ghd"))
    flow = [participants.disposition, participants.analysis_sets, participants.baseline]
    flow += [conduct.deviations, growth_response.responders]
    sections = shown_sections(load_runs()["ghd-safety"])
    found = [section.rows(ghd) for section, _ in sections]
    found += [section.rows(efficacy) for section in (*flow, conduct.exclusions)]
    without: set[str] = set()
    for results in found:
        assert not wrongly_counted(results)
        without |= uncounted(results)
    assert without <= NOT_OF_PARTICIPANTS, "these count without saying whom"


@pytest.mark.parametrize(
    ("endpoint", "section"),
    [
        ("ADAS-Cog (11), improved by 4 points or more at week 24", responses.responses),
        ("Time to first dermatologic event", event_curves.survival),
    ],
)
def test_every_count_of_an_endpoint_is_the_size_of_its_list(
    endpoint: str, section: Section[Settings]
) -> None:
    run = resolve_efficacy(ControlledParameters(trial="cdisc-pilot", endpoint=endpoint))
    results = section.rows(run)
    assert not wrongly_counted(results)
    assert not uncounted(results)


def test_a_count_of_nobody_has_nobody(ghd: SafetyRun) -> None:
    results = overview.overview(ghd)
    row = results.select(variable="Deaths", group1_level="Valtropin", stat_name="n").frame.iloc[0]
    counted = results.counted_in(row, ["n"])
    assert counted is not None
    assert counted.participants == []


EVENTS_BY_HAND = pd.DataFrame(
    {"USUBJID": ["B", "A", "B", "C"], "AEDECOD": ["Cough", "Cough", "Cough", "Fall"]}
)


def test_groups_by_hand() -> None:
    found = in_groups(placed(EVENTS_BY_HAND, "adae"), ["AEDECOD"])
    assert found["Cough"].participants == ["A", "B"]
    assert found["Cough"].records["record"].tolist() == [1, 2, 3]
    assert found["Fall"].records["record"].tolist() == [4]
    assert tally(EVENTS_BY_HAND.iloc[:3])["n"] == 2


def by_hand() -> Results:
    cough, fall = (EVENTS_BY_HAND[EVENTS_BY_HAND["AEDECOD"] == term] for term in ("Cough", "Fall"))
    frame = pd.DataFrame(
        [{"variable": "Cough", **tally(cough)}, {"variable": "Fall", **tally(fall)}]
    )
    size = tally(EVENTS_BY_HAND)
    frame = frame.assign(N=size["n"], **{f"{COUNTED}:N": size[COUNTED]})
    return rows_of(frame, "by-hand", context="test", data_status="synthetic")


def test_what_is_counted_goes_with_the_rows() -> None:
    results = by_hand()
    row = {"analysis_id": "by-hand", **dict.fromkeys(ROW_KEY, ""), "variable": "Cough"}
    for each in (results, results.select(variable="Cough"), combine([results, Results()])):
        n, size = (each.counted_in(row, [name]) for name in ("n", "N"))
        assert n is not None
        assert n.participants == ["A", "B"]
        assert size is not None
        assert size.participants == ["A", "B", "C"]
    assert results.counted_in(row, ["mean"]) is None
    assert "USUBJID" not in results.csv()
    assert "records" not in results.frame


# What may be shown ------------------------------------------------------------------------------


def allowing(run: SafetyRun, *, identifiers: bool = True, **plan: object) -> SafetyRun:
    safety = run.plan.model_copy(update={"identifiers": identifiers})
    changed = run.trial.plan.model_copy(update={"safety": safety, **plan})
    return replace(run, trial=replace(run.trial, plan=changed))


def listed(run: SafetyRun) -> pd.DataFrame:
    results = overview.overview(run)
    row = results.select(variable="Serious", group1_level="Valtropin").frame.iloc[0]
    counted = results.counted_in(row, ["n"])
    assert counted is not None
    return listing(run.trial, places([counted]))


def test_a_record_is_shown_as_its_table_has_it(ghd: SafetyRun) -> None:
    shown = listed(ghd)
    adae = ghd.trial.tables["adae"]
    own = adae.loc[shown["Record"].astype(int) - 1]
    assert shown["Participant"].tolist() == own["USUBJID"].tolist()
    assert shown["Preferred term"].tolist() == own["AEDECOD"].tolist()
    assert set(shown["Table"]) == {"adae"}
    free = set(own["AETERM"]) - set(own["AEDECOD"])
    assert not free & set(shown.to_numpy().ravel()), "what was reported is free text"


def test_what_counts_nobody_needs_no_trial_beside_what_counts_somebody(ghd: SafetyRun) -> None:
    """A 0 is of no trial; participants who are no record of a table stand in the ADSL of theirs."""
    somebody = Counted.all(ghd.trial.tables["adsl"][["USUBJID"]].head(2))
    where = places([NOBODY, somebody.of(ghd.trial)])
    assert where[PLACE].to_numpy().tolist() == [["adsl", 1], ["adsl", 2]]
    with pytest.raises(ValueError, match="of no one trial"):
        places([somebody, somebody.of(ghd.trial)])


def test_without_identifiers_only_its_place_is_shown(ghd: SafetyRun) -> None:
    assert list(listed(allowing(ghd, identifiers=False))) == WHERE


def overview_html(run: SafetyRun) -> str:
    table = overview.overview_table(overview.overview(run), run)
    return str(table.html())


def test_numbers_open_their_records_in_a_report(
    ghd: SafetyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "<a " not in overview_html(ghd), "nobody asks, as in JupyterLab"
    monkeypatch.setenv(RECORDS_FOLDER, str(tmp_path))
    html = overview_html(ghd)
    [file] = tmp_path.iterdir()
    page = page_of("Overview of treatment-emergent adverse events")
    assert page == f"records/{file.stem}.html"
    held = json.loads(file.read_text(encoding="utf-8"))
    assert held["statuses"] == ["synthetic"]
    for cell in held["cells"]:
        assert f'<a href="{page}#{cell["at"]}" tabindex="-1">{cell["shown"]}</a>' in html
    serious = next(each for each in held["cells"] if each["shown"].startswith("3 (3.1"))
    own = [held["rows"][at][held["columns"].index("Serious")] for at in serious["records"]]
    assert own == ["Y", "Y", "Y"]
    # One stop of the keyboard leads to all of them.
    assert html.count("<a ") == len(held["cells"]) + 1


def test_real_records_are_opened_only_where_the_plan_says_so(
    ghd: SafetyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RECORDS_FOLDER, str(tmp_path))
    real = allowing(ghd, data_status="real")
    assert "<a " not in overview_html(real)
    assert not list(tmp_path.iterdir())
    said = Disclosure(participants="listed")
    allowed = allowing(ghd, data_status="real", disclosure=said, identifiers=False)
    assert "<a " in overview_html(allowed)
    [file] = tmp_path.iterdir()
    held = json.loads(file.read_text(encoding="utf-8"))
    assert held["columns"] == WHERE
    assert not any(name in file.read_text(encoding="utf-8") for name in ghd.subjects()["USUBJID"])


def test_a_table_of_records_of_no_trial_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RECORDS_FOLDER, str(tmp_path))
    table = Table("By hand", by_hand(), {"variable": "Term"}, [Column("n", "{n}")])
    assert "<a " not in table.html()


def test_the_numbers_of_the_flow_open_who_they_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RECORDS_FOLDER, str(tmp_path))
    run = resolve_efficacy(ControlledParameters(trial="ghd"))
    html = participants.flow_table(participants.disposition(run), run).html()
    [file] = tmp_path.iterdir()
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    assert {cell["row"].split(":")[0] for cell in cells} >= {"Randomised", "Stopped", "Analysed"}
    for cell in cells:
        assert cell["participants"] == int(cell["shown"])
        assert f'#{cell["at"]}"' in html
