"""Time and memory of the adverse-event tables on a million events.

Run ``python tests/benchmarks/bench_safety.py``. In a fresh process it makes 100,000 participants
and 1,000,000 adverse events in memory, counts overview and organ class / preferred term with
Miettinen–Nurminen intervals and Fisher's test, and prints the ratio of the time to that of one
pandas groupby over the same rows, and the peak memory.
"""

import resource
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from comparison import Comparison

from analysis.safety.by_term import by_term
from analysis.safety.overview import overview
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve
from analysis.sources.trial.checks import Study
from analysis.sources.trial.checks.adam import texts_are_short

N_SUBJECTS, N_EVENTS = 100_000, 1_000_000


def make_tables(n_terms: int, n_events: int = N_EVENTS) -> dict[str, pd.DataFrame]:
    """Return ADSL and ADAE as a trial holds them once they are read; ten events a participant."""
    rng = np.random.default_rng(1)
    n_subjects = n_events * N_SUBJECTS // N_EVENTS
    index = np.arange(n_subjects)
    start = pd.Timestamp("2003-02-24") + pd.to_timedelta(index % 200, unit="D")
    arm = np.where(index % 3 == 0, "Humatrope", "Valtropin")
    adsl = pd.DataFrame(
        {
            "USUBJID": pd.Series([f"LARGE-{i:06d}" for i in index], dtype=str),
            "TRT01P": pd.Series(arm, dtype=str),
            "TRT01A": pd.Series(arm, dtype=str),
            "SAFFL": pd.Series("Y", index=index, dtype=str),
            "TRTSDT": start,
            "TRTEDT": start + pd.Timedelta(days=364),
            "TRTDURD": 365.0,
        }
    )
    who = rng.integers(0, n_subjects, n_events)
    # A few terms are frequent and most are rare, as in a real dictionary.
    term = np.minimum(rng.zipf(1.3, n_events) - 1, n_terms - 1)
    day = rng.integers(-10, 365, n_events)

    def text(values: np.ndarray) -> pd.Series:
        return pd.Series(values, dtype=str)

    adae = pd.DataFrame(
        {
            "USUBJID": adsl["USUBJID"].take(who).reset_index(drop=True),
            "TRTA": adsl["TRT01A"].take(who).reset_index(drop=True),
            "AEDECOD": text(np.array([f"Preferred term {i:05d}" for i in range(n_terms)])[term]),
            "AEBODSYS": text(np.array([f"Organ class {i:02d}" for i in range(26)])[term % 26]),
            "ASTDT": start[who] + pd.to_timedelta(day, unit="D"),
            "AESEV": text(rng.choice(["MILD", "MODERATE", "SEVERE"], n_events)),
            "AESER": text(rng.choice(["Y", "N"], n_events, p=[0.02, 0.98])),
            "AEREL": text(rng.choice(["RELATED", "NOT RELATED"], n_events)),
            "AEACN": text(rng.choice(["DOSE NOT CHANGED", "DRUG WITHDRAWN"], n_events)),
            "AEOUT": text(np.full(n_events, "RECOVERED/RESOLVED")),
            "TRTEMFL": text(np.where(day >= 0, "Y", "")),
        }
    )
    return {"adsl": adsl, "adae": adae}


def make_run(n_terms: int, n_events: int = N_EVENTS) -> SafetyRun:
    """Return a run on such tables that has computed nothing yet."""
    run = resolve(SafetyParameters(trial="ghd"))
    tables = make_tables(n_terms, n_events)
    # The checks of a trial that is read number its texts, one of them every text.
    study = Study(plan=run.trial.plan, tables=tables, available=tuple(tables))
    list(texts_are_short(study))
    return replace(run, trial=replace(run.trial, tables=tables, texts=study.known_texts()))


def both(run: SafetyRun) -> None:
    """Make both tables of a run that has not made them."""
    run = replace(run, trial=replace(run.trial))
    overview(run)
    by_term(run)


def one_groupby(run: SafetyRun) -> float:
    """Count participants by organ class, term and arm, and nothing else."""
    table = run.trial.tables["adae"]
    table.groupby(["AEBODSYS", "AEDECOD", "TRTA"])["USUBJID"].nunique()
    return 1.0


COMPARISONS = [
    Comparison(
        what=f"Overview and organ class / term with intervals, {n_terms:,} terms",
        baseline="one pandas groupby with nunique", sizes=(100_000, 300_000, N_EVENTS), of="events",
        make=partial(make_run, n_terms), ours=both, theirs=one_groupby,
    )
    for n_terms in (300, 10_000)
]  # fmt: skip


def measure(n_terms: int) -> None:
    """Time the yardstick and the tables, each once, in this order."""
    say = sys.stdout.write
    overview(resolve(SafetyParameters(trial="ghd")))  # First calls are no part of the comparison.
    run = make_run(n_terms)
    adae = run.trial.tables["adae"]
    start = time.perf_counter()
    adae.groupby(["AEBODSYS", "AEDECOD", "TRTA"])["USUBJID"].nunique()
    yardstick = time.perf_counter() - start
    start = time.perf_counter()
    first = overview(run)
    middle = time.perf_counter()
    second = by_term(run)
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = second.frame.drop_duplicates(["variable", "variable_level"])
    say(f"{N_EVENTS:,} events, {N_SUBJECTS:,} participants, {len(rows):,} table rows\n")
    say(f"one groupby with nunique   {yardstick:.2f} s\n")
    say(f"overview                   {middle - start:.2f} s, {len(first)} results\n")
    say(f"organ class / term         {end - middle:.2f} s, {len(second):,} results\n")
    say(f"both / the groupby         {(end - start) / yardstick:.1f} times\n")
    say(f"peak memory                {peak:.0f} MB\n")


def main() -> None:
    """Measure with some hundred and with ten thousand terms, each in a process of its own."""
    if len(sys.argv) > 1:
        measure(int(sys.argv[1]))
        return
    for n_terms in (300, 10_000):
        command = [sys.executable, __file__, str(n_terms)]
        subprocess.run(command, check=True, cwd=Path(__file__).parents[2])


if __name__ == "__main__":
    main()
