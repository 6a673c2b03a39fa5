"""Thresholds by the share of honest pages that they mark, with what was measured at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector import decode
from detector.evaluation import FOUND_FROM, overlap
from detector.model import Threshold
from detector.tally import Tally
from detector.types import Span

Column = NDArray[np.float64]

LOOSE = -4.0
"""Log-odds from which regions are looked at to calibrate and to set thresholds; none is lower."""


class Proposed(NamedTuple):
    """The candidates of a page, as offsets into its text, with what :func:`decode.choose` and
    :func:`decode.grown` take; and the page's true regions."""

    spans: Sequence[tuple[int, int]]
    accept: Column
    exact: Column
    near: Column
    reaches: Sequence[decode.Reach]
    gold: Sequence[Span]


def least(tops: Column, rate: float) -> float:
    """The smallest log-odds above which no more than ``rate`` of the pages have a region.

    ``tops`` holds for each page the threshold from which nothing on it is marked.
    """
    ordered = np.sort(tops)[::-1]
    limit = float(ordered[min(int(rate * len(ordered)), len(ordered) - 1)])
    return round(max(limit, LOOSE) + 1e-3, 3)


def measured(
    log_odds: float, tops: Column, alarms_on: str, labelled: Sequence[Proposed], recall_on: str
) -> Threshold:
    """The threshold at ``log_odds``, with its false alarms on honest pages (see :func:`least`) and
    its recall on labelled ones; ``alarms_on`` and ``recall_on`` name these pages."""
    alarms = Tally(len(tops), int((tops > log_odds).sum()))
    return Threshold(log_odds, alarms, alarms_on, recall(labelled, log_odds), recall_on)


def recall(labelled: Sequence[Proposed], log_odds: float) -> Tally:
    """True regions, and those that a marked one overlaps well enough."""
    tally = Tally()
    for page in labelled:
        chosen = decode.choose(page.spans, page.accept, page.exact, page.near, log_odds)
        spans, reaches = [page.spans[k] for k in chosen], [page.reaches[k] for k in chosen]
        marked = [Span(*span) for span in decode.grown(spans, reaches)]
        for gold in page.gold:
            tally.add(any(overlap(gold, span) >= FOUND_FROM for span in marked))
    return tally
