"""Labelled pages: the topic files of ``data/corpus`` and users' own JSONL.

A topic file holds one story: an article and the blocks that may follow it, each line with its
label (``O``, ``D`` or ``P``). The format is described in ``data/README.md``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import index
from pathlib import Path
from typing import Any

from detector.errors import CorpusError
from detector.types import Form, Label, Span

KINDS = ("article", "filler", "genuine", "hardneg", "rewrite")
LABELS = {"O": Label.ORIGINAL, "D": Label.DERIVATIVE, "P": Label.PADDED}
DEV_EVERY = 5
"""Topics whose number is divisible by this are for choosing and reporting, never for training."""
HUMAN = "human: "
"""How the kinds of pages begin that are whole documents of human text; their source follows."""
FILLER_FROM = 0.6
"""Share of the characters of a stretch that must be filler for it to be called so."""

_BLOCK = re.compile(r"@(\w+):(.*)")
_FORMS = {
    "interview": Form.INTERVIEW,
    "faq": Form.FAQ,
    "takeaways": Form.TAKEAWAYS,
    "closing": Form.CLOSING,
    "expert-view": Form.OTHER,
    "reader-box": Form.OTHER,
}
SUBFORMS = tuple(_FORMS)
"""Forms of filler as the corpus tells them apart; the last two are ``other`` in results."""
_KNOWN_FORMS = frozenset(map(str, (*Form, *_FORMS)))
ACCEPTED = "accept"
"""The answer of an annotator in Prodigy who is content with a page."""

LabelledSpan = tuple[Span, Label, str]
"""A span of a page, what it is, and the form of the filler that it is part of."""


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph or speaker turn."""

    text: str
    label: Label


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines of one make; ``at`` says where a filler was inserted."""

    kind: str
    form: str
    style: str
    at: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """One story and everything written around it."""

    number: int
    slug: str
    domain: str
    blocks: tuple[Block, ...]

    def of(self, kind: str) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if block.kind == kind)

    @property
    def article(self) -> Block:
        return self.of("article")[0]

    @property
    def is_dev(self) -> bool:
        return self.number % DEV_EVERY == 0


@dataclass(frozen=True, slots=True)
class GoldRegion:
    """A block of filler as it should be found, with the label of each of its lines."""

    span: Span
    subform: str
    lines: tuple[tuple[Span, Label], ...]

    @property
    def form(self) -> Form:
        return _FORMS.get(self.subform, Form.OTHER)


@dataclass(frozen=True, slots=True)
class GoldPage:
    """A page with its true filler. ``group`` keeps pages of one story or source together."""

    id: str
    text: str
    regions: tuple[GoldRegion, ...]
    group: str
    kind: str = "page"
    shape: str = "plain"
    optional: tuple[Span, ...] = ()


def read_topic(path: Path) -> Topic:
    """Read one topic file.

    Raises CorpusError, naming file and line, for anything that breaks the format.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: cannot be read as UTF-8 ({error}); mend the file") from error
    head: dict[str, str] = {}
    blocks: list[tuple[str, dict[str, str], list[Line]]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        if line.startswith("@"):
            _read_block_line(line, where, head, blocks)
        elif not blocks:
            raise CorpusError(f"{where}: text before the first block; put '@article:' above it")
        else:
            blocks[-1][2].append(_read_line(line, where, blocks[-1][0]))
    return _topic(path, head, blocks)


def _read_block_line(
    line: str,
    where: str,
    head: dict[str, str],
    blocks: list[tuple[str, dict[str, str], list[Line]]],
) -> None:
    match = _BLOCK.fullmatch(line)
    if match is None:
        raise CorpusError(f"{where}: {line[:40]!r} is not '@name: …'; correct the line")
    name, rest = match[1], match[2].strip()
    if name in KINDS:
        fields = dict(pair.partition("=")[::2] for pair in rest.split())
        if name == "filler" and fields.get("form") not in _FORMS:
            raise CorpusError(
                f"{where}: a filler needs form= one of {', '.join(_FORMS)}; correct the line"
            )
        at = fields.get("at", "end")
        if not re.fullmatch(r"end|middle|after:\d+", at):
            raise CorpusError(f"{where}: at={at} is not end, middle or after:K; correct the line")
        blocks.append((name, fields, []))
    elif name in {"topic", "domain"}:
        head[name] = rest
    else:
        raise CorpusError(f"{where}: unknown block '@{name}:'; use one of {', '.join(KINDS)}")


def _read_line(line: str, where: str, kind: str) -> Line:
    mark, bar, text = line.partition("|")
    if mark not in LABELS or not bar or not text.strip():
        raise CorpusError(f"{where}: expected 'O| text', 'D| text' or 'P| text'; correct the line")
    filler = mark != "O"
    if (kind == "filler") != filler and kind != "rewrite":
        wanted = "D or P" if kind == "filler" else "O"
        raise CorpusError(f"{where}: a line of @{kind} must be {wanted}; correct the label")
    return Line(text.strip(), LABELS[mark])


def _topic(
    path: Path, head: dict[str, str], blocks: list[tuple[str, dict[str, str], list[Line]]]
) -> Topic:
    number = re.match(r"\d+", path.name)
    if number is None:
        raise CorpusError(f"{path}: the file name must begin with the topic's number; rename it")
    if "topic" not in head or "domain" not in head:
        raise CorpusError(f"{path}:1: '@topic:' or '@domain:' is missing; add the line")
    built = []
    for kind, fields, lines in blocks:
        if not lines:
            raise CorpusError(f"{path}: a block @{kind} has no lines; add some or delete it")
        form = fields.get("form", kind)
        style, at = fields.get("style", ""), fields.get("at", "end")
        built.append(Block(kind, form, style, at, tuple(lines)))
    if [block.kind for block in built].count("article") != 1:
        raise CorpusError(f"{path}: needs exactly one @article block; add or delete one")
    return Topic(int(number[0]), head["topic"], head["domain"], tuple(built))


def read_topics(folder: Path) -> list[Topic]:
    """All topics of a folder (its ``*.txt`` files), by number.

    Raises CorpusError if there is none, or if two have the same number.
    """
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise CorpusError(f"{folder}: no topic files (*.txt) here; point to a folder of topics")
    topics = [read_topic(path) for path in paths]
    seen: dict[int, Path] = {}
    for topic, path in zip(topics, paths, strict=True):
        if topic.number in seen:
            raise CorpusError(
                f"{path}: number {topic.number} is taken by {seen[topic.number].name}; rename one"
            )
        seen[topic.number] = path
    return sorted(topics, key=lambda topic: topic.number)


def read_jsonl(path: Path) -> Iterator[GoldPage]:
    """Pages of a JSONL file ``{"id", "text", "spans": [{"start", "end", "label", "form"?}]}``.

    Neighbouring spans (nothing but blanks between them) form one region. What Prodigy writes is
    read as well: the id is in ``meta``, the label is ``form/label``, and of records that have an
    ``answer``, those that were not accepted are left out. Raises CorpusError, naming file and line,
    for a record that is malformed or whose labels lie off the text.
    """
    try:
        lines = path.open("rb")
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    with lines:
        for number, raw in enumerate(lines, 1):
            if raw.strip():
                page = _page(raw, f"{path}:{number}", f"{path.name}#{number}")
                if page is not None:
                    yield page


def _page(raw: bytes, where: str, default_id: str) -> GoldPage | None:
    """The page of a record; None if an annotator did not accept it."""
    try:
        record: dict[str, Any] = json.loads(raw)
        text, rows = record["text"], record.get("spans", [])
        if record.get("answer", ACCEPTED) != ACCEPTED:
            return None
        spans = [
            labelled(index(row["start"]), index(row["end"]), row["label"], row.get("form"))
            for row in rows
        ]
        identity = record.get("id", record.get("meta", {}).get("id", default_id))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(
            f"{where}: not a record {{id, text, spans: [{{start, end, label}}]}} "
            f"({type(error).__name__}: {error}); correct the record"
        ) from error
    return gold_page(str(identity), text, spans, where)


def labelled(start: int, end: int, label: str, form: str | None = None) -> LabelledSpan:
    """A span with its label and form; the form may stand in the label too, as ``form/label``.

    Raises ValueError if there are no such span, label or form.
    """
    in_label, _, name = label.rpartition("/")
    if in_label and in_label not in _KNOWN_FORMS:
        raise ValueError(f"{in_label!r} is not a form: {', '.join(sorted(_KNOWN_FORMS))}")
    return Span(start, end), Label(name), form or in_label or Form.INTERVIEW.value


def gold_page(identity: str, text: str, spans: Sequence[LabelledSpan], where: str) -> GoldPage:
    """A page with the regions that its labelled spans form.

    Raises CorpusError, saying ``where``, if the text is none or a span lies off it or overlaps
    another.
    """
    if not isinstance(text, str):
        raise CorpusError(f"{where}: 'text' is not a string; correct the record")
    for span, _, _ in spans:
        if span.end > len(text):
            raise CorpusError(
                f"{where}: span [{span.start}, {span.end}) lies off the text of {len(text)} "
                "characters; offsets are code points of this very text"
            )
    return GoldPage(identity, text, tuple(_regions(text, spans, where)), group=identity)


def _regions(text: str, spans: Iterable[LabelledSpan], where: str) -> Iterator[GoldRegion]:
    run: list[tuple[Span, Label]] = []
    form = ""
    for span, label, subform in sorted(spans):
        if run and span.start < run[-1][0].end:
            raise CorpusError(f"{where}: spans overlap at {span.start}; correct the record")
        if run and (text[run[-1][0].end : span.start].strip() or subform != form):
            yield _region(run, form)
            run = []
        if label is not Label.ORIGINAL:
            run.append((span, label))
            form = subform
    if run:
        yield _region(run, form)


def _region(run: list[tuple[Span, Label]], subform: str) -> GoldRegion:
    return GoldRegion(Span(run[0][0].start, run[-1][0].end), subform, tuple(run))
