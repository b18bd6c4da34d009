"""Pairwise rows of trials, checked and turned into a regression on treatments."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import linalg
from scipy.sparse import csgraph

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, float_array
from analysis.stats._heterogeneity import Heterogeneous

COLUMNS = ("study", "treatment_1", "treatment_2", "estimate", "std_error")
CONTRADICTION = 0.2
"""How far rows of one trial may contradict each other, in standard errors: rounding, no more."""


@brief
@dataclass(frozen=True, slots=True)
class Study:
    """One trial: its arms, and the contrasts of the later arms with the first.

    Attributes
    ----------
    name, arms
        The trial, and its treatments in alphabetical order.
    y, v
        Contrasts with the first arm, and their sampling covariance.
    """

    name: str
    arms: tuple[str, ...]
    y: Array
    v: Array

    def rows(self, order: Sequence[str]) -> Array:
        """Give the design of the contrasts: one column a treatment of `order`."""
        design = np.zeros((self.y.size, len(order)))
        design[:, order.index(self.arms[0])] = -1
        for row, arm in enumerate(self.arms[1:]):
            design[row, order.index(arm)] = 1
        return design


@brief
@dataclass(frozen=True, slots=True)
class NetworkData:
    """All trials of a connected network."""

    studies: tuple[Study, ...]
    treatments: tuple[str, ...]

    def consistent_model(self, order: Sequence[str]) -> Heterogeneous:
        """Give the model with one effect a treatment, relative to the first of `order`."""
        return self.model(np.vstack([s.rows(order) for s in self.studies])[:, 1:])

    def model(self, design: Array) -> Heterogeneous:
        """Join the trials with a design; every contrast has between-study variance tau²."""
        structure = [(np.eye(s.y.size) + np.ones((s.y.size, s.y.size))) / 2 for s in self.studies]
        return Heterogeneous(
            y=np.concatenate([s.y for s in self.studies]),
            x=design,
            v=linalg.block_diag(*(s.v for s in self.studies)),
            g=linalg.block_diag(*structure),
        )


def arrange_contrasts(contrasts: pd.DataFrame) -> NetworkData:
    """Check the rows of all trials and that they form one network.

    Raises
    ------
    UserError
        When a column or a row is missing, rows of a trial contradict each other, or the
        treatments fall into groups without a comparison between them.
    """
    missing = [c for c in COLUMNS if c not in contrasts.columns]
    if missing:
        raise UserError(f"contrasts lacks the columns {missing}; it needs {list(COLUMNS)}.")
    if contrasts.empty:
        raise UserError("contrasts has no rows: a network needs at least one comparison.")
    names = contrasts[["study", "treatment_1", "treatment_2"]]
    if names.isna().any(axis=None):
        raise UserError("study, treatment_1 and treatment_2 must be named in every row.")
    table = pd.DataFrame(
        {
            "study": contrasts["study"].astype(str),
            "treatment_1": contrasts["treatment_1"].astype(str),
            "treatment_2": contrasts["treatment_2"].astype(str),
            "estimate": float_array("estimate", contrasts["estimate"].to_numpy()),
            "std_error": float_array("std_error", contrasts["std_error"].to_numpy()),
        }
    )
    if (table.std_error <= 0).any():
        row = table[table.std_error <= 0].iloc[0]
        raise UserError(f"study {row.study}: std_error must be above 0, not {row.std_error:g}.")
    # Sorted, so that the order of the rows cannot move a digit.
    studies = tuple(_study(name, rows) for name, rows in table.groupby("study", sort=True))
    treatments = tuple(sorted({arm for study in studies for arm in study.arms}))
    _require_connected(studies, treatments)
    return NetworkData(studies, treatments)


def _study(name: object, rows: pd.DataFrame) -> Study:
    """Turn the pairwise rows of one trial into contrasts with its first arm."""
    arms = tuple(sorted({*rows.treatment_1, *rows.treatment_2}))
    place = {arm: i for i, arm in enumerate(arms)}
    size = len(arms)
    difference, variance = np.zeros((size, size)), np.zeros((size, size))
    seen: set[tuple[str, str]] = set()
    columns = (rows[c].tolist() for c in COLUMNS[1:])
    for first, second, estimate, std_error in zip(*columns, strict=True):
        pair = (min(first, second), max(first, second))
        if first == second or pair in seen:
            what = "compares with itself" if first == second else "occurs twice, with"
            raise UserError(f"study {name}: {first} {what} {second}; remove a row.")
        seen.add(pair)
        i, j = place[first], place[second]
        difference[i, j], difference[j, i] = estimate, -estimate
        variance[i, j] = variance[j, i] = std_error**2
    absent = [" and ".join(p) for p in combinations(arms, 2) if p not in seen]
    if absent:
        raise UserError(
            f"study {name} has {size} arms but no row for {', '.join(absent)}; give all pairs, "
            "because their standard errors carry the correlation."
        )
    # The mean over all partners gives each arm's effect without preferring a baseline.
    effect = difference.mean(axis=1)
    gap = np.abs(difference - (effect[:, None] - effect[None, :]))
    if (gap > CONTRADICTION * np.sqrt(variance)).any():
        raise UserError(
            f"study {name}: its differences contradict each other (A − B plus B − C is not "
            "A − C); check the signs and the rounding."
        )
    v = (variance[1:, :1] + variance[:1, 1:] - variance[1:, 1:]) / 2
    if np.linalg.eigvalsh(v).min() <= 1e-9 * v.max():
        raise UserError(
            f"study {name}: its standard errors cannot come from one trial of {size} arms; check "
            "them, or give arm means through contrasts_from_arms."
        )
    return Study(str(name), arms, effect[1:] - effect[0], v)


def _require_connected(studies: Sequence[Study], treatments: Sequence[str]) -> None:
    """Require a path of trials between any two treatments."""
    links = np.zeros((len(treatments), len(treatments)))
    for study in studies:
        at = [treatments.index(arm) for arm in study.arms]
        links[np.ix_(at, at)] = 1
    n_groups, group = csgraph.connected_components(links, directed=False)
    if n_groups > 1:
        groups = "; ".join(
            ", ".join(t for t, g in zip(treatments, group, strict=True) if g == k)
            for k in range(n_groups)
        )
        raise UserError(
            f"the network is not connected: no trial links {groups}; analyse these groups apart, "
            "or add trials that link them."
        )
