"""How far a run is: pages, rate and time left, on one line of a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

EVERY = 0.2
"""Seconds between two signs of progress."""
WIDTH = 24
"""Columns of the bar."""


class Progress:
    """Draws on ``stream`` if that is a terminal, and counts in any case.

    The share is that of the input's bytes. What was ``done_before`` counts for the share, not for
    the rate.
    """

    def __init__(
        self,
        stream: TextIO,
        n_bytes: int,
        done_before: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pages = 0
        self._stream, self._clock = stream, clock
        self._is_shown = stream.isatty()
        self._n_bytes, self._before = n_bytes, done_before
        self._done = 0
        self._begun = self._drawn = clock()

    def add(self, pages: int = 0, n_bytes: int = 0) -> None:
        """Count what was done since, and draw if it is time."""
        self.pages += pages
        self._done += n_bytes
        if self._is_shown and self._clock() - self._drawn >= EVERY:
            self._drawn = self._clock()
            # The cursor goes back, so that whatever is written next takes the line.
            self._stream.write(f"\x1b[K{self.line()}\r")
            self._stream.flush()

    def close(self) -> None:
        """Leave a clean line."""
        if self._is_shown:
            self._stream.write("\x1b[K")
            self._stream.flush()

    def line(self) -> str:
        """The bar, and in numbers: share of the input, pages, pages a second, time left."""
        seconds = max(self._clock() - self._begun, 1e-9)
        share = (self._before + self._done) / self._n_bytes if self._n_bytes else 1.0
        bar = ("#" * round(share * WIDTH)).ljust(WIDTH, ".")
        parts = [f"[{bar}] {share:4.0%}", f"{self.pages:,} pages", f"{self.pages / seconds:,.0f}/s"]
        if self._done:
            left = (self._n_bytes - self._before - self._done) / self._done * seconds
            parts.append(f"{duration(left)} left")
        return "  ".join(parts)


def duration(seconds: float) -> str:
    """A time in its two largest units: ``8 s``, ``3 min 20 s``, ``2 h 5 min``, ``4 d 3 h``."""
    n = round(seconds)
    for size, unit, part, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if n >= size:
            return f"{n // size} {unit} {n % size // part} {smaller}"
    return f"{n // 60} min {n % 60} s" if n >= 60 else f"{n} s"
