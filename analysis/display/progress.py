"""What a long cell is busy with: shown in JupyterLab while it lasts, then taken back."""

from __future__ import annotations

import ast
import contextvars
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PATIENCE = 1.5
"""Seconds that nobody wonders about; nothing is said before."""
EVERY = 1.0
"""Seconds between two messages."""
LOOPS = ast.For, ast.AsyncFor, ast.While, ast.comprehension
SHOW = "show"


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say in a front end what its cell computes, and for how long, until it is done.

    Parameters
    ----------
    what
        For example "computing robustness".

    Notes
    -----
    A message can only be taken back together with everything else that its cell has shown.
    So there is one only where the front end runs a cell for a person, and where nothing but
    the page can have shown something in that cell. Papermill, nbconvert, nbval and a report
    never see one: what they store is the same bytes with and without.
    """
    publisher = _listening()
    if publisher is None:
        yield
        return
    done = threading.Event()
    # In a copy of this context the messages belong to this cell, whichever runs next.
    tell = contextvars.copy_context().run
    thread = threading.Thread(target=tell, args=(_tell, publisher, what, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _tell(publisher: Any, what: str, done: threading.Event) -> None:
    """Say what is computed until it is done; then take it back."""
    start, pause, said = time.monotonic(), PATIENCE, False
    while not done.wait(pause):
        words = {"text/plain": f"{what} … {time.monotonic() - start:.0f} s"}
        publisher.publish(words, transient={"display_id": f"progress-{id(done)}"}, update=said)
        pause, said = EVERY, True
    if said:
        publisher.clear_output()


def _listening() -> Any:
    """Return what publishes to a person's front end; None where a message would be kept."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if not hasattr(shell, "get_parent"):
        return None
    request = shell.get_parent()
    # JupyterLab and VS Code say which cell they run; what executes whole notebooks does not.
    if "cellId" not in request.get("metadata", {}):
        return None
    return shell.display_pub if _shows_once(request.get("content", {}).get("code", "")) else None


def _shows_once(code: str) -> bool:
    r"""Say whether showing one thing is all that a cell calls.

    Examples
    --------
    >>> _shows_once("margin = -1.0\npage.show(answer, page.run.contrast)")
    True
    >>> _shows_once("print(margin)\npage.show(answer)")
    False
    >>> _shows_once("for each in sections:\n    page.show(each)")
    False
    """
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except SyntaxError:  # a magic command
        return False
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    named = all(isinstance(call, ast.Attribute) and call.attr == SHOW for call in calls)
    return named and len(calls) <= 1 and not any(isinstance(node, LOOPS) for node in nodes)
