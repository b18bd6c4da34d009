"""Growth: the heights of children, where a trial has them."""

import re

import pandas as pd

from analysis.sources.growth_reference import available_references
from analysis.sources.trial.drafting.folder import Folder
from analysis.sources.trial.drafting.labels import label_of
from analysis.sources.trial.drafting.writing import comment, quoted
from analysis.sources.trial.growth_names import WORDS, candidates
from analysis.sources.trial.plan import Visit
from analysis.sources.trial.plan_growth import GrowthRoles

HEIGHT = re.compile(r"(HEIGHT|HGT|HT|STATURE)", re.IGNORECASE)
LABEL = re.compile(r"^(standing )?(height|stature)\b(?!.*(sds|score|percentile|veloc))", re.I)
GROWN = 20.0
"""Years; the references end there."""
LONG_BEFORE = -90
"""Study day; a height after it is too close to baseline to give a velocity before treatment."""


def growth_lines(folder: Folder, visits: tuple[Visit, ...]) -> list[str]:
    """Return the lines of growth; none for adults, without heights or without dates of birth."""
    found = find_heights(folder)
    if not found:
        return []
    if "BRTHDT" not in folder.adsl or folder.adsl["BRTHDT"].isna().all():
        words = "Heights of children are in {}, but ADSL has no BRTHDT: no growth section."
        return comment(words.format(found[0]))
    dataset, paramcd = found
    table = folder.tables[dataset]
    own = set(table.loc[table["PARAMCD"] == paramcd, "AVISIT"])
    early = [visit.name for visit in visits if visit.day < LONG_BEFORE and visit.name in own]
    words = (
        "Against which general population are the heights? Shipped: "
        f"{', '.join(map(quoted, available_references()))}; another table goes into "
        "data/references. Delete growth if it is no aim of the trial."
    )
    lines = ["growth:", f"  dataset: {quoted(dataset)}", f"  paramcd: {quoted(paramcd)}"]
    lines += [*comment(words, indent=2), '  reference: "?"']
    if early:
        lines.append(f"  pretreatment_visit: {quoted(early[-1])}  # height before treatment")
    return [*lines, *_roles_lines(folder, dataset)]


def _roles_lines(folder: Folder, dataset: str) -> list[str]:
    """Return where the other measurements of growth are; of several with its name, a question."""
    lines = []
    for role in GrowthRoles.model_fields:
        own = [] if role == "height" else candidates(role, folder.tables)
        inside = [place for place in own if place.table == dataset]
        certain = own if len(own) == 1 else inside
        if len(certain) == 1:
            place = certain[0]
            lines.append(f"    {role}: {quoted(place.name if inside else str(place))}")
        elif own:
            lines += comment(f"{WORDS[role]}: which of {', '.join(map(str, own))}?", indent=4)
            lines.append(f'    {role}: "?"')
    return ["  roles:", *lines] if lines else []


def find_heights(folder: Folder) -> tuple[str, str] | None:
    """Return table and PARAMCD of heights at several visits, where most people still grow."""
    age = folder.adsl.get("AGE")
    if age is None or not pd.api.types.is_numeric_dtype(age):
        return None
    young = set(folder.adsl.loc[age < GROWN, "USUBJID"])
    if len(young) <= age.notna().sum() / 2:
        return None
    for name, table in folder.measured.items():
        own = table[table["USUBJID"].isin(young) & table["AVAL"].notna()]
        for code, records in own.groupby("PARAMCD", sort=False):
            is_height = HEIGHT.fullmatch(str(code)) or LABEL.search(label_of(records, ""))
            if is_height and records["AVISIT"].nunique() > 1:
                return name, str(code)
    return None
