"""Somebody with only TAB and Shift-TAB runs four analyses on frames of their own.

Each is scripted as it is done: a name found by TAB or the index, its signature and example read
by Shift-TAB, and the cells that a person writes from these alone. Two attempts at most.
"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel

FRAMES = """
import numpy as np, pandas as pd
rng = np.random.default_rng(11)
n = 60
people = pd.DataFrame({"pid": [f"P{i:03d}" for i in range(n)],
                       "group": np.where(np.arange(n) % 2, "verum", "placebo"),
                       "hv0": rng.normal(3.5, 0.5, n)})
for m in (3, 6, 12):
    people[f"month{m}"] = people.hv0 + rng.normal(0, 0.4, n) + 0.1 * m * (people.group == "verum")
people["responder"] = np.where(people.month12 > people.hv0 + 0.6, "yes", "no")
papers = pd.DataFrame({"author": ["Ito", "Kim", "Lee", "Roy"], "md": [0.3, 0.1, 0.6, 0.4],
                       "semd": [0.2, 0.25, 0.3, 0.2]})
papers["lcl"], papers["ucl"] = papers.md - 1.96 * papers.semd, papers.md + 1.96 * papers.semd
"""


class Notebook:
    """A kernel, and the three keys that a person has: TAB, Shift-TAB, Shift-Enter."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def tab(self, code: str) -> list[str]:
        return self.client.complete(code, reply=True, timeout=60)["content"]["matches"]

    def shift_tab(self, code: str) -> str:
        found = self.client.inspect(code, len(code), detail_level=0, reply=True, timeout=60)
        assert found["content"]["found"], code
        return re.sub(r"\x1b\[[\d;]*m", "", found["content"]["data"]["text/plain"])

    def run(self, code: str) -> tuple[bool, str]:
        """Give whether a cell ran, and what it printed or said."""
        said: list[str] = []

        def hook(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "error":
                said.append("\n".join(content["traceback"]))
            elif message["msg_type"] in {"execute_result", "display_data"}:
                said.append(content["data"]["text/plain"])
            elif message["msg_type"] == "stream":
                said.append(content["text"])

        reply = self.client.execute_interactive(code, timeout=60, output_hook=hook)
        return reply["content"]["status"] == "ok", "\n".join(said)

    def attempts(self, *cells: str) -> str:
        """Run cells until one does it; two at most, and a refusal is one sentence."""
        assert len(cells) <= 2
        for place, cell in enumerate(cells):
            worked, said = self.run(cell)
            if place < len(cells) - 1:
                assert not worked, "the first attempt is meant to be refused"
                assert said.startswith("UserError: ")
                assert "\n" not in said
                continue
            assert worked, said
        return said


@pytest.fixture(scope="module")
def notebook() -> Iterator[Notebook]:
    manager, client = start_new_kernel(kernel_name="python3")
    notebook = Notebook(client)
    assert notebook.run(FRAMES)[0]
    assert notebook.run("import analysis.stats as st")[0]
    yield notebook
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_miettinen_nurminen(notebook: Notebook) -> None:
    assert "methods" in notebook.tab("st.")
    assert 'methods("miettinen")' in notebook.shift_tab("st.methods(")
    found = notebook.attempts('st.methods("miettinen")["call"].iloc[0]')
    assert "risk_difference" in found
    assert "two_by_two(trial, arm=" in notebook.shift_tab("st.risk_difference(")
    said = notebook.attempts(
        'counts = st.two_by_two(people, arm="group", outcome="responder", event=1,'
        ' reference="placebo")',
        'counts = st.two_by_two(people, arm="group", outcome="responder", event="yes",'
        ' reference="placebo")\nst.risk_difference(*counts, method="MN", level=0.95)',
    )
    assert "miettinen-nurminen" in said


def test_ancova(notebook: Notebook) -> None:
    assert "fit_ancova" in notebook.tab("st.fit")
    assert "fit.contrast(" in notebook.shift_tab("st.fit_ancova(")
    notebook.attempts(
        'fit = st.fit_ancova(people, response="month12", factors="group", covariates="hv0",'
        ' std_errors="model")'
    )
    assert {"ls_means", "contrast", "pairwise", "type3_tests"} <= set(notebook.tab("fit."))
    assert "level: 'float'" in notebook.shift_tab("fit.ls_means(")
    said = notebook.attempts(
        'fit.contrast("group", reference="control", weights="equal", level=0.95, adjust="none")',
        'fit.contrast("group", reference="placebo", weights="equal", level=0.95, adjust="none")',
    )
    assert "verum - placebo" in said


def test_mmrm_with_ls_means(notebook: Notebook) -> None:
    assert "fit_mmrm" in notebook.tab("from analysis.stats import fit_")
    assert 'structure="us"' in notebook.shift_tab("st.fit_mmrm(")
    call = (
        'fit = st.fit_mmrm({}, response="hv", subject="pid", visit="month",'
        ' factors=["group", "month"], covariates=["hv0"], interactions=[("group", "month")],'
        ' structure="us", df_method="kr")'
    )
    _, refusal = notebook.run(call.format("people"))
    melt = re.search(r"frame(\.melt\(.*\))", refusal)
    assert melt is not None, refusal
    # the second attempt is what the refusal says
    notebook.attempts(
        call.format("people"), f"long = people{melt[1]}\n" + call.format("long")
    )  # fmt: skip
    said = notebook.attempts('fit.ls_means(["group", "month"], weights="equal", level=0.95)')
    assert said.index("month3") < said.index("month6") < said.index("month12")
    said = notebook.attempts(
        'fit.contrast("group", reference="placebo", by="month", weights="equal", level=0.95,'
        ' adjust="none").to_frame()'
    )
    assert said.count("verum - placebo") == 3


@pytest.mark.parametrize(
    "columns", ['"md", "semd"', '"md", limits=("lcl", "ucl"), limits_level=0.95']
)
def test_meta_analysis(notebook: Notebook, columns: str) -> None:
    assert "meta_analysis" in notebook.tab("st.meta")
    assert "data=trials" in notebook.shift_tab("st.meta_analysis(")
    options = 'method="DL", interval="HK", prediction_df="k-2", level=0.95'
    said = notebook.attempts(
        f"st.meta_analysis(papers, {options})",
        f'pooled = st.meta_analysis({columns}, labels="author", data=papers, {options})\npooled',
    )
    assert "dersimonian-laird" in said
    assert "Ito" in said
    said = notebook.attempts("pooled.to_frame()[['estimate', 'lower', 'upper']].iloc[0].tolist()")
    assert np.isfinite(eval(said)).all()


def test_what_is_printed_is_short(notebook: Notebook) -> None:
    for code in ("people", "fit", "pooled", "counts"):
        if code != "people":
            assert len(notebook.attempts(code)) < 1500, code
