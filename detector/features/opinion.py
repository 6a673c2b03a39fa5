"""Opinion: what an earlier look said of segments, seen from their neighbours and from regions.

The second look judges a segment by what the first said of it and of the segments around it; the
third judges a region by what the second said of its segments and of those beside it. What tells
derivative from padded lines is what the first said of that, seen from their neighbours too.
"""

from __future__ import annotations

import numpy as np

from detector.batch import Column
from detector.features.registry import label_feature, neighbour_feature, region_feature
from detector.spans import FAR, Opinions, Regions

for _name, _doc in (
    ("filler", "being filler"),
    ("opening", "being the first line of a filler block"),
    ("ending", "being the last line of a filler block"),
    ("seam", "beginning a block right behind another one"),
):
    for _step in (-2, -1, 0, 1, 2):
        _where = {0: "the segment's"}.get(_step, f"the log-odds at step {_step:+d} of")

        @neighbour_feature(
            f"opinion.{_name}_{_step:+d}".replace("+0", "own"),
            low=-FAR,
            high=FAR,
            doc=f"First look: log-odds of {_doc}, of the segment at step {_step:+d}.",
        )
        def _at(opinions: Opinions, name: str = _name, step: int = _step) -> Column:
            return opinions.at(name, step)


for _words in (60, 150, 400):
    for _side in ("before", "behind"):

        @neighbour_feature(
            f"opinion.filler_{_side}{_words}",
            low=-FAR,
            high=FAR,
            doc=f"First look: mean log-odds of being filler over {_words} words {_side}.",
        )
        def _near(opinions: Opinions, words: int = _words, side: str = _side) -> Column:
            return opinions.mean_near(words, behind=side == "behind")


@neighbour_feature("opinion.filler_above", low=-FAR, high=FAR)
def filler_above(opinions: Opinions) -> Column:
    """First look: mean log-odds of being filler over all of the page before the segment."""
    return opinions.mean_near(None, behind=False)


@neighbour_feature("opinion.filler_below", low=-FAR, high=FAR)
def filler_below(opinions: Opinions) -> Column:
    """First look: mean log-odds of being filler over all of the page behind the segment."""
    return opinions.mean_near(None, behind=True)


for _name in ("opening", "ending", "seam"):
    for _side in ("before", "behind"):

        @neighbour_feature(
            f"opinion.top_{_name}_{_side}",
            low=-FAR,
            high=FAR,
            doc=f"First look: largest log-odds of '{_name}' among the 12 segments {_side}.",
        )
        def _top(opinions: Opinions, name: str = _name, side: str = _side) -> Column:
            return opinions.top_near(name, 12, behind=side == "behind")


for _step in (-3, -2, -1, 0, 1, 2, 3):

    @label_feature(
        f"opinion.derivative_{_step:+d}".replace("+0", "own"),
        low=-FAR,
        high=FAR,
        doc=f"First look: log-odds of restating the page, of the segment at step {_step:+d}.",
    )
    def _derivative(opinions: Opinions, step: int = _step) -> Column:
        return opinions.at("derivative", step)


for _step in (-1, 0, 1):

    @label_feature(
        f"opinion.second_filler_{_step:+d}".replace("+0", "own"),
        low=-FAR,
        high=FAR,
        doc=f"Second look: log-odds of being filler, of the segment at step {_step:+d}.",
    )
    def _second_filler(opinions: Opinions, step: int = _step) -> Column:
        return opinions.at("filler", step)


@label_feature("opinion.derivative_near", low=-FAR, high=FAR)
def derivative_near(opinions: Opinions) -> Column:
    """First look: mean log-odds of restating the page over nine segments, by their probability of
    being filler."""
    return opinions.mean_of_filler("derivative", reach=4)


@label_feature("opinion.derivative_page", low=-FAR, high=FAR)
def derivative_page(opinions: Opinions) -> Column:
    """First look: mean log-odds of restating the page over all of it, by the probability of being
    filler."""
    return opinions.mean_of_filler("derivative", reach=None)


def _filler(regions: Regions) -> Column:
    return regions.opinions["filler"]


@region_feature("opinion.mean", low=-FAR, high=FAR)
def mean(regions: Regions) -> Column:
    """Second look: mean log-odds of the region's segments for filler, by length."""
    return regions.weighted_mean("filler", regions.start, regions.stop)


@region_feature("opinion.mean_outside", low=-FAR, high=FAR)
def mean_outside(regions: Regions) -> Column:
    """Second look: mean log-odds for filler of the rest of the page, by length."""
    return regions.weighted_mean_outside("filler")


@region_feature("opinion.probability", high=1.0)
def probability(regions: Regions) -> Column:
    """Second look: mean probability of filler of the region's segments, by length."""
    return regions.weighted_mean("probability", regions.start, regions.stop, 0.0)


@region_feature("opinion.probability_outside", high=1.0)
def probability_outside(regions: Regions) -> Column:
    """Second look: mean probability of filler of the rest of the page, by length."""
    return regions.weighted_mean_outside("probability", 0.0)


@region_feature("opinion.expected_segments", high=20.0)
def expected_segments(regions: Regions) -> Column:
    """Second look: root of the expected number of filler segments in the region."""
    return np.sqrt(regions.total(regions.opinions.probability[regions.members[1]]))


@region_feature("opinion.first_third", low=-FAR, high=FAR)
def first_third(regions: Regions) -> Column:
    """Second look: mean log-odds for filler of the region's first third."""
    third = np.maximum((regions.stop - regions.start) // 3, 1)
    return regions.weighted_mean("filler", regions.start, regions.start + third)


@region_feature("opinion.last_third", low=-FAR, high=FAR)
def last_third(regions: Regions) -> Column:
    """Second look: mean log-odds for filler of the region's last third."""
    third = np.maximum((regions.stop - regions.start) // 3, 1)
    return regions.weighted_mean("filler", regions.stop - third, regions.stop)


@region_feature("opinion.low_share", high=1.0)
def low_share(regions: Regions) -> Column:
    """Second look: share of the region's segments with log-odds below -2."""
    return regions.mean((_filler(regions)[regions.members[1]] < -2).astype(np.float64))


@region_feature("opinion.high_share", high=1.0)
def high_share(regions: Regions) -> Column:
    """Second look: share of the region's segments with log-odds above 0."""
    return regions.mean((_filler(regions)[regions.members[1]] > 0).astype(np.float64))


@region_feature("opinion.least", low=-FAR, high=FAR)
def least(regions: Regions) -> Column:
    """Second look: smallest log-odds for filler in the region."""
    return -regions.most(-_filler(regions)[regions.members[1]])


@region_feature("opinion.first", low=-FAR, high=FAR)
def first(regions: Regions) -> Column:
    """Second look: log-odds for filler of the region's first segment."""
    return _filler(regions)[regions.start]


@region_feature("opinion.last", low=-FAR, high=FAR)
def last(regions: Regions) -> Column:
    """Second look: log-odds for filler of the region's last segment."""
    return _filler(regions)[regions.stop - 1]


@region_feature("opinion.previous", low=-FAR, high=FAR)
def previous(regions: Regions) -> Column:
    """Second look: log-odds for filler of the segment before the region."""
    return regions.beside(_filler(regions), behind=False)


@region_feature("opinion.next", low=-FAR, high=FAR)
def next_(regions: Regions) -> Column:
    """Second look: log-odds for filler of the segment behind the region."""
    return regions.beside(_filler(regions), behind=True)


@region_feature("opinion.previous_three", low=-FAR, high=FAR)
def previous_three(regions: Regions) -> Column:
    """Second look: mean log-odds for filler of the three segments before the region."""
    start = np.maximum(regions.start - 3, regions.page_first)
    return regions.weighted_mean("filler", start, regions.start)


@region_feature("opinion.next_three", low=-FAR, high=FAR)
def next_three(regions: Regions) -> Column:
    """Second look: mean log-odds for filler of the three segments behind the region."""
    stop = np.minimum(regions.stop + 3, regions.page_last)
    return regions.weighted_mean("filler", regions.stop, stop)


@region_feature("opinion.opening", low=-FAR, high=FAR)
def opening(regions: Regions) -> Column:
    """Second look: log-odds of the first segment for opening a block."""
    return regions.opinions["opening"][regions.start]


@region_feature("opinion.ending", low=-FAR, high=FAR)
def ending(regions: Regions) -> Column:
    """Second look: log-odds of the last segment for ending a block."""
    return regions.opinions["ending"][regions.stop - 1]


@region_feature("opinion.ending_before", low=-FAR, high=FAR)
def ending_before(regions: Regions) -> Column:
    """Second look: log-odds of the segment before the region for ending a block."""
    return regions.beside(regions.opinions["ending"], behind=False)


@region_feature("opinion.opening_behind", low=-FAR, high=FAR)
def opening_behind(regions: Regions) -> Column:
    """Second look: log-odds of the segment behind the region for opening a block."""
    return regions.beside(regions.opinions["opening"], behind=True)


@region_feature("opinion.inner_opening", low=-FAR, high=FAR)
def inner_opening(regions: Regions) -> Column:
    """Second look: largest log-odds of opening a block behind the first segment."""
    return _most_behind_first(regions, "opening")


@region_feature("opinion.inner_ending", low=-FAR, high=FAR)
def inner_ending(regions: Regions) -> Column:
    """Second look: largest log-odds of ending a block before the last segment."""
    region, segment = regions.members
    values = regions.opinions["ending"][segment]
    return regions.most(np.where(segment < regions.stop[region] - 1, values, -FAR))


@region_feature("opinion.seam", low=-FAR, high=FAR)
def seam(regions: Regions) -> Column:
    """Second look: log-odds that a block begins at the region's first segment, behind another."""
    return regions.opinions["seam"][regions.start]


@region_feature("opinion.seam_behind", low=-FAR, high=FAR)
def seam_behind(regions: Regions) -> Column:
    """Second look: log-odds that a block begins right behind the region."""
    return regions.beside(regions.opinions["seam"], behind=True)


@region_feature("opinion.inner_seam", low=-FAR, high=FAR)
def inner_seam(regions: Regions) -> Column:
    """Second look: largest log-odds of a new block behind the first segment."""
    return _most_behind_first(regions, "seam")


@region_feature("opinion.opening_lead", low=-2 * FAR, high=2 * FAR)
def opening_lead(regions: Regions) -> Column:
    """How much more the first segment opens a block than any other of the region."""
    return opening(regions) - inner_opening(regions)


@region_feature("opinion.ending_lead", low=-2 * FAR, high=2 * FAR)
def ending_lead(regions: Regions) -> Column:
    """How much more the last segment ends a block than any other of the region."""
    return ending(regions) - inner_ending(regions)


def _most_behind_first(regions: Regions, name: str) -> Column:
    region, segment = regions.members
    values = regions.opinions[name][segment]
    return regions.most(np.where(segment > regions.start[region], values, -FAR))
