"""Response is a change in height SDS, found by what it is; its definitions have their sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import pandas as pd
import pytest

from analysis.display.page import views_of
from analysis.efficacy import growth_response, response_definitions, single_arm_growth
from analysis.efficacy.response import grown
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.efficacy.single_arm_settings import SingleArmParameters
from analysis.efficacy.single_arm_settings import resolve as resolve_single
from analysis.errors import UserError
from analysis.results import reason_of
from analysis.sources.evidence import load_ledger
from analysis.sources.indications import indication_of
from analysis.sources.response_thresholds import ResponseThreshold, published_thresholds
from analysis.sources.trial.plan_endpoint import Endpoint

VISIT = "Month 12"


@pytest.fixture(scope="module")
def ghd() -> Settings:
    return resolve(ControlledParameters(trial="ghd"))


@pytest.fixture(scope="module")
def turner() -> Settings:
    return resolve_single(SingleArmParameters(trial="turner-1"))


def altered(run: Settings, plan: dict[str, Any] | None = None, **tables: pd.DataFrame) -> Settings:
    trial = run.trial
    trial = replace(trial, plan=trial.plan.model_copy(update=plan or {}))
    return replace(run, trial=replace(trial, tables={**trial.tables, **tables}))


def reordered(run: Settings, secondary: Sequence[Endpoint], **tables: pd.DataFrame) -> Settings:
    endpoints = run.trial.plan.endpoints.model_copy(update={"secondary": tuple(secondary)})
    return altered(run, {"endpoints": endpoints}, **tables)


def sds_change(table: str, paramcd: str) -> Endpoint:
    return Endpoint(
        name=f"Change in {paramcd}", dataset=table, paramcd=paramcd, visit=VISIT, value="CHG",
        unit="SDS", direction="higher",
    )  # fmt: skip


def measured_too(run: Settings, paramcd: str, param: str) -> dict[str, pd.DataFrame]:
    """Return the table of growth with one more SDS, whose change is 9 in everybody."""
    adgr = run.trial.tables["adgr"]
    more = adgr[adgr["PARAMCD"] == "HTSDS"].assign(PARAMCD=paramcd, PARAM=param, CHG=9.0)
    return {"adgr": pd.concat([more, adgr], ignore_index=True)}


def counts(run: Settings) -> list[tuple[Any, ...]]:
    rows = growth_response.responders(run).wide("stat")
    return list(rows[["group1_level", "n", "N"]].itertuples(index=False, name=None))


# Which SDS ----


def test_the_order_of_secondary_endpoints_changes_nothing(ghd: Settings) -> None:
    own = ghd.trial.plan.endpoints.secondary
    sds = [each for each in own if each.unit == "SDS"]
    assert len(sds) > 2
    others = [each for each in own if each.unit != "SDS"]
    expected = counts(ghd)
    for order in permutations(sds):
        assert counts(reordered(ghd, [*order, *others])) == expected
    assert counts(reordered(ghd, ())) == expected


@pytest.mark.parametrize(
    ("paramcd", "param"),
    [
        ("HVSDS", "Height velocity SDS"),
        ("BMISDS", "BMI SDS"),
        ("THSDS", "Target height SDS"),
        ("SDS1", "Sitting height SDS"),
    ],
)
def test_another_sds_listed_first_is_not_taken(ghd: Settings, paramcd: str, param: str) -> None:
    first = [sds_change("adgr", paramcd), *ghd.trial.plan.endpoints.secondary]
    assert counts(reordered(ghd, first, **measured_too(ghd, paramcd, param))) == counts(ghd)


def test_igf_sds_listed_first_is_not_taken(ghd: Settings, turner: Settings) -> None:
    igf = sds_change("adlb", "IGFSDS")
    for run in (ghd, turner):
        first = reordered(run, [igf, *run.trial.plan.endpoints.secondary])
        one, other = (grown(each, "height_sds_change") for each in (run, first))
        pd.testing.assert_frame_equal(one.children, other.children)
        assert one.label == other.label


def test_a_role_names_a_parameter_that_no_name_gives_away(ghd: Settings) -> None:
    adgr = ghd.trial.tables["adgr"]
    code, param = adgr["PARAMCD"], adgr["PARAM"]
    hidden = adgr.assign(
        PARAMCD=code.replace("HTSDS", "G07"), PARAM=param.where(code != "HTSDS", "Score")
    )
    growth = ghd.trial.plan.growth
    assert growth is not None
    roles = growth.roles.model_copy(update={"height_sds": "G07"})
    plan = {"growth": growth.model_copy(update={"roles": roles})}
    assert counts(altered(ghd, plan, adgr=hidden)) == counts(ghd)


def test_without_height_sds_they_are_derived_and_said_to_be(ghd: Settings) -> None:
    adgr = ghd.trial.tables["adgr"]
    bare = altered(ghd, adgr=adgr[adgr["PARAMCD"] != "HTSDS"].reset_index(drop=True))
    # Those of the trial stand on the same reference, so they are the same children.
    assert counts(bare) == counts(ghd)
    assert "derived, CDC 2000 stature" in grown(bare, "height_sds_change").label
    undated = altered(bare, adsl=bare.trial.tables["adsl"].drop(columns="BRTHDT"))
    said = reason_of(growth_response.responders.rows(undated))
    assert "height SDS is a variable of ADSL, HTSDSBL, and has no visits" in said
    assert "ADSL has no BRTHDT" in said


def test_of_two_height_sds_the_plan_must_say_which(ghd: Settings) -> None:
    both = altered(ghd, **measured_too(ghd, "HAZ", "Height z-score"))
    said = reason_of(growth_response.responders.rows(both))
    assert "ADGR.HAZ, ADGR.HTSDS; name the one that is meant in growth.roles.height_sds" in said


def test_nobody_measured_is_no_count_of_zero(ghd: Settings) -> None:
    later = replace(ghd, endpoint=ghd.endpoint.model_copy(update={"visit": "Month 6"}))
    adgr = later.trial.tables["adgr"]
    at = (adgr["PARAMCD"] == "HTSDS") & (adgr["AVISIT"] == "Month 6")
    with pytest.raises(UserError, match=r"no participant .* has HTSDS .* at Month 6"):
        grown(altered(later, adgr=adgr[~at]), "height_sds_change")


# Published definitions ----


def test_every_published_definition_has_a_source_that_was_read() -> None:
    listed = [each for code in ("GHD", "TS", "SGA", "ISS") for each in published_thresholds(code)]
    assert len(listed) > 10
    for each in listed:
        assert each.citation
        assert each.address.startswith("http")
        assert each.read
        assert each.months == 12


@pytest.mark.parametrize(
    ("results", "measure", "threshold"),
    [
        # What the ledger has of the same definitions, as printed.
        (("R642", "R643"), "height_velocity", "8.0"),
        (("R1200", "R1201", "R1202"), "height_sds_change", "0.41"),
        (("R514", "R515"), "height_velocity_change", "2"),
    ],
)
def test_a_definition_is_the_one_of_the_ledger(
    results: tuple[str, ...], measure: str, threshold: str
) -> None:
    ledger = load_ledger().described().set_index("result_id")
    for row in results:
        own = ledger.loc[row]
        assert threshold in own["endpoint_printed"]
        found = published_thresholds(own["indication"])
        assert (measure, float(threshold)) in {(each.measure, each.threshold) for each in found}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Growth-hormone deficiency", "GHD"), ("GHD", "GHD"), ("Isolated growth hormone deficiency",
        "GHD"), ("Turner syndrome", "TS"), ("TS", "TS"), ("born small for gestational age", "SGA"),
        ("Idiopathic short stature", "ISS"), ("Growth hormone deficiency in adults", "AGHD"),
        ("Alzheimer's disease", ""), ("", ""), ("Iron deficiency", ""), ("Tests", ""),
    ],
)  # fmt: skip
def test_an_indication_in_words(words: str, code: str) -> None:
    assert indication_of(words) == code


def test_the_threshold_itself_counts_or_not_as_its_words_say() -> None:
    def of(comparison: Any) -> ResponseThreshold:
        return ResponseThreshold(
            measure="height_sds_change", comparison=comparison, threshold=0.3, unit="SDS"
        )

    changes = [-2.5 - -2.8, 0.31, 0.29, None]
    assert of("at least").reached(changes).tolist() == [True, True, False, False]
    assert of("above").reached(changes).tolist() == [False, True, False, False]


def test_each_arm_is_counted_by_every_definition(ghd: Settings) -> None:
    found = response_definitions.definitions(ghd).wide("stat")
    assert response_definitions.definitions(ghd).wide()["source.words"].all()
    adgr, adsl = ghd.trial.tables["adgr"], ghd.trial.tables["adsl"]
    last = adgr[(adgr["AVISIT"] == VISIT) & (adgr["ANL01FL"] == "Y") & (adgr["DTYPE"] == "")]
    for words, code, column, limit in (
        ("Change in height SDS", "HTSDS", "CHG", 0.41),
        ("Change in height SDS", "HTSDS", "CHG", 0.5),
        ("Height velocity", "HV", "AVAL", 8),
    ):
        own = found[found["variable"].str.fullmatch(f"{words}.*: at least {limit:g} .*")]
        yes = set(last.loc[(last["PARAMCD"] == code) & (last[column] >= limit), "USUBJID"])
        for arm in (ghd.treatment, ghd.reference):
            members = adsl.query("TRT01P == @arm and FASFL == 'Y'")["USUBJID"]
            row = own[own["group1_level"] == arm].iloc[0]
            assert (row["n"], row["N"]) == (members.isin(yes).sum(), len(members))
            assert row["wilson.low"] < row["estimate"] < row["wilson.high"]
        difference = own[own["group1_level"] == ghd.contrast].iloc[0]
        shares = own.set_index("group1_level")["estimate"]
        expected = shares[ghd.treatment] - shares[ghd.reference]
        assert difference["estimate"] == pytest.approx(expected)


def test_a_threshold_of_the_reader_is_marked_as_own(ghd: Settings) -> None:
    for threshold, words in ((0.37, "this run's own"), (0.5, "this run's own; as in Straetemans")):
        run = replace(ghd, response_threshold=threshold)
        found = response_definitions.definitions(run).wide()
        words_of = f"Change in height SDS.*: at least {threshold:g} SDS"
        own = found[found["variable"].str.fullmatch(words_of)]
        own = own[own["group1_level"] == ghd.treatment]
        assert len(own) == 1
        assert own["source.words"].iloc[0].startswith(words)


def test_the_definitions_are_those_of_the_children(turner: Settings, ghd: Settings) -> None:
    [table] = views_of(response_definitions.definitions, turner)
    assert "Takano 1989" in table.text()
    assert "Straetemans" not in table.text()
    other = altered(ghd, {"indication": "SHOX deficiency"})
    [table] = views_of(response_definitions.definitions, other)
    assert "No published definition is listed for the indication" in table.text()
    assert "this run's own" in table.text()


def test_velocity_sds_are_the_recorded_ones_or_derived(ghd: Settings) -> None:
    derived = grown(ghd, "height_velocity_sds")
    assert "derived, Tanner height velocity" in derived.label
    adgr = ghd.trial.tables["adgr"]
    more = adgr[adgr["PARAMCD"] == "HTSDS"].assign(PARAMCD="HVSDS", PARAM="Height velocity SDS")
    recorded = altered(ghd, adgr=pd.concat([adgr, more.assign(AVAL=0.7)], ignore_index=True))
    found = grown(recorded, "height_velocity_sds")
    assert set(found.children["VALUE"].dropna()) == {0.7}
    assert "derived" not in found.label


def test_a_definition_that_cannot_be_applied_says_why(ghd: Settings) -> None:
    undated = altered(ghd, adsl=ghd.trial.tables["adsl"].drop(columns="BRTHDT"))
    found = response_definitions.definitions(undated).wide()
    velocity = found[found["variable"].str.startswith("Height velocity SDS")]
    assert len(velocity) == 2
    assert velocity["reason"].str.contains("BRTHDT").all()
    half = replace(ghd, endpoint=ghd.endpoint.model_copy(update={"visit": "Month 6"}))
    rows = response_definitions.definitions(half).wide()
    assert "it is for 12 months, and Month 6 is at 6" in set(rows["reason"])
    units = ghd.trial.plan.endpoints.model_copy(
        update={
            "primary": ghd.endpoint.model_copy(update={"unit": "mm/month"}),
            "secondary": (),
        }
    )
    monthly = response_definitions.definitions(altered(ghd, {"endpoints": units})).wide()
    assert "HV of adgr is in mm/month, and not in cm/year" in set(monthly["reason"])


def test_single_arm_thresholds_hold_by_role(turner: Settings) -> None:
    adgr = turner.trial.tables["adgr"]
    code = adgr["PARAMCD"].replace({"HV": "HVEL", "HTSDS": "HSDS"})
    endpoints = turner.trial.plan.endpoints
    primary = endpoints.primary.model_copy(update={"paramcd": "HVEL"})
    renamed = altered(
        turner,
        {"endpoints": endpoints.model_copy(update={"primary": primary, "secondary": ()})},
        adgr=adgr.assign(PARAMCD=code),
    )
    renamed = replace(renamed, endpoint=primary)
    one, other = (single_arm_growth.responders(run).wide("stat") for run in (turner, renamed))
    pd.testing.assert_frame_equal(one[["variable", "n", "N"]], other[["variable", "n", "N"]])
