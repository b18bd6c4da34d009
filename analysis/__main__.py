"""The command line: ``python -m analysis COMMAND``."""

import argparse
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    report = commands.add_parser("report", help="execute the runs and write the report")
    report.add_argument("runs", nargs="*", metavar="RUN", help="names in runs.yml; all if none")
    report.add_argument(
        "--folder", type=Path, default=paths.REPORTS, help="where the report is written"
    )
    report.set_defaults(command=_report)

    refresh = commands.add_parser(
        "refresh",
        help="re-execute the stored outputs of the notebooks and the stored results of other runs",
    )
    refresh.set_defaults(command=_refresh)

    compare = commands.add_parser(
        "compare",
        help="print what differs between two runs or reports; exit status 1 if anything does",
    )
    for name in ("before", "after"):
        compare.add_argument(
            name, type=Path, help="a results.csv, the folder of a run, or a report folder"
        )
    compare.add_argument(
        "--tolerance",
        type=float,
        default=1e-8,
        help="numbers a and b are equal if |a-b| <= TOLERANCE max(1, |a|, |b|); default 1e-8",
    )
    compare.set_defaults(command=_compare)

    audit = commands.add_parser("audit", help="print the findings of the source audit")
    audit.set_defaults(command=_audit)

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


# Each command imports what it needs itself, so that the others start fast.
def _report(options: argparse.Namespace) -> None:
    from analysis.report.build import build
    from analysis.report.runs import choose, load_runs

    build(choose(load_runs(), options.runs), folder=options.folder)
    print(f"read {paths.shown(options.folder / 'index.html')}")


def _refresh(_: argparse.Namespace) -> None:
    from analysis.report.execute import refresh_stored

    for path in refresh_stored(progress=sys.stderr.isatty()):
        print(f"refreshed {paths.shown(path)}")


def _compare(options: argparse.Namespace) -> int:
    from analysis.display.comparison import comparison_text
    from analysis.report.compare import compare_paths

    found = compare_paths(options.before, options.after, tolerance=options.tolerance)
    print(comparison_text(found.changes, compared=found.compared, tolerance=found.tolerance))
    return int(found.differs)


def _audit(_: argparse.Namespace) -> None:
    from analysis.sources.audit import audit_ledger
    from analysis.sources.evidence import load_ledger

    for finding in audit_ledger(load_ledger()):
        print(f"{finding.severity:8} {finding.rule}: {finding.sentence}")


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
