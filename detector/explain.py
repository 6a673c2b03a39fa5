"""Evidence for marked regions: what a person can check in the text.

This runs for marked regions only, after the decision; nothing here changes what is marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch
from detector.types import Evidence, Region, Segment, Span
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
    """A page of a batch with the offsets of its tokens, and the batch's :func:`sources`."""

    batch: Batch
    page: int
    text: str
    given: int
    starts: Ints
    ends: Ints
    first_token: int
    sources: Mapping[int, Source]

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
        *_repeats(view, start, segments),
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


class Source(NamedTuple):
    """The passage that a segment repeats, and the rarest words they share, by their tokens in the
    segment."""

    passage: int
    tokens: list[int]


def sources(
    batch: Batch, derivative: NDArray[np.bool_], start: Ints, stop: Ints
) -> dict[int, Source]:
    """For each segment that is ``derivative`` the one passage outside its region, segments
    ``start`` to ``stop``, that shares most with it; none if that is little."""
    found = batch.occurrences
    at, segment = _words_of(batch, derivative)
    weight = batch.rarity[found.token[at]].astype(np.float64)
    word, passage = _places(batch, at)
    outside = (passage < start[segment[word]]) | (passage >= stop[segment[word]])
    word, passage = word[outside], passage[outside]
    known, pair = np.unique(segment[word] * batch.n + passage, return_inverse=True)
    shared = np.bincount(pair, weight[word], minlength=len(known))
    n_shared = np.bincount(pair, minlength=len(known))
    total = np.bincount(segment, weight, minlength=batch.n)
    enough = (n_shared >= LEAST_SHARED_WORDS) & (shared >= LEAST_SHARED * total[known // batch.n])
    # Of the passages of a segment the one that shares most, of equal ones the first.
    best = np.lexsort((known, -shared, known // batch.n))
    best = best[_changes(known[best] // batch.n)]
    best = best[enough[best]]
    chosen = np.zeros(len(known), np.bool_)
    chosen[best] = True
    word = word[chosen[pair]]
    tokens = _rarest(segment[word], found.token[at[word]], weight[word])
    passages = dict(zip((known[best] // batch.n).tolist(), (known[best] % batch.n).tolist()))
    return {k: Source(passages[k], listed) for k, listed in tokens.items()}


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
    """All passages that hold the words ``at``: the number of the word, and the passage."""
    found = batch.occurrences
    group = found.group[at]
    sizes = found.start[group + 1] - found.start[group]
    word = np.repeat(np.arange(len(group)), sizes)
    passage = found.segment[np.repeat(found.start[group], sizes) + _ranks(sizes)]
    # A word that a passage holds twice stands there in a row.
    new = _changes(passage) | _changes(word)
    return word[new], passage[new]


def _rarest(segment: Ints, token: Ints, weight: NDArray[np.float64]) -> dict[int, list[int]]:
    """The ``MOST_NOTED`` rarest words of each segment, in the order of the text."""
    order = np.lexsort((token, -weight, segment))
    begin = np.flatnonzero(_changes(segment[order]))
    rank = np.arange(len(order)) - np.repeat(begin, np.diff(np.append(begin, len(order))))
    kept = np.sort(order[rank < MOST_NOTED])
    out: dict[int, list[int]] = {}
    for k, t in zip(segment[kept].tolist(), token[kept].tolist(), strict=True):
        out.setdefault(k, []).append(t)
    return out


def _changes(values: Ints) -> NDArray[np.bool_]:
    """Where a run of equal values begins."""
    out = np.ones(len(values), np.bool_)
    out[1:] = values[1:] != values[:-1]
    return out


def _repeats(view: View, start: int, segments: Sequence[Segment]) -> Iterator[Evidence]:
    for k, segment in enumerate(segments):
        found = view.sources.get(start + k)
        if found is not None:
            source, in_preceding = view.source(found.passage)
            words = ", ".join(_bare(view.words(token, token + 1)) for token in found.tokens)
            yield Evidence("repeats", segment.span, source, f"shares {words}", in_preceding)


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
