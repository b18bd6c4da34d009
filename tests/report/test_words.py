"""The words of every page: of its own trial, one unit each, no variable's name, no "1 rows"."""

import html.parser
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from analysis import paths
from analysis.report.citations import project
from analysis.report.index import FAMILIES
from analysis.report.runs import load_runs
from analysis.sources.trial.trial import load_trial
from analysis.words import plural

RUNS = sorted(name for name, run in load_runs(paths.RUNS).items() if run.notebook in FAMILIES)
OF_ANOTHER = [name for name in RUNS if name.startswith("cdisc-pilot")]
NOUNS = (
    "row trial participant event arm visit study record analysis difference cell child girl "
    "patient report number subject figure search finding pair scenario hypothesis term value result"
).split()
SINGULAR = re.compile(rf"(?<![\w.,−–-])1 ({'|'.join(map(plural, NOUNS))})\b")
SPELT = re.compile(r"(?<![A-Za-z])u(?:mol|g|L|IU)/|\N{GREEK SMALL LETTER MU}|/m2\b|\^\d")
GROWTH = re.compile(
    r"growth.?hormone|\bGHD\b|valtropin|humatrope|somatropin|turner|\bIGF|\bby default\b", re.I
)
PATHS = re.compile(r"(?<![\w.])/(?:home|tmp|work|root|usr)/|from memory")
ADAM = re.compile(r"\b[A-Z][A-Z0-9]{2,7}\b")
ALSO_WORDS = {"AGE", "ARM", "RACE", "SITE", "DOSE", "PAIN", "VISIT", "ITT", "SAF"}
"""Names of variables that are words in capitals as well, such as in terms of events."""


class Words(html.parser.HTMLParser):
    """The texts of a page outside code, the list of parameters and what is not shown."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.title, self.heading = "", ""
        self._open: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("meta", "link", "img", "br", "hr", "input", "source", "col"):
            return
        kind = dict(attrs).get("class") or ""
        aside = tag in ("script", "style", "pre", "code", "svg") or {"settings", "code"} & set(
            kind.split()
        )
        self._open.append((tag, bool(aside) or self._aside))

    def handle_endtag(self, tag: str) -> None:
        if tag in [name for name, _ in self._open]:
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        inside = [name for name, _ in self._open]
        if "title" in inside:
            self.title += data
        elif "h1" in inside:
            self.heading += data
        if not self._aside and data.strip():
            self.texts.append(" ".join(data.split()))

    @property
    def _aside(self) -> bool:
        return bool(self._open) and self._open[-1][1]


@cache
def read(path: Path) -> Words:
    return Words(path.read_text(encoding="utf-8"))


@pytest.fixture
def words(report: Path, run: str) -> Words:
    return read(report / run / "index.html")


@cache
def variables() -> frozenset[str]:
    """The variables of the shipped trials, and those that the data dictionary names."""
    known = set(pd.read_csv(paths.DATA / "trials" / "variables.csv")["variable"])
    for name in ("ghd", "cdisc-pilot"):
        for table in load_trial(name).tables.values():
            known |= {str(column) for column in table if str(column).isupper()}
    return frozenset(known - ALSO_WORDS)


def named_variables(texts: list[str]) -> Iterator[str]:
    for text in texts:
        for found in ADAM.findall(text):
            if found in variables():
                yield f"{found}: {text[:80]}"


def found(pattern: re.Pattern[str], texts: list[str]) -> list[str]:
    return [text[:120] for text in texts if pattern.search(text)]


@pytest.mark.parametrize("run", RUNS)
def test_one_is_singular_and_units_are_written_in_one_way(words: Words) -> None:
    assert not found(SINGULAR, words.texts)
    assert not found(SPELT, words.texts)
    assert not found(PATHS, words.texts)


@pytest.mark.parametrize("run", [run for run in RUNS if run != "validation"])
def test_variables_have_their_words(words: Words) -> None:
    assert not list(named_variables(words.texts))


@pytest.mark.parametrize("run", OF_ANOTHER)
def test_a_page_of_another_trial_speaks_of_no_growth_hormone(words: Words) -> None:
    # A citation gives the title of the project beside that of the table: its own words count.
    texts = [text.replace(project()["title"], "") for text in words.texts]
    assert not found(GROWTH, texts)
    assert "Alzheimer" in words.heading, "its heading names the trial"


def test_every_page_has_a_title_of_its_own_as_its_heading(report: Path) -> None:
    pages = [read(report / run / "index.html") for run in RUNS]
    titles = [" ".join(page.title.split()) for page in pages]
    assert len(set(titles)) == len(titles)
    assert [" ".join(page.heading.replace("¶", "").split()) for page in pages] == titles


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (SINGULAR, "1 rows"), (SINGULAR, "with 1 hypotheses"), (SPELT, "Bilirubin (umol/L)"),
        (SPELT, "10 \N{GREEK SMALL LETTER MU}g"), (SPELT, "kg/m2"), (PATHS, "see /tmp/x/y.csv"),
        (PATHS, "copied from memory"), (GROWTH, "The safety of growth hormone"),
        (GROWTH, "By default the trial of"),
    ],
)  # fmt: skip
def test_what_is_looked_for_would_be_found(pattern: re.Pattern[str], text: str) -> None:
    assert found(pattern, [text])
    assert not found(pattern, ["11 rows of 21 hypotheses in µmol/L, 1 row, the data of tmp files"])


def test_a_variable_in_a_sentence_would_be_found_and_one_in_code_not() -> None:
    page = Words("<p>ANCOVA: arm, REGION1</p><details class='code'>REGION1</details><b>SITEGR1</b>")
    assert [each[:7] for each in named_variables(page.texts)] == ["REGION1", "SITEGR1"]
