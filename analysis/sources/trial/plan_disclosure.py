"""What a plan says of disclosure: what of its participants a page may show."""

from typing import Literal

from analysis.sources.trial.plan_part import Part

Listed = Literal["listed", "not listed"]


class Disclosure(Part):
    """What may be shown of single participants.

    Parameters
    ----------
    participants
        Whether the numbers of a page open the records that they count: ``"listed"`` or
        ``"not listed"``. Left out, those of synthetic data are, and of real data they are not.
        Who a record is of is shown only where ``safety.identifiers`` allows it, too.
    """

    participants: Listed | None = None
