"""Parquet: a page a row, read some rows at a time whatever the size of its row groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from detector.errors import MissingExtraError
from detector.readers.compression import FREE_BYTES, damaged, expands_too_far
from detector.readers.jsonl import too_large
from detector.readers.source import Context, Original
from detector.records import Fields, document
from detector.types import Unreadable

ROWS = 64
"""Rows in memory at once. Few, because a column may hold the same long text any number of times."""
BUFFER_BYTES = 1 << 20


def read_parquet(stream: BinaryIO, context: Context) -> Iterator[Original]:
    """The page of each row; a row without an id of its own is called ``path#row``, from 1.

    Columns that no page needs are read only if the options ask for whole records.
    """
    pyarrow, parquet = _libraries()
    try:
        # Without this, all of a row group's columns would be fetched before its first row comes.
        file = parquet.ParquetFile(stream, pre_buffer=False, buffer_size=BUFFER_BYTES)
        yield from _rows(file, context)
    except (pyarrow.ArrowException, OSError) as error:
        raise damaged(str(error).splitlines()[0]) from error


def _rows(file: Any, context: Context) -> Iterator[Original]:
    names, fields, where = file.schema_arrow.names, context.fields, context.where
    if fields.text not in names:
        message = f"{where}: no column {fields.text!r}; name another with --text-field"
        yield Original(Unreadable(where, "field", message), context.source)
        return
    wanted = names if context.options.whole_records else _needed(names, fields)
    number = 1
    for k in range(file.num_row_groups):
        group = file.metadata.row_group(k)
        if context.part is None or context.part.start <= _first_byte(group) < context.part.end:
            _require_size(group, wanted, context.options.max_expansion)
            yield from _rows_of_group(file.iter_batches(ROWS, [k], wanted), number, context)
        number += group.num_rows


def _first_byte(group: Any) -> int:
    column = group.column(0)
    start = column.dictionary_page_offset if column.has_dictionary_page else None
    return int(column.data_page_offset if start is None else start)


def _rows_of_group(batches: Iterable[Any], first: int, context: Context) -> Iterator[Original]:
    records = (record for batch in batches for record in batch.to_pylist())
    for number, record in enumerate(records, first):
        yield _row(record, f"{context.where}#{number}", context)


def _needed(names: list[str], fields: Fields) -> list[str]:
    return [name for name in names if name in {fields.text, fields.id, fields.preceding, "url"}]


def _require_size(group: Any, wanted: list[str], max_expansion: int) -> None:
    """Refuse a row group whose columns hold too much for the bytes that they take."""
    columns = (group.column(k) for k in range(group.num_columns))
    read = [column for column in columns if column.path_in_schema.partition(".")[0] in wanted]
    size = sum(column.total_uncompressed_size for column in read)
    if size > max(FREE_BYTES, max_expansion * sum(c.total_compressed_size for c in read)):
        raise expands_too_far(max_expansion)


def _row(record: dict[str, Any], where: str, context: Context) -> Original:
    page = document(record, where, context.fields, options=True)
    limit = context.options.max_document_bytes
    if not isinstance(page, Unreadable) and _n_bytes(page.text) > limit:
        page = too_large(where, limit)
    whole = record if context.options.whole_records else None
    return Original(page, context.source, record=whole)


def _n_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError(
            "reading Parquet needs pyarrow: pip install 'filler-detector[parquet]'"
        ) from error
    return pyarrow, parquet
