"""The steps from a batch to judged candidates; scoring and training take the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, islice, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector import decode
from detector.batch import Batch
from detector.features import matrix
from detector.model import Look, Model
from detector.rivals import Rivals
from detector.runs import running_sum
from detector.spans import Opinions, Regions, weights

Ints = NDArray[np.int64]
Matrix = NDArray[np.float64]
Column = NDArray[np.float64]

OPINIONS = ("filler", "opening", "ending", "seam")
"""What the first two looks are asked of every segment; of filler behind filler, whether a new block
begins there (a seam)."""


LABEL_HEAD = "derivative"
"""What the first look says of whether a segment restates the page, and the label look decides."""


LOST_BREAKS = 0.95
"""Log-odds taken from candidates where a page has lost its line breaks: whatever looks may learn,
three times as many honest pages are marked there."""


class Candidates(NamedTuple):
    """Candidate regions of a batch: segments ``start`` to ``stop``; those of page ``p`` are rows
    ``page_starts[p]`` to ``page_starts[p + 1]``."""

    start: Ints
    stop: Ints
    page_starts: Ints


def first_opinions(batch: Batch, look: Look) -> Opinions:
    """What the first look says of every segment."""
    return Opinions(batch, look.logits(matrix.segment_matrix(batch, look.features)))


def second_opinions(look: Look, first: Opinions) -> Opinions:
    """What the second look makes of the first one's opinions."""
    return Opinions(first.batch, look.logits(matrix.neighbour_matrix(first, look.features)))


def label_opinions(first: Opinions, second: Opinions) -> Opinions:
    """What is known when derivative and padded lines are told apart."""
    return second.with_(LABEL_HEAD, first[LABEL_HEAD])


def derivative(look: Look, first: Opinions, second: Opinions, rows: Ints) -> NDArray[np.float64]:
    """Log-odds of the segments ``rows`` for restating the page, given that they are filler."""
    opinions = label_opinions(first, second)
    return look.logits(matrix.label_matrix(opinions, look.features, rows))[LABEL_HEAD]


def propose(batch: Batch, opinions: Opinions) -> Candidates:
    """Candidate regions of every page; preceding text has none."""
    by_page = list(decode.candidates(_said(opinions), _own_segments(batch)))
    table = np.array(list(chain.from_iterable(by_page)), np.int64).reshape(-1, 2)
    page_starts = running_sum(np.array([len(page) for page in by_page], np.int64))
    return Candidates(table[:, 0], table[:, 1], page_starts)


def last_opinions(look: Look, values: Matrix) -> tuple[Column, Column]:
    """What the fourth look says of candidates, whose features are ``values``: their log-odds of
    being filler and of having the right borders."""
    logits = look.logits(values)
    run_on = values[:, look.features.index("context.starts_run_on")]
    return logits["accept"] - LOST_BREAKS * run_on, logits["exact"]


def _said(opinions: Opinions) -> decode.Opinion:
    filler, opening, ending, seam = (opinions[name] for name in OPINIONS)
    return decode.Opinion(filler, opening, ending, seam, weights(opinions.batch.n_words))


def _own_segments(batch: Batch) -> list[tuple[int, int]]:
    """The segments of each page from the first to behind the last, without its preceding text."""
    ends = batch.segments.page_starts[1:].tolist()
    return list(zip(batch.own_start.tolist(), ends, strict=True))


class Found(NamedTuple):
    """A chosen candidate: its row among ``Judged.values``, the segments that it has grown to, and
    its calibrated log-odds of being filler."""

    row: int
    start: int
    stop: int
    log_odds: float


class Judged(NamedTuple):
    """A batch with what the looks said of it, and the regions chosen on each page.

    ``values`` is candidates x features of the third look, ``accepted`` what it says of their being
    filler; ``accept`` are the candidates' calibrated log-odds of being filler, ``exact`` those of
    having the right borders, ``near`` the probability that these are right or nearly so; ``tops``
    holds for each page the threshold from which nothing is chosen; ``derivative`` log-odds of every
    segment, zeros where nothing was chosen.
    """

    batch: Batch
    second: Opinions
    candidates: Candidates
    values: Matrix
    accepted: NDArray[np.float64]
    accept: NDArray[np.float64]
    exact: NDArray[np.float64]
    near: NDArray[np.float64]
    pages: list[list[Found]]
    tops: list[float]
    derivative: NDArray[np.float64]


def judge(model: Model, batch: Batch, threshold: float) -> Judged:
    """Choose the regions of each page of a batch, of log-odds above ``threshold``."""
    first = first_opinions(batch, model.looks["segments"])
    second = second_opinions(model.looks["neighbours"], first)
    found = propose(batch, second)
    regions = regions_of(second, found.start, found.stop)
    values = matrix.region_matrix(regions, model.looks["regions"].features)
    third = model.looks["regions"].logits(values)
    rivals, look = rivals_of(regions, third), model.looks["rivals"]
    raw, exact = last_opinions(look, matrix.rival_matrix(rivals, look.features))
    accept = model.calibration["region"].log_odds(raw)
    near = rivals.near(exact)
    usable = decode.usable(accept, exact)
    worth = decode.value(accept, exact, near)
    pages = _grown(second, _chosen(found, accept, worth, usable & (accept > threshold)), near)
    tops = _most_by_page(found, np.where(usable, accept, -np.inf))
    said = np.zeros(batch.n)
    ranges = [np.arange(region.start, region.stop) for page in pages for region in page]
    if ranges:
        inside = np.concatenate(ranges)
        said[inside] = derivative(model.looks["labels"], first, second, inside)
    return Judged(
        batch,
        second,
        found,
        values,
        third["accept"],
        accept,
        exact,
        near,
        pages,
        tops,
        said,
    )


def _chosen(
    found: Candidates, accept: Column, worth: Column, eligible: NDArray[np.bool_]
) -> list[list[Found]]:
    """The set of ``eligible`` candidates of each page that are worth most together."""
    rows = np.flatnonzero(eligible)
    spans = list(zip(found.start[rows].tolist(), found.stop[rows].tolist(), strict=True))
    at, odds = rows.tolist(), accept[rows].tolist()
    values = worth[rows]
    pages: list[list[Found]] = []
    for low, high in pairwise(np.searchsorted(rows, found.page_starts).tolist()):
        best = decode.best_set(spans[low:high], values[low:high]) if high > low else []
        chosen = ((low + k, *spans[low + k]) for k in best)
        pages.append([Found(at[k], start, stop, odds[k]) for k, start, stop in chosen])
    return pages


def _grown(second: Opinions, pages: list[list[Found]], near: Column) -> list[list[Found]]:
    """The chosen regions of each page with the filler beside them."""
    found = [region for page in pages for region in page]
    start, stop = (np.array([region[k] for region in found], np.int64) for k in (1, 2))
    reaches = iter(reach(second, start, stop, near[[region.row for region in found]]))
    out: list[list[Found]] = []
    for page in pages:
        spans = [(region.start, region.stop) for region in page]
        grown = decode.grown(spans, list(islice(reaches, len(page))))
        out.append([r._replace(start=a, stop=b) for r, (a, b) in zip(page, grown, strict=True)])
    return out


def reach(second: Opinions, start: Ints, stop: Ints, near: Column) -> list[decode.Reach]:
    """The segments that the candidates ``start`` to ``stop`` may grow to."""
    said, batch = _said(second), second.batch
    page = batch.segments.page[start]
    low, high = batch.own_start[page], batch.segments.page_starts[page + 1]
    columns = (column.tolist() for column in (start, stop, near, low, high))
    return [
        decode.reach(first, last, right, said, *page)
        for first, last, right, *page in zip(*columns, strict=True)
    ]


def _most_by_page(found: Candidates, values: Column) -> list[float]:
    """The largest value of each page's candidates; -inf of none."""
    out = np.full(len(found.page_starts) - 1, -np.inf)
    filled = np.flatnonzero(np.diff(found.page_starts))
    if len(filled):
        out[filled] = np.maximum.reduceat(values, found.page_starts[filled])
    most: list[float] = out.tolist()
    return most


def regions_of(opinions: Opinions, start: Ints, stop: Ints) -> Regions:
    """Candidates as arguments of features."""
    return Regions(opinions.batch, start, stop, opinions)


def rivals_of(regions: Regions, third: Mapping[str, NDArray[np.float64]]) -> Rivals:
    """Candidates, all of their batch, with what the third look said of them, as arguments of
    features."""
    return Rivals(regions, third["accept"], third["exact"])
