"""What a calibrated study reproduces, as text for the terminal."""

import textwrap

import pandas as pd

from analysis.words import numbered

WIDTH = 98


def calibrated_text(study: str, reproduced: pd.DataFrame, folder: str) -> str:
    """Return how many published numbers are reproduced, each that is not, and what to do next.

    Parameters
    ----------
    study
        The study_id.
    reproduced
        One row a published number; `outcome`, and `why` where it is not reproduced.
    folder
        Where the trial was written, as shown.

    Examples
    --------
    >>> row = {"result_id": "R001", "outcome": "reproduced"}
    >>> print(calibrated_text("A-TRIAL", pd.DataFrame([row]), "out").splitlines()[0])
    wrote out: synthetic patients who give 1 of 1 published number of A-TRIAL
    """
    missed = reproduced[reproduced["outcome"] != "reproduced"]
    lines = [
        f"wrote {folder}: synthetic patients who give {len(reproduced) - len(missed)} of "
        f"{numbered(len(reproduced), 'published number')} of {study}"
    ]
    for row in missed.to_dict("records"):
        arms = f"{row['arm']} v {row['reference']}" if row["reference"] else row["arm"]
        said = (
            f"{row['outcome']}: {row['result_id']} ({arms}, {row['population']}, {row['paramcd']}, "
            f"{row['visit']}, {row['statistic']} {row['printed']}), because {row['why']}"
        )
        lines.append(textwrap.fill(said, WIDTH, initial_indent="  ", subsequent_indent="    "))
    lines += [
        "each number beside its source: reproduced.tsv; what is assumed: assumptions.yml",
        f"now run: python -m analysis check {folder}",
    ]
    return "\n".join(lines)
