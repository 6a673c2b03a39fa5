"""What reading needs besides the pages: word facts, stock phrases and learned n-grams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.chunks import Flag
from detector.lexicon import HABITS, Lexicon
from detector.phrases import Hashes, PhraseTable, word_hash
from detector.runs import running_sum
from detector.vocabulary import Vocabulary

Ints = NDArray[np.int64]

MARKS = {
    "start": "<start>",
    "stop": "<stop>",
    "open": "<open>",
    "exclamation": "<exclamation>",
    "question": "<question>",
}
"""What stands for the borders of segments in learned n-grams."""
_MARKS = {name: np.uint64(word_hash(mark)) for name, mark in MARKS.items()}


class Words(NamedTuple):
    """The words of a batch in the order of the text: their tokens, chunk ids and segments."""

    token: Ints
    id: NDArray[np.intp]
    segment: Ints


class Reader:
    """A vocabulary, which grows while reading, and phrase tables, all made from a lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.vocabulary = Vocabulary(lexicon)
        self.groups = tuple(sorted(lexicon.phrases))
        masks: dict[str, int] = {}
        for bit, group in enumerate(self.groups):
            for phrase in lexicon.phrases[group]:
                masks[phrase] = masks.get(phrase, 0) | 1 << bit
        self._phrases = PhraseTable(list(masks), np.array(list(masks.values())).reshape(-1, 1))
        self._habits = PhraseTable(lexicon.habits.phrases, lexicon.habits.table)
        # Weights are added up two by two.
        self._weights = {n: _packed(self._habits.values(n)) for n in self._habits.lengths}

    def phrase_hits(self, words: Words) -> tuple[Ints, Ints, Ints]:
        """First token, mask of groups and number of words of every stock phrase within one
        segment, in page order."""
        hashes = self.vocabulary.hashes[words.id]
        found = [(words.token[:0],) * 3]
        for n, at, row in _within(self._phrases, hashes, words.segment):
            (masks,) = self._phrases.values(n)
            found.append((words.token[at], masks[row], np.full(len(at), n)))
        token, mask, length = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.argsort(token, kind="stable")
        return token[order], mask[order], length[order]

    def sequence(self, words: Words, last_flags: Ints) -> tuple[Hashes, Ints]:
        """The word classes of all segments, each between two marks, and their segments.

        The mark at the end says how the segment ends, by the flags of its last token: in a
        question, an exclamation, a full stop or none. Learned n-grams are found in this sequence.
        """
        segments = np.arange(len(last_flags))
        n_words = np.bincount(words.segment, minlength=len(segments))
        first = np.cumsum(n_words) - n_words + 2 * segments
        out = np.empty(len(words.id) + 2 * len(segments), np.uint64)
        out[np.arange(len(words.id)) + 2 * words.segment + 1] = self.vocabulary.classes[words.id]
        out[first] = _MARKS["start"]
        end = np.where(last_flags & Flag.END != 0, _MARKS["stop"], _MARKS["open"])
        end = np.where(last_flags & Flag.EXCLAIM != 0, _MARKS["exclamation"], end)
        end = np.where(last_flags & Flag.QUESTION != 0, _MARKS["question"], end)
        out[first + n_words + 1] = end
        return out, np.repeat(segments, n_words + 2)

    def habits(self, sequence: Hashes, owner: Ints, n_segments: int) -> list[Ints]:
        """Learned weights of the n-grams of each segment, one row a habit."""
        out = np.zeros((len(HABITS) // 2, n_segments), np.int64)
        for n, at, row in _within(self._habits, sequence, owner):
            ends = running_sum(np.bincount(owner.take(at), minlength=n_segments))
            for sums, packed in zip(out, self._weights[n], strict=True):
                sums += np.diff(running_sum(packed.take(row)).take(ends))
        return _unpacked(out)


def _within(table: PhraseTable, hashes: Hashes, owner: Ints) -> Iterator[tuple[int, Ints, Ints]]:
    """Matches of a table as :meth:`PhraseTable.find` gives them, but within one segment."""
    for n, at, row in table.find(hashes):
        if n > 1:
            inside = np.flatnonzero(owner.take(at) == owner.take(at + n - 1))
            at, row = at.take(inside), row.take(inside)
        yield n, at, row


def _packed(rows: Ints) -> Ints:
    """Rows of weights, two by two in the halves of 64-bit integers."""
    return rows[::2] + (rows[1::2] << 32)


def _unpacked(sums: Ints) -> list[Ints]:
    """Rows of weights from rows of packed sums."""
    out = []
    for row in sums:
        low = ((row + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
        out += [low, (row - low) >> 32]
    return out
