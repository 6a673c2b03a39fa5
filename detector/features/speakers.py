"""Speakers: the frame of a staged conversation and the headings of filler blocks."""

from __future__ import annotations

import numpy as np

from detector.batch import Batch, Bools, Column
from detector.chunks import Flag
from detector.features.registry import measure, rates, region_feature, segment_feature
from detector.spans import EVEN, Regions, Sums

rates("speakers", {"questions": "Question marks a word, as a square root."})


@measure("speakers.label_share")
def label_share(sums: Sums) -> Column:
    """Share of segments that begin with a speaker label."""
    return sums["labels"] / np.maximum(sums["segments"], 1.0)


@measure("speakers.asker_share")
def asker_share(sums: Sums) -> Column:
    """Share of segments whose label names an interviewer's role (editor, host, Q …)."""
    return sums["asker_labels"] / np.maximum(sums["segments"], 1.0)


@measure("speakers.answerer_share")
def answerer_share(sums: Sums) -> Column:
    """Share of segments whose label names a guest's role (expert, analyst, A …)."""
    return sums["answerer_labels"] / np.maximum(sums["segments"], 1.0)


@measure("speakers.outlet_share")
def outlet_share(sums: Sums) -> Column:
    """Share of segments whose label names a news site."""
    return sums["outlet_labels"] / np.maximum(sums["segments"], 1.0)


@measure("speakers.title_share")
def title_share(sums: Sums) -> Column:
    """Share of segments whose label carries a title (Dr., Prof. …)."""
    return sums["title_labels"] / np.maximum(sums["segments"], 1.0)


@measure("speakers.new_speaker_share")
def new_speaker_share(sums: Sums) -> Column:
    """Share of segments whose label is the first of its speaker on the page."""
    return sums["new_labels"] / np.maximum(sums["segments"], 1.0)


@measure("speakers.question_share")
def question_share(sums: Sums) -> Column:
    """Share of segments that end in a question mark."""
    return sums["question_segments"] / np.maximum(sums["segments"], 1.0)


@measure("speakers.heading_share")
def heading_share(sums: Sums) -> Column:
    """Share of segments that are headings: short lines that no sentence mark ends."""
    return sums["headings"] / np.maximum(sums["segments"], 1.0)


def _neighbour(batch: Batch, column: Column, step: int) -> Column:
    """``column`` of the segment ``step`` further on the same page, 0 beyond its ends."""
    return batch.shifted(column, step, 0.0)


def _heading(batch: Batch) -> Column:
    return batch.is_heading.astype(np.float64)


def _question(batch: Batch) -> Column:
    return batch.ends_in_question.astype(np.float64)


def _bracketed(batch: Batch) -> Column:
    return batch.is_bracketed.astype(np.float64)


def _labelled(batch: Batch) -> Column:
    return batch.segments.labelled.astype(np.float64)


def _item(batch: Batch) -> Column:
    return batch.is_item.astype(np.float64)


def _bold(batch: Batch) -> Column:
    return batch.is_bold.astype(np.float64)


for _name, _column, _version, _doc in (
    ("heading", _heading, 1, "a heading"),
    ("question", _question, 1, "a segment that ends in a question mark"),
    ("bracketed", _bracketed, 2, "a line without label in brackets"),
    ("label", _labelled, 1, "a labelled segment"),
    ("item", _item, 1, "an item of a list"),
    ("bold", _bold, 1, "a line that begins in bold"),
):
    for _step, _word in ((-1, "previous"), (0, "own"), (1, "next")):

        @segment_feature(
            f"speakers.{_word}_is_{_name}",
            version=_version,
            doc=f"1 if the {_word} segment is {_doc}.",
        )
        def _compute(batch: Batch, column=_column, step=_step) -> Column:  # type: ignore[no-untyped-def]
            return _neighbour(batch, column(batch), step)


@segment_feature("speakers.opens_like_question")
def opens_like_question(batch: Batch) -> Column:
    """1 if the segment's first word opens a question (what, how, can …)."""
    first = np.minimum(batch.segments.body, batch.segments.end - 1)
    opens: Bools = batch.flags[first] & Flag.QUESTION_WORD != 0
    return opens.astype(np.float64)


@segment_feature("speakers.heading_words", high=20.0)
def heading_words(batch: Batch) -> Column:
    """Words such as interview, takeaways, FAQ in a heading or label."""
    rows = np.flatnonzero(batch.reader.vocabulary.flags[batch.tokens.ids] & Flag.HEADING)
    inside = batch.in_body[rows] | (rows < batch.segments.body[batch.segment_of[rows]])
    found = batch.count(rows[inside]).astype(np.float64)
    short = batch.is_heading | (batch.segments.labelled & (batch.n_words <= 25))
    return np.where(short, found, 0.0)


@segment_feature("speakers.log_turns_of_speaker", high=15.0)
def log_turns_of_speaker(batch: Batch) -> Column:
    """Logarithm of 1 + labels of the segment's speaker on the page; 0 without a speaker."""
    s = batch.segments
    rows = np.flatnonzero(s.labelled)
    combined = batch.of_page(s.key, np.arange(batch.n))
    known, counts = np.unique(combined[rows], return_counts=True)
    out = np.zeros(batch.n)
    with_key = np.flatnonzero(s.key)
    if len(known):
        at = np.minimum(np.searchsorted(known, combined[with_key]), len(known) - 1)
        out[with_key] = np.log1p(np.where(known[at] == combined[with_key], counts[at], 0))
    return out


@segment_feature("speakers.continues_turn")
def continues_turn(batch: Batch) -> Column:
    """1 if the segment is a later piece of a line or turn."""
    return (~batch.segments.first).astype(np.float64)


@region_feature("speakers.log_turns", high=20.0)
def log_turns(regions: Regions) -> Column:
    """Logarithm of 1 + labels in the region."""
    return np.log1p(regions.inside["labels"])


@region_feature("speakers.log_speakers", high=15.0)
def log_speakers(regions: Regions) -> Column:
    """Logarithm of 1 + speakers whose first label on the page stands in the region."""
    return np.log1p(regions.inside["new_labels"])


@region_feature("speakers.asker_question_share")
def asker_question_share(regions: Regions) -> Column:
    """Share of questions in the turns of the speaker who asks most, 0 without labels."""
    return regions.asker[0]


@region_feature("speakers.asker_has_role")
def asker_has_role(regions: Regions) -> Column:
    """1 if the speaker who asks most is labelled by role or outlet."""
    return regions.asker[1]


@region_feature("speakers.answerer_known")
def answerer_known(regions: Regions) -> Column:
    """1 if the name of the speaker who says most stands outside the region."""
    return regions.answerer[0]


@region_feature("speakers.answerer_words", high=20.0)
def answerer_words(regions: Regions) -> Column:
    """Logarithm of 1 + words a turn of the speaker who says most, 0 without labels."""
    return regions.answerer[1]


@region_feature("speakers.speech_outside")
def speech_outside(regions: Regions) -> Column:
    """1 if a speaker of the region also has a label outside it."""
    return regions.speaker_outside


@region_feature("speakers.greeting_at_start", high=3.0)
def greeting_at_start(regions: Regions) -> Column:
    """Root of the greeting phrases in the first three segments."""
    return np.sqrt(np.minimum(regions.edge("greeting", 3, at_end=False), 9.0))


@region_feature("speakers.farewell_at_end", high=3.0)
def farewell_at_end(regions: Regions) -> Column:
    """Root of the farewell phrases in the last three segments."""
    return np.sqrt(np.minimum(regions.edge("farewell", 3, at_end=True), 9.0))


@region_feature("speakers.framed", high=9.0)
def framed(regions: Regions) -> Column:
    """Product of greeting at the start and farewell at the end."""
    return greeting_at_start(regions) * farewell_at_end(regions)


@region_feature("speakers.starts_with_heading")
def starts_with_heading(regions: Regions) -> Column:
    """1 if the region's first segment is a heading."""
    return _heading(regions.batch)[regions.start]


@region_feature("speakers.starts_with_question")
def starts_with_question(regions: Regions) -> Column:
    """1 if the region's first segment ends in a question mark."""
    return _question(regions.batch)[regions.start]


@region_feature("speakers.heading_words_at_start", high=20.0)
def heading_words_at_start(regions: Regions) -> Column:
    """Heading words (interview, takeaways, FAQ …) in the region's first segment."""
    return heading_words(regions.batch)[regions.start]


@region_feature("speakers.heading_before")
def heading_before(regions: Regions) -> Column:
    """1 if a heading stands just before the region: it may belong to it."""
    return _neighbour(regions.batch, _heading(regions.batch), -1)[regions.start]


@region_feature("speakers.dialogue_before")
def dialogue_before(regions: Regions) -> Column:
    """1 if the segment before the region carries a speaker label."""
    return _neighbour(regions.batch, _labelled(regions.batch), -1)[regions.start]


@region_feature("speakers.dialogue_behind")
def dialogue_behind(regions: Regions) -> Column:
    """1 if the segment behind the region carries a speaker label."""
    return _neighbour(regions.batch, _labelled(regions.batch), 1)[regions.stop - 1]


@region_feature("speakers.turn_variation", high=20.0)
def turn_variation(regions: Regions) -> Column:
    """Standard deviation by mean of the words of the region's segments: staged talk is even."""
    words = regions.batch.n_words[regions.members[1]].astype(np.float64)
    mean = regions.mean(words)
    return np.sqrt(np.maximum(regions.mean(words**2) - mean**2, 0.0)) / (mean + EVEN)


@region_feature("speakers.questions_before")
def questions_before(regions: Regions) -> Column:
    """Share of questions among the four segments before the region: a dialogue under way."""
    start = np.maximum(regions.start - 4, regions.page_first)
    return regions.share_of("question_segments", start, regions.start)


@region_feature("speakers.questions_behind")
def questions_behind(regions: Regions) -> Column:
    """Share of questions among the four segments behind the region."""
    stop = np.minimum(regions.stop + 4, regions.page_last)
    return regions.share_of("question_segments", regions.stop, stop)


@region_feature("speakers.labels_before")
def labels_before(regions: Regions) -> Column:
    """Share of labelled segments among the four before the region."""
    start = np.maximum(regions.start - 4, regions.page_first)
    return regions.share_of("labels", start, regions.start)


@region_feature("speakers.labels_behind")
def labels_behind(regions: Regions) -> Column:
    """Share of labelled segments among the four behind the region."""
    stop = np.minimum(regions.stop + 4, regions.page_last)
    return regions.share_of("labels", regions.stop, stop)
