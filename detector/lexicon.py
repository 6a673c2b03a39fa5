"""Phrase lists, word lists and word rarity: reading, checking, and finding phrases in tokens.

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
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector import additions
from detector.additions import MAX_WORDS, Entry
from detector.errors import LexiconError

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

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]

# Odd 64-bit constants: one spreads a word's CRC over all bits, the other rolls words into phrases.
_SPREAD = 0x9E3779B97F4A7C15
_ROLL = np.uint64(0xD6E8FEB86659FD93)
_MASK = (1 << 64) - 1


def word_hash(word: str) -> int:
    """A 64-bit hash of one normalised word, the same in every process."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass")) * _SPREAD & _MASK


def word_hashes(words: Sequence[str]) -> Hashes:
    """:func:`word_hash` of each of ``words``."""
    encoded = "\n".join(words).encode("utf-8", "surrogatepass").split(b"\n") if words else []
    return np.fromiter(map(zlib.crc32, encoded), np.uint64, len(words)) * np.uint64(_SPREAD)


def roll(hashes: Hashes, n: int) -> Hashes:
    """Hashes of all runs of ``n`` neighbouring words; element ``i`` is the run from word ``i``."""
    rolled = hashes[: len(hashes) - n + 1].copy()
    for k in range(1, n):
        rolled *= _ROLL
        rolled += hashes[k : len(hashes) - n + 1 + k]
    return rolled


def phrase_hash(words: Iterable[str]) -> int:
    """The hash that :func:`roll` gives the run ``words``."""
    value = 0
    for word in words:
        value = (value * int(_ROLL) + word_hash(word)) & _MASK
    return value


@dataclass(frozen=True)
class Lexicon:
    """What is known about words and phrases before any page is read."""

    words: Mapping[str, frozenset[str]]
    phrases: Mapping[str, tuple[str, ...]]
    rarity: Mapping[str, int]
    names: frozenset[str]
    habits: Mapping[str, tuple[int, ...]]
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
            habits=_habits(habits or folder / "habits.txt"),
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
        return replace(self, words=words, phrases=phrases, habits=habits | dict(self.habits))

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


def _lines(path: Path) -> list[tuple[int, str]]:
    """The numbered entries of a file whose header is complete."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"{path}: cannot be read ({error}); restore the file") from error
    lines = list(enumerate(text.split("\n"), 1))
    header = [line for _, line in lines if line.startswith("#")]
    for field in HEADER_FIELDS:
        if not any(line.startswith(f"# {field}: ") for line in header):
            raise LexiconError(f"{path}: the header lacks '# {field}: …'; add the line")
    return [(number, line) for number, line in lines if line and not line.startswith("#")]


def _entries(path: Path, max_words: int) -> tuple[str, ...]:
    seen: set[str] = set()
    for number, line in _lines(path):
        n_words = len(line.split(" "))
        if line != " ".join(line.lower().split()) or not 1 <= n_words <= max_words:
            raise LexiconError(
                f"{path}:{number}: {line!r} is not 1 to {max_words} lower-case words with single "
                "blanks between them; correct the line"
            )
        if line in seen:
            raise LexiconError(f"{path}:{number}: {line!r} stands twice; delete one")
        seen.add(line)
    if not seen:
        raise LexiconError(f"{path}: the list is empty; add an entry or delete the file")
    return tuple(sorted(seen))


def _rows(path: Path, n_values: int) -> list[tuple[tuple[int, ...], str]]:
    """Rows ``INTEGERS<tab>text`` of an optional file."""
    if not path.exists():
        return []
    rows = []
    for number, line in _lines(path):
        numbers, _, text = line.partition("\t")
        try:
            values = tuple(map(int, numbers.split(" ")))
        except ValueError:
            values = ()
        if len(values) != n_values or not text:
            raise LexiconError(
                f"{path}:{number}: expected {n_values} integers, a tab and text; correct the line"
            )
        rows.append((values, text))
    return rows


def _rarity(path: Path) -> dict[str, int]:
    table: dict[str, int] = {}
    for (value,), text in _rows(path, 1):
        table.update(dict.fromkeys(text.split(" "), value))
    return table


def _habits(path: Path) -> dict[str, tuple[int, ...]]:
    return {text: values for values, text in _rows(path, len(HABITS))}


class PhraseTable:
    """Finds known phrases in a run of word hashes, whatever the number of phrases.

    Each phrase carries ``values``: a bit mask of groups, or weights.
    """

    def __init__(self, phrases: Mapping[str, int] | Mapping[str, tuple[int, ...]]) -> None:
        self._by_length: dict[int, _Buckets] = {}
        if not phrases:
            return
        values = np.array(list(phrases.values()), np.int64).reshape(len(phrases), -1)
        n_words = np.array([phrase.count(" ") + 1 for phrase in phrases], np.int64)
        words = word_hashes(" ".join(phrases).split(" "))
        first = np.cumsum(n_words) - n_words
        for n in np.unique(n_words).tolist():
            rows = np.flatnonzero(n_words == n)
            hashes = roll(words, n)[first[rows]]
            order = np.argsort(hashes, kind="stable")
            self._by_length[n] = _Buckets(hashes[order], values[rows[order]])

    @property
    def lengths(self) -> tuple[int, ...]:
        """Numbers of words that phrases have."""
        return tuple(self._by_length)

    def find(self, words: Hashes) -> Iterable[tuple[int, Ints, Ints]]:
        """For each phrase length ``n``: ``(n, positions, rows)`` of all matches in ``words``; the
        row is the phrase's among :meth:`values`."""
        for n, buckets in self._by_length.items():
            if len(words) >= n:
                yield n, *buckets.find(roll(words, n))

    def values(self, n: int) -> Ints:
        """Values x phrases of length ``n``."""
        return self._by_length[n].values


class _Buckets:
    """Sorted hashes with an index by their leading bits, so that a search is one or two steps."""

    def __init__(self, hashes: Hashes, values: Ints) -> None:
        self._hashes = hashes
        self.values = np.ascontiguousarray(values.T)
        buckets = _bucket(hashes)
        counts = np.bincount(buckets, minlength=1 << _BITS)
        self._filled = counts > 0
        self._first = np.cumsum(counts) - counts
        self._deepest = int(counts.max())

    def find(self, wanted: Hashes) -> tuple[Ints, Ints]:
        """Which of ``wanted`` are there, and their rows."""
        buckets = _bucket(wanted)
        # Nearly all runs fail this one look-up; only the rest are searched for.
        at = np.flatnonzero(self._filled.take(buckets))
        row = self._first.take(buckets.take(at))
        wanted = wanted.take(at)
        missed = np.flatnonzero(self._hashes.take(row) != wanted)
        for _ in range(1, self._deepest):
            row[missed] = np.minimum(row[missed] + 1, len(self._hashes) - 1)
            missed = missed[self._hashes[row[missed]] != wanted[missed]]
        if not len(missed):
            return at, row
        hit = np.ones(len(at), np.bool_)
        hit[missed] = False
        return at[hit], row[hit]


def _bucket(hashes: Hashes) -> Ints:
    """The leading bits of each hash; signed, which is what arrays are indexed with."""
    return (hashes >> np.uint64(64 - _BITS)).view(np.int64)


_BITS = 18
