"""From log-odds of segments to regions: candidates first, then the choice among them."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.odds import probability
from detector.types import Span

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
SPLITS = 3
"""Inner borders at which a candidate is tried in parts."""
SPLIT_FROM = -4.0
"""Log-odds of a seam from which an inner border is tried."""


class Opinion(NamedTuple):
    """Log-odds of segments for filler, first and last line, and for a new block behind another
    one, and their weights."""

    filler: Column
    opening: Column
    ending: Column
    seam: Column
    weight: Column


def candidates(said: Opinion, pages: Iterable[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Candidate regions ``(start, stop)`` of each of ``pages``, the segments from one to another;
    sorted.

    Best paths under several settings, each with the likeliest other borders near its own, whole
    and split where another block seems to begin.
    """
    filler = said.filler.tolist()
    steps = list(zip(*(column.tolist() for column in _steps(said, _BIASES, _COSTS)), strict=True))
    borders = (said.opening.tolist(), said.ending.tolist(), said.seam.tolist())
    for low, high in pages:
        if low == high or max(filler[low:high]) < QUIET:
            yield []
            continue
        paths = (_path(low, *(column[low:high] for column in setting)) for setting in steps)
        yield _tried({region for path in paths for region in path}, low, high, *borders)


def _steps(said: Opinion, bias: Column, cost: Column) -> tuple[Column, Column, Column]:
    """What each segment gains a path inside, and what it costs to enter there or to leave."""
    return said.weight * (said.filler + bias), said.opening - cost, said.ending - cost


def _tried(
    base: set[tuple[int, int]],
    low: int,
    high: int,
    opening: list[float],
    ending: list[float],
    seam: list[float],
) -> list[tuple[int, int]]:
    """Regions of a page in whole and in parts, each also with other borders."""
    for start, stop in tuple(base):
        if stop - start >= 3:
            seams = [k for k in _top(seam, start + 1, stop, SPLITS) if seam[k] > SPLIT_FROM]
            borders = [start, *sorted(seams), stop]
            base.update((a, b) for i, a in enumerate(borders) for b in borders[i + 1 :])
    out = set(base)
    firsts: dict[tuple[int, int, int], set[int]] = {}
    lasts: dict[tuple[int, int, int], set[int]] = {}
    for start, stop in base:
        around = start, max(low, start - REACH), min(stop, start + REACH + 1)
        starts = _near(firsts, opening, *around)
        around = stop - 1, max(start, stop - 1 - REACH), min(high, stop + REACH)
        stops = _near(lasts, ending, *around)
        out.update([(a, b + 1) for a in starts for b in stops if a <= b])
    return sorted(out)


def _near(
    known: dict[tuple[int, int, int], set[int]], values: list[float], own: int, low: int, high: int
) -> set[int]:
    """A border and the likeliest others from ``low`` to ``high``; regions of a page share many."""
    key = own, low, high
    if key not in known:
        known[key] = {own, *_top(values, low, high, ALTERNATIVES)}
    return known[key]


_BIASES, _COSTS = np.array(SETTINGS).T[:, :, None]


def best_path(said: Opinion, bias: float, cost: float) -> list[tuple[int, int]]:
    """The set of regions of a page with the largest sum of weighted, biased log-odds, where each
    border pays ``cost`` and gains its log-odds of opening or ending a block (Viterbi with two
    states)."""
    steps = _steps(said, np.array(bias), np.array(cost))
    return _path(0, *(column.tolist() for column in steps))


Path = tuple[int, int, "Path | None"]
"""The last region of a path, start and stop, and the path before it."""


def _path(
    low: int, gains: list[float], enter: list[float], leave: list[float]
) -> list[tuple[int, int]]:
    """The best path over the segments from ``low`` where each segment inside gains, each first one
    enters, each last one leaves."""
    outside, inside = 0.0, -math.inf
    path: Path | None = None
    before: Path | None = None
    start = 0
    for i, (gain, first, last) in enumerate(zip(gains, enter, leave), low):
        if outside + first > inside:
            inside = outside + first
            before, start = path, i
        inside += gain
        if inside + last > outside:
            outside = inside + last
            path = (start, i + 1, before)
    regions: list[tuple[int, int]] = []
    while path is not None:
        start, stop, path = path
        regions.append((start, stop))
    return regions[::-1]


def _top(values: list[float], start: int, stop: int, n: int) -> list[int]:
    """Positions of the ``n`` largest values from ``start`` to ``stop``; of equal ones the first."""
    return sorted(range(start, stop), key=values.__getitem__, reverse=True)[:n]


class Reach(NamedTuple):
    """Starts before a candidate's own and stops behind it that it may grow to, the nearest first:
    segments or offsets."""

    before: tuple[int, ...] = ()
    behind: tuple[int, ...] = ()

    def at(self, starts: Sequence[int], ends: Sequence[int]) -> Reach:
        """The offsets of what is in segments, which have these."""
        before = tuple(starts[k] for k in self.before)
        return Reach(before, tuple(ends[k - 1] for k in self.behind))


class Candidate(NamedTuple):
    """A candidate region of a text: its offsets, its log-odds of being filler and of having the
    right borders, the probability that these are right or nearly so, and the offsets that it may
    grow to."""

    span: Span
    log_odds: float
    exact: float
    near: float
    reach: Reach = Reach()


def choose(
    spans: Sequence[tuple[int, int]],
    accept: Column,
    exact: Column,
    near: Column,
    threshold: float,
) -> list[int]:
    """Which candidates of a page become regions: indices in page order.

    ``spans`` are half open, in segments or in characters: only their order counts. ``accept`` are
    log-odds of being filler, ``exact`` of having the right borders, ``near`` the probability that
    these are right or nearly so. Among all sets of :func:`usable` candidates above the threshold
    that do not overlap, the one with the largest sum of :func:`value` is chosen (weighted interval
    scheduling).
    """
    rows = np.flatnonzero((accept > threshold) & usable(accept, exact)).tolist()
    return [rows[k] for k in best_set([spans[k] for k in rows], value(accept, exact, near)[rows])]


def best_set(spans: Sequence[tuple[int, int]], values: Column) -> list[int]:
    """The spans that do not overlap and have the largest sum of ``values``: their indices, in page
    order."""
    rows = sorted(range(len(spans)), key=lambda k: (spans[k][1], spans[k][0]))
    gains = values.tolist()
    best = [0.0]
    taken: list[tuple[int, int] | None] = [None]
    stops = [spans[k][1] for k in rows]
    for n, k in enumerate(rows):
        before = bisect_right(stops, spans[k][0], hi=n)
        total = best[before] + gains[k]
        better = total > best[n]
        best.append(total if better else best[n])
        taken.append((k, before) if better else None)
    chosen: list[int] = []
    n = len(rows)
    while n:
        step = taken[n]
        n = n - 1 if step is None else step[1]
        if step is not None:
            chosen.append(step[0])
    return chosen[::-1]


def regions(page: Sequence[Candidate], threshold: float) -> list[Span]:
    """What is marked on a page with these candidates: those that :func:`choose` takes, grown."""
    spans = [(candidate.span.start, candidate.span.end) for candidate in page]
    accept = np.array([candidate.log_odds for candidate in page], np.float64)
    exact = np.array([candidate.exact for candidate in page], np.float64)
    near = np.array([candidate.near for candidate in page], np.float64)
    rows = choose(spans, accept, exact, near, threshold)
    found = grown([spans[k] for k in rows], [page[k].reach for k in rows])
    return [Span(start, stop) for start, stop in found]


def top(accept: Column, exact: Column) -> float:
    """The threshold from which :func:`choose` takes none of a page's candidates; -inf if it never
    takes one."""
    return float(np.max(accept[usable(accept, exact)], initial=-np.inf))


ACCEPT_SHARE = 0.5
LEAST_EXACT = 0.5
"""A candidate is left out unless its borders seem right, the more so the less it looks like filler:
parts of honest look-alikes are marked less often than whole ones."""

JUST_RIGHT = 0.5
"""What the right borders are worth beside those that are nearly right."""


def usable(accept: Column, exact: Column) -> NDArray[np.bool_]:
    """Which candidates may become regions."""
    return np.asarray(ACCEPT_SHARE * accept + exact + LEAST_EXACT > 0)


def value(accept: Column, exact: Column, near: Column) -> Column:
    """What a candidate is worth in the choice: the probability that it is filler with about the
    right borders, and ``JUST_RIGHT`` as much that these are the right ones, to the power of 1.5.

    Without the power the chosen set would have the largest expected number of such regions, if what
    is said of a block and of its parts were consistent. But each is judged by itself, and two parts
    that may be right add up to more than a whole that is; the power makes sure ones worth more.
    """
    right = near + JUST_RIGHT * probability(exact)
    return np.asarray(right * np.sqrt(right) * probability(accept))


FILLER_ABOVE = -1.0
"""Log-odds from which a segment speaks for being a part of the region beside it if the borders of
that are surely wrong; 1 more if they are surely right …"""
BORDERS_HOLD = 2.0
"""… and what all that speaks for it has to outweigh then."""
GIVE_UP = 3.0
"""How far the sum may fall on the way before it is given up."""
FARTHEST = 50
"""Segments that a region may grow over on either side: a page of one line again and again is not
marked in whole for a few of them."""


def reach(start: int, stop: int, near: float, said: Opinion, low: int, high: int) -> Reach:
    """How far the candidate ``start`` to ``stop`` may grow over the filler beside it on its page,
    the segments ``low`` to ``high``; ``near`` is the probability that its borders are right or
    nearly so.

    Borders are chosen by what usually opens and closes a block. Where a block begins or ends with
    something else, as in disorder, they are doubtful, and what was left outside is known by being
    filler.
    """
    low, high = max(low, start - FARTHEST), min(high, stop + FARTHEST)
    gains = said.weight[low:high] * (said.filler[low:high] - FILLER_ABOVE - near)
    before, behind = gains[: start - low][::-1].tolist(), gains[stop - low :].tolist()
    held = BORDERS_HOLD * near
    starts = (start - n for n in _better(before, held))
    return Reach(tuple(starts), tuple(stop + n for n in _better(behind, held)))


def _better(gains: Sequence[float], held: float) -> list[int]:
    """How many of ``gains``, from the first on, have a larger sum than any fewer of them, and than
    ``held``."""
    found = []
    total, best = 0.0, held
    for n, gain in enumerate(gains, 1):
        total += gain
        if total > best:
            best = total
            found.append(n)
        elif total < best - held - GIVE_UP:
            break
    return found


def grown(regions: Sequence[tuple[int, int]], reaches: Sequence[Reach]) -> list[tuple[int, int]]:
    """The chosen regions of a page, in order, each grown as far as it may; none grows into
    another. Regions and what they reach may be in segments or in characters."""
    out: list[tuple[int, int]] = []
    begin, ends = 0, [*(start for start, _ in regions), math.inf][1:]
    for (start, stop), may, end in zip(regions, reaches, ends, strict=True):
        first = next((n for n in reversed(may.before) if n >= begin), start)
        begin = next((n for n in reversed(may.behind) if n <= end), stop)
        out.append((first, begin))
    return out
