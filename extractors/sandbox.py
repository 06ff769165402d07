"""Processes in which foreign bytes are parsed, and which can be killed.

A thread cannot be killed and SIGALRM does not interrupt native code, but a feed of 40 kB can keep feedparser for 15
seconds and a page of one megabyte trafilatura for a hundred. So every parser runs in a pool of processes (pebble) with
a time limit per task and a memory limit per process; a killed process is replaced and the next task goes on. A task
costs 0.3 ms on top of its own time, so tasks need no batching.

Workers are forked from a fork server: a clean process that has imported the parsers and nothing else, has one thread
and no lock held, so a replacement is there in milliseconds. They never run the program's `__main__`.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import resource
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import context, forkserver, popen_forkserver, reduction, spawn, util
from pathlib import Path
from types import TracebackType
from typing import Any

from pebble import ProcessExpired, ProcessPool

from pipeline.errors import ParseError, ParserKilled, WatchwireError

PARSERS = ("feedparser", "chardet", "bs4", "lxml.html", "trafilatura", "htmldate")
_TASKS_PER_WORKER = 500  # then a fresh process, before fragments of memory add up to the limit


def open_sandbox(workers: int = 2, memory_mb: int = 1_024, preload: Iterable[str] = PARSERS) -> Sandbox:
    """A pool of `workers` processes, each allowed `memory_mb` MiB beyond what it starts with.

    No process is started before the first task. `preload` names modules to import once, before forking. Close it, or
    use it in a `with` block. Safe to use from many threads.
    """
    return Sandbox(workers, memory_mb, tuple(preload))


class Sandbox:
    """See `open_sandbox`. Functions must be importable by name; arguments and results must pickle."""

    def __init__(self, workers: int, memory_mb: int, preload: tuple[str, ...]) -> None:
        self._workers = workers
        self._memory_mb = memory_mb
        self._preload = preload
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._waiting: set[Future[Any]] = set()
        self._is_closed = False

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all workers, whatever they are doing: who waits for a result gets ParserKilled."""
        with self._lock:
            self._is_closed = True
            self._stop_pool()

    def run(self, function: Callable[..., Any], *args: Any, seconds: float) -> Any:
        """The result of `function(*args)`, computed elsewhere.

        Raises what the function raised, if it is one of our errors. Raises ParserKilled: `parser_timeout` after
        `seconds` (the time in the queue does not count), `parser_memory`, `parser_crash`; ParseError `parser_error` for
        any other exception of the function.
        """
        answer = self._settle(self._submit(function, args, seconds))
        if isinstance(answer, WatchwireError):
            raise answer
        return answer

    def map_ordered(
        self, function: Callable[..., Any], argument_lists: Iterable[tuple[Any, ...]], seconds: float
    ) -> Iterator[Any]:
        """`function(*arguments)` for each, in order; failures are yielded as values (see `run`).

        Pulls its iterable as it goes, at most two tasks per worker ahead: taking the next arguments (a fetch) and
        computing earlier results overlap, and memory stays bounded.
        """
        ahead = 2 * self._workers
        jobs: deque[_Job] = deque()
        try:
            for arguments in argument_lists:
                jobs.append(self._submit(function, arguments, seconds))
                while jobs and (len(jobs) > ahead or jobs[0].future.done()):
                    yield self._settle(jobs.popleft())
            while jobs:
                yield self._settle(jobs.popleft())
        finally:
            for job in jobs:
                job.future.cancel()
                self._waiting.discard(job.future)

    def _submit(self, function: Callable[..., Any], args: tuple[Any, ...], seconds: float) -> _Job:
        with self._lock:
            if self._is_closed:
                raise ParserKilled("the sandbox is closed")
            if self._pool is not None and not self._pool.active:
                self._stop_pool()
            if self._pool is None:
                self._pool = self._open_pool()
            future = self._pool.schedule(_answer, args=(function, args), timeout=seconds)
            self._waiting.add(future)
            return _Job(function, args, seconds, self._pool, future)

    def _settle(self, job: _Job) -> Any:
        for _ in range(3):
            try:
                return self._wait(job)
            except (BrokenProcessPool, CancelledError):
                # A worker died while nobody knew what it was doing. All tasks of its pool are lost, few are guilty.
                with self._lock:
                    if self._pool is job.pool:
                        self._stop_pool()
            try:
                job = self._submit(job.function, job.args, job.seconds)
            except ParserKilled as error:
                return error
        return ParserKilled("the parser crashed again and again", code="parser_crash")

    def _wait(self, job: _Job) -> Any:
        try:
            return job.future.result()
        except TimeoutError:
            return ParserKilled(f"the parser was not done after {job.seconds:g} s", code="parser_timeout")
        except ProcessExpired as error:
            return ParserKilled(f"the parser crashed, exit code {error.exitcode}", code="parser_crash")
        except (BrokenProcessPool, CancelledError):
            raise
        except Exception as error:  # arguments that do not pickle
            return _unexpected(error)
        finally:
            self._waiting.discard(job.future)

    def _stop_pool(self) -> None:
        """With the lock held. Tasks that were running or queued are cancelled: pebble alone would let them wait."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        with contextlib.suppress(RuntimeError):
            pool.stop()
            pool.join()
        for future in list(self._waiting):
            future.cancel()

    def _open_pool(self) -> ProcessPool:
        _start_fork_server(self._preload)
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=_TASKS_PER_WORKER,
            initializer=_confine,
            initargs=(self._memory_mb,),
            context=_Context(),
        )


@dataclass(frozen=True, slots=True)
class _Job:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    seconds: float
    pool: ProcessPool
    future: Future[Any]


# --- in the worker ----------------------------------------------------------------------------------------------


def _answer(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """The function's result, or its failure as a value: errors need no traceback to travel."""
    try:
        return function(*args)
    except WatchwireError as error:
        return error
    except MemoryError:
        return ParserKilled("the parser needed more memory than it may have", code="parser_memory")
    except BaseException as error:  # SystemExit too: it would end the program that waits for the answer
        return _unexpected(error)


def _unexpected(error: BaseException) -> ParseError:
    return ParseError(f"{type(error).__name__}: {error}"[:300], code="parser_error")


def _confine(memory_mb: int) -> None:
    """Run first in each worker: limit its memory, make it die at once when told to, and with its parent."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # pebble's handler waits for native code to return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = _mapped_bytes() + (memory_mb << 20)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses limits on address space
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    if sys.platform == "linux":
        # The parent is the fork server, which ends when the last process that holds its `alive` pipe does. Without our
        # copy that is the program, however it ends.
        os.close(forkserver._forkserver._forkserver_alive_fd)
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _mapped_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 256 << 20


# --- starting workers -------------------------------------------------------------------------------------------


def _start_fork_server(preload: tuple[str, ...]) -> None:
    """Ctrl-C in the terminal reaches every process of the group. With the signal blocked here while the server starts,
    it and all it forks have it blocked for good: none of them prints a traceback, at no moment of its life."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.set_forkserver_preload(list(preload))
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Popen(popen_forkserver.Popen):
    """The standard library's, except that the worker does not import the program's main module: under a flow run that
    is Prefect's engine (1.3 s and 150 MB a worker), under the command line the whole of watchwire."""

    def _launch(self, process_obj: Any) -> None:
        preparation = spawn.get_preparation_data(process_obj.name)
        preparation.pop("init_main_from_name", None)
        preparation.pop("init_main_from_path", None)
        buffer = io.BytesIO()
        context.set_spawning_popen(self)
        try:
            reduction.dump(preparation, buffer)
            reduction.dump(process_obj, buffer)
        finally:
            context.set_spawning_popen(None)
        self.sentinel, writer = forkserver.connect_to_new_process(self._fds)
        self.finalizer = util.Finalize(self, util.close_fds, (os.dup(writer), self.sentinel))
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(buffer.getbuffer())
        self.pid = forkserver.read_signed(self.sentinel)


class _Process(context.ForkServerProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> _Popen:  # noqa: N802
        return _Popen(process_obj)


class _Context(context.ForkServerContext):
    Process = _Process
