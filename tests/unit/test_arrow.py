"""Results as Arrow tables and Parquet files."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detector import (
    ConfigError,
    Detector,
    Document,
    MissingExtraError,
    Result,
    Unreadable,
    arrow,
    worker,
)
from detector.records import Fields

pa = pytest.importorskip("pyarrow", reason="needs the extra parquet")
pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")

COLUMNS = list(arrow.COLUMNS)
SPAN = ("start", "end", "label", "form", "score")


@pytest.fixture(scope="module")
def pages(root: Path) -> list[dict[str, Any]]:
    """The seeds, with a text that is missing and one that is no English."""
    seeds = [
        {"id": path.name, "text": path.read_bytes().decode()}
        for path in sorted((root / "seeds").glob("*.txt"))
    ]
    return [*seeds, {"id": "gone", "text": None}, {"id": "short", "text": "Nur kurz. 😀"}]


@pytest.fixture(scope="module")
def results(detector: Detector, pages: list[dict[str, Any]]) -> list[Result | Unreadable]:
    return list(detector.detect_many(pages))


def test_the_schema_is_the_documented_one() -> None:
    span = "struct<start: int64, end: int64, label: string, form: string, score: double>"
    element = arrow.schema().field("spans").type.value_field.name  # other in older versions
    assert [f"{f.name}: {f.type}" for f in arrow.schema()] == [
        "id: string",
        "sha256: string",
        "model: string",
        "n_chars: int64",
        "filler_chars: int64",
        "filler_fraction: double",
        "abstained: string",
        "error: struct<kind: string, message: string>",
        f"spans: list<{element}: {span}>",
    ]


def test_rows_say_what_the_wire_format_says(results: list[Result | Unreadable]) -> None:
    assert sum(isinstance(r, Result) and bool(r.regions) for r in results) >= 2
    (batch,) = arrow.batches(results)
    assert batch.schema.equals(arrow.schema())
    for row, result in zip(batch.to_pylist(), results, strict=True):
        wire = result.to_dict()
        if isinstance(result, Unreadable):
            wire |= dict.fromkeys(set(COLUMNS) - set(wire))
        else:
            wire["spans"] = [{name: span[name] for name in SPAN} for span in wire["spans"]]
            wire = {"abstained": None, "error": None} | wire
        assert row == {name: wire[name] for name in COLUMNS}


def test_lone_surrogates_in_ids_and_messages_are_escaped() -> None:
    bad = Unreadable("a\ud800", "json", "a\ud800: not JSON")
    assert arrow.row(bad)["id"] == "a\\ud800"
    (batch,) = arrow.batches([bad])
    assert batch.to_pylist()[0]["error"]["message"] == "a\\ud800: not JSON"


def test_batches_are_made_as_results_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "ROWS_A_BATCH", 3)
    taken = 0

    def results(n: int) -> Iterator[Unreadable]:
        nonlocal taken
        for taken in range(1, n + 1):
            yield Unreadable(f"#{taken}", "field", "no text")

    made = arrow.batches(results(7))
    assert next(made).num_rows == 3
    assert taken == 3
    assert [batch.num_rows for batch in made] == [3, 1]
    assert list(arrow.batches([])) == []


# --- Parquet --------------------------------------------------------------------------------------


def test_parquet_files_hold_all_results(
    results: list[Result | Unreadable], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow, "ROWS_A_BATCH", 3)
    path, stream = tmp_path / "found.parquet", io.BytesIO()
    arrow.write_parquet(iter(results), path)
    arrow.write_parquet(iter(results), stream)
    assert path.read_bytes() == stream.getvalue()
    file = pq.ParquetFile(path)
    assert file.metadata.num_row_groups == 3
    assert file.schema_arrow.equals(arrow.schema())
    assert file.read().to_pylist() == list(map(arrow.row, results))
    assert [p.name for p in tmp_path.iterdir()] == ["found.parquet"]


def test_no_results_are_an_empty_parquet_file(tmp_path: Path) -> None:
    arrow.write_parquet([], tmp_path / "none.parquet")
    assert pq.read_table(tmp_path / "none.parquet").schema.equals(arrow.schema())


def test_an_error_leaves_the_file_that_was_there(
    results: list[Result | Unreadable], tmp_path: Path
) -> None:
    def broken() -> Iterator[Result | Unreadable]:
        yield results[0]
        raise OSError("the disk is gone")

    path = tmp_path / "found.parquet"
    path.write_bytes(b"as it was")
    with pytest.raises(OSError, match="the disk is gone"):
        arrow.write_parquet(broken(), path)
    assert path.read_bytes() == b"as it was"
    assert [p.name for p in tmp_path.iterdir()] == ["found.parquet"]


# --- annotate -------------------------------------------------------------------------------------


def test_annotations_alone(
    detector: Detector, pages: list[dict[str, Any]], results: list[Result | Unreadable]
) -> None:
    table = pa.Table.from_pylist(pages)
    found = arrow.annotate(table, detector, append=False)
    assert found.schema.equals(arrow.schema())
    expected = list(map(arrow.row, results))
    expected[5]["error"]["message"] = expected[5]["error"]["message"].replace("#6", "row 6")
    assert found.to_pylist() == expected


@pytest.mark.parametrize("kind", ["table", "chunks", "batch", "large", "dictionary"])
def test_annotations_behind_the_columns(
    detector: Detector, pages: list[dict[str, Any]], kind: str
) -> None:
    table = pa.Table.from_pylist([page | {"views": k} for k, page in enumerate(pages)])
    given = {
        "table": table,
        "chunks": pa.concat_tables([table.slice(0, 2), table.slice(2)]),
        "batch": table.to_batches()[0],
        "large": table.set_column(1, "text", table["text"].cast(pa.large_string())),
        "dictionary": table.set_column(1, "text", table["text"].dictionary_encode()),
    }[kind]
    found = arrow.annotate(given, detector)
    assert list(found.schema) == [*given.schema, *list(arrow.schema())[1:]]
    assert found.select(given.schema.names).equals(pa.table(given))
    alone = arrow.annotate(table, detector, append=False)
    assert found.select(COLUMNS[1:]).to_pylist() == alone.select(COLUMNS[1:]).to_pylist()


def test_columns_may_have_other_names(detector: Detector, pages: list[dict[str, Any]]) -> None:
    article, _, interview = pages[0]["text"].partition("\nInterview:")
    text = "Interview:" + interview
    table = pa.table({"key": [7], "body": [text], "before": [article]})
    found = arrow.annotate(table, detector, Fields("body", "key", "before"), append=False)
    expected = detector.detect(Document("7", text, preceding=article))
    assert found.to_pylist() == [arrow.row(expected)]


def test_rows_without_an_id_have_none(detector: Detector) -> None:
    table = pa.table({"text": ["A note.", None]})
    found = arrow.annotate(table, detector, append=False)
    assert found["id"].to_pylist() == [None, None]
    assert found["error"].to_pylist()[1]["message"].startswith("row 2: the field 'text'")


def test_an_empty_table_keeps_its_schema(detector: Detector) -> None:
    table = pa.table({"id": pa.array([], pa.int64()), "text": pa.array([], pa.string())})
    found = arrow.annotate(table, detector)
    assert list(found.schema) == [*table.schema, *list(arrow.schema())[1:]]
    assert arrow.annotate(table, detector, append=False).schema.equals(arrow.schema())


@pytest.mark.parametrize(
    ("columns", "append", "says"),
    [
        ({"body": ["A"]}, True, "no column 'text' among body; name the column of texts"),
        ({}, False, "no column 'text' among none"),
        ({"text": ["A"], "spans": [1], "error": [1]}, True, "the columns error, spans already"),
        ({"text": ["A"], "id": [[1]]}, False, "the column 'id' of ids holds list<.*int64.*>, not"),
    ],
)
def test_tables_that_do_not_fit_are_refused(
    detector: Detector, columns: dict[str, Any], append: bool, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        arrow.annotate(pa.table(columns), detector, append=append)


def test_without_pyarrow_the_extra_is_named(
    detector: Detector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = pa.table({"text": ["A note."]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'filler-detector\[parquet\]'"):
        arrow.annotate(table, detector)
    with pytest.raises(MissingExtraError):
        next(detector.detect_many(table))
    with pytest.raises(MissingExtraError):
        arrow.write_parquet([], tmp_path / "found.parquet")
    assert not list(tmp_path.iterdir())


# --- workers --------------------------------------------------------------------------------------


def test_a_worker_loads_a_detector_once_and_holds_to_one_thread(detector: Detector) -> None:
    from threadpoolctl import threadpool_info, threadpool_limits

    before = worker.detector()
    with threadpool_limits(2):
        strict = worker.detector(threshold="0.1%")
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
    assert strict.threshold != before.threshold == detector.threshold
    assert worker.detector(threshold="0.1%") is strict
    assert worker.detector() is before
