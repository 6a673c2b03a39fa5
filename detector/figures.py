"""Figures as text: what ``detector evaluate`` and ``detector train`` print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from detector.evaluation import Scores, Tally

TABLES = {
    "by_form": "regions found, by form",
    "by_kind": "regions found, by kind of page",
    "first_lines": "first line exact, of regions found",
    "last_lines": "last line exact, of regions found",
    "clean": "clean pages marked, by kind",
}


class Row(NamedTuple):
    """A line of the table: its name, and one cell a column."""

    name: str
    cells: Sequence[str]


def render(columns: Mapping[str, Scores]) -> str:
    """Figures side by side, one column for each set of scores."""
    rows = list(_rows(columns))
    width = max(len(row.name) for row in rows)
    widths = [max(len(row.cells[k]) for row in rows if row.cells) for k in range(len(columns))]
    lines = [Row("", list(columns)), *rows]
    widths = [max(w, len(name)) for w, name in zip(widths, columns, strict=True)]
    return "\n".join(_line(row, width, widths) for row in lines)


def _line(row: Row, width: int, widths: Sequence[int]) -> str:
    cells = (cell.rjust(w) for cell, w in zip(row.cells, widths, strict=False))
    return f"{row.name:<{width}}  {'  '.join(cells)}".rstrip()


def _rows(columns: Mapping[str, Scores]) -> Iterator[Row]:
    every = list(columns.values())
    if any(scores.regions.n for scores in every):
        yield Row("character F1", [f"{scores.f1:.4f}" for scores in every])
        yield Row("character precision", [f"{scores.precision:.4f}" for scores in every])
        yield Row("character recall", [f"{scores.recall:.4f}" for scores in every])
        yield _tallies("regions found (IoU >= 0.8)", every, lambda scores: scores.regions)
        yield _tallies("derivative/padded right, characters", every, lambda s: s.labels)
    yield _tallies("clean pages marked", every, lambda scores: scores.false_alarms)
    for table, title in TABLES.items():
        names = sorted({name for scores in every for name in getattr(scores, table)})
        if names:
            yield Row("", ())
            yield Row(title, ())
        for name in names:
            yield _tallies(f"  {name}", every, _entry(table, name))


def _entry(table: str, name: str) -> Callable[[Scores], Tally]:
    def tally(scores: Scores) -> Tally:
        found: Tally = getattr(scores, table).get(name, Tally())
        return found

    return tally


def _tallies(name: str, every: Sequence[Scores], tally: Callable[[Scores], Tally]) -> Row:
    return Row(name, [_cell(tally(scores)) for scores in every])


def _cell(tally: Tally) -> str:
    """Share with its 95 % Wilson interval and the number of cases."""
    if not tally.n:
        return "-"
    low, high = tally.interval()
    return f"{tally.share:.4f} ({low:.4f}-{high:.4f}) of {tally.n}"
