"""WARC and WET: web pages as they were crawled, and texts that were taken out of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from detector.errors import MissingExtraError
from detector.readers.compression import damaged
from detector.readers.decoding import decoded
from detector.readers.jsonl import too_large
from detector.readers.markup import page
from detector.readers.source import Context, Original, RefusedError
from detector.readers.stdin import Stdin
from detector.types import Document, Unreadable

HTML = frozenset({"text/html", "application/xhtml+xml"})
TEXT = "text/plain"


class Feed:
    """A stream as the library can bear it: it knows its place, and ends where it fails."""

    def __init__(self, stream: BinaryIO | Stdin) -> None:
        self._stream = stream
        self._at = 0
        self.error: RefusedError | OSError | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            piece = self._stream.read(size)
        except (RefusedError, OSError) as error:  # raised through the library, it would crash
            self.error = error
            return b""
        self._at += len(piece)
        return piece

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
            name = record.record_id or f"{context.where}#{n}"
            if record.record_type == kinds.conversion:
                found: Document | Unreadable | None = _content(record, TEXT, name, context)
            else:
                found = _response(record, name, context)
            if found is not None:
                yield Original(found, context.source)
    except OSError as error:
        if feed.error is None:
            raise damaged(str(error)) from error
    if feed.error is not None:
        raise feed.error


def _response(record: Any, name: str, context: Context) -> Document | Unreadable | None:
    """The page of a response; None for one that holds no page."""
    record.parse_http(auto_decode="all")
    headers = record.http_headers
    if headers is None:
        return _broken_off(name) if record.is_http else None
    kind = record.http_content_type
    if (headers.status_code or 0) // 100 != 2 or kind not in HTML | {TEXT}:
        return None
    return _content(record, kind, name, context)


def _content(record: Any, kind: str, name: str, context: Context) -> Document | Unreadable:
    limit = context.options.max_document_bytes
    url = record.headers.get("WARC-Target-URI")
    body = record.reader.read(limit + 1)
    if len(body) > limit:
        return too_large(name, limit)
    headers = record.http_headers
    is_encoded = headers is not None and ("Content-Encoding" in headers or _is_chunked(headers))
    if len(body) < record.content_length and not is_encoded:
        return _broken_off(name)
    declared = context.options.encoding or record.http_charset
    if kind in HTML:
        return page(body, name, declared, url)
    return decoded(body, name, declared, url)


def _is_chunked(headers: Any) -> bool:
    return "chunked" in (headers.get("Transfer-Encoding") or "").lower()


def _broken_off(name: str) -> Unreadable:
    return Unreadable(name, "damaged", f"{name}: damaged (it breaks off); get the file again")


def _library() -> tuple[Any, Any]:
    try:
        from fastwarc.warc import ArchiveIterator, WarcRecordType
    except ImportError as error:
        raise MissingExtraError(
            "reading WARC needs fastwarc: pip install 'filler-detector[warc]'"
        ) from error
    return ArchiveIterator, WarcRecordType
