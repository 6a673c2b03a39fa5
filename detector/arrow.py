"""Results in Arrow's form: one fixed schema for Parquet files and for engines.

Scores and shares are rounded as in the wire format, so that both say the same. pyarrow comes with
the extra ``parquet``; without it every function here raises MissingExtraError.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from detector.errors import ConfigError
from detector.records import DEFAULT_FIELDS, Fields, Table, document, rows
from detector.records import import_pyarrow as _pyarrow
from detector.types import Result, Unreadable

if TYPE_CHECKING:
    import pyarrow as pa
    from _typeshed import ReadableBuffer as Buffer

    from detector.pipeline import Detector

COLUMNS = (
    "id",
    "sha256",
    "model",
    "n_chars",
    "filler_chars",
    "filler_fraction",
    "abstained",
    "error",
    "spans",
)
ROWS_A_BATCH = 8192
"""Rows of a batch of results, which is also a row group of a Parquet file."""


def schema() -> pa.Schema:
    """The columns of results, with the values of the wire format.

    Where a page could not be read, ``error`` says why, and all others but ``id`` are null.
    """
    pa = _pyarrow()
    text, number, share = pa.string(), pa.int64(), pa.float64()
    span = {"start": number, "end": number, "label": text, "form": text, "score": share}
    others = {
        "n_chars": number,
        "filler_chars": number,
        "filler_fraction": share,
        "error": pa.struct({"kind": text, "message": text}),
        "spans": pa.list_(pa.struct(span)),
    }
    return pa.schema([(name, others.get(name, text)) for name in COLUMNS])


def row(result: Result | Unreadable) -> dict[str, Any]:
    """A result as a row of :func:`schema`, in plain values; it needs no pyarrow."""
    if isinstance(result, Unreadable):
        error = {"kind": result.kind, "message": _valid(result.message)}
        return dict.fromkeys(COLUMNS) | {"id": _valid(result.id), "error": error}
    return dict.fromkeys(COLUMNS) | {
        "id": _valid(result.document_id),
        "sha256": result.text_sha256,
        "model": result.model,
        "n_chars": result.n_chars,
        "filler_chars": result.filler_chars,
        "filler_fraction": round(result.filler_fraction, 4),
        "abstained": result.abstained.value if result.abstained else None,
        "spans": [
            {
                "start": region.span.start,
                "end": region.span.end,
                "label": region.label.value,
                "form": region.form.value,
                "score": round(region.score, 4),
            }
            for region in result.regions
        ],
    }


def _valid(text: str) -> str:
    """A text that UTF-8 can hold: lone surrogates are written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def batches(results: Iterable[Result | Unreadable]) -> Iterator[pa.RecordBatch]:
    """Results in batches of :func:`schema`, in order; of a result only its row is kept."""
    pa = _pyarrow()
    waiting: list[dict[str, Any]] = []
    for result in results:
        waiting.append(row(result))
        if len(waiting) == ROWS_A_BATCH:
            yield pa.RecordBatch.from_pylist(waiting, schema())
            waiting = []
    if waiting:
        yield pa.RecordBatch.from_pylist(waiting, schema())


def write_parquet(results: Iterable[Result | Unreadable], target: str | Path | BinaryIO) -> None:
    """Write results as a Parquet file, a batch at a time.

    A file that is named appears when it is complete, and an error leaves what was there. A stream
    that is given stays open.
    """
    _pyarrow()
    if not isinstance(target, str | Path):
        _write(results, target)
        return
    path = Path(target)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as stream:
            _write(results, stream)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write(results: Iterable[Result | Unreadable], stream: BinaryIO) -> None:
    stream.writelines(parquet(results))


def parquet(results: Iterable[Result | Unreadable]) -> Iterator[bytes]:
    """The bytes of a Parquet file of results, a batch at a time."""
    _pyarrow()
    from pyarrow.parquet import ParquetWriter

    written = _Pieces()
    with ParquetWriter(written, schema(), compression="zstd") as writer:
        for batch in batches(results):
            writer.write_batch(batch)
            yield written.take()
    yield written.take()


class _Pieces(RawIOBase):
    """A stream whose bytes are taken away as they come."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        self._pieces.append(bytes(data))
        return len(self._pieces[-1])

    def take(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


# --- engines ----------------------------------------------------------------------------------


def annotate(
    table: Table, detector: Detector, fields: Fields = DEFAULT_FIELDS, append: bool = True
) -> pa.Table:
    """A table (or batch, or frame of Polars or pandas) with what was found in each of its rows.

    ``append``: put the columns of :func:`schema`, all but ``id``, behind those of the table;
    otherwise they come alone, with ``id`` as text, or null if the table has no such column. Raises
    ConfigError if there is no column of texts, or one of the table's has the name of a new one.
    """
    pa = _pyarrow()
    given = pa.table(table)
    check(given.schema.names, fields, append)
    records = enumerate(rows(given, fields), 1)
    pages = (document(record, f"row {k}", fields) for k, record in records)
    found = pa.Table.from_batches(batches(detector.detect_many(pages)), schema())
    if append:
        for name in COLUMNS[1:]:
            given = given.append_column(found.schema.field(name), found[name])
        return given
    return found.set_column(0, found.schema.field("id"), _ids(given, fields))


def check(columns: Sequence[str], fields: Fields, append: bool) -> None:
    """Raise ConfigError if :func:`annotate` would refuse a table with these columns."""
    if fields.text not in columns:
        raise ConfigError(
            f"no column {fields.text!r} among {', '.join(columns) or 'none'}; "
            "name the column of texts with Fields(text=...)"
        )
    taken = set(COLUMNS[1:]) & set(columns) if append else set()
    if taken:
        raise ConfigError(
            f"the table has the columns {', '.join(sorted(taken))} already; rename or drop them, "
            "or ask for new columns alone with append=False"
        )


def _ids(given: pa.Table, fields: Fields) -> Any:
    pa = _pyarrow()
    if fields.id not in given.schema.names:
        return pa.nulls(given.num_rows, pa.string())
    try:
        return given[fields.id].cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        kind = given.schema.field(fields.id).type
        raise ConfigError(
            f"the column {fields.id!r} of ids holds {kind}, not text; convert or leave it out"
        ) from error
