"""What a lexicon learns from text: how rare words are, and the habits of filler.

A *habit* is a table of n-grams (one to three words) with the log-odds that a logistic regression
gives them, for one question: what speaks for filler, for fiction against human text, for staged
talk against real talk, for padding, for first and for last lines. N-grams are counted once a
segment and only kept if enough stories or sources have them, so that no habit is one story's.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch
from detector.corpus import Topic
from detector.lexicon import HABITS, NO_HABITS, Lexicon
from detector.phrases import roll, word_hash
from detector.reading import MARKS, Reader
from detector.targets import length_weight
from detector.types import Document, Label
from detector.vocabulary import PLACEHOLDERS, Vocabulary

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Column = NDArray[np.float64]

MAX_WORDS = 3
LEAST_GROUPS = 8
"""Writers and sources that must have an n-gram; stories are taken by tens, for those were written
one after another by the same writer …"""
LEAST_WRITERS = 5
"""… and writers of stories among them."""
LEAST_WEIGHT = 20
"""Hundredths below which all weights of an n-gram are nothing."""
PENALTY: Mapping[str, float] = dict.fromkeys(HABITS, 3.0) | {"opening": 10.0, "ending": 10.0}
"""Inverse strength of the L2 penalty by habit."""
DOCUMENTS_A_SOURCE = 90
"""Documents of human text that habits are learned from."""
PAGES_A_BATCH = 64


@dataclass(frozen=True)
class Sample:
    """A block of a story or a human document; ``labels`` has one label a line, none if human.

    ``honest_talk`` marks genuine interviews and other look-alikes, ``fold`` the fold that must not
    learn from it.
    """

    text: str
    group: str
    fold: int
    labels: tuple[Label, ...] = ()
    human: bool = False
    honest_talk: bool = False


def samples_of(topic: Topic, fold: int) -> Iterable[Sample]:
    """The blocks of a story."""
    for block in topic.blocks:
        yield Sample(
            "\n".join(line.text for line in block.lines),
            f"stories {topic.number // 10}",
            fold,
            tuple(line.label for line in block.lines),
            honest_talk=block.kind in {"genuine", "hardneg"},
        )


# --- rarity -------------------------------------------------------------------------------------

RARITY_STEPS = 8
"""Steps a nat."""
MOST_RARE = 79
STORY_WEIGHT = 6.0
"""What all stories weigh together, where a source of human text weighs 1."""


def rarity(documents: Iterable[tuple[str, str]], lexicon: Lexicon) -> dict[str, int]:
    """Eighths of a nat, ``-8 ln`` of the share of documents that hold a word, for known words.

    ``documents`` are (source, text); sources count alike however many documents they have, the
    stories (source ``""``) for six.
    """
    vocabulary = Vocabulary(lexicon)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    n_documents: Counter[str] = Counter()
    for source, text in documents:
        cores = {core for core in vocabulary.cores(text.split()) if core}
        counts[source].update(c for c in cores if c.replace("'", "").replace("-", "").isalpha())
        n_documents[source] += 1
    weight = {source: 1.0 if source else STORY_WEIGHT for source in counts}
    total: Counter[str] = sum(counts.values(), Counter())
    out = {}
    for word, n in total.items():
        n_sources = sum(word in counts[source] for source in counts)
        if n >= 4 and (n_sources >= 2 or counts[""][word] >= 4) and len(word) <= 24:
            share = sum(weight[s] * counts[s][word] / n_documents[s] for s in counts)
            share /= sum(weight.values())
            out[word] = min(MOST_RARE, max(0, round(-RARITY_STEPS * math.log(share))))
    return out


def write_rarity(path: Path, table: Mapping[str, int], date: str) -> None:
    rows: dict[int, list[str]] = defaultdict(list)
    for word, value in table.items():
        rows[value].append(word)
    lines = [
        "# purpose: how rare words are: -8 ln of the share of documents that hold them",
        f"# date: {date}",
        *(f"{value}\t{' '.join(sorted(words))}" for value, words in sorted(rows.items())),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


# --- names ----------------------------------------------------------------------------------------

LEAST_SEEN = 3
NAME_FROM = 0.8
"""Share of a word's occurrences within sentences that are capitalised, from which it is a name."""
_SENTENCE_ENDS = tuple(".!?:;\"”’'*")


def names(texts: Iterable[str], lexicon: Lexicon) -> list[str]:
    """Words that nearly always have a capital, wherever they stand; none that a list knows."""
    vocabulary = Vocabulary(lexicon)
    seen: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts:
        for line in text.split("\n"):
            chunks = line.split()
            for before, chunk, core in zip(chunks, chunks[1:], vocabulary.cores(chunks)[1:]):
                if core and not before.endswith(_SENTENCE_ENDS):
                    seen[core] += 1
                    capital[core] += chunk.lstrip("\"“‘'([*_")[:1].isupper()
    listed = frozenset().union(*lexicon.words.values())
    return sorted(
        word
        for word, n in seen.items()
        if n >= LEAST_SEEN
        and capital[word] >= NAME_FROM * n
        and word not in listed
        and word.replace("-", "").isalpha()
        and len(word) > 1
    )


def write_names(path: Path, words: Sequence[str], date: str) -> None:
    lines = [
        "# purpose: words that nearly always have a capital: names of people, places and things",
        f"# date: {date}",
        *words,
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


# --- habits -------------------------------------------------------------------------------------


class Habits:
    """The n-grams of samples, counted, and regressions over them."""

    def __init__(self, samples: Sequence[Sample], lexicon: Lexicon) -> None:
        self._reader = Reader(replace(lexicon, habits=NO_HABITS))
        self._label: list[int] = []
        self._sample: list[int] = []
        self._opens: list[bool] = []
        self._ends: list[bool] = []
        words: list[Ints] = []
        grams: list[list[tuple[NDArray[np.uint64], Ints]]] = [[] for _ in range(MAX_WORDS)]
        n_rows = 0
        for k in range(0, len(samples), PAGES_A_BATCH):
            part = samples[k : k + PAGES_A_BATCH]
            batch = self._read(part)
            for n, (hashes, owner) in enumerate(_grams(batch)):
                grams[n].append((hashes, owner + n_rows))
            self._note(batch, part, k)
            words.append(batch.n_words)
            n_rows += batch.n
        self._words = np.concatenate(words)
        self._samples = samples
        of = np.array(self._sample)
        numbers = {group: k for k, group in enumerate(dict.fromkeys(s.group for s in samples))}
        self._group = np.array([numbers[s.group] for s in samples])[of]
        self._fold = np.array([s.fold for s in samples])[of]
        self._human = np.array([s.human for s in samples])[of]
        self._honest_talk = np.array([s.honest_talk for s in samples])[of]
        joined = [tuple(map(np.concatenate, zip(*found, strict=True))) for found in grams]
        self._vocabulary, self._matrix = self._count(joined)
        self._names = self._spell()

    def _read(self, samples: Sequence[Sample]) -> Batch:
        return Batch([Document("sample", sample.text) for sample in samples], self._reader)

    def _note(self, batch: Batch, samples: Sequence[Sample], first: int) -> None:
        """Labels of the batch's segments, by the line they come from."""
        s = batch.segments
        for p, sample in enumerate(samples):
            low, high = int(s.page_starts[p]), int(s.page_starts[p + 1])
            lines = (s.line[low:high] - (s.line[low] if high > low else 0)).tolist()
            labels = [_code(sample.labels, line) for line in lines]
            filler = [k for k, label in enumerate(labels) if label]
            self._label += labels
            self._sample += [first + p] * len(labels)
            self._opens += [k in filler[:1] for k in range(len(labels))]
            self._ends += [k in filler[-1:] for k in range(len(labels))]

    def _count(self, grams: Sequence[tuple[Any, ...]]) -> tuple[list[NDArray[np.uint64]], Any]:
        """Known n-grams by length, and segments x n-grams."""
        from scipy import sparse

        columns, rows, vocabulary = [], [], []
        n_columns = 0
        for hashes, owner in grams:
            known, number = np.unique(hashes, return_inverse=True)
            kept = self._n_groups(number, owner, len(known)) >= LEAST_GROUPS
            story = ~self._human[owner]
            kept &= self._n_groups(number[story], owner[story], len(known)) >= LEAST_WRITERS
            column = np.where(kept, np.cumsum(kept) - 1 + n_columns, -1)[number]
            columns.append(column[column >= 0])
            rows.append(owner[column >= 0])
            vocabulary.append(known[kept])
            n_columns += int(kept.sum())
        row = np.concatenate(rows)
        value = 1.0 / np.sqrt(self._words[row] + 8.0)
        shape = (len(self._label), n_columns)
        matrix = sparse.csr_matrix((value, (row, np.concatenate(columns))), shape=shape)
        matrix.sum_duplicates()
        return vocabulary, matrix

    def _n_groups(self, number: Ints, owner: Ints, n: int) -> Ints:
        """In how many stories and sources each n-gram stands."""
        n_all = int(self._group.max()) + 1
        pairs = np.unique(number.astype(np.int64) * n_all + self._group[owner])
        return np.bincount(pairs // n_all, minlength=n)

    def _spell(self) -> list[str]:
        """The n-grams of the columns as words: their hashes are looked up in the text again."""
        spelling = {word_hash(w): w for w in (*PLACEHOLDERS.values(), *MARKS.values())}
        wanted = [set(part.tolist()) for part in self._vocabulary]
        found: dict[int, str] = {}
        vocabulary = self._reader.vocabulary
        for core in vocabulary.cores(vocabulary.chunks()):
            spelling.setdefault(word_hash(core), core)
        for k in range(0, len(self._samples), PAGES_A_BATCH):
            batch = self._read(self._samples[k : k + PAGES_A_BATCH])
            sequence = [int(h) for h in batch.sequence[0]]
            for n, (hashes, at) in enumerate(_grams_with_places(batch), 1):
                for h, i in zip(hashes.tolist(), at.tolist(), strict=True):
                    if h in wanted[n - 1] and h not in found:
                        found[h] = " ".join(spelling[x] for x in sequence[i : i + n])
        return [found[h] for part in self._vocabulary for h in part.tolist()]

    def learn(self, without: int | None = None) -> dict[str, tuple[int, ...]]:
        """Weights in hundredths, in the order of ``HABITS``, by n-gram; a fold may be left out."""
        from sklearn.linear_model import LogisticRegression

        keep = np.ones(len(self._fold), np.bool_) if without is None else self._fold != without
        weight = length_weight(self._words)
        columns = []
        for habit, (asked, target) in self._questions().items():
            rows = keep & asked
            ratio = self._log_ratio(rows & target, rows & ~target)
            model = LogisticRegression(C=PENALTY[habit], max_iter=300)
            counted = self._matrix[rows].multiply(ratio).tocsr()
            model.fit(counted, target[rows], sample_weight=weight[rows])
            columns.append(np.round(model.coef_[0] * ratio * 100).astype(np.int64))
        table = np.stack(columns, axis=1)
        strong = np.flatnonzero(np.abs(table).max(1) >= LEAST_WEIGHT)
        return {self._names[k]: tuple(table[k].tolist()) for k in strong}

    def _log_ratio(self, rows: Bools, others: Bools) -> Column:
        """How much oftener each n-gram stands in ``rows`` than in ``others``, in nats: n-grams that
        tell the two apart by themselves are penalised less (Wang and Manning 2012)."""
        present = self._matrix > 0
        one = np.asarray(present[rows].sum(0)).ravel() + 1.0
        other = np.asarray(present[others].sum(0)).ravel() + 1.0
        return np.asarray(np.log(one / one.sum()) - np.log(other / other.sum()))

    def _questions(self) -> dict[str, tuple[Bools, Bools]]:
        """Which segments each habit is learned from, and what it should say of them."""
        label = np.array(self._label)
        # Human text is about other things than the stories; only one habit is learned from it, or
        # all of them would know topics instead of manners.
        filler, stories = label > 0, ~self._human
        return {
            "filler": (stories, filler),
            "fiction": (filler | self._human, filler),
            "staged": (filler | (self._honest_talk & stories), filler),
            "padded": (stories, label == _PADDED),
            "opening": (stories, np.array(self._opens)),
            "ending": (stories, np.array(self._ends)),
        }


_DERIVATIVE, _PADDED = 1, 2


def _code(labels: Sequence[Label], line: int) -> int:
    if not labels:
        return 0
    codes = {Label.ORIGINAL: 0, Label.DERIVATIVE: _DERIVATIVE, Label.PADDED: _PADDED}
    return codes[labels[min(line, len(labels) - 1)]]


def _grams_with_places(batch: Batch) -> Iterable[tuple[NDArray[np.uint64], Ints]]:
    """For one, two and three words: hashes of the n-grams within segments, and where they begin."""
    sequence, owner = batch.sequence
    for n in range(1, MAX_WORDS + 1):
        hashes = roll(sequence, n)
        at = np.arange(len(hashes))
        at = at[owner[at] == owner[at + n - 1]]
        yield hashes[at], at


def _grams(batch: Batch) -> Iterable[tuple[NDArray[np.uint64], Ints]]:
    owner = batch.sequence[1]
    for hashes, at in _grams_with_places(batch):
        yield hashes, owner[at]


def write_habits(path: Path, table: Mapping[str, tuple[int, ...]], date: str) -> None:
    lines = [
        f"# purpose: learned log-odds of n-grams, in hundredths: {', '.join(HABITS)}",
        f"# date: {date}",
        *(f"{' '.join(map(str, weights))}\t{gram}" for gram, weights in table.items()),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
