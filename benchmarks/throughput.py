"""How fast pages are scored, against one regular-expression pass over the same pages.

    python benchmarks/throughput.py [--pages N] [--growth]

Prints pages a second of the processor's time on one core, in a batch, with spans and evidence, from
an empty vocabulary; the ratio to ``re.findall(r"\\w+")`` in the same run; the median time of a
single call; and the time for pages that grow tenfold, ordinary and hostile.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Callable

from detector import Detector
from detector.compose import pages
from detector.corpus import read_topics
from detector.retraining import default_data

PAGE_CHARS = 5_000


def corpus_pages(n: int) -> list[str]:
    """Pages of 5,000 characters, all different: composed pages, the longer ones cut."""
    topics = read_topics(default_data().topics)
    texts = dict.fromkeys(p.text[:PAGE_CHARS] for p in pages(topics) if len(p.text) >= PAGE_CHARS)
    return [text for _, text in zip(range(n), texts, strict=False)]


def best_of(n: int, call: Callable[[], object]) -> float:
    """Least seconds of the processor's time of ``n`` calls."""
    times = []
    for _ in range(n):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def throughput(n: int) -> None:
    texts = corpus_pages(n)
    words = re.compile(r"\w+")
    loaded = Detector.load()

    def run() -> tuple[int, int]:
        """Pages that are marked, and pieces of evidence, by a detector that has read nothing."""
        results = Detector(loaded.model, loaded.lexicon).detect_many(texts)
        found = [[len(region.evidence) for region in result.regions] for result in results]
        return sum(map(bool, found)), sum(map(sum, found))

    marked, evidence = run()
    peer = best_of(3, lambda: [words.findall(text) for text in texts])
    ours = best_of(3, run)
    size = sum(map(len, texts)) / len(texts)
    print(f"{len(texts)} pages of {size:.0f} characters, one core")
    print(f"marked              {marked:8} pages, {evidence} pieces of evidence")
    print(f"detector            {len(texts) / ours:8.0f} pages/s")
    print(f're.findall(r"\\w+")  {len(texts) / peer:8.0f} pages/s')
    print(f"ratio               {ours / peer:8.1f}")


def single_calls() -> None:
    detector = Detector.load()
    texts = corpus_pages(200)
    sum(1 for _ in detector.detect_many(texts))
    times = []
    for text in texts:
        start = time.process_time()
        detector.detect(text)
        times.append(time.process_time() - start)
    print(f"single call, median {statistics.median(times) * 1000:8.2f} ms")


def growth() -> None:
    page = "\n".join(corpus_pages(2))
    kinds: dict[str, Callable[[int], str]] = {
        "news": lambda n: (page * (n // len(page) + 1))[:n],
        "one line": lambda n: (page.replace("\n", " ") * (n // len(page) + 1))[:n],
        "one letter": lambda n: "a" * n,
        '". "': lambda n: ". " * (n // 2),
        "labels": lambda n: "Editor: yes\n" * (n // 12),
        "labels in a line": lambda n: "Name Surname: yes. " * (n // 19),
        "deep markup": lambda n: "<div>" * (n // 12) + "text" + "</div>" * (n // 12),
        "all words differ": lambda n: " ".join(f"w{k * 7919 % 1000003:x}" for k in range(n // 7)),
        "one line again": lambda n: (page.split("\n")[0] + "\n") * (n // (page.index("\n") + 1)),
        "short lines": lambda n: "A: x\n" * (n // 5),
    }
    detector = Detector.load()
    print(f"{'seconds a MB':20}" + "".join(f"{size:>12,}" for size in SIZES))
    for kind, make in kinds.items():
        cells = []
        for size in SIZES:
            text = make(size)
            seconds = best_of(2, lambda text=text: detector.detect(text))  # type: ignore[misc]
            cells.append(f"{seconds / max(len(text), 1) * 1e6:12.2f}")
        print(f"{kind:20}" + "".join(cells), flush=True)


SIZES = (10_000, 100_000, 1_000_000, 10_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=3_000)
    parser.add_argument("--growth", action="store_true", help="long and hostile pages too")
    options = parser.parse_args()
    throughput(options.pages)
    single_calls()
    if options.growth:
        growth()


if __name__ == "__main__":
    main()
