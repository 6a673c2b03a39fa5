"""Names of people, organisations, places and things that a marked region brings up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch
from detector.chunks import Flag
from detector.marked import Marked
from detector.runs import begins, running_sum
from detector.unmarked import Claim, Unmarked

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

AROUND = 5
"""Words on either side of a name that show whether capitals mean anything there."""

_NAMELIKE = Flag.CAPITAL | Flag.CONTENT
_STOPS = Flag.END | Flag.NEWLINE | Flag.BULLET | Flag.HASH | Flag.COLON | Flag.BRACKET_CLOSE
_OPENERS = _STOPS | Flag.SYMBOL | Flag.DASH
_QUOTES = Flag.QUOTE | Flag.BOLD

_WORDS = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)
_POSSESSIVE = re.compile(r"['’]s(?!\w)")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>?|&[a-z]{2,8};")
_SITE = re.compile(
    r"(?:\bwelcome (?:back )?to|\bfor (?:speaking|talking) (?:with|to)|©(?: \d{4})?|@)"
    r" ?(?:the )?$",
    re.IGNORECASE,
)
_SITE_ENDS = ("to", "to the", "to The", "with", "with the", "with The", "©", "@", *"0123456789")
"""How all that matches ends, which is quick to tell."""
_LABEL = re.compile(r"(?:[^.?!\n]|\.(?=\w)){0,45}:(?=\W)")
_OFFICE = re.compile(r" (?:bureau|correspondent|desk|editor|newsroom|reporter)\b")
_ODD = re.compile(r"[^\W\d]{1,2}\d|AI-|[\w-]+\.[a-z]{2,}$")
"""Amounts ("P7.35"), compounds that begin like names, and domains."""


class _Parts(NamedTuple):
    """Runs of capitalised words: the positions of their first and last word, and of the one that
    support is asked for, among the capitalised ``token``; whether the name
    opens a sentence, and whether it only counts behind "the"."""

    token: Ints
    first: Ints
    last: Ints
    asked: Ints
    opens: Bools
    needs_the: Bools


def names(marked: Marked, unmarked: Unmarked) -> Iterator[Claim]:
    """Names that the unmarked text does not support, in reading order.

    A name is a run of capitalised words. It is supported if its last word (the surname) stands
    unmarked; one that ends in a common word, if any other does; one of common words alone, such as
    a ministry's, if any does. Where capitals say nothing (headings, beginnings of sentences) a name
    has to be listed in the lexicon. Labels and the site's own name are none.
    """
    parts = _parts(marked, unmarked.tokens)
    token = parts.token
    starts, ends = marked.spans(token[parts.first], token[parts.last])
    asked = zip(*marked.spans(token[parts.asked], token[parts.asked]), strict=True)
    region = marked.of_segment[marked.batch.segment_of[token[parts.first]]].tolist()
    columns = (region, starts, ends, asked, parts.opens.tolist(), parts.needs_the.tolist())
    for k, start, end, (left, right), opens, needs_the in zip(*columns, strict=True):
        at, name = _bare(marked.text(k, start, end))
        start += at
        end = start + len(name)
        if name and not _is_other(marked, k, start, end, opens, needs_the):
            _, surname = _bare(marked.text(k, left, right))
            if not unmarked.holds_name(int(marked.page[k]), surname):
                yield Claim(k, start, end, frozenset(name.lower().split()))


def _parts(marked: Marked, supported: Bools) -> _Parts:
    """The runs of capitalised words that may be unsupported names."""
    batch = marked.batch
    flags = batch.flags
    token = np.flatnonzero(flags & (_NAMELIKE | Flag.NUMBER | Flag.DATE) == _NAMELIKE)
    region = marked.of_segment[batch.segment_of[token]]
    token, region = token[region >= 0], region[region >= 0]
    here, before = flags[token], flags[token - 1]
    cut = begins(token - np.arange(len(token)), region)
    cut |= before & (_STOPS | _QUOTES | Flag.COMMA) != 0
    cut |= here & (_QUOTES | Flag.BRACKET_OPEN | Flag.TITLE) != 0
    part = np.cumsum(cut) - 1
    begin = np.flatnonzero(cut)
    listed = here & (Flag.NAME | Flag.NO_NAME) == Flag.NAME
    likely = listed | (here & (Flag.UNKNOWN | Flag.NO_NAME) == Flag.UNKNOWN)
    opens = (before & _OPENERS != 0) | (here & Flag.QUOTE != 0)
    titled = batch.is_heading[batch.segment_of[token]] | _crowded(batch, token)
    titled = np.logical_or.reduceat(titled, begin)[part] if len(begin) else titled
    opened = opens[begin][part]
    may_begin = np.where(titled, listed, (here & Flag.TITLE == 0) & (likely | ~opened))
    may_end = likely | ~(titled | (here & Flag.COLON != 0))
    at = np.arange(len(token))
    first = _least(np.where(may_begin, at, len(token)), begin)
    last = -_least(np.where(may_end, -at, 1), begin)
    kept = first <= last
    first, last = first[kept], last[kept]
    asked = -_least(np.where(likely, -at, 1), begin)[kept]
    fresh = ~supported[token]

    def count(which: Bools) -> Ints:
        sums = running_sum(which)
        counted: Ints = sums[last + 1] - sums[first]
        return counted

    n, n_likely = last + 1 - first, count(likely)
    common = n_likely == 0
    is_name = np.where(common, (n > 1) & (count(here & Flag.NO_NAME != 0) == 0), n > 1)
    is_name |= ~common & (listed[first] | ~opens[first])
    is_name &= here[last] & Flag.NO_NAME == 0
    surname = np.where(likely[last], fresh[last], count(likely & ~fresh) == 0)
    is_new = np.where(common, count(fresh) == n, surname)
    chosen = is_name & is_new
    asked = np.where(common, last, asked)
    needs_the = common | (count(here & Flag.OUTLET != 0) > 0)
    first, last = first[chosen], last[chosen]
    return _Parts(token, first, last, asked[chosen], opens[first], needs_the[chosen])


def _least(values: Ints, begin: Ints) -> Ints:
    """The least value of each run that starts at ``begin``."""
    if not len(begin):
        return begin
    least: Ints = np.minimum.reduceat(values, begin)
    return least


def _crowded(batch: Batch, token: Ints) -> Bools:
    """Whether at least half of the common words around, on the same page, have capitals too."""
    flags, borders = batch.flags, np.asarray(batch.tokens.page_starts)
    page = np.searchsorted(borders, token, "right")
    kinds = Flag.CONTENT | Flag.TITLE | Flag.NAME | Flag.UNKNOWN
    common = flags & kinds == Flag.CONTENT
    n_common = running_sum(common)
    n_capitals = running_sum(common & (flags & Flag.CAPITAL != 0))
    low = np.maximum(token - AROUND, borders[page - 1])
    high = np.minimum(token + AROUND + 1, borders[page])
    capitals, others = n_capitals[high] - n_capitals[low], n_common[high] - n_common[low]
    crowded: Bools = (2 * capitals >= others) & (others > 0)
    return crowded


def _bare(text: str) -> tuple[int, str]:
    """A name without mark-up, marks and what follows a possessive s, and where it begins."""
    if "<" in text or "&" in text:
        text = _MARKUP.sub(lambda match: " " * len(match[0]), text)
    found = _WORDS.search(text)
    if found is None:
        return 0, ""
    name = found[0]
    owner = _POSSESSIVE.search(name)
    return found.start(), name[: owner.start()] if owner else name


def _is_other(
    marked: Marked, region: int, start: int, end: int, opens: bool, needs_the: bool
) -> bool:
    """Whether what looks like a name is an amount, a label, a handle, what is explained in brackets
    or the site's own name: common words, and those that sites are called by, need "the" before
    them."""
    before = marked.text(region, max(start - 30, 0), start)
    name, behind = marked.text(region, start, end), marked.text(region, end, end + 50)
    if _ODD.match(name) or _OFFICE.match(behind) or (needs_the and not before.endswith("the ")):
        return True
    if name.isupper() and (before.endswith("(") or behind.startswith(" = ")):
        return True
    if before.rstrip().endswith(_SITE_ENDS) and _SITE.search(before):
        return True
    return opens and _LABEL.match(behind) is not None
