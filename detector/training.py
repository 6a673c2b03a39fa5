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

import numpy as np
from numpy.typing import NDArray

from detector import looks
from detector.features import matrix
from detector.features.registry import FAMILIES
from detector.fitting import Basis, fit_look, telling_products
from detector.held_out import HeldOut, calibrate, human_tops, look_back, look_back_at, parallel
from detector.learning import COURSES, UnitsOfLooks
from detector.lexicon import Lexicon
from detector.model import DEFAULT, Calibration, Look, Model, Threshold
from detector.negatives import Negatives
from detector.rows import (
    Fold,
    Rows,
    label_rows,
    neighbour_rows,
    region_rows,
    rival_rows,
    segment_rows,
)
from detector.tally import Tally
from detector.thresholds import LOOSE, least, measured
from detector.types import ALARM_RATES, Form

FOLDS = 4
EVERY = (*range(FOLDS), FOLDS)
"""The folds, and one that no page belongs to: a look that has not seen it has seen all pages."""
HELD_OUT = "held-out labelled pages"

PRODUCTS = {"segments": 100, "neighbours": 150, "regions": 300, "rivals": 150}
"""Products of features that looks use for each question."""


@dataclass(frozen=True)
class Settings:
    """What training can vary; the defaults made the released model."""

    families: frozenset[str] = frozenset(FAMILIES) - {"readability"}
    segment_penalty: float = 0.003
    neighbour_penalty: float = 0.01
    region_penalty: float = 0.01
    rival_penalty: float = 0.1
    form_penalty: float = 0.02
    label_penalty: float = 0.02
    negative_weight: float = 6.0
    """What a row of human text counts for, all but those of the label look and of forms."""
    alarm_rate: float = 0.0015
    """Share of honest dev pages that the default threshold may mark; less than the .3 % that must
    hold, since pages of sites and writers nobody has seen are marked more often."""
    jobs: int = 2


@dataclass(frozen=True)
class Trained:
    """A model, for each fold the model that has not seen it (same names and settings), and what
    these said of their folds; of each source of human text see :func:`held_out.human_tops`."""

    model: Model
    held_out: Mapping[int, Model]
    judged: HeldOut
    human_tops: Mapping[str, NDArray[np.float64]]

    @property
    def human_marked(self) -> dict[str, Tally]:
        """Of each source of human text, how many pages are marked at the default threshold by the
        models that were trained on neither it nor the other sources of its fold."""
        threshold = self.model.threshold
        return {
            source: Tally(len(tops), int((tops > threshold).sum()))
            for source, tops in sorted(self.human_tops.items())
        }


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
    units: UnitsOfLooks,
    settings: Settings,
    name: str,
    report: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Fit the looks, calibrate them on held-out folds and set the thresholds by the share of
    held-out human text that they mark, or of honest pages if there is none; the default is "1%".

    ``folds`` hold the training pages, each with a lexicon that has not seen them; ``lexicon`` is
    the one the model will be used with; ``negatives`` adds rows of human text; ``units`` gives the
    looks their hidden units; ``report`` is told what is being done.
    """
    fitted, negative_regions = _fit_looks(folds, negatives, units, settings, report)

    def model(
        k: int, calibration: Mapping[str, Calibration], thresholds: Mapping[str, Threshold]
    ) -> Model:
        parts = {look: by_fold[k] for look, by_fold in fitted.items()}
        names = tuple(name for look in parts.values() for name in look.features)
        versions = matrix.versions(names)
        return Model(name, parts, calibration, thresholds, versions, lexicon.digest)

    plain = {"region": Calibration((1.0,), 0.0), "segment": Calibration((1.0, 0.0), 0.0)}
    raw = {k: model(k, plain, {DEFAULT: Threshold(LOOSE)}) for k in range(FOLDS)}
    report("calibrating on held-out folds")
    raw_judged = look_back(folds, raw, settings.jobs)
    calibration = calibrate(raw_judged)
    judged = raw_judged.calibrated(calibration["region"])
    tops, on, human = judged.tops, "held-out honest pages", {}
    if negatives is not None and negative_regions is not None:
        human = human_tops(raw, negatives, negative_regions, calibration["region"])
        tops, on = np.concatenate(list(human.values())), "held-out human text"
    thresholds = {
        label: measured(least(tops, rate), tops, on, judged.labelled, HELD_OUT)
        for label, rate in ALARM_RATES.items()
    }
    thresholds[DEFAULT] = thresholds["1%"]
    held_out = {k: model(k, calibration, thresholds) for k in range(FOLDS)}
    return Trained(model(FOLDS, calibration, thresholds), held_out, judged, human)


def with_default_threshold(trained: Trained, dev: Fold, rate: float) -> Trained:
    """The models with the default threshold that marks ``rate`` of the honest pages of ``dev``."""
    tops = look_back_at(dev, trained.model).tops
    default = measured(
        least(tops, rate), tops, "honest dev pages", trained.judged.labelled, HELD_OUT
    )

    def changed(model: Model) -> Model:
        return replace(model, thresholds={**model.thresholds, DEFAULT: default})

    held_out = {k: changed(model) for k, model in trained.held_out.items()}
    return replace(trained, model=changed(trained.model), held_out=held_out)


def _fit_looks(
    folds: Sequence[Fold],
    negatives: Negatives | None,
    units: UnitsOfLooks,
    settings: Settings,
    report: Callable[[str], None],
) -> tuple[dict[str, dict[int, Look]], Rows | None]:
    """All looks by name and by the fold they have not seen, and the human text's last rows."""
    jobs, heavy = settings.jobs, settings.negative_weight
    heads = (*looks.OPINIONS, looks.LABEL_HEAD)

    def fit(
        look: str,
        parts: Sequence[Rows],
        names: tuple[str, ...],
        penalties: Mapping[str, float],
        of: Sequence[int] = EVERY,
    ) -> dict[int, Look]:
        rows = Rows.joined([part.asking(tuple(penalties)) for part in parts])
        basis = (
            units.basis(look, rows, names, tuple(penalties), jobs)
            if look in COURSES
            else Basis.of(rows, names, of)
        )
        if look in PRODUCTS:
            products = telling_products(rows, basis, penalties, PRODUCTS[look], jobs)
            basis = replace(basis, products=products)
        return fit_look(rows, basis, penalties, jobs)

    names = matrix.segment_names(settings.families)
    penalties = dict.fromkeys(heads, settings.segment_penalty)
    rows = parallel(jobs, segment_rows, [(fold, names) for fold in folds])
    pilot = fit("pilot", rows, names, penalties, range(FOLDS))
    rows = parallel(jobs, segment_rows, [(fold, names, pilot[fold.number]) for fold in folds])
    rows += [negatives.segments(pilot, names).weighing(heavy)] if negatives else []
    report(f"first look: {_size(rows)} segments, {len(names)} features")
    first = fit("segments", rows, names, penalties)

    names = matrix.neighbour_names()
    rows = parallel(jobs, neighbour_rows, [(fold, first[fold.number], names) for fold in folds])
    rows += [negatives.neighbours(first, names).weighing(heavy)] if negatives else []
    report(f"second look: {_size(rows)} segments, {len(names)} features")
    penalties = dict.fromkeys(looks.OPINIONS, settings.neighbour_penalty)
    second = fit("neighbours", rows, names, penalties)

    names = matrix.region_names(settings.families)
    tasks = [(fold, first[fold.number], second[fold.number], names) for fold in folds]
    rows = parallel(jobs, region_rows, tasks)
    human = negatives.regions(first, second, names) if negatives else None
    weighed = [*rows, human.weighing(heavy)] if human else rows
    report(f"third look: {_size(weighed)} candidate regions, {len(names)} features")
    penalties = dict.fromkeys(("accept", "exact"), settings.region_penalty)
    third = fit("regions", weighed, names, penalties)
    penalties = dict.fromkeys((form.value for form in Form), settings.form_penalty)
    forms = fit("forms", rows, names, penalties, [FOLDS])
    of_forms = dict.fromkeys(EVERY, forms[FOLDS])

    names = matrix.rival_names()
    rows = parallel(
        jobs,
        rival_rows,
        [(f, first[f.number], second[f.number], third[f.number], names) for f in folds],
    )
    human = negatives.rivals(first, second, third, names) if negatives else None
    weighed = [*rows, human.training().weighing(heavy)] if human else rows
    report(f"fourth look: {_size(weighed)} candidate regions, {len(names)} features")
    penalties = dict.fromkeys(("accept", "exact"), settings.rival_penalty)
    fourth = fit("rivals", weighed, names, penalties)

    names = matrix.label_names()
    tasks = [(fold, first[fold.number], second[fold.number], names) for fold in folds]
    rows = parallel(jobs, label_rows, tasks)
    report(f"labels: {_size(rows)} segments, {len(names)} features")
    penalties = {looks.LABEL_HEAD: settings.label_penalty}
    labels = fit("labels", rows, names, penalties)

    fitted = {
        "segments": first,
        "neighbours": second,
        "regions": third,
        "rivals": fourth,
        "labels": labels,
        "forms": of_forms,
    }
    return fitted, human


def _size(rows: Sequence[Rows]) -> int:
    return sum(len(part.matrix) for part in rows)
