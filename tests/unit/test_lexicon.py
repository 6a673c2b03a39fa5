"""Word lists and phrase tables: reading, refusing, finding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector import lexicon as lexicons
from detector.errors import LexiconError
from detector.lexicon import HABITS, Lexicon, PhraseTable, phrase_hash, roll, word_hash

HEADER = "# purpose: a test\n# date: 2026-01-01\n"
FILES = {
    "words/asker.txt": HEADER + "editor\nhost\n",
    "phrases/greeting.txt": HEADER + "thank you for having me\nwelcome back\n",
    "rarity.txt": HEADER + "0\tthe of\n24\tcouncil\n",
    "names.txt": HEADER + "brackwater\nhalvorsen\n",
    "habits.txt": HEADER + "1 -2 3 -4 5 -6\tonly time will tell\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small lexicon folder."""
    for name, text in FILES.items():
        path = tmp_path / "lexicon" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "lexicon"


def test_load_reads_every_file(folder: Path) -> None:
    found = Lexicon.load(folder)
    assert found.words == {"asker": frozenset({"editor", "host"})}
    assert found.phrases == {"greeting": ("thank you for having me", "welcome back")}
    assert found.rarity == {"the": 0, "of": 0, "council": 24}
    assert found.names == frozenset({"brackwater", "halvorsen"})
    assert found.habits == {"only time will tell": (1, -2, 3, -4, 5, -6)}


def test_tables_of_numbers_are_optional(folder: Path) -> None:
    (folder / "rarity.txt").unlink()
    (folder / "habits.txt").unlink()
    found = Lexicon.load(folder)
    assert (found.rarity, found.habits) == ({}, {})


def test_habits_of_another_file_take_the_place_of_the_own(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(HEADER + "9 9 9 9 9 9\tbait\n", encoding="utf-8")
    assert Lexicon.load(folder, habits=other).habits == {"bait": (9,) * len(HABITS)}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("words/asker.txt", "# date: 2026-01-01\nhost\n", r"asker\.txt: .*'# purpose: …'; add"),
        ("words/asker.txt", "# purpose: a test\nhost\n", r"asker\.txt: .*'# date: …'; add"),
        ("words/asker.txt", HEADER, r"asker\.txt: the list is empty; add"),
        ("words/asker.txt", HEADER + "two words\n", r"asker\.txt:3: 'two words' .*correct"),
        ("words/asker.txt", HEADER + "host\nHost\n", r"asker\.txt:4: 'Host' .*lower-case"),
        ("words/asker.txt", HEADER + "host \n", r"asker\.txt:3: 'host ' .*correct"),
        ("words/asker.txt", HEADER + "host\n\nhost\n", r"asker\.txt:5: 'host' stands twice"),
        ("phrases/greeting.txt", HEADER + "a b c d e f\n", r"greeting\.txt:3: .*1 to 5"),
        ("phrases/greeting.txt", HEADER + "a  b\n", r"greeting\.txt:3: 'a  b' .*single blanks"),
        ("rarity.txt", HEADER + "much\tthe\n", r"rarity\.txt:3: expected 1 integers, a tab"),
        ("rarity.txt", HEADER + "7 the\n", r"rarity\.txt:3: expected 1 integers, a tab"),
        ("habits.txt", HEADER + "1 2 3\ttime will tell\n", r"habits\.txt:3: expected 6 integers"),
    ],
    ids=[
        "no purpose",
        "no date",
        "no entry",
        "two words for one",
        "capital",
        "blank at the end",
        "twice",
        "six words",
        "two blanks",
        "no number",
        "no tab",
        "too few numbers",
    ],
)
def test_load_names_file_line_and_remedy(folder: Path, name: str, text: str, message: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(LexiconError, match=message):
        Lexicon.load(folder)


def test_load_names_a_folder_without_lexicon(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"no lexicon here .*words/ and phrases/.*point to"):
        Lexicon.load(tmp_path)


def test_load_names_a_file_that_is_not_utf8(folder: Path) -> None:
    (folder / "words" / "asker.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(LexiconError, match=r"asker\.txt: cannot be read .*restore"):
        Lexicon.load(folder)


def test_digest_follows_names_and_contents(folder: Path) -> None:
    before = lexicons.digest(folder)
    (folder / "notes.md").write_text("not part of it")
    assert lexicons.digest(folder) == before == Lexicon.load(folder).digest
    asker = folder / "words" / "asker.txt"
    asker.rename(asker.with_name("answerer.txt"))
    renamed = lexicons.digest(folder)
    asker.with_name("answerer.txt").write_text(HEADER + "guest\n")
    assert len({before, renamed, lexicons.digest(folder)}) == 3


def test_copy_replaces_what_was_there(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    (target / "words").mkdir(parents=True)
    (target / "words" / "old.txt").write_text("left over")
    lexicons.copy(folder, target)
    assert lexicons.digest(target) == lexicons.digest(folder)


def test_word_hash_is_the_same_in_every_process() -> None:
    assert word_hash("council") == 0x25ACBFF9FBC1598A
    assert word_hash("\ud800") != word_hash("\ud801")


@pytest.mark.parametrize("n", range(1, lexicons.MAX_WORDS + 1))
def test_rolled_runs_hash_like_phrases(n: int) -> None:
    words = ["thank", "you", "so", "much", "for", "having", "me"]
    rolled = roll(np.array([word_hash(word) for word in words], np.uint64), n)
    assert rolled.tolist() == [phrase_hash(words[k : k + n]) for k in range(len(words) - n + 1)]


WORDS = st.lists(st.sampled_from("abcd"), max_size=12)
PHRASES = st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=5), max_size=8)


@given(WORDS, PHRASES)
def test_find_gives_every_occurrence_of_every_phrase(
    words: list[str], phrases: list[list[str]]
) -> None:
    values = {" ".join(phrase): (k, -k) for k, phrase in enumerate(phrases)}
    hashes = np.array([word_hash(word) for word in words], np.uint64)
    table = PhraseTable(list(values), np.array(list(values.values()), np.int64).reshape(-1, 2))
    found = {
        (n, int(position), tuple(value.tolist()))
        for n, positions, rows in table.find(hashes)
        for position, value in zip(positions, table.values(n)[:, rows].T, strict=True)
    }
    assert found == {
        (len(phrase.split()), k, value)
        for phrase, value in values.items()
        for k in range(len(words))
        if words[k : k + len(phrase.split())] == phrase.split()
    }
