"""The words of a plan that name an analysis, so that a check of the plan can know them.

What each of them does stands in `analysis.efficacy.methods` and `analysis.efficacy.sensitivity`;
a test holds that the words there are these.
"""

from typing import Literal

Design = Literal["parallel", "single-arm"]

Kind = Literal["continuous", "binary", "time-to-event"]
"""What kind of response an endpoint is."""
MissingData = Literal["observed", "LOCF", "multiple imputation", "non-responder"]
Objective = Literal["non-inferiority", "equivalence", "superiority"]

MODELS: dict[str, tuple[Design, Kind]] = {
    "ANCOVA": ("parallel", "continuous"),
    "MMRM": ("parallel", "continuous"),
    "paired t": ("single-arm", "continuous"),
    "Miettinen-Nurminen": ("parallel", "binary"),
    "Newcombe": ("parallel", "binary"),
    "Cochran-Mantel-Haenszel": ("parallel", "binary"),
    "standardisation": ("parallel", "binary"),
    "logistic regression": ("parallel", "binary"),
    "Cox regression": ("parallel", "time-to-event"),
    "restricted mean survival": ("parallel", "time-to-event"),
    "Kaplan-Meier": ("parallel", "time-to-event"),
}
"""Word of ``analysis.model`` → the design and the kind of endpoint that it is for."""

USUAL: dict[Kind, str] = {
    "continuous": "ANCOVA",
    "binary": "Miettinen-Nurminen",
    "time-to-event": "Cox regression",
}
"""Kind of endpoint → the model of one for which the plan names none of its kind."""

WITHOUT_COVARIATES = (
    "Miettinen-Nurminen", "Newcombe", "Cochran-Mantel-Haenszel", "restricted mean survival",
    "Kaplan-Meier", "paired t",
)  # fmt: skip
"""Models that take no covariates."""
WITHOUT_STRATA = ("restricted mean survival", "Kaplan-Meier", "paired t")
"""Models that take no strata."""

MISSING_DATA: dict[Kind, tuple[MissingData, ...]] = {
    "continuous": ("observed", "LOCF", "multiple imputation"),
    "binary": ("observed", "LOCF", "non-responder", "multiple imputation"),
    "time-to-event": ("observed",),
}
"""Kind of endpoint → how its missing values can be handled."""

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

BINARY_SENSITIVITIES = (
    "observed cases", "LOCF", "non-responder", "unadjusted", "multiple imputation",
    "jump to reference", "worst case", "best case",
)  # fmt: skip
"""The same of a binary endpoint."""
SURVIVAL_SENSITIVITIES = ("unadjusted", "profile likelihood", "Breslow ties", "discrete ties")
"""The same of a time to an event."""
OF_KIND: dict[Kind, tuple[str, ...]] = {
    "continuous": SENSITIVITIES,
    "binary": BINARY_SENSITIVITIES,
    "time-to-event": SURVIVAL_SENSITIVITIES,
}

MULTIPLICITY: dict[str, str] = {
    "Dunnett": "dunnett",
    "fixed sequence": "fixed-sequence",
    "Holm": "holm",
    "Hochberg": "hochberg",
    "Hommel": "hommel",
    "Bonferroni": "bonferroni",
}
"""How one family is tested: the plan's word → the method of `analysis.stats.multiplicity`."""

PROCEDURES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(MULTIPLICITY, ("hypotheses",)),
    "fixed sequence": ("order",),
    "fallback": ("order", "weights"),
    "gatekeeping": ("families", "gate"),
    "graphical": ("hypotheses", "weights", "transitions"),
}
"""Word of ``analysis.multiplicity`` → the fields that say more of it."""


def models(design: Design, kind: Kind = "continuous") -> tuple[str, ...]:
    """Return the words of ``analysis.model`` for a design and a kind of endpoint."""
    return tuple(name for name, own in MODELS.items() if own == (design, kind))


def model_word(written: str) -> str:
    """Return a word of ``analysis.model`` as `MODELS` has it, however it is capitalised.

    Examples
    --------
    >>> model_word("Miettinen–Nurminen"), model_word("ancova"), model_word("probit")
    ('Miettinen-Nurminen', 'ANCOVA', 'probit')
    """
    return next((word for word in MODELS if _folded(word) == _folded(written)), written)


def _folded(word: str) -> str:
    return " ".join(word.casefold().replace("–", "-").replace("-", " ").split())


def sensitivities(
    design: Design, populations: tuple[str, ...], kind: Kind = "continuous"
) -> tuple[str, ...]:
    """Return the words of ``analysis.sensitivity`` for a design and the plan's populations."""
    if design == "single-arm":
        return populations
    return (*populations, *models(design, kind), *OF_KIND[kind])
