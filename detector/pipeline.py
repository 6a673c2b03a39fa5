"""The detector: documents in, results out, in order and without side effects."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast, overload

from detector import describe, explain, looks, parallel
from detector.batch import Batch
from detector.decode import Candidate
from detector.errors import ConfigError
from detector.features import matrix
from detector.lexicon import Lexicon
from detector.model import Model
from detector.reading import Reader
from detector.types import Document, Region, Result, Span, Unreadable

Weighed = tuple[tuple[Region, ...], tuple[Candidate, ...]]
"""The regions of a page and the candidates they were chosen from."""
Found = TypeVar("Found")

BATCH_PAGES = 128
BATCH_CHARS = 500_000
WINDOW_CHARS = 200_000
"""Longer documents are read in windows cut at line breaks; repetition is looked for within one.
Few pages are as long; where text repeats itself, what compares passages grows with the square of a
window."""
VOCABULARY_LIMIT = 200_000
"""Chunks after which a vocabulary is emptied; a bound on memory that changes no result."""


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

    @overload
    def detect_many(
        self,
        documents: Iterable[str | Document],
        jobs: int = 1,
        pause: Callable[[], bool] | None = None,
    ) -> Iterator[Result]: ...

    @overload
    def detect_many(
        self,
        documents: Iterable[str | Document | Unreadable],
        jobs: int = 1,
        pause: Callable[[], bool] | None = None,
    ) -> Iterator[Result | Unreadable]: ...

    def detect_many(
        self,
        documents: Iterable[str | Document | Unreadable],
        jobs: int = 1,
        pause: Callable[[], bool] | None = None,
    ) -> Iterator[Result | Unreadable]:
        """Results in the order of ``documents``, which are read a batch at a time.

        A page that could not be read comes out in its place. ``jobs`` above 1 spreads batches over
        so many processes; at most twice as many batches are held at once. ``pause`` is asked after
        each document and ends the batch where it returns True, so that a source that has to wait
        for its next document gets the results of the others first (with one process). Results do
        not depend on batches or jobs.
        """
        with closing(_spread(self.find, map(_as_document, documents), jobs, pause)) as done:
            for batch, regions in done:
                yield from self._results(batch, regions)

    def weigh_many(
        self, documents: Iterable[Document], jobs: int = 1
    ) -> Iterator[tuple[Result, tuple[Candidate, ...]]]:
        """Results in the order of ``documents``, each with the candidates of its page.

        What another threshold would mark can be read off the candidates with
        :func:`detector.decode.choose`; this is for evaluation, and slower than
        :meth:`detect_many`, whose results it gives.
        """
        with closing(_spread(self.weigh, documents, jobs)) as done:
            for batch, found in done:
                results = self._results(batch, [regions for regions, _ in found])
                for result, (_, candidates) in zip(results, found, strict=True):
                    yield cast("Result", result), candidates

    def clean(self, document: str | Document) -> str:
        """The text without its filler; every other character stays as it was."""
        return self.detect(document).clean_text()

    # --- one batch ----------------------------------------------------------------------------

    def _reader(self) -> Reader:
        """The reader of this thread: vocabularies grow while reading and are not shared."""
        reader: Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = Reader(self.lexicon)
        if len(reader.vocabulary) > VOCABULARY_LIMIT:
            reader.vocabulary.clear()
        return reader

    def find(self, documents: Sequence[Document]) -> list[tuple[Region, ...]]:
        """The regions of each document, which are read as one batch; a long one comes alone."""
        if not documents:
            return []
        if _is_long(documents):
            return [self._find_in_windows(documents[0])]
        return describe.regions(self.model, self._judged(documents))

    def _find_in_windows(self, document: Document) -> tuple[Region, ...]:
        """The regions of a long document, with offsets into the whole of it."""
        found: list[Region] = []
        for start, text in _windows(document.text):
            (regions,) = self.find([replace(document, text=text)])
            found += [explain.moved(region, start) for region in regions]
        return tuple(found)

    def weigh(self, documents: Sequence[Document]) -> list[Weighed]:
        """The regions of each document and the candidates they were chosen from."""
        if _is_long(documents):
            return [self._weigh_in_windows(documents[0])]
        judged = self._judged(documents)
        regions = describe.regions(self.model, judged)
        return list(zip(regions, describe.candidates(judged), strict=True))

    def _weigh_in_windows(self, document: Document) -> Weighed:
        """What a long document has, with offsets into the whole of it."""
        regions: list[Region] = []
        candidates: list[Candidate] = []
        for start, text in _windows(document.text):
            ((found, weighed),) = self.weigh([replace(document, text=text)])
            regions += [explain.moved(region, start) for region in found]
            candidates += [
                c._replace(span=Span(c.span.start + start, c.span.end + start)) for c in weighed
            ]
        return tuple(regions), tuple(candidates)

    def _judged(self, documents: Sequence[Document]) -> looks.Judged:
        return looks.judge(self.model, Batch(documents, self._reader()), self.threshold)

    def _results(
        self, batch: Sequence[Document | Unreadable], regions: Iterable[tuple[Region, ...]]
    ) -> Iterator[Result | Unreadable]:
        """The results of a batch from its documents' regions; what could not be read keeps its
        place."""
        found = iter(regions)
        for page in batch:
            if isinstance(page, Document):
                yield Result(page.id, page.text, self.model.name, next(found))
            else:
                yield page


def _documents(batch: Sequence[Document | Unreadable]) -> list[Document]:
    """What of a batch is to be read, without what came with it."""
    return [Document(p.id, p.text, p.preceding) for p in batch if isinstance(p, Document)]


def _is_long(documents: Sequence[Document]) -> bool:
    """Whether a batch is one document that is read in windows."""
    return len(documents) == 1 and len(documents[0].text) > WINDOW_CHARS


def default_model() -> Path:
    """The folder of the model that comes with the package (or with the checkout)."""
    return packaged("models/default")


def packaged(name: str) -> Path:
    """A folder that comes with the package; in a checkout it stands beside it."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.exists() else package.parent / name


def _as_document(document: str | Document | Unreadable) -> Document | Unreadable:
    return Document("text", document) if isinstance(document, str) else document


def _spread(
    find: Callable[[Sequence[Document]], list[Found]],
    documents: Iterable[Document | Unreadable],
    jobs: int,
    pause: Callable[[], bool] | None = None,
) -> Generator[tuple[Sequence[Document | Unreadable], list[Found]], None, None]:
    """Batches in order, each with what ``find`` makes of its documents in ``jobs`` processes, which
    end when this is closed, read to the end or not."""
    if jobs < 1:
        raise ConfigError(f"jobs must be at least 1, got {jobs}")
    tasks = ((batch, _documents(batch)) for batch in _batches(iter(documents), pause))
    if jobs == 1:
        yield from ((batch, find(documents)) for batch, documents in tasks)
    else:
        yield from parallel.in_order(find, tasks, jobs)


def _batches(
    documents: Iterator[Document | Unreadable], pause: Callable[[], bool] | None
) -> Iterator[list[Document | Unreadable]]:
    """Documents in lists that are worth reading at once; long ones alone."""
    batch: list[Document | Unreadable] = []
    chars = 0
    for document in documents:
        size = _n_chars(document)
        if batch and (len(batch) == BATCH_PAGES or chars + size > BATCH_CHARS):
            yield batch
            batch, chars = [], 0
        batch.append(document)
        chars += size
        if pause is not None and pause():
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def _n_chars(document: Document | Unreadable) -> int:
    if isinstance(document, Unreadable):
        return 0
    return len(document.text) + len(document.preceding)


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
