"""How much of each segment single other passages of its page hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.runs import begins, running_sum
from detector.segmentation import Segments
from detector.words import Occurrences

Ints = NDArray[np.int64]
Column = NDArray[np.float64]

LINKED = 6
"""A word links a segment with the first so many segments of the page that hold it."""
OVERLAP_CELLS = 128
"""Earlier passages that a segment is compared with; longer pages are compared in coarser ones."""


class Overlaps:
    """Rarity of the distinct words that segments share with single passages of their page.

    A passage is a segment or, on pages of more than ``OVERLAP_CELLS`` segments, a few neighbours.
    The table is ragged: segment ``u`` has the entries ``base[u]`` to ``base[u + 1]``, one for each
    passage of its page. What is asked for is the largest of the entries before or behind one, so
    these are kept.
    """

    def __init__(self, shared: Ints, base: Ints, passage: Ints, rarity: Column) -> None:
        self._base = base
        self.passage = passage
        self.rarity = rarity
        # Rows are told apart by their number in the high bits, so that one pass does for all.
        row = np.arange(len(passage)) << _ROW
        packed = np.repeat(row, np.diff(base))
        packed += shared
        self._up_to = np.maximum.accumulate(packed)
        self._up_to &= _ENTRY
        # From the end the last row comes first.
        packed = np.repeat(row, np.diff(base)[::-1])
        packed += shared[::-1]
        np.maximum.accumulate(packed, out=packed)
        packed &= _ENTRY
        self._from = packed[::-1]

    def best_before(self, segments: Ints, passage: Ints) -> Column:
        """Largest share (0 to 1) of each segment's rarity held by one passage before ``passage``
        of its page."""
        at = self._base[segments] + passage
        return self._share(segments, at > self._base[segments], self._up_to, at - 1)

    def best_behind(self, segments: Ints, passage: Ints) -> Column:
        """Largest share of each segment's rarity held by one passage behind ``passage``."""
        at = self._base[segments] + passage + 1
        return self._share(segments, at < self._base[segments + 1], self._from, at)

    def _share(self, segments: Ints, some: NDArray[np.bool_], best: Ints, at: Ints) -> Column:
        if not len(best):
            return np.zeros(len(segments))
        found = np.where(some, best.take(at, mode="clip"), 0)
        return found / np.maximum(self.rarity[segments], 1.0)

    def n_passages(self, segments: Ints) -> Ints:
        """Number of passages on the page of each segment."""
        return self._base[segments + 1] - self._base[segments]


_ROW = 32
_ENTRY = (1 << _ROW) - 1


def overlaps(s: Segments, words: Occurrences, weight: Ints) -> Overlaps:
    """The overlaps of a batch; ``weight`` has one element for each occurrence of a word."""
    n = len(s)
    size = np.diff(s.page_starts)
    cells = np.minimum(size, OVERLAP_CELLS)
    passage = (np.arange(n) - s.page_first) * cells[s.page] // np.maximum(size[s.page], 1)
    base = running_sum(cells[s.page])
    # One entry for each word and segment.
    keep = begins(words.segment, words.group)
    segment, group, weight = words.segment[keep], words.group[keep], weight[keep]
    rarity = np.bincount(segment, weight, minlength=n).astype(np.float64)
    count = np.bincount(group, minlength=len(words.start) - 1)
    # Most words stand in one segment only.
    keep = count[group] > 1
    segment, group, weight = segment[keep], group[keep], weight[keep]
    count[count == 1] = 0
    begin = running_sum(count)
    here = np.arange(len(group))
    first, end = begin[group], begin[group + 1]
    own = base[segment]
    place = passage[segment]
    late = here - first >= LINKED
    targets, weights = [], []
    for k in range(LINKED):
        there = first + k
        linked = np.flatnonzero((there < end) & (there != here))
        other = there[linked]
        targets.append(own[linked] + place[other])
        weights.append(weight[linked])
        # The first few also know of the later ones, but of each pair only once.
        back = linked[late[linked]]
        targets.append(own[there[back]] + place[back])
        weights.append(weight[back])
    shared = np.bincount(np.concatenate(targets), np.concatenate(weights), minlength=base[-1])
    return Overlaps(shared.astype(np.int64), base, passage, rarity)
