"""Pages to tokens: chunks and line breaks, and where they stand; the text itself is never touched.

A *token* is a chunk of a page (see :mod:`detector.chunks`) or a line break.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.chunks import NEWLINE, Flag
from detector.runs import running_sum
from detector.vocabulary import Vocabulary

Ints = NDArray[np.int64]

_ATTRIBUTES = re.compile(r"(?<=<)([a-zA-Z][a-zA-Z0-9]{0,15}[ \t])([^<>\n]{4,500})>")
_EMPTY_ATTRIBUTE = 'a=""'
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
    # Page by page, so that the chunks of one are still in the cache when they are looked up.
    pages = [vocabulary.number(_chunks(text)) for text in texts]
    vocabulary.learn()
    ids = np.concatenate(pages) if pages else np.empty(0, np.intp)
    tokens = Tokens(ids, running_sum(np.array([len(page) for page in pages], np.int64)))
    for page in np.flatnonzero(_without_case(tokens, vocabulary)).tolist():
        part = slice(*tokens.page_starts[page : page + 2].tolist())
        ids[part] = vocabulary.encode(_cased(_chunks(texts[page]), vocabulary))
    return tokens


def _chunks(text: str) -> list[str]:
    chunks = plain(text).replace("\n", f" {NEWLINE} ").split()
    chunks.append(NEWLINE)
    return chunks


_LEAST_WORDS = 30
"""Words from which a page shows whether it uses capitals."""


def _without_case(tokens: Tokens, vocabulary: Vocabulary) -> NDArray[np.bool_]:
    """For each page whether it is all capitals, or has next to none."""
    flags = vocabulary.flags[tokens.ids]
    words, capitals, upper = (
        np.add.reduceat(flags & flag != 0, tokens.page_starts[:-1], dtype=np.int64)
        for flag in (Flag.WORD, Flag.CAPITAL, Flag.UPPER)
    )
    silent, shouting = 100 * capitals <= words, 10 * upper > 6 * words
    return (words >= _LEAST_WORDS) & (silent | shouting)


def _cased(chunks: list[str], vocabulary: Vocabulary) -> list[str]:
    """The chunks of a page without case, with capitals on names that the lexicon knows and where
    sentences begin."""
    lower = [chunk.lower() for chunk in chunks]
    ids = vocabulary.encode(lower)
    flags = vocabulary.flags[ids]
    ends = flags & (Flag.END | Flag.NEWLINE | Flag.BULLET | Flag.HASH) != 0
    opens = np.append(True, ends[:-1])
    capital = (opens | vocabulary.are_names(lower)) & (flags & Flag.WORD != 0)
    for at in np.flatnonzero(capital).tolist():
        lower[at] = _FIRST_LETTER.sub(lambda match: match.group().upper(), lower[at], count=1)
    return lower


_FIRST_LETTER = re.compile(r"[^\W\d_]")


def plain(text: str) -> str:
    """``text`` with the line feed for every kind of line break and, in tags, an empty attribute
    for all of them, whose words are not the page's; every other character stays in its place."""
    if NEWLINE in text:
        text = text.replace(NEWLINE, "\ufffd")
    for mark in _OTHER_BREAKS:
        if mark in text:
            text = text.replace(mark, "\n")
    if '="' in text and "<" in text:
        text = _ATTRIBUTES.sub(_with_empty_attribute, text)
    return text


def _with_empty_attribute(tag: re.Match[str]) -> str:
    return f"{tag[1]}{_EMPTY_ATTRIBUTE:>{len(tag[2])}}>"


def token_offsets(text: str) -> tuple[Ints, Ints]:
    """Start and end, in code points, of every token of a page; a line break covers itself.

    The closing line break that :func:`tokenize` adds lies at ``len(text)``.
    """
    kinds = np.empty(len(text) + 3, np.uint8)
    kinds[0] = kinds[-1] = _BLANK
    kinds[-2] = _BREAK
    kinds[1:-2] = _kinds(plain(text))
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
