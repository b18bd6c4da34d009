"""The product's own single arms, for any product of the ledger."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import programme
from analysis.display import programme as show
from analysis.display.reading import Reading
from analysis.results import Results
from analysis.sources.evidence import Ledger


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_intervals_of_the_turner_studies(ledger: Ledger, level: float) -> None:
    own = programme.own_single_arms(ledger, product="Valtropin", conf_level=level)
    row = own.select(group1_level="Turner syndrome, Study 2", variable_level="Month 12")
    found = row.wide("stat").iloc[0]
    # Korean Eutropin study: n 50, 7.1 (1.9).
    expected = stats.t.interval(level, 49, 7.1, 1.9 / 50**0.5)
    assert (found["conf.low"], found["conf.high"]) == pytest.approx(expected, rel=1e-12)


def test_an_inferred_identity_is_said_and_a_known_one_is_not(ledger: Ledger) -> None:
    own = programme.own_single_arms(ledger, product="Valtropin", conf_level=0.95)
    first, second = show.own_sentences(own)
    assert "inferred" not in first
    assert "Eutropin, Korea (Turner), is of this study is inferred" in second
    sure = ledger.identities.assign(basis="stated")
    own = programme.own_single_arms(
        replace(ledger, identities=sure), product="Valtropin", conf_level=0.95
    )
    assert "inferred" not in " ".join(show.own_sentences(own))


def test_every_single_arm_of_every_product(ledger: Ledger) -> None:
    described = ledger.described()
    velocity = described[
        (described["paramcd"] == "HV") & (described["statistic"] == "mean")
        & described["months"].isin([0, 12]) & (described["role"] == "single")
        & (described["evidence"] != "note") & (described["reference_arm_id"] == "")
    ]  # fmt: skip
    taken = set(ledger.identities.query("study_id == 'NOTE-T2-TS'")["same_as_study_id"])
    for product, rows in velocity.groupby("product"):
        own = programme.own_single_arms(ledger, product=product, conf_level=0.95)
        expected = {f"{row.label}, {row.arm}" for row in rows.itertuples()
                    if row.study_id not in taken or product != "Valtropin"}  # fmt: skip
        assert expected <= set(own.frame["group1_level"])
        for sentence in show.own_sentences(own):
            assert "nan" not in sentence


def test_a_study_whose_report_is_gone_is_not_estimable(ledger: Ledger) -> None:
    gone = replace(ledger, results=ledger.results[ledger.results["study_id"] != "VALT-TS-2004"])
    own = programme.own_single_arms(gone, product="Valtropin", conf_level=0.95)
    [first, *_] = show.own_sentences(own)
    assert first.startswith("Turner syndrome, Study 1: not estimable; a report of its growth: ")
    assert "not found in the searches of" in first
    assert show.own_growth_figure(own).text()


def test_a_product_without_a_single_arm(ledger: Ledger) -> None:
    own = programme.own_single_arms(ledger, product="somavaratan", conf_level=0.95)
    assert not len(own)
    assert isinstance(show.own_growth_figure(own), Reading)
    assert show.own_sentences(own) == []


def test_the_answer_holds_what_it_is_given(ledger: Ledger) -> None:
    own = programme.own_single_arms(ledger, product="Valtropin", conf_level=0.95)
    counted = pd.DataFrame({"group1_level": ["error", "all"], "n": [3, 8]})
    from analysis.results import Stat, from_frame

    severities = from_frame(
        counted, {"n": Stat("n", "Count", 0)}, analysis_id="x", context="y",
        data_status="published",
    )  # fmt: skip
    said = show.answer(["The contrast."], Results(), own, severities).text()
    assert said.index("The contrast.") < said.index("Study 1") < said.index("eight findings")
    assert "three of them" in said
    none = severities.select(group1_level="all")
    assert "none of them" in show.answer([], Results(), own, none).text()


def test_means_are_never_pooled_or_rounded_here(ledger: Ledger) -> None:
    own = programme.own_single_arms(ledger, product="Valtropin", conf_level=0.95)
    means = own.select(stat_name="mean").frame["stat"].astype(float)
    printed = ledger.results.query("paramcd == 'HV' and statistic == 'mean'")["value"]
    assert np.isin(means, printed).all()
