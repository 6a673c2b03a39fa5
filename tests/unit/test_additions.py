"""Files of entries that join a lexicon: written, edited by a person, read, refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector import additions, lexicon
from detector.additions import Entry
from detector.errors import LexiconError
from detector.lexicon import HABITS, MOST_ADDED, Lexicon

ENTRIES = [
    Entry("words/asker", "keeper", 8, 39, 4.47, "Keeper » Dr. Brask, which way does it sit?"),
    Entry("phrases/farewell", "there goes the kettle", 8, 8, 5.89, "Desk / There goes the kettle."),
    Entry("phrases/farewell", "the watch", 7, 8, 3.9, "Keeper » That is the watch."),
    Entry("words/label_mark", "»", 8, 75),
]


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "habits.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "habits.txt"
    additions.write(path, ENTRIES, ["Read me.", ""])
    found = additions.read(path)
    assert {(e.kind, e.text, e.pages, e.occurrences, e.score, e.example) for e in found} == {
        (e.kind, e.text, e.pages, e.occurrences, e.score, e.example) for e in ENTRIES
    }
    assert path.read_text(encoding="utf-8").startswith("# Read me.\n#\n\n[phrases/farewell]\n")
    assert [e.text for e in found[:2]] == ["there goes the kettle", "the watch"]
    assert found[0].where == f"{path}:5"


def test_a_person_may_comment_out_delete_and_add(tmp_path: Path) -> None:
    path = tmp_path / "habits.txt"
    additions.write(path, ENTRIES, [])
    text = path.read_text(encoding="utf-8").replace("the watch\t", "# the watch\t")
    path.write_text(text.replace("[words/asker]", "[words/asker]\n\nwarden"), encoding="utf-8")
    found = {(e.kind, e.text): e.score for e in additions.read(path)}
    assert ("phrases/farewell", "the watch") not in found
    assert found["words/asker", "warden"] == 0.0
    assert found["words/asker", "keeper"] == 4.47


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("keeper\n", r"habits\.txt:1: an entry before the first section; put '\[phrases/"),
        ("[asker]\nkeeper\n", r"habits\.txt:1: \[asker\] is neither \[words/NAME\] nor"),
        ("[words/]\nkeeper\n", r"habits\.txt:1: \[words/\] is neither"),
        ("# x\n[words/asker]\nthe keeper\n", r"habits\.txt:3: 'the keeper' is not one lower-case"),
        ("[words/asker]\nKeeper\n", r"habits\.txt:2: 'Keeper' is not one lower-case word"),
        ("[phrases/meta]\na b c d e f\n", r"habits\.txt:2: .*is not 1 to 5 lower-case words"),
        ("[phrases/meta]\na  b\n", r"habits\.txt:2: 'a  b' .*single blanks"),
        ("[phrases/meta]\ncrate talk 8 8 5.8\tx\n", r"habits\.txt:2: behind 'crate talk 8 8 5\.8'"),
        ("[phrases/meta]\na b\t8\t8\tmuch\tx\n", r"habits\.txt:2: behind 'a b' stand not pages"),
        ("[phrases/meta]\na b\t8\t8\tnan\tx\n", r"habits\.txt:2: behind 'a b' stand not pages"),
        ("[phrases/meta]\na b\n\na b\t1\t1\t2.0\tx\n", r"habits\.txt:4: 'a b' stands twice in"),
        ("[phrases/meta]\n# a b\n", r"habits\.txt: no entries here; uncomment some"),
    ],
    ids=[
        "no section",
        "no folder",
        "no list",
        "two words",
        "capital",
        "six words",
        "two blanks",
        "blanks for tabs",
        "no number",
        "not a number",
        "twice",
        "empty",
    ],
)
def test_malformed_lines_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LexiconError, match=message):
        additions.read(file(tmp_path, text))


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "habits.txt"
    path.write_bytes(b"[words/asker]\n\xff\n")
    with pytest.raises(LexiconError, match=r"habits\.txt: cannot be read .*restore"):
        additions.read(path)


# --- joining a lexicon ----------------------------------------------------------------------------


@pytest.fixture
def habits(tmp_path: Path) -> Path:
    path = tmp_path / "habits.txt"
    additions.write(path, ENTRIES, [])
    return path


def test_entries_join_words_phrases_and_learned_ngrams(root: Path, habits: Path) -> None:
    folder = root / "data" / "lexicons" / "en"
    plain, found = Lexicon.load(folder), Lexicon.load(folder, added=[habits])
    assert found.words["asker"] == plain.words["asker"] | {"keeper"}
    assert found.words["label_mark"] == {"»"}
    assert "label_mark" not in plain.words
    assert set(found.phrases["farewell"]) - set(plain.phrases["farewell"]) == {
        "there goes the kettle",
        "the watch",
    }
    weights = dict(zip(HABITS, found.habits["the watch"], strict=True))
    assert weights["filler"] == weights["fiction"] == weights["staged"] == 390
    assert weights["padded"] == weights["opening"] == weights["ending"] == 0
    assert max(found.habits["there goes the kettle"]) == 100 * MOST_ADDED
    assert "keeper" not in found.habits.keys() - plain.habits.keys()
    assert {text: found.habits[text] for text in plain.habits} == plain.habits


def test_every_fold_gets_the_entries_with_its_own_ngrams(root: Path, habits: Path) -> None:
    from detector.retraining import DataFolder

    data = DataFolder(root / "data")
    for plain, found in zip(data.fold_lexicons(), data.fold_lexicons([habits]), strict=True):
        assert found.habits.keys() - plain.habits.keys() == {"there goes the kettle", "the watch"}
        assert {text: found.habits[text] for text in plain.habits} == plain.habits
        assert "keeper" in found.words["asker"]


def test_a_saved_lexicon_is_the_one_that_was_trained_with(
    root: Path, habits: Path, tmp_path: Path
) -> None:
    folder = root / "data" / "lexicons" / "en"
    found = Lexicon.load(folder, added=[habits])
    lexicon.copy(folder, tmp_path / "saved", [habits])
    assert Lexicon.load(tmp_path / "saved") == found
    assert found.digest != Lexicon.load(folder).digest
    kept = tmp_path / "saved" / "additions" / "habits.txt"
    assert kept.read_bytes() == habits.read_bytes()


@pytest.mark.parametrize("kind", ["words/askers", "phrases/greetings"])
def test_lists_that_do_not_exist_are_named(root: Path, tmp_path: Path, kind: str) -> None:
    path = file(tmp_path, f"# habits\n[{kind}]\nkeeper\n")
    with pytest.raises(LexiconError, match=rf"habits\.txt:3: no list \[{kind}\] .*words/asker,"):
        Lexicon.load(root / "data" / "lexicons" / "en", added=[path])


def test_two_files_of_one_name_are_refused(root: Path, habits: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / habits.name
    other.write_bytes(habits.read_bytes())
    with pytest.raises(LexiconError, match=r"other/habits\.txt: additions need names of their own"):
        Lexicon.load(root / "data" / "lexicons" / "en", added=[habits, other])
