"""Log-odds and probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from detector.odds import probability


@pytest.mark.parametrize(
    ("log_odds", "expected"), [(0.0, 0.5), (np.log(3.0), 0.75), (-np.log(4.0), 0.2), (40.0, 1.0)]
)
def test_probability_of_log_odds(log_odds: float, expected: float) -> None:
    assert probability(np.array([log_odds]))[0] == pytest.approx(expected)


def test_precision_is_kept() -> None:
    assert probability(np.zeros(2, np.float32)).dtype == np.float32
