"""Candidate regions cut in two: what tells one block from two, one behind the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.runs import begins, members

Ints = NDArray[np.int64]
Column = NDArray[np.float64]


class Cuts(NamedTuple):
    """Ways to cut candidates in two: the number of the candidate that is cut, of the one that
    begins where it begins, and of the one behind that which ends where it ends."""

    whole: Ints
    front: Ints
    back: Ints


def cuts(start: Ints, stop: Ints) -> Cuts:
    """All ways to cut each candidate in two; candidates are ordered by start and stop."""
    row = np.arange(len(start))
    # What begins with a candidate and ends before it stands above it, down from the first with
    # this start.
    whole, front = members(np.maximum.accumulate(np.where(begins(start), row, 0)), row)
    owner, back = _backs(start, stop)
    pair, at = members(np.searchsorted(owner, whole), np.searchsorted(owner, whole, "right"))
    behind = start[back[at]] >= stop[front[pair]]
    pair, at = pair[behind], at[behind]
    return Cuts(whole[pair], front[pair], back[at])


def _backs(start: Ints, stop: Ints) -> tuple[Ints, Ints]:
    """All pairs of a candidate and another that begins later and ends with it, in order."""
    by_stop = np.lexsort((start, stop))
    ends = np.append(np.flatnonzero(begins(stop[by_stop]))[1:], len(stop))
    rank, other = members(np.arange(len(stop)) + 1, np.repeat(ends, np.diff(ends, prepend=0)))
    whole, back = by_stop[rank], by_stop[other]
    order = np.lexsort((back, whole))
    return whole[order], back[order]


def best(owner: Ints, value: Column) -> Ints:
    """Of each owner's values the largest, the first of equal ones: their numbers, by owner."""
    order = np.lexsort((-value, owner))
    return order[begins(owner[order])]
