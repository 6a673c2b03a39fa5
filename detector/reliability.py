"""Whether probabilities are to be believed: of what scores .9, nine in ten should be true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from detector.tally import Tally

BINS = 10


class Bin(NamedTuple):
    """A point of a reliability plot: the lowest, mean and highest of its probabilities, and how
    many of its cases were true."""

    low: float
    mean: float
    high: float
    true: Tally


@dataclass
class Reliability:
    """Probabilities that were given, each with whether it came true."""

    cases: list[tuple[float, bool]] = field(default_factory=list)

    def add(self, probability: float, true: bool) -> None:
        self.cases.append((probability, true))

    def bins(self) -> list[Bin]:
        """Up to ``BINS`` bins of nearly equal numbers of cases, by rising probability.

        Equal probabilities stay in one bin, so the order of the cases does not matter.
        """
        ordered = sorted(self.cases)
        return [_bin(ordered[a:b]) for a, b in _cuts([p for p, _ in ordered])]

    def error(self) -> float:
        """Expected calibration error, 0 to 1; 0 of nothing.

        The mean over all cases of how far the mean probability of their bin is from the share that
        was true (Naeini, Cooper & Hauskrecht 2015), in bins of equal mass (Nixon et al. 2019), for
        most probabilities lie near 1.
        """
        gaps = (b.true.n * abs(b.true.share - b.mean) for b in self.bins())
        return sum(gaps) / max(len(self.cases), 1)

    def to_dict(self) -> dict[str, Any]:
        """``n``, ``error``, and ``bins`` for a reliability plot, to four decimals."""
        return {
            "n": len(self.cases),
            "error": round(self.error(), 4),
            "bins": [
                {
                    "low": round(b.low, 4),
                    "mean": round(b.mean, 4),
                    "high": round(b.high, 4),
                    "true": b.true.to_dict(),
                }
                for b in self.bins()
            ],
        }


def _cuts(ordered: list[float]) -> Iterator[tuple[int, int]]:
    """Ranges of sorted values, cut after every n-th but never between equal ones."""
    n, start = len(ordered), 0
    for k in range(1, BINS + 1):
        stop = max(k * n // BINS, start)
        while start < stop < n and ordered[stop] == ordered[stop - 1]:
            stop += 1
        if stop > start:
            yield start, stop
            start = stop


def _bin(cases: list[tuple[float, bool]]) -> Bin:
    values = [p for p, _ in cases]
    true = Tally(len(cases), sum(was for _, was in cases))
    return Bin(values[0], sum(values) / len(values), values[-1], true)
