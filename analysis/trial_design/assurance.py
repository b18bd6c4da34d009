"""Assurance: how likely a new trial succeeds, by what the evidence lets one believe."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.contrasts.answer import answer, asked_contrasts
from analysis.contrasts.inclusion import comparable, require
from analysis.contrasts.mixture import kinds_pooled, sets_of_trials
from analysis.contrasts.synthesis import headline_model, meta
from analysis.display.figures import COLOURS, Figure
from analysis.display.reading import Reading
from analysis.display.rows import both, numbers
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.numbers import percent
from analysis.results import Results, section
from analysis.stats.assurance import average_over_prior
from analysis.stats.laws import t_isf, t_sf
from analysis.trial_design.design import Design
from analysis.trial_design.designs import MEANS
from analysis.trial_design.evaluated import shown
from analysis.trial_design.settings import DesignRun
from analysis.trial_design.sizes import recommended
from analysis.words import counted, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

Rows = list[dict[Any, Any]]
PLANNED = "as planned, without doubt"
"""The curve of the power at the assumed effect."""
STRATA = 50
"""Parts of equal probability into which a prior is divided to be simulated."""
SIZES = 12
"""Sizes on the curve."""
LINES = [COLOURS["blue"], COLOURS["orange"], COLOURS["green"], COLOURS["purple"]]


@dataclass(frozen=True, slots=True)
class Prior:
    """What evidence lets one believe of the true effect: Student's t about a mean.

    Attributes
    ----------
    words
        The evidence.
    mean, sd, df
        Centre, scale and degrees of freedom; infinite for the normal.
    method
        How it follows.
    source
        Source ids.
    """

    words: str
    mean: float
    sd: float
    df: float
    method: str
    source: str

    def quantiles(self, shares: Any) -> Any:
        """Return the effects below which shares of the probability lie."""
        return self.mean - self.sd * t_isf(shares, self.df)

    def better_than(self, effect: float, sign: int) -> float:
        """Return the probability that the truth is on the good side of an effect."""
        if self.sd == 0:
            return float(sign * (self.mean - effect) > 0)
        return float(t_sf(sign * (effect - self.mean) / self.sd, self.df))


def priors(run: DesignRun) -> list[Prior]:
    """Return what the ledger lets one believe: by the asked contrast's trial, and by all pools.

    Raises
    ------
    UserError
        If the run is of another endpoint than a measurement, or the ledger has no difference.

    Notes
    -----
    Of one trial its difference and standard error. Of a pool the distribution of the difference
    in a new trial, which needs three trials at least: the pooled one, with its standard error and
    the variance between trials.
    """
    if run.parameters.kind != MEANS:
        raise UserError(
            f"the ledger's differences are those of a {MEANS}; of a {run.parameters.kind} it gives "
            "no distribution of the true effect"
        )
    found = [*_of_the_asked_trial(run), *_of_pools(run)]
    if not found:
        raise UserError(
            "no report of the asked contrast has a difference with its error, and no pool has "
            "three trials"
        )
    return found


def _of_the_asked_trial(run: DesignRun) -> Iterator[Prior]:
    rows = answer(run.evidence)
    row, words = rows.wide("stat").iloc[0], rows.wide().iloc[0]
    values = [row.get(name, np.nan) for name in ("estimate", "std.error", "parameter")]
    if pd.isna(values[:2]).any():
        return
    estimate, error, df = map(float, values)
    yield Prior(
        f"{words['group2_level']} alone", estimate, error, math.inf if math.isnan(df) else df,
        "the trial's difference and its standard error", rows.frame["source"].iloc[0],
    )  # fmt: skip


def _of_pools(run: DesignRun) -> Iterator[Prior]:
    evidence = run.evidence
    try:
        sets = sets_of_trials(
            require(comparable(evidence), evidence, 3, "a predictive distribution")
        )
    except UserError:
        return
    asked = asked_contrasts(evidence)
    studies = set(asked["study_id"]) if len(asked) else set()
    for place, (name, trials) in enumerate(sets.items()):
        # All trials, and a narrower pool where it holds one of the asked contrast.
        if len(trials) < 3 or (place and not studies & set(trials["study_id"])):
            continue
        pooled = meta(evidence, trials, headline_model(evidence, len(trials)))
        kinds = kinds_pooled(trials)
        mixed = f" of {counted(kinds, 'kind')} of product" if kinds > 1 else f" of {name}"
        yield Prior(
            f"pool of {counted(len(trials), 'trial')}{mixed}",
            pooled.estimate, math.hypot(pooled.std_error, math.sqrt(pooled.tau2)),
            pooled.prediction_df or math.inf,
            "pooled difference, with its standard error and the variance between trials",
            "; ".join(dict.fromkeys(trials["source_id"])),
        )  # fmt: skip


def assurance_of(design: Design, prior: Prior) -> float:
    """Return the power of a design, averaged over a prior of its effect."""
    return average_over_prior(
        lambda effect: replace(design, effect=effect).power().power,
        prior_mean=prior.mean, prior_sd=prior.sd, prior_df=prior.df,
    )  # fmt: skip


def simulated(design: Design, prior: Prior, trials: int, seed: int) -> tuple[float, float]:
    """Return the simulated assurance and its Monte Carlo error: a few trials of every stratum."""
    strata = min(STRATA, trials)
    truths = prior.quantiles((np.arange(strata) + 0.5) / strata).tolist()
    each = trials // strata
    shares = np.array(shown([replace(design, effect=t) for t in truths], each, seed)) / each
    return float(shares.mean()), math.sqrt(float((shares * (1 - shares)).sum()) / each) / strata


@section
def assurance(run: DesignRun) -> Results:
    """Return how likely the recommended trials succeed, by the evidence on the true effect.

    Returns
    -------
    Results
        For each piece of evidence (``group1_level``) and power planned for (``group2_level``):
        ``prior.mean``, ``prior.sd``, ``within.margin``, the probability that the truth is on the
        good side of the margin, which no size exceeds; ``n.randomised``, ``power`` if the truth
        were the mean, ``assurance``, ``assurance.simulated`` and ``mc.error``.
    """
    asked, rows = run.parameters, []
    for prior in priors(run):
        for found, power in zip(recommended(run), asked.power, strict=True):
            design = found.design
            share, error = simulated(design, prior, asked.simulations, asked.seed)
            rows.append(
                {
                    "group1_level": prior.words, "group2_level": percent(power),
                    "prior.mean": prior.mean, "prior.sd": prior.sd,
                    "places:prior.mean": 2, "places:prior.sd": 2,
                    "within.margin": prior.better_than(
                        design.with_gain(design.at_margin_gain()), design.sign
                    ),
                    "n.randomised": found.randomised,
                    "power": replace(design, effect=prior.mean).power().power,
                    "assurance": assurance_of(design, prior),
                    "assurance.simulated": share, "mc.error": error, "draws": asked.simulations,
                    "data_status": "synthetic", "method": prior.method, "source": prior.source,
                }
            )  # fmt: skip
    return run.results(pd.DataFrame(rows), "assurance", group1="evidence", group2="power")


@assurance.shows
def assurance_reading(assurance: Results, run: DesignRun) -> Reading:
    """Say how likely the largest of the recommended trials succeeds, and what bounds that."""
    return Reading([assured_sentence(*_of_the_largest(run, assurance))], assurance)


def assured_briefly(run: DesignRun, assurance: Results) -> str:
    """Say the same for the head of the page."""
    planned, rows = _of_the_largest(run, assurance)
    told = [f"{row['assurance']}\u202f% ({row['group1_level']})" for row in rows]
    return (
        "Averaged over what the evidence lets one believe of the true difference, the trial "
        f"planned for a power of {planned} succeeds with a probability of {listed(told)}."
    )


def _of_the_largest(run: DesignRun, assurance: Results) -> tuple[str, Rows]:
    """Return the highest power planned for, and the rows of its trial."""
    planned = percent(max(run.parameters.power))
    return planned, [row for row in both(assurance)[0] if row["group2_level"] == planned]


def assured_sentence(planned: str, rows: Rows) -> str:
    """Say what the assurance is by each piece of evidence, beside the power planned for."""
    told = [
        f"{row['assurance']}\u202f% ({row['group1_level']}; at most {row['within.margin']}\u202f%)"
        for row in rows
    ]
    return (
        f"A trial planned for a power of {planned} succeeds, averaged over what the evidence lets "
        f"one believe of the true difference, with a probability of {listed(told)}. At most is the "
        "probability that the truth lies within the margin: more participants cannot raise it."
    )


@assurance.shows
def assurance_table(assurance: Results, run: DesignRun) -> Table:
    """Show how likely the recommended trials succeed."""
    unit = f", {run.unit}" if run.unit else ""
    return Table(
        title="How likely a new trial succeeds",
        results=assurance,
        labels={"group1_level": "Evidence on the true difference", "group2_level": "Planned for"},
        columns=[
            Column(f"Mean ± SD{unit}", "{prior.mean} ± {prior.sd}"),
            Column("Within the margin, %", "{within.margin}"),
            Column("Randomised", "{n.randomised}"),
            Column("Power at the mean, %", "{power}"),
            Column("Assurance, %", "{assurance}"),
            Column("Simulated, %", "{assurance.simulated}"),
            Column("MC error", "{mc.error}"),
        ],
        footnotes=[
            "Assurance: the power, averaged over what the evidence lets one believe of the true "
            "difference in a new trial. Of one trial that is its difference and standard error; of "
            "a pool the predictive distribution (t with k − 2 degrees of freedom). Within the "
            "margin: the probability of that, which no size of the trial exceeds.",
            f"Simulated: {run.parameters.simulations} trials, their truths spread over the "
            "distribution.",
        ],
    )


@section
def assurance_curves(run: DesignRun) -> Results:
    """Return assurance and power over the size of the trial.

    Returns
    -------
    Results
        For each piece of evidence, and for the assumed effect (``group1_level``), and each size
        (``n.randomised``): ``assurance``, which is the power where nothing is doubted.
    """
    assumed = run.assumptions
    most = max(found.randomised for found in recommended(run))
    sizes = np.unique(np.linspace(0.4 * most, 2.5 * most, SIZES).round().astype(int))
    designs = {int(n): run.kind.of(assumed, *assumed.analysed(int(n))) for n in sizes}
    certain = Prior(PLANNED, assumed.effect, 0.0, math.inf, "the planning values", "parameters")
    rows = [
        {
            "group1_level": prior.words, "variable_level": str(n), "n.randomised": n,
            "assurance": assurance_of(design, prior), "method": prior.method,
            "source": prior.source,
        }
        for prior in (certain, *priors(run))
        for n, design in designs.items()
        if min(design.n_test, design.n_reference) >= design.least
    ]  # fmt: skip
    return run.results(pd.DataFrame(rows), "assurance-curves", group1="evidence")


@assurance_curves.shows
def assurance_figure(curves: Results, run: DesignRun) -> Figure:
    """Draw assurance and power over the size of the trial."""
    frame = numbers(curves, "n.randomised", "assurance")
    names = list(dict.fromkeys(frame["group1_level"]))
    planned = [found.randomised for found in recommended(run)]

    def draw(canvas: Canvas, narrow: bool) -> None:
        place: Axes = canvas.subplots()
        for n in planned:
            place.axvline(n, color=COLOURS["pale"], lw=1, zorder=0)
        colours = [COLOURS["ink"], *LINES]
        for number, name in enumerate(names):
            own = frame[frame["group1_level"] == name]
            style = "--" if name == PLANNED else "-"
            place.plot(own["n.randomised"], own["assurance"], style, lw=1.8, label=name,
                       color=colours[number % len(colours)])  # fmt: skip
        place.set(xlabel="Randomised", ylabel="Probability of success", ylim=(0, 1.03))
        place.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        canvas.legend(
            loc="outside upper left", ncols=1 if narrow else 2, frameon=False, fontsize=8.5
        )

    return Figure(
        title="Power and assurance over the size of the trial",
        alt=_alt(frame, names),
        draw=draw,
        height=3.9,
        narrow_height=4.4,
        results=curves,
        caption="Dashed: the power at the assumed effect. Lines: the power averaged over what the "
        "evidence lets one believe. Grey lines: the recommended sizes. An assurance levels off at "
        "the probability that the truth lies within the margin.",
    )


def _alt(frame: pd.DataFrame, names: list[str]) -> str:
    ends = []
    for name in names:
        own = frame[frame["group1_level"] == name].sort_values("n.randomised")
        low, high = own["assurance"].iloc[0], own["assurance"].iloc[-1]
        ends.append(f"{name} from {percent(low)} to {percent(high)}")
    sizes = frame["n.randomised"]
    return (
        f"Curves of the probability of success from {sizes.min():.0f} to {sizes.max():.0f} "
        f"randomised participants: {listed(ends)}."
    )
