"""Drive JupyterLab through the situations of an analyst, for one or several versions.

    python tests/lab/drive.py --pictures FOLDER before=/path/to/a/checkout after=. [SITUATION …]

Prints a table of what was seen, and keeps a picture of every situation and version.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from lab import CHROMIUM, OPTIONS, served
from situations import SITUATIONS, Drive

WINDOW = {"width": 1400, "height": 900}


def driven(name: str, root: Path, pictures: Path, wanted: list[str]) -> list[tuple[str, str, str]]:
    """Drive one version through some situations and return what was seen."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder, home = Path(scratch) / "notebooks", Path(scratch) / "home"
        folder.mkdir()
        home.mkdir()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        with served(root, folder, home) as address:
            window = browser.new_page(viewport=WINDOW)
            drive = Drive(root, folder, pictures / name, address, window)
            for situation in wanted:
                print(f"{name}: {situation}", flush=True)
                drive.situation, start = situation, time.monotonic()
                try:
                    SITUATIONS[situation](drive)
                except Exception as error:  # the other situations are still worth seeing
                    drive.say("STOPPED", " ".join(str(error).split())[:400])
                    window.screenshot(path=str(pictures / name / f"{situation}-stopped.png"))
                print(f"  {time.monotonic() - start:.0f} s", flush=True)
            browser.close()
    return drive.rows


def main() -> None:
    """Read the command line, drive, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", nargs="+", help="NAME=FOLDER, then situations")
    parser.add_argument("--pictures", type=Path, default=Path("lab-pictures"))
    given = parser.parse_args()
    versions = dict(each.split("=", 1) for each in given.versions if "=" in each)
    wanted = [each for each in given.versions if "=" not in each] or list(SITUATIONS)
    given.pictures.mkdir(parents=True, exist_ok=True)
    seen = {
        name: driven(name, Path(root).resolve(), given.pictures, wanted)
        for name, root in versions.items()
    }
    (given.pictures / "seen.json").write_text(json.dumps(seen, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
