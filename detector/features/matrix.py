"""The feature matrices of the looks, and the names of their columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch, Column, Ints
from detector.features import (  # noqa: F401  (importing a family registers its features)
    context,
    opinion,
    phrasing,
    readability,
    repetition,
    rivalry,
    speakers,
)
from detector.features.registry import (
    LABEL,
    MEASURES,
    NEIGHBOUR,
    RATES,
    REGION,
    RIVAL,
    SEGMENT,
    Feature,
)
from detector.rivals import Rivals
from detector.spans import Opinions, Regions, Sums

Matrix = NDArray[np.float64]
Measured = TypeVar("Measured", Batch, Regions)

LITTLE = 40
"""Words on the rest of a page below which a region is not contrasted with it."""


def segment_names(families: frozenset[str]) -> tuple[str, ...]:
    """Columns of :func:`segment_matrix`: measures over windows, then features of segments."""
    measures = [f"{name}@{window}" for window in context.WINDOWS for name in MEASURES]
    return tuple(name for name in (*measures, *SEGMENT) if _family(name) in families)


def segment_matrix(batch: Batch, names: tuple[str, ...]) -> Matrix:
    """Segments x ``names`` for the first look."""
    out = np.empty((len(names), batch.n))
    rows_of_measures, row_of_features = _rows_of(names)
    sums = context.windows(batch)
    for name, rows in rows_of_measures.items():
        out[rows] = MEASURES[name].compute(sums).reshape(len(rows), batch.n)
    for name, row in row_of_features.items():
        out[row] = _once(SEGMENT, batch, name)
    return out.T


@lru_cache(maxsize=8)
def _rows_of(names: tuple[str, ...]) -> tuple[dict[str, list[int]], dict[str, int]]:
    """Where each measure stands among ``names``, over each window, and each feature of segments."""
    row = {name: k for k, name in enumerate(names)}
    wanted = {name.partition("@")[0] for name in names}
    measures = {
        name: [row[f"{name}@{window}"] for window in context.WINDOWS]
        for name in MEASURES
        if name in wanted
    }
    return measures, {name: row[name] for name in SEGMENT if name in wanted}


def _once(features: dict[str, Feature[Measured]], measured: Measured, name: str) -> Column:
    """A feature of segments or of regions, which several looks ask for."""
    if name not in measured.columns:
        measured.columns[name] = features[name].compute(measured)
    return measured.columns[name]


ALSO_OF_NEIGHBOURS = ("context.begins_line", "context.closes_line", "context.run_on")
"""Features of the segment itself that help to judge what was said of it and its neighbours."""


def neighbour_names() -> tuple[str, ...]:
    """Columns of :func:`neighbour_matrix`."""
    return (*NEIGHBOUR, *ALSO_OF_NEIGHBOURS)


def neighbour_matrix(opinions: Opinions, names: tuple[str, ...]) -> Matrix:
    """Segments x ``names`` for the second look."""
    columns = {name: feature.compute(opinions) for name, feature in NEIGHBOUR.items()}
    columns |= {name: _once(SEGMENT, opinions.batch, name) for name in ALSO_OF_NEIGHBOURS}
    return _stack(columns, names, opinions.batch.n)


LABEL_MEASURES = tuple(name for name in MEASURES if name.startswith("repetition.")) + (
    "phrasing.habit_padded",
    "phrasing.mean_rarity",
)
"""Measures of a segment itself that help to tell derivative from padded lines."""


def label_names() -> tuple[str, ...]:
    """Columns of :func:`label_matrix`."""
    return (*LABEL, *(f"{name}@own" for name in LABEL_MEASURES), *SEGMENT)


def label_matrix(opinions: Opinions, names: tuple[str, ...], rows: Ints | None = None) -> Matrix:
    """Segments (all, or ``rows``) x ``names`` for the look that tells derivative from padded lines.

    ``opinions`` are the second look's, and the first one's ``derivative``.
    """
    batch = opinions.batch
    rows = np.arange(batch.n) if rows is None else rows
    own = Sums.over(batch, rows, rows + 1)
    columns = {f"{name}@own": MEASURES[name].compute(own) for name in LABEL_MEASURES}
    columns |= {name: _once(SEGMENT, batch, name)[rows] for name in SEGMENT}
    columns |= {name: feature.compute(opinions)[rows] for name, feature in LABEL.items()}
    return _stack(columns, names, len(rows))


def region_names(families: frozenset[str]) -> tuple[str, ...]:
    """Columns of :func:`region_matrix`: measures inside and against the rest, region features."""
    measures = [f"{name}@{where}" for where in ("inside", "contrast") for name in MEASURES]
    return tuple(name for name in (*measures, *REGION) if _family(name) in families)


def region_matrix(regions: Regions, names: tuple[str, ...]) -> Matrix:
    """Regions x ``names`` for the third look."""
    wanted = {name.partition("@")[0] for name in names}
    measures = [name for name in MEASURES if name in wanted]
    inside = _measured(regions.inside, measures, len(regions))
    contrast = inside - _measured(regions.outside, measures, len(regions))
    contrast[:, regions.outside["words"] < LITTLE] = 0.0
    columns = dict(zip((f"{name}@inside" for name in measures), inside, strict=True))
    columns |= dict(zip((f"{name}@contrast" for name in measures), contrast, strict=True))
    columns |= {name: _once(REGION, regions, name) for name in REGION if name in wanted}
    return _stack(columns, names, len(regions))


def _measured(sums: Sums, names: Sequence[str], n: int) -> Matrix:
    """Measures x spans; all that merely count at once."""
    out = np.empty((len(names), n))
    counting = [k for k, name in enumerate(names) if name in RATES]
    if counting:
        out[counting] = sums.rates([RATES[names[k]] for k in counting])
    for k, name in enumerate(names):
        if name not in RATES:
            out[k] = MEASURES[name].compute(sums)
    return out


ALSO_OF_RIVALS = (
    "context.log_region_words",
    "context.log_region_words_before",
    "context.log_region_words_behind",
    "context.page_share",
    "context.starts_line",
    "context.ends_line",
    "context.starts_run_on",
    "opinion.opening",
    "opinion.ending",
    "opinion.seam",
    "opinion.seam_behind",
    "opinion.inner_seam",
    "opinion.mean",
    "opinion.previous",
    "opinion.next",
)
"""Features of the region itself that help to choose among rivals."""


def rival_names() -> tuple[str, ...]:
    """Columns of :func:`rival_matrix`."""
    return (*RIVAL, *ALSO_OF_RIVALS)


def rival_matrix(rivals: Rivals, names: tuple[str, ...]) -> Matrix:
    """Candidate regions x ``names`` for the fourth look."""
    columns = {name: feature.compute(rivals) for name, feature in RIVAL.items()}
    columns |= {name: _once(REGION, rivals.regions, name) for name in ALSO_OF_RIVALS}
    return _stack(columns, names, len(rivals))


def versions(names: tuple[str, ...]) -> dict[str, int]:
    """Versions of the features behind ``names``; those that do not exist are left out."""
    tables: tuple[dict[str, Feature[Any]], ...] = (
        MEASURES,
        SEGMENT,
        NEIGHBOUR,
        REGION,
        RIVAL,
        LABEL,
    )
    known = {name: feature.version for table in tables for name, feature in table.items()}
    bases = {name.partition("@")[0] for name in names}
    return {base: known[base] for base in sorted(bases) if base in known}


def _family(name: str) -> str:
    return name.partition(".")[0]


def _stack(columns: dict[str, NDArray[np.float64]], names: tuple[str, ...], n: int) -> Matrix:
    # A look reads feature by feature, so each is kept in one piece.
    out = np.empty((len(names), n))
    for k, name in enumerate(names):
        out[k] = columns[name]
    return out.T
