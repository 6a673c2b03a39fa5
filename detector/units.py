"""Hidden units: figures that a look makes of its features, for its logistic regressions to weigh.

A unit is a weighted sum of standardised features, cut off at -1 and 1 (a "hard" hyperbolic tangent,
Collobert 2004), so it can say what no feature says alone: that much is repeated *and* somebody is
asked, or that a line is short *but* behind a heading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Column = NDArray[np.float64]
Singles = NDArray[np.float32]

CLIP = 4.0
"""Standardised features are cut off at this many standard deviations."""
STEPS = 4096.0
"""Features and units are rounded to this fraction."""
COARSE = 64.0
"""Units see features in coarser steps …"""
FINE = 512.0
"""… and have weights in these, so that their sums are whole numbers of few bits."""
LARGEST = 2.0**24
"""Whole numbers below it are exact in single precision, and so are their sums in any order."""
ALIKE = 0.75
"""Share of features in which the first of many rows is like the last, from which it pays to look
for those that all rows have in common."""


@dataclass(frozen=True)
class Units:
    """``weight`` is units x features, ``bias`` one number a unit; both count steps of 1 / ``FINE``.

    The units of standardised features ``z`` are ``clip((weight @ z + bias) / FINE, -1, 1)``.
    """

    weight: NDArray[np.int16]
    bias: NDArray[np.int16]

    @classmethod
    def none(cls, n_features: int) -> Units:
        """No units of so many features."""
        return cls(np.zeros((0, n_features), np.int16), np.zeros(0, np.int16))

    @classmethod
    def joined(cls, parts: Sequence[Units]) -> Units:
        """All units of ``parts``, which have the same features."""
        weight, bias = ([getattr(part, of) for part in parts] for of in ("weight", "bias"))
        return cls(np.concatenate(weight), np.concatenate(bias))

    def __len__(self) -> int:
        return len(self.bias)

    def check(self, n_features: int) -> None:
        """Raise ValueError unless these are units of so many features, and exact."""
        if self.weight.shape != (len(self), n_features):
            raise ValueError("weights of units do not match the features")
        most = np.abs(self.weight).astype(np.int64).sum(1) * int(CLIP) + np.abs(self.bias)
        if most.max(initial=0) * COARSE >= LARGEST:
            raise ValueError("the weights of a unit are too large")

    @cached_property
    def _single(self) -> tuple[Singles, Singles]:
        """Weights, features x units, and biases in coarse steps."""
        weight = np.ascontiguousarray(self.weight.T, np.float32)
        return weight, (self.bias * COARSE).astype(np.float32)[:, None]

    def sums(self, z: Matrix) -> Singles:
        """Units x rows before they are cut off, of features x rows; both in steps."""
        weight, sums = self._single
        coarse = z.astype(np.float32)
        coarse *= COARSE / STEPS
        np.rint(coarse, out=coarse)
        alike = np.count_nonzero(coarse[:, :1] == coarse[:, -1:])
        if alike > ALIKE * len(coarse):
            # What rows much alike have in common, as those of a list or table, is summed once.
            same = (coarse == coarse[:, :1]).all(axis=1)
            sums = sums + weight[same].T @ coarse[same, :1]
            weight, coarse = weight[~same], coarse[~same]
        found: Singles = weight.T @ coarse
        found += sums
        return found

    def write(self, z: Matrix, out: Matrix) -> None:
        """Write units x rows into ``out``; ``z`` is features x rows; both in steps."""
        sums = self.sums(z)
        sums *= STEPS / (COARSE * FINE)
        np.rint(sums, out=sums)
        np.clip(sums, -STEPS, STEPS, out=out)

    def slopes(self, z: Matrix) -> Matrix:
        """Rows x units: the share of a unit's sum that is left when it is cut off; ``z`` is
        features x rows in steps."""
        sums = np.abs(self.sums(z).T.astype(np.float64)) / (COARSE * FINE)
        return 1.0 / np.maximum(sums, 1.0)

    def to_json(self) -> dict[str, Any]:
        return {"weight": self.weight.tolist(), "bias": self.bias.tolist()}

    @classmethod
    def from_json(cls, document: dict[str, Any], n_features: int) -> Units:
        """Raises ValueError, KeyError or OverflowError if they are no units of so many features."""
        bias = np.array(document["bias"], np.int16)
        weight = (
            np.array(document["weight"], np.int16) if len(bias) else cls.none(n_features).weight
        )
        units = cls(weight, bias)
        units.check(n_features)
        return units
