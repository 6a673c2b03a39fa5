"""Figures as text, for the terminal and in Markdown: those of ``detector evaluate`` and ``detector
train``, of model cards and reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from detector import markdown
from detector.attacks import points_lost
from detector.corpus import HUMAN
from detector.evaluation import Scores
from detector.model import Threshold
from detector.reliability import Reliability
from detector.tally import Tally

TITLES = {
    "by_form": "regions found, by form",
    "by_kind": "regions found, by kind of page",
    "by_shape": "regions found, by shape of page",
    "by_region_length": "regions found, by length of region in characters",
    "by_page_length": "regions found, by length of page in characters",
    "first_lines": "first line exact, of regions found",
    "last_lines": "last line exact, of regions found",
    "clean": "clean pages marked, by kind",
    "clean_by_shape": "clean pages marked, by shape",
    "clean_by_page_length": "clean pages marked, by length in characters",
}
"""What the tables of :class:`Scores` are called."""
PRINTED = ("by_form", "by_kind", "first_lines", "last_lines", "clean")
"""The tables that a terminal has room for; cards and reports have all."""
UNDER_ATTACK = (
    "F1",
    "points lost",
    "regions found",
    "clean pages marked",
    "human documents marked",
)
"""Columns of the table of attacks."""


class Row(NamedTuple):
    """A line of the table: its name, and one cell a column."""

    name: str
    cells: Sequence[str]


def render(columns: Mapping[str, Scores]) -> str:
    """Figures side by side, one column for each set of scores."""
    return _aligned(list(columns), list(_rows(columns)))


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


def render_attacks(name: str, unchanged: Scores, attacks: Mapping[str, Scores]) -> str:
    """What each attack does to one detector, one row an attack."""
    rows = [
        Row(
            attack,
            (
                f"{scores.f1:.4f}",
                f"{points_lost(unchanged, scores):+.2f}",
                *map(_short_cell, hit(scores)),
            ),
        )
        for attack, scores in {"unchanged": unchanged, **attacks}.items()
    ]
    return f"under attack: {name}\n" + _aligned(UNDER_ATTACK, rows)


def hit(scores: Scores) -> tuple[Tally, Tally, Tally]:
    """What attacks are counted by, the last columns of UNDER_ATTACK."""
    return scores.regions, scores.labelled_marked, scores.human_marked


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
    for table in PRINTED:
        names = sorted({name for scores in every for name in getattr(scores, table)})
        if names:
            yield Row("", ())
            yield Row(TITLES[table], ())
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


# --- Markdown -----------------------------------------------------------------------------------


def in_markdown(figures: Mapping[str, Any]) -> str:
    """Figures that :meth:`Scores.to_dict` wrote, as tables."""
    parts = [summary(figures)]
    for table, title in TITLES.items():
        rows = figures.get(table, {})
        human = {name: tally for name, tally in rows.items() if name.startswith(HUMAN)}
        parts += _table(title, {name: t for name, t in rows.items() if name not in human})
        parts += _table("human documents marked, by source", human)
    return "\n\n".join(parts)


def _table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The table, unless it is empty."""
    if rows:
        head = ("", "share (95 % interval)", "n")
        cells = ((markdown.escaped(name), *share(tally)) for name, tally in rows.items())
        yield f"{title[0].upper()}{title[1:]}:\n\n{markdown.table(head, cells)}"


def worst_source(marked: Mapping[str, Mapping[str, Any]]) -> str:
    """The source of which the largest share is marked; of equal ones the one with most pages."""
    return max(marked, key=lambda source: (marked[source]["share"], marked[source]["n"]))


def by_unseen_source(marked: Mapping[str, Mapping[str, Any]]) -> str:
    """What is marked of each source of human text by models that were trained on others, in
    Markdown; ``marked`` are :attr:`Trained.human_marked` as dictionaries."""
    tallies = [Tally.from_dict(tally) for tally in marked.values()]
    every = Tally(sum(t.n for t in tallies), sum(t.right for t in tallies))
    worst = worst_source(marked)
    rows = [
        (markdown.escaped(source), str(tally["right"]), *share(tally))
        for source, tally in {**marked, "all": every.to_dict()}.items()
    ]
    head = ("source", "marked", "share (95 % interval)", "n")
    return (
        "Pages of human text marked at the default threshold of the training, by source. The "
        "sources are dealt into folds, and each was scored by a model that was trained on neither "
        "it nor the other sources of its fold: so it does on a site that it does not know. Half of "
        "the pages are whole documents, half the beginnings of the same.\n\n"
        f"The worst source is **{markdown.escaped(worst)}**: {' of '.join(share(marked[worst]))} "
        f"pages.\n\n{markdown.table(head, rows)}"
    )


def summary(figures: Mapping[str, Any]) -> str:
    """The figures of all pages together."""
    rows = [
        ("character F1 on pages with filler", f"{figures['character_f1']:.4f}", ""),
        ("character precision", f"{figures['character_precision']:.4f}", ""),
        ("character recall", f"{figures['character_recall']:.4f}", ""),
        (
            "regions found (intersection over union of at least 0.8)",
            *share(figures["regions_found"]),
        ),
        ("derivative or padded right, characters", *share(figures["labels_right"])),
        ("clean pages marked", *share(figures["clean_pages_marked"])),
        ("expected calibration error, regions", *_calibration(figures, "regions")),
        ("expected calibration error, segments", *_calibration(figures, "segments")),
    ]
    return markdown.table(("figure", "value (95 % interval)", "n"), rows)


def _calibration(figures: Mapping[str, Any], of: str) -> tuple[str, str]:
    found = figures["calibration"][of]
    return f"{found['error']:.4f}" if found["n"] else "–", str(found["n"])


def share(tally: Mapping[str, Any]) -> tuple[str, str]:
    """Cells of a tally's dictionary: its share with its interval, and of how many."""
    low, high = tally["interval"]
    shown = f"{tally['share']:.4f} ({low:.4f}–{high:.4f})" if tally["n"] else "–"
    return shown, str(tally["n"])
