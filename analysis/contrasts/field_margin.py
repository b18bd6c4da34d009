"""The margin that the field uses for an endpoint, from the ledger."""

from analysis.sources.evidence import Ledger

VELOCITIES = ("HV", "CHGHV")
"""Endpoints that share the unit of the field's margins."""


def field_margin(ledger: Ledger, indication: str, endpoint: str) -> tuple[float | None, str]:
    """Return the margin that the field uses for an endpoint, and its sources.

    Parameters
    ----------
    ledger
        The published ledger.
    indication, endpoint
        As in `ContrastParameters`.

    Returns
    -------
    margin : float or None
        Below 0; None for an endpoint for which no trial prints one.
    source : str
        Source ids.

    Notes
    -----
    The strictest margin that a trial of the indication prints, else of the whole field: a
    difference that is non-inferior at it is so at every margin of the field. Margins on height
    velocity and on its change count as one: with baseline in the model the two differences are
    the same.
    """
    if endpoint not in VELOCITIES:
        return None, ""
    rows = ledger.described()
    rows = rows[(rows["statistic"] == "margin") & rows["paramcd"].isin(VELOCITIES)]
    rows = rows[rows["value"] < 0]
    own = rows[rows["indication"] == indication]
    rows = own if len(own) else rows
    if rows.empty:
        return None, ""
    margin = float(rows["value"].max())
    sources = rows.loc[rows["value"] == margin, "source_id"]
    return margin, "; ".join(dict.fromkeys(sources))
