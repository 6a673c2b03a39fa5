"""What the looks should say: gold pages laid over the segments of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch
from detector.corpus import GoldPage
from detector.runs import begins
from detector.tokens import token_offsets
from detector.types import Label

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Targets:
    """Truth about the segments of a batch, one element a segment.

    ``seam`` is 1 where a block begins right behind another, 0 elsewhere behind filler, and NaN for
    what is not filler behind filler.

    ``region`` numbers the gold region of the segment's page that holds most of it, -1 for none;
    ``start`` and ``end`` are its offsets in the text.
    """

    filler: Bools
    opening: Bools
    ending: Bools
    seam: NDArray[np.float64]
    derivative: Bools
    page: Ints
    region: Ints
    start: Ints
    end: Ints


def align(batch: Batch, pages: Sequence[GoldPage]) -> Targets:
    """Targets of a batch that was read from ``pages`` in this order."""
    n = batch.n
    region = np.full(n, -1)
    derivative = np.zeros(n, np.bool_)
    start, end = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for p, page in enumerate(pages):
        rows = slice(batch.segments.page_starts[p], batch.segments.page_starts[p + 1])
        start[rows], end[rows] = segment_offsets(batch, p, page.text)
        lines = [
            (span.start, span.end, label is Label.DERIVATIVE, k)
            for k, gold in enumerate(page.regions)
            for span, label in gold.lines
        ]
        if lines and rows.stop > rows.start:
            low, high, is_derivative, number = (np.array(part) for part in zip(*lines, strict=True))
            shared = np.minimum(end[rows, None], high) - np.maximum(start[rows, None], low)
            shared = np.maximum(shared, 0)
            inside = shared.sum(1) * 2 > end[rows] - start[rows]
            line = shared.argmax(1)
            region[rows] = np.where(inside, number[line], -1)
            derivative[rows] = inside & is_derivative[line]
    filler = region >= 0
    key = np.where(filler, batch.segments.page * (region.max(initial=0) + 1) + region, -1)
    before = np.concatenate(([-2], key[:-1]))
    behind_filler = filler & (before >= 0) & ~begins(batch.segments.page)
    return Targets(
        filler=filler,
        opening=filler & (key != before),
        ending=filler & (key != np.concatenate((key[1:], [-2]))),
        seam=np.where(behind_filler, key != before, np.nan),
        derivative=derivative,
        page=batch.segments.page,
        region=region,
        start=start,
        end=end,
    )


def length_weight(n_words: Ints) -> NDArray[np.float64]:
    """How much segments count in training: by their words, to some forty."""
    return np.minimum(1.0, n_words / 40.0 + 0.15)


def segment_offsets(batch: Batch, page: int, text: str) -> tuple[Ints, Ints]:
    """Start and end of a page's segments as code points of ``text``, its whole page text."""
    starts, ends = token_offsets(text)
    first = batch.tokens.page_starts[page]
    rows = slice(batch.segments.page_starts[page], batch.segments.page_starts[page + 1])
    return starts[batch.segments.start[rows] - first], ends[batch.segments.end[rows] - 1 - first]


def true_spans(targets: Targets, rows: slice) -> list[tuple[int, int]]:
    """Gold regions of the segments ``rows`` as half-open segment ranges."""
    opens = np.flatnonzero(targets.opening[rows]) + rows.start
    ends = np.flatnonzero(targets.ending[rows]) + rows.start + 1
    return list(zip(opens.tolist(), ends.tolist(), strict=True))
