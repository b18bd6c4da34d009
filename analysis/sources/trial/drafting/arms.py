"""Arms: who was assigned to what, and which of them is the reference."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import pandas as pd

from analysis.sources.trial.drafting.folder import Folder
from analysis.sources.trial.drafting.writing import comment, counted, mapped, plain, quoted
from analysis.sources.trial.no_arm import without_arm

REFERENCE_WORDS = ("placebo", "control", "reference", "comparator", "standard", "vehicle", "sham")
NEVER_ASSIGNED = frozenset(("SCREEN FAILURE", "NOT ASSIGNED"))
"""ARMNRS of people who have no arm; ASSIGNED, NOT TREATED has one."""
MOST_LINES = 6


@dataclass(frozen=True)
class Arms:
    """Arms with their participants.

    Parameters
    ----------
    sizes
        Arm → participants, in the order of TRT01PN or else of the alphabet.
    without
        What TRT01P says of people without an arm → how many.
    assigned
        Which rows of ADSL have an arm.
    """

    sizes: dict[str, int]
    without: dict[str, int]
    assigned: pd.Series

    @property
    def design(self) -> str:
        """``"parallel"``, or ``"single-arm"`` where there is one."""
        return "parallel" if len(self.sizes) > 1 else "single-arm"


def find_arms(folder: Folder) -> Arms:
    """Return the arms of TRT01P, without screen failures and people never assigned."""
    adsl = folder.adsl
    arm = adsl["TRT01P"]
    assigned = ~without_arm(arm)
    if "ARMNRS" in adsl:
        assigned &= ~adsl["ARMNRS"].astype(str).str.upper().isin(NEVER_ASSIGNED)
    if "TRTSDT" in adsl and "SAFFL" in adsl:
        # An arm in which nobody was treated is none, whatever it is called.
        touched = adsl["TRTSDT"].notna() | (adsl["SAFFL"] == "Y")
        flags = [name for name in adsl if name in ("FASFL", "ITTFL", "RANDFL")]
        touched |= (adsl[flags] == "Y").any(axis=1)
        assigned &= touched.groupby(arm).transform("any") | ~touched.any()
    own = adsl[assigned]
    by = own.groupby("TRT01P")["TRT01PN"].min() if "TRT01PN" in own else None
    if by is not None and pd.api.types.is_numeric_dtype(by) and by.is_unique:
        order = list(by.sort_values().index)
    else:
        order = sorted(own["TRT01P"].unique())
    sizes = own["TRT01P"].value_counts()
    without = {str(k): int(v) for k, v in arm[~assigned].value_counts().items()}
    return Arms({str(name): int(sizes[name]) for name in order}, without, assigned)


def arms_lines(arms: Arms) -> list[str]:
    """Return the lines of design and arms; which is the reference is a question."""
    seen = f"Participants by TRT01P: {counted(arms.sizes)}."
    if arms.without:
        seen += f" Without an arm, and in no analysis: {counted(arms.without)}."
    lines = [f"design: {quoted(arms.design)}", *comment(seen)]
    if arms.design == "single-arm":
        return [*lines, f"arms: {mapped({'treatment': next(iter(arms.sizes), '?')})}"]
    likely = [name for name in arms.sizes if is_reference(name)]
    hint = f" {' and '.join(likely)} is the reference by its name." if likely else ""
    asked = (
        'Which arm is under test, and against which? Put one of these lines in the place of "?".'
    )
    pairs = list(_pairs(arms))
    others = [f"#   … or any other pair of the {len(arms.sizes)} arms"] * (len(pairs) > MOST_LINES)
    shown = [f"#   {_pair(arms, *pair)}" for pair in pairs[:MOST_LINES]]
    return [*lines, *comment(asked + hint), *map(plain_comment, shown), *others, 'arms: "?"']


def plain_comment(line: str) -> str:
    """Return a comment that is to be copied: as it is, on one line."""
    return line if line.isprintable() else f"# {plain(line[1:])}"


def _pairs(arms: Arms) -> Iterator[tuple[str, str]]:
    """Yield treatment and reference, those with a word for a reference first."""
    likely = [name for name in arms.sizes if is_reference(name)]
    pairs = [(one, other) for other, one in permutations(arms.sizes, 2)]
    yield from (pair for pair in pairs if pair[1] in likely and pair[0] not in likely)
    if not likely:
        yield from pairs


def is_reference(name: str) -> bool:
    """Say whether an arm is a reference by its name.

    Examples
    --------
    >>> is_reference("Active control"), is_reference("Drug A 10 mg")
    (True, False)
    """
    return any(word in name.lower() for word in REFERENCE_WORDS)


def _pair(arms: Arms, treatment: str, reference: str) -> str:
    others = [name for name in arms.sizes if name not in (treatment, reference)]
    more = f", others: [{', '.join(map(quoted, others))}]" if others else ""
    return f"{{treatment: {quoted(treatment)}, reference: {quoted(reference)}{more}}}"


def further_periods(folder: Folder) -> str:
    """Say that the trial has a second treatment period with another arm; "" if it has none."""
    adsl = folder.adsl
    if "TRT02P" not in adsl:
        return ""
    second = adsl["TRT02P"].astype(str)
    other = (second != "") & (second != adsl["TRT01P"])
    if not other.any():
        return ""
    return (
        f"{int(other.sum())} participants have another treatment in a second period (TRT02P). "
        "Trials with several periods, such as crossovers, cannot be analysed by this version; "
        "only TRT01P is looked at here."
    )
