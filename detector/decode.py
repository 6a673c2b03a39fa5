"""From log-odds of segments to regions: candidates first, then the choice among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Column = NDArray[np.float64]

SETTINGS = ((0.0, 1.0), (2.0, 2.0), (4.0, 2.0), (6.0, 3.0), (8.0, 4.0))
"""(bias, cost): what is added to the log-odds of each segment and paid at each border of a region;
from strict to generous, so that faint blocks become candidates too."""
QUIET = -4.0
"""A page whose segments all stay below these log-odds has no candidates."""
REACH = 8
"""Segments within which other borders than the decoder's are tried …"""
ALTERNATIVES = 3
"""… the likeliest so many of them."""
SPLITS = 2
"""Inner borders at which a candidate is tried in two parts."""
SPLIT_FROM = -4.0
"""Log-odds of opening a block from which an inner border is tried."""


class Opinion(NamedTuple):
    """Log-odds of a page's segments for filler, first and last line, and their weights."""

    filler: Column
    opening: Column
    ending: Column
    weight: Column


def weights(n_words: Ints) -> Column:
    """How much a segment counts: by its words, but no more than a paragraph."""
    return np.minimum(1.5, n_words / 25.0 + 0.2)


def candidates(page: Opinion) -> list[tuple[int, int]]:
    """Candidate regions ``(start, stop)`` of a page, sorted.

    Best paths under several settings, each with the likeliest other borders near its own, whole
    and split where another block seems to begin.
    """
    if not len(page.filler) or page.filler.max() < QUIET:
        return []
    base: set[tuple[int, int]] = set()
    for bias, cost in SETTINGS:
        base.update(best_path(page, bias, cost))
    for start, stop in tuple(base):
        for k in _splits(page, start, stop):
            base.update(((start, k), (k, stop)))
    out = set(base)
    for start, stop in base:
        low, high = max(0, start - REACH), min(stop - 1, start + REACH)
        starts = low + _top(page.opening[low : high + 1], ALTERNATIVES)
        low, high = max(start + 1, stop - REACH), min(len(page.filler), stop + REACH)
        stops = low + _top(page.ending[low - 1 : high], ALTERNATIVES)
        out.update(
            (a, b) for a in {start, *starts.tolist()} for b in {stop, *stops.tolist()} if a < b
        )
    return sorted(out)


def best_path(page: Opinion, bias: float, cost: float) -> list[tuple[int, int]]:
    """The set of regions with the largest sum of weighted, biased log-odds, where each border pays
    ``cost`` and gains its log-odds of opening or ending a block (Viterbi with two states)."""
    gains = (page.weight * (page.filler + bias)).tolist()
    enter, leave = (page.opening - cost).tolist(), (page.ending - cost).tolist()
    outside, inside = 0.0, -np.inf
    # Regions so far as a linked list: (stop, (start, rest)).
    path_out: tuple[object, ...] | None = None
    path_in: tuple[object, ...] | None = None
    for i, gain in enumerate(gains):
        if outside + enter[i] > inside:
            inside, path_in = outside + enter[i], (i, path_out)
        inside += gain
        if inside + leave[i] > outside:
            outside, path_out = inside + leave[i], (i + 1, path_in)
    regions: list[tuple[int, int]] = []
    while path_out is not None:
        stop, region = path_out
        start, path_out = region  # type: ignore[misc]
        regions.append((start, stop))  # type: ignore[arg-type]
    return regions[::-1]


def _splits(page: Opinion, start: int, stop: int) -> list[int]:
    """Segments inside a region at which another block may begin."""
    if stop - start < 3:
        return []
    inner = page.opening[start + 1 : stop] + page.ending[start : stop - 1]
    found = start + 1 + _top(inner, SPLITS)
    return [int(k) for k in found if page.opening[k] > SPLIT_FROM]


def _top(values: Column, n: int) -> Ints:
    """Positions of the ``n`` largest values; of equal ones the first."""
    return np.argsort(-values, kind="stable")[:n]


def choose(
    spans: Sequence[tuple[int, int]], accept: Column, exact: Column, threshold: float
) -> list[int]:
    """Which candidates of a page become regions: indices in page order.

    ``accept`` are log-odds of being filler, ``exact`` of having the right borders. Among all sets of
    candidates above the threshold that do not overlap, the one with the largest sum of
    :func:`value` is chosen (weighted interval scheduling).
    """
    worth = value(accept, exact)
    usable = [k for k in range(len(spans)) if accept[k] > threshold and worth[k] > 0]
    usable.sort(key=lambda k: (spans[k][1], spans[k][0]))
    best = [0.0]
    taken: list[tuple[int, int] | None] = [None]
    stops = [spans[k][1] for k in usable]
    for n, k in enumerate(usable):
        before = int(np.searchsorted(stops[:n], spans[k][0], side="right"))
        total = best[before] + float(worth[k])
        better = total > best[n]
        best.append(total if better else best[n])
        taken.append((k, before) if better else None)
    chosen: list[int] = []
    n = len(usable)
    while n:
        step = taken[n]
        n = n - 1 if step is None else step[1]
        if step is not None:
            chosen.append(step[0])
    return chosen[::-1]


ACCEPT_SHARE = 0.3
LEAST_EXACT = 3.0


def value(accept: Column, exact: Column) -> Column:
    """What a candidate is worth in the choice: mostly whether its borders are right."""
    return ACCEPT_SHARE * accept + exact + LEAST_EXACT
