"""Evidence for marked regions: what a person can check in the text.

This runs for marked regions only, after the decision; nothing here changes what is marked. All
regions of a batch are looked at together, in arrays; only what becomes an object is looped over.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain, islice, repeat

import numpy as np
from numpy.typing import NDArray

from detector.chunks import LETTER, Flag
from detector.marked import Marked
from detector.names import names
from detector.numerals import numbers
from detector.quotations import quotations
from detector.sources import sources
from detector.types import Evidence, Span
from detector.unmarked import Unmarked

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

KINDS = ("frame", "phrase", "repeats", "speaker", "unsupported")
"""What evidence may be."""
MOST_PHRASES = 12
MOST_UNSUPPORTED = 20
EDGE = 3
"""Segments at either end of a region in which greetings and farewells count as its frame."""
HONEST_GROUPS = frozenset({"attribution", "furniture", "oral", "story"})
"""Groups of phrases that speak against filler."""


_Find = tuple[int, int, int, str, str]
"""Something found: its region, first and last token, what it is and a note."""
_Row = tuple[int, int, int, str, Span | None, str, bool]
"""A piece of evidence: its region, start and end, kind, source and note, and whether the source
lies in the preceding text."""

new_span = partial(tuple.__new__, Span)
"""A span from a pair, as fast as a tuple is made; whether it is one is not asked."""
_new_evidence = partial(tuple.__new__, Evidence)

_RANKS = {kind: rank for rank, kind in enumerate(KINDS)}


def evidence(marked: Marked, derivative: Bools) -> list[tuple[Evidence, ...]]:
    """Evidence for each region, in page order; ``derivative`` are segments that restate others."""
    rows = [*_found(marked, derivative), *_claimed(marked)]
    if not rows:
        return [()] * len(marked)
    region, start, end, kinds, sources, notes, in_preceding = zip(*rows)
    order = np.lexsort(([_RANKS[kind] for kind in kinds], end, start, region)).tolist()
    spans = map(new_span, zip(start, end))
    made = list(map(_new_evidence, zip(kinds, spans, sources, notes, in_preceding)))
    ordered = map(made.__getitem__, order)
    sizes = np.bincount(region, minlength=len(marked)).tolist()
    return [tuple(islice(ordered, size)) for size in sizes]


def _found(marked: Marked, derivative: Bools) -> Iterator[_Row]:
    """Repetition, phrases, speakers and frames."""
    repeated, origins = _repeats(marked, derivative)
    finds = [*repeated, *_phrases(marked), *_speakers(marked), *_headings(marked)]
    if not finds:
        return
    region, first, last, kinds, notes = zip(*finds)
    starts, ends = marked.spans(np.array(first, np.int64), np.array(last, np.int64))
    sources = chain((span for span, _ in origins), repeat(None))
    in_preceding = chain((given for _, given in origins), repeat(False))
    yield from zip(region, starts, ends, kinds, sources, notes, in_preceding)


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
        marked.batch.origin[pages].tolist(),
        *marked.spans(s.start[passage], s.end[passage] - 1),
    )
    finds, origins = [], []
    for source, region, first, last, page, origin, start, end in zip(*columns, strict=True):
        text = marked.batch.text(page)
        pairs = islice(words, len(source.tokens))
        shared = ", ".join([text[a + origin : b + origin].strip(_MARKS) for a, b in pairs])
        finds.append((region, first, last, "repeats", f"shares {shared.lower()}"))
        origins.append(marked.passage(page, start, end))
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
        finds.append((r, a, b, kind, note))
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
        finds.append((r, label[k], body[k] - 1, "speaker", note))
    return finds


def _headings(marked: Marked) -> list[_Find]:
    batch, start = marked.batch, marked.start
    s = batch.segments
    heading = batch.is_heading[start]
    question = batch.ends_in_question[start] & ~s.labelled[start]
    return [
        (k, first, last, "frame", "heading" if is_heading else "opening question")
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


def _claimed(marked: Marked) -> Iterator[_Row]:
    """What the unmarked text does not support, each once; quotations that it does."""
    n_found = [0] * len(marked)
    said: list[set[str]] = [set() for _ in range(len(marked))]
    for region, start, end, source in quotations(marked):
        if source:
            yield region, start, end, "repeats", *_quoted(marked, region, source)
        elif n_found[region] < MOST_UNSUPPORTED:
            n_found[region] += 1
            yield region, start, end, "unsupported", None, "quotation", False
    unmarked = Unmarked(marked)
    for note, claims in (("name", names(marked, unmarked)), ("number", numbers(marked, unmarked))):
        for region, start, end, words in claims:
            # A surname alone is not said again where the full name was.
            if not words <= said[region] and n_found[region] < MOST_UNSUPPORTED:
                said[region] |= words
                n_found[region] += 1
                yield region, start, end, "unsupported", None, note, False


def _quoted(marked: Marked, region: int, source: tuple[int, int]) -> tuple[Span, str, bool]:
    """Where a quotation stands in the unmarked text."""
    ((start,), (end,)) = marked.spans(*(np.array([token]) for token in source))
    span, in_preceding = marked.passage(int(marked.page[region]), start, end)
    return span, "quotation", in_preceding
