from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detector.types import Span
from detector.views.marks import Mark, pieces

LENGTH = 12
MARKS = st.lists(
    st.tuples(st.integers(0, LENGTH - 1), st.integers(1, LENGTH), st.sampled_from("ab")).map(
        lambda m: Mark(Span(min(m[0], m[1] - 1), m[1]), m[2])
    ),
    max_size=6,
)


def test_marks_that_overlap_are_cut() -> None:
    a, b = Mark(Span(1, 5), "a"), Mark(Span(3, 8), "b")
    assert list(pieces(9, [a, b])) == [
        (0, 1, ()),
        (1, 3, (a,)),
        (3, 5, (a, b)),
        (5, 8, (b,)),
        (8, 9, ()),
    ]


def test_cuts_part_what_no_mark_parts() -> None:
    assert [(p.start, p.end) for p in pieces(4, [], {0, 2, 4})] == [(0, 2), (2, 4)]


def test_an_empty_text_has_no_pieces() -> None:
    assert list(pieces(0, [])) == []


@given(MARKS, st.sets(st.integers(0, LENGTH)))
def test_pieces_cover_the_text_and_know_their_marks(marks: list[Mark], cuts: set[int]) -> None:
    made = list(pieces(LENGTH, marks, cuts))
    assert [k for p in made for k in range(p.start, p.end)] == list(range(LENGTH))
    assert cuts - {0, LENGTH} <= {p.start for p in made}
    for piece in made:
        covering = {m for m in marks if m.span.start <= piece.start and piece.end <= m.span.end}
        assert set(piece.marks) == covering
        assert len(piece.marks) == len(covering)
