"""Numbers in digits that a marked region brings up."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from detector.chunks import Flag
from detector.marked import Marked
from detector.unmarked import Claim, Unmarked

AROUND = 16
"""Characters before and behind a number that are looked at."""

_NUMBER = re.compile(r"[^\s\w<>&;.,:\-()\[\]*'\"“”‘’«»]*(\d+(?:[.,:/]\d+)*)[\w%°]*(?:-\w+)*%?")
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")
_BULLET = re.compile(r"(?:<[^>]*>)?\W*\d{1,2}[.):]\W*")
_SMALL = re.compile(r"\d{1,2}")
_READING = re.compile(r" min(?:ute)?s?(?: read)?\s*(?:\n|$)")
_STOPS = Flag.END | Flag.NEWLINE | Flag.BULLET | Flag.HASH | Flag.COLON | Flag.BOLD
_OPENERS = _STOPS | Flag.BRACKET_CLOSE
_PART_WORDS = """
chapter fact lesson myth option part phase point question reason scenario stage step story takeaway
tip ©
"""
PARTS = frozenset(_PART_WORDS.split())
"""Words before a number that counts the parts of a text, not things."""

_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ONES = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SPELLED = dict(enumerate(_ONES.split())) | {100: "hundred", 1000: "thousand"}
_SPELLED |= {
    20 + 10 * k + one: f"{ten}-{_SPELLED[one]}" if one else ten
    for k, ten in enumerate(_TENS.split())
    for one in range(10)
}


def numbers(marked: Marked, unmarked: Unmarked) -> Iterator[Claim]:
    """Numbers that the unmarked text holds neither in digits nor spelled, in reading order.

    Those that number the lines of a list or the parts of a text are no claims, nor are small ones
    before a word with a capital, as in the titles of lists ("10 Facts").
    """
    batch = marked.batch
    token = np.flatnonzero(batch.is_number & ~unmarked.tokens)
    region = marked.of_segment[batch.segment_of[token]]
    token, region = token[region >= 0], region[region >= 0]
    left, right = batch.flags[token - 1], batch.flags[token + 1]
    columns = (
        region.tolist(),
        *marked.spans(token, token),
        (left & _OPENERS != 0).tolist(),
        (right & (Flag.CAPITAL | Flag.DATE) == Flag.CAPITAL).tolist(),
    )
    for k, start, end, opens, in_title in zip(*columns, strict=True):
        chunk = marked.text(k, start, end)
        found = _NUMBER.search(chunk)
        before = marked.text(k, max(start - AROUND, 0), start)
        behind = marked.text(k, end, end + AROUND)
        if found is None or _counts_parts(before, chunk, behind, opens, in_title):
            continue
        next_word = behind.lower().split()
        scale = _SCALES.get(next_word[0].strip(".,;:!?)") if next_word else "", 1)
        digits = _THOUSANDS.sub("", found[1]).replace(",", ".")
        page = int(marked.page[k])
        if not any(unmarked.holds_number(page, form) for form in _forms(digits, scale)):
            yield Claim(k, start + found.start(), start + found.end(), frozenset((digits,)))


def _counts_parts(before: str, chunk: str, behind: str, opens: bool, in_title: bool) -> bool:
    """Whether a number is that of a line of a list or of a part of the text, stands in the title
    of a list, or says how long the text takes to read."""
    small = _SMALL.fullmatch(chunk) is not None
    if "\u20e3" in chunk or (opens and (_BULLET.fullmatch(chunk) or behind.startswith(" – "))):
        return True
    if (small and in_title and behind[1:2].isupper()) or chunk.lower().endswith("-step"):
        return True
    words = before.lower().split()
    return bool(words and words[-1].strip("*#_") in PARTS) or bool(_READING.match(behind))


def _forms(digits: str, scale: int) -> Iterator[str]:
    """The ways to write a number: in digits, spelled, in thousands, millions and so on.

    >>> list(_forms("1.50", 10**6))
    ['1.50', '1500000', '1,500,000', '1500 thousand', '1.5 million']
    """
    yield digits
    if not digits.replace(".", "", 1).isdigit():  # a time or a date
        yield digits.replace(":", ".")
        return
    value = float(digits) * scale
    if value in _SPELLED:
        yield _SPELLED[int(value)]
        yield _SPELLED[int(value)].capitalize()
    yield f"{value:.12g}"
    if value >= 1000:
        yield f"{value:,.12g}"
    for word, size in _SCALES.items():
        if value >= size:
            yield f"{value / size:.12g} {word}"
