"""`watchwire up`: everything on one machine, in one process tree, on loopback.

Three children: Prefect's server with its pages, a worker of type process, and, before them, the registration of what
`prefect.yaml` says. A worker rather than `serve()`: a run then has a process of its own, whose crash or memory ends
with it, and which can be killed alone. It costs 5 CPU-seconds of imports a run, once in ten minutes.

Children are stopped by SIGINT to their process group, then SIGKILL after `STOP_SECONDS`; they end with us even if we
are killed. Of the runs that fell due while nothing was up, one of each deployment is left before the worker starts: one
pass catches up with all of them, since what is due is decided by our own tables.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import ConfigError, WatchwireError
from watchwire.planting import plant_seeds, read_seeds
from watchwire.prefect_home import server_environment
from watchwire.printing import error_console
from watchwire.settings import Settings

log = logging.getLogger(__name__)

PROJECT = Path(__file__).parent.parent
POOL = "watchwire"
START_SECONDS = 120.0
"""A fresh database takes the server 16 s here; a slow disk takes longer."""
STOP_SECONDS = 12.0


def run_up(settings: Settings, *, port: int) -> int:
    """Start, supervise until SIGINT or SIGTERM, stop. Returns the exit code: 0 when asked to stop, 1 when a child ended
    by itself. Raises ConfigError for a port in use, WatchwireError when the server does not come up."""
    say = error_console().print
    _require_free_port(port)
    report = plant_seeds(settings, read_seeds(settings.seeds), datetime.now(UTC))
    say(f"Planted {report.added + report.changed + report.unchanged} sources, watchlist {report.watchlist_version}.")
    environment = {**os.environ, **server_environment(settings, port)}
    logs = settings.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)

    with _stop_requested() as is_stopping, contextlib.ExitStack() as children:
        say("Starting Prefect's server (the first time it makes its database: about 20 s) …")
        prefect = (sys.executable, "-m", "prefect")
        server_command = (*prefect, "server", "start", "--host", "127.0.0.1", "--port", str(port))
        server = children.enter_context(_child("server", server_command, environment, logs))
        if not _wait_healthy(server, port, is_stopping):
            if is_stopping():
                return 0
            raise WatchwireError("Prefect's server did not start", place=str(logs / "server.log"))
        _run((*prefect, "work-pool", "create", POOL, "--type", "process", "--overwrite"), environment, logs)
        _run((*prefect, "--no-prompt", "deploy", "--all"), environment, logs)
        _run((sys.executable, "-m", "flows.tidying"), environment, logs)
        worker_command = (*prefect, "worker", "start", "--pool", POOL, "--type", "process", "--limit", "4")
        worker = children.enter_context(_child("worker", worker_command, environment, logs))
        say(f"watchwire is up. Runs, schedules, artifacts: http://127.0.0.1:{port}  ·  logs: {logs}  ·  Ctrl-C stops.")
        while not is_stopping():
            for name, child in (("server", server), ("worker", worker)):
                if child.poll() is not None:
                    say(f"The {name} ended by itself with {child.returncode}; see {logs / name}.log")
                    return 1
            time.sleep(0.5)
        say("Stopping …")
    return 0


@contextlib.contextmanager
def _stop_requested() -> Iterator:
    """Gives a function that says whether SIGINT or SIGTERM has come; the handlers before are put back."""
    received: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: received.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _child(name: str, command: Sequence[str], environment: dict[str, str], logs: Path) -> Iterator[subprocess.Popen]:
    """A child in a process group of its own, its output in a log file; ended when the block is left."""
    with (logs / f"{name}.log").open("ab") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    try:
        yield process
    finally:
        _stop(name, process)


def _die_with_parent() -> None:
    """In the child, before exec. An ignored SIGINT is inherited through exec, and Prefect's worker then ignores
    SIGTERM as well: both are put back."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def _stop(name: str, process: subprocess.Popen) -> None:
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(STOP_SECONDS)
            break
        except subprocess.TimeoutExpired:
            log.warning("the %s did not stop in %.0f s and is killed", name, STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what it left behind in its group


def _run(command: Sequence[str], environment: dict[str, str], logs: Path) -> None:
    """A command that must succeed. Raises WatchwireError with the end of its output."""
    done = subprocess.run(
        command,
        env=environment,
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
        preexec_fn=_die_with_parent,
    )
    with (logs / "setup.log").open("a", encoding="utf-8") as output:
        output.write(done.stdout + done.stderr)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise WatchwireError(f"`{' '.join(command[1:4])}` failed: {' '.join(last)}", place=str(logs / "setup.log"))


def _wait_healthy(server: subprocess.Popen, port: int, is_stopping) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None and not is_stopping():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:  # URLError too: not yet
            pass
        time.sleep(0.3)
    return False


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ConfigError(
                f"port {port} is in use",
                place="up",
                mend="stop the other program, or choose another port by --port or WATCHWIRE_SERVER_PORT",
            ) from None
