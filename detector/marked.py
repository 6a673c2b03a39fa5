"""The marked regions of a batch, and where their tokens stand in the text."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch
from detector.runs import members
from detector.tokens import token_offsets
from detector.types import Span

Ints = NDArray[np.int64]


class Marked:
    """The marked regions of a batch: segments ``start`` to ``stop``, in reading order."""

    def __init__(self, batch: Batch, start: Ints, stop: Ints) -> None:
        self.batch = batch
        self.start, self.stop = start, stop
        self.page = batch.segments.page[start]

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def members(self) -> tuple[Ints, Ints]:
        """All segments that are marked, in reading order: ``(region, segment)``."""
        return members(self.start, self.stop)

    @cached_property
    def of_segment(self) -> Ints:
        """For each segment the number of its region, -1 outside; one element more, for tokens
        that lie in no segment."""
        out = np.full(self.batch.n + 1, -1)
        region, segment = self.members
        out[segment] = region
        return out

    @cached_property
    def offsets(self) -> tuple[Ints, Ints]:
        """Start and end of every token of the marked pages in its document's text; in the preceding
        text they are below its beginning."""
        batch = self.batch
        begin, end = np.zeros((2, len(batch.tokens.ids)), np.int64)
        for page in dict.fromkeys(self.page.tolist()):
            part = slice(*batch.tokens.page_starts[page : page + 2].tolist())
            starts, ends = token_offsets(batch.text(page))
            np.subtract(starts, batch.origin[page], out=begin[part])
            np.subtract(ends, batch.origin[page], out=end[part])
        return begin, end

    def offsets_of(self, first: Ints, last: Ints) -> tuple[Ints, Ints]:
        """Offsets of the stretches from the tokens ``first`` to ``last``."""
        begin, end = self.offsets
        return begin[first], end[last]

    def spans(self, first: Ints, last: Ints) -> tuple[list[int], list[int]]:
        """The same as lists."""
        starts, ends = self.offsets_of(first, last)
        return starts.tolist(), ends.tolist()

    @cached_property
    def _texts(self) -> list[tuple[str, int]]:
        """For each region the text of its page, and from where in that offsets count."""
        origin = self.batch.origin[self.page].tolist()
        return [(self.batch.text(k), n) for k, n in zip(self.page.tolist(), origin, strict=True)]

    def text(self, region: int, start: int, end: int) -> str:
        """The stretch ``start`` to ``end`` of the document that holds a region."""
        text, origin = self._texts[region]
        return text[start + origin : end + origin]

    def passage(self, page: int, start: int, end: int) -> tuple[Span, bool]:
        """A stretch of a page by its offsets, and whether it lies in the preceding text; there they
        are counted from the start of that."""
        origin = int(self.batch.origin[page])
        if start + origin < self.batch.given[page]:
            return Span(start + origin, end + origin), True
        return Span(start, end), False
