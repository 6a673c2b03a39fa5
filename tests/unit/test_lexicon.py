"""Word lists and phrase lists: reading and refusing."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector import lexicon as lexicons
from detector.errors import LexiconError
from detector.lexicon import HABITS, Lexicon

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
