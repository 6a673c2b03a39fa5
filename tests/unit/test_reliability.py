"""Calibration error: cases worked out by hand, and what holds for any."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.reliability import BINS, Reliability

CASES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60)


def of(*cases: tuple[float, bool]) -> Reliability:
    return Reliability(list(cases))


@pytest.mark.parametrize(
    ("cases", "error"),
    [
        ([], 0.0),
        ([(0.75, True)] * 3 + [(0.75, False)], 0.0),
        ([(0.75, True)] * 4, 0.25),
        ([(0.2, False)] * 5 + [(0.9, True)] * 5, (5 * 0.2 + 5 * 0.1) / 10),
        ([(k / 10, k % 2 == 0) for k in range(10)], 0.55),
    ],
    ids=["nothing", "honest", "too modest", "two bins", "one case a bin"],
)
def test_error_by_hand(cases: list[tuple[float, bool]], error: float) -> None:
    assert of(*cases).error() == pytest.approx(error)


def test_bins_have_equal_mass_wherever_the_scores_lie() -> None:
    bins = of(*((1 - k * 1e-6, True) for k in range(100))).bins()
    assert [b.true.n for b in bins] == [100 // BINS] * BINS


def test_equal_scores_share_a_bin() -> None:
    bins = of(*[(0.5, False)] * 35, *[(0.6, True)] * 15).bins()
    assert [(b.low, b.high, b.true.n) for b in bins] == [(0.5, 0.5, 35), (0.6, 0.6, 15)]


@given(cases=CASES, seed=st.integers(0, 9))
def test_order_does_not_matter(cases: list[tuple[float, bool]], seed: int) -> None:
    shuffled = random.Random(seed).sample(cases, len(cases))
    assert of(*cases).to_dict() == of(*shuffled).to_dict()


@given(cases=CASES)
def test_bins_part_the_cases(cases: list[tuple[float, bool]]) -> None:
    reliability = of(*cases)
    bins = reliability.bins()
    assert sum(b.true.n for b in bins) == len(cases)
    assert sum(b.true.right for b in bins) == sum(true for _, true in cases)
    assert all(b.low <= b.mean + 1e-9 and b.mean <= b.high + 1e-9 for b in bins)
    assert all(one.high < other.low for one, other in itertools.pairwise(bins))
    assert 0 <= reliability.error() <= 1
    json.dumps(reliability.to_dict(), allow_nan=False)
