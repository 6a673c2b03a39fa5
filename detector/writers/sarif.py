"""Results as a SARIF 2.1.0 log, for tools that show findings beside a text.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

from detector import __version__
from detector.types import Evidence, Form, Label, Region, Result, Span, Unreadable
from detector.writers.prose import NOT_JUDGED, kind

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ERROR_FROM, WARNING_FROM = 0.99, 0.9
"""Scores from which a region is an error or a warning; below, it is a note."""

_FORMS = {
    Form.INTERVIEW: "interview",
    Form.FAQ: "questions and answers",
    Form.TAKEAWAYS: "key takeaways",
    Form.CLOSING: "closing",
    Form.OTHER: "expert view, reader box or the like",
}
_LABELS = {
    Label.DERIVATIVE: "restates what the page says elsewhere",
    Label.PADDED: "would fit any page",
}
_HELP = (
    "The block seems to carry no information on its page: each of its lines restates what the page "
    "says elsewhere or would fit any page. The related locations are the evidence. Read both; if "
    "you agree, delete the block or let 'detector clean' do it. It says nothing of who wrote it."
)


def sarif_log(results: Iterable[Result | Unreadable]) -> Iterator[str]:
    """A log of one run: a result a region, with its lines, its characters and its evidence.

    Offsets and columns count code points. Pages that could not be read or were not judged are
    notifications. Of a page that is done only its name is held, if something is marked in it.
    """
    artifacts: dict[str, int] = {}
    notices: list[dict[str, Any]] = []
    failed, separator = False, "\n"
    head = {"tool": {"driver": _driver()}, "columnKind": "unicodeCodePoints"}
    yield f'{{"$schema": "{SCHEMA}", "version": "2.1.0", "runs": [{_json(head)[:-1]}, "results": ['
    for result in results:
        if isinstance(result, Unreadable):
            failed = True
            notices.append(_notice("error", result.kind, result.message))
        elif result.abstained is not None:
            message = f"{result.document_id}: not judged, {NOT_JUDGED[result.abstained]}"
            notices.append(_notice("note", result.abstained, message))
        elif result.regions:
            found = _Page(result, artifacts)
            for region in result.regions:
                yield f"{separator}{_json(found.result(region))}"
                separator = ",\n"
    invocation = {"executionSuccessful": not failed, "toolExecutionNotifications": notices}
    listed = ",\n".join(artifacts)
    yield f'\n], "artifacts": [\n{listed}\n], "invocations": [{_json(invocation)}]}}]}}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _driver() -> dict[str, Any]:
    rules = [_rule(form, label) for form in _FORMS for label in _LABELS]
    return {"name": "detector", "semanticVersion": __version__, "rules": rules}


def _rule(form: Form, label: Label) -> dict[str, Any]:
    short = f"Filler ({_FORMS[form]}) that {_LABELS[label]}."
    return {
        "id": f"{form}/{label}",
        "name": f"{form.title()}{label.title()}",
        "shortDescription": {"text": short},
        "fullDescription": {"text": f"{short} This is what most of its characters do."},
        "help": {"text": _HELP},
        "defaultConfiguration": {"level": "warning"},
    }


def _notice(level: str, identity: str, message: str) -> dict[str, Any]:
    return {"level": level, "descriptor": {"id": identity}, "message": {"text": message}}


class _Page:
    """A page with regions; its artifact joins ``artifacts`` (JSON to index), if it is new."""

    def __init__(self, result: Result, artifacts: dict[str, int]) -> None:
        self._result = result
        self._breaks = [match.start() for match in re.finditer("\n", result.text)]
        self._uri = uri(result.document_id)
        artifact = {
            "location": {"uri": self._uri},
            "roles": ["analysisTarget"],
            "properties": {"textSha256": result.text_sha256},
        }
        self._index = artifacts.setdefault(_json(artifact), len(artifacts))

    def result(self, region: Region) -> dict[str, Any]:
        text = self._result.text[region.span.start : region.span.end]
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        message = (
            f"Filler ({_FORMS[region.form]}) that {_LABELS[region.label]}: "
            f"{len(region.span)} characters, score {region.score:.3f}."
        )
        related = [self._evidence(item) for item in region.evidence if not item.in_preceding]
        return {
            "ruleId": kind(region),
            "level": _level(region.score),
            "rank": round(100 * region.score, 2),
            "message": {"text": message},
            "locations": [self._location(region.span)],
            "relatedLocations": [json.loads(item) for item in dict.fromkeys(map(_json, related))],
            "partialFingerprints": {"text/v1": digest},
            "properties": {"score": round(region.score, 4), "model": self._result.model},
        }

    def _evidence(self, item: Evidence) -> dict[str, Any]:
        """The passage that is restated, or what else gives a region away."""
        if item.source is not None:
            note = f"restated at {item.span.start}-{item.span.end}: {item.note}"
            return self._location(item.source) | {"message": {"text": note}}
        note = f"{item.kind}, {item.note}" if item.note else item.kind
        return self._location(item.span) | {"message": {"text": note}}

    def _location(self, span: Span) -> dict[str, Any]:
        start_line, start_column = self._place(span.start)
        end_line, end_column = self._place(span.end)
        place = {
            "startLine": start_line,
            "startColumn": start_column,
            "endLine": end_line,
            "endColumn": end_column,
            "charOffset": span.start,
            "charLength": len(span),
        }
        artifact = {"uri": self._uri, "index": self._index}
        return {"physicalLocation": {"artifactLocation": artifact, "region": place}}

    def _place(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both from 1; lines end with ``\\n``."""
        n_before = bisect_left(self._breaks, offset)
        begin = self._breaks[n_before - 1] + 1 if n_before else 0
        return n_before + 1, offset - begin + 1


def _level(score: float) -> str:
    return "error" if score >= ERROR_FROM else "warning" if score >= WARNING_FROM else "note"


def uri(identity: str) -> str:
    """A page's id as a URI: an address stays, a path becomes relative to where the tool runs.

    >>> uri("pages/My page.txt"), uri("pages.jsonl#7"), uri("https://example.org/a")
    ('pages/My%20page.txt', 'pages.jsonl%237', 'https://example.org/a')
    """
    from urllib.parse import quote

    if re.match(r"https?://", identity):
        return quote(identity, safe="/:?#[]@!$&'()*+,;=%~", errors="surrogatepass")
    if PurePath(identity).is_absolute():
        identity = PurePath(identity).as_posix()
        return (
            "file://"
            + "/" * (not identity.startswith("/"))
            + quote(identity, safe="/:", errors="surrogatepass")
        )
    return quote(identity, errors="surrogatepass")
