"""Which measurement of the laboratory is which, by PARAMCD and label."""

import re

from analysis.sources.trial.drafting.folder import Folder
from analysis.sources.trial.drafting.labels import label_of
from analysis.sources.trial.drafting.writing import comment, mapped

ROLES = {
    "alt": (r"(S?GPT|ALA?T)", r"alanine amino"),
    "ast": (r"(S?GOT|ASA?T)", r"aspartate amino"),
    "alp": (r"(ALP|ALKPH?|ALKPHOS)", r"alkaline phosph"),
    "bilirubin": (r"(T?BILI?|BILT|BILITOT)", r"^(total )?bilirubin"),
    "hba1c": (r"HBA1C\w*", r"h(a?emoglobin |b)a1c|glyc(at|osylat)ed ha?emoglobin"),
    "igf1_sds": (
        r"IGF(1|I)?SDS\w*",
        r"(igf|insulin.like growth).*(sds|sd score|z.?score)",
    ),
    "tsh": (r"TSH", r"thyrotropin|thyroid.stimulating"),
    "free_t4": (r"(FT4|T4FR\w*|FRT4)", r"(free (t4|thyroxine)|thyroxine,? free)"),
    "antibodies": (r"(ADAB?|ANTIBODY|GHAB)", r"anti.?drug antibod|antibod(y|ies) (to|against)"),
}
"""Role → what a PARAMCD is, and what a label has."""
GLUCOSE = (r"GLUC\w*", r"glucose")
INSULIN = (r"INS(UL\w*)?", r"insulin(?!.like)")
FASTING = {
    "fasting_glucose": ("fasting", GLUCOSE),
    "random_glucose": ("random", GLUCOSE),
    "insulin": ("fasting", INSULIN),
}
"""Role → how it was taken, a word that its label must have, and what it is."""
ELSEWHERE = re.compile(
    r"urin|csf|cerebrosp|change from|relative to|ratio|\bx ?uln|direct|indirect|tolerance",
    re.IGNORECASE,
)
"""Labels of something else than the measurement itself in blood."""


def find_roles(folder: Folder) -> dict[str, str]:
    """Return role → PARAMCD, glucose and insulin only where the data say how they were taken."""
    labels = _labels(folder)
    found = {role: _best(labels, *patterns) for role, patterns in ROLES.items()}
    for role, (word, patterns) in FASTING.items():
        own = {code: label for code, label in labels.items() if word in label.lower()}
        own = {code: label for code, label in own.items() if "non" not in label.lower()}
        found[role] = _best(own, *patterns)
    return {role: code for role, code in found.items() if code}


def _labels(folder: Folder) -> dict[str, str]:
    """Return PARAMCD → label, for what was measured in numbers."""
    found = {}
    for name in folder.laboratory:
        table = folder.tables[name]
        for code, own in table[table["AVAL"].notna()].groupby("PARAMCD", sort=False):
            label = label_of(own, str(code))
            if code and not ELSEWHERE.search(label):
                found[str(code)] = label
    return found


def _best(labels: dict[str, str], code: str, label: str) -> str:
    """Return the one parameter of that code, or else of that label."""
    by_code = [each for each in labels if re.fullmatch(code, each, re.IGNORECASE)]
    by_label = [each for each in labels if re.search(label, labels[each], re.IGNORECASE)]
    return next(iter([*by_code, *by_label]), "")


def roles_lines(folder: Folder) -> list[str]:
    """Return the lines of the roles, and what is not seen of glucose."""
    roles = find_roles(folder)
    lines = [f"  roles: {mapped(roles)}"] if roles else []
    glucose = _best(_labels(folder), *GLUCOSE)
    if glucose and not {"fasting_glucose", "random_glucose"} & set(roles):
        words = (
            f"{glucose}: whether it was taken fasting is not seen. To show it, add "
            f'fasting_glucose: "{glucose}" or random_glucose: "{glucose}" to roles.'
        )
        lines += comment(words, indent=2)
    return lines
