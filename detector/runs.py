"""Runs and ranges in arrays: running sums, where runs begin, the members of ranges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def running_sum(values: NDArray[np.int64] | NDArray[np.bool_]) -> Ints:
    """Sums of all values before each, and of all: one element more.

    >>> running_sum(np.array([3, 1, 2])).tolist()
    [0, 3, 4, 6]
    """
    out = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=out[1:])
    return out


def begins(*columns: NDArray[np.generic]) -> Bools:
    """Whether a row differs in any column from the one before.

    >>> begins(np.array([7, 7, 7, 8]), np.array([1, 1, 2, 2])).tolist()
    [True, False, True, True]
    """
    out = np.ones(len(columns[0]), np.bool_)
    out[1:] = columns[0][1:] != columns[0][:-1]
    for column in columns[1:]:
        out[1:] |= column[1:] != column[:-1]
    return out


def distinct(values: Ints) -> Ints:
    """The different values, in ascending order (``np.unique`` imports masked arrays for that).

    >>> distinct(np.array([4, 1, 4])).tolist()
    [1, 4]
    """
    ordered = np.sort(values)
    return ordered[begins(ordered)]


def members(start: Ints, stop: Ints) -> tuple[Ints, Ints]:
    """For ranges ``start`` to ``stop``: the range's number and each value in it, flattened.

    >>> [column.tolist() for column in members(np.array([3, 8]), np.array([5, 9]))]
    [[0, 0, 1], [3, 4, 8]]
    """
    sizes = stop - start
    owner = np.repeat(np.arange(len(start)), sizes)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return owner, start[owner] + within
