"""JupyterLab itself, with a notebook open: cells are run, changed and read as a person does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/completer-extension/manager": {"providerTimeout": 20_000},
}
"""Nothing asked of the network, nothing saved that was not asked for, every cell on the page."""

NOTEBOOK_OF = """name => [...jupyterapp.shell.widgets('main')]
    .find(widget => widget.context?.path === name)"""
CELL = f"""([name, id]) => {{
    const panel = ({NOTEBOOK_OF})(name);
    const cells = panel.content.widgets;
    const index = cells.findIndex(cell => cell.model.id === id);
    if (index < 0) throw new Error(`no cell ${{id}}`);
    return {{panel, cell: cells[index], index}};
}}"""


def free_port() -> int:
    """Return a port that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(root: Path, folder: Path, home: Path) -> Iterator[str]:
    """Serve a folder of notebooks by JupyterLab, with the package of `root`; its address.

    Settings, signatures and history are those of a new user: they live in `home`.
    """
    for plugin, values in SETTINGS.items():
        file = home / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    own = {
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "IPYTHONDIR": home / "ipython",
        "PYTHONPATH": os.pathsep.join([str(root), str(Path(__file__).parents[1] / "without")]),
    }
    port = free_port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--ServerApp.port={port}", "--IdentityProvider.token=", f"--notebook-dir={folder}"),
        "--LabApp.expose_app_in_browser=True",
    ]
    env = {**os.environ, **{name: str(value) for name, value in own.items()}}
    with (home / "lab.log").open("w") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/api", server)
            yield address
        finally:
            # It shuts its kernels down on the way out.
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            if server.poll() is not None:
                raise RuntimeError("JupyterLab ended before it served anything") from None
            time.sleep(0.25)
        else:
            return
    raise RuntimeError("JupyterLab does not answer")


def shortened(source: Path, target: Path, keep: Iterable[str]) -> Path:
    """Write a copy of a stored notebook with the title, the setup and some of its cells."""
    notebook = nbformat.read(source, as_version=4)
    wanted = {"title", "parameters", "setup", "load", "results", *keep}
    notebook.cells = [cell for cell in notebook.cells if cell.id in wanted]
    nbformat.write(notebook, target)
    return target


class Notebook:
    """A notebook in a tab of JupyterLab.

    Parameters
    ----------
    page
        The browser's page, with JupyterLab in it.
    name
        File name of the notebook.
    """

    def __init__(self, page: Any, name: str) -> None:
        self.page, self.name = page, name

    @classmethod
    def open(cls, page: Any, address: str, name: str) -> Notebook:
        """Open a notebook in a JupyterLab of its own, kernel and all."""
        page.goto(f"{address}/lab/tree/{name}?reset")
        page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.context", timeout=120_000)
        notebook = cls(page, name)
        notebook.ready()
        return notebook

    def ready(self) -> None:
        """Wait until the kernel is there and idle."""
        self.page.wait_for_function(
            f"name => {{ const p = ({NOTEBOOK_OF})(name); return p?.context.isReady"
            " && p.sessionContext.session?.kernel?.status === 'idle' }",
            arg=self.name,
            timeout=180_000,
        )

    def beside(self, name: str) -> Notebook:
        """Open another notebook in the same window."""
        self.page.evaluate("path => jupyterapp.commands.execute('docmanager:open', {path})", name)
        other = Notebook(self.page, name)
        other.ready()
        return other

    def close(self) -> None:
        """Shut the kernel down, and forget what was not saved."""
        self.ask("await panel.sessionContext.shutdown(); panel.dispose()", "parameters")

    def ids(self) -> list[str]:
        """Return the ids of the cells, in order."""
        cells = "return panel.content.widgets.map(each => each.model.id)"
        return list(self.ask(cells, "parameters"))

    def ask(self, code: str, id: str, **more: Any) -> Any:
        """Evaluate JavaScript with a cell at hand: ``panel``, ``cell``, ``index``, ``more``."""
        return self.page.evaluate(
            f"async ([where, more]) => {{"
            f" const {{panel, cell, index}} = ({CELL})(where); {code} }}",
            [[self.name, id], more],
        )

    def write(self, id: str, source: str) -> None:
        """Put a source in the place of a cell's."""
        self.ask("cell.model.sharedModel.setSource(more.source)", id, source=source)

    def source(self, id: str) -> str:
        """Return the source of a cell."""
        return str(self.ask("return cell.model.sharedModel.getSource()", id))

    def add(self, after: str, source: str) -> str:
        """Insert a code cell and return its id."""
        return str(
            self.ask(
                """panel.content.model.sharedModel.insertCell(index + 1,
                    {cell_type: 'code', source: more.source, metadata: {}});
                return panel.content.widgets[index + 1].model.id""",
                after,
                source=source,
            )
        )

    def start(self, id: str) -> None:
        """Run a cell as Ctrl-Enter does, and do not wait for it."""
        self.ask(
            """panel.content.activeCellIndex = index;
            panel.content.deselectAll();
            void jupyterapp.commands.execute('notebook:run-cell')""",
            id,
        )

    def run(self, id: str, *, width: int = 300) -> str:
        """Run a cell and return in short what it shows."""
        self.start(id)
        self.wait(id)
        return self.seen(id, width)

    def wait(self, id: str, timeout: float = 300) -> None:
        """Wait until a cell has run."""
        self.page.wait_for_function(
            f"where => {{ const {{cell}} = ({CELL})(where);"
            " return cell.model.executionState !== 'running' && cell.model.executionCount"
            " && cell.promptNode?.textContent !== '[*]:' }",
            arg=[self.name, id],
            timeout=timeout * 1000,
        )
        self.ready()

    def command(self, name: str) -> None:
        """Execute a command of a menu, and wait for the kernel to be idle."""
        self.ask("await jupyterapp.commands.execute(more.name)", "parameters", name=name)
        self.ready()

    def restart(self) -> None:
        """Restart the kernel, as the menu does after its question."""
        self.ask(
            """const kernel = panel.sessionContext.session.kernel;
            await kernel.restart();
            await kernel.requestKernelInfo()""",
            "parameters",
        )

    def interrupt(self) -> None:
        """Interrupt the kernel, as the stop button does."""
        self.ask("await panel.sessionContext.session.kernel.interrupt()", "parameters")

    def outputs(self, id: str) -> list[Mapping[str, Any]]:
        """Return the outputs of a cell, as they would be saved."""
        found: list[Mapping[str, Any]] = self.ask("return cell.model.outputs?.toJSON() ?? []", id)
        return found

    def seen(self, id: str, width: int = 300) -> str:
        """Return in short what stands under a cell."""
        said = [_said(output) for output in self.outputs(id)]
        text = " | ".join(" ".join(each.split()) for each in said)
        return text if len(text) <= width else f"{text[:width]} …"

    def screenshot(self, id: str, file: Path) -> None:
        """Take a picture of the window with the end of a cell in it."""
        self.ask("cell.node.scrollIntoView({block: 'end'})", id)
        self.page.wait_for_timeout(400)
        file.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(file))

    def save(self) -> None:
        """Save the notebook, as Ctrl-S does."""
        self.ask("await panel.context.save()", "parameters")

    def completions(self, text: str, after: str = "parameters") -> list[str]:
        """Type in a new cell, press TAB and return what the list offers."""
        id = self.add(after, "")
        self.ask(
            "panel.content.activeCellIndex = index; panel.content.mode = 'edit';"
            " cell.editor.focus()",
            id,
        )
        self.page.keyboard.type(text)
        self.page.keyboard.press("Escape")
        self.ask("panel.content.mode = 'edit'; cell.editor.focus()", id)
        self.page.keyboard.press("Tab")
        try:
            self.page.wait_for_selector(".jp-Completer-item", timeout=20_000)
        except Exception:  # nothing offered
            return []
        items = self.page.locator(".jp-Completer-item .jp-Completer-match").all_inner_texts()
        return list(items)


def _said(output: Mapping[str, Any]) -> str:
    if output["output_type"] == "error":
        lines = "\n".join(output["traceback"]).strip().splitlines()
        many = f" ({len(lines)} lines)" if len(lines) > 1 else ""
        return f"ERROR{many} {output['ename']}: {output['evalue']}"
    if output["output_type"] == "stream":
        return f"{output['name']}: {''.join(output['text'])}"
    if "image/png" in output["data"]:
        return "[image]"
    return "".join(output["data"].get("text/plain", "")) or str(list(output["data"]))
