"""Labelled pages in, a model out: the only module that fits anything.

Every look is trained on what the look before it says of pages it has not seen: topics and sources
are dealt into folds, a look is fitted without each fold in turn, and its opinions of that fold are
what the next look learns from. So each look learns how the one before errs on new pages.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector import decode, looks
from detector.batch import Batch, Reader
from detector.corpus import GoldPage
from detector.features import matrix
from detector.features.registry import FAMILIES
from detector.lexicon import Lexicon
from detector.looks import OPINIONS, Candidates
from detector.model import Calibration, Look, Model
from detector.pipeline import Detector
from detector.spans import Opinions
from detector.targets import Targets, align, true_spans
from detector.types import Document, Form

Matrix = NDArray[np.float64]
Column = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS = 4
PAGES_A_BATCH = 64
LOOSE = -4.0
"""Log-odds from which regions of held-out pages are looked at to calibrate and to set thresholds."""

CROSSED = (
    "opinion.mean",
    "opinion.expected_segments",
    "opinion.probability",
    "opinion.mean_outside",
    "opinion.least",
    "opinion.opening",
    "opinion.ending",
    "opinion.previous",
    "opinion.next",
    "opinion.previous_three",
    "opinion.next_three",
    "opinion.inner_opening",
    "opinion.low_share",
    "context.log_region_words",
    "context.log_region_words_before",
    "context.log_region_words_behind",
    "context.page_share",
    "repetition.supported_share",
    "repetition.supported_content_share",
    "repetition.mean_best_overlap",
    "repetition.unsupported_name_rate",
    "phrasing.habit_filler@inside",
    "speakers.label_share@inside",
    "speakers.speech_outside",
)
"""Features of regions whose products the third look uses."""


@dataclass(frozen=True)
class Settings:
    """What training can vary; the defaults made the released model."""

    families: frozenset[str] = frozenset(FAMILIES) - {"readability"}
    segment_penalty: float = 0.01
    neighbour_penalty: float = 0.01
    region_penalty: float = 0.1
    form_penalty: float = 0.02
    kept_segments: float = 0.25
    candidates_a_page: int = 12
    real_weight: float = 5.0
    jobs: int = 2


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
    """Training rows of a look: features, targets by head (NaN where a head is not asked), weights
    and the fold each row belongs to."""

    matrix: Matrix
    targets: Mapping[str, Column]
    weight: Column
    fold: Ints

    def without(self, fold: int) -> Rows:
        keep = self.fold != fold
        targets = {head: target[keep] for head, target in self.targets.items()}
        return Rows(self.matrix[keep], targets, self.weight[keep], self.fold[keep])

    @staticmethod
    def joined(parts: Sequence[Rows]) -> Rows:
        heads = parts[0].targets
        return Rows(
            np.concatenate([part.matrix for part in parts]),
            {head: np.concatenate([part.targets[head] for part in parts]) for head in heads},
            np.concatenate([part.weight for part in parts]),
            np.concatenate([part.fold for part in parts]),
        )


@dataclass(frozen=True)
class RealRows:
    """Rows measured on real text, one set a look; empty where a clone trains without them."""

    segments: Sequence[Rows] = ()
    neighbours: Sequence[Rows] = ()
    regions: Sequence[Rows] = ()


@dataclass(frozen=True)
class Trained:
    """A model, and for each fold the model that has not seen it (same names and settings)."""

    model: Model
    held_out: Sequence[Model]
    info: Mapping[str, Any] = field(default_factory=dict)


def fold_of(group: str) -> int:
    """The fold of a story or source. Topics that were written one after another stay together, so
    that a fold is also a writer whom the other folds do not know."""
    number = group.partition("-")[0]
    key = int(number) // 10 if number.isdigit() else zlib.crc32(group.encode())
    return key % FOLDS


def train(
    folds: Sequence[Fold], lexicon: Lexicon, real: RealRows, settings: Settings, name: str
) -> Trained:
    """Fit the three looks, calibrate them on held-out folds and set the default threshold to 0.

    ``folds`` hold the training pages, each with a lexicon that has not seen them; ``lexicon`` is
    the one the model will be used with.
    """
    first = _fit_look(
        [segment_rows(fold, matrix.segment_names(settings.families), settings) for fold in folds],
        real.segments,
        matrix.segment_names(settings.families),
        penalty=settings.segment_penalty,
        squares=False,
        crossed=(),
        jobs=settings.jobs,
    )
    names = matrix.neighbour_names()
    second = _fit_look(
        [neighbour_rows(fold, first[fold.number], names, settings) for fold in folds],
        real.neighbours,
        names,
        penalty=settings.neighbour_penalty,
        squares=True,
        crossed=names,
        jobs=settings.jobs,
    )
    names = matrix.region_names(settings.families)
    rows = [
        region_rows(fold, first[fold.number], second[fold.number], names, settings)
        for fold in folds
    ]
    heads = {"accept": settings.region_penalty, "exact": settings.region_penalty}
    third = _fit_look(
        [_asking(part, tuple(heads)) for part in rows],
        real.regions,
        names,
        penalty=settings.region_penalty,
        squares=True,
        crossed=CROSSED,
        jobs=settings.jobs,
    )
    forms = _fit_look(
        [_asking(part, tuple(form.value for form in Form)) for part in rows],
        (),
        names,
        penalty=settings.form_penalty,
        squares=False,
        crossed=(),
        jobs=settings.jobs,
        held_out=False,
    )
    every = [first, second, third]

    def model(k: int) -> Model:
        parts = {
            "segments": first[k],
            "neighbours": second[k],
            "regions": third[k],
            "forms": forms[FOLDS],
        }
        plain = Calibration((1.0,), 0.0)
        return Model(
            name=name,
            looks=parts,
            calibration={"region": plain, "segment": Calibration((1.0, 0.0), 0.0)},
            thresholds={"default": 0.0},
            feature_versions=matrix.versions(
                tuple(name for look in parts.values() for name in look.features)
            ),
            lexicon=lexicon.digest,
        )

    assert all(FOLDS in look for look in every)
    return Trained(model(FOLDS), [model(fold.number) for fold in folds])


# --- rows ---------------------------------------------------------------------------------------


def segment_rows(fold: Fold, names: tuple[str, ...], settings: Settings) -> Rows:
    """Rows of the first look: a sample of a fold's segments, and all that border a region."""

    def measured(batch: Batch) -> Matrix:
        return matrix.segment_matrix(batch, names)

    return _rows_of_segments(fold, measured, settings)


def neighbour_rows(fold: Fold, first: Look, names: tuple[str, ...], settings: Settings) -> Rows:
    """Rows of the second look, for the same segments, from a first look that has not seen them."""

    def measured(batch: Batch) -> Matrix:
        return matrix.neighbour_matrix(looks.first_opinions(batch, first), names)

    return _rows_of_segments(fold, measured, settings)


def _rows_of_segments(
    fold: Fold, measured: Callable[[Batch], Matrix], settings: Settings
) -> Rows:
    parts = []
    for number, (batch, pages) in enumerate(fold.batches()):
        targets = align(batch, pages)
        seed = (fold.number, number)
        rows, weight = _sampled(batch, targets, settings.kept_segments, seed)
        asked = {
            "filler": targets.filler.astype(np.float64),
            "opening": targets.opening.astype(np.float64),
            "ending": targets.ending.astype(np.float64),
            "derivative": np.where(targets.filler, targets.derivative, np.nan),
        }
        parts.append(
            Rows(
                measured(batch)[rows],
                {head: target[rows] for head, target in asked.items()},
                weight,
                np.full(len(rows), fold.number),
            )
        )
    return Rows.joined(parts)


def _sampled(
    batch: Batch, targets: Targets, share: float, seed: tuple[int, int]
) -> tuple[Ints, Column]:
    """Segments that train, and their weights: by length, and more for those that stand for others
    which were left out."""
    drawn = np.random.default_rng(seed).random(batch.n) < share
    border = targets.opening | targets.ending
    weight = np.minimum(1.0, batch.n_words / 40.0 + 0.15)
    rows = np.flatnonzero(drawn | border)
    return rows, np.where(border, weight, weight / share)[rows]


def region_rows(
    fold: Fold, first: Look, second: Look, names: tuple[str, ...], settings: Settings
) -> Rows:
    """Rows of the third look: candidates on a fold's pages, judged by what they really are."""
    parts = []
    for number, (batch, pages) in enumerate(fold.batches()):
        opinions = looks.second_opinions(second, looks.first_opinions(batch, first))
        found = looks.propose(batch, opinions)
        if len(found.start):
            truth = _truth(pages, align(batch, pages), found)
            rng = np.random.default_rng((fold.number, number))
            rows, weight = _kept(found, truth, settings.candidates_a_page, rng)
            values = looks.region_matrix(opinions, found.start[rows], found.stop[rows], names)
            asked = {head: target[rows] for head, target in truth.targets().items()}
            parts.append(Rows(values, asked, weight, np.full(len(rows), fold.number)))
    return Rows.joined(parts)


@dataclass(frozen=True)
class Truth:
    """What candidates really are: the share of their characters that is filler, the best overlap
    (intersection over union) with a true region, whether it is exact, and that region's form."""

    share: Column
    overlap: Column
    exact: NDArray[np.bool_]
    form: Sequence[str]

    def targets(self) -> dict[str, Column]:
        right = self.overlap >= 0.8
        out = {
            "accept": (self.share >= 0.6).astype(np.float64),
            "exact": np.where(self.overlap > 0.2, self.exact, np.nan),
        }
        for form in Form:
            is_form = np.array([f == form.value for f in self.form])
            out[form.value] = np.where(right, is_form, np.nan)
        return out


def _truth(pages: Sequence[GoldPage], targets: Targets, found: Candidates) -> Truth:
    size = (targets.end - targets.start).astype(np.float64)
    running = np.concatenate(([0.0], np.cumsum(size)))
    filler = np.concatenate(([0.0], np.cumsum(size * targets.filler)))
    whole = running[found.stop] - running[found.start]
    share = (filler[found.stop] - filler[found.start]) / np.maximum(whole, 1.0)
    overlap, exact = np.zeros(len(whole)), np.zeros(len(whole), np.bool_)
    form = [""] * len(whole)
    true = true_spans(targets, slice(0, len(size)))
    page_of = np.repeat(np.arange(len(pages)), np.diff(found.page_starts))
    by_page: dict[int, list[tuple[int, int]]] = {}
    for span in true:
        by_page.setdefault(int(targets.page[span[0]]), []).append(span)
    for k, (start, stop) in enumerate(zip(found.start.tolist(), found.stop.tolist(), strict=True)):
        for low, high in by_page.get(int(page_of[k]), ()):
            shared = running[max(low, min(stop, high))] - running[min(max(start, low), high)]
            shared = max(shared, 0.0)
            union = whole[k] + running[high] - running[low] - shared
            if shared > overlap[k] * union:
                overlap[k] = shared / union
                exact[k] = (low, high) == (start, stop)
                form[k] = pages[page_of[k]].regions[targets.region[low]].form.value
    return Truth(share, overlap, exact, form)


def _kept(
    found: Candidates, truth: Truth, most: int, rng: np.random.Generator
) -> tuple[Ints, Column]:
    """Candidates that train, and their weights: the exact ones and a sample a page.

    Pages with many candidates count for more, but not in proportion; candidates that are filler in
    part count little.
    """
    drawn = rng.random(len(found.start))
    drawn[truth.exact] = -1.0
    rows, weights = [], []
    for low, high in zip(found.page_starts[:-1], found.page_starts[1:], strict=True):
        n = int(high - low)
        if n:
            chosen = low + np.sort(np.argsort(drawn[low:high], kind="stable")[:most])
            rows.append(chosen)
            weights.append(np.full(len(chosen), np.sqrt(10.0 / n) * n / len(chosen)))
    kept, weight = np.concatenate(rows), np.concatenate(weights)
    share = truth.share[kept]
    partly = ((share > 0.05) & (share < 0.6)) | ((share >= 0.6) & (share < 0.9))
    return kept, np.where(partly, 0.3, 1.0) * weight


def _asking(rows: Rows, heads: tuple[str, ...]) -> Rows:
    return Rows(rows.matrix, {h: rows.targets[h] for h in heads}, rows.weight, rows.fold)


# --- fitting ------------------------------------------------------------------------------------


def _fit_look(
    parts: Sequence[Rows],
    real: Sequence[Rows],
    names: tuple[str, ...],
    penalty: float,
    squares: bool,
    crossed: tuple[str, ...],
    jobs: int,
    held_out: bool = True,
) -> dict[int, Look]:
    """Looks by fold: without each fold in turn, and under ``FOLDS`` from all rows."""
    import joblib

    rows = Rows.joined([*parts, *real])
    mean = np.round(rows.matrix.mean(0), 6)
    scale = np.round(rows.matrix.std(0) + 1e-6, 6)
    heads = tuple(rows.targets)
    blank = Look(
        names, mean, scale, squares, crossed, heads, np.zeros((len(heads), 0)), np.zeros(0)
    )
    terms = blank.terms(rows.matrix)
    folds = [*range(FOLDS), FOLDS] if held_out else [FOLDS]
    jobs_of = [(k, head) for k in folds for head in heads]
    fitted = joblib.Parallel(n_jobs=jobs, prefer="threads")(
        joblib.delayed(_fit_head)(terms, rows.targets[head], rows.weight, rows.fold != k, penalty)
        for k, head in jobs_of
    )
    by_job = dict(zip(jobs_of, fitted, strict=True))
    return {
        k: Look(
            names,
            mean,
            scale,
            squares,
            crossed,
            heads,
            np.array([by_job[k, head][0] for head in heads]),
            np.array([by_job[k, head][1] for head in heads]),
        )
        for k in folds
    }


def _fit_head(
    terms: Matrix, target: Column, weight: Column, keep: NDArray[np.bool_], penalty: float
) -> tuple[Column, float]:
    """Coefficients and intercept of one logistic regression, rounded to five decimals.

    Rounding here makes a model the same on machines whose arithmetic differs in the last bits.
    """
    from sklearn.linear_model import LogisticRegression

    keep = keep & ~np.isnan(target)
    model = LogisticRegression(C=penalty, solver="newton-cholesky", max_iter=50, tol=1e-6)
    model.fit(terms[keep], target[keep] > 0.5, sample_weight=weight[keep])
    return np.round(model.coef_[0], 5), round(float(model.intercept_[0]), 5)
