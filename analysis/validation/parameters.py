"""Parameters of notebook 7."""

import pydantic

from analysis.parameters import NotebookParameters


class ValidationParameters(NotebookParameters):
    """Parameters of ``7_validation``."""

    draws: int = pydantic.Field(
        10_000, ge=100, le=1_000_000, description="simulated data sets behind each coverage"
    )
    conf_level: float = pydantic.Field(
        0.95, gt=0.5, lt=1, description="nominal level of the simulated intervals, 0.5 to 1"
    )
    seed: int = pydantic.Field(20060424, ge=0, description="seed of the simulations")
