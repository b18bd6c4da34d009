"""Nothing of a real trial leaves its report: planted names, dates, places and values are sought."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import shutil
import zipfile
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from real_trial import HEIGHT, PLANTED, plant
from recover import (
    Interval,
    as_shown,
    counts_of,
    ordered_by_few,
    sizes_told,
    subtracted,
    sums_of,
    told,
)

from analysis import __main__, paths
from analysis.display.rows import filled
from analysis.efficacy.settings import ControlledParameters, resolve
from analysis.errors import UserError
from analysis.report import bundle, disclose
from analysis.report.build import build
from analysis.report.compare import compare_paths
from analysis.report.compare_page import comparison_page
from analysis.report.disclose import disclosed, opened, refuse_disclosed
from analysis.report.executor import choose_place
from analysis.report.grid import Grid, load_grid
from analysis.report.grid_page import write_grid_page
from analysis.report.runs import Run
from analysis.report.summary import damage
from analysis.results.withheld import PEOPLE
from analysis.sources.trial.trial import load_trial

NOTEBOOK, SAFETY = "2_efficacy_controlled", "4_safety"
ARMS = ["Humatrope", "Valtropin"]
SECRET = "where-its-owner-keeps-it"
LEAST = 5


class Made(NamedTuple):
    """A report of a real trial, the trial, and the runs."""

    folder: Path
    trial: Path
    run: Run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Two runs of a controlled trial, one that fails, and a comparison of the report."""
    root = tmp_path_factory.mktemp("disclose")
    trial = plant(root / SECRET / "their trial", "ghd")
    broken = plant(root / SECRET / "broken trial", "ghd")
    table = broken / "adsl.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join([*lines, lines[-1], ""]), encoding="utf-8")
    own = {"trial": str(trial)}
    run = Run(name="planted", notebook=NOTEBOOK, parameters=own | {"imputations": 5})
    safe = Run(name="safe", notebook=SAFETY, parameters=own)
    fails = Run(name="broken", notebook=NOTEBOOK, parameters={"trial": str(broken)})
    folder = root / "report"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.OUTSIDE, "{}")
        with pytest.raises(UserError) as said:
            build([run, safe, fails], folder=folder, place=choose_place(2))
        (folder / "said.txt").write_text(str(said.value), encoding="utf-8")
        found = compare_paths(folder, folder, tolerance=0.0, runs=[])
        page = comparison_page(found, before="one", after="another")
        (folder / "compared.html").write_text(str(page), encoding="utf-8")
        for module in (disclose, bundle):
            patch.setattr(module, "load_runs", lambda: {"planted": run, "safe": safe})
        yield Made(folder, trial, run)


@pytest.fixture
def altered(made: Made, tmp_path: Path) -> Path:
    """A copy of the report, free to be spoilt."""
    return Path(shutil.copytree(made.folder, tmp_path / "report"))


def every_byte(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            for place, content in opened(path.read_bytes()):
                yield f"{path.relative_to(folder)} {place}", content


def test_no_byte_of_the_report_names_anybody(made: Made) -> None:
    """Pages, results, documents, pictures, logs, the run that failed and the comparison."""
    adsl = pd.read_csv(made.trial / "adsl.csv", dtype=str)
    dates = {each for name in adsl.filter(regex="DT$") for each in adsl[name].dropna()}
    words = [PLANTED, SECRET, HEIGHT, *sorted(dates)]
    assert len(dates) > 50
    seen = 0
    for place, content in every_byte(made.folder):
        seen += 1
        assert not [word for word in words if word.encode() in content], place
    assert seen > 30, "what is packed is opened"
    assert (made.folder / "failed" / "broken.ipynb").is_file()
    assert disclosed(made.folder) == []


def test_a_scenario_is_not_named_after_the_place_of_its_trial(made: Made, tmp_path: Path) -> None:
    file = tmp_path / "levels.yml"
    varied = f'  trial: ["{made.trial}"]\n  conf_level: [0.9, 0.95]\n'
    file.write_text(f'title: "Levels"\nnotebook: "{NOTEBOOK}"\nparameters:\n{varied}')
    grid = load_grid(file)
    assert [run.name for run in grid.runs] == [
        "trial-their-trial_conf-level-0.9", "trial-their-trial_conf-level-0.95",
    ]  # fmt: skip
    assert {run.parameters["trial"] for run in grid.runs} == {"…/their trial"}


def test_the_run_that_failed_says_why_without_saying_who(made: Made) -> None:
    said = (made.folder / "said.txt").read_text(encoding="utf-8")
    assert "adsl" in said
    assert "…/broken trial" in said
    assert "row" in said, "the owner finds the record"


def test_an_unchanged_report_is_up_to_date(made: Made) -> None:
    assert build([made.run], folder=made.folder).skipped == ["planted"]
    assert not damage(made.folder / "planted")


def results_of(folder: Path, run: str = "planted") -> pd.DataFrame:
    rows = pd.read_csv(folder / run / "results.csv", dtype=str, keep_default_na=False)
    return rows[rows["data_status"] == "real"]


def test_nobody_is_found_again_by_age_and_height(made: Made) -> None:
    """Whoever knows a child's age, sex and height at a visit finds no row that has them."""
    rows = results_of(made.folder)
    children = pd.read_csv(made.trial / "adsl.csv", dtype=str)
    wide = rows.pivot_table(
        index=["analysis_id", "group1_level", "group2_level", "variable", "variable_level"],
        columns="stat_name", values="stat_fmt", aggfunc="first",
    )  # fmt: skip
    pairs = wide[["age", "height"]].dropna()
    known = set(zip(children["AGE"], children["HEIGHTBL"], strict=True))
    of_children = pairs[pairs.index.get_level_values("group1_level") != "reference"]
    assert not known & set(of_children.itertuples(index=False, name=None))
    assert not len(of_children), "there is no row of a child and a visit at all"
    bands = wide.loc["growth-curves"].dropna(subset=["median"])
    arms = bands.index.get_level_values("group1_level")
    assert set(arms) == set(ARMS), "centiles of the children at each visit stand in their place"


def test_no_table_has_a_row_a_participant(made: Made) -> None:
    rows = results_of(made.folder)
    size = len(pd.read_csv(made.trial / "adsl.csv"))
    single = rows[rows["stat_name"].isin(["change", "base", "residual", "value", "height"])]
    single = single[single["population"] != ""]
    counts = single.groupby(["analysis_id", "group1", "group2_level", "stat_name"]).size()
    assert len(counts)
    assert (counts <= size // LEAST).all()


@pytest.mark.parametrize("run", ["planted", "safe"])
def test_no_count_of_few_and_no_difference_of_totals(made: Made, run: str) -> None:
    """Neither what is counted nor what is left of all is of few."""
    rows = results_of(made.folder, run)
    terms = rows.loc[rows["stat_name"] == "n.chance", "analysis_id"]
    rows = rows[~rows["analysis_id"].isin(terms)]
    counts = rows[rows["stat_name"].isin(PEOPLE) & (rows["stat"] != "")]
    own = counts["stat"].astype(float)
    of = pd.to_numeric(counts["n_population"], errors="coerce")
    assert not own.between(1, LEAST - 1).any()
    assert not (of - own).between(1, LEAST - 1).any()
    assert (rows["stat_fmt"] == f"< {LEAST}").any(), "few there are, and that is said"
    assert not rows["stat_name"].isin(["min", "max"])[rows["stat"] != ""].any()


@pytest.mark.parametrize("run", ["planted", "safe"])
def test_no_small_count_follows_from_what_adds_up(made: Made, run: str) -> None:
    """Arms and totals, levels and all, severities and any, the flow: no equation tells a count."""
    rows = results_of(made.folder, run)
    known = counts_of(rows)
    sums = list(sums_of(known, ARMS))
    assert len(sums) > {"planted": 12, "safe": 200}[run]
    assert sum(low != high for low, high in known.values()) > 10
    assert not told(known, sums, LEAST)


@pytest.mark.parametrize(
    ("total", "parts", "found"),
    [
        ("12", ["9", "< 5"], [1]),
        ("12", ["9", "withheld"], [1]),
        ("8", ["< 5", "< 5"], [0, 1]),
        ("7", ["< 5", "< 5"], []),
        ("12", ["withheld", "< 5"], []),
        ("98", ["> 93", "< 5", "< 5", "< 5", "< 5"], [1, 2, 3, 4]),
        ("98", ["withheld", "< 5", "< 5", "< 5", "< 5"], []),
    ],
)
def test_whoever_adds_and_subtracts_finds_what_is_told(
    total: str, parts: list[str], found: list[int]
) -> None:
    size = float(total)
    known: dict[Hashable, Interval] = {"all": as_shown(total)}
    known |= {n: as_shown(word, size) for n, word in enumerate(parts)}
    assert told(known, [("all", list(range(len(parts))))], LEAST) == found


OF_FEW = re.compile(
    r"(?<![\w.,−/<>–-])(?:[1-4]|one|two|three|four) (?:of \d+ )?"
    r"(?:participants?|child(?:ren)?|subjects?|records?|events?|girls?|boys?)\b"
    r"|(?<![\w.,−/<>–-])[1-4] (?:left out|whose|with the|without a value|imputed|missing of)",
    re.IGNORECASE,
)
"""A count of few in words."""
NOT_COUNTED = ("one participant", "two participants", "record for each", "no participant")
"""What says how something is done: "the mean of one participant"."""


@pytest.mark.parametrize("run", ["planted", "safe"])
def test_no_sentence_counts_few(made: Made, run: str) -> None:
    """Notes, reasons and methods of the results, and every text of the page."""
    rows = results_of(made.folder, run)
    words = rows[["note", "method", "stat_fmt"]].to_numpy().ravel().tolist()
    page = without_tables(made, run)
    words += re.findall(r'(?:alt|aria-label|title)="([^"]*)"', page)
    words.append(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))
    found = {match[0] for text in words for match in OF_FEW.finditer(html.unescape(str(text)))}
    assert not found - set(NOT_COUNTED)


def without_tables(made: Made, run: str) -> str:
    """Return a page without scripts and tables; published numbers, in a table, are public."""
    page = (made.folder / run / "index.html").read_text(encoding="utf-8")
    page = re.sub(r"(?s)<(script|style|pre)\b.*?</\1>", " ", page)
    return re.sub(r"(?s)<table\b.*?</table>", " ", page)


GLUED = re.compile(r"[^\s(>]withheld|withheld to withheld|withheld (?:%|percentage)")
"""A word in place of a number where only a number makes a sentence."""


def test_what_is_withheld_is_a_word_of_its_sentence(made: Made) -> None:
    for run in ("planted", "safe"):
        text = html.unescape(re.sub(r"<[^>]+>", " ", without_tables(made, run)))
        assert "withheld" in text
        assert not GLUED.search(text)
    row = {"n": "< 5", "N": "96", "p": "withheld"}
    assert f"{row['n']} of {row['N']}{filled(row, ' ({p} %)')}" == "< 5 of 96"
    assert filled({**row, "p": "4.2"}, " ({p} %)") == " (4.2 %)"
    assert filled(row, "; {n} of {N}") == "; < 5 of 96"


@pytest.mark.parametrize("run", ["planted", "safe"])
def test_no_size_leaves_few_of_an_arm(made: Made, run: str) -> None:
    """No N of a laboratory table, no n of a model, no degrees of freedom that tell one."""
    rows = results_of(made.folder, run)
    assert not sizes_told(rows, LEAST)
    estimates = rows[rows["stat_name"] == "parameter"]
    assert set(estimates["stat"]) <= {"", "inf"}, "two of 49 are not analysed"
    details = rows.loc[rows["stat_name"] == "detail", "stat_fmt"]
    # All 147 may be said, and who is in a set of completers that many are not in.
    assert not details.str.contains(r"\bn (?!147)\d").any()


def test_the_order_of_rows_of_few_tells_nothing(made: Made) -> None:
    rows = results_of(made.folder, "safe")
    assert not ordered_by_few(rows, "ae-by-term")
    assert ordered_by_few(rows.iloc[::-1], "ae-by-term"), "the attack finds what there is to find"
    stopped = results_of(made.folder)
    stopped = stopped[(stopped["variable"] == "Stopped") & (stopped["stat_fmt"] == "< 5")]
    for _, own in stopped.groupby("group1_level"):
        assert list(own["variable_level"]) == sorted(own["variable_level"])


def test_what_stands_out_rests_on_no_few(made: Made) -> None:
    """That the interval of fewer than five excludes 0 says that they are four."""
    rows = results_of(made.folder, "safe")
    named = rows[(rows["analysis_id"] == "standout") & (rows["variable_level"] != "")]
    shown = rows[(rows["analysis_id"] == "ae-by-term") & (rows["stat_name"] == "estimate")]
    shown = shown[shown["stat"] != ""]
    key = ["group1_level", "variable", "variable_level"]
    assert set(map(tuple, named[key].to_numpy())) <= set(map(tuple, shown[key].to_numpy()))


def test_two_pages_of_a_trial_cannot_be_subtracted(made: Made) -> None:
    pages = [results_of(made.folder, run) for run in ("planted", "safe")]
    assert not subtracted(pages, LEAST)
    numbers = pd.to_numeric(pages[0]["stat"])
    fewer = pages[0].assign(stat=numbers.mask(numbers == 98, 96))
    assert subtracted([pages[0], fewer], LEAST), "the attack finds what there is to find"


def test_a_population_that_few_tell_from_the_planned_one_is_refused(made: Made) -> None:
    trial = load_trial(str(made.trial))
    for population, arm in (("per protocol", "Humatrope"), ("safety", ""), ("randomised", "")):
        asked = ControlledParameters(trial=str(made.trial), population=population)
        if not arm:
            assert resolve(asked, trial).population == population
            continue
        with pytest.raises(UserError, match=f"fewer than 5 participants of {arm}: a page of each"):
            resolve(asked, trial)
    shipped = ControlledParameters(population="per protocol")
    assert resolve(shipped).population == "per protocol", "synthetic children may be told apart"


def test_the_pages_of_a_grid_name_nobody(made: Made, tmp_path: Path) -> None:
    """Its tables and figure are made of pages as they are; the thorough run executes them."""
    runs = [made.run.model_copy(update={"name": name}) for name in ("level-0.9", "level-0.95")]
    for run in runs:
        shutil.copytree(made.folder / "planted", tmp_path / run.name)
    grid = Grid("levels", "Does it hang on the level?", "", ("conf_level",), tuple(runs))
    write_grid_page(grid, tmp_path)
    words = [word.encode() for word in (PLANTED, SECRET, HEIGHT)]
    own = [path for path in tmp_path.iterdir() if path.is_file()]
    assert {path.name for path in own} >= {"index.html", "results.csv", "grid.json"}
    for path in own:
        for place, content in opened(path.read_bytes()):
            assert not [word for word in words if word in content], f"{path.name} {place}"
    rows = pd.read_csv(tmp_path / "results.csv", dtype=str, keep_default_na=False)
    assert not sizes_told(rows, LEAST)


def test_what_is_withheld_is_counted_on_the_page(made: Made) -> None:
    page = (made.folder / "planted" / "index.html").read_text(encoding="utf-8")
    rows = results_of(made.folder)
    number = rows["stat_fmt"].str.fullmatch(r"withheld|[<>] \d+").sum()
    assert f"{number} numbers of few participants" in page


def add(file: Path, content: bytes) -> None:
    file.write_bytes(file.read_bytes() + content)


def spoil(folder: Path, kind: str, trial: Path) -> str:
    """Put something into a report that may not be there; return the file that has it."""
    run = folder / "planted"
    who = pd.read_csv(trial / "adsl.csv", dtype=str).iloc[3]
    name = who["USUBJID"].encode()
    if kind == "identifier in a page":
        add(run / "index.html", b"<p>" + name + b"</p>")
        return "planted/index.html"
    if kind == "identifier in a picture of a page":
        packed = base64.b64encode(b"<svg><title>" + name + b"</title>" + b" " * 100 + b"</svg>")
        add(run / "index.html", b'<img src="data:image/svg+xml;base64,%b">' % packed)
        return "planted/index.html"
    if kind == "identifier in packed results":
        packed = base64.b64encode(gzip.compress((name + b" ") * 200))
        cell = {"data": {"application/gzip": packed.decode()}}
        (run / "notebook.ipynb").write_text(json.dumps(cell), encoding="utf-8")
        return "planted/notebook.ipynb"
    if kind == "identifier in a document":
        with zipfile.ZipFile(run / "tables.docx", "a") as document:
            document.writestr("word/comments.xml", name)
        return "planted/tables.docx"
    if kind == "date":
        add(folder / "index.html", who["BRTHDT"].encode())
        return "index.html"
    if kind == "place":
        add(folder / "index.html", str(trial).encode())
        return "index.html"
    rows = pd.read_csv(run / "results.csv", dtype=str, keep_default_na=False)
    real = rows[(rows["data_status"] == "real") & (rows["population"] != "")]
    if kind == "small count":
        rows.loc[real.index[real["stat_name"] == "n"][0], "stat"] = "3"
    else:
        one = real[real["stat_name"] == "n"].iloc[:1].assign(analysis_id="own", stat_name="height")
        more = [one.assign(group1_level=f"child {n}", stat=str(100 + n)) for n in range(60)]
        rows = pd.concat([rows, *more])
    rows.to_csv(run / "results.csv", index=False)
    return "planted/results.csv"


KINDS = [
    "identifier in a page", "identifier in a picture of a page", "identifier in packed results",
    "identifier in a document", "date", "place", "small count", "rows of single participants",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_not_be_there_is_found_with_its_place(
    altered: Path, made: Made, kind: str
) -> None:
    shutil.rmtree(altered / "safe")  # Another run is only more to read.
    file = spoil(altered, kind, made.trial)
    found = disclosed(altered)
    assert [each.file for each in found] == [file], found
    assert PLANTED not in str(found[0])
    with pytest.raises(UserError, match="does not allow") as refused:
        refuse_disclosed(altered)
    assert "\n" not in str(refused.value)


def test_what_the_plan_allows_is_no_finding(altered: Path, made: Made) -> None:
    shutil.rmtree(altered / "safe")
    spoil(altered, "date", made.trial)
    plan = made.trial / "trial.yml"
    before = plan.read_text(encoding="utf-8")
    try:
        plan.write_text(before + '\ndisclosure:\n  dates: "shown"\n', encoding="utf-8")
        assert disclosed(altered) == []
    finally:
        plan.write_text(before, encoding="utf-8")


def test_logs_and_failures_stay_with_their_owner(altered: Path, made: Made) -> None:
    name = pd.read_csv(made.trial / "adsl.csv", dtype=str)["USUBJID"][0]
    (altered / "logs" / "planted.txt").write_text(name, encoding="utf-8")
    assert [each.file for each in disclosed(altered)] == ["logs/planted.txt"]
    refuse_disclosed(altered)


def test_a_trial_that_is_not_here_is_no_clean_report(altered: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.OUTSIDE, "{}")
        patch.setattr(disclose, "load_runs", dict)
        assert "cannot be read here" in str(disclosed(altered)[0])
    with pytest.raises(UserError, match="there is no report"):
        disclosed(tmp_path / "nothing")


def test_the_bundle_takes_a_clean_report_and_refuses_another(
    altered: Path, made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.zip"
    bundle.write_bundle(file, altered)
    for place, content in opened(file.read_bytes()):
        assert not [word for word in (PLANTED, SECRET, HEIGHT) if word.encode() in content], place
    file.unlink()
    spoil(altered, "date", made.trial)
    assert __main__.main(["bundle", str(file), "--folder", str(altered)]) != 0
    assert "a date of a participant" in capsys.readouterr().err
    assert not file.exists()
    assert __main__.main(["disclose", str(altered)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 finding"
