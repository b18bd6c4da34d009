"""Published bounds of group-sequential designs, and sizes after an interim look, recomputed."""

from collections.abc import Sequence
from functools import partial

from analysis.stats.group_sequential import GroupSequentialDesign, design_group_sequential
from analysis.stats.unblinded_reestimation import conditional_power, reestimate_unblinded
from analysis.validation.values import Case, Values

BY_LOOK = {
    "bounds": "bound", "nominal_p": "nominal p", "alpha_spent": "cumulative alpha",
    "power_reached": "cumulative power",
}  # fmt: skip
WHOLE = {
    "drift": "drift", "inflation": "inflation", "expected_h0": "expected size under H0",
    "expected_h1": "expected size under H1",
}  # fmt: skip


def design(
    names: str,
    fractions: int | Sequence[float],
    boundary: str,
    parameter: float | None = None,
    alpha: float = 0.025,
    power: float = 0.9,
) -> Values:
    """Give what is asked of a design: its fields, between blanks."""
    found = design_group_sequential(
        fractions, boundary=boundary, alpha=alpha, power=power, parameter=parameter
    )
    return dict(item for name in names.split() for item in _field(found, name))


def _field(found: GroupSequentialDesign, name: str) -> list[tuple[tuple[str, str], float]]:
    """Return one field of a design as quantities; what has one value a look as one a look."""
    value = getattr(found, name)
    if name in WHOLE:
        return [((found.boundary, WHOLE[name]), float(value))]
    return [
        ((found.boundary, f"{BY_LOOK[name]} {look}"), each)
        for look, each in enumerate(value.tolist(), start=1)
    ]


def of_several_looks(boundary: str, names: str) -> Values:
    """Give what is asked of two-sided designs at 0.05 with two to ten looks."""
    found = {}
    for looks in range(2, 11):
        for power in (0.8, 0.9):
            made = design_group_sequential(looks, boundary=boundary, alpha=0.025, power=power)
            values = {"constant": made.bounds[-1], f"inflation at power {power}": made.inflation}
            for name in names.split(", "):
                if name in values:
                    found[boundary, f"{looks} looks, {name}"] = float(values[name])
    return found


def classic(boundary: str) -> Values:
    """Give the constant of five looks alone."""
    made = design_group_sequential(5, boundary=boundary, alpha=0.025, power=0.9)
    return {(boundary, "constant"): float(made.bounds[-1])}


def second_stage() -> Values:
    """Find the second stage of a trial whose first had 50 patients an arm."""
    last = design_group_sequential(2, boundary="obrien-fleming", alpha=0.025, power=0.9).bounds[-1]
    effect = 1.5 * 2.5 * (2 / 50) ** 0.5
    stage = {"sd": 2.5, "effect": effect, "weight_first": 0.5**0.5, "critical": float(last)}
    found = reestimate_unblinded(z_first=1.5, power=0.8, allocation=1, n_most=1000, **stage)
    same = conditional_power(z_first=1.5, n_test=50, n_reference=50, **stage)
    quantities = {
        "last bound": last, "second stage, exact": found.n_test_exact,
        "second stage": found.n_test, "conditional power": found.power,
        "conditional power with 50 an arm": same.power,
    }  # fmt: skip
    return {("inverse normal", name): float(value) for name, value in quantities.items()}


def printed_conditional_power() -> Values:
    """Give the conditional power of a design of 806.97 patients after half of them."""
    z, first = 1.151764990571, 403.48
    last = design_group_sequential(
        2, boundary="hwang-shih-decani", alpha=0.025, power=0.9, parameter=-4
    ).bounds[-1]
    # The effect is that of a patient: one arm of 403 has the standard error of 806 in two.
    found = conditional_power(
        z_first=z, n_test=806, n_reference=806, sd=1, effect=z / first**0.5, critical=float(last),
        weight_first=0.5**0.5,
    )  # fmt: skip
    return {
        ("inverse normal", "last bound"): float(last),
        ("inverse normal", "conditional power"): found.power,
    }


EVERYTHING = " ".join((*BY_LOOK, *WHOLE))

INTERIM_CASES: dict[str, Case] = {
    "five looks, gamma −4": partial(design, EVERYTHING, 5, "hwang-shih-decani", -4),
    "four looks, O’Brien–Fleming": partial(design, EVERYTHING, 4, "obrien-fleming"),
    "four looks, Pocock": partial(design, EVERYTHING, 4, "pocock"),
    "three looks, Lan–DeMets, O’Brien–Fleming": partial(
        design, EVERYTHING, 3, "lan-demets-obrien-fleming"
    ),
    "three looks, Lan–DeMets, Pocock": partial(design, EVERYTHING, 3, "lan-demets-pocock"),
    "Pocock, two-sided 0.05": partial(
        of_several_looks, "pocock", "constant, inflation at power 0.8, inflation at power 0.9"
    ),
    "O’Brien–Fleming, two-sided 0.05": partial(
        of_several_looks, "obrien-fleming", "inflation at power 0.8, inflation at power 0.9"
    ),
    "Pocock’s constant of five looks": partial(classic, "pocock"),
    "O’Brien and Fleming’s constant of five looks": partial(classic, "obrien-fleming"),
    "rpact’s default": partial(design, "bounds alpha_spent nominal_p", 3, "obrien-fleming"),
    "looks at 0.2, 0.4, 1, gamma 0": partial(
        design, "bounds power_reached inflation expected_h0 expected_h1", (0.2, 0.4, 1),
        "hwang-shih-decani", 0, 0.03, 0.86,
    ),
    "looks at 0.3, 0.7, 1, rho 2.2": partial(
        design, "bounds alpha_spent", (0.3, 0.7, 1), "kim-demets", 2.2, 0.03, 0.66
    ),
    "looks at 0.35, 0.7, 1": partial(
        design, "bounds alpha_spent", (0.35, 0.7, 1), "lan-demets-pocock", None, 0.13
    ),
    "looks at 0.4, 0.75, 0.85, 1": partial(
        design, "bounds alpha_spent", (0.4, 0.75, 0.85, 1), "lan-demets-obrien-fleming", None, 0.13
    ),
    "four looks, one-sided 0.05": partial(
        design, "bounds", 4, "lan-demets-obrien-fleming", None, 0.05
    ),
    "second stage after 50 an arm": second_stage,
    "conditional power after 403 of 807": printed_conditional_power,
}  # fmt: skip
