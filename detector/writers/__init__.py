"""Writing results: a table for people, and the formats that other programs read.

A format takes results as they come and gives pieces of output for each, so that it works on a
stream. What a format needs that is heavy is imported when it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from detector.types import Result, Unreadable
from detector.writers.annotation import label_studio, prodigy, spacy_docs
from detector.writers.prose import NOT_JUDGED, by_segment, kind, printable, reasons
from detector.writers.records import CSV_COLUMNS, comma_separated, dolma, jsonl
from detector.writers.sarif import sarif_log
from detector.writers.table import WIDTH, table, threshold_note

__all__ = [
    "CSV_COLUMNS",
    "FORMATS",
    "NOT_JUDGED",
    "WIDTH",
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


def _parquet(results: Results) -> Iterator[bytes]:
    from detector.arrow import parquet

    return parquet(results)


def _utf8(write: Callable[[Results], Iterator[str]]) -> Callable[[Results], Iterator[bytes]]:
    """A writer of text as one of bytes.

    A lone surrogate has no bytes in UTF-8; its backslash escape is what JSON calls it anyway.
    """
    return lambda results: (piece.encode("utf-8", "backslashreplace") for piece in write(results))


FORMATS: Mapping[str, Format] = {
    "jsonl": Format(".jsonl", _utf8(jsonl)),
    "csv": Format(".csv", _utf8(comma_separated)),
    "parquet": Format(".parquet", _parquet, binary=True),
    "sarif": Format(".sarif", _utf8(sarif_log)),
    "dolma": Format(".jsonl", _utf8(dolma)),
    "labelstudio": Format(".json", _utf8(label_studio)),
    "prodigy": Format(".jsonl", _utf8(prodigy)),
    "spacy": Format(".spacy", spacy_docs, binary=True),
}
"""The formats by name, as ``detector score --format`` takes them."""
