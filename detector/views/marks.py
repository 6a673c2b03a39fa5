"""Marks that overlap anyhow, as a flat run of pieces: elements of HTML nest, evidence need not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from detector.types import Span


class Mark(NamedTuple):
    """Something to show of a stretch: what it is, and which piece of evidence it belongs to."""

    span: Span
    kind: str
    number: int = 0


class Piece(NamedTuple):
    """A stretch of text between two borders, and all marks that cover it, in their order."""

    start: int
    end: int
    marks: tuple[Mark, ...]


def pieces(length: int, marks: Iterable[Mark], cuts: Iterable[int] = ()) -> Iterator[Piece]:
    """The text of ``length`` cut wherever a mark begins or ends, and at ``cuts``.

    The pieces cover the text, in order. Marks may not reach beyond its end.
    """
    begins: dict[int, list[Mark]] = {}
    ends: dict[int, list[Mark]] = {}
    for mark in marks:
        begins.setdefault(mark.span.start, []).append(mark)
        ends.setdefault(mark.span.end, []).append(mark)
    borders = sorted({0, length, *cuts, *begins, *ends})
    # In a dict, so that marks keep their order and one that ends is found at once.
    active: dict[Mark, None] = {}
    for start, end in pairwise(borders):
        for mark in ends.get(start, ()):
            active.pop(mark, None)
        active.update(dict.fromkeys(begins.get(start, ())))
        yield Piece(start, end, tuple(active))
