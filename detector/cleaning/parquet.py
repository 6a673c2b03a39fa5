"""Parquet without filler: the rows as they were, with the column of texts replaced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from detector.errors import ReadError
from detector.readers import Original, Source
from detector.records import import_pyarrow
from detector.types import Result, Unreadable
from detector.writers.compression import Sink

ROWS = 1024
"""Rows of a row group that is written, which are in memory at once."""


@contextmanager
def opened(source: Source, stream: Sink, text_column: str) -> Iterator[_Table]:
    """The rows of ``source``, to be written to ``stream`` as their results come.

    Raises ReadError if the file can be read no further.
    """
    pyarrow = import_pyarrow()
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(source.path, pre_buffer=False) as file:
            codec = _codec(file.metadata)
            with parquet.ParquetWriter(stream, file.schema_arrow, compression=codec) as writer:
                yield _Table(source, text_column, file.iter_batches(ROWS), writer)
    except pyarrow.ArrowException as error:
        what = str(error).splitlines()[0]
        raise ReadError(f"{source}: cannot be read again ({what}); check the file") from error


def _codec(metadata: Any) -> str:
    """How the first column is compressed."""
    if not metadata.num_row_groups:
        return "snappy"
    codec = str(metadata.row_group(0).column(0).compression)
    return "none" if codec == "UNCOMPRESSED" else codec.lower()


class _Table:
    """Rows are read a second time rather than made of what was read of them, as that keeps their
    types and the metadata. What could not be read as a page stays as it is.
    """

    def __init__(
        self, source: Source, text_column: str, batches: Iterator[Any], writer: Any
    ) -> None:
        self._source, self._column = source, text_column
        self._batches, self._writer = batches, writer
        self._batch: Any = next(batches, None)
        self._texts: list[str | None] = []

    def write(self, _: Original, result: Result | Unreadable) -> None:
        """Take the result of the next row."""
        if isinstance(result, Unreadable) and result.id == str(self._source):
            return  # this is said of the file, behind its last row
        if isinstance(result, Result) and result.regions:
            self._texts.append(result.clean_text())
        else:
            self._texts.append(None)
        if len(self._texts) == self._batch.num_rows:
            self._writer.write_batch(_replaced(self._batch, self._column, self._texts))
            self._batch, self._texts = next(self._batches, None), []


def _replaced(batch: Any, column: str, texts: list[str | None]) -> Any:
    """A batch with new texts, where there are any."""
    import pyarrow

    if not any(text is not None for text in texts):
        return batch
    k = batch.schema.get_field_index(column)
    field = batch.schema.field(k)
    before = batch.column(k).to_pylist()
    after = [old if new is None else new for old, new in zip(before, texts, strict=True)]
    return batch.set_column(k, field, pyarrow.array(after, field.type))
