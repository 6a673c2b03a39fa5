"""The feature matrices of the three looks, and the names of their columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch
from detector.features import (  # noqa: F401  (importing a family registers its features)
    context,
    opinion,
    phrasing,
    readability,
    repetition,
    speakers,
)
from detector.features.registry import MEASURES, NEIGHBOUR, REGION, SEGMENT, Feature
from detector.spans import Opinions, Regions

Matrix = NDArray[np.float64]

LITTLE = 40
"""Words on the rest of a page below which a region is not contrasted with it."""


def segment_names(families: frozenset[str]) -> tuple[str, ...]:
    """Columns of :func:`segment_matrix`: measures over windows, then features of segments."""
    measures = [f"{name}@{window}" for window in context.WINDOWS for name in MEASURES]
    return tuple(name for name in (*measures, *SEGMENT) if _family(name) in families)


def segment_matrix(batch: Batch, names: tuple[str, ...]) -> Matrix:
    """Segments x ``names`` for the first look."""
    wanted = {name.partition("@")[0] for name in names}
    sums = context.window_sums(batch)
    columns: dict[str, NDArray[np.float64]] = {}
    for name, feature in MEASURES.items():
        if name in wanted:
            parts = feature.compute(sums).reshape(len(context.WINDOWS), batch.n)
            columns.update({f"{name}@{w}": part for w, part in zip(context.WINDOWS, parts)})
    columns.update({name: f.compute(batch) for name, f in SEGMENT.items() if name in wanted})
    return _stack(columns, names, batch.n)


def neighbour_names() -> tuple[str, ...]:
    """Columns of :func:`neighbour_matrix`."""
    return tuple(NEIGHBOUR)


def neighbour_matrix(opinions: Opinions, names: tuple[str, ...]) -> Matrix:
    """Segments x ``names`` for the second look."""
    columns = {name: NEIGHBOUR[name].compute(opinions) for name in names}
    return _stack(columns, names, opinions.batch.n)


def region_names(families: frozenset[str]) -> tuple[str, ...]:
    """Columns of :func:`region_matrix`: measures inside and against the rest, region features."""
    measures = [f"{name}@{where}" for where in ("inside", "contrast") for name in MEASURES]
    return tuple(name for name in (*measures, *REGION) if _family(name) in families)


def region_matrix(regions: Regions, names: tuple[str, ...]) -> Matrix:
    """Regions x ``names`` for the third look."""
    wanted = {name.partition("@")[0] for name in names}
    alone = regions.outside["words"] < LITTLE
    columns: dict[str, NDArray[np.float64]] = {}
    for name, feature in MEASURES.items():
        if name in wanted:
            inside = feature.compute(regions.inside)
            columns[f"{name}@inside"] = inside
            contrast = inside - feature.compute(regions.outside)
            columns[f"{name}@contrast"] = np.where(alone, 0.0, contrast)
    columns.update({name: f.compute(regions) for name, f in REGION.items() if name in wanted})
    return _stack(columns, names, len(regions))


def versions(names: tuple[str, ...]) -> dict[str, int]:
    """Versions of the features behind ``names``; raises KeyError for one that does not exist."""
    tables: tuple[dict[str, Feature], ...] = (MEASURES, SEGMENT, NEIGHBOUR, REGION)  # type: ignore[type-arg]
    known = {name: feature.version for table in tables for name, feature in table.items()}
    return {base: known[base] for base in sorted({name.partition("@")[0] for name in names})}


def _family(name: str) -> str:
    return name.partition(".")[0]


def _stack(
    columns: dict[str, NDArray[np.float64]], names: tuple[str, ...], n: int
) -> Matrix:
    out = np.empty((n, len(names)))
    for k, name in enumerate(names):
        out[:, k] = columns[name]
    return out
