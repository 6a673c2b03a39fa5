"""Whole pages and the exact regions that must be found on them.

``pages/filler-*.txt`` hold filler, ``pages/honest-*.txt`` none. In a page ``[[filler FORM]]`` and
``[[end]]`` stand on lines of their own around each region; they are taken out before the page is
read. ``.one-line.txt`` pages are read with their lines joined by blanks, ``.crlf.txt`` pages with
CRLF between them. All of them were written for this purpose: people, places and events are
invented.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from detector.evaluation import overlap
from detector.pipeline import Detector
from detector.types import Form, Span

HERE = Path(__file__).parent
SEEDS = HERE.parents[1] / "seeds"

KNOWN_FAILURES: dict[str, str] = {
    # name of a page or seed: why it fails. A page that no longer fails must leave this table.
}
FOUND_FROM = 0.99


class Golden(NamedTuple):
    """A page with its gold regions; marks inside ``optional`` count neither way."""

    text: str
    regions: tuple[tuple[Span, Form], ...]
    optional: tuple[Span, ...] = ()


def read_page(path: Path) -> Golden:
    joint = {".one-line": " ", ".crlf": "\r\n"}.get(path.suffixes[0], "\n")
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    if joint == " ":
        lines = [line for line in lines if line]
    text, regions, start, form = "", [], -1, Form.OTHER
    for line in lines:
        if match := re.fullmatch(r"\[\[filler (\w+)\]\]", line):
            start, form = len(text), Form(match[1])
        elif line == "[[end]]":
            regions.append((Span(start, len(text.rstrip())), form))
            start = -1
        else:
            text += line + joint
    assert start == -1, f"{path}: a region does not end"
    return Golden(text.rstrip(), tuple(regions))


def read_seed(record: dict[str, Any]) -> Golden:
    regions = tuple((Span(s["start"], s["end"]), Form(s["form"])) for s in record["spans"])
    optional = tuple(Span(s["start"], s["end"]) for s in record["optional"])
    return Golden((SEEDS / record["id"]).read_bytes().decode(), regions, optional)


PAGES = {path.name.partition(".")[0]: read_page(path) for path in HERE.glob("pages/*.txt")}
SEED_PAGES = {
    "seed-" + record["id"].partition("_")[0]: read_seed(record)
    for record in map(json.loads, (SEEDS / "gold.jsonl").read_text(encoding="utf-8").splitlines())
}
EVERY = dict(sorted((SEED_PAGES | PAGES).items()))


def cases(names: list[str]) -> list[Any]:
    """The named pages as test parameters, known failures as strict xfail."""
    return [
        pytest.param(
            EVERY[name],
            id=name,
            marks=[pytest.mark.xfail(reason=KNOWN_FAILURES[name], strict=True)]
            if name in KNOWN_FAILURES
            else [],
        )
        for name in names
    ]


@pytest.mark.parametrize("page", cases(list(EVERY)))
def test_regions_equal_gold(detector: Detector, page: Golden) -> None:
    found = [
        region.span
        for region in detector.detect(page.text).regions
        if not any(o.start <= region.span.start and region.span.end <= o.end for o in page.optional)
    ]
    gold = [span for span, _ in page.regions]
    shown = [page.text[span.start : span.end][:60] for span in found]
    assert len(found) == len(gold), shown
    for one, other in zip(found, gold, strict=True):
        assert overlap(one, other) >= FOUND_FROM, shown


@pytest.mark.parametrize("name", [name for name, page in EVERY.items() if page.regions])
def test_gold_begins_and_ends_with_whole_lines(name: str) -> None:
    """The files themselves: a slip in a marker would make the test above worthless."""
    page = EVERY[name]
    for span, _ in page.regions:
        inner = page.text[span.start : span.end]
        assert inner == inner.strip()
        assert len(inner) > 100
        assert page.text[: span.start][-1:] in {"", " ", "\n"}


def test_pages_are_what_their_names_say() -> None:
    assert all(bool(page.regions) == name.startswith("filler-") for name, page in PAGES.items())
    assert all(700 < len(page.text) < 5000 for page in PAGES.values())


def test_known_failures_exist() -> None:
    assert set(KNOWN_FAILURES) <= set(EVERY)
