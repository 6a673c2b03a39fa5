"""The hidden units of looks: learned by stochastic gradient descent, kept as data.

Where such a search ends depends on the last bits of its sums, which differ from machine to machine.
So units are learned for a release and kept in the data folder, as the lexicon is: training reads
them back, and what it fits on top of them is a convex problem with one solution, the same anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from detector.fitting import Basis
from detector.look_arrays import LookArrays, damaged
from detector.odds import probability
from detector.rows import Rows
from detector.units import FINE, Units

Singles = NDArray[np.float32]
Ints = NDArray[np.int64]

FORMAT = 1
REMEDY = "remove the file, and training learns units anew"
ROWS_A_STEP = 1024
RATE = 2e-3
"""Step size of the first steps; it falls to nothing as half a cosine wave."""


@dataclass(frozen=True)
class Course:
    """How the units of a look are learned."""

    n_units: int
    epochs: int = 30
    """Times that every row is seen."""
    dropped: float = 0.1
    """Share of the features that are hidden from the units each time, …"""
    noise: float = 0.3
    """… and the spread of the noise added to the others: what hangs on one feature alone is not
    learned (Srivastava and others 2014, Bishop 1995)."""
    decay: float = 2e-4
    """Share of the weights that the gradient takes back (an L2 penalty)."""
    heads: tuple[str, ...] = ()
    """Questions that the units are learned for; all of the look if none is named."""
    yes: float = 1.0
    """What a row counts for if the answer to any of them is yes."""

    def of(self, rows: Rows, heads: Sequence[str]) -> tuple[Singles, Singles]:
        """The answers to learn, rows x questions, and what each row counts for."""
        targets = np.stack([rows.targets[head] for head in self.heads or heads], axis=1)
        is_yes = (targets > 0.5).any(axis=1)
        weight = rows.weight * np.where(is_yes, self.yes, 1.0)
        return targets.astype(np.float32), weight.astype(np.float32)


COURSES = {
    "segments": (Course(192), Course(128, heads=("opening", "ending", "seam"), yes=5.0)),
    "neighbours": (Course(64, heads=("opening", "ending", "seam"), yes=5.0),),
    "regions": (Course(64, epochs=10, dropped=0.3, noise=0.7, decay=1e-3),),
    "labels": (Course(64),),
}
"""Looks that have units. Borders are rare and would have few of them by themselves, so some are
learned for them alone. Candidate regions are many and much alike: their units are held back, lest
they learn single pages."""


class UnitsOfLooks(Protocol):
    """Gives features of rows, standardised, with the units of a look."""

    def basis(
        self, look: str, rows: Rows, names: tuple[str, ...], heads: Sequence[str], jobs: int
    ) -> Basis: ...


class LearnedUnits:
    """Units learned from the rows, kept for :meth:`save`."""

    def __init__(self, folds: Sequence[int]) -> None:
        self._folds = folds
        self._kept: dict[str, Basis] = {}

    def basis(
        self, look: str, rows: Rows, names: tuple[str, ...], heads: Sequence[str], jobs: int
    ) -> Basis:
        from joblib import Parallel, delayed

        plain = Basis.of(rows, names, self._folds)
        z = plain.standardised(rows.matrix).astype(np.float32)
        courses = [(course, *course.of(rows, heads)) for course in COURSES[look]]

        def learned(k: int) -> Units:
            seen = np.flatnonzero(rows.fold != k)
            return Units.joined(
                [learn(z, targets, weight, seen, c, seed=k) for c, targets, weight in courses]
            )

        found = Parallel(n_jobs=jobs, prefer="threads")(delayed(learned)(k) for k in self._folds)
        units = dict(zip(self._folds, found, strict=True))
        self._kept[look] = replace(plain, units=units)
        return self._kept[look]

    def save(self, path: Path) -> None:
        """Write the units; the file is there in whole or not at all."""
        features = {look: basis.names for look, basis in self._kept.items()}
        arrays = {look: _arrays(basis) for look, basis in self._kept.items()}
        LookArrays(features, arrays, {}).save(path, FORMAT)


class StoredUnits:
    """Units read from a file."""

    def __init__(self, path: Path) -> None:
        """Raises CorpusError if the file is damaged or was learned with other features."""
        self._path = path
        self._kept = LookArrays.load(path, FORMAT, _PARTS, REMEDY)
        try:
            self._basis = {
                look: _basis(names, **self._kept.arrays[look])
                for look, names in self._kept.features.items()
            }
        except ValueError as error:
            raise damaged(path, error) from error

    def basis(
        self, look: str, _rows: Rows, names: tuple[str, ...], _heads: Sequence[str], _jobs: int
    ) -> Basis:
        self._kept.require(look, names, self._path, REMEDY)
        return self._basis[look]


_PARTS = ("mean", "scale", "weight", "bias")


def _arrays(basis: Basis) -> dict[str, NDArray[Any]]:
    units = [basis.units[k] for k in sorted(basis.units)]
    weight, bias = (np.stack([getattr(part, of) for part in units]) for of in ("weight", "bias"))
    return {"mean": basis.mean, "scale": basis.scale, "weight": weight, "bias": bias}


def _basis(
    names: tuple[str, ...],
    mean: NDArray[np.float64],
    scale: NDArray[np.float64],
    weight: NDArray[np.int16],
    bias: NDArray[np.int16],
) -> Basis:
    units = {k: Units(*pair) for k, pair in enumerate(zip(weight, bias, strict=True))}
    for part in units.values():
        part.check(len(names))
    return Basis(names, mean, scale, (), units)


# --- gradient descent ---------------------------------------------------------------------------


def learn(
    z: Singles, targets: Singles, weight: Singles, rows: Ints, course: Course, seed: int
) -> Units:
    """The units that help most to answer all questions of a look at once.

    ``z`` are standardised features, ``targets`` 0, 1 or NaN (not asked), rows x heads. A network
    with one hidden layer, beside which features reach the answers directly, is trained on ``rows``
    by Adam (Kingma and Ba 2015); its hidden layer are the units.
    """
    rng = np.random.default_rng(seed)
    net = _network(rng, z.shape[1], course.n_units, targets.shape[1])
    adam = _Adam(net, steps=course.epochs * -(-len(rows) // ROWS_A_STEP))
    share = weight / weight[rows].mean()
    for _ in range(course.epochs):
        order = rng.permutation(rows)
        for low in range(0, len(order), ROWS_A_STEP):
            some = order[low : low + ROWS_A_STEP]
            adam.step(_gradient(net, rng, course, z[some], targets[some], share[some]))
    return Units(_rounded(net["hidden"].T), _rounded(net["bias"]))


def _network(
    rng: np.random.Generator, n_features: int, n_units: int, n_heads: int
) -> dict[str, Singles]:
    def drawn(n: int, m: int, spread: float) -> Singles:
        return (spread * rng.standard_normal((n, m))).astype(np.float32)

    return {
        "hidden": drawn(n_features, n_units, n_features**-0.5),
        "bias": np.zeros(n_units, np.float32),
        "out": drawn(n_units, n_heads, 0.1 * n_units**-0.5),
        "direct": np.zeros((n_features, n_heads), np.float32),
        "intercept": np.zeros(n_heads, np.float32),
    }


def _gradient(
    net: Mapping[str, Singles],
    rng: np.random.Generator,
    course: Course,
    z: Singles,
    targets: Singles,
    share: Singles,
) -> dict[str, Singles]:
    """The slope of the mean log loss, plus that of the penalty."""
    kept = rng.random(z.shape, dtype=np.float32) >= course.dropped
    seen = z * kept * np.float32(1 / (1 - course.dropped))
    seen += np.float32(course.noise) * rng.standard_normal(z.shape, dtype=np.float32)
    sums = seen @ net["hidden"] + net["bias"]
    units = np.clip(sums, -1, 1)
    logits = units @ net["out"] + z @ net["direct"] + net["intercept"]
    decay = np.float32(course.decay)
    wrong = probability(logits) - targets
    wrong = np.where(np.isnan(wrong), np.float32(0), wrong) * (share / len(z))[:, None]
    of_units = (wrong @ net["out"].T) * (np.abs(sums) < 1)
    return {
        "hidden": seen.T @ of_units + decay * net["hidden"],
        "bias": of_units.sum(0),
        "out": units.T @ wrong + decay * net["out"],
        "direct": z.T @ wrong + decay * net["direct"],
        "intercept": wrong.sum(0),
    }


class _Adam:
    """Steps of a search whose size falls from ``RATE`` to 0 in ``steps`` steps."""

    def __init__(self, net: dict[str, Singles], steps: int) -> None:
        self._net, self._steps, self._done = net, steps, 0
        self._mean = {name: np.zeros_like(part) for name, part in net.items()}
        self._square = {name: np.zeros_like(part) for name, part in net.items()}

    def step(self, gradient: Mapping[str, Singles]) -> None:
        rate = RATE * (1 + np.cos(np.pi * self._done / self._steps)) / 2
        self._done += 1
        for name, slope in gradient.items():
            mean, square = self._mean[name], self._square[name]
            mean += 0.1 * (slope - mean)
            square += 0.001 * (slope * slope - square)
            size = np.sqrt(square / (1 - 0.999**self._done)) + 1e-8
            self._net[name] -= (rate / (1 - 0.9**self._done) * mean / size).astype(np.float32)


def _rounded(values: Singles) -> NDArray[np.int16]:
    whole: NDArray[np.int16] = np.rint(np.clip(values * FINE, -32_767, 32_767)).astype(np.int16)
    return whole
