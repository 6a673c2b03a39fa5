"""What every registered feature promises, whichever it is.

A new feature is tested here as soon as it is registered: it needs a page below on which it leaves
its resting value (that of a dull page) and one on which it does not.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import textstat

from detector.batch import Batch
from detector.compose import pages
from detector.corpus import Topic
from detector.features import matrix
from detector.features.phrasing import GROUPS
from detector.features.registry import (
    FAMILIES,
    LABEL,
    MEASURES,
    NEIGHBOUR,
    REGION,
    RIVAL,
    SEGMENT,
    Feature,
)
from detector.lexicon import Lexicon
from detector.reading import Reader
from detector.rivals import Rivals
from detector.spans import Opinions, Regions, Sums
from detector.types import Document

Read = Callable[..., Batch]
Matrix = np.ndarray

TABLES: tuple[dict[str, Feature[Any]], ...] = (
    MEASURES,
    SEGMENT,
    NEIGHBOUR,
    REGION,
    RIVAL,
    LABEL,
)
EVERY = {name: feature for table in TABLES for name, feature in table.items()}
each_feature = pytest.mark.parametrize("name", sorted(EVERY))

INTERVIEW = """\
The council of Jecheon spent 412 crowns on lamps for the harbour on Friday.
Chairman Baek left the hall, "angry", before the vote (a close one).
Interview: The Future of Jecheon
Time.news Editor: Thank you for having me, and welcome to our segment with 77 guests. What now?
Dr. Vela: In Jecheon the council spent 412 crowns on lamps for the harbour. I'm sure we must!
Time.news Editor: How could you help them? Only time will tell…
Dr. Vela: Experts say that communication, according to Quibdo, is **key** — stay informed 🙂
Time.news Editor: Thank you for your insights. Any final thoughts?
(Applause)
Baek: He said that he remembered that morning, when 88 boats left Tumaco."""
LONG = "\n".join(
    [
        "Is this the end?",
        "short line",
        " ".join(
            f"The harbour of town number {k} was empty on that day, they said." for k in range(9)
        ),
        "The harbour of town number 3 was empty on that day.",
        "Nothing else happened there at all",
    ]
)
HEARING = "\n".join(
    [
        "[Photo: archive]",
        "Q. Where were you on Monday?",
        "A. I was there, and nobody told me.",
        "Q. And then?",
        "A. Then I left. Host of the show, an analyst said.",
        "Key takeaways",
        "Analyst: Experts recommend that you consult a professional, and it remains to be seen.",
        "Host: Frequently asked questions",
        "Share your thoughts in the comments below. Originally published on our website.",
    ]
)
OPINIONS = ("filler", "opening", "ending", "seam", "derivative")
DULL = "it was as it was."
WIDE = " ".join(["ﷺ" * 64] * 300)
STEPS = "one\ntwo\nthree\nfour\nfive\nsix"
LIST = "The council met.\n• One lamp\n**Two** lamps\n3. A mast\nIt left."
PAGES = [DULL, INTERVIEW, LONG, HEARING, "", STEPS, WIDE, LIST]


def measured(batch: Batch) -> dict[str, Matrix]:
    """Every feature's values on a batch: one row a segment, or a region of one to all segments."""
    logits = {
        name: np.sin(np.arange(batch.n) - batch.segments.page_first + k) * 14
        for k, name in enumerate(OPINIONS)
    }
    opinions = Opinions(batch, logits)
    spans = list(regions_of(batch))
    start, stop = np.array(spans, np.int64).reshape(-1, 2).T
    regions = Regions(batch, start, stop, opinions)
    sums = Sums.over(batch, start, stop)
    out = {name: feature.compute(sums) for name, feature in MEASURES.items()}
    out |= {name: feature.compute(batch) for name, feature in SEGMENT.items()}
    out |= {name: feature.compute(opinions) for name, feature in NEIGHBOUR.items()}
    out |= {name: feature.compute(regions) for name, feature in REGION.items()}
    out |= {name: feature.compute(opinions) for name, feature in LABEL.items()}
    rivals = rivals_of(regions)
    out |= {name: feature.compute(rivals) for name, feature in RIVAL.items()}
    return out


def rivals_of(regions: Regions) -> Rivals:
    """The regions as candidates, with log-odds that depend on their place on the page."""
    place = (regions.start - regions.page_first) * 3 + regions.stop - regions.page_first
    return Rivals(regions, np.sin(place) * 14, np.cos(place) * 14)


def regions_of(batch: Batch) -> Iterator[tuple[int, int]]:
    """Regions of each page: all starts with a few lengths, and the whole page."""
    starts = batch.segments.page_starts.tolist()
    for low, high in itertools.pairwise(starts):
        found = {(a, b) for a in range(low, high) for b in (a + 1, a + 4, high) if b <= high}
        yield from sorted(found)


@pytest.fixture(scope="module")
def together(read: Read) -> dict[str, Matrix]:
    """All pages in one batch."""
    return measured(read(*PAGES))


@pytest.fixture(scope="module")
def apart(lexicon: Lexicon) -> list[dict[str, Matrix]]:
    """Each page alone, read by a reader that knows nothing else."""
    return [measured(Batch([Document("d", page)], Reader(lexicon))) for page in PAGES]


@each_feature
def test_names_and_documents(name: str) -> None:
    feature = EVERY[name]
    assert re.fullmatch(r"[a-z]+\.[a-z0-9_+-]+", name)
    assert feature.family in FAMILIES
    assert feature.version >= 1
    assert feature.low < feature.high
    assert len(feature.doc.split()) >= 3
    assert feature.doc.endswith(".")


def test_no_name_is_taken_twice() -> None:
    assert len(EVERY) == sum(map(len, TABLES))


@each_feature
def test_values_are_finite_and_in_range(name: str, together: dict[str, Matrix]) -> None:
    values, feature = together[name], EVERY[name]
    assert values.dtype == np.float64
    assert values.ndim == 1
    assert np.isfinite(values).all()
    assert values.min() >= feature.low
    assert values.max() <= feature.high


@each_feature
def test_values_do_not_depend_on_neighbours_in_the_batch(
    name: str, together: dict[str, Matrix], apart: list[dict[str, Matrix]]
) -> None:
    alone = np.concatenate([page[name] for page in apart])
    assert together[name].tolist() == alone.tolist()


@each_feature
def test_values_are_the_same_twice(name: str, together: dict[str, Matrix], read: Read) -> None:
    again = measured(read(*PAGES))
    assert again[name].tolist() == together[name].tolist()


@each_feature
def test_fires_somewhere_and_rests_somewhere(name: str, apart: list[dict[str, Matrix]]) -> None:
    values = np.concatenate([page[name] for page in apart])
    rest = resting(name, apart[0])
    assert (values != rest).any(), "no page fires"
    assert (values == rest).any(), "no page rests"


def resting(name: str, dull: dict[str, Matrix]) -> float:
    """What a feature says of a page without anything to it."""
    return float(dull[name][0])


@each_feature
def test_a_batch_without_segments_is_no_trouble(name: str, read: Read) -> None:
    assert measured(read("", " \n"))[name].shape == (0,)


@pytest.mark.parametrize("kind", ["segment", "neighbour", "region", "rival", "label"])
def test_matrices_do_not_depend_on_neighbours(
    topics: list[Topic], lexicon: Lexicon, kind: str
) -> None:
    """The columns of the looks, on pages as they occur, to the last bit."""
    texts = [page.text for page in pages(topics[:1], topics)][::3]

    def rows(batch: Batch) -> Matrix:
        place = np.arange(batch.n) - batch.segments.page_first
        opinions = Opinions(batch, {name: np.cos(place) * 9 for name in OPINIONS})
        if kind == "segment":
            return matrix.segment_matrix(batch, matrix.segment_names(frozenset(FAMILIES)))
        if kind == "neighbour":
            return matrix.neighbour_matrix(opinions, matrix.neighbour_names())
        if kind == "label":
            return matrix.label_matrix(opinions, matrix.label_names())
        start, stop = np.array(list(regions_of(batch)), np.int64).reshape(-1, 2).T
        regions = Regions(batch, start, stop, opinions)
        if kind == "rival":
            return matrix.rival_matrix(rivals_of(regions), matrix.rival_names())
        return matrix.region_matrix(regions, matrix.region_names(frozenset(FAMILIES)))

    reader = Reader(lexicon)
    whole = rows(Batch([Document("d", text) for text in texts], reader))
    parts = [rows(Batch([Document("d", text)], reader)) for text in texts]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_every_group_of_phrases_is_a_feature(lexicon: Lexicon) -> None:
    assert set(lexicon.phrases) == set(GROUPS)


def test_versions_are_of_the_features_behind_columns() -> None:
    columns = ("context.log_words", "repetition.seen_share@own", "repetition.seen_share@above")
    assert matrix.versions(columns) == {"context.log_words": 1, "repetition.seen_share": 1}


# --- readability ------------------------------------------------------------------------------

SAMPLES = {
    "plain": "The bridge closed on Monday. Nobody knew why it closed.",
    "long words": "Municipal administrations acknowledge extraordinary infrastructure trouble.",
    "short": "We ran away. He hid there. It was all fun.",
    "mixed": (
        "Several councillors questioned whether the replacement programme was affordable at all. "
        "They left early. Another meeting, with considerably more information, follows tomorrow."
    ),
    "one sentence": "When the pumps failed the lower town was under water within a few hours.",
}


def automated_index(text: str) -> float:
    """textstat's index, which counts punctuation as letters, without it (as Smith & Senter)."""
    marks = float(textstat.char_count(text) - textstat.letter_count(text))
    index: float = textstat.automated_readability_index(text)
    return index - 4.71 * marks / float(textstat.lexicon_count(text))


def coleman_liau(text: str) -> float:
    """textstat's index, which rounds the published 5.88 to 5.8, with 5.88."""
    letters = float(textstat.letter_count(text) / textstat.lexicon_count(text))
    index: float = textstat.coleman_liau_index(text)
    return index + 0.08 * letters


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("lix", textstat.lix),
        ("rix", textstat.rix),
        ("automated_index", automated_index),
        ("coleman_liau", coleman_liau),
    ],
)
def test_readability_equals_textstat(
    read: Read, name: str, function: Callable[[str], float], text: str
) -> None:
    batch = read(text)
    sums = Sums.over(batch, np.array([0]), np.array([batch.n]))
    feature = MEASURES[f"readability.{name}"]
    expected = np.clip(function(text), feature.low, feature.high)
    assert feature.compute(sums)[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("text", ["?", "🙂 …", "***"])
def test_readability_of_nothing_is_defined(read: Read, text: str) -> None:
    sums = Sums.over(read(text), np.array([0]), np.array([1]))
    for name, feature in MEASURES.items():
        if feature.family == "readability":
            assert feature.low <= feature.compute(sums)[0] <= feature.high, name
