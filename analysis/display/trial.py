"""How the findings of a trial check look in a terminal."""

import pandas as pd
from tabulate import tabulate

from analysis.display.html import BADGES
from analysis.sources.trial.trial import Trial


def findings_text(trial: Trial, findings: pd.DataFrame) -> str:
    """Return all findings of a trial folder as one fixed-width table with a verdict below."""
    sizes = ", ".join(f"{name} {len(table)}" for name, table in trial.tables.items())
    lines = [f"{trial.plan.title} [{BADGES[trial.data_status]}]", f"rows: {sizes}"]
    if len(findings):
        shown = findings.assign(
            row=[str(row) if pd.notna(row) else "" for row in findings["row"]],
        )
        lines.append(
            tabulate(
                shown.to_numpy().tolist(),
                headers=list(shown.columns),
                tablefmt="simple",
                disable_numparse=True,
                maxcolwidths=[None, None, None, None, 24, 24, None, 60],
            )
        )
    errors = int((findings["severity"] == "error").sum())
    notes = len(findings) - errors
    verdict = "can be analysed" if not errors else "cannot be analysed before the errors are mended"
    lines.append(f"{errors} errors, {notes} notes: the trial {verdict}.")
    return "\n".join(lines)
