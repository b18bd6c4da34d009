"""Pandera schemas of the published ledger: what each column may hold.

Every rule carries its own words, so that a finding reads as a sentence: file, row, column,
rule, value.
"""

from collections.abc import Sequence
from typing import Any

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
VERDICTS = ("non-inferior", "not shown", "superior")


def _one_of(choices: Sequence[str]) -> pa.Check:
    return pa.Check.isin(
        choices, error=f"must be one of {', '.join(c or 'empty' for c in choices)}"
    )


def _filled() -> pa.Check:
    return pa.Check(lambda s: s.str.strip() != "", error="must not be empty")


def _at_least(bound: float) -> pa.Check:
    return pa.Check.ge(bound, error=f"must be {bound} or more")


def _text(*checks: pa.Check, **options: Any) -> pa.Column:
    return pa.Column(str, checks=[_filled(), *checks], **options)


def _optional_text(*checks: pa.Check) -> pa.Column:
    return pa.Column(str, checks=list(checks))


def _number(*checks: pa.Check) -> pa.Column:
    return pa.Column(float, checks=list(checks), nullable=True)


def _schema(name: str, unique: list[str], **columns: pa.Column) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, name=name, unique=unique, strict=True)


SCHEMAS = {
    "sources": _schema(
        "sources",
        ["source_id"],
        source_id=_text(),
        kind=_text(_one_of(DOCUMENTS)),
        title=_text(),
        address=_text(),
        note=_optional_text(),
    ),
    "studies": _schema(
        "studies",
        ["study_id"],
        study_id=_text(),
        label=_text(),
        evidence=_text(_one_of(("trial", "registry", "cohort", "pooled", "note"))),
        design=_text(
            _one_of(("parallel", "single-arm", "registry", "cohort", "meta-analysis", "note"))
        ),
        randomised=_text(_one_of(("yes", "no", "not stated"))),
        allocation=_optional_text(
            pa.Check.str_matches(r"^(\d+(:\d+)+)?$", error="must be a ratio, as 2:1, or empty")
        ),
        registration=_optional_text(),
        description=_text(),
    ),
    "arms": _schema(
        "arms",
        ["study_id", "arm_id"],
        study_id=_text(),
        arm_id=_text(),
        position=_number(_at_least(1)),
        label=_text(),
        indication=_text(_one_of(list(INDICATIONS))),
        role=_text(_one_of(("test", "comparator", "single", "subgroup", "all"))),
        product=_text(),
    ),
    "products": _schema(
        "products",
        ["product"],
        product=_text(),
        product_class=_text(_one_of(PRODUCT_CLASSES)),
        kind=_text(_one_of(PRODUCT_KINDS)),
        note=_optional_text(),
    ),
    "endpoints": _schema(
        "endpoints",
        ["paramcd"],
        paramcd=_text(pa.Check.str_length(max_value=8, error="must have at most 8 characters")),
        param=_text(),
        unit=_text(),
        domain=_text(
            _one_of(
                (
                    *("growth", "baseline", "exposure", "laboratory", "disposition", "safety"),
                    *("association", "measurement"),
                )
            )
        ),
        change_of=_optional_text(),
    ),
    "results": _schema(
        "results",
        ["result_id"],
        result_id=_text(),
        study_id=_text(),
        arm_id=_text(),
        reference_arm_id=_optional_text(),
        population=_text(),
        n=_number(_at_least(1)),
        paramcd=_text(),
        endpoint_printed=_text(),
        months=_number(_at_least(0)),
        timepoint_printed=_optional_text(),
        statistic=_text(_one_of(STATISTICS)),
        value=_number(),
        unit=_text(),
        reported=_text(_one_of(("yes", "no"))),
        model=_optional_text(_one_of(("", "observed", "adjusted", "pooled"))),
        level=_number(pa.Check.between(0.5, 0.999, error="must lie between 0.5 and 0.999")),
        interval=_optional_text(_one_of(("", "two-sided", "one-sided", "credible"))),
        printing=_number(_at_least(1)),
        source_id=_text(),
        locator=_text(),
        confidence=_text(_one_of(CONFIDENCE)),
        note=_optional_text(),
    ),
    "verdicts": _schema(
        "verdicts",
        ["study_id", "arm_id", "reference_arm_id", "paramcd", "months", "population", "source_id"],
        study_id=_text(),
        arm_id=_text(),
        reference_arm_id=_text(),
        paramcd=_text(),
        months=_number(_at_least(0)),
        population=_text(),
        verdict=_text(_one_of(VERDICTS)),
        as_printed=_text(),
        source_id=_text(),
        locator=_text(),
        confidence=_text(_one_of(CONFIDENCE)),
        note=_optional_text(),
    ),
    "identities": _schema(
        "identities",
        ["study_id", "arm_id"],
        study_id=_text(),
        arm_id=_text(),
        same_as_study_id=_text(),
        same_as_arm_id=_text(),
        basis=_text(),
        note=_optional_text(),
    ),
    "claims": _schema(
        "claims",
        ["claim_id"],
        claim_id=_text(),
        topic=_text(),
        claim=_text(),
        evidence=_text(),
        status=_text(_one_of(STATUSES)),
        source_id=_optional_text(),
        consequence=_text(),
    ),
    "conventions": _schema(
        "conventions",
        ["topic", "convention", "where_seen"],
        topic=_text(),
        convention=_text(),
        where_seen=_text(),
        source_id=_text(),
    ),
    "programme": _schema(
        "programme",
        ["trial", "aspect"],
        trial=_text(),
        aspect=_text(),
        note_says=_text(),
        independent_says=_text(),
        status=_text(_one_of(STATUSES)),
        source_id=_optional_text(),
    ),
    "searches": _schema(
        "searches",
        ["search_id"],
        search_id=_text(),
        product=_optional_text(),
        comparator=_optional_text(),
        indication=_optional_text(_one_of(["", *INDICATIONS])),
        sought=_text(),
        query=_text(),
        place=_text(),
        date=_text(
            pa.Check.str_matches(r"^\d{4}-\d{2}-\d{2}$", error="must be a date, as 2026-11-26")
        ),
        outcome=_text(_one_of(("found", "in part", "not found"))),
        found=_optional_text(),
        not_found=_optional_text(),
        source_id=_optional_text(),
    ),
    "intake": _schema(
        "intake",
        ["file", "row"],
        file=_text(),
        row=_number(_at_least(1)),
        result_ids=_optional_text(),
        reason=_optional_text(),
    ),
    "question": _schema(
        "question",
        ["product", "comparator", "indication"],
        product=_text(),
        comparator=_text(),
        indication=_text(_one_of(list(INDICATIONS))),
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
)
"""(table, columns) must be found in (table, columns); an empty last column refers to nothing."""

RESULT_KEY = [
    "study_id",
    "arm_id",
    "reference_arm_id",
    "population",
    "paramcd",
    "endpoint_printed",
    "timepoint_printed",
    "statistic",
    "source_id",
    "printing",
]
"""What a number is: no two rows of the results may share all of these."""
