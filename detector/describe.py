"""From chosen candidates to regions that say what they are and why."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from detector import decode, explain
from detector.decode import Candidate
from detector.looks import Found, Judged
from detector.marked import Marked
from detector.model import Column, Matrix, Model
from detector.types import Form, Label, Region, Segment, Span

_FORMS = (Form.INTERVIEW, Form.FAQ, Form.TAKEAWAYS, Form.CLOSING, Form.OTHER)


def regions(model: Model, judged: Judged) -> list[tuple[Region, ...]]:
    """The chosen regions of each page of a batch, in order."""
    chosen = [found for page in judged.pages for found in page]
    if not chosen:
        return [() for _ in judged.pages]
    marked = Marked(
        judged.batch,
        np.array([found.start for found in chosen], np.int64),
        np.array([found.stop for found in chosen], np.int64),
    )
    log_odds = np.array([found.log_odds for found in chosen])
    values = judged.values[[found.row for found in chosen]]
    described = zip(
        _segments(model, judged, marked, log_odds),
        _forms(model, values),
        _probability(log_odds),
        log_odds.tolist(),
        explain.evidence(marked, judged.derivative > 0),
        _contributions(model, judged, chosen),
        strict=True,
    )
    made = (
        Region(
            span=Span(segments[0].span.start, segments[-1].span.end),
            label=_majority(segments),
            form=form,
            score=score,
            log_odds=odds,
            segments=tuple(segments),
            evidence=tuple(evidence),
            contributions=parts,
        )
        for segments, form, score, odds, evidence, parts in described
    )
    return [tuple(next(made) for _ in page) for page in judged.pages]


def candidates(judged: Judged) -> list[tuple[Candidate, ...]]:
    """The candidates of each page that a threshold may choose from, sorted; see
    :func:`decode.choose`."""
    found = judged.candidates
    rows = np.flatnonzero(decode.usable(judged.accept, judged.exact))
    marked = Marked(judged.batch, found.start[rows], found.stop[rows])
    s = judged.batch.segments
    starts, ends = marked.spans(s.start[marked.start], s.end[marked.stop - 1] - 1)
    made = [
        Candidate(Span(start, end), log_odds, exact)
        for start, end, log_odds, exact in zip(
            starts, ends, judged.accept[rows].tolist(), judged.exact[rows].tolist(), strict=True
        )
    ]
    cuts = np.searchsorted(rows, found.page_starts).tolist()
    return [tuple(made[low:high]) for low, high in pairwise(cuts)]


def _contributions(model: Model, judged: Judged, chosen: Sequence[Found]) -> list[dict[str, float]]:
    """What each family adds to the third look's log-odds, and what the comparison with rivals and
    the calibration change of them."""
    rows = [found.row for found in chosen]
    parts = model.looks["regions"].contributions(judged.values[rows], "accept")
    changes = [found.log_odds for found in chosen] - judged.accepted[rows]
    return [
        {**part, "rivalry": change} for part, change in zip(parts, changes.tolist(), strict=True)
    ]


def _forms(model: Model, values: Matrix) -> list[Form]:
    """What each region is called, by its features."""
    logits = model.looks["forms"].logits(values)
    best = np.argmax(np.stack([logits[form.value] for form in _FORMS]), axis=0)
    return [_FORMS[k] for k in best.tolist()]


def _segments(
    model: Model, judged: Judged, marked: Marked, log_odds: Column
) -> list[list[Segment]]:
    """The segments of each region, with the probability that each is filler."""
    rows = np.flatnonzero(marked.of_segment[:-1] >= 0)
    region = marked.of_segment[rows]
    s = judged.batch.segments
    calibration = model.calibration["segment"]
    odds = calibration.log_odds(judged.second["filler"][rows], log_odds[region])
    starts, ends = marked.spans(s.start[rows], s.end[rows] - 1)
    labels = (Label.PADDED, Label.DERIVATIVE)
    derivative = (judged.derivative[rows] > 0).tolist()
    out: list[list[Segment]] = [[] for _ in range(len(marked))]
    columns = (region.tolist(), starts, ends, derivative, _probability(odds))
    for k, start, end, is_derivative, score in zip(*columns, strict=True):
        out[k].append(Segment(Span(start, end), labels[is_derivative], score))
    return out


def _majority(segments: Sequence[Segment]) -> Label:
    """What most of the characters are."""
    derivative = sum(len(s.span) for s in segments if s.label is Label.DERIVATIVE)
    padded = sum(len(s.span) for s in segments if s.label is Label.PADDED)
    return Label.DERIVATIVE if derivative > padded else Label.PADDED


def _probability(log_odds: Column) -> list[float]:
    probability: list[float] = (1.0 / (1.0 + np.exp(-log_odds))).tolist()
    return probability
