"""One candidate for an endpoint: what a plan would say of it, and what was seen."""

from dataclasses import dataclass, field

Where = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Candidate:
    """A parameter that a plan could make its endpoint.

    Parameters
    ----------
    dataset, paramcd, label, visit, value, unit, where
        As `plan.Endpoint` has them.
    participants
        How many have a value at the visit.
    levels
        The values where they are few whole numbers, else empty.
    choices
        Variable of `where` → all its values.
    base
        Whether the table has BASE for it.
    locf
        Participants with a value when those of DTYPE LOCF count too; 0 where there are none.
    kind
        Kind of endpoint; ``"?"`` of a short scale, which may be averaged or cut into responses.
    variable, responses
        Of a binary one, where its response stands and which values are one; ``"?"`` where nobody
        can tell.
    words
        The values of that variable.
    cnsr
        Of a time to an event, value of CNSR → its meaning.
    events
        Of a time, participants with the event.
    """

    dataset: str
    paramcd: str
    label: str
    visit: str
    value: str
    unit: str
    participants: int
    levels: tuple[int, ...] = ()
    where: Where = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    base: bool = False
    locf: int = 0
    kind: str = "continuous"
    variable: str = ""
    responses: str = "?"
    words: tuple[str, ...] = ()
    cnsr: dict[int, str] = field(default_factory=dict)
    events: int = 0

    @property
    def rank(self) -> tuple[bool, bool, bool, int]:
        """What stands first: measurements, many values before few, totals, who was measured."""
        total = any(word in self.label.lower() for word in ("total", "composite", "global"))
        total |= "TOT" in self.paramcd
        measured = self.kind in ("continuous", "?")
        return not measured, bool(self.levels), not total, -self.participants
