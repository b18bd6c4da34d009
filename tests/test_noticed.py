"""What stands out beside the terms: sections made by hand, asked as those of the page are."""

from collections.abc import Sequence

import pandas as pd
import pytest

from analysis.display.arm_table import CONTRAST, ArmTable
from analysis.display.disagreements import TWO_METHODS
from analysis.errors import UserError
from analysis.results import PROPORTION, Results, section
from analysis.safety import answer, incidence, noticed
from analysis.safety.coding import ANY
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve
from analysis.safety.tables import DIFFERENCES

LABEL = "Valtropin − Humatrope"
Row = tuple[str, str, float, float, float]


@pytest.fixture(scope="module")
def ghd() -> SafetyRun:
    return resolve(SafetyParameters(trial="ghd"))


def asked(rows: Sequence[Row], counts: Sequence[tuple[str, str, int]] = ()) -> noticed.Asked:
    """Return a section of differences, and of counts that are watched."""

    @section
    def by_hand(run: SafetyRun) -> Results:
        if not (rows or counts):
            raise UserError("nothing was measured")
        columns = ["variable", "variable_level", "estimate", "conf.low", "conf.high"]
        frame = pd.DataFrame(rows, columns=columns).assign(group1_level=LABEL)
        found = [run.results(frame, "by-hand", group1=CONTRAST, unit=PROPORTION)] if rows else []
        if counts:
            own = pd.DataFrame(counts, columns=["variable", "group1_level", "n"])
            found.append(run.results(own, "by-hand", group1="arm"))
        return sum(found[1:], found[0])

    return noticed.Asked(by_hand, lambda _run: "new", elsewhere=("Said",), watched=("Seen",))


def sentences(run: SafetyRun, monkeypatch: pytest.MonkeyPatch, *every: noticed.Asked) -> list[str]:
    monkeypatch.setattr(noticed, "ASKED", every)
    said = answer.sentences(run)
    return [each for each in said if "findings compared" in each or each.startswith("Watched")]


def test_the_answer_collects_what_excludes_no_difference(
    ghd: SafetyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = asked([("ALT (U/L)", "High", 0.1, 0.02, 0.2), ("ALT (U/L)", "Low", 0.1, -0.02, 0.2)])
    other = asked([("IGF-I", "", -0.134, -0.29, -0.02), ("Said", "", 0.5, 0.4, 0.6)])
    [said] = sentences(ghd, monkeypatch, one, other)
    assert said == (
        f"{LABEL}, kinds of events and findings compared one by one: 2 of 3 have a 95\u202f% "
        "interval that excludes no difference, where chance alone would give up to 0.1: new, "
        "IGF-I −13.4 (−29.0 to −2.0); new, ALT (U/L), high +10.0 (2.0 to 20.0), in percentage "
        "points."
    ).replace("up to 0.1", f"up to {noticed.noticed(ghd).text('n.chance')}")


def test_nothing_that_stands_out_is_said_as_none(
    ghd: SafetyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    [said] = sentences(ghd, monkeypatch, asked([("ALT (U/L)", "High", 0.1, -0.02, 0.2)]))
    assert "compared one by one: 0 of 1 have" in said
    assert "percentage points" not in said


def closer(rows: Sequence[tuple[str, str, str, float, float]], **options: bool) -> noticed.Asked:
    """Return a section of events of one kind: class, term, subgroup and limits."""

    @section
    def by_hand(run: SafetyRun) -> Results:
        columns = ["variable", "variable_level", "group2_level", "conf.low", "conf.high"]
        frame = pd.DataFrame(rows, columns=columns).assign(group1_level=LABEL, estimate=0.1)
        return run.results(frame, "closer", group1=CONTRAST, group2="Sex", unit=PROPORTION)

    return noticed.Asked(by_hand, lambda _run: "serious", family=noticed.CLOSER, **options)


def test_events_within_a_kind_or_subgroup_are_collected_and_counted_by_themselves(
    ghd: SafetyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [("Skin", ANY, "", 0.02, 0.2), ("Skin", "Rash", "Female", 0.02, 0.2),
            ("Skin", "Rash", "Male", -0.02, 0.2)]  # fmt: skip
    monkeypatch.setattr(noticed, "ASKED", [asked([("ALT", "High", 0.1, 0.02, 0.2)]), closer(rows)])
    shown = answer.answer_reading(answer.answer(ghd), ghd)
    findings = [each for each in shown.sentences if "compared one by one: " in each][-1]
    # They are second: folded on a page, and in its text all the same.
    [events] = shown.further[noticed.CLOSER]
    assert events in shown.text()
    assert "sex Female" in shown.html().partition("<details>")[2]
    assert "sex Female" not in shown.html().partition("<details>")[0]
    assert "kinds of events and findings compared one by one: 1 of 1 has" in findings
    assert "events of one kind, group or subgroup compared one by one: 2 of 3 have" in events
    assert ": serious, skin +10.0 (2.0 to 20.0); serious, rash, sex Female +10.0 (2.0" in events
    assert "Male" not in events


def test_a_term_of_two_classes_is_named_with_its_class(
    ghd: SafetyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [("Skin", "Rash", "", 0.02, 0.2), ("Immune", "Rash", "", 0.02, 0.2)]
    monkeypatch.setattr(noticed, "ASKED", [closer(rows)])
    names = noticed.noticed(ghd).select(stat_name="estimate").frame["variable"]
    assert list(names) == ["serious, skin, rash", "serious, immune, rash"]


def test_of_groups_whose_terms_stand_elsewhere_only_the_whole_is_asked_for(
    ghd: SafetyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [("Skin", ANY, "", 0.02, 0.3), ("Skin", "Rash", "", 0.02, 0.2)]
    monkeypatch.setattr(noticed, "ASKED", [closer(rows, whole=True)])
    assert noticed.noticed(ghd).text("N") == "1"
    monkeypatch.setattr(noticed, "ASKED", [closer(rows)])
    assert noticed.noticed(ghd).text("N") == "2"


def test_a_class_with_one_term_is_compared_and_named_once(
    ghd: SafetyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two terms that are not alike the class is a comparison of its own."""

    def named(*rows: Row) -> list[str]:
        monkeypatch.setattr(noticed, "ASKED", [closer(rows)])
        found = noticed.noticed(ghd).select(stat_name="estimate")
        return found.frame["variable"].tolist()

    whole, rash = ("Skin", ANY, "", 0.02, 0.3), ("Skin", "Rash", "", 0.02, 0.2)
    assert named(("Skin", ANY, "", 0.02, 0.2), rash) == ["serious, rash"]
    assert named(whole, rash) == ["serious, skin", "serious, rash"]


def test_what_is_watched_is_said_also_where_nobody_has_it(
    ghd: SafetyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = [("Seen", "Humatrope", 0), ("Seen", "Valtropin", 0), ("Other", "Valtropin", 9)]
    [said] = sentences(ghd, monkeypatch, asked([], counts))
    assert said == "Watched for (participants, Humatrope v Valtropin): new, seen 0 v 0."
    some = [("Seen", "Humatrope", 0), ("Seen", "Valtropin", 1)]
    [said] = sentences(ghd, monkeypatch, asked([], some))
    assert said.endswith("new, seen 0 v 1.")


def test_what_a_trial_does_not_record_is_not_asked_for(
    ghd: SafetyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sentences(ghd, monkeypatch, asked([])) == []


def test_a_p_beside_an_interval_that_disagrees_is_explained(ghd: SafetyRun) -> None:
    """8 of 84 v 2 of 86: 7.2 points (0.1 to 15.7), Fisher's p 0.056; 1 of 84 agrees."""

    def notes(n: int) -> list[str]:
        sides = (pd.DataFrame({"n": [n], "N": [84]}), pd.DataFrame({"n": [2], "N": [86]}))
        found = incidence.risk_differences(*sides, conf_level=0.95, test=True)
        rows = found.assign(group1_level=LABEL, variable="Cardiac", variable_level="Bradycardia")
        found = ghd.results(rows, "by-hand", group1=CONTRAST, unit=PROPORTION)
        labels = {"variable_level": "Term"}
        return ArmTable("T", found, labels, [], groups="variable", differences=DIFFERENCES).notes()

    assert notes(8) == [
        "P is not below 0.05 although the 95\u202f% interval excludes no difference: Bradycardia, "
        f"{LABEL}.",
        TWO_METHODS,
    ]
    assert notes(1) == notes(30) == []
