"""Lines and speakers' turns, before they are cut into segments.

Speaker labels are found by position, marks and repetition, since farms write them in any form:
``Editor:``, ``**Dr. X:**``, ``Q1.``, ``NAME —``. A label on a line of its own belongs to the turn
below it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.chunks import LETTER, Flag
from detector.tokens import Tokens
from detector.vocabulary import Vocabulary

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Hashes = NDArray[np.uint64]

LABEL_TOKENS = 8
LABEL_CHARS = 70
OWN_LINE_TOKENS = 7
INLINE_TOKENS = 6


class Text:
    """Token arrays that every step needs."""

    def __init__(self, tokens: Tokens, vocabulary: Vocabulary) -> None:
        self.flags = vocabulary.flags[tokens.ids]
        self.hashes = vocabulary.hashes[tokens.ids]
        self.n_pages = len(tokens.page_starts) - 1
        self.page_of = np.repeat(np.arange(self.n_pages), np.diff(tokens.page_starts))
        # Characters before each token, with one blank between two tokens.
        self.before = np.concatenate(([0], np.cumsum(vocabulary.chars[tokens.ids] + 1)))
        # Tokens before each that are not line breaks.
        self.n_chunks = np.concatenate(([0], np.cumsum(self.flags & Flag.NEWLINE == 0)))
        breaks = np.flatnonzero(self.flags & Flag.NEWLINE)
        starts = np.concatenate(([0], breaks[:-1] + 1))
        full = starts < breaks
        self.line_start, self.line_end = starts[full], breaks[full]
        self.line_page = self.page_of[self.line_start]

    def has(self, flag: int) -> Bools:
        found: Bools = self.flags & flag != 0
        return found

    def chars(self, start: Ints, end: Ints) -> Ints:
        return self.before[end] - self.before[start] - 1


class Turns(NamedTuple):
    """Turns or lines before they are cut."""

    start: Ints
    body: Ints
    end: Ints
    line: Ints
    key: Hashes
    role: Ints


class _Label(NamedTuple):
    """A possible label at the start of some line: tokens ``start`` to ``body``."""

    line: Ints
    body: Ints
    key: Hashes
    role: Ints


def line_turns(text: Text) -> Turns:
    """One turn a line; a label that fills its line is joined to the line below."""
    n = len(text.line_start)
    body = text.line_start.copy()
    key = np.zeros(n, np.uint64)
    role = np.zeros(n, np.int64)
    for label in (_marked_labels(text), _own_line_labels(text)):
        body[label.line] = label.body
        key[label.line] = label.key
        role[label.line] = label.role
    end = text.line_end.copy()
    alone = (body == end) & (np.append(text.line_page[1:], -1) == text.line_page)
    alone[:-1] &= body[1:] == text.line_start[1:]
    if n:
        alone[-1] = False
    joined = np.flatnonzero(alone)
    body[joined], end[joined] = text.line_start[joined + 1], text.line_end[joined + 1]
    keep = np.ones(n, np.bool_)
    keep[joined + 1] = False
    # A label with nothing behind it is a line like any other.
    body = np.where(body == end, text.line_start, body)
    rows = np.flatnonzero(keep)
    return Turns(text.line_start[rows], body[rows], end[rows], rows, key[rows], role[rows])


def _marked_labels(text: Text) -> _Label:
    """Labels set off by a colon, a dash, ``Q.``/``A.`` or, in hearings, ``Mr. Name.``"""
    lines = np.arange(len(text.line_start))
    window = text.line_start[:, None] + np.arange(LABEL_TOKENS)
    inside = window < text.line_end[:, None]
    flags = np.where(inside, text.flags[np.minimum(window, len(text.flags) - 1)], 0)
    colon = _first(flags & Flag.COLON)
    dash = _first(flags[:, :4] & Flag.DASH)
    period = _first(flags[:, 1:4] & Flag.END) + 1
    by_title = flags[:, 0] & Flag.TITLE != 0
    letter = flags[:, 0] & LETTER != 0
    by_letter = letter & (flags[:, 0] & (Flag.END | Flag.BRACKET_CLOSE) != 0)
    last = np.where(by_title & (period < 4), period, LABEL_TOKENS)
    weak = last < LABEL_TOKENS
    dashed = (dash < 4) & (flags[:, 0] & (Flag.CAPITAL | Flag.BOLD) != 0)
    last = np.where(dashed, np.minimum(dash, last), last)
    weak |= dashed
    with_colon = colon < LABEL_TOKENS
    last = np.where(with_colon, colon, last)
    weak &= ~with_colon
    last = np.where(by_letter, 0, last)
    ends_earlier = _first(flags & Flag.END) < last
    ok = (last < LABEL_TOKENS) & (~ends_earlier | weak)
    ok &= (
        text.before[np.minimum(text.line_start + last + 1, len(text.flags))]
        - (text.before[text.line_start])
        <= LABEL_CHARS + 1
    )
    lines, last, flags, weak = lines[ok], last[ok], flags[ok], weak[ok]
    key, role, capitals = _describe(text, lines, last, flags)
    repeated = _count_on_page(key, text.line_page[lines]) >= 2
    strong = role & _STRONG != 0
    # A short line that ends in a colon is more often a heading than a name.
    fills = text.line_start[lines] + last + 1 == text.line_end[lines]
    accepted = np.where(weak, repeated, repeated | strong | (capitals & ~fills))
    accepted &= repeated | (role & Flag.HEADING == 0)
    # A label is said by somebody: at least one word, and no question.
    accepted &= key != 0
    return _Label(
        lines[accepted],
        text.line_start[lines[accepted]] + last[accepted] + 1,
        key[accepted],
        role[accepted],
    )


def _own_line_labels(text: Text) -> _Label:
    """Labels without any mark on lines of their own, known by recurring between longer lines."""
    start, end = text.line_start, text.line_end
    short = (end - start <= OWN_LINE_TOKENS) & (text.chars(start, end) <= LABEL_CHARS)
    stops = Flag.END | Flag.QUESTION | Flag.EXCLAIM | Flag.COLON
    short &= text.flags[end - 1] & stops == 0
    short &= text.flags[start] & (Flag.CAPITAL | Flag.BOLD | Flag.ASKER) != 0
    follows = np.append(text.line_page[1:], -1) == text.line_page
    follows[:-1] &= (end - start)[1:] > (end - start)[:-1]
    lines = np.flatnonzero(short & follows)
    flags = _window(text, lines, OWN_LINE_TOKENS)
    last = end[lines] - start[lines] - 1
    key, role, _ = _describe(text, lines, last, flags)
    page = text.line_page[lines]
    repeated = _count_on_page(key, page) >= 2
    # One recurring heading makes no dialogue: at least three such lines a page.
    enough = np.bincount(page[repeated], minlength=text.n_pages)[page] >= 3
    accepted = repeated & enough & (key != 0)
    lines = lines[accepted]
    return _Label(lines, end[lines], key[accepted], role[accepted])


def _window(text: Text, lines: Ints, width: int) -> Ints:
    """Flags of the first ``width`` tokens of ``lines``, 0 beyond the end."""
    window = text.line_start[lines][:, None] + np.arange(width)
    inside = window < text.line_end[lines][:, None]
    return np.where(inside, text.flags[np.minimum(window, len(text.flags) - 1)], 0)


def _first(hits: NDArray[np.int64]) -> Ints:
    """Column of the first non-zero in each row, or the number of columns."""
    if not hits.size:
        return np.zeros(len(hits), np.int64)
    found = hits != 0
    first: Ints = np.where(found.any(1), found.argmax(1), hits.shape[1])
    return first


def _describe(text: Text, lines: Ints, last: Ints, flags: Ints) -> tuple[Hashes, Ints, Bools]:
    """Key, role flags and "is a capitalised name" of labels that end at column ``last``.

    The key is the label's last word outside brackets, so that ``Dr. Emily Carter (MIT)`` and
    ``Carter`` are one speaker.
    """
    start = text.line_start[lines]
    key = np.zeros(len(lines), np.uint64)
    inner = np.zeros(len(lines), np.uint64)
    role = np.zeros(len(lines), np.int64)
    words = np.zeros(len(lines), np.int64)
    capitals = np.zeros(len(lines), np.int64)
    depth = np.zeros(len(lines), np.int64)
    for k in range(flags.shape[1]):
        column = np.where(k <= last, flags[:, k], 0)
        depth += column & Flag.BRACKET_OPEN != 0
        word = column & Flag.WORD != 0
        hashes = text.hashes[np.minimum(start + k, len(text.hashes) - 1)]
        key = np.where(word & (depth == 0), hashes, key)
        inner = np.where(word, hashes, inner)
        role |= column
        small = column & (Flag.STOPWORD | Flag.NUMBER) != 0
        words += word & ~small & (depth == 0)
        capitals += word & ~small & (depth == 0) & (column & Flag.CAPITAL != 0)
        depth -= column & Flag.BRACKET_CLOSE != 0
        depth = np.maximum(depth, 0)
    named = (words >= 1) & (capitals == words) & (words <= 5)
    named &= (
        flags[:, 0] & (Flag.CAPITAL | Flag.BOLD | Flag.BRACKET_OPEN) != 0 if len(lines) else True
    )
    return np.where(key != 0, key, inner), role & _ROLES, named


_STRONG = int(Flag.ASKER | Flag.ANSWERER | Flag.OUTLET | LETTER)
_ROLES = _STRONG | int(Flag.TITLE | Flag.HEADING)


def _count_on_page(key: Hashes, page: Ints) -> Ints:
    """How often each key occurs among the keys of its page."""
    combined = key ^ (page.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    _, inverse, counts = np.unique(combined, return_inverse=True, return_counts=True)
    return counts[inverse]


def inline_turns(text: Text, turns: Turns) -> Turns:
    """Split turns where another label stands inside, as on pages without line breaks."""
    colon = text.has(Flag.COLON)
    label_tokens = np.zeros(len(text.flags), np.bool_)
    for offset in range(LABEL_TOKENS):
        at = turns.start + offset
        label_tokens[at[at < turns.body]] = True
    at = np.flatnonzero(colon & ~label_tokens)
    owner = np.searchsorted(turns.start, at, side="right") - 1
    ok = (owner >= 0) & (at < turns.end[owner]) & (at > turns.body[owner])
    at, owner = at[ok], owner[ok]
    ender = Flag.END | Flag.QUOTE | Flag.BRACKET_CLOSE | Flag.BOLD | Flag.CREDIT
    start = np.full(len(at), -1)
    role = np.zeros(len(at), np.int64)
    key = np.zeros(len(at), np.uint64)
    open_ = np.ones(len(at), np.bool_)
    for k in range(INLINE_TOKENS):
        here = np.maximum(at - k, 0)
        flags = text.flags[here]
        fits = flags & (Flag.CAPITAL | Flag.BRACKET_OPEN | Flag.BRACKET_CLOSE | Flag.BOLD) != 0
        if k:
            fits &= (flags & Flag.END == 0) | (flags & Flag.TITLE != 0)
            fits &= flags & Flag.COLON == 0
        open_ &= fits & (here > turns.body[owner])
        role |= np.where(open_, flags, 0)
        outside = open_ & (flags & Flag.WORD != 0)
        outside &= flags & (Flag.BRACKET_OPEN | Flag.BRACKET_CLOSE) == 0
        key = np.where(outside & (key == 0), text.hashes[here], key)
        begins = open_ & (text.flags[here - 1] & ender != 0) & (start < 0)
        start = np.where(begins, here, start)
        open_ &= start < 0
    ok = (start >= 0) & (key != 0)
    at, owner, start, key, role = at[ok], owner[ok], start[ok], key[ok], role[ok] & _ROLES
    page = text.page_of[at]
    known = turns.key != 0
    all_keys = np.concatenate((key, turns.key[known]))
    all_pages = np.concatenate((page, text.line_page[turns.line[known]]))
    repeated = _count_on_page(all_keys, all_pages)[: len(at)] >= 2
    heading = (role & Flag.HEADING != 0) & ~repeated
    accepted = repeated | heading | (role & _STRONG != 0)
    accepted &= at + 1 < turns.end[owner]
    if not accepted.any():
        return turns
    # "Interview: The Future of …" begins a turn, but nobody of that name speaks.
    body = np.where(heading, start, at + 1)[accepted]
    key, role = np.where(heading, 0, key)[accepted], np.where(heading, 0, role)[accepted]
    at, owner, start = at[accepted], owner[accepted], start[accepted]
    order = np.argsort(np.concatenate((turns.start, start)), kind="stable")
    starts = np.concatenate((turns.start, start))[order]
    ends = np.concatenate((turns.end, turns.end[owner]))[order]
    ends[:-1] = np.minimum(ends[:-1], starts[1:])
    return Turns(
        starts,
        np.concatenate((turns.body, body))[order],
        ends,
        np.concatenate((turns.line, turns.line[owner]))[order],
        np.concatenate((turns.key, key.astype(np.uint64)))[order],
        np.concatenate((turns.role, role))[order],
    )
