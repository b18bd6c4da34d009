"""Read ``assumptions.yml``, and hold it against the published ledger."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pydantic

from analysis import paths
from analysis.errors import UserError
from analysis.mistakes import mistakes
from analysis.sources.synthetic.assumptions import Assumption, Assumptions
from analysis.yaml_files import read_yaml

FILE = "assumptions.yml"
TABLE = "reproduced.tsv"
"""Of a calibrated study: each published number and what the tables give. A csv would be taken for a
table of the trial."""


def read_assumptions(folder: Path) -> Assumptions:
    """Read and validate the ``assumptions.yml`` of a trial folder.

    Parameters
    ----------
    folder
        The trial folder.

    Raises
    ------
    UserError
        With one sentence per mistake: field, rule, value.
    """
    path = folder / FILE
    if not path.is_file():
        raise UserError(f"{paths.shown(path)} is missing; a synthetic trial needs its assumptions")
    try:
        return Assumptions.model_validate(read_yaml(path))
    except pydantic.ValidationError as error:
        said = mistakes(error, Assumptions, FILE)
        raise UserError("\n".join(f"{paths.shown(path)}: {each}" for each in said)) from None


def entries(part: object, where: str = "") -> Iterator[tuple[str, Assumption[object]]]:
    """Yield every assumption with its place, for example ``growth.treatment_difference``."""
    if isinstance(part, Assumption):
        yield where, part
        return
    fields = dict(part) if isinstance(part, (pydantic.BaseModel, dict)) else {}
    for name, value in fields.items():
        yield from entries(value, f"{where}.{name}" if where else str(name))


def disagreements(assumptions: pydantic.BaseModel, results: pd.DataFrame) -> list[str]:
    """Return one sentence for each assumption that is not what its ledger row says.

    Parameters
    ----------
    assumptions
        The assumptions.
    results
        ``results`` of the published ledger.
    """
    printed = results.set_index("result_id")["value"]
    found = []
    for where, entry in entries(assumptions):
        if not entry.ledger:
            continue
        if entry.ledger not in printed.index:
            found.append(f"{where}: ledger must name a row of results.csv; got '{entry.ledger}'")
        elif entry.value != printed[entry.ledger]:
            found.append(
                f"{where}: must be the value of {entry.ledger}, {printed[entry.ledger]:g}; "
                f"got {entry.value}; correct it, or say 'assumed' with a reason"
            )
    return found
