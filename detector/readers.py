"""Reading pages: files, folders, patterns and standard input become documents, one at a time.

What cannot be read becomes an :class:`Unreadable` in its place, so that one record in is one
record out, in order, and the rest goes on.

A text file is one page. It must be UTF-8; a byte order mark is not part of the text, so offsets
count from the character after it, and line breaks stay as they are. In JSONL every line is a page.
"""

from __future__ import annotations

import codecs
import glob
import io
import json
import logging
import os
import select
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from detector.records import DEFAULT_FIELDS, Fields, document
from detector.types import Document, Unreadable

STDIN = "-"
TEXT_SUFFIXES = frozenset({".txt", ".text", ".md"})
JSONL_SUFFIXES = frozenset({".jsonl", ".ndjson"})
CHUNK = 1 << 16
"""Bytes asked of a pipe at once."""

_log = logging.getLogger(__name__)


class InputFormat(StrEnum):
    """How to read files; ``auto`` goes by the suffix and takes standard input for text."""

    AUTO = "auto"
    TEXT = "text"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, or standard input where ``path`` is None.

    ``name`` is the path below the folder or the fixed part of the pattern it was found by; for a
    file that was named itself, the file's name.
    """

    path: Path | None
    name: str
    is_jsonl: bool

    def __str__(self) -> str:
        return STDIN if self.path is None else str(self.path)


@dataclass(frozen=True, slots=True)
class Original:
    """A page and the bytes it was read from: a whole file, or one line of JSONL.

    ``source`` is None for a folder or pattern in which nothing was found.
    """

    page: Document | Unreadable
    source: Source | None = None
    raw: bytes = b""


def pages(originals: Iterable[Original]) -> Iterator[Document | Unreadable]:
    """The pages alone, for :meth:`detector.Detector.detect_many`."""
    return (original.page for original in originals)


# --- finding ----------------------------------------------------------------------------------


def find(
    paths: Iterable[str],
    input_format: InputFormat = InputFormat.AUTO,
    fields: Fields = DEFAULT_FIELDS,
) -> Iterator[Source | Unreadable]:
    """The files that ``paths`` stand for: files, folders, patterns, and ``-`` for standard input.

    A folder stands for the files below it, in sorted order, that end in ``.txt``, ``.text``,
    ``.md``, ``.jsonl`` or ``.ndjson`` (only those of ``input_format``, if one is given). Left out
    are hidden files and folders, a README, and, with a warning, JSONL files that hold something
    other than pages: their first record lacks the text field. A pattern stands for the files that
    match; ``**`` matches folders at any depth. A file that was named itself is always read.
    """
    for path in paths:
        if path == STDIN:
            yield Source(None, STDIN, input_format is InputFormat.JSONL)
        elif Path(path).is_dir():
            yield from _in_folder(Path(path), input_format, fields)
        elif os.path.lexists(path) or not glob.has_magic(path):
            yield _source(Path(path), Path(path).parent, input_format)
        else:
            yield from _matching(path, input_format)


def _source(path: Path, root: Path, input_format: InputFormat) -> Source:
    is_jsonl = input_format is InputFormat.JSONL or (
        input_format is InputFormat.AUTO and path.suffix.lower() in JSONL_SUFFIXES
    )
    return Source(path, path.relative_to(root).as_posix(), is_jsonl)


def _in_folder(
    folder: Path, input_format: InputFormat, fields: Fields
) -> Iterator[Source | Unreadable]:
    wanted = {
        InputFormat.AUTO: TEXT_SUFFIXES | JSONL_SUFFIXES,
        InputFormat.TEXT: TEXT_SUFFIXES,
        InputFormat.JSONL: JSONL_SUFFIXES,
    }[input_format]
    found = False
    for path in _files_below(folder):
        if path.suffix.lower() not in wanted:
            continue
        source = _source(path, folder, input_format)
        if input_format is InputFormat.AUTO and source.is_jsonl and _lacks_pages(path, fields):
            _log.warning(
                "%s: skipped, its first record has no field %r; name the file itself to read it",
                path,
                fields.text,
            )
            continue
        found = True
        yield source
    if not found:
        suffixes = ", ".join(f"*{suffix}" for suffix in sorted(wanted))
        yield Unreadable(
            str(folder),
            "missing",
            f"{folder}: no texts in this folder ({suffixes}); name a file or another folder",
        )


def _files_below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).stem.lower() != "readme":
                yield Path(parent, name)


def _lacks_pages(path: Path, fields: Fields) -> bool:
    """Whether the first record of a JSONL file is an object without the text field.

    Whatever else is wrong with the file is for reading it to report.
    """
    try:
        with path.open("rb") as stream:
            record = json.loads(next((line for line in stream if line.strip()), b""))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(record, dict) and fields.text not in record


def _matching(pattern: str, input_format: InputFormat) -> Iterator[Source | Unreadable]:
    # Unlike pathlib's, these patterns leave hidden files out, as a shell does.
    matches = glob.glob(pattern, recursive=True)  # noqa: PTH207
    found = sorted(path for path in map(Path, matches) if path.is_file())
    if not found:
        yield Unreadable(
            pattern, "missing", f"{pattern}: no file matches this pattern; correct the pattern"
        )
    parts = Path(pattern).parts
    n_fixed = next(k for k, part in enumerate(parts) if glob.has_magic(part))
    root = Path(*parts[:n_fixed])
    for path in found:
        yield _source(path, root, input_format)


# --- reading ----------------------------------------------------------------------------------


class Stdin:
    """Standard input by lines, which also knows whether the next line has come yet."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        try:
            self._descriptor: int | None = stream.fileno()
        except io.UnsupportedOperation:  # a stream in memory, which never waits
            self._descriptor = None
        self._lines: deque[bytes] = deque()
        self._unfinished: list[bytes] = []
        self._receiving = False

    def read(self) -> bytes:
        """All there is, to the end."""
        return self._stream.read()

    def lines(self) -> Iterator[bytes]:
        """Lines with their line breaks, each as soon as it is complete."""
        self._receiving = True
        while self._lines or self._receiving:
            if self._lines:
                yield self._lines.popleft()
            else:
                self._receive()

    def waits(self) -> bool:
        """Whether :meth:`lines` has begun and would have to wait for its next line."""
        while self._receiving and not self._lines and self._has_more():
            self._receive()
        return self._receiving and not self._lines

    def _has_more(self) -> bool:
        """Whether a read returns at once."""
        if self._descriptor is None:
            return True
        try:
            return bool(select.select([self._descriptor], [], [], 0)[0])
        except OSError:  # Windows cannot ask this of a pipe; then every line is answered by itself
            return False

    def _receive(self) -> None:
        if self._descriptor is None:
            chunk = self._stream.read(CHUNK)
        else:  # not the stream's own buffer, into which select cannot look
            chunk = os.read(self._descriptor, CHUNK)
        *complete, rest = chunk.split(b"\n")
        for line in complete:
            self._lines.append(b"".join([*self._unfinished, line, b"\n"]))
            self._unfinished.clear()
        if rest:
            self._unfinished.append(rest)
        if not chunk:
            self._receiving = False
            if self._unfinished:
                self._lines.append(b"".join(self._unfinished))


def read(
    sources: Iterable[Source | Unreadable],
    fields: Fields = DEFAULT_FIELDS,
    stdin: Stdin | None = None,
) -> Iterator[Original]:
    """The pages of ``sources``, read one at a time.

    A text file is one page, with its path as id. Each line of a JSONL file that is not blank is a
    page; a record without an id has the id ``path#line``. ``stdin`` is what the source ``-`` means;
    None for ``sys.stdin``.
    """
    for source in sources:
        if isinstance(source, Unreadable):
            yield Original(source)
        elif source.path is None:
            stream = stdin or Stdin(sys.stdin.buffer)
            if source.is_jsonl:
                yield from _records(stream.lines(), source, fields)
            else:
                yield _text(stream.read(), source)
        else:
            yield from _read_file(source.path, source, fields)


def _read_file(path: Path, source: Source, fields: Fields) -> Iterator[Original]:
    try:
        with path.open("rb") as stream:
            if source.is_jsonl:
                yield from _records(stream, source, fields)
            else:
                yield _text(stream.read(), source)
    except FileNotFoundError:
        message = f"{path}: no such file or folder; correct the path"
        yield Original(Unreadable(str(path), "missing", message), source)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); check the file and its permissions"
        yield Original(Unreadable(str(path), "access", message), source)


def _text(raw: bytes, source: Source) -> Original:
    return Original(_decoded(raw, str(source)), source, raw)


def _decoded(raw: bytes, where: str) -> Document | Unreadable:
    nul = raw.find(b"\0")
    if nul >= 0:
        message = f"{where}: not text (NUL at byte {nul}); convert it to UTF-8 text or leave it out"
        return Unreadable(where, "binary", message)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"{where}: not UTF-8 ({error.reason} at byte {error.start}); convert it to UTF-8"
        return Unreadable(where, "encoding", message)
    return Document(where, text.removeprefix("\ufeff"))


def _records(lines: Iterable[bytes], source: Source, fields: Fields) -> Iterator[Original]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            body = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            yield Original(_record(body, f"{source}#{number}", fields), source, line)


def _record(line: bytes, where: str, fields: Fields) -> Document | Unreadable:
    try:
        record = json.loads(line.rstrip().decode("utf-8"))
    except UnicodeDecodeError as error:
        message = (
            f"{where}: not UTF-8 ({error.reason} at byte {error.start} of the line); "
            "convert it to UTF-8"
        )
        return Unreadable(where, "encoding", message)
    except json.JSONDecodeError as error:
        message = f"{where}: not JSON ({error.msg}, column {error.colno}); correct the record"
        return Unreadable(where, "json", message)
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond Python's limits
        return Unreadable(where, "json", f"{where}: not JSON ({error}); correct the record")
    if not isinstance(record, dict):
        return Unreadable(where, "json", f"{where}: not a JSON object; correct the record")
    return document(record, where, fields, options=True)
