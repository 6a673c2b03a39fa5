"""Facts about chunks: what is normalised, and which flags a chunk has."""

from __future__ import annotations

import numpy as np
import pytest

from detector import chunks
from detector.lexicon import NO_HABITS, Lexicon
from detector.phrases import word_hash
from detector.vocabulary import (
    FACTS,
    MEASURED,
    NEWLINE,
    PLACEHOLDERS,
    UNKNOWN_RARITY,
    Flag,
    Vocabulary,
)


@pytest.fixture
def vocabulary() -> Vocabulary:
    words = {
        "stopwords": "the it it's what",
        "asker": "editor",
        "title": "dr",
        "abbreviation": "dr u.s",
        "question_word": "what",
        "date": "monday",
    }
    return Vocabulary(
        Lexicon(
            words={name: frozenset(entries.split()) for name, entries in words.items()},
            phrases={},
            rarity={"the": 0, "it": 0, "news": 16, "council": 40, "harbour": 50, "anna": 40},
            names=frozenset({"anna"}),
            habits=NO_HABITS,
            digest="",
        )
    )


def facts(vocabulary: Vocabulary, chunk: str) -> dict[str, int]:
    (row,) = vocabulary.encode([chunk])
    columns = [column[row : row + 1] for column in vocabulary.packed]
    return dict(zip(FACTS, vocabulary.unpack(columns)[:, 0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("chunk", "core"),
    [
        ("News", "news"),
        ("news,", "news"),
        ("(news)", "news"),
        ("**Editor:**", "editor"),
        ("__Editor__", "editor"),
        ("“Hello”", "hello"),
        ("Carter’s", "carter"),
        ("it’s", "it's"),
        ("don't", "don't"),
        ("$41.2", "41.2"),
        ("1,000", "1,000"),
        ("U.S.", "u.s"),
        ("Еditоr:", "editor"),
        ("ոеԝѕ", "news"),
        ("սոӏіkе", "unlike"),
        ("ᎢᎻᎬ", "the"),
        ("ne\u200bws", "news"),
        ("ne\u00adws", "news"),
        ("Ｎｅｗｓ", "news"),
        ("ﬁnal", "final"),
        ("e\u0301tat", "état"),
        ("<p>Council</p>", "council"),
        ("News<br/>", "news"),
        ("council&rsquo;s", "council"),
        ("&amp;", ""),
        ("—", ""),
        ("🙂", ""),
        ("\ud800", ""),
    ],
    ids=lambda value: ascii(value),
)
def test_core_is_the_plain_word(vocabulary: Vocabulary, chunk: str, core: str) -> None:
    assert vocabulary.cores([chunk]) == [core]


@pytest.mark.parametrize(
    ("chunk", "has", "lacks"),
    [
        ("council", Flag.WORD | Flag.CONTENT | Flag.LONG, Flag.CAPITAL | Flag.RARE | Flag.NUMBER),
        ("harbour", Flag.RARE | Flag.CONTENT, Flag.UNKNOWN),
        ("Xyzzy", Flag.UNKNOWN | Flag.RARE | Flag.CAPITAL | Flag.OPENER, Flag.UPPER),
        ("the", Flag.WORD | Flag.STOPWORD, Flag.CONTENT),
        ("NEWS", Flag.CAPITAL | Flag.UPPER, Flag.LONG),
        ("41,200", Flag.NUMBER | Flag.WORD | Flag.OPENER, Flag.RARE | Flag.UNKNOWN),
        ("town.", Flag.END, Flag.QUESTION | Flag.EXCLAIM),
        ("town.”", Flag.END | Flag.QUOTE, Flag.QUESTION),
        ("why?", Flag.QUESTION | Flag.END, Flag.EXCLAIM),
        ("？", Flag.QUESTION | Flag.END, Flag.WORD),
        ("now!", Flag.EXCLAIM | Flag.END, Flag.QUESTION),
        ("well…", Flag.ELLIPSIS | Flag.END, Flag.COLON),
        ("Dr.", Flag.TITLE | Flag.ABBREVIATION, Flag.END),
        ("J.", Flag.CAPITAL, Flag.END),
        ("Q.", Flag.LETTER_Q | Flag.END, Flag.LETTER_A),
        ("A12:", Flag.LETTER_A | Flag.COLON, Flag.LETTER_Q),
        ("**Editor:**", Flag.ASKER | Flag.BOLD | Flag.COLON, Flag.END),
        ("(Reuters)", Flag.BRACKET_OPEN | Flag.BRACKET_CLOSE, Flag.QUOTE),
        ("GABORONE—", Flag.DASH, Flag.BULLET),
        ("-", Flag.DASH | Flag.BULLET, Flag.WORD),
        ("•", Flag.BULLET | Flag.OPENER, Flag.DASH),
        ("##", Flag.HASH | Flag.OPENER, Flag.WORD),
        ("🙂", Flag.SYMBOL | Flag.OPENER, Flag.WORD),
        ("https://example.org/a", Flag.LINK, Flag.CONTENT | Flag.COLON),
        ("I'm", Flag.FIRST_SINGULAR | Flag.CONTRACTION, Flag.FIRST_PLURAL),
        ("ourselves", Flag.FIRST_PLURAL, Flag.SECOND),
        ("Your", Flag.SECOND, Flag.FIRST_SINGULAR),
        ("situation", Flag.ABSTRACT | Flag.LONG, Flag.PAST),
        ("voted", Flag.PAST, Flag.LONG),
        ("What", Flag.QUESTION_WORD, Flag.QUESTION),
        ("Monday", Flag.DATE, Flag.TITLE),
        ("<p>Town", Flag.BREAK_BEFORE | Flag.CAPITAL, Flag.BREAK_BEHIND),
        ("town.</p>", Flag.BREAK_BEHIND | Flag.END, Flag.BREAK_BEFORE),
        (NEWLINE, Flag.NEWLINE, Flag.WORD | Flag.SYMBOL),
    ],
    ids=lambda value: repr(value) if isinstance(value, str) else "",
)
def test_flags(vocabulary: Vocabulary, chunk: str, has: int, lacks: int) -> None:
    (row,) = vocabulary.encode([chunk])
    flags = int(vocabulary.flags[row])
    assert flags & has == has
    assert not flags & lacks


@pytest.mark.parametrize(
    ("chunk", "expected"),
    [
        ("council,", {"words": 1, "content": 1, "letters": 7, "rarity": 40}),
        ("Xyzzy", {"letters": 5, "rarity": UNKNOWN_RARITY, "rare_words": 1, "capitals": 1}),
        ("the", {"words": 1, "content": 0, "letters": 3, "rarity": 0}),
        ("“Why?”", {"questions": 1, "quotes": 1, "sentence_ends": 1, "letters": 3}),
        (NEWLINE, dict.fromkeys(FACTS, 0)),
    ],
    ids=ascii,
)
def test_facts_are_unpacked_as_they_were_packed(
    vocabulary: Vocabulary, chunk: str, expected: dict[str, int]
) -> None:
    found = facts(vocabulary, chunk)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    "chunk", ["a" * 5000, "ﷺ" * 64, "&nbsp;" * 50, "㍿" * 64], ids=["word", "ﷺ", "&nbsp;", "㍿"]
)
def test_no_chunk_overflows_its_field(vocabulary: Vocabulary, chunk: str) -> None:
    """400 chunks of a segment are summed in 16 bits."""
    found = facts(vocabulary, chunk)
    assert all(found[name] <= 160 for name in MEASURED)


def test_ids_are_dense_and_in_order_of_arrival(vocabulary: Vocabulary) -> None:
    ids = vocabulary.encode(["b", "a", "b", NEWLINE, "c"]).tolist()
    assert ids == [1, 2, 1, 0, 3]
    assert len(vocabulary) == 4


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("council", "Councils", True),
        ("1,000", "1000", True),
        ("100", "1000", False),
        ("harbour", "harvest", False),
    ],
)
def test_stems(vocabulary: Vocabulary, one: str, other: str, same: bool) -> None:
    first, second = vocabulary.stems[vocabulary.encode([one, other])]
    assert (first == second) == same


def test_classes_of_numbers_and_unknown_words_are_shared(vocabulary: Vocabulary) -> None:
    number, other, unknown, stranger, known = vocabulary.classes[
        vocabulary.encode(["12", "3,400", "Xyzzy", "plugh", "council"])
    ]
    assert number == other
    assert unknown == stranger
    assert len({int(number), int(unknown), int(known)}) == 3


def test_a_listed_name_has_the_class_of_names_whatever_its_case(vocabulary: Vocabulary) -> None:
    classes = vocabulary.classes[vocabulary.encode(["Anna", "anna", "ANNA’s", "council"])]
    assert classes[:3].tolist() == [word_hash(PLACEHOLDERS["name"])] * 3
    assert classes[3] == word_hash("council")


def test_facts_do_not_depend_on_what_was_read_before(vocabulary: Vocabulary) -> None:
    chunks = ["Council", "**Editor:**", "41.2", "it’s", "town.”", "🙂"]

    def columns(order: list[str]) -> list[list[int]]:
        vocabulary.encode(order)
        rows = vocabulary.encode(chunks)
        parts = [vocabulary.flags, vocabulary.hashes, vocabulary.classes, *vocabulary.packed]
        return [part[rows].tolist() for part in parts]

    before = columns(chunks)
    vocabulary.clear()
    assert len(vocabulary) == 1
    assert columns([*reversed(chunks), "more", *map(str, np.arange(3000))]) == before


@pytest.mark.parametrize(
    ("chunk", "ends"),
    [("/", True), ("Desk»", True), ("**Desk»**", True), ("[Desk]", False), ("and/or", False)],
)
def test_a_site_s_signs_end_labels_like_colons(chunk: str, ends: bool) -> None:
    plain = Lexicon({}, {}, {}, frozenset(), {}, "")
    listed = Lexicon({"label_mark": frozenset("/»")}, {}, {}, frozenset(), {}, "")
    for lexicon, expected in ((plain, False), (listed, ends)):
        vocabulary = Vocabulary(lexicon)
        (row,) = vocabulary.encode([chunk])
        assert bool(vocabulary.flags[row] & Flag.COLON) == expected


@pytest.mark.parametrize("chunk", ["`code`", "it`s", "<b>", "&amp;", "plain", "“page”", "office"])
def test_chunks_are_normalised_alike_whatever_they_come_with(chunk: str) -> None:
    alone = chunks.normalise([chunk])
    assert chunks.normalise([chunk, "café", "<p>", "&lt;"])[:1] == alone
    assert chunks.normalise(["word", chunk])[1:] == alone
