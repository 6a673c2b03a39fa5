"""Facts about distinct chunks of text, worked out once and kept in numpy columns.

All normalising (case, NFKC, zero-width characters, look-alike letters, mark-up, punctuation)
happens once per distinct chunk (see :mod:`detector.chunks`), so the text itself is never altered
and offsets cannot break.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from detector import chunks as shapes
from detector.chunks import LETTER, NEWLINE, Flag
from detector.lexicon import LABEL_MARKS, Lexicon
from detector.phrases import Hashes, word_hash, word_hashes

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
Bools = NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)


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
    "credit": Flag.CREDIT,
}
_PERSON = {
    Flag.FIRST_SINGULAR: "i me my mine myself i'm i've i'd i'll",
    Flag.FIRST_PLURAL: "we us our ours ourselves we're we've we'd we'll",
    Flag.SECOND: "you your yours yourself yourselves you're you've you'd you'll",
}
_NO_NAMES = """
a&e afghan african africans ai albanian algerian american americans angolan arab arabic arctic
argentine argentinian asian asians atm australian austrian balinese bangladeshi basque bavarian
belarusian belgian bengali bmi bolivian bosnian brazilian british briton britons bulgarian
cambodian cameroonian canadian caribbean catalan catholic cctv celsius ceo ceos cfo chilean
chinese christian christmas cng colombian congolese coo covid covid-19 croatian cto cuban cv
cypriot czech dane danes danish diy dna dr dutch dutchman dutchmen dutchwoman e-mail easter
ecuadorian egyptian email english englishman englishwoman estonian ethiopian eur european
europeans facebook fahrenheit faq faqs filipina filipino finn finnish finns flemish french
frenchman frenchmen frenchwoman fridays gdp genoese georgian german germans ghanaian gmt gps
greek guatemalan gujarati guru haitian hindi hindu hiv html hungarian icelandic id indian
indians indonesian instagram institute internet iq iranian iraqi irish irishman irishwoman
islamic israeli israelis it italian italians jamaican japanese javanese jewish jordanian kazakh
kelvin kenyan km korean kurdish kuwaiti latin latvian lebanese libyan linkedin lithuanian lng
lpg malay malayali malaysian maltese marathi mexican mondays mongolian moroccan mri muslim
namibian nepalese nepali ngo nigerian norwegian ok ottoman pakistani palestinian palestinians
paraguayan pc pcr pdf persian peruvian phd philippine poles polish portuguese pr pro protestant
punjabi q&a qa qatari qr ramadan reddit rna roman romanian rs russian russians sardinian
saturdays saudi scot scots scottish senegalese serbian sicilian sim sinhalese sip sips slovak
slovenian sms somali sos soviet spaniard spaniards spanish sudanese sundanese sundays swede
swedes swedish swiss syrian taiwanese tamil tanzanian tb telegram thai thursdays tibetan tiktok
tuesdays tunisian turkish turks tv twitter ugandan ukrainian ukrainians university urdu url
uruguayan us$ usb usd utc uzbek vat venezuelan viber vietnamese vip wednesdays welsh western
westerns whatsapp wi-fi x yemeni youtube youtuber youtubers zambian zimbabwean
"""
"""Words with a capital that name no person, organisation, place or thing of the story:
nationalities, faiths, languages, feasts, days, units, common abbreviations, buttons of a page."""

COUNTED: Mapping[str, int] = {
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


class Vocabulary:
    """The chunks met so far. Ids are dense and follow the order of arrival.

    Nothing that is computed from a vocabulary may depend on the ids themselves, so results are the
    same whatever was read before.

    Attributes: ``flags`` (bits of :class:`detector.chunks.Flag`), ``hashes`` (of the core, uint64),
    ``stems`` (dense id of the core's stem), ``chars`` (length of the chunk), ``classes`` (hashes
    with names, numbers and unknown words replaced by placeholders), ``packed`` (the facts, four
    16-bit fields a column; see :meth:`unpack`).
    """

    def __init__(self, lexicon: Lexicon) -> None:
        listed: dict[str, int] = defaultdict(int)
        for name, flag in _LISTED.items():
            for word in lexicon.words.get(name, ()):
                listed[word] |= flag
        for flag, words in _PERSON.items():
            for word in words.split():
                listed[word] |= flag
        for word in _NO_NAMES.split():
            listed[word] |= Flag.NO_NAME
        self._listed = dict(listed)
        self._rarity = lexicon.rarity
        self._names = lexicon.names
        self._label_marks = tuple(sorted(lexicon.words.get(LABEL_MARKS, ())))
        self._clitics = {word for word in self._listed if word.endswith("'s")}
        self.clear()

    def clear(self) -> None:
        """Forget all chunks (a bound on memory; results do not change)."""
        self._ids: defaultdict[str, int] = _numbering()
        self._stem_ids: defaultdict[str, int] = _numbering()
        self._edges: dict[tuple[str, str], int] = {}
        self._n = 0
        self.flags: Ints = np.empty(0, np.int64)
        self.hashes: Hashes = np.empty(0, np.uint64)
        self.classes: Hashes = np.empty(0, np.uint64)
        self.stems: Ints = np.empty(0, np.int64)
        self.chars: Ints = np.empty(0, np.int64)
        self.packed: list[Hashes] = [np.empty(0, np.uint64) for _ in range(-(-len(FACTS) // 4))]
        self.encode([NEWLINE])

    def __len__(self) -> int:
        return self._n

    def chunks(self) -> list[str]:
        """The distinct chunks met so far."""
        return list(self._ids)

    def encode(self, chunks: list[str]) -> NDArray[np.intp]:
        """Ids of ``chunks``; new ones are learned."""
        ids = self.number(chunks)
        self.learn()
        return ids

    def number(self, chunks: list[str]) -> NDArray[np.intp]:
        """Ids of ``chunks``; :meth:`learn` has to follow before anything is asked of new ones."""
        return np.fromiter(map(self._ids.__getitem__, chunks), np.intp, len(chunks))

    def learn(self) -> None:
        """Work out the facts of the chunks that were numbered since."""
        n_new = len(self._ids) - self._n
        if n_new:
            new = list(itertools.islice(reversed(self._ids), n_new))
            new.reverse()
            self._learn(new)

    @staticmethod
    def unpack(sums: Sequence[Hashes]) -> Ints:
        """Facts x segments from sums of the packed columns, in the order of ``FACTS``."""
        fields = np.uint64(0xFFFF)
        rows = [(sums[k // 4] >> np.uint64(16 * (k % 4))) & fields for k in range(len(FACTS))]
        return np.array(rows).astype(np.int64)

    def _learn(self, chunks: list[str]) -> None:
        n = len(chunks)
        shown = shapes.normalise(chunks)
        bare = shapes.bare(shown)
        cores = self._cores(bare)
        letters = _integers(map(len, cores), n)
        rarity = _integers(map(self._rarity.get, cores, itertools.repeat(UNKNOWN_RARITY)), n)
        flags = _integers(map(self._listed.get, cores, itertools.repeat(0)), n)
        flags |= _integers(map(shapes.core_flags, cores), n)
        flags |= self._shape_flags(chunks, shown, bare)
        flags = _settle(flags, rarity, (letters == 1) & (flags & Flag.CAPITAL != 0))
        hashes = word_hashes(cores)
        is_name = self._are_names(cores)
        flags |= np.where(is_name, Flag.NAME, 0)
        classes = np.where(is_name, _NAME, hashes)
        classes = np.where(flags & Flag.NUMBER != 0, _NUMBER, classes)
        rarity[flags & Flag.CONTENT == 0] = 0
        stems = _integers(map(self._stem_ids.__getitem__, map(shapes.stem, cores)), n)
        self.flags = self._extended(self.flags, flags)
        self.hashes = self._extended(self.hashes, hashes)
        self.classes = self._extended(
            self.classes, np.where(flags & Flag.UNKNOWN != 0, _UNKNOWN, classes)
        )
        self.stems = self._extended(self.stems, stems)
        self.chars = self._extended(self.chars, _integers(map(len, chunks), n))
        values = [flags & flag != 0 for flag in COUNTED.values()] + [letters, rarity]
        for k, column in enumerate(self.packed):
            packed = np.zeros(n, np.uint64)
            for j, field in enumerate(values[4 * k : 4 * k + 4]):
                packed |= field.astype(np.uint64) << np.uint64(16 * j)
            self.packed[k] = self._extended(column, packed)
        self._n += n

    def _extended(self, column: NDArray[Scalar], values: NDArray[Scalar]) -> NDArray[Scalar]:
        """``column`` with ``values`` at its end; its capacity doubles when it is full."""
        n = self._n
        if n + len(values) > len(column):
            grown = np.empty(max(2 * len(column), n + len(values), 1024), column.dtype)
            grown[:n] = column[:n]
            column = grown
        column[n : n + len(values)] = values
        return column

    def cores(self, chunks: list[str]) -> list[str]:
        """The normalised words of ``chunks``, empty where a chunk holds none."""
        return self._cores(shapes.bare(shapes.normalise(chunks)))

    def are_names(self, chunks: list[str]) -> Bools:
        """Whether the word of each of ``chunks`` is a name that the lexicon knows, in any case."""
        return self._are_names(self.cores(chunks))

    def _are_names(self, cores: list[str]) -> Bools:
        return np.fromiter(map(self._names.__contains__, cores), np.bool_, len(cores))

    def _cores(self, bare: list[str]) -> list[str]:
        """Lower case, without the possessive 's; contractions stay whole."""
        lower = "\n".join(bare).lower().split("\n")
        clitics = self._clitics
        return [
            core[:-2] if core.endswith("'s") and core not in clitics else core for core in lower
        ]

    def _shape_flags(self, chunks: list[str], shown: list[str], bare: list[str]) -> Ints:
        """Flags of case and of the punctuation around the word."""
        edges = self._edges
        flags = []
        for chunk, whole, word in zip(chunks, shown, bare, strict=True):
            if word:
                bits = shapes.case_flags(word)
                if len(whole) != len(word):
                    lead, _, trail = whole.partition(word)
                    edge = edges.get((lead, trail))
                    if edge is None:
                        edge = shapes.lead_flags(lead) | shapes.trail_flags(trail)
                        edges[lead, trail] = edge
                    bits |= edge
            elif chunk == NEWLINE:
                bits = Flag.NEWLINE
            else:
                bits = shapes.lone_flags(whole)
            if chunk != whole and "<" in chunk:
                bits |= shapes.break_flags(chunk)
            if self._label_marks and chunk.rstrip("*_").endswith(self._label_marks):
                bits |= Flag.COLON
            flags.append(bits)
        return np.array(flags, np.int64)


def _integers(values: Iterable[int], n: int) -> Ints:
    return np.fromiter(values, np.int64, n)


def _numbering() -> defaultdict[str, int]:
    """A dict that numbers its keys in order of arrival, at C speed."""
    counter: Callable[[], int] = itertools.count().__next__
    return defaultdict(counter)


def _settle(flags: Ints, rarity: Ints, initial: Bools) -> Ints:
    """Flags that follow from several others."""
    word = flags & Flag.WORD != 0
    short = flags & (Flag.STOPWORD | Flag.LINK) != 0
    number = flags & Flag.NUMBER != 0
    content = word & ~short
    flags |= np.where(content, Flag.CONTENT, 0)
    unknown = content & ~number & (rarity >= UNKNOWN_RARITY)
    flags |= np.where(unknown, Flag.UNKNOWN, 0)
    flags |= np.where(content & ~number & (rarity >= RARE_FROM), Flag.RARE, 0)
    # "Dr." and "J." end no sentence; "U.S." may, which is left to the following capital.
    no_end = (flags & Flag.ABBREVIATION != 0) | (initial & ~(flags & LETTER != 0))
    no_end &= flags & (Flag.QUESTION | Flag.EXCLAIM) == 0
    return np.where(no_end, flags & ~Flag.END, flags)
