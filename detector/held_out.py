"""What models say of pages they have not seen: it calibrates them and sets their thresholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector import decode, looks
from detector.corpus import FILLER_FROM, GoldPage
from detector.fitting import fit_calibration
from detector.model import Calibration, Model
from detector.negatives import Negatives, n_pages
from detector.rows import Fold, Rows, truth_of
from detector.spans import weights
from detector.targets import Targets, align
from detector.thresholds import LOOSE, Proposed

Column = NDArray[np.float64]


class HeldOut(NamedTuple):
    """What held-out models said: of the regions they chose, of the segments inside these, and of
    all candidates of each page."""

    region: Column
    region_is_filler: Column
    segment: Column
    segment_is_filler: Column
    n_words: Column
    pages: list[Proposed]

    @property
    def tops(self) -> Column:
        """The threshold from which nothing is marked, of each honest page."""
        return np.array([decode.top(p.accept, p.exact) for p in self.pages if not p.gold])

    @property
    def labelled(self) -> list[Proposed]:
        """The pages with filler."""
        return [page for page in self.pages if page.gold]

    def calibrated(self, region: Calibration) -> HeldOut:
        """The same pages under calibrated log-odds, the ones that thresholds are compared with."""
        pages = [page._replace(accept=region.log_odds(page.accept)) for page in self.pages]
        return self._replace(pages=pages)


def look_back(folds: Sequence[Fold], models: Mapping[int, Model], jobs: int) -> HeldOut:
    """Each fold, seen by the model that was fitted without it."""
    parts = parallel(jobs, look_back_at, [(fold, models[fold.number]) for fold in folds])
    *columns, pages_of_folds = zip(*parts, strict=True)
    pages = [page for part in pages_of_folds for page in part]
    return HeldOut._make([*map(np.concatenate, columns), pages])


def look_back_at(fold: Fold, model: Model) -> HeldOut:
    """A fold, seen by ``model``."""
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
                _proposed(judged, targets, pages),
            )
        )
    columns = [[value for part in column for value in part] for column in zip(*parts, strict=True)]
    numbers = [np.array(column, np.float64) for column in columns[:-1]]
    seen = HeldOut._make([*numbers, columns[-1]])
    return seen._replace(segment=seen.segment.reshape(-1, 2))


def _proposed(judged: looks.Judged, targets: Targets, pages: Sequence[GoldPage]) -> list[Proposed]:
    found = judged.candidates
    start, end = targets.start[found.start], targets.end[found.stop - 1]
    reaches = looks.reach(judged.second, found.start, found.stop, judged.near)
    offsets = targets.start.tolist(), targets.end.tolist()
    rows = [slice(*pair) for pair in zip(found.page_starts[:-1], found.page_starts[1:])]
    return [
        Proposed(
            list(zip(start[mine].tolist(), end[mine].tolist(), strict=True)),
            judged.accept[mine],
            judged.exact[mine],
            judged.near[mine],
            [reach.at(*offsets) for reach in reaches[mine]],
            [gold.span for gold in page.regions],
        )
        for page, mine in zip(pages, rows, strict=True)
    ]


def calibrate(judged: HeldOut) -> dict[str, Calibration]:
    """Platt scaling of regions; of segments inside regions, from their own and the region's
    log-odds."""
    even = np.ones(len(judged.region))
    region = fit_calibration(judged.region[:, None], judged.region_is_filler, even)
    both = judged.segment.copy()
    both[:, 1] = region.log_odds(both[:, 1])
    segment = fit_calibration(both, judged.segment_is_filler, weights(judged.n_words))
    return {"region": region, "segment": segment}


def human_tops(
    models: Mapping[int, Model], negatives: Negatives, rows: Rows, region: Calibration
) -> dict[str, Column]:
    """For each source of human text the threshold from which nothing is marked, of every page.

    A source lies in one fold, and the models that say so have seen nothing of that fold. ``rows``
    are all candidates of these pages.
    """
    tops: dict[str, Column] = {}
    for k, sources in negatives.sources.items():
        mine = rows.fold == k
        raw, exact = looks.last_opinions(models[k].looks["rivals"], rows.matrix[mine])
        accept = region.log_odds(raw)
        usable = decode.usable(accept, exact)
        top = np.full(n_pages(sources), -np.inf)
        np.maximum.at(top, rows.page[mine][usable], accept[usable])
        at = 0
        for source, n in sources:
            tops[source] = np.append(tops.get(source, []), top[at : at + n])
            at += n
    return tops


def parallel(jobs: int, call: Callable[..., Any], tasks: Sequence[tuple[Any, ...]]) -> list[Any]:
    """What ``call`` makes of each of ``tasks``, its arguments, in so many processes."""
    import joblib

    return list(joblib.Parallel(n_jobs=jobs)(joblib.delayed(call)(*task) for task in tasks))
