"""How much of each segment single other passages of its page hold."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detector.runs import begins, running_sum
from detector.segmentation import Segments
from detector.words import Occurrences

Ints = NDArray[np.int64]
Column = NDArray[np.float64]
Table = NDArray[np.float32]

LINKED = 6
"""A word links a segment with the first so many segments of the page that hold it."""
OVERLAP_CELLS = 128
"""Earlier passages that a segment is compared with; longer pages are compared in coarser ones."""


class Overlaps:
    """Rarity of the distinct words that segments share with single passages of their page.

    A passage is a segment or, on pages of more than ``OVERLAP_CELLS`` segments, a few neighbours;
    ``passage`` says in which each segment lies. What is asked for is the largest of a segment's
    shares of the passages before or behind one, so these are kept.
    """

    def __init__(self, shared: Table, passage: Ints, rarity: Column) -> None:
        """``shared`` is passages x segments, whole numbers that single precision holds exactly; its
        last row is of none, and zeros."""
        self.passage = passage
        self.rarity = rarity
        self._up_to, self._from = shared, shared.copy()
        # Row by row, for numpy's accumulate goes down one column after another.
        for before, row in pairwise(self._up_to[:-1]):
            np.maximum(before, row, out=row)
        for behind, row in pairwise(self._from[::-1]):
            np.maximum(behind, row, out=row)

    def best_before(self, segments: Ints, passage: Ints) -> Column:
        """Largest share (0 to 1) of each segment's rarity held by one passage before ``passage``
        of its page."""
        return self._share(segments, self._up_to, passage - 1)

    def best_behind(self, segments: Ints, passage: Ints) -> Column:
        """Largest share of each segment's rarity held by one passage behind ``passage``."""
        return self._share(segments, self._from, passage + 1)

    def _share(self, segments: Ints, best: Table, passage: Ints) -> Column:
        return best[passage, segments] / np.maximum(self.rarity[segments], 1.0)


def overlaps(s: Segments, words: Occurrences, weight: Ints) -> Overlaps:
    """The overlaps of a batch; ``weight`` has one element for each occurrence of a word."""
    n = len(s)
    size = np.diff(s.page_starts)
    cells = np.minimum(size, OVERLAP_CELLS)
    passage = (np.arange(n) - s.page_first) * cells[s.page] // np.maximum(size[s.page], 1)
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
    head, end = begin[group], begin[group + 1]
    at = passage[segment] * n  # where the row of the passage begins, of which the word is a part
    late = here - head >= LINKED
    targets, weights = [], []
    for k in range(LINKED):
        there = head + k
        linked = np.flatnonzero((there < end) & (there != here))
        other = there[linked]
        targets.append(segment[linked] + at[other])
        weights.append(weight[linked])
        # The first few also know of the later ones, but of each pair only once.
        back = linked[late[linked]]
        targets.append(segment[there[back]] + at[back])
        weights.append(weight[back])
    table = cells.max(initial=0) + 1, n
    shared = np.bincount(np.concatenate(targets), np.concatenate(weights), table[0] * n)
    return Overlaps(shared.astype(np.float32).reshape(table), passage, rarity)
