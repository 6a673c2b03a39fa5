"""From chosen candidates to regions that say what they are and why."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import islice, pairwise

import numpy as np

from detector import decode, explain, looks
from detector.decode import Candidate
from detector.looks import Found, Judged
from detector.marked import Marked
from detector.model import Column, Matrix, Model
from detector.odds import probability
from detector.types import Form, Label, Region, Segment, Span

_new_segment = partial(tuple.__new__, Segment)

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
        *_segments(model, judged, marked, log_odds),
        _forms(model, values),
        probability(log_odds).tolist(),
        log_odds.tolist(),
        explain.evidence(marked, judged.derivative > 0),
        _contributions(model, judged, chosen),
        strict=True,
    )
    made = (
        Region(
            span=Span(segments[0].span.start, segments[-1].span.end),
            label=label,
            form=form,
            score=score,
            log_odds=odds,
            segments=segments,
            evidence=evidence,
            contributions=parts,
        )
        for segments, label, form, score, odds, evidence, parts in described
    )
    return [tuple(islice(made, len(page))) for page in judged.pages]


def candidates(judged: Judged) -> list[tuple[Candidate, ...]]:
    """The candidates of each page that a threshold may choose from, sorted; see
    :func:`decode.regions`."""
    found = judged.candidates
    rows = np.flatnonzero(decode.usable(judged.accept, judged.exact))
    marked = Marked(judged.batch, found.start[rows], found.stop[rows])
    s = judged.batch.segments
    starts, ends = marked.spans(s.start, s.end - 1)
    near = judged.near[rows]
    reaches = looks.reach(judged.second, marked.start, marked.stop, near)
    spans = [
        Span(starts[first], ends[stop - 1])
        for first, stop in zip(marked.start.tolist(), marked.stop.tolist(), strict=True)
    ]
    said = (column.tolist() for column in (judged.accept[rows], judged.exact[rows], near))
    made = list(map(Candidate, spans, *said, (reach.at(starts, ends) for reach in reaches)))
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
) -> tuple[list[tuple[Segment, ...]], list[Label]]:
    """The segments of each region, with the probability that each is filler, and what most of the
    region's characters are."""
    region, rows = marked.members
    s = judged.batch.segments
    odds = model.calibration["segment"].log_odds(judged.second["filler"][rows], log_odds[region])
    starts, ends = marked.offsets_of(s.start[rows], s.end[rows] - 1)
    derivative = judged.derivative[rows] > 0
    labels = map((Label.PADDED, Label.DERIVATIVE).__getitem__, derivative.tolist())
    spans = map(explain.new_span, zip(starts.tolist(), ends.tolist()))
    made = map(_new_segment, zip(spans, labels, probability(odds).tolist()))
    segments = [tuple(islice(made, n)) for n in (marked.stop - marked.start).tolist()]
    balance = np.bincount(region, np.where(derivative, ends - starts, starts - ends))
    return segments, [Label.DERIVATIVE if more > 0 else Label.PADDED for more in balance.tolist()]
