"""The command line: ``python -m analysis COMMAND``."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a user's mistake is one sentence on standard error and exit status 1."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options) or 0)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read along, such as `head`, has seen enough; nothing is left to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("interrupted; what was done stands, run it again for the rest", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[Any], int | None], **words: Any) -> Any:
        """Add a command, and return the function that adds its arguments."""
        own = commands.add_parser(name, **words)
        own.set_defaults(command=command)
        return own.add_argument

    _add_reports(add)
    add("audit", _audit, help="print the findings of the source audit")
    _add_ledger(commands)

    check = add("check", _check, help="check a trial folder and print every finding")
    check("trial", metavar="FOLDER", help="a trial folder, or the id of a shipped one")
    check("--json", action="store_true", help="print the findings as JSON")

    new = add("new", _new, help="draft a trial.yml from the ADaM tables of a folder")
    new("folder", type=Path, metavar="FOLDER")
    what = "write a notebook of one's own, with its run: a table and a figure to begin with"
    own = add("new-notebook", _new_notebook, help=what)
    own("name", metavar="NAME", help="of notebook and run: small letters, digits and hyphens")
    own("--trial", default="", metavar="ID", help="a shipped trial, or a trial folder")
    own("--title", default="", help="what the page answers")
    synthesise = add("synthesise", _synthesise, help="regenerate the tables of a synthetic trial")
    synthesise("trial", metavar="ID")
    add("register", _register, help="rewrite the SHA-256 registry of the data")
    return parser


def _add_reports(add: Callable[..., Any]) -> None:
    """Add the commands that make and compare reports."""
    report = add("report", _report, help="execute the runs and write the report")
    report("runs", nargs="*", metavar="RUN", help="names in the files of runs; all if none")
    report("--folder", type=Path, default=paths.REPORTS, help="where the report is written")
    report("--force", action="store_true", help="execute also the runs that are up to date")
    _add_place(report)

    what = "execute a notebook under every combination of some parameters"
    grid = add("grid", _grid, help=what)
    grid("file", type=Path, metavar="FILE", help="a grid, as in notebooks/grids")
    where = "where the pages are written; default: reports/grids/NAME"
    grid("--folder", type=Path, help=where)
    grid("--force", action="store_true", help="execute also what is up to date")
    _add_place(grid)

    what = "re-execute the stored outputs of the notebooks and the stored results of other runs"
    add("refresh", _refresh, help=what)

    _add_normalise(add)

    compare = add(
        "compare", _compare,
        help="print what differs between two runs or reports; exit status 1 if anything does",
        description="Compare two results files, executed notebooks, runs, reports or git "
        "revisions. A notebook carries its results, whether JupyterLab, papermill or a report "
        "executed it. A revision is executed from its own notebooks, code and data, with the "
        "packages installed here; its report is kept in build/revisions. Without AFTER, the "
        "reports of the working tree are brought up to date and compared.",
    )  # fmt: skip
    what = "a results.csv, an executed notebook, the folder of a run, a report, a folder of "
    what += "executed notebooks, or a git revision"
    compare("before", help=what)
    what = "the same; the working tree's report if left out"
    compare("after", nargs="?", default="", help=what)
    compare("--runs", nargs="+", default=[], metavar="RUN", help="compare these runs only")
    compare("--html", type=Path, metavar="FILE", help="write the comparison as a page too")
    what = "numbers a and b are equal if |a-b| <= TOLERANCE max(1, |a|, |b|); default 1e-8"
    compare("--tolerance", type=float, default=1e-8, help=what)

    results = add("results", _results, help="write the results that an executed notebook carries")
    what = "executed by JupyterLab, by papermill or by a report"
    results("notebook", type=Path, metavar="NOTEBOOK", help=what)
    what = "the csv; default: standard output"
    results("-o", "--output", dest="file", type=Path, metavar="FILE", help=what)

    bundle = add("bundle", _bundle, help="make one zip of the report for a reviewer")
    what = "the zip; default: in build/, named after the product"
    bundle("file", nargs="?", type=Path, metavar="FILE", help=what)
    bundle("--folder", type=Path, default=paths.REPORTS, help="the report that is bundled")
    bundle("--verify", action="store_true", help="check a zip instead of making it")

    export = add("export", _export, help="write the results of a run for another program")
    export("form", choices=["cards"], help="cards: for the R package {cards}")
    export("run", metavar="RUN", help="a run of the report")
    export("--folder", type=Path, default=paths.REPORTS, help="the report that has the run")


def _add_normalise(add: Callable[..., Any]) -> None:
    normalise = add(
        "normalise", _normalise,
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


def _add_ledger(commands: Any) -> None:
    ledger = commands.add_parser("ledger", help="add new numbers to the published ledger")
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
    importing.set_defaults(command=_ledger_import)


def _add_place(add: Callable[..., Any]) -> None:
    add("--jobs", type=int, metavar="N", help="number of runs at a time; default: the cores")
    what = "execute on the cluster of this Dask scheduler, for example tcp://10.0.0.5:8786; see "
    add("--scheduler", default="", metavar="ADDRESS", help=f"{what}docs/cluster.md")


# Each command imports what it needs itself, so that the others start fast.
def _report(options: argparse.Namespace) -> None:
    from analysis.report import index
    from analysis.report.runs import choose, load_runs

    _build(options, choose(load_runs(), options.runs), options.folder.resolve(), index.write)
    print(f"read {paths.shown(options.folder / 'index.html')}")


def _grid(options: argparse.Namespace) -> None:
    from functools import partial

    from analysis.report import index
    from analysis.report.grid import load_grid
    from analysis.report.grid_page import write_grid_page

    grid = load_grid(options.file.resolve())
    folder = (options.folder or paths.REPORTS / "grids" / grid.name).resolve()
    _build(options, grid.runs, folder, partial(write_grid_page, grid))
    if folder.is_relative_to(paths.REPORTS):
        index.write(paths.REPORTS)
    print(f"read {paths.shown(folder / 'index.html')}")


def _build(
    options: argparse.Namespace,
    runs: Sequence[Any],
    folder: Path,
    front_page: Callable[[Path], None],
) -> None:
    from analysis.report.build import build
    from analysis.report.executor import choose_place

    # `timeout` or a queueing system ends a report as Ctrl-C does: its children first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    place = choose_place(options.jobs, options.scheduler)
    print(build(runs, folder=folder, force=options.force, place=place, front_page=front_page))


def _refresh(_: argparse.Namespace) -> None:
    from analysis.report.readme import refresh_readme
    from analysis.report.stored import refresh_stored

    for path in refresh_stored():
        print(f"refreshed {paths.shown(path)}")
    for path in refresh_readme():
        print(f"refreshed {paths.shown(path)}")


def _normalise(options: argparse.Namespace) -> int:
    if options.install or options.uninstall:
        from analysis.report import git_filter

        print(git_filter.uninstall() if options.uninstall else git_filter.install())
        return 0
    from analysis.report.normalise import filtered, normalise_files, stored_notebooks

    if options.files == [Path("-")]:
        content = sys.stdin.buffer.read()
        sys.stdout.buffer.write(filtered(content))
        return int(options.check and filtered(content) != content)
    found = False
    for path, difference in normalise_files(options.files or stored_notebooks(), options.check):
        print(f"{'differs' if options.check else 'normalised'} {paths.shown(path)}: {difference}")
        found = True
    if found and options.check:
        print("to normalise them, run: python -m analysis normalise")
    return int(found and options.check)


def _compare(options: argparse.Namespace) -> int:
    from analysis.display.comparison import comparison_text
    from analysis.report.compare import compare_paths
    from analysis.report.sides import side

    before, before_words = side(options.before, options.runs)
    after, after_words = side(options.after, options.runs)
    found = compare_paths(before, after, tolerance=options.tolerance, runs=options.runs)
    for said in found.parameters:
        print(f"other parameters: {said}")
    print(comparison_text(found.changes, compared=found.compared, tolerance=found.tolerance))
    if options.html:
        from analysis.report.compare_page import comparison_page
        from analysis.report.place import put_file

        put_file(options.html, comparison_page(found, before=before_words, after=after_words))
        print(f"read {paths.shown(options.html)}")
    return int(found.differs)


def _results(options: argparse.Namespace) -> None:
    from analysis.report.executed import carried_results

    results = carried_results(options.notebook)
    if options.file:
        from analysis.report.place import put_file

        put_file(options.file, results)
        print(f"wrote {paths.shown(options.file)}", file=sys.stderr)
    else:
        # As bytes: no system may write its own ends of lines.
        sys.stdout.buffer.write(results)
        sys.stdout.flush()


def _bundle(options: argparse.Namespace) -> int:
    from analysis.report.bundle import root, write_bundle
    from analysis.report.verify import verify_bundle

    file = options.file or paths.ROOT / "build" / f"{root()}.zip"
    if not options.verify:
        write_bundle(file, options.folder.resolve())
    findings, count = verify_bundle(file)
    for finding in findings:
        print(finding)
    state = f"{len(findings)} findings" if findings else "all as they should be"
    print(f"{paths.shown(file)}: {count} files, {state}")
    return int(bool(findings))


def _export(options: argparse.Namespace) -> None:
    from analysis.report.cards import export_cards

    written = export_cards(options.run, options.folder.resolve())
    print(f"wrote {paths.shown(written)}; in R: Rscript docs/read_cards.R {paths.shown(written)}")


def _audit(_: argparse.Namespace) -> None:
    from analysis.sources.audit import audit_ledger
    from analysis.sources.evidence import load_ledger

    for finding in audit_ledger(load_ledger()):
        print(f"{finding.severity:8} {finding.rule}: {finding.sentence}")


def _ledger_import(options: argparse.Namespace) -> None:
    from analysis.contrasts.moves import Audited, moves
    from analysis.display.ledger_import import import_text
    from analysis.report.compare import compare_results
    from analysis.sources.audit import audit_ledger
    from analysis.sources.ledger_import import changed_findings, read_import, write_import

    found = read_import(options.file)
    before, after = (Audited(each, audit_ledger(each)) for each in (found.before, found.after))
    moved = moves(before, after, found.touched)
    comparison = compare_results(
        {move.question: move.before for move in moved},
        {move.question: move.after for move in moved},
    )
    new, gone = changed_findings(before.findings, after.findings)
    print(
        import_text(
            found, new, gone, comparison.changes,
            compared=comparison.compared, tolerance=comparison.tolerance,
        )
    )  # fmt: skip
    if options.write and found.size:
        rows = write_import(found)
        print(
            f"\n{rows} rows written to {paths.shown(paths.PUBLISHED)} and registered; now run: "
            "make refresh\nthen name the numbers that moved in CHANGELOG.md"
        )
    elif found.size:
        print("\nnothing is written; to append the rows, add --write")


def _check(options: argparse.Namespace) -> int:
    from analysis.display.trial import findings_text
    from analysis.sources.trial.finding import findings_frame
    from analysis.sources.trial.trial import read_trial

    trial = read_trial(options.trial)
    findings = findings_frame(trial.findings)
    if options.json:
        print(findings.to_json(orient="records", indent=2, force_ascii=False))
    else:
        print(findings_text(trial, findings))
    return int((findings["severity"] == "error").any())


def _new(options: argparse.Namespace) -> None:
    from analysis.sources.trial.draft import draft_plan, questions

    target = options.folder / "trial.yml"
    if target.exists():
        raise UserError(f"{paths.shown(target)} exists already; move it away to draft a new one")
    draft = draft_plan(options.folder)
    target.write_text(draft, encoding="utf-8")
    print(f"drafted {paths.shown(target)}; answer its {questions(draft)} questions, then run:")
    print(f"  python -m analysis check {paths.shown(options.folder)}")


def _new_notebook(options: argparse.Namespace) -> None:
    from analysis.report.new_notebook import new_notebook, next_steps

    print(next_steps(new_notebook(options.name, trial=options.trial, title=options.title)))


def _synthesise(options: argparse.Namespace) -> None:
    from analysis.sources.synthetic import synthesise

    synthesise(options.trial)
    print(f"regenerated data/trials/{options.trial}; then run: python -m analysis register")


def _register(_: argparse.Namespace) -> None:
    from analysis.sources.registry import write_registry

    print(f"{write_registry()} files registered in {paths.shown(paths.REGISTRY)}")


if __name__ == "__main__":
    sys.exit(main())
