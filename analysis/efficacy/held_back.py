"""Why a hypothesis is not tested: the ones before it that may not be claimed."""

from collections.abc import Sequence

from analysis.efficacy.hypotheses import Family
from analysis.sources.trial.plan_multiplicity import Multiplicity
from analysis.stats.graphical import chain, update_graph
from analysis.words import listed


def held_back(
    declared: Multiplicity,
    families: Sequence[Family],
    claimed: Sequence[bool],
    names: Sequence[str],
) -> list[str]:
    """Say of each hypothesis what keeps it from being tested; "" where nothing does.

    Parameters
    ----------
    declared
        What the plan says of the procedure.
    families
        The hypotheses of the run.
    claimed, names
        Whether each may be claimed, and what it is called, in the order of the families.
    """
    if declared.method in ("graphical", "fallback"):
        return _without_weight(declared, claimed, names)
    said: list[str] = []
    closed = ""  # What closed the gate.
    for family in families:
        places = range(len(said), len(said) + len(family.hypotheses))
        failed = [place for place in places if not claimed[place]]
        in_order = family.method == "fixed sequence" and failed
        first = _before(names[failed[0]]) if in_order else ""
        said += [closed or (first if failed and place > failed[0] else "") for place in places]
        if not closed and failed and (declared.gate == "serial" or len(failed) == len(places)):
            closed = _before(
                *(names[place] for place in failed), all_of=declared.gate == "parallel"
            )
    return said


def _before(*names: str, all_of: bool = False) -> str:
    if all_of and len(names) > 1:
        return f"none of {listed(names)}, which are tested before it, may be claimed"
    return f"{names[0]}, which is tested before it, may not be claimed"


def _without_weight(
    declared: Multiplicity, claimed: Sequence[bool], names: Sequence[str]
) -> list[str]:
    """Say which hypotheses would have given their weight to one that has none."""
    moves = declared.transitions or chain(len(claimed)).tolist()
    gone = [place for place, clear in enumerate(claimed) if clear]
    left = update_graph(declared.weights, moves, rejected=gone)
    said = []
    for place, weight in enumerate(left.weights):
        givers = [names[each] for each in range(len(names)) if left.transitions[each, place] > 0.0]
        nothing = (
            f"no weight reaches it: {listed(givers)} may not be claimed"
            if givers
            else "the plan lets no weight reach it"
        )
        said.append("" if claimed[place] or weight > 0.0 else nothing)
    return said
