"""What a request holds: its bytes within the limit, and the pages in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from starlette.requests import Request

from detector.errors import MissingExtraError
from detector.readers import markup
from detector.types import Document, Unreadable
from detector.web.limits import Limits
from detector.web.refusals import RequestError

JSON = "application/json"
TEXT = "text/plain"
HTML = "text/html"
JSON_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})


def media_type(request: Request, *taken: str) -> str:
    """The media type of the body, one of ``taken``.

    Raises RequestError (415) for any other, for text that is not UTF-8 (HTML may be anything), and
    for a compressed body.
    """
    name = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if name not in taken:
        wrong = f"Content-Type {name!r} is" if name else "no Content-Type is"
        message = f"{wrong} not taken here; send {', '.join(sorted(taken))}"
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media-type", message)
    encoding = charset(request)
    if name != HTML and encoding not in {None, "utf-8", "utf8", "us-ascii"}:
        message = f"charset {encoding!r} is not taken; convert the body to UTF-8"
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media-type", message)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        message = "a compressed body is not taken; send it as it is"
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media-type", message)
    return name


def charset(request: Request) -> str | None:
    """The encoding that the media type declares."""
    rest = request.headers.get("content-type", "").lower().partition("charset=")[2]
    return rest.partition(";")[0].strip().strip('"')[:40] or None


async def read(request: Request, limits: Limits) -> bytes:
    """The body; raises RequestError (413) if it is longer than the limit.

    What is too long is read to its end and thrown away, as few clients look at an answer before
    they have sent all; one that waits for leave to send gets none.
    """
    announced = request.headers.get("content-length", "")
    too_long = announced.isdecimal() and int(announced[:20]) > limits.body_bytes
    if too_long and "expect" in request.headers:
        raise _too_long(limits)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        too_long = too_long or size > limits.body_bytes
        if too_long:
            chunks.clear()
        else:
            chunks.append(chunk)
    if too_long:
        raise _too_long(limits)
    return b"".join(chunks)


def _too_long(limits: Limits) -> RequestError:
    message = f"the body is longer than {limits.body_bytes:,} bytes; send less at once"
    return RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "size", message)


# --- pages ----------------------------------------------------------------------------------------


def page(body: bytes, name: str) -> Document:
    """The page in a body of this media type; raises RequestError (422) if it cannot be read."""
    if name == TEXT:
        found = _text(body)
    else:
        try:
            found = _document(json.loads(_decoded(body)), "text")
        except (ValueError, RecursionError) as error:
            found = Unreadable("text", "json", f"not JSON ({error}); correct the body")
    return _readable(found)


def _readable(found: Document | Unreadable) -> Document:
    if isinstance(found, Unreadable):
        raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, found.kind, found.message)
    return found


def main_text(body: bytes, encoding: str | None) -> Document:
    """The page in an HTML body, which has the encoding if it is given.

    Raises RequestError if it cannot be read (422), or if the extra that reads it is missing (415).
    """
    try:
        found = markup.page(body, "page", encoding)
    except MissingExtraError as error:
        status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        raise RequestError(status, "media-type", str(error)) from error
    return _readable(found)


def batch(body: bytes, name: str, limits: Limits) -> list[Document | Unreadable]:
    """The pages in a list or in lines of JSON, by media type, each in its place.

    Those without an id get their number for one, ``#1`` and on. Raises RequestError if the body is
    no list (422), or too long a one (413).
    """
    found = list(_lines(body) if name in JSON_LINES else _items(body))
    if len(found) > limits.pages:
        message = f"{len(found):,} pages are more than {limits.pages:,}; send fewer at once"
        raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "size", message)
    return found


def _items(body: bytes) -> Iterator[Document | Unreadable]:
    try:
        records = json.loads(_decoded(body))
    except (ValueError, RecursionError) as error:
        message = f"not JSON ({error}); correct the body, or send lines as application/x-ndjson"
        raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "json", message) from error
    if not isinstance(records, list):
        message = "not a list of pages; put the page into [ ], or send it to /v1/detect"
        raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "json", message)
    for number, record in enumerate(records, 1):
        yield _document(record, f"#{number}")


def _lines(body: bytes) -> Iterator[Document | Unreadable]:
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line.strip():
            continue
        where = f"#{number}"
        try:
            yield _document(json.loads(_decoded(line)), where)
        except (ValueError, RecursionError) as error:
            yield Unreadable(where, "json", f"{where}: not JSON ({error}); correct the record")


def _decoded(body: bytes) -> str:
    return body.decode("utf-8-sig")


def _text(body: bytes) -> Document | Unreadable:
    if b"\0" in body:
        at = body.index(b"\0")
        message = f"not text (NUL at byte {at}); convert it to UTF-8 text"
        return Unreadable("text", "binary", message)
    try:
        return Document("text", _decoded(body))
    except UnicodeDecodeError as error:
        message = f"not UTF-8 ({error.reason} at byte {error.start}); convert it to UTF-8"
        return Unreadable("text", "encoding", message)


def _document(record: Any, where: str) -> Document | Unreadable:
    """The page that a record is, by the names that the wire format gives its fields."""
    if not isinstance(record, dict):
        return Unreadable(where, "json", f"{where}: not a JSON object; correct the record")
    own_id = record.get("id")
    if isinstance(own_id, bool) or not isinstance(own_id, str | int | None):
        return _wrong(where, "id", "neither a string nor an integer")
    identity = where if own_id in (None, "") else str(own_id)
    if "text" not in record:
        return Unreadable(identity, "field", f"{where}: no field 'text'; add it")
    text, preceding = record["text"], record.get("preceding")
    if not isinstance(text, str):
        return _wrong(identity, "text", "not a string")
    if not isinstance(preceding, str | None):
        return _wrong(identity, "preceding", "not a string")
    return Document(identity, text, preceding or "")


def _wrong(identity: str, name: str, what: str) -> Unreadable:
    message = f"{identity}: the field {name!r} is {what}; correct the record"
    return Unreadable(identity, "field", message)
