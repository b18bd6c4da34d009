"""What a run can put back, and what a pool of several kinds of product does not say."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.contrasts import assumptions, headline, inclusion, plausible, sensitivity, synthesis
from analysis.contrasts.mixture import sets_of_trials
from analysis.contrasts.settings import ContrastRun
from analysis.sources.evidence import Ledger

RunOf = Callable[..., ContrastRun]
Plant = Callable[..., Ledger]

MEANS = [
    ("t", "", "mean", 10.0, {"n": 50}), ("t", "", "sd", 2.0, {"n": 50}),
    ("c", "", "mean", 9.5, {"n": 50}), ("c", "", "sd", 2.0, {"n": 50}),
]  # fmt: skip


def why(run: ContrastRun, study: str) -> str:
    return inclusion.exclusions(run).text("reason", group1_level=study)


def inside(run: ContrastRun, study: str) -> bool:
    return study in set(inclusion.comparable(run)["study_id"])


def table_of(run: ContrastRun) -> str:
    return synthesis.pooled_table(synthesis.pooled_differences(run), run).text()


def test_why_a_study_has_no_pair_is_its_own_reason(ledger: Ledger, run_of: RunOf) -> None:
    """By a second, plain route: what the design of each study and the roles of its arms say."""
    alone = "a single arm or a registry without comparison"
    studies = ledger.studies.set_index("study_id")
    found = inclusion.exclusions(run_of(ledger)).wide()
    pairs = set(inclusion.judged(run_of(ledger))["study_id"])
    seen = {True: 0, False: 0}
    for row in found[~found["study.id"].isin(pairs)].to_dict("records"):
        study = studies.loc[row["study.id"]]
        roles = set(ledger.arms.loc[ledger.arms["study_id"] == row["study.id"], "role"])
        single = study["design"] == "single-arm" or study["evidence"] == "registry"
        expected = single and "comparator" not in roles and study["evidence"] != "pooled"
        assert row["reason"].startswith(alone) == expected, row
        seen[expected] += 1
    assert min(seen.values()) > 2


CASES: list[tuple[str, str, dict[str, Any], str, str]] = [
    # test, comparator, what is odd; named as the reason; what still stands once put back
    ("Omnitrope", "Genotropin", {"months": 9.0}, "a rate at", ""),
    ("Omnitrope", "Genotropin", {"randomised": "not stated"}, "allocation not stated", ""),
    ("Omnitrope", "Genotropin", {"randomised": "no"}, "not randomised", ""),
    # Two reference dailies are not "test minus daily", whatever a run puts back.
    ("Saizen", "Genotropin", {}, "no long-acting or", "no long-acting or"),
    ("Saizen", "Genotropin", {"randomised": "not stated"}, "allocation not", "no long-acting or"),
    ("Saizen", "Genotropin", {"months": 9.0}, "no long-acting or", "no long-acting or"),
    # Two reasons: one is named and set aside, the other holds on.
    ("Omnitrope", "Genotropin", {"months": 9.0, "randomised": "no"}, "not randomised", "a rate at"),
    ("somatrogon", "somatrogon", {"months": 9.0}, "no long-acting", "no long-acting"),
    ("Omnitrope", "Omnitrope", {}, "two doses of one", "two doses of one"),
    ("Omnitrope", "Genotropin", {"evidence": "pooled"}, "a review of trials", "a review of trials"),
]  # fmt: skip


def test_putting_back_frees_from_the_named_rule_alone(
    ledger: Ledger, run_of: RunOf, plant: Plant
) -> None:
    """Each case is a study of its own in one ledger, and all are put back."""
    changed, studies = ledger, []
    for number, (test, comparator, odd, _, _) in enumerate(CASES):
        studies.append(f"PLANTED-{number}")
        changed = plant(
            changed, studies[-1], [("t", "test", test), ("c", "comparator", comparator)], MEANS,
            **{"timepoint_printed": f"month {odd.get('months', 12):g}", **odd},
        )  # fmt: skip
    before, after = run_of(changed), run_of(changed, include=studies)
    left_out, put_back = inclusion.exclusions(before), inclusion.exclusions(after)
    could = set(inclusion.could_be_put_back(before)["study_id"])
    for study, case in zip(studies, CASES, strict=True):
        *_, named, stands = case
        assert not inside(before, study), case
        assert left_out.text("reason", group1_level=study).startswith(named), case
        assert inside(after, study) == (stands == ""), case
        if stands:
            why_still = put_back.text("reason", group1_level=study)
            assert why_still.startswith(f"put back by this run, but {stands}"), case
        assert (study in could) == (stands == ""), case


def test_a_trial_without_fault_is_in(ledger: Ledger, run_of: RunOf, plant: Plant) -> None:
    arms = [("t", "test", "Omnitrope"), ("c", "comparator", "Genotropin")]
    run = run_of(plant(ledger, "PLANTED", arms, MEANS))
    assert inside(run, "PLANTED")
    # Follow-on products, the closest to the question, come first.
    assert inclusion.comparable(run)["product_class"].iloc[0] == "follow-on daily"
    out = run_of(plant(ledger, "PLANTED", arms, MEANS), exclude=["PLANTED"])
    assert why(out, "PLANTED") == "left out by this run"


def test_the_audit_s_word_is_one_rule_among_others(ledger: Ledger, run_of: RunOf) -> None:
    """Two doses of one product, taken out by the audit: put back, they are still two doses."""
    found = inclusion.judged(run_of())
    out = found[(found["audited"] != "") & (found["product"] == found["reference_product"])]
    for study in out["study_id"].unique():
        run = run_of(include=[study])
        assert not inside(run, study)
        label = ledger.studies.set_index("study_id").loc[study, "label"]
        assert why(run, str(label)).startswith("put back by this run, but no long-acting")


def test_arms_that_are_plausible_obey_the_same_rule(
    ledger: Ledger, run_of: RunOf, plant: Plant
) -> None:
    arms = [("t", "test", "Omnitrope"), ("c", "comparator", "Genotropin")]
    for odd, counts in (
        ({}, True), ({"randomised": "no"}, False), ({"evidence": "registry"}, False),
    ):  # fmt: skip
        changed = plant(ledger, "PLANTED", arms, MEANS, **odd)
        used = set(plausible.comparable_arms(run_of(changed))["study_id"])
        assert ("PLANTED" in used) == counts
        back = set(plausible.comparable_arms(run_of(changed, include=["PLANTED"]))["study_id"])
        # Put back: allocation yes, but a registry stays what it is.
        assert ("PLANTED" in back) == (odd.get("evidence") is None)


# Kinds of product. ----------------------------------------------------------------------------


def pooled_of(run: ContrastRun) -> pd.DataFrame:
    return synthesis.pooled_differences(run).wide().set_index(["group2_level", "group1_level"])


def test_several_kinds_have_an_estimate_and_no_verdict(
    ledger: Ledger, run_of: RunOf, plant: Plant
) -> None:
    arms = [("t", "test", "Omnitrope"), ("c", "comparator", "Genotropin")]
    run = run_of(plant(ledger, "PLANTED", arms, MEANS))
    found = inclusion.comparable(run)
    products = ledger.products.set_index("product").loc[found["product"]]
    long_acting = products["product_class"] == "long-acting"
    kinds = products["product_class"].mask(long_acting, products["kind"]).nunique()
    pooled = pooled_of(run)
    row = pooled.loc[("All trials", "Random effects")]
    words = dict(enumerate("one two three four five six seven eight nine ten".split(), 1))
    assert row["conclusion"] == f"no verdict: products of {words[kinds]} kinds"
    for name in ("estimate", "conf.low", "prediction.high", "i2"):
        assert isinstance(row[name], str)
    order = list(dict.fromkeys(pooled.index.get_level_values(0)))
    assert order[:2] == ["All trials", "follow-on daily"]
    # A class of one kind has a verdict, and so has each kind of the class of several.
    for name, members in sets_of_trials(found).items():
        of_set = pooled.loc[name]["conclusion"]
        if members["product_group"].nunique() == 1:
            assert set(of_set) <= {"non-inferior", "not shown", "superior"}
        else:
            assert of_set.str.startswith("no verdict").all()
    field = headline.field(run)
    assert field.text("conclusion", group2_level="All trials").startswith("no verdict")
    # Kinds of product first, follow-on before the others, and all trials last.
    sets = list(dict.fromkeys(field.frame["group2_level"]))
    assert (sets[0], sets[-1]) == ("follow-on daily", "All trials")
    for section in (sensitivity.one_trial_left_out, sensitivity.one_trial_put_back):
        assert section(run).wide()["conclusion"].str.startswith("no verdict").all()


def test_one_kind_alone_has_its_verdict(ledger: Ledger, run_of: RunOf, plant: Plant) -> None:
    """All that is left is one class: the pool of all trials is the pool of that class."""
    changed = ledger
    arms = [("t", "test", "Omnitrope"), ("c", "comparator", "Genotropin")]
    for number in (1, 2):
        rows = [(a, r, s, v + 0.1 * number * (a == "t"), more) for a, r, s, v, more in MEANS]
        changed = plant(changed, f"PLANTED-{number}", arms, rows)
    others = inclusion.comparable(run_of(changed))["study_id"]
    out = [study for study in others if not study.startswith("PLANTED")]
    run = run_of(changed, exclude=out)
    pooled = pooled_of(run)
    assert set(pooled.index.get_level_values(0)) == {"All trials"}
    verdicts = pooled.loc["All trials"]["conclusion"]
    # 10.1 and 10.2 v 9.5, SD 2 in 50 each, SE 0.4: 0.65 − 1.96 · 0.28 is far above the margin;
    # with two trials alone t(1) is 12.7, and 0.65 − 12.7 · 0.28 is below it.
    assert verdicts["Fixed effect"] == "non-inferior"
    assert verdicts["Random effects"] == headline.field(run).text("conclusion") == "not shown"


def test_a_trial_with_one_limit_is_pooled(ledger: Ledger, run_of: RunOf, plant: Plant) -> None:
    """Means and the lower limit of a trial that failed, as a press release prints them."""
    arms = [("t", "test", "somatrogon"), ("c", "comparator", "Genotropin")]
    rows = [
        ("t", "", "mean", 9.44, {"n": 90}), ("c", "", "mean", 10.70, {"n": 46}),
        ("t", "c", "ci_low", -2.3, {"n": 136}),
    ]  # fmt: skip
    run = run_of(plant(ledger, "FAILED", arms, rows))
    row = inclusion.comparable(run).set_index("study_id").loc["FAILED"]
    assert row["estimate"] == pytest.approx(-1.26)
    # (−1.26 + 2.3) / t(134) = 1.04 / 1.978.
    assert row["std.error"] == pytest.approx(1.04 / 1.9778, rel=1e-4)
    late = [(*each[:4], {**each[4], "months": 24.0}) for each in rows]
    assert not inside(run_of(plant(ledger, "FAILED", arms, late)), "FAILED")


# What a pool mixes. ---------------------------------------------------------------------------


def rows_of(run: ContrastRun) -> pd.DataFrame:
    return assumptions.assumption_ledger(run).wide().set_index("group2_level")


def without_doses(ledger: Ledger) -> Ledger:
    return replace(ledger, results=ledger.results[ledger.results["paramcd"] != "DOSE"])


def test_doses_of_the_comparator_that_differ_are_said(
    ledger: Ledger, run_of: RunOf, plant: Plant
) -> None:
    arms = [("t", "test", "Omnitrope"), ("c", "comparator", "Genotropin")]

    def with_doses(*doses: tuple[float, str]) -> ContrastRun:
        changed = without_doses(ledger)
        for number, (value, unit) in enumerate(doses):
            dose = {"paramcd": "DOSE", "months": np.nan, "unit": unit, "decimals": 3}
            rows = [*MEANS, ("c", "", "mean", value, dose)]
            changed = plant(changed, f"DOSE-{number}", arms, rows)
        return run_of(changed)

    day, week = "mg/kg/day", "mg/kg/week"
    differing = with_doses((0.034, day), (0.025, day))
    said = rows_of(differing).loc["Dose of the comparator", "used"]
    assert said.endswith("0.025 mg/kg/day (DOSE-1), 0.034 mg/kg/day (DOSE-0)")
    table = table_of(differing)
    assert "dose differs between trials: 0.025" in " ".join(table.split())
    # A week's dose and a day's are one scale: 0.24 a week is 0.034 a day, 0.175 is 0.025.
    assert "Dose of the comparator" in rows_of(with_doses((0.034, day), (0.175, week))).index
    assert "Dose of the comparator" in rows_of(with_doses((34, "ug/kg/day"), (0.025, day))).index
    # The same dose in both, or none printed: nothing to say.
    for run in (with_doses((0.034, day), (0.034, day)), with_doses((34, "ug/kg/day"), (0.24, week)),
                with_doses()):  # fmt: skip
        assert "Dose of the comparator" not in rows_of(run).index
        assert "dose differs" not in table_of(run)


def test_adjusted_and_raw_differences_are_said(ledger: Ledger, run_of: RunOf, plant: Plant) -> None:
    arms = [("t", "test", "Omnitrope"), ("c", "comparator", "Genotropin")]
    adjusted = [
        ("t", "c", "diff", 0.2, {"n": 100, "model": "adjusted"}),
        ("t", "c", "ci_low", -0.6, {"n": 100, "model": "adjusted"}),
        ("t", "c", "ci_high", 1.0, {"n": 100, "model": "adjusted"}),
    ]
    changed = plant(plant(ledger, "RAW", arms, MEANS), "MODEL", arms, adjusted)
    others = [x for x in inclusion.comparable(run_of(changed))["study_id"]
              if x not in ("RAW", "MODEL")]  # fmt: skip
    both = run_of(changed, exclude=others)
    value = rows_of(both).loc["Adjusted and raw differences", "used"]
    assert value == "pooled as one quantity: one said to be adjusted, one not"
    footnotes = " ".join(table_of(both).split())
    assert "differences are pooled (one said to be adjusted, one not)." in footnotes
    # One I² for one Q, said once.
    assert footnotes.count("I² is (Q − df)/Q") == 1
    alone = run_of(changed, exclude=[*others, "RAW"])
    assert "Adjusted and raw differences" not in rows_of(alone).index
