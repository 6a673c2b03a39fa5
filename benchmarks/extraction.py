"""How well extractors take the text out of HTML, on pages whose wanted lines are known.

    python benchmarks/extraction.py [--pages DIR]

Each page NAME.html has its wanted lines in NAME.txt. Counted are the wanted lines that come out as
lines of their own, those that run together with others, those that are lost, those that come out
twice, and lines that nobody wants (menus, sidebars, comments). Then the time for a page, and for
hostile ones: markup nested 20,000 deep, and 1 MB of a page. Extractors that are not installed are
left out.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

PAGES = Path(__file__).parents[1] / "tests" / "data" / "html"
Extract = Callable[[str], str]


class Counts(NamedTuple):
    """What became of wanted lines, and how many lines there are that nobody wants."""

    kept: int = 0
    joined: int = 0
    lost: int = 0
    doubled: int = 0
    unwanted: int = 0


def compare(text: str, wanted: list[str]) -> Counts:
    """How the lines of ``text`` differ from the ``wanted`` ones; blanks at their ends and between
    words do not count."""
    lines = Counter(filter(None, (" ".join(line.split()) for line in text.splitlines())))
    whole = " ".join(text.split())
    right = Counter(wanted)
    kept = sum((lines & right).values())
    doubled = sum(max(0, lines[line] - n) for line, n in right.items())
    missing = list((right - lines).elements())
    joined = sum(line in whole for line in missing)
    unwanted = sum(n for line, n in lines.items() if not any(line in w or w in line for w in right))
    return Counts(kept, joined, len(missing) - joined, doubled, unwanted)


def extractors() -> Iterator[tuple[str, Extract]]:
    """The extractors that are installed, by name."""
    makers = (_detector, _resiliparse, _trafilatura, _readability, _inscriptis)
    for maker in makers:
        try:
            yield from maker()
        except ImportError as error:
            print(f"left out: {error.name}")


def _detector() -> Iterator[tuple[str, Extract]]:
    from detector.readers.markup import main_text

    yield "detector", main_text


def _resiliparse() -> Iterator[tuple[str, Extract]]:
    from resiliparse.extract.html2text import extract_plain_text

    yield (
        "resiliparse, main content",
        lambda html: extract_plain_text(html, preserve_formatting=True, main_content=True),
    )
    yield "resiliparse, all text", lambda html: extract_plain_text(html, preserve_formatting=True)


def _trafilatura() -> Iterator[tuple[str, Extract]]:
    from trafilatura import extract

    yield "trafilatura", lambda html: extract(html, include_comments=False) or ""
    yield (
        "trafilatura, favor_recall",
        lambda html: extract(html, include_comments=False, favor_recall=True) or "",
    )


def _readability() -> Iterator[tuple[str, Extract]]:
    from readability import Document
    from resiliparse.extract.html2text import extract_plain_text

    yield (
        "readability-lxml",
        lambda html: extract_plain_text(Document(html).summary(), preserve_formatting=True),
    )


def _inscriptis() -> Iterator[tuple[str, Extract]]:
    from inscriptis import get_text

    yield "inscriptis, all text", get_text


def seconds(extract: Extract, html: str) -> float | None:
    """How long a page takes; None if it cannot be read."""
    start = time.perf_counter()
    try:
        extract(html)
    except (Exception, RecursionError):
        return None
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=Path, default=PAGES)
    pages = [
        (path.read_text(encoding="utf-8"), path.with_suffix(".txt").read_text(encoding="utf-8"))
        for path in sorted(parser.parse_args().pages.glob("*.html"))
        if path.with_suffix(".txt").exists()
    ]
    big = pages[0][0].replace("</p>", "</p>" + "<p>A word or two, and more.</p>" * 5_000)
    deep = "<div>" * 20_000 + "A word or two." + "</div>" * 20_000
    n_wanted = sum(len(wanted.splitlines()) for _, wanted in pages)
    print(f"{len(pages)} pages, {n_wanted} wanted lines\n")
    times = ["ms a page", "1 MB, s", "deep, s"]
    print(f"| extractor | {' | '.join([*Counts._fields, *times])} |")
    print(f"| --- |{' ---: |' * (len(Counts._fields) + len(times))}")
    for name, extract in extractors():
        found = [compare(extract(html), wanted.splitlines()) for html, wanted in pages]
        counts = [str(sum(column)) for column in zip(*found, strict=True)]
        each = min(sum(seconds(extract, html) or 0 for html, _ in pages) for _ in range(3))
        hostile = [seconds(extract, html) for html in (big[:1_000_000], deep)]
        times = [f"{1000 * each / len(pages):.1f}"]
        times += ["fails" if s is None else f"{s:.2f}" for s in hostile]
        print(f"| {name} | {' | '.join(counts + times)} |", flush=True)


if __name__ == "__main__":
    main()
