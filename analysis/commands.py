"""What each command does; the command line in ``__main__`` says what it is called and takes.

Each command imports what it needs itself, so that the others start fast.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import UserError

MOST_FINDINGS = 50
"""Of a bundle that are printed; the others are counted."""


def report(options: argparse.Namespace) -> None:
    """Execute runs and write the report."""
    from analysis.report import index
    from analysis.report.runs import choose, load_runs

    _build(options, choose(load_runs(), options.runs), options.folder.resolve(), index.write)
    print(f"read {paths.shown(options.folder / 'index.html')}")


def grid(options: argparse.Namespace) -> None:
    """Execute a grid of scenarios and write its pages."""
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
    from analysis.report.runs import with_timeout

    # `timeout` or a queueing system ends a report as Ctrl-C does: its children first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    place = choose_place(options.jobs, options.scheduler)
    runs = with_timeout(runs, options.timeout)
    _choose_simulation(options.workers_for_simulation, options.scheduler)
    print(build(runs, folder=folder, force=options.force, place=place, front_page=front_page))


def _choose_simulation(address: str, scheduler: str) -> None:
    """Name the workers that simulate for the runs, and look whether they are there.

    Raises
    ------
    UserError
        If they are the ones that execute the runs, which would wait for themselves; or if there
        are none.
    """
    from analysis.cluster import SIMULATION, cluster

    if not address:
        return
    if address == scheduler:
        raise UserError(
            "--workers-for-simulation and --scheduler name one cluster, whose runs would wait for "
            "themselves; give simulations workers of their own"
        )
    with cluster(address):
        os.environ[SIMULATION] = address


def refresh(_: argparse.Namespace) -> None:
    """Execute the stored notebooks anew and store what other runs give."""
    from analysis.report.readme import refresh_readme
    from analysis.report.stored import refresh_stored

    for path in refresh_stored():
        print(f"refreshed {paths.shown(path)}")
    for path in refresh_readme():
        print(f"refreshed {paths.shown(path)}")


def normalise(options: argparse.Namespace) -> int:
    """Bring notebooks into their stored form, or check them, or set up the git filter."""
    if options.install or options.uninstall:
        from analysis.report import git_filter

        print(git_filter.uninstall() if options.uninstall else git_filter.install())
        return 0
    from analysis.report.normalise import filtered, normalise_files, stored_notebooks

    if options.files == [Path("-")]:
        content = sys.stdin.buffer.read()
        form = filtered(content)
        sys.stdout.buffer.write(form)
        return int(options.check and form != content)
    found = False
    for path, difference in normalise_files(options.files or stored_notebooks(), options.check):
        print(f"{'differs' if options.check else 'normalised'} {paths.shown(path)}: {difference}")
        found = True
    if found and options.check:
        print("to normalise them, run: python -m analysis normalise")
    return int(found and options.check)


def compare(options: argparse.Namespace) -> int:
    """Print what differs between two runs, reports or notebooks."""
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


def results(options: argparse.Namespace) -> None:
    """Write the results that an executed notebook carries."""
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


def tables(options: argparse.Namespace) -> None:
    """Write the tables of a run as a document."""
    from analysis.report.dossier.files import write_tables

    count = write_tables(options.source, options.file)
    print(f"wrote {paths.shown(options.file)}: {count} table{'s' if count != 1 else ''}")


def disclose(options: argparse.Namespace) -> int:
    """Print what of a report could identify a participant of a real trial."""
    from analysis.report.disclose import as_text, disclosed

    found = disclosed(options.folder.resolve())
    print(as_text(found))
    return int(bool(found))


def bundle(options: argparse.Namespace) -> int:
    """Make a bundle of the report, or check one."""
    from analysis.report.bundle import root, write_bundle
    from analysis.report.verify import verify_bundle
    from analysis.words import numbered

    verify = options.verify is not None
    file, expected = _asked_of_bundle(options.file, options.verify or [])
    file = file or paths.ROOT / "build" / f"{root()}.zip"
    if not verify:
        write_bundle(file, options.folder.resolve())
    found = verify_bundle(file, expected)
    for finding in found.findings[:MOST_FINDINGS]:
        print(finding)
    if (more := len(found.findings) - MOST_FINDINGS) > 0:
        print(f"and {more} more")
    state = numbered(len(found.findings), "finding") if found.findings else "all as they should be"
    print(f"{paths.shown(file)}: {numbered(found.files, 'file')}, {state}")
    if found.root_hash:
        said = " is the one given" if expected == found.root_hash else ""
        print(f"root hash {found.root_hash}{said}")
    if verify and not expected:
        print("Not compared: give bundle --verify the root hash that its maker printed.")
    return int(bool(found.findings))


def _asked_of_bundle(file: Path | None, words: list[str]) -> tuple[Path | None, str]:
    """Return the zip and the root hash that a command names, in either order."""
    from analysis.report.verify import ROOT_HASH

    hashes = [word.lower() for word in words if ROOT_HASH.fullmatch(word.lower())]
    files = [Path(word) for word in words if not ROOT_HASH.fullmatch(word.lower())]
    files += [file] if file else []
    if len(files) > 1 or len(hashes) > 1:
        named = ", ".join(map(str, [*files, *hashes]))
        raise UserError(
            f"bundle --verify takes one zip and one root hash (64 hexadecimal digits); got {named}"
        )
    return next(iter(files), None), next(iter(hashes), "")


def trace(options: argparse.Namespace) -> None:
    """Print what a number of a run counts, or which document printed it."""
    from analysis.display.trace import addresses_text, analyses_text, trace_text
    from analysis.report.results_files import run_results
    from analysis.report.runs import choose, load_runs
    from analysis.report.trace import find, table_rows, trace

    [run] = choose(load_runs(), [options.run])
    found = find(run_results(run.name, options.folder.resolve()), options.cell)
    if not options.cell:
        print(analyses_text(found))
    elif table_rows(found) > 1:
        print(addresses_text(found))
    else:
        traced = trace(run, found)
        print(trace_text(traced.rows, traced.counted, traced.printed, traced.sources))


def export(options: argparse.Namespace) -> None:
    """Write the results of a run for another program."""
    from analysis.report.cards import export_cards

    written = export_cards(options.run, options.folder.resolve())
    print(f"wrote {paths.shown(written)}; in R: Rscript docs/read_cards.R {paths.shown(written)}")


def audit(_: argparse.Namespace) -> None:
    """Print the findings of the source audit."""
    from analysis.sources.audit import audit_ledger
    from analysis.sources.evidence import load_ledger

    for finding in audit_ledger(load_ledger()):
        print(f"{finding.severity:8} {finding.rule}: {finding.sentence}")


def ledger_import(options: argparse.Namespace) -> None:
    """Check new numbers, and say what they contradict and would move."""
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


def check(options: argparse.Namespace) -> int:
    """Check a trial folder and print every finding."""
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


def new(options: argparse.Namespace) -> None:
    """Draft a trial.yml."""
    from analysis.sources.trial.draft import draft_plan, questions

    target = options.folder / "trial.yml"
    if target.exists():
        raise UserError(f"{paths.shown(target)} exists already; move it away to draft a new one")
    draft = draft_plan(options.folder)
    target.write_text(draft, encoding="utf-8")
    print(f"drafted {paths.shown(target)}; answer its {questions(draft)} questions, then run:")
    print(f"  python -m analysis check {paths.shown(options.folder)}")


def new_notebook(options: argparse.Namespace) -> None:
    """Write a notebook of one's own, and say what to do next."""
    from analysis.report.new_notebook import new_notebook, next_steps

    print(next_steps(new_notebook(options.name, trial=options.trial, title=options.title)))


def synthesise(options: argparse.Namespace) -> None:
    """Make the tables of a synthetic trial anew, or patients of a study of the ledger."""
    if bool(options.trial) == bool(options.study):
        raise UserError("synthesise takes the id of a shipped trial, or --study ID of the ledger")
    if options.study:
        from analysis.display.calibrated import calibrated_text
        from analysis.sources.synthetic.calibrated import synthesise_study

        found, folder = synthesise_study(options.study, options.folder)
        print(calibrated_text(found.study, found.reproduced, paths.shown(folder)))
        return
    if options.folder:
        raise UserError("--folder goes with --study; a shipped trial is written where it lies")
    from analysis.sources.synthetic import synthesise

    synthesise(options.trial)
    print(f"regenerated data/trials/{options.trial}; then run: python -m analysis register")


def register(_: argparse.Namespace) -> None:
    """Write the hashes of the data anew."""
    from analysis.sources.registry import write_registry

    print(f"{write_registry()} files registered in {paths.shown(paths.REGISTRY)}")
