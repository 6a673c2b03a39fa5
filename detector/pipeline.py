"""The detector: documents in, results out, in order and without side effects."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TypeVar, cast, overload

from detector import describe, looks, parallel, records, scope
from detector.batch import Batch
from detector.decode import Candidate
from detector.errors import ConfigError, ReadError
from detector.features import matrix
from detector.lexicon import Lexicon
from detector.model import DEFAULT, Model
from detector.reading import Reader
from detector.types import Abstention, Document, Findings, Result, Unreadable

Weighed = tuple[Findings, tuple[Candidate, ...]]
"""What is in a page, and the candidates that its regions were chosen from."""
Found = TypeVar("Found")

BATCH_PAGES = 128
BATCH_CHARS = 400_000
WINDOW_CHARS = 200_000
"""Longer documents are read in windows cut at line breaks; repetition is looked for within one.
Few pages are as long; where text repeats itself, what compares passages grows with the square of a
window."""
WINDOW_LINES = 3_000
"""So are documents of more line breaks: the features of so many segments fill a cache."""
VOCABULARY_LIMIT = 100_000
"""Chunks after which a vocabulary is emptied; a bound on memory that changes no result."""


class Detector:
    """Finds filler in documents.

    >>> detector = Detector.load()
    >>> detector.detect("Nothing but a short note.").regions
    ()
    """

    def __init__(
        self, model: Model, lexicon: Lexicon, threshold: float | str | None = None
    ) -> None:
        """``threshold``: log-odds from which a region is marked, or the name of one of the model's
        thresholds, such as ``1%``; None for its default. Raises ConfigError for an unknown name."""
        self.model = model
        self.lexicon = lexicon
        asked = DEFAULT if threshold is None else threshold
        self.threshold_name = asked if isinstance(asked, str) else None
        """Name of the threshold; None for one that was given in log-odds."""
        self.threshold = model.log_odds(asked) if isinstance(asked, str) else asked
        self._local = threading.local()

    @classmethod
    def load(cls, path: str | Path | None = None, threshold: float | str | None = None) -> Detector:
        """The detector of a model folder; None for the model that comes with the package.

        ``threshold``: log-odds from which a region is marked, or the name of one of the model's
        thresholds, the share of held-out honest pages that it marks: ``"5%"``, ``"1%"``,
        ``"0.1%"``; None for its default. Raises ConfigError if the model has none of this name, and
        ModelError if the model is missing, damaged or made for other features.
        """
        folder = default_model() if path is None else Path(path)
        model = Model.load(folder)
        lexicon = Lexicon.load(folder / "lexicon")
        names = tuple(name for look in model.looks.values() for name in look.features)
        model.require(matrix.versions(names), lexicon.digest, str(folder))
        return cls(model, lexicon, threshold)

    def __reduce__(self) -> tuple[type[Detector], tuple[Model, Lexicon, float | str]]:
        return Detector, (self.model, self.lexicon, self.threshold_name or self.threshold)

    # --- the public calls ---------------------------------------------------------------------

    def detect(self, document: str | Document) -> Result:
        """What is filler in one document; a text counts as a document with the id ``text``.

        Raises ReadError if it is neither.
        """
        (result,) = self.detect_many([document])
        if isinstance(result, Unreadable):  # only if the caller has no use for types
            raise ReadError(result.message)
        return result

    @overload
    def detect_many(
        self,
        documents: Iterable[str | Document],
        jobs: int = 1,
        pause: Callable[[], bool] | None = None,
        ordered: bool = True,
    ) -> Iterator[Result]: ...

    @overload
    def detect_many(
        self,
        documents: records.Items,
        jobs: int = 1,
        pause: Callable[[], bool] | None = None,
        ordered: bool = True,
    ) -> Iterator[Result | Unreadable]: ...

    def detect_many(
        self,
        documents: records.Items,
        jobs: int = 1,
        pause: Callable[[], bool] | None = None,
        ordered: bool = True,
    ) -> Iterator[Result | Unreadable]:
        """Results in the order of ``documents``, which are read a batch at a time.

        Documents may be texts, Documents, mappings with the fields ``text`` and, if they have them,
        ``id``, ``preceding`` and ``url``, or Arrow tables and batches with such columns, which
        stand for their rows. A page that could not be read comes out in its place, and so does, as
        an :class:`Unreadable` of the kind ``field``, whatever is none of these.

        ``jobs`` above 1 spreads batches over so many processes; at most twice as many batches are
        held at once. ``pause`` is asked after each document and ends the batch where it returns
        True, so that a source that has to wait for its next document gets the results of the others
        first (with one process). Unless ``ordered``, batches of several processes come as they are
        done. Results do not depend on batches or jobs. Raises ConfigError for a single text or
        record in the place of many.
        """
        read = records.documents(documents)
        with closing(_spread(self.find, read, jobs, pause, ordered)) as done:
            for batch, findings in done:
                yield from self._results(batch, findings)

    def weigh_many(
        self, documents: Iterable[Document], jobs: int = 1
    ) -> Iterator[tuple[Result, tuple[Candidate, ...]]]:
        """Results in the order of ``documents``, each with the candidates of its page.

        What another threshold would mark can be read off the candidates with
        :func:`detector.decode.regions`. This is for evaluation, and slower than
        :meth:`detect_many`, whose results it gives.
        """
        with closing(_spread(self.weigh, documents, jobs)) as done:
            for batch, found in done:
                results = self._results(batch, [findings for findings, _ in found])
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

    def find(self, documents: Sequence[Document]) -> list[Findings]:
        """What is in each document; all are read as one batch, and a long one comes alone."""
        if not documents:
            return []
        if _is_long(documents[0]):
            return [self._find_in_windows(documents[0])]
        return self._find(documents)

    def _find(self, documents: Sequence[Document], begin: int = 0) -> list[Findings]:
        """The same of documents that are not too long, or windows that begin at ``begin``."""
        judged, reasons = self._judged(documents, begin)
        if judged is None:
            return [Findings((), why) for why in reasons]
        return list(map(Findings, describe.regions(self.model, judged), reasons))

    def _find_in_windows(self, document: Document) -> Findings:
        windows = _windows(document.text)
        return _joined(
            [self._find([replace(document, text=text)], begin)[0] for begin, text in windows]
        )

    def tops(self, documents: Iterable[Document]) -> Iterator[float | None]:
        """For each document the log-odds from which nothing on it is marked; -inf where nothing
        ever is, None for one that is not judged."""
        for batch in _batches(iter(documents), None):
            yield from self._tops(_documents(batch))

    def _tops(self, documents: Sequence[Document]) -> list[float | None]:
        if _is_long(documents[0]):
            pieces = [replace(documents[0], text=text) for _, text in _windows(documents[0].text)]
            tops = [top for piece in pieces for top in self._tops([piece]) if top is not None]
            return [max(tops, default=None)]
        batch = Batch(documents, self._reader())
        reasons = scope.abstentions(batch)
        if all(reasons):
            return [None] * len(reasons)
        tops = looks.judge(self.model, batch, math.inf).tops
        return [None if why else top for top, why in zip(tops, reasons, strict=True)]

    def weigh(self, documents: Sequence[Document]) -> list[Weighed]:
        """What :meth:`find` gives, each with the candidates that the regions were chosen from; a
        page that is not judged has none."""
        if _is_long(documents[0]):
            return [self._weigh_in_windows(documents[0])]
        return self._weigh(documents)

    def _weigh(self, documents: Sequence[Document], begin: int = 0) -> list[Weighed]:
        judged, reasons = self._judged(documents, begin)
        if judged is None:
            return [(Findings((), why), ()) for why in reasons]
        findings = map(Findings, describe.regions(self.model, judged), reasons)
        weighed = zip(describe.candidates(judged), reasons, strict=True)
        candidates = [() if why else page for page, why in weighed]
        return list(zip(findings, candidates, strict=True))

    def _weigh_in_windows(self, document: Document) -> Weighed:
        windows = _windows(document.text)
        parts = [self._weigh([replace(document, text=text)], begin)[0] for begin, text in windows]
        candidates = chain.from_iterable(candidates for _, candidates in parts)
        return _joined([findings for findings, _ in parts]), tuple(candidates)

    def _judged(
        self, documents: Sequence[Document], begin: int
    ) -> tuple[looks.Judged | None, list[Abstention | None]]:
        """A batch, and why pages of it are not judged; nothing is chosen on these. Where
        none is to be judged, as in a window of a long table, the looks are spared."""
        batch = Batch(documents, self._reader(), begin)
        reasons = scope.abstentions(batch)
        if all(reasons):
            return None, reasons
        judged = looks.judge(self.model, batch, self.threshold)
        chosen = [[] if why else page for page, why in zip(judged.pages, reasons, strict=True)]
        return judged._replace(pages=chosen), reasons

    def _results(
        self, batch: Sequence[Document | Unreadable], findings: Iterable[Findings]
    ) -> Iterator[Result | Unreadable]:
        """The results of a batch from what was found in its documents; what could not be read keeps
        its place."""
        found = iter(findings)
        for page in batch:
            if isinstance(page, Document):
                regions, abstained = next(found)
                name, took = self.model.name, page.extractor
                yield Result(page.id, page.text, name, regions, abstained, took)
            else:
                yield page


def _documents(batch: Sequence[Document | Unreadable]) -> list[Document]:
    """What of a batch is to be read, without what came with it."""
    return [Document(p.id, p.text, p.preceding) for p in batch if isinstance(p, Document)]


def default_model() -> Path:
    """The folder of the model that comes with the package (or with the checkout)."""
    return packaged("models/default")


def packaged(name: str) -> Path:
    """A folder that comes with the package; in a checkout it stands beside it."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.exists() else package.parent / name


def _spread(
    find: Callable[[Sequence[Document]], list[Found]],
    documents: Iterable[Document | Unreadable],
    jobs: int,
    pause: Callable[[], bool] | None = None,
    ordered: bool = True,
) -> Generator[tuple[Sequence[Document | Unreadable], list[Found]], None, None]:
    """Batches, in order if ``ordered``, each with what ``find`` makes of its documents in ``jobs``
    processes, which end when this is closed, read to the end or not."""
    if jobs < 1:
        raise ConfigError(f"jobs must be at least 1, got {jobs}")
    tasks = ((batch, _documents(batch)) for batch in _batches(iter(documents), pause))
    if jobs == 1:
        yield from ((batch, find(documents)) for batch, documents in tasks)
    else:
        yield from parallel.spread(find, tasks, jobs, ordered)


def _batches(
    documents: Iterator[Document | Unreadable], pause: Callable[[], bool] | None
) -> Iterator[list[Document | Unreadable]]:
    """Documents in lists that are worth reading at once; long ones alone."""
    batch: list[Document | Unreadable] = []
    chars = 0
    for document in documents:
        size, alone = _n_chars(document), _is_long(document)
        if batch and (alone or len(batch) == BATCH_PAGES or chars + size > BATCH_CHARS):
            yield batch
            batch, chars = [], 0
        batch.append(document)
        chars += size
        if alone or (pause is not None and pause()):
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def _joined(windows: Sequence[Findings]) -> Findings:
    """What is in a long document, from what is in each of its windows."""
    regions = chain.from_iterable(found.regions for found in windows)
    return Findings(tuple(regions), _together({found.abstained for found in windows}))


def _together(reasons: Collection[Abstention | None]) -> Abstention | None:
    """Why a document is not judged, from why each of its windows is not."""
    if None in reasons:
        return None
    return Abstention.LANGUAGE if Abstention.LANGUAGE in reasons else Abstention.SHORT


def _n_chars(document: Document | Unreadable) -> int:
    if isinstance(document, Unreadable):
        return 0
    return len(document.text) + len(document.preceding)


def _is_long(document: Document | Unreadable) -> bool:
    """Whether a document is read in windows."""
    if isinstance(document, Unreadable):
        return False
    if len(document.text) > WINDOW_CHARS:
        return True
    return len(document.text) > WINDOW_LINES and document.text.count("\n") > WINDOW_LINES


def _windows(text: str) -> Iterator[tuple[int, str]]:
    """Pieces of a text of up to WINDOW_CHARS and WINDOW_LINES; longer lines are cut at a blank."""
    start = 0
    while start < len(text):
        end = min(start + WINDOW_CHARS, len(text))
        if end < len(text):
            half = start + WINDOW_CHARS // 2
            cut = text.rfind("\n", half, end)
            if cut < 0:
                cut = text.rfind(" ", half, end)
            end = cut + 1 if cut >= 0 else end
        lines = text[start:end].split("\n", WINDOW_LINES)
        if len(lines) > WINDOW_LINES:
            end -= len(lines[-1])
        yield start, text[start:end]
        start = end
