"""What there is to read, how to read it, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from detector.records import Fields
from detector.types import Document, Unreadable

STDIN = "-"


class InputFormat(StrEnum):
    """How to read files; ``auto`` goes by the suffix and takes standard input for text."""

    AUTO = "auto"
    TEXT = "text"
    HTML = "html"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    WARC = "warc"
    ZIP = "zip"
    TAR = "tar"


class Compression(StrEnum):
    """How a file is compressed, which its suffix says."""

    NONE = ""
    GZIP = ".gz"
    ZSTANDARD = ".zst"


RECORDS = frozenset({InputFormat.JSONL, InputFormat.CSV, InputFormat.TSV, InputFormat.PARQUET})
"""Formats that hold pages as records with fields."""


ARCHIVES = frozenset({InputFormat.ZIP, InputFormat.TAR})
"""Formats of files that hold files."""
WITH_PARTS = frozenset({InputFormat.JSONL, InputFormat.PARQUET})
"""Formats that can be read from the middle, if they are not compressed."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to read.

    A file or record of more than ``max_document_bytes`` is refused, and so is the rest of a
    compressed file once it gives more than ``max_expansion`` times its bytes. ``encoding`` is that
    of texts, HTML and tables, whatever they say themselves; None for what they say, or UTF-8.
    ``whole_records`` asks for every field of each record, also where those that no page needs cost
    extra.
    """

    max_document_bytes: int = 32_000_000
    max_expansion: int = 200
    encoding: str | None = None
    whole_records: bool = False


DEFAULT_OPTIONS = Options()


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, or standard input where ``path`` is None.

    ``name`` is the path below the folder or the fixed part of the pattern it was found by; for a
    file that was named itself, the file's name. ``format`` is never ``auto``.
    """

    path: Path | None
    name: str
    format: InputFormat
    compression: Compression = Compression.NONE
    members: InputFormat = InputFormat.AUTO
    """Which members of an archive are read; ``auto`` for all whose suffix is known."""

    def __str__(self) -> str:
        return STDIN if self.path is None else str(self.path)

    @property
    def has_records(self) -> bool:
        """Whether its pages are records, with other fields beside the text."""
        return self.format in RECORDS

    @property
    def has_parts(self) -> bool:
        """Whether it can be read from the middle, in parts of so many bytes."""
        plain = self.path is not None and self.compression is Compression.NONE
        return plain and self.format in WITH_PARTS


@dataclass(frozen=True, slots=True)
class Original:
    """A page and what it was read from.

    ``raw`` holds the bytes of a whole text, or of one line of JSONL, after decompression.
    ``record`` is the whole record of a page that came as one, also where the page is Unreadable
    for what its fields hold; None for a text, for a record that could not be parsed, and for a row
    of Parquet unless the options ask for whole records.
    ``source`` is None for a folder or pattern in which nothing was found.
    """

    page: Document | Unreadable
    source: Source | None = None
    raw: bytes = b""
    record: Mapping[str, Any] | None = None


def pages(originals: Iterable[Original]) -> Iterator[Document | Unreadable]:
    """The pages alone, for :meth:`detector.Detector.detect_many`."""
    return (original.page for original in originals)


class Part(NamedTuple):
    """The records of a file whose first byte lies in ``[start, end)``; of Parquet, the rows of the
    row groups that begin there.

    ``first_line`` is the number, from 1, of the line where the first of them stands; Parquet knows
    the number of a row by itself.
    """

    start: int
    end: int
    first_line: int


@dataclass(frozen=True, slots=True)
class Context:
    """What reading one source needs to know. ``where`` is what ids and messages call it; ``part``
    is None for all of it."""

    source: Source
    where: str
    fields: Fields
    options: Options
    part: Part | None = None


class RefusedError(Exception):
    """Why reading a source ends early; becomes an :class:`Unreadable` of this ``kind``."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(what)
        self.kind = kind
        self.what = what
