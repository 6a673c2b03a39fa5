"""Hidden units: what they can say, that they have not seen their fold, and their file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector import learning
from detector.errors import CorpusError
from detector.features import matrix
from detector.fitting import Basis, fit_look
from detector.learning import COURSES, LearnedUnits, StoredUnits
from detector.rows import Rows
from detector.units import FINE, LARGEST, Units

NAMES = matrix.neighbour_names()[:6]
HEADS = ("filler", "opening")


def rows(seed: int = 0, n: int = 40_000) -> Rows:
    """Rows whose answer ``filler`` is yes where one of two features is large, but not both, and
    whose answer ``opening`` where a third is near its mean; every third is not asked that."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, len(NAMES)))
    filler = (values[:, 0] > 0) != (values[:, 2] > 0)
    opening = np.abs(values[:, 3]) < 0.7
    targets = {"filler": filler.astype(float), "opening": opening.astype(float)}
    targets["opening"][::3] = np.nan
    return Rows(values, targets, np.ones(n), rng.integers(0, 4, n), np.arange(n))


def learned(part: Rows, folds: list[int]) -> tuple[LearnedUnits, Basis]:
    units = LearnedUnits(folds)
    return units, units.basis("labels", part, NAMES, HEADS, 1)


def right(part: Rows, basis: Basis, head: str) -> float:
    """The share of answers of other rows that a look over these units gets right."""
    look = fit_look(part, basis, dict.fromkeys(HEADS, 1.0))[4]
    other = rows(seed=1)
    asked = ~np.isnan(other.targets[head])
    said = look.logits(other.matrix)[head] > 0
    return float((said == (other.targets[head] > 0.5))[asked].mean())


@pytest.mark.parametrize("head", HEADS)
def test_units_answer_what_features_cannot(head: str) -> None:
    part = rows()
    assert right(part, learned(part, [4])[1], head) > 0.9
    assert right(part, Basis.of(part, NAMES, [4]), head) < 0.7


def test_the_units_of_a_fold_have_not_seen_it() -> None:
    """Whatever the rows of a fold are, its units are the same; the others' change."""
    plain, turned = rows(), rows()
    mine = turned.fold == 2
    turned.targets["filler"][mine] = 1.0 - turned.targets["filler"][mine]
    one, two = (learned(part, [2, 4])[1] for part in (plain, turned))
    assert np.array_equal(one.units[2].weight, two.units[2].weight)
    assert not np.array_equal(one.units[4].weight, two.units[4].weight)


def test_rows_that_are_not_asked_teach_nothing() -> None:
    """Not to say is neither yes nor no."""
    part = rows()
    part.targets["opening"][:] = np.nan
    z = np.asarray(part.matrix, np.float32)
    every = np.arange(len(z))
    weight = np.ones(len(z), np.float32)
    two = np.stack([part.targets[head] for head in HEADS], axis=1).astype(np.float32)
    assert np.isnan(two[:, 1]).all()
    units = learning.learn(z, two, weight, every, replace(COURSES["labels"][0], n_units=8), seed=0)
    assert np.abs(units.weight[:, [0, 2]]).mean() > 3 * np.abs(units.weight[:, 4:]).mean()


@pytest.mark.parametrize(
    ("heads", "yes", "asked"), [((), 1.0, HEADS), (("opening",), 5.0, ("opening",))]
)
def test_a_course_has_its_own_questions_and_weights(
    heads: tuple[str, ...], yes: float, asked: tuple[str, ...]
) -> None:
    part = rows(n=300)
    targets, weight = replace(COURSES["labels"][0], heads=heads, yes=yes).of(part, HEADS)
    for column, head in zip(targets.T, asked, strict=True):
        assert np.array_equal(column, part.targets[head], equal_nan=True)
    assert weight.tolist() == np.where((targets == 1).any(axis=1), yes, 1.0).tolist()


def test_units_are_joined_in_order() -> None:
    rng = np.random.default_rng(0)
    one, two = (
        Units(*(rng.integers(-99, 99, shape).astype(np.int16) for shape in ((n, 4), n)))
        for n in (3, 2)
    )
    both = Units.joined([one, two])
    z = rng.normal(size=(4, 7)) * 4096
    said = both.sums(z)
    assert np.array_equal(said, np.vstack((one.sums(z), two.sums(z))))
    assert np.array_equal(Units.joined([one, Units.none(4)]).weight, one.weight)


def test_stored_units_are_those_that_were_learned(tmp_path: Path) -> None:
    part = rows()
    units, basis = learned(part, [0, 1, 2, 3, 4])
    units.save(tmp_path / "units.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["units.npz"]
    stored = StoredUnits(tmp_path / "units.npz").basis("labels", part, NAMES, HEADS, 1)
    penalties = dict.fromkeys(HEADS, 0.1)
    one, two = (fit_look(part, of, penalties) for of in (basis, stored))
    for k, look in one.items():
        assert look.coef.tolist() == two[k].coef.tolist()
        assert look.logits(part.matrix)["filler"].tolist() == (
            two[k].logits(part.matrix)["filler"].tolist()
        )


def test_units_of_other_features_are_refused(tmp_path: Path) -> None:
    units, _ = learned(rows(n=1000), [0, 1])
    units.save(tmp_path / "units.npz")
    stored = StoredUnits(tmp_path / "units.npz")
    with pytest.raises(CorpusError, match=r"units\.npz: its features of the look 'labels' are"):
        stored.basis("labels", rows(), NAMES[1:], HEADS, 1)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:300]), "damaged"),
        (lambda path: np.savez(path, info=np.array("{}")), "damaged"),
        (
            lambda path: np.savez(
                path,
                info=np.array('{"features": {}, "versions": {"a.b": 1}, "format": 1}'),
            ),
            "other versions of the features",
        ),
    ],
    ids=["cut off", "of another kind", "other versions"],
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: object, message: str) -> None:
    assert callable(damage)
    path = tmp_path / "units.npz"
    units, _ = learned(rows(n=1000), [0, 1])
    units.save(path)
    damage(path)
    with pytest.raises(CorpusError, match=rf"units\.npz: (made with )?{message}"):
        StoredUnits(path)


def test_units_too_large_to_be_exact_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "units.npz"
    units, _ = learned(rows(n=1000), [0, 1])
    units.save(path)
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays["labels/weight"][:] = 32_767
    np.savez(path, **arrays)
    with pytest.raises(CorpusError, match=r"units\.npz: damaged \(ValueError: .*too large"):
        StoredUnits(path)


@pytest.mark.parametrize(
    ("units", "fits"),
    [
        (Units.none(4), True),
        (Units(np.zeros((2, 3), np.int16), np.zeros(2, np.int16)), False),
        (Units(np.full((1, 4), 16 * FINE, np.int16), np.zeros(1, np.int16)), True),
        (Units(np.full((1, 4), 32_767, np.int16), np.zeros(1, np.int16)), False),
    ],
    ids=["none", "of other features", "large", "too large for exact sums"],
)
def test_units_are_checked(units: Units, fits: bool) -> None:
    if fits:
        units.check(4)
    else:
        with pytest.raises(ValueError, match=r"unit"):
            units.check(4)


def test_sums_of_the_largest_units_are_exact() -> None:
    """In single precision, whatever the rows beside a row."""
    weight = np.full((1, 100), 650, np.int16)
    weight[0, ::2] -= 1
    units = Units(weight, np.array([1], np.int16))
    units.check(100)
    z = np.random.default_rng(0).uniform(-4 * 4096, 4 * 4096, size=(100, 300)).round()
    coarse = np.rint(z / 64).astype(np.int64)
    expected = weight.astype(np.int64) @ coarse + 64
    assert np.abs(weight.astype(int)).sum() * 4 * 64 < LARGEST
    assert units.sums(z).tolist() == expected.astype(float).tolist()
