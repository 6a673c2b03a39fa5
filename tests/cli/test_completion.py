"""What shells are told when they complete a command line, and the manual pages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from detector.cli import main

ROOT = Path(__file__).resolve().parents[2]


def completed(words: str, shell: str) -> str:
    """What is offered for the last word of a command line."""
    at = words.count(" ")
    last = words.rpartition(" ")[2]
    env = {"COMP_WORDS": words, "COMP_CWORD": last if shell == "fish" else str(at)}
    env["_DETECTOR_COMPLETE"] = f"{shell}_complete"
    return CliRunner().invoke(main, [], prog_name="detector", env=env).output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("detector sc", "score"),
        ("detector score --max-f", "--max-false-alarms"),
        ("detector score --max-false-alarms 0", "0.1%"),
        ("detector score --format j", "jsonl"),
    ],
)
def test_what_is_offered(shell: str, words: str, offered: str) -> None:
    output = completed(words, shell)
    assert offered in output
    assert "calibrate" not in output


@pytest.mark.parametrize("command", ["score", "explain", "clean"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_paths_are_left_to_the_shell(command: str, shell: str) -> None:
    assert completed(f"detector {command} see", shell).startswith("file")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_lines_in_the_docs_print_a_script(shell: str) -> None:
    text = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert f"_DETECTOR_COMPLETE={shell}_source detector" in text
    env = {"_DETECTOR_COMPLETE": f"{shell}_source"}
    script = CliRunner().invoke(main, [], prog_name="detector", env=env)
    assert script.exit_code == 0
    assert f"{shell}_complete" in script.stdout


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("bash"), reason="needs bash")
def test_bash_completes(tmp_path: Path) -> None:
    """The whole way: bash evaluates the script and calls its function, which calls the command."""
    command = tmp_path / "detector"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m detector "$@"\n')
    command.chmod(0o755)
    program = (
        'eval "$(_DETECTOR_COMPLETE=bash_source detector)"\n'
        "COMP_WORDS=(detector ex) COMP_CWORD=1\n"
        '_detector_completion detector\necho "${COMPREPLY[@]}"\n'
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", program], env=env, capture_output=True, text=True)
    assert done.stdout.strip() == "explain", done.stderr


def test_manual_pages(tmp_path: Path) -> None:
    pytest.importorskip("click_man", reason="manual pages need click-man")
    # In a process of its own: commands remember the options of the context they were shown in.
    program = (
        "import sys\n"
        "from click_man.core import write_man_pages\n"
        "from detector.cli import main\n"
        "write_man_pages('detector', main, version='1', target_dir=sys.argv[1])\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, check=True)
    names = {f"detector-{name}.1" for name in main.commands} | {"detector.1"}
    assert {path.name for path in tmp_path.iterdir()} == names
    page = (tmp_path / "detector-score.1").read_text(encoding="utf-8")
    assert r"\-\-fail\-on" in page
    assert "detector score seeds/" in page
