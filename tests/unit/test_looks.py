"""What the last look says of candidates."""

from __future__ import annotations

import numpy as np
import pytest

from detector import Detector, looks


def test_less_is_believed_where_a_page_has_lost_its_line_breaks(detector: Detector) -> None:
    look = detector.model.looks["rivals"]
    values = np.zeros((2, len(look.features)))
    values[1, look.features.index("context.starts_run_on")] = 1.0
    said = look.logits(values)
    accept, exact = looks.last_opinions(look, values)
    assert (said["accept"] - accept).tolist() == pytest.approx([0.0, looks.LOST_BREAKS])
    assert exact.tolist() == said["exact"].tolist()
