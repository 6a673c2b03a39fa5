"""What a cleaned file looks like, by the format of its source."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from detector.readers import InputFormat, Original, Source
from detector.records import Fields
from detector.types import Result, Unreadable
from detector.writers.compression import Sink

Write = Callable[[Original, Result | Unreadable], None]
"""Writes a page without its filler, or what stands for one that could not be read."""

_BLANKS = re.compile(r"[ \t\r\n]*")


@contextmanager
def cleaned(source: Source, stream: Sink, fields: Fields) -> Iterator[Write]:
    """How to write the pages of ``source`` to ``stream``, in the format they came in."""
    if source.format is InputFormat.PARQUET:
        from detector.cleaning.parquet import opened

        with opened(source, stream, fields.text) as table:
            yield table.write
    elif source.format is InputFormat.JSONL:
        yield lambda original, result: _write(stream, _line(original.raw, result, fields.text))
    else:
        yield lambda original, result: _write(stream, _text(original.raw, result))


def _write(stream: Sink, data: bytes) -> None:
    stream.write(data)


def _text(raw: bytes, result: Result | Unreadable) -> bytes:
    """The text alone, behind a byte order mark if there was one; nothing if it was none."""
    if isinstance(result, Unreadable):
        return b""
    return _byte_order_mark(raw) + result.clean_text().encode("utf-8")


def _line(raw: bytes, result: Result | Unreadable, text_field: str) -> bytes:
    """A line of JSONL, of which nothing but the text is changed, or an error record."""
    if isinstance(result, Unreadable):
        return _json(result.to_dict()) + b"\n"
    body = raw.rstrip(b"\r\n")
    ending = raw[len(body) :] or b"\n"
    if result.regions:
        mark = _byte_order_mark(body)
        line = body.removeprefix(mark).decode("utf-8")
        start, end = _value(line, text_field)
        text = _json(result.clean_text(), ensure_ascii=line.isascii())
        body = mark + line[:start].encode("utf-8") + text + line[end:].encode("utf-8")
    return body + ending


def _value(line: str, field: str) -> tuple[int, int]:
    """Where the value of a field stands in a JSON object; the last one if there are several, as
    that is the one that readers take."""
    decode, spot = json.JSONDecoder().raw_decode, (0, 0)
    at = _past_blanks(line, 0)
    while line[at] != "}":
        key, at = decode(line, _past_blanks(line, at + 1))
        start = _past_blanks(line, _past_blanks(line, at) + 1)
        _, end = decode(line, start)
        if key == field:
            spot = start, end
        at = _past_blanks(line, end)
    return spot


def _past_blanks(line: str, at: int) -> int:
    match = _BLANKS.match(line, at)
    return at if match is None else match.end()


def _json(value: object, ensure_ascii: bool = False) -> bytes:
    # A lone surrogate has no bytes in UTF-8; its backslash escape is what JSON calls it anyway.
    return json.dumps(value, ensure_ascii=ensure_ascii).encode("utf-8", "backslashreplace")


def _byte_order_mark(raw: bytes) -> bytes:
    return codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
