"""Every statistic that may stand in ``results.csv``, declared once.

What is not here cannot be written. A statistic of several topics stands in `GENERAL`, one of a
single topic in that topic's list. {cards}' name is used where it has one.
"""

from __future__ import annotations

from collections.abc import Iterable

from analysis.results.vocabulary import Scale, Statistic

Declared = tuple[Statistic, ...]


def _declare(scale: Scale, labels: dict[str, str], places: int = 0, unit: str = "") -> Declared:
    return tuple(Statistic(name, label, scale, places, unit) for name, label in labels.items())


GENERAL: Declared = (
    *_declare(
        "count",
        {
            "N": "N",
            "N_obs": "Vector Length",
            "N_miss": "N Missing",
            "n": "n",
            "n.event": "With event",
            "n.risk": "At risk",
            "events": "Events",
            "k": "Trials",
        },
    ),
    # In the unit of the row: one decimal more than the values were recorded with.
    *_declare(
        "value",
        {
            "mean": "Mean",
            "median": "Median",
            "p10": "10th percentile",
            "p25": "Q1",
            "p75": "Q3",
            "p90": "90th percentile",
            "estimate": "Estimate",
            "conf.low": "Lower limit",
            "conf.high": "Upper limit",
            "bound": "Bound",
            "margin": "Margin",
            "difference": "Difference",
        },
        places=1,
    ),
    # Spread: two more.
    *_declare(
        "value",
        {
            "sd": "SD",
            "std.error": "SE",
            "sd.change": "SD of the change",
        },
        places=2,
    ),
    # Single observations: as recorded.
    *_declare(
        "value",
        {
            "min": "Min",
            "max": "Max",
            "value": "Value",
            "sum": "Sum",
        },
    ),
    *_declare(
        "proportion",
        {
            "p": "%",
        },
        places=1,
    ),
    *_declare(
        "p-value",
        {
            "p.value": "p",
        },
    ),
    *_declare(
        "level",
        {
            "conf.level": "Confidence level",
        },
    ),
    *_declare(
        "number",
        {
            "parameter": "df",
        },
    ),
    *_declare(
        "number",
        {
            "age": "Age",
        },
        places=1,
        unit="years",
    ),
    *_declare(
        "number",
        {
            "time": "Months",
        },
        unit="months",
    ),
    *_declare(
        "text",
        {
            "conclusion": "Conclusion",
            "zero": "Is no difference excluded",
            "reason": "Because",
            "text": "In words",
            "remark": "Remark",
            "product.class": "Class",
            "printed.words": "As printed",
            "age.words": "Age",
            "outcome": "Outcome",
            "unit.words": "Unit",
            "source.words": "Source",
            "title": "Title",
            "locator": "Where it stands",
            "address": "Address",
            "planned": "Planned",
            "used": "In this run",
        },
    ),
)

EFFICACY: Declared = (
    *_declare(
        "value",
        {
            "delta": "Delta",
            "true": "True difference",
        },
        places=1,
    ),
    *_declare(
        "value",
        {
            "base": "Baseline",
            "change": "Change",
        },
    ),
    *_declare(
        "value",
        {
            "fitted": "Fitted value",
            "residual": "Residual",
        },
        places=2,
    ),
    *_declare(
        "number",
        {
            "quantile": "Normal quantile",
        },
        places=3,
    ),
    *_declare(
        "number",
        {
            "delta.sd": "Delta in SDs",
            "break.even": "Correlation at which a change adds nothing",
        },
        places=1,
    ),
    *_declare(
        "number",
        {
            "r": "r",
            "sd.ratio": "SD of the change over that of the value",
            "se.ratio": "SE over that of the change",
        },
        places=2,
    ),
    *_declare(
        "number",
        {
            "height": "Height",
        },
        places=1,
        unit="cm",
    ),
    *_declare(
        "number",
        {
            "check": "Largest difference from the trial's own SDS",
        },
        places=4,
        unit="SDS",
    ),
    *_declare(
        "proportion",
        {
            "wilson.low": "Wilson, lower limit",
            "wilson.high": "Wilson, upper limit",
        },
        places=1,
    ),
    *_declare(
        "text",
        {
            "null": "H0",
            "alternative": "H1",
            "detail": "Rests on",
            "standing": "In the plan",
            "margin.source": "Where the margin comes from",
        },
    ),
)

SAFETY: Declared = (
    *_declare(
        "count",
        {
            "n.change": "n with change",
            "n.baseline": "n with a baseline",
            "n.on.treatment": "n with a value on treatment",
            "n.lasting": "High in consecutive records",
        },
    ),
    *_declare(
        "value",
        {
            "mean.change": "Mean change",
            "median.change": "Median change",
        },
        places=1,
    ),
    *_declare(
        "value",
        {
            "min.change": "Least change",
            "max.change": "Greatest change",
            "value.baseline": "Baseline value",
            "limit.low": "Lower limit of normal",
            "limit.high": "Upper limit of normal",
            "diabetes": "Diabetes range from",
            "prediabetes": "Prediabetes range from",
        },
    ),
    *_declare(
        "number",
        {
            "exposure": "Patient-years at risk",
        },
        places=1,
        unit="patient-years",
    ),
    *_declare(
        "number",
        {
            "day": "Day",
            "first.day": "Day of onset",
            "last.day": "Last day",
        },
        unit="days",
    ),
    *_declare(
        "number",
        {
            "bilirubin": "Peak bilirubin",
            "transaminase": "Peak ALT or AST",
        },
        places=2,
        unit="× ULN",
    ),
    *_declare(
        "text",
        {
            "severity": "Severity",
            "relation": "Relation to treatment",
            "counted": "Counted as treatment-emergent",
            "code": "PARAMCD",
            "soc": "System organ class",
            "term": "Preferred term",
            "action.taken": "Action taken",
            "emergent": "Treatment-emergent",
            "test": "Test",
            "visit": "Visit",
            "side": "Side of the normal limits",
            "side.baseline": "Side at baseline",
        },
    ),
    *_declare(
        "number",
        {
            "n.chance": "Expected by chance, at most",
        },
        places=1,
    ),
)

CONTRASTS: Declared = (
    *_declare(
        "count",
        {
            "n.test": "n, test",
            "n.reference": "n, reference",
            "n.direct": "Trials that compare them",
            "n.event.reference": "With event, reference",
            "n.needed": "Children an arm that allow it",
            "designs": "Pairs compared",
        },
    ),
    *_declare(
        "value",
        {
            "prediction.low": "Prediction, lower limit",
            "prediction.high": "Prediction, upper limit",
            "raw.estimate": "Difference of the printed means",
            "raw.low": "Lower limit, printed means",
            "raw.high": "Upper limit, printed means",
            "own.margin": "The trial's own margin",
            "own.bound": "Bound by its own margin",
            "moved": "Moves the estimate by",
            "needed.low": "Difference needed, smallest SD",
            "needed.high": "Difference needed, largest SD",
            "reference.mean": "Comparator's mean",
            "reference.printed": "Comparator's mean, as printed",
            "test.mean": "Test arm's mean, as printed",
            "wide.low": "Lower limit, with spread between series",
            "wide.high": "Upper limit, with spread between series",
        },
        places=1,
    ),
    *_declare(
        "value",
        {
            "raw.std.error": "SE, printed means",
            "sd.limit": "Largest SD that allows it",
        },
        places=2,
    ),
    *_declare(
        "value",
        {
            "baseline": "Before treatment",
        },
    ),
    *_declare(
        "proportion",
        {
            "i2": "I²",
            "explained": "Variance that covariates would explain",
        },
    ),
    *_declare(
        "proportion",
        {
            "weight": "Weight",
        },
        places=1,
    ),
    *_declare(
        "p-value",
        {
            "q.p": "p of Q",
        },
    ),
    *_declare(
        "level",
        {
            "own.level": "Level of its interval",
        },
    ),
    *_declare(
        "number",
        {
            "q": "Q",
            "tau2": "tau²",
            "tau2.low": "tau², lower limit",
            "tau2.high": "tau², upper limit",
            "correlation": "Correlation",
            "ratio": "Risk ratio",
            "ratio.low": "Risk ratio, lower limit",
            "ratio.high": "Risk ratio, upper limit",
        },
        places=2,
    ),
    *_declare(
        "number",
        {
            "age.mean": "Mean age",
            "age.sd": "SD of age",
            "age.median": "Median age",
            "age.min": "Youngest",
            "age.max": "Oldest",
            "age.p10": "Age, 10th percentile",
            "age.p25": "Age, 25th percentile",
            "age.p75": "Age, 75th percentile",
            "age.p90": "Age, 90th percentile",
            "age.admitted.low": "Lowest age admitted",
            "age.admitted.high": "Highest age admitted",
        },
        places=1,
        unit="years",
    ),
    *_declare(
        "number",
        {},
        places=3,
        unit="mg/kg/day",
    ),
    *_declare(
        "text",
        {
            "equivalence": "Equivalence",
            "own.conclusion": "Conclusion at its own margin",
            "own.equivalence": "Equivalence at its own margin",
            "verdict.printed": "Conclusion that the source prints",
            "route": "Obtained from",
            "confidence": "Confidence",
            "analysis.set": "Analysed",
            "arms": "Arms of the trial",
            "asked.product": "Product asked for",
            "basis": "Basis",
            "caution": "What the trials mix",
            "caveat": "Caveat",
            "children": "Children",
            "citation": "Read in",
            "classes": "Classes",
            "described": "As described",
            "differs": "Differs from the best report in",
            "direction": "Direction",
            "document": "Kind of document",
            "doubt": "What the audit says of the mean",
            "imbalance": "What differs",
            "in.use": "In use",
            "indication": "Indication",
            "model": "Model that the source states",
            "outside": "Outside the time window of",
            "pairs": "Which",
            "percentiles": "Percentiles in words",
            "reading": "What would have to be true",
            "study.id": "Id",
            "time.words": "Time",
            "used.in": "Used in",
            "why": "Why",
        },
    ),
)

PROGRAMME: Declared = (
    *_declare("number", {"dose.per.day": "Dose a day"}, places=3, unit="mg/kg/day"),
    *_declare(
        "text",
        {
            "status": "Status",
            "design": "Design",
            "product": "Product",
            "sd.method": "How the SD was obtained",
            "shown.in": "Where it is shown",
            "report": "Report",
            "identity": "Identity of report and study",
            "independent": "Independent report",
            "independent.source": "Independent source",
            "dose.words": "Dose",
            "dose.origin": "Origin of the dose a day",
            "velocity.words": "Height velocity",
            "height.sds.words": "Height SDS",
            "gh.peak.words": "Growth-hormone peak",
            "sentence": "Finding",
            "action": "What the project does",
            "claim": "Claim",
            "evidence": "Evidence",
            "consequence": "Consequence",
            "note.says": "The source document says",
            "independent.says": "An independent source says",
            "where.seen": "Seen in",
            "kind": "Kind",
            "sought": "Sought",
            "query": "Query",
            "place": "Place",
            "found": "Found",
            "not.found": "Not found",
        },
    ),
)

VALIDATION: Declared = (
    *_declare(
        "count",
        {
            "draws": "Draws",
            "fewest": "Fewest draws",
            "agree": "Agree",
            "printed": "Agree to the printed digits",
            "stated": "Agree within a stated tolerance",
            "differ": "Differ",
            "below": "Below the level",
            "near": "Near the level",
            "above": "Above the level",
        },
    ),
    *_declare(
        "value",
        {
            "expected": "Expected",
            "tolerance": "Tolerance",
        },
        places=1,
    ),
    *_declare(
        "proportion",
        {
            "band.low": "Lower limit of exact coverages",
            "band.high": "Upper limit of exact coverages",
        },
        places=1,
    ),
    *_declare(
        "level",
        {
            "nominal": "Nominal level",
        },
    ),
    *_declare(
        "number",
        {
            "distance": "Difference in tolerances",
        },
        places=2,
    ),
    *_declare(
        "text",
        {
            "verdict": "Verdict",
            "tolerance.basis": "What the tolerance is: printed digits or stated",
            "judged": "Against the nominal level",
            "lowest": "Lowest coverage",
            "highest": "Highest coverage",
            "here": "Here",
            "elsewhere": "Elsewhere",
            "effect": "What it changes",
            "missing": "What is missing",
            "instead": "What stands in its place",
        },
    ),
)


def _by_name(statistics: Iterable[Statistic]) -> dict[str, Statistic]:
    found: dict[str, Statistic] = {}
    for statistic in statistics:
        if statistic.name in found:
            raise ValueError(f"{statistic.name} is declared twice")
        found[statistic.name] = statistic
    return found


STATISTICS = _by_name((*GENERAL, *EFFICACY, *SAFETY, *CONTRASTS, *PROGRAMME, *VALIDATION))
"""Name → statistic."""
