"""Evidence for marked regions: what a person can check in the text.

This runs for marked regions only, after the decision; nothing here changes what is marked. All
regions of a batch are looked at together, in arrays; only what becomes an object is looped over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch
from detector.chunks import LETTER, Flag
from detector.tokens import token_offsets
from detector.types import Evidence, Region, Span

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Column = NDArray[np.float64]

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


class Marked:
    """The marked regions of a batch: segments ``start`` to ``stop``, in reading order."""

    def __init__(self, batch: Batch, start: Ints, stop: Ints) -> None:
        self.batch = batch
        self.start, self.stop = start, stop
        self.page = batch.segments.page[start]

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def of_segment(self) -> Ints:
        """For each segment the number of its region, -1 outside; one element more, for tokens
        that lie in no segment."""
        sizes = self.stop - self.start
        rows = np.repeat(self.start, sizes) + _ranks(sizes)
        out = np.full(self.batch.n + 1, -1)
        out[rows] = np.repeat(np.arange(len(self)), sizes)
        return out

    @cached_property
    def offsets(self) -> tuple[Ints, Ints]:
        """Start and end of every token of the marked pages in its document's text; negative in
        the preceding text."""
        batch = self.batch
        begin, end = np.zeros((2, len(batch.tokens.ids)), np.int64)
        for page in dict.fromkeys(self.page.tolist()):
            part = slice(*batch.tokens.page_starts[page : page + 2].tolist())
            starts, ends = token_offsets(batch.text(page))
            given = batch.given[page]
            np.subtract(starts, given, out=begin[part])
            np.subtract(ends, given, out=end[part])
        return begin, end

    def spans(self, first: Ints, last: Ints) -> tuple[list[int], list[int]]:
        """Offsets of the tokens ``first`` to ``last``."""
        begin, end = self.offsets
        return begin[first].tolist(), end[last].tolist()


class _Finds(NamedTuple):
    """Things found: their regions, first and last tokens, kinds and notes."""

    region: Sequence[int]
    first: Sequence[int]
    last: Sequence[int]
    kind: Sequence[str]
    note: Sequence[str]


def evidence(marked: Marked, derivative: Bools) -> list[list[Evidence]]:
    """Evidence for each region, in page order; ``derivative`` are segments that restate others."""
    repeated, origins = _repeats(marked, derivative)
    families = (
        repeated,
        _phrases(marked),
        _speakers(marked),
        _headings(marked),
        _unsupported(marked),
    )
    region, first, last, kind, note = (
        [value for finds in families for value in finds[field]] for field in range(5)
    )
    starts, ends = marked.spans(np.array(first, np.int64), np.array(last, np.int64))
    order = sorted(range(len(region)), key=lambda k: (starts[k], ends[k], kind[k]))
    out: list[list[Evidence]] = [[] for _ in range(len(marked))]
    for k in order:
        span = Span(starts[k], ends[k])
        if k < len(origins):
            source, in_preceding = origins[k]
            out[region[k]].append(Evidence("repeats", span, source, note[k], in_preceding))
        else:
            out[region[k]].append(Evidence(kind[k], span, None, note[k]))
    return out


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


# --- repetition -----------------------------------------------------------------------------------


class Source(NamedTuple):
    """The passage that a segment repeats, and the rarest words they share, by their tokens in the
    segment."""

    segment: int
    passage: int
    tokens: list[int]


def sources(marked: Marked, derivative: Bools) -> list[Source]:
    """For each segment that is ``derivative`` the one passage outside its region that shares most
    with it; none if that is little."""
    batch = marked.batch
    found = batch.occurrences
    at, segment = _words_of(batch, derivative & (marked.of_segment[:-1] >= 0))
    weight = batch.rarity[found.token[at]].astype(np.float64)
    word, passage = _places(batch, at)
    region = marked.of_segment[segment[word]]
    outside = (passage < marked.start[region]) | (passage >= marked.stop[region])
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
    return [Source(k, passages[k], listed) for k, listed in tokens.items()]


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


def _rarest(segment: Ints, token: Ints, weight: Column) -> dict[int, list[int]]:
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


def _ranks(sizes: Ints) -> Ints:
    """0, 1, … within each of the runs of the given sizes."""
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _repeats(marked: Marked, derivative: Bools) -> tuple[_Finds, list[tuple[Span, bool]]]:
    """What segments repeat, and where that stands: its span, and whether it lies in the preceding
    text (then counted from the start of that)."""
    s = marked.batch.segments
    found = sources(marked, derivative)
    segment = np.array([source.segment for source in found], np.int64)
    passage = np.array([source.passage for source in found], np.int64)
    pages = s.page[segment].tolist()
    given = marked.batch.given[pages].tolist() if found else []
    origins = []
    for start, end, before in zip(*marked.spans(s.start[passage], s.end[passage] - 1), given):
        by = before if start < 0 else 0
        origins.append((Span(start + by, end + by), start < 0))
    tokens = np.array([token for source in found for token in source.tokens], np.int64)
    spans = zip(*marked.spans(tokens, tokens))
    notes = []
    for source, page, before in zip(found, pages, given, strict=True):
        text = marked.batch.text(page)
        words = [_bare(text[a + before : b + before]) for _, (a, b) in zip(source.tokens, spans)]
        notes.append(f"shares {', '.join(words)}")
    return _Finds(
        marked.of_segment[segment].tolist(),
        s.start[segment].tolist(),
        (s.end[segment] - 1).tolist(),
        ["repeats"] * len(found),
        notes,
    ), origins


def _bare(word: str) -> str:
    return word.strip(".,;:!?\"'()[]*_“”‘’#").lower()


# --- phrases, speakers, headings --------------------------------------------------------------------


def _phrases(marked: Marked) -> _Finds:
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
    finds = _Finds([], [], [], [], [])
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
        _add(finds, r, a, b, kind, note)
    return finds


def _add(finds: _Finds, *find: int | str) -> None:
    for column, value in zip(finds, find, strict=True):
        column.append(value)  # type: ignore[attr-defined]


def _speakers(marked: Marked) -> _Finds:
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
    finds = _Finds([], [], [], [], [])
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
        _add(finds, r, label[k], body[k] - 1, "speaker", note)
    return finds


def _headings(marked: Marked) -> _Finds:
    batch, start = marked.batch, marked.start
    s = batch.segments
    heading = batch.is_heading[start]
    question = batch.ends_in_question[start] & ~s.labelled[start]
    rows = np.flatnonzero(heading | question)
    return _Finds(
        rows.tolist(),
        s.start[start[rows]].tolist(),
        (s.end[start[rows]] - 1).tolist(),
        ["frame"] * len(rows),
        ["heading" if is_heading else "opening question" for is_heading in heading[rows].tolist()],
    )


# --- names and numbers ------------------------------------------------------------------------------


def _unsupported(marked: Marked) -> _Finds:
    """Names and numbers whose every occurrence on the page lies in the region, each once."""
    batch = marked.batch
    stems = batch.reader.vocabulary.stems
    runs = [
        (region, first, last, note)
        for is_such, note in ((batch.is_name, "name"), (batch.is_number, "number"))
        for region, first, last in _runs(marked, is_such)
    ]
    runs.sort(key=lambda run: run[0])  # names first
    finds = _Finds([], [], [], [], [])
    ids = batch.ids
    seen: list[set[tuple[int, ...]]] = [set() for _ in range(len(marked))]
    for region, first, last, note in runs:
        said = (
            (int(stems[ids[first]]),)
            if first == last
            else tuple(stems[ids[first : last + 1]].tolist())
        )
        if said in seen[region] or len(seen[region]) == MOST_UNSUPPORTED:
            continue
        seen[region].add(said)
        _add(finds, region, first, last, "unsupported", note)
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
    begins = np.ones(len(token), np.bool_)
    begins[1:] = (token[1:] != token[:-1] + 1) | (region[1:] != region[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(token)) - 1 if len(token) else first
    return zip(region[first].tolist(), token[first].tolist(), token[last].tolist(), strict=True)
