"""Other thresholds, borders and worst pages: counted by hand, and against the detector itself."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector import compose, outcomes
from detector.corpus import GoldPage, GoldRegion, Topic
from detector.decode import Candidate
from detector.evaluation import Scores, score_page
from detector.outcomes import Outcome, Point, border_classes, border_counts, reasons, sweep, worst
from detector.pipeline import Detector
from detector.tally import Tally
from detector.types import Form, Label, Region, Result, Segment, Span

TEXT = "x" * 1_000


def outcome(
    gold: tuple[tuple[int, int], ...] = (),
    found: tuple[tuple[int, int], ...] = (),
    candidates: tuple[Candidate, ...] = (),
    optional: tuple[tuple[int, int], ...] = (),
    group: str = "story",
    subform: str = "interview",
) -> Outcome:
    regions = tuple(GoldRegion(Span(*g), subform, ((Span(*g), Label.DERIVATIVE),)) for g in gold)
    page = GoldPage(
        f"{group}/page", TEXT, regions, group, optional=tuple(Span(*o) for o in optional)
    )
    marked = tuple(
        Region(
            Span(*f),
            Label.PADDED,
            Form.INTERVIEW,
            0.9,
            2.0,
            (Segment(Span(*f), Label.PADDED, 0.9),),
            (),
            {},
        )
        for f in found
    )
    return Outcome(page, Result(page.id, TEXT, "model", marked), candidates)


def candidate(start: int, end: int, log_odds: float, exact: float = 1.0) -> Candidate:
    return Candidate(Span(start, end), log_odds, exact, 1 / (1 + math.exp(-exact)))


# --- thresholds ---------------------------------------------------------------------------------


def test_a_sweep_chooses_anew_at_every_threshold() -> None:
    pages = [
        outcome(gold=((100, 200),), candidates=(candidate(90, 260, 3), candidate(100, 200, 1, 4))),
        outcome(candidates=(candidate(0, 50, 2),)),
        outcome(candidates=(candidate(0, 50, 9),), optional=((0, 60),)),
    ]
    assert sweep(pages, [0.0, 2.0, 3.0]) == [
        Point(0.0, Tally(2, 1), Tally(1, 1), Tally(2, 1)),
        Point(2.0, Tally(1, 0), Tally(1, 0), Tally(2, 0)),
        Point(3.0, Tally(0, 0), Tally(1, 0), Tally(2, 0)),
    ]


def test_the_point_of_the_threshold_is_what_scores_say(
    detector: Detector, topics: list[Topic]
) -> None:
    pages = list(compose.pages(topics))
    every = list(outcomes.outcomes(detector, pages))
    assert [one.page for one in every] == pages
    scores = Scores()
    for one in every:
        score_page(scores, one.page, one.result)
    (point,) = sweep(every, [detector.threshold])
    assert point.regions == scores.regions
    assert point.clean == scores.false_alarms
    assert point.marked.right == scores.regions.right
    assert point.marked.n == sum(len(one.found) for one in every)


# --- borders ------------------------------------------------------------------------------------


def test_borders_are_those_of_regions_that_were_touched() -> None:
    pages = [
        outcome(gold=((100, 200), (500, 600)), found=((90, 205), (300, 310))),
        outcome(gold=((0, 10),), found=((0, 8),), subform="faq"),
    ]
    assert outcomes.borders(pages) == [("interview", -10, 5), ("other", 0, -2)]


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (0, "exact"),
        (1, "1-20 late"),
        (20, "1-20 late"),
        (21, "21-100 late"),
        (500, "101-500 late"),
        (501, "over 500 late"),
        (-1, "1-20 early"),
        (-100, "21-100 early"),
        (-9_999, "over 500 early"),
    ],
)
def test_classes_of_border_errors(error: int, name: str) -> None:
    counts = border_counts([error])
    assert counts.pop(name) == 1
    assert set(counts.values()) == {0}


@given(st.lists(st.integers(-2_000, 2_000)))
def test_every_border_is_in_one_class(errors: list[int]) -> None:
    counts = border_counts(errors)
    assert list(counts) == border_classes()
    assert sum(counts.values()) == len(errors)
    assert counts["exact"] == errors.count(0)


# --- the worst pages ----------------------------------------------------------------------------


def test_wrong_characters() -> None:
    assert outcome(gold=((100, 200),), found=((150, 260), (300, 310))).wrong_chars == 120
    assert outcome(found=((0, 5),), optional=((0, 5),)).wrong_chars == 0


def test_the_worst_are_half_false_alarms_and_one_a_story() -> None:
    alarms = [outcome(found=((0, k + 1),), group=f"alarm{k}") for k in range(6)]
    misses = [outcome(gold=((0, 100 + k),), group=f"miss{k}") for k in range(6)]
    again = outcome(found=((0, 900),), group="alarm3")
    right = outcome(gold=((0, 9),), found=((0, 9),), group="right")
    chosen = [one.page.group for one in worst([right, *alarms, *misses, again], 4)]
    assert chosen == ["alarm3", "alarm5", "miss5", "miss4"]
    assert len(worst([*alarms, *misses], 20)) == 12
    assert [o.page.group for o in worst([*alarms, misses[0]], 4)] == [
        "alarm5",
        "alarm4",
        "alarm3",
        "miss0",
    ]
    assert len(worst([alarms[0], *misses], 4)) == 4
    assert worst([right], 4) == []


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (outcome(gold=((5, 9),), found=((5, 9),)), []),
        (
            outcome(found=((3, 9),)),
            ["3–9 was marked (log-odds +2.00), and nothing there is filler"],
        ),
        (
            outcome(gold=((0, 100),)),
            ["the interview at 0–100 was missed: no candidate overlaps it by 0.8"],
        ),
        (
            outcome(gold=((0, 100),), candidates=(candidate(0, 95, 0.25, -1.5),)),
            [
                "the interview at 0–100 was missed: its best candidate, 0–95, has log-odds +0.25 "
                "of being filler (threshold +1.00) and -1.50 of having the right borders"
            ],
        ),
        (
            outcome(gold=((10, 100),), found=((5, 100),)),
            [
                "the interview at 10–100 was marked as 5–100, intersection over union 0.95: first "
                "line 5 characters early, last line exact; no candidate overlaps it by 0.8"
            ],
        ),
    ],
    ids=["right", "false alarm", "no candidate", "below the threshold", "ragged"],
)
def test_reasons_say_what_went_wrong(of: Outcome, expected: list[str]) -> None:
    assert list(reasons(of, 1.0)) == expected
