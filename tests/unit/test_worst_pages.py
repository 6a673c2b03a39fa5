"""Worst pages: every character behind the right margin."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.corpus import GoldPage, GoldRegion
from detector.outcomes import Outcome
from detector.types import Form, Label, Region, Result, Segment, Span
from detector.worst_pages import render, stretches

P = Label.PADDED


def outcome(text: str, gold: list[Span], found: list[Span]) -> Outcome:
    regions = tuple(GoldRegion(span, "interview", ((span, P),)) for span in gold)
    marked = tuple(
        Region(span, P, Form.INTERVIEW, 0.9, 2.0, (Segment(span, P, 0.9),), (), {"base": 2.0})
        for span in found
    )
    return Outcome(GoldPage("p", text, regions, "p"), Result("p", text, "m", marked), ())


spans = st.lists(st.integers(0, 60), min_size=2, max_size=8, unique=True).map(
    lambda ends: [Span(a, b) for a, b in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)]
)


@given(spans, spans)
def test_stretches_are_the_page_by_what_is_true_of_it(gold: list[Span], found: list[Span]) -> None:
    every = stretches(outcome("x" * 60, gold, found))
    assert [every[0].start, *(s.end for s in every)] == [*(s.start for s in every), 60]
    for stretch in every:
        for at in range(stretch.start, stretch.end):
            assert stretch.is_filler == any(s.start <= at < s.end for s in gold)
            assert stretch.is_marked == any(s.start <= at < s.end for s in found)
    assert all(a[2:] != b[2:] for a, b in pairwise(every))


def fence_of(of: Outcome) -> list[str]:
    return render([of], "model", 1.0).split("```diff\n")[2].split("\n```")[0].split("\n")


def test_margins_say_what_each_line_is() -> None:
    text = "Honest.\nToo early. Right.\n\nMissed.\nHonest again.\n"
    gold = [Span(text.index("Right"), text.index("Honest again"))]
    found = [Span(text.index("Too"), text.index("Missed"))]
    assert fence_of(outcome(text, gold, found)) == [
        "  Honest.",
        "+ Too early.",
        "= Right.",
        "- Missed.",
        "  Honest again.",
    ]


@pytest.mark.parametrize(
    ("n_before", "n_inside", "left_out"),
    [(10, 10, []), (2_000, 10, ["  [… about 1,600 characters …]"]), (600, 10, [])],
    ids=["short", "long beginning", "not worth it"],
)
def test_long_stretches_are_shortened(n_before: int, n_inside: int, left_out: list[str]) -> None:
    text = "word " * (n_before // 5) + "F" * n_inside
    span = Span(len(text) - n_inside, len(text))
    lines = fence_of(outcome(text, [], [span]))
    assert [line for line in lines if "characters …" in line] == left_out
    assert lines[-1] == "+ " + "F" * n_inside


def test_a_long_mistake_keeps_both_ends() -> None:
    text = "begins " + "word " * 1_000 + "ends"
    lines = fence_of(outcome(text, [Span(0, len(text))], []))
    assert lines[0].startswith("- begins word")
    assert lines[-1].endswith("word ends")
    assert sum("characters …" in line for line in lines) == 1
