"""The text of a page as HTML, with regions, segments and evidence marked in it.

Marks must not change the text: names of labels are attributes, which the style sheet shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import count
from typing import NamedTuple

from detector.chunks import stem
from detector.types import Evidence, Region, Result, Segment, Span
from detector.views.marks import Mark, pieces
from detector.views.markup import element, escaped, opening
from detector.writers import by_segment

UNDERLINED = ("phrase", "frame", "speaker", "unsupported")
"""Kinds of evidence that are underlined."""
SHARES = "shares "
"""How the note of a repetition begins, before the words; a quotation has another note."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class Numbered(NamedTuple):
    """A piece of evidence and its number on the page."""

    number: int
    evidence: Evidence


class PageText:
    """A page's text and its preceding text; ids in both begin with ``prefix``."""

    def __init__(self, result: Result, preceding: str, prefix: str) -> None:
        self._result = result
        self._preceding = preceding
        self._prefix = prefix

    @cached_property
    def evidence(self) -> list[list[list[Numbered]]]:
        """The evidence of the page by region and segment."""
        numbers = count()
        return [
            [[Numbered(next(numbers), item) for item in group] for group in by_segment(region)]
            for region in self._result.regions
        ]

    def id(self, name: str, *numbers: int) -> str:
        """The id of a region (``region``, its number), of the button of a segment (``segment``), of
        the reasons for it (``reasons``), or of a passage (``passage``, number of the evidence)."""
        return "-".join([self._prefix, name, *map(str, numbers)])

    def text(self) -> str:
        """The text of the page."""
        before, after = self._borders()
        n_chars, out = self._result.n_chars, []
        marks = [*self._underlined(), *self._repeated(in_preceding=False)]
        for start, html in self._pieces(self._result.text, marks, {*before, *after}):
            out += [after.get(start, ""), before.get(start, ""), html]
        out.append(after.get(n_chars, ""))
        return element("div", "".join(out), class_="pv-text", dir="auto")

    def preceding(self) -> str:
        """The preceding text, if the page repeats anything of it."""
        marks = list(self._repeated(in_preceding=True))
        if not marks:
            return ""
        html = "".join(piece for _, piece in self._pieces(self._preceding, marks))
        summary = element("summary", "Preceding text, which the page repeats")
        text = element("div", html, class_="pv-before", dir="auto")
        return element("details", summary + text, class_="pv-preceding")

    # --- regions and segments -----------------------------------------------------------------

    def _borders(self) -> tuple[dict[int, str], dict[int, str]]:
        """What begins, and what ends, at which offset."""
        before: dict[int, str] = {}
        after: dict[int, str] = {}
        for r, region in enumerate(self._result.regions):
            before[region.span.start] = self._region(r, region)
            for s, segment in enumerate(region.segments):
                start = segment.span.start
                before[start] = before.get(start, "") + self._segment(r, s, segment)
                after[segment.span.end] = "</span>"
            after[region.span.end] = after.get(region.span.end, "") + "</div>"
        return before, after

    def _region(self, r: int, region: Region) -> str:
        title = f"{region.form.value}, {region.label.value}, score {region.score:.3f}"
        return opening(
            "div",
            class_="pv-region",
            id=self.id("region", r),
            role="group",
            aria_label=f"Region {r + 1}: {title}",
            data_title=title,
            data_start=region.span.start,
            data_end=region.span.end,
            data_label=region.label.value,
            data_form=region.form.value,
        )

    def _segment(self, r: int, s: int, segment: Segment) -> str:
        """The start of a segment, with its button."""
        start, label = segment.span.start, segment.label.value
        repeats = [item.number for item in self.evidence[r][s] if item.evidence.source is not None]
        element_start = opening(
            "span",
            class_=f"pv-segment pv-{label}",
            data_start=start,
            data_end=segment.span.end,
            data_label=label,
            data_score=f"{segment.score:.3f}",
            data_repeats=_listed(repeats),
        )
        # The margin has room for one button a line.
        begins_line = s == 0 or self._result.text[start - 1] in "\r\n"
        return element_start + element(
            "button",
            "",
            type="button",
            class_="pv-tag" if begins_line else "pv-tag pv-tag-inline",
            id=self.id("segment", r, s),
            data_tag=label,
            data_letter=label[0].upper(),
            aria_label=f"{label}, score {segment.score:.3f}",
            aria_pressed="false",
            aria_describedby=self.id("reasons", r, s),
        )

    # --- evidence -----------------------------------------------------------------------------

    def _all(self) -> Iterator[Numbered]:
        return (item for region in self.evidence for group in region for item in group)

    def _underlined(self) -> Iterator[Mark]:
        for _, item in self._all():
            if item.kind in UNDERLINED:
                yield Mark(item.span, f"pv-{item.kind}")

    def _repeated(self, *, in_preceding: bool) -> Iterator[Mark]:
        """Passages that are repeated, and the words that they share with the segments."""
        for number, item in self._all():
            if item.source is None:
                continue
            if not in_preceding:
                yield from self._shared(number, item, self._result.text, item.span)
            if item.in_preceding is in_preceding:
                text = self._preceding if in_preceding else self._result.text
                yield Mark(item.source, "source", number)
                yield from self._shared(number, item, text, item.source)

    def _shared(self, number: int, item: Evidence, text: str, span: Span) -> Iterator[Mark]:
        if not item.note.startswith(SHARES):  # a quotation is shared as a whole
            yield Mark(span, "shared", number)
            return
        stems = {_stem(word) for word in item.note.removeprefix(SHARES).split(", ")}
        for word in _WORD.finditer(text, span.start, span.end):
            if _stem(word[0]) in stems:
                yield Mark(Span(*word.span()), "shared", number)

    def _pieces(
        self, text: str, marks: Iterable[Mark], cuts: Iterable[int] = ()
    ) -> Iterator[tuple[int, str]]:
        """Where each piece begins, and its HTML; a passage can be linked to where it begins."""
        for start, end, covering in pieces(len(text), marks, cuts):
            html = escaped(text[start:end])
            sources = [mark for mark in covering if mark.kind == "source"]
            shared = [mark.number for mark in covering if mark.kind == "shared"]
            kinds = dict.fromkeys(m.kind for m in covering if m.kind not in {"source", "shared"})
            anchors = map(self._anchor, (mark for mark in sources if mark.span.start == start))
            if covering:
                html = element(
                    "span",
                    html,
                    class_=" ".join(kinds) or None,
                    data_source=_listed(mark.number for mark in sources),
                    data_shared=_listed(shared),
                )
            yield start, "".join(anchors) + html

    def _anchor(self, mark: Mark) -> str:
        """Where a link to a repeated passage leads."""
        span, name = mark.span, self.id("passage", mark.number)
        return element("span", "", id=name, tabindex=-1, data_start=span.start, data_end=span.end)


def _listed(numbers: Iterable[int]) -> str | None:
    return " ".join(map(str, numbers)) or None


def _stem(word: str) -> str:
    """What words that count as the same share; see :func:`detector.chunks.stem`."""
    return stem(word.casefold().replace("’", "'").removesuffix("'s"))
