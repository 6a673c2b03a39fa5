"""Records of a program's own become documents: texts, mappings, rows of Arrow tables.

One record in is one document out, in order and one at a time. A record that is none becomes an
:class:`Unreadable` of the kind ``field`` in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, cast

from detector.errors import ConfigError, MissingExtraError
from detector.types import Document, Unreadable

ROWS = 1024
"""Rows of a table that are turned into Python objects at once."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Where records keep what is needed. Only ``text`` must be in every record."""

    text: str = "text"
    id: str = "id"
    preceding: str = "preceding"


DEFAULT_FIELDS = Fields()


class Table(Protocol):
    """Rows in Arrow's form: a table or batch of pyarrow, a frame of Polars, pandas or DuckDB."""

    columns: Any

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


Item: TypeAlias = str | Document | Unreadable | Mapping[str, Any] | Table | None
"""What a sequence of documents may hold; a table stands for its rows, None for a missing text."""
Items: TypeAlias = Iterable[Item] | Table


def documents(items: Items) -> Iterator[Document | Unreadable]:
    """A document for each of ``items``, read as they are asked for.

    A text has the id ``text``, a record its own id or else ``#`` and its place, from 1. Raises
    ConfigError for a single text or record where a sequence of them belongs.
    """
    if isinstance(items, str | bytes | Mapping | Document):
        raise ConfigError(
            f"a sequence of documents was expected, not one {type(items).__name__}; "
            "put it into a list, or use detect() for one document"
        )
    sequence: Iterable[Any] = [items] if _is_table(items) else cast("Iterable[Any]", items)
    for place, item in enumerate(_rows(sequence), 1):
        yield _one(item, f"#{place}")


def _one(item: Any, where: str) -> Document | Unreadable:
    if isinstance(item, str):
        return Document("text", item)
    if isinstance(item, Unreadable):
        return item
    if isinstance(item, Document):
        parts: tuple[Any, ...] = (item.text, item.preceding)
        if all(isinstance(part, str) for part in parts):
            return item
        message = f"document {item.id!r}: the text or preceding text is not a string; correct it"
        return Unreadable(str(item.id), "field", message)
    if isinstance(item, Mapping):
        return document(item, where)
    kind = type(item).__name__
    message = f"{where}: neither text nor record but {kind}; give a string, Document or mapping"
    return Unreadable(where, "field", message)


def document(
    record: Mapping[str, Any], where: str, fields: Fields = DEFAULT_FIELDS, options: bool = False
) -> Document | Unreadable:
    """The document of a record; ``where`` is its id if it has none of its own.

    ``options``: whether messages name the command line's options for other fields.
    """
    own_id = record.get(fields.id)
    identity = str(own_id) if isinstance(own_id, str | int) and own_id != "" else where
    if fields.text not in record:
        other = " or name another with --text-field" if options else ""
        return Unreadable(identity, "field", f"{where}: no field {fields.text!r}; add it{other}")
    text, preceding = record[fields.text], record.get(fields.preceding)
    if not isinstance(text, str):
        message = f"{where}: the field {fields.text!r} is not a string; correct the record"
        return Unreadable(identity, "field", message)
    if not isinstance(preceding, str | None):
        other = " or name another field with --preceding-field" if options else ""
        message = (
            f"{where}: the field {fields.preceding!r} is not a string; correct the record{other}"
        )
        return Unreadable(identity, "field", message)
    url = record.get("url")
    return Document(identity, text, preceding or "", url if isinstance(url, str) else None)


# --- Arrow ------------------------------------------------------------------------------------


def _rows(items: Iterable[Any]) -> Iterator[Any]:
    """The items, with the rows of a table in its place and Arrow's scalars as what they hold."""
    for item in items:
        if isinstance(item, str | Document):
            yield item
        elif _is_table(item):
            yield from rows(item)
        else:
            yield item.as_py() if hasattr(item, "as_py") else item


def _is_table(item: object) -> bool:
    """Whether an object has rows; a column alone also has Arrow's stream."""
    return hasattr(item, "__arrow_c_stream__") and hasattr(item, "columns")


def rows(table: Table, fields: Fields = DEFAULT_FIELDS) -> Iterator[dict[str, Any]]:
    """The rows of a table as records with what a document needs."""
    pa = import_pyarrow()
    needed = {fields.text, fields.id, fields.preceding, "url"}
    for batch in pa.RecordBatchReader.from_stream(table):
        present = batch.select([name for name in batch.schema.names if name in needed])
        for start in range(0, batch.num_rows, ROWS):
            yield from present.slice(start, ROWS).to_pylist()


def import_pyarrow() -> Any:
    """The module pyarrow; raises MissingExtraError if it is not installed."""
    try:
        import pyarrow
    except ImportError as error:
        raise MissingExtraError(
            "tables and Parquet need pyarrow; install it: pip install 'filler-detector[parquet]'"
        ) from error
    return pyarrow
