"""Log-odds and probabilities."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Column = TypeVar("Column", bound=NDArray[np.floating[Any]])


def probability(log_odds: Column) -> Column:
    """The probability that each of ``log_odds`` stands for, in their precision."""
    return cast("Column", 1.0 / (1.0 + np.exp(-log_odds)))
