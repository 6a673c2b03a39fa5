"""What derivative segments repeat: the one passage that shares most with each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch
from detector.marked import Marked
from detector.runs import begins, members

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Column = NDArray[np.float64]

LEAST_SHARED = 0.25
"""Share of a segment's rarity that a passage must hold to be named as its source …"""
LEAST_SHARED_WORDS = 3
"""… and the number of distinct words."""
MOST_PLACES = 400
"""Occurrences of a word, counted from the top of its page, that are looked at for sources: ordinary
pages do not get there, and pages of one line over and over take no longer than others."""
MOST_NOTED = 8
"""Shared words that are named."""


class Source(NamedTuple):
    """The passage that a segment repeats, and the rarest words they share, by their tokens in the
    segment."""

    segment: int
    passage: int
    tokens: list[int]


def sources(marked: Marked, derivative: Bools) -> list[Source]:
    """For each segment that is ``derivative`` the one passage outside its region that shares most
    with it; none if that is little."""
    batch = marked.batch
    found = batch.occurrences
    at, segment = _words_of(batch, derivative & (marked.of_segment[:-1] >= 0))
    weight = batch.rarity[found.token[at]].astype(np.float64)
    word, passage = _places(batch, at)
    region = marked.of_segment[segment[word]]
    outside = (passage < marked.start[region]) | (passage >= marked.stop[region])
    word, passage = word[outside], passage[outside]
    known, pair = np.unique(segment[word] * batch.n + passage, return_inverse=True)
    shared = np.bincount(pair, weight[word], minlength=len(known))
    n_shared = np.bincount(pair, minlength=len(known))
    total = np.bincount(segment, weight, minlength=batch.n)
    enough = (n_shared >= LEAST_SHARED_WORDS) & (shared >= LEAST_SHARED * total[known // batch.n])
    # Of the passages of a segment the one that shares most, of equal ones the first.
    best = np.lexsort((known, -shared, known // batch.n))
    best = best[begins(known[best] // batch.n)]
    best = best[enough[best]]
    chosen = np.zeros(len(known), np.bool_)
    chosen[best] = True
    word = word[chosen[pair]]
    tokens = _rarest(segment[word], found.token[at[word]], weight[word])
    passages = dict(zip((known[best] // batch.n).tolist(), (known[best] % batch.n).tolist()))
    return [Source(k, passages[k], listed) for k, listed in tokens.items()]


def _words_of(batch: Batch, wanted: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """The distinct content words of ``wanted`` segments, in the order of the text: rows of the
    occurrences, and their segments."""
    found = batch.occurrences
    rows = np.flatnonzero(wanted[found.segment])
    _, first = np.unique(
        found.segment[rows] * len(found.start) + found.group[rows], return_index=True
    )
    rows = rows[first]
    rows = rows[np.argsort(found.token[rows])]
    return rows, found.segment[rows]


def _places(batch: Batch, at: Ints) -> tuple[Ints, Ints]:
    """The passages that hold the words ``at``: the number of the word, and the passage."""
    found = batch.occurrences
    group = found.group[at]
    start = found.start[group]
    word, place = members(start, np.minimum(found.start[group + 1], start + MOST_PLACES))
    passage = found.segment[place]
    # A word that a passage holds twice stands there in a row.
    new = begins(passage, word)
    return word[new], passage[new]


def _rarest(segment: Ints, token: Ints, weight: Column) -> dict[int, list[int]]:
    """The ``MOST_NOTED`` rarest words of each segment, in the order of the text."""
    order = np.lexsort((token, -weight, segment))
    begin = np.flatnonzero(begins(segment[order]))
    rank = np.arange(len(order)) - np.repeat(begin, np.diff(np.append(begin, len(order))))
    kept = np.sort(order[rank < MOST_NOTED])
    out: dict[int, list[int]] = {}
    for k, t in zip(segment[kept].tolist(), token[kept].tolist(), strict=True):
        out.setdefault(k, []).append(t)
    return out
