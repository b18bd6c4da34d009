"""What of a report could identify a participant of a real trial: a search over every byte.

Disclosure is decided by the plan and applied where results are made. This looks whether it held,
and knows nothing of how: it reads the report as a stranger would, and the trial to know what to
look for.
"""

import base64
import binascii
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import paths
from analysis.display.arm_table import CONTRAST
from analysis.errors import UserError
from analysis.report.build import FAILED, LOGS
from analysis.report.place import RESULTS, SUMMARY
from analysis.report.runs import load_runs, without_places
from analysis.report.summary import read_summary
from analysis.results import ROW_KEY
from analysis.results.withheld import PEOPLE
from analysis.sources.trial.identifiers import identifying
from analysis.sources.trial.plan_disclosure import Allowed
from analysis.sources.trial.trial import Trial, read_trial
from analysis.words import numbered

LARGEST = 100_000_000
"""Bytes that are unpacked of one part of a file."""
PACKED = re.compile(rb"[A-Za-z0-9+/]{32,}={0,2}")
"""Bytes written as text: pictures of a page, results of a notebook."""
WORD = re.compile(rb"[\w][\w.\-]*[\w]")
OF_ONE = frozenset(
    "value base change fitted residual height age transaminase bilirubin day first.day last.day "
    "schoenfeld value.baseline".split()
)
"""Statistics that are of one participant where nothing in their row counts more."""
COUNTED = {*PEOPLE, "N", "estimate", "mean"}
"""Statistics whose rows are of several."""
COMPARES = (CONTRAST, "term")
"""What the first group of rows is where each of its levels compares all participants."""
OF_TERMS = "n.chance"
"""The statistic of a row that counts terms or findings, and nobody."""


@dataclass(frozen=True, slots=True)
class Disclosed:
    """Something that a report shows and the plan of its trial does not allow.

    Parameters
    ----------
    file, place
        Where it stands: a file of the report, and the part of it, or "".
    what
        What stands there, in words that do not repeat it.
    """

    file: str
    place: str
    what: str

    def __str__(self) -> str:
        """Return the finding in one line."""
        return f"{self.file}{f' ({self.place})' if self.place else ''}: {self.what}"


def disclosed(folder: Path) -> list[Disclosed]:
    """Return what a report shows that could identify a participant of a real trial.

    Parameters
    ----------
    folder
        A report, or a grid: every file in it is read, whatever it is packed in.

    Raises
    ------
    UserError
        If there is no report.
    """
    runs = sorted(path.parent for path in folder.rglob(SUMMARY)) if folder.is_dir() else []
    if not runs:
        raise UserError(f"there is no report in {paths.shown(folder)}; make it with: make report")
    for known in load_runs().values():
        without_places(known)  # Trials outside the project are then found by the names in a report.
    trials, found = dict[Path, Trial](), list[Disclosed]()
    for run in runs:
        _find_trial(folder, run, trials, found)
    found += [
        each for run in runs if run in trials for each in _in_results(folder, run, trials[run])
    ]
    sought = [
        _Sought.of(trial) for trial in {each.folder: each for each in trials.values()}.values()
    ]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and any(each.words for each in sought):
            name = path.relative_to(folder).as_posix()
            for place, content in opened(path.read_bytes()):
                for each in sought:
                    found += [Disclosed(name, place, what) for what in each.within(content)]
    return list(dict.fromkeys(found))


def _find_trial(folder: Path, run: Path, trials: dict[Path, Trial], found: list[Disclosed]) -> None:
    """Add the trial of a run of real data, or say that it is not here to be looked for."""
    said = read_summary(run)
    name = said.get("parameters", {}).get("trial", "")
    if "real" not in said.get("data_status", ()) or not name or not isinstance(name, str):
        return
    try:
        trial = read_trial(name)
    except UserError:
        where = run.relative_to(folder).as_posix()
        found.append(
            Disclosed(where, "", f"its trial '{name}' cannot be read here: nothing is known of it")
        )
        return
    if trial.data_status == "real":
        trials[run] = trial


class _Sought:
    """The words of a trial that may stand nowhere, and what each is."""

    def __init__(self, words: dict[bytes, str]) -> None:
        self.words = words
        odd = [re.escape(word) for word in words if WORD.fullmatch(word) is None]
        self._odd = re.compile(b"|".join(odd)) if odd else None

    @classmethod
    def of(cls, trial: Trial) -> "_Sought":
        words = identifying(trial.plan, trial.tables)
        if not trial.folder.is_relative_to(paths.ROOT):
            words[str(trial.folder)] = "the place of the trial on its owner's machine"
        return cls({word.encode(): what for word, what in words.items() if len(word) > 1})

    def within(self, content: bytes) -> list[str]:
        """Return what of it stands in some bytes."""
        seen = {self.words[word] for word in self.words.keys() & set(WORD.findall(content))}
        if self._odd:
            seen |= {self.words[found] for found in set(self._odd.findall(content))}
        return sorted(seen)


def opened(content: bytes, place: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield some bytes and whatever is packed in them: members of a zip, gzip, and base64.

    Examples
    --------
    >>> import gzip
    >>> [place for place, _ in opened(gzip.compress(b"rows"))]
    ['', 'gzip']
    """
    yield place, content
    inside = f"{place}, " if place else ""
    if content.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                for member in packed.infolist():
                    if member.file_size <= LARGEST:
                        yield from opened(packed.read(member), f"{inside}{member.filename}")
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
            return
    elif content.startswith(b"\x1f\x8b"):
        try:
            unpacked = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(content, LARGEST)
        except zlib.error:
            return
        yield from opened(unpacked, f"{inside}gzip")
    else:
        for match in PACKED.finditer(content):
            try:
                unpacked = base64.b64decode(match[0] + b"=" * (-len(match[0]) % 4), validate=True)
            except binascii.Error:
                continue
            yield from opened(unpacked, f"{inside}base64")


def _in_results(folder: Path, run: Path, trial: Trial) -> Iterator[Disclosed]:
    """Yield the rows of single participants and the small counts among the results of a run."""
    allowed = trial.plan.allowed
    file = run / RESULTS
    name = file.relative_to(folder).as_posix()
    rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    # Centiles of a reference are of no population.
    rows = rows[(rows["data_status"] == "real") & (rows["population"] != "")]
    for analysis, own in rows.groupby("analysis_id", sort=False):
        if what := _rows_of_single(own, allowed, len(trial.tables["adsl"])):
            yield Disclosed(name, str(analysis), what)
        if what := _small(own, allowed):
            yield Disclosed(name, str(analysis), what)


def _rows_of_single(rows: pd.DataFrame, allowed: Allowed, participants: int) -> str:
    """Say that an analysis has as many rows of values as there are participants; else ""."""
    if allowed.points != "grouped":
        return ""
    each = rows.groupby(ROW_KEY)["stat_name"].agg(set)
    single = each[[bool(own & OF_ONE) and not own & COUNTED for own in each]]
    # Of one visit, sex or kind: several visits have several rows of several participants, and so
    # have several comparisons, each of which is of all.
    compared = rows.loc[rows["group1"].isin(COMPARES), "group1_level"].unique()
    levels = single.index.get_level_values("group1_level")
    kinds = [levels.where(levels.isin(compared), ""), single.index.get_level_values("group2_level")]
    most = int(single.groupby(kinds).size().max()) if len(single) else 0
    if most <= participants // allowed.group:
        return ""
    return f"{most} rows of single values side by side, of {participants} participants"


def _small(rows: pd.DataFrame, allowed: Allowed) -> str:
    """Say how many counts are too small to be shown; "" where none is."""
    of_terms = (rows["stat_name"] == OF_TERMS).groupby([rows[name] for name in ROW_KEY])
    counted = rows.loc[~of_terms.transform("any") & rows["stat_name"].isin(PEOPLE), "stat"]
    counts = pd.to_numeric(counted, errors="coerce")
    small = int(counts.map(lambda count: allowed.small(count)).sum())
    return f"{small} counts of fewer than {allowed.minimum} participants" if small else ""


def refuse_disclosed(folder: Path) -> None:
    """Refuse to give a report away that shows what the plan of a real trial does not allow.

    Raises
    ------
    UserError
        With the first that was found.
    """
    stay = {LOGS, FAILED}
    if found := [each for each in disclosed(folder) if each.file.partition("/")[0] not in stay]:
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise UserError(
            f"the report shows what trial.yml does not allow: {found[0]}{more}; see all with: "
            f"python -m analysis disclose {paths.shown(folder)}"
        )


def as_text(found: list[Disclosed]) -> str:
    """Return the findings, one a line, and how many there are."""
    end = numbered(len(found), "finding") if found else "nothing that could identify a participant"
    return "\n".join([*map(str, found), end])
