"""Reading what is compressed: whole, in several frames, cut off, damaged, or far too much."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from detector.errors import MissingExtraError
from detector.readers import Options, Original, find, read
from detector.readers.compression import FREE_BYTES
from detector.types import Document, Unreadable

zstandard = pytest.importorskip("zstandard", reason="needs the extra zst")

Compress = Callable[[bytes], bytes]
each_compression = pytest.mark.parametrize(
    ("suffix", "compress"),
    [(".gz", gzip.compress), (".zst", zstandard.ZstdCompressor().compress)],
    ids=["gzip", "zstandard"],
)
RECORDS = [json.dumps({"text": f"page {k} ü", "id": str(k), "n": k}) + "\n" for k in range(500)]
LINES = "".join(RECORDS).encode()


def originals(path: Path, options: Options = Options()) -> list[Original]:  # noqa: B008
    return list(read(find([str(path)]), options=options))


def refusals(found: list[Original]) -> list[Unreadable]:
    return [original.page for original in found if isinstance(original.page, Unreadable)]


@each_compression
def test_records_come_as_from_the_plain_file(
    tmp_path: Path, suffix: str, compress: Compress
) -> None:
    path = tmp_path / f"pages.jsonl{suffix}"
    path.write_bytes(compress(LINES))
    found = originals(path)
    assert b"".join(original.raw for original in found) == LINES
    assert found[7].page == Document("7", "page 7 ü")
    assert found[7].record == {"text": "page 7 ü", "id": "7", "n": 7}


@each_compression
def test_a_text_is_one_page(tmp_path: Path, suffix: str, compress: Compress) -> None:
    path = tmp_path / f"page.txt{suffix}"
    path.write_bytes(compress(b"One.\r\nTwo.\n"))
    assert [original.page for original in originals(path)] == [
        Document(str(path), "One.\r\nTwo.\n")
    ]


@each_compression
def test_frames_follow_each_other(tmp_path: Path, suffix: str, compress: Compress) -> None:
    path = tmp_path / f"pages.jsonl{suffix}"
    pieces = [LINES[:5_000], b"", LINES[5_000:5_001], LINES[5_001:]]
    path.write_bytes(b"".join(map(compress, pieces)))
    assert b"".join(original.raw for original in originals(path)) == LINES


def test_padding_behind_gzip_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "pages.jsonl.gz"
    path.write_bytes(gzip.compress(LINES) + b"\0" * 20_000)
    assert len(originals(path)) == len(RECORDS)


@each_compression
@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.999])
def test_where_a_file_breaks_off_that_is_said_behind_the_pages_before(
    tmp_path: Path, suffix: str, compress: Compress, share: float
) -> None:
    path = tmp_path / f"pages.jsonl{suffix}"
    whole = compress(LINES)
    path.write_bytes(whole[: int(share * len(whole))])
    *before, last = originals(path)
    assert last.page == Unreadable(
        str(path), "damaged", f"{path}: damaged (it breaks off); get or make the file again"
    )
    assert LINES.startswith(b"".join(original.raw for original in before))
    assert all(isinstance(original.page, Document) for original in before)


@each_compression
@pytest.mark.parametrize("content", [b"plain text", b"\0" * 99], ids=["text", "zeros"])
def test_what_is_not_compressed_at_all(
    tmp_path: Path, suffix: str, compress: Compress, content: bytes
) -> None:
    path = tmp_path / f"page.txt{suffix}"
    path.write_bytes(content)
    (found,) = refusals(originals(path))
    assert (found.id, found.kind) == (str(path), "damaged")


@each_compression
def test_a_bomb_ends_early(tmp_path: Path, suffix: str, compress: Compress) -> None:
    path = tmp_path / f"bomb.jsonl{suffix}"
    record = b'{"text": "a"}\n'
    path.write_bytes(compress(record * (40 * FREE_BYTES // len(record))))
    *before, last = originals(path, Options(max_expansion=20))
    assert isinstance(last.page, Unreadable)
    assert (last.page.kind, last.page.id) == ("size", str(path))
    assert last.page.message == (
        f"{path}: expands to more than 20 times its size; if you trust it, raise --max-expansion"
    )
    assert sum(len(original.raw) for original in before) < 20 * FREE_BYTES


@each_compression
def test_little_may_expand_by_any_ratio(tmp_path: Path, suffix: str, compress: Compress) -> None:
    path = tmp_path / f"page.txt{suffix}"
    path.write_bytes(compress(b"a" * FREE_BYTES))
    assert not refusals(originals(path, Options(max_expansion=1)))


def test_zstandard_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    path = tmp_path / "page.txt.zst"
    path.touch()
    with pytest.raises(MissingExtraError, match=r"pip install 'filler-detector\[zst\]'"):
        originals(path)


# --- caps on one page -----------------------------------------------------------------------------


def test_a_text_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(b"x" * 100)
    assert not refusals(originals(path, Options(max_document_bytes=100)))
    (found,) = refusals(originals(path, Options(max_document_bytes=99)))
    assert found == Unreadable(
        str(path),
        "size",
        f"{path}: more than 99 bytes; if it is a page, raise --max-document-bytes",
    )


@pytest.mark.parametrize("size", [65, 66, 100, 70_000, 200_000])
@pytest.mark.parametrize("last", [False, True])
def test_a_record_beyond_the_limit_is_refused_and_the_rest_is_read(
    tmp_path: Path, size: int, last: bool
) -> None:
    path = tmp_path / "pages.jsonl"
    long = b'{"text": "' + b"x" * (size - 12) + b'"}'
    lines = [b'{"text": "a"}', long] + ([] if last else [b'{"text": "b"}'])
    path.write_bytes(b"\n".join(lines))
    pages = [original.page for original in originals(path, Options(max_document_bytes=64))]
    assert [page.id for page in pages] == [f"{path}#{k}" for k in range(1, len(lines) + 1)]
    assert [getattr(page, "kind", "") for page in pages] == ["", "size", ""][: len(lines)]
