"""Evaluation page by page: what other thresholds would have given, how far borders are off, and
which pages came out worst.

The candidates of a page do not depend on the threshold, only the choice among them does. So one
pass over the pages answers for every threshold exactly: the choice is made again. To filter what a
low threshold marked would not do, for these are other regions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, takewhile
from typing import NamedTuple

from detector import decode
from detector.corpus import GoldPage, GoldRegion
from detector.decode import Candidate
from detector.evaluation import (
    FOUND_FROM,
    best_match,
    border_group,
    is_optional,
    overlap,
    paired,
)
from detector.pipeline import Detector
from detector.tally import Tally
from detector.types import Region, Result, Span

BORDER_EDGES = (0, 20, 100, 500)
"""Characters up to which a border counts as exact, and as off by little, more and much."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A page with its true filler, what was marked on it, and what could have been."""

    page: GoldPage
    result: Result
    candidates: tuple[Candidate, ...]

    @property
    def found(self) -> tuple[Region, ...]:
        """The marked regions that count: not those where the page may be marked or not."""
        return tuple(r for r in self.result.regions if not is_optional(r.span, self.page))

    @property
    def wrong_chars(self) -> int:
        """Characters marked by mistake, and characters of filler that were missed."""
        found = [region.span for region in self.found]
        gold = [region.span for region in self.page.regions]
        both = sum(one.overlap(other) for one in found for other in gold)
        return sum(map(len, found)) + sum(map(len, gold)) - 2 * both


def outcomes(detector: Detector, pages: Iterable[GoldPage], jobs: int = 1) -> Iterator[Outcome]:
    """What comes of ``pages``, which are read a batch at a time; in order."""
    for page, (result, candidates) in paired(pages, partial(detector.weigh_many, jobs=jobs)):
        yield Outcome(page, result, candidates)


# --- thresholds ---------------------------------------------------------------------------------


class Point(NamedTuple):
    """What a threshold gives: of the marked regions those that are right, of the true ones those
    that were found, of the pages without filler those that were marked."""

    threshold: float
    marked: Tally
    regions: Tally
    clean: Tally


def sweep(every: Sequence[Outcome], thresholds: Iterable[float]) -> list[Point]:
    """The point of each threshold. A region is right, and one is found, from FOUND_FROM."""
    return [_point(every, threshold) for threshold in thresholds]


def _point(every: Sequence[Outcome], threshold: float) -> Point:
    point = Point(threshold, Tally(), Tally(), Tally())
    for outcome in every:
        page = outcome.page
        marked = decode.regions(outcome.candidates, threshold) if outcome.candidates else []
        found = [span for span in marked if not is_optional(span, page)]
        gold = [region.span for region in page.regions]
        hits = sum(overlap(one, other) >= FOUND_FROM for one in found for other in gold)
        point.marked.add(hits, len(found))
        point.regions.add(hits, len(gold))
        if not gold:
            point.clean.add(bool(found))
    return point


# --- borders ------------------------------------------------------------------------------------


class Border(NamedTuple):
    """How many characters the first and last line of a marked region lie behind the true ones
    (negative: before them)."""

    group: str
    first: int
    last: int


def borders(every: Iterable[Outcome]) -> list[Border]:
    """The borders of all true regions of which anything was marked, against the marked region that
    is most like each."""
    out = []
    for outcome in every:
        found = [region.span for region in outcome.found]
        for gold in outcome.page.regions:
            best = best_match(found, gold.span)
            if best is not None and best.overlap(gold.span):
                first, last = best.start - gold.span.start, best.end - gold.span.end
                out.append(Border(border_group(gold), first, last))
    return out


def border_classes() -> list[str]:
    """Names of the classes of :func:`border_counts`, from much too early to much too late."""
    steps = [f"{a + 1}-{b}" for a, b in pairwise(BORDER_EDGES)]
    steps.append(f"over {BORDER_EDGES[-1]}")
    early, late = ([f"{step} {side}" for step in steps] for side in ("early", "late"))
    return [*early[::-1], "exact", *late]


def border_counts(errors: Iterable[int]) -> dict[str, int]:
    """How many errors, in characters, fall into each class."""
    names, middle = border_classes(), len(BORDER_EDGES)
    counts: Counter[str] = Counter()
    for error in errors:
        # Below an edge the class before it: an error of exactly 20 is one of "1-20".
        step = bisect_right(BORDER_EDGES, abs(error) - 1)
        counts[names[middle + step if error > 0 else middle - step]] += 1
    return {name: counts[name] for name in names}


# --- the worst pages ----------------------------------------------------------------------------


def worst(every: Iterable[Outcome], n: int) -> list[Outcome]:
    """The ``n`` worst pages: half of them honest pages that were marked, half pages with filler
    that was missed or has other borders; if there are too few of one sort, more of the other.

    Within each sort those with most wrong characters come first, one of each story or source, as
    the other pages of a story mostly fail for the same reason.
    """
    ordered = sorted(every, key=lambda o: (-o.wrong_chars, o.page.id))
    wrong = list(takewhile(lambda outcome: outcome.wrong_chars > 0, ordered))
    alarms = _one_a_group(o for o in wrong if not o.page.regions)
    misses = _one_a_group(o for o in wrong if o.page.regions)
    n_alarms = max(n // 2, n - len(misses))
    alarms = alarms[:n_alarms]
    return alarms + misses[: n - len(alarms)]


def _one_a_group(ordered: Iterable[Outcome]) -> list[Outcome]:
    first: dict[str, Outcome] = {}
    for outcome in ordered:
        first.setdefault(outcome.page.group, outcome)
    return list(first.values())


def reasons(outcome: Outcome, threshold: float) -> Iterator[str]:
    """Why a page is bad: a sentence for each mistake on it."""
    gold = [region.span for region in outcome.page.regions]
    for region in outcome.found:
        if not any(region.span.overlap(span) for span in gold):
            yield (
                f"{_range(region.span)} was marked (log-odds {region.log_odds:+.2f}), and nothing "
                "there is filler"
            )
    for true in outcome.page.regions:
        yield from _missed_or_ragged(outcome, true, threshold)


def _missed_or_ragged(outcome: Outcome, gold: GoldRegion, threshold: float) -> Iterator[str]:
    what = f"the {gold.subform} at {_range(gold.span)}"
    best = best_match([region.span for region in outcome.found], gold.span)
    if best == gold.span:
        return
    if best is None or not best.overlap(gold.span):
        yield f"{what} was missed: {_why_missed(outcome.candidates, gold.span, threshold)}"
        return
    first, last = _off(best.start - gold.span.start), _off(best.end - gold.span.end)
    yield (
        f"{what} was marked as {_range(best)}, intersection over union "
        f"{overlap(best, gold.span):.2f}: first line {first}, last line {last}; "
        f"{_why_missed(outcome.candidates, gold.span, threshold)}"
    )


def _why_missed(candidates: Iterable[Candidate], gold: Span, threshold: float) -> str:
    """What became of the candidate that is most like a true region."""
    alike = [c for c in candidates if overlap(c.span, gold) >= FOUND_FROM]
    if not alike:
        return f"no candidate overlaps it by {FOUND_FROM}"
    best = max(alike, key=lambda c: (overlap(c.span, gold), c.log_odds))
    return (
        f"its best candidate, {_range(best.span)}, has log-odds {best.log_odds:+.2f} of being "
        f"filler (threshold {threshold:+.2f}) and {best.exact:+.2f} of having the right borders"
    )


def _range(span: Span) -> str:
    return f"{span.start}–{span.end}"


def _off(characters: int) -> str:
    side = "late" if characters > 0 else "early"
    return f"{abs(characters)} characters {side}" if characters else "exact"
