"""No product and no study is named in code: what a page says of one comes from the ledger.

Docstrings and comments may name what they explain. The generator of synthetic trials is exempt:
its configuration says which trial it imitates.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis import paths
from analysis.sources.evidence import Ledger

PACKAGE = paths.ROOT / "analysis"
EXEMPT = PACKAGE / "sources" / "synthetic"
GENERIC = set(
    "and arm arms alone authentic brand daily growth hormone methionyl mixed named not of placebo "
    "pituitary several somatropin together untreated v weekly with".split()
)
"""Words of product names that name no product."""
PYTHON = sorted(path for path in PACKAGE.rglob("*.py") if EXEMPT not in path.parents)
TEMPLATES = sorted([*PACKAGE.rglob("*.j2"), *PACKAGE.rglob("*.js")])


def words(text: str) -> set[str]:
    """The words of a text or an identifier, in small letters; a hyphen joins."""
    return set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", text.replace("_", " ").casefold()))


class Names:
    """What must not stand in code."""

    def __init__(self, ledger: Ledger) -> None:
        of_endpoints = words(" ".join([*ledger.endpoints["paramcd"], *ledger.endpoints["param"]]))
        self.products = words(" ".join(ledger.products["product"])) - GENERIC - of_endpoints
        ids = {name for name in ledger.studies["study_id"] if name.casefold() not in of_endpoints}
        self.studies = ids | set(ledger.studies["label"])
        # Most texts are identifiers, which stand in many places.
        self._found: dict[str, list[str]] = {}

    def __call__(self, text: str) -> list[str]:
        """Which of them a text holds."""
        if text not in self._found:
            self._found[text] = self._in(text)
        return self._found[text]

    def _in(self, text: str) -> list[str]:
        found = sorted(self.products & words(text))
        return found + [name for name in sorted(self.studies) if self._holds(text, name)]

    @staticmethod
    def _holds(text: str, name: str) -> bool:
        # Some 100,000 texts are put to some 100 names, and hardly any holds one at all.
        return name in text and bool(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of every string that is no docstring, and of every identifier."""
    tree = ast.parse(source)
    documentation = {
        id(node.value) for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }  # fmt: skip
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and id(node) not in documentation:
                yield line, node.value
            continue
        for field in ("id", "attr", "name", "arg", "asname", "module"):
            if isinstance(value := getattr(node, field, None), str):
                yield line, value


@pytest.fixture(scope="module")
def names(ledger: Ledger) -> Names:
    return Names(ledger)


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_code_names_no_product_and_no_study(path: Path, names: Names) -> None:
    source = path.read_text(encoding="utf-8")
    found = [f"line {line}: {name}" for line, text in texts(source) for name in names(text)]
    assert not found, f"{path.relative_to(PACKAGE)} names {', '.join(found)}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_templates_name_no_product_and_no_study(path: Path, names: Names) -> None:
    assert not names(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ('word = "Valtropin"', True),
        ('word = "against humatrope, in one year"', True),
        ('word = f"{n} on Omnitrope"', True),
        ("series['valtropin'] = 1", True),
        ("def own_valtropin_arms(): ...", True),
        ('study = "VALT-TS-2004"', True),
        ('word = "the label Valtropin Turner study 2004"', True),
        ('"""Valtropin is explained here."""', False),
        ('CODE = 1\n"""What Valtropin was compared with."""', False),
        ("n = 1  # as in Valtropin", False),
        ('code = "HEIGHT"', False),
        ('word = "daily somatropin, untreated and placebo"', False),
        ('word = "the velocity, a genotropinlike thing"', False),
    ],
)
def test_what_the_search_for_names_catches(source: str, caught: bool, names: Names) -> None:
    assert any(names(text) for _, text in texts(source)) == caught
