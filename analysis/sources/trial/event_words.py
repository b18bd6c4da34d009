"""What values of event variables mean: related, withdrawn, fatal, severe, serious, or clearly not.

A plan says which values count (`safety.related` and the like). What it does not name counts as
not so; whether that can be meant is judged here, by CDISC terminology and by the words in use.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from analysis.sources.trial.plan import TrialPlan

Meaning = Literal["yes", "no", "doubtful", "unknown"]
LIKENESS = 0.8
"""Share of equal letters from which on a value is another one misspelt."""
GRAVE = "SEVERE"
TOGETHER = re.compile(r"[;,+&]|\bAND\b|\bTHEN\b")
"""What joins two things said in one value, such as two actions taken."""


@dataclass(frozen=True, slots=True)
class EventWords:
    """One question that a plan answers by values of a variable of the events.

    Parameters
    ----------
    column
        The variable.
    field
        Field of the plan's ``safety`` that holds the values that count.
    means
        What an event with one of them is, as ``"related"``.
    no, doubtful, yes
        Patterns of values, tried in this order: clearly not so; for the plan to decide; by
        their meaning so.
    remarkable
        Whether a trial in which no event is so is worth a note.
    """

    column: str
    field: str
    means: str
    no: re.Pattern[str]
    doubtful: re.Pattern[str]
    yes: re.Pattern[str]
    remarkable: bool = True

    def meaning(self, value: str) -> Meaning:
        """Say what a value (upper case) means by itself; of several things said, one suffices."""
        parts = [part.strip() for part in TOGETHER.split(value)]
        if len(parts) > 1 and any(self._of_one(part) == "yes" for part in parts):
            return "yes"
        return self._of_one(value)

    def _of_one(self, value: str) -> Meaning:
        if self.doubtful.search(value):
            return "doubtful"
        if self.no.search(value):
            return "no"
        return "yes" if self.yes.search(value) else "unknown"

    def counted(self, plan: TrialPlan) -> tuple[str, ...]:
        """Return the values that count by a plan, in upper case."""
        if plan.safety is None:
            return ()
        named = tuple(word.strip().upper() for word in getattr(plan.safety, self.field))
        if named or self.field != "severe":
            return named
        levels = [level.strip().upper() for level in plan.levels.get(self.column, ())]
        return tuple(levels[levels.index(GRAVE) :]) if GRAVE in levels else (GRAVE,)


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts))


NOT_SAID = (
    r"^(?:UNKNOWN|UNK|UNCERTAIN|MISSING|INDETERMINATE|OTHER|MULTIPLE)\b",
    r"^(?:UN|NOT |CANNOT BE )(?:ASSESS|EVALUA|CLASSIF|RECORD|STATED|REPORTED|DONE|DETERMIN|KNOWN)",
)
NEVER = r"^(?:N|NO|NONE|0|FALSE)$"
YES = r"^(?:Y|YES|TRUE)$"

RELATED = EventWords(
    column="AEREL",
    field="related",
    means="related",
    doubtful=_pattern(
        *NOT_SAID, r"^(?:UNLIKELY|REMOTE|DOUBTFUL|IMPROBABLE|CONDITIONAL)",
        r"^(?:PROBABLY|POSSIBLY|LIKELY) NOT\b",
    ),
    no=_pattern(
        NEVER, r"\bNOT\b.*(?:RELAT|SUSPECT)", r"\b(?:UN|NON|UN-|NON-)(?:RELATED|SUSPECTED)",
        r"\bNO (?:RELATION|REASONABLE|CAUSAL|ASSOCIATION)", r"^NOT APPLICABLE$",
        r"^DEFINITELY NOT\b", r"^EXCLUDED$",
    ),
    yes=_pattern(
        YES, "RELAT", "SUSPECT", "PROBABL", "POSSIBL", "DEFINITE", "CERTAIN", "LIKELY", "CAUS",
        "REASONABLE", "ATTRIBUT", "ASSOCIAT",
    ),
)  # fmt: skip
WITHDRAWN = EventWords(
    column="AEACN",
    field="withdrawal",
    means="a withdrawal of treatment",
    doubtful=_pattern(r"^(?:MISSING|INDETERMINATE|OTHER|MULTIPLE)\b"),
    # CDISC terminology ACN, and how else it is said that treatment went on.
    no=_pattern(
        NEVER, r"^(?:UNKNOWN|UNK)$", r"^NOT (?:APPLICABLE|EVALUABLE)", r"\bNOT? (?:CHANGE|ACTION)",
        "UNCHANGED", r"^NO\b", r"\bNOT (?:WITHDRAWN|DISCONTINUED|STOPPED)", "TEMPORAR",
        "INTERRUPT", "REDUC", "INCREAS", "DELAY", r"\bHELD\b", "ADJUST", "RESUMED", "RESTART",
        r"\bCONTINUED\b",
    ),
    yes=_pattern(YES, "WITHDR", "DISCONTIN", "STOP", "PERMANENT", "CEASE", "TERMINAT"),
)  # fmt: skip
FATAL = EventWords(
    column="AEOUT",
    field="fatal",
    means="fatal",
    doubtful=_pattern(r"^MISSING$", r"^INDETERMINATE$"),
    # CDISC terminology OUT, and how else it is said that the participant lived.
    no=_pattern(
        NEVER, r"\bNOT\b", r"\bNON-?\s?FATAL", "RECOVER", "RESOLV", "ONGOING", "CONTINUING",
        "UNKNOWN|^UNK$", "UNCHANGED", "IMPROV", "STABIL", "SEQUEL", "WORSE", "CHRONIC",
        "LOST TO FOLLOW",
    ),
    yes=_pattern(YES, "DEATH", r"\bDIED", r"\bDEAD\b", "FATAL", "DECEASED", "LETHAL", r"\bDTH"),
    remarkable=False,
)  # fmt: skip
SEVERE = EventWords(
    column="AESEV",
    field="severe",
    means="severe",
    doubtful=_pattern(*NOT_SAID),
    no=_pattern(r"^MILD\b", r"^MODERATE$", r"\bNOT SEVERE", r"^GRADE [12]$"),
    yes=_pattern("SEVERE", "LIFE.?THREAT", "FATAL", "DEATH", r"\bGRADE [345]\b"),
)

EVENT_WORDS = (RELATED, WITHDRAWN, FATAL, SEVERE)
"""Every vocabulary of events that a plan can name."""


def misspelt(value: str, known: Iterable[str]) -> str:
    """Return the known value that another is a slip of the pen for, or nothing.

    Digits must agree: ``GRADE 2`` is no misspelt ``GRADE 3``.

    Examples
    --------
    >>> misspelt("POSSIBEL", ["PROBABLE", "POSSIBLE"]), misspelt("FT3", ["FT4"])
    ('POSSIBLE', '')
    """
    numbers = re.findall(r"\d", value)
    alike = [each for each in known if each != value and re.findall(r"\d", each) == numbers]
    near = difflib.get_close_matches(value, alike, n=1, cutoff=LIKENESS)
    return near[0] if near else ""
