"""What holds for any text: offsets, independence, cleaning, the wire format."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detector import scope
from detector.batch import Batch
from detector.compose import pages
from detector.corpus import GoldPage, Topic
from detector.lexicon import Lexicon
from detector.model import Model
from detector.pipeline import Detector, default_model
from detector.targets import segment_offsets
from detector.tokens import token_offsets, tokenize
from detector.types import Document, Result, Span
from detector.vocabulary import Vocabulary

Read = Callable[..., Batch]

PIECES = st.sampled_from(
    [
        "Editor:",
        "**Dr. Vela:**",
        "Q1.",
        "A:",
        "ANNA BERG\n",
        "MIN:",
        "No.",
        ":",
        "Thank you for having me.",
        "How could this change?",
        "The council of Jecheon spent 412 crowns.",
        "Only time will tell",
        "\n",
        "\r\n",
        "\r",
        "\u2028",
        "\x85",
        "\x00",
        " ",
        "\u00a0",
        "\u200b",
        "\u200f",
        "\u202e",
        "שלום",
        "مرحبا؟",
        "e\u0301",
        "İ",
        "ß",
        "ﬁ",
        "ﷺ",
        "👩‍👩‍👧",
        "🇳🇴",
        "\ud800",
        "\udfff",
        "<p>",
        "</p>",
        "&amp;",
        "&#10;",
        "## ",
        "…",
        ". ",
    ]
)
ANY_TEXT = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=80),
    st.lists(PIECES, max_size=40).map("".join),
    st.lists(PIECES, max_size=40).map(" ".join),
)


@pytest.fixture(scope="module")
def eager() -> Iterator[Detector]:
    """The default model with a threshold low enough to mark something nearly everywhere, on pages
    too that it would not judge."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scope, "abstentions", lambda batch: [None] * len(batch.given))
        yield Detector.load(threshold=-60.0)


@pytest.fixture(scope="module")
def composed(topics: list[Topic]) -> list[GoldPage]:
    """Pages of one dev topic in many compositions and shapes."""
    return list(pages(topics[2:], topics))


# --- segments ---------------------------------------------------------------------------------


@given(text=ANY_TEXT)
@example("")
@example("\ud800:\udfff\n\x00")
def test_segments_lie_in_order_in_the_text_and_cover_it(read: Read, text: str) -> None:
    starts, ends = segment_offsets(read(text), 0, text)
    assert all(starts < ends)
    assert all(ends[:-1] <= starts[1:])
    at = 0
    for start, end in zip([*starts, len(text)], [*ends, len(text)], strict=True):
        assert not text[at:start].strip(), "only blanks stand between segments"
        at = end
    for start, end in zip(starts, ends, strict=True):
        assert text[start:end] == text[start:end].strip()


@given(text=ANY_TEXT)
def test_every_token_has_its_offsets(lexicon: Lexicon, text: str) -> None:
    tokens = tokenize([text], Vocabulary(lexicon))
    starts, ends = token_offsets(text)
    assert len(starts) == len(ends) == len(tokens.ids)
    assert all(np.diff(starts) > 0)
    assert starts[-1] == len(text)


@given(texts=st.lists(ANY_TEXT, min_size=1, max_size=4), before=ANY_TEXT)
def test_segments_do_not_depend_on_neighbours(read: Read, texts: list[str], before: str) -> None:
    together = read(before, *texts)
    for page, text in enumerate(texts, 1):
        alone = segment_offsets(read(text), 0, text)
        for one, other in zip(alone, segment_offsets(together, page, text), strict=True):
            assert one.tolist() == other.tolist()


# --- results ----------------------------------------------------------------------------------


def check(result: Result, text: str, preceding: str = "") -> None:
    """Everything that a result promises of its offsets and numbers."""
    at = 0
    for region in result.regions:
        assert at <= region.span.start < region.span.end <= len(text)
        at = region.span.end
        assert region.segments[0].span.start == region.span.start
        assert region.segments[-1].span.end == region.span.end
        inner = region.span.start
        for segment in region.segments:
            assert inner <= segment.span.start < segment.span.end <= region.span.end
            assert 0 <= segment.score <= 1
            inner = segment.span.end
        for evidence in region.evidence:
            assert inside(evidence.span, region.span)
            if evidence.source is not None:
                home = preceding if evidence.in_preceding else text
                assert evidence.source.end <= len(home)
                assert evidence.in_preceding or not evidence.source.overlap(region.span)
        assert 0 <= region.score <= 1
        assert sum(region.contributions.values()) == pytest.approx(region.log_odds, abs=1e-6)
    assert 0 <= result.filler_fraction <= 1


def inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


@given(text=ANY_TEXT, preceding=st.one_of(st.just(""), ANY_TEXT))
@example("Editor:\n\nWhy?\r\nDr. Vela:\r\nBecause.", "The buses run.\nEditor:")
def test_results_keep_their_promises_on_any_text(
    eager: Detector, text: str, preceding: str
) -> None:
    check(eager.detect(Document("d", text, preceding=preceding)), text, preceding)


def test_results_keep_their_promises_on_pages(detector: Detector, composed: list[GoldPage]) -> None:
    results = list(detector.detect_many(page.text for page in composed))
    for page, result in zip(composed, results, strict=True):
        check(result, page.text)
    assert sum(bool(result.regions) for result in results) > len(composed) / 4


@given(text=ANY_TEXT)
def test_cleaning_removes_just_the_regions(eager: Detector, text: str) -> None:
    result = eager.detect(text)
    cleaned = result.clean_text()
    for region in reversed(result.regions):
        text = text[: region.span.start] + text[region.span.end :]
    assert cleaned == text == eager.clean(result.text)


@given(text=ANY_TEXT)
def test_results_survive_json(eager: Detector, text: str) -> None:
    document = eager.detect(Document("a#1", text)).to_dict()
    assert json.loads(json.dumps(document)) == document


def test_detecting_is_pure(detector: Detector, composed: list[GoldPage]) -> None:
    text = next(page.text for page in composed if page.kind == "article+filler")
    assert detector.detect(text) == detector.detect(text)


# --- independence -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alone(composed: list[GoldPage]) -> list[dict[str, object]]:
    """Each page's result from a detector that has read nothing else."""
    detector = Detector.load()
    results = []
    for page in composed:
        detector._reader().vocabulary.clear()
        results.append(detector.detect(Document(page.id, page.text)).to_dict())
    return results


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("seed", [0, 1])
def test_order_batches_and_jobs_change_no_result(
    composed: list[GoldPage],
    alone: list[dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    jobs: int,
) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr("detector.pipeline.BATCH_PAGES", rng.randint(2, 9))
    order = rng.sample(range(len(composed)), len(composed))
    documents = [Document(composed[k].id, composed[k].text) for k in order]
    results = Detector.load().detect_many(iter(documents), jobs=jobs)
    found = [result.to_dict() for result in results]
    assert found == [alone[k] for k in order]


@given(texts=st.lists(ANY_TEXT, max_size=6))
@settings(max_examples=25)
def test_a_batch_of_any_texts_equals_each_alone(eager: Detector, texts: list[str]) -> None:
    together = [result.to_dict() for result in eager.detect_many(texts)]
    assert together == [eager.detect(text).to_dict() for text in texts]


@given(preceding=ANY_TEXT.filter(lambda text: text != ""))
@settings(max_examples=25)
def test_preceding_text_shifts_nothing(read: Read, preceding: str) -> None:
    """Whatever stands before it, a text's own lines keep their borders."""
    text = "The lamps went out at nine.\nNobody saw it.\n\nA cat did."
    preceding += "\nThe harbour was empty."
    batch = read(Document("d", text, preceding=preceding))
    starts, ends = segment_offsets(batch, 0, batch.text(0))
    own = slice(int(batch.own_start[0]), None)
    plain = segment_offsets(read(text), 0, text)
    shift = len(preceding) + 1
    assert (starts[own] - shift).tolist() == plain[0].tolist()
    assert (ends[own] - shift).tolist() == plain[1].tolist()


# --- thresholds -------------------------------------------------------------------------------


def test_a_page_is_marked_below_its_top_and_not_from_it_on(
    composed: list[GoldPage], detector: Detector
) -> None:
    documents = [Document(page.id, page.text) for page in composed]
    for document, top in zip(documents, detector.tops(documents), strict=True):
        for threshold in (-4.0, 0.0, top):
            at = Detector(detector.model, detector.lexicon, threshold)
            assert bool(at.detect(document).regions) == (top is not None and top > threshold)


def test_raising_the_threshold_marks_no_more_pages(composed: list[GoldPage]) -> None:
    """Regions may change with the threshold; pages can only drop out, and scores hold."""
    model = Model.load(default_model())
    lexicon = Lexicon.load(default_model() / "lexicon")
    texts = [page.text for page in composed[:40]]
    previous = [True] * len(texts)
    for threshold in (-4.0, 0.0, 2.0, 6.0):
        detector = Detector(model, lexicon, threshold)
        marked = []
        for result in detector.detect_many(texts):
            assert all(region.log_odds > threshold for region in result.regions)
            marked.append(bool(result.regions))
        assert all(now <= before for now, before in zip(marked, previous, strict=True))
        previous = marked
    assert not all(previous)
