"""The detector of a worker process, as engines that spread work over processes need it."""

from __future__ import annotations

from functools import lru_cache

from threadpoolctl import threadpool_limits

from detector.pipeline import Detector


@lru_cache(maxsize=4)
def detector(model: str | None = None, threshold: float | str | None = None) -> Detector:
    """The detector that :meth:`Detector.load` gives, loaded once a process.

    Numerical libraries of the process are held to one thread from then on: an engine starts a
    process for each core, and threads of theirs would only get in each other's way.
    """
    loaded = Detector.load(model, threshold)
    threadpool_limits(1)
    return loaded
