"""Processes that take one task after another and say how far they are.

Unlike a pool of futures, they outlive nothing: a worker ends at once when the process that started
it does, however that ended, and a worker that ends by itself is an error that says so.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple, TypeVar

from detector.errors import DetectorError, WorkerError

Task = TypeVar("Task")
Report = Callable[[int], None]

_THREADS = "OPENBLAS_NUM_THREADS"


class Event(NamedTuple):
    """Something that happened to a task: so many more of its pages are done, or all of it is."""

    pages: int = 0
    finished: bool = False


def as_done(
    work: Callable[[Task, Report], None], tasks: Iterable[Task], jobs: int
) -> Generator[tuple[Task, Event], None, None]:
    """Call ``work`` with each of ``tasks`` in one of ``jobs`` processes, in whatever order; yields
    what happens as it happens.

    ``work`` is told how to report pages. Raises the DetectorError or OSError that it raised, and
    WorkerError if a process ended by itself. The processes end when this is closed.
    """
    source = iter(tasks)
    busy: dict[object, tuple[_Worker, Task]] = {}
    try:
        for _, task in zip(range(jobs), source, strict=False):
            worker = _Worker(work)
            busy[worker.connection] = worker, task
            worker.send(task)
        while busy:
            for connection in wait([worker.connection for worker, _ in busy.values()]):
                worker, task = busy[connection]
                event = worker.receive()
                if event.finished:
                    del busy[connection]
                    following = next(source, None)
                    if following is None:
                        worker.stop()
                    else:
                        busy[connection] = worker, following
                        worker.send(following)
                yield task, event
    finally:
        for worker, _ in busy.values():
            worker.stop()


class _Worker:
    """A process, and the connection to it."""

    def __init__(self, work: Callable[[Any, Report], None]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        with _one_thread(), _no_interrupts():
            self._process.start()
        theirs.close()  # so that its end is the end of the connection
        self.send(work)  # not as an argument: to start a process that dies meanwhile never ends

    def send(self, task: object) -> None:
        try:
            self.connection.send(task)
        except OSError as error:
            raise self._ended() from error

    def receive(self) -> Event:
        try:
            message: Event | DetectorError | OSError = self.connection.recv()
        except (EOFError, OSError) as error:
            raise self._ended() from error
        if isinstance(message, Event):
            return message
        raise message

    def _ended(self) -> WorkerError:
        self._process.join()
        code = self._process.exitcode or 0
        how = f"signal {-code}, as when memory runs out" if code < 0 else f"exit code {code}"
        return WorkerError(f"a worker process ended by itself ({how}); run the command again")

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()
        self.connection.close()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let a process that is started have one thread for its matrices: the others have their own."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Let a process that is started not see what is typed: the one that starts it ends it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# --- in the process ------------------------------------------------------------------------------


def _serve(connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def report(pages: int) -> None:
        connection.send(Event(pages=pages))

    work: Callable[[Any, Report], None] = connection.recv()
    while True:
        task = connection.recv()
        try:
            work(task, report)
        except (DetectorError, OSError) as error:
            connection.send(error)
        else:
            connection.send(Event(finished=True))


def _end_with_parent() -> None:
    """End this process, whatever it is doing, when the one that started it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
