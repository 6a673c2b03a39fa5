"""Memory and scaling of ``detector score --output``.

    python benchmarks/bulk.py memory [MB ...]    peak of all processes of a run, by size of input
    python benchmarks/bulk.py scaling [ROUNDS [MB]]  one process, two, and two that know nothing of
                                                 each other, in turn

Inputs are JSONL of composed corpus pages, each with words of its own. Memory is what the run and
its workers hold together (resident sets; what they share counts for each). Seconds of scaling are
counted from when every run has begun a part, so that the loading of the model is left out: it is
the same for any input.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from throughput import corpus_pages

JOBS = 2
PAGES = 2_000
SHARD_BYTES = 1_000_000
"""So small that no process waits long for the last part of the other."""
EVERY = 0.05
"""Seconds between two looks at a run."""


def make_input(path: Path, megabytes: float, texts: list[str]) -> None:
    """JSONL of about this size; no page is twice the same."""
    with path.open("w", encoding="utf-8") as stream:
        k = 0
        while stream.tell() < megabytes * 1e6:
            for text in texts:
                words = f"{text} Report{k} of Place{k // 7} by Name{k // 3}."
                stream.write(json.dumps({"text": words, "url": f"https://s{k % 999}.example/{k}"}))
                stream.write("\n")
                k += 1
                if stream.tell() >= megabytes * 1e6:
                    break


def start(source: Path, output: Path, jobs: int) -> subprocess.Popen[bytes]:
    options = ["--output", str(output), "--jobs", str(jobs), "--overwrite"]
    options += ["--shard-bytes", str(SHARD_BYTES)]
    return subprocess.Popen(
        [sys.executable, "-m", "detector", "score", *options, str(source)],
        stderr=subprocess.PIPE,
    )


def finish(run: subprocess.Popen[bytes]) -> None:
    message = run.communicate()[1].decode()
    if run.returncode:
        raise SystemExit(message)


def memory(folder: Path, sizes: list[float]) -> None:
    texts = corpus_pages(PAGES)
    for megabytes in sizes:
        source = folder / "pages.jsonl"
        make_input(source, megabytes, texts)
        begun = time.perf_counter()
        run = start(source, folder / "out", JOBS)
        peak, processes = 0, psutil.Process(run.pid)
        while run.poll() is None:
            peak = max(peak, resident(processes))
            time.sleep(EVERY)
        finish(run)
        seconds = time.perf_counter() - begun
        pages = json.loads((folder / "out" / "summary.json").read_text())["pages"]
        print(
            f"{source.stat().st_size / 1e6:7.0f} MB, {pages:,} pages, {JOBS} processes: "
            f"peak {peak / 1e6:.0f} MB, {seconds:.0f} s, {pages / seconds:.0f} pages/s",
            flush=True,
        )


def resident(run: psutil.Process) -> int:
    """Bytes that a process and those it started hold."""
    total = 0
    try:
        for process in [run, *run.children(recursive=True)]:
            total += process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0
    return total


def seconds_of(folder: Path, sources: list[Path], jobs: int) -> float:
    """Seconds until runs over all ``sources`` at once have ended, from when each has begun."""
    outputs = [folder / f"out{k}" for k, _ in enumerate(sources)]
    runs = [start(source, output, jobs) for source, output in zip(sources, outputs, strict=True)]
    for output, run in zip(outputs, runs, strict=True):
        while not any(output.glob(".work/part-*.tmp")) and run.poll() is None:
            time.sleep(EVERY / 10)
    begun = time.perf_counter()
    for run in runs:
        finish(run)
    return time.perf_counter() - begun


def scaling(folder: Path, rounds: int, megabytes: float) -> None:
    texts = corpus_pages(PAGES)
    whole, *halves = (folder / name for name in ("whole.jsonl", "a.jsonl", "b.jsonl"))
    make_input(whole, megabytes, texts)
    for half in halves:
        make_input(half, megabytes / 2, texts)
    ways = {"one process": ([whole], 1), "two": ([whole], 2), "two runs of one": (halves, 1)}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (sources, jobs) in ways.items():
            times[name].append(seconds_of(folder, list(sources), jobs))
    one = times["one process"]
    for name, seconds in times.items():
        gains = [a / b for a, b in zip(one, seconds, strict=True)]
        print(
            f"{name:16} best {min(seconds):6.2f} s, median {statistics.median(seconds):6.2f} s; "
            f"times one: best {min(one) / min(seconds):.2f}, "
            f"median of rounds {statistics.median(gains):.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["memory", "scaling"])
    parser.add_argument("numbers", type=float, nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bulk-") as name:
        if options.what == "memory":
            memory(Path(name), options.numbers or [200, 2000])
        else:
            rounds, megabytes = (*options.numbers, *(5, 64)[len(options.numbers) :])
            scaling(Path(name), int(rounds), megabytes)


if __name__ == "__main__":
    main()
