"""Decoding: paths and choices against all possibilities, and the candidates between them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from detector.decode import (
    FARTHEST,
    QUIET,
    SETTINGS,
    Opinion,
    Reach,
    best_path,
    candidates,
    choose,
    grown,
    reach,
    top,
    usable,
    value,
)
from detector.spans import weights

Spans = tuple[tuple[int, int], ...]


def page(seed: int, n: int, shift: float = 0.0) -> Opinion:
    rng = np.random.default_rng(seed)
    filler, opening, ending, seam = rng.normal(shift, 3.0, size=(4, n))
    return Opinion(filler, opening, ending, seam, rng.uniform(0.2, 1.5, n))


def tried(opinion: Opinion) -> list[tuple[int, int]]:
    """The candidates of one page."""
    (found,) = candidates(opinion, [(0, len(opinion.filler))])
    return found


def all_region_sets(n: int, start: int = 0) -> Iterator[Spans]:
    """Every set of regions that do not overlap, of ``n`` segments."""
    yield ()
    for a in range(start, n):
        for b in range(a + 1, n + 1):
            for rest in all_region_sets(n, b):
                yield ((a, b), *rest)


def worth(opinion: Opinion, regions: Spans, bias: float, cost: float) -> float:
    total = 0.0
    for start, stop in regions:
        part = slice(start, stop)
        total += float(np.sum(opinion.weight[part] * (opinion.filler[part] + bias)))
        total += float(opinion.opening[start] + opinion.ending[stop - 1]) - 2 * cost
    return total


@pytest.mark.parametrize("n", [1, 2, 4, 6])
@pytest.mark.parametrize(("bias", "cost"), SETTINGS)
def test_best_path_is_the_best_of_all(n: int, bias: float, cost: float) -> None:
    for seed in range(8):
        opinion = page(seed, n, shift=-bias / 2)
        found = tuple(best_path(opinion, bias, cost))
        most = max(worth(opinion, regions, bias, cost) for regions in all_region_sets(n))
        assert worth(opinion, found, bias, cost) == pytest.approx(most, abs=1e-9)
        assert all(a < b for a, b in found)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(found))


def plain(filler: list[float], opening: list[float], ending: list[float]) -> Opinion:
    columns = np.array([filler, opening, ending], np.float64)
    no_seam = np.full(len(filler), -9.0)
    return Opinion(columns[0], columns[1], columns[2], no_seam, np.ones(len(filler)))


@pytest.mark.parametrize(
    ("filler", "opening", "ending", "regions"),
    [
        ([], [], [], []),
        ([-5, -5], [0, 0], [0, 0], []),
        ([-5, 5, 5, -5], [-9, 3, -9, -9], [-9, -9, 3, -9], [(1, 3)]),
        ([5, 5, 5, 5], [3, -9, 4, -9], [-9, 4, -9, 3], [(0, 2), (2, 4)]),
        ([5, 5, 5, 5], [3, -9, -9, -9], [-9, -9, -9, 3], [(0, 4)]),
    ],
    ids=["empty", "nothing", "inside", "two side by side", "one"],
)
def test_best_path(
    filler: list[float], opening: list[float], ending: list[float], regions: list[tuple[int, int]]
) -> None:
    assert best_path(plain(filler, opening, ending), 0.0, 1.0) == regions


def test_a_run_of_filler_is_tried_in_parts_between_its_seams() -> None:
    whole = plain([5.0] * 6, [3, -9, -9, -9, -9, -9], [-9, -9, -9, -9, -9, 3])
    seams = np.full(6, -9.0)
    seams[[2, 4]] = 1.0
    parts = {(0, 2), (2, 4), (4, 6), (0, 4), (2, 6), (0, 6)}
    assert parts <= set(tried(whole._replace(seam=seams)))
    assert (2, 4) not in tried(whole)


@pytest.mark.parametrize("seed", range(40))
def test_choose_is_the_best_set_that_does_not_overlap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends = np.sort(rng.integers(0, 9, size=(7, 2)), axis=1)
    spans = sorted({(int(a), int(b)) for a, b in ends if a < b})
    accept, exact = rng.normal(1, 3, len(spans)), rng.normal(-1, 3, len(spans))
    near = rng.random(len(spans))
    threshold = float(rng.normal())
    chosen = choose(spans, accept, exact, near, threshold)
    worths = value(accept, exact, near)
    allowed = (accept > threshold) & usable(accept, exact)
    most = max(
        sum(float(worths[k]) for k in subset)
        for size in range(len(spans) + 1)
        for subset in itertools.combinations(range(len(spans)), size)
        if all(allowed[k] for k in subset) and apart([spans[k] for k in subset])
    )
    assert sum(float(worths[k]) for k in chosen) == pytest.approx(most, abs=1e-9)
    assert apart([spans[k] for k in chosen])
    assert all(allowed[k] for k in chosen)
    assert bool(chosen) == (top(accept, exact) > threshold)
    assert chosen == sorted(chosen, key=lambda k: spans[k])


def apart(spans: list[tuple[int, int]]) -> bool:
    return all(one[1] <= other[0] for one, other in itertools.pairwise(sorted(spans)))


def test_the_threshold_is_exclusive() -> None:
    said = np.array([1.0]), np.array([0.0]), np.array([0.5])
    assert choose([(0, 2)], *said, 1.0) == []
    assert choose([(0, 2)], *said, 0.99) == [0]


@pytest.mark.parametrize(
    ("near", "chosen"),
    [([0.7, 0.7, 0.7], [0, 2]), ([0.2, 0.2, 0.7], [1]), ([0.45, 0.45, 0.85], [1])],
    ids=["two", "one", "one, though the chances of two add up to more"],
)
def test_two_regions_or_one(near: list[float], chosen: list[int]) -> None:
    first, second, whole = near
    spans, accept, exact = [(0, 2), (0, 4), (2, 4)], np.full(3, 5.0), np.full(3, -1.0)
    assert choose(spans, accept, exact, np.array([first, whole, second]), 0.0) == chosen


def test_of_two_with_the_same_borders_the_surer_filler_is_worth_more() -> None:
    less, more = value(np.array([-1.0, 1.0]), np.zeros(2), np.full(2, 0.5))
    assert less < more < 0.75


def test_of_two_that_are_nearly_the_same_the_likelier_borders_are_worth_more() -> None:
    less, more = value(np.ones(2), np.array([-1.0, 1.0]), np.full(2, 0.9))
    assert less < more


@pytest.mark.parametrize(
    ("filler", "regions", "grows_to"),
    [
        ([-5, 4, 4, -5], [(1, 3)], [(1, 3)]),
        ([-5, 4, 4, 4, -5], [(2, 3)], [(1, 4)]),
        ([4, 4, 4], [(1, 2)], [(0, 3)]),
        ([4, -2, 4, 4], [(2, 4)], [(0, 4)]),
        ([4, -8, 4, 4], [(2, 4)], [(2, 4)]),
        ([4, 4, 4, 4, 4], [(0, 2), (3, 5)], [(0, 3), (3, 5)]),
        ([4, 4, 4, 4, 4], [(0, 1), (2, 3)], [(0, 2), (2, 5)]),
        ([-0.5, 4, -0.5], [(1, 2)], [(1, 2)]),
        ([-5, -5], [], []),
    ],
    ids=[
        "no filler beside it",
        "filler on both sides",
        "to the ends of the page",
        "past what speaks against it a little",
        "not past what speaks against it clearly",
        "the one before takes what stands between",
        "not into another",
        "not over what is in doubt",
        "nothing",
    ],
)
def test_regions_grow_over_the_filler_beside_them(
    filler: list[float], regions: list[tuple[int, int]], grows_to: list[tuple[int, int]]
) -> None:
    none = [0.0] * len(filler)
    said = plain(filler, none, none)
    assert grow(regions, 0.2, said) == grows_to


def grow(regions: list[tuple[int, int]], near: float, said: Opinion) -> list[tuple[int, int]]:
    return grown(regions, [reach(*region, near, said, 0, len(said.filler)) for region in regions])


def test_borders_hold_that_are_surely_right() -> None:
    said = plain([1.0, 4.0, 1.0], [0.0] * 3, [0.0] * 3)
    assert grow([(1, 2)], 0.9, said) == [(1, 2)]
    assert grow([(1, 2)], 0.1, said) == [(0, 3)]


def test_no_region_grows_over_a_whole_page_of_the_same() -> None:
    said = plain([4.0] * 200, [0.0] * 200, [0.0] * 200)
    assert grow([(99, 101)], 0.5, said) == [(99 - FARTHEST, 101 + FARTHEST)]


def test_what_a_region_reaches_in_characters() -> None:
    assert Reach((1, 0), (4,)).at([0, 10, 20, 30], [9, 19, 29, 39]) == Reach((10, 0), (39,))


@pytest.mark.parametrize("seed", range(20))
def test_grown_regions_hold_the_chosen_ones_and_stay_apart(seed: int) -> None:
    low, high = 2, 30
    opinion = page(seed, high)
    ends = np.sort(np.random.default_rng(seed).choice(range(low, high), 6, replace=False)).tolist()
    regions = list(zip(ends[::2], ends[1::2], strict=True))
    found = grown(regions, [reach(*region, 0.5, opinion, low, high) for region in regions])
    assert apart(found)
    assert all(
        low <= a <= c < d <= b <= high for (a, b), (c, d) in zip(found, regions, strict=True)
    )


def test_choose_of_nothing() -> None:
    assert choose([], *np.zeros((3, 0)), 0.0) == []


@pytest.mark.parametrize("n", [1, 3, 30])
def test_candidates_are_sorted_whole_and_hold_every_best_path(n: int) -> None:
    for seed in range(5):
        opinion = page(seed, n)
        found = tried(opinion)
        assert found == sorted(set(found))
        assert all(0 <= start < stop <= n for start, stop in found)
        if opinion.filler.max() >= QUIET:
            paths = [best_path(opinion, bias, cost) for bias, cost in SETTINGS]
            assert {span for path in paths for span in path} <= set(found)


def test_candidates_of_pages_are_those_of_each_alone() -> None:
    opinions = [page(seed, n) for seed, n in enumerate((4, 0, 9, 1))]
    joined = Opinion(*(np.concatenate(columns) for columns in zip(*opinions, strict=True)))
    borders = list(itertools.pairwise([0, 4, 4, 13, 14]))
    for (low, _), one, found in zip(borders, opinions, candidates(joined, borders), strict=True):
        assert found == [(a + low, b + low) for a, b in tried(one)]


def test_a_quiet_page_has_no_candidates() -> None:
    n = 5
    quiet = plain([QUIET - 0.01] * n, [9.0] * n, [9.0] * n)
    assert tried(quiet) == []
    assert tried(quiet._replace(filler=np.full(n, QUIET))) != []
    assert tried(plain([], [], [])) == []


def test_candidates_try_the_likeliest_other_borders_and_a_split() -> None:
    filler = [-9.0, -1, 6, 6, 6, 6, -9]
    opening = [-9.0, 2, 2.5, -9, 1, -9, -9]
    ending = [-9.0, -9, -9, 1, -9, 3, -9]
    found = set(tried(plain(filler, opening, ending)))
    assert {(2, 6), (1, 6), (2, 4), (4, 6)} <= found


@pytest.mark.parametrize(("words", "weight"), [(0, 0.2), (5, 0.4), (25, 1.2), (400, 1.5)], ids=str)
def test_weights_grow_with_words_up_to_a_paragraph(words: int, weight: float) -> None:
    assert weights(np.array([words]))[0] == pytest.approx(weight)
