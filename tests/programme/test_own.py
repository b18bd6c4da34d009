"""The product's own single arms, for any product of the ledger."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis import programme
from analysis.display.page import views_of
from analysis.display.reading import Reading
from analysis.programme import ProgrammeParameters, ProgrammeRun
from analysis.programme.own import own_sentences
from analysis.sources.evidence import Ledger


def run_on(ledger: Ledger, product: str = "Valtropin", conf_level: float = 0.95) -> ProgrammeRun:
    parameters = ProgrammeParameters(product=product, conf_level=conf_level)
    return programme.resolve(parameters, ledger, [])


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_intervals_of_the_turner_studies(ledger: Ledger, level: float) -> None:
    own = programme.own_single_arms(run_on(ledger, conf_level=level))
    row = own.select(group1_level="Turner syndrome, Study 2", variable_level="Month 12")
    found = row.wide("stat").iloc[0]
    # Korean Eutropin study: n 50, 7.1 (1.9).
    expected = stats.t.interval(level, 49, 7.1, 1.9 / 50**0.5)
    assert (found["conf.low"], found["conf.high"]) == pytest.approx(expected, rel=1e-12)


def test_an_inferred_identity_is_said_and_a_known_one_is_not(ledger: Ledger) -> None:
    own = programme.own_single_arms(run_on(ledger))
    first, second = own_sentences(own)
    assert "inferred" not in first
    assert "Eutropin, Korea (Turner), is of this study is inferred" in second
    sure = ledger.identities.assign(basis="stated")
    own = programme.own_single_arms(run_on(replace(ledger, identities=sure)))
    assert "inferred" not in " ".join(own_sentences(own))


def test_every_single_arm_of_every_product(ledger: Ledger) -> None:
    described = ledger.described()
    velocity = described[
        (described["paramcd"] == "HV") & (described["statistic"] == "mean")
        & described["months"].isin([0, 12]) & (described["role"] == "single")
        & (described["evidence"] != "note") & (described["reference_arm_id"] == "")
    ]  # fmt: skip
    taken = set(ledger.identities.query("study_id == 'NOTE-T2-TS'")["same_as_study_id"])
    for product, rows in velocity.groupby("product"):
        own = programme.own_single_arms(run_on(ledger, product))
        expected = {f"{row.label}, {row.arm}" for row in rows.itertuples()
                    if row.study_id not in taken or product != "Valtropin"}  # fmt: skip
        assert expected <= set(own.frame["group1_level"])
        for sentence in own_sentences(own):
            assert "nan" not in sentence


def test_a_study_whose_report_is_gone_is_not_estimable(ledger: Ledger) -> None:
    gone = replace(ledger, results=ledger.results[ledger.results["study_id"] != "VALT-TS-2004"])
    run = run_on(gone)
    [first, *_] = own_sentences(programme.own_single_arms(run))
    assert first.startswith("Turner syndrome, Study 1: not estimable; a report of its growth: ")
    assert "not found in the searches of" in first
    [figure] = views_of(programme.own_single_arms, run)
    assert figure.text()


def test_a_product_without_a_single_arm(ledger: Ledger) -> None:
    run = run_on(ledger, "somavaratan")
    own = programme.own_single_arms(run)
    assert not len(own)
    assert isinstance(views_of(programme.own_single_arms, run)[0], Reading)
    assert own_sentences(own) == []


def test_an_inferred_identity_is_said_in_the_figure(ledger: Ledger) -> None:
    [figure] = views_of(programme.own_single_arms, run_on(ledger))
    assert "Study 2 (identity inferred)" in figure.alt
    assert "Study 1 (identity" not in figure.alt
    sure = ledger.identities.assign(basis="named in both reports")
    [figure] = views_of(programme.own_single_arms, run_on(replace(ledger, identities=sure)))
    assert "identity" not in figure.alt


def test_means_are_never_pooled_or_rounded_here(ledger: Ledger) -> None:
    own = programme.own_single_arms(run_on(ledger))
    means = own.select(stat_name="mean").frame["stat"].astype(float)
    printed = ledger.results.query("paramcd == 'HV' and statistic == 'mean'")["value"]
    assert np.isin(means, printed).all()
