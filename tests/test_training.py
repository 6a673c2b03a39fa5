"""Training on a handful of stories: the same bytes, with and without the human text itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from detector import retraining
from detector.errors import CorpusError
from detector.evaluation import evaluate
from detector.features import matrix
from detector.fitting import Basis, fit_look
from detector.held_out import human_tops
from detector.learning import COURSES, StoredUnits
from detector.model import Look
from detector.negatives import Measured, Stored
from detector.pipeline import Detector
from detector.retraining import DataFolder, pages_of
from detector.rows import Fold, Rows, segment_rows
from detector.training import FOLDS, Settings, fold_of, train, with_default_threshold
from detector.types import ALARM_RATES
from detector.units import Units

QUICK = Settings(
    segment_penalty=1e-4,
    neighbour_penalty=1e-4,
    region_penalty=1e-4,
    form_penalty=1e-4,
    label_penalty=1e-4,
    jobs=1,
)
"""Strong penalties, under which few pages are fitted in a few steps."""


@pytest.fixture(scope="module")
def folds(small_data: DataFolder) -> list[Fold]:
    pages = list(pages_of(small_data.topics, dev=False))
    lexicons = small_data.fold_lexicons()
    return [
        Fold(k, [page for page in pages if fold_of(page.group) == k][:40], lexicon)
        for k, lexicon in enumerate(lexicons)
    ]


@pytest.fixture(scope="module")
def human(folds: list[Fold]) -> list[Fold]:
    """The honest pages of the stories stand for human text."""
    return [replace(fold, pages=[p for p in fold.pages if not p.regions][:12]) for fold in folds]


@pytest.fixture(scope="module")
def units(folds: list[Fold], tmp_path_factory: pytest.TempPathFactory) -> StoredUnits:
    """Units learned once, from the same pages."""
    path = tmp_path_factory.mktemp("units") / "units.npz"
    learned = retraining.new_units()
    train(folds, folds[0].lexicon, None, learned, QUICK, "learned")
    learned.save(path)
    return StoredUnits(path)


def test_folds_cover_all_stories(folds: list[Fold]) -> None:
    assert all(fold.pages for fold in folds)
    assert fold_of("013-a") == fold_of("019-b")
    assert {fold_of(f"{k:03d}-x") for k in range(0, 10 * FOLDS, 10)} == set(range(FOLDS))


@pytest.mark.parametrize(
    ("with_human", "on"), [(True, "held-out human text"), (False, "held-out honest pages")]
)
def test_thresholds_say_what_they_were_measured_on(
    folds: list[Fold], human: list[Fold], units: StoredUnits, with_human: bool, on: str
) -> None:
    negatives = Measured(human) if with_human else None
    trained = train(folds, folds[0].lexicon, negatives, units, QUICK, "named")
    honest = human if with_human else folds
    n_honest = sum(not page.regions for fold in honest for page in fold.pages)
    n_regions = sum(len(page.regions) for fold in folds for page in fold.pages)
    for name, rate in ALARM_RATES.items():
        threshold = trained.model.thresholds[name]
        assert (threshold.alarms_on, threshold.alarms.n) == (on, n_honest)
        assert threshold.alarms.right <= rate * n_honest
        assert (threshold.recall_on, threshold.recall.n) == ("held-out labelled pages", n_regions)
    assert trained.model.thresholds["default"] == trained.model.thresholds["1%"]


def test_marked_pages_are_counted_by_source(
    folds: list[Fold], units: StoredUnits, detector: Detector
) -> None:
    """All pages stand for human text, and the released model for that of each fold."""
    human = [
        replace(fold, pages=[replace(p, regions=()) for p in fold.pages], lexicon=detector.lexicon)
        for fold in folds
    ]
    every = dict.fromkeys(range(FOLDS), detector.model)
    before = [
        dict.fromkeys(every, detector.model.looks[look])
        for look in ("segments", "neighbours", "regions")
    ]
    measured = Measured(human)
    rows = measured.rivals(*before, detector.model.looks["rivals"].features)
    tops = human_tops(every, measured, rows, detector.model.calibration["region"])
    trained = train(folds, folds[0].lexicon, None, units, QUICK, "without")
    assert trained.human_marked == {}
    marked = replace(trained, model=detector.model, human_tops=tops).human_marked
    pages = [replace(page, kind=page.group) for fold in human for page in fold.pages]
    assert marked == evaluate(detector, pages).clean
    assert list(marked) == sorted(marked)
    assert 0 < sum(tally.right for tally in marked.values()) < len(pages)


def test_figures_of_the_default_threshold_are_those_of_the_held_out_folds(
    folds: list[Fold], units: StoredUnits
) -> None:
    trained = train(folds, folds[0].lexicon, None, units, QUICK, "plain")
    scores = retraining.cross_validate(folds, trained, 1)
    assert trained.model.thresholds["default"].recall == scores.regions
    assert trained.model.thresholds["default"].alarms == scores.false_alarms
    dev = Fold(FOLDS, [page for page in folds[0].pages if not page.regions], folds[0].lexicon)
    changed = with_default_threshold(trained, dev, 0.5)
    default = changed.model.thresholds["default"]
    assert default.alarms_on == "honest dev pages"
    assert default.alarms.n == len(dev.pages)
    assert default.alarms == evaluate(Detector(changed.model, dev.lexicon), dev.pages).false_alarms
    assert default.recall == retraining.cross_validate(folds, changed, 1).regions
    assert {model.threshold for model in changed.held_out.values()} == {default.log_odds}


def test_what_is_stored_trains_the_model_that_was_measured(
    folds: list[Fold], human: list[Fold], tmp_path: Path
) -> None:
    """The rows of human text, and the units that were learned."""
    lexicon = folds[0].lexicon
    measured, learned = Measured(human), retraining.new_units()
    first = train(folds, lexicon, measured, learned, QUICK, "first").model
    measured.save(tmp_path / "rows.npz", {"source": "the tests"})
    learned.save(tmp_path / "units.npz")
    stored, kept = Stored(tmp_path / "rows.npz"), StoredUnits(tmp_path / "units.npz")
    second = train(folds, lexicon, stored, kept, QUICK, "first").model
    for look, courses in COURSES.items():
        assert len(first.looks[look].units) == sum(course.n_units for course in courses)
    first.save(tmp_path / "first")
    second.save(tmp_path / "second")
    texts = [(tmp_path / name / "model.json").read_bytes() for name in ("first", "second")]
    assert texts[0] == texts[1]
    assert stored.info["credits"] == {"source": "the tests"}
    for fold in human:
        pages = [source for source, n in stored.sources[fold.number] for _ in range(n)]
        assert pages == [page.group for page in fold.pages]


def test_quantised_rows_are_close(human: list[Fold], tmp_path: Path) -> None:
    names = matrix.segment_names(QUICK.families)
    measured = Measured(human)
    rows = Rows.joined([segment_rows(fold, names) for fold in human])
    penalties = dict.fromkeys(("filler", "opening", "ending"), QUICK.segment_penalty)
    pilot = fit_look(rows, Basis.of(rows, names, range(FOLDS)), penalties)
    kept = measured.segments(pilot, names).matrix
    exact = np.concatenate([segment_rows(f, names, pilot[f.number]).matrix for f in human])
    scale = exact.std(0) + 1e-9
    inside = np.abs(exact - exact.mean(0)) < 4 * scale
    assert (
        np.abs(kept - exact)[inside] <= 0.05 * np.broadcast_to(scale, exact.shape)[inside]
    ).all()


def test_rows_are_drawn_where_a_pilot_is_wrong(folds: list[Fold]) -> None:
    """Of the segments that border no region, and with weights that make up for it."""
    names = matrix.segment_names(QUICK.families)
    n, heads = len(names), ("filler", "opening", "ending")

    def drawn(filler_log_odds: float) -> tuple[NDArray[np.bool_], float]:
        """Whether each row that was drawn is filler, borders aside, and the weight of all rows."""
        intercept = np.array([filler_log_odds, -9.0, -9.0])
        says = np.zeros((3, n))
        none = Units.none(n)
        pilot = Look(names, np.zeros(n), np.ones(n), (), none, heads, says, intercept)
        rows = Rows.joined([segment_rows(fold, names, pilot) for fold in folds])
        inner = (rows.targets["opening"] < 0.5) & (rows.targets["ending"] < 0.5)
        return rows.targets["filler"][inner] > 0.5, float(rows.weight.sum())

    (doubts_filler, weight), (doubts_others, same) = drawn(-9.0), drawn(9.0)
    assert doubts_filler.mean() > 0.5 > doubts_others.mean()
    assert same == pytest.approx(weight, rel=0.15)


def test_labels_off_the_text_are_refused(small_data: DataFolder, tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text('{"text": "Short.", "spans": [{"start": 2, "end": 9, "label": "padded"}]}\n')
    with pytest.raises(CorpusError, match=r"own\.jsonl:1: span \[2, 9\) lies off the text"):
        retraining.retrain(small_data, [own], settings=QUICK)


def test_other_files_are_refused(small_data: DataFolder, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere: neither a folder of topics nor a file of"):
        retraining.retrain(small_data, [tmp_path / "nowhere"], settings=QUICK)


@pytest.mark.parametrize("damage", ["truncated", "other versions"])
def test_damaged_rows_are_refused(human: list[Fold], tmp_path: Path, damage: str) -> None:
    path = tmp_path / "rows.npz"
    if damage == "truncated":
        path.write_bytes(b"PK\3\4")
        message = "damaged"
    else:
        info = {"format": 0, "features": {}, "versions": {}, "pages": {}}
        np.savez(path, info=np.array(json.dumps(info)))
        message = r"damaged|other versions"
    with pytest.raises(CorpusError, match=message):
        Stored(path)
