"""Cleaning what is neither text nor JSONL nor Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detector import Detector
from detector.cli import main

ROOT = Path(__file__).resolve().parents[2]
FILLER = next((ROOT / "seeds").glob("000*.txt")).read_bytes().decode()
CLEAN = next((ROOT / "seeds").glob("002*.txt")).read_bytes().decode()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_tables_keep_their_other_columns(
    suffix: str, delimiter: str, detector: Detector, tmp_path: Path
) -> None:
    def table(*texts: str) -> str:
        lines = io.StringIO()
        rows = csv.writer(lines, delimiter=delimiter, lineterminator="\n")
        rows.writerow(["n", "text", "é, note"])
        rows.writerows([k, text, f'"{k}",\t\n'] for k, text in enumerate(texts))
        return lines.getvalue()

    path = tmp_path / f"pages.{suffix}.gz"
    path.write_bytes(gzip.compress((table(FILLER, CLEAN) + "too short\n").encode()))
    result = run("clean", path, "--output", tmp_path / "cleaned")
    assert result.exit_code == 2
    assert "too short" not in result.stdout
    assert "columns, but the header has 3" in result.stderr
    written = gzip.decompress((tmp_path / "cleaned" / path.name).read_bytes()).decode()
    assert written == table(detector.clean(FILLER), CLEAN)


def test_html_becomes_text(tmp_path: Path) -> None:
    pytest.importorskip("resiliparse", reason="needs the extra html")
    lines = "".join(f"<p>{line}</p>" for line in FILLER.splitlines() if line.strip())
    page = tmp_path / "page.html"
    page.write_text(f"<html><body><article>{lines}</article></body></html>", encoding="utf-8")
    assert run("clean", page, "--output", tmp_path / "cleaned").exit_code == 0
    written = (tmp_path / "cleaned" / "page.html.txt").read_text(encoding="utf-8")
    assert "North Korea" in written
    assert "Time.news Editor" not in written
    assert "<p>" not in written


def test_archives_become_jsonl(detector: Detector, tmp_path: Path) -> None:
    path = tmp_path / "pages.zip"
    record = {"id": "own", "text": FILLER, "n": [1]}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bad.txt", b"caf\xe9")
        archive.writestr("deep/filler.txt", FILLER)
        archive.writestr("records.jsonl", json.dumps(record))
    result = run("clean", path)
    assert result.exit_code == 2
    bad, text, whole = map(json.loads, result.stdout.splitlines())
    assert bad["error"]["kind"] == "encoding"
    assert text == {"id": f"{path}/deep/filler.txt", "text": detector.clean(FILLER)}
    assert whole == {"id": "own", "text": detector.clean(FILLER), "n": [1]}
    run("clean", path, "--output", tmp_path / "cleaned")
    assert [p.name for p in (tmp_path / "cleaned").iterdir()] == ["pages.zip.jsonl"]


@pytest.mark.parametrize(
    ("encoding", "options"),
    [
        ("utf-16", []),
        ("utf-8-sig", []),
        ("cp1252", ["--encoding", "cp1252"]),
        ("utf-16", ["--encoding", "utf-16"]),
    ],
)
def test_texts_keep_their_encoding(
    encoding: str, options: list[str], detector: Detector, tmp_path: Path
) -> None:
    for text in (FILLER, CLEAN):
        body = text.encode("cp1252", "ignore").decode("cp1252")
        page = tmp_path / "page.txt"
        page.write_bytes(body.encode(encoding))
        cleaned = run("clean", *options, page)
        assert cleaned.exit_code == 0
        assert cleaned.stdout_bytes == detector.clean(body).encode(encoding)
