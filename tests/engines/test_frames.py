"""Frames of Polars and pandas, and Hugging Face datasets, by the Arrow function."""

from __future__ import annotations

from typing import Any

import pytest

from detector import Detector, arrow

pa = pytest.importorskip("pyarrow", reason="needs the extra parquet")
Rows = list[dict[str, Any]]


def test_polars(pages: Rows, expected: dict[str, dict[str, Any]], detector: Detector) -> None:
    polars = pytest.importorskip("polars", reason="needs polars")
    frame = polars.from_arrow(arrow.annotate(polars.DataFrame(pages), detector))
    assert frame.columns == ["id", "text", *arrow.COLUMNS[1:]]
    assert {row["id"]: row for row in frame.drop("text").to_dicts()} == expected
    spans = frame.explode("spans").drop_nulls("spans").unnest("spans")
    assert len(spans) == sum(len(row["spans"]) for row in expected.values())
    length = polars.col("end") - polars.col("start")
    cut = spans.select(polars.col("text").str.slice(polars.col("start"), length))["text"]
    places = zip(spans["text"], spans["start"], spans["end"], strict=True)
    assert cut.to_list() == [text[start:end] for text, start, end in places]


def test_pandas(pages: Rows, expected: dict[str, dict[str, Any]], detector: Detector) -> None:
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    given = pandas.DataFrame(pages, index=range(100, 160))
    frame = arrow.annotate(given, detector).to_pandas()
    assert list(frame.index) == list(given.index)
    assert frame["filler_chars"].tolist() == [
        expected[page["id"]]["filler_chars"] for page in pages
    ]


def test_datasets(pages: Rows, expected: dict[str, dict[str, Any]], detector: Detector) -> None:
    datasets = pytest.importorskip("datasets", reason="needs datasets")
    given = datasets.Dataset.from_list(pages)

    def annotate(batch: Any) -> Any:
        return arrow.annotate(batch, detector)

    mapped = given.with_format("arrow").map(annotate, batched=True, batch_size=16, num_proc=2)
    found = mapped.with_format(None).remove_columns("text").to_list()
    assert {row["id"]: row for row in found} == expected


def test_rows_of_datasets_are_records(pages: Rows, detector: Detector) -> None:
    datasets = pytest.importorskip("datasets", reason="needs datasets")
    given = datasets.Dataset.from_list(pages[:6])
    assert [r.document_id for r in detector.detect_many(given)] == [p["id"] for p in pages[:6]]
