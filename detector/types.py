"""The values that go in and come out: plain, frozen, comparable.

All offsets are Unicode code points into the unmodified text, half open: ``text[start:end]`` is
what was marked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

WIRE_VERSION = 1

ALARM_RATES: Mapping[str, float] = {"5%": 0.05, "1%": 0.01, "0.1%": 0.001}
"""Names of thresholds, and the share of honest pages that each may mark."""


class Label(StrEnum):
    """What a stretch of a page is."""

    ORIGINAL = "original"
    DERIVATIVE = "derivative"
    PADDED = "padded"


class Form(StrEnum):
    """What kind of block a filler region is."""

    INTERVIEW = "interview"
    FAQ = "faq"
    TAKEAWAYS = "takeaways"
    CLOSING = "closing"
    OTHER = "other"


class Abstention(StrEnum):
    """Why a page was not judged: it has too few words, or too few of them are English (another
    language, a table, much code)."""

    SHORT = "short"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Document:
    """One page.

    ``preceding`` is another text that the page may repeat, such as the article a comment page
    belongs to; it is never marked itself, and offsets do not count it. ``extractor`` is the name
    and version of what took the text out of HTML; None for a text that is as it was.
    """

    id: str
    text: str
    preceding: str = ""
    url: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    extractor: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A page that could not be read; it takes the place of its document and of its result.

    ``kind`` is ``missing`` (no such file, or a folder, pattern or archive without any),
    ``access`` (the system refuses, or it is encrypted), ``encoding`` (not in the declared encoding,
    or not UTF-8), ``binary`` (NUL bytes), ``json`` (not a JSON object), ``csv`` (a row that does
    not fit its header), ``markup`` (HTML that would take too long), ``field`` (a field is missing
    or no string), ``size`` (more bytes, or more times its compressed size, than the options allow)
    or ``damaged`` (a file that breaks off or is corrupt; the pages before came out). ``message``
    says what, where and what to do.
    """

    id: str
    kind: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        """The wire format of an error, version 1 (``docs/wire-format.md``)."""
        return {
            "version": WIRE_VERSION,
            "id": self.id,
            "error": {"kind": self.kind, "message": self.message},
        }


# Pages have dozens of the following three, and a tuple is made in a quarter of the time.


class _Ends(NamedTuple):
    start: int
    end: int


class Span(_Ends):
    """A non-empty stretch ``[start, end)`` of a text, in code points."""

    __slots__ = ()

    def __new__(cls, start: int, end: int) -> Span:
        """Raises ValueError unless ``0 <= start < end``."""
        if not 0 <= start < end:
            raise ValueError(f"a span needs 0 <= start < end, got [{start}, {end})")
        return super().__new__(cls, start, end)

    def __len__(self) -> int:
        """Number of code points, not of the two ends."""
        return self.end - self.start

    @classmethod
    def _make(cls, ends: Iterable[int]) -> Span:  # type: ignore[override]
        return cls(*ends)

    def overlap(self, other: Span) -> int:
        """Number of code points that both spans cover."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


class Segment(NamedTuple):
    """A line, turn or sentence: the unit that is classified. ``score`` is P(filler), 0 to 1."""

    span: Span
    label: Label
    score: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "start": self.span.start,
            "end": self.span.end,
            "label": self.label.value,
            "score": round(self.score, 4),
        }


class Evidence(NamedTuple):
    """One reason, checkable in the text.

    ``kind`` is ``repeats`` (``source`` is the earlier passage that ``span`` restates), ``phrase``
    (stock phrase), ``speaker`` (a label or an expert), ``frame`` (heading, greeting, closing) or
    ``unsupported`` (a name, number or quotation that the unmarked text of the page does not hold).
    ``source`` lies in the preceding text, counted from its own start, where ``in_preceding``.
    """

    kind: str
    span: Span
    source: Span | None = None
    note: str = ""
    in_preceding: bool = False

    def to_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {"kind": self.kind, "start": self.span.start, "end": self.span.end}
        if self.source is not None:
            out["source"] = [self.source.start, self.source.end]
            if self.in_preceding:
                out["in_preceding"] = True
        if self.note:
            out["note"] = self.note
        return out


@dataclass(frozen=True, slots=True)
class Region:
    """One appended block, from its heading or bait question to its last line.

    ``label`` is what most of its characters are; ``score`` is the calibrated probability that the
    region is filler. ``contributions`` splits the log-odds of that decision by family of features;
    they add up to ``log_odds``.
    """

    span: Span
    label: Label
    form: Form
    score: float
    log_odds: float
    segments: tuple[Segment, ...]
    evidence: tuple[Evidence, ...]
    contributions: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        return {
            "start": self.span.start,
            "end": self.span.end,
            "label": self.label.value,
            "form": self.form.value,
            "score": round(self.score, 4),
            "segments": [segment.to_dict() for segment in self.segments],
            "evidence": [evidence.to_dict() for evidence in self.evidence],
            "contributions": {name: round(value, 3) for name, value in self.contributions.items()},
        }


class Findings(NamedTuple):
    """The regions of a document, in order; and why it was not judged, if so."""

    regions: tuple[Region, ...] = ()
    abstained: Abstention | None = None


@dataclass(frozen=True)
class Result:
    """What was found in one document. ``regions`` are in order and do not overlap.

    ``abstained`` says why the document was not judged; it then has no regions. None if it was.
    ``extractor`` is what took the text out of HTML, as in :class:`Document`.
    """

    document_id: str
    text: str = field(repr=False)
    model: str
    regions: tuple[Region, ...]
    abstained: Abstention | None = None
    extractor: str | None = None

    @property
    def n_chars(self) -> int:
        return len(self.text)

    @cached_property
    def text_sha256(self) -> str:
        """Digest of the UTF-8 text that the offsets refer to (lone surrogates pass through)."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def filler_chars(self) -> int:
        return sum(len(region.span) for region in self.regions)

    @property
    def filler_fraction(self) -> float:
        """Share of the text's characters that are marked, 0 to 1; 0 for an empty text."""
        return self.filler_chars / self.n_chars if self.text else 0.0

    def clean_text(self) -> str:
        """The text without its regions; every other character stays as it was."""
        kept, at = [], 0
        for region in self.regions:
            kept.append(self.text[at : region.span.start])
            at = region.span.end
        return "".join(kept) + self.text[at:]

    def to_dict(self, keep_text: bool = False) -> dict[str, Any]:
        """The wire format, version 1 (``docs/wire-format.md``); with the text, if it is kept."""
        out: dict[str, Any] = {
            "version": WIRE_VERSION,
            "id": self.document_id,
            "sha256": self.text_sha256,
            "model": self.model,
            "n_chars": self.n_chars,
            "filler_chars": self.filler_chars,
            "filler_fraction": round(self.filler_fraction, 4),
        }
        if self.extractor is not None:
            out["extractor"] = self.extractor
        if self.abstained is not None:
            out["abstained"] = self.abstained.value
        if keep_text:
            out["text"] = self.text
        return out | {"spans": [region.to_dict() for region in self.regions]}
