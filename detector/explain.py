"""Evidence for marked regions: what a person can check in the text.

This runs for marked regions only, after the decision; nothing here changes what is marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch
from detector.types import Evidence, Label, Region, Segment, Span
from detector.vocabulary import LETTER, Flag

Ints = NDArray[np.int64]

LEAST_SHARED = 0.25
"""Share of a segment's rarity that a passage must hold to be named as its source …"""
LEAST_SHARED_WORDS = 3
"""… and the number of distinct words."""
MOST_PHRASES = 12
MOST_UNSUPPORTED = 20
MOST_NOTED = 8
EDGE = 3
"""Segments at either end of a region in which greetings and farewells count as its frame."""
HONEST_GROUPS = frozenset({"attribution", "oral", "story"})
"""Groups of phrases that speak against filler."""


class View(NamedTuple):
    """A page of a batch with the offsets of its tokens."""

    batch: Batch
    page: int
    text: str
    given: int
    starts: Ints
    ends: Ints
    first_token: int

    def span(self, start: int, stop: int) -> Span:
        """Offsets of the tokens ``start`` to ``stop`` (of the batch) in the document's text."""
        return Span(
            int(self.starts[start - self.first_token]) - self.given,
            int(self.ends[stop - 1 - self.first_token]) - self.given,
        )

    def segment_span(self, segment: int) -> Span:
        s = self.batch.segments
        return self.span(int(s.start[segment]), int(s.end[segment]))

    def source(self, segment: int) -> tuple[Span, bool]:
        """A segment's span, and whether it lies in the preceding text (counted from its start)."""
        s = self.batch.segments
        start = int(self.starts[s.start[segment] - self.first_token])
        end = int(self.ends[s.end[segment] - 1 - self.first_token])
        if start < self.given:
            return Span(start, end), True
        return Span(start - self.given, end - self.given), False

    def words(self, start: int, stop: int) -> str:
        span = self.span(start, stop)
        return self.text[span.start + self.given : span.end + self.given]


def evidence(
    view: View, start: int, stop: int, segments: Sequence[Segment]
) -> tuple[Evidence, ...]:
    """Evidence for the region of segments ``start`` to ``stop``, in page order."""
    found = [
        *_repeats(view, start, stop, segments),
        *_phrases(view, start, stop),
        *_speakers(view, start, stop),
        *_heading(view, start),
        *_unsupported(view, start, stop),
    ]
    return tuple(sorted(found, key=lambda e: (e.span, e.kind)))


def moved(region: Region, by: int) -> Region:
    """The region of a window, with offsets into the whole text."""

    def shift(span: Span) -> Span:
        return Span(span.start + by, span.end + by)

    return replace(
        region,
        span=shift(region.span),
        segments=tuple(replace(s, span=shift(s.span)) for s in region.segments),
        evidence=tuple(
            replace(
                e,
                span=shift(e.span),
                source=shift(e.source) if e.source and not e.in_preceding else e.source,
            )
            for e in region.evidence
        ),
    )


def _repeats(view: View, start: int, stop: int, segments: Sequence[Segment]) -> Iterator[Evidence]:
    """For each derivative segment the one passage outside the region that shares most with it."""
    batch = view.batch
    derivative = np.array([segment.label is Label.DERIVATIVE for segment in segments])
    words = _words_of(batch, start, stop, derivative)
    weight = batch.rarity[batch.occurrences.token[words.at]].astype(np.float64)
    total = np.bincount(words.segment, weight, minlength=len(segments))
    for pairs in _best_passages(batch, words, weight, start, stop):
        k = int(words.segment[pairs.word[0]])
        held = weight[pairs.word]
        if len(held) < LEAST_SHARED_WORDS or held.sum() < LEAST_SHARED * total[k]:
            continue
        rarest = np.sort(pairs.word[np.argsort(-held, kind="stable")[:MOST_NOTED]])
        noted = batch.occurrences.token[words.at[rarest]].tolist()
        source, in_preceding = view.source(pairs.passage)
        note = "shares " + ", ".join(_bare(view.words(token, token + 1)) for token in noted)
        yield Evidence("repeats", segments[k].span, source, note, in_preceding)


class _Words(NamedTuple):
    """Distinct content words of segments, in the order of the text: rows of the occurrences, and
    the segment of each, counted from the region's first."""

    at: Ints
    segment: Ints


class _Shared(NamedTuple):
    """A passage, and which of a segment's words it holds."""

    passage: int
    word: Ints


def _words_of(batch: Batch, start: int, stop: int, wanted: NDArray[np.bool_]) -> _Words:
    """The words of those segments of a region that are ``wanted``."""
    found, s = batch.occurrences, batch.segments
    order = batch.occurrences_by_token
    ends = np.searchsorted(found.token, (s.start[start], s.end[stop - 1]), sorter=order)
    at = order[slice(*ends)]
    at = at[wanted[found.segment[at] - start]]
    segment = found.segment[at] - start
    # Groups are numbered in an order that depends on earlier pages; that of the text does not.
    _, first = np.unique(segment * len(found.start) + found.group[at], return_index=True)
    first.sort()
    return _Words(at[first], segment[first])


def _best_passages(
    batch: Batch, words: _Words, weight: NDArray[np.float64], start: int, stop: int
) -> Iterator[_Shared]:
    """For each segment the passage outside the region whose shared words weigh most; of equal ones
    the first."""
    found = batch.occurrences
    group = found.group[words.at]
    sizes = found.start[group + 1] - found.start[group]
    word = np.repeat(np.arange(len(group)), sizes)
    passage = found.segment[np.repeat(found.start[group], sizes) + _ranks(sizes)]
    outside = (passage < start) | (passage >= stop)
    # A word that a passage holds twice stands there in a row.
    outside[1:] &= (passage[1:] != passage[:-1]) | (word[1:] != word[:-1])
    word, passage = word[outside], passage[outside]
    if not len(word):
        return
    pair = words.segment[word] * batch.n + passage
    known, number = np.unique(pair, return_inverse=True)
    shared = np.bincount(number, weight[word])
    segment = known // batch.n
    best = np.lexsort((known, -shared, segment))
    best = best[np.concatenate(([True], segment[best][1:] != segment[best][:-1]))]
    order = np.argsort(number, kind="stable")
    ends = np.searchsorted(number[order], (best, best + 1))
    for row, low, high in zip(best.tolist(), *ends.tolist(), strict=True):
        yield _Shared(int(known[row] % batch.n), word[order[low:high]])


def _ranks(sizes: Ints) -> Ints:
    """0, 1, … within each of the runs of the given sizes."""
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _bare(word: str) -> str:
    return word.strip(".,;:!?\"'()[]*_“”‘’#").lower()


def _phrases(view: View, start: int, stop: int) -> Iterator[Evidence]:
    """Stock phrases, longest first, none inside another; greetings and farewells are frames."""
    batch = view.batch
    s = batch.segments
    tokens, masks, lengths = batch.phrase_hits
    low, high = np.searchsorted(tokens, (s.start[start], s.end[stop - 1]))
    taken: set[int] = set()
    n_phrases = 0
    rows = low + np.flatnonzero(lengths[low:high] > 1)
    for row in rows[np.lexsort((tokens[rows], -lengths[rows]))]:
        groups = [g for bit, g in enumerate(batch.reader.groups) if masks[row] >> bit & 1]
        groups = [g for g in groups if g not in HONEST_GROUPS]
        covered = _covered(batch, int(tokens[row]), int(lengths[row]))
        if not groups or taken & set(covered):
            continue
        segment = int(batch.segment_of[tokens[row]])
        kind, note = "phrase", groups[0].replace("_", " ")
        if "greeting" in groups and segment < start + EDGE:
            kind, note = "frame", "greeting"
        elif "farewell" in groups and segment >= stop - EDGE:
            kind, note = "frame", "closing"
        elif n_phrases == MOST_PHRASES:
            continue
        n_phrases += kind == "phrase"
        taken.update(covered)
        yield Evidence(kind, view.span(covered[0], covered[-1] + 1), note=note)


def _covered(batch: Batch, token: int, n_words: int) -> list[int]:
    """The tokens of a phrase of ``n_words`` words that begins at ``token``."""
    at = int(np.searchsorted(batch.words, token))
    return list(range(token, int(batch.words[at + n_words - 1]) + 1))


def _speakers(view: View, start: int, stop: int) -> Iterator[Evidence]:
    """Who asks, and who answers without being known to the rest of the page."""
    batch = view.batch
    s = batch.segments
    rows = start + np.flatnonzero(s.labelled[start:stop])
    page = slice(*batch.tokens.page_starts[view.page : view.page + 2])
    names = page.start + np.flatnonzero(batch.is_name[page])
    owner = batch.segment_of[names]
    outside = (owner < start) | (owner >= stop)
    known = set(batch.reader.vocabulary.hashes[batch.ids[names[outside]]].tolist())
    for key in dict.fromkeys(s.key[rows].tolist()):
        turns = rows[s.key[rows] == key]
        first = int(turns[0])
        role = int(np.bitwise_or.reduce(s.role[turns]))
        if role & Flag.OUTLET:
            note = "the site interviews"
        elif role & (Flag.ASKER | LETTER):
            note = "labelled by role"
        elif key not in known:
            note = f"speaks {len(turns)} times, named nowhere else on the page"
        else:
            continue
        yield Evidence("speaker", view.span(int(s.start[first]), int(s.body[first])), note=note)


def _heading(view: View, start: int) -> Iterator[Evidence]:
    batch = view.batch
    if batch.is_heading[start]:
        yield Evidence("frame", view.segment_span(start), note="heading")
    elif batch.ends_in_question[start] and not batch.segments.labelled[start]:
        yield Evidence("frame", view.segment_span(start), note="opening question")


def _unsupported(view: View, start: int, stop: int) -> Iterator[Evidence]:
    """Names and numbers whose every occurrence on the page lies in the region."""
    batch = view.batch
    s = batch.segments
    low, high = int(s.start[start]), int(s.end[stop - 1])
    part = slice(low, high)
    own = (batch.first_segment[part] >= start) & (batch.last_segment[part] < stop)
    name = own & batch.is_name[part]
    number = own & batch.is_number[part]
    seen: set[tuple[int, ...]] = set()
    for mask, note in ((name, "name"), (number, "number")):
        for first, last in _runs(np.flatnonzero(mask) + low):
            stems = tuple(batch.reader.vocabulary.stems[batch.ids[first : last + 1]].tolist())
            if stems in seen or len(seen) == MOST_UNSUPPORTED:
                continue
            seen.add(stems)
            yield Evidence("unsupported", view.span(first, last + 1), note=note)


def _runs(positions: Ints) -> Iterator[tuple[int, int]]:
    """First and last of each run of neighbouring positions."""
    if not len(positions):
        return
    breaks = np.flatnonzero(np.diff(positions) > 1)
    firsts = np.concatenate(([0], breaks + 1))
    lasts = np.concatenate((breaks, [len(positions) - 1]))
    for first, last in zip(positions[firsts].tolist(), positions[lasts].tolist(), strict=True):
        yield first, last
