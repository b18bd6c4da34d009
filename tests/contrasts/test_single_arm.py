"""Single-arm studies among other series, on ledgers small enough to compute by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import paths
from analysis.contrasts import age, side_by_side, single_arm, unanchored
from analysis.contrasts.printed_ages import COLUMNS, age_of, age_words, printed_ages
from analysis.contrasts.settings import ContrastParameters, ContrastRun, resolve
from analysis.display.page import views_of
from analysis.display.reading import ABSENT_MARK
from analysis.errors import NoSection, UserError
from analysis.sources.audit import Finding, audit_ledger, excluded_results
from analysis.sources.evidence import Ledger
from analysis.sources.schemas import INDICATIONS

Number = tuple[str, float, str, float]
"""Endpoint, month, statistic, value."""


@dataclass(frozen=True)
class Series:
    """One arm of a study, as a test writes it down."""

    study: str
    product: str = "Genotropin"
    n: float = np.nan
    numbers: Sequence[Number] = ()
    indication: str = "TS"
    design: str = "single-arm"
    evidence: str = "trial"
    arm: str = "GH"
    description: str = "one year"
    source_kind: str = "abstract"
    confidence: str = "high"
    more: dict[str, Any] = field(default_factory=dict)


def velocity(mean: float, sd: float | None = None, before: float | None = None) -> list[Number]:
    rows = [("HV", 12.0, "mean", mean)]
    rows += [("HV", 12.0, "sd", sd)] if sd else []
    return rows + ([("HV", 0.0, "mean", before)] if before else [])


def own(mean: float = 9.0, **more: Any) -> Series:
    return Series(**{"study": "Own", "product": "Saizen", "numbers": velocity(mean), **more})


def others(*means: float) -> list[Series]:
    return [Series(f"Other {i}", numbers=velocity(mean)) for i, mean in enumerate(means, 1)]


def ledger_of(
    ledger: Ledger, series: Sequence[Series], same: Sequence[tuple[Series, Series, str]] = ()
) -> Ledger:
    """Return a ledger that holds these series and nothing else."""
    studies = pd.DataFrame(
        {
            "study_id": one.study, "label": one.study, "evidence": one.evidence,
            "design": one.design, "randomised": "no", "registration": "",
            "description": one.description,
        }
        for one in series
    ).drop_duplicates("study_id")  # fmt: skip
    arms = pd.DataFrame(
        {
            "study_id": one.study, "arm_id": one.arm, "position": 1.0, "label": one.arm,
            "indication": one.indication, "role": "single", "product": one.product,
        }
        for one in series
    ).drop_duplicates(["study_id", "arm_id"])  # fmt: skip
    rows = pd.DataFrame(
        {
            "study_id": one.study, "arm_id": one.arm, "reference_arm_id": "",
            "population": "all", "n": one.n, "paramcd": param, "endpoint_printed": param,
            "months": month, "timepoint_printed": "", "statistic": statistic, "value": value,
            "unit": {"HV": "cm/year", "AGE": "years", "DOSE": "mg/kg/day"}[param],
            "reported": "yes", "model": "observed", "level": np.nan, "interval": "",
            "printing": 1.0, "source_id": one.source_kind, "locator": "table 1",
            "confidence": one.confidence, "note": "", "decimals": 1, **one.more,
        }
        for one in series
        for param, month, statistic, value in one.numbers
    )  # fmt: skip
    sources = pd.DataFrame(
        {"source_id": kind, "kind": kind, "title": kind, "address": kind, "note": ""}
        for kind in dict.fromkeys(one.source_kind for one in series)
    )
    identities = pd.DataFrame(
        [(a.study, a.arm, b.study, b.arm, basis, "") for a, b, basis in same],
        columns=ledger.identities.columns,
    )
    return replace(
        ledger,
        studies=studies,
        arms=arms.merge(ledger.products[["product", "product_class", "kind"]]),
        results=rows.assign(result_id=[f"R{i}" for i in range(len(rows))]),
        sources=sources,
        identities=identities,
    )


def asked(
    ledger: Ledger, series: Sequence[Series], *, product: str = "Saizen",
    same: Sequence[tuple[Series, Series, str]] = (), findings: Sequence[Finding] = (),
    **given: Any,
) -> ContrastRun:  # fmt: skip
    question = {"product": product, "comparator": "Pegpesen", **given}
    small = ledger_of(ledger, series, same)
    return resolve(ContrastParameters.checked(question), small, list(findings))


@pytest.fixture(scope="module")
def default(ledger: Ledger, findings: list[Finding]) -> ContrastRun:
    return resolve(ContrastParameters.checked({}), ledger, findings)


# Which series. --------------------------------------------------------------------------------


def test_own_series_of_the_ledger_by_a_second_route(default: ContrastRun) -> None:
    ledger = default.ledger
    said = ledger.arms[ledger.arms["product"] == default.product]
    direct = said.merge(ledger.studies.query("design == 'single-arm'"), on="study_id")
    note = set(ledger.studies.query("evidence == 'note'")["study_id"]) & set(said["study_id"])
    same = ledger.identities[ledger.identities["study_id"].isin(note)]
    expected = set(direct["study_id"]) | set(same["same_as_study_id"])
    single = set(ledger.studies.query("design == 'single-arm'")["study_id"])
    printed = ledger.results.query("paramcd == 'HV' and months == 12")["study_id"]
    found = single_arm.single_arms(default)
    assert set(found.loc[found["own"] != "", "study_id"]) == expected & single & set(printed)
    assert not found.duplicated(["study_id", "arm_id"]).any()


def test_the_sentence_of_the_published_ledger(default: ContrastRun) -> None:
    said = side_by_side.own_series_sentence(side_by_side.own_series(default))
    assert said.startswith("Valtropin in Turner syndrome: two single arms and no comparator")
    assert "9.7 cm/year (SD 1.6, n 30) in Study 1 and 7.1 cm/year (SD 1.9, n 50) in " in said
    assert said.endswith("Nothing was randomised, so there is no verdict.")


def test_another_product_in_another_indication(ledger: Ledger) -> None:
    series = [
        own(8.4, n=21.0, numbers=velocity(8.4, 1.2), indication="SGA"),
        Series("Elsewhere", numbers=velocity(7.0)),
        Series("Beside", numbers=velocity(7.5), indication="SGA", design="parallel"),
    ]
    run = asked(ledger, series)
    found = single_arm.single_arms(run)
    assert list(found["name"]) == ["Own", "Beside"]
    assert side_by_side.own_series_sentence(side_by_side.own_series(run)) == (
        f"Saizen in {INDICATIONS['SGA']}: one single arm and no comparator; height velocity in the "
        "first year was 8.4 cm/year (SD 1.2, n 21) in Own. Nothing was randomised, so there is no "
        "verdict."
    )


def test_two_indications_are_kept_apart(ledger: Ledger) -> None:
    run = asked(
        ledger,
        [own(9.0), own(7.0, study="Second", indication="ISS"), *others(6.0, 7.0, 8.0),
         Series("Beside", numbers=velocity(5.0), indication="ISS")],
    )  # fmt: skip
    pairs = unanchored.unanchored(run).wide()
    assert set(zip(pairs["group1_level"], pairs["group2_level"], strict=True)) == {
        ("Own", "Other 1"), ("Own", "Other 2"), ("Own", "Other 3"), ("Second", "Beside"),
    }  # fmt: skip
    said = side_by_side.own_series_sentence(side_by_side.own_series(run))
    assert "Turner syndrome: one single arm" in said
    assert "idiopathic short stature: one single arm" in said


def test_a_product_without_a_single_arm_has_no_section(ledger: Ledger) -> None:
    run = asked(ledger, [own(design="parallel"), *others(7.0)])
    for section in (side_by_side.series, unanchored.unanchored, age.age_and_difference):
        with pytest.raises(NoSection, match="no single-arm study of Saizen"):
            section(run)
    absent = side_by_side.own_series.rows(run)
    assert side_by_side.own_series_sentence(absent) == ""
    [shown] = views_of(side_by_side.series, run)
    assert shown.text().startswith(ABSENT_MARK)


def test_a_study_that_the_run_leaves_out_is_said(ledger: Ledger) -> None:
    run = asked(ledger, [own(), *others(7.0)], exclude=["Own"])
    with pytest.raises(UserError, match="Own is left out by this run") as raised:
        side_by_side.series(run)
    assert not isinstance(raised.value, NoSection)
    said = side_by_side.own_series_sentence(side_by_side.own_series.rows(run))
    assert said.startswith("Single-arm studies: no single-arm study of Saizen is left")


def test_what_the_audit_takes_out_is_not_shown(
    default: ContrastRun, findings: list[Finding]
) -> None:
    shown = set("; ".join(single_arm.single_arms(default)["result_ids"]).split("; "))
    assert not shown & set(excluded_results(findings).index)


def test_arms_without_recombinant_hormone_are_left_out_and_counted(ledger: Ledger) -> None:
    classes = ledger.products.set_index("product")["product_class"]
    untreated, mixed = (classes.index[classes == kind][0] for kind in ("untreated", "mixed"))
    new = ledger.products.iloc[[0]].assign(product="Met-GH", product_class="methionyl")
    wider = replace(ledger, products=pd.concat([ledger.products, new], ignore_index=True))
    series = [
        own(), *others(7.0),
        Series("A", untreated, numbers=velocity(3.0)),
        Series("B", untreated, numbers=velocity(4.0)),
        Series("C", mixed, numbers=velocity(7.0)), Series("D", "Met-GH", numbers=velocity(7.0)),
    ]  # fmt: skip
    found = asked(wider, series)
    assert list(single_arm.single_arms(found)["name"]) == ["Own", "Other 1"]
    text = side_by_side.series_table(side_by_side.series(found), found).text()
    for words in (
        "2 arms untreated", "1 arm of several products", "1 arm on methionyl", "pituitary hormone",
    ):  # fmt: skip
        assert words in text
    # The product that is asked for is shown, whatever its class.
    itself = asked(wider, series, product="Met-GH")
    assert single_arm.single_arms(itself)["name"].iloc[0] == "D"


def test_one_row_an_arm_from_the_fullest_document(ledger: Ledger) -> None:
    twice = [
        own(9.1, source_kind="press release"), own(9.3, source_kind="article"),
        own(9.2, source_kind="abstract"), *others(7.0),
    ]  # fmt: skip
    found = single_arm.single_arms(asked(ledger, twice))
    assert list(found["mean"]) == [9.3, 7.0]


# Names. ---------------------------------------------------------------------------------------

NOTE = Series("Note", "Saizen", evidence="note", design="note", arm="Study 7")
DIRECT = own(9.0, study="Direct", n=20.0)
COUSIN = Series("Cousin", "Omnitrope", 40.0, velocity(7.0, 1.5))


def named(ledger: Ledger, basis: str, cousin: Series = COUSIN) -> ContrastRun:
    series = [NOTE, DIRECT, cousin, *others(6.0, 7.0, 8.0)]
    return asked(ledger, series, same=[(NOTE, cousin, basis)])


@pytest.mark.parametrize(
    ("basis", "product", "name"),
    [
        ("inferred", "Omnitrope", "Study 7 (as Omnitrope; identity inferred)"),
        ("inferred", "Saizen", "Study 7 (identity inferred)"),
        ("same registration", "Omnitrope", "Study 7 (as Omnitrope)"),
        ("same registration", "Saizen", "Study 7"),
    ],
)
def test_an_identity_is_said_as_the_ledger_declares_it(
    ledger: Ledger, basis: str, product: str, name: str
) -> None:
    run = named(ledger, basis, replace(COUSIN, product=product))
    found = single_arm.single_arms(run)
    assert list(found.loc[found["own"] != "", "name"]) == ["Direct", name]


def test_an_inferred_identity_is_said_wherever_the_study_is_named(
    ledger: Ledger, default: ContrastRun
) -> None:
    direct = replace(DIRECT, description="mean age 10.5 y")
    cousin = replace(COUSIN, description="girls 5-9 y")
    series = [NOTE, direct, cousin, *others(6.0, 7.0, 8.0)]
    small = asked(ledger, series, same=[(NOTE, cousin, "inferred")])
    for run, study, says in (
        (small, "Study 7", "(as Omnitrope; identity inferred)"),
        (default, "Study 2", "(as Eutropin; identity inferred)"),
    ):
        own_rows, rows = side_by_side.own_series(run), side_by_side.series(run)
        apart, ages = unanchored.unanchored(run), age.age_and_difference(run)
        texts = [
            side_by_side.own_series_sentence(own_rows), side_by_side.series_table(rows, run).text(),
            unanchored.unanchored_figure(apart, run).alt,
            unanchored.unanchored_table(apart, run).text(),
            age.age_reading(ages, run).text(), age.age_table(ages, run).text(),
        ]  # fmt: skip
        for text in texts:
            flat = " ".join(text.split())
            assert study in flat
            # A remark of the ledger may say it in its own words.
            unsaid = rf"{study}(?! {re.escape(says)}| is inferred)"
            assert not re.search(unsaid, flat)


def test_a_parallel_trial_of_the_note_is_not_a_single_arm(ledger: Ledger) -> None:
    run = named(ledger, "same registration", replace(COUSIN, design="parallel"))
    found = single_arm.single_arms(run)
    assert list(found.loc[found["own"] != "", "name"]) == ["Direct"]


def test_several_arms_of_an_own_study_are_told_apart(ledger: Ledger) -> None:
    run = asked(ledger, [own(9.0), own(8.0, arm="B"), own(7.0, arm="C"), *others(7.0)])
    said = side_by_side.own_series_sentence(side_by_side.own_series(run))
    assert "three single arms" in said
    assert "8.0 cm/year in Own, B; 7.0 cm/year in Own, C; and 9.0 cm/year in Own, GH." in said


def test_what_the_ledger_remarks_is_shown(ledger: Ledger) -> None:
    odd = Series("Odd", numbers=velocity(6.3, 0.4), more={"note": "SD or SE not stated"})
    for series, said in (([own(), odd], True), ([own(), *others(7.0)], False)):
        run = asked(ledger, series)
        shown = side_by_side.series_table(side_by_side.series(run), run).text()
        assert ("SD or SE not stated" in shown) == said
        assert ("with remarks" in shown) == said


def test_equal_names_are_told_apart(ledger: Ledger) -> None:
    series = [own(), *others(7.0), Series("Other 1", arm="B", numbers=velocity(8.0))]
    found = single_arm.single_arms(asked(ledger, series))
    assert sorted(found["name"]) == ["Other 1, B", "Other 1, GH", "Own"]
    small = ledger_of(ledger, [own(), *others(7.0, 7.5)])
    small = replace(small, studies=small.studies.assign(label="Girls"))
    run = resolve(
        ContrastParameters.checked({"product": "Saizen", "comparator": "Pegpesen"}), small, []
    )
    assert single_arm.single_arms(run)["name"].is_unique


# Unanchored differences. ----------------------------------------------------------------------


def test_the_spread_is_that_of_the_other_studies_by_hand(ledger: Ledger) -> None:
    """Means 6, 7 and (7.5 + 8.5)/2 = 8: SD 1, k 3; t(2) = 4.3027, times √2: 6.085."""
    series = [own(20.0), *others(6.0, 7.0)]
    series += [Series("Doses", arm=arm, numbers=velocity(m)) for arm, m in (("a", 7.5), ("b", 8.5))]
    run = asked(ledger, series)
    spread = unanchored.spread_of_others(run).loc["TS"]
    assert (spread["k"], spread["spread"]) == (3, pytest.approx(1.0))
    wide = unanchored.unanchored(run).wide("stat")
    assert list(wide["estimate"]) == [20 - 7.5, 20 - 8.5, 14, 13]
    assert list(wide["wide.high"] - wide["estimate"]) == pytest.approx(
        [4.3027 * np.sqrt(2)] * 4, rel=1e-4
    )
    assert "conf.low" not in wide


def test_own_studies_do_not_widen_the_interval_that_judges_them(ledger: Ledger) -> None:
    halves = []
    for mean in (7.0, 30.0):
        run = asked(ledger, [own(mean), own(mean + 5, study="Own 2"), *others(6.0, 7.0, 8.0)])
        wide = unanchored.unanchored(run).wide("stat")
        halves.append((wide["wide.high"] - wide["estimate"]).tolist())
        assert wide.iloc[0]["group2_level"] == "Own 2"
    assert halves[0] == pytest.approx(halves[1])


OLD_MEANS = {"Study 1": 9.7, "Study 2": 7.1, "NL": 7.2, "UK": 7.7, "UTS": (6.4 + 6.5) / 2}
"""The five Turner series of the first ledger, one mean a study."""


@pytest.mark.parametrize(
    ("left_out", "sd"),
    [
        ([], 1.24),  # what was shown: both studies under comparison inside their own yardstick
        (["Study 1"], 0.51),  # without the series that stands out; Study 2 still inside
        (["Study 1", "Study 2"], 0.63),  # the rule: the product's own studies are not in it
    ],
)
def test_spread_of_the_five_series_of_the_first_ledger(
    ledger: Ledger, left_out: list[str], sd: float
) -> None:
    means = {name: mean for name, mean in OLD_MEANS.items() if name not in left_out}
    assert np.std(list(means.values()), ddof=1) == pytest.approx(sd, abs=0.005)
    # The same five, with those of the product declared or not.
    series = [
        Series(name, "Saizen" if name in left_out else "Genotropin", numbers=velocity(mean))
        for name, mean in OLD_MEANS.items()
        if name != "UTS"
    ]
    series += [Series("UTS", arm=arm, numbers=velocity(m)) for arm, m in (("a", 6.4), ("b", 6.5))]
    series += [] if left_out else [own(9.0)]
    spread = unanchored.spread_of_others(asked(ledger, series)).loc["TS"]
    assert (spread["k"], spread["spread"]) == (len(means), pytest.approx(sd, abs=0.005))


def test_two_other_studies_give_no_spread(ledger: Ledger) -> None:
    run = asked(ledger, [own(9.0), *others(6.0, 7.0)])
    found = unanchored.unanchored(run)
    assert "wide.low" not in set(found.frame["stat_name"])
    text = unanchored.unanchored_table(found, run).text()
    assert "fewer than 3 other studies, so no spread between them" in " ".join(text.split())
    assert "(no interval)" in unanchored.unanchored_figure(found, run).alt
    with pytest.raises(UserError, match="no other series of the indication has a mean"):
        unanchored.unanchored(asked(ledger, [own(9.0)]))


def test_sampling_error_is_welch_s(default: ContrastRun) -> None:
    found = unanchored.unanchored(default)
    first = found.wide("stat").iloc[0]
    # Study 1 9.7 (1.6), n 30, v Study 2 7.1 (1.9), n 50, by scipy's Welch test.
    test = stats.ttest_ind_from_stats(9.7, 1.6, 30, 7.1, 1.9, 50, equal_var=False)
    se = np.sqrt(1.6**2 / 30 + 1.9**2 / 50)
    df = se**4 / (1.6**4 / 30**2 / 29 + 1.9**4 / 50**2 / 49)
    half = stats.t.ppf(0.975, df) * se
    assert first["estimate"] / se == pytest.approx(test.statistic)
    assert first["conf.low"] == pytest.approx(first["estimate"] - half)
    assert set(found.select(stat_name="conclusion").frame["stat_fmt"]) == {
        "not randomised: no verdict"
    }
    assert not found.frame["stat_name"].isin(["margin", "equivalence"]).any()
    imbalance = found.wide().iloc[0]["imbalance"]
    # Before, 10.8 stood without what it is; and an age that is known never reads "not printed".
    assert "age (years) 2 to 9 admitted v mean 10.8 (SD 2.9)" in imbalance
    assert "enrolled v evaluable for growth" in imbalance


def test_an_sd_that_no_group_of_children_has_gives_no_interval(ledger: Ledger) -> None:
    odd, sane = ({"n": 60.0, "numbers": velocity(7.0, sd)} for sd in (0.39, 1.4))
    series = [own(n=30.0, numbers=velocity(9.0, 1.6)), Series("Odd", **odd), Series("Sane", **sane)]
    findings = audit_ledger(ledger_of(ledger, series))
    for found, intervals in (([], 2), (findings, 1)):
        wide = unanchored.unanchored(asked(ledger, series, findings=found)).wide("stat")
        assert list(wide["estimate"]) == [2.0, 2.0]
        assert wide["conf.low"].notna().sum() == intervals
    shown = side_by_side.series(asked(ledger, series, findings=findings)).wide()
    assert list(shown["sd"].isna()) == [False, True, False]


def test_what_one_of_the_two_lacks_is_said(ledger: Ledger) -> None:
    one = own(9.0, n=20.0, numbers=[*velocity(9.0, before=3.0), ("AGE", 0.0, "median", 9.5)])
    text = unanchored.unanchored(asked(ledger, [one, *others(7.0)])).text("imbalance")
    assert text == "in the ledger for one of the two only: age (years), velocity before, n"
    twin = [one, replace(one, study="Other", product="Genotropin")]
    found = unanchored.unanchored(asked(ledger, twin))
    assert "imbalance" not in set(found.frame["stat_name"])


def test_the_figure_holds_many_series(ledger: Ledger) -> None:
    many = [Series(f"A long name of a series from {1980 + i}", numbers=velocity(6 + i / 9, 1.4),
                   n=20.0) for i in range(14)]  # fmt: skip
    run = asked(ledger, [NOTE, DIRECT, COUSIN, *many], same=[(NOTE, COUSIN, "inferred")])
    figure = unanchored.unanchored_figure(unanchored.unanchored(run), run)
    # 1 pair of the own studies and 14 of each; each pair is said with both names.
    _, _, pairs = figure.alt.partition(", the first minus the second. ")
    assert pairs.count(" minus ") == 29
    assert figure.height > 29 * 0.4
    for narrow in (False, True):
        assert figure.png(narrow=narrow)[:4] == b"\x89PNG"


# Medians. -------------------------------------------------------------------------------------


def test_a_series_with_a_median_is_shown_and_not_compared(ledger: Ledger) -> None:
    percentiles = [("HV", 12.0, name, value)
                   for name, value in (("median", 7.7), ("p10", 5.2), ("p90", 9.8))]  # fmt: skip
    median = Series("Medians", n=133.0, numbers=percentiles, evidence="cohort", design="cohort")
    run = asked(ledger, [own(9.0), median, *others(6.0, 7.0, 8.0)])
    row = side_by_side.series(run).select(group1_level="Medians")
    assert (row.text("median"), row.text("n")) == ("7.7", "133")
    assert row.text("percentiles") == "10th to 90th 5.2 to 9.8"
    assert {"mean", "sd", "conf.low"}.isdisjoint(row.frame["stat_name"])
    text = " ".join(side_by_side.series_table(side_by_side.series(run), run).text().split())
    assert "Median" in text
    assert "10th to 90th 5.2 to 9.8" in text
    assert "Medians" not in set(unanchored.unanchored(run).frame["group2_level"])
    assert unanchored.spread_of_others(run).loc["TS", "k"] == 3
    # Without one there is no such column.
    plain = asked(ledger, [own(9.0), *others(6.0)])
    assert "Median" not in side_by_side.series_table(side_by_side.series(plain), plain).text()


def test_an_own_study_with_a_median_is_said_as_such(ledger: Ledger) -> None:
    numbers = [("HV", 12.0, "median", 7.7), ("HV", 12.0, "p10", 5.2), ("HV", 12.0, "p90", 9.8)]
    run = asked(ledger, [own(numbers=numbers, n=133.0), *others(7.0)])
    said = side_by_side.own_series_sentence(side_by_side.own_series(run))
    assert "a median of 7.7 cm/year (10th to 90th 5.2 to 9.8, n 133) in Own" in said


def test_a_mean_and_a_median_of_one_arm_are_one_row(ledger: Ledger) -> None:
    both = [*velocity(9.0, 1.5), ("HV", 12.0, "median", 8.8)]
    found = single_arm.single_arms(asked(ledger, [own(numbers=both), *others(7.0)]))
    first = found.iloc[0]
    assert (first["mean"], first["sd"], first["median"]) == (9.0, 1.5, 8.8)
    assert len(found) == 2


# Ages. ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"mean": 10.8, "sd": 2.9}, "mean 10.8 (SD 2.9)"),
        ({"mean": 10.8}, "mean 10.8"),
        ({"median": 9.5}, "median 9.5"),
        ({"median": 9.5, "min": 4.0, "max": 14.2}, "median 9.5, 4 to 14.2"),
        ({"min": 2.0, "max": 9.0}, "2 to 9"),
        ({"p10": 5.5, "p90": 12.0}, "10th to 90th percentile 5.5 to 12"),
        ({"mean": 9.0, "p25": 7.0, "p75": 11.0}, "mean 9.0, quartiles 7 to 11"),
    ],
)
def test_an_age_in_the_rows_is_shown_as_what_it_is(
    ledger: Ledger, rows: dict[str, float], words: str
) -> None:
    numbers = [*velocity(9.0), *(("AGE", 0.0, name, value) for name, value in rows.items())]
    # The rows count before the description.
    run = asked(ledger, [own(numbers=numbers, description="girls 1-19 y"), *others(7.0)])
    assert side_by_side.series(run).select(group1_level="Own").text("age.words") == words
    assert words in " ".join(
        side_by_side.series_table(side_by_side.series(run), run).text().split()
    )


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("open single-arm phase III, 0.16 IU/kg/d (0.053 mg/kg/d), age 2-9 y", "2 to 9 admitted"),
        ("12 mo GH then combination; median age 9.5 y; 39 girls in all", "median 9.5"),
        ("randomized open-label 2 y, 9 mo - 4 y, US", "0.8 to 4 admitted"),
        ("Turner, 0.33 mg/kg/wk, age 10.9 (2.76) y", "mean 10.9 (SD 2.8)"),
        ("33 ug, start 3-<9 y", "3 to 9 admitted"),
        ("girls of 5.5 to 12 years", "5.5 to 12 admitted"),
        # A time on treatment is no age, nor is a dose.
        ("single-arm 4 y, Netherlands", ""),
        ("treated for 2-4 y", ""),
        ("2-4 y of treatment, 0.6-1.0 IU/kg/wk", ""),
        ("26+26 wk", ""),
    ],
)
def test_an_age_in_the_description(ledger: Ledger, description: str, words: str) -> None:
    small = ledger_of(ledger, [own(description=description)])
    arms = small.arms.merge(small.studies[["study_id", "description"]])
    assert age_words(printed_ages(small, arms).iloc[0].to_dict()) == words


def test_ages_of_the_published_ledger_are_shown(default: ContrastRun) -> None:
    """Every arm with an age row, and every description that says "age", has words."""
    found = single_arm.single_arms(default).set_index(["study_id", "arm_id"])
    rows = default.ledger.results
    rows = rows[(rows["paramcd"] == "AGE") & rows["months"].isin([0]) & rows["value"].notna()]
    for key in set(zip(rows["study_id"], rows["arm_id"], strict=True)) & set(found.index):
        assert found.loc[key, "age"]
    for key, text in found["description"].items():
        if re.search(r"\bage \d", text):
            assert found.loc[key, "age"]
    apart = unanchored.unanchored(default)
    assert "not printed" not in unanchored.unanchored_table(apart, default).text()


def test_the_sd_is_that_of_the_mean_and_months_become_years(ledger: Ledger) -> None:
    first = own(numbers=[*velocity(9.0), ("AGE", 0.0, "mean", 24.0)])
    small = ledger_of(ledger, [first, own(source_kind="article", numbers=[
        ("AGE", 0.0, "mean", 2.5), ("AGE", 0.0, "sd", 0.7)])])  # fmt: skip
    at = small.results.query("paramcd == 'AGE' and value == 24").index
    small.results.loc[at, "unit"] = "months"
    arms = small.arms.merge(small.studies[["study_id", "description"]])
    assert age_words(printed_ages(small, arms).iloc[0].to_dict()) == "mean 2.0"


def test_the_age_of_all_arms_stands_in(ledger: Ledger) -> None:
    small = ledger_of(ledger, [own(), Series("Own", "Saizen", arm="all", numbers=[
        ("AGE", 0.0, "mean", 9.1)])])  # fmt: skip
    small.arms.loc[small.arms["arm_id"] == "all", "role"] = "all"
    arms = small.arms.merge(small.studies[["study_id", "description"]])
    assert [age_words(age) for age in printed_ages(small, arms).to_dict("records")] == [
        "mean 9.1", "mean 9.1",
    ]  # fmt: skip
    assert age_of(dict.fromkeys(COLUMNS, np.nan)) is None


# What age could explain. ----------------------------------------------------------------------


def girls_growth(start: float, months: int = 12) -> float:
    """Second route: the table itself, girls (Sex 2), straight lines between half months."""
    table = pd.read_csv(paths.ROOT / "data" / "references" / "cdc_2000_stature.csv")
    girls = table[table["Sex"] == 2]
    at = np.interp(
        [start, start + months], girls["Agemos"].to_numpy(float), girls["M"].to_numpy(float)
    )
    return float(at[1] - at[0])


def quantities(run: ContrastRun) -> pd.DataFrame:
    return age.age_and_difference(run).wide("stat").set_index("variable_level")


def test_age_by_hand(default: ContrastRun) -> None:
    found = quantities(default)
    gap = found.loc["Age gap"]
    # 2 to 9 years stand at 5.5; the other mean is 10.8.
    assert list(gap[["estimate", "min", "max"]]) == pytest.approx([5.3, 1.8, 8.8])
    assert found.loc["Difference before treatment", "estimate"] == pytest.approx(0.4)
    # Velocity at the age: the year from half a year before to half a year after.
    centred = found.loc["Healthy difference, year centred on the age", "estimate"]
    expected = girls_growth(12 * 5.5 - 6) - girls_growth(12 * 10.8 - 6)
    assert expected == pytest.approx(0.60, abs=0.005)
    assert centred == pytest.approx(expected, abs=0.005)
    # The year that is treated begins at the age: there the healthy girls of 10.8 grow more.
    forward = found.loc["Healthy difference, year that begins at the age"]
    expected = girls_growth(12 * 5.5) - girls_growth(12 * 10.8)
    assert expected == pytest.approx(-0.12, abs=0.005)
    assert forward["estimate"] == pytest.approx(expected, abs=0.005)
    # Over every age that was admitted.
    every = [girls_growth(month) - girls_growth(12 * 10.8) for month in range(24, 109)]
    assert forward["min"] == pytest.approx(min(every), abs=0.01)
    assert forward["max"] == pytest.approx(max(every), abs=0.01)
    left = found.loc["Left unexplained, year centred on the age", "estimate"]
    assert left == pytest.approx(2.6 - centred)
    said = age.age_reading(age.age_and_difference(default), default).text()
    assert "0.60 (−1.36 to 2.50) in the year centred on the age" in said
    assert "younger by 5.3 years (1.8 to 8.8)" in said
    assert "for a part of it at most, and would leave 2.00" in said
    assert "need not slow as healthy girls do" in said
    assert "a possible explanation, not a shown one" in said


def two_ages(ledger: Ledger, faster: float, other: float, apart: float, **more: Any) -> ContrastRun:
    first = [*velocity(7.0 + apart), ("AGE", 0.0, "mean", faster)]
    second = [*velocity(7.0), ("AGE", 0.0, "mean", other)]
    return asked(
        ledger,
        [own(numbers=first, **more), own(study="Own 2", numbers=second, **more), *others(7.0)],
    )


@pytest.mark.parametrize(
    ("faster", "other", "apart", "conclusion", "sentence", "younger"),
    [
        # Girls of 2.5 and 9: 8.95 − 5.09 = 3.86 centred, 7.41 − 5.07 = 2.34 in the year after.
        (2.5, 9.0, 1.0, "all", "account for the whole difference", "younger by 6.5 years"),
        (2.5, 9.0, 3.0, "all or a part", "account for all of it or for a part", "younger by 6.5"),
        (2.5, 9.0, 5.0, "a part", "account for a part of it at most", "younger by 6.5"),
        # The faster are the older ones: slowing with age speaks against it.
        (9.0, 5.0, 2.0, "none", "account for none of it", "older by 4.0 years"),
        (9.0, 9.0, 2.0, "none", "account for none of it", "were of the same age."),
    ],
)
def test_the_age_reading_follows_the_numbers(
    ledger: Ledger, faster: float, other: float, apart: float,
    conclusion: str, sentence: str, younger: str,
) -> None:  # fmt: skip
    run = two_ages(ledger, faster, other, apart)
    found = age.age_and_difference(run)
    assert found.text("conclusion") == conclusion
    said = age.age_reading(found, run).text()
    assert sentence in said
    assert younger in said
    assert "before treatment" not in said
    assert "range of ages" not in said


def test_where_age_cannot_be_weighed(ledger: Ledger) -> None:
    mixed = two_ages(ledger, 5.0, 9.0, 1.0, indication="GHD")
    with pytest.raises(UserError, match="both sexes have growth-hormone deficiency"):
        age.age_and_difference(mixed)
    with pytest.raises(NoSection, match="no two single-arm studies of Saizen"):
        age.age_and_difference(asked(ledger, [own(), *others(7.0)]))
    with pytest.raises(UserError, match="grew the same"):
        age.age_and_difference(two_ages(ledger, 5.0, 9.0, 0.0))
    three = [own(9.0), own(8.0, study="Own 2"), own(7.0, study="Own 3")]
    with pytest.raises(UserError, match="between two single-arm studies, and 3 of Saizen"):
        age.age_and_difference(asked(ledger, three))
    with pytest.raises(UserError, match="the ledger holds no age of Own"):
        age.age_and_difference(asked(ledger, three[:2]))
    with pytest.raises(UserError, match="does not hold the ages"):
        age.age_and_difference(two_ages(ledger, 1.0, 9.0, 1.0))


def test_no_study_is_named_in_code() -> None:
    for name in ("single_arm", "side_by_side", "unanchored", "age", "printed_ages"):
        code = (paths.ROOT / "analysis" / "contrasts" / f"{name}.py").read_text(encoding="utf-8")
        assert not re.search(r"valtropin|turner|eutropin|\"TS\"|-TS-", code, re.IGNORECASE)
