"""The command line: ``python -m analysis COMMAND``."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analysis import commands, paths
from analysis.errors import UserError
from analysis.report.homes import away_from_home


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a user's mistake is one sentence on standard error and exit status 1."""
    options = _parser().parse_args(arguments)
    try:
        with away_from_home():
            return int(options.command(options) or 0)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read along, such as `head`, has seen enough; nothing is left to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        # A disk that is full, a folder that may not be read, a name longer than a path may be.
        named = f" '{error.filename}'" if error.filename else ""
        said = f"the system refused the file{named}: {error.strerror or error}"
        print(f"error: {UserError(said)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; what was done stands, run it again for the rest", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[Any], int | None], **words: Any) -> Any:
        """Add a command, and return the function that adds its arguments."""
        own = subparsers.add_parser(name, **words)
        own.set_defaults(command=command)
        return own.add_argument

    _add_reports(add)
    add("audit", commands.audit, help="print the findings of the source audit")
    _add_ledger(subparsers)

    check = add("check", commands.check, help="check a trial folder and print every finding")
    check("trial", metavar="FOLDER", help="a trial folder, or the id of a shipped one")
    check("--json", action="store_true", help="print the findings as JSON")

    new = add("new", commands.new, help="draft a trial.yml from the ADaM tables of a folder")
    new("folder", type=Path, metavar="FOLDER")
    what = "write a notebook of one's own, with its run: a table and a figure to begin with"
    own = add("new-notebook", commands.new_notebook, help=what)
    own("name", metavar="NAME", help="of notebook and run: small letters, digits and hyphens")
    own("--trial", default="", metavar="ID", help="a shipped trial, or a trial folder")
    own("--title", default="", help="what the page answers")
    synthesise = add(
        "synthesise", commands.synthesise,
        help="regenerate a synthetic trial, or make patients of a study of the ledger",
    )  # fmt: skip
    synthesise("trial", nargs="?", default="", metavar="ID", help="a shipped synthetic trial")
    what = "make a trial folder that gives the published numbers of a study of the ledger"
    synthesise("--study", default="", metavar="ID", help=what)
    where = "with --study, where it is written; default: build/patients/ID"
    synthesise("--folder", type=Path, metavar="FOLDER", help=where)
    add("register", commands.register, help="rewrite the SHA-256 registry of the data")
    return parser


def _add_reports(add: Callable[..., Any]) -> None:
    """Add the commands that make and compare reports."""
    report = add("report", commands.report, help="execute the runs and write the report")
    report("runs", nargs="*", metavar="RUN", help="names in the files of runs; all if none")
    report("--folder", type=Path, default=paths.REPORTS, help="where the report is written")
    report("--force", action="store_true", help="execute also the runs that are up to date")
    _add_place(report)

    what = "execute a notebook under every combination of some parameters"
    grid = add("grid", commands.grid, help=what)
    grid("file", type=Path, metavar="FILE", help="a grid, as in notebooks/grids")
    where = "where the pages are written; default: reports/grids/NAME"
    grid("--folder", type=Path, help=where)
    grid("--force", action="store_true", help="execute also what is up to date")
    _add_place(grid)

    what = "re-execute the stored outputs of the notebooks and the stored results of other runs"
    add("refresh", commands.refresh, help=what)

    _add_normalise(add)

    compare = add(
        "compare", commands.compare,
        help="print what differs between two runs or reports; exit status 1 if anything does",
        description="Compare two results files, executed notebooks, runs, reports or git "
        "revisions. A notebook carries its results, whether JupyterLab, papermill or a report "
        "executed it. A revision is executed from its own notebooks, code and data, with the "
        "packages installed here; its report is kept in build/revisions. Of a DOCX the cells of "
        "its tables are compared with those of the other side. Without AFTER, the "
        "reports of the working tree are brought up to date and compared.",
    )  # fmt: skip
    what = "a results.csv, an executed notebook, the folder of a run, a report, a folder of "
    what += "executed notebooks, a DOCX of tables, or a git revision"
    compare("before", help=what)
    what = "the same; the working tree's report if left out"
    compare("after", nargs="?", default="", help=what)
    compare("--runs", nargs="+", default=[], metavar="RUN", help="compare these runs only")
    compare("--html", type=Path, metavar="FILE", help="write the comparison as a page too")
    what = "numbers a and b are equal if |a-b| <= TOLERANCE max(1, |a|, |b|); default 1e-8"
    compare("--tolerance", type=float, default=1e-8, help=what)

    results = add(
        "results", commands.results, help="write the results that an executed notebook carries"
    )
    what = "executed by JupyterLab, by papermill or by a report"
    results("notebook", type=Path, metavar="NOTEBOOK", help=what)
    what = "the csv; default: standard output"
    results("-o", "--output", dest="file", type=Path, metavar="FILE", help=what)

    tables = add(
        "tables", commands.tables, help="write the tables of a run as a document for Word",
        description="Writes every table that a run shows, with the cells of its page. A report "
        "has both kinds beside each page; this is for what JupyterLab or papermill executed.",
    )  # fmt: skip
    what = "an executed notebook, the folder of a run, or a run of the report"
    tables("source", metavar="NOTEBOOK", help=what)
    what = "the document; its ending, .docx or .rtf, says which kind"
    tables("-o", "--output", dest="file", type=Path, metavar="FILE", required=True, help=what)

    what = "say what of a report could identify a participant of a real trial"
    disclose = add("disclose", commands.disclose, help=what)
    what = "the report, or the pages of a grid; default: reports"
    disclose("folder", nargs="?", type=Path, default=paths.REPORTS, metavar="REPORT", help=what)

    bundle = add("bundle", commands.bundle, help="make one zip of the report for a reviewer")
    what = "the zip; default: in build/, named after the product"
    bundle("file", nargs="?", type=Path, metavar="FILE", help=what)
    bundle("--folder", type=Path, default=paths.REPORTS, help="the report that is bundled")
    what = "check a zip instead of making it, against the root hash that its maker printed"
    bundle("--verify", nargs="*", metavar="HASH", help=what)

    trace = add(
        "trace", commands.trace, help="say what a number of a run counts, or who printed it",
        description="Without CELL: the analyses of the run. With several table rows: their "
        "addresses. With one: its numbers, their population and method, and the participants and "
        "records that they count, or the row of the ledger and the place in its document.",
    )  # fmt: skip
    trace("run", metavar="RUN", help="a run of the report")
    what = "an analysis and COLUMN=VALUE, such as: ae-overview variable=Serious arm=Placebo"
    trace("cell", nargs="*", metavar="CELL", help=what)
    trace("--folder", type=Path, default=paths.REPORTS, help="the report that has the run")

    export = add("export", commands.export, help="write the results of a run for another program")
    export("form", choices=["cards"], help="cards: for the R package {cards}")
    export("run", metavar="RUN", help="a run of the report")
    export("--folder", type=Path, default=paths.REPORTS, help="the report that has the run")


def _add_normalise(add: Callable[..., Any]) -> None:
    normalise = add(
        "normalise", commands.normalise,
        help="leave out of notebooks what differs between two runs of the same thing",
        description="Brings notebooks into the form in which they are stored: without execution "
        "times, versions, names of environments and what is folded or scrolled.",
    )  # fmt: skip
    what = "a notebook; - for standard input to standard output; all stored notebooks if none"
    normalise("files", nargs="*", type=Path, metavar="FILE", help=what)
    what = "write nothing; exit status 1 if a notebook is not in its form"
    normalise("--check", action="store_true", help=what)
    what = "set up git in this repository so that it sees notebooks in their form"
    normalise("--install", action="store_true", help=what)
    normalise("--uninstall", action="store_true", help="undo --install")


def _add_ledger(subparsers: Any) -> None:
    ledger = subparsers.add_parser("ledger", help="add new numbers to the published ledger")
    ledger.set_defaults(command=lambda _: ledger.print_help())
    actions = ledger.add_subparsers(metavar="ACTION")
    importing = actions.add_parser(
        "import",
        help="check new numbers and say what they contradict and would move",
        description="Reads new numbers in the columns of data/published/results.csv (an empty "
        "result_id is given the next free one) and, beside them, the studies, arms, products, "
        "sources, endpoints, verdicts and identities that the ledger lacks. Nothing is changed "
        "without --write.",
    )
    importing.add_argument("file", type=Path, metavar="FILE", help="a csv of new numbers")
    what = "append the new rows to data/published"
    importing.add_argument("--write", action="store_true", help=what)
    importing.set_defaults(command=commands.ledger_import)


def _add_place(add: Callable[..., Any]) -> None:
    add("--jobs", type=int, metavar="N", help="number of runs at a time; default: the cores")
    what = "execute on the cluster of this Dask scheduler, for example tcp://10.0.0.5:8786; see "
    add("--scheduler", default="", metavar="ADDRESS", help=f"{what}docs/cluster.md")
    what = "let the workers of this Dask scheduler, which execute no runs, simulate trials"
    add("--workers-for-simulation", default="", metavar="ADDRESS", help=what)
    what = "stop a run whose cells take longer; default: what its file of runs says, or else 3600"
    add("--timeout", type=float, metavar="SECONDS", help=what)


if __name__ == "__main__":
    sys.exit(main())
