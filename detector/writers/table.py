"""Results as a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from detector.tally import Tally
from detector.types import Region, Result, Unreadable
from detector.writers.prose import NOT_JUDGED, printable

if TYPE_CHECKING:
    from detector.pipeline import Detector

WIDTH = 80

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
