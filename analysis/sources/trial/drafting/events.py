"""Words of adverse events, by what they mean: related, withdrawn, fatal, severe."""

import pandas as pd

from analysis.sources.trial.checks.levels import CDISC
from analysis.sources.trial.columns import as_text
from analysis.sources.trial.drafting.writing import comment, counted, listed
from analysis.sources.trial.event_words import EVENT_WORDS, EventWords


def events_lines(name: str, events: pd.DataFrame) -> list[str]:
    """Return the lines on the words of the events, each under the values seen."""
    if events.empty:
        return comment(f"{name} has no records, which means that there were no events.", indent=2)
    return [line for words in EVENT_WORDS for line in _lines(words, name, events)]


def _lines(words: EventWords, name: str, events: pd.DataFrame) -> list[str]:
    variable, field = words.column, words.field
    if variable not in events or (as_text(events[variable]) == "").all():
        state = "absent" if variable not in events else "blank throughout"
        return comment(f"{variable} of {name} is {state}: {field} is not recorded.", indent=2)
    counts = {str(k): int(v) for k, v in as_text(events[variable]).value_counts().items()}
    meanings = {value: words.meaning(value.strip().upper()) for value in counts if value}
    yes, doubtful, unknown = (
        [value for value, meaning in meanings.items() if meaning == each]
        for each in ("yes", "doubtful", "unknown")
    )
    seen = f"{variable} has: {counted(counts)}."
    if unknown:
        asked = f'{seen} Which of them mean {words.means}? Put a list in the place of "?".'
        return [*comment(asked, indent=2), f'  {field}: "?"']
    if doubtful:
        seen += f" Is {' or '.join(doubtful)} to count as {words.means} too? Then add it."
    if not yes:
        return comment(f"{seen} None is {words.means} by its words.", indent=2)
    return [*comment(seen, indent=2), f"  {field}: {listed(yes)}"]


def unusual_levels(tables: dict[str, pd.DataFrame]) -> dict[str, list[str]]:
    """Return the categories of which the data have levels that CDISC terminology has not."""
    found = {}
    for variable, known in CDISC.items():
        own = [as_text(table[variable]) for table in tables.values() if variable in table]
        seen = sorted({value for values in own for value in values.unique() if value})
        if set(seen) - set(known):
            found[variable] = seen
    return found
