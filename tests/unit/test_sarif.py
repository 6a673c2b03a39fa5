"""The SARIF log: valid by the official schema, places that can be found, findings that keep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.pipeline import Detector
from detector.types import (
    Abstention,
    Evidence,
    Form,
    Label,
    Region,
    Result,
    Segment,
    Span,
    Unreadable,
)
from detector.writers.sarif import sarif_log, uri

BAD = Unreadable("b.txt", "encoding", "b.txt: not UTF-8")


def page(text: str, span: Span, score: float = 0.95, name: str = "a.txt") -> Result:
    evidence = (
        Evidence("phrase", span, note="vague"),
        Evidence("phrase", span, note="vague"),
        Evidence("repeats", span, Span(0, 1), "shares words"),
        Evidence("repeats", span, Span(0, 9), in_preceding=True),
    )
    segments = (Segment(span, Label.PADDED, score),)
    region = Region(span, Label.PADDED, Form.FAQ, score, 3.0, segments, evidence, {"base": 3.0})
    return Result(name, text, "m", (region,))


def log(*results: Result | Unreadable) -> dict[str, Any]:
    """The only run of a log."""
    (run,) = json.loads("".join(sarif_log(results)))["runs"]
    return run


def test_valid_by_the_schema(detector: Detector, root: Path) -> None:
    """The model was generated from the schema of OASIS and forbids what that does not know."""
    model = pytest.importorskip("pydantic_sarif.model", reason="needs pydantic-sarif")
    seeds = [path.read_bytes().decode() for path in sorted(root.glob("seeds/0*.txt"))]
    pages = [*detector.detect_many(seeds), BAD, Result("c", "Kurz", "m", (), Abstention.SHORT)]
    twice = [*pages, page("Some\ntext", Span(2, 7)), page("Some\ntext", Span(2, 7))]
    for results in ([], pages, twice):
        text = "".join(sarif_log(results))
        model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate_json(text)
        artifacts = [json.dumps(item) for item in json.loads(text)["runs"][0]["artifacts"]]
        assert len(set(artifacts)) == len(artifacts)
        for found in json.loads(text)["runs"][0]["results"]:
            related = [json.dumps(item) for item in found["relatedLocations"]]
            assert len(set(related)) == len(related)


TEXTS = st.text(st.sampled_from("ab \r\n😀\u2028é\ud800"), min_size=1, max_size=60)


@given(TEXTS, st.data())
def test_lines_columns_and_characters_lead_to_the_same_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    (found,) = log(page(text, Span(start, end)))["results"]
    region = found["locations"][0]["physicalLocation"]["region"]
    lines = [line + "\n" for line in text.split("\n")]

    def offset(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + column - 1

    assert offset(region["startLine"], region["startColumn"]) == start == region["charOffset"]
    assert offset(region["endLine"], region["endColumn"]) == end
    assert region["charLength"] == end - start
    assert 1 <= region["startColumn"] <= len(lines[region["startLine"] - 1])


def test_every_region_has_a_rule_with_help() -> None:
    run = log(page("Some text", Span(0, 4)))
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    labels = (Label.DERIVATIVE, Label.PADDED)
    assert list(rules) == [f"{form}/{label}" for form in Form for label in labels]
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules.values())
    assert run["results"][0]["ruleId"] in rules
    assert run["columnKind"] == "unicodeCodePoints"


@pytest.mark.parametrize(("score", "level"), [(0.99, "error"), (0.9, "warning"), (0.89, "note")])
def test_level_goes_by_score(score: float, level: str) -> None:
    (found,) = log(page("Some text", Span(0, 4), score))["results"]
    assert (found["level"], found["rank"]) == (level, 100 * score)


def test_evidence_is_a_related_location() -> None:
    (found,) = log(page("Some text", Span(5, 9)))["results"]
    related = [
        (item["physicalLocation"]["region"]["charOffset"], item["message"]["text"])
        for item in found["relatedLocations"]
    ]
    assert related == [(5, "phrase, vague"), (0, "restated at 5-9: shares words")]


def test_fingerprints_stay_where_text_is_put_before() -> None:
    short, long = page("Some text", Span(5, 9)), page("Add\nSome text", Span(9, 13))
    other = page("Some next", Span(5, 9))
    prints = [log(p)["results"][0]["partialFingerprints"] for p in (short, long, other)]
    assert prints[0] == prints[1] != prints[2]


def test_pages_without_a_finding_are_told() -> None:
    run = log(BAD, Result("c.txt", "Kurz.", "m", (), Abstention.SHORT), Result("d", "x", "m", ()))
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    notices = [
        (notice["level"], notice["descriptor"]["id"], notice["message"]["text"])
        for notice in invocation["toolExecutionNotifications"]
    ]
    assert notices == [
        ("error", "encoding", "b.txt: not UTF-8"),
        ("note", "short", "c.txt: not judged, too short"),
    ]
    assert log()["invocations"][0]["executionSuccessful"]


@pytest.mark.parametrize(
    ("identity", "address"),
    [
        ("pages/é 1.txt", "pages/%C3%A9%201.txt"),
        ("/srv/a b.txt", "file:///srv/a%20b.txt"),
        ("a:b#c?d", "a%3Ab%23c%3Fd"),
        ("https://example.org/a b?q=1#f", "https://example.org/a%20b?q=1#f"),
    ],
)
def test_ids_as_addresses(identity: str, address: str) -> None:
    assert uri(identity) == address
