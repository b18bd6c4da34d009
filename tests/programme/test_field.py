"""The field on the page: what is drawn, what stands in the table, what is left out."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis import programme
from analysis.display import Figure
from analysis.display.page import views_of
from analysis.programme import ProgrammeParameters, ProgrammeRun
from analysis.programme.diagrams import course_diagram
from analysis.programme.field import MOST_DRAWN
from analysis.programme.field_figure import CLASS_MARKS, caption
from analysis.results import Results
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger
from analysis.sources.schemas import INDICATIONS, PRODUCT_CLASSES


def asked(ledger: Ledger, findings: list[Finding], **parameters: object) -> ProgrammeRun:
    return programme.resolve(ProgrammeParameters.checked(parameters), ledger, findings)


def mapped(ledger: Ledger, findings: list[Finding], product: str, indication: str) -> Results:
    run = asked(ledger, findings, product=product, indication=indication)
    return programme.evidence_map(run)


def drawing(run: ProgrammeRun) -> Figure:
    figure = views_of(programme.evidence_map, run)[0]
    assert isinstance(figure, Figure)
    return figure


def test_the_map_leaves_out_what_the_audit_excludes(
    ledger: Ledger, findings: list[Finding]
) -> None:
    on_map = programme.evidence_map(asked(ledger, findings)).frame
    studies = set(on_map["group1_level"])
    assert not {"Genotropin, Taiwan 1992", "Two doses, China"} & studies
    assert not any("Application note" in study for study in studies)
    assert "Jintrolong phase 3, China" not in studies  # 25 weeks
    out = programme.left_out(asked(ledger, findings)).wide().set_index("group1_level")["reason"]
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
    on_map = programme.evidence_map(asked(ledger, findings)).frame["group1_level"]
    explained = programme.left_out(asked(ledger, findings)).frame["group1_level"]
    assert set(velocity["label"]) == set(on_map) | set(explained)


def test_one_row_an_arm(ledger: Ledger, findings: list[Finding]) -> None:
    rows = programme.evidence_map(asked(ledger, findings)).wide()
    assert not rows.duplicated(["group1_level", "group2_level", "variable_level"]).any()


def test_the_asked_product_and_randomised_arms_are_drawn_first(
    ledger: Ledger, findings: list[Finding]
) -> None:
    rows = mapped(ledger, findings, "Valtropin", "GHD").wide()
    drawn, rest = (rows[rows["shown.in"] == place] for place in ("figure", "table"))
    assert 0 < len(drawn) <= MOST_DRAWN
    assert "Valtropin" not in set(rest["product"])
    in_ghd = rest[rest["variable_level"] == "GHD"]
    assert "randomised" not in set(in_ghd["design"])
    figure = drawing(asked(ledger, findings, product="Valtropin", indication="GHD"))
    assert not len(rest) or f"{len(rest)} more arms" in figure.text()


def test_a_small_field_is_drawn_whole(ledger: Ledger, findings: list[Finding]) -> None:
    run = asked(ledger, findings, field="ISS")
    assert set(programme.evidence_map(run).wide()["shown.in"]) == {"figure"}
    assert "more arms" not in drawing(run).text()


def test_another_question_draws_other_arms(ledger: Ledger, findings: list[Finding]) -> None:
    rows = mapped(ledger, findings, "somapacitan", "TS").wide()
    drawn = rows[rows["shown.in"] == "figure"]
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
    run = asked(replace(ledger, results=results), findings, product="Valtropin", indication="TS")
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas()
    drawing(run).draw(canvas, False)
    assert canvas.axes[0].get_xlim()[1] > 31.0


@pytest.mark.parametrize("indication", ["all", *INDICATIONS])
@pytest.mark.parametrize("confidence", ["low", "high"])
def test_every_filter_gives_a_page(
    ledger: Ledger, findings: list[Finding], indication: str, confidence: str
) -> None:
    run = asked(ledger, findings, field=indication, min_confidence=confidence, conf_level=0.9)
    for each in (
        programme.evidence_map,
        programme.covariates,
        programme.left_out,
        programme.margins,
        programme.sources,
        programme.audit_rules,
        programme.audit_findings,
    ):
        assert each.views
        for shown in views_of(each, run):
            assert shown.text()
    arms = programme.evidence_map(run)
    assert indication == "all" or set(arms.frame["variable_level"]) <= {indication}


def test_rules_without_findings_are_shown_too(ledger: Ledger, findings: list[Finding]) -> None:
    rules = programme.audit_rules(asked(ledger, [])).wide()["n"]
    assert set(rules) == {"0"}
    all_rules = programme.audit_rules(asked(ledger, findings)).wide()["n"]
    assert all_rules.astype(int).sum() == len(findings)


def test_covariates_on_the_page_are_those_printed(ledger: Ledger) -> None:
    rows = programme.covariates(asked(ledger, [], field="TS")).wide()
    row = rows[rows["group1_level"] == "Valtropin Turner study 2004"].iloc[0]
    # The abstract: 0.16 IU/kg/day (0.053 mg/kg/day); 3.8 +/- 1.8 cm/yr at baseline.
    assert row["dose.per.day"] == "0.053"
    assert row["velocity.words"] == "3.8 (1.8)"
    derived = rows[rows["dose.origin"] == "derived"]
    assert not derived["dose.words"].str.contains("mg/kg/day", regex=False).any() or (
        derived["dose.words"].str.contains("µg/kg/day", regex=False).any()
    )


def test_the_diagram_names_what_is_asked() -> None:
    asked = {"product": "Onetropin", "comparator": "Twotropin", "indication": "ISS"}
    with_arms = course_diagram(**asked, single_arms=["SGA"]).text()
    assert "Onetropin or Twotropin" in with_arms
    assert "born small" in with_arms
    without = course_diagram(**asked, single_arms=[]).text()
    assert "all receive" not in without


def test_the_log_of_searches(ledger: Ledger) -> None:
    run = asked(ledger, [], product="Omnitrope", comparator="Genotropin")
    log = programme.searches(run)
    assert len(log.wide()) == len(ledger.searches)
    first = ledger.searches.set_index("search_id").loc[log.frame["group1_level"].iloc[0]]
    assert first["product"] in ("Omnitrope", "Genotropin")
    [said], [table] = (
        views_of(each, run) for each in (programme.search_counts, programme.searches)
    )
    assert f"Of {len(ledger.searches)} searches" in said.text()
    assert table.text()
    empty = asked(replace(ledger, searches=ledger.searches.iloc[:0]), [])
    for each in (programme.searches, programme.search_counts):
        assert "No search is logged" in views_of(each, empty)[0].text()


def test_a_filter_never_hides_the_order_of_arms(ledger: Ledger, findings: list[Finding]) -> None:
    rows = mapped(ledger, findings, "Valtropin", "GHD").wide("stat")
    means = pd.to_numeric(rows["mean"])
    for _, study in means.groupby([rows["variable_level"], rows["group1_level"]]):
        assert study.is_monotonic_decreasing


@pytest.mark.parametrize(
    ("conf_level", "said"), [(0.95, "95\u202f%"), (0.975, "97.5\u202f%"), (0.995, "99.5\u202f%")]
)
def test_a_level_is_written_as_it_is(
    ledger: Ledger, findings: list[Finding], conf_level: float, said: str
) -> None:
    run = asked(ledger, findings, conf_level=conf_level)
    assert f"Thick bar: {said} interval of the mean" in drawing(run).text()
    assert f", level {said};" in programme.evidence_map(run).frame["method"].iloc[0]
    own = programme.own_single_arms(run)
    assert set(own.select(stat_name="conf.level").frame["stat_fmt"]) == {said}
    assert f", level {said}" in own.frame["method"].iloc[0]
    [answer] = views_of(programme.answer, run)
    assert f"{said} interval of the mean" in answer.text()
    assert f" ({said} interval " in answer.text()


def test_how_many_arms_are_left_to_the_table() -> None:
    assert "one more arm stands in the table" in caption("95 %", 1)
    assert "12 more arms stand in the table" in caption("95 %", 12)
    assert "in the table" not in caption("95 %", 0)
