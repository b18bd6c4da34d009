"""The published ledger: what it holds, what it answers, and what it refuses."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analysis import paths
from analysis.errors import UserError
from analysis.sources.arm_summaries import arm_summaries
from analysis.sources.evidence import Ledger, load_ledger
from analysis.sources.registry import read_registry, write_registry
from analysis.sources.tables import TableError


def test_holds_every_published_number(ledger: Ledger) -> None:
    ids = ledger.results["result_id"]
    assert ids.is_unique
    assert ids.str.fullmatch(r"R\d{3,}").all()
    assert set(ledger.results["study_id"]) <= set(ledger.studies["study_id"])
    # The only two cells that are not numbers are printed “Not Reported”.
    silent = ledger.results[ledger.results["reported"] == "no"]
    assert list(silent["study_id"]) == ["NOTE-T1-GHD"] * 2
    assert ledger.results["value"].isna().sum() == 2


def test_every_number_has_a_source_a_place_and_a_confidence(ledger: Ledger) -> None:
    assert (ledger.results[["source_id", "locator", "confidence"]] != "").all(axis=None)
    assert set(ledger.results["source_id"]) <= set(ledger.sources["source_id"])


def test_derived_quantities_are_not_stored(ledger: Ledger) -> None:
    assert not {"sd_method", "sd_reference", "mean_difference"} & set(ledger.results)


def row(ledger: Ledger, study: str, arm: str, **options: object) -> dict[str, object]:
    found = arm_summaries(ledger, paramcd="HV", months=12, **options)  # type: ignore[arg-type]
    chosen = found[(found["study_id"] == study) & (found["arm_id"] == arm)]
    assert len(chosen) == 1
    return dict(chosen.iloc[0])


def test_reported_sd(ledger: Ledger) -> None:
    # Abstract of 2004: 9.7 (SD 1.6) in 30 girls.
    found = row(ledger, "VALT-TS-2004", "Valtropin")
    assert (found["n"], found["mean"], found["sd"]) == (30, 9.7, 1.6)
    assert found["sd_method"] == "reported"


def test_sd_from_se(ledger: Ledger) -> None:
    # heiGHt: 11.2 [SE 0.2], n 105: 0.2 × √105 = 2.049; evidence notes: about 2.0 to 2.2.
    found = row(ledger, "HEIGHT", "lonapegsomatropin")
    assert found["sd"] == pytest.approx(2.049, abs=1e-3)
    assert "SE of the mean" in str(found["sd_method"])
    assert "residual" in str(found["sd_method"])
    assert found["sd_reference"] == "Cochrane Handbook, section 6.5.2.2"


def test_sd_from_the_interval_of_the_difference(ledger: Ledger) -> None:
    # Somatrogon phase 3: 0.33 (−0.24, 0.89), n 109 and 115: about 2.2 by the normal quantile
    # (evidence notes); by t(222) 1.9707: 0.565 / 1.9707 / √(1/109 + 1/115) = 2.1447.
    for arm in ("somatrogon", "Genotropin"):
        found = row(ledger, "SOMATROGON-P3", arm)
        assert found["sd"] == pytest.approx(2.1447, abs=1e-3)
        assert found["sd_reference"] == "Cochrane Handbook, section 6.5.2.3"


def test_not_estimable_says_why(ledger: Ledger) -> None:
    pegpesen = row(ledger, "PEGPESEN-P3", "Pegpesen")
    assert np.isnan(pegpesen["sd"])  # type: ignore[call-overload]
    assert pegpesen["sd_method"] == ("not estimable: the ledger has a spread but no n of the value")
    real4 = row(ledger, "REAL4", "somapacitan")
    assert real4["sd_method"] == "not estimable: the ledger has no spread of the arm"


def test_one_question_in_one_call(ledger: Ledger) -> None:
    found = arm_summaries(ledger, paramcd="HV", months=12, indication="GHD")
    assert set(found["indication"]) == {"GHD"}
    assert {"SOMATROGON-P3", "LB03002-GHD-KHADILKAR", "NOTE-T1-GHD"} <= set(found["study_id"])
    assert "JINTROLONG-P3" not in set(found["study_id"])  # 25 weeks


def test_confidence_filters(ledger: Ledger) -> None:
    found = arm_summaries(ledger, paramcd="HV", months=12, min_confidence="high")
    assert set(found["confidence"]) == {"high"}
    assert "NOTE-T2-TS" not in set(found["study_id"])


def test_row_order_does_not_matter(ledger: Ledger) -> None:
    from dataclasses import replace

    shuffled = replace(ledger, results=ledger.results.sample(frac=1, random_state=1))
    key = ["study_id", "arm_id", "population"]
    columns = [*key, "n", "mean", "sd", "sd_method"]
    one, other = (
        arm_summaries(each, paramcd="HV", months=12)[columns].sort_values(key, ignore_index=True)
        for each in (ledger, shuffled)
    )
    assert one.equals(other)


def test_unknown_questions_are_refused(ledger: Ledger) -> None:
    with pytest.raises(UserError, match="paramcd must be one of HV"):
        arm_summaries(ledger, paramcd="HEIGHTV", months=12)
    with pytest.raises(UserError, match="indication must be"):
        arm_summaries(ledger, paramcd="HV", months=12, indication="GH")


def test_the_registry_names_every_table() -> None:
    entries = read_registry()
    for path in paths.PUBLISHED.glob("*.csv"):
        assert path.relative_to(paths.DATA).as_posix() in entries


# Five ways to break the ledger, five clear errors. ------------------------------------------


def corrupt_a_byte(folder: Path) -> None:
    content = bytearray((folder / "results.csv").read_bytes())
    content[-3] ^= 1
    (folder / "results.csv").write_bytes(content)


def edit(name: str, change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def broken(folder: Path) -> None:
        path = folder / f"{name}.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")
        write_registry(folder.parent / "registry.txt")

    return broken


def without_column(lines: list[str]) -> list[str]:
    return [line.partition(",")[2] for line in lines]


def text_in_a_number(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace(",3.8,cm", ",three,cm"), *lines[2:]]


def repeated(lines: list[str]) -> list[str]:
    return [*lines, lines[1]]


def unknown_source(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace("BIOSYN-ABSTRACT", "BIOSYN-ABSTRCT"), *lines[2:]]


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (corrupt_a_byte, r"results\.csv: SHA-256 must be \w+…, as registered; got \w+…"),
        (
            edit("studies", without_column),
            r"studies\.csv: column 'study_id' is required and missing",
        ),
        (
            edit("results", text_in_a_number),
            r"results\.csv, row 2, column 'value': must be a number or empty; got 'three'",
        ),
        (
            edit("results", repeated),
            r"results\.csv, row \d+: result_id must be unique; got 'R001', which row 2 already has",
        ),
        (
            edit("results", unknown_source),
            r"results\.csv, row 2, column 'source_id': must be a source_id of sources\.csv; "
            r"got 'BIOSYN-ABSTRCT'; did you mean 'BIOSYN-ABSTRACT'\?",
        ),
    ],
    ids=["byte", "column", "number", "key", "source"],
)
def test_five_ways_to_break_it(
    published: Path, damage: Callable[[Path], None], sentence: str
) -> None:
    damage(published)
    with pytest.raises(TableError, match=sentence):
        load_ledger(published, registry=published.parent / "registry.txt")


def test_all_findings_at_once(published: Path) -> None:
    edit("results", text_in_a_number)(published)
    edit("claims", repeated)(published)
    edit("arms", lambda lines: [lines[0], lines[1].replace("GHD,single", "GH,single"), *lines[2:]])(
        published
    )
    with pytest.raises(TableError) as error:
        load_ledger(published, registry=published.parent / "registry.txt")
    said = str(error.value).splitlines()
    assert len(said) == 3
    assert any(
        "'indication': must be one of GHD, TS, ISS, SGA, AGHD, MIXED; got 'GH'" in line
        for line in said
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (",pct,3.3,", ",pct,330,", "a percentage must lie between 0 and 100"),
        (",p,0.685,", ",p,1.685,", "a p-value must lie between 0 and 1"),
        (",sd,1.8,", ",sd,-1.8,", "must not be negative"),
        (",mean,8.9,", ",mean,,", "value must be filled exactly when reported is 'yes'"),
        (",0.95,two-sided,", ",,two-sided,", "has a level and an interval"),
    ],
)
def test_values_that_cannot_be(published: Path, old: str, new: str, sentence: str) -> None:
    edit("results", lambda lines: "\n".join(lines).replace(old, new, 1).split("\n"))(published)
    with pytest.raises(TableError, match=sentence):
        load_ledger(published, registry=published.parent / "registry.txt")


def test_a_missing_table_and_a_missing_registry(published: Path) -> None:
    (published / "arms.csv").unlink()
    with pytest.raises(TableError, match=r"arms\.csv is registered but missing"):
        load_ledger(published, registry=published.parent / "registry.txt")
    (published.parent / "registry.txt").unlink()
    with pytest.raises(UserError, match="python -m analysis register"):
        load_ledger(published, registry=published.parent / "registry.txt")
