"""Who was studied, counted by hand: a trial of eleven participants whose every step differs."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text

from analysis.display import Figure
from analysis.display.page import views_of
from analysis.efficacy import conduct, participants
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.errors import UserError
from analysis.sources.trial.standing import why_treatment_ended

# Reference arm: 4 with the arm, 3 treated, 2 completed, 1 in the analysis set; treatment: 6, 5, 4,
# 3; and one who was screened and got no arm. P7 of the analysis set has no value at Month 12.
STEPS = {"Humatrope": (4, 3, 2, 1), "Valtropin": (6, 5, 4, 3)}


@pytest.fixture(scope="module")
def by_hand() -> Settings:
    settings = resolve(ControlledParameters(trial="ghd"))
    trial = settings.trial
    adsl = trial.tables["adsl"].iloc[:11].copy()
    adsl["USUBJID"] = [f"P{number}" for number in range(11)]
    adsl["TRT01P"] = [""] + ["Humatrope"] * 4 + ["Valtropin"] * 6
    for column, step, no, yes in (
        ("TRTSDT", 1, pd.NaT, pd.Timestamp("2024-01-01")),
        ("EOSSTT", 2, "DISCONTINUED", "COMPLETED"),
        ("FASFL", 3, "N", "Y"),
    ):
        flags = [
            yes if n < sizes[step] else no for sizes in STEPS.values() for n in range(sizes[0])
        ]
        adsl[column] = [no, *flags]
    adsl.loc[adsl.index[0], ["RANDFL", "SAFFL", "PPROTFL"]] = "N"
    adsl["DCSREAS"] = "WITHDRAWAL"
    adsl["HEIGHTBL"] = [100.0 + number for number in range(11)]
    adgr = trial.tables["adgr"]
    adgr = adgr[(adgr["USUBJID"] == adgr["USUBJID"].iloc[0])]
    valued = [adgr.assign(USUBJID=f"P{number}") for number in range(11) if number != 7]
    return with_tables(settings, adsl=adsl, adgr=pd.concat(valued), addv=deviating([]))


def with_tables(settings: Settings, **tables: pd.DataFrame) -> Settings:
    trial = settings.trial
    return replace(settings, trial=replace(trial, tables={**trial.tables, **tables}))


def deviating(rows: Sequence[tuple[str, str, str]]) -> pd.DataFrame:
    """Return a table of deviations from participant, category and term."""
    return pd.DataFrame(rows, columns=["USUBJID", "DVCAT", "DVTERM"])


def test_every_step_of_the_flow_is_its_own_count(by_hand: Settings) -> None:
    found = participants.disposition(by_hand)
    for arm, sizes in STEPS.items():
        steps = ("Randomised", "Treated", "Completed", "In the analysis set")
        own = found.select(group1_level=arm)
        assert tuple(int(own.text("n", variable=step)) for step in steps) == sizes
        assert int(own.text("n", variable="Stopped")) == sizes[0] - sizes[2]
        assert set(own.frame["population"]) == {"everyone with an arm"}
        assert set(own.frame["n_population"]) == {sizes[0]}
    assert found.text("n", variable="Screened") == "11"
    assert found.text("n", variable="Not randomised") == "1"
    [flow, *_] = views_of(participants.disposition, by_hand)
    assert (
        "Screened 11, not randomised 1. "
        "Humatrope: randomised 4, treated 3, stopped early (withdrawal 2), analysed 1 (completed "
        "2, full analysis set 1); "
        "Valtropin: randomised 6, treated 5, stopped early (withdrawal 2), analysed 2 (completed "
        "4, full analysis set 3, not analysed 1: no HV at Month 12)." in flow.text()
    )


def test_who_is_analysed_is_who_the_primary_analysis_rests_on(by_hand: Settings) -> None:
    def numbers(run: Settings, variable: str) -> list[str]:
        found = participants.disposition(run).select(variable=variable)
        return found.frame["stat_fmt"].tolist()

    assert numbers(by_hand, "Analysed") == ["1", "2"]
    # With the last value carried forward P7, measured at no visit, is still not analysed; where
    # a covariate is missing, the reason is another.
    adsl = by_hand.trial.tables["adsl"].copy()
    adsl.loc[adsl["USUBJID"] == "P6", "PEAKGH"] = float("nan")
    lacking = with_tables(by_hand, adsl=adsl)
    reasons = participants.disposition(lacking).select(variable="In the set and not analysed")
    assert dict(zip(reasons.frame["variable_level"], reasons.frame["stat"], strict=True)) == {
        "no HV at Month 12": 1, "PEAKGH missing": 1,
    }  # fmt: skip
    adgr = by_hand.trial.tables["adgr"]
    nothing = with_tables(by_hand, adgr=adgr[adgr["PARAMCD"] != "HV"])
    assert set(numbers(nothing, "Analysed")) == {"none: the primary analysis is not estimable"}
    assert numbers(nothing, "In the analysis set") == ["1", "3"]


def test_a_set_of_completers_that_is_not_that_of_the_flow_says_how_they_differ(
    by_hand: Settings,
) -> None:
    def footnotes(flags: str, **more: str) -> list[str]:
        adsl = by_hand.trial.tables["adsl"].assign(COMP12FL=list(flags))
        run = with_tables(by_hand, adsl=adsl)
        plan = run.trial.plan
        sets = {**plan.populations, "completers": "COMP12FL", **more}
        changed = plan.model_copy(update={"populations": sets})
        run = replace(run, trial=replace(run.trial, plan=changed))
        return list(participants.sets_table(participants.analysis_sets(run), run).footnotes)

    # Completed the study: P1, P2 and P5 to P8.
    assert footnotes("NYYNNYYYYNN") == []
    assert footnotes("NYYYNYYYNNN") == [
        "Completers, by “COMP12FL”: 6; completed the study, in the flow: 6; in the set and not "
        "completed: 1 (withdrawal 1); completed and not in the set: 1."
    ]
    # A set that does not speak of completion has no such remark.
    assert len(footnotes("NYYYNYYYYNN", treated="SAFFL")) == 1


def test_the_words_of_the_flow_say_all_that_is_drawn(by_hand: Settings) -> None:
    [flow, *_] = views_of(participants.disposition, by_hand)
    assert isinstance(flow, Figure)
    canvas = Canvas()
    flow.draw(canvas, False)
    drawn = [text.get_text() for text in canvas.findobj(Text) if text.get_text()]
    assert drawn.count("Stopped early") == 2
    for line in "\n".join(drawn).splitlines():
        assert line.rstrip(",").lower() in flow.alt.lower()


def test_deviations_are_shares_of_those_with_the_arm(by_hand: Settings) -> None:
    # P1 twice in one row, P5 in two rows of one category, P0 has no arm.
    rows = [
        ("P1", "MAJOR", "Dose"), ("P1", "MAJOR", "Dose"), ("P5", "MAJOR", "Dose"),
        ("P5", "MAJOR", "Visit"), ("P6", "MINOR", "Visit"), ("P0", "MAJOR", "Dose"),
    ]  # fmt: skip
    found = conduct.deviations(with_tables(by_hand, addv=deviating(rows)))
    wide = found.wide("stat").set_index(["group2_level", "variable", "group1_level"])
    expected = {
        ("Major", "Any"): (1, 1),
        ("Major", "Dose"): (1, 1),
        ("Major", "Visit"): (0, 1),
        ("Minor", "Any"): (0, 1),
        ("Minor", "Visit"): (0, 1),
    }
    for row, counts in expected.items():
        for (arm, (size, *_)), n in zip(STEPS.items(), counts, strict=True):
            assert wide.loc[(*row, arm), "n"] == n
            assert wide.loc[(*row, arm), "p"] == pytest.approx(n / size)
    assert len(wide) == 2 * len(expected)
    sizes = found.frame.groupby("group1_level")["n_population"].unique()
    assert {arm: list(size) for arm, size in sizes.items()} == {"Humatrope": [4], "Valtropin": [6]}
    text = conduct.deviations_table(found, by_hand).text()
    assert "1 (25.0)" in text
    assert "1 (16.7)" in text
    assert "Humatrope N 4; Valtropin N 6" in text


def test_no_deviation_is_said(by_hand: Settings) -> None:
    with pytest.raises(UserError, match="no participant has a protocol deviation"):
        conduct.deviations(by_hand)


def test_sets_and_baseline_rest_on_their_population(by_hand: Settings) -> None:
    sets = participants.analysis_sets(by_hand)
    for arm, sizes in STEPS.items():
        assert sets.text("n", variable="full analysis", group1_level=arm) == str(sizes[3])
    # Analysed: P1, and P5, P6 and P7, heights 105, 106 and 107 cm.
    height = participants.baseline(by_hand).select(variable="Height (cm)", group1_level="Valtropin")
    assert [height.text(name) for name in ("n", "mean", "sd", "min", "max")] == [
        "3", "106.0", "1.00", "105", "107",
    ]  # fmt: skip
    sexes = participants.baseline(by_hand).select(variable="Sex", stat_name="p").frame
    sums = sexes.groupby("group1_level")["stat"].sum().to_dict()
    assert sums == {"Humatrope": 1, "Valtropin": 1, "Total": 1}
    [table] = views_of(participants.baseline, by_hand)
    for cell in ("106.0 (1.00)", "106.0 [105.0, 107.0]", "105 to 107", "3 (0)"):
        assert cell in table.text()
    # One value has no SD.
    assert "101.0 (–)" in table.text()


def flow_of(settings: Settings, adsl: pd.DataFrame) -> tuple[dict[str, str], str]:
    """Return what is said of each step in the reference arm, and the diagram as text."""
    run = with_tables(settings, adsl=adsl)
    found = participants.disposition(run)
    [flow, *_] = views_of(participants.disposition, run)
    arm = found.frame["group1_level"].isin(["Humatrope", "All"])
    several = ("Stopped", "In the set and not analysed")
    rows = found.frame[arm & ~found.frame["variable"].isin(several)]
    return dict(zip(rows["variable"], rows["stat_fmt"], strict=True)), flow.text() + flow.html()


def test_a_table_of_the_randomised_says_nothing_of_those_screened(by_hand: Settings) -> None:
    adsl = by_hand.trial.tables["adsl"]
    only = adsl[adsl["TRT01P"] != ""].drop(columns=["SCRNFL", "SCFREAS"])
    said, drawn = flow_of(by_hand, only)
    assert said["Screened"] == said["Not randomised"] == "not recorded"
    assert "Screened: not recorded" in drawn
    assert "not randomised 0" not in drawn
    # A screening flag says that everyone screened is there, though none failed.
    said, drawn = flow_of(by_hand, only.assign(SCRNFL="Y"))
    assert (said["Screened"], said["Not randomised"]) == ("10", "0")


@pytest.mark.parametrize("arm", ["Screen Failure", "SCREEN FAILURE", "Not Assigned", ""])
def test_whoever_has_no_arm_of_the_plan_was_screened_only(by_hand: Settings, arm: str) -> None:
    adsl = by_hand.trial.tables["adsl"].drop(columns=["SCRNFL", "SCFREAS"])
    said, drawn = flow_of(by_hand, adsl.replace({"TRT01P": {"": arm}}))
    assert (said["Screened"], said["Not randomised"]) == ("11", "1")
    assert "Screened 11" in drawn


def test_what_nothing_records_is_not_recorded(by_hand: Settings) -> None:
    adsl = by_hand.trial.tables["adsl"]
    ends = ["EOSSTT", "COMPLFL", "TRTSDT", "DCSREAS"]
    for bare in (
        adsl.drop(columns=ends),
        adsl.assign(EOSSTT="", COMPLFL="", TRTSDT=pd.NaT, DCSREAS=""),
    ):
        said, drawn = flow_of(by_hand, bare)
        assert said["Treated"] == said["Completed"] == "not recorded"
        assert (said["Randomised"], said["In the analysis set"]) == ("4", "1")
        assert "treated not recorded" in drawn
    dosed = adsl.drop(columns="TRTSDT").assign(TRTSDTM=adsl["TRTSDT"])
    assert flow_of(by_hand, dosed)[0]["Treated"] == "3"


@pytest.mark.parametrize("name", ["DCSREAS", "DCTREAS", "DCREASCD"])
def test_reasons_are_found_under_their_names(by_hand: Settings, name: str) -> None:
    adsl = by_hand.trial.tables["adsl"].drop(columns="DCSREAS")
    reason = adsl["EOSSTT"].map({"DISCONTINUED": "LOST TO FOLLOW-UP", "COMPLETED": ""}).fillna("")
    assert "lost to follow-up 2" in flow_of(by_hand, adsl.assign(**{name: reason}))[1]
    assert "reason not recorded 2" in flow_of(by_hand, adsl)[1]


def test_who_is_still_in_the_study_has_neither_completed_nor_stopped(by_hand: Settings) -> None:
    adsl = by_hand.trial.tables["adsl"].copy()
    first, second, third, fourth = adsl.index[adsl["TRT01P"] == "Humatrope"]
    adsl.loc[[first, second], "EOSSTT"] = "ONGOING"
    adsl.loc[[third, fourth], ["EOSSTT", "DCSREAS"]] = ["", ""]
    said, drawn = flow_of(by_hand, adsl)
    assert said["Completed"] == "0"
    assert (said["Ongoing"], said["End not recorded"]) == ("2", "2")
    assert "none, ongoing 2, end not recorded 2" in drawn
    # With a reason to have stopped, a blank status is a stop.
    adsl.loc[fourth, "DCSREAS"] = "DEATH"
    assert "death 1" in flow_of(by_hand, adsl)[1]


def test_flags_of_completion_are_read_from_the_last(by_hand: Settings) -> None:
    adsl = by_hand.trial.tables["adsl"]
    early = pd.Series("Y", index=adsl.index)
    late = (adsl["EOSSTT"] == "COMPLETED").map({True: "Y", False: ""})
    bare = adsl.drop(columns=["EOSSTT", "COMPLFL", "DCSREAS"])
    assert flow_of(by_hand, bare.assign(COMP8FL=early, COMP24FL=late))[0]["Completed"] == "2"


def test_why_treatment_ended_is_its_own_reason_and_else_that_of_the_study() -> None:
    study = {"DCSREAS": ["ADVERSE EVENT", ""], "DCDECOD": ["OTHER", "OTHER"]}
    of_treatment = pd.DataFrame(study | {"DCTREASP": ["RASH", ""], "DCTREAS": ["", "LACK"]})
    found = why_treatment_ended(of_treatment)
    assert found is not None
    assert (found.name, found.tolist()) == ("DCTREAS", ["", "LACK"])
    blank = why_treatment_ended(of_treatment.assign(DCTREAS="", DCTREASP=" "))
    assert blank is not None
    assert (blank.name, blank.tolist()) == ("DCSREAS", ["ADVERSE EVENT", ""])
    assert why_treatment_ended(pd.DataFrame({"DCSREAS": ["", ""]})) is None
