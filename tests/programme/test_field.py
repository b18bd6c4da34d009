"""The field on the page: what is drawn, what stands in the table, what is left out."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis import programme
from analysis.display import programme as show
from analysis.display.programme_field import CLASS_MARKS
from analysis.programme.field import MOST_DRAWN
from analysis.results import Results
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger
from analysis.sources.schemas import INDICATIONS, PRODUCT_CLASSES


def mapped(ledger: Ledger, findings: list[Finding], product: str, indication: str) -> Results:
    return programme.evidence_map(
        ledger, findings, conf_level=0.95, product=product, indication=indication
    )


def test_the_map_leaves_out_what_the_audit_excludes(
    ledger: Ledger, findings: list[Finding]
) -> None:
    on_map = programme.evidence_map(ledger, findings, conf_level=0.95).frame
    studies = set(on_map["group1_level"])
    assert not {"Genotropin, Taiwan 1992", "Two doses, China"} & studies
    assert not any("Application note" in study for study in studies)
    assert "Jintrolong phase 3, China" not in studies  # 25 weeks
    out = programme.left_out(ledger, findings).wide().set_index("group1_level")["reason"]
    assert "counted twice" in out["Genotropin, Taiwan 1992"]
    assert out["Jintrolong phase 3, China"] == "no value at 12 months"
    assert not set(out.index) & studies


def test_every_growth_study_is_on_the_map_or_explained(
    ledger: Ledger, findings: list[Finding]
) -> None:
    velocity = ledger.described()
    velocity = velocity[
        velocity["paramcd"].isin(["HV", "CHGHV"]) & velocity["statistic"].isin(["mean", "diff"])
    ]
    on_map = programme.evidence_map(ledger, findings, conf_level=0.95).frame["group1_level"]
    explained = programme.left_out(ledger, findings).frame["group1_level"]
    assert set(velocity["label"]) == set(on_map) | set(explained)


def test_one_row_an_arm(ledger: Ledger, findings: list[Finding]) -> None:
    rows = programme.evidence_map(ledger, findings, conf_level=0.95).wide()
    assert not rows.duplicated(["group1_level", "group2_level", "variable_level"]).any()


def test_the_asked_product_and_randomised_arms_are_drawn_first(
    ledger: Ledger, findings: list[Finding]
) -> None:
    rows = mapped(ledger, findings, "Valtropin", "GHD").wide()
    drawn, rest = (rows[rows["place"] == place] for place in ("figure", "table"))
    assert 0 < len(drawn) <= MOST_DRAWN
    assert "Valtropin" not in set(rest["product"])
    in_ghd = rest[rest["variable_level"] == "GHD"]
    assert "randomised" not in set(in_ghd["design"])
    figure = show.evidence_figure(mapped(ledger, findings, "Valtropin", "GHD"), "95 %")
    assert not len(rest) or f"{len(rest)} more arms" in figure.text()


def test_a_small_field_is_drawn_whole(ledger: Ledger, findings: list[Finding]) -> None:
    small = ledger.select(indication="ISS")
    found = mapped(small, findings, "Valtropin", "GHD")
    assert set(found.wide()["place"]) == {"figure"}
    assert "more arms" not in show.evidence_figure(found, "95 %").text()


def test_another_question_draws_other_arms(ledger: Ledger, findings: list[Finding]) -> None:
    rows = mapped(ledger, findings, "somapacitan", "TS").wide()
    drawn = rows[rows["place"] == "figure"]
    assert "somapacitan" in set(drawn["product"])
    randomised = rows[(rows["variable_level"] == "TS") & (rows["design"] == "randomised")]
    assert set(randomised["group1_level"]) <= set(drawn["group1_level"])


def test_every_class_has_a_mark_of_its_own() -> None:
    assert set(CLASS_MARKS) == set(PRODUCT_CLASSES)
    assert len(set(CLASS_MARKS.values())) == len(CLASS_MARKS)


def test_marks_far_outside_are_inside_the_axes(ledger: Ledger, findings: list[Finding]) -> None:
    results = ledger.results.copy()
    fastest = results.query(
        "study_id == 'VALT-TS-2004' and paramcd == 'HV' and months == 12 and statistic == 'mean'"
    )
    results.loc[fastest.index, "value"] = 31.0
    found = mapped(replace(ledger, results=results), findings, "Valtropin", "TS")
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas()
    show.evidence_figure(found, "95 %").draw(canvas, False)
    assert canvas.axes[0].get_xlim()[1] > 31.0


@pytest.mark.parametrize("indication", ["all", *INDICATIONS])
@pytest.mark.parametrize("confidence", ["low", "high"])
def test_every_filter_gives_a_page(
    ledger: Ledger, findings: list[Finding], indication: str, confidence: str
) -> None:
    field = ledger.select(indication=indication, min_confidence=confidence)
    arms = programme.evidence_map(field, findings, conf_level=0.9)
    for shown in (
        show.evidence_figure(arms, "90 %"),
        show.evidence_table(arms),
        show.covariates_table(programme.covariates(field, indication=indication)),
        show.left_out_table(programme.left_out(field, findings)),
        show.margins_table(programme.margins(field)),
        show.sources_table(programme.sources(field)),
        show.rules_table(programme.audit_rules(findings, field)),
        show.findings_table(programme.audit_findings(findings, field), "warning"),
    ):
        assert shown.text()
    assert indication == "all" or set(arms.frame["variable_level"]) <= {indication}


def test_rules_without_findings_are_shown_too(ledger: Ledger, findings: list[Finding]) -> None:
    rules = programme.audit_rules([], ledger).wide()["n"]
    assert set(rules) == {"0"}
    all_rules = programme.audit_rules(findings, ledger).wide()["n"]
    assert all_rules.astype(int).sum() == len(findings)


def test_covariates_on_the_page_are_those_printed(ledger: Ledger) -> None:
    rows = programme.covariates(ledger, indication="TS").wide()
    row = rows[rows["group1_level"] == "Valtropin Turner study 2004"].iloc[0]
    # The abstract: 0.16 IU/kg/day (0.053 mg/kg/day); 3.8 +/- 1.8 cm/yr at baseline.
    assert row["dose_per_day"] == "0.053"
    assert row["velocity"] == "3.8 (1.8)"
    derived = rows[rows["dose_origin"] == "derived"]
    assert not derived["dose"].str.contains("mg/kg/day", regex=False).any() or (
        derived["dose"].str.contains("ug/kg/day", regex=False).any()
    )


def test_the_diagram_names_what_is_asked() -> None:
    asked = {"product": "Onetropin", "comparator": "Twotropin", "indication": "ISS"}
    with_arms = show.workflow_diagram(**asked, single_arms=["SGA"]).text()
    assert "Onetropin or Twotropin" in with_arms
    assert "born small" in with_arms
    without = show.workflow_diagram(**asked, single_arms=[]).text()
    assert "all receive" not in without


def test_the_log_of_searches(ledger: Ledger) -> None:
    log = programme.searches(ledger, product="Omnitrope", comparator="Genotropin")
    assert len(log.wide()) == len(ledger.searches)
    first = ledger.searches.set_index("search_id").loc[log.frame["group1_level"].iloc[0]]
    assert first["product"] in ("Omnitrope", "Genotropin")
    counted = programme.tally(log, "outcome")
    said = show.searches_reading(counted).text()
    assert f"Of {len(ledger.searches)} searches" in said
    assert show.searches_table(log).text()
    empty = programme.searches(
        replace(ledger, searches=ledger.searches.iloc[:0]), product="a", comparator="b"
    )
    assert "No search is logged" in show.searches_table(empty).text()
    assert "No search is logged" in show.searches_reading(programme.tally(empty, "outcome")).text()


def test_a_filter_never_hides_the_order_of_arms(ledger: Ledger, findings: list[Finding]) -> None:
    rows = mapped(ledger, findings, "Valtropin", "GHD").wide("stat")
    means = pd.to_numeric(rows["mean"])
    for _, study in means.groupby([rows["variable_level"], rows["group1_level"]]):
        assert study.is_monotonic_decreasing
