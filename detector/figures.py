"""Figures as text: what ``detector evaluate`` and ``detector train`` print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from detector.attacks import points_lost
from detector.evaluation import Scores
from detector.model import Threshold
from detector.reliability import Reliability
from detector.tally import Tally

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
    return _aligned(list(columns), list(_rows(columns)))


def render_attacks(name: str, unchanged: Scores, attacks: Mapping[str, Scores]) -> str:
    """What each attack does to one detector, one row an attack."""
    rows = [
        Row(
            attack,
            (
                f"{scores.f1:.4f}",
                f"{points_lost(unchanged, scores):+.2f}",
                *(
                    _short_cell(tally)
                    for tally in (scores.regions, scores.labelled_marked, scores.human_marked)
                ),
            ),
        )
        for attack, scores in {"unchanged": unchanged, **attacks}.items()
    ]
    heads = ["F1", "points lost", "regions found", "clean pages marked", "human documents marked"]
    return f"under attack: {name}\n" + _aligned(heads, rows)


def thresholds(columns: Mapping[str, Mapping[str, Threshold]]) -> str:
    """Thresholds by name and their figures side by side, one column for each set of them."""
    rows = []
    for name in dict.fromkeys(name for column in columns.values() for name in column):
        found = [column.get(name) for column in columns.values()]
        rows += [
            Row(f"threshold {name}", ["-" if t is None else f"{t.log_odds:+.3f}" for t in found]),
            Row("  honest pages marked", ["-" if t is None else _cell(t.alarms) for t in found]),
            Row("  regions found", ["-" if t is None else _cell(t.recall) for t in found]),
        ]
    return _aligned(list(columns), rows)


def _aligned(titles: Sequence[str], rows: Sequence[Row]) -> str:
    lines = [Row("", titles), *rows]
    width = max(len(row.name) for row in lines)
    widths = [max(len(row.cells[k]) for row in lines if row.cells) for k in range(len(titles))]
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
    yield Row("calibration error, regions", [_error(s.region_scores) for s in every])
    yield Row("calibration error, segments", [_error(s.segment_scores) for s in every])
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


def _error(reliability: Reliability) -> str:
    """Expected calibration error and the number of cases."""
    n = len(reliability.cases)
    return f"{reliability.error():.4f} of {n}" if n else "-"


def _cell(tally: Tally) -> str:
    """Share with its 95 % Wilson interval and the number of cases."""
    if not tally.n:
        return "-"
    low, high = tally.interval()
    return f"{tally.share:.4f} ({low:.4f}-{high:.4f}) of {tally.n}"


def _short_cell(tally: Tally) -> str:
    """Share and number of cases; a dash of nothing."""
    return f"{tally.share:.4f} of {tally.n}" if tally.n else "-"
