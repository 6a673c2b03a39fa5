"""Figures: pages counted by hand."""

from __future__ import annotations

import pytest

from detector.corpus import GoldPage, GoldRegion
from detector.evaluation import Scores, evaluate, length_class, overlap, score_page
from detector.pipeline import Detector
from detector.tally import Tally
from detector.types import Form, Label, Region, Result, Segment, Span

D, P = Label.DERIVATIVE, Label.PADDED
TEXT = "x" * 100


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Span(0, 10), Span(0, 10), 1.0),
        (Span(0, 10), Span(10, 20), 0.0),
        (Span(0, 10), Span(5, 15), 1 / 3),
        (Span(0, 10), Span(2, 7), 0.5),
    ],
    ids=["same", "apart", "crossing", "inside"],
)
def test_intersection_over_union(one: Span, other: Span, expected: float) -> None:
    assert overlap(one, other) == overlap(other, one) == pytest.approx(expected)


def gold(*lines: tuple[int, int, Label], form: str = "interview") -> GoldRegion:
    spans = tuple((Span(a, b), label) for a, b, label in lines)
    return GoldRegion(Span(spans[0][0].start, spans[-1][0].end), form, spans)


def page(*regions: GoldRegion, **more: object) -> GoldPage:
    return GoldPage("page", TEXT, regions, "group", **more)  # type: ignore[arg-type]


def found(*segments: tuple[int, int, Label]) -> Region:
    parts = tuple(Segment(Span(a, b), label, 0.9) for a, b, label in segments)
    span = Span(parts[0].span.start, parts[-1].span.end)
    return Region(span, P, Form.INTERVIEW, 0.9, 2.0, parts, (), {})


def scored(of: GoldPage, *regions: Region) -> Scores:
    scores = Scores()
    score_page(scores, of, Result("page", TEXT, "model", regions))
    return scores


FILLER = page(gold((40, 60, P), (60, 100, D)), kind="article+filler")


@pytest.mark.parametrize(
    ("regions", "both", "only_found", "only_gold", "hit"),
    [
        ((found((40, 100, P)),), 60, 0, 0, 1),
        ((found((50, 100, P)),), 50, 0, 10, 1),
        ((found((20, 100, P)),), 60, 20, 0, 0),
        ((), 0, 0, 60, 0),
        ((found((0, 10, P)), found((40, 100, P))), 60, 10, 0, 1),
        ((found((40, 70, P)), found((70, 100, P))), 60, 0, 0, 0),
    ],
    ids=["exact", "late", "early", "nothing", "one too many", "in two"],
)
def test_characters_and_regions(
    regions: tuple[Region, ...], both: int, only_found: int, only_gold: int, hit: int
) -> None:
    scores = scored(FILLER, *regions)
    assert scores.characters == {"both": both, "found only": only_found, "gold only": only_gold}
    assert scores.regions == Tally(1, hit)
    assert scores.by_form == {"interview": Tally(1, hit)}
    assert scores.precision == pytest.approx(both / max(both + only_found, 1))
    assert scores.recall == pytest.approx(both / (both + only_gold))
    assert scores.f1 == pytest.approx(2 * both / (2 * both + only_found + only_gold))


@pytest.mark.parametrize(
    ("segments", "right", "n"),
    [
        ([(40, 60, P), (60, 100, D)], 60, 60),
        ([(40, 60, D), (60, 100, D)], 40, 60),
        ([(40, 80, P), (80, 100, D)], 40, 60),
        ([(20, 50, P), (50, 70, D)], 20, 30),
    ],
    ids=["all", "one wrong", "across lines", "in part"],
)
def test_labels_are_counted_by_characters_found(
    segments: list[tuple[int, int, Label]], right: int, n: int
) -> None:
    assert scored(FILLER, found(*segments)).labels == Tally(n, right)


def test_labels_over_several_regions() -> None:
    of = page(gold((0, 10, P)), gold((50, 60, D), (60, 70, P)))
    regions = found((0, 10, P)), found((50, 70, D))
    assert scored(of, *regions).labels == Tally(30, 20)


@pytest.mark.parametrize(
    ("regions", "alarms"), [((), 0), ((found((3, 9, P)),), 1), ((found((30, 60, P)),), 0)]
)
def test_clean_pages_and_optional_spans(regions: tuple[Region, ...], alarms: int) -> None:
    scores = scored(page(kind="genuine", optional=(Span(30, 60),)), *regions)
    assert scores.clean == {"genuine": Tally(1, alarms)}
    assert scores.false_alarms == Tally(1, alarms)
    assert scores.characters["found only"] == 0


def test_an_optional_span_covers_only_what_lies_inside() -> None:
    scores = scored(page(optional=(Span(30, 60),)), found((29, 60, P)))
    assert scores.false_alarms == Tally(1, 1)


def test_first_and_last_lines_of_found_regions() -> None:
    scores = scored(FILLER, found((45, 100, P)))
    assert scores.first_lines == {"interview": Tally(1, 0)}
    assert scores.last_lines == {"interview": Tally(1, 1)}


@pytest.mark.parametrize(("shape", "kind"), [("plain", "filler"), ("one-line", "filler, one-line")])
def test_hard_shapes_are_listed_apart(shape: str, kind: str) -> None:
    of = page(gold((0, 50, P)), kind="filler", shape=shape)
    assert scored(of).by_kind == {kind: Tally(1, 0)}


@pytest.mark.parametrize(
    ("of", "segments", "region", "lines"),
    [
        (FILLER, [(40, 60, P), (60, 100, D)], True, [True, True]),
        (FILLER, [(10, 40, P), (40, 85, P)], True, [False, True]),
        (FILLER, [(10, 40, P), (40, 84, P)], False, [False, True]),
        (FILLER, [(0, 41, P)], False, [False]),
        (FILLER, [(20, 61, P)], False, [True]),
        (page(kind="genuine"), [(0, 9, P)], False, [False]),
    ],
    ids=["all", "three in five", "fewer", "hardly any", "half", "clean page"],
)
def test_scores_of_what_is_marked_are_held_against_the_truth(
    of: GoldPage, segments: list[tuple[int, int, Label]], region: bool, lines: list[bool]
) -> None:
    scores = scored(of, found(*segments))
    assert scores.region_scores.cases == [(0.9, region)]
    assert scores.segment_scores.cases == [(0.9, line) for line in lines]
    written = scores.to_dict()["calibration"]["regions"]
    assert written["error"] == pytest.approx(abs(region - 0.9))
    (only,) = written["bins"]
    assert (only["mean"], only["true"]["right"]) == (0.9, int(region))


@pytest.mark.parametrize(
    ("n", "name"),
    [(0, "0-299"), (299, "0-299"), (300, "300-999"), (2_999, "1000-2999"), (3_000, "3000+")],
)
def test_classes_of_length(n: int, name: str) -> None:
    assert length_class(n, (300, 1_000, 3_000)) == name


def test_pages_are_broken_down_by_shape_and_length() -> None:
    scores = scored(page(gold((0, 50, P)), shape="crlf"), found((0, 50, P)))
    score_page(scores, page(shape="blank"), Result("page", TEXT, "model", (found((3, 9, P)),)))
    assert scores.by_shape == {"crlf": Tally(1, 1)}
    assert scores.by_region_length == {"0-299": Tally(1, 1)}
    assert scores.by_page_length == {"0-999": Tally(1, 1)}
    assert scores.clean_by_shape == {"blank": Tally(1, 1)}
    assert scores.clean_by_page_length == {"0-999": Tally(1, 1)}


def test_classes_of_length_stand_in_order() -> None:
    names = ["0-299", "300-999", "1000-2999", "3000+"]
    scores = Scores(by_region_length={name: Tally(1, 1) for name in reversed(names)})
    assert list(scores.to_dict()["by_region_length"]) == names


def test_to_dict_is_plain_data() -> None:
    scores = scored(FILLER, found((40, 100, P)))
    score_page(scores, page(kind="genuine"), Result("page", TEXT, "model", ()))
    table = scores.to_dict()
    assert table["character_f1"] == table["character_precision"] == 1.0
    assert table["clean_pages_marked"]["n"] == 1
    assert table["by_form"]["interview"]["interval"] == [0.2065, 1.0]
    assert Scores().to_dict()["regions_found"] == {
        "n": 0,
        "right": 0,
        "share": None,
        "interval": [0.0, 1.0],
    }


def test_evaluate_reads_pages_in_order(detector: Detector) -> None:
    pages = [GoldPage(str(k), "A short note.", (), str(k), kind=f"kind {k}") for k in range(3)]
    assert evaluate(detector, iter(pages)).clean == {f"kind {k}": Tally(1, 0) for k in range(3)}
