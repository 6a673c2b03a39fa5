"""Candidates against their rivals: every quantity against the plain definition."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from detector import rivals
from detector.batch import Batch
from detector.rivals import Rivals
from detector.spans import FAR, Opinions, Regions

Read = Callable[..., Batch]

PAGES = ("One.\nTwo.\nThree.\nFour.\nFive.\nSix.", "Seven.\nEight.\nNine.", "Ten.")


def compared(batch: Batch, seed: int, n: int = 8) -> Rivals:
    """Random candidates of each page with random log-odds."""
    rng = np.random.default_rng(seed)
    spans = set()
    for low, high in zip(batch.segments.page_starts[:-1], batch.segments.page_starts[1:]):
        for _ in range(n):
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


@pytest.mark.parametrize("seed", range(12))
def test_candidates_are_cut_where_others_begin_and_end(read: Read, seed: int) -> None:
    found = compared(read(*PAGES), seed, 16)
    spans = list(zip(found.regions.start.tolist(), found.regions.stop.tolist(), strict=True))
    every = [
        (whole, front, back)
        for (whole, (a, b)), (front, f), (back, g) in product(enumerate(spans), repeat=3)
        if whole not in (front, back) and f[0] == a and g[1] == b and f[1] <= g[0]
    ]
    assert sorted(zip(*(rows.tolist() for rows in found._cuts), strict=True)) == every
    assert every
    right = (1 / (1 + np.exp(-found.exact))).tolist()
    gains = {w: max(right[f] + right[g] for v, f, g in every if v == w) for w, _, _ in every}
    cut = found.cut
    assert cut.whole.tolist() == sorted(gains)
    told = (found.right[cut.front] + found.right[cut.back]).tolist()
    assert told == pytest.approx(list(map(gains.get, cut.whole.tolist())), abs=1e-5)
    of_parts = [(part, w) for w, *parts in every for part in parts]
    joined = found.joined
    assert joined.part.tolist() == sorted({part for part, _ in of_parts})
    rows = zip(*(column.tolist() for column in joined), strict=True)
    for part, other, whole, back in rows:
        assert (whole, *sorted((part, other))) in every
        assert back == max(part, other)
        assert right[whole] == max(right[w] for p, w in of_parts if p == part)


@pytest.mark.parametrize("seed", range(12))
def test_candidates_that_are_nearly_the_same_vouch_for_each_other(read: Read, seed: int) -> None:
    found = compared(read(*PAGES), seed, 32)
    rng = np.random.default_rng(seed)
    exact = rng.normal(-3, 1, len(found))
    regions, letters = found.regions, np.array([3, 3, 5, 4, 4, 3, 5, 5, 4, 3])
    members = [set(range(a, b)) for a, b in zip(regions.start.tolist(), regions.stop.tolist())]

    def alike(one: set[int], other: set[int]) -> bool:
        return letters[[*(one & other)]].sum() >= 0.8 * letters[[*(one | other)]].sum()

    right = 1 / (1 + np.exp(-exact))
    for mine, near in zip(members, found.near(exact).tolist(), strict=True):
        vouching = [alike(mine, other) for other in members]
        assert near == pytest.approx(min(right[vouching].sum(), 1.0), abs=1e-5)
    assert any(alike(one, other) for one in members for other in members if one != other)


def test_a_column_has_its_values_in_their_rows(read: Read) -> None:
    found = compared(read(*PAGES), 3)
    rows, values = np.array([2, 0]), np.array([7.0, 5.0])
    assert found.column(rows, values, -1.0).tolist()[:4] == [5.0, -1.0, 7.0, -1.0]


def test_pairs_are_the_same_however_many_are_looked_at_together(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compared(read(*PAGES), 3)
    odds = np.linspace(-5, 5, len(whole))
    expected = [c.tolist() for c in (*whole.around, *whole.within, whole.share(), whole.near(odds))]
    monkeypatch.setattr(rivals, "PAIRS_AT_ONCE", 5)
    parts = compared(read(*PAGES), 3)
    told = (*parts.around, *parts.within, parts.share(), parts.near(odds))
    assert [c.tolist() for c in told] == expected


def test_no_candidates_are_no_trouble(read: Read) -> None:
    none = np.zeros(0, np.int64)
    batch = read(*PAGES)
    regions = Regions(batch, none, none, Opinions(batch, {"filler": np.zeros(batch.n)}))
    found = Rivals(regions, np.zeros(0), np.zeros(0))
    assert len(found.around.n) == len(found.share()) == len(found.elsewhere) == 0
    assert len(found.cut.whole) == len(found.joined.part) == len(found.near(np.zeros(0))) == 0
