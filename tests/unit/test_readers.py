"""Reading pages: what paths stand for, and what becomes of the bytes found there."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import pytest

from detector.readers import (
    DEFAULT_FIELDS,
    Fields,
    InputFormat,
    Source,
    Stdin,
    find,
    pages,
    read,
)
from detector.readers.stdin import CHUNK
from detector.types import Document, Unreadable


def sources(*paths: object, input_format: InputFormat = InputFormat.AUTO) -> list[Source]:
    found = list(find(map(str, paths), input_format))
    assert all(isinstance(source, Source) for source in found)
    return [source for source in found if isinstance(source, Source)]


def page(path: Path, content: bytes, fields: Fields = DEFAULT_FIELDS) -> Document | Unreadable:
    """The only page of a file with this content."""
    path.write_bytes(content)
    (only,) = pages(read(find([str(path)]), fields))
    return only


def refusal(page: Document | Unreadable) -> Unreadable:
    assert isinstance(page, Unreadable)
    return page


# --- finding ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with pages, and with things beside them that are none."""
    record = json.dumps({"text": "a"}).encode()
    for name, content in {
        "b.txt": b"",
        "a.md": b"",
        "C.TEXT": b"",
        "shard.jsonl": b"\n" + record,
        "shard.ndjson": record,
        "deep/er/d.txt": b"",
        "picture.png": b"",
        "README.md": b"",
        ".hidden.txt": b"",
        ".git/e.txt": b"",
    }.items():
        path = tmp_path / "pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "pages"


@pytest.mark.parametrize(
    ("input_format", "names"),
    [
        ("auto", ["C.TEXT", "a.md", "b.txt", "shard.jsonl", "shard.ndjson", "deep/er/d.txt"]),
        ("text", ["C.TEXT", "a.md", "b.txt", "deep/er/d.txt"]),
        ("jsonl", ["shard.jsonl", "shard.ndjson"]),
    ],
)
def test_a_folder_stands_for_its_pages_in_order(
    folder: Path, input_format: str, names: list[str]
) -> None:
    found = sources(folder, input_format=InputFormat(input_format))
    assert [source.name for source in found] == names
    assert [str(source) for source in found] == [str(folder / name) for name in names]


def test_a_jsonl_file_of_something_else_is_skipped_in_a_folder_with_a_warning(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gold = folder / "gold.jsonl"
    gold.write_text('{"spans": []}\n')
    assert "gold.jsonl" not in [source.name for source in sources(folder)]
    assert caplog.messages == [
        f"{gold}: skipped, its first record has no field 'text'; name the file itself to read it"
    ]
    assert [source.name for source in sources(gold)] == ["gold.jsonl"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b"[" * 100_000])
def test_a_damaged_jsonl_file_in_a_folder_is_not_skipped(folder: Path, content: bytes) -> None:
    (folder / "damaged.jsonl").write_bytes(content)
    assert "damaged.jsonl" in [source.name for source in sources(folder)]


def test_a_folder_without_texts_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "picture.png").touch()
    (found,) = find([str(tmp_path)], InputFormat.TEXT)
    only_text = "(*.md, *.text, *.txt); name a file or another folder"
    assert found == Unreadable(
        str(tmp_path), "missing", f"{tmp_path}: no texts in this folder {only_text}"
    )


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.txt", ["b.txt"]),
        ("**/*.txt", ["b.txt", "deep/er/d.txt"]),
        ("d*/er/*", ["deep/er/d.txt"]),
        ("deep/er/?.txt", ["d.txt"]),
    ],
)
def test_a_pattern_stands_for_the_files_that_match(
    folder: Path, pattern: str, names: list[str]
) -> None:
    assert [source.name for source in sources(folder / pattern)] == names


def test_a_pattern_without_matches_is_an_error(folder: Path) -> None:
    (found,) = find([str(folder / "*.html")])
    assert isinstance(found, Unreadable)
    assert (found.kind, found.id) == ("missing", str(folder / "*.html"))
    assert "correct the pattern" in found.message


def test_a_name_with_brackets_is_a_file_if_it_exists(tmp_path: Path) -> None:
    path = tmp_path / "page[1].txt"
    path.touch()
    assert sources(path) == [Source(path, "page[1].txt", InputFormat.TEXT)]


@pytest.mark.parametrize(
    ("path", "input_format", "compression", "found"),
    [
        ("a.jsonl", "auto", "", "jsonl"),
        ("a.NDJSON", "auto", "", "jsonl"),
        ("a.jsonl.gz", "auto", ".gz", "jsonl"),
        ("a.JSONL.ZST", "auto", ".zst", "jsonl"),
        ("a.txt.gz", "auto", ".gz", "text"),
        ("a.gz", "auto", ".gz", "text"),
        ("a.gz", "jsonl", ".gz", "jsonl"),
        ("a.log", "auto", "", "text"),
        ("a", "auto", "", "text"),
        ("a.txt", "jsonl", "", "jsonl"),
        ("a.jsonl", "text", "", "text"),
        ("-", "auto", "", "text"),
        ("-", "jsonl", "", "jsonl"),
    ],
)
def test_format(path: str, input_format: str, compression: str, found: str) -> None:
    (source,) = sources(path, input_format=InputFormat(input_format))
    assert (source.format, source.compression) == (found, compression)


# --- text files -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"three little words", "three little words"),
        (b"a\r\nb\rc\n\n", "a\r\nb\rc\n\n"),
        (b"\xef\xbb\xbfcaf\xc3\xa9", "café"),
        (b"\xef\xbb\xbf\xef\xbb\xbfa", "\ufeffa"),
        ("İ 👩‍👩‍👧 \u2028".encode(), "İ 👩‍👩‍👧 \u2028"),
    ],
    ids=["empty", "short", "line breaks", "mark", "only one mark", "unicode"],
)
def test_a_text_file_is_one_page_as_it_stands(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "page.txt"
    assert page(path, content) == Document(str(path), text)


@pytest.mark.parametrize(
    ("content", "kind", "what"),
    [
        (b"caf\xe9 noir", "encoding", "not UTF-8 (invalid continuation byte at byte 3)"),
        (b"\xef\xbb\xbfabc\xff", "encoding", "not UTF-8 (invalid start byte at byte 6)"),
        (b"\x89PNG\r\n\0\0", "binary", "not text (NUL at byte 6)"),
        ("page".encode("utf-16-le"), "binary", "not text (NUL at byte 1)"),
    ],
    ids=["latin-1", "behind the mark", "binary", "utf-16 without a mark"],
)
def test_what_is_no_utf8_text_is_refused(
    tmp_path: Path, content: bytes, kind: str, what: str
) -> None:
    path = tmp_path / "page.txt"
    found = refusal(page(path, content))
    assert (found.id, found.kind) == (str(path), kind)
    assert found.message.startswith(f"{path}: {what}; convert it to UTF-8")


def test_a_missing_file_is_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    missing, there = tmp_path / "missing.txt", tmp_path / "there.txt"
    there.write_text("text")
    assert list(pages(read(find([str(missing), str(there)])))) == [
        Unreadable(str(missing), "missing", f"{missing}: no such file or folder; correct the path"),
        Document(str(there), "text"),
    ]


def test_a_file_that_the_system_refuses(tmp_path: Path) -> None:
    source = Source(tmp_path, "folder", InputFormat.TEXT)
    (only,) = pages(read([source]))
    found = refusal(only)
    assert found.kind == "access"
    assert "Is a directory" in found.message


# --- JSONL ------------------------------------------------------------------------------------


def test_a_record_becomes_a_document(tmp_path: Path) -> None:
    record = {"text": "a\r\n", "id": "x", "preceding": "p", "url": "http://u", "other": [1]}
    found = page(tmp_path / "a.jsonl", json.dumps(record).encode())
    assert found == Document("x", "a\r\n", "p", "http://u")


def test_fields_can_have_other_names(tmp_path: Path) -> None:
    record = json.dumps({"body": "a", "key": 7, "article": "p", "text": 0}).encode()
    found = page(tmp_path / "a.jsonl", record, Fields("body", "key", "article"))
    assert found == Document("7", "a", "p")


@pytest.mark.parametrize("own_id", ["", None, [], {}, 1.5], ids=repr)
def test_a_record_without_a_usable_id_is_called_by_its_line(tmp_path: Path, own_id: object) -> None:
    path = tmp_path / "a.jsonl"
    found = page(path, b"\n \n" + json.dumps({"text": "a", "id": own_id}).encode())
    assert found.id == f"{path}#3"


@pytest.mark.parametrize(
    ("line", "kind", "what"),
    [
        (b'{"text": "a"', "json", "not JSON (Expecting ',' delimiter, column 13)"),
        (b"plain text", "json", "not JSON (Expecting value"),
        (b"[" * 100_000, "json", "not JSON (maximum recursion depth exceeded"),
        (b"9" * 5000, "json", "not JSON (Exceeds the limit"),
        (b'["text"]', "json", "not a JSON object; correct the record"),
        (b'{"text": "\xff"}', "encoding", "not UTF-8 (invalid start byte at byte 10 of the line)"),
        (b'{"body": "a"}', "field", "no field 'text'; add it or name another with --text-field"),
        (b'{"text": null}', "field", "the field 'text' is not a string"),
        (b'{"text": ["a"]}', "field", "the field 'text' is not a string"),
        (b'{"text": "a", "preceding": 1}', "field", "the field 'preceding' is not a string"),
    ],
    ids=[
        "cut off",
        "no json",
        "deep",
        "huge number",
        "no object",
        "encoding",
        "no text",
        "null text",
        "list text",
        "preceding",
    ],
)
def test_a_bad_record_is_refused_and_the_rest_is_read(
    tmp_path: Path, line: bytes, kind: str, what: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "before"}\n' + line + b'\n{"text": "behind", "id": "z"}')
    before, bad, behind = pages(read(find([str(path)])))
    assert before == Document(f"{path}#1", "before")
    assert behind == Document("z", "behind")
    found = refusal(bad)
    assert (found.id, found.kind) == (f"{path}#2", kind)
    assert found.message.startswith(f"{path}#2: {what}")


def test_a_bad_record_keeps_its_id_and_the_message_says_where(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    found = refusal(page(path, b'{"id": "x"}'))
    assert found.id == "x"
    assert found.message.startswith(f"{path}#1: ")


def test_a_byte_order_mark_and_blank_lines_are_no_records(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    found = page(path, b'\xef\xbb\xbf{"text": "a", "id": "x"}\r\n\r\n  \n')
    assert found == Document("x", "a")


def test_originals_give_the_file_back(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [b'{"text": "a"}\r\n', b"bad\n", b'{"text": "b"}']
    path.write_bytes(b"".join(lines))
    assert [original.raw for original in read(find([str(path)]))] == lines


# --- standard input ---------------------------------------------------------------------------


def stdin_pages(content: BinaryIO, input_format: InputFormat) -> list[Document | Unreadable]:
    return list(pages(read(find(["-"], input_format), stdin=Stdin(content))))


def test_standard_input_is_a_text_unless_told() -> None:
    content = b'{"text": "a"}\n{"text": "b"}\n'
    assert stdin_pages(io.BytesIO(content), InputFormat.AUTO) == [Document("-", content.decode())]
    assert stdin_pages(io.BytesIO(content), InputFormat.JSONL) == [
        Document("-#1", "a"),
        Document("-#2", "b"),
    ]


class Pipe:
    """A pipe whose lines are received by :class:`Stdin`."""

    def __init__(self) -> None:
        read_end, self._write_end = os.pipe()
        self._stream = os.fdopen(read_end, "rb")
        self.stdin = Stdin(self._stream)

    def send(self, content: bytes) -> None:
        os.write(self._write_end, content)

    def end(self) -> None:
        os.close(self._write_end)

    def close(self) -> None:
        self._stream.close()


@pytest.fixture
def pipe() -> Iterable[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_a_pipe_waits_until_a_line_is_complete(pipe: Pipe) -> None:
    assert not pipe.stdin.waits(), "reading has not begun"
    lines = pipe.stdin.lines()
    pipe.send(b"one\ntwo\nthr")
    assert next(lines) == b"one\n"
    assert not pipe.stdin.waits()
    assert next(lines) == b"two\n"
    assert pipe.stdin.waits(), "half a line is there"
    pipe.send(b"ee")
    assert pipe.stdin.waits()
    pipe.send(b"\n")
    assert not pipe.stdin.waits()
    assert next(lines) == b"three\n"
    pipe.send(b"no line break")
    pipe.end()
    assert not pipe.stdin.waits()
    assert list(lines) == [b"no line break"]
    assert not pipe.stdin.waits(), "it has ended"


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_lines_of_any_length_come_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "lines"
    line = b"x" * size + b"\n"
    path.write_bytes(line * 3 + b"end")
    with path.open("rb") as stream:
        assert list(Stdin(stream).lines()) == [line, line, line, b"end"]
    assert list(Stdin(io.BytesIO(line * 3 + b"end")).lines()) == [line, line, line, b"end"]
