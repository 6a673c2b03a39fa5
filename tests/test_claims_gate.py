"""Names, numbers and quotations that the released code calls unsupported, against judgements.

``tests/data/claims.jsonl`` holds claims in the regions that the released model marks on dev pages,
drawn at random, each read with its page: ``right`` says whether it is a name, a number or a
quotation that the unmarked text of the page does not support, ``reason`` what it is if not.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from detector import Detector, Document
from detector.retraining import default_data, pages_of

CLAIMS = Path(__file__).parent / "data" / "claims.jsonl"
LEAST_MARKED = 0.9
"""Share of the claims whose place a model has to mark for the figures to mean anything."""


@pytest.fixture(scope="module")
def counts(detector: Detector) -> Counter[tuple[str, bool, bool]]:
    """Judged claims by kind, whether they are right, and whether they are still claimed."""
    records = [json.loads(line) for line in CLAIMS.read_text(encoding="utf-8").splitlines()]
    wanted = {record["page"] for record in records}
    texts = {p.id: p.text for p in pages_of(default_data().topics, dev=True) if p.id in wanted}
    results = {r.document_id: r for r in detector.detect_many(Document(*p) for p in texts.items())}
    found: Counter[tuple[str, bool, bool]] = Counter()
    for record in records:
        page, start, end = record["page"], record["start"], record["end"]
        shown = texts[page][start:end]
        assert shown == record["text"], f"{page} has changed at {start}: judge its claims again"
        regions = [r for r in results[page].regions if r.span.start <= start and end <= r.span.end]
        evidence = [e for region in regions for e in region.evidence if e.kind == "unsupported"]
        spans = [e.span for e in evidence if e.note == record["kind"]]
        if record["right"]:
            claimed = any(s.start < end and start < s.end for s in spans)
        else:
            claimed = any((s.start, s.end) == (start, end) for s in spans)
        if regions:
            found[record["kind"], record["right"], claimed] += 1
    assert found.total() >= LEAST_MARKED * len(records)
    return found


@pytest.mark.parametrize(("kind", "floor"), [("name", 0.95), ("number", 0.93), ("quotation", 0.98)])
def test_precision(counts: Counter[tuple[str, bool, bool]], kind: str, floor: float) -> None:
    right, wrong = counts[kind, True, True], counts[kind, False, True]
    assert right / (right + wrong) >= floor


@pytest.mark.parametrize(("kind", "floor"), [("name", 0.95), ("number", 0.97), ("quotation", 0.98)])
def test_what_is_right_is_still_claimed(
    counts: Counter[tuple[str, bool, bool]], kind: str, floor: float
) -> None:
    claimed, lost = counts[kind, True, True], counts[kind, True, False]
    assert claimed / (claimed + lost) >= floor
