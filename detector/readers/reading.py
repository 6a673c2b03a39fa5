"""Reading sources: each is opened, decompressed and handed to the reader of its format."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from detector.readers.compression import damaged, inflated
from detector.readers.decoding import decoded
from detector.readers.formats import by_name
from detector.readers.jsonl import lines, lines_of_part, read_jsonl, too_large
from detector.readers.source import (
    ARCHIVES,
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
            yield from _pages(stdin or Stdin(sys.stdin.buffer), source.format, context)
        else:
            with source.path.open("rb") as stream:
                yield from _pages(_inflated(stream, context), source.format, context)
    except RefusedError as error:
        yield _refused(error, context)
    except FileNotFoundError:
        message = f"{where}: no such file or folder; correct the path"
        yield Original(Unreadable(where, "missing", message), source)
    except OSError as error:
        message = f"{where}: cannot be read ({error.strerror}); check the file and its permissions"
        yield Original(Unreadable(where, "access", message), source)


def _inflated(stream: BinaryIO, context: Context) -> BinaryIO:
    return inflated(stream, context.source.compression, context.options.max_expansion)


def _pages(stream: BinaryIO | Stdin, form: InputFormat, context: Context) -> Iterator[Original]:
    """The pages of a stream. What few need is imported where it is needed."""
    if form is InputFormat.JSONL:
        yield from _jsonl(stream, context)
    elif form in {InputFormat.CSV, InputFormat.TSV}:
        from detector.readers.tables import read_table

        delimiter = "\t" if form is InputFormat.TSV else ","
        yield from read_table(_lines(stream, context), delimiter, context)
    elif form is InputFormat.PARQUET:
        from detector.readers.parquet import read_parquet

        yield from read_parquet(_seekable(stream), context)
    elif form is InputFormat.WARC:
        from detector.readers.web_archives import read_warc

        yield from read_warc(stream, context)
    elif form in ARCHIVES:
        yield from _members(stream, form, context)
    else:
        yield _single(stream, form, context)


def _single(stream: BinaryIO | Stdin, form: InputFormat, context: Context) -> Original:
    """The page that a whole file is."""
    limit, encoding = context.options.max_document_bytes, context.options.encoding
    raw = stream.read(limit + 1)
    if len(raw) > limit:
        return Original(too_large(context.where, limit), context.source)
    if form is InputFormat.HTML:
        from detector.readers import markup

        return Original(markup.page(raw, context.where, encoding), context.source, raw)
    return Original(decoded(raw, context.where, encoding), context.source, raw)


def _members(stream: BinaryIO | Stdin, form: InputFormat, context: Context) -> Iterator[Original]:
    """The pages of an archive's members; one that is damaged does not keep the others back."""
    from detector.readers import archives

    asked, max_expansion = context.source.members, context.options.max_expansion
    if form is InputFormat.ZIP:
        members = archives.zip_members(_seekable(stream), asked, max_expansion)
    else:
        members = archives.tar_members(stream, asked)
    found = False
    for name, content in members:
        found = True
        yield from _member(content, replace(context, where=f"{context.where}/{name}"), asked)
    if not found:
        what = "no texts in this archive whose suffix is known; name another"
        raise RefusedError("missing", what)


def _member(
    content: BinaryIO | RefusedError, context: Context, asked: InputFormat
) -> Iterator[Original]:
    from detector.readers.archives import DAMAGED

    try:
        if isinstance(content, RefusedError):
            raise content
        named, compression = by_name(context.where)
        form = asked if asked is not InputFormat.AUTO else named or InputFormat.TEXT
        yield from _pages(
            inflated(content, compression, context.options.max_expansion), form, context
        )
    except RefusedError as error:
        yield _refused(error, context)
    except DAMAGED as error:
        yield _refused(damaged(str(error)), context)


def _refused(error: RefusedError, context: Context) -> Original:
    where = context.where
    return Original(Unreadable(where, error.kind, f"{where}: {error.what}"), context.source)


def _lines(stream: BinaryIO | Stdin, context: Context) -> Iterator[bytes]:
    limit = context.options.max_document_bytes
    return stream.lines(limit) if isinstance(stream, Stdin) else lines(stream, limit)


def _jsonl(stream: BinaryIO | Stdin, context: Context) -> Iterator[Original]:
    part, limit = context.part, context.options.max_document_bytes
    if part is None or isinstance(stream, Stdin):
        return read_jsonl(_lines(stream, context), context)
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
