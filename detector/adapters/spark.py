"""Annotating the rows of a Spark frame, by Arrow batches in the processes of its executors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from detector import adapters, arrow, worker
from detector.records import DEFAULT_FIELDS, Fields

with adapters.extra("spark"):
    import pyarrow as pa
    from pyspark.sql.pandas.types import from_arrow_schema
    from pyspark.sql.types import StructType

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def annotate(
    frame: DataFrame,
    model: str | None = None,
    threshold: float | str | None = None,
    fields: Fields = DEFAULT_FIELDS,
    append: bool = True,
) -> DataFrame:
    """A frame with what was found in each of its rows, as :func:`detector.arrow.annotate` has it.

    The package, and the folder of ``model`` if one is named, must be there on every executor.
    Raises ConfigError if there is no column of texts, or one has the name of a new one.
    """
    arrow.check(frame.columns, fields, append)
    found = from_arrow_schema(arrow.schema())
    schema = StructType(frame.schema.fields + found.fields[1:]) if append else found
    return frame.mapInArrow(mapper(model, threshold, fields, append), schema)


def mapper(
    model: str | None = None,
    threshold: float | str | None = None,
    fields: Fields = DEFAULT_FIELDS,
    append: bool = True,
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that :func:`annotate` gives to ``mapInArrow``, for frames with another schema
    than its own."""

    def mapped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        detector = worker.detector(model, threshold)
        for batch in batches:
            yield from arrow.annotate(batch, detector, fields, append).to_batches()

    return mapped
