"""Every line of shell in the documentation is run, or it is said which test does that.

The lines stand in blocks of shell, behind the prompt of a console, and under *Examples* in the help
of commands. They are run in a folder that has all the files they name.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from detector.cli import PIPE_CLOSED, main
from detector.retraining import DataFolder, pages_of

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "data" / "README.md"])

ELSEWHERE = {
    r"(python3 -m venv|pip install|pipx|uvx|uv tool)\b": "test_wheel.py installs; .ci/run sets up",
    r"\.venv/bin/": ".ci/run checks with all of these",
    r"(PAGES=\S+ )?docker ": "test_install.py, without the container around it",
    r'eval "\$\(_DETECTOR_|_DETECTOR_COMPLETE|click-man ': "cli/test_completion.py",
    r"curl ": "web/test_examples.py",
    r"detector serve": "cli/test_cli_serve.py",
    r"detector (train|mine|measure) ": "cli/test_cli_model.py, as it takes minutes",
    r"detector evaluate --attacks": "cli/test_cli_model.py, as it takes twenty times as long",
    r"detector evaluate --human \.\./": "needs the maintainers' human text",
    r"python (benchmarks|docs)/": "takes minutes, or a browser",
    r"python -m pytest ": "is these tests",
    r"prodigy ": "needs a licence of Prodigy",
    r"ls ": "docs/generate.py, with the line before",
}
"""Lines that begin so are not run here, and why."""


def lines() -> Iterator[tuple[str, str]]:
    """Every line of shell, and where it stands."""
    flags = re.MULTILINE | re.DOTALL
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for language, block in re.findall(r"^```(sh|console)\n(.*?)^```$", text, flags):
            prompt = "$ " if language == "console" else ""
            for line in block.splitlines():
                if line.startswith(prompt) and line.strip() and not line.startswith("#"):
                    yield line.removeprefix(prompt), page.name
    for name, command in main.commands.items():
        with click.Context(command):
            help_text = command.help or ""
        for line in help_text.partition("Examples:\n")[2].splitlines():
            yield line.strip(), f"detector {name} --help"


def elsewhere(line: str) -> bool:
    return any(re.match(pattern, line) for pattern in ELSEWHERE)


LINES = {line: place for line, place in lines() if line}
RUN = [line for line in LINES if not elsewhere(line)]


def test_every_line_that_is_not_run_is_there() -> None:
    for pattern in ELSEWHERE:
        assert any(re.match(pattern, line) for line in LINES), pattern
    assert len(RUN) > 30


TEXT = "The bridge closed on Friday.\nWhat do you think? Tell us in the comments below!"
LABELLED = {"id": "a", "text": TEXT, "spans": [{"start": 29, "end": 78, "label": "padded"}]}


@pytest.fixture(scope="module")
def desk(small_data: DataFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the documentation's commands name."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    for name in ("docs", "models"):
        (folder / name).symlink_to(ROOT / name)
    examples = sorted((ROOT / "docs" / "examples").glob("*.txt"))
    for name in ("pages", "crawl", "articles"):
        (folder / name).mkdir()
        for path in examples:
            shutil.copy(path, folder / name)
    for name in ("page.txt", "article.txt"):
        shutil.copy(examples[0], folder / name)
    texts = [path.read_text(encoding="utf-8") for path in examples]
    records = [{"id": str(k), "text": text, "body": text} for k, text in enumerate(texts)]
    write(folder / "pages.jsonl", records)
    with gzip.open(folder / "pages.jsonl.gz", "wb") as file:
        file.write((folder / "pages.jsonl").read_bytes())
    (folder / "dump").mkdir()
    for name in ("dump.jsonl.gz", "dump/part.jsonl.gz"):
        shutil.copy(folder / "pages.jsonl.gz", folder / name)
    (folder / "corpus" / "documents").mkdir(parents=True)
    (folder / "corpus" / "attributes" / "filler").mkdir(parents=True)
    shutil.copy(folder / "pages.jsonl.gz", folder / "corpus" / "documents" / "part-0.jsonl.gz")
    for name in ("our-pages.jsonl", "our-held-out-pages.jsonl"):
        write(folder / name, [LABELLED])
    honest = [page.text for page in pages_of(small_data.topics, dev=False) if not page.regions]
    write(folder / "our.jsonl", [{"text": text} for text in (honest * 3)[:100]])
    for name in ("our-pages", "our-honest-pages"):
        (folder / name).mkdir()
        shutil.copy(folder / "our.jsonl", folder / name)
    for name in ("my-model", "our-model"):
        shutil.copytree(ROOT / "models" / "default", folder / name)
    (folder / "human-text").mkdir()
    with gzip.open(folder / "human-text" / "letters.dev.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "x", "text": honest[0]}) + "\n")
    return folder


def write(path: Path, records: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


@pytest.fixture(scope="module")
def environment(small_data: DataFolder, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A path with the command, which takes a few stories for the base corpus, and a pager."""
    folder = tmp_path_factory.mktemp("bin")
    base = folder / "base"
    shutil.copytree(small_data.path, base)
    (dev_topic,) = (ROOT / "data" / "corpus" / "topics").glob("005-*.txt")
    shutil.copy(dev_topic, base / "corpus" / "topics")
    program = (
        "#!/bin/sh\n"
        "case $1 in evaluate|calibrate)\n"
        f'  name=$1; shift; set -- "$name" --base {shlex.quote(str(base))} "$@";;\n'
        "esac\n"
        f'exec {shlex.quote(sys.executable)} -m detector "$@"\n'
    )
    for name, text in (("detector", program), ("less", "#!/bin/sh\nexec cat\n")):
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("line", RUN)
def test_it_runs(line: str, desk: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """If a file is missing here, the fixture ``desk`` is the place for it."""
    if "--report" in line:
        pytest.importorskip("matplotlib", reason="plots need the extra plot")
    if "parquet" in line:
        pytest.importorskip("pyarrow", reason="Parquet needs the extra parquet")
    command = ["bash", "-eo", "pipefail", "-c", line]
    here = shutil.copytree(desk, tmp_path / "desk", symlinks=True)
    done = subprocess.run(command, cwd=here, env=environment, capture_output=True)
    wanted = {0, 1} if "--fail-on" in line else {0, PIPE_CLOSED} if "| head" in line else {0}
    assert done.returncode in wanted, f"{LINES[line]}: {done.stderr.decode()}"
    if ">" in line:
        assert (here / shlex.split(line)[-1]).stat().st_size
