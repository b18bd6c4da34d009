"""The randomised contrasts most like the asked one: of the same kinds of product."""

from analysis.contrasts.columns import described, time_words
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.within_trial import differences
from analysis.errors import UserError
from analysis.results import Results, section
from analysis.sources.schemas import INDICATIONS


@section
def relatives(run: ContrastRun) -> Results:
    """Return the contrasts most like the asked one: the same kinds of product.

    Returns
    -------
    Results
        Per contrast and study: ``estimate``, ``conf.low``, ``conf.high``, ``conclusion``,
        ``time.words``; or ``conclusion`` "not estimable" and its ``reason``. What can be estimated
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
    frame = described(
        run, found,
        "estimate", "conf.low", "conf.high", "n", "conclusion", "verdict.printed", "reason",
    ).assign(classes=f"{test} against {reference}")  # fmt: skip
    frame["time.words"] = time_words(found)
    return run.results(frame, "relatives", group1="contrast", group2="study")
