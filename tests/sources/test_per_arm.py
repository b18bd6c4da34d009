"""One function gives the ledger per arm."""

import numpy as np
import pandas as pd

from analysis.sources.arm_summaries import per_arm


def test_statistics_of_an_arm_stand_side_by_side() -> None:
    rows = pd.DataFrame(
        [
            ("S", "b", "sd", 2.0), ("S", "b", "mean", 9.0), ("S", "a", "mean", np.nan),
            ("S", "b", "mean", 8.0), ("S", "a", "n", 40.0),
        ],
        columns=["study_id", "arm_id", "statistic", "value"],
    )  # fmt: skip
    found = per_arm(rows, ["mean", "sd", "se"], key=["study_id", "arm_id"])
    assert list(found.columns) == ["mean", "sd", "se"]
    # Of two means the first; an arm whose mean is not known keeps its row.
    assert found.loc[("S", "b")].tolist()[:2] == [9.0, 2.0]
    assert found.loc[("S", "a")].isna().all()
    assert per_arm(rows.iloc[:0], ["mean"], key=["study_id", "arm_id"]).empty
