"""What a cleaned file looks like, by the format of its source."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from detector.cleaning.targets import PACKED
from detector.readers import InputFormat, Options, Original, Source
from detector.readers.decoding import UTF_8, marked_encoding
from detector.records import Fields
from detector.types import Document, Result, Unreadable
from detector.writers.compression import Sink

Write = Callable[[Original, Result | Unreadable], None]
"""Writes a page without its filler, or what stands for one that could not be read."""

_BLANKS = re.compile(r"[ \t\r\n]*")


@contextmanager
def cleaned(source: Source, stream: Sink, fields: Fields, options: Options) -> Iterator[Write]:
    """How to write the pages of ``source`` to ``stream``, in the format they came in.

    HTML becomes text, and what holds many pages that are no records becomes JSONL.
    """
    form, text = source.format, fields.text
    if form is InputFormat.PARQUET:
        from detector.cleaning.parquet import opened

        with opened(source, stream, text) as table:
            yield table.write
    elif form in {InputFormat.CSV, InputFormat.TSV}:
        from detector.cleaning.rows import Rows

        yield Rows(stream, "\t" if form is InputFormat.TSV else ",", text).write
    elif form is InputFormat.JSONL:
        yield lambda original, result: _write(stream, _line(original.raw, result, text))
    elif form in PACKED:
        yield lambda original, result: _write(stream, _record(original, result, text))
    elif form is InputFormat.HTML:
        yield lambda _, result: _write(stream, _text(b"", result))
    else:
        encoding = options.encoding
        yield lambda original, result: _write(stream, _text(original.raw, result, encoding))


def _write(stream: Sink, data: bytes) -> None:
    stream.write(data)


def _text(raw: bytes, result: Result | Unreadable, encoding: str | None = None) -> bytes:
    """The text alone, nothing if it was none. If ``raw`` is what it was read from, it keeps its
    encoding and byte order mark; without, it is UTF-8."""
    if isinstance(result, Unreadable):
        return b""
    if raw and not result.regions:
        return raw
    encoding = encoding or marked_encoding(raw) or UTF_8
    before = raw.decode(encoding)
    mark = before[: len(before) - len(result.text)] if raw else ""
    return (mark + result.clean_text()).encode(encoding)


def _record(original: Original, result: Result | Unreadable, text_field: str) -> bytes:
    """A line of JSONL: the record that the page came in, with its text replaced; or id, address and
    text of a page that was none; or an error record."""
    if isinstance(result, Unreadable):
        return _json(result.to_dict()) + b"\n"
    page, record = original.page, dict(original.record or {"id": result.document_id})
    if original.record is None and isinstance(page, Document) and page.url is not None:
        record["url"] = page.url
    return _json(record | {text_field: result.clean_text()}) + b"\n"


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
