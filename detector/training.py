"""Labelled pages in, a model out.

Every look is trained on what the look before it says of pages it has not seen: stories and sources
are dealt into folds, a look is fitted without each fold in turn, and its opinions of that fold are
what the next look learns from. So each look learns how the one before errs on new pages. The same
held-out models calibrate the probabilities and set the thresholds.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector import decode, looks
from detector.corpus import FILLER_FROM
from detector.features import matrix
from detector.features.registry import FAMILIES
from detector.fitting import fit_calibration, fit_look
from detector.lexicon import Lexicon
from detector.model import Calibration, Look, Model
from detector.negatives import Negatives
from detector.rows import (
    Fold,
    Rows,
    label_rows,
    neighbour_rows,
    region_rows,
    segment_rows,
    truth_of,
)
from detector.spans import weights
from detector.targets import align
from detector.types import Form

Column = NDArray[np.float64]

FOLDS = 4
LOOSE = -4.0
"""Log-odds from which regions of held-out pages are looked at to calibrate and set thresholds."""
ALARM_RATES = {"5%": 0.05, "1%": 0.01, "0.1%": 0.001}
"""Named thresholds: the share of held-out honest pages that they mark."""

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
    label_penalty: float = 0.02
    negative_weight: float = 1.5
    """Weight of human text in the third look."""
    alarm_rate: float = 0.0145
    """Share of honest dev pages that the default threshold may mark."""
    jobs: int = 2


@dataclass(frozen=True)
class Trained:
    """A model, and for each fold the model that has not seen it (same names and settings)."""

    model: Model
    held_out: Mapping[int, Model]


def fold_of(group: str) -> int:
    """The fold of a story or source. Topics that were written one after another stay together, so
    that a fold is also a writer whom the other folds do not know."""
    number = group.partition("-")[0]
    key = int(number) // 10 if number.isdigit() else zlib.crc32(group.encode())
    return key % FOLDS


def train(
    folds: Sequence[Fold],
    lexicon: Lexicon,
    negatives: Negatives | None,
    settings: Settings,
    name: str,
    report: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Fit the looks, calibrate them on held-out folds and set the thresholds by the share of
    held-out honest pages that they mark; the default one is "1%".

    ``folds`` hold the training pages, each with a lexicon that has not seen them; ``lexicon`` is
    the one the model will be used with; ``negatives`` adds rows of human text; ``report`` is told
    what is being done.
    """
    fitted, negative_regions = _fit_looks(folds, negatives, settings, report)

    def model(
        k: int, calibration: Mapping[str, Calibration], thresholds: Mapping[str, float]
    ) -> Model:
        parts = {look: by_fold[k] for look, by_fold in fitted.items()}
        names = tuple(name for look in parts.values() for name in look.features)
        versions = matrix.versions(names)
        return Model(name, parts, calibration, thresholds, versions, lexicon.digest)

    plain = {"region": Calibration((1.0,), 0.0), "segment": Calibration((1.0, 0.0), 0.0)}
    raw = {k: model(k, plain, {"default": LOOSE}) for k in range(FOLDS)}
    report("calibrating on held-out folds")
    judged = _look_back(folds, raw, settings.jobs)
    calibration = _calibration(judged)
    tops = _tops(judged, raw, negatives, negative_regions, calibration["region"])
    thresholds = {label: _threshold(tops, rate) for label, rate in ALARM_RATES.items()}
    thresholds["default"] = thresholds["1%"]
    held_out = {k: model(k, calibration, thresholds) for k in range(FOLDS)}
    return Trained(model(FOLDS, calibration, thresholds), held_out)


def with_default_threshold(trained: Trained, dev: Fold, rate: float) -> Trained:
    """The models with the default threshold that marks ``rate`` of the honest pages of ``dev``."""
    threshold = _threshold(_look_back_at(dev, trained.model).top, rate)

    def changed(model: Model) -> Model:
        return replace(model, thresholds={**model.thresholds, "default": threshold})

    held_out = {k: changed(model) for k, model in trained.held_out.items()}
    return Trained(changed(trained.model), held_out)


def _fit_looks(
    folds: Sequence[Fold],
    negatives: Negatives | None,
    settings: Settings,
    report: Callable[[str], None],
) -> tuple[dict[str, dict[int, Look]], Rows | None]:
    """All looks by name and by the fold they have not seen, and the human text's region rows."""
    every, jobs = [*range(FOLDS), FOLDS], settings.jobs
    heads = (*looks.OPINIONS, looks.LABEL_HEAD)

    names = matrix.segment_names(settings.families)
    rows = _parallel(jobs, segment_rows, [(fold, names) for fold in folds])
    rows += [negatives.segments(names)] if negatives else []
    report(f"first look: {_size(rows)} segments, {len(names)} features")
    first = fit_look(rows, names, dict.fromkeys(heads, settings.segment_penalty), every, jobs=jobs)

    names = matrix.neighbour_names()
    rows = _parallel(jobs, neighbour_rows, [(fold, first[fold.number], names) for fold in folds])
    rows += [negatives.neighbours(first, names)] if negatives else []
    report(f"second look: {_size(rows)} segments, {len(names)} features")
    penalties = dict.fromkeys(looks.OPINIONS, settings.neighbour_penalty)
    second = fit_look(rows, names, penalties, every, squares=True, crossed=names, jobs=jobs)

    names = matrix.region_names(settings.families)
    tasks = [(fold, first[fold.number], second[fold.number], names) for fold in folds]
    rows = _parallel(jobs, region_rows, tasks)
    human = negatives.regions(first, second, names) if negatives else None
    weighed = [*rows, human.weighing(settings.negative_weight)] if human else rows
    report(f"third look: {_size(weighed)} candidate regions, {len(names)} features")
    penalties = dict.fromkeys(("accept", "exact"), settings.region_penalty)
    third = fit_look(weighed, names, penalties, every, squares=True, crossed=CROSSED, jobs=jobs)
    penalties = dict.fromkeys((form.value for form in Form), settings.form_penalty)
    forms = fit_look(rows, names, penalties, [FOLDS], jobs=jobs)
    of_forms = dict.fromkeys(every, forms[FOLDS])

    names = matrix.label_names()
    tasks = [(fold, first[fold.number], second[fold.number], names) for fold in folds]
    rows = _parallel(jobs, label_rows, tasks)
    report(f"labels: {_size(rows)} segments, {len(names)} features")
    penalties = {looks.LABEL_HEAD: settings.label_penalty}
    labels = fit_look(rows, names, penalties, every, squares=True, crossed=names, jobs=jobs)

    fitted = {
        "segments": first,
        "neighbours": second,
        "regions": third,
        "labels": labels,
        "forms": of_forms,
    }
    return fitted, human


def _parallel(jobs: int, call: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> list[Any]:
    import joblib

    return list(joblib.Parallel(n_jobs=jobs)(joblib.delayed(call)(*task) for task in tasks))


def _size(rows: Sequence[Rows]) -> int:
    return sum(len(part.matrix) for part in rows)


# --- calibration and thresholds -----------------------------------------------------------------


class HeldOut(NamedTuple):
    """What held-out models said: of the regions they chose, and of the segments inside these.

    ``top`` is the threshold from which nothing is marked, of each honest page.
    """

    region: Column
    region_is_filler: Column
    segment: Column
    segment_is_filler: Column
    n_words: Column
    top: Column


def _look_back(folds: Sequence[Fold], models: Mapping[int, Model], jobs: int) -> HeldOut:
    """Each fold, seen by the model that was fitted without it."""
    parts = _parallel(jobs, _look_back_at, [(fold, models[fold.number]) for fold in folds])
    return HeldOut(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _look_back_at(fold: Fold, model: Model) -> HeldOut:
    parts: list[tuple[list[Any], ...]] = []
    for batch, pages in fold.batches():
        judged = looks.judge(model, batch, LOOSE)
        targets = align(batch, pages)
        found = [f for page in judged.pages for f in page]
        ranges = np.array([(f.start, f.stop) for f in found], np.int64).reshape(-1, 2)
        truth = truth_of(pages, targets, ranges[:, 0], ranges[:, 1])
        members = [(k, f) for f in found for k in range(f.start, f.stop)]
        at = np.array([k for k, _ in members], np.int64)
        parts.append(
            (
                [f.log_odds for f in found],
                (truth.share >= FILLER_FROM).tolist(),
                [(judged.second["filler"][k], f.log_odds) for k, f in members],
                targets.filler[at].tolist(),
                batch.n_words[at].tolist(),
                [top for page, top in zip(pages, judged.tops, strict=True) if not page.regions],
            )
        )
    columns = [[value for part in column for value in part] for column in zip(*parts, strict=True)]
    seen = HeldOut(*(np.array(column, np.float64) for column in columns))
    return seen._replace(segment=seen.segment.reshape(-1, 2))


def _calibration(judged: HeldOut) -> dict[str, Calibration]:
    """Platt scaling of regions; of segments inside regions, from their own and the region's
    log-odds."""
    even = np.ones(len(judged.region))
    region = fit_calibration(judged.region[:, None], judged.region_is_filler, even)
    both = judged.segment.copy()
    both[:, 1] = region.log_odds(both[:, 1])
    segment = fit_calibration(both, judged.segment_is_filler, weights(judged.n_words))
    return {"region": region, "segment": segment}


def _tops(
    judged: HeldOut,
    models: Mapping[int, Model],
    negatives: Negatives | None,
    rows: Rows | None,
    calibration: Calibration,
) -> Column:
    """Calibrated log-odds of the most suspect region of every held-out honest page."""
    tops = [judged.top]
    if negatives is not None and rows is not None:
        for k, n_pages in negatives.n_pages.items():
            mine = rows.fold == k
            logits = models[k].looks["regions"].logits(rows.matrix[mine])
            usable = decode.usable(logits["accept"], logits["exact"])
            top = np.full(n_pages, -np.inf)
            np.maximum.at(top, rows.page[mine][usable], logits["accept"][usable])
            tops.append(top)
    return calibration.log_odds(np.concatenate(tops))


def _threshold(tops: Column, rate: float) -> float:
    """The smallest log-odds above which no more than ``rate`` of the pages have a region."""
    ordered = np.sort(tops)[::-1]
    limit = float(ordered[min(int(rate * len(ordered)), len(ordered) - 1)])
    return round(max(limit, LOOSE) + 1e-3, 3)
