"""Pages as arrays of words, and how much more often something stands here than elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch
from detector.chunks import LETTER, Flag
from detector.corpus import Topic
from detector.lexicon import Lexicon
from detector.model import Model
from detector.phrases import Hashes, roll
from detector.reading import Reader
from detector.suspicion import suspected
from detector.types import Document
from detector.types import Label as Truth

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Column = NDArray[np.float64]

PAGES_A_BATCH = 64
IN_PLACE = 0.8
"""Share of a habit's occurrences on the site that lie in suspected parts."""
LEAST_Z = 1.96
"""Standard deviations by which a habit's log-odds exceed 0."""
LEAST_ODDS = 2.0
"""Least log-odds of a phrase or heading: seven times likelier in suspected parts."""
MOST_HONEST = 0.004
"""Share of the honest blocks of the base corpus that may hold a habit."""
PRIOR = 10.0
"""What the prior weighs, in sizes of the suspected parts: enough that a phrase which stands nowhere
else need not be rarer than the prior can tell, and little enough that counts outweigh it."""
EDGE = 2
"""Segments that make up either end of a suspected part."""
EXAMPLE_BEFORE = 6
"""Tokens of an example that stand before what it is an example of …"""
EXAMPLE_CHARS = 80
"""… and characters of all of it."""


class Label(NamedTuple):
    """A speaker's label: where it stands, its words, what tells its speakers apart."""

    segment: int
    words: tuple[str, ...]
    key: int


class Text:
    """The segments and words of some pages.

    Of segments: ``page``; ``suspect``, whether they lie in the suspected part of their page;
    ``opens`` and ``ends``, whether at its first or last end; ``heading``, ``question``. Of words:
    ``hashes``, ``ids`` in the vocabulary, ``segment``, and ``offset`` in its tokens.
    """

    def __init__(
        self, documents: Sequence[Document], lexicon: Lexicon, model: Model | None = None
    ) -> None:
        """Without a ``model`` nothing is suspected."""
        self._reader = Reader(lexicon)
        self._names = lexicon.names
        self.n_pages = len(documents)
        self.labels: list[Label] = []
        self._tokens: list[list[int]] = []
        segments: list[tuple[Ints | Bools, ...]] = []
        words: list[tuple[Ints, ...]] = []
        for k in range(0, len(documents), PAGES_A_BATCH):
            batch = Batch(documents[k : k + PAGES_A_BATCH], self._reader)
            places = _places(batch, model)
            at, of = batch.words, batch.segment_of[batch.words]
            words.append((batch.ids[at], of + self.n, at - batch.segments.start[of]))
            segments.append(
                (batch.segments.page + k, *places, batch.is_heading, batch.ends_in_question)
            )
            self._keep(batch)
        self.page, self.suspect, self.opens, self.ends, self.heading, self.question = map(
            np.concatenate, zip(*segments, strict=True)
        )
        self.ids, self.segment, self.offset = map(np.concatenate, zip(*words, strict=True))
        self.hashes: Hashes = self._reader.vocabulary.hashes[self.ids]

    @property
    def n(self) -> int:
        """Segments read so far."""
        return len(self._tokens)

    def _keep(self, batch: Batch) -> None:
        """The tokens of segments, for examples, and their labels."""
        s, first = batch.segments, self.n
        ids = batch.tokens.ids.tolist()
        self._tokens += [ids[a:b] for a, b in zip(s.start.tolist(), s.end.tolist())]
        chunks = self._reader.vocabulary.chunks()
        for row in np.flatnonzero(s.labelled).tolist():
            label = [chunks[i] for i in ids[s.start[row] : s.body[row]]]
            words = [core for core in self._reader.vocabulary.cores(label) if core]
            self.labels.append(Label(first + row, tuple(words), int(s.key[row])))

    @cached_property
    def cores(self) -> list[str]:
        """The normalised word of each id."""
        return self._reader.vocabulary.cores(self._reader.vocabulary.chunks())

    def flags(self, ids: Ints) -> Ints:
        """What the vocabulary says of words."""
        return self._reader.vocabulary.flags[ids]

    @cached_property
    def usable(self) -> Bools:
        """Words that a habit may hold: no names, no numbers, none that the lexicon does not know;
        those are what a page is about."""
        cores = self.cores
        plain = [" " not in core and core not in self._names for core in cores]
        off = Flag.NUMBER | Flag.UNKNOWN | Flag.LINK | LETTER
        allowed: Bools = np.array(plain, np.bool_)[self.ids] & (self.flags(self.ids) & off == 0)
        return allowed

    def example(self, at: int) -> str:
        """The surroundings of a word, on one line."""
        tokens = self._tokens[int(self.segment[at])]
        first = max(0, int(self.offset[at]) - EXAMPLE_BEFORE)
        chunks = self._reader.vocabulary.chunks()
        text = "… " * (first > 0) + " ".join(chunks[i] for i in tokens[first:])
        return text if len(text) <= EXAMPLE_CHARS else text[: EXAMPLE_CHARS - 1].rstrip() + "…"

    def runs(self, n: int, headings: bool) -> tuple[Hashes, Ints]:
        """Hashes of all runs of ``n`` words within segments (or headings), and where they begin."""
        at = np.arange(max(0, len(self.hashes) - n + 1))
        hashes = roll(self.hashes, n) if len(at) else self.hashes[:0]
        within = self.segment[at] == self.segment[at + n - 1]
        if headings:
            within &= self.heading[self.segment[at]]
        return hashes[within], at[within]

    def count(self, n: int, wanted: Hashes, headings: bool) -> Counts:
        """Counts of the sorted ``wanted`` runs of ``n`` words."""
        hashes, at = self.runs(n, headings)
        place = np.searchsorted(wanted, hashes)
        hit = np.flatnonzero(np.append(wanted, np.uint64(0))[place] == hashes)
        hit = hit[place[hit] < len(wanted)]
        row, page = place[hit], self.page[self.segment[at[hit]]]
        times = np.bincount(row, minlength=len(wanted))
        return Counts(times, distinct(row, page, len(wanted)), len(hashes))


class Counts(NamedTuple):
    """How often some runs of words occur and on how many pages, and how many runs there are."""

    times: Ints
    pages: Ints
    n: int


def _places(batch: Batch, model: Model | None) -> tuple[Bools, Bools, Bools]:
    """Whether segments are suspected, open the suspected part or end it."""
    suspect, opens, ends = np.zeros((3, batch.n), np.bool_)
    for start, stop in suspected(batch, model) if model else ():
        suspect[start:stop] = True
        opens[start : min(start + EDGE, stop)] = True
        ends[max(start, stop - EDGE) : stop] = True
    return suspect, opens, ends


def distinct(row: Ints, value: Ints, n: int) -> Ints:
    """How many different values, none below 0, each of ``n`` rows has."""
    width = int(value.max(initial=0)) + 1
    return np.bincount(np.unique(row * width + value) // width, minlength=n)


class LogOdds(NamedTuple):
    """Log-odds in nats, and by how many of their standard deviations they exceed 0."""

    value: Column
    z: Column

    @property
    def tell(self) -> Bools:
        """Whether they are large and sure enough to speak of a habit."""
        return (self.z >= LEAST_Z) & (self.value >= LEAST_ODDS)


def log_odds(
    inside: Ints, outside: Ints, n_inside: int, n_outside: int, known: Ints, n_known: int
) -> LogOdds:
    """How much likelier each of some words is inside than outside (Monroe, Colaresi & Quinn 2008,
    equations 15, 16, 20 and 22).

    ``inside`` and ``outside`` are their counts among ``n_inside`` and ``n_outside`` words. The
    Dirichlet prior has the proportions of all text there is, ``known`` occurrences among
    ``n_known`` other words included, and weighs as much as what is inside.
    """
    total = inside + outside + known
    size = PRIOR * n_inside
    prior = size * total / (n_inside + n_outside + n_known)
    own, other = inside + prior, outside + prior
    value = np.log(own / (n_inside + size - own)) - np.log(other / (n_outside + size - other))
    return LogOdds(value, value / np.sqrt(1 / own + 1 / other))


class Background(NamedTuple):
    """The text of the base corpus: honest blocks, and filler."""

    honest: Text
    filler: Text

    @classmethod
    def of(cls, topics: Sequence[Topic], lexicon: Lexicon) -> Background:
        """Each block is a page; filler has a part in the prior alone."""
        blocks: tuple[list[Document], list[Document]] = ([], [])
        for topic in topics:
            for block in topic.blocks:
                for k in range(2):
                    lines = [x.text for x in block.lines if (x.label is Truth.ORIGINAL) != bool(k)]
                    blocks[k].append(Document(topic.slug, "\n".join(lines)))
        return cls(*(Text([page for page in part if page.text], lexicon) for part in blocks))


class Run(NamedTuple):
    """A run of words that recurs in place: where its occurrences in suspected parts begin."""

    n: int
    at: Ints
    pages: int
    score: float


def recurring(
    site: Text, base: Background, n: int, least_pages: int, *, headings: bool = False
) -> Iterator[Run]:
    """The runs of ``n`` usable words on at least so many pages that recur in place and that honest
    text does not have; with ``headings`` all counting is done in headings."""
    hashes, at = site.runs(n, headings)
    bad = np.concatenate(([0], np.cumsum(~site.usable)))
    inside = site.suspect[site.segment[at]]
    candidate = inside & (bad[at + n] == bad[at])
    at_inside = at[candidate]
    wanted, row = np.unique(hashes[candidate], return_inverse=True)
    times = np.bincount(row, minlength=len(wanted))
    pages = distinct(row, site.page[site.segment[at_inside]], len(wanted))
    own = Counts(times, pages, int(inside.sum()))
    everywhere, honest, filler = (part.count(n, wanted, headings) for part in (site, *base))
    odds = _odds(own, everywhere, honest, filler)
    kept = (pages >= least_pages) & (times >= IN_PLACE * everywhere.times)
    kept &= odds.tell & (honest.pages <= MOST_HONEST * base.honest.n_pages)
    order = np.argsort(row, kind="stable")
    ends = np.cumsum(times)
    for k in np.flatnonzero(kept).tolist():
        found = at_inside[order[ends[k] - times[k] : ends[k]]]
        yield Run(n, found, int(pages[k]), float(odds.value[k]))


def _odds(own: Counts, everywhere: Counts, honest: Counts, filler: Counts) -> LogOdds:
    """Suspected parts against the rest of the site and honest text, filler in the prior alone."""
    outside = everywhere.times - own.times + honest.times
    n_outside = everywhere.n - own.n + honest.n
    return log_odds(own.times, outside, own.n, n_outside, filler.times, filler.n)
