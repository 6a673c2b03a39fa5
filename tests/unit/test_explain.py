"""Evidence: what is said about a region, and that each reason can be checked in the text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from detector.batch import Batch
from detector.explain import MOST_PHRASES, MOST_UNSUPPORTED, Marked, evidence
from detector.types import Document, Evidence, Label, Span

Read = Callable[..., Batch]

ARTICLE = """\
The council of Jecheon met on Friday and spent 412 crowns on lamps for the harbour.
Chairman Baek left the hall before the vote.
"""
INTERVIEW = """\
Interview: The Future of Jecheon
Time.news Editor: Thank you for having me back, and welcome to our special segment.
Dr. Vela: In Jecheon the council spent 412 crowns on lamps for the harbour, on that Friday.
Time.news Editor: And what of Quibdo?
Dr. Vela: Only time will tell, said Baek, though 99 buses wait.
Time.news Editor: Thank you for your insights."""
PAGE = ARTICLE + INTERVIEW


def evidence_of(
    read: Read, page: str | Document, start: int, label: Label = Label.DERIVATIVE
) -> list[Evidence]:
    """Evidence for the region from segment ``start`` to the end of the page."""
    batch = read(page)
    marked = Marked(batch, np.array([start]), np.array([batch.n]))
    (found,) = evidence(marked, np.full(batch.n, label is Label.DERIVATIVE))
    return found


def shown(found: list[Evidence], kind: str, text: str = PAGE) -> list[tuple[str, str]]:
    return [(text[e.span.start : e.span.end], e.note) for e in found if e.kind == kind]


def test_repeats_names_the_passage_and_the_shared_words(read: Read) -> None:
    (first, *_) = [e for e in evidence_of(read, PAGE, 2) if e.kind == "repeats"]
    assert first.source is not None
    source = PAGE[first.source.start : first.source.end]
    assert source == ARTICLE.splitlines()[0]
    assert PAGE[first.span.start : first.span.end] == PAGE.splitlines()[4]
    words = first.note.removeprefix("shares ").split(", ")
    assert words == ["jecheon", "council", "spent", "412", "crowns", "lamps", "harbour", "friday"]


def test_padded_lines_repeat_nothing(read: Read) -> None:
    assert shown(evidence_of(read, PAGE, 2, Label.PADDED), "repeats") == []


def test_lines_that_share_little_repeat_nothing(read: Read) -> None:
    page = "The council met in Jecheon.\nThe council bought a telescope, a piano and two canoes."
    assert shown(evidence_of(read, page, 1), "repeats") == []


def test_a_region_does_not_repeat_itself(read: Read) -> None:
    page = "\n".join(["Quibdo bought lamps and canoes."] * 3)
    assert shown(evidence_of(read, page, 0), "repeats", page) == []


def test_sources_in_the_preceding_text_count_from_its_start(read: Read) -> None:
    document = Document("d", INTERVIEW, preceding=ARTICLE.strip())
    found = [e for e in evidence_of(read, document, 2) if e.kind == "repeats"]
    assert found[0].in_preceding
    assert found[0].source == Span(0, len(ARTICLE.splitlines()[0]))
    assert INTERVIEW[found[0].span.start : found[0].span.end] == INTERVIEW.splitlines()[2]


def test_frames(read: Read) -> None:
    assert shown(evidence_of(read, PAGE, 2), "frame") == [
        ("Interview: The Future of Jecheon", "heading"),
        ("Thank you for having me", "greeting"),
        ("welcome to our", "greeting"),
        ("special segment.", "greeting"),
        ("Thank you for your insights.", "closing"),
    ]


def test_an_opening_question_is_a_frame(read: Read) -> None:
    page = ARTICLE + "How could Jecheon change?\nNobody knows."
    assert shown(evidence_of(read, page, 2), "frame", page) == [
        ("How could Jecheon change?", "opening question")
    ]


def test_phrases_do_not_lie_inside_each_other(read: Read) -> None:
    kinds = {"phrase", "frame"}
    region = evidence_of(read, PAGE, 2)
    found = [e.span for e in region if e.kind in kinds and e.note != "heading"]
    assert "Only time will tell," in [PAGE[s.start : s.end] for s in found]
    assert all(one is other or one.overlap(other) == 0 for one in found for other in found)


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("Time.news Editor: Why now?", "the site interviews"),
        ("Host: Why now?", "labelled by role"),
        ("Vela: Because.", "speaks 2 times, named nowhere else on the page"),
    ],
)
def test_speakers(read: Read, line: str, note: str) -> None:
    page = ARTICLE + f"{line}\nBaek: No.\n{line}\nBaek: Yes."
    found = shown(evidence_of(read, page, 2), "speaker", page)
    assert found == [(line.partition(" W")[0].partition(" B")[0], note)]


def test_unsupported_names_and_numbers(read: Read) -> None:
    assert shown(evidence_of(read, PAGE, 2), "unsupported") == [
        ("Quibdo", "name"),
        ("99", "number"),
    ]


def test_each_unsupported_thing_is_named_once(read: Read) -> None:
    page = ARTICLE + "They saw the boats of Anna Quibdo.\nThen the boats of Quibdo left."
    assert shown(evidence_of(read, page, 2), "unsupported", page) == [("Anna Quibdo", "name")]


def test_lists_are_bounded(read: Read) -> None:
    page = "".join(f"Only time will tell if Zq{chr(97 + k % 26)}{k} wins.\n" for k in range(60))
    found = evidence_of(read, page, 0)
    assert len(shown(found, "phrase")) == MOST_PHRASES
    assert len(shown(found, "unsupported")) == MOST_UNSUPPORTED


def test_evidence_is_in_page_order(read: Read) -> None:
    spans = [e.span for e in evidence_of(read, PAGE, 2)]
    assert len(spans) > 8
    assert spans == sorted(spans)
