"""Facts about distinct chunks of text, worked out once and kept in numpy columns.

A *chunk* is a run of non-blanks, as ``str.split`` gives it: ``"news,"``, ``"**Editor:**"``. Its
*core* is the normalised word inside: ``news``, ``editor``. All normalising (case, NFKC, zero-width
characters, look-alike letters, mark-up, punctuation) happens here, once per distinct chunk, so the
text itself is never altered and offsets cannot break.
"""

from __future__ import annotations

import html
import itertools
import re
import string
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from detector.lexicon import Lexicon, word_hash

NEWLINE = "\x00"
"""The chunk that stands for a line break; a page cannot contain it."""

LOOKED_AT = 64
"""Characters of a chunk that are looked at: nobody writes longer words."""

UNKNOWN_RARITY = 80
"""Rarity of a word that the lexicon does not list, in eighths of a nat."""
RARE_FROM = 44
"""Rarity from which a word counts as rare (seen in fewer than about 1 in 250 documents)."""

PLACEHOLDERS = {"number": "<number>", "unknown": "<unknown>", "name": "<name>"}
"""What stands for numbers, for words the lexicon does not know and for names in learned n-grams: of
what a page is about they should know nothing."""

_NUMBER = np.uint64(word_hash(PLACEHOLDERS["number"]))
_UNKNOWN = np.uint64(word_hash(PLACEHOLDERS["unknown"]))
_NAME = np.uint64(word_hash(PLACEHOLDERS["name"]))

Ints = NDArray[np.int64]


class Flag(IntFlag):
    """Yes/no facts about a chunk."""

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


_LISTED = {
    "stopwords": Flag.STOPWORD,
    "past": Flag.PAST,
    "modal": Flag.MODAL,
    "date": Flag.DATE,
    "title": Flag.TITLE,
    "abbreviation": Flag.ABBREVIATION,
    "asker": Flag.ASKER,
    "answerer": Flag.ANSWERER,
    "outlet": Flag.OUTLET,
    "question_word": Flag.QUESTION_WORD,
    "heading": Flag.HEADING,
}
_PERSON = {
    Flag.FIRST_SINGULAR: "i me my mine myself i'm i've i'd i'll",
    Flag.FIRST_PLURAL: "we us our ours ourselves we're we've we'd we'll",
    Flag.SECOND: "you your yours yourself yourselves you're you've you'd you'll",
}

COUNTED: Mapping[str, Flag] = {
    "words": Flag.WORD,
    "content": Flag.CONTENT,
    "long_words": Flag.LONG,
    "rare_words": Flag.RARE,
    "abstract_words": Flag.ABSTRACT,
    "first_singular": Flag.FIRST_SINGULAR,
    "first_plural": Flag.FIRST_PLURAL,
    "second_person": Flag.SECOND,
    "contractions": Flag.CONTRACTION,
    "past_words": Flag.PAST,
    "modals": Flag.MODAL,
    "dates": Flag.DATE,
    "quotes": Flag.QUOTE,
    "brackets": Flag.BRACKET_OPEN,
    "questions": Flag.QUESTION,
    "exclaims": Flag.EXCLAIM,
    "dashes": Flag.DASH,
    "ellipses": Flag.ELLIPSIS,
    "bold": Flag.BOLD,
    "symbols": Flag.SYMBOL,
    "sentence_ends": Flag.END,
    "capitals": Flag.CAPITAL,
}
"""Flags that are counted over segments, by the name of the count."""
MEASURED = ("letters", "rarity")
"""Numbers of a chunk (at most 160 each) that are summed over segments."""
FACTS = (*COUNTED, *MEASURED)

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

# Letters of other scripts that look like Latin ones, and characters nobody sees.
_LOOK_ALIKES = dict(
    zip(
        "аеорсухіјѕһԁԛԝɡАВЕКМНОРСТУХІЈЅԌ" + "αοενικρτυχγωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aeopcyxijshdqwgABEKMHOPCTYXIJSG" + "aoevikptuxywABEZHIKMNOPTYX",
        strict=True,
    )
)
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x34F, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F)]
    + [*range(0x2060, 0x2070), 0xFEFF, *range(0xFE00, 0xFE10)]
)
_QUOTES = dict.fromkeys(map(ord, "‘’‚‛′ʼ＇`´"), "'") | dict.fromkeys(map(ord, "“”„‟«»″"), '"')
_REPLACED = {ord(key): value for key, value in _LOOK_ALIKES.items()} | _INVISIBLE | _QUOTES

LETTER = int(Flag.LETTER_Q | Flag.LETTER_A)

_ABSTRACT_ENDS = ("tion", "sion", "ment", "ance", "ence", "ness", "ship", "ity", "ism")
_CLOSERS = "\"')]}*_”’»›>"


class Vocabulary:
    """The chunks met so far. Ids are dense and follow the order of arrival.

    Nothing that is computed from a vocabulary may depend on the ids themselves, so results are the
    same whatever was read before.

    Attributes: ``flags`` (bits of :class:`Flag`), ``hashes`` (of the core, uint64), ``stems``
    (dense id of the core's stem), ``chars`` (length of the chunk), ``classes`` (hashes with numbers and
    unknown words replaced by placeholders), ``packed`` (the facts, four 16-bit fields a column; see
    :meth:`unpack`).
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._listed: dict[str, int] = defaultdict(int)
        for name, flag in _LISTED.items():
            for word in lexicon.words.get(name, ()):
                self._listed[word] |= flag
        for flag, words in _PERSON.items():
            for word in words.split():
                self._listed[word] |= flag
        self._listed = dict(self._listed)
        self._rarity = lexicon.rarity
        self._names = lexicon.names
        self._clitics = {word for word in self._listed if word.endswith("'s")}
        self.clear()

    def clear(self) -> None:
        """Forget all chunks (a bound on memory; results do not change)."""
        self._ids: defaultdict[str, int] = _numbering()
        self._stem_ids: defaultdict[str, int] = _numbering()
        self._edges: dict[str, int] = {}
        self._n = 0
        self.flags = np.empty(0, np.int64)
        self.hashes = np.empty(0, np.uint64)
        self.classes = np.empty(0, np.uint64)
        self.stems = np.empty(0, np.int64)
        self.chars = np.empty(0, np.int64)
        self.packed = [np.empty(0, np.uint64) for _ in range(-(-len(FACTS) // 4))]
        self.encode([NEWLINE])

    def __len__(self) -> int:
        return self._n

    def chunks(self) -> list[str]:
        """The distinct chunks met so far."""
        return list(self._ids)

    def encode(self, chunks: list[str]) -> NDArray[np.intp]:
        """Ids of ``chunks``; new ones are learned."""
        ids = np.fromiter(map(self._ids.__getitem__, chunks), np.intp, len(chunks))
        n_new = len(self._ids) - self._n
        if n_new:
            new = list(itertools.islice(reversed(self._ids), n_new))
            new.reverse()
            self._learn(new)
        return ids

    @staticmethod
    def unpack(sums: list[NDArray[np.uint64]]) -> Ints:
        """Facts x segments from sums of the packed columns, in the order of ``FACTS``."""
        fields = np.uint64(0xFFFF)
        rows = [(sums[k // 4] >> np.uint64(16 * (k % 4))) & fields for k in range(len(FACTS))]
        return np.array(rows).astype(np.int64)

    def _learn(self, chunks: list[str]) -> None:
        chars = np.fromiter(map(len, chunks), np.int64, len(chunks))
        shown = _normalise(chunks)
        bare = _bare(shown)
        cores = self._cores(bare)
        flags = self._core_flags(cores) | self._shape_flags(chunks, shown, bare)
        rarity = self._rarities(cores)
        letters = np.fromiter(map(len, cores), np.int64, len(cores))
        flags = _settle(flags, rarity, (letters == 1) & (flags & Flag.CAPITAL != 0))
        self._append("flags", flags)
        hashes = np.array([word_hash(core) for core in cores], np.uint64)
        self._append("hashes", hashes)
        known = self._names
        is_name = np.fromiter((core in known for core in cores), np.bool_, len(cores))
        classes = np.where(is_name, _NAME, hashes)
        classes = np.where(flags & Flag.NUMBER != 0, _NUMBER, classes)
        self._append("classes", np.where(flags & Flag.UNKNOWN != 0, _UNKNOWN, classes))
        stem_ids = self._stem_ids
        self._append("stems", np.array([stem_ids[_stem(core)] for core in cores], np.int64))
        self._append("chars", chars)
        rarity[(flags & Flag.CONTENT) == 0] = 0
        values = [(flags & flag != 0).astype(np.uint64) for flag in COUNTED.values()]
        values += [letters.astype(np.uint64), rarity.astype(np.uint64)]
        for k, column in enumerate(self.packed):
            fields = values[4 * k : 4 * k + 4]
            packed = sum((f << np.uint64(16 * j) for j, f in enumerate(fields)), np.uint64(0))
            self.packed[k] = _extended(column, self._n, packed)
        self._n += len(chunks)

    def _append(self, name: str, values: NDArray[np.generic]) -> None:
        setattr(self, name, _extended(getattr(self, name), self._n, values))

    def cores(self, chunks: list[str]) -> list[str]:
        """The normalised words of ``chunks``, empty where a chunk holds none."""
        return self._cores(_bare(_normalise(chunks)))

    def _cores(self, bare: list[str]) -> list[str]:
        """Lower case, without the possessive 's; contractions stay whole."""
        lower = "\n".join(bare).lower().split("\n")
        clitics = self._clitics
        return [
            core[:-2] if core.endswith("'s") and core not in clitics else core for core in lower
        ]

    def _core_flags(self, cores: list[str]) -> Ints:
        listed = self._listed
        return np.fromiter(
            (listed.get(core, 0) | _core_shape(core) for core in cores), np.int64, len(cores)
        )

    def _rarities(self, cores: list[str]) -> Ints:
        rarity = self._rarity
        return np.fromiter(
            (rarity.get(core, UNKNOWN_RARITY) for core in cores), np.int64, len(cores)
        )

    def _shape_flags(self, chunks: list[str], shown: list[str], bare: list[str]) -> Ints:
        """Flags of case and of the punctuation around the word."""
        edges = self._edges
        flags = []
        for chunk, whole, word in zip(chunks, shown, bare, strict=True):
            bits = 0
            if word:
                if word[0].isupper():
                    bits = Flag.CAPITAL | Flag.OPENER
                    if len(word) > 1 and word.isupper():
                        bits |= Flag.UPPER
                elif word[0].isdigit():
                    bits = Flag.OPENER
                if len(whole) != len(word):
                    lead, _, trail = whole.partition(word)
                    for key in ("<" + lead, ">" + trail):
                        edge = edges.get(key)
                        if edge is None:
                            edge = edges[key] = _edge_flags(key)
                        bits |= edge
            elif chunk == NEWLINE:
                bits = Flag.NEWLINE
            else:
                bits = _edge_flags("<" + whole) | _edge_flags(">" + whole) | _lone_flags(whole)
            if chunk != whole and "<" in chunk:
                bits |= _break_flags(chunk)
            flags.append(int(bits))
        return np.array(flags, np.int64)


def _numbering() -> defaultdict[str, int]:
    """A dict that numbers its keys in order of arrival, at C speed."""
    counter: Callable[[], int] = itertools.count().__next__
    return defaultdict(counter)


def _extended(
    column: NDArray[np.generic], n: int, values: NDArray[np.generic]
) -> NDArray[np.generic]:
    """``column`` with ``values`` written from row ``n``; its capacity doubles when it is full."""
    if n + len(values) > len(column):
        grown = np.empty(max(2 * len(column), n + len(values), 1024), column.dtype)
        grown[:n] = column[:n]
        column = grown
    column[n : n + len(values)] = values
    return column


def _normalise(chunks: list[str]) -> list[str]:
    """Chunks in plain characters: NFKC, Latin look-alikes, straight quotes, no mark-up."""
    joined = "\n".join([chunk[:LOOKED_AT] for chunk in chunks])
    if not joined.isascii():
        joined = joined.encode("utf-8", "replace").decode("utf-8")
        joined = unicodedata.normalize("NFKC", joined).translate(_REPLACED)
    if "<" in joined or "&" in joined or '="' in joined:
        return [_without_markup(chunk) for chunk in joined.split("\n")]
    # Normalising can make a chunk many times longer.
    return [chunk[:LOOKED_AT] for chunk in joined.split("\n")]


def _bare(shown: list[str]) -> list[str]:
    """Words without the punctuation around them."""
    words = [chunk.strip(_PUNCTUATION) for chunk in shown]
    return [_EDGES.sub("", w) if w and not w[0].isalnum() else w for w in words]


def _without_markup(chunk: str) -> str:
    if "&" in chunk:
        chunk = html.unescape(chunk).replace("\n", " ").translate(_REPLACED)
    chunk = _TAG.sub("", chunk) if "<" in chunk or '="' in chunk else chunk
    return chunk[:LOOKED_AT]


def _stem(core: str) -> str:
    """What counts as the same word: a number's digits, else the first six letters."""
    if core[:1].isdigit():
        return core.replace(",", "")
    return core[:6]


def _core_shape(core: str) -> int:
    """Flags that the letters of a core decide."""
    if not core:
        return 0
    bits = int(Flag.WORD)
    first = core[0]
    if first.isdigit():
        return bits | Flag.NUMBER
    if "'" in core:
        bits |= Flag.CONTRACTION
    if "@" in core or "://" in core or core.startswith("www."):
        return bits | Flag.LINK
    if len(core) > 6:
        bits |= Flag.LONG
    if core.endswith(_ABSTRACT_ENDS) and len(core) > 6:
        bits |= Flag.ABSTRACT
    if core.endswith("ed") and len(core) > 4:
        bits |= Flag.PAST
    if first in "qa" and len(core) <= 3 and _NUMBERED_LETTER.fullmatch(core):
        bits |= Flag.LETTER_Q if first == "q" else Flag.LETTER_A
    return bits


def _settle(flags: Ints, rarity: Ints, initial: NDArray[np.bool_]) -> Ints:
    """Flags that follow from several others."""
    word = flags & Flag.WORD != 0
    short = flags & (Flag.STOPWORD | Flag.LINK) != 0
    number = flags & Flag.NUMBER != 0
    content = word & ~short
    flags |= np.where(content, int(Flag.CONTENT), 0)
    unknown = content & ~number & (rarity >= UNKNOWN_RARITY)
    flags |= np.where(unknown, int(Flag.UNKNOWN), 0)
    flags |= np.where(content & ~number & (rarity >= RARE_FROM), int(Flag.RARE), 0)
    # "Dr." and "J." end no sentence; "U.S." may, which is left to the following capital.
    no_end = (flags & Flag.ABBREVIATION != 0) | (initial & ~(flags & LETTER != 0))
    no_end &= flags & (Flag.QUESTION | Flag.EXCLAIM) == 0
    return np.where(no_end, flags & ~int(Flag.END), flags)


def _edge_flags(key: str) -> int:
    """Flags of the punctuation before (``<…``) or behind (``>…``) a word."""
    side, marks = key[0], key[1:]
    bits = 0
    if '"' in marks or "«" in marks or "»" in marks:
        bits |= Flag.QUOTE
    if "**" in marks or "__" in marks:
        bits |= Flag.BOLD
    if side == "<":
        if marks[:1] in "\"'([{*_¿¡" and marks:
            bits |= Flag.OPENER
        if "(" in marks or "[" in marks:
            bits |= Flag.BRACKET_OPEN
        if "#" in marks:
            bits |= Flag.HASH | Flag.OPENER
        return int(bits)
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
    return int(bits)


def _break_flags(chunk: str) -> int:
    """Flags of a chunk with mark-up of paragraphs, headings or list items."""
    bits = 0
    if _BLOCK_TAG.match(chunk):
        bits |= Flag.BREAK_BEFORE
    if _BLOCK_END.search(chunk):
        bits |= Flag.BREAK_BEHIND
    return int(bits)


def _lone_flags(chunk: str) -> int:
    """Flags of a chunk without a word in it."""
    if not chunk:
        return 0
    if chunk.startswith("#"):
        return int(Flag.HASH | Flag.OPENER)
    if chunk in {"-", "–", "—", "--", "―", "‒"}:
        return int(Flag.DASH | Flag.BULLET)
    if all(unicodedata.category(character)[0] in "SMC" for character in chunk):
        return int(Flag.SYMBOL | Flag.OPENER)
    if chunk in {"*", "•", "·", "●", "▪", "◦", "‣", ">", "►", "▶", "▼"}:
        return int(Flag.BULLET | Flag.OPENER)
    return 0
