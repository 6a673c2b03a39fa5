"""What the service takes on at most."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the service.

    ``body_bytes``: a request's body. ``seconds``: from a request's first byte to its answer.
    ``requests``: requests that are read or scored at the same time; with ``body_bytes`` they bound
    the memory. ``pages``: pages of a batch.
    """

    body_bytes: int = 10_000_000
    seconds: float = 30.0
    requests: int = 32
    pages: int = 1_000
