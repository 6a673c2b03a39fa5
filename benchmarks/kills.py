"""Kill runs at random moments, go on with them, and compare with a run that nobody disturbed.

    python benchmarks/kills.py [--kills N] [--seed N]

Each run of ``detector score --output`` is ended once in one of these ways, and begun again with the
same command, until it gets to its end: SIGKILL to the run or to one of its workers, SIGTERM,
SIGINT to all of them as a terminal sends it, or a disk on which no part finds room. Prints how many
were killed, and fails if a part is ever incomplete, if a process survives its run, or if a finished
folder differs in a byte.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from throughput import corpus_pages

WAYS = ("kill the run", "kill a worker", "terminate", "interrupt", "disk full")
JOBS = 2
LONGEST = 3.0
"""Seconds up to which a run is left alone."""
PATIENCE = 60.0
"""Seconds until a process that should have ended is given up."""

Contents = dict[str, bytes]


def make_inputs(folder: Path, n_pages: int) -> list[str]:
    """JSONL with some records that cannot be read, and a folder of texts; what to score."""
    texts = corpus_pages(n_pages)
    records = [
        json.dumps({"text": t, "url": f"https://s{k % 3}.example/{k}"}) for k, t in enumerate(texts)
    ]
    records[::7] = ["no record"] * len(records[::7])
    (folder / "pages.jsonl").write_text("\n".join(records), encoding="utf-8")
    (folder / "texts").mkdir()
    for k, text in enumerate(texts[: n_pages // 4]):
        (folder / "texts" / f"{k}.txt").write_text(text, encoding="utf-8")
    return [str(folder / "pages.jsonl"), str(folder / "texts")]


def start(
    inputs: list[str], output: Path, preexec: Callable[[], object] = os.getpid
) -> subprocess.Popen[bytes]:
    """Begin a run, or go on with it, in a process group of its own."""

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # in the background it may be ignored
        preexec()

    options = ["--output", str(output), "--jobs", str(JOBS), "--shard-bytes", "60000"]
    return subprocess.Popen(
        [sys.executable, "-m", "detector", "score", *options, *inputs],
        stderr=subprocess.PIPE,
        preexec_fn=prepare,
        start_new_session=True,
    )


def contents(output: Path) -> Contents:
    """Every file of a folder."""
    return {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in output.rglob("*")
        if path.is_file()
    }


def workers(run: int) -> list[int]:
    """The processes that score for a run."""
    try:
        children = Path(f"/proc/{run}/task/{run}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in children if b"spawn_main" in _command(int(child))]


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def disturb(run: subprocess.Popen[bytes], way: str, chance: random.Random) -> None:
    """End a run, and see that none of its processes outlives it."""
    if way != "disk full":
        time.sleep(chance.uniform(0, LONGEST))
    while way == "kill a worker" and not workers(run.pid) and run.poll() is None:
        time.sleep(0.01)
    at_work = workers(run.pid)
    if way == "kill the run":
        run.kill()
    elif way == "kill a worker" and at_work:
        os.kill(chance.choice(at_work), signal.SIGKILL)
    elif way == "terminate":
        run.terminate()
    elif way == "interrupt":
        os.killpg(run.pid, signal.SIGINT)
    run.communicate(timeout=PATIENCE)
    due = time.monotonic() + PATIENCE
    while any(map(_command, at_work)):
        if time.monotonic() > due:
            raise SystemExit(f"after '{way}' a worker goes on")
        time.sleep(0.01)


def kills(inputs: list[str], output: Path, n: int, chance: random.Random) -> Iterator[str]:
    """Disturb runs ``n`` times and finish them; yields each way when a run really ended by it."""
    run = start(inputs, output)
    run.communicate()
    expected = contents(output)
    if "summary.json" not in expected:
        raise SystemExit("a run that nobody disturbed did not end")
    shutil.rmtree(output)
    done = 0
    while done < n:
        way = WAYS[done % len(WAYS)]
        limit = (resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
        full = way == "disk full"
        run = start(inputs, output, lambda: resource.setrlimit(*limit) if full else None)  # noqa: B023
        disturb(run, way, chance)
        found = contents(output) if output.exists() else {}
        if "summary.json" in found and run.returncode == 2 and not full:
            check(found, expected)
            shutil.rmtree(output)
        else:
            check({k: v for k, v in found.items() if k.startswith("part-")}, expected, part=True)
            done += 1
            yield way
    start(inputs, output).communicate()
    check(contents(output), expected)


def check(found: Contents, expected: Contents, part: bool = False) -> None:
    """End with a message unless a folder, or ``part`` of one, holds what it should."""
    for name in found if part else found | expected:
        if found.get(name) != expected.get(name):
            raise SystemExit(f"{name}: not what a run gives that nobody disturbed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        inputs = make_inputs(Path(name), 1000)
        chance = random.Random(options.seed)
        for way in kills(inputs, Path(name, "out"), options.kills, chance):
            counts[way] += 1
            print(f"{sum(counts.values())} {way}", flush=True)
    print(f"{sum(counts.values())} kills ({dict(counts)}), nothing lost, nothing doubled")


if __name__ == "__main__":
    main()
