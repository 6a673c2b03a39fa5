"""Text from bytes. What is no text, or in no known encoding, is refused rather than guessed."""

from __future__ import annotations

from detector.types import Document, Unreadable


def decoded(raw: bytes, where: str) -> Document | Unreadable:
    """The page of a text file. A byte order mark is no part of its text."""
    nul = raw.find(b"\0")
    if nul >= 0:
        message = f"{where}: not text (NUL at byte {nul}); convert it to UTF-8 text or leave it out"
        return Unreadable(where, "binary", message)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"{where}: not UTF-8 ({error.reason} at byte {error.start}); convert it to UTF-8"
        return Unreadable(where, "encoding", message)
    return Document(where, text.removeprefix("\ufeff"))
