"""CSV and TSV without filler."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from detector.readers import Original
from detector.types import Result, Unreadable
from detector.writers.compression import Sink


class Rows:
    """Writes rows below their header, in UTF-8. A row that could not be read as a page stays as it
    is if it has all its columns, and is left out otherwise."""

    def __init__(self, stream: Sink, delimiter: str, text_column: str) -> None:
        self._stream, self._delimiter, self._column = stream, delimiter, text_column
        self._has_header = False

    def write(self, original: Original, result: Result | Unreadable) -> None:
        """Take the result of the next row."""
        record = original.record
        if record is None:
            return
        if not self._has_header:
            self._row(record)
            self._has_header = True
        if isinstance(result, Result):
            record = {**record, self._column: result.clean_text()}
        self._row(record.values())

    def _row(self, cells: Iterable[str]) -> None:
        row = io.StringIO()
        csv.writer(row, delimiter=self._delimiter, lineterminator="\n").writerow(cells)
        self._stream.write(row.getvalue().encode("utf-8"))
