"""Training rows: what the looks see of labelled pages, and what they should say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector import looks
from detector.batch import Batch
from detector.corpus import FILLER_FROM, GoldPage
from detector.features import matrix
from detector.lexicon import Lexicon
from detector.looks import Candidates
from detector.model import Look
from detector.odds import probability
from detector.reading import Reader
from detector.spans import Opinions
from detector.targets import Targets, align, length_weight, true_spans
from detector.types import Document, Form

Matrix = NDArray[np.float64]
Column = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PAGES_A_BATCH = 64
KEPT_SEGMENTS = 0.05
"""Share of the segments that train the first two looks, besides all that border a region, where
nothing is doubtful …"""
KEPT_DOUBTFUL = 0.6
"""… and where the look that was asked about them is as wrong as can be."""
KEPT_LABELS = 0.4
"""Share of the filler's segments that train the label look."""
KEPT_CANDIDATES = 10
"""Candidates of a page that train the third and the fourth look."""
HONEST_WEIGHT = 4.0
"""What candidates on pages without filler count for: few false alarms come before all else …"""
CAREFUL_WEIGHT = 8.0
"""… and on those with a genuine interview, which must not be marked, and on re-told ones, whose
last sentences may say as little as filler does."""
CAREFUL = ("genuine", "rewrite")
"""Compositions with one of these in their names are such pages."""
RIGHT_FROM = 0.8
"""Overlap (intersection over union) with a true region from which a candidate has its form."""


@dataclass(frozen=True)
class Fold:
    """The pages of one fold and a lexicon whose learned n-grams have not seen them."""

    number: int
    pages: Sequence[GoldPage]
    lexicon: Lexicon

    def batches(self) -> Iterator[tuple[Batch, Sequence[GoldPage]]]:
        reader = Reader(self.lexicon)
        for k in range(0, len(self.pages), PAGES_A_BATCH):
            pages = self.pages[k : k + PAGES_A_BATCH]
            yield Batch([Document(page.id, page.text) for page in pages], reader), pages


@dataclass(frozen=True)
class Rows:
    """Training rows of a look.

    ``matrix`` is rows x features; ``targets`` holds 0, 1 or NaN (not asked) by head; ``page``
    numbers the page of its fold that a row comes from.
    """

    matrix: Matrix
    targets: Mapping[str, Column]
    weight: Column
    fold: Ints
    page: Ints

    def asking(self, heads: Sequence[str]) -> Rows:
        """The same rows with the targets of ``heads`` only."""
        targets = {head: self.targets[head] for head in heads}
        return Rows(self.matrix, targets, self.weight, self.fold, self.page)

    def training(self) -> Rows:
        """The rows that are not there to be looked at only: those with a weight."""
        mine = self.weight > 0
        targets = {head: target[mine] for head, target in self.targets.items()}
        return Rows(self.matrix[mine], targets, self.weight[mine], self.fold[mine], self.page[mine])

    def weighing(self, factor: float) -> Rows:
        """The same rows with their weights multiplied."""
        return Rows(self.matrix, self.targets, self.weight * factor, self.fold, self.page)

    @staticmethod
    def none(n_features: int, heads: Sequence[str]) -> Rows:
        """No rows, of a fold that has none."""
        no = np.zeros(0)
        targets = dict.fromkeys(heads, no)
        return Rows(np.zeros((0, n_features)), targets, no, no.astype(int), no.astype(int))

    @staticmethod
    def joined(parts: Sequence[Rows]) -> Rows:
        return Rows(
            np.concatenate([part.matrix for part in parts]),
            {h: np.concatenate([part.targets[h] for part in parts]) for h in parts[0].targets},
            np.concatenate([part.weight for part in parts]),
            np.concatenate([part.fold for part in parts]),
            np.concatenate([part.page for part in parts]),
        )


# --- segments -----------------------------------------------------------------------------------


def segment_rows(fold: Fold, names: tuple[str, ...], pilot: Look | None = None) -> Rows:
    """Rows of the first look: a sample of a fold's segments, more of those about which ``pilot``,
    a look of the same features that has not seen them, is wrong, and all that border a region."""

    def measured(batch: Batch) -> tuple[Matrix, Opinions | None]:
        table = matrix.segment_matrix(batch, names)
        return table, Opinions(batch, pilot.logits(table)) if pilot else None

    return _rows_of_segments(fold, measured, len(names))


def neighbour_rows(fold: Fold, first: Look, names: tuple[str, ...]) -> Rows:
    """Rows of the second look, sampled by what a first look says that has not seen them."""

    def measured(batch: Batch) -> tuple[Matrix, Opinions]:
        opinions = looks.first_opinions(batch, first)
        return matrix.neighbour_matrix(opinions, names), opinions

    return _rows_of_segments(fold, measured, len(names))


def label_rows(fold: Fold, first: Look, second: Look, names: tuple[str, ...]) -> Rows:
    """Rows of the look that tells derivative from padded lines: a sample of a fold's filler."""
    parts = [Rows.none(len(names), (looks.LABEL_HEAD,))]
    for number, (batch, pages) in enumerate(fold.batches()):
        targets = align(batch, pages)
        rng = np.random.default_rng((fold.number, number))
        rows = np.flatnonzero(targets.filler & (rng.random(batch.n) < KEPT_LABELS))
        one = looks.first_opinions(batch, first)
        opinions = looks.label_opinions(one, looks.second_opinions(second, one))
        parts.append(
            Rows(
                matrix.label_matrix(opinions, names)[rows],
                {looks.LABEL_HEAD: targets.derivative[rows].astype(np.float64)},
                length_weight(batch.n_words)[rows],
                np.full(len(rows), fold.number),
                number * PAGES_A_BATCH + targets.page[rows],
            )
        )
    return Rows.joined(parts)


def _rows_of_segments(
    fold: Fold, measured: Callable[[Batch], tuple[Matrix, Opinions | None]], n_features: int
) -> Rows:
    parts = [Rows.none(n_features, (*looks.OPINIONS, looks.LABEL_HEAD))]
    for number, (batch, pages) in enumerate(fold.batches()):
        targets = align(batch, pages)
        table, opinions = measured(batch)
        kept = _kept(targets, opinions)
        rows = np.flatnonzero(np.random.default_rng((fold.number, number)).random(batch.n) < kept)
        asked = {
            "filler": targets.filler.astype(np.float64),
            "opening": targets.opening.astype(np.float64),
            "ending": targets.ending.astype(np.float64),
            "seam": targets.seam,
            "derivative": np.where(targets.filler, targets.derivative, np.nan),
        }
        parts.append(
            Rows(
                table[rows],
                {head: target[rows] for head, target in asked.items()},
                (length_weight(batch.n_words) / kept)[rows],
                np.full(len(rows), fold.number),
                number * PAGES_A_BATCH + targets.page[rows],
            )
        )
    return Rows.joined(parts)


def _kept(targets: Targets, opinions: Opinions | None) -> Column:
    """The probability that a segment trains: each that does stands for others like it.

    Rows that a look is wrong about tell the next fit most (local case-control sampling, Fithian
    and Hastie 2014).
    """
    wrong = np.zeros(len(targets.filler))
    if opinions is not None:
        truths = {"filler": targets.filler, "opening": targets.opening, "ending": targets.ending}
        for question, truth in truths.items():
            wrong = np.maximum(wrong, np.abs(truth - probability(opinions[question])))
    kept = np.maximum(KEPT_SEGMENTS, KEPT_DOUBTFUL * wrong)
    return np.where(targets.opening | targets.ending, 1.0, kept)


# --- regions ------------------------------------------------------------------------------------


def region_rows(fold: Fold, first: Look, second: Look, names: tuple[str, ...]) -> Rows:
    """Rows of the third look: candidates on a fold's pages, judged by what they really are."""
    heads = ("accept", "exact", *(form.value for form in Form))
    parts = [Rows.none(len(names), heads)]
    for found in _proposed(fold, first, second):
        kept = np.flatnonzero(found.weight)
        regions = looks.regions_of(found.opinions, found.start[kept], found.stop[kept])
        parts.append(found.rows(kept, matrix.region_matrix(regions, names), heads))
    return Rows.joined(parts)


def rival_rows(
    fold: Fold,
    first: Look,
    second: Look,
    third: Look,
    names: tuple[str, ...],
    every: bool = False,
) -> Rows:
    """Rows of the fourth look: candidates against their rivals, from looks that have not seen them.

    Those that train, or ``every`` one, the others with weight 0.
    """
    heads = ("accept", "exact")
    parts = [Rows.none(len(names), heads)]
    for found in _proposed(fold, first, second):
        regions = looks.regions_of(found.opinions, found.start, found.stop)
        said = third.logits(matrix.region_matrix(regions, third.features))
        values = matrix.rival_matrix(looks.rivals_of(regions, said), names)
        kept = np.arange(len(values)) if every else np.flatnonzero(found.weight)
        parts.append(found.rows(kept, values[kept], heads))
    return Rows.joined(parts)


@dataclass(frozen=True)
class _Proposed:
    """The candidates of a batch of a fold: the truth about them by head, what each counts for in
    training, and the page of the fold that each stands on."""

    opinions: Opinions
    start: Ints
    stop: Ints
    targets: Mapping[str, Column]
    weight: Column
    fold: int
    page: Ints

    def rows(self, kept: Ints, values: Matrix, heads: Sequence[str]) -> Rows:
        """The candidates ``kept``, whose features are ``values``."""
        asked = {head: self.targets[head][kept] for head in heads}
        fold = np.full(len(kept), self.fold)
        return Rows(values, asked, self.weight[kept], fold, self.page[kept])


def _proposed(fold: Fold, first: Look, second: Look) -> Iterator[_Proposed]:
    for number, (batch, pages) in enumerate(fold.batches()):
        opinions = looks.second_opinions(second, looks.first_opinions(batch, first))
        found = looks.propose(batch, opinions)
        if len(found.start):
            truth = truth_of(pages, align(batch, pages), found.start, found.stop)
            weight = _weights(found, truth, np.random.default_rng((fold.number, number)))
            on_page = batch.segments.page[found.start]
            weight *= np.array([_page_weight(page) for page in pages])[on_page]
            page = number * PAGES_A_BATCH + on_page
            yield _Proposed(
                opinions, found.start, found.stop, truth.targets(), weight, fold.number, page
            )


def _page_weight(page: GoldPage) -> float:
    if page.regions:
        return 1.0
    careful = any(name in page.kind for name in CAREFUL)
    return CAREFUL_WEIGHT if careful else HONEST_WEIGHT


@dataclass(frozen=True)
class Truth:
    """What candidates really are: the share of their characters that is filler, the best overlap
    (intersection over union) with a true region, whether it is exact, and that region's form."""

    share: Column
    overlap: Column
    exact: Bools
    form: Sequence[str]

    def targets(self) -> dict[str, Column]:
        right = self.overlap >= RIGHT_FROM
        out = {
            "accept": (self.share >= FILLER_FROM).astype(np.float64),
            "exact": np.where(self.overlap > 0.2, self.exact, np.nan),
        }
        for form in Form:
            is_form = np.array([f == form.value for f in self.form])
            out[form.value] = np.where(right, is_form, np.nan)
        return out


def truth_of(pages: Sequence[GoldPage], targets: Targets, start: Ints, stop: Ints) -> Truth:
    """The truth about the candidates ``start`` to ``stop`` of the batch read from ``pages``."""
    size = (targets.end - targets.start).astype(np.float64)
    running = np.concatenate(([0.0], np.cumsum(size)))
    filler = np.concatenate(([0.0], np.cumsum(size * targets.filler)))
    whole = running[stop] - running[start]
    share = (filler[stop] - filler[start]) / np.maximum(whole, 1.0)
    overlap, exact = np.zeros(len(whole)), np.zeros(len(whole), np.bool_)
    form = [""] * len(whole)
    true_of_page: dict[int, list[tuple[int, int]]] = {}
    for span in true_spans(targets, slice(0, len(size))):
        true_of_page.setdefault(int(targets.page[span[0]]), []).append(span)
    for k, (first, last) in enumerate(zip(start.tolist(), stop.tolist(), strict=True)):
        page = int(targets.page[first])
        for low, high in true_of_page.get(page, ()):
            shared = running[max(low, min(last, high))] - running[min(max(first, low), high)]
            shared = max(shared, 0.0)
            union = whole[k] + running[high] - running[low] - shared
            if shared > overlap[k] * union:
                overlap[k] = shared / union
                exact[k] = (low, high) == (first, last)
                form[k] = pages[page].regions[targets.region[low]].form.value
    return Truth(share, overlap, exact, form)


def _weights(found: Candidates, truth: Truth, rng: np.random.Generator) -> Column:
    """How much each candidate counts in training: the exact ones and a sample a page do, the others
    have weight 0.

    Pages with many candidates count for more, but not in proportion; candidates that are filler in
    part count little.
    """
    drawn = rng.random(len(found.start))
    drawn[truth.exact] = -1.0
    weight = np.zeros(len(drawn))
    for low, high in zip(found.page_starts[:-1], found.page_starts[1:], strict=True):
        n = int(high - low)
        if n:
            chosen = low + np.argsort(drawn[low:high], kind="stable")[:KEPT_CANDIDATES]
            weight[chosen] = np.sqrt(10.0 / n) * n / len(chosen)
    share = truth.share
    partly = ((share > 0.05) & (share < FILLER_FROM)) | ((share >= FILLER_FROM) & (share < 0.9))
    return np.where(partly, 0.3, 1.0) * weight
