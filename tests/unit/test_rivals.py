"""Candidates against their rivals: every quantity against the plain definition."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from detector import rivals
from detector.batch import Batch
from detector.rivals import Rivals
from detector.spans import FAR, Opinions, Regions

Read = Callable[..., Batch]

PAGES = ("One.\nTwo.\nThree.\nFour.\nFive.\nSix.", "Seven.\nEight.\nNine.", "Ten.")


def compared(batch: Batch, seed: int) -> Rivals:
    """Random candidates of each page with random log-odds."""
    rng = np.random.default_rng(seed)
    spans = set()
    for low, high in zip(batch.segments.page_starts[:-1], batch.segments.page_starts[1:]):
        for _ in range(8):
            a, b = sorted(rng.integers(low, high + 1, 2).tolist())
            spans |= {(a, b)} if a < b else set()
    start, stop = np.array(sorted(spans), np.int64).T
    opinions = Opinions(batch, {"filler": np.zeros(batch.n)})
    return Rivals(
        Regions(batch, start, stop, opinions), *rng.integers(-8, 9, (2, len(start))).astype(float)
    )


@pytest.mark.parametrize("seed", range(12))
def test_every_quantity_is_what_it_says(read: Read, seed: int) -> None:
    found = compared(read(*PAGES), seed)
    regions = found.regions
    spans = list(zip(regions.start.tolist(), regions.stop.tolist(), strict=True))
    page = regions.batch.segments.page[regions.start].tolist()
    belief = np.exp(found.exact)
    for k, (a, b) in enumerate(spans):
        others = [j for j in range(len(spans)) if j != k and page[j] == page[k]]
        over = [j for j in others if spans[j][0] < b and a < spans[j][1]]
        around = [j for j in over if spans[j][0] <= a and b <= spans[j][1]]
        within = [j for j in over if a <= spans[j][0] and spans[j][1] <= b]
        beside = [j for j in others if j not in over]
        for group, members in ((found.around, around), (found.within, within)):
            accept = found.accept[members]
            assert group.n[k] == len(members)
            assert group.most[k] == max(accept, default=-FAR)
            assert group.least[k] == min(accept, default=FAR)
            assert group.mean(found.accept)[k] == pytest.approx(
                accept.mean() if members else found.accept[k]
            )
        whole = belief[[*over, k]].sum()
        same_start = belief[[j for j in [*over, k] if spans[j][0] == a]].sum()
        same_stop = belief[[j for j in [*over, k] if spans[j][1] == b]].sum()
        assert found.share()[k] == pytest.approx(belief[k] / whole, rel=1e-3, abs=1e-5)
        assert found.start_share()[k] == pytest.approx(same_start / whole, rel=1e-3, abs=1e-5)
        assert found.stop_share()[k] == pytest.approx(same_stop / whole, rel=1e-3, abs=1e-5)
        assert found.best_exact()[k] == max(found.exact[over], default=-FAR)
        assert found.elsewhere[k] == max(found.accept[beside], default=-FAR)


def test_pairs_are_the_same_however_many_are_looked_at_together(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compared(read(*PAGES), 3)
    expected = [column.tolist() for column in (*whole.around, *whole.within, whole.share())]
    monkeypatch.setattr(rivals, "PAIRS_AT_ONCE", 5)
    parts = compared(read(*PAGES), 3)
    assert [c.tolist() for c in (*parts.around, *parts.within, parts.share())] == expected


def test_no_candidates_are_no_trouble(read: Read) -> None:
    none = np.zeros(0, np.int64)
    batch = read(*PAGES)
    regions = Regions(batch, none, none, Opinions(batch, {"filler": np.zeros(batch.n)}))
    found = Rivals(regions, np.zeros(0), np.zeros(0))
    assert len(found.around.n) == len(found.share()) == len(found.elsewhere) == 0
