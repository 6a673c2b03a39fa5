"""Gold pages against what was found: the figures that the project reports.

Characters are counted on pages that have filler; a region is found if a marked one has
intersection over union of at least 0.8 with it; a clean page is a false alarm if anything on it is
marked.

Calibration is measured on what was marked at the detector's threshold, on clean pages too: every
region with its score, true if FILLER_FROM of its characters are filler, and every segment of these
regions with its own, true if most of it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from detector.corpus import FILLER_FROM, HUMAN, GoldPage
from detector.pipeline import Detector
from detector.reliability import Reliability
from detector.tally import Tally
from detector.types import Document, Region, Result, Span

FOUND_FROM = 0.8


@dataclass
class Scores:
    """Figures of a set of pages; every table is by name of what it is broken down by."""

    characters: dict[str, int] = field(
        default_factory=lambda: {"both": 0, "found only": 0, "gold only": 0}
    )
    labels: Tally = field(default_factory=Tally)
    by_form: dict[str, Tally] = field(default_factory=dict)
    by_kind: dict[str, Tally] = field(default_factory=dict)
    first_lines: dict[str, Tally] = field(default_factory=dict)
    last_lines: dict[str, Tally] = field(default_factory=dict)
    clean: dict[str, Tally] = field(default_factory=dict)
    """Clean pages by kind; "right" counts those that were marked by mistake."""
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
        tables = ("by_form", "by_kind", "first_lines", "last_lines", "clean")
        out: dict[str, Any] = {
            "character_f1": round(self.f1, 4),
            "character_precision": round(self.precision, 4),
            "character_recall": round(self.recall, 4),
            "regions_found": self.regions.to_dict(),
            "labels_right": self.labels.to_dict(),
            "clean_pages_marked": self.false_alarms.to_dict(),
        }
        for table in tables:
            rows: Mapping[str, Tally] = getattr(self, table)
            out[table] = {name: tally.to_dict() for name, tally in sorted(rows.items())}
        out["calibration"] = {
            "regions": self.region_scores.to_dict(),
            "segments": self.segment_scores.to_dict(),
        }
        return out


def evaluate(
    detector: Detector, pages: Iterable[GoldPage], jobs: int = 1, scores: Scores | None = None
) -> Scores:
    """Figures of ``pages``, which are read a batch at a time; added to ``scores`` if given."""
    scores = Scores() if scores is None else scores
    waiting: list[GoldPage] = []

    def documents() -> Iterator[Document]:
        for page in pages:
            waiting.append(page)
            yield Document(page.id, page.text)

    for result in detector.detect_many(documents(), jobs=jobs):
        score_page(scores, waiting.pop(0), result)
    return scores


def score_page(scores: Scores, page: GoldPage, result: Result) -> None:
    """Add one page to the figures."""
    found = [region for region in result.regions if not _is_optional(region.span, page)]
    _count_scores(scores, page, found)
    if not page.regions:
        scores.clean.setdefault(page.kind, Tally()).add(bool(found))
        return
    _count_characters(scores, page, found)
    _count_labels(scores, page, found)
    for gold in page.regions:
        best = max(found, key=lambda region: overlap(region.span, gold.span), default=None)
        good = best is not None and overlap(best.span, gold.span) >= FOUND_FROM
        kind = page.kind if page.shape not in _HARD_SHAPES else f"{page.kind}, {page.shape}"
        scores.by_form.setdefault(gold.subform, Tally()).add(good)
        scores.by_kind.setdefault(kind, Tally()).add(good)
        if best is not None and good:
            group = "interview" if gold.subform == "interview" else "other"
            start, end = best.span.start == gold.span.start, best.span.end == gold.span.end
            scores.first_lines.setdefault(group, Tally()).add(start)
            scores.last_lines.setdefault(group, Tally()).add(end)


_HARD_SHAPES = frozenset({"one-line", "stripped", "stripped-one-line"})


def overlap(one: Span, other: Span) -> float:
    """Intersection over union of two spans, 0 to 1."""
    shared = one.overlap(other)
    return shared / (len(one) + len(other) - shared)


def _is_optional(span: Span, page: GoldPage) -> bool:
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
