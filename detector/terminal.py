"""A page for reading in a terminal, with its regions marked and the evidence below each segment."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

import click

from detector.types import Label, Region, Result, Unreadable
from detector.writers import NOT_JUDGED, WIDTH, by_segment, printable, reasons

LEGEND = "D| repeats what the page says elsewhere   P| general talk"

_MARGINS = {Label.DERIVATIVE: "D| ", Label.PADDED: "P| ", Label.ORIGINAL: " | "}
_COLOURS = {Label.DERIVATIVE: "yellow", Label.PADDED: "red"}
_UNMARKED = "   "
_EVIDENCE = "       "


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to write colours: to a terminal that knows them, unless ``NO_COLOR`` is set."""
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return stream.isatty()


def explain(
    results: Iterable[Result | Unreadable], width: int = WIDTH, colour: bool = False
) -> Iterator[str]:
    """The view of each page, in lines wrapped at ``width`` columns.

    Marked lines have ``D|`` (derivative) or ``P|`` (padded) in the margin, with colours or without.
    Pages that could not be read have no view.
    """
    for result in results:
        if isinstance(result, Result):
            yield from (f"{line}\n" for line in _page(_View(result, width, colour)))


def _page(view: _View) -> Iterator[str]:
    result = view.result
    yield from view.head()
    at = 0
    for region in result.regions:
        yield from view.unmarked(at, region.span.start)
        yield from view.region(region)
        at = region.span.end
    yield from view.unmarked(at, result.n_chars)


class _View:
    """How the parts of one page look."""

    def __init__(self, result: Result, width: int, colour: bool) -> None:
        self.result = result
        self._width = width
        self._colour = colour

    def head(self) -> Iterator[str]:
        result = self.result
        n = len(result.regions)
        yield self._styled(printable(result.document_id), bold=True)
        if n:
            regions = f"{n} region" if n == 1 else f"{n} regions"
            yield f"{result.n_chars} characters, {result.filler_fraction:.1%} filler in {regions}"
            yield LEGEND
        elif result.abstained is not None:
            yield f"{result.n_chars} characters, not judged: {NOT_JUDGED[result.abstained]}"
        else:
            yield f"{result.n_chars} characters, no filler found"
        yield ""

    def unmarked(self, start: int, end: int) -> Iterator[str]:
        """Text outside all regions, without the blank lines around it."""
        text = self.result.text[start:end].strip()
        if text:
            yield from self._wrapped(text, _UNMARKED)
            yield ""

    def region(self, region: Region) -> Iterator[str]:
        span, about = region.span, f"{region.form}, score {region.score:.3f}"
        yield from self._rule(f"filler {span.start}-{span.end}: {about}")
        ordered = sorted(region.contributions.items(), key=lambda item: -abs(item[1]))
        sums = ", ".join(f"{family} {value:+.2f}" for family, value in ordered)
        yield from self._small(f"log-odds {region.log_odds:+.2f}: {sums}")
        starts = [segment.span.start for segment in region.segments]
        evidence = by_segment(region)
        for k, segment in enumerate(region.segments):
            # Up to the next segment: what lies between two segments belongs to the region.
            end = starts[k + 1] if k + 1 < len(starts) else span.end
            text = self.result.text[segment.span.start : end]
            for line in self._wrapped(text.strip(), _MARGINS[segment.label]):
                yield self._styled(line, fg=_COLOURS.get(segment.label))
            for reason in reasons(self.result.text, evidence[k]):
                yield from self._small(reason)
        yield from self._rule("end of filler")
        yield ""

    def _rule(self, title: str) -> Iterator[str]:
        yield self._styled(f"── {title} ".ljust(self._width, "─"), bold=True)

    def _small(self, text: str) -> Iterator[str]:
        wrapper = textwrap.TextWrapper(
            self._width,
            initial_indent=_EVIDENCE,
            subsequent_indent=_EVIDENCE + "  ",
            break_on_hyphens=False,
        )
        for line in wrapper.wrap(text):
            yield self._styled(line, dim=True)

    def _wrapped(self, text: str, margin: str) -> Iterator[str]:
        """The lines of a text behind a margin; several blank lines become one."""
        wrapper = textwrap.TextWrapper(self._width - len(margin), break_on_hyphens=False)
        was_blank = False
        for line in text.splitlines():
            pieces = wrapper.wrap(printable(line))
            if pieces:
                yield from (margin + piece for piece in pieces)
            elif not was_blank:
                yield margin.rstrip()
            was_blank = not pieces

    def _styled(
        self, line: str, fg: str | None = None, bold: bool | None = None, dim: bool | None = None
    ) -> str:
        return click.style(line, fg=fg, bold=bold, dim=dim) if self._colour else line
