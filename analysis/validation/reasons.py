"""Why the coverage of an interval is not its level, where theory says so."""

EXACT = "exact: no less than the level by construction, and more for counts so small"
STEPS = "counts are whole numbers, so that coverage moves in steps about the level"
LARGE = "a large-sample interval, and events are few"
ONE_KNOWN = "the spread of the effects is estimated, but taken as known"
UNEXPLAINED = "no reason is known; draw more data sets, and look into it if it stays"

REASONS = {
    ("One proportion", "Clopper–Pearson"): EXACT,
    ("One proportion", "Wilson"): STEPS,
    ("One proportion", "Agresti–Coull"): f"{STEPS}; never inside Wilson's interval",
    ("One proportion", "Jeffreys"): f"{STEPS}, and falls below where events are few",
    ("Risk difference", "Miettinen–Nurminen"): STEPS,
    ("Risk difference", "Mee"): STEPS,
    ("Risk difference", "Newcombe"): f"{STEPS}; wide where both arms have few events",
    ("Risk difference", "Agresti–Caffo"): "the added patients widen it where events are few",
    ("Risk difference", "Wald"): LARGE,
    ("Risk ratio", "Miettinen–Nurminen"): STEPS,
    ("Risk ratio", "log-Wald"): f"{LARGE}: wide on the scale of the ratio",
    ("Odds ratio", "Miettinen–Nurminen"): STEPS,
    ("Odds ratio", "log-Wald"): f"{LARGE}: wide on the scale of the ratio",
    ("One rate", "Garwood"): EXACT,
    ("Rate difference", "MOVER"): "made of the exact limits of each arm, which are wide",
    ("Rate difference", "score"): STEPS,
    ("Rate ratio", "exact"): EXACT,
    ("Rate ratio", "score"): STEPS,
    ("Difference of means", "pooled variance"): (
        "the variances differ, and the smaller arm has the larger"
    ),
    ("Meta-analysis", "normal"): ONE_KNOWN,
    ("Meta-analysis", "Hartung–Knapp"): f"{ONE_KNOWN} in the weights, and the studies are few",
    ("Meta-analysis", "Hartung–Knapp, ad hoc"): (
        "never narrower than the normal interval, which widens it where the studies agree"
    ),
}
"""Family and interval → why it may lie off the level; those of both sides where it may be either.

An interval that is not here lies at its level, up to chance.
"""
