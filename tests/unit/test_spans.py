"""Sums over spans, opinions of segments, and what regions know of themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from detector.batch import Batch
from detector.spans import EVEN, FAR, Opinions, Regions, Sums

Read = Callable[..., Batch]

PAGE = """\
The council of Jecheon met on Friday and spent 412 crowns.
Chairman Baek left early.
Editor: Why did Jecheon meet?
Dr. Vela: It spent 412 crowns on 77 buses near Quibdo.
Editor: And Baek?
Dr. Vela: Baek left early, as I said.
The buses run again."""


def opinions(batch: Batch, filler: list[float] | None = None) -> Opinions:
    values = np.zeros(batch.n) if filler is None else np.array(filler)
    return Opinions(batch, dict.fromkeys(("filler", "opening", "ending"), values))


def region(batch: Batch, start: int, stop: int, filler: list[float] | None = None) -> Regions:
    return Regions(batch, np.array([start]), np.array([stop]), opinions(batch, filler))


def test_sums_of_spans(read: Read) -> None:
    batch = read(PAGE)
    sums = Sums.over(batch, np.array([0, 2, 3]), np.array([7, 6, 3]))
    assert sums["labels"].tolist() == [4, 4, 0]
    assert sums["numbers"].tolist() == [3, 2, 0]
    rest = Sums.over(batch, np.array([0]), np.array([7])).minus(
        Sums.over(batch, np.array([2]), np.array([6]))
    )
    assert rest["segments"].tolist() == [3]


def test_rates_and_shares_are_steady_where_there_is_little(read: Read) -> None:
    sums = Sums.over(read("Why? Why not?\nSo."), np.array([0, 1, 2]), np.array([1, 2, 2]))
    assert sums.rate("questions").tolist() == pytest.approx([(2 / (3 + EVEN)) ** 0.5, 0, 0])
    assert sums.share("questions", "words").tolist() == pytest.approx([3 / 5, 1 / 3, 1 / 2])


@pytest.mark.parametrize(
    ("step", "expected"),
    [(0, [1, 2, 3, 4]), (1, [2, 3, -FAR, -FAR]), (-2, [-FAR, -FAR, 1, -FAR])],
    ids=["own", "next", "before the last"],
)
def test_opinions_of_neighbours_end_with_the_page(
    read: Read, step: int, expected: list[float]
) -> None:
    batch = read("One.\nTwo.\nThree.", "Another page.")
    assert opinions(batch, [1, 2, 3, 4]).at("filler", step).tolist() == expected


def test_opinions_are_clipped(read: Read) -> None:
    assert opinions(read("One.\nTwo."), [99, -99])["filler"].tolist() == [FAR, -FAR]


@pytest.mark.parametrize(
    ("words", "behind", "expected"),
    [
        (None, False, [-FAR, 1, 1.5, -FAR]),
        (None, True, [2.5, 3, -FAR, -FAR]),
        (1, True, [2, 3, -FAR, -FAR]),
        (1, False, [-FAR, 1, 2, -FAR]),
        (3, True, [2.5, 3, -FAR, -FAR]),
    ],
    ids=["all before", "all behind", "next word", "word before", "three words behind"],
)
def test_mean_near(read: Read, words: int | None, behind: bool, expected: list[float]) -> None:
    batch = read("One bus.\nTwo buses.\nThree buses.", "Another page.")
    found = opinions(batch, [1, 2, 3, 4]).mean_near(words, behind)
    assert found.tolist() == pytest.approx(expected, abs=1e-5)


def test_longer_segments_weigh_more_up_to_a_paragraph(read: Read) -> None:
    batch = read("One.\n" + "many words here " * 4 + "\n" + "many words here " * 60)
    found = opinions(batch, [3, 0, 0]).mean("filler", np.array([0, 0]), np.array([2, 3]))
    short, middle, long = 1 / 25 + 0.2, 12 / 25 + 0.2, 1.5
    assert found.tolist() == pytest.approx(
        [3 * short / (short + middle), 3 * short / (short + middle + long)], abs=1e-5
    )


@pytest.mark.parametrize(
    ("reach", "expected"),
    [(0, [2, 4, 0, 6]), (1, [3, 2, 2, 6]), (None, [2, 2, 2, 6])],
    ids=["own", "neighbours", "page"],
)
def test_mean_of_filler_ends_with_the_page(
    read: Read, reach: int | None, expected: list[float]
) -> None:
    """All are surely filler; half a segment of zeros keeps short spans down."""
    batch = read("One bus.\nTwo buses.\nThree buses.", "Another page.")
    own = opinions(batch, [FAR] * 4).with_("derivative", np.array([2.0, 4, 0, 6]))
    weight = 2 / 25 + 0.2
    sizes = {0: [1, 1, 1, 1], 1: [2, 3, 2, 1], None: [3, 3, 3, 1]}[reach]
    shrunk = [
        mean * n * weight / (n * weight + 0.5) for mean, n in zip(expected, sizes, strict=True)
    ]
    found = own.mean_of_filler("derivative", reach)
    assert found.tolist() == pytest.approx(shrunk, abs=1e-4)


def test_with_adds_an_opinion_and_keeps_the_others(read: Read) -> None:
    first = opinions(read("One.\nTwo."), [1, 2])
    more = first.with_("derivative", np.array([3.0, 99.0]))
    assert more["derivative"].tolist() == [3, FAR]
    assert more["filler"].tolist() == [1, 2]
    with pytest.raises(KeyError):
        first["derivative"]


def test_top_near(read: Read) -> None:
    batch = read("One.\nTwo.\nThree.\nFour.")
    found = opinions(batch, [1, 4, 2, 3])
    assert found.top_near("filler", 2, behind=True).tolist() == [4, 3, 3, -FAR]
    assert found.top_near("filler", 1, behind=False).tolist() == [-FAR, 1, 4, 2]


def test_inside_and_outside_make_the_page(read: Read) -> None:
    batch = read("Some other page.", PAGE)
    found = region(batch, 3, 7)
    for fact in batch.facts:
        whole = batch.facts[fact][1:].sum()
        assert found.inside[fact] + found.outside[fact] == whole, fact


def test_unsupported_is_what_stands_nowhere_else(read: Read) -> None:
    found = region(read(PAGE), 2, 6)
    assert found.unsupported_names.tolist() == [1]  # Quibdo
    assert found.unsupported_numbers.tolist() == [1]  # 77
    assert 0 < found.unsupported_rarity[0] < found.inside["rarity"][0]


def test_all_of_a_page_alone_is_unsupported(read: Read) -> None:
    batch = read(PAGE)
    found = region(batch, 0, batch.n)
    assert found.unsupported_rarity.tolist() == found.inside["rarity"].tolist()


@pytest.mark.parametrize(
    ("start", "stop", "asker", "known"),
    [(2, 6, (1.0, 1.0), 0.0), (3, 4, (0.0, 0.0), 0.0), (0, 2, (0.0, 0.0), 0.0)],
    ids=["interview", "one answer", "no labels"],
)
def test_speakers(
    read: Read, start: int, stop: int, asker: tuple[float, float], known: float
) -> None:
    found = region(read(PAGE), start, stop)
    assert (found.asker[0][0], found.asker[1][0]) == asker
    assert found.answerer[0][0] == known


def test_an_answerer_named_outside_is_known(read: Read) -> None:
    found = region(read(PAGE.replace("Chairman Baek", "Doctor Anna Vela")), 2, 6)
    assert found.answerer[0].tolist() == [1]


@pytest.mark.parametrize("before", range(6))
def test_speakers_do_not_depend_on_the_place_in_the_batch(read: Read, before: int) -> None:
    """Nobody asks here, so that both speakers lead."""
    page = "\n".join(
        f"{'Editor' if k % 2 else 'Anna Vela'}: This is what the town saw on day {k}."
        for k in range(6)
    )

    def asker(batch: Batch, n: int) -> list[list[float]]:
        starts = batch.segments.page_starts
        found = Regions(batch, starts[:-1], starts[1:], opinions(batch))
        return [column[n:].tolist() for column in found.asker]

    assert asker(read(*["Nothing."] * before, page), before) == asker(read(page), 0)


@pytest.mark.parametrize(("start", "stop", "crossing"), [(2, 6, 0.0), (2, 4, 1.0), (0, 2, 0.0)])
def test_speaker_outside(read: Read, start: int, stop: int, crossing: float) -> None:
    assert region(read(PAGE), start, stop).speaker_outside.tolist() == [crossing]


def test_best_outside_looks_everywhere_but_inside(read: Read) -> None:
    batch = read("Quibdo flooded.\nMeteor landed.\nMeteor landed.\nQuibdo flooded.")
    assert region(batch, 1, 3).best_outside.tolist() == [0, 0]
    assert region(batch, 1, 2).best_outside.tolist() == [1]
    assert region(batch, 2, 4).best_outside.tolist() == [1, 1]


def test_values_of_members_and_edges(read: Read) -> None:
    batch = read(PAGE)
    found = Regions(batch, np.array([2, 0]), np.array([6, 1]), opinions(batch, [*range(7)]))
    members = found.opinions["filler"][found.members[1]]
    assert found.mean(members).tolist() == [3.5, 0]
    assert found.total(members).tolist() == [14, 0]
    assert found.most(members).tolist() == [5, 0]
    assert found.edge("labels", 3, at_end=False).tolist() == [3, 0]
    assert found.edge("question_segments", 1, at_end=True).tolist() == [0, 0]
    values = found.opinions["filler"]
    assert found.beside(values, behind=True).tolist() == [6, 1]
    assert found.beside(values, behind=False).tolist() == [1, -FAR]
    assert found.share_of("labels", np.array([0, 2]), np.array([0, 4])).tolist() == [0, 1]


def test_mean_outside_is_of_the_rest_of_the_page(read: Read) -> None:
    batch = read("One bus.\nTwo buses.\nThree buses.", "Another page.")
    said = opinions(batch, [1, 2, 3, 9])
    middle, whole = (
        Regions(batch, np.array([a]), np.array([b]), said) for a, b in ((1, 2), (0, 3))
    )
    assert middle.weighted_mean_outside("filler").tolist() == pytest.approx([2])
    assert whole.weighted_mean_outside("filler", -1.0).tolist() == [-1]


def test_no_regions_at_all(read: Read) -> None:
    batch = read(PAGE)
    none = np.zeros(0, np.int64)
    found = Regions(batch, none, none, opinions(batch))
    assert found.unsupported_names.tolist() == found.speaker_outside.tolist() == []
    assert [column.tolist() for column in (*found.asker, *found.answerer)] == [[]] * 4
