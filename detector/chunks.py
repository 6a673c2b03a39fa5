"""Single chunks of text: the normalised word inside, and what can be seen of both.

A *chunk* is a run of non-blanks, as ``str.split`` gives it: ``"news,"``, ``"**Editor:**"``. Its
*core* is the normalised word inside: ``news``, ``editor``.
"""

from __future__ import annotations

import html
import re
import string
import unicodedata

NEWLINE = "\x00"
"""The chunk that stands for a line break; a page cannot contain it."""

LOOKED_AT = 64
"""Characters of a chunk that are looked at: nobody writes longer words."""


class Flag:
    """Yes/no facts about a chunk: bits of an integer.

    Not an enum, whose operators cost ten times as much, and every new chunk takes a dozen.
    """

    WORD = 1 << 0
    CONTENT = 1 << 1
    CAPITAL = 1 << 2
    UPPER = 1 << 3
    NUMBER = 1 << 4
    END = 1 << 5
    QUESTION = 1 << 6
    EXCLAIM = 1 << 7
    COLON = 1 << 8
    OPENER = 1 << 9
    UNKNOWN = 1 << 10
    BRACKET_OPEN = 1 << 11
    BRACKET_CLOSE = 1 << 12
    DASH = 1 << 13
    BULLET = 1 << 14
    BOLD = 1 << 15
    HASH = 1 << 16
    QUOTE = 1 << 17
    ELLIPSIS = 1 << 18
    LINK = 1 << 19
    SYMBOL = 1 << 20
    NEWLINE = 1 << 21
    ABSTRACT = 1 << 22
    LONG = 1 << 23
    RARE = 1 << 24
    CONTRACTION = 1 << 25
    FIRST_SINGULAR = 1 << 26
    FIRST_PLURAL = 1 << 27
    SECOND = 1 << 28
    STOPWORD = 1 << 29
    PAST = 1 << 30
    MODAL = 1 << 31
    DATE = 1 << 32
    TITLE = 1 << 33
    ABBREVIATION = 1 << 34
    ASKER = 1 << 35
    ANSWERER = 1 << 36
    OUTLET = 1 << 37
    QUESTION_WORD = 1 << 38
    HEADING = 1 << 39
    LETTER_Q = 1 << 40
    LETTER_A = 1 << 41
    BREAK_BEFORE = 1 << 42
    BREAK_BEHIND = 1 << 43
    COMMA = 1 << 44
    NAME = 1 << 45
    NO_NAME = 1 << 46
    CREDIT = 1 << 47


LETTER = Flag.LETTER_Q | Flag.LETTER_A

_PUNCTUATION = (
    string.punctuation + "“”„‟‘’‚‛«»‹›–—‒―−…•·●▪◦‣►▶▼▾✔✓★☆→←↓↑§¶†‡©®™¿¡′″‐‑、。！？：；（）"
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>?|^[a-z-]{1,20}=[\"'][^\"'<>]*[\"']?/?>?")
_BLOCK_TAG = re.compile(r"<(?:p|div|h[1-6]|li|ul|ol|section|article|blockquote)\b", re.IGNORECASE)
_BLOCK_END = re.compile(
    r"(?:</(?:p|div|h[1-6]|li|ul|ol|section|article|blockquote|figcaption)>|<br ?/?>?|<hr ?/?>)$",
    re.IGNORECASE,
)
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_NUMBERED_LETTER = re.compile(r"[qa]\d{0,2}")
_INITIALS = re.compile(r"[^\W\d_]{2,9}(?:/[^\W\d_]{2,9})+")
"""Initials of who wrote and edited a story: ``gih/ard``."""

# Letters that look like plain Latin ones (Cyrillic, Greek, Armenian, Cherokee, phonetic signs),
# and characters nobody sees.
_LOOK_ALIKES = dict(
    zip(
        "аеорсухіјѕһԁԛԝѵӏАВЕКМНОРСТУХІЈЅԌҮӀѴ"
        + "αοενικρτυχγωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
        + "օոսցհՕՏ"
        + "ᎪᏴᏟᎠᎬᎻᎥᎫᏦᏞᎷᏢᏚᎢᏙᏔᏃ"
        + "ɡɑ",
        "aeopcyxijshdqwvlABEKMHOPCTYXIJSGYIV"
        + "aoevikptuxywABEZHIKMNOPTYX"
        + "onughOS"
        + "ABCDEHiJKLMPSTVWZ"
        + "ga",
        strict=True,
    )
)
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x34F, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F)]
    + [*range(0x2060, 0x2070), 0xFEFF, *range(0xFE00, 0xFE10)]
)
_QUOTES = dict.fromkeys(map(ord, "‘’‚‛′ʼ＇`´"), "'") | dict.fromkeys(map(ord, "“”„‟«»″"), '"')
_REPLACED = {ord(key): value for key, value in _LOOK_ALIKES.items()} | _INVISIBLE | _QUOTES

_ABSTRACT_ENDS = ("tion", "sion", "ment", "ance", "ence", "ness", "ship", "ity", "ism")
_CLOSERS = "\"')]}*_”’»›>"


def normalise(chunks: list[str]) -> list[str]:
    """Chunks in plain characters: NFKC, Latin look-alikes, straight quotes, no mark-up."""
    shown = [chunk[:LOOKED_AT] for chunk in chunks]
    odd = [k for k, chunk in enumerate(shown) if not chunk.isascii() or "`" in chunk]
    if odd:
        joined = "\n".join([shown[k] for k in odd]).encode("utf-8", "replace").decode("utf-8")
        joined = unicodedata.normalize("NFKC", joined).translate(_REPLACED)
        for k, chunk in zip(odd, joined.split("\n"), strict=True):
            # Normalising can make a chunk many times longer.
            shown[k] = chunk[:LOOKED_AT]
    joined = "\n".join(shown)
    if "<" in joined or "&" in joined or '="' in joined:
        return [_without_markup(chunk) for chunk in shown]
    return shown


def bare(shown: list[str]) -> list[str]:
    """Words without the punctuation around them."""
    words = [chunk.strip(_PUNCTUATION) for chunk in shown]
    return [_EDGES.sub("", w) if w and not w[0].isalnum() else w for w in words]


def _without_markup(chunk: str) -> str:
    if "&" in chunk:
        chunk = html.unescape(chunk).replace("\n", " ").translate(_REPLACED)
    chunk = _TAG.sub("", chunk) if "<" in chunk or '="' in chunk else chunk
    return chunk[:LOOKED_AT]


def stem(core: str) -> str:
    """What counts as the same word: a number's digits, else the first six letters."""
    if core[:1].isdigit():
        return core.replace(",", "")
    return core[:6]


def core_flags(core: str) -> int:
    """Flags that the letters of a core decide."""
    if not core:
        return 0
    first = core[0]
    if first.isdigit():
        return _WORD | _NUMBER
    bits = _WORD
    if not core.isalpha():
        if "'" in core:
            bits |= Flag.CONTRACTION
        if "@" in core or "://" in core or core.startswith("www."):
            return bits | Flag.LINK | Flag.CREDIT
        if "/" in core and _INITIALS.fullmatch(core):
            bits |= Flag.CREDIT
    if len(core) > 6:
        bits |= _LONG
        if core.endswith(_ABSTRACT_ENDS):
            bits |= Flag.ABSTRACT
    if core.endswith("ed") and len(core) > 4:
        bits |= Flag.PAST
    if first in "qa" and len(core) <= 3 and _NUMBERED_LETTER.fullmatch(core):
        bits |= Flag.LETTER_Q if first == "q" else Flag.LETTER_A
    return bits


def case_flags(word: str) -> int:
    """Flags of a word's case; ``word`` is not empty."""
    first = word[0]
    if first.isupper():
        if len(word) > 1 and word.isupper():
            return _CAPITAL | Flag.UPPER
        return _CAPITAL
    return _OPENER if first.isdigit() else 0


# Looked up once: these are asked for with every chunk.
_WORD, _NUMBER, _LONG, _OPENER = Flag.WORD, Flag.NUMBER, Flag.LONG, Flag.OPENER
_CAPITAL = Flag.CAPITAL | Flag.OPENER


def lead_flags(marks: str) -> int:
    """Flags of the punctuation before a word."""
    bits = _mark_flags(marks)
    if marks[:1] in "\"'([{*_¿¡" and marks:
        bits |= Flag.OPENER
    if "(" in marks or "[" in marks:
        bits |= Flag.BRACKET_OPEN
    if "#" in marks:
        bits |= Flag.HASH | Flag.OPENER
    return bits


def trail_flags(marks: str) -> int:
    """Flags of the punctuation behind a word."""
    bits = _mark_flags(marks)
    if ")" in marks or "]" in marks:
        bits |= Flag.BRACKET_CLOSE
    if "?" in marks or "？" in marks:
        bits |= Flag.QUESTION | Flag.END
    if "!" in marks or "！" in marks:
        bits |= Flag.EXCLAIM | Flag.END
    if "..." in marks or "…" in marks:
        bits |= Flag.ELLIPSIS
    closed = marks.rstrip(_CLOSERS)
    if closed.endswith((".", "…", "。")):
        bits |= Flag.END
    if ":" in marks or "：" in marks:
        bits |= Flag.COLON
    if marks.endswith(("—", "–", "--")):
        bits |= Flag.DASH
    if "," in marks or ";" in marks:
        bits |= Flag.COMMA
    return bits


def _mark_flags(marks: str) -> int:
    """Flags of punctuation on either side of a word."""
    bits = 0
    if '"' in marks or "«" in marks or "»" in marks:
        bits |= Flag.QUOTE
    if "**" in marks or "__" in marks:
        bits |= Flag.BOLD
    return bits


def break_flags(chunk: str) -> int:
    """Flags of a chunk with mark-up of paragraphs, headings or list items."""
    bits = 0
    if _BLOCK_TAG.match(chunk):
        bits |= Flag.BREAK_BEFORE
    if _BLOCK_END.search(chunk):
        bits |= Flag.BREAK_BEHIND
    return bits


def lone_flags(chunk: str) -> int:
    """Flags of a chunk without a word in it."""
    return lead_flags(chunk) | trail_flags(chunk) | _sign_flags(chunk)


def _sign_flags(chunk: str) -> int:
    """What a chunk without a word stands for: a heading, a dash, a bullet or a symbol."""
    if not chunk:
        return 0
    if chunk.startswith("#"):
        return Flag.HASH | Flag.OPENER
    if chunk in {"-", "–", "—", "--", "―", "‒"}:
        return Flag.DASH | Flag.BULLET
    if all(unicodedata.category(character)[0] in "SMC" for character in chunk):
        return Flag.SYMBOL | Flag.OPENER
    if chunk in {"*", "•", "·", "●", "▪", "◦", "‣", ">", "►", "▶", "▼"}:
        return Flag.BULLET | Flag.OPENER
    return 0
