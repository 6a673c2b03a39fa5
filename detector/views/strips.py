"""Small drawings in SVG: where on a page filler sits, and how much each family contributes.

Widths and places are attributes, not styles, so that the strictest content security policy leaves
them alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.types import Label, Region, Result
from detector.views.markup import element
from detector.views.text import PageText

LONG = 1000
"""Length of a strip, in units of its own; a page of any length fills it."""
LEAST = 4
"""Length of the shortest mark: a line of a long page is to be seen."""
WIDE = 12
THICK = {Label.DERIVATIVE: WIDE, Label.PADDED: WIDE // 2}
"""Width of a strip's marks: what they are is not told by colour alone."""
STEP = 14
"""From one strip to the next, where they stand side by side."""
BAR = 100
"""Half the width of a bar chart, whose zero is in the middle."""


def vertical(result: Result, text: PageText) -> str:
    """The strip beside a page, top to bottom; each region links to its place in the text."""
    links = []
    for k, region in enumerate(result.regions):
        low, high = _percent(result, region)
        label = f"Region {k + 1}, {region.form.value}: {low}% to {high}% of the page"
        marks = "".join(_marks(result, region, 0, upright=True))
        links.append(element("a", marks, href=f"#{text.id('region', k)}", aria_label=label))
    return element(
        "svg",
        _rect("paper", 0, 0, WIDE, LONG) + "".join(links),
        class_="pv-strip",
        viewBox=f"0 0 {WIDE} {LONG}",
        preserveAspectRatio="none",
        role="group",
        aria_label="Where the filler is, from the top of the page to its end",
    )


def horizontal(result: Result) -> str:
    """The strip of a page in a table, left to right."""
    marks = (m for region in result.regions for m in _marks(result, region, 0, upright=False))
    return element(
        "svg",
        _rect("paper", 0, 0, LONG, WIDE) + "".join(marks),
        class_="pv-strip-row",
        viewBox=f"0 0 {LONG} {WIDE}",
        preserveAspectRatio="none",
        role="img",
        aria_label=_places(result),
    )


def multiples(results: Sequence[Result]) -> str:
    """The strips of many pages beside each other, one column a page."""
    columns = []
    for k, result in enumerate(results):
        paper = _rect("paper", k * STEP, 0, WIDE, LONG)
        marks = (m for r in result.regions for m in _marks(result, r, k * STEP, upright=True))
        columns.append(paper + "".join(marks))
    n_marked = sum(bool(result.regions) for result in results)
    return element(
        "svg",
        "".join(columns),
        class_="pv-multiples",
        viewBox=f"0 0 {STEP * len(results)} {LONG}",
        width=STEP * len(results),
        preserveAspectRatio="none",
        role="img",
        aria_label=f"Strips of {len(results)} pages, {n_marked} with filler",
    )


def bar(value: float, most: float) -> str:
    """A bar from the middle, to the right for what speaks for filler; ``most`` fills a half."""
    width = round(BAR * min(abs(value) / most, 1.0), 1) if most else 0.0
    kind, x = ("bar-for", float(BAR)) if value >= 0 else ("bar-against", BAR - width)
    shape = _rect(kind, x, 2, width, 8)
    axis = f'<line x1="{BAR}" x2="{BAR}" y1="0" y2="12"></line>'
    return element(
        "svg",
        shape + axis,
        class_="pv-bar",
        viewBox=f"0 0 {2 * BAR} 12",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return element("rect", "", class_=f"pv-{kind}", x=x, y=y, width=width, height=height)


def _marks(result: Result, region: Region, x: int, *, upright: bool) -> Iterator[str]:
    """A rectangle for each run of segments with the same label."""
    for label, start, end in _runs(region):
        at = round(LONG * start / result.n_chars, 1)
        size = max(round(LONG * (end - start) / result.n_chars, 1), LEAST)
        thick = THICK[label]
        if upright:
            yield _rect(label.value, x, at, thick, size)
        else:
            yield _rect(label.value, at, WIDE - thick, size, thick)


def _runs(region: Region) -> Iterator[tuple[Label, int, int]]:
    first = region.segments[0]
    label, start, end = first.label, first.span.start, first.span.end
    for segment in region.segments[1:]:
        if segment.label is not label:
            yield label, start, end
            label, start = segment.label, segment.span.start
        end = segment.span.end
    yield label, start, end


def _percent(result: Result, region: Region) -> tuple[int, int]:
    span, n = region.span, result.n_chars
    return round(100 * span.start / n), round(100 * span.end / n)


def _places(result: Result) -> str:
    if not result.regions:
        return "no filler"
    places = (_percent(result, region) for region in result.regions)
    return "filler at " + ", ".join(f"{low}% to {high}%" for low, high in places)
