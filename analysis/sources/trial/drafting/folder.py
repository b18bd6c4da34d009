"""The tables of a folder, each by what it can be used for."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis import paths
from analysis.errors import UserError
from analysis.sources.trial.derive import derive
from analysis.sources.trial.plan import TrialPlan, Visit
from analysis.sources.trial.questions import stand_ins
from analysis.sources.trial.tables import read_metadata, read_normal, table_files, two_files

MEASURED = ("USUBJID", "PARAMCD", "AVISIT", "AVAL")


@dataclass(frozen=True)
class Folder:
    """The tables of a folder that belong to its ADSL.

    Parameters
    ----------
    path
        The folder.
    tables
        Name → normalised table, ADSL included.
    strangers
        Name → how many participants of a table ADSL does not have.
    """

    path: Path
    tables: dict[str, pd.DataFrame]
    strangers: dict[str, int]

    @property
    def shown(self) -> str:
        """The folder as people read it."""
        return paths.shown(self.path)

    @property
    def adsl(self) -> pd.DataFrame:
        """One row a participant."""
        return self.tables["adsl"]

    @cached_property
    def measured(self) -> dict[str, pd.DataFrame]:
        """The tables with numbers by parameter and visit, exposure left out."""
        return {
            name: table
            for name, table in self.tables.items()
            if set(MEASURED) <= set(table)
            and pd.api.types.is_numeric_dtype(table["AVAL"])
            and not pd.api.types.is_numeric_dtype(table["AVISIT"])
            and not name.startswith("adex")
        }

    @cached_property
    def laboratory(self) -> list[str]:
        """The laboratory tables, of which no two have the same parameter."""
        kept: list[str] = []
        codes: set[str] = set()
        own = [name for name in self.named("adlb") if name in self.measured]
        for name in sorted(own, key=lambda name: -len(self.tables[name])):
            its = set(self.tables[name]["PARAMCD"])
            if not its & codes and not _is_derived(self.tables[name]):
                kept.append(name)
                codes |= its
        return sorted(kept)

    @property
    def doubled(self) -> list[str]:
        """Laboratory tables that repeat parameters of the others, or derive from them.

        A second table with the same parameters, as for Hy's law, would count values twice.
        """
        own = (name for name in self.named("adlb") if name in self.measured)
        return sorted(set(own) - set(self.laboratory))

    def named(self, start: str) -> dict[str, pd.DataFrame]:
        """Return the tables whose names begin so, the plain name first, then the largest."""
        own = [name for name in self.tables if name.startswith(start)]
        own.sort(key=lambda name: (name != start, -len(self.tables[name])))
        return {name: self.tables[name] for name in own}


def _is_derived(table: pd.DataFrame) -> bool:
    """Say whether a table's parameters are changes of others, not measurements."""
    labels = table["PARAM"].astype(str).unique() if "PARAM" in table else []
    return len(labels) > 0 and all("change from" in label.lower() for label in labels)


def read_folder(folder: Path) -> Folder:
    """Read every table of a folder.

    Raises
    ------
    UserError
        If it is no folder, has a table twice, or has no ADSL with USUBJID and TRT01P.
    """
    where = paths.shown(folder)
    if not folder.is_dir():
        raise UserError(f"{where} must be a folder of ADaM tables; there is none")
    if again := two_files(folder):
        said = "; ".join(f"{each.file}: {each.message}; got {each.value}" for each in again)
        raise UserError(f"{where}: {said}")
    metadata, _ = read_metadata(folder)
    texts = {each.name: each.texts for each in metadata.datasets.values()} if metadata else {}
    tables = {
        name: read_normal(name, path, text=texts.get(name, ()))[0]
        for name, path in table_files(folder).items()
    }
    if "adsl" not in tables:
        raise UserError(
            f"{where} must hold ADSL, one row a participant (adsl.csv, adsl.xpt …); "
            f"it has: {', '.join(tables) or 'no table'}"
        )
    events = next((name for name in tables if name.startswith("adae")), "")
    tables, _ = derive(provisional(events=events), tables)
    adsl = tables["adsl"]
    for name in ("USUBJID", "TRT01P"):
        if name not in adsl or pd.api.types.is_numeric_dtype(adsl[name]):
            raise UserError(
                f"{where}: ADSL must have {name} as text; it has: {', '.join(adsl) or 'nothing'}"
            )
    return _belonging(folder, tables)


def _belonging(folder: Path, tables: dict[str, pd.DataFrame]) -> Folder:
    known, kept, strangers = set(tables["adsl"]["USUBJID"]), {}, {}
    for name, table in tables.items():
        subjects = set(table.get("USUBJID", ()))
        if unknown := len(subjects - known - {""}):
            strangers[name] = unknown
        # A table of another trial's participants says nothing of this one.
        if not subjects or subjects & known:
            kept[name] = table
    return Folder(folder, kept, strangers)


def provisional(visits: tuple[Visit, ...] = (), *, events: str = "") -> TrialPlan:
    """Return a plan in which only visits, the usual flags and the events are decided.

    The rules on which records count are those of an analysis, and these take a plan.
    """
    parts = dict.fromkeys(("title", "data_status", "arms", "endpoints", "estimand"), "?")
    content, _ = stand_ins(
        {
            **parts, "id": "draft", "design": "single-arm", "populations": {"all": "?"},
            "analysis": {"population": "all"},
            "safety": {"population": "all", "adverse_events": events},
        }
    )  # fmt: skip
    return TrialPlan.model_validate({**content, "visits": visits})
