"""Scoring beside the event loop: a thread takes what waits and reads it as one batch."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple

from detector.pipeline import Detector
from detector.types import Document, Result

QUICK_CHARS = 50_000
"""Work of more characters waits in a lane of its own, so that it holds up nobody else."""
BATCH_CHARS = 200_000
"""Characters that are taken out of a lane at once; a page by itself may be longer."""


class _Job(NamedTuple):
    documents: Sequence[Document]
    results: Future[list[Result]]

    @property
    def n_chars(self) -> int:
        return sum(len(d.text) + len(d.preceding) for d in self.documents)


class Scorer:
    """Scores documents in two threads, one for short work and one for long.

    What waits in a lane is read as one batch, which is quicker than one by one and changes no
    result. How much waits is for the caller to bound.
    """

    def __init__(self, detector: Detector) -> None:
        self._quick, self._slow = _Lane(detector, "quick"), _Lane(detector, "slow")

    async def score(self, documents: Sequence[Document]) -> list[Result]:
        """Results in the order of ``documents``. If the caller is cancelled, what has not begun is
        left undone."""
        job = _Job(documents, Future())
        lane = self._quick if job.n_chars <= QUICK_CHARS else self._slow
        lane.put(job)
        return await asyncio.wrap_future(job.results)

    def close(self) -> None:
        """Finish what waits, and end."""
        self._quick.close()
        self._slow.close()


class _Lane:
    """A thread and what waits for it."""

    def __init__(self, detector: Detector, name: str) -> None:
        self._detector = detector
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"scoring-{name}", daemon=True)
        self._thread.start()

    def put(self, job: _Job) -> None:
        self._jobs.put(job)

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        held: _Job | None = None
        while (first := held or self._jobs.get()) is not None:
            batch, held = self._waiting(first)
            self._score([job for job in batch if job.results.set_running_or_notify_cancel()])

    def _waiting(self, first: _Job) -> tuple[list[_Job], _Job | None]:
        """A batch that begins with ``first``, and a job that has no room in it any more."""
        batch, chars = [first], first.n_chars
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return batch, None
            if job is None:
                self._jobs.put(None)  # the end, once the batch is done
                return batch, None
            chars += job.n_chars
            if chars > BATCH_CHARS:
                return batch, job
            batch.append(job)

    def _score(self, jobs: Sequence[_Job]) -> None:
        """Give each job its results, or the error that it raises by itself."""
        documents = [document for job in jobs for document in job.documents]
        try:
            results = iter(list(self._detector.detect_many(documents)))
        except Exception as error:  # whatever it is, it is the caller's and must not end the thread
            if len(jobs) == 1:
                jobs[0].results.set_exception(error)
            else:  # who it was comes out one by one
                for job in jobs:
                    self._score([job])
            return
        for job in jobs:
            job.results.set_result([next(results) for _ in job.documents])
