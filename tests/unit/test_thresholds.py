"""Thresholds: the one that a false-alarm rate allows, and what is measured at it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.decode import Reach
from detector.model import Threshold
from detector.tally import Tally
from detector.thresholds import LOOSE, Proposed, least, measured, recall
from detector.types import Span

TOPS = np.arange(100.0)
"""Of a hundred pages the most suspect one is marked below 99, the next one below 98 …"""


@pytest.mark.parametrize(
    ("rate", "expected"), [(0.05, 94.001), (0.01, 98.001), (0.001, 99.001)], ids=str
)
def test_least_threshold_of_a_rate(rate: float, expected: float) -> None:
    assert least(TOPS, rate) == expected


def test_no_threshold_is_lower_than_what_was_calibrated() -> None:
    assert least(np.full(50, -np.inf), 0.05) == pytest.approx(LOOSE, abs=0.01)


@given(
    tops=st.lists(st.floats(-20, 20), min_size=1, max_size=200),
    rate=st.sampled_from([0.05, 0.01, 0.001]),
)
def test_a_threshold_keeps_its_rate(tops: list[float], rate: float) -> None:
    column = np.array(tops)
    assert (column > least(column, rate)).sum() <= rate * len(tops)


def page(accept: float, *gold: Span, reach: Reach = Reach()) -> Proposed:  # noqa: B008
    """A page with one candidate, from 100 to 200."""
    said = (np.array([number]) for number in (accept, 1.0, 0.5))
    return Proposed([(100, 200)], *said, [reach], gold)


@pytest.mark.parametrize(
    ("log_odds", "found"), [(0.0, 2), (2.0, 1), (5.0, 0)], ids=["both", "one", "none"]
)
def test_recall_falls_as_the_threshold_rises(log_odds: float, found: int) -> None:
    pages = [page(1.0, Span(100, 200)), page(3.0, Span(110, 200)), page(9.0, Span(150, 200))]
    assert recall(pages, log_odds) == Tally(3, found)


def test_a_region_is_found_as_far_as_it_grows() -> None:
    gold = Span(100, 290)
    assert recall([page(3.0, gold)], 0.0) == Tally(1, 0)
    assert recall([page(3.0, gold, reach=Reach((), (300,)))], 0.0) == Tally(1, 1)


def test_every_region_of_a_page_counts() -> None:
    assert recall([page(3.0, Span(0, 90), Span(100, 200))], 0.0) == Tally(2, 1)


def test_measured() -> None:
    tops, labelled = np.array([-1.0, 2.0, 3.0]), [page(4.0, Span(100, 200))]
    assert measured(2.5, tops, "tests", labelled, "one page") == Threshold(
        2.5, Tally(3, 1), "tests", Tally(1, 1), "one page"
    )
