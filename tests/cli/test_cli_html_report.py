"""``detector report``: what it writes, says and refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detector.cli import main

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "seeds"
FILLER = next(SEEDS.glob("000*.txt"))


def run(*arguments: object, stdin: bytes = b"") -> Result:
    result = CliRunner().invoke(main, ["report", *map(str, arguments)], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_one_page(tmp_path: Path) -> None:
    output = tmp_path / "new" / "report.html"
    result = run(FILLER, "-o", output)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == f"{output}: 1 page, 1 with filler\n"
    html = output.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "Threshold default: log-odds" in html
    assert list(output.parent.iterdir()) == [output]


def test_a_folder_in_several_processes_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one.html", tmp_path / "two.html"
    assert run(SEEDS, "-o", one).exit_code == run(SEEDS, "-o", two, "--jobs", 2).exit_code == 0
    assert one.read_bytes() == two.read_bytes()
    assert b"5 pages, 2 with filler" in one.read_bytes()


def test_records_with_urls_and_preceding_text(tmp_path: Path) -> None:
    article, _, interview = FILLER.read_bytes().decode().partition("\nInterview:")
    record = {"body": f"Interview:{interview}", "before": article, "url": "https://news.example/a"}
    lines = b"".join(json.dumps(record).encode() + b"\n" for _ in range(2))
    output = tmp_path / "report.html"
    fields = ("--text-field", "body", "--preceding-field", "before", "--input-format", "jsonl")
    assert run("-", *fields, "-o", output, stdin=lines).exit_code == 0
    html = output.read_text(encoding="utf-8")
    assert "<bdi>news.example</bdi>" in html
    assert html.count('class="pv-before"') == 2


def test_what_cannot_be_read_is_in_the_report_and_exits_with_2(tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"\x80\xfe<script>")
    output = tmp_path / "report.html"
    result = run(bad, FILLER, "-o", output)
    assert result.exit_code == 2
    assert f"Error: {bad}: not UTF-8" in result.stderr
    html = output.read_text(encoding="utf-8")
    assert "2 pages, 1 with filler, 1 not read" in html
    assert "not UTF-8" in html


def test_most_shown(tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    run(SEEDS, "-o", output, "--most-shown", 1)
    assert output.read_text(encoding="utf-8").count("<article") == 1


def test_an_input_is_not_overwritten(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("A page.")
    result = run(tmp_path, "-o", page)
    assert result.exit_code == 2
    assert "would overwrite an input" in result.stderr
    assert page.read_text() == "A page."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((FILLER,), "Missing option '-o' / '--output'"),
        ((FILLER, "-o", SEEDS), "is a directory"),
        ((FILLER, "-o", "x.html", "--most-shown", "-1"), "-1 is not in the range"),
    ],
)
def test_wrong_usage(arguments: tuple[object, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_the_real_command(tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    command = [sys.executable, "-m", "detector", "report", str(FILLER), "-o", str(output)]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=True)
    assert done.stdout == b""
    assert output.stat().st_size > 40_000
