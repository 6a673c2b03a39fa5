"""The model: data, read from and written to JSON, and what it says of feature matrices.

Four *looks* decide, one after another. Each is a set of logistic regressions (*heads*) over the
same features:

``segments``    what a line or turn and the text around it look like
``neighbours``  what the first look said of a segment and of those around it
``regions``     whether a candidate region is filler, against the rest of its page
``rivals``      the same, against the other candidates that overlap it

Scoring needs numpy only and gives the same bits for a row whatever rows it comes with.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import ConfigError, ModelError
from detector.tally import Tally
from detector.types import Form
from detector.units import CLIP, FINE, STEPS, Units

Matrix = NDArray[np.float64]
Column = NDArray[np.float64]
Products = tuple[tuple[int, int], ...]
"""Pairs of indices of features."""

FORMAT = 4
DECIMALS = 5
"""Coefficients are rounded, so that machines whose sums differ in the last bits agree."""
ROWS_AT_ONCE = 128
"""Rows whose terms are held at a time: they stay in the processor's cache."""
DIGITS = 9
"""Significant digits of the numbers in a model file."""
FILE = "model.json"


@dataclass(frozen=True)
class Look:
    """Logistic regressions over standardised features, products and hidden units of them.

    The terms of a row ``x`` are ``z = clip((x - mean) / scale)``, then ``z[i] * z[j] / 2`` of the
    ``products``, pairs of indices of features, then the ``units`` of ``z``, each rounded to
    1 / ``STEPS``. ``coef`` is heads x terms.
    """

    features: tuple[str, ...]
    mean: Column
    scale: Column
    products: Products
    units: Units
    heads: tuple[str, ...]
    coef: Matrix
    intercept: Column

    @cached_property
    def _factors(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The first and the second factors of the products."""
        first, second = np.array(self.products, np.intp).reshape(-1, 2).T
        return first.copy(), second.copy()

    @cached_property
    def _shift(self) -> tuple[Column, Column]:
        """What is taken from each feature, and how many steps a unit of it has."""
        return self.mean[:, None], (STEPS / self.scale)[:, None]

    @cached_property
    def _whole(self) -> Matrix:
        """The coefficients as whole numbers, heads x terms."""
        return np.rint(self.coef * 10.0**DECIMALS)

    def _steps(self, columns: Matrix, out: Matrix, factors: Matrix) -> None:
        """Write terms x rows in steps, whole numbers, for features x rows into ``out``; ``factors``
        is room for products x rows."""
        n, n_products = len(self.features), len(self.products)
        z, products = out[:n], out[n : n + n_products]
        mean, steps = self._shift
        np.subtract(columns, mean, out=z)
        z *= steps
        np.clip(z, -CLIP * STEPS, CLIP * STEPS, out=z)
        np.rint(z, out=z)
        if n_products:
            # No index is out of bounds; other modes than "clip" would copy.
            first, second = self._factors
            np.take(z, first, axis=0, out=products, mode="clip")
            np.take(z, second, axis=0, out=factors, mode="clip")
            products *= factors
            products *= 0.5 / STEPS
            np.rint(products, out=products)
        if len(self.units):
            self.units.write(z, out[n + n_products :])

    def _room(self, n_rows: int) -> tuple[Matrix, Matrix]:
        n_products = len(self.products)
        n_terms = len(self.features) + n_products + len(self.units)
        return np.empty((n_terms, n_rows)), np.empty((n_products, n_rows))

    def terms(self, matrix: Matrix) -> Matrix:
        """Rows x terms for rows x features."""
        out, factors = self._room(len(matrix))
        self._steps(matrix.T, out, factors)
        return np.ascontiguousarray(out.T) / STEPS

    def logits(self, matrix: Matrix) -> dict[str, Column]:
        """Log-odds of every head for rows x features.

        Terms and coefficients are whole numbers of their steps, and so are their sums, which have
        less than 53 bits: they are exact, and a row's result does not depend on the others, nor on
        the routine that adds up.
        """
        sums = np.empty((len(self.heads), len(matrix)))
        room = self._room(min(ROWS_AT_ONCE, len(matrix)))
        for low in range(0, len(matrix), ROWS_AT_ONCE):
            columns = matrix[low : low + ROWS_AT_ONCE].T
            n = columns.shape[1]
            out, factors = (part[:, :n] for part in room)
            self._steps(columns, out, factors)
            np.matmul(self._whole, out, out=sums[:, low : low + n])
        sums /= STEPS * 10.0**DECIMALS
        sums += self.intercept[:, None]
        return dict(zip(self.heads, sums, strict=True))

    @cached_property
    def _families(self) -> tuple[list[str], Matrix]:
        """Names of the families, and features and products x families: 1 where a feature is of a
        family, a half for each feature of a product."""
        families = list(dict.fromkeys(name.partition(".")[0] for name in self.features))
        of = [families.index(name.partition(".")[0]) for name in self.features]
        features = np.eye(len(families))[of]
        first, second = self._factors
        return families, np.vstack((features, (features[first] + features[second]) / 2))

    def contributions(self, matrix: Matrix, head: str) -> list[dict[str, float]]:
        """The log-odds of each row by family of features, and ``base``, which none moves; they add
        up.

        A product counts half for each of its features, a unit for those that it sums up, each by
        its part of the sum.
        """
        k, n = self.heads.index(head), len(self.features)
        out, factors = self._room(len(matrix))
        self._steps(matrix.T, out, factors)
        terms, coef = out.T / STEPS, self.coef[k]
        direct = n + len(self.products)
        weight = np.broadcast_to(coef[:direct], (len(matrix), direct)).copy()
        of_units = coef[direct:] * self.units.slopes(out[:n])
        weight[:, :n] += of_units @ (self.units.weight / FINE)
        families, of = self._families
        parts = np.einsum("ij,jk->ik", weight * terms[:, :direct], of)
        base = self._whole[k] @ out / (STEPS * 10.0**DECIMALS) + self.intercept[k] - parts.sum(1)
        table = zip(base.tolist(), parts.tolist(), strict=True)
        return [{"base": b, **dict(zip(families, row, strict=True))} for b, row in table]


@dataclass(frozen=True)
class Calibration:
    """Platt scaling: calibrated log-odds = intercept + sum of slopes * log-odds."""

    slopes: tuple[float, ...]
    intercept: float

    def log_odds(self, *logits: Column | float) -> Column:
        """Calibrated log-odds from one column (or constant) for each slope."""
        parts = [slope * part for slope, part in zip(self.slopes, logits, strict=True)]
        return np.asarray(sum(parts, np.float64(self.intercept)))


@dataclass(frozen=True)
class Threshold:
    """Log-odds from which a region is marked, and what was measured at them.

    ``alarms`` counts honest pages and those marked, ``recall`` the regions of labelled pages and
    those found (intersection over union of at least 0.8); ``alarms_on`` and ``recall_on`` say which
    pages these were. Nothing of nothing where it was not measured.
    """

    log_odds: float
    alarms: Tally = field(default_factory=Tally)
    alarms_on: str = ""
    recall: Tally = field(default_factory=Tally)
    recall_on: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "log_odds": _short(self.log_odds),
            "false_alarms": {"on": self.alarms_on, **self.alarms.to_dict()},
            "recall": {"on": self.recall_on, **self.recall.to_dict()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Threshold:
        alarms, recall = document["false_alarms"], document["recall"]
        return cls(
            float(document["log_odds"]),
            Tally.from_dict(alarms),
            alarms["on"],
            Tally.from_dict(recall),
            recall["on"],
        )


DEFAULT = "default"
"""Name of the threshold that holds where none is asked for."""


@dataclass(frozen=True)
class Model:
    """A trained model. ``info`` says how it was made and what it reached; nothing depends on it."""

    name: str
    looks: Mapping[str, Look]
    calibration: Mapping[str, Calibration]
    thresholds: Mapping[str, Threshold]
    feature_versions: Mapping[str, int]
    lexicon: str
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def threshold(self) -> float:
        """The default threshold: log-odds from which a region is marked."""
        return self.thresholds[DEFAULT].log_odds

    def log_odds(self, name: str) -> float:
        """The threshold of this name; raises ConfigError, with the names there are, if none is."""
        if name not in self.thresholds:
            raise ConfigError(
                f"the model {self.name!r} has no threshold {name!r}; "
                f"it has {', '.join(self.names())}"
            )
        return self.thresholds[name].log_odds

    def names(self) -> list[str]:
        """The names of the thresholds, from the one that marks most to the one that marks least."""
        return sorted(self.thresholds, key=lambda name: (self.thresholds[name].log_odds, name))

    def save(self, folder: Path) -> None:
        """Write ``model.json``; the same model gives the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        document = {
            "format": FORMAT,
            "name": self.name,
            "looks": {name: _look_to_json(look) for name, look in self.looks.items()},
            "calibration": {
                name: {"slopes": _numbers(c.slopes), "intercept": _short(c.intercept)}
                for name, c in self.calibration.items()
            },
            "thresholds": {name: t.to_json() for name, t in self.thresholds.items()},
            "feature_versions": dict(self.feature_versions),
            "lexicon": self.lexicon,
            "info": dict(self.info),
        }
        text = json.dumps(document, indent=0, sort_keys=True, ensure_ascii=False)
        target = folder / FILE
        partial = target.with_suffix(".partial")
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(target)

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read the model of a folder.

        Raises ModelError, naming the file and the remedy, if it is missing or damaged. Whether it
        fits the features of this version is checked by :meth:`require`.
        """
        path = folder / FILE
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ModelError(
                f"{path}: no model here; give the folder that 'detector train' wrote"
            ) from error
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{path}: damaged ({error}); restore the file or run 'detector train'"
            ) from error
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ModelError(
                f"{path}: not a model of format {FORMAT}, the one that this version reads; "
                "retrain it with 'detector train'"
            )
        try:
            return cls._from_json(document)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise ModelError(
                f"{path}: damaged ({type(error).__name__}: {error}); "
                "restore the file or run 'detector train'"
            ) from error

    @classmethod
    def _from_json(cls, document: Mapping[str, Any]) -> Model:
        model = cls(
            name=document["name"],
            looks={name: _look_from_json(d) for name, d in document["looks"].items()},
            calibration={
                name: Calibration(tuple(map(float, c["slopes"])), float(c["intercept"]))
                for name, c in document["calibration"].items()
            },
            thresholds={k: Threshold.from_json(t) for k, t in document["thresholds"].items()},
            feature_versions={k: int(v) for k, v in document["feature_versions"].items()},
            lexicon=document["lexicon"],
            info=document.get("info", {}),
        )
        _check(model)
        return model

    def require(self, versions: Mapping[str, int], lexicon: str, where: str) -> None:
        """Raise ModelError unless the model was made for features of these versions and for this
        lexicon."""
        for name in {n.partition("@")[0] for look in self.looks.values() for n in look.features}:
            made_for = self.feature_versions.get(name, "none")
            here = versions.get(name, "none")
            if here == "none" or made_for != here:
                raise ModelError(
                    f"{where}: made for version {made_for} of the feature {name!r}, this detector "
                    f"has {here}; retrain it with 'detector train'"
                )
        if lexicon != self.lexicon:
            raise ModelError(
                f"{where}: its lexicon folder was changed after training; restore it or retrain "
                "with 'detector train'"
            )


LOOKS = {
    "segments": {"filler", "opening", "ending", "seam", "derivative"},
    "neighbours": {"filler", "opening", "ending", "seam"},
    "regions": {"accept", "exact"},
    "rivals": {"accept", "exact"},
    "labels": {"derivative"},
    "forms": {form.value for form in Form},
}
"""The looks of a model and what each is asked."""
SLOPES = {"region": 1, "segment": 2}


def _check(model: Model) -> None:
    """Raise ValueError unless every look, calibration and threshold that scoring needs is there."""
    for name, heads in LOOKS.items():
        if set(model.looks[name].heads) != heads:
            raise ValueError(f"look {name!r} needs the heads {', '.join(sorted(heads))}")
    for name, n_slopes in SLOPES.items():
        if len(model.calibration[name].slopes) != n_slopes:
            raise ValueError(f"calibration {name!r} needs {n_slopes} slopes")
    if model.looks["forms"].features != model.looks["regions"].features:
        raise ValueError("the looks 'regions' and 'forms' need the same features")
    if DEFAULT not in model.thresholds:
        raise ValueError("there is no default threshold")
    for name, threshold in model.thresholds.items():
        if not math.isfinite(threshold.log_odds):
            raise ValueError(f"the threshold {name!r} is not a number")


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _numbers(values: Sequence[float] | Column) -> list[float]:
    return [_short(value) for value in np.asarray(values, np.float64).ravel().tolist()]


def _look_to_json(look: Look) -> dict[str, Any]:
    return {
        "features": list(look.features),
        "mean": _numbers(look.mean),
        "scale": _numbers(look.scale),
        "products": [list(pair) for pair in look.products],
        "units": look.units.to_json(),
        "heads": {
            head: {"coef": _numbers(coef), "intercept": _short(float(intercept))}
            for head, coef, intercept in zip(look.heads, look.coef, look.intercept, strict=True)
        },
    }


def _look_from_json(document: Mapping[str, Any]) -> Look:
    heads = document["heads"]
    features = tuple(document["features"])
    look = Look(
        features=features,
        mean=np.array(document["mean"], np.float64),
        scale=np.array(document["scale"], np.float64),
        products=tuple((int(one), int(other)) for one, other in document["products"]),
        units=Units.from_json(document["units"], len(features)),
        heads=tuple(heads),
        coef=np.array([heads[head]["coef"] for head in heads], np.float64),
        intercept=np.array([heads[head]["intercept"] for head in heads], np.float64),
    )
    n = len(look.features)
    if look.mean.shape != (n,) or look.scale.shape != (n,):
        raise ValueError("mean and scale do not match the features")
    if look.coef.shape != (len(heads), n + len(look.products) + len(look.units)):
        raise ValueError("coefficients do not match the terms")
    if not all(0 <= factor < n for pair in look.products for factor in pair):
        raise ValueError("a factor of a product is not among the features")
    numbers = (look.mean, look.scale, look.coef, look.intercept)
    if not all(np.isfinite(part).all() for part in numbers) or not (look.scale > 0).all():
        raise ValueError("a number is missing, or a scale is not positive")
    if np.abs(look.coef).sum(1).max() * 10.0**DECIMALS * STEPS * CLIP * CLIP / 2 >= 2**53:
        raise ValueError("the coefficients are too large")
    return look
