"""Gold pages against what was found: the figures that the project reports.

Characters are counted on pages that have filler; a region is found if a marked one has
intersection over union of at least 0.8 with it; a clean page is a false alarm if anything on it is
marked.

Calibration is measured on what was marked at the detector's threshold, on clean pages too: every
region with its score, true if FILLER_FROM of its characters are filler, and every segment of these
regions with its own, true if most of it is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from detector.corpus import FILLER_FROM, HUMAN, GoldPage, GoldRegion
from detector.pipeline import Detector
from detector.reliability import Reliability
from detector.tally import Tally
from detector.types import Document, Region, Result, Span

Found = TypeVar("Found")

FOUND_FROM = 0.8
REGION_LENGTHS = (300, 1_000, 3_000)
PAGE_LENGTHS = (1_000, 3_000, 10_000)
"""Characters at which the classes of length begin by which figures are broken down."""


@dataclass
class Scores:
    """Figures of a set of pages; every table is by name of what it is broken down by."""

    characters: dict[str, int] = field(
        default_factory=lambda: {"both": 0, "found only": 0, "gold only": 0}
    )
    labels: Tally = field(default_factory=Tally)
    by_form: dict[str, Tally] = field(default_factory=dict)
    by_kind: dict[str, Tally] = field(default_factory=dict)
    by_shape: dict[str, Tally] = field(default_factory=dict)
    by_region_length: dict[str, Tally] = field(default_factory=dict)
    by_page_length: dict[str, Tally] = field(default_factory=dict)
    first_lines: dict[str, Tally] = field(default_factory=dict)
    last_lines: dict[str, Tally] = field(default_factory=dict)
    clean: dict[str, Tally] = field(default_factory=dict)
    """Clean pages by kind; "right" counts those that were marked by mistake."""
    clean_by_shape: dict[str, Tally] = field(default_factory=dict)
    clean_by_page_length: dict[str, Tally] = field(default_factory=dict)
    region_scores: Reliability = field(default_factory=Reliability)
    segment_scores: Reliability = field(default_factory=Reliability)

    @property
    def precision(self) -> float:
        both = self.characters["both"]
        return both / max(both + self.characters["found only"], 1)

    @property
    def recall(self) -> float:
        both = self.characters["both"]
        return both / max(both + self.characters["gold only"], 1)

    @property
    def f1(self) -> float:
        """Character F1 on pages with filler."""
        both = self.characters["both"]
        errors = self.characters["found only"] + self.characters["gold only"]
        return 2 * both / max(2 * both + errors, 1)

    @property
    def regions(self) -> Tally:
        return _total(self.by_form)

    @property
    def false_alarms(self) -> Tally:
        return _total(self.clean)

    @property
    def labelled_marked(self) -> Tally:
        """False alarms on the clean ones of the labelled pages."""
        return _total({k: t for k, t in self.clean.items() if not k.startswith(HUMAN)})

    @property
    def human_marked(self) -> Tally:
        """False alarms on human documents."""
        return _total({k: t for k, t in self.clean.items() if k.startswith(HUMAN)})

    def to_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "character_f1": round(self.f1, 4),
            "character_precision": round(self.precision, 4),
            "character_recall": round(self.recall, 4),
            "regions_found": self.regions.to_dict(),
            "labels_right": self.labels.to_dict(),
            "clean_pages_marked": self.false_alarms.to_dict(),
        }
        for table in TABLES:
            rows: Mapping[str, Tally] = getattr(self, table)
            out[table] = {name: rows[name].to_dict() for name in sorted(rows, key=_order)}
        out["calibration"] = {
            "regions": self.region_scores.to_dict(),
            "segments": self.segment_scores.to_dict(),
        }
        return out


TABLES = (
    "by_form",
    "by_kind",
    "by_shape",
    "by_region_length",
    "by_page_length",
    "first_lines",
    "last_lines",
    "clean",
    "clean_by_shape",
    "clean_by_page_length",
)
"""Figures of :class:`Scores` that are broken down."""


def _order(name: str) -> tuple[int, str]:
    """Classes of length by their numbers, other names by their letters."""
    number = re.match(r"\d+", name)
    return (int(number[0]) if number else 0, name)


def evaluate(
    detector: Detector, pages: Iterable[GoldPage], jobs: int = 1, scores: Scores | None = None
) -> Scores:
    """Figures of ``pages``, which are read a batch at a time; added to ``scores`` if given."""
    scores = Scores() if scores is None else scores
    for page, result in paired(pages, partial(detector.detect_many, jobs=jobs)):
        score_page(scores, page, result)
    return scores


def paired(
    pages: Iterable[GoldPage], find: Callable[[Iterator[Document]], Iterator[Found]]
) -> Iterator[tuple[GoldPage, Found]]:
    """Each page with what ``find`` makes of its document; ``find`` keeps the order."""
    waiting: deque[GoldPage] = deque()

    def documents() -> Iterator[Document]:
        for page in pages:
            waiting.append(page)
            yield Document(page.id, page.text)

    for outcome in find(documents()):
        yield waiting.popleft(), outcome


def score_page(scores: Scores, page: GoldPage, result: Result) -> None:
    """Add one page to the figures."""
    found = [region for region in result.regions if not is_optional(region.span, page)]
    page_length = length_class(len(page.text), PAGE_LENGTHS)
    _count_scores(scores, page, found)
    if not page.regions:
        _add(bool(found), scores.clean, page.kind)
        _add(bool(found), scores.clean_by_shape, page.shape)
        _add(bool(found), scores.clean_by_page_length, page_length)
        return
    _count_characters(scores, page, found)
    _count_labels(scores, page, found)
    kind = page.kind if page.shape not in _HARD_SHAPES else f"{page.kind}, {page.shape}"
    for gold in page.regions:
        best = best_match([region.span for region in found], gold.span)
        good = best is not None and overlap(best, gold.span) >= FOUND_FROM
        _add(good, scores.by_form, gold.subform)
        _add(good, scores.by_kind, kind)
        _add(good, scores.by_shape, page.shape)
        _add(good, scores.by_region_length, length_class(len(gold.span), REGION_LENGTHS))
        _add(good, scores.by_page_length, page_length)
        if best is not None and good:
            group = border_group(gold)
            _add(best.start == gold.span.start, scores.first_lines, group)
            _add(best.end == gold.span.end, scores.last_lines, group)


def _add(right: bool, table: dict[str, Tally], name: str) -> None:
    table.setdefault(name, Tally()).add(right)


def length_class(n: int, starts: Sequence[int]) -> str:
    """The class of ``n`` characters: ``0-299``, ``300-999`` … ``3000+``."""
    edges = (0, *starts)
    k = bisect_right(edges, n) - 1
    return f"{edges[k]}+" if k == len(starts) else f"{edges[k]}-{edges[k + 1] - 1}"


def border_group(gold: GoldRegion) -> str:
    """What first and last lines are counted by: ``interview`` or ``other``."""
    return "interview" if gold.subform == "interview" else "other"


_HARD_SHAPES = frozenset({"one-line", "stripped", "stripped-one-line"})


def overlap(one: Span, other: Span) -> float:
    """Intersection over union of two spans, 0 to 1."""
    shared = one.overlap(other)
    return shared / (len(one) + len(other) - shared)


def best_match(found: Iterable[Span], gold: Span) -> Span | None:
    """The one of ``found`` that is most like ``gold``; None of none."""
    return max(found, key=lambda span: overlap(span, gold), default=None)


def is_optional(span: Span, page: GoldPage) -> bool:
    """Whether a marked span lies where a page may be marked or not."""
    return any(o.start <= span.start and span.end <= o.end for o in page.optional)


def _count_scores(scores: Scores, page: GoldPage, found: Sequence[Region]) -> None:
    for region in found:
        scores.region_scores.add(region.score, _filler_share(region.span, page) >= FILLER_FROM)
        for segment in region.segments:
            scores.segment_scores.add(segment.score, _filler_share(segment.span, page) > 0.5)


def _filler_share(span: Span, page: GoldPage) -> float:
    return sum(span.overlap(gold.span) for gold in page.regions) / len(span)


def _count_characters(scores: Scores, page: GoldPage, found: Sequence[Region]) -> None:
    marked = sum(len(region.span) for region in found)
    gold = sum(len(region.span) for region in page.regions)
    both = sum(a.span.overlap(b.span) for a in found for b in page.regions)
    scores.characters["both"] += both
    scores.characters["found only"] += marked - both
    scores.characters["gold only"] += gold - both


def _count_labels(scores: Scores, page: GoldPage, found: Sequence[Region]) -> None:
    """Characters of filler that were found, and those that have the right label."""
    lines = [line for gold in page.regions for line in gold.lines]
    at = 0
    for region in found:
        for segment in region.segments:
            while at < len(lines) and lines[at][0].end <= segment.span.start:
                at += 1
            k = at
            while k < len(lines) and lines[k][0].start < segment.span.end:
                shared = segment.span.overlap(lines[k][0])
                scores.labels.add(shared if lines[k][1] is segment.label else 0, shared)
                k += 1


def _total(table: Mapping[str, Tally]) -> Tally:
    return Tally(sum(t.n for t in table.values()), sum(t.right for t in table.values()))
