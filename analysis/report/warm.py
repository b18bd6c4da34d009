"""Kernels that start from a warm process: what every notebook imports is imported once.

A process of the report starts a server that imports the libraries, and each kernel is a fork of
that server (`multiprocessing`'s fork server, which has no threads and no open sockets). So a run
does not wait two seconds for the imports of the run before it. Kernels share nothing else: each
has its own environment, folder, connection and memory, as a kernel that was started by itself.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from multiprocessing.context import ForkServerContext
from multiprocessing.reduction import DupFd
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

IMPORTED = [
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    # What a kernel starts with, whatever its notebook: its debugger, its history, its extensions.
    "ipykernel.debugger",
    "sqlite3",
    "psutil",
    "tornado.platform.asyncio",
    "IPython.core.completerlib",
    "IPython.extensions.storemagic",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "IPython.utils.capture",
    "PIL.PngImagePlugin",
    "contourpy",
    "scipy.optimize",
    "scipy.special",
    "analysis.display.face",
    "analysis.sources.trial.checks",
    "analysis.results.trial_run",
    "analysis.report.recorder",
]
"""What nearly every notebook of the project needs."""
NAMED = "ANALYSIS_IMPORTED"
"""Environment variable: what the notebook needs besides, with which a server is started."""
REHEARSAL = "analysis.report.rehearsal"
"""What the server imports last."""
LAUNCHER = ["-m", "ipykernel_launcher"]
LOST = 255
"""Exit status of a fork that is not known, because the server that would have told has ended."""


class WarmKernelManager(AsyncKernelManager):
    """Starts Python kernels as forks of a warm process, other kernels as ever."""

    async def _async_pre_start_kernel(self, **options: Any) -> tuple[list[str], dict[str, Any]]:
        if self.provisioner is None:
            self.kernel_id = self.kernel_id or options.pop("kernel_id", "")
            self.provisioner = WarmProvisioner(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )
        found: tuple[list[str], dict[str, Any]] = await super()._async_pre_start_kernel(**options)
        return found


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel as a fork where it runs in this Python."""

    status: int | None = None
    """Exit status of the kernel, the negative number of the signal that ended it."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """Start the kernel; its command decides how."""
        python, *arguments = cmd
        # A process that may have no children of its own, as those of a cluster, starts it anew.
        lone = multiprocessing.current_process().daemon
        if python != sys.executable or arguments[:2] != LAUNCHER or lone:
            return await super().launch_kernel(cmd, **options)
        cwd, env = options.get("cwd") or os.getcwd(), options.get("env") or dict(os.environ)
        try:
            kernel: Any = Forked(arguments[2:], env, str(cwd))
        except OSError:  # As where the path of the temporary folder is too long for a socket.
            return await super().launch_kernel(cmd, **options)
        self.process = kernel
        self.pid = self.pgid = kernel.pid
        self.cwd = cwd
        return self.connection_info

    async def poll(self) -> int | None:
        """Return the exit status, None while it runs; it is known from then on."""
        found = await super().poll()
        self.status = found if self.process else self.status
        return found

    def end(self) -> None:
        """Kill the kernel and what it started; any thread may."""
        if self.pgid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pgid, signal.SIGKILL)

    async def cleanup(self, restart: bool = False) -> None:
        """Leave nothing running that a cell started."""
        self.end()
        await super().cleanup(restart)


class Forked:
    """A kernel as a fork, with what `subprocess.Popen` has that a provisioner asks for."""

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], env: dict[str, str], cwd: str) -> None:
        context: ForkServerContext = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*IMPORTED, *env.get(NAMED, "").split(), REHEARSAL])
        self._process = context.Process(target=_kernel, args=(arguments, env, cwd, _Streams()))
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Wait for its end and return the exit status."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it is still there."""
        if self.pid is not None and self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class _Streams:
    """Standard output and error of this process, for a child that does not inherit them."""

    def __getstate__(self) -> Any:
        return [DupFd(1), DupFd(2)]

    def __setstate__(self, state: Any) -> None:
        self._held = state

    def take(self) -> None:
        """Make them those of this process."""
        for number, held in enumerate(self._held, start=1):
            os.dup2(held.detach(), number)


def _kernel(arguments: list[str], env: dict[str, str], cwd: str, streams: _Streams) -> None:
    """Be a kernel, in an environment and a folder of its own, until told to end."""
    streams.take()
    # A group of its own: an interrupt of the terminal is for the report, which ends its kernels.
    os.setsid()
    os.environ.clear()
    os.environ.update(env)
    # The server has asked for its own.
    tempfile.tempdir = None
    os.chdir(cwd)
    sys.argv = ["ipykernel_launcher", *arguments]
    from ipykernel.kernelapp import launch_new_instance

    threading.Thread(target=_end_with_report, daemon=True).start()
    # It ends with its parent, too, which is the server; the environment names another.
    launch_new_instance([*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])


def _end_with_report() -> None:
    """End when the process that asked for this kernel has ended; the server ends after both."""
    asked_by = multiprocessing.parent_process()
    if asked_by is not None:
        asked_by.join()
        os._exit(1)
