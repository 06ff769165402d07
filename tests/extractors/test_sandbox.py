"""Parsers that hang, hog, crash or misbehave, and the next task that does not notice."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
import sandbox_tasks as tasks

from extractors.sandbox import open_sandbox
from pipeline.errors import NotAListing, ParseError, ParserKilled
from pipeline.records import Capture

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def sandbox():
    with open_sandbox(workers=2, memory_mb=256) as opened:
        yield opened


def test_results_come_back(sandbox):
    assert sandbox.run(tasks.add, 1, 2, seconds=5) == 3


def test_records_travel(sandbox):
    capture = Capture("http://a.example/", "http://a.example/", 200, {}, b"x" * 5_000_000, datetime.now(UTC), "")
    assert sandbox.run(tasks.body_length, capture, seconds=5) == 5_000_000


@pytest.mark.parametrize(
    ("task", "arguments", "kind", "code"),
    [
        (tasks.spin, (), ParserKilled, "parser_timeout"),
        (tasks.spin_in_native_code, (), ParserKilled, "parser_timeout"),
        (tasks.hog, (4_000,), ParserKilled, "parser_memory"),
        (tasks.hog_in_steps, (), ParserKilled, "parser_memory"),
        (tasks.kill_self, (), ParserKilled, "parser_crash"),
        (tasks.kill_self, (signal.SIGSEGV,), ParserKilled, "parser_crash"),
        (tasks.kill_self, (signal.SIGTERM,), ParserKilled, "parser_crash"),
        (tasks.exit_at_once, (3,), ParserKilled, "parser_crash"),
        (tasks.exit_at_once, (0,), ParserKilled, "parser_timeout"),
        (tasks.read_null, (), ParserKilled, "parser_crash"),
        (tasks.leave, (2,), ParseError, "parser_error"),
        (tasks.recurse, (), ParseError, "parser_error"),
        (tasks.fail, ("key",), ParseError, "parser_error"),
    ],
)
def test_what_goes_wrong_has_a_code_and_twenty_tasks_after_it_go_right(sandbox, task, arguments, kind, code):
    started = time.monotonic()
    with pytest.raises(ParseError) as failed:
        sandbox.run(task, *arguments, seconds=1.0)
    assert (type(failed.value), failed.value.code) == (kind, code)
    assert time.monotonic() - started < 3.0
    assert list(sandbox.map_ordered(tasks.add, ((n, 1) for n in range(20)), 5)) == list(range(1, 21))


def test_our_errors_arrive_as_they_were(sandbox):
    with pytest.raises(NotAListing) as failed:
        sandbox.run(tasks.refuse, "a page", seconds=5)
    assert str(failed.value) == "http://a.example/: a page — look there"


def test_an_unexpected_exception_is_named(sandbox):
    with pytest.raises(ParseError, match="KeyError: 'title'"):
        sandbox.run(tasks.fail, "title", seconds=5)


def test_order_is_kept_and_failures_are_values(sandbox):
    waits = [0.15, 0.0, 0.05, 9.0, 0.0, 0.1, 0.0]
    results = list(sandbox.map_ordered(tasks.wait, ((wait, n) for n, wait in enumerate(waits)), 1.0))
    assert [result for result in results if isinstance(result, int)] == [0, 1, 2, 4, 5, 6]
    assert isinstance(results[3], ParserKilled)


def test_the_iterable_is_pulled_as_results_are_taken(sandbox):
    pulled = 0

    def arguments():
        nonlocal pulled
        for number in range(1_000):
            pulled += 1
            yield (0.02, number)

    results = sandbox.map_ordered(tasks.wait, arguments(), 5)
    assert [next(results), next(results)] == [0, 1]
    assert pulled <= 2 + 2 * 2 + 1
    results.close()
    assert sandbox.run(tasks.add, 1, 1, seconds=5) == 2


def test_fetching_and_reading_overlap(sandbox):
    def slow_arguments():
        for number in range(8):
            time.sleep(0.15)
            yield (0.15, number)

    started = time.monotonic()
    assert list(sandbox.map_ordered(tasks.wait, slow_arguments(), 5)) == list(range(8))
    assert time.monotonic() - started < 2.2  # one after the other it takes 2.4 s


def test_an_iterable_that_fails_fails_the_caller(sandbox):
    def arguments():
        yield (1, 1)
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(sandbox.map_ordered(tasks.add, arguments(), 5))


def test_threads_share_it(sandbox):
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda n: sandbox.run(tasks.add, n, 1, seconds=5), range(100))) == list(range(1, 101))


def test_a_worker_killed_while_idle_is_replaced(sandbox):
    for _ in range(3):
        os.kill(sandbox.run(tasks.pid, seconds=5), signal.SIGKILL)
        time.sleep(0.25)
        assert list(sandbox.map_ordered(tasks.add, ((n, 1) for n in range(20)), 5)) == list(range(1, 21))


def test_workers_load_parsers_and_nothing_of_the_program(sandbox):
    parsers, program = ("feedparser", "trafilatura", "bs4"), ("prefect", "spacy", "sqlalchemy", "pytest", "pymorphy3")
    assert sandbox.run(tasks.loaded, *parsers, *program, seconds=5) == list(parsers)
    assert sandbox.run(tasks.main_name, seconds=5) is None


def test_there_is_room_for_the_parsers_under_the_limit(sandbox):
    assert sandbox.run(tasks.hog, 200, seconds=5) == 200 << 20


def test_nothing_starts_before_the_first_task_and_nothing_stays_after_close():
    children = psutil.Process().children(recursive=True)
    opened = open_sandbox(workers=2)
    assert psutil.Process().children(recursive=True) == children
    worker = opened.run(tasks.pid, seconds=5)
    assert psutil.pid_exists(worker)
    opened.close()
    assert not psutil.pid_exists(worker)
    opened.close()


def test_close_ends_what_is_running():
    opened = open_sandbox(workers=1)
    opened.run(tasks.add, 1, 1, seconds=5)
    started = time.monotonic()
    closer = threading.Timer(0.3, opened.close)
    closer.start()
    with pytest.raises(ParserKilled):
        opened.run(tasks.spin, seconds=3.0)
    closer.join()
    opened.close()
    assert time.monotonic() - started < 3.0


PROGRAM = """
import sys, time
sys.path.insert(0, {here!r})
import sandbox_tasks as tasks
from extractors.sandbox import open_sandbox
sandbox = open_sandbox(workers=2)
for _ in range(2):
    print(sandbox.run(tasks.pid, seconds=5), flush=True)
try:
    list(sandbox.map_ordered(tasks.spin, [(), ()], 30))
except KeyboardInterrupt:
    sandbox.close()
    print("stopped", flush=True)
"""


@pytest.fixture
def program():
    """A program with two workers that spin for 30 s, in a process group of its own."""
    source = PROGRAM.format(here=str(HERE))
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    with subprocess.Popen([sys.executable, "-c", source], cwd=HERE.parents[1], **options) as running:
        running.stdout.readline()
        running.stdout.readline()
        time.sleep(0.3)
        yield running
        running.kill()


def test_workers_die_with_their_program(program):
    family = psutil.Process(program.pid).children(recursive=True)
    assert len(family) >= 3
    program.kill()
    program.wait(5)
    _, alive = psutil.wait_procs(family, timeout=3)
    assert alive == []


def test_ctrl_c_stops_it_without_a_word_from_the_workers(program):
    os.killpg(program.pid, signal.SIGINT)
    out, err = program.communicate(timeout=8)
    assert (out.splitlines()[-1], err) == ("stopped", "")
