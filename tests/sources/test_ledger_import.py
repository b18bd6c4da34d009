"""Importing new numbers: what is new, repeated, contradicted and refused, and what is written."""

import csv
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from analysis import paths
from analysis.__main__ import main
from analysis.errors import UserError
from analysis.sources import ledger_import
from analysis.sources.audit import audit_ledger
from analysis.sources.evidence import load_ledger
from analysis.sources.ledger_import import Import, changed_findings, read_import, write_import
from analysis.sources.registry import write_registry
from analysis.sources.schemas import SCHEMAS
from analysis.sources.tables import TableError, read_text

Row = dict[str, str]

# An invented trial of a pair that no ledger has, and what it rests on.
TABLES: Mapping[str, Row] = {
    "sources": {"source_id": "INVENTED-PAPER", "kind": "article", "title": "An invented paper",
                "address": "https://example.org/invented", "note": ""},
    "studies": {"study_id": "INVENTED", "label": "Invented trial", "evidence": "trial",
                "design": "parallel", "randomised": "yes", "registration": "",
                "description": "invented"},
    "products": {"product": "Novatropin", "product_class": "follow-on daily", "kind": "daily",
                 "note": ""},
}  # fmt: skip
ARMS = [
    {"study_id": "INVENTED", "arm_id": arm, "position": str(position), "label": arm,
     "indication": "GHD", "role": role, "product": product}
    for position, (arm, role, product) in enumerate(
        [("new", "test", "Novatropin"), ("old", "comparator", "Genotropin")], start=1
    )
]  # fmt: skip


def number(arm: str, statistic: str, value: str, **other: str) -> Row:
    row = {
        "result_id": "", "study_id": "INVENTED", "arm_id": arm, "reference_arm_id": "",
        "population": "full analysis set", "n": "50", "paramcd": "HV",
        "endpoint_printed": "height velocity", "months": "12", "timepoint_printed": "12 months",
        "statistic": statistic, "value": value, "unit": "cm/year", "reported": "yes",
        "model": "observed", "level": "", "interval": "", "printing": "1",
        "source_id": "INVENTED-PAPER", "locator": "table 2", "confidence": "high", "note": "",
    }  # fmt: skip
    return row | other


TRIAL = [
    number("new", "mean", "10.20"),
    number("new", "sd", "2.10"),
    number("old", "mean", "9.9"),
    number("old", "sd", "2.0"),
]


def like_the_ledger(name: str, row: Row) -> Row:
    """Fill the columns that a row of these tests does not name from a row of the ledger."""
    table = read_text(paths.PUBLISHED / f"{name}.csv")
    alike = table[table["randomised"] == row["randomised"]] if name == "studies" else table
    return {**(alike if len(alike) else table).iloc[0].to_dict(), **row}


def write(path: Path, name: str, rows: list[Row]) -> Path:
    rows = [like_the_ledger(name, row) for row in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(SCHEMAS[name].columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_trial(folder: Path, results: list[Row] = TRIAL) -> Path:
    folder.mkdir(exist_ok=True)
    for name, row in TABLES.items():
        write(folder / f"{name}.csv", name, [row])
    write(folder / "arms.csv", "arms", ARMS)
    return write(folder / "new.csv", "results", results)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return write_trial(tmp_path / "new")


@pytest.fixture(scope="module")
def with_the_trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger into which the trial was imported, to be copied."""
    folder = tmp_path_factory.mktemp("imported")
    shutil.copytree(paths.PUBLISHED, folder / "published")
    write_registry(folder / "registry.txt")
    found = read(write_trial(folder / "new"), folder / "published")
    write_import(found, folder / "published", registry=folder / "registry.txt")
    return folder


@pytest.fixture
def imported(with_the_trial: Path, tmp_path: Path) -> Path:
    """The folder of such a ledger, free to be broken."""
    shutil.copytree(with_the_trial / "published", tmp_path / "published")
    shutil.copyfile(with_the_trial / "registry.txt", tmp_path / "registry.txt")
    return tmp_path / "published"


def read(file: Path, published: Path) -> Import:
    return read_import(file, published, registry=published.parent / "registry.txt")


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))}


def test_counts_what_is_new_and_writes_nothing(new: Path, published: Path) -> None:
    was = bytes_of(published)
    found = read(new, published)
    counted = {name: len(rows) for name, rows in found.added.items()}
    assert counted == {"sources": 1, "studies": 1, "products": 1, "arms": 2, "results": 4}
    assert not any(found.repeated.values())
    assert found.contradictions.empty
    assert bytes_of(published) == was
    assert len(found.after.results) == len(found.before.results) + 4


def test_ids_go_on_where_the_ledger_ends(new: Path, published: Path) -> None:
    ids = [int(each[1:]) for each in load_ledger().results["result_id"]]
    write(new, "results", [TRIAL[0] | {"result_id": f"R{max(ids) + 2}"}, *TRIAL[1:]])
    found = read(new, published).added["results"]["result_id"]
    # Ids that the file gives itself are not given twice.
    assert [int(each[1:]) - max(ids) for each in found] == [2, 3, 4, 5]


def test_written_rows_are_appended_and_registered(new: Path, published: Path) -> None:
    was = bytes_of(published)
    registry = published.parent / "registry.txt"
    assert write_import(read(new, published), published, registry=registry) == 9
    now = bytes_of(published)
    assert all(now[name].startswith(was[name]) for name in was)
    assert now["results.csv"].endswith(b"\n")
    assert b"\r" not in now["results.csv"]
    ledger = load_ledger(published, registry=registry)
    own = ledger.results[ledger.results["study_id"] == "INVENTED"]
    assert list(own["value"]) == [10.2, 2.1, 9.9, 2.0]
    assert list(own["decimals"]) == [2, 2, 1, 1]  # as printed
    unchanged = set(was) - {"sources.csv", "studies.csv", "products.csv", "arms.csv", "results.csv"}
    assert all(now[name] == was[name] for name in unchanged)


def test_what_was_imported_is_repeated_when_it_comes_again(new: Path, imported: Path) -> None:
    registry = imported.parent / "registry.txt"
    was = bytes_of(imported)
    again = read(new, imported)
    assert again.size == 0
    assert again.repeated == {"sources": 1, "studies": 1, "products": 1, "arms": 2, "results": 4}
    write_import(again, imported, registry=registry)
    assert bytes_of(imported) == was


def test_the_ledger_itself_adds_nothing(published: Path) -> None:
    found = read(paths.PUBLISHED / "results.csv", published)
    assert found.size == 0
    assert found.repeated["results"] == len(found.before.results)
    assert found.contradictions.empty


def test_the_same_value_of_another_analysis_set_is_another_number(
    new: Path, imported: Path
) -> None:
    other = TRIAL[0] | {"population": "per protocol"}
    write(new, "results", [*TRIAL, other])
    found = read(new, imported)
    assert list(found.added["results"]["population"]) == ["per protocol"]
    assert found.repeated["results"] == 4


@pytest.mark.parametrize(
    ("change", "contradicts"),
    [
        ({"value": "10.80"}, True),
        ({"value": "10.2"}, False),  # repeated: the same number with fewer decimals
        ({"value": "10.23", "source_id": "INVENTED-PAPER-2"}, True),  # 10.20 and 10.23
        ({"value": "10", "source_id": "INVENTED-PAPER-2"}, False),  # 10.20 when rounded
        ({"value": "10.80", "months": "24", "timepoint_printed": "24 months"}, False),
        ({"value": "10.80", "statistic": "median"}, False),
    ],
)
def test_a_quantity_with_another_value_is_shown_beside_the_first(
    new: Path, imported: Path, change: Row, contradicts: bool
) -> None:
    second = {**TABLES["sources"], "source_id": "INVENTED-PAPER-2"}
    write(new.parent / "sources.csv", "sources", [TABLES["sources"], second])
    write(new, "results", [TRIAL[0] | {"source_id": "INVENTED-PAPER-2"} | change])
    pairs = read(new, imported).contradictions
    assert len(pairs) == contradicts
    if contradicts:
        [pair] = pairs.to_dict("records")
        assert (pair["value"], pair["source_id"]) == (10.2, "INVENTED-PAPER")
        assert pair["value_new"] == float(change["value"])
        assert pair["source_id_new"] == "INVENTED-PAPER-2"


def test_limits_at_two_levels_contradict_nothing(new: Path, published: Path) -> None:
    # LB03002 prints a 99 % interval: wider than that at 95 %, and no contradiction of it.
    def limit(value: str, level: str) -> Row:
        about = {"reference_arm_id": "old", "level": level, "interval": "two-sided"}
        return number("new", "ci_low", value, **about)

    write(new, "results", [*TRIAL, limit("-0.5", "0.95")])
    write_import(read(new, published), published, registry=published.parent / "registry.txt")
    write(new, "results", [limit("-0.8", "0.99") | {"printing": "2"}])
    assert read(new, published).contradictions.empty
    write(new, "results", [limit("-0.8", "0.95") | {"printing": "2"}])
    assert len(read(new, published).contradictions) == 1


def test_the_audit_of_new_rows_is_what_they_bring(new: Path, published: Path) -> None:
    # 20 of 50 children are 40 %, not 12 %.
    rows = [*TRIAL, number("new", "pct", "12", paramcd="AEPYREX", n="50", unit="%"),
            number("new", "events", "20", paramcd="AEPYREX", n="50", unit="children")]  # fmt: skip
    before = read(new, published)
    published_findings = audit_ledger(before.before)
    assert changed_findings(published_findings, audit_ledger(before.after)) == ([], [])
    write(new, "results", rows)
    found = read(new, published)
    findings = audit_ledger(found.after)
    fresh, gone = changed_findings(published_findings, findings)
    assert {study for each in fresh for study in each.study_ids} == {"INVENTED"}
    assert len(fresh) == 1
    assert not gone
    assert changed_findings(findings, published_findings) == (gone, fresh)


# Each mistake is one sentence that names file, row, column, rule and value. ---------------------


def cell(row: int, column: str, value: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        rows = [dict(each) for each in TRIAL]
        rows[row][column] = value
        write(file, "results", rows)

    return change


def text(change: Callable[[str], str]) -> Callable[[Path], None]:
    def edit(file: Path) -> None:
        file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")

    return edit


def beside(name: str, **change: str) -> Callable[[Path], None]:
    def edit(file: Path) -> None:
        write(file.parent / f"{name}.csv", name, [TABLES[name] | change])

    return edit


def percentage(file: Path) -> None:
    write(file, "results", [*TRIAL, number("new", "pct", "330", paramcd="AEPYREX", unit="%")])


def known_product(file: Path) -> None:
    products = [TABLES["products"], TABLES["products"] | {"product": "Genotropin"}]
    write(file.parent / "products.csv", "products", products)


MISTAKES: dict[str, tuple[Callable[[Path], object], str]] = {
    "not UTF-8": (
        lambda file: file.write_bytes("é".encode("latin-1")),
        r"new\.csv must be a UTF-8 csv table; got: 'utf-8' codec",
    ),
    "empty": (text(lambda _: ""), r"new\.csv is empty; it must begin with a header row"),
    "missing": (lambda file: file.unlink(), r"new\.csv is missing"),
    "a misspelt column": (
        text(lambda it: it.replace("confidence", "confidense", 1)),
        r"new\.csv: column 'confidense' is not one of the table's columns; "
        r"did you mean 'confidence'\?",
    ),
    "a column too many": (
        text(lambda it: "\n".join(f"{line},x" for line in it.splitlines())),
        r"new\.csv: column 'x' is not one of the table's columns; remove it",
    ),
    "a cell too many": (
        text(lambda it: it.replace("10.20", "10,20")),
        r"new\.csv, row 2: must have 22 cells, as the header; got 23",
    ),
    "a number in words": (
        cell(1, "value", "two"),
        r"new\.csv, row 3, column 'value': must be a number or empty; got 'two'",
    ),
    "a study named nowhere": (
        cell(2, "study_id", "INVENTD"),
        r"new\.csv, row 4, column 'study_id': must be a study_id of arms\.csv; got 'INVENTD'; "
        r"did you mean 'INVENTED'\?",
    ),
    "an arm of another study": (
        cell(3, "arm_id", "somatrogon"),
        r"new\.csv, row 5, column 'arm_id': must be an arm_id of arms\.csv with study_id "
        r"'INVENTED'; got 'somatrogon'; add it there",
    ),
    "a source named nowhere": (
        cell(0, "source_id", "INVENTED-PAPR"),
        r"new\.csv, row 2, column 'source_id': .* did you mean 'INVENTED-PAPER'\?",
    ),
    "a percentage": (
        percentage,
        r"new\.csv, row 6: a percentage must lie between 0 and 100; .*330",
    ),
    "a row twice": (
        lambda file: write(file, "results", [*TRIAL, TRIAL[1]]),
        r"new\.csv, row 6: .* must be unique; .* which row 3 already has; remove one",
    ),
    "an id that is taken": (
        cell(0, "result_id", "R001"),
        r"new\.csv, row 2, column 'result_id': another number of the ledger is 'R001'; leave it",
    ),
    "an id twice": (
        lambda file: write(
            file, "results", [row | {"result_id": "R9999"} for row in TRIAL[:2]]
        ),
        r"new\.csv, row 3: result_id must be unique; got 'R9999', which row 2 already has",
    ),
    "an unknown indication": (
        lambda file: write(file.parent / "arms.csv", "arms", [ARMS[0] | {"indication": "GH"},
                                                             ARMS[1]]),
        r"arms\.csv, row 2, column 'indication': must be one of GHD",
    ),
    "a product that is another": (
        known_product,
        r"products\.csv, row 3, column 'product_class': the ledger has 'Genotropin' already, with "
        r"'reference daily'; got 'follow-on daily'; take one of the two",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "sentence"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_one_sentence(
    new: Path, published: Path, damage: Callable[[Path], object], sentence: str
) -> None:
    damage(new)
    was = bytes_of(published)
    with pytest.raises(TableError, match=sentence) as error:
        read(new, published)
    assert len(str(error.value).splitlines()) == 1
    assert bytes_of(published) == was


def test_all_mistakes_at_once(new: Path, published: Path) -> None:
    rows = [TRIAL[0] | {"statistic": "average"}, TRIAL[1] | {"months": "-1"}]
    write(new, "results", [*rows, TRIAL[2] | {"paramcd": "HVV"}])
    write(new.parent / "studies.csv", "studies", [TABLES["studies"] | {"randomised": "maybe"}])
    with pytest.raises(TableError) as error:
        read(new, published)
    assert len(str(error.value).splitlines()) == 4


def test_one_number_of_one_source_is_not_entered_with_two_values(new: Path, imported: Path) -> None:
    cell(0, "value", "10.9")(new)
    with pytest.raises(TableError, match=r"row 2, column 'value': .* as 10\.2 \(R\d+\); got 10\.9"):
        read(new, imported)
    write(new, "results", [TRIAL[0] | {"value": "10.9", "printing": "2"}])
    assert read(new, imported).added["results"]["printing"].tolist() == ["2"]


def test_a_header_alone_is_nothing_to_import(tmp_path: Path, published: Path) -> None:
    file = write(tmp_path / "new.csv", "results", [])
    with pytest.raises(UserError, match="has a header and no rows; there is nothing to import"):
        read(file, published)


def test_a_verdict_without_numbers_needs_no_number(new: Path, published: Path) -> None:
    write(new, "results", [])
    verdict = {
        "study_id": "INVENTED", "arm_id": "new", "reference_arm_id": "old", "paramcd": "HV",
        "months": "12", "population": "full analysis set", "verdict": "not shown",
        "as_printed": "did not meet", "source_id": "INVENTED-PAPER", "locator": "abstract",
        "confidence": "high", "note": "",
    }  # fmt: skip
    write(new.parent / "verdicts.csv", "verdicts", [verdict])
    found = read(new, published)
    assert len(found.added["verdicts"]) == 1
    assert found.touched.to_numpy().tolist() == [["INVENTED", "new", "HV"]]


def test_a_byte_order_mark_is_no_matter(new: Path, published: Path) -> None:
    new.write_bytes(b"\xef\xbb\xbf" + new.read_bytes())
    assert len(read(new, published).added["results"]) == 4


def test_a_ledger_that_is_not_the_registered_one_is_not_added_to(
    new: Path, published: Path
) -> None:
    with (published / "results.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(TableError, match="SHA-256 must be"):
        read(new, published)
    write_registry(published.parent / "registry.txt")
    assert read(new, published).size == 9


def test_the_command_says_what_it_would_do(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    was = bytes_of(paths.PUBLISHED)
    assert main(["ledger", "import", str(new)]) == 0
    said = capsys.readouterr().out
    assert "4 numbers, 1 study, 2 arms, 1 product, 1 source new." in said
    assert "Nothing in it contradicts" in said
    assert "Findings of the audit that are new:\n  none" in said
    assert "GHD, HV" in said
    assert "Novatropin − Genotropin" in said
    assert "to append the rows, add --write" in said
    assert bytes_of(paths.PUBLISHED) == was


def test_the_command_writes_and_says_what_to_do_next(
    new: Path,
    published: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = {"folder": published, "registry": published.parent / "registry.txt"}
    for name in ("read_import", "write_import"):
        monkeypatch.setattr(ledger_import, name, partial(getattr(ledger_import, name), **place))
    assert main(["ledger", "import", str(new), "--write"]) == 0
    said = capsys.readouterr().out
    assert "9 rows written" in said
    assert "make refresh" in said
    assert "CHANGELOG.md" in said
    assert main(["ledger", "import", str(new), "--write"]) == 0
    again = capsys.readouterr().out
    assert "nothing new." in again
    assert "skipped: 4 numbers, 1 study, 2 arms, 1 product, 1 source." in again
    assert "written" not in again
    # What is contradicted stands side by side, each with its source.
    second = TABLES["sources"] | {"source_id": "INVENTED-PAPER-2"}
    write(new.parent / "sources.csv", "sources", [second])
    write(new, "results", [TRIAL[0] | {"value": "10.80", "source_id": "INVENTED-PAPER-2"}])
    assert main(["ledger", "import", str(new)]) == 0
    said = capsys.readouterr().out
    assert "One quantity, two values:" in said
    assert "INVENTED, new: HV mean, month 12" in said
    assert "10.20 (full analysis set;" in said
    assert "10.80 (full analysis set;" in said


def test_the_command_refuses_without_a_traceback(
    new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cell(1, "value", "two")(new)
    assert main(["ledger", "import", str(new)]) == 1
    assert capsys.readouterr().err.startswith("error: ")
    assert main(["ledger"]) == 0
    assert "import" in capsys.readouterr().out
