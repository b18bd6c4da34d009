"""Cox regressions and their check of proportional hazards, recomputed."""

from functools import partial

from analysis.stats.cox import fit_cox
from analysis.stats.cox_result import CoxFit
from analysis.stats.proportional_hazards import check_proportional_hazards
from analysis.validation.tables import load_data
from analysis.validation.time_to_event import GENERATED, HIGH, PILOT, PLACEBO
from analysis.validation.values import Case, Values, together

CALLED = {"likelihood ratio": "likelihood-ratio test", "score": "score test"}
"""Test of all coefficients → what it is called on the page."""

TIES = {"efron": "Efron", "breslow": "Breslow", "discrete": "discrete"}


def cox(data: str, arms: tuple[str, str], others: tuple[tuple[str, str], ...]) -> Values:
    """Compare two arms by Efron's ties in full, and by other ties or in strata in short.

    `others` are pairs of ties and stratum column, "" for none.
    """
    frame = load_data(data)
    frame = frame[frame["arm"].isin(arms)]
    fit = partial(
        fit_cox, frame, time="time", event="event", factors="arm", references={"arm": arms[0]}
    )
    parts = [_whole("Cox, Efron", fit(ties="efron"))]
    for ties, stratum in others:
        name = f"Cox, {TIES[ties]}" + (", stratified" if stratum else "")
        parts.append(_ratio(name, fit(ties=ties, strata=stratum or ())))
    return together(parts)


def _whole(name: str, fit: CoxFit) -> Values:
    """Give coefficient, both kinds of limits, the tests and the check of the model."""
    row = fit.hazard_ratios(level=0.95, interval="wald").to_frame().iloc[0]
    profile = fit.hazard_ratios(level=0.95, interval="profile").to_frame().iloc[0]
    found = {
        (name, "coefficient"): row["coefficient"],
        (name, "standard error"): row["std_error"],
        (name, "p"): row["p_value"],
        (f"{name}, profile limits", "lower"): profile["lower"],
        (f"{name}, profile limits", "upper"): profile["upper"],
    }
    tests = fit.tests().set_index("test")
    for test, called in CALLED.items():
        found[f"{name}, {called}", "χ²"] = tests.loc[test, "chi_squared"]
        found[f"{name}, {called}", "p"] = tests.loc[test, "p_value"]
    check = check_proportional_hazards(fit, transform="km", alpha=0.05).tests.iloc[0]
    found["proportional hazards, Kaplan–Meier", "χ²"] = check["chi_squared"]
    found["proportional hazards, Kaplan–Meier", "p"] = check["p_value"]
    return found | dict(_ratio(name, fit))


def _ratio(name: str, fit: CoxFit) -> Values:
    row = fit.hazard_ratios(level=0.95, interval="wald").to_frame().iloc[0]
    names = {"estimate": "hazard ratio", "lower": "lower", "upper": "upper"}
    return {(name, called): row[column] for column, called in names.items()}


HAZARD_RATIO_CASES: dict[str, Case] = {
    "CDISC pilot, high dose v placebo, Cox": partial(
        cox, PILOT, (PLACEBO, HIGH), (("breslow", ""),)
    ),
    "generated, weekly v daily, Cox": partial(
        cox, GENERATED, ("DAILY", "WEEKLY"),
        (("breslow", ""), ("discrete", ""), ("efron", "stratum")),
    ),
}  # fmt: skip
