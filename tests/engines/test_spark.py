"""A local Spark annotates frames."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detector import ConfigError, arrow
from detector.records import Fields

pytest.importorskip("pyspark", reason="needs the extra spark")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17 or later", allow_module_level=True)

from pyspark.sql import DataFrame, SparkSession

from detector.adapters import spark as filler

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.execution.arrow.maxRecordsPerBatch", "7")
            .getOrCreate()
        )
        yield session
        session.stop()


@pytest.fixture
def frame(spark: SparkSession, pages: Rows) -> DataFrame:
    rows = [(page["id"], page["text"], k) for k, page in enumerate(pages)]
    return spark.createDataFrame(rows, "id string, text string, views int").repartition(3)


def rows_of(frame: DataFrame) -> Rows:
    return [row.asDict(recursive=True) for row in frame.collect()]


def test_columns_are_appended(
    frame: DataFrame, pages: Rows, expected: dict[str, dict[str, Any]]
) -> None:
    found = filler.annotate(frame)
    assert found.columns == [*frame.columns, *arrow.COLUMNS[1:]]
    rows = {row["id"]: row for row in rows_of(found)}
    assert {i: {name: row[name] for name in arrow.COLUMNS} for i, row in rows.items()} == expected
    assert [rows[page["id"]]["text"] for page in pages] == [page["text"] for page in pages]
    assert sorted(row["views"] for row in rows.values()) == list(range(len(pages)))


def test_the_fixed_schema(frame: DataFrame, expected: dict[str, dict[str, Any]]) -> None:
    found = filler.annotate(frame.drop("views"), threshold=20.0, append=False)
    span = "struct<start:bigint,end:bigint,label:string,form:string,score:double>"
    assert dict(found.dtypes) == {
        **dict.fromkeys(("id", "sha256", "model", "abstained"), "string"),
        **dict.fromkeys(("n_chars", "filler_chars"), "bigint"),
        "filler_fraction": "double",
        "error": "struct<kind:string,message:string>",
        "spans": f"array<{span}>",
    }
    rows = rows_of(found)
    assert {row["id"] for row in rows} == set(expected)
    assert sum(r["filler_chars"] for r in rows) < sum(r["filler_chars"] for r in expected.values())


def test_sql_on_spans_and_parquet_and_back(
    spark: SparkSession, frame: DataFrame, expected: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    filler.annotate(frame).write.parquet(str(tmp_path / "found"))
    spark.read.parquet(str(tmp_path / "found")).createOrReplaceTempView("found")
    counted = spark.sql(
        "SELECT span.form, count(*) FROM found LATERAL VIEW explode(spans) AS span GROUP BY 1"
    )
    forms = [span["form"] for row in expected.values() for span in row["spans"]]
    assert dict(counted.collect()) == {form: forms.count(form) for form in set(forms)}


def test_substring_counts_as_spans_do(
    frame: DataFrame, pages: Rows, expected: dict[str, dict[str, Any]]
) -> None:
    spans = filler.annotate(frame).selectExpr("id", "text", "explode(spans) AS span")
    cut = spans.selectExpr("id", "substring(text, span.start + 1, span.end - span.start) AS cut")
    texts = {page["id"]: page["text"] for page in pages}
    assert sorted(map(tuple, cut.collect())) == sorted(
        (i, texts[i][span["start"] : span["end"]])
        for i, row in expected.items()
        for span in row["spans"]
    )


def test_bad_rows_and_empty_partitions(spark: SparkSession) -> None:
    rows = [(1, None, "x"), (2, "A note.", None)]
    frame = spark.createDataFrame(rows, "key int, body string, before string").repartition(8)
    found = filler.annotate(frame, fields=Fields("body", "key", "before"), append=False)
    first, second = sorted(rows_of(found), key=lambda row: row["id"])
    assert (first["id"], first["error"]["kind"], first["spans"]) == ("1", "field", None)
    assert (second["id"], second["error"], second["spans"]) == ("2", None, [])


def test_frames_that_do_not_fit_are_refused_at_once(spark: SparkSession) -> None:
    with pytest.raises(ConfigError, match="no column 'text' among body"):
        filler.annotate(spark.createDataFrame([("A",)], "body string"))
    with pytest.raises(ConfigError, match="the columns spans already"):
        filler.annotate(spark.createDataFrame([("A", 1)], "text string, spans int"))
