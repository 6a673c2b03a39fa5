"""Context: how long a span is and where on the page it stands."""

from __future__ import annotations

import numpy as np

from detector.batch import Batch, Bools, Column, Ints
from detector.features.registry import region_feature, segment_feature
from detector.spans import Regions, Sums


def _as_numbers(mask: Bools) -> Column:
    return mask.astype(np.float64)


def _running_words(batch: Batch) -> Column:
    return batch.running_of("words")


@segment_feature("context.log_words", high=8.0)
def log_words(batch: Batch) -> Column:
    """Logarithm of 1 + words of the segment."""
    return np.log1p(batch.n_words)


@segment_feature("context.is_short")
def is_short(batch: Batch) -> Column:
    """1 if the segment has fewer than six words."""
    return (batch.n_words < 6).astype(np.float64)


@segment_feature("context.log_words_before", high=20.0)
def log_words_before(batch: Batch) -> Column:
    """Logarithm of 1 + words of the page before the segment."""
    running, s = _running_words(batch), batch.segments
    return np.log1p(running[:-1] - running[s.page_first])


@segment_feature("context.log_words_behind", high=20.0)
def log_words_behind(batch: Batch) -> Column:
    """Logarithm of 1 + words of the page behind the segment."""
    running, s = _running_words(batch), batch.segments
    return np.log1p(running[s.page_last] - running[1:])


@segment_feature("context.is_last")
def is_last(batch: Batch) -> Column:
    """1 if the segment is the last of its page."""
    return _as_numbers(np.arange(batch.n) == batch.segments.page_last - 1)


@segment_feature("context.is_first")
def is_first(batch: Batch) -> Column:
    """1 if the segment is the first of its page."""
    return _as_numbers(np.arange(batch.n) == batch.segments.page_first)


@segment_feature("context.begins_line")
def begins_line(batch: Batch) -> Column:
    """1 if the segment begins a line or turn."""
    return _as_numbers(batch.segments.first)


@segment_feature("context.closes_line")
def closes_line(batch: Batch) -> Column:
    """1 if the segment ends a line or turn."""
    return _as_numbers(batch.segments.last)


@segment_feature("context.run_on")
def run_on(batch: Batch) -> Column:
    """1 if the page has lost its line breaks there, so that sentences are segments."""
    return _as_numbers(batch.segments.run_on)


@region_feature("context.log_region_words", high=20.0)
def log_region_words(regions: Regions) -> Column:
    """Logarithm of 1 + words of the region."""
    return np.log1p(regions.inside["words"])


@region_feature("context.log_segments", high=20.0)
def log_segments(regions: Regions) -> Column:
    """Logarithm of 1 + segments of the region."""
    return np.log1p(regions.inside["segments"])


@region_feature("context.page_share")
def page_share(regions: Regions) -> Column:
    """Share of the page's words that stand in the region."""
    inside = regions.inside["words"]
    return inside / np.maximum(inside + regions.outside["words"], 1.0)


def _words_between(regions: Regions, start: Ints, stop: Ints) -> Column:
    running = _running_words(regions.batch)
    return running[stop] - running[start]


@region_feature("context.log_region_words_before", high=20.0)
def log_region_words_before(regions: Regions) -> Column:
    """Logarithm of 1 + words of the page before the region."""
    return np.log1p(_words_between(regions, regions.page_first, regions.start))


@region_feature("context.log_region_words_behind", high=20.0)
def log_region_words_behind(regions: Regions) -> Column:
    """Logarithm of 1 + words of the page behind the region."""
    return np.log1p(_words_between(regions, regions.stop, regions.page_last))


@region_feature("context.reaches_end")
def reaches_end(regions: Regions) -> Column:
    """1 if the region reaches the end of the page."""
    return _as_numbers(regions.stop == regions.page_last)


@region_feature("context.reaches_start")
def reaches_start(regions: Regions) -> Column:
    """1 if nothing stands before the region."""
    return _as_numbers(regions.start == regions.page_first)


@region_feature("context.starts_line")
def starts_line(regions: Regions) -> Column:
    """1 if the region starts where a line or turn does."""
    return _as_numbers(regions.batch.segments.first[regions.start])


@region_feature("context.ends_line")
def ends_line(regions: Regions) -> Column:
    """1 if the region ends where a line or turn does."""
    return _as_numbers(regions.batch.segments.last[regions.stop - 1])


@region_feature("context.starts_run_on")
def starts_run_on(regions: Regions) -> Column:
    """1 if the page has lost its line breaks where the region starts."""
    return _as_numbers(regions.batch.segments.run_on[regions.start])


WINDOWS = (
    "own",
    "before1",
    "behind1",
    "before60",
    "behind60",
    "above",
    "below",
)
"""Spans around each segment over which measures are taken: the segment itself; its neighbours;
at least 60 words beside it (less at the ends of a page); all before and behind it."""


NEAR = 60
"""Words that the windows ``before60`` and ``behind60`` reach."""


def windows(batch: Batch) -> Sums:
    """Sums over all windows of all segments: first those of one window, then of the next."""
    s, rows = batch.segments, np.arange(batch.n)
    running = _running_words(batch)
    before = np.searchsorted(running, running[:-1] - NEAR, side="right") - 1
    behind = np.searchsorted(running, running[1:] + NEAR, side="left")
    spans = {
        "own": (rows, rows + 1),
        "before1": (np.maximum(rows - 1, s.page_first), rows),
        "behind1": (rows + 1, np.minimum(rows + 2, s.page_last)),
        "before60": (np.minimum(np.maximum(before, s.page_first), rows), rows),
        "behind60": (rows + 1, np.maximum(np.minimum(behind, s.page_last), rows + 1)),
        "above": (s.page_first, rows),
        "below": (rows + 1, s.page_last),
    }
    start, stop = (np.concatenate([spans[name][side] for name in WINDOWS]) for side in (0, 1))
    return Sums.over(batch, start, stop)
