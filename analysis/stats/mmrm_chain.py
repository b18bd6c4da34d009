"""The declared chain of covariance structures, tried in turn."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats.covariance_patterns import Pattern
from analysis.stats.mmrm_data import MixedData
from analysis.stats.mmrm_optimiser import CovarianceFit, FitFailure, fit_covariance


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class StructureAttempt:
    """One covariance structure that was tried.

    Attributes
    ----------
    structure : str
        Its name.
    converged : bool
        Whether it was fitted.
    reason : str
        Why not; empty when it was.
    """

    structure: str
    converged: bool
    reason: str


def fit_chain(
    chain: Sequence[str], data: MixedData, response: str, *, restricted: bool
) -> tuple[Pattern, CovarianceFit, tuple[StructureAttempt, ...]]:
    """Return the first structure of the chain that can be fitted, and what was tried."""
    forms = [data.structure(name) for name in chain]
    flat = data.without_variation()
    attempts: list[StructureAttempt] = []
    for name, form in zip(chain, forms, strict=True):
        try:
            _check_variation(form, flat)
            best = fit_covariance(
                data.moments, form, residuals=data.problem.residuals, subjects=data.subject_index,
                visits=data.visit_index, restricted=restricted,
            )  # fmt: skip
        except FitFailure as failure:
            attempts.append(StructureAttempt(structure=name, converged=False, reason=str(failure)))
            continue
        attempts.append(StructureAttempt(structure=name, converged=True, reason=""))
        return form, best, tuple(attempts)
    tried = "; ".join(f"{item.structure}: {item.reason}" for item in attempts)
    raise UserError(
        f"the mixed model for {response!r} could not be fitted to {data.moments.n_subjects} "
        f"subjects and {len(data.visits)} visits ({tried}): declare a simpler structure or pool "
        "visits"
    )


def _check_variation(form: Pattern, flat: Sequence[str]) -> None:
    """Raise when a structure gives a variance of its own to a visit that has none."""
    if flat and any("variance(" in name for name in form.parameter_names):
        raise FitFailure(
            f"the fixed effects leave no variation at visit {' and '.join(flat)}, so its variance "
            "is not identified; leave the visit out, or declare a structure with one variance"
        )
