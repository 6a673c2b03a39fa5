"""One run: planned, handed out to processes, put together."""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import detector as package
from detector.bulk import shards, workers
from detector.bulk.folder import Folder
from detector.bulk.progress import Progress
from detector.bulk.shards import Lines, Shard
from detector.bulk.summary import Summary
from detector.bulk.workers import Report
from detector.model import Model
from detector.pipeline import Detector
from detector.readers import Options, Source
from detector.records import Fields
from detector.types import Result, Unreadable
from detector.writers import FORMATS
from detector.writers.compression import compressed

FORMAT = 1
"""Version of what a run's folder holds."""
REPORT_EVERY = 100
"""Pages after which a worker says how far it is."""


class Task(NamedTuple):
    """A shard to be done: its number, and that of its first line."""

    number: int
    shard: Shard
    first_line: int


@dataclass
class Run:
    """Scoring of all ``sources`` into the folder ``output``, a file a shard.

    :meth:`run` does what is left to do. It can be cut short anywhere, by whatever means, and called
    again with the same arguments; the number of ``jobs`` may be another. In the end the folder
    holds the same bytes. ``compression`` is a suffix: ``.gz``, ``.zst`` or nothing.
    """

    detector: Detector
    sources: Callable[[], Iterable[Source | Unreadable]]
    output: Path
    fields: Fields
    options: Options
    output_format: str = "jsonl"
    compression: str = ""
    shard_bytes: int = shards.SHARD_BYTES
    n_shards: int = field(default=0, init=False)
    n_finished: int = field(default=0, init=False)

    def run(self, jobs: int, overwrite: bool, stream: TextIO) -> dict[str, Any]:
        """Do what is left to do; the summary of the whole. Progress goes to ``stream``.

        Raises ConfigError if the folder holds something else, which ``overwrite`` replaces;
        ReadError if an input is missing or has changed; WorkerError if a process was killed;
        OSError if something cannot be written.
        """
        suffix = FORMATS[self.output_format].suffix + self.compression
        folder = Folder(self.output, suffix)
        planned = shards.plan(self.sources(), self.shard_bytes)
        with folder.open(self._settings(), planned, overwrite):
            if not folder.is_complete():
                self._do(folder, jobs, stream)
            folder.finish()
        return folder.summary()

    def _settings(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "detector": package.__version__,
            "model": self.detector.model.name,
            "model_sha256": _digest(self.detector.model),
            "threshold": self.detector.threshold,
            "output_format": self.output_format,
            "compression": self.compression,
            "fields": asdict(self.fields),
            "options": asdict(self.options),
            "shard_bytes": self.shard_bytes,
        }

    def _do(self, folder: Folder, jobs: int, stream: TextIO) -> None:
        n_bytes = n_finished_bytes = 0
        for number, shard in enumerate(folder.shards()):
            self.n_shards += 1
            n_bytes += shard.n_bytes
            if folder.is_finished(number):
                self.n_finished += 1
                n_finished_bytes += shard.n_bytes
        progress = Progress(stream, n_bytes, n_finished_bytes)
        work = _Scorer(self.detector, folder, self.fields, self.options, self.output_format)
        try:
            with closing(workers.as_done(work, _tasks(folder), jobs)) as done:
                for task, event in done:
                    self.n_finished += event.finished
                    progress.add(event.pages, task.shard.n_bytes if event.finished else 0)
        finally:
            progress.close()


def _tasks(folder: Folder) -> Iterator[Task]:
    """The shards that are not finished."""
    lines = Lines()
    for number, shard in enumerate(folder.shards()):
        if not folder.is_finished(number):
            yield Task(number, shard, lines.first(shard))


@dataclass(frozen=True)
class _Scorer:
    """What a worker process does with a task."""

    detector: Detector
    folder: Folder
    fields: Fields
    options: Options
    output_format: str

    def __call__(self, task: Task, report: Report) -> None:
        summary = Summary()
        pages = shards.read(task.shard, task.first_line, self.fields, self.options)
        found, ahead = itertools.tee(pages)
        results = self.detector.detect_many(page for _, page in ahead)
        with self.folder.commit(task.number, summary) as (part, rejects):

            def readable() -> Iterator[Result]:
                n = 0
                for n, ((site, _), result) in enumerate(zip(found, results, strict=True), 1):
                    if isinstance(result, Unreadable):
                        rejects.add(result)
                    else:
                        summary.add(site, result)
                        yield result
                    if n % REPORT_EVERY == 0:
                        report(REPORT_EVERY)
                report(n % REPORT_EVERY)

            with compressed(part, self.folder.part(task.number)) as sink:
                for piece in FORMATS[self.output_format].write(readable()):
                    sink.write(piece)


def _digest(model: Model) -> str:
    """SHA-256 of a model's file, which names its lexicon by digest too."""
    with tempfile.TemporaryDirectory(prefix="detector-") as folder:
        model.save(Path(folder))
        (path,) = Path(folder).iterdir()
        return hashlib.sha256(path.read_bytes()).hexdigest()
