"""Repetition: how much of a span the page has said before, and what new it brings.

Filler re-tells the article above it: its names, numbers and rare words have been seen, and it
brings few of its own. Overlap alone does not separate (a lead shares its words with the story);
novelty of specifics does.
"""

from __future__ import annotations

import numpy as np

from detector.batch import Batch, Column
from detector.features.registry import measure, rates, region_feature, segment_feature
from detector.spans import EVEN, Regions, Sums

rates(
    "repetition",
    {
        "names": "Names a word, as a square root.",
        "numbers": "Numbers a word, as a square root.",
    },
)


@measure("repetition.seen_share")
def seen_share(sums: Sums) -> Column:
    """Share of the span's content words, weighted by rarity, that occur earlier on the page."""
    return sums.share("rarity_seen", "rarity", weight=100.0)


@measure("repetition.seen_content_share")
def seen_content_share(sums: Sums) -> Column:
    """Share of the span's content words that occur earlier on the page."""
    return sums.share("content_seen", "content", weight=4.0)


@measure("repetition.seen_name_share")
def seen_name_share(sums: Sums) -> Column:
    """Share of the span's names that occur earlier on the page."""
    return sums.share("names_seen", "names")


@measure("repetition.seen_number_share")
def seen_number_share(sums: Sums) -> Column:
    """Share of the span's numbers that occur earlier on the page."""
    return sums.share("numbers_seen", "numbers")


@measure("repetition.new_name_rate", high=2.0)
def new_name_rate(sums: Sums) -> Column:
    """Names a word that the page has not had before, as a square root."""
    return np.sqrt((sums["names"] - sums["names_seen"]) / (sums["words"] + EVEN))


@measure("repetition.new_number_rate", high=2.0)
def new_number_rate(sums: Sums) -> Column:
    """Numbers a word that the page has not had before, as a square root."""
    return np.sqrt((sums["numbers"] - sums["numbers_seen"]) / (sums["words"] + EVEN))


@segment_feature("repetition.best_earlier_overlap")
def best_earlier_overlap(batch: Batch) -> Column:
    """Largest share of the segment's words that one earlier passage holds, by rarity."""
    return batch.overlaps.best_before(np.arange(batch.n), batch.overlaps.passage)


@segment_feature("repetition.best_later_overlap")
def best_later_overlap(batch: Batch) -> Column:
    """Largest share of the segment's words that one later passage holds, by rarity."""
    return batch.overlaps.best_behind(np.arange(batch.n), batch.overlaps.passage)


@region_feature("repetition.unsupported_name_rate", high=2.0)
def unsupported_name_rate(regions: Regions) -> Column:
    """Names a word of the region that stand nowhere else on the page, as a square root."""
    return np.sqrt(regions.unsupported_names / (regions.inside["words"] + EVEN))


@region_feature("repetition.unsupported_number_rate", high=2.0)
def unsupported_number_rate(regions: Regions) -> Column:
    """Numbers a word of the region that stand nowhere else on the page, as a square root."""
    return np.sqrt(regions.unsupported_numbers / (regions.inside["words"] + EVEN))


@region_feature("repetition.log_unsupported_names", high=20.0)
def log_unsupported_names(regions: Regions) -> Column:
    """Logarithm of 1 + names of the region that stand nowhere else on the page."""
    return np.log1p(regions.unsupported_names)


@region_feature("repetition.log_unsupported_numbers", high=20.0)
def log_unsupported_numbers(regions: Regions) -> Column:
    """Logarithm of 1 + numbers of the region that stand nowhere else on the page."""
    return np.log1p(regions.unsupported_numbers)


@region_feature("repetition.supported_share")
def supported_share(regions: Regions) -> Column:
    """Share of the region's names and numbers that stand elsewhere on the page too."""
    all_ = regions.inside["names"] + regions.inside["numbers"]
    own = regions.unsupported_names + regions.unsupported_numbers
    return (all_ - own + 1.0) / (all_ + 2.0)


@region_feature("repetition.supported_content_share")
def supported_content_share(regions: Regions) -> Column:
    """Share of the region's content words, weighted by rarity, that stand elsewhere too."""
    rarity = regions.inside["rarity"]
    return (rarity - regions.unsupported_rarity + 50.0) / (rarity + 100.0)


@region_feature("repetition.mean_best_overlap")
def mean_best_overlap(regions: Regions) -> Column:
    """Mean over the region's segments of the best overlap with one passage outside it."""
    return regions.mean(regions.best_outside)


@region_feature("repetition.high_overlap_share")
def high_overlap_share(regions: Regions) -> Column:
    """Share of the region's segments with over .35 overlap with one passage outside it."""
    return regions.mean((regions.best_outside > 0.35).astype(np.float64))


@region_feature("repetition.top_overlap")
def top_overlap(regions: Regions) -> Column:
    """Largest overlap of one of the region's segments with one passage outside it."""
    return regions.most(regions.best_outside)
