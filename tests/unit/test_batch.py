"""The arrays that features share: facts, names, repetition, preceding text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from detector.batch import Batch
from detector.overlaps import OVERLAP_CELLS
from detector.targets import segment_offsets
from detector.types import Document
from detector.vocabulary import FACTS

Read = Callable[..., Batch]


def marked(batch: Batch, mask: np.ndarray) -> list[str]:
    """The first page's tokens for which a mask holds."""
    chunks = batch.text(0).replace("\n", " \n ").split(" ")
    chunks = [chunk for chunk in chunks if chunk]
    return [chunk for chunk, hit in zip(chunks, mask, strict=False) if hit]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Yesterday the mayor met Anna Berg in Jecheon.", ["Anna", "Berg", "Jecheon."]),
        ("Xyzzyville votes. The council waits.", ["Xyzzyville"]),
        ("Council Puts Off Decision On Xyzzyville Road", ["Xyzzyville"]),
        ("THE COUNCIL OF XYZZYVILLE MET", ["XYZZYVILLE"]),
        ("the council of xyzzyville met and it could not agree on what to do", ["xyzzyville"]),
        ("It opens on Monday with 41 seats.", []),
    ],
    ids=["in a sentence", "first word", "title case", "capitals", "no capitals", "dates, numbers"],
)
def test_names(read: Read, text: str, names: list[str]) -> None:
    batch = read(text)
    assert marked(batch, batch.is_name) == names


def test_words_are_seen_when_an_earlier_segment_of_the_page_holds_them(read: Read) -> None:
    batch = read("The harbour harbour closed.\nHarbours reopen.\nNobody reopened.")
    assert marked(batch, batch.seen_before) == ["Harbours", "reopened."]
    assert batch.facts["content_seen"].tolist() == [0, 1, 1]


def test_pages_do_not_see_each_other(read: Read) -> None:
    batch = read("The harbour closed.", "The harbour closed.")
    assert not batch.seen_before.any()
    both = np.arange(2)
    assert batch.overlaps.best_before(both, both + 1).tolist() == [0, 0]
    assert batch.overlaps.best_behind(both, both - 1).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("fact", "values"),
    [
        ("segments", [1, 1, 1, 1, 1]),
        ("words", [2, 5, 5, 3, 2]),
        ("numbers", [0, 1, 1, 0, 0]),
        ("numbers_seen", [0, 0, 1, 0, 0]),
        ("labels", [0, 0, 1, 1, 0]),
        ("new_labels", [0, 0, 1, 1, 0]),
        ("asker_labels", [0, 0, 1, 0, 0]),
        ("title_labels", [0, 0, 0, 1, 0]),
        ("headings", [1, 0, 0, 0, 1]),
        ("question_segments", [0, 0, 1, 0, 0]),
        ("sentence_ends", [0, 1, 1, 1, 0]),
    ],
)
def test_facts_of_a_page(read: Read, fact: str, values: list[int]) -> None:
    batch = read(
        "Grim orders\nThe town lost 41 buses.\nEditor: Why were 41 buses lost?\n"
        "Dr. Ruiz: Nobody paid them.\nMore news"
    )
    assert batch.facts[fact].tolist() == values


def test_labels_are_not_counted_as_words(read: Read) -> None:
    batch = read("Editor: Why?\nRuiz: So.")
    assert batch.facts["words"].tolist() == [1, 1]


def test_running_sums_end_in_the_totals(read: Read) -> None:
    batch = read("One two.\nThree.", "Four five six?")
    for name in batch.facts:
        row = batch.running_of(name)
        assert row[0] == 0
        assert np.diff(row).tolist() == batch.facts[name].tolist(), name
    assert set(FACTS) < set(batch.facts)


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("Thank you for having me.", "greeting"),
        ("Any final thoughts?", "farewell"),
        ("THANK YOU, for having — me", "greeting"),
    ],
)
def test_stock_phrases_are_found_through_case_and_marks(read: Read, text: str, group: str) -> None:
    assert read(text).facts[group].tolist()[0] >= 1


def test_phrases_do_not_cross_segments(read: Read) -> None:
    assert read("Thank you for\nhaving me.").facts["greeting"].tolist() == [0, 0]


def test_sequence_puts_each_segment_between_marks(read: Read) -> None:
    batch = read("Why?\nStop.\nGo!\nAnd so")
    sequence, owner = batch.sequence
    assert np.bincount(owner).tolist() == [3, 3, 3, 4]
    first = np.searchsorted(owner, np.arange(4))
    last = np.searchsorted(owner, np.arange(4), side="right") - 1
    assert len(set(sequence[first].tolist())) == 1
    assert len(set(sequence[last].tolist())) == 4


@pytest.mark.parametrize(
    ("line", "expected"),
    [("(Applause)", True), ("[Photo: archive]", True), ("(He) said", False), ("Plain", False)],
)
def test_lines_in_brackets(read: Read, line: str, expected: bool) -> None:
    assert read(line).is_bracketed.tolist() == [expected]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("• A bell", True),
        ("✔ A bell", True),
        ("– A bell", True),
        ("1. A bell", True),
        ("2) A bell", True),
        ("1896 was the year", False),
        ("Plain words.", False),
        ("**Bold** words", False),
    ],
)
def test_items_of_lists(read: Read, line: str, expected: bool) -> None:
    assert read(line).is_item.tolist() == [expected]


@pytest.mark.parametrize(
    ("line", "expected"), [("**Bold** words", True), ("Words in **bold**", False), ("Plain", False)]
)
def test_lines_that_begin_in_bold(read: Read, line: str, expected: bool) -> None:
    assert read(line).is_bold.tolist() == [expected]


def test_only_the_first_piece_of_a_line_is_an_item(read: Read) -> None:
    batch = read("• " + "A sentence of the item that goes on for a while. " * 20)
    assert batch.is_item.tolist() == [True] + [False] * (batch.n - 1)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Grim orders", True),
        ("Council backs down!", True),
        ("The council met.", False),
        ("Is it over?", False),
        ("Editor: over and out", False),
        ("one two three four five six seven " * 3, False),
        ("***", False),
    ],
    ids=["short", "exclamation", "sentence", "question", "label", "long", "no word"],
)
def test_headings(read: Read, line: str, expected: bool) -> None:
    assert read(line).is_heading.tolist() == [expected]


@pytest.mark.parametrize("n", [3, OVERLAP_CELLS + 40], ids=["few", "coarser passages"])
def test_best_overlap_equals_shared_rarity(read: Read, n: int) -> None:
    rng = np.random.default_rng(n)
    words = [f"zq{chr(97 + k)}x{chr(97 + j)}" for k in range(20) for j in range(20)]
    lines = [" ".join(rng.choice(words, 6, replace=False)) for _ in range(n)]
    batch = read("\n".join(lines))
    sets = [set(line.split()) for line in lines]
    passage = batch.overlaps.passage.tolist()
    for u in range(0, n, 7):
        shared = [0] * (max(passage) + 1)
        for v in range(n):
            if v != u:
                shared[passage[v]] += len(sets[u] & sets[v])
        # Several occurrences of a word within one passage count once each: at most all of them.
        row = np.array([u])
        own = passage[u]
        for p in {0, own // 2, own}:
            (before,) = batch.overlaps.best_before(row, np.array([p]))
            (behind,) = batch.overlaps.best_behind(row, np.array([max(passage) - p]))
            most = (
                max(shared[:p], default=0) / 6,
                max(shared[max(passage) - p + 1 :], default=0) / 6,
            )
            assert before <= most[0] + 1e-12
            assert own > max(passage) - p or behind <= most[1] + 1e-12
            if n <= OVERLAP_CELLS:
                assert before == pytest.approx(most[0])
                assert own > max(passage) - p or behind == pytest.approx(most[1])


def test_preceding_text_is_read_but_not_owned(read: Read) -> None:
    document = Document("d", "Harbours reopen.\nAll well.", preceding="The harbour closed.\nSad.")
    batch = read(document)
    assert batch.given.tolist() == [len(document.preceding) + 1]
    assert batch.own_start.tolist() == [2]
    assert batch.facts["content_seen"].tolist()[2] == 1
    starts, ends = segment_offsets(batch, 0, batch.text(0))
    own = [batch.text(0)[a:b] for a, b in zip(starts[2:], ends[2:], strict=True)]
    assert own == ["Harbours reopen.", "All well."]


def test_a_page_without_preceding_text_owns_all_its_segments(read: Read) -> None:
    with_preceding = Document("d", "Two.", preceding="One.")
    assert read("One.", with_preceding, "Three.").own_start.tolist() == [0, 2, 3]


def test_no_segment_crosses_from_the_preceding_text(read: Read) -> None:
    """A label on a line of its own belongs to the line below it, but not to another text."""
    document = Document("d", "Why did they vote?", preceding="It failed.\nEditor:")
    batch = read(document)
    starts, ends = segment_offsets(batch, 0, batch.text(0))
    assert not ((starts < batch.given[0]) & (ends > batch.given[0])).any()
    assert batch.n - batch.own_start[0] == 1
