"""Shares with their uncertainty."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Z = 1.959964
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass
class Tally:
    """How many of ``n`` there were, and how many were right."""

    n: int = 0
    right: int = 0

    def add(self, right: bool | int, n: int = 1) -> None:
        self.n += n
        self.right += int(right)

    @property
    def share(self) -> float:
        """Share that was right; NaN of nothing."""
        return self.right / self.n if self.n else math.nan

    def interval(self) -> tuple[float, float]:
        """95 % Wilson score interval of the share (Wilson 1927); (0, 1) of nothing."""
        if not self.n:
            return 0.0, 1.0
        n, p = self.n, self.share
        centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)

    def to_dict(self) -> dict[str, Any]:
        """``n``, ``right``, ``share`` (null of nothing) and ``interval``, to four decimals."""
        low, high = self.interval()
        return {
            "n": self.n,
            "right": self.right,
            "share": round(self.share, 4) if self.n else None,
            "interval": [round(low, 4), round(high, 4)],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Tally:
        """The tally that :meth:`to_dict` wrote; raises ValueError if it cannot be one."""
        n, right = int(document["n"]), int(document["right"])
        if not 0 <= right <= n:
            raise ValueError(f"{right} of {n} is no share")
        return cls(n, right)
