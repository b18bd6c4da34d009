"""A response as an endpoint: its effect by every model, what is missing, and the verdict.

Numbers of the pilot are R 4.2's on the same rows: glm(binomial) and the means of predict() under
each arm, confint(glm) for profile limits, mantelhaen.test(correct = FALSE).
"""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_trials import estimated, responders, run_of, said, value

from analysis.display import Figure, Reading
from analysis.display.disagreements import TWO_METHODS
from analysis.efficacy import (
    answer,
    measures,
    over_time,
    primary_tables,
    responses,
    robustness,
    subgroup_analysis,
    tipping,
    tipping_responses,
)
from analysis.efficacy.analysed import analysed
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.primary import analyse
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.errors import NoSection, UserError
from analysis.sources.trial.plan_response import Response
from analysis.sources.trial.trial import load_trial

NAME = "ADAS-Cog (11), improved by 4 points or more at week 24"
HIGH = "Xanomeline High Dose"


@pytest.fixture(scope="module")
def pilot() -> Settings:
    return resolve(
        ControlledParameters(trial="cdisc-pilot", endpoint=NAME, subgroups=["SEX", "AGEGR1"])
    )


def test_a_measure_whose_p_is_of_another_test_says_where_they_disagree(pilot: Settings) -> None:
    """Sato's interval has p 0.411 of its own, the CMH test beside it 0.406: at 1 − 0.408 they part.

    At 95 % they agree, and so do all other measures at both levels.
    """
    run = resolve(
        ControlledParameters(
            trial="cdisc-pilot", endpoint=NAME, subgroups=[], conf_level=0.592, strata=["SEX"]
        )
    )
    [said, why] = measures.measures_table(measures.measures(run), run).notes()[1:3]
    assert said.startswith(
        "P is below 0.408 although the 59.2\u202f% interval includes no difference: "
        f"{HIGH} v Placebo, Risk difference, Risk difference by Mantel–Haenszel, limits by Sato"
    )
    assert why == TWO_METHODS
    assert TWO_METHODS not in measures.measures_table(measures.measures(pilot), pilot).notes()


# The pilot, against R and against its own records. ---------------------------------------------


def test_the_pilots_responders_are_those_of_its_records(pilot: Settings) -> None:
    table, adsl = pilot.trial.tables["adadas"], pilot.trial.tables["adsl"]
    rows = table[(table["PARAMCD"] == "ACTOT") & (table["AVISIT"] == "Week 24")]
    rows = rows[(rows["ANL01FL"] == "Y") & (rows["DTYPE"] == "")]
    improved = rows.set_index("USUBJID")["CHG"] <= -4
    own = adsl[adsl["EFFFL"] == "Y"].set_index("USUBJID")
    counts = improved.reindex(own.index).fillna(False).groupby(own["TRT01P"]).sum()
    found = responses.responses(pilot)
    for arm in pilot.arms:
        assert value(found, "n.event", group1_level=arm) == counts[arm]
        assert value(found, "n", group1_level=arm) == (own["TRT01P"] == arm).sum()
    assert [value(found, "N_miss", group1_level=arm) for arm in pilot.arms] == [14, 32, 33]


def test_the_pilots_measures_are_rs(pilot: Settings) -> None:
    found = measures.measures(pilot).select(variable_level=f"{HIGH} v Placebo")

    def of(measure: str, words: str, stat: str = "estimate") -> float:
        rows = found.select(stat_name=stat, group1_level=measure).frame
        (row,) = rows[rows["group2_level"].str.contains(words)]["stat"]
        return float(row)

    assert of("Risk difference", "standardised") == pytest.approx(-0.029697148, abs=5e-9)
    assert of("Odds ratio", "by logistic") == pytest.approx(math.exp(-0.29343011), abs=5e-9)
    assert of("Odds ratio", "by logistic", "std.error") == pytest.approx(0.52485775, abs=5e-7)
    assert of("Odds ratio", "profile", "conf.low") == pytest.approx(0.2555585, abs=5e-5)
    assert of("Odds ratio", "profile", "conf.high") == pytest.approx(2.061911, abs=5e-4)
    assert of("Odds ratio", "^Mantel") == pytest.approx(0.6647905, abs=5e-8)
    assert of("Odds ratio", "^Mantel", "conf.low") == pytest.approx(0.2478314, abs=5e-8)
    assert of("Odds ratio", "^Mantel", "conf.high") == pytest.approx(1.7832540, abs=5e-8)
    assert of("Association", "Cochran", "p.value") == pytest.approx(0.4063, abs=5e-5)


def test_the_answer_says_what_it_is(pilot: Settings) -> None:
    words = said(answer.answer(pilot), pilot)
    assert "risk difference −3.0 percentage points (95\u202f% interval −13.3 to 7.3)" in words
    assert "superiority is not shown" in words
    assert "79 participants without a value at Week 24 count as having no response" in words


def test_everybody_of_the_population_is_analysed(pilot: Settings) -> None:
    rows = analysed(pilot)
    assert rows["analysed"].sum() == 234
    assert set(rows.loc[~rows["analysed"], "why_not"]) == {"not in the population 'efficacy'"}


def test_every_comparison_has_robustness_subgroups_and_a_tipping_grid(pilot: Settings) -> None:
    for section in (robustness.robustness, subgroup_analysis.in_subgroups):
        found = section(pilot)
        column = "group2_level" if section is robustness.robustness else "variable_level"
        assert len(set(found.frame[column])) == 2
    conclusions = robustness.robustness(pilot).select(stat_name="conclusion").frame["stat_fmt"]
    assert "not estimable" not in set(conclusions)
    grid = tipping_responses.tipping_responses(pilot)
    figures = tipping_responses.tipping_figures(grid, pilot)
    assert [type(each) for each in figures] == [Figure, Figure]
    none = grid.select(
        group1_level="none of the missing responds", group2_level=f"{HIGH} v Placebo"
    )
    # 7 of 74 and 11 of 79: the unadjusted difference.
    assert value(none, "estimate") == pytest.approx(7 / 74 - 11 / 79)


def test_sections_of_means_are_not_on_the_page(pilot: Settings) -> None:
    for section in (
        primary_tables.observed, primary_tables.means, primary_tables.diagnostics,
        over_time.by_visit, over_time.mmrm_by_visit, tipping.tipping,
    ):  # fmt: skip
        with pytest.raises(NoSection):
            section(pilot)


def test_sections_of_responses_are_not_on_a_page_of_means() -> None:
    ghd = resolve(ControlledParameters(trial="ghd"))
    for section in (
        responses.responses, measures.measures, tipping_responses.tipping_responses,
    ):  # fmt: skip
        with pytest.raises(NoSection):
            section(ghd)


# Rules of a response. ----------------------------------------------------------------------------

FOUR = [("new", "Y"), ("new", "N"), ("old", "N"), ("old", "Y")] * 10


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"variable": "AVALC", "is": "Y"}, 20),
        ({"variable": "AVALC", "is": ["Y", "N"]}, 40),
        ({"variable": "AVALC", "is": "N"}, 20),
    ],
)
def test_a_rule_counts_who_meets_it(tmp_path: Path, rule: dict[str, Any], expected: int) -> None:
    folder = responders(tmp_path / "t", FOUR, {"response": rule})
    assert analysis_data(run_of(folder))["response"].sum() == expected


def test_a_value_that_is_not_evaluable_is_missing_and_no_response(tmp_path: Path) -> None:
    answers = [*FOUR, ("new", "NE"), ("old", "NE"), ("old", "NE")]
    rule = {"variable": "AVALC", "is": "Y", "not_evaluable": "NE"}
    observed = run_of(responders(tmp_path / "t", answers, {"response": rule}))
    assert analysis_data(observed)["response"].isna().sum() == 3
    filled = observed.handling("non-responder")
    assert analysis_data(filled)["response"].notna().all()
    assert analysis_data(filled)["filled"].sum() == 3


# What is missing. --------------------------------------------------------------------------------

GAPS = [
    *[("new", "Y")] * 14, *[("new", "N")] * 4, *[("new", None)] * 4,
    *[("old", "Y")] * 8, *[("old", "N")] * 12, *[("old", None)] * 2,
]  # fmt: skip


@pytest.fixture(scope="module")
def gaps(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("gaps") / "t"
    return run_of(responders(folder, GAPS), imputations=50)


def test_each_assumption_is_its_table_of_counts(gaps: Settings) -> None:
    found = robustness.robustness(gaps)
    expected = {
        "Miettinen-Nurminen, all": 14 / 18 - 8 / 20,
        "Non-responder imputation": 14 / 22 - 8 / 22,
        "Worst case: missing respond in the reference alone": 14 / 22 - 10 / 22,
        "Best case: missing respond in the treatment alone": 18 / 22 - 8 / 22,
    }
    for label, difference in expected.items():
        assert value(found, "estimate", group1_level=label) == pytest.approx(difference)
    imputed = value(found, "estimate", group1_level="Multiple imputation (MAR)")
    assert imputed == pytest.approx(14 / 18 - 8 / 20, abs=0.05)
    jump = value(found, "estimate", group1_level="Jump to reference, multiple imputation")
    assert jump < imputed  # Those who left the better arm respond as in the other.


def test_the_grid_holds_the_assumptions_of_the_robustness_table(gaps: Settings) -> None:
    grid, table = tipping_responses.tipping_responses(gaps), robustness.robustness(gaps)
    pairs = {
        "none of the missing responds": "Non-responder imputation",
        "worst case for the treatment": "Worst case: missing respond in the reference alone",
        "best case for the treatment": "Best case: missing respond in the treatment alone",
    }
    for assumed, label in pairs.items():
        for stat in ("estimate", "conf.low", "conf.high"):
            there = value(table, stat, group1_level=label)
            assert value(grid, stat, group1_level=assumed) == pytest.approx(there, abs=1e-9)


def test_nothing_missing_leaves_nothing_to_tip(tmp_path: Path) -> None:
    run = run_of(responders(tmp_path / "t", FOUR))
    found = tipping_responses.tipping_responses(run)
    (figure,) = tipping_responses.tipping_figures(found, run)
    assert isinstance(figure, Reading)
    assert "nobody of either arm is missing" in figure.sentences[0]


# Verdicts. ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("margin", "objectives", "direction", "words"),
    [
        (None, None, "higher", "superior; the whole interval lies above zero"),
        (0.1, None, "higher",
         "non-inferior at the margin of −10.0; the whole interval lies above zero"),
        (0.1, ["non-inferiority", "superiority"], "higher",
         "non-inferior at the margin of −10.0; superiority, tested after non-inferiority, is "
         "shown"),
        (0.1, ["non-inferiority", "superiority"], "lower",
         "superiority is not tested, as non-inferiority is not shown"),
        (0.9, ["equivalence"], "higher", "equivalent at the margins −90.0 to 90.0"),
    ],
)  # fmt: skip
def test_the_verdict_is_read_off_the_interval(
    tmp_path: Path, margin: float | None, objectives: Any, direction: str, words: str
) -> None:
    answers = [*[("new", "Y")] * 30, *[("new", "N")] * 10, *[("old", "Y")] * 15,
               *[("old", "N")] * 25]  # fmt: skip
    plan = {"margin": margin} | ({"objectives": objectives} if objectives else {})
    folder = responders(tmp_path / "t", answers, {"direction": direction}, **plan)
    run = run_of(folder)
    assert words in said(answer.answer(run), run)


def test_a_margin_of_a_difference_is_none_of_a_ratio(tmp_path: Path) -> None:
    folder = responders(tmp_path / "t", FOUR, margin=0.1)
    run = run_of(folder, model="logistic regression")
    assert run.margin is None
    (departure,) = (each for each in run.departures if each.name == "margin")
    assert departure.planned == "10 percentage points: the difference may not lie below −10"


# Zero events, separation, one participant, strata with one arm. ----------------------------------


def both(new: tuple[int, int], old: tuple[int, int]) -> list[tuple[str, str | None]]:
    """Return responders and others of each arm."""
    return [
        (arm, word)
        for arm, sizes in (("new", new), ("old", old))
        for word, size in zip("YN", sizes, strict=True)
        for _ in range(size)
    ]


MODELS = (
    "Miettinen-Nurminen", "Newcombe", "Cochran-Mantel-Haenszel", "standardisation",
    "logistic regression",
)  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("new", "old"), [((0, 9), (4, 6)), ((0, 9), (0, 8)), ((9, 0), (8, 0)), ((9, 0), (0, 8)),
                     ((1, 0), (0, 1)), ((1, 0), (3, 6))],
)  # fmt: skip
def test_an_estimate_that_is_right_or_one_true_sentence(
    tmp_path: Path, model: str, new: tuple[int, int], old: tuple[int, int]
) -> None:
    run = run_of(responders(tmp_path / "t", both(new, old), model=model))
    found, reason = estimated(run)
    if found is None or found.estimate is None:
        assert reason
        assert "\n" not in reason
        return
    shares = [each[0] / sum(each) for each in (new, old)]
    if model != "logistic regression":
        assert found.estimate == pytest.approx(shares[0] - shares[1])
        assert found.lower is not None
        assert found.upper is not None
        assert -1.0 <= found.lower <= found.estimate <= found.upper <= 1.0
    for section in (answer.answer, robustness.robustness, measures.measures,
                    responses.responses, tipping_responses.tipping_responses):  # fmt: skip
        assert len(section(run).frame)


def test_miettinen_and_nurminen_know_an_arm_without_a_response(tmp_path: Path) -> None:
    run = run_of(responders(tmp_path / "t", both((0, 20), (0, 20))))
    found = analyse(run).contrast
    assert found.estimate == 0.0
    assert found.upper == pytest.approx(-float(found.lower or 0))
    assert float(found.upper or 0) > 0.1


def test_a_stratum_with_one_arm_is_left_out_and_counted(tmp_path: Path) -> None:
    answers = [*FOUR, *[("new", "Y")] * 6]
    site = ["A"] * 20 + ["B"] * 20 + ["C"] * 6
    run = run_of(responders(tmp_path / "t", answers, columns={"SITEGR1": site}, strata=["SITEGR1"]))
    assert analyse(run).contrast.estimate == pytest.approx(0.0)
    assert "1 strata with nobody in one arm left out" in analyse(run).words


def test_separation_is_named_and_costs_its_own_rows(tmp_path: Path) -> None:
    answers = both((9, 3), (4, 8))
    site = ["A" if answer == "Y" else "B" for _, answer in answers]
    run = run_of(responders(tmp_path / "t", answers, columns={"SITE": site}, strata=["SITE"]))
    rows = measures.measures(run).wide()
    model = rows[rows["group2_level"].str.startswith("logistic regression, limits by profile")]
    assert model["reason"].str.contains("separation").all()
    plain = rows[rows["group2_level"].str.startswith("Mantel–Haenszel")]
    assert len(plain) == 2


# Laws. -------------------------------------------------------------------------------------------

COUNTS = st.tuples(st.integers(1, 12), st.integers(1, 12))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("laws")


@settings(max_examples=12)
@given(new=COUNTS, old=COUNTS)
def test_swapping_the_arms_flips_the_sign_and_all_models_agree_without_covariates(
    folders: Path, new: tuple[int, int], old: tuple[int, int]
) -> None:
    folder = responders(folders / "t", both(new, old))
    trial = load_trial(folder)
    raw = new[0] / sum(new) - old[0] / sum(old)
    for model in MODELS[:4]:
        there, back = (
            analyse(resolve(ControlledParameters(trial=str(folder), model=model, **arms), trial))
            for arms in ({}, {"treatment": "old", "reference": "new"})
        )
        one, other = there.contrast, back.contrast
        assert one.estimate == pytest.approx(raw, abs=1e-9)  # A saturated model, standardised.
        assert other.estimate == pytest.approx(-raw, abs=1e-9)
        assert other.lower == pytest.approx(-float(one.upper or 0), abs=1e-9)
        assert one.p_value == pytest.approx(other.p_value, abs=1e-9)


@settings(max_examples=12)
@given(new=COUNTS, old=COUNTS)
def test_the_p_at_a_limit_of_miettinen_and_nurminen_is_alpha(
    folders: Path, new: tuple[int, int], old: tuple[int, int]
) -> None:
    run = run_of(responders(folders / "t", both(new, old)))
    found = analyse(run).contrast
    for limit in (found.lower, found.upper):
        assert limit is not None
        if abs(limit) < 1:
            assert found.p_at(limit) == pytest.approx(0.05, abs=1e-6)


def test_a_subgroup_that_is_everybody_has_the_effect_of_everybody(tmp_path: Path) -> None:
    answers = both((9, 3), (4, 8))
    run = run_of(
        responders(tmp_path / "t", answers * 2, columns={"GROUP": ["A"] * 24 + ["B"] * 24}),
        subgroups=["GROUP"],
    )
    rows = subgroup_analysis.in_subgroups(run)
    every = value(rows, "estimate", group1_level="All")
    for level in ("A", "B"):
        assert value(rows, "estimate", group2_level=level) == pytest.approx(every)
    assert value(rows, "p.value") == pytest.approx(1.0)


def test_odds_ratios_of_subgroups_are_those_of_their_tables(tmp_path: Path) -> None:
    one, other = both((9, 3), (4, 8)), both((5, 7), (6, 6))
    run = run_of(
        responders(
            tmp_path / "t", one + other, columns={"GROUP": ["A"] * 24 + ["B"] * 24},
            model="logistic regression",
        ),
        subgroups=["GROUP"],
    )  # fmt: skip
    rows = subgroup_analysis.in_subgroups(run)
    assert value(rows, "estimate", group2_level="A") == pytest.approx(9 * 8 / (3 * 4))
    assert value(rows, "estimate", group2_level="B") == pytest.approx(5 * 6 / (7 * 6))
    # Wald's test of a difference of two log odds ratios, each with Woolf's variance.
    gap = math.log(9 * 8 / 12) - math.log(30 / 42)
    spread = math.sqrt(1 / 9 + 1 / 3 + 1 / 4 + 1 / 8 + 1 / 5 + 1 / 7 + 1 / 6 + 1 / 6)
    assert value(rows, "p.value") == pytest.approx(math.erfc(gap / spread / math.sqrt(2)))


# Words that do not go together. ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"model": "ANCOVA"}, "model must be one of Miettinen-Nurminen"),
        ({"model": "Cox regression"}, "for the binary endpoint 'Response at week 4'"),
        ({"model": "mietinen-nurminen"}, "did you mean 'Miettinen-Nurminen'"),
        ({"covariates": ["AGE"]}, "covariates must be empty with the model Miettinen-Nurminen"),
    ],
)
def test_words_of_another_kind_are_refused(
    tmp_path: Path, parameters: dict[str, Any], words: str
) -> None:
    folder = responders(tmp_path / "t", FOUR)
    with pytest.raises(UserError, match=words):
        run_of(folder, **parameters)


def test_non_responders_are_of_responses_alone() -> None:
    with pytest.raises(UserError, match="missing_data must be one of observed, LOCF, multiple"):
        resolve(ControlledParameters(trial="ghd", missing_data="non-responder"))


@pytest.mark.parametrize("paramcd", ["TTDE", "CIBICVAL"])
def test_what_the_plan_does_not_declare_is_not_analysed_as_a_mean(paramcd: str) -> None:
    pilot = load_trial("cdisc-pilot")
    plan = pilot.plan
    known = tuple(each for each in plan.endpoints.secondary if each.paramcd != paramcd)
    bare = plan.model_copy(
        update={"endpoints": plan.endpoints.model_copy(update={"secondary": known})}
    )
    tables = pilot.tables
    if paramcd == "CIBICVAL":
        scores = tables["adadas"].query("PARAMCD == 'ACTOT'").assign(PARAMCD=paramcd)
        scores["AVAL"] = pd.Series(range(len(scores)), index=scores.index) % 7
        tables = tables | {"adadas": pd.concat([tables["adadas"], scores])}
    trial = type(pilot)(plan=bare, folder=pilot.folder, tables=tables)
    with pytest.raises(UserError, match=r"does not declare its kind|must be one of the trial's"):
        resolve(ControlledParameters(trial="cdisc-pilot", endpoint=paramcd), trial)


# Flags. ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "known"),
    # Y and blank throughout: blank is no response. An N at another visit: blank is not known.
    [("", [1.0, 0.0, 1.0]), ("N", [1.0, None, 1.0])],
)
def test_what_a_blank_flag_means_is_told_by_all_records_of_the_parameter(
    later: str, known: list[float | None]
) -> None:
    rule = Response.model_validate({"variable": "CRIT1FL", "is": "Y"})
    here = pd.DataFrame({"CRIT1FL": ["Y", "", "Y"]})
    every = pd.concat([here, pd.DataFrame({"CRIT1FL": [later]})])
    found = rule.met(here, every)
    assert [None if pd.isna(each) else each for each in found] == known


def test_a_primary_response_keeps_what_is_planned_for_it_without_a_model(tmp_path: Path) -> None:
    folder = responders(tmp_path / "t", FOUR, missing_data="non-responder")
    plan = (folder / "trial.yml").read_text(encoding="utf-8")
    (folder / "trial.yml").write_text(
        plan.replace("  model: Miettinen-Nurminen\n", "").replace("  covariates: []\n", ""),
        encoding="utf-8",
    )
    run = run_of(folder)
    assert (run.model, run.missing_data) == ("Miettinen-Nurminen", "non-responder")
    logistic = run_of(folder, model="logistic regression")
    assert logistic.covariates == ()
