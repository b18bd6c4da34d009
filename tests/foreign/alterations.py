"""Random alterations of good trials, and what becomes of them.

    python tests/foreign/alterations.py --n 1000 --seed 1 --jobs 1

Every altered trial must be refused with a sentence, or be analysed; a traceback never. Where
it is analysed without a new finding, its numbers should be those of the good trial, unless the
alteration cannot be seen: these are listed for a reader, with the numbers that moved.
"""

import argparse
import json
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from types import FrameType
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "sources" / "trial"), str(HERE.parents[1])]

import altering_files  # noqa: E402, F401
import altering_people  # noqa: E402, F401
import altering_plans  # noqa: E402, F401
import altering_tables  # noqa: E402, F401
import numpy as np  # noqa: E402
from altering import ALTERATIONS, NothingToAlter  # noqa: E402
from bases import MAKERS, base  # noqa: E402
from outcomes import Outcome, changed, outcome  # noqa: E402

SECONDS = 120
"""After so much computing an alteration has brought the program to a standstill."""
WEIGHTS = {"small": 0.45, "turner-1": 0.2, "ghd": 0.15, "general": 0.1, "pilot": 0.1}


@dataclass(slots=True)
class Record:
    """One altered trial: how, and what became of it.

    Parameters
    ----------
    number, base, name, words, harmless, unseen
        Of the alteration.
    kind
        ``refused``, ``found`` (analysed, with a new finding), ``silent`` or ``traceback``.
    said
        The sentence of the refusal, the new findings, or the traceback.
    moved
        How many numbers differ from those of the good trial.
    examples
        Some of them.
    """

    number: int
    base: str
    name: str
    words: str
    harmless: bool
    unseen: bool
    kind: str
    said: str
    moved: int
    examples: list[str]

    @property
    def suspect(self) -> bool:
        """Whether a reader should look at it: numbers moved and nothing was said."""
        return self.kind == "silent" and self.moved > 0 and not (self.harmless or self.unseen)

    @property
    def wrong(self) -> bool:
        """Whether it contradicts what was promised."""
        harmed = self.harmless and (self.moved > 0 or self.kind == "refused")
        return self.kind == "traceback" or harmed


@cache
def good(name: str, *, full: bool) -> Outcome:
    """Return the outcome of an unaltered trial; it must be analysed."""
    with tempfile.TemporaryDirectory() as folder:
        found = outcome(base(name).write(Path(folder) / name), full=full)
    if found.refused or found.crash:
        raise AssertionError(f"{name} is no good trial: {found.refused or found.crash}")
    return found


def altered(
    number: int, *, seed: int, names: tuple[str, ...], full: bool = False, views: bool = False
) -> Record:
    """Alter a trial by chance and say what becomes of it; the same for the same arguments."""
    rng = np.random.default_rng([seed, number])
    weights = np.array([WEIGHTS[name] for name in names])
    while True:
        which = str(rng.choice(names, p=weights / weights.sum()))
        trial = base(which, rng)
        kind = ALTERATIONS[int(rng.integers(len(ALTERATIONS)))]
        try:
            words = kind.alter(trial, rng)
        except NothingToAlter:
            continue
        break
    before = good(which, full=full)
    with tempfile.TemporaryDirectory() as folder:
        analyse = partial(outcome, full=full, views=views)
        found = _within(SECONDS, analyse, trial, Path(folder) / which)
    moved = changed(before, found, trial.renamed) if not (found.refused or found.crash) else {}
    said = found.crash or found.refused
    new = sorted(found.findings - before.findings)
    if not said:
        said = "; ".join(" ".join(map(str, each)) for each in new)
    label = "traceback" if found.crash else "refused" if found.refused else ""
    label = label or ("found" if new else "silent")
    examples = [f"{' | '.join(filter(None, key))}: {a} → {b}" for key, (a, b) in moved.items()]
    about = (number, which, kind.name, words, kind.harmless, kind.unseen)
    return Record(*about, label, said, len(moved), examples[:6])


def _within(seconds: int, analyse: Any, trial: Any, folder: Path) -> Outcome:
    """Analyse a folder, and stop after some seconds."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"no end after {seconds} seconds")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        found: Outcome = analyse(trial.write(folder))
        return found
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def all_altered(
    numbers: range, *, seed: int, names: tuple[str, ...], jobs: int, **options: bool
) -> Iterator[Record]:
    """Alter so many trials, several at a time where wanted, in the order of their numbers."""
    work = partial(altered, seed=seed, names=names, **options)
    if jobs == 1:
        yield from map(work, numbers)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(work, numbers)


def report(records: list[Record]) -> Iterator[str]:
    """Say what became of the altered trials: the tracebacks first, then what moved in silence."""
    counts = Counter(record.kind for record in records)
    yield ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    crashes: dict[str, list[Record]] = {}
    for record in records:
        if record.kind == "traceback":
            lines = record.said.strip().splitlines()
            ours = [line for line in lines if 'File "' in line and "/analysis/" in line]
            what = f"{lines[-1]} @ {ours[-1].strip() if ours else '?'}"
            crashes.setdefault(what, []).append(record)
    for what, same in sorted(crashes.items(), key=lambda item: -len(item[1])):
        yield f"\nTRACEBACK ({len(same)}): {what}"
        yield from (f"  {each.number} {each.base} {each.name}: {each.words}" for each in same[:5])
    for title, chosen in (
        ("harmless, yet numbers moved", [r for r in records if r.harmless and r.moved]),
        ("harmless, yet refused", [r for r in records if r.harmless and r.kind == "refused"]),
        ("silent, and numbers moved", [r for r in records if r.suspect]),
    ):
        yield f"\n{title.upper()} ({len(chosen)})"
        for each in sorted(chosen, key=lambda record: (record.name, record.number)):
            yield f"  {each.number} {each.base} {each.name}: {each.words} [{each.moved} moved]"
            yield from (f"      {line}" for line in each.examples[:3])
            if each.kind == "refused":
                yield f"      {each.said.splitlines()[0][:200]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="number of the first alteration")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--bases", nargs="+", default=list(MAKERS), choices=list(MAKERS))
    parser.add_argument("--full", action="store_true", help="compute more sections")
    parser.add_argument("--views", action="store_true", help="make the tables and figures too")
    parser.add_argument("--json", type=Path, help="write every record there, one a line")
    options = parser.parse_args()
    records = []
    for record in all_altered(
        range(options.first, options.first + options.n),
        seed=options.seed, names=tuple(options.bases), jobs=options.jobs,
        full=options.full, views=options.views,
    ):  # fmt: skip
        records.append(record)
        if options.json:
            with options.json.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
    print("\n".join(report(records)))  # noqa: T201


if __name__ == "__main__":
    main()
