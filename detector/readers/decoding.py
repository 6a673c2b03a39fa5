"""Text from bytes, in a declared encoding or UTF-8; what is neither is refused, never guessed."""

from __future__ import annotations

import codecs
import re

from detector.readers.source import RefusedError
from detector.types import Document, Unreadable

UTF_8 = "utf-8"
MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as the next one does
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
AS_BROWSERS = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030"}
"""What pages that declare these encodings are really in (WHATWG Encoding Standard)."""
META_BYTES = 1024
"""Where a page must have declared its encoding (HTML Living Standard)."""
MAX_REPLACED = 0.001
"""Share of a page's characters that may be wrong in the encoding that it declares itself."""

_META = re.compile(rb"""<meta[^>]+?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)


def decoded(
    raw: bytes, where: str, encoding: str | None = None, url: str | None = None
) -> Document | Unreadable:
    """The page of a text: in ``encoding`` if given, or that of its byte order mark, which is
    no part of the text, or UTF-8."""
    marked = marked_encoding(raw)
    encoding = encoding or marked or UTF_8
    if encoding == UTF_8 and (nul := raw.find(b"\0")) >= 0:
        message = f"{where}: not text (NUL at byte {nul}); convert it to UTF-8 text or leave it out"
        return Unreadable(where, "binary", message)
    try:
        text = raw.decode(encoding)
    except UnicodeError as error:
        return Unreadable(where, "encoding", f"{where}: {_why(encoding, error)}")
    except LookupError:
        what = f"declares the encoding {encoding!r}, which is unknown; name one with --encoding"
        return Unreadable(where, "encoding", f"{where}: {what}")
    return Document(where, text.removeprefix("\ufeff"), url=url)


def marked_encoding(raw: bytes) -> str | None:
    """The encoding that a byte order mark declares."""
    return next((encoding for mark, encoding in MARKS if raw.startswith(mark)), None)


def decoded_markup(raw: bytes, declared: str | None = None) -> str:
    """The HTML of a page: in the encoding of its byte order mark, or ``declared`` from outside, or
    as it says itself, or UTF-8.

    A few wrong bytes in a declared encoding become U+FFFD, as in a browser. Raises RefusedError.
    """
    encoding = marked_encoding(raw) or declared or _meta_encoding(raw)
    if encoding is None:
        try:
            return raw.decode(UTF_8)
        except UnicodeError as error:
            raise RefusedError("encoding", f"{_why(UTF_8, error)}; it declares none") from error
    try:
        name = codecs.lookup(encoding).name
        text = raw.decode(AS_BROWSERS.get(name, name), "replace")
    except (LookupError, UnicodeError, ValueError) as error:
        what = f"declares the encoding {encoding!r}, which is unknown; name one with --encoding"
        raise RefusedError("encoding", what) from error
    if text.count("\ufffd") > max(1, MAX_REPLACED * len(text)):
        what = f"not in the encoding that it declares, {encoding!r}; name another with --encoding"
        raise RefusedError("encoding", what)
    return text.removeprefix("\ufeff")


def _meta_encoding(raw: bytes) -> str | None:
    found = _META.search(raw[:META_BYTES])
    if found is None:
        return None
    name = found[1].decode("ascii", "replace").lower()
    return UTF_8 if name.startswith("utf-16") else name  # else it could not have been read


def _why(encoding: str, error: UnicodeError) -> str:
    name = "UTF-8" if encoding == UTF_8 else encoding
    at = f"{error.reason} at byte {error.start}" if isinstance(error, UnicodeDecodeError) else error
    return f"not {name} ({at}); convert it to UTF-8 or name its encoding with --encoding"
