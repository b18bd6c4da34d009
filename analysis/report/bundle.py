"""One zip for a reviewer: the site, and what tells that it is whole and what it was made of."""

import re
from pathlib import Path

from analysis import paths
from analysis.errors import UserError
from analysis.report import manifest
from analysis.report.build import FAILED, LOGS, to_do
from analysis.report.disclose import refuse_disclosed
from analysis.report.hashes import bytes_hash
from analysis.report.lock import locked
from analysis.report.place import BUILDING, PAGE, SUMMARY, put_file
from analysis.report.runs import load_runs, own_runs_file
from analysis.report.summary import damage, read_summary
from analysis.report.zipped import zipped
from analysis.sources.question import asked

SUMS, SITE, README, VERSIONS = "SHA256SUMS", "site", "README.txt", "versions.json"
MADE_OF = ("requirements.lock", "data/registry.txt", "notebooks/runs.yml")
"""Files of the project that go along."""

TEXT = """{product}: reproducible trial evidence

Open site/index.html in a browser. Nothing is fetched from a network, and without scripts only
the search of the front page is missing.

site/            the report: one folder a run, with its page (index.html), its numbers
                 (results.csv), its executed notebook (notebook.ipynb), its tables as
                 documents (tables.docx, tables.rtf), its figures, and the hashes of all that
                 went into it (run.json)
SHA256SUMS       the hash of every other file here; check them with: sha256sum -c SHA256SUMS
                 Its own hash (sha256sum SHA256SUMS) is the root hash: who has it from the maker
                 knows that nothing here, the front page included, was changed
versions.json    version of the analysis, commit, Python and packages
requirements.lock, data/registry.txt, notebooks/runs.yml
                 every package with its hash, every data file with its hash, every run
                 (notebooks/own/runs.yml, where it is: the runs of the report's owner)

In the project the zip checks itself: python -m analysis bundle FILE --verify ROOT_HASH

{runs} runs, {numbers} numbers. Kinds of data: {statuses}. Synthetic data show how an analysis
works and are no evidence. Research use only; nothing here is clinical advice.
"""


def root() -> str:
    """Return the name of the one folder of the zip, after the product that is asked for.

    Examples
    --------
    >>> root().endswith("-report")
    True
    """
    words = re.findall("[a-z0-9]+", asked()["product"].casefold())
    return "-".join([*words, "report"])


def write_bundle(target: Path, folder: Path = paths.REPORTS) -> int:
    """Write the zip of a report, replaced whole, and return the number of files in it.

    Raises
    ------
    UserError
        If the report does not exist, a page of it is damaged or not up to date, or it shows what
        the plan of a real trial does not allow.
    """
    if not (folder / PAGE).is_file():
        raise UserError(f"there is no report in {paths.shown(folder)}; make it with: make report")
    with locked(folder):
        _refuse_unfinished(folder)
        refuse_disclosed(folder)
        files = {f"{SITE}/{name}": content for name, content in _site(folder).items()}
    for name in MADE_OF:
        files[name] = (paths.ROOT / name).read_bytes()
    if own_runs_file().is_file():
        files[paths.shown(own_runs_file())] = _without_places(own_runs_file().read_bytes())
    files[VERSIONS] = manifest.json_text(manifest.describe()).encode()
    files[README] = _readme(folder).encode()
    sums = "".join(f"{bytes_hash(files[name])}  {name}\n" for name in sorted(files))
    files[SUMS] = sums.encode()
    put_file(target, zipped({f"{root()}/{name}": content for name, content in files.items()}))
    return len(files)


def _without_places(runs: bytes) -> bytes:
    """Return the file of a user's own runs without where their trials are on this machine."""
    for name, folder in paths.outside().items():
        runs = runs.replace(str(folder).encode(), name.encode())
    return runs


def _refuse_unfinished(folder: Path) -> None:
    jobs, _ = to_do(list(load_runs().values()), folder)
    for job in jobs:
        raise UserError(f"run {job.run.name} is not up to date ({job.reason}); run: make report")
    for summary in folder.rglob(SUMMARY):
        if said := damage(summary.parent):
            raise UserError(f"run {summary.parent.name}: {said}; run: make report")


def _site(folder: Path) -> dict[str, bytes]:
    """Return every file of a report but its logs, its failures and its lock."""
    found = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith((".", BUILDING)) for part in parts)
        if path.is_file() and not hidden and not {LOGS, FAILED} & set(parts):
            found["/".join(parts)] = path.read_bytes()
    return found


def _readme(folder: Path) -> str:
    runs = [read_summary(path.parent) for path in sorted(folder.glob(f"*/{SUMMARY}"))]
    statuses = dict.fromkeys(status for run in runs for status in run["data_status"])
    return TEXT.format(
        product=asked()["product"],
        runs=len(runs),
        numbers=sum(run["numbers"] for run in runs),
        statuses=", ".join(sorted(statuses)),
    )
