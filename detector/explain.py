"""Evidence for marked regions: what a person can check in the text.

This runs for marked regions only, after the decision; nothing here changes what is marked. All
regions of a batch are looked at together, in arrays; only what becomes an object is looped over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.chunks import LETTER, Flag
from detector.marked import Marked
from detector.names import names
from detector.numerals import numbers
from detector.quotations import quotations
from detector.sources import sources
from detector.types import Evidence, Region, Span
from detector.unmarked import Unmarked

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
    out: list[list[Evidence]] = [[] for _ in range(len(marked))]
    for region, item in chain(_found(marked, derivative), _claimed(marked)):
        out[region].append(item)
    for items in out:
        items.sort(key=lambda item: (item.span.start, item.span.end, item.kind))
    return out


def _found(marked: Marked, derivative: Bools) -> Iterator[tuple[int, Evidence]]:
    """Repetition, phrases, speakers and frames, by region."""
    repeated, origins = _repeats(marked, derivative)
    finds = [*repeated, *_phrases(marked), *_speakers(marked), *_headings(marked)]
    first = np.array([find.first for find in finds], np.int64)
    last = np.array([find.last for find in finds], np.int64)
    starts, ends = marked.spans(first, last)
    origin = chain(origins, repeat((None, False)))
    for find, start, end, (source, in_preceding) in zip(finds, starts, ends, origin):
        yield find.region, Evidence(find.kind, Span(start, end), source, find.note, in_preceding)


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
        pairs = islice(words, len(source.tokens))
        shared = ", ".join([text[a + given : b + given].strip(_MARKS) for a, b in pairs])
        finds.append(_Find(region, first, last, "repeats", f"shares {shared.lower()}"))
        by = given if start < 0 else 0
        origins.append((Span(start + by, end + by), start < 0))
    return finds, origins


_MARKS = ".,;:!?\"'()[]*_“”‘’#"


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


# --- claims --------------------------------------------------------------------------------------


def _claimed(marked: Marked) -> Iterator[tuple[int, Evidence]]:
    """What the unmarked text does not support, each once, by region; quotations that it does."""
    n_found = [0] * len(marked)
    said: list[set[str]] = [set() for _ in range(len(marked))]
    for quotation in quotations(marked):
        span = Span(quotation.start, quotation.end)
        if quotation.source:
            yield quotation.region, _quoted(marked, quotation.region, span, quotation.source)
        elif n_found[quotation.region] < MOST_UNSUPPORTED:
            n_found[quotation.region] += 1
            yield quotation.region, Evidence("unsupported", span, note="quotation")
    unmarked = Unmarked(marked)
    for note, claims in (("name", names(marked, unmarked)), ("number", numbers(marked, unmarked))):
        for region, start, end, words in claims:
            # A surname alone is not said again where the full name was.
            if not words <= said[region] and n_found[region] < MOST_UNSUPPORTED:
                said[region] |= words
                n_found[region] += 1
                yield region, Evidence("unsupported", Span(start, end), note=note)


def _quoted(marked: Marked, region: int, span: Span, source: tuple[int, int]) -> Evidence:
    """A quotation that stands in the unmarked text."""
    ((start,), (end,)) = marked.spans(*(np.array([token]) for token in source))
    by = int(marked.batch.given[marked.page[region]]) if start < 0 else 0
    return Evidence("repeats", span, Span(start + by, end + by), "quotation", start < 0)
