"""Pages that came out badly, in Markdown for a person to read."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from detector import markdown, outcomes
from detector.outcomes import Outcome
from detector.types import Region
from detector.writers import printable, reasons

WIDTH = 100
CONTEXT = 400
"""Characters that are shown at either end of a stretch that is right …"""
MISTAKE = 1_000
"""… and of one that is wrong; what lies between is left out."""
WORTH_IT = 200
"""Characters of which more are left out, or none."""
MOST_REASONS = 12

HEAD = """\
# The worst pages: {model}

{n} pages, at most one of each story or source. Honest pages that were marked come first, then pages
whose filler was missed or has other borders; within both, those with most wrong characters.

What the first column says:

```diff
  not filler, and not marked
= filler, and marked
- filler that was missed
+ not filler, but marked
```
"""


class Stretch(NamedTuple):
    """A part of a page that is all filler or not, and all marked or not."""

    start: int
    end: int
    is_filler: bool
    is_marked: bool

    @property
    def margin(self) -> str:
        if self.is_filler:
            return "= " if self.is_marked else "- "
        return "+ " if self.is_marked else "  "

    @property
    def is_wrong(self) -> bool:
        return self.is_filler != self.is_marked


def render(pages: Sequence[Outcome], model: str, threshold: float) -> str:
    """The page of the worst pages. Their text stands in fences only, or escaped."""
    parts = [HEAD.format(model=markdown.escaped(model), n=len(pages))]
    for number, outcome in enumerate(pages, 1):
        parts += _page(number, outcome, threshold)
    return "\n".join(parts)


def _page(number: int, outcome: Outcome, threshold: float) -> Iterator[str]:
    page = outcome.page
    yield f"## {number}. {markdown.escaped(page.id)}\n"
    yield (
        f"{markdown.escaped(page.kind)}, shape {markdown.escaped(page.shape)}, "
        f"{len(page.text):,} characters, {outcome.wrong_chars:,} of them wrong.\n"
    )
    for reason in outcomes.reasons(outcome, threshold):
        yield f"* {markdown.escaped(reason)}"
    yield "\n" + markdown.fenced(_text(outcome), "diff") + "\n"
    for region in outcome.found:
        yield f"Why {region.span.start}–{region.span.end} was marked:\n"
        yield markdown.fenced(_evidence(page.text, region)) + "\n"


def stretches(outcome: Outcome) -> list[Stretch]:
    """The page cut at all borders of true and of marked regions; neighbours differ."""
    gold = [region.span for region in outcome.page.regions]
    found = [region.span for region in outcome.found]
    ends = {end for span in (*gold, *found) for end in (span.start, span.end)}
    cuts = sorted(ends | {0, len(outcome.page.text)})
    out: list[Stretch] = []
    for start, end in pairwise(cuts):
        is_filler, is_marked = (
            any(s.start <= start < s.end for s in spans) for spans in (gold, found)
        )
        if out and out[-1][2:] == (is_filler, is_marked):
            start = out.pop().start
        out.append(Stretch(start, end, is_filler, is_marked))
    return out


def _text(outcome: Outcome) -> Iterator[str]:
    """The lines of a page behind their margins; the middle of long stretches is left out."""
    text = outcome.page.text
    every = stretches(outcome)
    for k, stretch in enumerate(every):
        room = MISTAKE if stretch.is_wrong else CONTEXT
        # Of the page's beginning and end only what is next to a border is of interest.
        head = room if k or stretch.is_wrong else 0
        tail = room if k + 1 < len(every) or stretch.is_wrong else 0
        left_out = stretch.end - stretch.start - head - tail
        if left_out <= WORTH_IT:
            yield from _lines(text[stretch.start : stretch.end], stretch.margin)
            continue
        shown, end = (
            text[stretch.start : stretch.start + head],
            text[stretch.end - tail : stretch.end],
        )
        yield from _lines(shown.rpartition(" ")[0] or shown, stretch.margin)
        yield f"{stretch.margin}[… about {left_out:,} characters …]"
        yield from _lines(end.partition(" ")[2] or end, stretch.margin)


def _lines(text: str, margin: str) -> Iterator[str]:
    wrapper = textwrap.TextWrapper(WIDTH - len(margin), break_on_hyphens=False)
    for line in text.splitlines():
        yield from (margin + piece for piece in wrapper.wrap(printable(line)))


def _evidence(text: str, region: Region) -> Iterator[str]:
    parts = sorted(region.contributions.items(), key=lambda item: -abs(item[1]))
    sums = ", ".join(f"{family} {value:+.2f}" for family, value in parts)
    yield f"log-odds {region.log_odds:+.2f}: {sums}"
    sentences = list(reasons(text, region.evidence))
    yield from sentences[:MOST_REASONS]
    if len(sentences) > MOST_REASONS:
        yield f"… and {len(sentences) - MOST_REASONS} more"
