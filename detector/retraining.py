"""A data folder in, a model folder out: what ``detector train`` and ``detector measure`` run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detector import compose, habits, model_folder
from detector import report as reports
from detector.annotations import read_label_studio, read_spacy
from detector.corpus import GoldPage, Topic, read_jsonl, read_topics
from detector.errors import CorpusError
from detector.evaluation import Scores, evaluate
from detector.learning import LearnedUnits, StoredUnits, UnitsOfLooks
from detector.lexicon import Lexicon
from detector.model import Model
from detector.negatives import (
    Measured,
    Negatives,
    Stored,
    lexicons_digest,
    n_pages,
    read_sources,
    training_pages,
)
from detector.outcomes import outcomes
from detector.pipeline import Detector, packaged
from detector.rows import Fold
from detector.training import (
    EVERY,
    FOLDS,
    Settings,
    Trained,
    fold_of,
    train,
    with_default_threshold,
)

Report = Callable[[str], None]


@dataclass(frozen=True)
class DataFolder:
    """The project's data: topics, lexicon, and what was measured on human text."""

    path: Path

    @property
    def topics(self) -> Path:
        return self.path / "corpus" / "topics"

    @property
    def unseen(self) -> Path:
        """Topics that nothing is trained on, nor any choice made by: for reporting only."""
        return self.path / "corpus" / "unseen"

    @property
    def lexicon(self) -> Path:
        return self.path / "lexicons" / "en"

    @property
    def negatives(self) -> Path:
        return self.path / "real_features.npz"

    @property
    def units(self) -> Path:
        return self.path / "units.npz"

    def stored_units(self) -> StoredUnits | None:
        """The hidden units of this folder, if it has any; else they are to be learned."""
        return StoredUnits(self.units) if self.units.exists() else None

    def fold_habits(self, fold: int) -> Path:
        """Learned n-grams that have not seen a fold."""
        return self.path / "lexicons" / "folds" / f"{fold}.txt"

    def fold_lexicons(self, added: Sequence[Path] = ()) -> list[Lexicon]:
        """The lexicon of each fold, with the entries of the files ``added``."""
        return [Lexicon.load(self.lexicon, self.fold_habits(k), added) for k in range(FOLDS)]


def new_units() -> LearnedUnits:
    """Units to be learned in training: for each fold those that have not seen it, and of all."""
    return LearnedUnits(EVERY)


def default_data() -> DataFolder:
    """The data that come with the package (or with the checkout)."""
    return DataFolder(packaged("data"))


# --- labelled pages -----------------------------------------------------------------------------


_FILES: Mapping[str, Callable[[Path], Iterator[GoldPage]]] = {
    ".jsonl": read_jsonl,
    ".json": read_label_studio,
    ".spacy": read_spacy,
}


RUN_ON = 0.08
"""Share of the compositions, of kinds that dev pages never have on one line, that training sees so
too: what makes borders there is not what makes them between lines."""

AGAIN = 1
"""How often training draws anew what stands beside each other on a page."""


def pages_of(source: Path, dev: bool) -> Iterator[GoldPage]:
    """Labelled pages of a folder of topics (its training or its dev part) or of a file: JSONL, an
    export of Label Studio (``.json``) or a ``DocBin`` of spaCy (``.spacy``).

    Topics whose number is divisible by five are the dev part; a file has none: all of its
    pages are in both. Raises CorpusError for anything else, and for malformed files.
    """
    if source.is_dir():
        yield from _composed(read_topics(source), dev)
    elif source.suffix in _FILES and source.is_file():
        yield from _FILES[source.suffix](source)
    else:
        raise CorpusError(
            f"{source}: neither a folder of topics nor a file of labelled pages "
            f"({', '.join(_FILES)}); see docs/training.md for the formats"
        )


def _composed(topics: Sequence[Topic], dev: bool) -> Iterator[GoldPage]:
    # Articles of other topics precede filler that is off topic; dev pages take dev topics only.
    part = [topic for topic in topics if topic.is_dev == dev]
    return compose.pages(part, part) if dev else compose.pages(part, topics, RUN_ON, AGAIN)


def _folds(pages: Sequence[GoldPage], lexicons: Sequence[Lexicon]) -> list[Fold]:
    return [
        Fold(k, [page for page in pages if fold_of(page.group) == k], fold_lexicon)
        for k, fold_lexicon in enumerate(lexicons)
    ]


# --- training -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Retrained:
    """A trained model and the figures of its held-out folds: of all pages, and of those that are
    not of the base corpus."""

    model: Model
    scores: Scores
    own: Scores
    lexicon: Path
    added: tuple[Path, ...] = ()

    def save(self, folder: Path) -> None:
        """Write model, lexicon and model card; an existing folder is replaced as a whole."""
        model_folder.save(self.model, self.lexicon, folder, self.added)


def retrain(
    data: DataFolder,
    extra: Sequence[Path] = (),
    added: Sequence[Path] = (),
    *,
    name: str = "default",
    settings: Settings | None = None,
    with_negatives: bool = True,
    report: Report = lambda _: None,
) -> Retrained:
    """Train on the data folder and on ``extra`` labelled pages (see :func:`pages_of`).

    The entries of the files ``added`` (see :mod:`detector.additions`) join every lexicon. The
    stored numbers of human text were measured without them; mining takes no phrase that honest
    text has, so that they still hold.
    """
    plain = data.fold_lexicons()
    lexicons = data.fold_lexicons(added) if added else plain
    negatives = Stored(data.negatives) if with_negatives and data.negatives.exists() else None
    units = data.stored_units() or new_units()
    if negatives and negatives.info["lexicons"] != lexicons_digest(plain):
        report(
            f"note: {data.negatives} was measured with another lexicon; its rows are a little off"
        )
    settings = settings or Settings()
    return _retrained(data, lexicons, extra, tuple(added), name, settings, negatives, units, report)


def _retrained(
    data: DataFolder,
    lexicons: Sequence[Lexicon],
    extra: Sequence[Path],
    added: tuple[Path, ...],
    name: str,
    settings: Settings,
    negatives: Negatives | None,
    units: UnitsOfLooks,
    report: Report,
) -> Retrained:
    own = _own_pages(extra)
    pages = [*pages_of(data.topics, dev=False), *own]
    folds = _folds(pages, lexicons)
    report(f"{len(pages)} pages in {FOLDS} folds")
    whole = Lexicon.load(data.lexicon, added=added)
    trained = train(folds, whole, negatives, units, settings, name, report)
    dev = [page for page in pages_of(data.topics, dev=True) if not page.regions]
    if dev:
        trained = with_default_threshold(trained, Fold(FOLDS, dev, whole), settings.alarm_rate)
    report("cross-validation")
    scores = cross_validate(folds, trained, settings.jobs)
    info = {
        "pages": len(pages),
        "human_pages": sum(map(n_pages, negatives.sources.values())) if negatives else 0,
        "human_held_out": {source: t.to_dict() for source, t in trained.human_marked.items()},
        "data": _digest(data.topics, *extra),
        "cross_validation": scores.to_dict(),
    }
    of_own = cross_validate(_folds(own, lexicons), trained, settings.jobs)
    return Retrained(replace(trained.model, info=info), scores, of_own, data.lexicon, added)


def cross_validate(folds: Sequence[Fold], trained: Trained, jobs: int) -> Scores:
    """Figures of every fold under the model that has not seen it."""
    scores = Scores()
    for fold in folds:
        detector = Detector(trained.held_out[fold.number], fold.lexicon)
        evaluate(detector, fold.pages, jobs, scores)
    return scores


@dataclass(frozen=True)
class Comparison:
    """Figures of the model before and after a training, on the same pages."""

    pages: str
    before: Scores
    after: Scores

    @property
    def alarms_rise(self) -> bool:
        """Whether a larger share of the honest pages is marked than before."""
        return self.after.false_alarms.share > self.before.false_alarms.share


def compare(
    made: Retrained, before: Detector, data: DataFolder, extra: Sequence[Path], jobs: int
) -> list[Comparison]:
    """The new model beside the one ``before``, on the base corpus' dev pages and on ``extra``.

    Nothing is scored by a model that was trained on it: the dev pages are nobody's training, and
    the new figures of ``extra`` are those of the held-out folds.
    """
    after = Detector(made.model, Lexicon.load(data.lexicon, added=made.added))
    base, own = list(pages_of(data.topics, dev=True)), _own_pages(extra)
    return [
        Comparison("base dev pages", *(evaluate(d, base, jobs) for d in (before, after))),
        Comparison("your pages, held out", evaluate(before, own, jobs), made.own),
    ]


def _own_pages(extra: Sequence[Path]) -> list[GoldPage]:
    return [page for source in extra for page in pages_of(source, dev=False)]


def _digest(*sources: Path) -> str:
    """SHA-256 over the names and contents of labelled files."""
    sha = hashlib.sha256()
    for source in sources:
        for path in sorted(source.glob("*.txt")) if source.is_dir() else [source]:
            sha.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return sha.hexdigest()


# --- human text ---------------------------------------------------------------------------------


def measure(
    human: Path,
    data: DataFolder,
    units: UnitsOfLooks,
    *,
    name: str = "default",
    report: Report = lambda _: None,
) -> tuple[Retrained, Measured, dict[str, Any]]:
    """Measure a folder of human text and train with it: what a release does.

    Gives the model, the rows to keep in the data folder, and the credits to keep with them. Where
    ``units`` are learned, they are to be kept as well.
    """
    sources = read_sources(human, "train")
    pages = list(training_pages(sources))
    report(f"{len(pages)} pages of {len(sources)} human sources")
    lexicons = data.fold_lexicons()
    measured = Measured(_folds(pages, lexicons))
    made = _retrained(data, lexicons, (), (), name, Settings(), measured, units, report)
    return made, measured, _credits(sources)


def release(made: Retrained, pages: Sequence[GoldPage], folder: Path) -> None:
    """Write the model folder, and beside the model its figures on ``pages``.

    These files are no part of what training writes: without the human text they could not be made
    again, and training has to give the same bytes in every clone.
    """
    made.save(folder)
    detector = Detector.load(folder)
    every = list(outcomes(detector, pages))
    reports.write_figures(folder, reports.Report.of(detector, every, {}))


def _credits(sources: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Licences and numbers of documents by source."""
    return {
        source: {
            "licences": sorted({record["licence"] for record in records}),
            "documents": len(records),
        }
        for source, records in sorted(sources.items())
    }


def relearn(human: Path, data: DataFolder, date: str, report: Report) -> None:
    """Write rarity and habits of the data folder anew, from its topics and human text."""
    sources = read_sources(human, "train")
    topics = [topic for topic in read_topics(data.topics) if not topic.is_dev]
    stories = [
        ("", " ".join(line.text for block in topic.blocks for line in block.lines))
        for topic in topics
    ]
    documents = [(source, r["text"]) for source, records in sources.items() for r in records]
    report("how rare words are, and which are names")
    plain = Lexicon.load(data.lexicon)
    table = habits.rarity([*stories, *documents], plain)
    habits.write_rarity(data.lexicon / "rarity.txt", table, date)
    lines = [line.text for topic in topics for block in topic.blocks for line in block.lines]
    words = habits.names([*lines, *(text for _, text in documents)], plain)
    habits.write_names(data.lexicon / "names.txt", words, date)
    samples = [
        sample
        for topic in topics
        for sample in habits.samples_of(topic, fold_of(f"{topic.number}-"))
    ]
    samples += [
        habits.Sample(
            record["text"],
            source,
            fold_of(source),
            human=True,
            honest_talk=record["kind"] == "human_interview",
        )
        for source, records in sources.items()
        for record in records[: habits.DOCUMENTS_A_SOURCE]
    ]
    learned = habits.Habits(samples, Lexicon.load(data.lexicon))
    for fold in (None, *range(FOLDS)):
        report("habits" if fold is None else f"habits without fold {fold}")
        path = data.lexicon / "habits.txt" if fold is None else data.fold_habits(fold)
        path.parent.mkdir(exist_ok=True)
        habits.write_habits(path, learned.learn(fold), date)
