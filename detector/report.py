"""The report of an evaluation: a folder with figures, plots and the worst pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from detector import attacks, figures, markdown, outcomes, plots, worst_pages
from detector.attacks import points_lost
from detector.corpus import HUMAN
from detector.evaluation import Scores, score_page
from detector.outcomes import Outcome, Point
from detector.pipeline import Detector
from detector.reliability import Reliability
from detector.tally import Tally

VERSION = 1
FIGURES = "evaluation.json"
PAGE = "EVALUATION.md"
WORST = "worst-pages.md"
N_WORST = 20
SWEEP_FROM, SWEEP_STEP = -4.0, 0.25
"""Log-odds at which the precision-recall curve begins, and between two of its points."""


@dataclass(frozen=True)
class Report:
    """What is reported of a model: the figures at its threshold, what other thresholds would give,
    borders, and figures under attack by name."""

    model: str
    threshold: float
    thresholds: Mapping[str, float]
    scores: Scores
    outcomes: Sequence[Outcome]
    attacked: Mapping[str, Scores] = field(default_factory=dict)
    unseen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What was marked of human text by source in training; see :attr:`Trained.human_marked`."""

    @classmethod
    def of(
        cls,
        detector: Detector,
        every: Sequence[Outcome],
        attacked: Mapping[str, Scores],
    ) -> Report:
        """The report of what ``detector`` made of pages, and of the same pages under each attack;
        of no attack if they were not tried."""
        scores = Scores()
        for outcome in every:
            score_page(scores, outcome.page, outcome.result)
        thresholds = {name: t.log_odds for name, t in detector.model.thresholds.items()}
        if detector.threshold not in thresholds.values():
            thresholds["given"] = detector.threshold
        model = detector.model
        unseen = model.info.get("human_held_out", {})
        return cls(model.name, detector.threshold, thresholds, scores, every, attacked, unseen)

    @cached_property
    def named(self) -> dict[str, Point]:
        """The points of the named thresholds, from the most generous to the strictest."""
        ordered = sorted(self.thresholds.items(), key=lambda item: item[1])
        points = outcomes.sweep(self.outcomes, [threshold for _, threshold in ordered])
        return {name: point for (name, _), point in zip(ordered, points, strict=True)}

    @cached_property
    def curve(self) -> list[Point]:
        """Points from the most generous threshold to one above which nothing is marked."""
        top = max((c.log_odds for o in self.outcomes for c in o.candidates), default=SWEEP_FROM)
        return outcomes.sweep(self.outcomes, np.arange(SWEEP_FROM, top, SWEEP_STEP).tolist())

    @cached_property
    def borders(self) -> dict[str, dict[str, dict[str, int]]]:
        """For each side and group of regions the number of borders in each class."""
        found = outcomes.borders(self.outcomes)
        groups = sorted({border.group for border in found})
        return {
            title: {
                group: outcomes.border_counts(getattr(b, side) for b in found if b.group == group)
                for group in groups
            }
            for side, title in (("first", "first line"), ("last", "last line"))
        }

    def to_dict(self) -> dict[str, Any]:
        """The contents of ``evaluation.json``; ``figures`` are :meth:`Scores.to_dict`."""
        return {
            "version": VERSION,
            "model": self.model,
            "threshold": self.threshold,
            "pages": len(self.outcomes),
            "figures": self.scores.to_dict(),
            "thresholds": {name: _point(point) for name, point in self.named.items()},
            "curve": [_point(point) for point in self.curve],
            "borders": self.borders,
            **attacks.to_dict(self.scores, self.attacked),
            **self._unseen_to_dict(),
        }

    def _unseen_to_dict(self) -> dict[str, Any]:
        if not self.unseen:
            return {}
        worst = figures.worst_source(self.unseen)
        return {"human_held_out": {"worst": worst, "sources": self.unseen}}


def _point(point: Point) -> dict[str, Any]:
    return {
        "threshold": point.threshold,
        "marked_regions_right": point.marked.to_dict(),
        "regions_found": point.regions.to_dict(),
        "clean_pages_marked": point.clean.to_dict(),
    }


# --- the folder ---------------------------------------------------------------------------------


def write(folder: Path, report: Report) -> None:
    """Write figures, plots and the worst pages into ``folder``, which is made if need be; files of
    an earlier report are replaced.

    Raises MissingExtraError without matplotlib.
    """
    plots.require()
    folder.mkdir(parents=True, exist_ok=True)
    pictures = list(_draw(folder, report))
    write_figures(folder, report, pictures)
    worst = outcomes.worst(report.outcomes, N_WORST)
    text = worst_pages.render(worst, report.model, report.threshold)
    (folder / WORST).write_text(text, encoding="utf-8")


def write_figures(folder: Path, report: Report, pictures: Sequence[tuple[str, str]] = ()) -> None:
    """Write ``evaluation.json`` and ``EVALUATION.md``; this shows ``pictures``: names, titles."""
    text = json.dumps(report.to_dict(), indent=1)
    (folder / FIGURES).write_text(text + "\n", encoding="utf-8")
    (folder / PAGE).write_text("\n\n".join(_page(report, pictures)) + "\n", encoding="utf-8")


def _draw(folder: Path, report: Report) -> Iterator[tuple[str, str]]:
    """Draw what there are figures for; names and titles of the pictures."""
    if report.scores.regions.n:
        name = "precision-recall.svg"
        plots.precision_recall(report.curve, report.named, folder / name)
        yield name, "Precision and recall of regions at every threshold"
    if report.scores.region_scores.cases:
        name = "reliability.svg"
        scores = report.scores
        parts = {"regions": scores.region_scores, "segments": scores.segment_scores}
        plots.reliability({_title(p, of): _bins(of) for p, of in parts.items()}, folder / name)
        yield name, "Scores against the share that is filler"
    if report.borders["first line"]:
        name = "borders.svg"
        plots.borders(report.borders, folder / name)
        yield name, "How far first and last lines are off"
    if report.scores.clean:
        name = "false-alarms.svg"
        plots.false_alarms(_by_source(report.scores), folder / name)
        yield name, "Pages marked by mistake, by source"
    if report.attacked and report.scores.regions.n:
        name = "attacks.svg"
        lost = {k: points_lost(report.scores, scores) for k, scores in report.attacked.items()}
        plots.attacks(lost, folder / name)
        yield name, "What each attack costs"


def _title(part: str, scores: Reliability) -> str:
    return f"{len(scores.cases):,} {part},\nexpected calibration error {scores.error():.4f}"


def _bins(scores: Reliability) -> plots.Bins:
    return [(part.mean, part.true) for part in scores.bins()]


def _by_source(scores: Scores) -> dict[str, dict[str, Tally]]:
    """Pages without filler: human text by source, composed and own pages by kind."""
    human = {k.removeprefix(HUMAN): t for k, t in scores.clean.items() if k.startswith(HUMAN)}
    others = {k: t for k, t in scores.clean.items() if not k.startswith(HUMAN)}
    groups = {"human text, by source": human, "labelled pages, by kind": others}
    return {group: tallies for group, tallies in groups.items() if tallies}


# --- the page of figures ------------------------------------------------------------------------


def _page(report: Report, pictures: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield f"# Evaluation: {markdown.escaped(report.model)}"
    yield (
        f"Written by `detector`; {len(report.outcomes):,} pages at the threshold "
        f"{report.threshold:+.3f} (log-odds). `{FIGURES}` has the same figures for machines."
    )
    if pictures:
        yield f"The worst pages stand in [{WORST}]({WORST})."
    yield "## Figures"
    yield figures.in_markdown(report.scores.to_dict())
    yield "## Thresholds"
    yield (
        "On these pages; for every threshold the regions were chosen anew. The share of marked "
        "regions that are right depends on how many of the pages have filler."
    )
    yield _thresholds(report.named)
    if report.unseen:
        yield "## False alarms by source never trained on"
        yield figures.by_unseen_source(report.unseen)
    if report.borders["first line"]:
        yield "## Borders"
        yield (
            "Characters that the first and last line of a marked region lie before (early) or "
            "behind (late) the true ones: of all true regions of which anything was marked."
        )
        yield _borders(report.borders)
    if report.attacked:
        yield "## Attacks"
        yield (
            "The same pages, all changed in one way that hides filler. Points are hundredths of "
            "character F1 that the change costs."
        )
        yield _attacks(report.scores, report.attacked)
    if pictures:
        yield "## Plots"
        yield from (f"![{title}]({name})" for name, title in pictures)


def _thresholds(named: Mapping[str, Point]) -> str:
    head = ("threshold", "log-odds", "marked regions that are right", "regions found")
    rows = [
        (
            markdown.escaped(name),
            f"{point.threshold:+.3f}",
            *(" of ".join(figures.share(tally.to_dict())) for tally in point[1:]),
        )
        for name, point in named.items()
    ]
    return markdown.table((*head, "clean pages marked"), rows)


def _borders(sides: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str:
    columns = [
        (f"{side}, {group}", counts)
        for side, groups in sides.items()
        for group, counts in groups.items()
    ]
    rows = [
        (name, *(str(counts[name]) for _, counts in columns)) for name in outcomes.border_classes()
    ]
    return markdown.table(("characters", *(title for title, _ in columns)), rows)


def _attacks(unchanged: Scores, attacked: Mapping[str, Scores]) -> str:
    rows = [
        (
            markdown.escaped(name),
            f"{scores.f1:.4f}",
            f"{points_lost(unchanged, scores):+.2f}",
            *(" of ".join(figures.share(tally.to_dict())) for tally in figures.hit(scores)),
        )
        for name, scores in {"unchanged": unchanged, **attacked}.items()
    ]
    return markdown.table(("attack", *figures.UNDER_ATTACK), rows)
