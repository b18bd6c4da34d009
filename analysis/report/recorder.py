"""Record, inside the kernel of a run, which files its notebook reads.

What a run read is known only when it ran: a topic may open another table tomorrow. So the
kernel listens to Python's own audit events (PEP 578) and notes every file that is opened for
reading and every folder that is listed, each with the hash that it had at that moment.
"""

import os
import sys
import sysconfig
import tempfile
from functools import lru_cache
from importlib.util import source_from_cache
from pathlib import Path

import analysis
from analysis.report.hashes import file_hash, folder_hash
from analysis.shared_folder import OPENED, SHARED_FOLDER

RECORD = "ANALYSIS_INPUTS"
"""Environment variable that names the file in which the kernel notes what it reads."""

LISTING = "os.listdir", "os.scandir"


def start() -> None:
    """Note from now on what this process reads, one ``hash  path`` a line."""
    record = os.open(os.environ.pop(RECORD), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    ignored = _ignored()
    busy = False

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal busy
        if busy or (event != "open" and event not in LISTING):
            return
        # Hashing opens the file too, and must not be noted.
        busy = True
        try:
            path = _read_path(event, arguments)
            if path and path not in OPENED and not f"{path}{os.sep}".startswith(ignored):
                OPENED[path] = ""
                noted = file_hash(Path(path)) if event == "open" else folder_hash(Path(path))
                OPENED[path] = noted
                os.write(record, f"{noted}  {path}\n".encode())
        except OSError:
            pass  # gone or unreadable: the notebook itself says so
        finally:
            busy = False

    sys.addaudithook(listen)


def _read_path(event: str, arguments: tuple[object, ...]) -> str:
    """Return the absolute path that an event reads; empty where it reads none."""
    name = arguments[0] if arguments else None
    if isinstance(name, bytes):
        name = os.fsdecode(name)
    if event in LISTING:
        folder = os.path.realpath(name) if isinstance(name, str) else os.getcwd()
        # Python lists the folders from which it imports.
        return "" if folder in _imported_from(tuple(sys.path), os.getcwd()) else folder
    if not isinstance(name, str) or not _reads(arguments):
        return ""
    path = os.path.realpath(name)
    if "__pycache__" in path and path.endswith(".pyc"):
        path = source_from_cache(path)
    return path if os.path.isfile(path) else ""


@lru_cache
def _imported_from(paths: tuple[str, ...], _current: str) -> frozenset[str]:
    """Return the folders of Python's path; an empty entry of it is the current one."""
    return frozenset(map(os.path.realpath, paths))


def _reads(arguments: tuple[object, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return "r" in mode or "+" in mode
    return isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR) != os.O_WRONLY


def _ignored() -> tuple[str, ...]:
    """Return where nothing is an input: the environment, which the lock fixes, and the system."""
    from IPython.paths import get_ipython_dir
    from matplotlib import get_cachedir, get_configdir

    folders = [
        *sysconfig.get_paths().values(),
        sys.prefix,
        sys.base_prefix,
        get_ipython_dir(),
        get_cachedir(),
        get_configdir(),
        # The run's own, which goes with it, and what it shares with others.
        tempfile.gettempdir(),
        os.environ.get(SHARED_FOLDER) or os.devnull,
        # Code is found by its imports, not by what is opened: see `analysis.report.imports`.
        os.path.dirname(analysis.__file__),
        *("/proc", "/sys", "/dev", "/etc", "/usr", "/run"),
    ]
    return tuple(f"{os.path.realpath(folder)}{os.sep}" for folder in folders)
