"""Writing results: a table for people, and the formats that other programs read.

A format takes results as they come and gives pieces of output for each, so that it works on a
stream. What a format needs that is heavy is imported when it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from detector.types import Result, Unreadable
from detector.writers.prose import NOT_JUDGED, by_segment, kind, printable, reasons
from detector.writers.records import CSV_COLUMNS, comma_separated, dolma, jsonl
from detector.writers.table import WIDTH, table, threshold_note

__all__ = [
    "CSV_COLUMNS",
    "FORMATS",
    "NOT_JUDGED",
    "WIDTH",
    "WITH_TEXT",
    "Format",
    "by_segment",
    "comma_separated",
    "jsonl",
    "kind",
    "printable",
    "reasons",
    "table",
    "threshold_note",
]

Results = Iterable[Result | Unreadable]


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write results to a file.

    ``write`` turns results into the bytes of the file, piece by piece, and ``suffix`` is how its
    name ends. Text is UTF-8. A ``binary`` one is not for a terminal.
    """

    suffix: str
    write: Callable[[Results], Iterator[bytes]]
    binary: bool = False


def _utf8(write: Callable[[Results], Iterator[str]]) -> Callable[[Results], Iterator[bytes]]:
    """A writer of text as one of bytes.

    A lone surrogate has no bytes in UTF-8; its backslash escape is what JSON calls it anyway.
    """
    return lambda results: (piece.encode("utf-8", "backslashreplace") for piece in write(results))


def _from(module: str, name: str) -> Callable[[Results], Iterator[Any]]:
    """A writer that is imported when it is first used."""
    return lambda results: getattr(import_module(module), name)(results)


_ANNOTATION = "detector.writers.annotation"
WITH_TEXT = Format(".jsonl", _utf8(partial(jsonl, keep_text=True)))
"""JSONL that carries the text of each page along."""
FORMATS: Mapping[str, Format] = {
    "jsonl": Format(".jsonl", _utf8(jsonl)),
    "csv": Format(".csv", _utf8(comma_separated)),
    "parquet": Format(".parquet", _from("detector.arrow", "parquet"), binary=True),
    "sarif": Format(".sarif", _utf8(_from("detector.writers.sarif", "sarif_log"))),
    "dolma": Format(".jsonl", _utf8(dolma)),
    "labelstudio": Format(".json", _utf8(_from(_ANNOTATION, "label_studio"))),
    "prodigy": Format(".jsonl", _utf8(_from(_ANNOTATION, "prodigy"))),
    "spacy": Format(".spacy", _from(_ANNOTATION, "spacy_docs"), binary=True),
}
"""The formats by name, as ``detector score --format`` takes them."""
