"""The folder of a run: what is planned, what is finished, and how a finished thing gets there.

    plan.jsonl          the settings, then a line a shard
    part-00017.jsonl    what shard 17 gave
    rejects.jsonl       what could not be read, and why
    summary.json        what was found; the run is complete when it is there
    .work/              of a run that is not: temporary files, and a tally of each finished shard

Nothing is ever written under its own name. A file is written under a temporary one, forced to the
disk and renamed; only then comes the tally, in the same way, and a shard is finished when its tally
is there. Whatever is cut short before that is done again and gives the same bytes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from detector.bulk.shards import File, Shard
from detector.bulk.summary import Summary
from detector.errors import ConfigError
from detector.types import Unreadable

PLAN, REJECTS, SUMMARY, WORK = "plan.jsonl", "rejects.jsonl", "summary.json", ".work"
_TEMPORARY, _LOCK = ".tmp", "lock"
_OWN = re.compile(r"part-\d+\..+|plan\.jsonl|rejects\.jsonl|summary\.json|\.work")
_REMEDY = "name another folder, or begin anew with --overwrite"


class Folder:
    """The folder at ``path``, whose parts end in ``suffix``."""

    def __init__(self, path: Path, suffix: str) -> None:
        self.path, self._suffix = path, suffix
        self._work = path / WORK

    # --- the plan ---------------------------------------------------------------------------

    @contextmanager
    def open(
        self, settings: dict[str, Any], shards: Iterable[Shard], overwrite: bool
    ) -> Iterator[None]:
        """Begin a run, or go on with the one that is there, without what it left unfinished.

        No other run may be in the folder meanwhile. Raises ConfigError if one is, or if the folder
        holds anything else: foreign files, or a run with other settings or inputs, which
        ``overwrite`` removes.
        """
        if self.path.exists():
            foreign = sorted(p.name for p in self.path.iterdir() if not _OWN.fullmatch(p.name))
            if foreign:
                raise ConfigError(
                    f"{self.path}: holds {foreign[0]!r}, which no run wrote; name another folder"
                )
        self._work.mkdir(parents=True, exist_ok=True)
        with (self._work / _LOCK).open("w") as lock:
            if not _lock(lock):
                raise ConfigError(f"{self.path}: another run is writing here; wait until it ends")
            if (self.path / PLAN).exists() and not overwrite:
                self._compare(settings, shards)
                self._sweep()
            else:
                self._begin(settings, shards)
            try:
                yield
            finally:
                self._sweep()

    def _sweep(self) -> None:
        """Remove what processes that are gone have left."""
        for left in self._work.glob(f"*{_TEMPORARY}"):
            left.unlink(missing_ok=True)

    def _begin(self, settings: dict[str, Any], shards: Iterable[Shard]) -> None:
        plan = self.path / PLAN
        plan.unlink(missing_ok=True)  # first: without it, nothing that is left counts
        for path in [*self.path.iterdir(), *self._work.iterdir()]:
            if path.is_file() and path.name != _LOCK:
                path.unlink()
        with self._replacing(plan) as stream:
            stream.write(_line(settings))
            stream.writelines(_line(shard.to_dict()) for shard in shards)

    def _compare(self, settings: dict[str, Any], shards: Iterable[Shard]) -> None:
        """Raise ConfigError if the run in the folder is not the one that is asked for."""
        with (self.path / PLAN).open("rb") as stream:
            planned = json.loads(next(stream))
            for name in {**planned, **settings}:
                before, now = planned.get(name), settings.get(name)
                if before != now:
                    raise ConfigError(
                        f"{self.path}: holds another run: its {name} is {before}, "
                        f"now it would be {now}; {_REMEDY}"
                    )
            files = (file for line in stream for file in Shard.from_dict(json.loads(line)).files)
            wanted = (file for shard in shards for file in shard.files)
            for old, new in zip_longest(files, wanted):
                if old != new:
                    raise ConfigError(
                        f"{self.path}: holds a run over other inputs: {_difference(old, new)}; "
                        f"{_REMEDY}"
                    )

    def shards(self) -> Iterator[Shard]:
        """The shards of the run, in order."""
        with (self.path / PLAN).open("rb") as stream:
            next(stream)
            for line in stream:
                yield Shard.from_dict(json.loads(line))

    # --- parts --------------------------------------------------------------------------------

    def part(self, number: int) -> Path:
        return self.path / f"part-{number:05}{self._suffix}"

    def _tally(self, number: int) -> Path:
        return self._work / f"{number:05}.jsonl"

    def is_finished(self, number: int) -> bool:
        """Whether a shard has its part and its tally, both complete."""
        return self._tally(number).exists() and self.part(number).exists()

    @contextmanager
    def commit(self, number: int, summary: Summary) -> Iterator[tuple[BinaryIO, Rejects]]:
        """Where to write the results and the rejects of a shard; when all is written, it is
        finished with ``summary``, and if anything is raised, nothing is left of it."""
        with self._replacing(self._tally(number)) as tally:
            with self._replacing(self.part(number)) as part:
                yield part, Rejects(tally, summary)
            tally.write(_line(summary.store()))

    @contextmanager
    def _replacing(self, target: Path) -> Iterator[BinaryIO]:
        """A file that stands under the name ``target`` once it is complete and on the disk."""
        temporary = self._work / f"{target.name}.{os.getpid()}{_TEMPORARY}"
        try:
            with temporary.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        _sync(target.parent)

    # --- the end ------------------------------------------------------------------------------

    def is_complete(self) -> bool:
        """Whether the whole run is finished; raises ConfigError if parts of one are gone."""
        if not (self.path / SUMMARY).exists():
            return False
        for number, _ in enumerate(self.shards()):
            if not self.part(number).exists():
                raise ConfigError(
                    f"{self.part(number)}: gone from a finished run; begin anew with --overwrite"
                )
        return True

    def finish(self) -> None:
        """Put together rejects and summary from the tallies, which go with all else unfinished."""
        if not self.is_complete():
            summary = Summary()
            with self._replacing(self.path / REJECTS) as rejects:
                for number, _ in enumerate(self.shards()):
                    summary.merge(self._collect(number, rejects))
            with self._replacing(self.path / SUMMARY) as stream:
                text = json.dumps(summary.to_dict(), ensure_ascii=False, indent=1)
                stream.write(text.encode("utf-8", "backslashreplace") + b"\n")
        shutil.rmtree(self._work, ignore_errors=True)

    def _collect(self, number: int, rejects: BinaryIO) -> Summary:
        """The summary of a shard, the last line of its tally; the others are its rejects."""
        last = b""
        with self._tally(number).open("rb") as stream:
            for line in stream:
                rejects.write(last)
                last = line
        return Summary.stored(json.loads(last))

    def summary(self) -> dict[str, Any]:
        """What was found, of a complete run."""
        record: dict[str, Any] = json.loads((self.path / SUMMARY).read_bytes())
        return record


class Rejects:
    """Takes what could not be read of a shard."""

    def __init__(self, stream: BinaryIO, summary: Summary) -> None:
        self._stream, self._summary = stream, summary

    def add(self, page: Unreadable) -> None:
        self._stream.write(_line(page.to_dict()))
        self._summary.reject(page)


def _line(record: dict[str, Any]) -> bytes:
    # A lone surrogate has no bytes in UTF-8; its backslash escape is what JSON calls it anyway.
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _difference(old: File | None, new: File | None) -> str:
    if old is None or new is None or old.path != new.path:
        before, now = (file.path if file else "no more" for file in (old, new))
        return f"it has {before} where there would be {now} now"
    return f"{old.path} has changed since"


def _sync(folder: Path) -> None:
    """Force the names in a folder to the disk, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _lock(stream: TextIO) -> bool:
    """Lock a file, without waiting; whether that worked.

    The lock ends with the process, however it ends. Windows has no such lock: there nothing is kept
    out.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
