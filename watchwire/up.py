"""`watchwire up`: everything on one machine, in one process tree, on loopback.

Two children: Prefect's server with its pages, and a worker of type process. Between their starts, what `prefect.yaml`
says is registered, what an earlier `up` left behind is put in order, and a first pass is asked for.

A worker rather than `serve()`: with a command of its own (flows/pool.py) a run costs 2.0 CPU-seconds of imports, less
than the 3.2 of `serve()`; the deployments are those that `prefect deploy` makes, so that prefect.yaml stays the one
truth and a second machine may take part; and a run is a process whose crash, memory or killing concerns nobody else.
Its price is that a run starts up to some seconds off its minute.

Children end with us: by SIGINT to their process group, then SIGKILL when their time is over; by the kernel's word when
we are killed ourselves (Linux). One that ends by itself ends everything with exit code 1: whatever started us, systemd
or a container, starts us again.
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import ConfigError, WatchwireError
from watchwire.planting import plant_seeds, read_seeds
from watchwire.prefect_home import server_environment
from watchwire.printing import error_console
from watchwire.settings import Settings

log = logging.getLogger(__name__)

DEPLOYMENTS = Path(__file__).parent.parent / "prefect.yaml"
POOL = "watchwire"
PYTHON = (sys.executable, "-P", "-m")
"""-P: what lies in the working directory does not stand in for our modules."""
START_SECONDS = 120.0
"""A fresh database takes the server 11 to 16 s here; a slow disk takes longer."""
WORKER_STOP_SECONDS = 8.0
SERVER_STOP_SECONDS = 4.0


def run_up(settings: Settings, *, port: int, deployments: Path = DEPLOYMENTS) -> int:
    """Start, supervise until SIGINT or SIGTERM, stop within 13 s. Returns the exit code: 0 when asked to stop, 1 when a
    child ended by itself. Raises ConfigError (port in use, no prefect.yaml), SeedError, StorageError, WatchwireError
    when a step of the start fails."""
    console = error_console()
    _require_free_port(port)
    if not deployments.is_file():
        raise ConfigError("no such file", place=str(deployments), mend="run `watchwire up` from a checkout")
    report = plant_seeds(settings, read_seeds(settings.seeds), datetime.now(UTC))
    console.print(f"Planted {report.added + report.changed + report.unchanged} sources, {report.watchlist_version}.")
    environment = {**os.environ, **server_environment(settings, port), **_absolute_places(settings)}
    logs = settings.home.absolute() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    steps = {
        "the work pool": ("flows.pool",),
        "the deployments": ("prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(deployments.absolute())),
        "what was left behind": ("flows.tidying", str(deployments.absolute())),
    }
    with _stop_requested() as is_stopping, contextlib.ExitStack() as children:
        server_command = (*PYTHON, "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
        server = children.enter_context(_child("server", server_command, environment, logs, SERVER_STOP_SECONDS))
        console.print("Starting Prefect's server; the first time it makes its database, some 15 s …")
        with console.status("waiting for it to answer"):
            _wait_healthy(server, port, is_stopping, logs)
        for what, command in steps.items():
            console.print(f"Putting in order: {what} …")
            with console.status("working"):
                _finish((*PYTHON, *command), environment, logs, is_stopping)
        if is_stopping():
            return 0
        worker_command = (*PYTHON, "prefect", "worker", "start", "--pool", POOL, "--type", "process", "--limit", "4")
        worker = children.enter_context(_child("worker", worker_command, environment, logs, WORKER_STOP_SECONDS))
        console.print("watchwire is up. The first pass has been asked for. Ctrl-C stops.")
        console.print(f"  runs, schedules, artifacts   http://127.0.0.1:{port}")
        console.print(f"  logs                         {logs}", soft_wrap=True)
        ended = _wait_until_one_ends({"server": server, "worker": worker}, is_stopping)
        if ended:
            console.print(f"The {ended} ended by itself; see {logs / ended}.log", soft_wrap=True)
        else:
            console.print("Stopping …")
    return 1 if ended else 0


def _absolute_places(settings: Settings) -> dict[str, str]:
    """Where things lie, for processes with a working directory of their own."""
    places = {"WATCHWIRE_HOME": str(settings.home.absolute()), "WATCHWIRE_DATABASE_URL": settings.database}
    return places | ({"WATCHWIRE_SEEDS": str(settings.seeds.absolute())} if settings.seeds else {})


@contextlib.contextmanager
def _stop_requested() -> Iterator[Callable[[], bool]]:
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
def _child(
    name: str, command: Sequence[str], environment: Mapping[str, str], logs: Path, stop_seconds: float
) -> Iterator[subprocess.Popen[bytes]]:
    """A child in a process group of its own, its output in a log file; ended when the block is left."""
    file = logs / f"{name}.log"
    if file.exists():
        file.replace(logs / f"{name}.previous.log")
    with file.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    try:
        yield process
    finally:
        _stop(name, process, stop_seconds)


def _die_with_parent() -> None:
    """In the child, before exec. An ignored SIGINT is inherited through exec, and Prefect's worker then ignores
    SIGTERM as well: both are put back."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def _stop(name: str, process: subprocess.Popen[bytes], seconds: float) -> None:
    """SIGINT to the whole group, so that runs end themselves as crashed; SIGKILL to whoever is left of it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        log.warning("the %s did not stop in %.0f s and is killed", name, seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _finish(
    command: Sequence[str], environment: Mapping[str, str], logs: Path, is_stopping: Callable[[], bool]
) -> None:
    """A step of the start that must succeed, unless we are to stop. Raises WatchwireError with its last line."""
    if is_stopping():
        return
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
            preexec_fn=_die_with_parent,
        )
    except subprocess.TimeoutExpired:
        raise WatchwireError(f"`{' '.join(command[3:])}` took more than {START_SECONDS:.0f} s", place="up") from None
    with (logs / "start.log").open("a", encoding="utf-8") as output:
        output.write(done.stdout + done.stderr)
    if done.returncode and not is_stopping():
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise WatchwireError(f"`{' '.join(command[3:])}` failed: {' '.join(last)}", place=str(logs / "start.log"))


def _wait_healthy(server: subprocess.Popen[bytes], port: int, is_stopping: Callable[[], bool], logs: Path) -> None:
    """Return when the server answers or we are to stop. Raises WatchwireError when it ended or took too long."""
    deadline = time.monotonic() + START_SECONDS
    while not is_stopping():
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=2):
            return
        if server.poll() is not None or time.monotonic() > deadline:
            raise WatchwireError("Prefect's server did not start", place=str(logs / "server.log"))
        time.sleep(0.3)


def _wait_until_one_ends(children: Mapping[str, subprocess.Popen[bytes]], is_stopping: Callable[[], bool]) -> str:
    """The name of the child that ended by itself; empty when we are to stop."""
    while not is_stopping():
        for name, child in children.items():
            if child.poll() is not None:
                return name
        time.sleep(0.5)
    return ""


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
