"""Evidence for marked regions: what a person can check in the text.

This runs for marked regions only, after the decision; nothing here changes what is marked. All
regions of a batch are looked at together, in arrays; only what becomes an object is looped over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.chunks import LETTER, Flag
from detector.marked import Marked
from detector.runs import begins
from detector.sources import sources
from detector.types import Evidence, Region, Span

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOST_PHRASES = 12
MOST_UNSUPPORTED = 20
EDGE = 3
"""Segments at either end of a region in which greetings and farewells count as its frame."""
HONEST_GROUPS = frozenset({"attribution", "oral", "story"})
"""Groups of phrases that speak against filler."""


class _Find(NamedTuple):
    """Something found in a region: its first and last token, what it is and a note."""

    region: int
    first: int
    last: int
    kind: str
    note: str


def evidence(marked: Marked, derivative: Bools) -> list[list[Evidence]]:
    """Evidence for each region, in page order; ``derivative`` are segments that restate others."""
    repeated, origins = _repeats(marked, derivative)
    finds = [
        *repeated,
        *_phrases(marked),
        *_speakers(marked),
        *_headings(marked),
        *_unsupported(marked),
    ]
    first = np.array([find.first for find in finds], np.int64)
    last = np.array([find.last for find in finds], np.int64)
    starts, ends = marked.spans(first, last)
    out: list[list[Evidence]] = [[] for _ in range(len(marked))]
    for k in sorted(range(len(finds)), key=lambda k: (starts[k], ends[k], finds[k].kind)):
        region, _, _, kind, note = finds[k]
        source, in_preceding = origins[k] if k < len(origins) else (None, False)
        span = Span(starts[k], ends[k])
        if kind == "unsupported":
            span = _without_marks(marked, region, span)
        out[region].append(Evidence(kind, span, source, note, in_preceding))
    return out


def _without_marks(marked: Marked, region: int, span: Span) -> Span:
    """A span without the punctuation at its ends."""
    page = int(marked.batch.segments.page[marked.start[region]])
    given = int(marked.batch.given[page])
    text = marked.batch.text(page)[span.start + given : span.end + given]
    left = len(text) - len(text.lstrip(_MARKS))
    kept = len(text.strip(_MARKS))
    return Span(span.start + left, span.start + left + kept) if kept else span


_MARKS = ".,;:!?\"'()[]*_“”‘’#"


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


# --- repetition ----------------------------------------------------------------------------------


def _repeats(marked: Marked, derivative: Bools) -> tuple[list[_Find], list[tuple[Span, bool]]]:
    """What segments repeat, and where that stands: its span, and whether it lies in the preceding
    text (then counted from the start of that)."""
    s = marked.batch.segments
    found = sources(marked, derivative)
    segment = np.array([source.segment for source in found], np.int64)
    passage = np.array([source.passage for source in found], np.int64)
    token = np.array([token for source in found for token in source.tokens], np.int64)
    words = zip(*marked.spans(token, token), strict=True)
    pages = s.page[segment]
    columns = (
        found,
        marked.of_segment[segment].tolist(),
        s.start[segment].tolist(),
        (s.end[segment] - 1).tolist(),
        pages.tolist(),
        marked.batch.given[pages].tolist(),
        *marked.spans(s.start[passage], s.end[passage] - 1),
    )
    finds, origins = [], []
    for source, region, first, last, page, given, start, end in zip(*columns, strict=True):
        text = marked.batch.text(page)
        shared = [_bare(text[a + given : b + given]) for a, b in islice(words, len(source.tokens))]
        finds.append(_Find(region, first, last, "repeats", f"shares {', '.join(shared)}"))
        by = given if start < 0 else 0
        origins.append((Span(start + by, end + by), start < 0))
    return finds, origins


def _bare(word: str) -> str:
    return word.strip(_MARKS).lower()


# --- phrases, speakers, headings -----------------------------------------------------------------


def _phrases(marked: Marked) -> list[_Find]:
    """Stock phrases, longest first, none inside another; greetings and farewells are frames."""
    batch = marked.batch
    bits = {group: 1 << bit for bit, group in enumerate(batch.reader.groups)}
    usable = sum(bit for group, bit in bits.items() if group not in HONEST_GROUPS)
    greeting, farewell = bits.get("greeting", 0), bits.get("farewell", 0)
    tokens, masks, lengths = batch.phrase_hits
    segment = batch.segment_of[tokens]
    region = marked.of_segment[segment]
    rows = np.flatnonzero((region >= 0) & (lengths > 1) & (masks & usable != 0))
    rows = rows[np.lexsort((tokens[rows], -lengths[rows], region[rows]))]
    region, segment, first = region[rows], segment[rows], tokens[rows]
    masks = masks[rows] & usable
    # Words from the first to the last, with whatever stands between them.
    last = batch.words[np.searchsorted(batch.words, first) + lengths[rows] - 1]
    opens = (segment < marked.start[region] + EDGE) & (masks & greeting != 0)
    closes = (segment >= marked.stop[region] - EDGE) & (masks & farewell != 0)
    finds = []
    taken: set[int] = set()
    n_phrases = [0] * len(marked)
    columns = (region, first, last, masks, opens, closes)
    for r, a, b, mask, opening, closing in zip(*(column.tolist() for column in columns)):
        covered = range(a, b + 1)
        if not taken.isdisjoint(covered):
            continue
        if opening or closing:
            kind, note = "frame", "greeting" if opening else "closing"
        elif n_phrases[r] == MOST_PHRASES:
            continue
        else:
            kind = "phrase"
            note = batch.reader.groups[(mask & -mask).bit_length() - 1].replace("_", " ")
            n_phrases[r] += 1
        taken.update(covered)
        finds.append(_Find(r, a, b, kind, note))
    return finds


def _speakers(marked: Marked) -> list[_Find]:
    """Who asks, and who answers without being known to the rest of the page."""
    batch = marked.batch
    s = batch.segments
    rows = np.flatnonzero(s.labelled & (marked.of_segment[:-1] >= 0))
    region = marked.of_segment[rows]
    first, last = batch.name_range(rows)
    known = (first >= 0) & ((first < marked.start[region]) | (last >= marked.stop[region]))
    turns: dict[tuple[int, int], list[int]] = {}
    for k, speaker in enumerate(zip(region.tolist(), s.key[rows].tolist(), strict=True)):
        turns.setdefault(speaker, []).append(k)
    roles, is_known = s.role[rows].tolist(), known.tolist()
    label, body = s.start[rows].tolist(), s.body[rows].tolist()
    finds = []
    for (r, _), spoken in turns.items():
        role = 0
        for k in spoken:
            role |= roles[k]
        k = spoken[0]
        if role & Flag.OUTLET:
            note = "the site interviews"
        elif role & (Flag.ASKER | LETTER):
            note = "labelled by role"
        elif not is_known[k]:
            note = f"speaks {len(spoken)} times, named nowhere else on the page"
        else:
            continue
        finds.append(_Find(r, label[k], body[k] - 1, "speaker", note))
    return finds


def _headings(marked: Marked) -> list[_Find]:
    batch, start = marked.batch, marked.start
    s = batch.segments
    heading = batch.is_heading[start]
    question = batch.ends_in_question[start] & ~s.labelled[start]
    return [
        _Find(k, first, last, "frame", "heading" if is_heading else "opening question")
        for k, (first, last, is_heading, is_question) in enumerate(
            zip(
                s.start[start].tolist(),
                (s.end[start] - 1).tolist(),
                heading.tolist(),
                question.tolist(),
                strict=True,
            )
        )
        if is_heading or is_question
    ]


# --- names and numbers ---------------------------------------------------------------------------


def _unsupported(marked: Marked) -> list[_Find]:
    """Names and numbers whose every occurrence on the page lies in the region, each once."""
    batch = marked.batch
    stems = batch.reader.vocabulary.stems
    runs = [
        (region, first, last, note)
        for is_such, note in ((batch.is_name, "name"), (batch.is_number, "number"))
        for region, first, last in _runs(marked, is_such)
    ]
    runs.sort(key=lambda run: run[0])  # names first
    finds = []
    ids = batch.ids
    words: list[set[int]] = [set() for _ in range(len(marked))]
    n_found = [0] * len(marked)
    for region, first, last, note in runs:
        said = (
            (int(stems[ids[first]]),)
            if first == last
            else tuple(stems[ids[first : last + 1]].tolist())
        )
        # A surname alone is not said again where the full name was.
        if set(said) <= words[region] or n_found[region] == MOST_UNSUPPORTED:
            continue
        words[region].update(said)
        n_found[region] += 1
        finds.append(_Find(region, first, last, "unsupported", note))
    return finds


def _runs(marked: Marked, is_such: Bools) -> Iterator[tuple[int, int, int]]:
    """Region, first and last of each run of neighbouring tokens that are such and stand in the
    region only."""
    batch = marked.batch
    token = np.flatnonzero(is_such)
    region = marked.of_segment[batch.segment_of[token]]
    token, region = token[region >= 0], region[region >= 0]
    own = batch.first_segment[token] >= marked.start[region]
    own &= batch.last_segment[token] < marked.stop[region]
    token, region = token[own], region[own]
    first = np.flatnonzero(begins(token - np.arange(len(token)), region))
    last = np.append(first[1:], len(token)) - 1 if len(token) else first
    return zip(region[first].tolist(), token[first].tolist(), token[last].tolist(), strict=True)
