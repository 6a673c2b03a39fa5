"""Entries that join a lexicon: a text file that ``detector mine`` writes and a person edits.

A file has sections and one entry a line, with its measures behind it, parted by tabs::

    [phrases/greeting]
    # pages  occurrences  log-odds  example
    pull up a crate	18	20	6.92	Pull up a crate, mind the nail.

Blank lines count for nothing, nor do lines that begin with ``#``. The measures may be left out: a
line may hold the entry alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from detector.errors import LexiconError

MAX_WORDS = 5
"""Words of the longest phrase."""
FOLDERS = {"words": 1, "phrases": MAX_WORDS}
"""Folders of a lexicon that entries can join, and the words of their longest entries."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word or phrase for the list ``kind`` (``phrases/greeting``), with what was measured.

    ``score`` is the log-odds of the entry in filler against all other text, in nats; 0 if nobody
    measured it. ``where`` is the file and line that it was read from.
    """

    kind: str
    text: str
    pages: int = 0
    occurrences: int = 0
    score: float = 0.0
    example: str = ""
    where: str = ""


def write(path: Path, entries: Iterable[Entry], head: Iterable[str]) -> None:
    """Write entries by kind, those on most pages first, below the lines ``head``."""
    lines = [f"# {line}".rstrip() for line in head]
    ordered = sorted(entries, key=lambda e: (e.kind, -e.pages, -e.occurrences, e.text))
    for kind, group in groupby(ordered, key=lambda entry: entry.kind):
        lines += ["", f"[{kind}]"]
        for e in group:
            lines.append(f"{e.text}\t{e.pages}\t{e.occurrences}\t{e.score:.2f}\t{e.example}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(path: Path) -> list[Entry]:
    """The entries of a file.

    Raises LexiconError, naming file and line, for a line outside a section, an entry that is no
    word or phrase or stands twice, or a measure that is no number; and for a file without entries.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"{path}: cannot be read ({error}); restore the file") from error
    entries = list(_entries(text, path))
    if not entries:
        raise LexiconError(f"{path}: no entries here; uncomment some or leave the file out")
    return entries


def _entries(text: str, path: Path) -> Iterator[Entry]:
    kind = ""
    seen: set[tuple[str, str]] = set()
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("[") and line.rstrip().endswith("]") and "\t" not in line:
            kind = _section(line.strip()[1:-1], where)
            continue
        if not kind:
            raise LexiconError(
                f"{where}: an entry before the first section; put '[phrases/greeting]' or the "
                "like above it"
            )
        entry = _entry(kind, line, where)
        if (kind, entry.text) in seen:
            raise LexiconError(f"{where}: {entry.text!r} stands twice in [{kind}]; delete one")
        seen.add((kind, entry.text))
        yield entry


def _section(kind: str, where: str) -> str:
    folder, _, name = kind.partition("/")
    if folder not in FOLDERS or not name:
        raise LexiconError(
            f"{where}: [{kind}] is neither [words/NAME] nor [phrases/NAME]; correct the section"
        )
    return kind


def _entry(kind: str, line: str, where: str) -> Entry:
    text, *measures = line.rstrip().split("\t")
    most = FOLDERS[kind.partition("/")[0]]
    if text != " ".join(text.lower().split()) or not 1 <= len(text.split(" ")) <= most:
        wanted = "one lower-case word" if most == 1 else f"1 to {most} lower-case words"
        raise LexiconError(
            f"{where}: {text!r} is not {wanted} with single blanks between them, followed by "
            "nothing or a tab; correct the line"
        )
    if not measures:
        return Entry(kind, text, where=where)
    try:
        pages, occurrences, score, *example = measures
        entry = Entry(
            kind, text, int(pages), int(occurrences), float(score), " ".join(example), where
        )
    except ValueError:
        entry = None
    if entry is None or not math.isfinite(entry.score):
        raise LexiconError(
            f"{where}: behind {text!r} stand not pages, occurrences, log-odds and an example, "
            "parted by tabs; correct the line, or leave the entry alone on it"
        )
    return entry
