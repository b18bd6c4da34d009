"""Time and memory of loading and checking a large trial.

Run ``python tests/benchmarks/bench_trial.py``. It writes a trial of 100,000 participants,
6 visits and 1,000,000 adverse events as parquet into a temporary folder, loads and checks it
in a fresh process (so that the peak memory is that of the check alone), summarises the events,
and prints the profile. The yardstick is one pandas groupby over the event rows.
"""

import cProfile
import io
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "sources" / "trial"))

from corpus import REFERENCE, TREATMENT, VISITS, good_plan, write_trial  # noqa: E402

N_SUBJECTS, N_EVENTS = 100_000, 1_000_000
START = pd.Timestamp("2003-02-24")


def make_subjects(rng: np.random.Generator) -> pd.DataFrame:
    """Return ADSL."""
    index = np.arange(N_SUBJECTS)
    start = START + pd.to_timedelta(index % 200, unit="D")
    arm = np.where(index % 3 == 0, REFERENCE, TREATMENT)
    return pd.DataFrame(
        {
            "USUBJID": pd.Series(index).map("LARGE-{:06d}".format),
            "TRT01P": arm,
            "TRT01A": arm,
            "AGE": rng.integers(3, 12, N_SUBJECTS).astype(float),
            "SEX": rng.choice(["M", "F"], N_SUBJECTS),
            "REGION": rng.choice(["East", "West"], N_SUBJECTS),
            "FASFL": "Y",
            "SAFFL": "Y",
            "TRTSDT": start,
            "TRTEDT": start + pd.Timedelta(days=364),
        }
    )


def make_records(adsl: pd.DataFrame, parameters: dict[str, tuple[str, float]]) -> pd.DataFrame:
    """Return a BDS table: every participant, 6 visits, each parameter."""
    visits = {"Pre-study": -365, **VISITS}
    table = adsl[["USUBJID", "TRT01P", "TRTSDT"]].rename(columns={"TRT01P": "TRTP"})
    table = table.merge(
        pd.DataFrame({"AVISIT": list(visits), "ADY": list(visits.values())}), how="cross"
    ).merge(
        pd.DataFrame(
            [(code, label, level) for code, (label, level) in parameters.items()],
            columns=["PARAMCD", "PARAM", "BASE"],
        ),
        how="cross",
    )
    # A covariate that is the same for all cannot be fitted, and the check says so.
    table["BASE"] += table["USUBJID"].str[-1].astype(float) / 10
    table["ADT"] = table["TRTSDT"] + pd.to_timedelta(table["ADY"] - (table["ADY"] > 0), unit="D")
    table["AVAL"] = table["BASE"] + 6 * (table["ADY"] - 1) / 365.25
    table["CHG"] = table["AVAL"] - table["BASE"]
    return table.assign(ANL01FL="Y", ABLFL=np.where(table["AVISIT"] == "Baseline", "Y", ""))


def make_events(adsl: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return ADAE, ten events a participant."""
    each = N_EVENTS // N_SUBJECTS
    events = adsl.loc[adsl.index.repeat(each), ["USUBJID", "TRT01A", "TRTSDT"]]
    events = events.rename(columns={"TRT01A": "TRTA"}).reset_index(drop=True)
    day = rng.integers(1, 365, N_EVENTS)
    term = rng.integers(0, 200, N_EVENTS)
    names = np.array([f"Preferred term {i:03d}" for i in range(199)] + ["Hyperglycaemia"])
    classes = np.array([f"System organ class {i:02d}" for i in range(20)])
    events["ASTDT"] = events["TRTSDT"] + pd.to_timedelta(day - 1, unit="D")
    events["AENDT"] = events["ASTDT"] + pd.Timedelta(days=3)
    return events.assign(
        AESEQ=np.tile(np.arange(1.0, each + 1), N_SUBJECTS),
        ASTDY=day.astype(float),
        AEDECOD=names[term],
        AEBODSYS=classes[term % 20],
        AESEV=rng.choice(["MILD", "MODERATE", "SEVERE"], N_EVENTS),
        AESER=rng.choice(["Y", "N"], N_EVENTS, p=[0.02, 0.98]),
        AEREL=rng.choice(["NONE", "POSSIBLE"], N_EVENTS),
        TRTEMFL="Y",
    )


def write_large(folder: Path) -> None:
    """Write the trial."""
    rng = np.random.default_rng(1)
    adsl = make_subjects(rng)
    laboratory = make_records(adsl, {"GLUC": ("Glucose (mmol/L)", 4.0)})
    laboratory["A1LO"], laboratory["A1HI"] = -9.0, 5.8
    laboratory["ANRIND"] = np.where(laboratory["AVAL"] > 5.8, "HIGH", "NORMAL")
    growth = {"HEIGHT": ("Height (cm)", 105.0), "HV": ("Height velocity (cm/year)", 7.0)}
    tables = {
        "adsl": adsl,
        "adgr": make_records(adsl, growth),
        "advs": make_records(adsl, {"WEIGHT": ("Weight (kg)", 18.0)}),
        "adlb": laboratory,
        "adae": make_events(adsl, rng),
    }
    write_trial(folder, plan=good_plan(), tables=tables)


def measure(folder: Path) -> None:
    """Load, check and summarise, with time, memory and profile."""
    from analysis.sources.trial.trial import read_trial

    say = sys.stdout.write
    # Shared by every analysis: importing pandas, pydantic and pyarrow.
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    profile = cProfile.Profile()
    start = time.perf_counter()
    trial = profile.runcall(read_trial, folder)
    loaded = time.perf_counter() - start
    start = time.perf_counter()
    events = trial.tables["adae"].merge(trial.subjects("safety")[["USUBJID", "arm"]], on="USUBJID")
    by_term = ["arm", "AEBODSYS", "AEDECOD"]
    events.drop_duplicates(["USUBJID", "AEDECOD"]).groupby(by_term, observed=True).size()
    summarised = time.perf_counter() - start
    start = time.perf_counter()
    trial.tables["adae"].groupby(["USUBJID", "AEDECOD"], sort=False).size()
    yardstick = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = {name: len(table) for name, table in trial.tables.items()}
    say(f"rows                      {rows}\n")
    say(f"findings                  {[(f.severity, f.rule, f.count) for f in trial.findings]}\n")
    say(f"load and check            {loaded:.1f} s\n")
    say(f"summarise events by term  {summarised:.1f} s\n")
    say(f"one groupby of the events {yardstick:.1f} s; load and check take ")
    say(f"{loaded / yardstick:.1f} times as long\n")
    say(f"peak memory               {peak:.0f} MB, of which imports {before:.0f} MB\n")
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(15)
    say(text.getvalue())
    calls = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
    say(f"{calls:,} Python calls for {sum(rows.values()):,} rows: no loop over rows\n")


def main() -> None:
    """Write and measure, each in a process of its own: a child inherits its parent's peak."""
    if len(sys.argv) > 1:
        {"write": write_large, "measure": measure}[sys.argv[1]](Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        for step in ("write", "measure"):
            subprocess.run([sys.executable, __file__, step, folder], check=True)


if __name__ == "__main__":
    main()
