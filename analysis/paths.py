"""Where the project's folders are, found from this file and never from the current directory."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
PUBLISHED = DATA / "published"
REGISTRY = DATA / "registry.txt"
NOTEBOOKS = ROOT / "notebooks"
RUNS = NOTEBOOKS / "runs.yml"
REPORTS = ROOT / "reports"


def shown(path: Path) -> str:
    """Return `path` as a reader should see it: relative to the project where it lies inside."""
    path = Path(path)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
