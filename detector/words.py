"""Where on its page each content word occurs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.runs import running_sum

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

    Words of one segment only are added up as they stand. The others are kept in a wavelet matrix:
    in the order of their first segment, and sorted by their last one bit after bit, so that a range
    takes as many steps as the longest page's number of segments has bits, however many words it
    holds.
    """

    def __init__(self, words: Occurrences, page_first: Ints, weights: Sequence[Ints]) -> None:
        """``page_first`` is the first segment of the page by segment; ``weights`` are token
        columns."""
        groups = words.start[:-1]
        order = np.full(int(words.token.max(initial=-1)) + 1, -1)
        order[words.token[groups]] = np.arange(len(groups))
        order = order[order >= 0]
        first, last = words.first[order], words.last[order]
        columns = [
            np.add.reduceat(weight[words.token], groups)[order] if len(groups) else groups
            for weight in weights
        ]
        n = len(page_first)
        single = first == last
        self._single = [_totals(first[single], column[single], n) for column in columns]
        more = np.flatnonzero(~single)
        columns = [column[more] for column in columns]
        self._begin = running_sum(np.bincount(first[more], minlength=n))
        last = last[more] - page_first[last[more]]
        self._end = int(last.max(initial=-1)) + 1
        self._levels: list[tuple[int, Ints, list[Ints]]] = []
        for bit in reversed(range(self._end.bit_length())):
            low = last >> bit & 1 == 0
            zeros, ones = np.flatnonzero(low), np.flatnonzero(~low)
            kept = [running_sum(column[zeros]) for column in columns]
            self._levels.append((bit, running_sum(low), kept))
            at = np.concatenate((zeros, ones))
            last, columns = last[at], [column[at] for column in columns]

    def sums(self, start: Ints, stop: Ints, page_first: Ints) -> list[Ints]:
        """For each weight, sums over the words of segments ``start`` to ``stop`` that occur nowhere
        else on the page, which begins at ``page_first``."""
        out = [running[stop] - running[start] for running in self._single]
        # Of the words that begin in the range those whose last segment lies before its end.
        low, high = self._begin[start], self._begin[stop]
        end = np.minimum(stop - page_first, self._end)
        for bit, n_zeros, kept in self._levels:
            ones = end >> bit & 1 != 0
            zeros_low, zeros_high = n_zeros[low], n_zeros[high]
            for sums, running in zip(out, kept, strict=True):
                sums += np.where(ones, running[zeros_high] - running[zeros_low], 0)
            low = np.where(ones, n_zeros[-1] + low - zeros_low, zeros_low)
            high = np.where(ones, n_zeros[-1] + high - zeros_high, zeros_high)
        return out


def _totals(order: Ints, values: Ints, n: int) -> Ints:
    """Running sums over 0 to ``n`` of values that stand at the ascending places ``order``."""
    ends = running_sum(np.bincount(order, minlength=n))
    return running_sum(values)[ends]
