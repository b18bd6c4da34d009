"""What age could explain of the difference between a product's two single arms.

The benchmark is healthy children: the yearly growth that a reference's medians show at the two
ages. Treated children need not slow as healthy ones do, so nothing here is shown, only weighed.
"""

import numpy as np
import pandas as pd

from analysis.contrasts.printed_ages import COLUMNS, Age, age_of, age_words
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.side_by_side import Words
from analysis.contrasts.single_arm import SINGLE_ARM, UNIT, VELOCITY_IN_WORDS, single_arms
from analysis.display.reading import Reading
from analysis.display.rows import filled
from analysis.display.tables import Column, Table
from analysis.errors import NoSection, UserError
from analysis.numbers import fixed
from analysis.results import Results, section
from analysis.sources.growth_reference import load_reference, value_at_z
from analysis.sources.schemas import INDICATIONS, ONE_SEX
from analysis.thresholds import at_least

READING = "Reading"
"""Quantity of the row that holds words."""
GROWTH, BEFORE, GAP = "Difference at month 12", "Difference before treatment", "Age gap"
HEALTHY, LEFT = "Healthy difference", "Left unexplained"
"""Quantities that the reading names; the last two stand once for each year."""
SAME_AGE = "of the same age"
REFERENCE = "CDC 2000 stature"
YEARS = {"year centred on the age": 6, "year that begins at the age": 0}
"""Which year of growth belongs to an age → by how many months it begins before it.

The year centred on the age is the velocity at that age; the year that begins at it is the year
that a study treats.
"""

HOW_MUCH = {
    "all": "would account for the whole difference",
    "all or a part": "could account for all of it or for a part, and would leave {left} of it",
    "a part": "would account for a part of it at most, and would leave {left} unexplained",
    "none": "would account for none of it, and would leave {left} unexplained",
}
"""How far healthy growth goes → in words."""


@section
def age_and_difference(run: ContrastRun) -> Results:
    """Return what age could explain of the difference between two single-arm studies.

    Returns
    -------
    Results
        One row a quantity (``variable_level``), with ``estimate``, and ``min`` and ``max``
        where an age is only known as a range; ``basis`` in words. ``group1_level`` is the
        study that grew more, ``group2_level`` the other. One row, `READING`, says in
        ``direction`` which was younger and in ``conclusion`` how far healthy growth goes:
        "all", "all or a part", "a part" or "none".

    Raises
    ------
    NoSection
        If the product has fewer than two single-arm studies with a mean in one indication.
    UserError
        If it has more than two, if both sexes have the indication, if an age is not in the
        ledger, or if the two means are the same.

    Notes
    -----
    An age that is known as a range stands at its middle, and the limits are those over all
    ages of the range that the reference holds.
    """
    faster, other = _two_studies(run)
    sex = _sex(faster["indication"])
    ages = [_age(study) for study in (faster, other)]
    difference = faster["mean"] - other["mean"]
    gap = ages[1].central - ages[0].central
    healthy = {year: _healthy(ages, sex, before) for year, before in YEARS.items()}
    rows = [
        _row(GROWTH, difference, basis="means of the two studies"),
        _row(BEFORE, faster["baseline"] - other["baseline"], basis="velocities before treatment"),
        _row(GAP, abs(gap), *_ends(ages, np.sign(gap)), unit="years",
             basis=" v ".join(age_words({name: study[name] for name in COLUMNS})
                              for study in (faster, other))),
        *(row for year, found in healthy.items() for row in _year(year, ages, *found, difference)),
    ]  # fmt: skip
    reading = {
        "variable_level": READING,
        "direction": "younger" if gap > 0 else "older" if gap < 0 else SAME_AGE,
        "conclusion": _how_much([apart for _, apart in healthy.values()], difference),
        "indication": INDICATIONS[faster["indication"]],
        "children": {"F": "girls", "M": "boys"}[sex],
    }
    rows = [row for row in rows if pd.notna(row["estimate"])]
    return run.results(
        pd.DataFrame([*rows, reading]).assign(
            group1_level=faster["name"], group2_level=other["name"],
            variable=VELOCITY_IN_WORDS,
            source=f"{faster['source_id']}; {other['source_id']}; {REFERENCE}",
        ),
        "age-and-difference",
        group1="series",
        group2="other series",
        context=SINGLE_ARM,
        method=f"arithmetic on published values and on the medians of {REFERENCE}; "
        "not randomised",
    )  # fmt: skip


def _year(
    year: str, ages: list[Age], growth: list[float], apart: tuple[float, float, float],
    difference: float,
) -> list[dict[str, object]]:  # fmt: skip
    """Return the rows of one year of growth: at the two ages, apart, and what it leaves."""
    # Two series of one age have one row.
    by_age = {fixed(age.central, 1): value for age, value in zip(ages, growth, strict=True)}
    centre, low, high = (difference - value for value in apart)
    return [
        *(_row(f"Healthy growth at {years} years, {year}", value, basis=f"{REFERENCE}, median",
               places=2) for years, value in by_age.items()),
        _row(f"{HEALTHY}, {year}", *apart, basis="difference of the two above", places=2),
        _row(f"{LEFT}, {year}", centre, high, low, places=2,
             basis="difference at month 12 less the healthy one"),
    ]  # fmt: skip


def _row(
    quantity: str, value: float, low: float = np.nan, high: float = np.nan,
    *, unit: str = UNIT, basis: str, places: int = 1,
) -> dict[str, object]:  # fmt: skip
    """Return one row; what rests on the reference has its decimals, the rest the ledger's."""
    if low == high:
        low = high = np.nan
    shown = {f"places:{name}": places for name in ("estimate", "min", "max")}
    return {"variable_level": quantity, "estimate": value, "min": low, "max": high,
            "unit": unit, "unit.words": unit, "basis": basis, **shown}  # fmt: skip


@age_and_difference.shows
def age_reading(age: Results, _: ContrastRun) -> Reading:
    """Say what age could explain of the difference between two single-arm studies."""
    rows = {row["variable_level"]: row for row in age.wide().to_dict("records")}
    words, gap, apart = rows[READING], rows[GAP], rows[GROWTH]
    faster, other = apart["group1_level"], apart["group2_level"]
    children, indication = words["children"], words["indication"]
    before = rows.get(BEFORE)
    already = f"; before treatment the difference was {before['estimate']}" if before else ""
    apart_by, left_by = (
        [f"{row['estimate']}{_range(row)}" for row in (rows[f"{name}, {year}"] for year in YEARS)]
        for name in (HEALTHY, LEFT)
    )
    healthy = " and ".join(map("{} in the {}".format, apart_by, YEARS))
    left = " and ".join(left_by)
    return Reading(
        [
            f"{faster} grew {apart['estimate']} cm/year more than {other}{already}. The "
            f"{children} of {faster} were {_younger(words, gap)}.",
            f"The yearly growth of healthy {children} of these ages differs by {healthy}; growth "
            f"like theirs {HOW_MUCH[words['conclusion']].format(left=left)}.",
            f"Treated {children} with {indication} need not slow as healthy {children} do, so age "
            "is a possible explanation, not a shown one.",
        ],
        age,
    )


def _younger(words: Words, gap: Words) -> str:
    if words["direction"] == SAME_AGE:
        return SAME_AGE
    middle = ", a range of ages standing at its middle" if _range(gap) else ""
    return f"{words['direction']} by {gap['estimate']} years{_range(gap)}{middle}"


def _range(row: Words) -> str:
    return filled(row, " ({min} to {max})")


@age_and_difference.shows
def age_table(age: Results, _: ContrastRun) -> Table:
    """Show the arithmetic on age."""
    quantities = Results(age.frame[age.frame["variable_level"] != READING])
    faster, other = quantities.frame[["group1_level", "group2_level"]].iloc[0]
    return Table(
        title="What age could explain of the difference",
        results=quantities,
        labels={"variable_level": "Quantity"},
        columns=[
            Column("Value", "{estimate}"),
            Column("Range", "{min} to {max}"),
            Column("Unit", "{unit.words}", "text"),
            Column("Rests on", "{basis}", "text"),
        ],
        footnotes=[
            f"{faster} minus {other}. Range: over all ages that the study took in, where only "
            "these are known, as far as the reference goes. The reference's medians hold the "
            "growth of healthy children's puberty."
        ],
        folded=True,
    )


def _two_studies(run: ContrastRun) -> tuple[pd.Series, pd.Series]:
    """Return the two own studies of one indication, the one that grew more first."""
    found = single_arms(run)
    own = found[(found["own"] != "") & found["mean"].notna()]
    pairs = {name: rows for name, rows in own.groupby("indication") if len(rows) > 1}
    if not pairs:
        raise NoSection(
            f"the ledger holds no two single-arm studies of {run.product} in one indication "
            "whose difference age could explain"
        )
    # Of several indications the one that a reference can be read for.
    rows = next(
        (rows for name, rows in pairs.items() if name in ONE_SEX), next(iter(pairs.values()))
    )
    if len(rows) > 2:
        raise UserError(
            f"age is weighed between two single-arm studies, and {len(rows)} of {run.product} "
            f"are left in {INDICATIONS[rows['indication'].iloc[0]]}"
        )
    faster, other = (row for _, row in rows.sort_values("mean", ascending=False).iterrows())
    if faster["mean"] == other["mean"]:
        raise UserError(
            f"{faster['name']} and {other['name']} grew the same, so there is no difference for "
            "age to explain"
        )
    return faster, other


def _sex(indication: str) -> str:
    if indication not in ONE_SEX:
        raise UserError(
            f"both sexes have {INDICATIONS[indication]} and the shares in the studies are not in "
            "the ledger, so no reference of growth can be read"
        )
    return ONE_SEX[indication]


def _age(study: pd.Series) -> Age:
    age = age_of({name: study[name] for name in COLUMNS})
    if age is None:
        raise UserError(f"the ledger holds no age of {study['name']}")
    return age


def _ends(ages: list[Age], sign: float) -> tuple[float, float]:
    """Return the smallest and the largest gap between two ages that are ranges."""
    faster, other = ages
    ends = [sign * (other.youngest - faster.oldest), sign * (other.oldest - faster.youngest)]
    return min(ends), max(ends)


def _healthy(
    ages: list[Age], sex: str, before: int
) -> tuple[list[float], tuple[float, float, float]]:
    """Return healthy growth at both ages, and how far it is apart: centre, lowest, highest."""
    centre = [float(yearly_growth(np.array([age.central]), sex, before)[0]) for age in ages]
    over = [yearly_growth(_every_month(age), sex, before) for age in ages]
    if np.isnan(centre).any():
        raise UserError(f"{REFERENCE} does not hold the ages of the two studies")
    low = np.nanmin(over[0]) - np.nanmax(over[1])
    high = np.nanmax(over[0]) - np.nanmin(over[1])
    return centre, (centre[0] - centre[1], float(low), float(high))


def _every_month(age: Age) -> np.ndarray:
    months = np.arange(np.ceil(12 * age.youngest), np.floor(12 * age.oldest) + 1)
    return np.unique([age.central, age.youngest, age.oldest, *(months / 12)])


def yearly_growth(ages: np.ndarray, sex: str, before: int) -> np.ndarray:
    """Return how much the healthy median grows in a year, cm; missing outside the reference.

    Parameters
    ----------
    ages
        Years.
    sex
        ``"F"`` or ``"M"``.
    before
        Months by which the year begins before the age.
    """
    reference = load_reference(REFERENCE)
    start = 12 * ages - before
    heights = [
        value_at_z(0.0, sex=sex, age_months=start + months, reference=reference)
        for months in (0, 12)
    ]
    return np.asarray(heights[1] - heights[0], dtype=float)


def _how_much(apart: list[tuple[float, float, float]], difference: float) -> str:
    """Say how far healthy growth goes, over all ages and both years that belong to an age."""
    if all(at_least(low, difference) for _, low, _ in apart):
        return "all"
    if any(at_least(high, difference) for _, _, high in apart):
        return "all or a part"
    return "a part" if any(high > 0 for _, _, high in apart) else "none"
