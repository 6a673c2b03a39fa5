"""A batch of pages as shared arrays: what several features need is worked out once, here.

Everything is an exact integer until a feature divides, so the result for a page does not depend,
to the last bit, on the pages it shares a batch with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from detector import vocabulary as facts_of_chunks
from detector.chunks import Flag
from detector.lexicon import HABITS
from detector.overlaps import Overlaps, overlaps
from detector.phrases import Hashes
from detector.reading import Reader, Words
from detector.segmentation import Segments, segment
from detector.speech import Speech
from detector.tokens import Tokens, token_offsets, tokenize
from detector.types import Document
from detector.words import Enclosed, Occurrences

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Column = NDArray[np.float64]

Scalar = TypeVar("Scalar", bound=np.generic)

_PAGE_SALT = np.uint64(0x9E3779B97F4A7C15)

POSITIONAL = (
    "names",
    "names_seen",
    "numbers",
    "numbers_seen",
    "content_seen",
    "rarity_seen",
    "segments",
    "labels",
    "asker_labels",
    "answerer_labels",
    "outlet_labels",
    "title_labels",
    "new_labels",
    "headings",
    "question_segments",
)
"""Facts of a segment that depend on where on the page a word stands."""


class Batch:
    """Pages read together; see the properties for what features can use.

    A page is a document's preceding text, if any, with the text behind it. ``given`` says for each
    page how many of its characters are preceding text.
    """

    def __init__(self, documents: Sequence[Document], reader: Reader, begin: int = 0) -> None:
        """``begin``: where the documents begin in those that they are windows of."""
        self.given = np.array([_given(document) for document in documents], np.int64)
        self.origin = self.given - begin
        """For each page the place in its text from which offsets count; before its start where it
        is a window."""
        self._texts = [_page_text(document) for document in documents]
        self.tokens: Tokens = tokenize(self._texts, reader.vocabulary)
        self.segments: Segments = segment(self.tokens, reader.vocabulary)
        self.reader = reader
        self.n = len(self.segments)

    @cached_property
    def own_start(self) -> Ints:
        """For each page the first segment of its own text, behind the preceding one."""
        first = self.segments.page_starts[:-1]
        if not self.given.any():
            return first
        given = [self._given_segments(page) for page in range(len(self.given))]
        return first + np.array(given, np.int64)

    def _given_segments(self, page: int) -> int:
        """Segments of a page that begin in its preceding text."""
        if not self.given[page]:
            return 0
        starts, _ = token_offsets(self._texts[page])
        s = self.segments
        rows = slice(s.page_starts[page], s.page_starts[page + 1])
        begin = starts[s.start[rows] - self.tokens.page_starts[page]]
        return int(np.searchsorted(begin, self.given[page]))

    def text(self, page: int) -> str:
        """The text of a page as read: preceding text, a line break and the document's own."""
        return self._texts[page]

    # --- tokens -------------------------------------------------------------------------------

    @cached_property
    def segment_of(self) -> Ints:
        """For each token its segment; tokens between segments count to the one before them."""
        marks = np.zeros(len(self.tokens.ids), np.int64)
        marks[self.segments.start] = 1
        return np.cumsum(marks) - 1

    @cached_property
    def in_body(self) -> Bools:
        """Whether a token lies in a segment, behind its label."""
        edges = np.zeros(len(self.tokens.ids) + 1, np.int64)
        np.add.at(edges, self.segments.body, 1)
        np.add.at(edges, self.segments.end, -1)
        return np.cumsum(edges[:-1]) > 0

    @cached_property
    def ids(self) -> NDArray[np.intp]:
        """Chunk ids; everything outside the bodies of segments is a line break."""
        return np.where(self.in_body, self.tokens.ids, 0)

    @cached_property
    def flags(self) -> Ints:
        return self.reader.vocabulary.flags[self.ids]

    def has(self, flag: int) -> Bools:
        found: Bools = self.flags & flag != 0
        return found

    @cached_property
    def words(self) -> Ints:
        """Positions of the tokens that are words, in the bodies of segments."""
        return np.flatnonzero(self.has(Flag.WORD))

    # --- neighbours ---------------------------------------------------------------------------

    @cached_property
    def _steps(self) -> dict[int, tuple[Bools, Ints]]:
        return {}

    def shifted(self, column: Column, step: int, beyond: float) -> Column:
        """``column`` of the segment ``step`` further on the same page; ``beyond`` its ends."""
        if step not in self._steps:
            s, rows = self.segments, np.arange(self.n) + step
            inside = (rows >= s.page_first) & (rows < s.page_last)
            self._steps[step] = inside, np.where(inside, rows, 0)
        inside, rows = self._steps[step]
        return np.where(inside, column.take(rows), beyond) if self.n else column

    # --- sums over segments -------------------------------------------------------------------

    def total(self, column: NDArray[Scalar]) -> NDArray[Scalar]:
        """Sums of a token column over segments."""
        if not self.n:
            return column[:0]
        sums: NDArray[Scalar] = np.add.reduceat(column, self.segments.start)
        return sums

    def count(self, positions: Ints, weights: Ints | None = None) -> Ints:
        """How many of the token ``positions`` (or how much weight) each segment holds."""
        rows = self.segment_of[positions]
        return np.bincount(rows, weights, minlength=self.n).astype(np.int64)

    @cached_property
    def facts(self) -> Mapping[str, Ints]:
        """All additive facts by name, one integer a segment."""
        table = dict(zip(facts_of_chunks.FACTS, self._chunk_facts(), strict=True))
        table |= dict(zip(POSITIONAL, self._positional_facts(), strict=True))
        table |= self._phrase_facts()
        habits = self.reader.habits(*self.sequence, self.n)
        table |= {f"habit_{name}": row for name, row in zip(HABITS, habits, strict=True)}
        return table

    @cached_property
    def columns(self) -> dict[str, Column]:
        """What features left behind for others, by their names."""
        return {}

    @cached_property
    def running(self) -> NDArray[np.float64]:
        """Sums of the facts, a row each, over all segments before each, and over all: one column
        more than segments. Exact."""
        out = np.zeros((len(self.facts), self.n + 1))
        for row, fact in zip(out, self.facts.values(), strict=True):
            np.cumsum(fact, out=row[1:])
        return out

    @cached_property
    def _rows(self) -> dict[str, Column]:
        return dict(zip(self.facts, self.running, strict=True))

    def running_of(self, fact: str) -> Column:
        """The row of a fact in :attr:`running`."""
        return self._rows[fact]

    def _chunk_facts(self) -> Ints:
        packed = [self.total(column.take(self.ids)) for column in self.reader.vocabulary.packed]
        return self.reader.vocabulary.unpack(packed)

    def _positional_facts(self) -> list[Ints]:
        s = self.segments
        seen = self.seen_before
        rarity = np.where(self.seen_before, self.rarity, 0)
        label = s.labelled.astype(np.int64)
        return [
            self.total(self.is_name.astype(np.int64)),
            self.total((self.is_name & seen).astype(np.int64)),
            self.total(self.is_number.astype(np.int64)),
            self.total((self.is_number & seen).astype(np.int64)),
            self.total(seen.astype(np.int64)),
            self.total(rarity),
            np.ones(self.n, np.int64),
            label,
            label * (s.role & (Flag.ASKER | Flag.LETTER_Q) != 0),
            label * (s.role & (Flag.ANSWERER | Flag.LETTER_A) != 0),
            label * (s.role & Flag.OUTLET != 0),
            label * (s.role & Flag.TITLE != 0),
            label * self.is_new_key,
            self.is_heading.astype(np.int64),
            self.ends_in_question.astype(np.int64),
        ]

    def _phrase_facts(self) -> dict[str, Ints]:
        """Hits of each group of stock phrases."""
        rows = {group: np.zeros(self.n, np.int64) for group in self.reader.groups}
        at, masks = self.phrase_hits[:2]
        segments = self.segment_of[at]
        for bit, group in enumerate(self.reader.groups):
            rows[group] = np.bincount(segments[masks >> bit & 1 != 0], minlength=self.n)
        return rows

    @cached_property
    def _spoken(self) -> Words:
        return Words(self.words, self.ids[self.words], self.segment_of[self.words])

    @cached_property
    def phrase_hits(self) -> tuple[Ints, Ints, Ints]:
        """First token, mask of groups and number of words of every stock phrase, in page order."""
        return self.reader.phrase_hits(self._spoken)

    @cached_property
    def sequence(self) -> tuple[Hashes, Ints]:
        """What learned n-grams are found in, and the segments it belongs to."""
        return self.reader.sequence(self._spoken, self.last_flags)

    # --- repetition ---------------------------------------------------------------------------

    @cached_property
    def rarity(self) -> Ints:
        """Rarity of each content token in eighths of a nat, 0 for others."""
        column, shift = divmod(facts_of_chunks.FACTS.index("rarity"), 4)
        packed = self.reader.vocabulary.packed[column].take(self.ids)
        return (packed >> np.uint64(16 * shift)).astype(np.int64) & 0xFFFF

    @cached_property
    def occurrences(self) -> Occurrences:
        token = np.flatnonzero(self.has(Flag.CONTENT))
        stems = self.reader.vocabulary.stems[self.ids[token]]
        page = self.segments.page[self.segment_of[token]]
        # One sort of packed integers: by word, then by place.
        width = max(len(self.ids).bit_length(), 1)
        key = np.sort(stems << width | token)
        token = key & ((1 << width) - 1)
        segment = self.segment_of[token]
        page = self.segments.page[segment]
        new = np.ones(len(key), np.bool_)
        new[1:] = (key[1:] >> width != key[:-1] >> width) | (page[1:] != page[:-1])
        return Occurrences(
            token, segment, np.cumsum(new) - 1, np.append(np.flatnonzero(new), len(key))
        )

    def _spread(self, values: Ints) -> Ints:
        """Values of occurrences as a token column; -1 elsewhere."""
        out = np.full(len(self.ids), -1)
        out[self.occurrences.token] = values
        return out

    @cached_property
    def first_segment(self) -> Ints:
        """For each content token the first segment of its page that holds the word, else -1."""
        found = self.occurrences
        return self._spread(found.first[found.group])

    @cached_property
    def last_segment(self) -> Ints:
        """For each content token the last segment of its page that holds the word, else -1."""
        found = self.occurrences
        return self._spread(found.last[found.group])

    @cached_property
    def seen_before(self) -> Bools:
        """Whether a content token's word stands in an earlier segment of the page."""
        return (self.first_segment >= 0) & (self.first_segment < self.segment_of)

    @cached_property
    def overlaps(self) -> Overlaps:
        """How much of each segment single other passages of its page hold."""
        found = self.occurrences
        return overlaps(self.segments, found, self.rarity[found.token])

    @cached_property
    def enclosed(self) -> Enclosed:
        """Names, numbers (in the high halves of the same integers) and rarity of the words that
        occur in a range of segments only."""
        names, numbers = self.is_name.astype(np.int64), self.is_number.astype(np.int64)
        weights = (names + (numbers << 32), self.rarity)
        return Enclosed(self.occurrences, self.segments.page_first, weights)

    @cached_property
    def speech(self) -> Speech:
        """The turns of each speaker of a page."""
        return Speech(self.segments, self.of_page(self.segments.key, np.arange(self.n)))

    # --- names, numbers, headings, labels -----------------------------------------------------

    @cached_property
    def is_number(self) -> Bools:
        return self.has(Flag.NUMBER)

    @cached_property
    def is_name(self) -> Bools:
        """Content words that look like names: capitalised within a sentence.

        Where capitals say nothing (title case, all capitals, none at all) a name is a word that
        the lexicon does not know.
        """
        capital = self.has(Flag.CAPITAL)
        words = np.maximum(self.total(self.has(Flag.WORD).astype(np.int64)), 1)
        share = self.total(capital.astype(np.int64)) / words
        shouting = self.total(self.has(Flag.UPPER).astype(np.int64)) / words > 0.6
        titled = (share > 0.6) & (words >= 4)
        silent = (share == 0) & (words >= 12)
        # Tokens before the first segment belong to none (-1): the last element.
        odd = np.append(titled | silent | shouting, False)[self.segment_of]
        before = np.append(0, self.flags[:-1])
        opens = before & (Flag.END | Flag.NEWLINE | Flag.BULLET | Flag.HASH) != 0
        opens[self.segments.body[self.segments.body < len(opens)]] = True
        unknown = self.has(Flag.UNKNOWN)
        usual = capital & (~opens | unknown)
        candidate = self.has(Flag.CONTENT) & ~self.is_number & ~self.has(Flag.DATE)
        return candidate & np.where(odd, unknown, usual)

    @cached_property
    def _naming(self) -> tuple[Hashes, Ints]:
        """The names of all pages, sorted: hashes that tell pages apart, and their segments."""
        tokens = np.flatnonzero(self.is_name)
        owner = self.segment_of[tokens]
        mixed = self.of_page(self.reader.vocabulary.hashes[self.ids[tokens]], owner)
        order = np.argsort(mixed, kind="stable")
        return mixed[order], owner[order]

    def name_range(self, segments: Ints) -> tuple[Ints, Ints]:
        """First and last segment of the page in whose text the speaker of each of ``segments`` is
        named; -1 if nowhere."""
        mixed, owner = self._naming
        wanted = self.of_page(self.segments.key[segments], segments)
        begin = np.searchsorted(mixed, wanted, side="left")
        end = np.searchsorted(mixed, wanted, side="right")
        none = begin == end
        owner = np.append(owner, 0)
        return np.where(none, -1, owner[begin]), np.where(none, -1, owner[end - 1])

    def of_page(self, hashes: Hashes, segments: Ints) -> Hashes:
        """``hashes``, made to differ from page to page."""
        return hashes ^ (self.segments.page[segments].astype(np.uint64) * _PAGE_SALT)

    @cached_property
    def is_new_key(self) -> Ints:
        """1 for the first label of each speaker on a page."""
        s = self.segments
        rows = np.flatnonzero(s.labelled)
        _, first = np.unique(self.of_page(s.key[rows], rows), return_index=True)
        out = np.zeros(self.n, np.int64)
        out[rows[first]] = 1
        return out

    @cached_property
    def n_words(self) -> Ints:
        return self.total(self.has(Flag.WORD).astype(np.int64)).astype(np.int64)

    @cached_property
    def last_flags(self) -> Ints:
        """Flags of the last token of each segment."""
        return self.reader.vocabulary.flags[self.tokens.ids[self.segments.end - 1]]

    @cached_property
    def ends_in_question(self) -> Bools:
        found: Bools = self.last_flags & Flag.QUESTION != 0
        return found

    @cached_property
    def is_heading(self) -> Bools:
        """Short whole lines without label that no full stop or question mark ends."""
        s = self.segments
        whole = s.first & s.last & ~s.labelled
        last = self.last_flags
        stopped: Bools = (last & Flag.END != 0) & (last & Flag.EXCLAIM == 0)
        return whole & (self.n_words <= 18) & (self.n_words > 0) & ~stopped

    @cached_property
    def first_flags(self) -> Ints:
        """Flags of the first token of each segment; of a line break where a label opens it."""
        return self.flags[self.segments.start]

    @cached_property
    def is_item(self) -> Bools:
        """Lines without label that begin with a bullet, a symbol or a number and a full stop or
        bracket."""
        first = self.first_flags
        sign: Bools = (first & (Flag.BULLET | Flag.SYMBOL) != 0) & (first & Flag.WORD == 0)
        counted: Bools = (first & Flag.NUMBER != 0) & (first & (Flag.END | Flag.BRACKET_CLOSE) != 0)
        return (sign | counted) & self.segments.first

    @cached_property
    def is_bold(self) -> Bools:
        """Lines without label that begin in bold."""
        bold: Bools = self.first_flags & Flag.BOLD != 0
        return bold & self.segments.first

    @cached_property
    def is_bracketed(self) -> Bools:
        """Whole lines without label in brackets, such as stage directions and notes."""
        opened: Bools = self.first_flags & Flag.BRACKET_OPEN != 0
        closed: Bools = self.last_flags & Flag.BRACKET_CLOSE != 0
        return opened & closed & self.segments.first


def _page_text(document: Document) -> str:
    if not document.preceding:
        return document.text
    preceding = document.preceding
    last = preceding.rstrip()
    if last.endswith(":"):
        # A label there must not take the document's first line for its turn.
        preceding = f"{last[:-1]}.{preceding[len(last) :]}"
    return f"{preceding}\n{document.text}"


def _given(document: Document) -> int:
    return len(document.preceding) + 1 if document.preceding else 0
