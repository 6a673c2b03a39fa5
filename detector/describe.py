"""From chosen candidates to regions that say what they are and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from detector import explain
from detector.looks import Found, Judged
from detector.model import Model
from detector.segmentation import token_offsets
from detector.types import Form, Label, Region, Segment, Span

_FORMS = (Form.INTERVIEW, Form.FAQ, Form.TAKEAWAYS, Form.CLOSING, Form.OTHER)


class Mark(NamedTuple):
    """What a chosen region is called, and why it was chosen: its log-odds by family."""

    form: Form
    contributions: dict[str, float]


class Description:
    """The chosen regions of a batch in words and numbers."""

    def __init__(self, model: Model, judged: Judged) -> None:
        self._model = model
        self._judged = judged

    def regions(self, page: int) -> tuple[Region, ...]:
        """The regions of a page, in order."""
        found = self._judged.pages[page]
        if not found:
            return ()
        view = self._view(page)
        return tuple(self._region(view, region) for region in found)

    def _view(self, page: int) -> explain.View:
        batch = self._judged.batch
        text = batch.text(page)
        starts, ends = token_offsets(text)
        given, first_token = int(batch.given[page]), int(batch.tokens.page_starts[page])
        return explain.View(batch, page, text, given, starts, ends, first_token, self._sources)

    @cached_property
    def _sources(self) -> dict[int, explain.Source]:
        """What each derivative segment of the batch repeats."""
        batch = self._judged.batch
        start, stop = np.zeros((2, batch.n), np.int64)
        for found in self._chosen():
            start[found.start : found.stop] = found.start
            stop[found.start : found.stop] = found.stop
        return explain.sources(batch, (stop > 0) & (self._judged.derivative > 0), start, stop)

    @cached_property
    def _marks(self) -> dict[int, Mark]:
        """Forms and reasons of all chosen regions, by their row among the candidates."""
        rows = [found.row for found in self._chosen()]
        values = self._judged.values[rows]
        logits = self._model.looks["forms"].logits(values)
        best = np.argmax(np.stack([logits[form.value] for form in _FORMS]), axis=0)
        parts = self._model.looks["regions"].contributions(values, "accept")
        spread = self._model.calibration["region"].spread
        return {
            row: Mark(_FORMS[k], spread(part))
            for row, k, part in zip(rows, best, parts, strict=True)
        }

    def _chosen(self) -> Iterator[Found]:
        return (found for page in self._judged.pages for found in page)

    def _region(self, view: explain.View, found: Found) -> Region:
        mark = self._marks[found.row]
        segments = self._segments(view, found)
        return Region(
            span=Span(segments[0].span.start, segments[-1].span.end),
            label=_majority(segments),
            form=mark.form,
            score=_probability(found.log_odds),
            log_odds=found.log_odds,
            segments=segments,
            evidence=explain.evidence(view, found.start, found.stop, segments),
            contributions=mark.contributions,
        )

    def _segments(self, view: explain.View, found: Found) -> tuple[Segment, ...]:
        rows = range(found.start, found.stop)
        part = slice(found.start, found.stop)
        calibration = self._model.calibration["segment"]
        log_odds = calibration.log_odds(self._judged.second["filler"][part], found.log_odds)
        derivative = (self._judged.derivative[part] > 0).tolist()
        return tuple(
            Segment(
                view.segment_span(row),
                Label.DERIVATIVE if is_derivative else Label.PADDED,
                score,
            )
            for row, is_derivative, score in zip(
                rows, derivative, (1.0 / (1.0 + np.exp(-log_odds))).tolist(), strict=True
            )
        )


def _majority(segments: Sequence[Segment]) -> Label:
    """What most of the characters are."""
    derivative = sum(len(s.span) for s in segments if s.label is Label.DERIVATIVE)
    padded = sum(len(s.span) for s in segments if s.label is Label.PADDED)
    return Label.DERIVATIVE if derivative > padded else Label.PADDED


def _probability(log_odds: float) -> float:
    return float(1.0 / (1.0 + np.exp(-log_odds)))
