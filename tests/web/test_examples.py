"""The commands of docs/service.md that ask the service are answered."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
COMMANDS = [line for line in PAGE.splitlines() if line.startswith("curl ")]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("line", COMMANDS)
def test_curl(service: str, line: str) -> None:
    words = shlex.split(line.replace("http://127.0.0.1:8000", service))
    command = [words[0], "--silent", "--show-error", "--fail-with-body", *words[1:]]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=True)
    answers = done.stdout.splitlines() if "ndjson" in line else [done.stdout]
    if "/v1/clean" not in line:
        assert all(json.loads(answer) for answer in answers)
    assert b"error" not in done.stdout


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 4
