"""Annotating the batches of a Ray dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detector import arrow, worker
from detector.records import DEFAULT_FIELDS, Fields

if TYPE_CHECKING:
    import pyarrow as pa


class FillerAnnotator:
    """For ``dataset.map_batches(FillerAnnotator, batch_format="pyarrow", compute=...)``: what
    :func:`detector.arrow.annotate` makes of each batch.

    The arguments are given as ``fn_constructor_kwargs``. An actor loads its detector once. The
    package, and the folder of ``model`` if one is named, must be there on every node. Leave a CPU
    to the tasks that read: actors hold theirs to the end.
    """

    def __init__(
        self,
        model: str | None = None,
        threshold: float | str | None = None,
        fields: Fields = DEFAULT_FIELDS,
        append: bool = True,
    ) -> None:
        self.detector = worker.detector(model, threshold)
        self.fields, self.append = fields, append

    def __call__(self, batch: pa.Table) -> pa.Table:
        return arrow.annotate(batch, self.detector, self.fields, self.append)
