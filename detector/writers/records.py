"""Results as lines: JSONL in the wire format, CSV, and attributes for the Dolma toolkit."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator

from detector.types import Region, Result, Unreadable

CSV_COLUMNS = (
    "id",
    "start",
    "end",
    "label",
    "form",
    "score",
    "n_chars",
    "filler_fraction",
)
DOLMA_ATTRIBUTE = "filler__detector__span"


def jsonl(results: Iterable[Result | Unreadable], keep_text: bool = False) -> Iterator[str]:
    """One JSON object a line for every page, in the wire format (``docs/wire-format.md``); with the
    text of the page, if it is kept."""
    for result in results:
        record = result.to_dict(keep_text) if isinstance(result, Result) else result.to_dict()
        yield json.dumps(record, ensure_ascii=False) + "\n"


def comma_separated(results: Iterable[Result | Unreadable]) -> Iterator[str]:
    """CSV with a header and one row a region, each with the length and share of its page.

    Pages without regions and pages that could not be read have no rows; :func:`jsonl` has every
    page.
    """
    yield _row(CSV_COLUMNS)
    for result in results:
        if isinstance(result, Result):
            yield "".join(_row(_values(result, region)) for region in result.regions)


def dolma(results: Iterable[Result | Unreadable]) -> Iterator[str]:
    """Attributes as the Dolma toolkit reads them, a line a page, parallel to its documents.

    A page that could not be read has no attributes; the toolkit wants its line all the same.
    """
    for result in results:
        if isinstance(result, Unreadable):
            line: dict[str, object] = {"id": result.id, "attributes": {}}
        else:
            spans = [
                [region.span.start, region.span.end, round(region.score, 4)]
                for region in result.regions
            ]
            line = {"id": result.document_id, "attributes": {DOLMA_ATTRIBUTE: spans}}
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _values(result: Result, region: Region) -> tuple[str | int | float, ...]:
    return (
        result.document_id,
        region.span.start,
        region.span.end,
        region.label.value,
        region.form.value,
        round(region.score, 4),
        result.n_chars,
        round(result.filler_fraction, 4),
    )


def _row(values: Iterable[str | int | float]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()
