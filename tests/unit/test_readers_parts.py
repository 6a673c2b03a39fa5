"""Cutting files into parts: together they have every page once, with the ids of the whole."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.readers import Options, Part, Source, find, read, read_part

LINE = st.sampled_from(
    [
        b'{"text": "a"}',
        json.dumps({"text": "Ein längerer Text"}, ensure_ascii=False).encode(),
        b'{"text": "x", "id": "own"}',
        b"",
        b"  ",
        b"no record",
        b'{"text": "' + b"z" * 60 + b'"}',
    ]
)
CONTENT = st.builds(
    lambda mark, lines, ending, last: mark + ending.join(lines) + (ending if last else b""),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(LINE, max_size=12),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
)
SHORT = Options(max_document_bytes=40)
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def source(path: Path) -> Source:
    (found,) = find([str(path)])
    assert isinstance(found, Source)
    return found


@in_one_folder
@given(content=CONTENT, cuts=st.lists(st.integers(0, 300), max_size=5))
def test_cuts_may_fall_anywhere(tmp_path: Path, content: bytes, cuts: list[int]) -> None:
    """A record belongs to the part that has its first byte."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    borders = sorted({0, *(min(cut, len(content)) for cut in cuts), len(content)})
    together = []
    for start, stop in itertools.pairwise(borders):
        begins = content.find(b"\n", start - 1) + 1 if start else 0
        at_end = begins == 0 < start
        first = content.count(b"\n", 0, len(content) if at_end else begins) + 1
        together += read_part(source(path), Part(start, stop, first), options=SHORT)
    assert together == list(read([source(path)], options=SHORT))


@pytest.mark.parametrize("size", [100, 3000, 10**9])
@pytest.mark.parametrize("use_dictionary", [False, True])
def test_parquet_is_cut_between_row_groups(tmp_path: Path, size: int, use_dictionary: bool) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="needs the extra parquet")
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")
    path = tmp_path / "a.parquet"
    table = pyarrow.table({"text": [f"page {k} " + "x" * 99 for k in range(100)]})
    parquet.write_table(table, path, row_group_size=7, use_dictionary=use_dictionary)
    together = []
    for start in range(0, path.stat().st_size, size):
        together += read_part(source(path), Part(start, start + size, 1))
    assert together == list(read([source(path)]))


@pytest.mark.parametrize(
    ("name", "has_parts"),
    [
        ("a.jsonl", True),
        ("a.parquet", True),
        ("a.jsonl.gz", False),
        ("a.txt", False),
        ("-", False),
    ],
)
def test_what_has_parts(name: str, has_parts: bool) -> None:
    (found,) = find([name])
    assert isinstance(found, Source)
    assert found.has_parts is has_parts
