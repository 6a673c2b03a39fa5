"""Files without their filler: found regions are cut out, every other byte of a text stays."""

from __future__ import annotations

import codecs
import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from detector import readers
from detector.errors import ConfigError
from detector.pipeline import Detector
from detector.readers import DEFAULT_OPTIONS, InputFormat, Options, Original, Source, Stdin
from detector.records import Fields
from detector.types import Result, Unreadable

WRITABLE = frozenset({InputFormat.TEXT, InputFormat.JSONL})
"""Formats that are written as they were read."""


def clean(
    detector: Detector,
    sources: Sequence[Source | Unreadable],
    fields: Fields,
    stdin: Stdin,
    stdout: BinaryIO,
    output: Path | None = None,
    options: Options = DEFAULT_OPTIONS,
) -> Iterator[Result | Unreadable]:
    """Write every source without its filler; yields each result once it is written.

    Files go to the folder ``output`` under their own names (but never compressed), each replaced
    when it is complete; if it is None, all goes to ``stdout``. A JSONL record that cannot be read
    becomes an error record, a text that cannot be read is left out.

    Raises ConfigError, before anything is written, if several texts would run into each other on
    ``stdout``, two sources into one file, or an input would be overwritten, and for a format that
    is only read.
    """
    _require_writable(sources)
    targets = _targets(sources, output)
    originals, ahead = itertools.tee(readers.read(sources, fields, stdin, options))
    results = detector.detect_many(readers.pages(ahead), pause=stdin.waits)
    pairs = zip(originals, results, strict=True)
    for source, group in itertools.groupby(pairs, key=lambda pair: pair[0].source):
        first = next(group)
        if not _has_content(first[0]):
            yield first[1]
            continue
        with sink(targets.get(source), stdout) as stream:
            for original, result in itertools.chain([first], group):
                stream.write(_cleaned(original, result, fields))
                stream.flush()
                yield result


def _has_content(original: Original) -> bool:
    """False for a text that cannot be read, and for a file that cannot be opened."""
    if isinstance(original.page, Unreadable):
        return original.source is not None and original.source.has_records and bool(original.raw)
    return True


def _require_writable(sources: Sequence[Source | Unreadable]) -> None:
    for source in sources:
        if isinstance(source, Source) and source.format not in WRITABLE:
            raise ConfigError(
                f"{source}: cleaned pages of {source.format} cannot be written back; "
                "turn it into JSONL or text first"
            )


# --- where to ------------------------------------------------------------------------------------


def _targets(
    sources: Sequence[Source | Unreadable], output: Path | None
) -> dict[Source | None, Path]:
    """The file for each source; none if everything goes to standard output."""
    files = [source for source in sources if isinstance(source, Source)]
    if output is None:
        if len(files) > 1 and not all(source.has_records for source in files):
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
        target = output / source.name[: len(source.name) - len(source.compression)]
        if target.resolve() in inputs:
            raise ConfigError(f"{target}: would overwrite an input; name another --output")
        if taken.setdefault(target, source) != source:
            raise ConfigError(
                f"{target}: both {taken[target]} and {source} would be written here; "
                "clean them one after the other"
            )
        targets[source] = target
    return targets


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


# --- what ----------------------------------------------------------------------------------------


def _cleaned(original: Original, result: Result | Unreadable, fields: Fields) -> bytes:
    if isinstance(result, Unreadable):
        return _json(result.to_dict()) + b"\n"
    if original.source is not None and original.source.has_records:
        return _cleaned_record(original.raw, result, fields.text)
    return _byte_order_mark(original.raw) + result.clean_text().encode("utf-8")


def _cleaned_record(line: bytes, result: Result, text_field: str) -> bytes:
    """A line of JSONL with the text replaced, if there is anything to take out of it."""
    body = line.rstrip(b"\r\n")
    ending = line[len(body) :] or b"\n"
    if not result.regions:
        return body + ending
    mark = _byte_order_mark(body)
    body = body.removeprefix(mark)
    record = json.loads(body)
    record[text_field] = result.clean_text()
    return mark + _json(record, ensure_ascii=body.isascii()) + ending


def _json(record: object, ensure_ascii: bool = False) -> bytes:
    # A lone surrogate has no bytes in UTF-8; its backslash escape is what JSON calls it anyway.
    text = json.dumps(record, ensure_ascii=ensure_ascii)
    return text.encode("utf-8", "backslashreplace")


def _byte_order_mark(raw: bytes) -> bytes:
    return codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
