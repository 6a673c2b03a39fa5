"""Where on a page filler would sit, by a model that need not be sure of anything."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detector import looks
from detector.batch import Batch
from detector.model import Model
from detector.spans import weights

Bools = NDArray[np.bool_]
Column = NDArray[np.float64]

FAINTEST = -6.0
"""Log-odds that some segment of a page must reach for a part of the page to be suspected …"""
CONTRAST = 3.0
"""… and by which it must exceed the least suspect segment."""


def suspected(batch: Batch, model: Model) -> list[tuple[int, int]]:
    """The most suspect part ``(start, stop)`` of each page, in segments of the batch; an empty one
    where no part stands out.

    Suspicion is measured against the rest of the page: of a site that the model does not know it
    may believe nothing, and yet find one part less unlikely than the other.
    """
    first = looks.first_opinions(batch, model.looks["segments"])
    filler = looks.second_opinions(model.looks["neighbours"], first)["filler"]
    weight = weights(batch.n_words)
    starts = batch.segments.page_starts.tolist()
    parts = []
    for low, high in pairwise(starts):
        start, stop = _part(filler[low:high], weight[low:high])
        # A heading belongs to what it stands above, but the page's own to the article.
        while low + 1 < low + start < low + stop and batch.is_heading[low + start - 1]:
            start -= 1
        parts.append((low + start, low + stop))
    return parts


def _part(filler: Column, weight: Column) -> tuple[int, int]:
    """The run of segments with the largest sum of weighted log-odds above the page's middle."""
    if not len(filler) or filler.max() < max(FAINTEST, filler.min() + CONTRAST):
        return 0, 0
    middle = (filler.max() + filler.min()) / 2
    sums = np.concatenate(([0.0], np.cumsum(weight * (filler - middle))))
    lowest = np.minimum.accumulate(sums)
    stop = int((sums - lowest).argmax())
    return int(sums[: stop + 1].argmin()), stop
