"""Cleaning Parquet: the texts change, nothing else does."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from detector import Detector
from detector.cleaning import parquet as cleaning
from detector.cli import main

pa = pytest.importorskip("pyarrow", reason="needs the extra parquet")
pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [path.read_bytes().decode() for path in sorted((ROOT / "seeds").glob("0*.txt"))]
ROWS = 7


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def table(**columns: Any) -> Any:
    texts = ["😀\r\n" + TEXTS[0], TEXTS[2], None, TEXTS[1], "", TEXTS[0], "A note."]
    made = {
        "url": [f"https://example.org/{k}" for k in range(ROWS)],
        "text": texts,
        "day": pa.array([datetime.date(2026, 1, k + 1) for k in range(ROWS)], pa.date32()),
        "when": pa.array([1_700_000_000_000_000_001] * ROWS, pa.timestamp("ns", "UTC")),
        "small": pa.array([1, None, 3, 4, 5, 6, 7], pa.int8()),
        "nested": [{"a": [k], "b": None} for k in range(ROWS)],
        "pairs": pa.array([[("k", k)] for k in range(ROWS)], pa.map_(pa.string(), pa.int32())),
        "nothing": pa.nulls(ROWS),
    }
    return pa.table(made | columns).replace_schema_metadata({"made": "by hand"})


def write(path: Path, pages: Any, **options: Any) -> Path:
    pq.write_table(pages, path, row_group_size=4, **options)
    return path


@pytest.fixture(params=[2, 1024], ids=["several groups", "one group"])
def _rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "ROWS", request.param)


@pytest.mark.usefixtures("_rows")
@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())], ids=str
)
@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_texts_change_and_nothing_else(
    kind: Any, codec: str, detector: Detector, tmp_path: Path
) -> None:
    pages = table()
    k = pages.schema.get_field_index("text")
    pages = pages.set_column(k, "text", pages["text"].cast(kind))
    path = write(tmp_path / "pages.parquet", pages, compression=codec)
    pages = pq.read_table(path)  # Parquet has other names for what lists hold
    result = run("clean", path, "--output", tmp_path / "cleaned")
    assert result.exit_code == 2, "a row has no text"
    assert f"{path}#3: " in result.stderr
    file = pq.ParquetFile(tmp_path / "cleaned" / path.name)
    back = file.read()
    assert back.schema.equals(pages.schema, check_metadata=True)
    cleaned = [t and detector.clean(t) for t in pages["text"].to_pylist()]
    assert back["text"].to_pylist() == cleaned != pages["text"].to_pylist()
    assert back.drop_columns("text").equals(pages.drop_columns("text"))
    written = file.metadata.row_group(0).column(0).compression
    assert written == {"none": "UNCOMPRESSED", "zstd": "ZSTD"}[codec]


def test_standard_output(detector: Detector, tmp_path: Path) -> None:
    path = write(tmp_path / "pages.parquet", table(text=[TEXTS[0]] * ROWS))
    result = run("clean", path)
    assert result.exit_code == 0
    back = pq.read_table(io.BytesIO(result.stdout_bytes))
    assert back["text"].to_pylist() == [detector.clean(TEXTS[0])] * ROWS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--input-format parquet -", "-: Parquet is cleaned from an uncompressed file alone"),
        ("{0} {1}", "2 files would run into each other on standard output"),
        ("--text-field body {0}", "{0}: no column 'body'; name another with --text-field"),
    ],
)
def test_refused(arguments: str, message: str, tmp_path: Path) -> None:
    paths = [write(tmp_path / name, table()) for name in ("1.parquet", "2.parquet")]
    result = run("clean", *arguments.format(*paths).split())
    assert result.exit_code == 2
    assert message.format(*paths) in result.stderr
    assert result.stdout == ""


def test_a_damaged_file_leaves_nothing_behind(tmp_path: Path) -> None:
    path = write(tmp_path / "pages.parquet", table())
    raw = bytearray(path.read_bytes())
    raw[4000:9000] = bytes(5000)
    path.write_bytes(raw)
    result = run("clean", path, "--output", tmp_path / "cleaned")
    assert result.exit_code == 2
    assert str(path) in result.stderr
    assert not list((tmp_path / "cleaned").glob("*")) if (tmp_path / "cleaned").exists() else True
