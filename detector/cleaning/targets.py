"""Where cleaned files go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from detector.errors import ConfigError
from detector.readers import InputFormat, Source
from detector.types import Unreadable

PACKED = frozenset({InputFormat.WARC, InputFormat.ZIP, InputFormat.TAR})
"""Formats of files that hold many pages, each on its own; they become JSONL."""
_SUFFIXES = {InputFormat.HTML: ".txt"} | dict.fromkeys(PACKED, ".jsonl")
"""What is put behind the names of files that change their format."""
_TOGETHER = PACKED | {InputFormat.JSONL}
"""Formats of which several files can follow one another on standard output."""


def targets_of(
    sources: Sequence[Source | Unreadable], output: Path | None
) -> dict[Source | None, Path]:
    """The file for each source; none if everything goes to standard output.

    Raises ConfigError where something would be lost; see :func:`detector.cleaning.clean`.
    """
    files = [source for source in sources if isinstance(source, Source)]
    for source in files:
        if source.format is InputFormat.PARQUET and not source.has_parts:
            raise ConfigError(
                f"{source}: Parquet is cleaned from an uncompressed file alone; name one"
            )
    if output is None:
        if len(files) > 1 and not all(source.format in _TOGETHER for source in files):
            raise ConfigError(
                f"{len(files)} files would run into each other on standard output; "
                "name a folder for them with --output"
            )
        return {}
    inputs = {source.path.resolve() for source in files if source.path is not None}
    targets: dict[Source | None, Path] = {}
    taken: dict[Path, Source] = {}
    for source in files:
        if source.path is None:
            raise ConfigError("standard input has no name to keep; leave out --output")
        target = output / _name(source)
        if target.resolve() in inputs:
            raise ConfigError(f"{target}: would overwrite an input; name another --output")
        if taken.setdefault(target, source) != source:
            raise ConfigError(
                f"{target}: both {taken[target]} and {source} would be written here; "
                "clean them one after the other"
            )
        targets[source] = target
    return targets


def _name(source: Source) -> str:
    """The name of a cleaned file, which ends as what it holds."""
    suffix = _SUFFIXES.get(source.format)
    if suffix is None:
        return source.name
    return source.name.removesuffix(source.compression) + suffix + source.compression


@contextmanager
def sink(target: Path | None, stdout: BinaryIO) -> Iterator[BinaryIO]:
    """Where to write: standard output, or a file that replaces ``target`` once it is complete."""
    if target is None:
        yield stdout
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    try:
        with partial.open("wb") as stream:
            yield stream
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
