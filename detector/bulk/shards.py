"""What a bulk run reads, in pieces that are worth a file of output each.

A shard is a byte range of a file that can be read from the middle, with the records whose first
byte lies in it, or a group of whole files, which may be one large one. The plan depends on the
names, sizes and times of the files alone, so that the same inputs give the same plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from detector import readers
from detector.errors import ReadError
from detector.readers import Compression, InputFormat, Options, Part, Source
from detector.records import Fields
from detector.sites import host_of
from detector.types import Document, Unreadable

SHARD_BYTES = 8_000_000
"""About how much input a shard has by default: a second of work or a few, against some milliseconds
to commit it."""
SHARD_FILES = 256
"""Files that a shard has at most."""
_CHUNK = 1 << 20


class File(NamedTuple):
    """A file as it was when the run was planned; the time is that of its last change, in ns."""

    path: str
    size: int
    mtime_ns: int
    format: str
    compression: str

    @property
    def source(self) -> Source:
        path = Path(self.path)
        return Source(path, path.name, InputFormat(self.format), Compression(self.compression))


@dataclass(frozen=True, slots=True)
class Shard:
    """Whole files, or if ``is_part``, of one file the records that begin in ``[start, end)``."""

    files: tuple[File, ...]
    start: int
    end: int
    is_part: bool

    @property
    def n_bytes(self) -> int:
        return self.end - self.start

    def to_dict(self) -> dict[str, Any]:
        part = {"start": self.start, "end": self.end} if self.is_part else {}
        return {**part, "files": [file._asdict() for file in self.files]}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Shard:
        files = tuple(File(**file) for file in record["files"])
        if "start" in record:
            return cls(files, record["start"], record["end"], is_part=True)
        return _group(files)


def _group(files: Sequence[File]) -> Shard:
    return Shard(tuple(files), 0, sum(file.size for file in files), is_part=False)


def plan(sources: Iterable[Source | Unreadable], shard_bytes: int = SHARD_BYTES) -> Iterator[Shard]:
    """The shards of all sources, in order, of up to ``shard_bytes`` each; a larger file that cannot
    be read from the middle is one shard.

    Raises ReadError for a path that leads nowhere and for standard input: what is to be read must
    be there when the run begins, and again when it goes on.
    """
    waiting: list[File] = []
    n_bytes = 0
    for source in sources:
        file = _file(source)
        if waiting and (len(waiting) == SHARD_FILES or n_bytes + file.size > shard_bytes):
            yield _group(waiting)
            waiting, n_bytes = [], 0
        if file.size > shard_bytes and file.source.has_parts:
            for start in range(0, file.size, shard_bytes):
                yield Shard((file,), start, min(start + shard_bytes, file.size), is_part=True)
        else:
            waiting.append(file)
            n_bytes += file.size
    if waiting:
        yield _group(waiting)


def _file(source: Source | Unreadable) -> File:
    if isinstance(source, Unreadable):
        raise ReadError(source.message)
    if source.path is None:
        raise ReadError(
            "standard input cannot be read a second time when the run goes on; "
            "write it to a file, or leave out --output"
        )
    try:
        status = source.path.stat()
    except FileNotFoundError as error:
        message = f"{source.path}: no such file or folder; correct the path"
        raise ReadError(message) from error
    size, time = status.st_size, status.st_mtime_ns
    return File(str(source.path), size, time, source.format.value, source.compression.value)


# --- reading -------------------------------------------------------------------------------------


class Lines:
    """Numbers of lines where shards begin, each counted on from the one before."""

    def __init__(self) -> None:
        self._path = ""
        self._at = self._breaks = 0

    def first(self, shard: Shard) -> int:
        """Number, from 1, of the first line that begins in a shard or behind it; 1 where records
        are not lines."""
        path = shard.files[0].path
        if path != self._path or shard.start <= self._at:
            self._path, self._at, self._breaks = path, 0, 0
        if shard.start == 0 or shard.files[0].format != InputFormat.JSONL:
            return 1
        # A line begins behind a line break, so a break that is the last byte before counts.
        with Path(path).open("rb") as stream:
            stream.seek(self._at)
            while self._at < shard.start - 1:
                chunk = stream.read(min(_CHUNK, shard.start - 1 - self._at))
                if not chunk:
                    raise _changed(path)
                self._breaks += chunk.count(b"\n")
                self._at += len(chunk)
        return self._breaks + 2


def read(
    shard: Shard, first_line: int, fields: Fields, options: Options
) -> Iterator[tuple[str, Document | Unreadable]]:
    """The pages of a shard, each with its site: the host of its URL, else its folder.

    Raises ReadError for a file that is not what it was when the run was planned.
    """
    for file in shard.files:
        source, folder = file.source, str(Path(file.path).parent)
        if _file(source) != file:
            raise _changed(file.path)
        if shard.is_part:
            part = Part(shard.start, shard.end, first_line)
            originals = readers.read_part(source, part, fields, options)
        else:
            originals = readers.read([source], fields, options=options)
        for page in readers.pages(originals):
            yield _site(page, folder), page


def _changed(path: str) -> ReadError:
    return ReadError(
        f"{path}: changed since the run was planned; put it back as it was, or begin anew "
        "with --overwrite"
    )


def _site(page: Document | Unreadable, folder: str) -> str:
    url = page.url if isinstance(page, Document) else None
    return host_of(url or "") or folder
