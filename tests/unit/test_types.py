"""Values that go in and come out: their invariants and their wire format."""

from __future__ import annotations

import pickle

import pytest

from detector.types import (
    Abstention,
    Document,
    Evidence,
    Form,
    Label,
    Region,
    Result,
    Segment,
    Span,
)


def region(start: int, end: int, **changes: object) -> Region:
    values: dict[str, object] = {
        "span": Span(start, end),
        "label": Label.PADDED,
        "form": Form.INTERVIEW,
        "score": 0.98765,
        "log_odds": 4.38,
        "segments": (Segment(Span(start, end), Label.PADDED, 0.91237),),
        "evidence": (),
        "contributions": {"base": -1.23456, "speakers": 5.6},
    }
    return Region(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (3, 2), (-1, 2)], ids=["empty", "backwards", "negative"]
)
def test_span_refuses(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=rf"0 <= start < end, got \[{start}, {end}\)"):
        Span(start, end)


def test_span_length_and_order() -> None:
    assert len(Span(2, 5)) == 3
    assert Span(2, 5)._replace(end=9) == Span(2, 9) == pickle.loads(pickle.dumps(Span(2, 9)))
    assert sorted([Span(4, 5), Span(1, 9), Span(1, 2)]) == [Span(1, 2), Span(1, 9), Span(4, 5)]


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (Span(0, 4), Span(4, 6), 0),
        (Span(0, 4), Span(7, 9), 0),
        (Span(0, 4), Span(3, 6), 1),
        (Span(0, 9), Span(3, 6), 3),
        (Span(3, 6), Span(3, 6), 3),
    ],
    ids=["touching", "apart", "crossing", "inside", "same"],
)
def test_span_overlap_is_symmetric(one: Span, other: Span, shared: int) -> None:
    assert one.overlap(other) == other.overlap(one) == shared


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Span(0, 1), "start"),
        (Document("a", "text"), "text"),
        (Segment(Span(0, 1), Label.PADDED, 0.5), "score"),
        (Evidence("phrase", Span(0, 1)), "note"),
        (Result("a", "text", "model", ()), "regions"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
def test_values_are_frozen(value: object, name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(value, name, None)


@pytest.mark.parametrize(
    ("text", "regions", "cleaned", "fraction"),
    [
        ("", (), "", 0.0),
        ("abcdefghij", (), "abcdefghij", 0.0),
        ("abcdefghij", (region(0, 10),), "", 1.0),
        ("abcdefghij", (region(2, 5),), "abfghij", 0.3),
        ("abcdefghij", (region(0, 2), region(2, 4), region(9, 10)), "efghi", 0.5),
    ],
    ids=["empty text", "nothing", "all", "inside", "several"],
)
def test_result_removes_and_counts_its_regions(
    text: str, regions: tuple[Region, ...], cleaned: str, fraction: float
) -> None:
    result = Result("a", text, "m", regions)
    assert result.clean_text() == cleaned
    assert result.filler_fraction == pytest.approx(fraction)
    assert result.filler_chars == len(text) - len(cleaned)


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("é", "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"),
    ],
    ids=["ascii", "utf-8"],
)
def test_digest_is_of_the_utf8_text(text: str, digest: str) -> None:
    assert Result("a", text, "m", ()).text_sha256 == digest


def test_lone_surrogates_have_a_digest() -> None:
    one, other = (Result("a", text, "m", ()).text_sha256 for text in ("\ud800", "\ud801"))
    assert one != other


def test_wire_format() -> None:
    evidence = Evidence("repeats", Span(4, 6), Span(0, 2), "shares a, b")
    result = Result("page#3", "abcdefghij", "default", (region(4, 9, evidence=(evidence,)),))
    assert result.to_dict() == {
        "version": 1,
        "id": "page#3",
        "sha256": result.text_sha256,
        "model": "default",
        "n_chars": 10,
        "filler_chars": 5,
        "filler_fraction": 0.5,
        "spans": [
            {
                "start": 4,
                "end": 9,
                "label": "padded",
                "form": "interview",
                "score": 0.9877,
                "segments": [{"start": 4, "end": 9, "label": "padded", "score": 0.9124}],
                "evidence": [
                    {
                        "kind": "repeats",
                        "start": 4,
                        "end": 6,
                        "source": [0, 2],
                        "note": "shares a, b",
                    }
                ],
                "contributions": {"base": -1.235, "speakers": 5.6},
            }
        ],
    }


@pytest.mark.parametrize("reason", list(Abstention))
def test_only_a_page_that_was_not_judged_says_why(reason: Abstention) -> None:
    assert Result("a", "Kurz.", "m", (), reason).to_dict()["abstained"] == reason.value
    assert "abstained" not in Result("a", "Short.", "m", ()).to_dict()


@pytest.mark.parametrize(
    ("evidence", "more"),
    [
        (Evidence("phrase", Span(0, 1)), {}),
        (Evidence("phrase", Span(0, 1), note="vague"), {"note": "vague"}),
        (Evidence("repeats", Span(0, 1), Span(5, 6)), {"source": [5, 6]}),
        (
            Evidence("repeats", Span(0, 1), Span(5, 6), in_preceding=True),
            {"source": [5, 6], "in_preceding": True},
        ),
    ],
    ids=["bare", "note", "source", "source in the preceding text"],
)
def test_evidence_leaves_out_what_it_lacks(evidence: Evidence, more: dict[str, object]) -> None:
    assert evidence.to_dict() == {"kind": evidence.kind, "start": 0, "end": 1} | more
