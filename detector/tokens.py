"""Pages to tokens: chunks and line breaks, and where they stand; the text itself is never touched.

A *token* is a chunk of a page (see :mod:`detector.chunks`) or a line break.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.chunks import NEWLINE
from detector.vocabulary import Vocabulary

Ints = NDArray[np.int64]

_OTHER_BREAKS = ("\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c")


class Tokens(NamedTuple):
    """The tokens of a batch of pages.

    ``ids`` are vocabulary ids; page ``p`` holds tokens ``page_starts[p]`` to ``page_starts[p+1]``.
    Every page ends with a line break.
    """

    ids: NDArray[np.intp]
    page_starts: Ints


def tokenize(texts: list[str], vocabulary: Vocabulary) -> Tokens:
    """Tokens of ``texts``; new chunks are learned by ``vocabulary``."""
    chunks: list[str] = []
    starts = [0]
    for text in texts:
        chunks += with_plain_breaks(text).replace("\n", f" {NEWLINE} ").split()
        chunks.append(NEWLINE)
        starts.append(len(chunks))
    return Tokens(vocabulary.encode(chunks), np.array(starts, np.int64))


def with_plain_breaks(text: str) -> str:
    """``text`` with the line feed for every kind of line break, character by character."""
    if NEWLINE in text:
        text = text.replace(NEWLINE, "\ufffd")
    for mark in _OTHER_BREAKS:
        if mark in text:
            text = text.replace(mark, "\n")
    return text


def token_offsets(text: str) -> tuple[Ints, Ints]:
    """Start and end, in code points, of every token of a page; a line break covers itself.

    The closing line break that :func:`tokenize` adds lies at ``len(text)``.
    """
    kinds = np.empty(len(text) + 3, np.uint8)
    kinds[0] = kinds[-1] = _BLANK
    kinds[-2] = _BREAK
    kinds[1:-2] = _kinds(with_plain_breaks(text))
    before, here, behind = kinds[:-2], kinds[1:-1], kinds[2:]
    inside = here == _INSIDE
    is_break = here == _BREAK
    starts = np.flatnonzero(inside & (before != _INSIDE) | is_break)
    ends = np.flatnonzero(inside & (behind != _INSIDE) | is_break) + 1
    return starts, ends


def _kinds(text: str) -> NDArray[np.uint8]:
    """For each character whether it is a blank, a line break or inside a token."""
    if text.isascii():
        return _KINDS.take(np.frombuffer(text.encode(), np.uint8))
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    return _KINDS.take(codes, mode="clip")


_BLANK, _INSIDE, _BREAK = np.uint8(0), np.uint8(1), np.uint8(2)
# The last blank is U+3000; the last entry stands for all characters behind it.
_KINDS = np.array([not chr(c).isspace() for c in range(0x3001)] + [True], np.uint8)
_KINDS[ord("\n")] = _BREAK
