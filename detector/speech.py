"""Who speaks where: the turns of each speaker of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.runs import begins, running_sum
from detector.segmentation import Segments

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Hashes = NDArray[np.uint64]


class Turns(NamedTuple):
    """The speakers of ranges of segments: one element a range and speaker, by range.

    ``segment`` is the speaker's first in the range, ``sums`` are the weights of all of them there.
    """

    owner: Ints
    segment: Ints
    sums: list[Ints]


class Speech:
    """The segments that are somebody's speech, speaker by speaker."""

    def __init__(self, s: Segments, speaker: Hashes) -> None:
        """``speaker`` tells apart the keys of segments, and pages."""
        n = len(s)
        spoken = np.flatnonzero(s.key)
        self._segment = spoken[np.argsort(speaker[spoken], kind="stable")]
        self._place = np.full(n, -1)
        self._place[self._segment] = np.arange(len(spoken))
        self._previous, self._next = _neighbours(self._segment, speaker, n)
        labelled = self._segment[s.labelled[self._segment]]
        self.first_label, self.last_label = _ends(labelled, speaker, n)
        """For each labelled segment the first and last label of its speaker on the page; -1 for
        others."""

    def turns(
        self, owner: Ints, segment: Ints, borders: tuple[Ints, Ints], weights: Sequence[Ints]
    ) -> Turns:
        """The speakers of ranges of segments from ``borders[0]`` to ``borders[1]``, whose members
        are ``segment`` of range ``owner``."""
        spoken = self._place[segment] >= 0
        owner, segment = owner[spoken], segment[spoken]
        # In a range a speaker's turns are a run of all that speaker's; what begins a run and what
        # ends it are found alone, and sorting brings them together.
        begins = self._previous[segment] < borders[0][owner]
        ends = self._next[segment] >= borders[1][owner]
        first = np.sort((owner[begins] << _PLACE) + self._place[segment[begins]])
        last = np.sort((owner[ends] << _PLACE) + self._place[segment[ends]])
        low, high = first & _PLACES, (last & _PLACES) + 1
        sums = []
        for weight in weights:
            running = running_sum(weight[self._segment])
            sums.append(running[high] - running[low])
        return Turns(first >> _PLACE, self._segment[low], sums)


_PLACE = 32
_PLACES = (1 << _PLACE) - 1


def _neighbours(ordered: Ints, speaker: Hashes, n: int) -> tuple[Ints, Ints]:
    """For each segment the one of the same speaker before (or -1) and behind it (or ``n``)."""
    previous, following = np.full(n, -1), np.full(n, n)
    same = speaker[ordered[1:]] == speaker[ordered[:-1]]
    previous[ordered[1:][same]] = ordered[:-1][same]
    following[ordered[:-1][same]] = ordered[1:][same]
    return previous, following


def _ends(ordered: Ints, speaker: Hashes, n: int) -> tuple[Ints, Ints]:
    """For each of the segments ``ordered`` by speaker the speaker's first and last; -1 for
    others."""
    first, last = np.full((2, n), -1)
    begin = np.flatnonzero(begins(speaker[ordered]))
    sizes = np.diff(np.append(begin, len(ordered)))
    first[ordered] = np.repeat(ordered[begin], sizes)
    last[ordered] = np.repeat(ordered[begin + sizes - 1], sizes)
    return first, last
