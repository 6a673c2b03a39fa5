"""Phrase lists, word lists and word rarity: reading and checking.

A lexicon is a folder of data files, each with a header of ``# purpose:`` and ``# date:`` lines:

``words/NAME.txt``    one word a line; NAME is a class of words (stopwords, asker, …)
``phrases/NAME.txt``  one phrase of 1 to 5 words a line; NAME is a group of stock phrases
``rarity.txt``        lines ``VALUE<tab>word word …``: how rare words are, in eighths of a nat
``habits.txt``        lines ``WEIGHTS<tab>n-gram``: learned log-odds, in hundredths, one a habit
``additions/*.txt``   entries that joined the lists above in training (:mod:`detector.additions`)
"""

from __future__ import annotations

import hashlib
import shutil
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector import additions
from detector.additions import MAX_WORDS, Entry
from detector.errors import LexiconError
from detector.phrases import Weighted

HABITS = ("filler", "fiction", "staged", "padded", "opening", "ending")
"""What n-grams were learned to tell, each column of ``habits.txt``: filler from everything else,
from real text, from honest look-alikes; padded from derivative filler; first and last lines of
filler blocks from all others."""
FILLER_HABITS = ("filler", "fiction", "staged")
"""Habits that an added phrase with log-odds counts for."""
MOST_ADDED = 4.0
"""Log-odds that an added phrase counts for at most: one learned n-gram in a thousand has more."""
HEADER_FIELDS = ("purpose", "date")
ADDITIONS = "additions"
LABEL_MARKS = "label_mark"
"""A list that only additions have: signs that end speakers' labels of a site besides the colon."""

Ints = NDArray[np.int64]

NO_HABITS = Weighted([], np.empty((0, len(HABITS)), np.int64))


@dataclass(frozen=True)
class Lexicon:
    """What is known about words and phrases before any page is read."""

    words: Mapping[str, frozenset[str]]
    phrases: Mapping[str, tuple[str, ...]]
    rarity: Mapping[str, int]
    names: frozenset[str]
    habits: Weighted
    digest: str

    @classmethod
    def load(cls, folder: Path, habits: Path | None = None, added: Sequence[Path] = ()) -> Lexicon:
        """Read a lexicon folder; ``habits`` is a file to use in place of its ``habits.txt``, and
        the entries of the files ``added`` join those that the folder holds.

        Raises LexiconError, naming file and line, for a missing folder, a missing header, an empty
        list, a phrase that is too long or stands twice, or a number that is not one.
        """
        if not (folder / "words").is_dir() or not (folder / "phrases").is_dir():
            raise LexiconError(
                f"{folder}: no lexicon here (it needs the folders words/ and phrases/); "
                "point to a model's or the project's lexicon folder"
            )
        words = {path.stem: frozenset(_entries(path, 1)) for path in _files(folder / "words")}
        phrases = {path.stem: _entries(path, MAX_WORDS) for path in _files(folder / "phrases")}
        lexicon = cls(
            words=words,
            phrases=phrases,
            rarity=_rarity(folder / "rarity.txt"),
            names=frozenset(_entries(folder / "names.txt", 1)),
            habits=Weighted(*_rows(habits or folder / "habits.txt", len(HABITS))),
            digest=digest(folder, added),
        )
        return lexicon.with_entries(_entries_added(folder, added))

    def with_entries(self, entries: Iterable[Entry]) -> Lexicon:
        """The lexicon with more entries; its digest stays that of the files.

        A phrase with log-odds also counts as a learned n-gram, where none of the same words is.
        Raises LexiconError for a list or group that this lexicon does not have.
        """
        words, phrases = dict(self.words), dict(self.phrases)
        habits: dict[str, tuple[int, ...]] = {}
        for entry in entries:
            folder, _, name = entry.kind.partition("/")
            if folder == "words" and (name in words or name == LABEL_MARKS):
                words[name] = words.get(name, frozenset()) | {entry.text}
            elif folder == "phrases" and name in phrases:
                phrases[name] = tuple(sorted({*phrases[name], entry.text}))
            else:
                raise LexiconError(
                    f"{entry.where}: no list [{entry.kind}] in the lexicon; use one of "
                    + ", ".join(self.kinds())
                )
            if folder == "phrases" and entry.score > 0:
                weight = round(100 * min(entry.score, MOST_ADDED))
                habits[entry.text] = tuple(weight * (habit in FILLER_HABITS) for habit in HABITS)
        return replace(self, words=words, phrases=phrases, habits=self.habits.joined(habits))

    def kinds(self) -> list[str]:
        """The lists that entries can join."""
        words = sorted({*self.words, LABEL_MARKS})
        return [f"words/{name}" for name in words] + [f"phrases/{name}" for name in self.phrases]


def copy(source: Path, target: Path, added: Sequence[Path] = ()) -> None:
    """Copy a lexicon folder and the files ``added`` to it, replacing what was there."""
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(source, target)
    if added:
        (target / ADDITIONS).mkdir(exist_ok=True)
    for path in added:
        shutil.copyfile(path, target / ADDITIONS / path.name)


def digest(folder: Path, added: Sequence[Path] = ()) -> str:
    """SHA-256 over names and contents of all files of a lexicon folder, as :func:`copy` would
    write it with the files ``added``."""
    files = {path.relative_to(folder): path for path in folder.rglob("*.txt")}
    files |= {Path(ADDITIONS, path.name): path for path in added}
    sha = hashlib.sha256()
    for name in sorted(files):
        sha.update(name.as_posix().encode())
        sha.update(b"\0" + files[name].read_bytes() + b"\0")
    return sha.hexdigest()


def _entries_added(folder: Path, more: Sequence[Path]) -> Iterable[Entry]:
    """The entries of a folder's additions and of ``more`` files."""
    paths = [*_files(folder / ADDITIONS), *more]
    for k, path in enumerate(paths):
        if path.suffix != ".txt" or path.name in {other.name for other in paths[:k]}:
            raise LexiconError(
                f"{path}: additions need names of their own that end in .txt; rename the file"
            )
        yield from additions.read(path)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.txt"))


def _lines(path: Path) -> list[str]:
    """The entries of a file whose header is complete."""
    text = _text(path)
    for field in HEADER_FIELDS:
        if f"\n# {field}: " not in f"\n{text}":
            raise LexiconError(f"{path}: the header lacks '# {field}: …'; add the line")
    return [line for line in text.split("\n") if _is_entry(line)]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"{path}: cannot be read ({error}); restore the file") from error


def _is_entry(line: str) -> bool:
    return line != "" and line[0] != "#"


def _where(path: Path, entry: int) -> str:
    """File and line of an entry, which are only wanted where it is wrong."""
    numbers = (k for k, line in enumerate(_text(path).split("\n"), 1) if _is_entry(line))
    return f"{path}:{next(islice(numbers, entry, None))}"


def _entries(path: Path, max_words: int) -> tuple[str, ...]:
    """The phrases of a list; raises LexiconError, naming the line, for what is none."""
    lines = _lines(path)
    text = "\n".join(lines)
    if not lines:
        raise LexiconError(f"{path}: the list is empty; add an entry or delete the file")
    # All at once, as the lists have twelve thousand entries; one by one only where one is wrong.
    if _plain(text) != text.replace("\n", " ") or max(map(_n_words, lines)) > max_words:
        bad = next(k for k, x in enumerate(lines) if x != _plain(x) or _n_words(x) > max_words)
        raise LexiconError(
            f"{_where(path, bad)}: {lines[bad]!r} is not 1 to {max_words} lower-case words with "
            "single blanks between them; correct the line"
        )
    if len(set(lines)) < len(lines):
        bad = next(k for k, line in enumerate(lines) if line in lines[:k])
        raise LexiconError(f"{_where(path, bad)}: {lines[bad]!r} stands twice; delete one")
    return tuple(sorted(lines))


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _n_words(line: str) -> int:
    return line.count(" ") + 1


def _rows(path: Path, n_values: int) -> tuple[list[str], Ints]:
    """The texts and the numbers (texts x ``n_values``) of an optional file with the rows
    ``INTEGERS<tab>text``; raises LexiconError, naming the line, for what is none."""
    lines = _lines(path) if path.exists() else []
    parts = [line.partition("\t") for line in lines]
    numbers = " ".join([row for row, _, _ in parts])
    is_whole = all(text and row.count(" ") == n_values - 1 for row, _, text in parts)
    # One pass over all numbers: the learned n-grams have two hundred thousand.
    try:
        with warnings.catch_warnings(action="error"):
            values = np.fromstring(numbers, np.int64, sep=" ")
    except (ValueError, DeprecationWarning):  # which of them it is depends on numpy's version
        values = np.empty(0, np.int64)
    is_whole = is_whole and len(values) == len(parts) * n_values
    if not is_whole:
        bad = next(k for k, (row, _, text) in enumerate(parts) if not _is_row(row, text, n_values))
        raise LexiconError(
            f"{_where(path, bad)}: expected {n_values} integers, a tab and text; correct the line"
        )
    return [text for _, _, text in parts], values.reshape(-1, n_values)


def _is_row(row: str, text: str, n_values: int) -> bool:
    try:
        values = [np.int64(int(value)) for value in row.split(" ")]
    except (ValueError, OverflowError):
        return False
    return len(values) == n_values and text != ""


def _rarity(path: Path) -> dict[str, int]:
    table: dict[str, int] = {}
    texts, values = _rows(path, 1)
    for text, value in zip(texts, values[:, 0].tolist(), strict=True):
        table.update(dict.fromkeys(text.split(" "), value))
    return table
