"""The detector: documents in, results out, in order and without side effects."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from detector import decode, explain, looks
from detector.batch import Batch, Reader
from detector.errors import ConfigError
from detector.features import matrix
from detector.lexicon import Lexicon
from detector.model import Model
from detector.segmentation import token_offsets
from detector.spans import Opinions, Regions
from detector.types import Document, Form, Label, Region, Result, Segment, Span

BATCH_PAGES = 64
BATCH_CHARS = 500_000
WINDOW_CHARS = 1_000_000
"""Longer documents are read in windows cut at line breaks; repetition is looked for within one."""
VOCABULARY_LIMIT = 200_000
"""Chunks after which a vocabulary is emptied; a bound on memory that changes no result."""

_FORMS = (Form.INTERVIEW, Form.FAQ, Form.TAKEAWAYS, Form.CLOSING, Form.OTHER)


class Found(NamedTuple):
    """A chosen candidate of a batch: its row among ``Judged.regions`` and what was said of it."""

    row: int
    start: int
    stop: int
    log_odds: float


class Judged(NamedTuple):
    """A batch with everything the looks said, and the regions chosen on each page."""

    batch: Batch
    first: Opinions
    second: Opinions
    regions: Regions
    pages: list[list[Found]]


class Detector:
    """Finds filler in documents.

    >>> detector = Detector.load()
    >>> detector.detect("Nothing but a short note.").regions
    ()
    """

    def __init__(self, model: Model, lexicon: Lexicon, threshold: float | None = None) -> None:
        """``threshold``: log-odds from which a region is marked; None for the model's default."""
        self.model = model
        self.lexicon = lexicon
        self.threshold = model.threshold if threshold is None else threshold
        self._local = threading.local()

    @classmethod
    def load(cls, path: str | Path | None = None, threshold: float | None = None) -> Detector:
        """The detector of a model folder; None for the model that comes with the package.

        Raises ModelError if the model is missing, damaged or made for other features.
        """
        folder = default_model() if path is None else Path(path)
        model = Model.load(folder)
        lexicon = Lexicon.load(folder / "lexicon")
        names = tuple(name for look in model.looks.values() for name in look.features)
        model.require(matrix.versions(names), lexicon.digest, str(folder))
        return cls(model, lexicon, threshold)

    def __reduce__(self) -> tuple[type[Detector], tuple[Model, Lexicon, float]]:
        return Detector, (self.model, self.lexicon, self.threshold)

    # --- the public calls ---------------------------------------------------------------------

    def detect(self, document: str | Document) -> Result:
        """What is filler in one document; a text counts as a document with the id ``text``."""
        return next(self.detect_many([document]))

    def detect_many(self, documents: Iterable[str | Document], jobs: int = 1) -> Iterator[Result]:
        """Results in the order of ``documents``, which are read a batch at a time.

        ``jobs`` above 1 spreads batches over so many processes; at most twice as many batches are
        held at once. Results do not depend on batches or jobs.
        """
        if jobs < 1:
            raise ConfigError(f"jobs must be at least 1, got {jobs}")
        batches = _batches(map(_as_document, documents))
        if jobs == 1:
            for batch in batches:
                yield from self._detect_batch(batch)
        else:
            yield from self._detect_parallel(batches, jobs)

    def clean(self, document: str | Document) -> str:
        """The text without its filler; every other character stays as it was."""
        return self.detect(document).clean_text()

    # --- one batch ----------------------------------------------------------------------------

    def _reader(self) -> Reader:
        """This thread's reader: vocabularies grow while reading and are not shared."""
        reader: Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = Reader(self.lexicon)
        if len(reader.vocabulary) > VOCABULARY_LIMIT:
            reader.vocabulary.clear()
        return reader

    def judge(self, documents: Sequence[Document]) -> Judged:
        """Read documents as one batch and choose the regions of each."""
        batch = Batch(documents, self._reader())
        model = self.model
        first = looks.first_opinions(batch, model.looks["segments"])
        second = looks.second_opinions(model.looks["neighbours"], first)
        found = looks.propose(batch, second)
        regions = Regions(batch, found.start, found.stop, second)
        look = model.looks["regions"]
        logits = look.logits(matrix.region_matrix(regions, look.features))
        accept = model.calibration["region"].log_odds(logits["accept"])
        pages = []
        for p in range(len(documents)):
            rows = range(found.page_starts[p], found.page_starts[p + 1])
            spans = [(int(found.start[k]), int(found.stop[k])) for k in rows]
            part = slice(rows.start, rows.stop)
            chosen = decode.choose(spans, accept[part], logits["exact"][part], self.threshold)
            pages.append(
                [Found(rows[k], *spans[k], float(accept[part][k])) for k in chosen]
            )
        return Judged(batch, first, second, regions, pages)

    def _detect_batch(self, documents: Sequence[Document]) -> Iterator[Result]:
        if len(documents) == 1 and len(documents[0].text) > WINDOW_CHARS:
            yield self._detect_long(documents[0])
            return
        judged = self.judge(documents)
        for p, document in enumerate(documents):
            yield Result(document.id, document.text, self.model.name, self._regions(judged, p, document))

    def _regions(self, judged: Judged, page: int, document: Document) -> tuple[Region, ...]:
        found = judged.pages[page]
        if not found:
            return ()
        batch = judged.batch
        text = batch.text(page)
        given = int(batch.given[page])
        starts, ends = token_offsets(text)
        first_token = int(batch.tokens.page_starts[page])
        rows = np.array([f.row for f in found])
        regions = judged.regions.only(rows)
        forms = self._forms(regions)
        view = explain.View(batch, page, text, given, starts, ends, first_token)
        out = []
        for k, f in enumerate(found):
            segments = self._segments(judged, view, f)
            out.append(
                Region(
                    span=Span(segments[0].span.start, segments[-1].span.end),
                    label=_majority(segments),
                    form=forms[k],
                    score=_probability(f.log_odds),
                    log_odds=f.log_odds,
                    segments=segments,
                    evidence=explain.evidence(view, f.start, f.stop, segments),
                    contributions=self._contributions(regions, k),
                )
            )
        return tuple(out)

    def _segments(self, judged: Judged, view: explain.View, found: Found) -> tuple[Segment, ...]:
        rows = slice(found.start, found.stop)
        filler = judged.second["filler"][rows]
        log_odds = self.model.calibration["segment"].log_odds(filler, found.log_odds)
        derivative = judged.first["derivative"][rows]
        return tuple(
            Segment(
                view.segment_span(found.start + k),
                Label.DERIVATIVE if derivative[k] > 0 else Label.PADDED,
                _probability(float(log_odds[k])),
            )
            for k in range(found.stop - found.start)
        )

    def _forms(self, regions: Regions) -> list[Form]:
        look = self.model.looks["forms"]
        logits = look.logits(matrix.region_matrix(regions, look.features))
        best = np.argmax(np.stack([logits[form.value] for form in _FORMS]), axis=0)
        return [_FORMS[k] for k in best]

    def _contributions(self, regions: Regions, k: int) -> dict[str, float]:
        """The region's log-odds by family; they add up to ``Region.log_odds``."""
        look = self.model.looks["regions"]
        row = matrix.region_matrix(regions, look.features)[k]
        return self.model.calibration["region"].spread(look.contributions(row, "accept"))

    # --- long documents and processes -----------------------------------------------------------

    def _detect_long(self, document: Document) -> Result:
        """A document in windows; spans are moved to where the window begins."""
        found: list[Region] = []
        for start, text in _windows(document.text):
            part = replace(document, text=text)
            judged = self.judge([part])
            found += [explain.moved(region, start) for region in self._regions(judged, 0, part)]
        return Result(document.id, document.text, self.model.name, tuple(found))

    def _detect_parallel(self, batches: Iterator[list[Document]], jobs: int) -> Iterator[Result]:
        import joblib  # 0.2 s that one process does not need

        run = joblib.Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="2*n_jobs")
        detect = joblib.delayed(_detect_in_worker)
        for results in run(detect(self, batch) for batch in batches):
            yield from results


def default_model() -> Path:
    """The folder of the model that comes with the package (or with the checkout)."""
    package = Path(__file__).parent
    inside = package / "models" / "default"
    return inside if inside.exists() else package.parent / "models" / "default"


def _detect_in_worker(detector: Detector, documents: list[Document]) -> list[Result]:
    return list(detector._detect_batch(documents))


def _as_document(document: str | Document) -> Document:
    return Document("text", document) if isinstance(document, str) else document


def _batches(documents: Iterator[Document]) -> Iterator[list[Document]]:
    """Documents in lists that are worth reading at once; long ones alone."""
    batch: list[Document] = []
    chars = 0
    for document in documents:
        size = len(document.text) + len(document.preceding)
        if batch and (len(batch) == BATCH_PAGES or chars + size > BATCH_CHARS):
            yield batch
            batch, chars = [], 0
        batch.append(document)
        chars += size
    if batch:
        yield batch


def _windows(text: str) -> Iterator[tuple[int, str]]:
    """Pieces of a text of up to WINDOW_CHARS, cut at a line break or blank in the second half."""
    start = 0
    while start < len(text):
        end = min(start + WINDOW_CHARS, len(text))
        if end < len(text):
            half = start + WINDOW_CHARS // 2
            cut = max(text.rfind("\n", half, end), -1)
            if cut < 0:
                cut = text.rfind(" ", half, end)
            end = cut + 1 if cut >= 0 else end
        yield start, text[start:end]
        start = end


def _majority(segments: Sequence[Segment]) -> Label:
    derivative = sum(len(s.span) for s in segments if s.label is Label.DERIVATIVE)
    padded = sum(len(s.span) for s in segments if s.label is Label.PADDED)
    return Label.DERIVATIVE if derivative > padded else Label.PADDED


def _probability(log_odds: float) -> float:
    return float(1.0 / (1.0 + np.exp(-log_odds)))
