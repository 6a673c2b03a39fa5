"""CSV and TSV: a page a row, below a header that names the columns."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator

from detector.readers.decoding import UTF_8, marked_encoding
from detector.readers.jsonl import too_large
from detector.readers.source import Context, Original, RefusedError
from detector.records import document
from detector.types import Unreadable

DEFAULT_CELL = 131_072
"""Characters of a cell that the library always takes; the limit is one for the whole process."""


def read_table(lines: Iterable[bytes], delimiter: str, context: Context) -> Iterator[Original]:
    """The page of each row; one without an id of its own is called ``path#line``, by the line
    where it begins. A row that has more or fewer columns than the header is Unreadable.
    """
    csv.field_size_limit(max(DEFAULT_CELL, context.options.max_document_bytes))
    rows = csv.reader(_text_lines(lines, context.options.encoding), delimiter=delimiter)
    header: list[str] | None = None
    while True:
        at = rows.line_num + 1
        where = f"{context.where}#{at}"
        try:
            row = next(rows, None)
        except csv.Error as error:  # where the next row would begin is anybody's guess
            raise RefusedError("csv", f"line {at}: {error}; correct the row") from error
        except UnicodeError as error:
            what = f"not in its encoding ({error}); convert it to UTF-8"
            raise RefusedError("encoding", what) from error
        if row is None:
            return
        if header is None:
            header = row
        elif row:
            yield _row(row, header, where, context)


def _row(row: list[str], header: list[str], where: str, context: Context) -> Original:
    record = dict(zip(header, row, strict=False))
    if len(row) != len(header):
        message = f"{where}: {len(row)} columns, but the header has {len(header)}; correct the row"
        return Original(Unreadable(where, "csv", message), context.source)
    if sum(map(len, row)) > context.options.max_document_bytes:
        limit = context.options.max_document_bytes
        return Original(too_large(where, limit), context.source, record=record)
    if any(_has_undecoded(cell) for cell in row):
        message = f"{where}: not UTF-8; convert it to UTF-8 or name its encoding with --encoding"
        return Original(Unreadable(where, "encoding", message), context.source)
    return Original(
        document(record, where, context.fields, options=True), context.source, record=record
    )


def _has_undecoded(cell: str) -> bool:
    return not cell.isascii() and any("\udc80" <= character <= "\udcff" for character in cell)


def _text_lines(lines: Iterable[bytes], encoding: str | None) -> Iterator[str]:
    """Lines of text; a byte that is wrong comes as a lone surrogate, for its row to be refused."""
    decoder, pending = None, ""
    for line in lines:
        if decoder is None:
            encoding = encoding or marked_encoding(line) or UTF_8
            decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
            text = decoder.decode(line).removeprefix("\ufeff")
        else:
            text = decoder.decode(line)
        # A line break of two bytes or more is complete only with the next line.
        *complete, pending = (pending + text).split("\n")
        yield from (line + "\n" for line in complete)
    if decoder is not None:
        pending += decoder.decode(b"", final=True)
    if pending:
        yield pending
