"""What stands in a page or a result, in words that are safe to print."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from detector.types import Abstention, Evidence, Region, Span

NOT_JUDGED = {Abstention.SHORT: "too short", Abstention.LANGUAGE: "not English prose"}
"""Why a page was not judged, in words."""
QUOTED = 50
"""Characters of the text that are shown where evidence points to it."""


def kind(region: Region) -> str:
    """``form/label``, such as ``interview/derivative``: the one name by which tools that know a
    single label a span call a region."""
    return f"{region.form}/{region.label}"


def reasons(text: str, evidence: Sequence[Evidence]) -> Iterator[str]:
    """Evidence in sentences: one a repeated passage, one for all else of the same kind and note."""
    quotes: dict[tuple[str, str], list[str]] = {}
    for item in evidence:
        if item.source is not None:
            yield _repeated(text, item, item.source)
        else:
            quotes.setdefault((item.kind, item.note), []).append(_quoted(text, item.span))
    for (kind, note), found in quotes.items():
        yield f"{kind}, {note}: {', '.join(found)}" if note else f"{kind}: {', '.join(found)}"


def by_segment(region: Region) -> list[list[Evidence]]:
    """A region's evidence by the segment that it begins in: a list for each segment."""
    starts = [segment.span.start for segment in region.segments]
    groups: list[list[Evidence]] = [[] for _ in starts]
    for item in region.evidence:
        groups[max(bisect_right(starts, item.span.start) - 1, 0)].append(item)
    return groups


def _repeated(text: str, item: Evidence, source: Span) -> str:
    passage = f"{source.start}-{source.end}"
    if item.in_preceding:
        passage += " of the preceding text"
    else:
        passage += f" {_quoted(text, source)}"
    return f"{item.kind} {passage}: {item.note}" if item.note else f"{item.kind} {passage}"


def _quoted(text: str, span: Span) -> str:
    words = printable(text[span.start : span.end])
    return f"“{words}”" if len(words) <= QUOTED else f"“{words[: QUOTED - 1].rstrip()}…”"


def printable(text: str) -> str:
    """``text`` on one line and harmless to a terminal.

    White space becomes single blanks, control characters and lone surrogates become U+FFFD, and
    invisible format characters, which can turn the direction of writing, are left out.
    """
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(map(_harmless, line))


def _harmless(character: str) -> str:
    if character.isprintable():
        return character
    return "" if unicodedata.category(character) == "Cf" else "\N{REPLACEMENT CHARACTER}"
