"""Quotations in a marked region, held against what the unmarked text says word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from detector.chunks import Flag
from detector.marked import Marked
from detector.phrases import Hashes
from detector.runs import begins, distinct, members

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LEAST_WORDS = 4
"""Shorter stretches in quotation marks are terms, titles or irony."""
MOST_CHANGED = 2
"""Words of a quotation that may be changed or left out …"""
WORDS_A_CHANGE = 4
"""… one in so many of its words."""
SLACK = 2
"""Words that a quotation may leave out of what it quotes, or put in."""
TITLED = 0.6
"""Share of content words with a capital from which a stretch is a title."""
MOST_QUOTATIONS = 40
"""Quotations of a region that are looked at."""

_QUOTED = re.compile(r"(?<![^\W_])[\"“„«»″](?=[^\s])([^\"“”„«»″\n]+?)[\"”“»«″](?![^\W_])")


class Quotation(NamedTuple):
    """A quotation: ``start`` to ``end`` of the document's text, marks left out, and the first and
    last token of the unmarked text that it repeats; None if there is none."""

    region: int
    start: int
    end: int
    source: tuple[int, int] | None


def quotations(marked: Marked) -> Iterator[Quotation]:
    """The quotations of the regions, in reading order.

    A stretch in double quotation marks of at least ``LEAST_WORDS`` words is one, unless it has the
    capitals of a title. It repeats the unmarked text if all of its words but one in
    ``WORDS_A_CHANGE``, at most ``MOST_CHANGED``, stand there in their order, with no more than
    ``SLACK`` words more or fewer between them. Case and punctuation do not count; where the
    quotation has an ellipsis, its parts are looked for one by one.
    """
    begin, end = marked.offsets
    pages: dict[int, _Unmarked] = {}
    for region, first, last in _quoting(marked):
        page = int(marked.page[region])
        at = int(begin[first])
        text = marked.text(region, at, int(end[last]))
        for found in islice(_QUOTED.finditer(text), MOST_QUOTATIONS):
            start, stop = at + found.start(1), at + found.end(1)
            tokens = slice(
                first + int(np.searchsorted(end[first : last + 1], start, side="right")),
                first + int(np.searchsorted(begin[first : last + 1], stop)),
            )
            if _is_quotation(marked.batch.flags[tokens]):
                if page not in pages:
                    pages[page] = _Unmarked(marked, page)
                yield Quotation(region, start, stop, pages[page].source(tokens))


def _quoting(marked: Marked) -> Iterator[tuple[int, int, int]]:
    """Each region with quotation marks: its number, the first and the last token with one."""
    token = np.flatnonzero(marked.batch.flags & Flag.QUOTE != 0)
    region = marked.of_segment[marked.batch.segment_of[token]]
    token, region = token[region >= 0], region[region >= 0]
    first = np.flatnonzero(begins(region))
    last = np.append(first[1:], len(token))[: len(first)] - 1
    return zip(region[first].tolist(), token[first].tolist(), token[last].tolist(), strict=True)


def _is_quotation(flags: Ints) -> bool:
    """Whether a stretch in quotation marks is long enough, and no title."""
    content = flags[flags & Flag.CONTENT != 0]
    n_capitals = np.count_nonzero(content & Flag.CAPITAL)
    is_title = len(content) > 0 and n_capitals >= TITLED * len(content)
    return int(np.count_nonzero(flags & Flag.WORD)) >= LEAST_WORDS and not is_title


class _Unmarked:
    """The words of a page that stand outside its marked regions."""

    def __init__(self, marked: Marked, page: int) -> None:
        batch = marked.batch
        edges = np.searchsorted(batch.words, batch.tokens.page_starts[page : page + 2])
        words = batch.words[slice(*edges.tolist())]
        self._words = words[marked.of_segment[batch.segment_of[words]] < 0]
        self._batch = batch
        hashes = batch.reader.vocabulary.hashes
        self._hashes = hashes[batch.ids[self._words]]
        self._known = frozenset(self._hashes.tolist())

    def source(self, tokens: slice) -> tuple[int, int] | None:
        """First and last token of what the quotation ``tokens`` repeats, by its longest part."""
        flags = self._batch.flags[tokens]
        is_word = flags & Flag.WORD != 0
        part = np.cumsum(np.append(0, flags[:-1] & Flag.ELLIPSIS))[is_word]
        words = self._batch.reader.vocabulary.hashes[self._batch.ids[tokens][is_word]]
        may_miss = min(MOST_CHANGED, len(words) // WORDS_A_CHANGE)
        if sum(word not in self._known for word in words.tolist()) > may_miss:
            return None
        found = [self._best(words[part == k], may_miss) for k in distinct(part)]
        if len(words) - sum(n for n, _ in found) > may_miss:
            return None
        return max(found)[1]

    @cached_property
    def _index(self) -> tuple[Hashes, Ints]:
        """The words' hashes in ascending order, and where each stands."""
        order = np.argsort(self._hashes, kind="stable")
        return self._hashes[order], order

    def _places(self, wanted: Hashes, may_miss: int) -> Ints:
        """Where windows of the ``wanted`` words may begin, counted from so many words before the
        first: where no more than ``may_miss`` of them are missing, one of the rarest
        ``may_miss + 1`` stands in its place or up to ``SLACK`` behind it."""
        n = len(wanted)
        hashes, at = self._index
        low, high = (np.searchsorted(hashes, wanted, side) for side in ("left", "right"))
        rarest = np.argsort(high - low, kind="stable")[: may_miss + 1]
        word, row = members(low[rarest], high[rarest])
        begin = (at[row] + n - rarest[word])[:, None] - np.arange(SLACK + 1)
        return distinct(begin[(begin >= 0) & (begin <= len(hashes) + n - SLACK)])

    def _best(self, wanted: Hashes, may_miss: int) -> tuple[int, tuple[int, int]]:
        """How many of the ``wanted`` words stand in their order where most do, and the first and
        last token of that place; 0 if more than ``may_miss`` are missing everywhere."""
        n = len(wanted)
        places = self._places(wanted, may_miss)
        if not len(places):
            return 0, (0, 0)
        # Places may begin before the first word and end behind the last.
        windows = sliding_window_view(np.pad(self._hashes, n), n + SLACK)[places]
        hits = np.zeros((len(windows), n), np.bool_)
        for shift in range(SLACK + 1):
            hits |= windows[:, shift : shift + n] == wanted
        n_hits = hits.sum(1)
        best = int(np.argmax(n_hits))
        held = np.flatnonzero(np.isin(windows[best], wanted)) + int(places[best]) - n
        return int(n_hits[best]), (int(self._words[held[0]]), int(self._words[held[-1]]))
