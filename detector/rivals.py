"""Candidate regions against the other candidates that overlap them: what tells the whole of a block
from its parts, and a piece of an honest text from filler."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from detector.batch import Column, Ints
from detector.cuts import Cuts, best, cuts
from detector.odds import probability
from detector.runs import members
from detector.spans import FAR, Regions, summable

PAIRS_AT_ONCE = 500_000
"""Pairs of candidates that are looked at together, so that memory stays bounded."""
NEAR = 0.8
"""Overlap (intersection over union, in letters) from which two candidates are nearly the same."""
NOTHING = -FAR
"""Log-odds that stand for a candidate where there is none."""


class Group(NamedTuple):
    """For each candidate, of some of its rivals: how many there are, and the sum, the largest and
    the smallest of their log-odds of being filler (0, -FAR and FAR of none)."""

    n: Column
    total: Column
    most: Column
    least: Column

    @staticmethod
    def empty(n: int) -> Group:
        return Group(np.zeros(n), np.zeros(n), np.full(n, NOTHING), np.full(n, FAR))

    def add(self, owner: Ints, values: Column) -> None:
        """Count rivals of the candidates ``owner``."""
        np.add.at(self.n, owner, 1.0)
        np.add.at(self.total, owner, values)
        np.maximum.at(self.most, owner, values)
        np.minimum.at(self.least, owner, values)

    def mean(self, otherwise: Column) -> Column:
        """Mean of the log-odds; ``otherwise`` where there are no rivals."""
        return np.where(self.n > 0, self.total / np.maximum(self.n, 1.0), otherwise)


class Found(NamedTuple):
    """What the rivals of each candidate add up to: those that contain it and those that it
    contains; summed weights of all that overlap it, of those with its start and of those with its
    stop, itself among them; the largest log-odds of the right borders among its rivals."""

    around: Group
    within: Group
    whole: Column
    same_start: Column
    same_stop: Column
    best_exact: Column


class Joined(NamedTuple):
    """Parts of candidates: the candidate that is a part, the other part of the same whole, the
    whole, and the one of the two that stands behind."""

    part: Ints
    other: Ints
    whole: Ints
    back: Ints


class Rivals:
    """Candidates of a batch, ordered by page, start and stop, with what the third look says of
    them: ``accept`` are their log-odds of being filler, ``exact`` of having the right borders."""

    def __init__(self, regions: Regions, accept: Column, exact: Column) -> None:
        self.regions = regions
        self.accept = summable(np.clip(accept, -FAR, FAR))
        self.exact = summable(np.clip(exact, -FAR, FAR))
        self._weight = summable(np.exp(self.exact))

    def __len__(self) -> int:
        return len(self.accept)

    @cached_property
    def _found(self) -> Found:
        n = len(self)
        around, within = Group.empty(n), Group.empty(n)
        whole, same_start, same_stop = (self._weight.copy() for _ in range(3))
        best = np.full(n, NOTHING)
        start, stop = self.regions.start, self.regions.stop
        for one, other in self._pairs():
            np.add.at(whole, one, self._weight[other])
            np.maximum.at(best, one, self.exact[other])
            for border, same in ((start, same_start), (stop, same_stop)):
                shared = border[one] == border[other]
                np.add.at(same, one[shared], self._weight[other[shared]])
            inside = (start[one] >= start[other]) & (stop[one] <= stop[other])
            around.add(one[inside], self.accept[other[inside]])
            within.add(other[inside], self.accept[one[inside]])
        return Found(around, within, whole, same_start, same_stop, best)

    def _pairs(self) -> Iterator[tuple[Ints, Ints]]:
        """All ordered pairs of two candidates that overlap, some at a time."""
        start, stop = self.regions.start, self.regions.stop
        first = np.arange(len(self)) + 1
        last = np.maximum(np.searchsorted(start, stop), first)
        running = np.cumsum(last - first)
        low = 0
        while low < len(self):
            before = running[low - 1] if low else 0
            high = max(int(np.searchsorted(running, before + PAIRS_AT_ONCE, "right")), low + 1)
            owner, rival = members(first[low:high], last[low:high])
            owner += low
            yield np.concatenate((owner, rival)), np.concatenate((rival, owner))
            low = high

    def near(self, exact: Column) -> Column:
        """The probability that the borders of each candidate are right or nearly so: those of it or
        of a rival that is nearly the same; ``exact`` are the log-odds of each for just the right
        ones."""
        right = summable(probability(exact))
        near = right.copy()
        start, stop = self.regions.start, self.regions.stop
        letters = self.regions.batch.running_of("letters")
        size = letters[stop] - letters[start]
        for one, other in self._pairs():
            first, last = np.maximum(start[one], start[other]), np.minimum(stop[one], stop[other])
            shared = letters[last] - letters[first]
            same = shared >= NEAR * (size[one] + size[other] - shared)
            np.add.at(near, one[same], right[other[same]])
        return np.minimum(near, 1.0)

    @property
    def around(self) -> Group:
        """Rivals that contain the candidate."""
        return self._found.around

    @property
    def within(self) -> Group:
        """Rivals that the candidate contains."""
        return self._found.within

    def share(self) -> Column:
        """Of the belief in the borders of all candidates that overlap, the candidate's part."""
        return self._weight / self._found.whole

    def start_share(self) -> Column:
        """… the part of those that begin where the candidate begins."""
        return self._found.same_start / self._found.whole

    def stop_share(self) -> Column:
        """… the part of those that end where the candidate ends."""
        return self._found.same_stop / self._found.whole

    def best_exact(self) -> Column:
        """Largest log-odds of having the right borders among rivals; -FAR if there are none."""
        return self._found.best_exact

    @cached_property
    def elsewhere(self) -> Column:
        """Largest log-odds of being filler among candidates beside this one; -FAR of none."""
        batch, regions = self.regions.batch, self.regions
        ends, begins = np.full(batch.n + 1, NOTHING), np.full(batch.n + 1, NOTHING)
        np.maximum.at(ends, regions.stop, self.accept)
        np.maximum.at(begins, regions.start, self.accept)
        before = _most_so_far(ends[1:], batch.segments.page)
        behind = _most_so_far(begins[:-1][::-1], -batch.segments.page[::-1])[::-1]
        left = np.where(regions.start > regions.page_first, before[regions.start - 1], NOTHING)
        at = np.minimum(regions.stop, max(batch.n - 1, 0))
        right = np.where(regions.stop < regions.page_last, behind[at], NOTHING)
        return np.maximum(left, right)

    # --- cut in two ---------------------------------------------------------------------------

    @cached_property
    def right(self) -> Column:
        """The probability that a candidate's borders are right."""
        return summable(probability(self.exact))

    @cached_property
    def _cuts(self) -> Cuts:
        return cuts(self.regions.start, self.regions.stop)

    @cached_property
    def cut(self) -> Cuts:
        """Of each candidate that can be cut in two the way of which most right borders are to be
        expected."""
        found = self._cuts
        at = best(found.whole, self.right[found.front] + self.right[found.back])
        return Cuts(*(column[at] for column in found))

    @cached_property
    def joined(self) -> Joined:
        """Of each candidate that is a part of others the whole whose borders are likeliest
        right."""
        found = self._cuts
        part, other = np.concatenate((found.front, found.back)), np.concatenate(found[:0:-1])
        whole, back = np.tile(found.whole, 2), np.tile(found.back, 2)
        at = best(part, self.right[whole])
        return Joined(part[at], other[at], whole[at], back[at])

    @property
    def seam(self) -> Column:
        """Log-odds that a new block begins with each candidate's first segment, behind another."""
        return self.regions.opinions["seam"][self.regions.start]

    @property
    def n_segments(self) -> Ints:
        """Segments of each candidate."""
        return self.regions.stop - self.regions.start

    def column(self, rows: Ints, values: Column, otherwise: float) -> Column:
        """One value a candidate: ``values`` of the candidates ``rows``, ``otherwise`` of others."""
        out = np.full(len(self), otherwise)
        out[rows] = values
        return out


def _most_so_far(values: Column, page: Ints) -> Column:
    """Running maximum that begins anew with each page; ``page`` rises."""
    lift = 3 * FAR * page  # more than what one page can reach, so that none sees the one before
    most: Column = np.maximum.accumulate(values + lift) - lift
    return np.maximum(most, NOTHING)
