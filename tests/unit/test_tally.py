"""Shares and their intervals: known values, and what is written of them."""

from __future__ import annotations

import math

import pytest

from detector.tally import Tally


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (1, 100, 0.0018, 0.0545),
        (81, 263, 0.2553, 0.3662),
    ],
    ids=lambda value: str(value),
)
def test_wilson_interval(right: int, n: int, low: float, high: float) -> None:
    assert Tally(n, right).interval() == pytest.approx((low, high), abs=1e-4)


def test_tally_adds_things_and_amounts() -> None:
    tally = Tally()
    tally.add(True)
    tally.add(False)
    tally.add(6, 8)
    assert (tally.n, tally.right, tally.share) == (10, 7, 0.7)
    assert math.isnan(Tally().share)


@pytest.mark.parametrize("tally", [Tally(), Tally(10, 7)], ids=["nothing", "some"])
def test_a_tally_is_what_was_written(tally: Tally) -> None:
    assert Tally.from_dict(tally.to_dict()) == tally


def test_written_with_share_and_interval() -> None:
    assert Tally(10, 5).to_dict() == {
        "n": 10,
        "right": 5,
        "share": 0.5,
        "interval": [0.2366, 0.7634],
    }
    assert Tally().to_dict()["share"] is None


@pytest.mark.parametrize(("n", "right"), [(3, 4), (3, -1)])
def test_more_than_all_is_no_share(n: int, right: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        Tally.from_dict({"n": n, "right": right})
