"""``detector score --output``: what it writes, what it says, and that no kill costs anything."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from detector.cli import main

ROOT = Path(__file__).resolve().parents[2]
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
KILLS = 6
SHARD = "9000"


def score(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own; it starts others."""
    command = [sys.executable, "-m", "detector", "score", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeds as texts, and as JSONL of two sites with a bad record between them."""
    folder = tmp_path_factory.mktemp("inputs")
    records = []
    for k, path in enumerate(SEEDS):
        text = path.read_bytes().decode()
        (folder / path.name).write_bytes(text.encode())
        records.append(json.dumps({"text": text, "url": f"https://site{k % 2}.example/{k}"}))
    records.insert(2, "no record")
    (folder / "pages.jsonl").write_text("\n".join(records))
    return folder


@pytest.fixture(scope="module")
def finished(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run in two processes."""
    output = tmp_path_factory.mktemp("run") / "out"
    done = score("--output", output, "--jobs", 2, "--shard-bytes", SHARD, inputs)
    assert done.returncode == 2, done.stderr
    assert "10 pages, 4 with filler (40.0%), 16,438 characters of filler" in done.stderr
    assert "1 not read (json 1), see rejects.jsonl" in done.stderr
    return output


def contents(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in output.iterdir()}


def test_parts_and_rejects_are_what_standard_output_gets(inputs: Path, finished: Path) -> None:
    assert {p.name for p in finished.iterdir() if not p.name.startswith("part-")} == {
        "plan.jsonl",
        "rejects.jsonl",
        "summary.json",
    }
    parts = sorted(finished.glob("part-*.jsonl"))
    assert len(parts) > 3
    lines = score("--format", "jsonl", inputs).stdout.splitlines(keepends=True)
    rejects = [line for line in lines if "error" in json.loads(line)]
    assert "".join(path.read_text() for path in parts) == "".join(
        line for line in lines if line not in rejects
    )
    assert (finished / "rejects.jsonl").read_text() == "".join(rejects)
    assert len(rejects) == 1


def test_the_summary_counts_by_site(inputs: Path, finished: Path) -> None:
    found = json.loads((finished / "summary.json").read_text())
    assert (found["pages"], found["marked"], found["rejects"]) == (10, 4, {"json": 1})
    assert list(found["sites"]) == [str(inputs), "site0.example", "site1.example"]
    assert [site["pages"] for site in found["sites"].values()] == [5, 3, 2]
    assert found["sites"]["site1.example"]["frames"]


def test_the_number_of_processes_changes_no_byte(
    inputs: Path, finished: Path, tmp_path: Path
) -> None:
    score("--output", tmp_path / "out", "--shard-bytes", SHARD, inputs)
    assert contents(tmp_path / "out") == contents(finished)


def test_a_finished_run_has_nothing_left_to_do(inputs: Path, finished: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.iterdir()}
    done = score("--output", finished, "--shard-bytes", SHARD, inputs)
    assert (done.returncode, "10 pages" in done.stderr) == (2, True)
    assert {path: path.stat().st_mtime_ns for path in finished.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--threshold", 3], "its threshold is"),
        (["--format", "csv"], "its output_format is jsonl, now it would be csv"),
        (["--compress", "gz"], "its compression is"),
        (["--text-field", "body"], "its fields is"),
        ([SEEDS[0]], "holds a run over other inputs"),
        (["--format", "text"], "is for standard output; leave out --output"),
    ],
)
def test_another_run_is_refused(
    inputs: Path, finished: Path, arguments: list[object], message: str
) -> None:
    options = ["--output", finished, "--shard-bytes", SHARD]
    done = CliRunner().invoke(main, list(map(str, ["score", *options, inputs, *arguments])))
    assert (done.exit_code, message in done.stderr) == (2, True)


def test_overwrite_begins_anew(finished: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    assert score("--output", output, "--shard-bytes", SHARD, *SEEDS).returncode == 0
    done = score("--output", output, "--compress", "gz", "--overwrite", SEEDS[0])
    assert done.returncode == 0
    assert sorted(contents(output)) == [
        "part-00000.jsonl.gz",
        "plan.jsonl",
        "rejects.jsonl",
        "summary.json",
    ]
    packed = (output / "part-00000.jsonl.gz").read_bytes()
    assert json.loads(gzip.decompress(packed))["id"] == str(SEEDS[0])


def test_fail_on(tmp_path: Path) -> None:
    """Also of a run that has ended before."""
    for fail_on, code in (("0.64", 1), ("0.7", 0), ("0.64", 1)):
        done = score("--output", tmp_path / "out", "--fail-on", fail_on, SEEDS[0], SEEDS[1])
        assert done.returncode == code


@pytest.mark.parametrize(
    ("path", "message"), [("-", "standard input cannot be read"), ("gone.txt", "no such file")]
)
def test_inputs_that_cannot_be_read_again_are_refused(
    tmp_path: Path, path: str, message: str
) -> None:
    done = CliRunner().invoke(main, ["score", "--output", str(tmp_path / "out"), path])
    assert (done.exit_code, message in done.stderr) == (2, True)


def test_a_folder_that_is_read_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A page.")
    output = tmp_path / "deep" / "out"
    done = CliRunner().invoke(main, ["score", "--output", str(output), str(tmp_path)])
    assert (done.exit_code, "which is read; name another" in done.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_unordered_gives_the_same_pages(inputs: Path) -> None:
    arguments = ("--format", "jsonl", "--jobs", 2, inputs)
    ordered, unordered = (score(*arguments, *more).stdout for more in ((), ("--unordered",)))
    assert sorted(unordered.splitlines()) == sorted(ordered.splitlines())
    assert len(ordered.splitlines()) == 11


def test_an_interrupt_says_how_to_go_on(kills: ModuleType, tmp_path: Path) -> None:
    sources = kills.make_inputs(tmp_path, 300)
    run = kills.start(sources, tmp_path / "out")
    due = time.monotonic() + kills.PATIENCE
    while not list(tmp_path.glob("out/part-*")) and time.monotonic() < due:
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGINT)
    message = run.communicate(timeout=kills.PATIENCE)[1].decode()
    assert run.returncode == 130
    assert "parts are finished; the same command does the rest" in message
    assert "Traceback" not in message
    assert not list(tmp_path.glob("out/.work/*.tmp"))


# --- kills ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kills() -> Iterator[ModuleType]:
    """The script that kills runs."""
    folder = ROOT / "benchmarks"
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("kills", folder / "kills.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(folder))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds processes in /proc")
def test_kills_cost_nothing(kills: ModuleType, tmp_path: Path) -> None:
    sources = kills.make_inputs(tmp_path, 300)
    ended = list(kills.kills(sources, tmp_path / "out", KILLS, random.Random(5)))
    assert set(ended) == set(kills.WAYS)
    assert len(ended) == KILLS
