"""The randomised contrasts most like the asked one: of the same kinds of product."""

from __future__ import annotations

from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.within_trial import DIGITS, differences, time_words
from analysis.errors import UserError
from analysis.results import Results, Stat, from_frame
from analysis.sources.schemas import INDICATIONS


def relatives(run: ContrastRun) -> Results:
    """Return the contrasts most like the asked one: the same kinds of product.

    Returns
    -------
    Results
        Per contrast and study: ``estimate``, ``conf.low``, ``conf.high``, ``conclusion``,
        ``time``; or ``conclusion`` "not estimable" and its ``reason``. What can be estimated
        stands first.

    Raises
    ------
    UserError
        If no other trial compares products of these classes.
    """
    products = run.ledger.products.set_index("product")
    test, reference = (products["product_class"][name] for name in (run.product, run.comparator))
    found = differences(run)
    found = found[
        (found["product_class"] == test)
        & (found["kind"] == products["kind"][run.product])
        & (found["reference_class"] == reference)
        & (found["product"] != found["reference_product"])
        & ~found["asked"]
        & (found["evidence"] != "note")
    ]
    if found.empty:
        raise UserError(
            f"no other randomised trial of {INDICATIONS[run.indication]} in the ledger compares "
            f"products of the classes {test} and {reference}"
        )
    return from_frame(
        found.assign(
            group1_level=found["contrast"],
            group2_level=found["label"],
            variable=run.param,
            variable_level=found["timepoint"].fillna(""),
            n_population=found["n_total"],
            source=found["source_id"],
            note=found["result_ids"],
            classes=f"{test} against {reference}",
            time=time_words(found),
        ),
        {
            "estimate": Stat("estimate", "Difference", DIGITS, run.unit),
            "low": Stat("conf.low", "Lower limit", DIGITS, run.unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, run.unit),
            "n_total": Stat("n", "n", 0),
            "conclusion": Stat("conclusion", "Non-inferiority"),
            "time": Stat("time", "Time"),
            "verdict": Stat("verdict.printed", "Verdict that the source prints"),
            "reason": Stat("reason", "Because"),
            "classes": Stat("classes", "Classes"),
        },
        analysis_id="relatives",
        group1="contrast",
        group2="study",
        context="published",
        **run.result_labels,
    )
