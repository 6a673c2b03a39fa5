"""Phrases as hashes: known ones are found in a run of words, whatever their number."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]

# Odd 64-bit constants: one spreads a word's CRC over all bits, the other rolls words into phrases.
_SPREAD = 0x9E3779B97F4A7C15
_ROLL = np.uint64(0xD6E8FEB86659FD93)
_MASK = (1 << 64) - 1


def word_hash(word: str) -> int:
    """A 64-bit hash of one normalised word, the same in every process."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass")) * _SPREAD & _MASK


def word_hashes(words: Sequence[str]) -> Hashes:
    """:func:`word_hash` of each of ``words``."""
    encoded = "\n".join(words).encode("utf-8", "surrogatepass").split(b"\n") if words else []
    return np.fromiter(map(zlib.crc32, encoded), np.uint64, len(words)) * np.uint64(_SPREAD)


def roll(hashes: Hashes, n: int) -> Hashes:
    """Hashes of all runs of ``n`` neighbouring words; element ``i`` is the run from word ``i``."""
    rolled = hashes[: len(hashes) - n + 1].copy()
    for k in range(1, n):
        rolled *= _ROLL
        rolled += hashes[k : len(hashes) - n + 1 + k]
    return rolled


def phrase_hash(words: Iterable[str]) -> int:
    """The hash that :func:`roll` gives the run ``words``."""
    value = 0
    for word in words:
        value = (value * int(_ROLL) + word_hash(word)) & _MASK
    return value


class Weighted(Mapping[str, tuple[int, ...]]):
    """Phrases with integers, a row each of one array."""

    def __init__(self, phrases: Sequence[str], values: Ints) -> None:
        """``values`` is phrases x numbers."""
        self.phrases = phrases
        self.table = values

    @cached_property
    def _rows(self) -> dict[str, tuple[int, ...]]:
        return dict(zip(self.phrases, map(tuple, self.table.tolist()), strict=True))

    def __getitem__(self, phrase: str) -> tuple[int, ...]:
        return self._rows[phrase]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def joined(self, others: Mapping[str, tuple[int, ...]]) -> Weighted:
        """These phrases and, of ``others``, those that are not among them."""
        if not others:
            return self
        new = {phrase: row for phrase, row in others.items() if phrase not in self}
        rows = np.array(list(new.values()), np.int64).reshape(len(new), self.table.shape[1])
        return Weighted([*new, *self.phrases], np.concatenate((rows, self.table)))


class PhraseTable:
    """Finds known phrases in a run of word hashes, whatever the number of phrases.

    Each phrase carries ``values``: a bit mask of groups, or weights.
    """

    def __init__(self, phrases: Sequence[str], values: Ints) -> None:
        """``values`` is phrases x numbers; no phrase may stand twice."""
        self._by_length: dict[int, _Buckets] = {}
        if not phrases:
            return
        n_words = np.array([phrase.count(" ") + 1 for phrase in phrases], np.int64)
        words = word_hashes(" ".join(phrases).split(" "))
        first = np.cumsum(n_words) - n_words
        for n in sorted(set(n_words.tolist())):
            rows = np.flatnonzero(n_words == n)
            hashes = roll(words, n)[first[rows]]
            order = np.argsort(hashes, kind="stable")
            self._by_length[n] = _Buckets(hashes[order], values[rows[order]])

    @property
    def lengths(self) -> tuple[int, ...]:
        """Numbers of words that phrases have."""
        return tuple(self._by_length)

    def find(self, words: Hashes) -> Iterable[tuple[int, Ints, Ints]]:
        """For each phrase length ``n``: ``(n, positions, rows)`` of all matches in ``words``; the
        row is the phrase's among :meth:`values`."""
        for n, buckets in self._by_length.items():
            if len(words) >= n:
                yield n, *buckets.find(roll(words, n))

    def values(self, n: int) -> Ints:
        """Values x phrases of length ``n``."""
        return self._by_length[n].values


MOST_BITS = 18
"""Leading bits of a hash that may number its bucket."""


class _Buckets:
    """Sorted hashes with an index by their leading bits, so that a search is one or two steps."""

    def __init__(self, hashes: Hashes, values: Ints) -> None:
        self._hashes = hashes
        self.values = np.ascontiguousarray(values.T)
        # Sixteen buckets a phrase, so that nearly all runs of words meet an empty one.
        self._shift = np.uint64(64 - min(max(len(hashes) * 16, 2).bit_length(), MOST_BITS))
        buckets = self._bucket(hashes)
        counts = np.bincount(buckets, minlength=1 << (64 - int(self._shift)))
        self._filled = counts > 0
        self._first = np.cumsum(counts) - counts
        self._deepest = int(counts.max())

    def _bucket(self, hashes: Hashes) -> Ints:
        """The leading bits of each hash; signed, which is what arrays are indexed with."""
        return (hashes >> self._shift).view(np.int64)

    def find(self, wanted: Hashes) -> tuple[Ints, Ints]:
        """Which of ``wanted`` are there, and their rows."""
        buckets = self._bucket(wanted)
        # Nearly all runs fail this one look-up; only the rest are searched for.
        at = np.flatnonzero(self._filled.take(buckets))
        row = self._first.take(buckets.take(at))
        wanted = wanted.take(at)
        missed = np.flatnonzero(self._hashes.take(row) != wanted)
        for _ in range(1, self._deepest):
            row[missed] = np.minimum(row[missed] + 1, len(self._hashes) - 1)
            missed = missed[self._hashes[row[missed]] != wanted[missed]]
        if not len(missed):
            return at, row
        hit = np.ones(len(at), np.bool_)
        hit[missed] = False
        return at[hit], row[hit]
