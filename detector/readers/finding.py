"""Finding sources: what files, folders and patterns stand for."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from detector.readers.formats import by_name, is_readme, is_wanted, suffixes
from detector.readers.reading import read
from detector.readers.source import (
    ARCHIVES,
    DEFAULT_OPTIONS,
    STDIN,
    InputFormat,
    Options,
    Source,
)
from detector.records import DEFAULT_FIELDS, Fields
from detector.types import Unreadable

_log = logging.getLogger("detector.readers")


def find(
    paths: Iterable[str],
    input_format: InputFormat = InputFormat.AUTO,
    fields: Fields = DEFAULT_FIELDS,
    options: Options = DEFAULT_OPTIONS,
) -> Iterator[Source | Unreadable]:
    """The files that ``paths`` stand for: files, folders, patterns, and ``-`` for standard input.

    A folder stands for the files below it, in sorted order, whose suffix is known (only those of
    ``input_format``, if one is given). Left out are hidden files and folders, a README, and, with a
    warning, files of records that hold something other than pages: their first record lacks the
    text field. A pattern stands for the files that match; ``**`` matches folders at any depth. A
    file that was named itself is always read.
    """
    for path in paths:
        if path == STDIN:
            is_auto = input_format is InputFormat.AUTO
            yield Source(None, STDIN, InputFormat.TEXT if is_auto else input_format)
        elif Path(path).is_dir():
            yield from _in_folder(Path(path), input_format, fields, options)
        elif os.path.lexists(path) or not glob.has_magic(path):
            yield _source(Path(path), Path(path).parent, input_format)
        else:
            yield from _matching(path, input_format)


def _source(path: Path, root: Path, asked: InputFormat) -> Source:
    found, compression = by_name(path.name)
    name = path.relative_to(root).as_posix()
    if asked is InputFormat.AUTO or asked in ARCHIVES:
        found = found if asked is InputFormat.AUTO else asked
        return Source(path, name, found or InputFormat.TEXT, compression)
    if found in ARCHIVES:
        return Source(path, name, found, compression, members=asked)
    return Source(path, name, asked, compression)


def _in_folder(
    folder: Path, asked: InputFormat, fields: Fields, options: Options
) -> Iterator[Source | Unreadable]:
    found = False
    for path in _files_below(folder):
        if not is_wanted(by_name(path.name).format, asked):
            continue
        source = _source(path, folder, asked)
        if asked is InputFormat.AUTO and _lacks_pages(source, fields, options):
            _log.warning(
                "%s: skipped, its first record has no field %r; name the file itself to read it",
                path,
                fields.text,
            )
            continue
        found = True
        yield source
    if not found:
        known = ", ".join(f"*{suffix}" for suffix in suffixes(asked))
        yield Unreadable(
            str(folder),
            "missing",
            f"{folder}: no texts in this folder ({known}); name a file or another folder",
        )


def _files_below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and not is_readme(name):
                yield Path(parent, name)


def _lacks_pages(source: Source, fields: Fields, options: Options) -> bool:
    """Whether the first record of a file is one without the text field.

    Whatever else is wrong with the file is for reading it to report.
    """
    if not source.has_records:
        return False
    first = next(read([source], fields, options=options), None)
    if first is None or not isinstance(first.page, Unreadable) or first.page.kind != "field":
        return False
    return fields.text not in (first.record or {})


def _matching(pattern: str, asked: InputFormat) -> Iterator[Source | Unreadable]:
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
        yield _source(path, root, asked)
