"""Populations: the flags of ADSL that somebody has."""

import pandas as pd

from analysis.errors import UserError
from analysis.sources.trial.drafting.arms import Arms
from analysis.sources.trial.drafting.folder import Folder
from analysis.sources.trial.drafting.writing import comment, counted, quoted

KNOWN = {
    "FASFL": "full analysis",
    "ITTFL": "intention to treat",
    "MITTFL": "modified intention to treat",
    "EFFFL": "efficacy",
    "PPROTFL": "per protocol",
    "PPFL": "per protocol",
    "SAFFL": "safety",
    "RANDFL": "randomised",
    "COMPLFL": "completers",
    "ENRLFL": "enrolled",
    "IMMFL": "immunogenicity",
    "PKFL": "pharmacokinetic",
}
FOR_EFFICACY = ("FASFL", "ITTFL", "MITTFL", "EFFFL", "RANDFL", "SAFFL")
FOR_SAFETY = ("SAFFL", "FASFL", "ITTFL", "RANDFL")


def find_populations(folder: Folder) -> dict[str, str]:
    """Return name → flag, for the population flags of ADSL that somebody has.

    Raises
    ------
    UserError
        If there is none: no analysis can say whom it is of.
    """
    flags = _flags(folder)
    known = [flag for flag in KNOWN if flag in flags]
    known += [flag for flag in flags if flag.startswith("COMP") and flag not in known]
    found: dict[str, str] = {}
    for flag in known or flags:
        name = KNOWN.get(flag, f"completers ({flag})" if flag.startswith("COMP") else flag)
        found[name if name not in found else flag] = flag
    if not found:
        raise UserError(
            f"{folder.shown}: ADSL must have a population flag, such as SAFFL, ITTFL or FASFL, "
            "with Y for the participants of an analysis; no variable of it that ends in FL has a Y"
        )
    return found


def _flags(folder: Folder) -> dict[str, int]:
    """Return each flag of ADSL with how many participants have Y."""
    adsl = folder.adsl
    flags = [name for name in adsl if name.endswith("FL") and not _is_number(adsl[name])]
    return {name: int(n) for name in flags if (n := (adsl[name] == "Y").sum())}


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values)


def first_of(populations: dict[str, str], order: tuple[str, ...]) -> str:
    """Return the name of the first population by an order of flags, or the first of all."""
    names = {flag: name for name, flag in populations.items()}
    return next((names[flag] for flag in order if flag in names), next(iter(populations)))


def members(folder: Folder, arms: Arms, flag: str) -> dict[str, str]:
    """Return the participants of a population who have an arm → their arm."""
    own = folder.adsl[(folder.adsl[flag] == "Y") & arms.assigned]
    return dict(zip(own["USUBJID"], own["TRT01P"], strict=True))


def populations_lines(folder: Folder, populations: dict[str, str]) -> list[str]:
    """Return the lines of the populations, each with its participants."""
    flags = _flags(folder)
    lines = ["populations:  # name of a population: its flag in ADSL"]
    lines += [
        f"  {quoted(name)}: {quoted(flag)}  # {flags[flag]} participants"
        for name, flag in populations.items()
    ]
    others = {flag: n for flag, n in flags.items() if flag not in populations.values()}
    if others:
        lines += comment(f"Other flags of ADSL, with Y for: {counted(others)}", indent=2)
    return lines
