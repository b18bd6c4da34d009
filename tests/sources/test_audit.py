"""The source audit: what it must find in the real ledger, one planted defect per rule, and
silence on a clean ledger."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.sources.audit import (
    RULES,
    Finding,
    audit_ledger,
    excluded_results,
    to_frame,
    without_unusable_sds,
)
from analysis.sources.evidence import Ledger

# What the audit must find in the published ledger (rule, study, words of the sentence).
KNOWN = [
    ("repeated table", "NOTE-T1-GHD", "3.75, 9.73, 3.48"),
    ("not reported", "NOTE-T1-GHD", "height velocity at month 12"),
    ("change is only a subtraction", "NOTE-T1-GHD", "5.98 is only 9.73 − 3.75"),
    ("SD contradicts the interval", "GROW2-SGA-KOR", "6.19"),
    ("cohort counted twice", "GENO-1992-GHD", "GENO-1992-GHD repeats SHIH-1994-GHD"),
    ("arms do not add up", "LGS-WEEKLY-DAILY", "773 + 193 = 966 in the arms, and 996 in all"),
    ("printed twice differently", "DAILY-VS-TIW-GHD", "1.7 and 0.7"),
    ("n differs between sources", "NOTE-T2-TS", "n is 60, and 50"),
    ("implausible growth", "XUE-DOSE-GHD", "22.65 cm"),
    ("rate from less than a year", "JINTROLONG-P3", "25 weeks"),
    ("rate from less than a year", "REAL3", "26 weeks"),
    ("ambiguous ±", "DA3002-TS-KOR", "not labelled"),
    ("sources disagree", "NOTE-T2-TS", "6.97, and 7.1 in EUTR-TS-KOR"),
    ("no spread", "NOTE-T1-GHD", "no SD, SE or interval"),
    # Abstract of the pivotal trial: 11.3 (3.0) in 98 and 10.5 (2.8) in 49, difference 0.09
    # (−0.71 to 0.90): residual SD 2.33 against a pooled 2.94, 1 − (2.33/2.935)² = 0.37.
    ("difference is not that of the means", "VALT-GHD-2007", "11.3 − 10.5 = 0.8"),
    ("difference is not that of the means", "VALT-GHD-2007", "explain 37\u202f% of the variance"),
    ("SD too small for children", "KOREA-TSG-TS", "(year 1) has the SD 0.39"),
    ("SD too small for children", "KOREA-TSG-TS", "(untreated) has the SD 0.47"),
    ("sources disagree", "NOTE-T1-GHD", "9.73, and 11.3 in VALT-GHD-2007"),
]


@pytest.mark.parametrize(("rule", "study", "words"), KNOWN)
def test_finds_what_is_known_to_be_wrong(
    findings: list[Finding], rule: str, study: str, words: str
) -> None:
    assert any(
        finding.rule == rule and study in finding.study_ids and words in finding.sentence
        for finding in findings
    )


def test_finds_that_a_one_sided_limit_is_a_two_sided_one(findings: list[Finding]) -> None:
    # 6.36 − t(35, 0.975) × 3.36 / √36 = 5.223: the limit printed as one-sided, 5.22.
    [finding] = [f for f in findings if f.rule == "SD contradicts its own interval"]
    assert finding.study_ids == ("EUTR-ISS-KOR",)


def test_agreement_is_no_finding(findings: list[Finding]) -> None:
    said = " ".join(finding.sentence for finding in findings)
    assert "9.7 in VALT" not in said  # 9.73 is 9.7 when rounded
    assert "−2.67" not in said  # −2.7


def test_what_is_left_out_of_summaries(ledger: Ledger, findings: list[Finding]) -> None:
    out = excluded_results(findings)
    study = ledger.results.set_index("result_id")["study_id"]
    assert set(study[out.index]) == {"GENO-1992-GHD", "XUE-DOSE-GHD"}
    assert (out.str.len() > 20).all()


def test_no_rule_names_a_study(ledger: Ledger) -> None:
    from analysis import paths

    for path in (paths.ROOT / "analysis/sources/audit").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        # HEIGHT is also the code of an endpoint.
        names = set(ledger.studies["study_id"]) - set(ledger.endpoints["paramcd"])
        named = [name for name in names if name in text]
        assert not named, f"{path.name} names {named}"


def test_the_order_of_rows_does_not_matter(ledger: Ledger, findings: list[Finding]) -> None:
    shuffled = replace(ledger, results=ledger.results.sample(frac=1, random_state=5))
    found = {(f.rule, frozenset(f.result_ids)) for f in audit_ledger(shuffled)}
    assert found == {(f.rule, frozenset(f.result_ids)) for f in findings}


# A clean ledger, and one defect of each kind. --------------------------------------------------

COLUMNS = "study_id arm_id reference_arm_id population n paramcd months statistic value".split()


def arm_rows(study: str, arm: str, n: int, start: float, end: float, sd: float) -> list[tuple]:  # type: ignore[type-arg]
    place = (study, arm, "", "treated", n)
    return [
        (*place, "HV", 0, "mean", start),
        (*place, "HV", 0, "sd", 1.1),
        (*place, "HV", 12, "mean", end),
        (*place, "HV", 12, "sd", sd),
    ]


def clean_ledger() -> Ledger:
    """Two studies without a fault: a randomised one, and one with an independent report."""
    rows = [
        *arm_rows("TRIAL", "new", 40, 3.12, 9.51, 2.0),
        *arm_rows("TRIAL", "old", 42, 3.25, 9.82, 2.1),
        ("TRIAL", "new", "old", "treated", 82, "HV", 12, "diff", -0.31),
        # −0.31 ± t(80) 1.990 × pooled SD 2.05 × √(1/40 + 1/42)
        ("TRIAL", "new", "old", "treated", 82, "HV", 12, "ci_low", -1.21),
        ("TRIAL", "new", "old", "treated", 82, "HV", 12, "ci_high", 0.59),
        ("TRIAL", "new", "", "treated", 40, "CHGHV", 12, "mean", 6.39),
        ("TRIAL", "new", "", "treated", 40, "CHGHV", 12, "sd", 2.4),
        ("TRIAL", "new", "", "safety", 40, "AEPYREX", 12, "events", 5),
        ("TRIAL", "new", "", "safety", 40, "AEPYREX", 12, "pct", 12.5),
        ("TRIAL", "all", "", "treated", None, "PARTIC", None, "n", 82),
        *arm_rows("SERIES", "one", 30, 3.31, 7.24, 1.5),
        ("SERIES", "one", "", "treated", 30, "HEIGHT", 0, "mean", 101.2),
        ("SERIES", "one", "", "treated", 30, "HEIGHT", 0, "sd", 6.1),
        ("SERIES", "one", "", "treated", 30, "HEIGHT", 12, "mean", 108.4),
        ("SERIES", "one", "", "treated", 30, "HEIGHT", 12, "sd", 6.3),
        *arm_rows("REPORT", "same", 30, 3.3, 7.2, 1.5),
        ("REVIEW", "new", "old", "pooled", None, "HV", 12, "diff", -0.2),
        ("REVIEW", "new", "old", "pooled", None, "HV", 12, "ci_low", -0.6),
        ("REVIEW", "new", "old", "pooled", None, "HV", 12, "ci_high", 0.2),
    ]
    results = pd.DataFrame(rows, columns=COLUMNS)
    limit = results["statistic"].isin(["ci_low", "ci_high"])
    results = results.assign(
        result_id=[f"R{number}" for number in range(len(rows))],
        endpoint_printed=results["paramcd"].str.lower(),
        timepoint_printed=results["months"].map(
            lambda month: "" if pd.isna(month) else f"month {month:.0f}"
        ),
        unit="cm/year",
        reported="yes",
        model="observed",
        level=np.where(limit, 0.95, np.nan),
        interval=np.where(limit, "two-sided", ""),
        printing=1.0,
        source_id=results["study_id"] + "-PAPER",
        locator="Table 2",
        confidence="high",
        note="",
        decimals=results["value"].map(lambda value: len(repr(value).partition(".")[2])),
    )
    studies = pd.DataFrame(
        [
            ("TRIAL", "trial", "parallel", "yes"),
            ("SERIES", "trial", "single-arm", "no"),
            ("REPORT", "note", "note", "no"),
            ("REVIEW", "pooled", "meta-analysis", "no"),
        ],
        columns=["study_id", "evidence", "design", "randomised"],
    ).assign(
        label=lambda table: table["study_id"].str.capitalize(), registration="", description="x"
    )
    arms = pd.DataFrame(
        [
            ("TRIAL", "new", 1, "GHD", "test", "Newtropin"),
            ("TRIAL", "old", 2, "GHD", "comparator", "Oldtropin"),
            ("TRIAL", "all", 3, "GHD", "all", "both"),
            ("SERIES", "one", 1, "TS", "single", "Newtropin"),
            ("REPORT", "same", 1, "TS", "single", "Newtropin"),
            ("REVIEW", "new", 1, "GHD", "test", "Newtropin"),
            ("REVIEW", "old", 2, "GHD", "comparator", "Oldtropin"),
        ],
        columns=["study_id", "arm_id", "position", "indication", "role", "product"],
    ).assign(label=lambda table: table["arm_id"], product_class="follow-on daily", kind="daily")
    endpoints = pd.DataFrame(
        [
            ("HV", "Height velocity", "growth", ""),
            ("CHGHV", "Change in height velocity", "growth", "HV"),
            ("HEIGHT", "Height", "growth", ""),
            ("AEPYREX", "Pyrexia", "safety", ""),
            ("PARTIC", "Participants", "disposition", ""),
        ],
        columns=["paramcd", "param", "domain", "change_of"],
    ).assign(unit="x")
    identities = pd.DataFrame(
        [("REPORT", "same", "SERIES", "one", "same n", "")],
        columns="study_id arm_id same_as_study_id same_as_arm_id basis note".split(),
    )
    empty = pd.DataFrame()
    return Ledger(
        sources=empty,
        studies=studies,
        arms=arms,
        endpoints=endpoints,
        results=results,
        identities=identities,
        claims=empty,
        conventions=empty,
        programme=empty,
        mechanism=empty,
        products=empty,
        verdicts=empty,
        searches=empty,
        intake=empty,
        question=empty,
    )


def test_a_clean_ledger_yields_nothing() -> None:
    assert audit_ledger(clean_ledger()) == []
    assert to_frame([]).empty
    assert excluded_results([]).empty


def where(results: pd.DataFrame, **levels: object) -> pd.Series:
    found = pd.Series(True, index=results.index)
    for column, value in levels.items():
        found &= results[column] == value
    assert found.any(), levels
    return found


def put(value: float, **levels: object) -> Callable[[Ledger], Ledger]:
    """Plant one value in the place of another."""

    def plant(ledger: Ledger) -> Ledger:
        results = ledger.results.copy()
        at = where(results, **levels)
        results.loc[at, "value"] = value
        results.loc[at, "decimals"] = len(repr(value).partition(".")[2])
        return replace(ledger, results=results)

    return plant


def drop(**levels: object) -> Callable[[Ledger], Ledger]:
    def plant(ledger: Ledger) -> Ledger:
        return replace(ledger, results=ledger.results[~where(ledger.results, **levels)])

    return plant


def change(column: str, value: object, **levels: object) -> Callable[[Ledger], Ledger]:
    def plant(ledger: Ledger) -> Ledger:
        results = ledger.results.copy()
        results.loc[where(results, **levels), column] = value
        return replace(ledger, results=results)

    return plant


def both(*plants: Callable[[Ledger], Ledger]) -> Callable[[Ledger], Ledger]:
    def plant(ledger: Ledger) -> Ledger:
        for one in plants:
            ledger = one(ledger)
        return ledger

    return plant


def copy_of(study: str, arm: str, indication: str) -> Callable[[Ledger], Ledger]:
    """Plant a second study that repeats the rows of an arm."""

    def plant(ledger: Ledger) -> Ledger:
        rows = ledger.results[where(ledger.results, study_id=study, arm_id=arm, paramcd="HV")]
        rows = rows[rows["reference_arm_id"] == ""].assign(
            study_id="COPY", arm_id="copy", result_id=lambda table: "C" + table["result_id"]
        )
        own = ledger.arms[(ledger.arms["study_id"] == study) & (ledger.arms["arm_id"] == arm)]
        copied = own.assign(study_id="COPY", arm_id="copy", indication=indication)
        about = ledger.studies[ledger.studies["study_id"] == study].assign(study_id="COPY")
        return replace(
            ledger,
            results=pd.concat([ledger.results, rows], ignore_index=True),
            arms=pd.concat([ledger.arms, copied], ignore_index=True),
            studies=pd.concat([ledger.studies, about], ignore_index=True),
        )

    return plant


def second_printing(ledger: Ledger) -> Ledger:
    at = where(ledger.results, study_id="SERIES", paramcd="HV", months=12, statistic="sd")
    again = ledger.results[at].assign(value=2.5, printing=2.0, result_id="again")
    return replace(ledger, results=pd.concat([ledger.results, again], ignore_index=True))


def second_document(ledger: Ledger) -> Ledger:
    """Plant another paper of the same series with another mean."""
    at = where(ledger.results, **SERIES_END, statistic="mean")
    other = ledger.results[at].assign(value=7.6, source_id="SERIES-LATER", result_id="later")
    return replace(ledger, results=pd.concat([ledger.results, other], ignore_index=True))


def own_interval(ledger: Ledger) -> Ledger:
    """Plant an interval of a mean that its SD cannot have."""
    at = where(ledger.results, **SERIES_END, statistic="mean")
    mean = ledger.results[at]
    limits = [
        mean.assign(statistic=name, value=value, level=0.95, interval="two-sided", result_id=name)
        for name, value in (("ci_low", 6.1), ("ci_high", 8.4))
    ]
    return replace(ledger, results=pd.concat([ledger.results, *limits], ignore_index=True))


SERIES_END = {"study_id": "SERIES", "paramcd": "HV", "months": 12}
NEW_END = {"study_id": "TRIAL", "arm_id": "new", "paramcd": "HV", "months": 12}
CHANGE = {"study_id": "TRIAL", "arm_id": "new", "paramcd": "CHGHV", "statistic": "mean"}
NOT_REPORTED = {"study_id": "TRIAL", "arm_id": "old", "paramcd": "HV", "statistic": "mean"}

NEW_MINUS_OLD = {"study_id": "TRIAL", "reference_arm_id": "old"}

PLANTED: dict[str, Callable[[Ledger], Ledger]] = {
    "repeated table": copy_of("SERIES", "one", "SGA"),
    "cohort counted twice": copy_of("TRIAL", "old", "GHD"),
    "not reported": both(
        change("reported", "no", **NOT_REPORTED), change("value", np.nan, **NOT_REPORTED)
    ),
    "change is not end minus baseline": put(5.41, **CHANGE),
    "change is only a subtraction": both(
        put(6.39, **CHANGE), drop(paramcd="CHGHV", statistic="sd")
    ),
    "sources disagree": put(7.9, study_id="REPORT", months=12, statistic="mean"),
    "documents disagree": second_document,
    "n differs between sources": change("n", 60.0, study_id="REPORT"),
    "printed twice differently": second_printing,
    "pooled estimate contradicts a trial": put(-0.25, study_id="REVIEW", statistic="ci_low"),
    "no spread": drop(**NEW_END, statistic="sd"),
    "SD contradicts the interval": put(2.9, **NEW_END, statistic="sd"),
    "SD contradicts its own interval": own_interval,
    "SD too small for children": put(0.41, **SERIES_END, statistic="sd"),
    "SDs unlike between arms": put(4.9, **NEW_END, statistic="sd"),
    "ambiguous ±": both(
        change("locator", "3.3 +/- 1.1", study_id="SERIES"),
        change("statistic", "se", **SERIES_END, statistic="sd"),
    ),
    "percentage is not events / n": put(13.5, statistic="pct"),
    "more events than participants": put(41.0, statistic="events"),
    "arms do not add up": put(92.0, paramcd="PARTIC"),
    "implausible growth": put(
        131.4, study_id="SERIES", paramcd="HEIGHT", months=12, statistic="mean"
    ),
    "rate from less than a year": change("months", 6.0, **SERIES_END),
    "period not stated": change("months", np.nan, study_id="REVIEW"),
    # The printed means differ by −0.31.
    "difference is not that of the means": put(-0.02, **NEW_MINUS_OLD, statistic="diff"),
    "interval wider than the SDs allow": both(
        put(0.2, **NEW_MINUS_OLD, statistic="diff"),
        put(-1.8, **NEW_MINUS_OLD, statistic="ci_low"),
        put(2.2, **NEW_MINUS_OLD, statistic="ci_high"),
    ),
}


def test_every_rule_has_a_planted_defect() -> None:
    assert set(PLANTED) == {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", PLANTED)
def test_finds_one_planted_defect(rule: str) -> None:
    findings = audit_ledger(PLANTED[rule](clean_ledger()))
    assert rule in {finding.rule for finding in findings}
    for finding in findings:
        assert finding.sentence
        assert finding.action
        assert finding.study_ids
        assert finding.result_ids


def test_rounding_is_no_defect() -> None:
    # 9.51 − 3.12 = 6.39; 6.4 agrees to the decimal that is printed.
    assert not audit_ledger(put(6.4, **CHANGE)(clean_ledger()))
    # 5 of 40 is 12.5 %; printed without decimals it is 13 % by half away from zero.
    assert not audit_ledger(put(13, statistic="pct")(clean_ledger()))


def test_what_covariates_would_have_to_explain_by_hand() -> None:
    """A second planted twin: SDs 2.0 and 2.1 in 40 and 42, interval of ± 0.75 about 0.1."""
    planted = both(
        put(0.1, **NEW_MINUS_OLD, statistic="diff"),
        put(-0.65, **NEW_MINUS_OLD, statistic="ci_low"),
        put(0.85, **NEW_MINUS_OLD, statistic="ci_high"),
    )(clean_ledger())
    [finding] = [f for f in audit_ledger(planted) if f.rule.startswith("difference is not")]
    pooled = ((39 * 2.0**2 + 41 * 2.1**2) / 80) ** 0.5
    residual = 0.75 / stats.t.ppf(0.975, 80) / (1 / 40 + 1 / 42) ** 0.5
    share = round(100 * (1 - (residual / pooled) ** 2))
    assert f"explain {share}\u202f% of the variance" in finding.sentence
    assert "9.51 − 9.82 = −0.31" in finding.sentence
    # An adjusted mean is another quantity than an observed one, and no difference of the two.
    adjusted = change("model", "adjusted", study_id="TRIAL", months=12, statistic="mean")
    assert not [
        f for f in audit_ledger(adjusted(planted)) if f.rule.startswith("difference is not")
    ]


def test_arms_of_two_indications_may_spread_unlike() -> None:
    wide = put(9.9, **NEW_END, statistic="sd")(clean_ledger())
    assert "SDs unlike between arms" in {f.rule for f in audit_ledger(wide)}
    arms = wide.arms.copy()
    arms.loc[(arms["study_id"] == "TRIAL") & (arms["arm_id"] == "new"), "indication"] = "TS"
    apart = audit_ledger(replace(wide, arms=arms))
    assert "SDs unlike between arms" not in {f.rule for f in apart}


@pytest.mark.parametrize(("sd", "found"), [(0.12, True), (0.49, True), (0.5, False), (0.7, False)])
def test_velocities_spread_by_more_than_measuring_heights_does(sd: float, found: bool) -> None:
    """Two heights of SD 0.3 cm make a velocity of SD 0.42; the smallest of the field is 0.7."""
    said = audit_ledger(put(sd, **SERIES_END, statistic="sd")(clean_ledger()))
    assert ("SD too small for children" in {f.rule for f in said}) == found
    assert excluded_results(said).empty
    # Height SDS spreads by less than half an SDS in many a series.
    results = clean_ledger().results.copy()
    results.loc[results["study_id"] == "SERIES", ["unit", "value"]] = ("SDS", 0.3)
    other = audit_ledger(replace(clean_ledger(), results=results))
    assert "SD too small for children" not in {f.rule for f in other}


def test_an_sd_that_is_none_is_used_by_no_summary() -> None:
    planted = put(0.41, **SERIES_END, statistic="sd")(clean_ledger())
    arms = pd.DataFrame(
        {
            "result_ids": [
                "; ".join(rows["result_id"])
                for _, rows in planted.results[where(planted.results, paramcd="HV", months=12)]
                .query("reference_arm_id == ''")
                .groupby("study_id")
            ],
            "sd": [1.5, 0.41, 2.0],
            "sd_method": "reported",
        },
        index=["REPORT", "SERIES", "TRIAL"],
    )
    kept = without_unusable_sds(arms, planted, audit_ledger(planted))
    assert list(kept["sd"].isna()) == [False, True, False]
    assert kept.loc["SERIES", "sd_method"] == "not used: SD too small for children"
    # An SD derived from a limit is another number than the printed one that the audit refuses.
    derived = arms.assign(sd_method="derived from the SE of the mean")
    assert without_unusable_sds(derived, planted, audit_ledger(planted))["sd"].notna().all()


def test_growth_at_the_bound_is_possible() -> None:
    tall = {"study_id": "SERIES", "paramcd": "HEIGHT", "months": 12, "statistic": "mean"}
    assert not audit_ledger(put(121.1, **tall)(clean_ledger()))
    shrunk = audit_ledger(put(100.0, **tall)(clean_ledger()))
    assert {finding.rule for finding in shrunk} == {"implausible growth"}
