"""The command line: ``python -m analysis COMMAND``."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

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

    report = commands.add_parser("report", help="execute the runs and write the report")
    report.add_argument("runs", nargs="*", metavar="RUN", help="names in runs.yml; all if none")
    report.add_argument(
        "--folder", type=Path, default=paths.REPORTS, help="where the report is written"
    )
    report.add_argument(
        "--force", action="store_true", help="execute also the runs that are up to date"
    )
    _add_place(report)
    report.set_defaults(command=_report)

    grid = commands.add_parser(
        "grid", help="execute a notebook under every combination of some parameters"
    )
    grid.add_argument("file", type=Path, metavar="FILE", help="a grid, as in notebooks/grids")
    grid.add_argument(
        "--folder", type=Path, help="where the pages are written; default: reports/grids/NAME"
    )
    grid.add_argument("--force", action="store_true", help="execute also what is up to date")
    _add_place(grid)
    grid.set_defaults(command=_grid)

    refresh = commands.add_parser(
        "refresh",
        help="re-execute the stored outputs of the notebooks and the stored results of other runs",
    )
    refresh.set_defaults(command=_refresh)

    compare = commands.add_parser(
        "compare",
        help="print what differs between two runs or reports; exit status 1 if anything does",
        description="Compare two results files, runs, reports or git revisions. A revision is "
        "executed from its own notebooks, code and data, with the packages installed here; its "
        "report is kept in build/revisions. Without AFTER, the reports of the working tree are "
        "brought up to date and compared.",
    )
    compare.add_argument(
        "before", help="a results.csv, the folder of a run, a report folder, or a git revision"
    )
    compare.add_argument(
        "after", nargs="?", default="", help="the same; the working tree's report if left out"
    )
    compare.add_argument(
        "--runs", nargs="+", default=[], metavar="RUN", help="compare these runs only"
    )
    compare.add_argument(
        "--html", type=Path, metavar="FILE", help="write the comparison as a page too"
    )
    compare.add_argument(
        "--tolerance",
        type=float,
        default=1e-8,
        help="numbers a and b are equal if |a-b| <= TOLERANCE max(1, |a|, |b|); default 1e-8",
    )
    compare.set_defaults(command=_compare)

    bundle = commands.add_parser("bundle", help="make one zip of the report for a reviewer")
    bundle.add_argument(
        "file", nargs="?", type=Path, metavar="FILE",
        help="the zip; default: in build/, named after the product",
    )  # fmt: skip
    bundle.add_argument(
        "--folder", type=Path, default=paths.REPORTS, help="the report that is bundled"
    )
    bundle.add_argument("--verify", action="store_true", help="check a zip instead of making it")
    bundle.set_defaults(command=_bundle)

    export = commands.add_parser("export", help="write the results of a run for another program")
    export.add_argument("form", choices=["cards"], help="cards: for the R package {cards}")
    export.add_argument("run", metavar="RUN", help="a run of the report")
    export.add_argument(
        "--folder", type=Path, default=paths.REPORTS, help="the report that has the run"
    )
    export.set_defaults(command=_export)

    audit = commands.add_parser("audit", help="print the findings of the source audit")
    audit.set_defaults(command=_audit)

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
    importing.add_argument(
        "--write", action="store_true", help="append the new rows to data/published"
    )
    importing.set_defaults(command=_ledger_import)

    check = commands.add_parser("check", help="check a trial folder and print every finding")
    check.add_argument("trial", metavar="FOLDER", help="a trial folder, or the id of a shipped one")
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    check.set_defaults(command=_check)

    new = commands.add_parser("new", help="draft a trial.yml from the ADaM tables of a folder")
    new.add_argument("folder", type=Path, metavar="FOLDER")
    new.set_defaults(command=_new)

    synthesise = commands.add_parser(
        "synthesise", help="regenerate the tables of a synthetic trial"
    )
    synthesise.add_argument("trial", metavar="ID")
    synthesise.set_defaults(command=_synthesise)

    register = commands.add_parser("register", help="rewrite the SHA-256 registry of the data")
    register.set_defaults(command=_register)
    return parser


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="number of runs at a time; default: the cores"
    )
    parser.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="execute on the cluster of this "
        "Dask scheduler, for example tcp://10.0.0.5:8786; see docs/cluster.md",
    )  # fmt: skip


def _end_as_by_the_keyboard() -> None:
    """Let `timeout` or a queueing system end a report as Ctrl-C does: its children first."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


# Each command imports what it needs itself, so that the others start fast.
def _report(options: argparse.Namespace) -> None:
    from analysis.report.build import build
    from analysis.report.executor import choose_place
    from analysis.report.runs import choose, load_runs

    _end_as_by_the_keyboard()
    built = build(
        choose(load_runs(), options.runs),
        folder=options.folder.resolve(),
        force=options.force,
        place=choose_place(options.jobs, options.scheduler),
    )
    print(built)
    print(f"read {paths.shown(options.folder / 'index.html')}")


def _grid(options: argparse.Namespace) -> None:
    from functools import partial

    from analysis.report import index
    from analysis.report.build import build
    from analysis.report.executor import choose_place
    from analysis.report.grid import load_grid
    from analysis.report.grid_page import write_grid_page

    _end_as_by_the_keyboard()
    grid = load_grid(options.file.resolve())
    folder = (options.folder or paths.REPORTS / "grids" / grid.name).resolve()
    built = build(
        grid.runs,
        folder=folder,
        force=options.force,
        place=choose_place(options.jobs, options.scheduler),
        front_page=partial(write_grid_page, grid),
    )
    if folder.is_relative_to(paths.REPORTS):
        index.write(paths.REPORTS)
    print(built)
    print(f"read {paths.shown(folder / 'index.html')}")


def _refresh(_: argparse.Namespace) -> None:
    from analysis.report.readme import refresh_readme
    from analysis.report.stored import refresh_stored

    for path in refresh_stored():
        print(f"refreshed {paths.shown(path)}")
    for path in refresh_readme():
        print(f"refreshed {paths.shown(path)}")


def _compare(options: argparse.Namespace) -> int:
    from analysis.display.comparison import comparison_text
    from analysis.report.compare import compare_paths
    from analysis.report.sides import side

    before, after = (side(name, options.runs) for name in (options.before, options.after))
    found = compare_paths(before.path, after.path, tolerance=options.tolerance, runs=options.runs)
    print(comparison_text(found.changes, compared=found.compared, tolerance=found.tolerance))
    if options.html:
        from analysis.report.compare_page import comparison_page
        from analysis.report.place import put_file

        put_file(options.html, comparison_page(found, before=before.words, after=after.words))
        print(f"read {paths.shown(options.html)}")
    return int(found.differs)


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
    from analysis.sources.trial.draft import draft_plan

    target = options.folder / "trial.yml"
    draft = draft_plan(options.folder)
    if target.exists():
        raise UserError(f"{paths.shown(target)} exists already; move it away to draft a new one")
    target.write_text(draft, encoding="utf-8")
    print(f"drafted {paths.shown(target)}; answer its questions, then run:")
    print(f"  python -m analysis check {paths.shown(options.folder)}")


def _synthesise(options: argparse.Namespace) -> None:
    from analysis.sources.synthetic import synthesise

    synthesise(options.trial)
    print(f"regenerated data/trials/{options.trial}; then run: python -m analysis register")


def _register(_: argparse.Namespace) -> None:
    from analysis.sources.registry import write_registry

    print(f"{write_registry()} files registered in {paths.shown(paths.REGISTRY)}")


if __name__ == "__main__":
    sys.exit(main())
