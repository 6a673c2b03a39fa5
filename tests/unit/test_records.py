"""What detect_many takes: texts, records, rows of tables, and what is none of these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from detector import ConfigError, Detector, Document, ReadError, Unreadable
from detector.records import documents

NOTE = "A note."


@pytest.mark.parametrize(
    ("item", "document"),
    [
        (NOTE, Document("text", NOTE)),
        (Document("d", NOTE), Document("d", NOTE)),
        ({"text": NOTE}, Document("#1", NOTE)),
        ({"text": NOTE, "id": "a", "other": 3}, Document("a", NOTE)),
        ({"text": NOTE, "id": 7}, Document("7", NOTE)),
        ({"text": NOTE, "id": None, "preceding": None}, Document("#1", NOTE)),
        ({"text": NOTE, "preceding": "Said."}, Document("#1", NOTE, "Said.")),
        ({"text": NOTE, "url": "https://a"}, Document("#1", NOTE, url="https://a")),
        ({"text": NOTE, "url": 3}, Document("#1", NOTE)),
        (Unreadable("x", "missing", "gone"), Unreadable("x", "missing", "gone")),
    ],
)
def test_what_becomes_a_document(item: Any, document: Document | Unreadable) -> None:
    assert list(documents([item])) == [document]


@pytest.mark.parametrize(
    ("item", "identity", "says"),
    [
        ({}, "#2", "#2: no field 'text'; add it"),
        ({"id": "a"}, "a", "#2: no field 'text'; add it"),
        ({"text": None}, "#2", "#2: the field 'text' is not a string; correct the record"),
        ({"id": "a", "text": 7}, "a", "the field 'text' is not a string"),
        ({"text": b"A note."}, "#2", "the field 'text' is not a string"),
        ({"text": NOTE, "preceding": ["x"]}, "#2", "the field 'preceding' is not a string"),
        (None, "#2", "#2: neither text nor record but NoneType; give a string"),
        (b"A note.", "#2", "#2: neither text nor record but bytes"),
        (7, "#2", "#2: neither text nor record but int"),
        ([NOTE], "#2", "#2: neither text nor record but list"),
        (Document("d", None), "d", "document 'd': the text or preceding text"),  # type: ignore[arg-type]
        (Document("d", NOTE, 3), "d", "document 'd': the text or preceding"),  # type: ignore[arg-type]
    ],
)
def test_a_bad_record_is_an_error_in_its_place(
    detector: Detector, item: Any, identity: str, says: str
) -> None:
    before, bad, after = detector.detect_many([NOTE, item, NOTE])
    assert (before, after) == (detector.detect(NOTE), detector.detect(NOTE))
    assert isinstance(bad, Unreadable)
    assert (bad.id, bad.kind) == (identity, "field")
    assert says in bad.message


@pytest.mark.parametrize("one", [NOTE, b"A note.", {"text": NOTE}, Document("d", NOTE)])
def test_one_document_is_no_sequence(detector: Detector, one: Any) -> None:
    with pytest.raises(ConfigError, match=r"put it into a list, or use detect\(\)"):
        next(detector.detect_many(one))


def test_one_bad_document_raises(detector: Detector) -> None:
    with pytest.raises(ReadError, match="neither text nor record but NoneType"):
        detector.detect(None)  # type: ignore[arg-type]


def test_records_are_read_as_they_are_asked_for() -> None:
    taken = 0

    def endless() -> Iterator[dict[str, str]]:
        nonlocal taken
        while True:
            taken += 1
            yield {"text": NOTE}

    found = documents(endless())
    assert [next(found).id for _ in range(3)] == ["#1", "#2", "#3"]
    assert taken == 3


# --- Arrow ----------------------------------------------------------------------------------------

RECORDS: list[dict[str, Any]] = [
    {"id": "a", "text": NOTE, "preceding": "Said.", "url": "https://a", "views": 3},
    {"id": None, "text": None, "preceding": None, "url": None, "views": None},
    {"id": "c", "text": "Ö 😀\r\n", "preceding": None, "url": None, "views": 1},
]
FOUND = [
    Document("a", NOTE, "Said.", "https://a"),
    Unreadable("#2", "field", "#2: the field 'text' is not a string; correct the record"),
    Document("c", "Ö 😀\r\n"),
]


def test_a_table_stands_for_its_rows() -> None:
    pa = pytest.importorskip("pyarrow", reason="needs the extra parquet")
    table = pa.Table.from_pylist(RECORDS)
    assert list(documents(table)) == FOUND
    assert list(documents(table.to_batches()[0])) == FOUND
    assert list(documents(pa.RecordBatchReader.from_batches(table.schema, table.to_batches()))) == (
        FOUND
    )
    numbers = [found.id for found in documents([NOTE, table, {}])]
    assert numbers == ["text", "a", "#3", "c", "#5"]


def test_a_long_table_is_turned_into_objects_in_part() -> None:
    pa = pytest.importorskip("pyarrow", reason="needs the extra parquet")
    table = pa.table({"text": [f"note {k}" for k in range(3000)]})
    found = list(documents([table, table.slice(2990)]))
    assert [d.text for d in found if isinstance(d, Document)] == [
        f"note {k}" for k in [*range(3000), *range(2990, 3000)]
    ]
    assert found[-1].id == "#3010"


def test_a_column_of_texts_is_a_sequence_of_texts() -> None:
    pa = pytest.importorskip("pyarrow", reason="needs the extra parquet")
    column = pa.chunked_array([[NOTE], ["B", None]])
    assert list(documents(column))[:2] == [Document("text", NOTE), Document("text", "B")]
    assert [found.id for found in documents(column)] == ["text", "text", "#3"]
    assert list(documents(pa.array([NOTE]))) == [Document("text", NOTE)]


@pytest.mark.parametrize("package", ["polars", "pandas"])
def test_frames_and_their_columns(package: str) -> None:
    pytest.importorskip("pyarrow", reason="needs the extra parquet")
    frames = pytest.importorskip(package, reason=f"needs {package}")
    frame = frames.DataFrame({"id": ["a", "b"], "text": [NOTE, "B"], "n": [1.5, None]})
    assert list(documents(frame)) == [Document("a", NOTE), Document("b", "B")]
    assert list(documents(frame["text"])) == [Document("text", NOTE), Document("text", "B")]
