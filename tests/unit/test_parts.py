"""Reading a file in parts gives what reading it whole gives."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.readers import InputFormat, Options, Part, Source, find, pages, read, read_part

LINES = st.lists(
    st.sampled_from(
        [
            b"",
            b"no record",
            b'{"text": "short"}',
            b'{"text": "own", "id": "x"}',
            b'{"text": "' + b"long " * 30 + b'"}',
            b'{"text": "' + b"too long " * 90 + b'"}',
            json.dumps({"text": "Düsseldorf 😀"}, ensure_ascii=False).encode(),
        ]
    ),
    max_size=12,
)


@given(LINES, st.integers(1, 400), st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.booleans())
def test_parts_give_together_what_the_file_gives(
    lines: list[bytes], size: int, line_break: bytes, ends: bool, marked: bool
) -> None:
    content = b"\xef\xbb\xbf" * marked + line_break.join(lines) + line_break * ends
    options = Options(max_document_bytes=500)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pages.jsonl")
        path.write_bytes(content)
        (source,) = find([str(path)])
        assert isinstance(source, Source)
        parts = []
        for start in range(0, max(len(content), 1), size):
            # A line begins with the file and behind every line break.
            first = 1 if start == 0 else content[: start - 1].count(b"\n") + 2
            part = Part(start, start + size, first)
            parts += pages(read_part(source, part, options=options))
        assert parts == list(pages(read([source], options=options)))


@pytest.mark.parametrize(
    ("name", "has_parts"),
    [("a.jsonl", True), ("a.ndjson", True), ("a.jsonl.gz", False), ("a.txt", False)],
)
def test_only_plain_jsonl_has_parts(name: str, has_parts: bool) -> None:
    (source,) = find([name])
    assert isinstance(source, Source)
    assert source.has_parts is has_parts


def test_standard_input_has_no_parts() -> None:
    assert not Source(None, "-", InputFormat.JSONL).has_parts
