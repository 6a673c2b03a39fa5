"""Gold pages laid over segments: what the looks should say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from detector.batch import Batch
from detector.corpus import GoldPage, GoldRegion
from detector.targets import Targets, align, segment_offsets, true_spans
from detector.types import Label, Span

Read = Callable[..., Batch]


def gold_page(marked: str) -> GoldPage:
    """A page from lines marked ``D|``, ``P|`` or ``O|``; ``--`` alone begins another region."""
    text, regions, lines = "", [], []
    for line in [*marked.splitlines(), "--"]:
        label, _, words = line.partition("|")
        if label in "DP" and words:
            span = Span(len(text), len(text) + len(words))
            lines.append((span, Label.DERIVATIVE if label == "D" else Label.PADDED))
        elif lines:
            span = Span(lines[0][0].start, lines[-1][0].end)
            regions.append(GoldRegion(span, "faq", tuple(lines)))
            lines = []
        text += words + "\n" if words else ""
    return GoldPage("page", text, tuple(regions), "group")


def targets_of(read: Read, *pages: GoldPage) -> Targets:
    return align(read(*(page.text for page in pages)), pages)


def test_each_segment_gets_the_label_of_its_line(read: Read) -> None:
    found = targets_of(read, gold_page("O|One here.\nP|Two.\nD|Three.\nP|Four.\nO|Five."))
    assert found.filler.tolist() == [False, True, True, True, False]
    assert found.derivative.tolist() == [False, False, True, False, False]
    assert found.opening.tolist() == [False, True, False, False, False]
    assert found.ending.tolist() == [False, False, False, True, False]
    assert found.region.tolist() == [-1, 0, 0, 0, -1]


def test_regions_side_by_side_stay_two(read: Read) -> None:
    found = targets_of(read, gold_page("P|One.\nD|Two.\n--\nP|Three.\nO|Four.\nP|Five."))
    assert true_spans(found, slice(0, 5)) == [(0, 2), (2, 3), (4, 5)]
    assert true_spans(found, slice(2, 5)) == [(2, 3), (4, 5)]
    assert found.region.tolist() == [0, 0, 1, -1, 2]


def test_seams_are_asked_for_behind_filler_only(read: Read) -> None:
    found = targets_of(read, gold_page("P|One.\nD|Two.\n--\nP|Three.\nO|Four.\nP|Five."))
    assert np.array_equal(found.seam, [np.nan, 0, 1, np.nan, np.nan], equal_nan=True)
    apart = targets_of(read, gold_page("P|One."), gold_page("P|Two."))
    assert np.isnan(apart.seam).all()


def test_regions_end_with_their_page(read: Read) -> None:
    pages = [gold_page("O|One.\nP|Two."), gold_page("P|Three.\nO|Four."), gold_page("O|Five.")]
    found = targets_of(read, *pages)
    assert true_spans(found, slice(0, 5)) == [(1, 2), (2, 3)]
    assert found.page.tolist() == [0, 0, 1, 1, 2]


def test_pages_without_gold_or_text(read: Read) -> None:
    found = targets_of(read, gold_page(""), gold_page("O|One."))
    assert (found.filler.tolist(), found.start.tolist()) == ([False], [0])


@pytest.mark.parametrize(("end", "filler"), [(18, True), (11, True), (9, False), (4, False)])
def test_a_segment_is_filler_if_more_than_half_of_it_is(read: Read, end: int, filler: bool) -> None:
    span = Span(0, end)
    gold = GoldRegion(span, "faq", ((span, Label.PADDED),))
    page = GoldPage("page", "eighteen letters !", (gold,), "group")
    assert targets_of(read, page).filler.tolist() == [filler]


def test_pieces_of_a_long_line_share_its_label(read: Read) -> None:
    text = " ".join(f"This is sentence number {k} about the harbour." for k in range(40))
    page = gold_page(f"O|Short.\nD|{text}")
    found = targets_of(read, page)
    assert len(found.filler) > 10
    assert true_spans(found, slice(0, len(found.filler))) == [(1, len(found.filler))]
    assert found.derivative[1:].all()


def test_segment_offsets_are_of_the_page_in_the_batch(read: Read) -> None:
    batch = read("A longer first page.", "Two.\nThree.")
    starts, ends = segment_offsets(batch, 1, "Two.\nThree.")
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == [(0, 4), (5, 11)]
