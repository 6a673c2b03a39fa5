"""Turns to segments, in arrays.

A *segment* is the unit that is classified: a line or a speaker's turn; long ones are cut at
sentence ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detector.chunks import Flag
from detector.tokens import Tokens
from detector.turns import Text, Turns, inline_turns, line_turns
from detector.vocabulary import Vocabulary

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Hashes = NDArray[np.uint64]

CUT_ABOVE = 420
"""Characters above which a line or turn is cut at sentence ends …"""
CUT_INTO = 240
"""… into pieces of about this many characters;"""
RUN_ON = 1200
"""a longer one, or one that is all of its page, is no paragraph but a page that has lost its line
breaks: each sentence is a segment …"""
LEAST_SENTENCE = 12
"""… unless the one before is shorter than this: an abbreviation, most likely."""
MAX_TOKENS = 400
"""Most tokens of a segment, so that sums of facts fit in 16 bits."""


@dataclass(frozen=True)
class Segments:
    """The segments of a batch, in reading order; all arrays have one element a segment.

    ``start`` to ``end`` are token indices; the label, if any, covers ``start`` to ``body``.
    ``key`` identifies the speaker (hash of the label's last name, 0 without label), ``role`` holds
    the label's flags (ASKER, ANSWERER, OUTLET, TITLE …), ``page`` and ``line`` say where it stands,
    ``first`` whether it begins its line or turn, ``run_on`` whether its line has swallowed the line
    breaks of its page, so that its sentences are segments.
    """

    start: Ints
    body: Ints
    end: Ints
    page: Ints
    line: Ints
    key: Hashes
    role: Ints
    first: Bools
    run_on: Bools
    page_starts: Ints

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def last(self) -> Bools:
        """Whether a segment ends its line or turn."""
        return np.append(self.first[1:], True)[: len(self)]

    @cached_property
    def labelled(self) -> Bools:
        """Whether a segment begins with a speaker label."""
        return self.body > self.start

    @cached_property
    def page_first(self) -> Ints:
        """For each segment, the first segment of its page."""
        return self.page_starts[self.page]

    @cached_property
    def page_last(self) -> Ints:
        """For each segment, one past the last segment of its page."""
        return self.page_starts[self.page + 1]


def segment(tokens: Tokens, vocabulary: Vocabulary) -> Segments:
    """Cut pages into segments."""
    text = Text(tokens, vocabulary)
    turns = inline_turns(text, line_turns(text))
    return _cut(text, turns)


def _cut(text: Text, turns: Turns) -> Segments:
    """Cut long turns at sentence ends, and anything at ``MAX_TOKENS``."""
    run_on = _run_on(text)[turns.line]
    at, owner, sure = _starts(text, turns, run_on)
    chars = text.chars(turns.start, turns.end)
    seen = text.before[at] - text.before[turns.start[owner]]
    first_of_turn = np.ones(len(at), np.bool_)
    first_of_turn[1:] = owner[1:] != owner[:-1]
    previous = np.where(first_of_turn, 0, np.append(0, seen[:-1]))
    left = text.before[turns.end[owner]] - text.before[at]
    paragraph = (chars[owner] > CUT_ABOVE) & (seen // CUT_INTO > previous // CUT_INTO)
    paragraph &= left >= CUT_INTO // 3
    cut = paragraph | (run_on[owner] & (sure | (seen - previous >= LEAST_SENTENCE)))
    starts, rows = _merged(turns.start, np.arange(len(turns.start)), at[cut], owner[cut])
    ends = np.append(starts[1:], 0)
    ends = np.where(np.append(rows[1:] == rows[:-1], False), ends, turns.end[rows])
    pieces = np.maximum(ends - starts - 1, 0) // MAX_TOKENS + 1
    if len(pieces) and pieces.max() > 1:
        rows = np.repeat(rows, pieces)
        rank = np.arange(len(rows)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        starts = np.repeat(starts, pieces) + rank * MAX_TOKENS
        ends = np.minimum(starts + MAX_TOKENS, np.repeat(ends, pieces))
        # A label and its line may have nothing but line breaks between them.
        full = text.n_chunks[ends] > text.n_chunks[starts]
        rows, starts, ends = rows[full], starts[full], ends[full]
    first = np.ones(len(rows), np.bool_)
    first[1:] = rows[1:] != rows[:-1]
    body = np.where(first, np.minimum(turns.body[rows], ends), starts)
    page = text.line_page[turns.line[rows]]
    return Segments(
        start=starts,
        body=body,
        end=ends,
        page=page,
        line=turns.line[rows],
        key=turns.key[rows],
        role=turns.role[rows],
        first=first,
        run_on=run_on[rows],
        page_starts=np.searchsorted(page, np.arange(text.n_pages + 1)),
    )


def _run_on(text: Text) -> Bools:
    """Which lines have swallowed the line breaks of their page."""
    n_lines = np.bincount(text.line_page, minlength=text.n_pages)
    long = text.chars(text.line_start, text.line_end) > RUN_ON
    alone: Bools = n_lines[text.line_page] == 1
    return long | alone


def _starts(text: Text, turns: Turns, run_on: Bools) -> tuple[Ints, Ints, Bools]:
    """Tokens inside a turn where a segment may start, the turns they belong to, and which of them
    start one however short the one before is."""
    if not len(turns.start):
        return turns.start, turns.line, turns.start > 0
    at, owner = _sentence_starts(text, turns)
    if not run_on.any():
        return at, owner, np.zeros(len(at), np.bool_)
    sure = _heading_starts(text) | _credited(text)
    more = np.flatnonzero(sure)
    of = np.searchsorted(turns.start, more, side="right") - 1
    ok = (of >= 0) & (more > turns.body[of]) & (more < turns.end[of]) & run_on[of]
    at = np.union1d(at, more[ok])
    owner = np.searchsorted(turns.start, at, side="right") - 1
    return at, owner, sure[at] & run_on[owner]


def _credited(text: Text) -> Bools:
    """Which tokens open something behind a credit: ``AFP/mgr The road ahead``."""
    out = np.zeros(len(text.flags), np.bool_)
    out[1:] = text.has(Flag.CREDIT)[:-1]
    return out & text.has(Flag.OPENER | Flag.QUOTE | Flag.DASH)


def _heading_starts(text: Text) -> Bools:
    """Which tokens open a run of capitalised words with one of headings among them: ``… of the
    vote Key Takeaways``."""
    capital, small = text.has(Flag.CAPITAL), text.has(Flag.STOPWORD)
    goes_on = capital | small
    goes_on[1:] &= ~text.has(Flag.END | Flag.COMMA | Flag.CREDIT)[:-1]
    run = np.cumsum(~goes_on)
    telling = np.bincount(run[capital & ~small], minlength=run[-1] + 1) > 1
    headed = np.zeros(len(telling), np.bool_)
    headed[run[text.has(Flag.HEADING) & capital]] = True
    places = np.flatnonzero(capital)
    first = np.append(True, run[places[1:]] != run[places[:-1]])[: len(places)]
    places = places[first & (telling & headed)[run[places]]]
    out = np.zeros(len(capital), np.bool_)
    out[places] = True
    return out


def _sentence_starts(text: Text, turns: Turns) -> tuple[Ints, Ints]:
    """Tokens inside a turn that begin a sentence, and the turns they belong to."""
    ends = text.has(Flag.END)
    opens = text.has(Flag.OPENER | Flag.QUOTE | Flag.DASH)
    # In text without capitals any full stop must do.
    capital = text.has(Flag.CAPITAL).astype(np.int64)
    per_turn = np.add.reduceat(capital, turns.start)
    closed = text.has(Flag.BRACKET_CLOSE)
    line = np.searchsorted(text.line_start, np.flatnonzero(closed), side="right") - 1
    closed[closed] = _run_on(text)[np.maximum(line, 0)]
    marked = text.has(Flag.BREAK_BEHIND)[:-1] | text.has(Flag.BREAK_BEFORE | Flag.HASH)[1:]
    at = np.flatnonzero(ends[:-1] | closed[:-1] | marked) + 1
    owner = np.searchsorted(turns.start, at, side="right") - 1
    ok = (owner >= 0) & (at > turns.body[owner]) & (at < turns.end[owner])
    at, owner = at[ok], owner[ok]
    ok = opens[at] | (per_turn[owner] == 0) | marked[at - 1]
    return at[ok], owner[ok]


def _merged(starts: Ints, rows: Ints, more: Ints, more_rows: Ints) -> tuple[Ints, Ints]:
    order = np.argsort(np.concatenate((starts, more)), kind="stable")
    return np.concatenate((starts, more))[order], np.concatenate((rows, more_rows))[order]
