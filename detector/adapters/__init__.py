"""The detector as a step of other engines, a module for each; each needs the extra of its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from detector.errors import MissingExtraError


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Turn a failing import into a MissingExtraError that says how to install the extra."""
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(
            f"{error}; install the extra: pip install 'filler-detector[{name}]'"
        ) from error
