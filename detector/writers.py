"""Writing results: a table to read, JSONL and CSV, and evidence in sentences.

Each writer is a generator that takes results as they come and gives a piece of output for each, so
that it works on a stream.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from detector.tally import Tally
from detector.types import Abstention, Evidence, Region, Result, Span, Unreadable

if TYPE_CHECKING:
    from detector.pipeline import Detector

WIDTH = 80
CSV_COLUMNS = (
    "id",
    "start",
    "end",
    "label",
    "form",
    "score",
    "n_chars",
    "filler_fraction",
)

NOT_JUDGED = {Abstention.SHORT: "too short", Abstention.LANGUAGE: "not English prose"}
"""Why a page was not judged, in words."""
QUOTED = 50
"""Characters of the text that are shown where evidence points to it."""

_INDENT = " " * 8


def table(
    results: Iterable[Result | Unreadable], width: int = WIDTH, note: str = ""
) -> Iterator[str]:
    """A table for people: a line a page with the share marked, below it a line a region.

    Lines of regions are cut at ``width`` columns. Several pages are followed by a summary, and all
    by ``note``.
    """
    yield f"filler  page\n{_INDENT}{_columns('region', 'label', 'form', 'score')}begins\n"
    n_pages = n_marked = n_abstained = n_unreadable = 0
    for result in results:
        n_pages += 1
        if isinstance(result, Unreadable):
            n_unreadable += 1
            yield f"     ?  {printable(result.id)} (not read: {result.kind})\n"
        else:
            n_marked += bool(result.regions)
            n_abstained += result.abstained is not None
            lines = [_page_line(result)]
            lines += [_region_line(result, region, width) for region in result.regions]
            yield "\n".join(lines) + "\n"
    if n_pages > 1:
        not_judged = f", {n_abstained} not judged" if n_abstained else ""
        not_read = f", {n_unreadable} not read" if n_unreadable else ""
        yield f"\n{n_pages} pages, {n_marked} with filler{not_judged}{not_read}\n"
    if note:
        yield f"\n{note}\n"


def _page_line(result: Result) -> str:
    page = printable(result.document_id)
    if result.abstained is not None:
        return f"     -  {page} (not judged: {NOT_JUDGED[result.abstained]})"
    return f"{result.filler_fraction:6.1%}  {page}"


def threshold_note(detector: Detector) -> str:
    """What the model knows of the threshold in use: false alarms and recall with their 95 %
    intervals; nothing of one that was given in log-odds."""
    name = detector.threshold_name
    if name is None:
        return f"Threshold: log-odds {detector.threshold:+.2f}, as given."
    known = detector.model.thresholds[name]
    parts = [f"Threshold {name}: log-odds {known.log_odds:+.2f}."]
    if known.alarms.n:
        parts.append(f"False alarms: {_share(known.alarms)} pages, {known.alarms_on}.")
    if known.recall.n:
        parts.append(f"Recall: {_share(known.recall)} regions, {known.recall_on}.")
    return "\n".join(parts)


def _share(tally: Tally) -> str:
    low, high = tally.interval()
    return f"{tally.share:.2%} ({low:.2%} to {high:.2%}) of {tally.n}"


def _region_line(result: Result, region: Region, width: int) -> str:
    span = region.span
    offsets, score = f"{span.start}-{span.end}", f"{region.score:.3f}"
    start = _INDENT + _columns(offsets, region.label, region.form, score)
    words = printable(result.text[span.start : min(span.end, span.start + width)])
    room = width - len(start)
    return start + (words if len(words) <= room else f"{words[: room - 1]}…")


def _columns(span: str, label: str, form: str, score: str) -> str:
    return f"{span:<17}{label:<12}{form:<11}{score:<7}"


def jsonl(results: Iterable[Result | Unreadable]) -> Iterator[str]:
    """One JSON object a line for every page, in the wire format (``docs/wire-format.md``)."""
    for result in results:
        yield json.dumps(result.to_dict(), ensure_ascii=False) + "\n"


def comma_separated(results: Iterable[Result | Unreadable]) -> Iterator[str]:
    """CSV with a header and one row a region, each with the length and share of its page.

    Pages without regions and pages that could not be read have no rows; :func:`jsonl` has every
    page.
    """
    yield _row(CSV_COLUMNS)
    for result in results:
        if isinstance(result, Result):
            yield "".join(_row(_values(result, region)) for region in result.regions)


def _values(result: Result, region: Region) -> tuple[str | int | float, ...]:
    return (
        result.document_id,
        region.span.start,
        region.span.end,
        region.label.value,
        region.form.value,
        round(region.score, 4),
        result.n_chars,
        round(result.filler_fraction, 4),
    )


def _row(values: Iterable[str | int | float]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


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
