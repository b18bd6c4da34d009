"""The index of methods is whole and true, and its short forms are what the functions take."""

import inspect

import pandas as pd
import pytest

from analysis import paths, stats
from analysis.errors import UserError
from analysis.stats import covariance_structures, methods
from analysis.stats._words import meant, plain, rows, short_forms
from analysis.stats.boundaries import PARAMETERS, SHAPES, SPENDING
from analysis.stats.index import COLUMNS, methods_page

FRAME = pd.DataFrame({"arm": list("PPPPTTTT") * 2, "id": [*range(8)] * 2, "week": [4] * 8 + [8] * 8,
                      "y": [1.0, 3, 2, 4, 3, 5, 4, 7, 2, 3, 3, 6, 5, 5, 7, 8]})  # fmt: skip
FIRST = FRAME[FRAME.week == 4]
ONE = {"response": "y", "factors": ["arm"]}
STUDIES = ([0.2, 0.6, 0.7], [0.3, 0.3, 0.4])
META = {"method": "reml", "interval": "normal", "prediction_df": "k-2", "level": 0.95}
COUNTS = (5, 9, 3, 8)
STRATA = ([5, 3], [9, 8], [3, 2], [8, 7])


def ancova(**option: str) -> object:
    return stats.fit_ancova(FIRST, **ONE, **({"std_errors": "model"} | option))


def marginal(**option: str) -> object:
    given = {"reference": "P", "measure": "difference", "variance": "unconditional", "level": 0.95}
    return stats.marginal_effects(ancova(), "arm", **(given | option))


def mmrm(**option: str) -> object:
    # Kenward and Roger's method is for model-based errors of the restricted likelihood
    df_method = "bw" if {"estimation", "std_errors"} & set(option) else "kr"
    given = {"structure": "us", "df_method": df_method} | option
    return stats.fit_mmrm(
        FRAME, response="y", factors=["arm", "week"], subject="id", visit="week", **given
    )


def imputed(**option: str) -> object:
    data = stats.prepare_imputation(
        FRAME, response="y", subject="id", visit="week", arm="arm", visits=[4, 8],
        covariance="pooled",
    )  # fmt: skip
    return stats.impute_reference_based(data, reference="P", n_imputations=2, seed=1, **option)


def conditional(**option: str) -> object:
    return stats.impute_conditional_means(
        FRAME, response="y", subject="id", visit="week", arm="arm", reference="P", visits=[4, 8],
        structure="us", weights="equal", **option,
    )  # fmt: skip


def cox(**option: str) -> object:
    frame = FIRST.assign(had=[1, 1, 0, 1, 1, 0, 1, 1])
    return stats.fit_cox(
        frame, time="y", event="had", factors="arm", **({"ties": "efron"} | option)
    )


def responses(**option: str) -> object:
    frame = pd.DataFrame({"arm": list("PPPPTTTT"), "y": [1, 0, 1, None, 1, 1, 0, None]})
    given = {"method": "mar"} | option
    return stats.impute_binary(
        frame, response="y", event=1, arm="arm", n_imputations=50, seed=2,
        reference="P" if given["method"].lower() not in {"mar", "missing at random"} else None,
        **given,
    )  # fmt: skip


def means(**option: str) -> object:
    return stats.difference_of_means(
        mean_test=1, sd_test=1, n_test=5, mean_reference=0, sd_reference=1, n_reference=5,
        level=0.95, **option,
    )  # fmt: skip


PROPORTIONS = {
    "n_test": 20, "n_reference": 20, "proportion_test": 0.6, "proportion_reference": 0.5,
    "alpha": 0.05,
}  # fmt: skip


def bounds(boundary: str) -> object:
    with_parameter = meant("boundary", boundary, (*SHAPES, *SPENDING)) in PARAMETERS
    return stats.design_group_sequential(
        2, boundary=boundary, alpha=0.025, power=0.8, parameter=1 if with_parameter else None
    )


CALLS = {
    "fit_ancova": ancova,
    "fit_mmrm": mmrm,
    "marginal_effects": marginal,
    "ls_means": lambda **o: stats.ls_means(ancova(), "arm", level=0.95, **o),
    "contrast_reference": lambda **o: stats.contrast_reference(
        ancova(), "arm", reference="P", weights="equal", level=0.95, **o
    ),
    "contrast_pairwise": lambda **o: stats.contrast_pairwise(
        ancova(), "arm", weights="equal", level=0.95, **o
    ),
    "adjust_p_values": lambda **o: stats.adjust_p_values([0.01, 0.04], **o),
    "adjust_by_families": lambda **o: stats.adjust_by_families(
        [[0.01, 0.04], [0.02]], methods="bonferroni", **o
    ),
    "impute_reference_based": imputed,
    "impute_conditional_means": conditional,
    "difference_of_means": means,
    "impute_binary": responses,
    "pool_binary": lambda **o: stats.pool_binary(
        stats.impute_binary(
            pd.DataFrame({"arm": list("PPPTTT"), "y": [1, 0, 1, 1, 1, 0]}),
            response="y",
            event=1,
            arm="arm",
            method="mar",
            n_imputations=2,
            seed=1,
        ),
        arm="T",
        reference="P",
        level=0.95,
        **o,
    ),
    "estimate_proportion": lambda **o: stats.estimate_proportion(5, 9, level=0.95, **o),
    "risk_difference": lambda **o: stats.risk_difference(*COUNTS, level=0.95, **o),
    "risk_ratio": lambda **o: stats.risk_ratio(*COUNTS, level=0.95, **o),
    "odds_ratio": lambda **o: stats.odds_ratio(*COUNTS, level=0.95, **o),
    "exact_test": lambda **o: stats.exact_test(*COUNTS, alternative="two-sided", **o),
    "stratified_risk_difference": lambda **o: stats.stratified_risk_difference(
        *STRATA, level=0.95, **({"weights": "cmh"} | o)
    ),
    "mantel_haenszel_rates": lambda **o: stats.mantel_haenszel_rates(
        *STRATA, correction=False, level=0.95, **o
    ),
    "mantel_haenszel": lambda **o: stats.mantel_haenszel(
        *STRATA, correction=False, level=0.95, **o
    ),
    "estimate_rate": lambda **o: stats.estimate_rate(5, 9, level=0.95, per=1, **o),
    "rate_difference": lambda **o: stats.rate_difference(*COUNTS, level=0.95, per=1, **o),
    "rate_ratio": lambda **o: stats.rate_ratio(*COUNTS, level=0.95, **o),
    "kaplan_meier": lambda **o: stats.kaplan_meier([1, 2, 3], [1, 0, 1], level=0.95, **o),
    "fit_cox": cox,
    "check_proportional_hazards": lambda **o: stats.check_proportional_hazards(
        cox(), alpha=0.05, **o
    ),
    "cumulative_incidence": lambda **o: stats.cumulative_incidence(
        [1, 2, 3], [1, 0, 1], [0, 1, 0], level=0.95, **o
    ),
    "meta_analysis": lambda **o: stats.meta_analysis(*STUDIES, **(META | o)),
    "power_proportions": lambda **o: stats.power_proportions(
        **PROPORTIONS, margin=0.2, direction="higher", **o
    ),
    "power_proportions_equivalence": lambda **o: stats.power_proportions_equivalence(
        **PROPORTIONS, margins=(-0.3, 0.3), **o
    ),
    "design_group_sequential": bounds,
    "plan_blinded_reestimation": lambda **o: stats.plan_blinded_reestimation(
        n_first=10,
        n_least=20,
        n_most=40,
        power=0.8,
        difference=0,
        margin=1,
        direction="higher",
        alpha=0.05,
        allocation=1,
        adjust=False,
        **o,
    ),
}
"""How each function with options is called, but for the option of a row."""

OPTIONS = [row for row in rows() if row["option"]]


def test_every_public_function_has_its_row() -> None:
    assert {row["function"] for row in rows()} == set(stats.__all__)


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['function']}-{row['value']}")
def test_every_row_is_whole(row: dict[str, str]) -> None:
    assert callable(getattr(stats, row["function"]))
    for name in ("method", "purpose", "convention", "reference"):
        assert row[name], name
    assert row["function"] in methods(row["method"])["call"].str.partition("(")[0].tolist()


@pytest.mark.parametrize("row", OPTIONS, ids=lambda row: f"{row['function']}-{row['value']}")
def test_every_option_is_taken_and_so_is_each_short_form(row: dict[str, str]) -> None:
    call = CALLS[row["function"]]
    assert row["option"] in inspect.signature(getattr(stats, row["function"])).parameters
    whole = call(**{row["option"]: row["value"]})
    words = [each for each in row["short"].split(";") if each.strip()]
    for word in [row["value"].upper(), row["value"].replace("-", " "), *words]:
        assert repr(call(**{row["option"]: word.strip()})) == repr(whole), word


@pytest.mark.parametrize(
    ("function", "option", "word", "given"),
    [
        ("summarise", "quantile_method", "LINEAR", {"values": [1.0, 2, 3, 9], "level": 0.95}),
        ("power_noninferiority", "direction", "Lower",
         {"n_test": 9, "n_reference": 9, "sd": 1, "difference": 0.2, "margin": 1, "alpha": 0.05}),
        ("sample_size_noninferiority", "direction", "LOWER",
         {"power": 0.8, "sd": 1, "difference": 0.2, "margin": 1, "alpha": 0.05, "allocation": 1,
          "dropout": 0}),
    ],
)  # fmt: skip
def test_capitals_matter_nowhere(function: str, option: str, word: str, given: dict) -> None:
    call = getattr(stats, function)
    assert repr(call(**given, **{option: word})) == repr(call(**given, **{option: word.lower()}))


def test_a_verdict_by_any_capitals() -> None:
    d = stats.difference_from_estimate(-0.5, 0.2, df=30, level=0.95)
    for judge in (stats.noninferiority, stats.superiority):
        assert judge(d, margin=1, direction="Lower") == judge(d, margin=1, direction="lower")


def test_a_short_form_means_one_choice_of_each_function() -> None:
    places: dict[tuple[str, str], set[str]] = {}
    for row in OPTIONS:
        for word in (row["value"], *short_forms(row["value"])):
            key = (row["function"] + row["option"], plain(word))
            places.setdefault(key, set()).add(row["value"])
    # a full word goes before a short form of another
    whole = {(row["function"] + row["option"], plain(row["value"])) for row in OPTIONS}
    assert not {key: found for key, found in places.items() if len(found) > 1 and key not in whole}


def test_all_boundaries_are_there() -> None:
    listed = {row["value"] for row in OPTIONS if row["option"] == "boundary"}
    assert listed == {*SHAPES, *SPENDING}


def test_all_covariance_structures_and_df_are_there() -> None:
    listed = {row["value"] for row in OPTIONS if row["option"] == "structure"}
    assert listed == set(covariance_structures.STRUCTURES)


@pytest.mark.parametrize(
    ("word", "function"),
    [
        ("miettinen", "risk_difference"),
        ("Miettinen–Nurminen", "risk_difference"),
        ("KENWARD ROGER", "fit_mmrm"),
        ("non-inferiority", "noninferiority"),
        ("noninferiority", "power_noninferiority"),
        ("TOST", "equivalence"),
        ("Clopper Pearson", "estimate_proportion"),
        ("Der Simonian Laird", "meta_analysis"),
        ("hksj", "meta_analysis"),
        ("J2R", "impute_reference_based"),
        ("Rubin’s rules", "pool_rubin"),
        ("tipping-point", "tipping_point"),
        ("CMH", "mantel_haenszel"),
        ("Cochran–Mantel–Haenszel", "mantel_haenszel"),
        ("general association", "general_association"),
        ("g-computation", "marginal_effects"),
        ("profile likelihood", "fit_logistic"),
        ("LMS", "lms_z_score"),
        ("Satterthwaite", "fit_mmrm"),
        ("emmeans", "ls_means"),
        ("hommel", "adjust_p_values"),
        ("Kaplan Meier", "kaplan_meier"),
        ("Bucher", "network_meta_analysis"),
        ("hazard ratio", "fit_cox"),
        ("competing risks", "cumulative_incidence"),
        ("Schoenfeld", "check_proportional_hazards"),
        ("Schoenfeld", "power_events"),
        ("Farrington Manning", "sample_size_proportions"),
        ("Lan-DeMets", "design_group_sequential"),
        ("O’Brien Fleming", "design_group_sequential"),
        ("internal pilot", "plan_blinded_reestimation"),
        ("probability of success", "assurance_noninferiority"),
    ],
)
def test_the_fields_names_are_found(word: str, function: str) -> None:
    found = methods(word)
    assert list(found.columns) == list(COLUMNS)
    assert function in found["call"].str.partition("(")[0].tolist()
    assert len(found) < len(methods())


@pytest.mark.parametrize(
    ("word", "near"), [("mietinen", "miettinen"), ("kenwrd", "Ken"), ("zzzz", r"methods\(\)")]
)
def test_a_word_that_meets_nothing_names_the_nearest(word: str, near: str) -> None:
    with pytest.raises(UserError, match=near):
        methods(word)


@pytest.mark.parametrize("word", [None, 3, ["holm"]])
def test_what_is_no_word(word: object) -> None:
    with pytest.raises(UserError, match="takes a word"):
        methods(word)  # type: ignore[arg-type]


def test_an_unknown_option_names_the_choices_and_the_nearest() -> None:
    with pytest.raises(UserError, match=r"one of fixed, reml, not 'remel'; did you mean 'reml'\?"):
        meant("method", "remel", ["fixed", "reml"])
    with pytest.raises(UserError, match="not None"):
        meant("method", None, ["fixed", "reml"])


def test_the_page_is_what_the_table_gives() -> None:
    page = (paths.ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    assert page == methods_page(), "write docs/methods.md anew from methods_page()"
