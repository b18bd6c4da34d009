"""The words of a plan that name an analysis, so that a check of the plan can know them.

What each of them does stands in `analysis.efficacy.methods` and `analysis.efficacy.sensitivity`;
a test holds that the words there are these.
"""

from typing import Literal

Design = Literal["parallel", "single-arm"]

MODELS: dict[str, Design] = {"ANCOVA": "parallel", "MMRM": "parallel", "paired t": "single-arm"}
"""Word of ``analysis.model`` → the design that it is for."""

OBSERVED_ONLY = ("MMRM",)
"""Models of all visits, which take no value carried forward."""

SENSITIVITIES: tuple[str, ...] = (
    "observed cases",
    "LOCF",
    "unadjusted",
    "peak GH as covariate",
    "standardisation",
    "constrained longitudinal model",
    "conditional mean",
    "jump to reference",
    "copy reference",
    "copy increments in reference",
    "last mean carried forward",
    "multiple imputation",
    "jump to reference, multiple imputation",
    "copy reference, multiple imputation",
    "copy increments in reference, multiple imputation",
    "last mean carried forward, multiple imputation",
    "tipping point",
)
"""Words of ``analysis.sensitivity`` in a parallel trial, beside its models and populations.

What is imputed is so by conditional means, with the jackknife, where a word does not say multiple
imputation.
"""

MULTIPLICITY: dict[str, str] = {
    "Dunnett": "dunnett",
    "fixed sequence": "fixed-sequence",
    "Holm": "holm",
    "Hochberg": "hochberg",
    "Hommel": "hommel",
    "Bonferroni": "bonferroni",
}
"""Word of ``analysis.multiplicity`` → the method of `analysis.stats.multiplicity`."""


def models(design: Design) -> tuple[str, ...]:
    """Return the words of ``analysis.model`` for a design."""
    return tuple(name for name, own in MODELS.items() if own == design)


def sensitivities(design: Design, populations: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of ``analysis.sensitivity`` for a design and the plan's populations."""
    if design == "single-arm":
        return populations
    return (*populations, *models(design), *SENSITIVITIES)
