"""Compressing by suffix: the same bytes every time, readable by others, the stream left open."""

from __future__ import annotations

import gzip
import io
import sys

import pytest

from detector.errors import MissingExtraError
from detector.writers.compression import compressed

DATA = [b'{"id": 1}\n', "é😀\n".encode(), b"x" * 100_000]


def packed(name: str) -> bytes:
    stream = io.BytesIO()
    with compressed(stream, name) as target:
        for piece in DATA:
            target.write(piece)
    return stream.getvalue()


def test_gzip() -> None:
    data = packed("pages.jsonl.GZ")
    assert gzip.decompress(data) == b"".join(DATA)
    assert data[4:8] == bytes(4), "no time"
    assert not data[3] & 0x08, "no name"
    assert data == packed("others.jsonl.gz")


def test_zstandard() -> None:
    zstandard = pytest.importorskip("zstandard", reason="needs the extra zst")
    data = packed("pages.jsonl.zst")
    reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data))
    assert reader.read() == b"".join(DATA)
    assert data == packed("others.jsonl.zst")


def test_no_suffix_means_no_compression() -> None:
    assert packed("pages.jsonl") == b"".join(DATA)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'filler-detector\[zst\]'"):
        packed("pages.jsonl.zst")
