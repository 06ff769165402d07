"""`watchwire up` for real: a scheduled run fires and completes; asked to stop, nothing is left running."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from pipeline.errors import ConfigError
from storage.store import open_store
from watchwire.newsroom import Newsroom, open_newsroom, read_newsroom_seeds
from watchwire.settings import Settings
from watchwire.up import DEPLOYMENTS, run_up

SCHEDULED_EVERY = 5.0
LONGEST_START = 200.0
LONGEST_STOP = 15.0


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with open_newsroom() as opened:
        yield opened


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def environment(tmp_path: Path, newsroom: Newsroom) -> dict[str, str]:
    """A home and seeds of its own: one source of the newsroom."""
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    source = next(item for item in read_newsroom_seeds(newsroom.addresses).sources if item.slug == "harbour-wire")
    fields = ("slug", "name", "url", "language", "country")
    row = {name: getattr(source, name) for name in fields} | {"kind": source.kind.value, "interval": "1m"}
    (seeds / "sources.yaml").write_text(yaml.safe_dump({"sources": [row]}), encoding="utf-8")
    for name in ("watchlist.yaml", "channels.yaml"):
        (seeds / name).write_text((files("seeds") / name).read_text(encoding="utf-8"), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "WATCHWIRE_"))}
    return kept | {
        "WATCHWIRE_HOME": str(tmp_path / "home"),
        "WATCHWIRE_SEEDS": str(seeds),
        "WATCHWIRE_ALLOW_HOSTS": ",".join(newsroom.hosts),
    }


@pytest.fixture
def deployments(tmp_path: Path) -> Path:
    """prefect.yaml with a monitor that does not keep us waiting for ten minutes."""
    content = yaml.safe_load(DEPLOYMENTS.read_text(encoding="utf-8"))
    monitor = next(item for item in content["deployments"] if item["name"] == "monitor")
    monitor["schedules"] = [{"interval": SCHEDULED_EVERY, "slug": "often"}]
    file = tmp_path / "prefect.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_scheduled_run_fires_and_stopping_leaves_nothing(
    environment: dict[str, str], deployments: Path, port: int, tmp_path: Path
) -> None:
    start = (
        "import sys; from pathlib import Path; from watchwire.settings import load_settings;"
        "from watchwire.up import run_up;"
        "raise SystemExit(run_up(load_settings(), port=int(sys.argv[1]), deployments=Path(sys.argv[2])))"
    )
    process = subprocess.Popen(
        (sys.executable, "-c", start, str(port), str(deployments)),
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # as from a shell's `&`; up must not care
    )
    started: set[int] = set()
    try:
        state = _wait_for_scheduled_run(process, port)
        started = _descendants(process.pid)
        assert state == "COMPLETED", (tmp_path / "home/logs/worker.log").read_text()
        assert len(started) >= 2, "a server and a worker"
        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        assert process.wait(LONGEST_STOP) == 0
        assert time.monotonic() - asked < LONGEST_STOP
        assert not [pid for pid in started if _is_alive(pid)]
    finally:
        for pid in (*started, process.pid):
            if _is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        process.communicate()

    store = open_store(f"sqlite:///{tmp_path / 'home/watchwire.db'}")
    health = {item.source: item for item in store.source_health()}
    store.close()
    assert health["harbour-wire"].articles > 0, "the run did the work"


def _wait_for_scheduled_run(process: subprocess.Popen[str], port: int) -> str:
    """The state type of the first run that the schedule made and that came to an end of its own. One that falls due
    while another runs is cancelled: that is the rule of this deployment."""
    deadline = time.monotonic() + LONGEST_START
    query = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}}
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        try:
            by_schedule = [run for run in _post(port, "/flow_runs/filter", query) if run["auto_scheduled"]]
        except OSError:  # not up yet
            by_schedule = []
        if by_schedule:
            return by_schedule[0]["state"]["type"]
        time.sleep(0.5)
    raise AssertionError("no scheduled run came to an end")


def _post(port: int, path: str, body: dict[str, object]) -> list[dict]:
    """Ask the API as a browser would: with a CSRF token."""
    base = f"http://127.0.0.1:{port}/api"
    with urllib.request.urlopen(f"{base}/csrf-token?client=test", timeout=5) as answer:
        token = json.load(answer)["token"]
    headers = {"Content-Type": "application/json", "Prefect-Csrf-Client": "test", "Prefect-Csrf-Token": token}
    request = urllib.request.Request(base + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def _descendants(pid: int) -> set[int]:
    """All processes below one, by /proc."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in found | {pid}} - found:
        found |= more
    return found


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_port_in_use_is_told_before_anything_starts(port: int, tmp_path: Path) -> None:
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", port))
        occupant.listen()
        with pytest.raises(ConfigError, match=f"port {port} is in use"):
            run_up(Settings(home=tmp_path / "home"), port=port)
    assert not (tmp_path / "home").exists()
