"""The unmarked text of a page: all that can support what a marked region claims."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.marked import Marked

Bools = NDArray[np.bool_]

_JOINTS = (".", ",", ":")
_DASHES = re.compile(r"[-–/]")
_INITIALS = re.compile(r"\b[A-Z](?=[a-z])")


class Claim(NamedTuple):
    """What a region says and the unmarked text of its page does not support: ``start`` to ``end``
    of the document's text. A claim whose ``words`` were all claimed before says nothing new."""

    region: int
    start: int
    end: int
    words: frozenset[str]


class Unmarked:
    """What stands on the marked pages outside all marked regions, the preceding text included.

    A claim is supported by what stands above its region, or behind it; but no marked region
    supports another, nor itself.
    """

    def __init__(self, marked: Marked) -> None:
        self._marked = marked

    @cached_property
    def tokens(self) -> Bools:
        """For each content token whether its word (by its stem) also stands unmarked on its page;
        labels do not count."""
        found = self._marked.batch.occurrences
        outside = self._marked.of_segment[found.segment] < 0
        out = np.zeros(len(self._marked.batch.ids), np.bool_)
        if len(outside):
            out[found.token] = np.logical_or.reduceat(outside, found.start[:-1])[found.group]
        return out

    @cached_property
    def _stretches(self) -> dict[int, list[tuple[int, int]]]:
        """The stretches of each marked page's text that lie outside its regions."""
        marked, s = self._marked, self._marked.batch.segments
        starts, ends = marked.spans(s.start[marked.start], s.end[marked.stop - 1] - 1)
        origin = marked.batch.origin[marked.page].tolist()
        borders: dict[int, list[int]] = {}
        for page, start, end, by in zip(marked.page.tolist(), starts, ends, origin, strict=True):
            borders.setdefault(page, [0]).extend((start + by, end + by))
        return {
            page: list(zip(at[::2], [*at[1::2], len(marked.batch.text(page))], strict=True))
            for page, at in borders.items()
        }

    def holds_name(self, page: int, name: str) -> bool:
        """Whether a name stands there as it is or in capitals, labels included: with an ending of
        up to three letters ("Chilean"), with both sides of one that has a dash, or with what its
        letters are the initials of."""
        parts = [part for part in _DASHES.split(name) if part]
        if all(self._holds(page, part, _ends_name) for part in parts):
            return True
        if all(self._holds(page, part.upper(), _ends_name) for part in parts):
            return True
        return len(name) > 1 and name.isupper() and name in self._initials(page)

    def holds_number(self, page: int, form: str) -> bool:
        """Whether a number stands there and not as part of another; units may touch it, and two
        digits or more may have decimals."""
        return self._holds(page, form, _ends_number)

    def _holds(self, page: int, words: str, ends: Callable[[str, str, str], bool]) -> bool:
        """Whether ``words`` stand there where ``ends`` says so of them, of the two characters
        before and of the four behind."""
        text = self._marked.batch.text(page)
        for start, end in self._stretches[page]:
            at = text.find(words, start, end)
            while at >= 0:
                behind = at + len(words)
                if ends(words, text[max(at - 2, 0) : at], text[behind : behind + 4]):
                    return True
                at = text.find(words, behind, end)
        return False

    def _initials(self, page: int) -> str:
        """The initials of all words with capitals, small words between them left out."""
        text = self._marked.batch.text(page)
        kept = (text[a:b] for a, b in self._stretches[page])
        return "".join(_INITIALS.findall("\n".join(kept)))


def _ends_name(name: str, before: str, behind: str) -> bool:
    """Whether a name ends where it was found, or goes on in no more than three letters."""
    if before[-1:].isalnum():
        return False
    return not behind[:1].isalnum() or (len(name) > 3 and not behind.isalnum())


def _ends_number(number: str, before: str, behind: str) -> bool:
    """Whether the digits or words of a number are all of it."""
    if number[:1].isdigit():
        is_year = len(number) == 4 and before[-1:] == "."  # of a date in digits
        starts = not before[-1:].isdigit() and (is_year or not _joined(before[::-1]))
    else:
        starts = not before[-1:].isalnum()
    if number[-1:].isdigit():
        rounded = len(number) > 1 and number.isdigit() and behind[:1] == "."
        return starts and not behind[:1].isdigit() and (rounded or not _joined(behind))
    return starts and not behind[:1].isalnum()


def _joined(beside: str) -> bool:
    """Whether a digit follows behind a mark that stands within numbers, the nearest first."""
    return beside[:1] in _JOINTS and beside[1:2].isdigit()
