"""Where on its page each content word occurs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Occurrences(NamedTuple):
    """Content words of a batch in groups of the same word on the same page, in page order.

    ``token``, ``segment`` and ``group`` have one element an occurrence; ``start`` one a group and
    one past the end.
    """

    token: Ints
    segment: Ints
    group: Ints
    start: Ints

    @property
    def first(self) -> Ints:
        """For each group the segment that holds it first."""
        return self.segment[self.start[:-1]]

    @property
    def last(self) -> Ints:
        """For each group the segment that holds it last."""
        return self.segment[self.start[1:] - 1]


class Enclosed:
    """Sums over the words all of whose occurrences on the page lie within a range of segments.

    A wavelet matrix: the words stand in the order of their first occurrence and are sorted by
    their last one bit after bit, so that a range takes as many steps as the longest page's number
    of segments has bits, however many words it holds.
    """

    def __init__(self, words: Occurrences, page_first: Ints, weights: Sequence[Ints]) -> None:
        """``page_first`` is the first segment of the page by segment; ``weights`` are token
        columns."""
        order = np.full(int(words.token.max(initial=-1)) + 1, -1)
        order[words.token[words.start[:-1]]] = np.arange(len(words.start) - 1)
        order = order[order >= 0]
        self._first = words.first[order]
        last = words.last[order]
        last -= page_first[last]
        groups = words.start[:-1]
        columns = [
            np.add.reduceat(weight[words.token], groups)[order] if len(groups) else groups
            for weight in weights
        ]
        self._end = int(last.max(initial=-1)) + 1
        self._levels: list[tuple[int, Ints, list[Ints]]] = []
        for bit in reversed(range(self._end.bit_length())):
            low = last >> bit & 1 == 0
            kept = [running_sum(np.where(low, column, 0)) for column in columns]
            self._levels.append((bit, running_sum(low), kept))
            at = np.concatenate((np.flatnonzero(low), np.flatnonzero(~low)))
            last, columns = last[at], [column[at] for column in columns]
        self._n_weights = len(weights)

    def sums(self, start: Ints, stop: Ints, page_first: Ints) -> Ints:
        """Weights x ranges: sums over the words of segments ``start`` to ``stop``, on pages that
        begin at ``page_first``, that occur nowhere else on the page."""
        out = np.zeros((self._n_weights, len(start)), np.int64)
        low = np.searchsorted(self._first, start)
        high = np.searchsorted(self._first, stop)
        # Of the words that begin in the range those whose last segment lies before its end.
        end = np.minimum(stop - page_first, self._end)
        for bit, n_zeros, kept in self._levels:
            ones = end >> bit & 1 != 0
            zeros_low, zeros_high = n_zeros[low], n_zeros[high]
            for row, running in zip(out, kept, strict=True):
                row += np.where(ones, running[high] - running[low], 0)
            low = np.where(ones, n_zeros[-1] + low - zeros_low, zeros_low)
            high = np.where(ones, n_zeros[-1] + high - zeros_high, zeros_high)
        return out


def running_sum(values: NDArray[np.generic]) -> Ints:
    """Sums of all values before each, and of all: one element more."""
    out = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=out[1:])
    return out
