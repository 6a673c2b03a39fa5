"""The pictures of a report, as SVG files whose bytes depend on the figures alone.

This is the only module that draws; matplotlib comes with the extra ``plot``. Colours are those of
Okabe and Ito, which colour-blind people tell apart; marks differ in shape as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.errors import MissingExtraError
from detector.evaluation import FOUND_FROM
from detector.outcomes import Point
from detector.tally import Tally

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "detector",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#dddddd",
    "legend.frameon": False,
    "text.parse_math": False,
}


def require() -> None:
    """Raise MissingExtraError unless the extra is installed; to be asked before any work."""
    try:
        import matplotlib as _  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "plots need matplotlib, which is not installed; "
            "install the extra: pip install 'filler-detector[plot]'"
        ) from error


@contextmanager
def _figure(path: Path, width: float, height: float) -> Iterator[Figure]:
    """An empty figure of so many inches, which is written to ``path`` at the end."""
    require()
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # what a user has set must not show
        matplotlib.rcParams.update(STYLE)
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def precision_recall(points: Sequence[Point], named: Mapping[str, Point], path: Path) -> None:
    """Precision over recall of regions as the threshold falls; ``named`` thresholds are marked."""
    with _figure(path, 7, 4.6) as figure:
        axes = figure.add_subplot()
        curve = [point for point in points if point.marked.n]
        axes.plot(
            [p.regions.share for p in curve], [p.marked.share for p in curve], color="#555555"
        )
        for (name, point), colour, marker in zip(named.items(), _cycle(COLOURS), _cycle(MARKERS)):
            label = (
                f"{name} ({point.threshold:+.2f}): precision {point.marked.share:.3f}, "
                f"recall {point.regions.share:.3f}"
            )
            axes.plot(
                point.regions.share, point.marked.share, marker, color=colour, ms=8, label=label
            )
        by = f"(IoU ≥ {FOUND_FROM})"
        axes.set_xlabel(f"recall: share of the true regions that were found {by}")
        axes.set_ylabel(
            f"precision: share of the marked\nregions that are right (IoU ≥ {FOUND_FROM})"
        )
        axes.set_xlim(0, 1)
        axes.set_ylim(_floor(min((p.marked.share for p in curve), default=0.0)), 1.005)
        if named:
            axes.legend(loc="lower left", title="thresholds (log-odds)", alignment="left")


def _cycle(values: Sequence[str]) -> Iterator[str]:
    while True:
        yield from values


def _floor(share: float) -> float:
    """The tenth below a share, but at most 0.9, for an axis to begin at."""
    return min(int(share * 10) / 10, 0.9)


Bins = Sequence[tuple[float, Tally]]
"""For a reliability plot: the mean score of each bin, and how many of its cases are filler."""


def reliability(parts: Mapping[str, Bins], path: Path) -> None:
    """The share that is filler over the score, a panel for each of ``parts``; with intervals."""
    with _figure(path, 4.2 * len(parts), 4.7) as figure:
        row = figure.subplots(1, len(parts), squeeze=False)[0]
        for axes, (name, bins) in zip(row, parts.items(), strict=True):
            scores = [score for score, _ in bins]
            _intervals(axes, scores, [tally for _, tally in bins], COLOURS[0], "o")
            least = min([*scores, *(tally.interval()[0] for _, tally in bins)], default=0.0)
            low = _floor(least)
            axes.plot([low, 1], [low, 1], "--", color="#555555", label="perfect")
            margin = (1 - low) / 40
            axes.set(xlim=(low, 1 + margin), ylim=(low, 1 + margin), aspect="equal")
            axes.set_xticks([low + k * (1 - low) / 4 for k in range(5)])
            axes.set_yticks(axes.get_xticks())
            axes.set_title(name)
            axes.set_xlabel("mean score of the bin")
            axes.legend(loc="upper left")
        row[0].set_ylabel("share that is filler, with 95 % interval")


def _intervals(
    axes: Axes, x: Sequence[float], tallies: Sequence[Tally], colour: str, marker: str
) -> None:
    """Shares with their Wilson intervals as points with bars."""
    shares = [tally.share for tally in tallies]
    ends = [tally.interval() for tally in tallies]
    below = [max(share - low, 0) for share, (low, _) in zip(shares, ends, strict=True)]
    above = [max(high - share, 0) for share, (_, high) in zip(shares, ends, strict=True)]
    axes.errorbar(x, shares, (below, above), fmt=marker, color=colour, capsize=3, ms=5)


def borders(sides: Mapping[str, Mapping[str, Mapping[str, int]]], path: Path) -> None:
    """How far borders are off: for each side (first and last line) and group of regions the number
    in each class. Exact ones stand in the legend, for they would dwarf the others."""
    with _figure(path, 9, 4.2) as figure:
        row = figure.subplots(1, len(sides), sharey=True, squeeze=False)[0]
        for axes, (side, groups) in zip(row, sides.items(), strict=True):
            for k, (group, counts) in enumerate(groups.items()):
                _border_bars(axes, k, len(groups), group, counts)
            axes.set_xlabel("characters early or late")
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), title=side)
        row[0].set_ylabel("share of the regions of which\nanything was marked (%)")


def _border_bars(axes: Axes, k: int, of: int, group: str, counts: Mapping[str, int]) -> None:
    n = max(sum(counts.values()), 1)
    off = {name: 100 * count / n for name, count in counts.items() if name != "exact"}
    width = 0.8 / of
    left = [position - 0.4 + (k + 0.5) * width for position in range(len(off))]
    label = f"{group}: {100 * counts['exact'] / n:.1f} % of {n:,} exact"
    hatch = ("", "///", "...")[k % 3]
    axes.bar(left, list(off.values()), width, color=COLOURS[k], hatch=hatch, label=label)
    axes.set_xticks(range(len(off)), list(off), rotation=40, ha="right")
    axes.grid(visible=False, axis="x")


def false_alarms(groups: Mapping[str, Mapping[str, Tally]], path: Path) -> None:
    """The share of pages without filler that were marked, by source, with Wilson intervals; each
    of ``groups`` has a colour and a mark of its own."""
    n_rows = sum(map(len, groups.values()))
    with _figure(path, 7.5, 1.4 + 0.24 * n_rows) as figure:
        axes = figure.add_subplot()
        names: list[str] = []
        for (group, tallies), colour, marker in zip(
            groups.items(), _cycle(COLOURS), _cycle(MARKERS)
        ):
            ordered = sorted(tallies.items(), key=lambda item: (-item[1].share, item[0]))
            for name, tally in ordered:
                low, high = (100 * end for end in tally.interval())
                axes.plot([low, high], [len(names)] * 2, color=colour, lw=1.5)
                names.append(f"{name}, {tally.right} of {tally.n:,}")
            at = range(len(names) - len(ordered), len(names))
            shares = [100 * tally.share for _, tally in ordered]
            axes.plot(shares, at, marker, color=colour, ms=5, label=group, clip_on=False)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.3, -0.7)
        axes.set_xlim(left=0)
        axes.set_xlabel("pages marked by mistake (%), with 95 % Wilson interval")
        axes.grid(visible=False, axis="y")
        figure.legend(loc="outside lower center", ncols=len(groups))


def attacks(lost: Mapping[str, float], path: Path) -> None:
    """The points of character F1 that each attack costs, the worst first."""
    ordered = sorted(lost.items(), key=lambda item: (-item[1], item[0]))
    with _figure(path, 7.5, 1 + 0.24 * len(ordered)) as figure:
        axes = figure.add_subplot()
        axes.barh(range(len(ordered)), [points for _, points in ordered], 0.7, color=COLOURS[0])
        axes.set_yticks(range(len(ordered)), [f"{name}, {points:+.2f}" for name, points in ordered])
        axes.set_ylim(len(ordered) - 0.4, -0.6)
        axes.set_xlabel("points (hundredths) of character F1 lost")
        axes.grid(visible=False, axis="y")
