"""Pandera schemas of the published ledger: what each column may hold.

Every rule carries its own words, so that a finding reads as a sentence: file, row, column,
rule, value.
"""

from collections.abc import Sequence

import pandera.pandas as pa

INFERRED = "inferred"
"""Basis of an identity that no document states."""

INDICATIONS = {
    "GHD": "growth-hormone deficiency",
    "TS": "Turner syndrome",
    "ISS": "idiopathic short stature",
    "SGA": "children born small for gestational age",
    "AGHD": "growth-hormone deficiency in adults",
    "MIXED": "short stature of several causes",
}
"""Code of an indication → its name as it reads inside a sentence."""
ONE_SEX = {"TS": "F"}
"""Indications that only one sex has → that sex, as a growth reference codes it."""
CONFIDENCE = ("low", "medium", "high")
"""How well a number was read and sourced, from weak to strong."""
PERCENTILES = ("median", "min", "max", "p10", "p25", "p75", "p90")
STATISTICS = (
    *("mean", "sd", "se", "diff", "ci_low", "ci_high", "p", "n", "events", "pct", "margin"),
    *PERCENTILES,
    *("r", "r2"),
)
STATUSES = ("confirmed", "derived", "differs", "contradicted", "unverified", "not reported")
DOCUMENTS = (
    *("article", "abstract", "conference abstract", "regulator", "label", "registry", "review"),
    *("manufacturer page", "press release", "news", "aggregator", "forum quotation"),
    "application note",
)
"""Kinds of a source, from the fullest report of a study to the least authoritative."""
PRODUCT_CLASSES = (
    *("follow-on daily", "reference daily", "unbranded daily", "methionyl", "pituitary"),
    *("long-acting", "untreated", "mixed"),
)
PRODUCT_KINDS = (
    *("daily", "PEGylated", "fusion protein", "albumin-binding", "prodrug", "depot", "none"),
)
"""How a product makes growth hormone last; ``daily`` where it does not."""
BOXES = ("plain", "drug")
"""Kinds of a box of a picture."""
VERDICTS = ("non-inferior", "not shown", "superior")


def _one_of(choices: Sequence[str]) -> pa.Check:
    return pa.Check.isin(
        choices, error=f"must be one of {', '.join(c or 'empty' for c in choices)}"
    )


def _matches(pattern: str, words: str) -> pa.Check:
    return pa.Check.str_matches(pattern, error=f"must be {words}")


def _number(*checks: pa.Check) -> pa.Column:
    return pa.Column(float, checks=list(checks), nullable=True)


def _at_least(bound: float) -> pa.Column:
    return _number(pa.Check.ge(bound, error=f"must be {bound} or more"))


FILLED = pa.Check(lambda s: s.str.strip() != "", error="must not be empty")


def _schema(unique: str, columns: str, **rules: pa.Check | pa.Column) -> pa.DataFrameSchema:
    """Return a schema: text columns, with a ``?`` where a cell may be empty, unless a rule differs.

    Parameters
    ----------
    unique
        Columns that no two rows share, by name.
    columns
        All columns in their order.
    **rules
        What the text of a column must hold besides, or another column in place of text.
    """

    def column(name: str, optional: bool) -> pa.Column:
        rule = rules.get(name)
        if isinstance(rule, pa.Column):
            return rule
        checks = [*([] if optional else [FILLED]), *([] if rule is None else [rule])]
        return pa.Column(str, checks=checks)

    return pa.DataFrameSchema(
        {
            name.rstrip("?"): column(name.rstrip("?"), name.endswith("?"))
            for name in columns.split()
        },
        unique=unique.split(),
        strict=True,
    )


EVIDENCE = ("trial", "registry", "cohort", "pooled", "note")
DESIGNS = ("parallel", "single-arm", "registry", "cohort", "meta-analysis", "note")
DOMAINS = (
    *("growth", "baseline", "exposure", "laboratory", "disposition", "safety"),
    *("association", "measurement"),
)
PRINTED_IN = "source_id locator confidence note?"

SCHEMAS = {
    "sources": _schema("source_id", "source_id kind title address note?", kind=_one_of(DOCUMENTS)),
    "studies": _schema(
        "study_id",
        "study_id label evidence design randomised allocation? registration? description",
        evidence=_one_of(EVIDENCE),
        design=_one_of(DESIGNS),
        randomised=_one_of(("yes", "no", "not stated")),
        allocation=_matches(r"^(\d+(:\d+)+)?$", "a ratio, as 2:1, or empty"),
    ),
    "arms": _schema(
        "study_id arm_id",
        "study_id arm_id position label indication role product",
        position=_at_least(1),
        indication=_one_of(list(INDICATIONS)),
        role=_one_of(("test", "comparator", "single", "subgroup", "all")),
    ),
    "products": _schema(
        "product",
        "product product_class kind note?",
        product_class=_one_of(PRODUCT_CLASSES),
        kind=_one_of(PRODUCT_KINDS),
    ),
    "endpoints": _schema(
        "paramcd",
        "paramcd param unit domain change_of?",
        paramcd=pa.Check.str_length(max_value=8, error="must have at most 8 characters"),
        domain=_one_of(DOMAINS),
    ),
    "results": _schema(
        "result_id",
        "result_id study_id arm_id reference_arm_id? population n paramcd endpoint_printed months "
        "timepoint_printed? statistic value unit reported model? level interval? printing "
        f"{PRINTED_IN}",
        n=_at_least(1),
        months=_at_least(0),
        statistic=_one_of(STATISTICS),
        value=_number(),
        reported=_one_of(("yes", "no")),
        model=_one_of(("", "observed", "adjusted", "pooled")),
        level=_number(pa.Check.between(0.5, 0.999, error="must lie between 0.5 and 0.999")),
        interval=_one_of(("", "two-sided", "one-sided", "credible")),
        printing=_at_least(1),
        confidence=_one_of(CONFIDENCE),
    ),
    "verdicts": _schema(
        "study_id arm_id reference_arm_id paramcd months population source_id",
        "study_id arm_id reference_arm_id paramcd months population verdict as_printed "
        f"{PRINTED_IN}",
        months=_at_least(0),
        verdict=_one_of(VERDICTS),
        confidence=_one_of(CONFIDENCE),
    ),
    "identities": _schema(
        "study_id arm_id", "study_id arm_id same_as_study_id same_as_arm_id basis note?"
    ),
    "claims": _schema(
        "claim_id",
        "claim_id topic claim evidence status source_id? consequence",
        status=_one_of(STATUSES),
    ),
    "conventions": _schema("topic convention where_seen", "topic convention where_seen source_id"),
    "programme": _schema(
        "trial aspect",
        "trial aspect note_says independent_says status source_id?",
        status=_one_of(STATUSES),
    ),
    "mechanism": _schema(
        "box words",
        "line box title band? kind after? words statement evidence status source_id?",
        line=_at_least(1),
        kind=_one_of(BOXES),
        status=_one_of(STATUSES),
    ),
    "searches": _schema(
        "search_id",
        "search_id product? comparator? indication? sought query place date outcome found? "
        "not_found? source_id?",
        indication=_one_of(["", *INDICATIONS]),
        date=_matches(r"^\d{4}-\d{2}-\d{2}$", "a date, as 2026-11-26"),
        outcome=_one_of(("found", "in part", "not found")),
    ),
    "intake": _schema("file row", "file row result_ids? reason?", row=_at_least(1)),
    "question": _schema(
        "product comparator indication",
        "product comparator indication",
        indication=_one_of(list(INDICATIONS)),
    ),
}
"""Table name → schema; the file is ``<name>.csv``."""

FOREIGN_KEYS = (
    ("arms", ["study_id"], "studies", ["study_id"]),
    ("arms", ["product"], "products", ["product"]),
    ("results", ["study_id", "arm_id"], "arms", ["study_id", "arm_id"]),
    ("results", ["study_id", "reference_arm_id"], "arms", ["study_id", "arm_id"]),
    ("results", ["paramcd"], "endpoints", ["paramcd"]),
    ("results", ["source_id"], "sources", ["source_id"]),
    ("endpoints", ["change_of"], "endpoints", ["paramcd"]),
    ("verdicts", ["study_id", "arm_id"], "arms", ["study_id", "arm_id"]),
    ("verdicts", ["study_id", "reference_arm_id"], "arms", ["study_id", "arm_id"]),
    ("verdicts", ["paramcd"], "endpoints", ["paramcd"]),
    ("verdicts", ["source_id"], "sources", ["source_id"]),
    ("searches", ["product"], "products", ["product"]),
    ("searches", ["comparator"], "products", ["product"]),
    ("searches", ["source_id"], "sources", ["source_id"]),
    ("question", ["product"], "products", ["product"]),
    ("question", ["comparator"], "products", ["product"]),
    ("identities", ["study_id", "arm_id"], "arms", ["study_id", "arm_id"]),
    ("identities", ["same_as_study_id", "same_as_arm_id"], "arms", ["study_id", "arm_id"]),
    ("claims", ["source_id"], "sources", ["source_id"]),
    ("conventions", ["source_id"], "sources", ["source_id"]),
    ("programme", ["source_id"], "sources", ["source_id"]),
    ("mechanism", ["source_id"], "sources", ["source_id"]),
)
"""(table, columns) must be found in (table, columns); an empty last column refers to nothing."""

RESULT_KEY = (
    "study_id arm_id reference_arm_id population paramcd endpoint_printed timepoint_printed "
    "statistic source_id printing"
).split()
"""What a number is: no two rows of the results may share all of these."""
