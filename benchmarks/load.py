"""How quickly and how steadily ``detector serve`` answers.

    python benchmarks/load.py [--rate PAGES_A_SECOND] [--seconds S] [--cpu N]

Starts the service on a free port of this machine, pins it to one core where the system can, and
sends it pages of 5,000 characters at a steady rate from this process, over connections that stay
open. Times count from when a page was due, not from when it was sent, so that a service that falls
behind cannot hide it. ``--rate 0`` sends as fast as the answers come. While that goes on, /healthz
is asked ten times a second. On Linux the processor time of the service is printed too, which tells
what it takes on a machine that others use as well.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from throughput import corpus_pages

MAX_SECONDS = 600
MAX_REQUESTS = 200_000
HEALTH_EVERY = 0.1


class Client:
    """Sends pages and keeps what became of them."""

    def __init__(self, netloc: str, bodies: list[bytes]) -> None:
        self._netloc, self._bodies = netloc, itertools.cycle(bodies)
        self._local = threading.local()
        self.statuses: Counter[str] = Counter()
        self.times: list[float] = []

    def send(self, due: float) -> None:
        """Send the next page at ``due``, by the performance counter, or now if that is over."""
        time.sleep(max(0.0, due - time.perf_counter()))
        self.record(due, "POST", "/v1/detect", next(self._bodies))

    def record(self, due: float, method: str, path: str, body: bytes | None = None) -> None:
        try:
            response = self._connection().getresponse_of(method, path, body)
        except OSError as error:
            response = type(error).__name__
            self._local.connection = None
        self.times.append(time.perf_counter() - due)
        self.statuses[response] += 1

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = Connection(self._netloc, timeout=30)
        return connection


class Connection(http.client.HTTPConnection):
    """A connection that stays open."""

    def getresponse_of(self, method: str, path: str, body: bytes | None) -> str:
        """The status of an answer that was read to its end."""
        self.request(method, path, body, {"Content-Type": "application/json"})
        response = self.getresponse()
        response.read()
        return str(response.status)


@contextmanager
def service(cpu: int | None) -> Iterator[tuple[str, int]]:
    """A service: where it listens, and its process."""
    command = [sys.executable, "-m", "detector", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            found = re.search(r"http://(\S+)", process.stderr.readline())
            if found is None:
                raise SystemExit("the service did not start")
            if cpu is not None and hasattr(os, "sched_setaffinity"):
                for thread in Path(f"/proc/{process.pid}/task").iterdir():
                    os.sched_setaffinity(int(thread.name), {cpu})
            yield found[1], process.pid
        finally:
            process.terminate()


def ask_health(client: Client, end: threading.Event) -> None:
    while not end.wait(HEALTH_EVERY):
        client.record(time.perf_counter(), "GET", "/healthz")


def processor_seconds(pid: int) -> float | None:
    """Processor time that a process has taken; None where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(
    netloc: str, pid: int, rate: float, seconds: float, connections: int, texts: list[str]
) -> None:
    """Send pages and print what became of them."""
    bodies = [json.dumps({"text": text}).encode() for text in texts]
    client, health, end = Client(netloc, bodies), Client(netloc, []), threading.Event()
    for _ in range(20):  # connections and caches
        client.send(0.0)
    client.times.clear()
    client.statuses.clear()
    before = processor_seconds(pid)
    asking = threading.Thread(target=ask_health, args=(health, end))
    asking.start()
    begin = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        if rate:
            n = min(int(rate * seconds), MAX_REQUESTS)
            list(pool.map(client.send, (begin + k / rate for k in range(n))))
        else:
            list(pool.map(lambda _: flood(client, begin + seconds), range(connections)))
    took, after = time.perf_counter() - begin, processor_seconds(pid)
    end.set()
    asking.join()
    print(f"{len(client.times)} pages in {took:.1f} s: {len(client.times) / took:.1f} a second")
    print("answers   " + ", ".join(f"{n} x {s}" for s, n in sorted(client.statuses.items())))
    print(f"pages     {quantiles(client.times)}")
    print(f"/healthz  {quantiles(health.times)}")
    if before is not None and after is not None:
        print(f"processor {1000 * (after - before) / len(client.times):.2f} ms a page")


def flood(client: Client, end: float) -> None:
    while (now := time.perf_counter()) < end and len(client.times) < MAX_REQUESTS:
        client.send(now)


def quantiles(times: list[float]) -> str:
    cuts = statistics.quantiles([1000 * t for t in times], n=1000, method="inclusive")
    named = {"median": cuts[499], "p95": cuts[949], "p99": cuts[989], "p99.9": cuts[998]}
    return ", ".join(f"{name} {ms:.1f} ms" for name, ms in named.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--pages", type=int, default=500, help="different pages")
    parser.add_argument("--cpu", type=int, help="pin the service to this core")
    options = parser.parse_args()
    seconds = min(options.seconds, MAX_SECONDS)
    texts = corpus_pages(options.pages)
    with service(options.cpu) as (netloc, pid):
        load(netloc, pid, options.rate, seconds, options.connections, texts)


if __name__ == "__main__":
    main()
