"""JSONL: a page a line."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from detector.readers.source import Context, Original, Part
from detector.records import document
from detector.types import Unreadable

CHUNK = 1 << 16
"""Bytes of a line that is too long that are passed over at once."""


def lines(stream: BinaryIO, limit: int) -> Iterator[bytes]:
    """Lines with their line breaks; one of more than ``limit`` bytes comes cut to one more."""
    while line := stream.readline(limit + 1):
        if len(line) > limit and not line.endswith(b"\n"):
            _pass_over_line(stream)
        yield line


def lines_of_part(stream: BinaryIO, part: Part, limit: int) -> Iterator[bytes]:
    """The lines of a file that begin in the part, as :func:`lines` gives them."""
    if part.start:
        stream.seek(part.start - 1)  # a line break here, and a line begins with the part
        _pass_over_line(stream)
    whole = lines(stream, limit)
    while stream.tell() < part.end and (line := next(whole, b"")):
        yield line


def _pass_over_line(stream: BinaryIO) -> None:
    while (piece := stream.readline(CHUNK)) and not piece.endswith(b"\n"):
        pass


def read_jsonl(lines: Iterable[bytes], context: Context, first: int = 1) -> Iterator[Original]:
    """The page of each line that is not blank. ``first`` is the number of the first line."""
    limit = context.options.max_document_bytes
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        where = f"{context.where}#{number}"
        if len(line) > limit:
            yield Original(too_large(where, limit), context.source, line)
            continue
        body = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        record = _parsed(body, where)
        if isinstance(record, Unreadable):
            yield Original(record, context.source, line)
        else:
            yield Original(
                document(record, where, context.fields, options=True), context.source, line, record
            )


def too_large(where: str, limit: int) -> Unreadable:
    """What takes the place of a page beyond the limit."""
    return Unreadable(where, "size", f"{where}: {beyond(limit)}")


def beyond(limit: int) -> str:
    """What is wrong with a page beyond the limit, and what to do."""
    return f"more than {limit} bytes; if it is a page, raise --max-document-bytes"


def _parsed(line: bytes, where: str) -> dict[str, Any] | Unreadable:
    try:
        record = json.loads(line.rstrip().decode("utf-8"))
    except UnicodeDecodeError as error:
        message = (
            f"{where}: not UTF-8 ({error.reason} at byte {error.start} of the line); "
            "convert it to UTF-8"
        )
        return Unreadable(where, "encoding", message)
    except json.JSONDecodeError as error:
        message = f"{where}: not JSON ({error.msg}, column {error.colno}); correct the record"
        return Unreadable(where, "json", message)
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond Python's limits
        return Unreadable(where, "json", f"{where}: not JSON ({error}); correct the record")
    if not isinstance(record, dict):
        return Unreadable(where, "json", f"{where}: not a JSON object; correct the record")
    return record
