"""Models beside the plan's own: standardisation, and the baseline as a response."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.comparisons import comparisons
from analysis.efficacy.constrained import constrained
from analysis.efficacy.robustness import robustness
from analysis.efficacy.sensitivity.continuous import SENSITIVITIES
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.efficacy.standardised import standardised
from analysis.errors import UserError
from analysis.sources.trial.trial import load_trial
from analysis.sources.trial.trial_folder import TRIALS
from analysis.stats import fit_mmrm

CONSTRAINED, STANDARDISED = "constrained longitudinal model", "standardisation"


def run_of(trial: str, **changes: object) -> Settings:
    return resolve(ControlledParameters.checked({"trial": trial, "imputations": 2, **changes}))


@pytest.fixture(scope="module")
def ghd() -> Settings:
    return run_of("ghd")


@pytest.fixture(scope="module")
def pilot() -> Settings:
    return run_of("cdisc-pilot")


def with_table(run: Settings, name: str, change) -> Settings:
    tables = {**run.trial.tables, name: change(run.trial.tables[name])}
    return replace(run, trial=replace(run.trial, tables=tables))


# R ---------------------------------------------------------------------------------------------


def test_the_pilots_constrained_model_as_r_fits_it(pilot: Settings) -> None:
    """R 4, a REML fit of our own by Fisher scoring, Kenward and Roger by their formulas.

    Values of ACTOT, the baseline as visit V0: 773 records of 234. X = model.matrix(~ AVISIT +
    SITEGR1 + SITEGR1:before + one indicator an active arm and visit after V0).
    """
    expected = {
        "Xanomeline High Dose": (-0.8160704356, 1.0679437302, 168.4459678578),
        "Xanomeline Low Dose": (-0.5951562777, 1.0199211486, 167.1371217414),
    }
    for each in comparisons(pilot):
        found, rests_on = constrained(each)
        numbers = found.estimate, found.std_error, found.df
        assert numbers == pytest.approx(expected[each.treatment], rel=5e-9)
        assert rests_on == "n 234, 773 records with the baselines, unstructured"


@pytest.mark.parametrize(
    ("trial", "arm", "expected"),
    [
        ("cdisc-pilot", "Xanomeline High Dose",
         (-0.9838672055, 0.7868515600, -2.5260679243, 0.5583335133)),
        ("cdisc-pilot", "Xanomeline Low Dose",
         (-0.3536069306, 0.8293988952, -1.9791988940, 1.2719850329)),
        ("ghd", "Valtropin", (0.1061419556, 0.3952983260, -0.6686285264, 0.8809124376)),
    ],
)  # fmt: skip
def test_the_standardised_difference_as_r_gives_it(
    trial: str, arm: str, expected: tuple[float, ...], request: pytest.FixtureRequest
) -> None:
    """R 4: mu <- predict(lm(response ~ strata + covariates, one arm), everybody); m <- mean.

    V <- (diag((var_t(y) + var(mu_t) - 2 cov_t(y, mu_t)) / pi_t) + C + t(C) - cov(mu)) / n, as
    RobinCar2 has it, with qnorm limits.
    """
    run = request.getfixturevalue({"cdisc-pilot": "pilot"}.get(trial, trial))
    found, _ = standardised(replace(run, treatment=arm))
    numbers = found.estimate, found.std_error, found.lower, found.upper
    assert numbers == pytest.approx(expected, abs=1e-9)
    assert found.df == np.inf


# On the pages -----------------------------------------------------------------------------------


def test_both_stand_in_the_robustness_of_every_comparison(ghd: Settings, pilot: Settings) -> None:
    for run in (ghd, pilot):
        found = robustness(run)
        rows = found.wide("stat").assign(standing=found.wide()["standing"])
        for word, analyse in ((CONSTRAINED, constrained), (STANDARDISED, standardised)):
            own = rows[rows["group1_level"] == SENSITIVITIES[word].label]
            assert own["standing"].tolist() == ["further"] * len(comparisons(run))
            expected = [analyse(each)[0].estimate for each in comparisons(run)]
            assert own["estimate"].tolist() == pytest.approx(expected, rel=1e-12)


def test_a_plan_can_name_them(tmp_path: Path) -> None:
    shutil.copytree(TRIALS / "ghd", tmp_path / "ghd")
    path = tmp_path / "ghd" / "trial.yml"
    text = path.read_text(encoding="utf-8")
    old = 'sensitivity: ["per protocol", "multiple imputation", "tipping point", "MMRM"]'
    assert old in text
    new = f'sensitivity: ["{STANDARDISED}", "{CONSTRAINED}"]'
    path.write_text(text.replace(old, new), encoding="utf-8")
    run = resolve(
        ControlledParameters.checked({"trial": str(path.parent), "imputations": 2}),
        load_trial(path.parent),
    )
    rows = robustness(run).wide().set_index("group1_level")
    for word in (STANDARDISED, CONSTRAINED):
        assert rows.loc[SENSITIVITIES[word].label, "standing"] == "planned"


# What they are ----------------------------------------------------------------------------------


def test_who_has_a_baseline_alone_counts(ghd: Settings) -> None:
    _, rests_on = constrained(ghd)
    seen = analysis_data(ghd, visits=True)
    endpoint = ghd.endpoint
    everybody = ghd.trial.records(
        endpoint.dataset, population=ghd.population, paramcd=endpoint.paramcd
    )["USUBJID"].nunique()
    alone = everybody - seen["USUBJID"].nunique()
    records = seen["AVAL"].notna().sum() + everybody
    assert rests_on == (
        f"n {everybody}, {alone} with the baseline alone, {records} records with the baselines, "
        "unstructured"
    )


def test_the_difference_of_values_is_that_of_changes(ghd: Settings) -> None:
    change = ghd.endpoint.model_copy(update={"value": "CHG"})
    one, other = (constrained(each)[0] for each in (ghd, replace(ghd, endpoint=change)))
    assert one == other


def test_without_missing_values_it_is_the_mixed_model_with_the_baseline_as_covariate(
    ghd: Settings,
) -> None:
    """The same terms crossed with visit, participants with every visit: equal estimates."""
    data = analysis_data(ghd, visits=True)
    whole = data.groupby("USUBJID")["response"].count()
    kept = whole.index[whole == whole.max()]
    run = replace(
        with_table(ghd, "adgr", lambda table: table[table["USUBJID"].isin(kept)]), strata=()
    )
    mixed = fit_mmrm(
        data[data["USUBJID"].isin(kept)], response="response", subject="USUBJID", visit="AVISIT",
        factors=["arm", "AVISIT"], covariates=["BASE", "AGE", "PEAKGH"],
        interactions=[(name, "AVISIT") for name in ("arm", "BASE", "AGE", "PEAKGH")],
        visits=["Month 3", "Month 6", "Month 9", "Month 12"], structure="us", df_method="kr",
    ).contrast("arm", reference=ghd.reference, by="AVISIT", weights="equal", level=0.95,
               adjust="none")  # fmt: skip
    assert constrained(run)[0].estimate == pytest.approx(mixed[-1].estimate, rel=1e-6)


def test_what_is_standardised_says_how_much_it_asks_of_an_arm(pilot: Settings) -> None:
    """Eleven pooled sites and the baseline; of the efficacy population 79, 81 and 74."""
    assert standardised(pilot)[1].startswith("n 234; 12 coefficients an arm, of at least 74 part")


def test_standardising_over_nothing_is_the_raw_difference(ghd: Settings) -> None:
    bare = replace(ghd, covariates=(), strata=())
    found, raw = standardised(bare)[0], SENSITIVITIES["unadjusted"].analyse(bare).interval
    assert found.estimate == pytest.approx(raw.estimate, rel=1e-12)
    assert found.std_error == pytest.approx(raw.std_error, rel=1e-12)


@pytest.mark.parametrize("analyse", [constrained, standardised])
def test_swapped_arms_turn_the_sign(ghd: Settings, analyse) -> None:
    one = analyse(ghd)[0]
    other = analyse(replace(ghd, treatment=ghd.reference, reference=ghd.treatment))[0]
    assert (-other.upper, -other.lower) == pytest.approx((one.lower, one.upper), rel=1e-9)


# Where they cannot be ---------------------------------------------------------------------------


def test_a_constrained_model_needs_a_baseline_on_its_own_scale(
    ghd: Settings, pilot: Settings
) -> None:
    bare = replace(ghd, covariates=("AGE",))
    without = with_table(bare, "adgr", lambda table: table.drop(columns="BASE"))
    with pytest.raises(UserError, match="adgr has no BASE, so there is no baseline that could"):
        constrained(without)
    empty = with_table(bare, "adgr", lambda table: table.assign(BASE=np.nan))
    with pytest.raises(UserError, match="no analysed subject has a value of 'BASE'"):
        constrained(empty)
    share = pilot.endpoint.model_copy(update={"value": "PCHG"})
    with pytest.raises(UserError, match=r"on the scale of its baseline, AVAL or CHG, and .* PCHG"):
        constrained(replace(pilot, endpoint=share))


def test_a_stratum_that_an_arm_lacks_has_no_standardised_difference(ghd: Settings) -> None:
    girls = ghd.trial.tables["adsl"].loc[lambda table: table["SEX"] == "F", "USUBJID"]

    def boys_only(table):
        reference = table["TRTP"] == ghd.reference
        return table[~(reference & table["USUBJID"].isin(girls))]

    run = with_table(ghd, "adgr", boys_only)
    with pytest.raises(UserError, match="'arm:SEX' has 1 empty cells"):
        standardised(run)
    assert np.isfinite(constrained(run)[0].estimate)


def test_an_arm_that_nobody_is_in_is_named(pilot: Settings) -> None:
    gone = with_table(pilot, "adadas", lambda table: table[table["TRTP"] != pilot.treatment])
    for analyse in (constrained, standardised):
        with pytest.raises(UserError, match="no participant of arm 'Xanomeline High Dose' has"):
            analyse(gone)
