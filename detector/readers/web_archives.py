"""WARC and WET: web pages as they were crawled, and texts that were taken out of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any, BinaryIO

from detector.errors import MissingExtraError
from detector.readers.compression import damaged, inflated
from detector.readers.decoding import decoded
from detector.readers.jsonl import beyond
from detector.readers.markup import page
from detector.readers.source import Compression, Context, Options, Original, RefusedError
from detector.readers.stdin import Stdin
from detector.types import Document, Unreadable

HTML = frozenset({"text/html", "application/xhtml+xml"})
TEXT = "text/plain"
RECORD_END = b"\r\n\r\n"
"""What every record ends with."""


class Feed:
    """A stream as the library can bear it: it knows its place, and ends where it fails."""

    def __init__(self, stream: BinaryIO | Stdin) -> None:
        self._stream = stream
        self._at = 0
        self._end = RECORD_END
        self.error: RefusedError | OSError | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            piece = self._stream.read(size)
        except (RefusedError, OSError) as error:  # raised through the library, it would crash
            self.error = error
            return b""
        self._at += len(piece)
        self._end = (self._end + piece[-len(RECORD_END) :])[-len(RECORD_END) :]
        return piece

    def require_end(self) -> None:
        """Raise why it could not be read on, if so, or RefusedError if it ends within a record."""
        if self.error is not None:
            raise self.error
        if self._end != RECORD_END:
            raise damaged("it breaks off")

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Stay in place, which is all that is ever asked of a stream that is read forward."""
        if (offset, whence) not in {(0, 1), (self._at, 0)}:
            self.error = OSError("a WARC file is read from its beginning to its end")
        return self._at


def read_warc(stream: BinaryIO | Stdin, context: Context) -> Iterator[Original]:
    """The pages of a WARC or WET file, read record by record.

    They are the HTML and plain text among successful responses, and the records of converted text;
    everything else is passed over. A page is called by its WARC-Record-ID.
    """
    iterator, kinds = _library()
    feed = Feed(stream)
    try:
        records = iterator(
            feed,
            record_types=kinds.response | kinds.conversion,
            parse_http=False,
            stream_detect=False,
        )
        for n, record in enumerate(records, 1):
            found = _page(record, f"{context.where}#{n}", context)
            if found is not None:
                own_id = record.record_id or found.id
                yield Original(replace(found, id=own_id), context.source)
    except OSError as error:
        if feed.error is None:
            raise damaged(str(error)) from error
    feed.require_end()


def _page(record: Any, where: str, context: Context) -> Document | Unreadable | None:
    """The page of a record; None for one that holds no page."""
    kind: str = TEXT
    headers: Any = {}
    if record.headers.get("WARC-Type") == "response":
        # Other encodings are undone below: a body that is corrupt would end the whole file here.
        record.parse_http(auto_decode="transfer")
        headers, kind = record.http_headers, record.http_content_type
        if headers is None:
            return _unreadable(where, damaged("it breaks off")) if record.is_http else None
        if (headers.status_code or 0) // 100 != 2 or kind not in HTML | {TEXT}:
            return None
    try:
        body = _body(record, headers, context.options)
    except RefusedError as error:
        return _unreadable(where, error)
    url = record.headers.get("WARC-Target-URI")
    declared = context.options.encoding or record.http_charset
    decode = page if kind in HTML else decoded
    return decode(body, where, declared, url)


def _body(record: Any, headers: Any, options: Options) -> bytes:
    """The content of a record, as the server's program meant it."""
    limit = options.max_document_bytes
    body: bytes = record.reader.read(limit + 1)
    is_chunked = "chunked" in (headers.get("Transfer-Encoding") or "").lower()
    if len(body) < min(record.content_length, limit) and not is_chunked:
        raise damaged("it breaks off")
    encoding = (headers.get("Content-Encoding") or "identity").lower()
    if encoding in {"gzip", "x-gzip"}:
        content = inflated(BytesIO(body), Compression.GZIP, options.max_expansion)
        body = content.read(limit + 1)
    elif encoding != "identity":
        raise RefusedError("encoding", f"the content encoding {encoding!r} is not known")
    if len(body) > limit:
        raise RefusedError("size", beyond(limit))
    return body


def _unreadable(where: str, error: RefusedError) -> Unreadable:
    return Unreadable(where, error.kind, f"{where}: {error.what}")


def _library() -> tuple[Any, Any]:
    try:
        from fastwarc.warc import ArchiveIterator, WarcRecordType
    except ImportError as error:
        raise MissingExtraError(
            "reading WARC needs fastwarc: pip install 'filler-detector[warc]'"
        ) from error
    return ArchiveIterator, WarcRecordType
