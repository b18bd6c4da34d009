"""The product's own single-arm studies: growth before treatment and in the first year."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, Figure
from analysis.display.reading import Reading
from analysis.display.rows import filled, numbers
from analysis.numbers import level
from analysis.programme.settings import BASELINE, YEAR, ProgrammeRun, month_words
from analysis.results import NOT_ESTIMABLE, Results, section
from analysis.sources.arm_summaries import arm_summaries
from analysis.sources.audit import without_unusable_sds
from analysis.sources.choice import best_reports
from analysis.sources.evidence import TWELVE_MONTHS, Ledger
from analysis.sources.schemas import INDICATIONS, INFERRED
from analysis.sources.searches import not_found_words
from analysis.stats.dispersion import with_interval
from analysis.words import begins_sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

ARM = ["study_id", "arm_id"]
NO_SINGLE_ARM = "The ledger has no single-arm study of this product."
TIMES = {BASELINE: ("before", COLOURS["grey"]), YEAR: ("first year", COLOURS["orange"])}
"""Time → its word in the figure, and its colour."""


@section
def own_single_arms(run: ProgrammeRun) -> Results:
    """Return what is known of growth in each single-arm study of the asked product.

    Returns
    -------
    Results
        Per study: n, mean and SD at baseline and month 12, with a t interval of the mean, the
        ``report`` they are read in and, where the identity of the report with the study is
        only inferred, ``identity``; or ``conclusion`` "not estimable" and the ``reason``.

    Notes
    -----
    Estimand: the mean height velocity of those analysed; a single-arm mean, no effect. A study
    that the source document describes has the values of its independent report.
    """
    product, conf_level = run.parameters.product, run.parameters.conf_level
    studies = _own_arms(run.ledger, product)
    values = pd.concat([_summaries(run, months) for months in (0.0, TWELVE_MONTHS)])
    known = studies.merge(values, on=ARM, how="left")
    # A study without growth is shown only where the document under audit says that it has some.
    known = known[known["mean"].notna() | known["described"]]
    missing = known["mean"].isna()
    unfound = [
        not_found_words(run.ledger, product=product, comparator="", indication=code)
        for code in known["indication"]
    ]
    frame = pd.DataFrame(
        {
            "group1_level": known["name"],
            "group2_level": known["indication"],
            "variable": "Height velocity",
            "variable_level": known["months"].map(month_words),
            "n": known["n"],
            "mean": known["mean"],
            "places:mean": known["decimals"],
            "sd": known["sd"],
            "places:sd": known["sd_decimals"],
            "conf.low": known["conf_low"],
            "conf.high": known["conf_high"],
            "conf.level": np.where(missing, np.nan, conf_level),
            "report": known["report"],
            "identity": known["identity"],
            "conclusion": np.where(missing, NOT_ESTIMABLE, ""),
            "reason": np.where(missing, unfound, ""),
            "population": known["population"],
            "n_population": known["n"],
            "source": known["source_id"],
        }
    )
    return run.results(
        frame,
        "own-single-arms",
        group1="study",
        group2="indication",
        context="published",
        unit="cm/year",
        method=f"t interval of a mean, level {level(conf_level)}",
    )


@own_single_arms.shows
def own_growth_figure(own: Results, _run: ProgrammeRun) -> Figure | Reading:
    """Draw height velocity before and in the first year of treatment, study by study."""
    if not len(own.select(stat_name="mean")):
        return Reading([NO_SINGLE_ARM], own)
    frame = numbers(own, "n", "mean", "sd", "conf.low", "conf.high").assign(
        shown=own.wide()["mean"]
    )
    frame["group1_level"] = [_named(row) for row in frame.to_dict("records")]
    names = list(dict.fromkeys(frame["group1_level"]))

    def draw(canvas: Canvas, _narrow: bool) -> None:
        axes = canvas.subplots()
        for y, name in enumerate(reversed(names)):
            _study(axes, y, frame[frame["group1_level"] == name])
        _frame(axes, names, frame)

    means = own.select(stat_name="mean").frame
    words = ", ".join(
        f"{name} {row['variable_level'].lower()} {row['stat_fmt']}"
        for name, row in zip(
            frame.loc[frame["mean"].notna(), "group1_level"], means.to_dict("records"), strict=True
        )
    )
    return Figure(
        title="Single arms: height velocity before treatment and in the first year",
        alt=f"Dot plot of mean height velocity in cm/year: {words}.",
        draw=draw,
        height=1.4 + 0.6 * len(names),
        narrow_height=1.6 + 0.7 * len(names),
        results=own,
        caption="Dots are means, bars their t intervals at the level of this run: grey before "
        "treatment, orange in the first year. The values are those of the independent reports.",
    )


def own_sentences(own: Results) -> list[str]:
    """Say how each single-arm study of the product grew, or that it is not known."""
    rows = own.wide().to_dict("records")
    return [
        _unknown(row) if row.get("conclusion") else _growth(row)
        for row in rows
        if row.get("conclusion") or row["variable_level"] == YEAR
    ]


def _unknown(row: dict[str, str]) -> str:
    return f"{row['group1_level']}: {row['conclusion']}; a report of its growth: {row['reason']}."


def _growth(row: dict[str, str]) -> str:
    spread = filled(row, " (SD {sd}, {conf.level} interval of the mean {conf.low} to {conf.high})")
    inferred = filled(row, " That the report read, {report}, is of this study is {identity}.")
    n = filled(row, "{n} participants") or "the participants"
    return (
        f"{row['group1_level']}: {n} grew {row['mean']} cm/year on average in the first year on "
        f"treatment{spread}; a single arm, so there is nothing to compare with.{inferred}"
    )


def _own_arms(ledger: Ledger, product: str) -> pd.DataFrame:
    """Return the single arms of a product: those the source document describes, then others.

    Returns
    -------
    pandas.DataFrame
        ``study_id, arm_id`` of the report, ``name, indication, report, identity, described``.
    """
    arms = ledger.arms.merge(
        ledger.studies.rename(columns={"label": "study"}), on="study_id", validate="many_to_one"
    )
    singles = arms[(arms["product"] == product) & (arms["role"] == "single")]
    noted = singles[singles["evidence"] == "note"].merge(
        ledger.identities[[*ARM, "same_as_study_id", "same_as_arm_id", "basis"]], how="left"
    )
    indications = noted["indication"].map(INDICATIONS).map(begins_sentence)
    noted = noted.assign(
        name=indications + ", " + noted["label"],
        study_id=noted["same_as_study_id"].fillna(""),
        arm_id=noted["same_as_arm_id"].fillna(""),
        identity=np.where(noted["basis"] == INFERRED, INFERRED, ""),
        described=True,
    )
    others = singles[singles["evidence"] != "note"]
    taken = pd.MultiIndex.from_frame(others[ARM]).isin(pd.MultiIndex.from_frame(noted[ARM]))
    others = others[~taken].assign(
        name=lambda rows: rows["study"] + ", " + rows["label"], identity="", described=False
    )
    columns = [*ARM, "name", "indication", "identity", "described"]
    both = pd.concat([noted[columns], others[columns]], ignore_index=True)
    labels = ledger.studies.set_index("study_id")["label"]
    return both.assign(report=both["study_id"].map(labels).fillna(""))


def _summaries(run: ProgrammeRun, months: float) -> pd.DataFrame:
    arms = without_unusable_sds(
        arm_summaries(run.ledger, paramcd="HV", months=months), run.ledger, run.findings
    )
    kept = [*ARM, *"population n mean decimals sd sd_decimals conf_low conf_high source_id".split()]
    found = best_reports(arms, run.ledger, ARM)
    return with_interval(found, conf_level=run.parameters.conf_level)[kept].assign(months=months)


def _named(row: Mapping[Hashable, Any]) -> Any:
    """Return a study's name, and that its report's identity is a guess where it is one."""
    return row["group1_level"] + filled(row, " (identity {identity})")


def _study(axes: Axes, y: int, rows: pd.DataFrame) -> None:
    """Draw one study: its two means with their intervals, or that it is not estimable."""
    known = rows[rows["mean"].notna()]
    if known.empty:
        axes.text(0.4, y, NOT_ESTIMABLE, va="center", color=COLOURS["grey"], style="italic")
        return
    axes.plot(known["mean"], [y] * len(known), color=COLOURS["pale"], lw=3)
    for row in known.to_dict("records"):
        word, colour = TIMES[row["variable_level"]]
        axes.plot([row["conf.low"], row["conf.high"]], [y, y], color=colour, lw=2.5)
        axes.plot(row["mean"], y, "o", color=colour, ms=7)
        for text, offset, weight in ((row["shown"], 9, "bold"), (word, -17, "normal")):
            axes.annotate(
                text, (row["mean"], y), (0, offset), textcoords="offset points", ha="center",
                color=colour, weight=weight,
            )  # fmt: skip


def _frame(axes: Axes, names: Sequence[str], frame: pd.DataFrame) -> None:
    highest = frame[["mean", "conf.high"]].max(axis=None)
    axes.set(xlim=(0, 1.15 * highest), ylim=(-0.6, len(names) - 0.4))
    axes.set_xlabel("Height velocity, cm/year")
    axes.set_yticks(
        range(len(names)),
        [name.replace(", ", ",\n").replace(" (", "\n(") for name in reversed(names)],
    )
    axes.tick_params(axis="y", length=0)
