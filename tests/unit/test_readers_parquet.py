"""Reading Parquet: rows become pages, whatever the size of its row groups."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from detector.errors import MissingExtraError
from detector.readers import Fields, InputFormat, Options, Original, Stdin, find, read
from detector.types import Document, Unreadable

pyarrow = pytest.importorskip("pyarrow", reason="needs the extra parquet")
parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")

ROWS = [
    {"id": "one", "text": "a\r\n", "preceding": "p", "url": "http://u", "n": 1},
    {"id": None, "text": "Ünicode \U0001f600", "preceding": None, "url": None, "n": 2},
    {"id": "three", "text": None, "preceding": None, "url": None, "n": 3},
]


def write(path: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    parquet.write_table(pyarrow.Table.from_pylist(rows), path, **options)
    return path


def originals(path: Path, *arguments: Any, **options: Any) -> list[Original]:
    return list(read(find([str(path)]), *arguments, **options))


def test_rows_become_pages(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", ROWS)
    found = [original.page for original in originals(path)]
    assert found == [
        Document("one", "a\r\n", "p", "http://u"),
        Document(f"{path}#2", "Ünicode \U0001f600"),
        Unreadable(
            "three",
            "field",
            f"{path}#3: the field 'text' is not a string; correct the record",
        ),
    ]


@pytest.mark.parametrize("row_group_size", [1, 2, 70, 1000])
def test_rows_are_counted_through_row_groups(tmp_path: Path, row_group_size: int) -> None:
    rows = [{"text": f"page {k}"} for k in range(1, 201)]
    path = write(tmp_path / "a.parquet", rows, row_group_size=row_group_size)
    assert [original.page for original in originals(path)] == [
        Document(f"{path}#{k}", f"page {k}") for k in range(1, 201)
    ]


def test_whole_records_are_kept_if_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", ROWS)
    assert [original.record for original in originals(path)] == [None] * 3
    whole = originals(path, options=Options(whole_records=True))
    assert [original.record for original in whole] == ROWS


@pytest.mark.parametrize(
    "kind", [pyarrow.large_string(), pyarrow.dictionary(pyarrow.int32(), pyarrow.string())], ids=str
)
def test_texts_of_every_type(tmp_path: Path, kind: Any) -> None:
    table = pyarrow.table({"body": pyarrow.array(["a", "b", "a"]).cast(kind), "id": [7, 8, 9]})
    path = tmp_path / "a.parquet"
    parquet.write_table(table, path)
    found = [original.page for original in originals(path, Fields(text="body"))]
    assert found == [Document("7", "a"), Document("8", "b"), Document("9", "a")]


def test_without_the_text_column(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [{"body": "a"}] * 9)
    (only,) = originals(path)
    assert only.page == Unreadable(
        str(path), "field", f"{path}: no column 'text'; name another with --text-field"
    )


def test_a_table_of_something_else_is_skipped_in_a_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / "other.parquet", [{"spans": 1}])
    pages = write(tmp_path / "pages.parquet", ROWS)
    assert [str(source) for source in find([str(tmp_path)])] == [str(pages)]
    assert "other.parquet: skipped, its first record has no field 'text'" in caplog.text


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all", b"PAR1" * 99])
def test_what_is_no_parquet(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    (only,) = originals(path)
    assert isinstance(only.page, Unreadable)
    assert (only.page.id, only.page.kind) == (str(path), "damaged")


def test_a_damaged_column_ends_the_file_behind_the_rows_before(tmp_path: Path) -> None:
    rows = [{"text": f"page {k} " + "x" * 1000} for k in range(2000)]
    options = {"row_group_size": 1000, "compression": "gzip", "use_dictionary": False}
    path = write(tmp_path / "a.parquet", rows, **options)
    content = bytearray(path.read_bytes())
    column = parquet.ParquetFile(path).metadata.row_group(1).column(0)
    middle = column.data_page_offset + column.total_compressed_size // 2
    content[middle : middle + 500] = b"\xff" * 500
    path.write_bytes(content)
    *before, last = [original.page for original in originals(path)]
    assert len(before) >= 1000
    assert all(isinstance(page, Document) for page in before)
    assert isinstance(last, Unreadable)
    assert last.kind == "damaged"


def test_a_column_that_expands_too_far(tmp_path: Path) -> None:
    rows = [{"text": "a" * 50_000 + str(k)} for k in range(200)]
    path = write(tmp_path / "a.parquet", rows, compression="zstd", use_dictionary=False)
    (only,) = originals(path)
    assert isinstance(only.page, Unreadable)
    assert only.page.kind == "size"
    assert len(originals(path, options=Options(max_expansion=100_000))) == 200


def test_a_row_beyond_the_limit(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [{"text": "ü" * 50}, {"text": "ü" * 51}, {"text": "a"}])
    kinds = [
        getattr(original.page, "kind", "")
        for original in originals(path, options=Options(max_document_bytes=100))
    ]
    assert kinds == ["", "size", ""]


def test_standard_input(tmp_path: Path) -> None:
    content = write(tmp_path / "a.parquet", ROWS).read_bytes()
    sources = find(["-"], InputFormat.PARQUET)
    found = [original.page.id for original in read(sources, stdin=Stdin(io.BytesIO(content)))]
    assert found == ["one", "-#2", "three"]


def test_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.parquet", ROWS)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'filler-detector\[parquet\]'"):
        originals(path)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """One row group of 150 MB of text is read in far less memory than it takes."""
    path = tmp_path / "a.parquet"
    text = "".join(chr(33 + k * 7919 % 90) for k in range(30_000))
    with parquet.ParquetWriter(path, pyarrow.schema({"text": pyarrow.string()})) as writer:
        rows = [f"{k} {text[k % 997 :]}" for k in range(5000)]
        writer.write_table(pyarrow.table({"text": rows}), row_group_size=5000)
    del rows
    program = (
        "import resource; from detector.readers import find, read; import pyarrow.parquet\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"n = sum(len(o.page.text) for o in read(find([{str(path)!r}])))\n"
        "print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    chars, kilobytes = map(int, done.stdout.split())
    assert chars > 140_000_000
    assert kilobytes < 60_000
