"""How fast pages are scored, beside what people run over their pages today.

    pip install 'datatrove[processing]' spacy trafilatura lxml_html_clean proselint textstat
    OMP_NUM_THREADS=1 python benchmarks/peers.py [--pages N] [--rounds N] [--write]

All read the same pages of 5,000 characters, in the same run, on one thread. The processor's time
counts, of the best of several interleaved rounds, so that a busy machine says the same. A tool that
is not installed is left out; slow tools get fewer pages. ``--write`` puts the table and the plot
(extra ``plot``) into ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import html
import platform
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from throughput import corpus_pages

from detector import Detector, __version__

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "pictures" / "peers.svg"
BEGIN, END = "<!-- measured: peers -->\n", "<!-- here the measured table ends -->"

CRAWL_PAGES = 2.5e9
"""Pages of one month's Common Crawl, about (2.1 to 3.1 billion since 2023, by its own statistics:
https://commoncrawl.github.io/cc-crawl-statistics/plots/crawlsize)."""
CORE_HOUR = 0.04
"""US dollars for an hour of one virtual core: an assumption, to be replaced by one's own."""

Run = Callable[[Sequence[str]], object]


class Tool(NamedTuple):
    """Something that reads pages: what it gives, the call, and for how many pages it has time."""

    name: str
    gives: str
    run: Run
    most_pages: int = 10_000


# --- the tools ------------------------------------------------------------------------------------


def regex() -> Tool:
    words = re.compile(r"\w+")
    return Tool(
        're.findall(r"\\w+")', "words", lambda texts: [words.findall(text) for text in texts]
    )


def ours() -> Tool:
    detector = Detector.load()

    def run(texts: Sequence[str]) -> int:
        # Vocabularies belong to a thread's reader: each round begins with an empty one.
        fresh = Detector(detector.model, detector.lexicon)
        return sum(len(region.evidence) for r in fresh.detect_many(texts) for region in r.regions)

    return Tool(f"detector {__version__}", "spans, labels, evidence", run)


def gopher() -> Iterator[Tool]:
    from datatrove.data import Document
    from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter

    name = f"datatrove {version('datatrove')} Gopher"
    for what, step in (
        ("repetition", GopherRepetitionFilter()),
        ("quality", GopherQualityFilter()),
    ):

        def run(texts: Sequence[str], keep: Callable[..., object] = step.filter) -> object:
            return [keep(Document(text=text, id="page")) for text in texts]

        yield Tool(f"{name} {what}", "keep or drop a page", run, 150)


def extraction() -> Tool:
    import trafilatura

    def run(texts: Sequence[str]) -> object:
        return [trafilatura.extract(_as_html(text)) for text in texts]

    return Tool(f"trafilatura {version('trafilatura')}", "main text of a page", run, 150)


def _as_html(text: str) -> str:
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n") if line.strip())
    return f"<html><body><article>{lines}</article></body></html>"


def readability() -> Tool:
    import textstat

    names = ("lix", "automated_readability_index", "coleman_liau_index")
    measures = [getattr(textstat.textstat, name) for name in names]
    return Tool(
        f"textstat {version('textstat')}",
        "three readability formulas",
        lambda texts: [[measure(text) for measure in measures] for text in texts],
        150,
    )


def linting() -> Tool:
    from proselint.checks import __register__
    from proselint.registry import CheckRegistry
    from proselint.tools import LintFile

    CheckRegistry().register_many(__register__)
    return Tool(
        f"proselint {version('proselint')}",
        "stock phrases and other slips",
        lambda texts: [LintFile("page", text).lint() for text in texts],
        100,
    )


def tools() -> list[Tool]:
    """The tools that are installed."""
    found = [regex(), ours()]
    with suppress(ImportError):
        found += gopher()
    for make in (extraction, readability, linting):
        with suppress(ImportError):
            found.append(make())
    return found


# --- measuring ------------------------------------------------------------------------------------


def measure(found: Sequence[Tool], texts: Sequence[str], rounds: int) -> list[float]:
    """Pages a second of the processor's time, for each tool in its best round."""
    best = [0.0] * len(found)
    for number in range(rounds):
        for k, tool in enumerate(found):
            # Some tools remember pages they have seen; each round has its own.
            n = min(tool.most_pages, len(texts) // rounds)
            mine = texts[number * n : (number + 1) * n]
            start = time.process_time()
            tool.run(mine)
            best[k] = max(best[k], len(mine) / (time.process_time() - start))
    return best


def table(found: Sequence[Tool], rates: Sequence[float]) -> str:
    lines = [
        "| tool | gives | pages a second | MB a second | times the regex | core hours a crawl |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for tool, rate in sorted(zip(found, rates, strict=True), key=lambda item: -item[1]):
        hours = CRAWL_PAGES / rate / 3600
        lines.append(
            f"| `{tool.name}` | {tool.gives} | {rate:,.0f} | {rate * 5e-3:,.1f} "
            f"| {rates[0] / rate:,.1f} | {hours:,.0f} |"
        )
    return "\n".join(lines) + "\n"


def cost(rate: float) -> str:
    hours = CRAWL_PAGES / rate / 3600
    return (
        f"A month of Common Crawl, taken as {CRAWL_PAGES / 1e9:.1f} billion pages of 5,000 "
        f"characters, takes `detector` {hours:,.0f} core hours: {hours / 64:,.0f} hours on 64 "
        f"cores, and ${hours * CORE_HOUR:,.0f} where a core costs ${CORE_HOUR:.2f} an hour.\n"
    )


def plot(found: Sequence[Tool], rates: Sequence[float]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "peers"
    import matplotlib.pyplot as plt

    order = sorted(range(len(found)), key=rates.__getitem__)
    figure, axes = plt.subplots(figsize=(7.5, 0.6 + 0.4 * len(found)), layout="constrained")
    colours = ["#b3541e" if found[k].name.startswith("detector") else "#8a94a6" for k in order]
    bars = axes.barh([found[k].name for k in order], [rates[k] for k in order], color=colours)
    axes.bar_label(bars, [f"{rates[k]:,.0f}" for k in order], padding=4)
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.set_xlabel("pages of 5,000 characters a second, one thread")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURE, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args()
    texts, found = corpus_pages(options.pages), tools()
    rates = measure(found, texts, options.rounds)
    ours_is = next(k for k, tool in enumerate(found) if tool.name.startswith("detector"))
    text = f"{table(found, rates)}\n{cost(rates[ours_is])}"
    print(f"{platform.machine()}, Python {platform.python_version()}, one thread\n\n{text}")
    if options.write:
        plot(found, rates)
        page = PAGE.read_text(encoding="utf-8")
        head, rest = page.split(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}{text}{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
