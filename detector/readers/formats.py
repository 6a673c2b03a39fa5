"""Which format a file has, by the end of its name."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath
from typing import NamedTuple

from detector.readers.source import ARCHIVES, Compression, InputFormat

SUFFIXES = {
    ".txt": InputFormat.TEXT,
    ".text": InputFormat.TEXT,
    ".md": InputFormat.TEXT,
    ".html": InputFormat.HTML,
    ".htm": InputFormat.HTML,
    ".xhtml": InputFormat.HTML,
    ".jsonl": InputFormat.JSONL,
    ".ndjson": InputFormat.JSONL,
    ".csv": InputFormat.CSV,
    ".tsv": InputFormat.TSV,
    ".parquet": InputFormat.PARQUET,
    ".warc": InputFormat.WARC,
    ".wet": InputFormat.WARC,
    ".zip": InputFormat.ZIP,
    ".tar": InputFormat.TAR,
}
ALIASES = {".tgz": ".tar.gz", ".tzst": ".tar.zst"}


class Named(NamedTuple):
    """What a name says: a format, None where its suffix is unknown, and a compression."""

    format: InputFormat | None
    compression: Compression


def by_name(name: str) -> Named:
    """What the name of a file says of it: ``pages.jsonl.gz`` is JSONL in gzip."""
    path = PurePath(name.lower())
    path = path.with_suffix(ALIASES.get(path.suffix, path.suffix))
    if path.suffix in {".gz", ".zst"}:
        return Named(SUFFIXES.get(PurePath(path.stem).suffix), Compression(path.suffix))
    return Named(SUFFIXES.get(path.suffix), Compression.NONE)


def is_wanted(found: InputFormat | None, asked: InputFormat) -> bool:
    """Whether a file of a folder is read, if this format is asked for."""
    return found is not None and asked in {InputFormat.AUTO, found}


def is_wanted_member(name: str, asked: InputFormat) -> bool:
    """Whether a file of an archive is read; archives inside archives are not."""
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    found = by_name(path.name).format
    return (
        not hidden
        and not is_readme(path.name)
        and found not in ARCHIVES
        and is_wanted(found, asked)
    )


def is_readme(name: str) -> bool:
    """Whether a file tells of the others, by its name."""
    return PurePath(name).stem.lower() == "readme"


def suffixes(asked: InputFormat) -> list[str]:
    """The suffixes that a format goes by, sorted."""
    return sorted(suffix for suffix, found in SUFFIXES.items() if is_wanted(found, asked))
