"""Which format a file has, by the end of its name."""

from __future__ import annotations

from pathlib import PurePath
from typing import NamedTuple

from detector.readers.source import Compression, InputFormat

SUFFIXES = {
    ".txt": InputFormat.TEXT,
    ".text": InputFormat.TEXT,
    ".md": InputFormat.TEXT,
    ".jsonl": InputFormat.JSONL,
    ".ndjson": InputFormat.JSONL,
    ".parquet": InputFormat.PARQUET,
}


class Named(NamedTuple):
    """What a name says: a format, None where its suffix is unknown, and a compression."""

    format: InputFormat | None
    compression: Compression


def by_name(name: str) -> Named:
    """What the name of a file says of it: ``pages.jsonl.gz`` is JSONL in gzip."""
    path = PurePath(name.lower())
    if path.suffix in {".gz", ".zst"}:
        return Named(SUFFIXES.get(PurePath(path.stem).suffix), Compression(path.suffix))
    return Named(SUFFIXES.get(path.suffix), Compression.NONE)


def is_wanted(found: InputFormat | None, asked: InputFormat) -> bool:
    """Whether a file of a folder is read, if this format is asked for."""
    return found is not None and asked in {InputFormat.AUTO, found}


def suffixes(asked: InputFormat) -> list[str]:
    """The suffixes that a format goes by, sorted."""
    return sorted(suffix for suffix, found in SUFFIXES.items() if is_wanted(found, asked))
