"""A real trial with planted identifiers, dates and rare values, to be searched for in a report."""

import re
import shutil
from pathlib import Path

from analysis import paths

PLANTED = "PLANTED"
"""How every identifier of the trial begins."""
HEIGHT = "173.91"
"""Height at baseline of one child, which no other has."""


def plant(folder: Path, like: str = "turner-1") -> Path:
    """Make a trial of the structure of a shipped one, of people who are not to be found."""
    folder.mkdir(parents=True)
    for path in (paths.DATA / "trials" / like).iterdir():
        if path.suffix in (".csv", ".yml") and path.name != "assumptions.yml":
            shutil.copy(path, folder)
    for path in folder.glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"SYN-(?=[A-Z]+-\d+-\d)", f"{PLANTED}-", text), encoding="utf-8")
    plan = folder / "trial.yml"
    text = plan.read_text(encoding="utf-8").replace(f'id: "{like}"', 'id: "planted"')
    text = text.replace('data_status: "synthetic"', 'data_status: "real"')
    text = text.replace("identifiers: true", "identifiers: false").replace(" (synthetic)", "")
    plan.write_text(text, encoding="utf-8")
    adsl = folder / "adsl.csv"
    header, first, *rest = adsl.read_text(encoding="utf-8").splitlines()
    cells = first.split(",")
    cells[header.split(",").index("HEIGHTBL")] = HEIGHT
    adsl.write_text("\n".join([header, ",".join(cells), *rest, ""]), encoding="utf-8")
    return folder
