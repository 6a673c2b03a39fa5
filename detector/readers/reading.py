"""Reading sources: each is opened, decompressed and handed to the reader of its format."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from detector.readers.compression import inflated
from detector.readers.decoding import decoded
from detector.readers.jsonl import lines, lines_of_part, read_jsonl, too_large
from detector.readers.source import (
    DEFAULT_OPTIONS,
    Context,
    InputFormat,
    Options,
    Original,
    Part,
    RefusedError,
    Source,
)
from detector.readers.stdin import Stdin
from detector.records import DEFAULT_FIELDS, Fields
from detector.types import Unreadable


def read(
    sources: Iterable[Source | Unreadable],
    fields: Fields = DEFAULT_FIELDS,
    stdin: Stdin | None = None,
    options: Options = DEFAULT_OPTIONS,
) -> Iterator[Original]:
    """The pages of ``sources``, read one at a time.

    A text file is one page, with its path as id. Each line of a JSONL file that is not blank is a
    page; a record without an id has the id ``path#line``, in Parquet ``path#row``. ``stdin`` is
    what the source ``-`` means; None for ``sys.stdin``. What cannot be read is Unreadable in its
    place; where a file breaks off, an Unreadable with its path as id follows the pages before.

    Raises MissingExtraError at the first source that needs a library which is not installed.
    """
    for source in sources:
        if isinstance(source, Unreadable):
            yield Original(source)
        else:
            yield from _pages_of(Context(source, str(source), fields, options), stdin)


def read_part(
    source: Source,
    part: Part,
    fields: Fields = DEFAULT_FIELDS,
    options: Options = DEFAULT_OPTIONS,
) -> Iterator[Original]:
    """The pages of a part of a source that has parts.

    Parts that follow one another give together what :func:`read` gives, ids included.
    """
    return _pages_of(Context(source, str(source), fields, options, part), None)


def _pages_of(context: Context, stdin: Stdin | None) -> Iterator[Original]:
    """The pages of a source or part; if it can be read no further, that is said behind them."""
    source, where = context.source, context.where
    try:
        if source.path is None:
            yield from _pages(stdin or Stdin(sys.stdin.buffer), context)
        else:
            with source.path.open("rb") as stream:
                yield from _pages(_inflated(stream, context), context)
    except RefusedError as error:
        yield Original(Unreadable(where, error.kind, f"{where}: {error.what}"), source)
    except FileNotFoundError:
        message = f"{where}: no such file or folder; correct the path"
        yield Original(Unreadable(where, "missing", message), source)
    except OSError as error:
        message = f"{where}: cannot be read ({error.strerror}); check the file and its permissions"
        yield Original(Unreadable(where, "access", message), source)


def _inflated(stream: BinaryIO, context: Context) -> BinaryIO:
    return inflated(stream, context.source.compression, context.options.max_expansion)


def _pages(stream: BinaryIO | Stdin, context: Context) -> Iterator[Original]:
    if context.source.format is InputFormat.JSONL:
        yield from _jsonl(stream, context)
    elif context.source.format is InputFormat.PARQUET:
        from detector.readers.parquet import read_parquet

        yield from read_parquet(_seekable(stream), context)
    else:
        yield _text(stream.read(context.options.max_document_bytes + 1), context)


def _jsonl(stream: BinaryIO | Stdin, context: Context) -> Iterator[Original]:
    part, limit = context.part, context.options.max_document_bytes
    if isinstance(stream, Stdin):
        return read_jsonl(stream.lines(limit), context)
    if part is None:
        return read_jsonl(lines(stream, limit), context)
    return read_jsonl(lines_of_part(stream, part, limit), context, part.first_line)


def _seekable(stream: BinaryIO | Stdin) -> BinaryIO:
    """A stream that can be read from its end, as some formats must be; a pipe goes to a file."""
    if not isinstance(stream, Stdin) and stream.seekable():
        return stream
    import shutil
    import tempfile

    file = tempfile.TemporaryFile()  # noqa: SIM115 (it is closed when nobody reads it any more)
    shutil.copyfileobj(stream, file)
    file.seek(0)
    return file


def _text(raw: bytes, context: Context) -> Original:
    limit = context.options.max_document_bytes
    if len(raw) > limit:
        return Original(too_large(context.where, limit), context.source)
    return Original(decoded(raw, context.where), context.source, raw)
