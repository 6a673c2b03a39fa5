"""Reading every format: the same pages come out of each, and what is wrong is said in its place."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.errors import MissingExtraError
from detector.readers import InputFormat, Options, Original, Stdin, find, read
from detector.types import Document, Unreadable

Write = Callable[[list[dict[str, str]]], bytes]


def originals(
    path: Path | str, asked: str = "auto", options: Options | None = None
) -> list[Original]:
    given = options or Options()
    return list(read(find([str(path)], InputFormat(asked), options=given), options=given))


def pages(path: Path | str, asked: str = "auto", **options: Any) -> list[Document | Unreadable]:
    return [original.page for original in originals(path, asked, Options(**options))]


def kinds(found: list[Document | Unreadable]) -> list[str]:
    return [page.kind if isinstance(page, Unreadable) else "" for page in found]


# --- the same pages in every format ---------------------------------------------------------------


def as_jsonl(records: list[dict[str, str]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def as_table(delimiter: str, records: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, ["id", "text", "url"], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


def as_parquet(records: list[dict[str, str]]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    out = io.BytesIO()
    schema = pyarrow.schema([(name, pyarrow.string()) for name in ("id", "text", "url")])
    parquet.write_table(pyarrow.Table.from_pylist(records, schema), out, row_group_size=2)
    return out.getvalue()


def as_zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def as_tar(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


RECORD_FORMATS: dict[str, Write] = {
    "a.jsonl": as_jsonl,
    "a.jsonl.gz": lambda records: gzip.compress(as_jsonl(records)),
    "a.csv": lambda records: as_table(",", records),
    "a.csv.gz": lambda records: gzip.compress(as_table(",", records)),
    "a.tsv": lambda records: as_table("\t", records),
    "a.parquet": as_parquet,
    "a.zip": lambda records: as_zip({"in/a.jsonl": as_jsonl(records)}),
    "a.tar": lambda records: as_tar({"in/a.csv": as_table(",", records)}),
    "a.tgz": lambda records: gzip.compress(as_tar({"in/a.jsonl": as_jsonl(records)})),
}
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
RECORDS = st.lists(st.fixed_dictionaries({"text": TEXT, "url": TEXT}), min_size=1, max_size=5)


@pytest.mark.parametrize("name", RECORD_FORMATS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(records=RECORDS)
def test_records_come_back_from_every_format(
    tmp_path: Path, name: str, records: list[dict[str, str]]
) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="needs the extra parquet")
    numbered = [{"id": f"#{k}", **record} for k, record in enumerate(records)]
    path = tmp_path / name
    path.write_bytes(RECORD_FORMATS[name](numbered))
    assert pages(path) == [Document(r["id"], r["text"], url=r["url"]) for r in numbered]


FILES = {"b/two.md": b"Two", "one.txt": b"One\r\n", "three.txt.gz": gzip.compress(b"Three")}
BESIDE = {
    "picture.png": b"\x89PNG",
    ".hidden.txt": b"h",
    "README.md": b"r",
    "__MACOSX/_one.txt": b"m",
}
ARCHIVES: dict[str, Callable[[Mapping[str, bytes]], bytes]] = {
    "a.zip": as_zip,
    "a.tar": as_tar,
    "a.tar.gz": lambda files: gzip.compress(as_tar(files)),
}
each_archive = pytest.mark.parametrize("name", ARCHIVES)


@each_archive
def test_texts_of_an_archive_in_its_order(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(ARCHIVES[name]({**FILES, **BESIDE}))
    assert pages(path) == [
        Document(f"{path}/b/two.md", "Two"),
        Document(f"{path}/one.txt", "One\r\n"),
        Document(f"{path}/three.txt.gz", "Three"),
    ]
    assert [page.id for page in pages(tmp_path)] == [page.id for page in pages(path)]


@each_archive
def test_members_of_one_format(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(ARCHIVES[name]({"a.jsonl": b'{"text": "a"}', "b.txt": b"b"}))
    assert pages(path, "text") == [Document(f"{path}/b.txt", "b")]


@each_archive
def test_an_archive_without_texts(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(ARCHIVES[name](BESIDE))
    assert kinds(pages(path)) == ["missing"]


@each_archive
def test_one_bad_member_does_not_keep_the_others_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    members = {"a.txt": b"\xff", "b.txt.gz": b"no gzip", "c.txt": b"x" * 99, "d.txt": b"fine"}
    path.write_bytes(ARCHIVES[name](members))
    assert kinds(pages(path, max_document_bytes=50)) == ["encoding", "damaged", "size", ""]


@each_archive
@pytest.mark.parametrize("share", [0, 0.31, 0.71])
def test_an_archive_that_breaks_off(tmp_path: Path, name: str, share: float) -> None:
    path = tmp_path / name
    whole = ARCHIVES[name]({f"{k}.txt": f"page {k}".encode() * 100 for k in range(20)})
    path.write_bytes(whole[: int(share * len(whole))])
    found = kinds(pages(path))
    n_whole = found.index("damaged")
    assert found[n_whole:] in (["damaged"], ["damaged"] * 2), "a member, and the archive"
    assert set(found[:n_whole]) <= {""}


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_an_archive_that_expands_too_far(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    bomb = {"a.txt": b"0" * 3_000_000, "b.txt": b"fine"}
    path.write_bytes(ARCHIVES[name](bomb))
    assert kinds(pages(path)) == ["size"]
    assert kinds(pages(path, max_expansion=5_000)) == ["", ""]


def test_a_member_of_a_zip_with_a_wrong_checksum(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:  # stored, so that a byte can be changed
        archive.writestr("a.txt", b"a text that will be changed")
        archive.writestr("b.txt", b"fine")
    path.write_bytes(path.read_bytes().replace(b"will be", b"WILL BE"))
    found = pages(path)
    assert kinds(found) == ["damaged", ""]
    assert found[0].id == f"{path}/a.txt"


def test_an_encrypted_member(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    content = bytearray(as_zip({"a.txt": b"a"}))
    content[6] |= 1  # the flag, in the member's own header
    content[content.index(b"PK\1\2") + 8] |= 1  # and in the directory
    path.write_bytes(content)
    assert kinds(pages(path)) == ["access"]


def test_a_tar_on_standard_input(tmp_path: Path) -> None:
    sources = find(["-"], InputFormat.TAR)
    found = [o.page for o in read(sources, stdin=Stdin(io.BytesIO(as_tar(FILES))))]
    assert [page.id for page in found] == ["-/b/two.md", "-/one.txt", "-/three.txt.gz"]


# --- CSV ------------------------------------------------------------------------------------------


def test_rows_are_called_by_the_line_where_they_begin(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbftext,n\n"two\nlines",1\n\nplain,2\n')
    found = originals(path)
    assert [original.page for original in found] == [
        Document(f"{path}#2", "two\nlines"),
        Document(f"{path}#5", "plain"),
    ]
    assert found[0].record == {"text": "two\nlines", "n": "1"}


def test_a_bad_row_is_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,text\n1,a\n2\n3,b,c\n4,caf\xe9\n5,e\n")
    found = pages(path)
    assert kinds(found) == ["", "csv", "csv", "encoding", ""]
    assert isinstance(found[1], Unreadable)
    assert found[1].message == f"{path}#3: 1 columns, but the header has 2; correct the row"


def test_a_quote_that_never_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'id,text\n1,a\n2,"' + b"b\n" * 200_000)
    assert kinds(pages(path, max_document_bytes=150_000)) == ["", "csv"]


@pytest.mark.parametrize("content", [b"", b"id,text\n"])
def test_a_table_without_rows(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert pages(path) == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "utf-8-sig"])
def test_tables_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,text\n1,für\n2,\u0a0a ist\n".replace("\u0a0a", "dies").encode(encoding))
    named = {} if encoding.endswith(("16", "sig")) else {"encoding": encoding}
    assert pages(path, **named) == [Document("1", "für"), Document("2", "dies ist")]


def test_rows_of_standard_input_come_one_by_one() -> None:
    sources = find(["-"], InputFormat.CSV)
    found = [o.page for o in read(sources, stdin=Stdin(io.BytesIO(b"text\na\nb\n")))]
    assert found == [Document("-#2", "a"), Document("-#3", "b")]


# --- encodings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_declares_the_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Grün \U0001f600\r\n".encode(encoding))
    assert pages(path) == [Document(str(path), "Grün \U0001f600\r\n")]


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Grün".encode("latin-1"))
    assert kinds(pages(path)) == ["encoding"]
    assert pages(path, encoding="latin-1") == [Document(str(path), "Grün")]
    path.write_bytes(b"\x81")
    assert kinds(pages(path, encoding="cp1252")) == ["encoding"]


# --- web archives ---------------------------------------------------------------------------------


def response(body: bytes, kind: str = "text/html", status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}\r\n".encode() + body


def warc(*records: tuple[str, bytes]) -> bytes:
    """A WARC file of ``(type, block)``."""
    out = []
    for k, (kind, block) in enumerate(records):
        content = "text/plain" if kind == "conversion" else "application/http; msgtype=response"
        head = (
            f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{k}>\r\n"
            f"WARC-Target-URI: http://site/{k}\r\nContent-Type: {content}\r\n"
            f"Content-Length: {len(block)}\r\n\r\n"
        )
        out.append(head.encode() + block + b"\r\n\r\n")
    return b"".join(out)


STORY = "<p>The council voted to close the bridge, and für the ferries.</p>"
LINE = "The council voted to close the bridge, and für the ferries."
CRAWL = (
    ("warcinfo", b"software: x\r\n"),
    ("response", response(STORY.encode(), "text/html; charset=utf-8")),
    ("response", response(STORY.encode("latin-1"), "text/html; charset=ISO-8859-1")),
    ("response", response(b"\x89PNG", "image/png")),
    ("response", response(b"<p>Not found.</p>", status="404 Not Found")),
    ("response", response(gzip.compress(STORY.encode()), more="Content-Encoding: gzip\r\n")),
    ("response", response(b"Plain text.", "text/plain")),
    ("response", response(b"no gzip", more="Content-Encoding: gzip\r\n")),
    ("response", response(b"x" * 5000)),
    ("conversion", b"Converted text.\nTwo lines.\n"),
)


@pytest.mark.parametrize("compressed", [False, True])
def test_pages_of_a_web_archive(tmp_path: Path, compressed: bool) -> None:
    pytest.importorskip("fastwarc", reason="needs the extra warc")
    path = tmp_path / ("a.warc.gz" if compressed else "a.warc")
    content = b"".join(gzip.compress(warc(r)) for r in CRAWL) if compressed else warc(*CRAWL)
    path.write_bytes(content)
    found = pages(path, max_document_bytes=4000)
    gone = [page.kind for page in found if isinstance(page, Unreadable)]
    assert gone == ["damaged", "size"]
    texts = [page.text if isinstance(page, Document) else page.kind for page in found]
    assert texts == [LINE, LINE, LINE, "Plain text.", *gone, "Converted text.\nTwo lines.\n"]
    if not compressed:
        first = found[0]
        assert isinstance(first, Document)
        assert (first.id, first.url) == ("<urn:uuid:1>", "http://site/1")
        assert (first.extractor or "").startswith("resiliparse ")


@pytest.mark.parametrize(
    ("cut", "expected"), [(30, ["", "damaged", "damaged"]), (160, ["", "damaged"]), (0, ["", ""])]
)
def test_a_web_archive_that_breaks_off(tmp_path: Path, cut: int, expected: list[str]) -> None:
    pytest.importorskip("fastwarc", reason="needs the extra warc")
    path = tmp_path / "a.warc"
    whole = warc(("response", response(STORY.encode())), ("response", response(b"<p>b</p>" * 9)))
    path.write_bytes(whole[: len(whole) - cut])
    assert kinds(pages(path)) == expected
    compressed = tmp_path / "a.warc.gz"
    content = gzip.compress(whole)
    compressed.write_bytes(content[: len(content) - cut])
    assert kinds(pages(compressed))[-1:] == expected[-1:]


@pytest.mark.parametrize("content", [b"no web archive " * 99, b"\0" * 5000])
def test_what_is_no_web_archive(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("fastwarc", reason="needs the extra warc")
    path = tmp_path / "a.warc"
    path.write_bytes(content)
    assert kinds(pages(path)) == ["damaged"]


def test_a_web_archive_on_standard_input() -> None:
    pytest.importorskip("fastwarc", reason="needs the extra warc")
    sources = find(["-"], InputFormat.WARC)
    found = [o.page for o in read(sources, stdin=Stdin(io.BytesIO(warc(*CRAWL[1:2]))))]
    assert kinds(found) == [""]


@pytest.mark.parametrize(
    ("name", "library", "extra"),
    [("a.warc", "fastwarc.warc", "warc"), ("a.html", "resiliparse.parse.html", "html")],
)
def test_without_its_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, library: str, extra: str
) -> None:
    from detector.readers import markup

    markup._library.cache_clear()
    monkeypatch.setitem(sys.modules, library, None)
    path = tmp_path / name
    path.write_bytes(b"<p>a</p>")
    with pytest.raises(MissingExtraError, match=rf"pip install 'filler-detector\[{extra}\]'"):
        pages(path)
