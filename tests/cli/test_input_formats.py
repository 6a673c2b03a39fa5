"""Reading on the command line: formats by suffix and option, caps, kept texts."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from detector.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = next((ROOT / "seeds").glob("000*.txt"))
TEXT = PAGE.read_bytes().decode()


def score(
    *arguments: object, stdin: bytes = b"", code: int = 0
) -> tuple[list[dict[str, Any]], str]:
    """The records of ``detector score`` and what it says on standard error."""
    given = ["score", "--format", "jsonl", *map(str, arguments)]
    result = CliRunner().invoke(main, given, input=stdin)
    assert result.exit_code == code, result.output
    return [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def as_html(text: str) -> bytes:
    lines = "".join(f"<p>{line}</p>\n" for line in text.splitlines())
    return f"<meta charset=utf-8><body><article>{lines}</article></body>".encode()


def test_every_format_gives_the_same_spans(tmp_path: Path) -> None:
    record = json.dumps({"text": TEXT}).encode()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(record))
    (tmp_path / "b.csv").write_bytes(b'text\n"' + TEXT.replace('"', '""').encode() + b'"\n')
    (tmp_path / "c.txt").write_bytes(TEXT.encode("utf-16"))
    with tarfile.open(tmp_path / "d.tar", "w") as archive:
        archive.add(PAGE, "page.txt")
    records, _ = score(tmp_path)
    assert [Path(r["id"]).name for r in records] == ["a.jsonl.gz#1", "b.csv#2", "c.txt", "page.txt"]
    (expected,), _ = score(PAGE)
    assert all(r["spans"] == expected["spans"] for r in records)
    assert {r["sha256"] for r in records} == {expected["sha256"]}


def test_html_says_what_its_offsets_mean(tmp_path: Path) -> None:
    pytest.importorskip("resiliparse", reason="needs the extra html")
    path = tmp_path / "a.html"
    path.write_bytes(as_html(TEXT))
    (record,), _ = score("--keep-text", path)
    assert record["extractor"].startswith("resiliparse ")
    assert record["sha256"] == hashlib.sha256(record["text"].encode()).hexdigest()
    (span,) = record["spans"]
    assert record["text"][span["start"] :].startswith("Interview: The Future of")
    (without,), _ = score(path)
    assert record == {**without, "text": record["text"]}
    (from_stdin,), _ = score("--input-format", "html", "-", stdin=path.read_bytes())
    assert from_stdin == {**without, "id": "-"}


def test_the_text_is_kept_for_every_format(tmp_path: Path) -> None:
    (record,), _ = score("--keep-text", PAGE)
    assert record["text"] == TEXT
    result = CliRunner().invoke(main, ["score", "--keep-text", str(PAGE)])
    assert result.exit_code == 2
    assert "--keep-text goes with --format jsonl" in result.stderr


def test_caps_and_damage_are_said_and_the_rest_is_scored(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x" * 20_000)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}\n' * 9)[:-9])
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(b'{"text": ""}\n' * 200_000))
    (tmp_path / "d.txt").write_bytes(PAGE.read_bytes())
    records, said = score("--max-document-bytes", 10_000, "--max-expansion", 10, tmp_path, code=2)
    kinds = [record["error"]["kind"] for record in records if "error" in record]
    assert kinds == ["size", "damaged", "size"]
    assert records[-1]["spans"]
    assert said.count("Error: ") == 3


def test_an_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("für alle\n".encode("latin-1"))
    (record,), _ = score("--encoding", "latin-1", "--keep-text", path)
    assert record["text"] == "für alle\n"
    _, said = score("--encoding", "klingon", path, code=2)
    assert "'klingon' is no encoding of text" in said
    _, said = score("--encoding", "hex", path, code=2)
    assert "'hex' is no encoding of text" in said


def test_rows_on_standard_input_are_answered_as_they_come() -> None:
    command = [sys.executable, "-m", "detector", "score", "--format", "jsonl"]
    with subprocess.Popen(
        [*command, "--input-format", "csv", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"id,text\none,Only a few words here.\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == "one"
        process.stdin.write(b"two,And a few more.\n")
        process.stdin.close()
        assert json.loads(process.stdout.readline())["id"] == "two"


def test_a_tar_stream_is_read_member_by_member() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.add(PAGE, "page.txt")
    (record,), _ = score("--input-format", "tar", "-", stdin=out.getvalue())
    assert record["id"] == "-/page.txt"
    assert record["spans"]
