"""Numbers measured on human text, so that a clone without that text trains the same model.

The text itself is not part of the project. What training needs of it, the rows of the four looks,
is kept in one file, quantised to a byte a value; :class:`Measured` makes these rows from the text,
:class:`Stored` reads them back, and training cannot tell which of the two it is given.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from detector.corpus import HUMAN, GoldPage
from detector.errors import CorpusError
from detector.lexicon import Lexicon
from detector.look_arrays import LookArrays
from detector.model import Look
from detector.rows import Fold, Rows, neighbour_rows, region_rows, rival_rows, segment_rows
from detector.units import CLIP

FORMAT = 2
REMEDY = "measure the human text again with 'detector measure'"
LEVELS = 255
DOCUMENTS_A_SOURCE = 90
SHORT_FROM, SHORT_TO = 250, 1_500
"""Characters of the cuttings from the beginnings of documents, which stand for short pages."""


Sources = Sequence[tuple[str, int]]


class Negatives(Protocol):
    """Rows of human text for each look, given the looks before it.

    ``sources`` says for each fold which pages they were measured on, candidates or none: sources
    and their numbers of pages, in the order of the pages.
    """

    @property
    def sources(self) -> Mapping[int, Sources]: ...

    def segments(self, pilot: Mapping[int, Look], names: tuple[str, ...]) -> Rows: ...

    def neighbours(self, first: Mapping[int, Look], names: tuple[str, ...], /) -> Rows: ...

    def regions(
        self, first: Mapping[int, Look], second: Mapping[int, Look], names: tuple[str, ...], /
    ) -> Rows: ...

    def rivals(
        self,
        first: Mapping[int, Look],
        second: Mapping[int, Look],
        third: Mapping[int, Look],
        names: tuple[str, ...],
        /,
    ) -> Rows:
        """All candidates, as what is marked is counted; those of weight 0 do not train."""
        ...


@dataclass(frozen=True)
class Table:
    """Quantised rows of one look: ``low + step * value``; targets are 0 for all human text."""

    names: tuple[str, ...]
    values: NDArray[np.uint8]
    low: NDArray[np.float32]
    step: NDArray[np.float32]
    weight: NDArray[np.float32]
    fold: NDArray[np.uint8]
    page: NDArray[np.int32]

    @classmethod
    def of(cls, rows: Rows, names: tuple[str, ...]) -> Table:
        mean, scale = rows.matrix.mean(0), rows.matrix.std(0)
        low = np.maximum(rows.matrix.min(0), mean - CLIP * scale).astype(np.float32)
        high = np.minimum(rows.matrix.max(0), mean + CLIP * scale).astype(np.float32)
        step = np.maximum((high - low) / LEVELS, np.float32(1e-9))
        values = np.clip(np.rint((rows.matrix - low) / step), 0, LEVELS).astype(np.uint8)
        return cls(
            names,
            values,
            low,
            step,
            rows.weight.astype(np.float32),
            rows.fold.astype(np.uint8),
            rows.page.astype(np.int32),
        )

    def rows(self, heads: Mapping[str, float]) -> Rows:
        """The rows with a constant target for each of ``heads``."""
        n = len(self.values)
        values = self.low.astype(np.float64) + self.values * self.step.astype(np.float64)
        return Rows(
            values,
            {head: np.full(n, target) for head, target in heads.items()},
            self.weight.astype(np.float64),
            self.fold.astype(np.int64),
            self.page.astype(np.int64),
        )


_OF_SEGMENTS = {"filler": 0.0, "opening": 0.0, "ending": 0.0, "seam": np.nan, "derivative": np.nan}
HEADS: Mapping[str, Mapping[str, float]] = {
    "segments": _OF_SEGMENTS,
    "neighbours": _OF_SEGMENTS,
    "regions": {"accept": 0.0, "exact": np.nan},
    "rivals": {"accept": 0.0, "exact": np.nan},
}
"""Tables, and what the looks should say of human text: nothing on it is filler."""


class Stored:
    """Rows read from a file."""

    def __init__(self, path: Path) -> None:
        """Raises CorpusError if the file is damaged or was measured with other features."""
        self._path = path
        self._kept = LookArrays.load(path, FORMAT, _PARTS, REMEDY)
        self.info = self._kept.info
        self.sources = {
            int(fold): [(source, n) for source, n in sources]
            for fold, sources in self.info["sources"].items()
        }

    def segments(self, _pilot: Mapping[int, Look], names: tuple[str, ...]) -> Rows:
        return self._rows("segments", names)

    def neighbours(self, _first: Mapping[int, Look], names: tuple[str, ...]) -> Rows:
        return self._rows("neighbours", names)

    def regions(
        self, _first: Mapping[int, Look], _second: Mapping[int, Look], names: tuple[str, ...]
    ) -> Rows:
        return self._rows("regions", names)

    def rivals(
        self,
        _first: Mapping[int, Look],
        _second: Mapping[int, Look],
        _third: Mapping[int, Look],
        names: tuple[str, ...],
    ) -> Rows:
        return self._rows("rivals", names)

    def _rows(self, look: str, names: tuple[str, ...]) -> Rows:
        self._kept.require(look, names, self._path, REMEDY)
        return Table(names, **self._kept.arrays[look]).rows(HEADS[look])


class Measured:
    """Rows measured on pages of human text, kept for :meth:`save`."""

    def __init__(self, folds: Sequence[Fold]) -> None:
        self._folds = folds
        self.sources = {fold.number: _sources(fold.pages) for fold in folds}
        self.tables: dict[str, Table] = {}

    def segments(self, pilot: Mapping[int, Look], names: tuple[str, ...]) -> Rows:
        rows = [segment_rows(fold, names, pilot[fold.number]) for fold in self._folds]
        return self._kept("segments", rows, names)

    def neighbours(self, first: Mapping[int, Look], names: tuple[str, ...]) -> Rows:
        rows = [neighbour_rows(fold, first[fold.number], names) for fold in self._folds]
        return self._kept("neighbours", rows, names)

    def regions(
        self, first: Mapping[int, Look], second: Mapping[int, Look], names: tuple[str, ...]
    ) -> Rows:
        rows = [
            region_rows(fold, first[fold.number], second[fold.number], names)
            for fold in self._folds
        ]
        return self._kept("regions", rows, names)

    def rivals(
        self,
        first: Mapping[int, Look],
        second: Mapping[int, Look],
        third: Mapping[int, Look],
        names: tuple[str, ...],
    ) -> Rows:
        rows = [
            rival_rows(fold, first[k], second[k], third[k], names, every=True)
            for k, fold in ((fold.number, fold) for fold in self._folds)
        ]
        return self._kept("rivals", rows, names)

    def _kept(self, look: str, rows: Sequence[Rows], names: tuple[str, ...]) -> Rows:
        # Training gets the quantised values, as it would from the file.
        table = self.tables[look] = Table.of(Rows.joined(rows), names)
        return table.rows(HEADS[look])

    def save(self, path: Path, licences: Mapping[str, Any]) -> None:
        """Write the rows; ``licences`` says where the text came from and how it is licensed."""
        features = {look: table.names for look, table in self.tables.items()}
        arrays = {
            look: {part: getattr(table, part) for part in _PARTS}
            for look, table in self.tables.items()
        }
        info = {
            "sources": self.sources,
            "lexicons": lexicons_digest([fold.lexicon for fold in self._folds]),
            "credits": dict(licences),
        }
        LookArrays(features, arrays, info).save(path, FORMAT)


_PARTS = ("values", "low", "step", "weight", "fold", "page")


def n_pages(sources: Sources) -> int:
    """The pages of one fold."""
    return sum(n for _, n in sources)


def _sources(pages: Sequence[GoldPage]) -> Sources:
    return [(source, len(list(run))) for source, run in groupby(pages, lambda page: page.group)]


def same_rows(one: Path, other: Path) -> bool:
    """Whether two files of human text's rows say the same, whatever their compression."""
    with np.load(one, allow_pickle=False) as a, np.load(other, allow_pickle=False) as b:
        return sorted(a) == sorted(b) and all(np.array_equal(a[key], b[key]) for key in a)


def lexicons_digest(lexicons: Sequence[Lexicon]) -> str:
    """SHA-256 over the n-grams and files of the folds' lexicons."""
    sha = hashlib.sha256()
    for lexicon in lexicons:
        sha.update(lexicon.digest.encode())
        sha.update(json.dumps(sorted(lexicon.habits.items())).encode())
    return sha.hexdigest()


# --- pages of human text ------------------------------------------------------------------------


def read_sources(folder: Path, part: str) -> dict[str, list[dict[str, Any]]]:
    """Records ``{id, text, kind, licence …}`` by source from ``<source>.<part>.jsonl.gz``.

    Raises CorpusError if the folder has none.
    """
    paths = sorted(folder.glob(f"*.{part}.jsonl.gz"))
    if not paths:
        raise CorpusError(f"{folder}: no *.{part}.jsonl.gz here; point to the folder of human text")
    out = {}
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            out[path.name.partition(".")[0]] = [json.loads(line) for line in lines]
    return out


def training_pages(sources: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[GoldPage]:
    """Pages without filler: documents whole, cut short, and run into one line.

    Most pages of the web are shorter than these documents, and a cutting is no less honest.
    """
    for source, records in sorted(sources.items()):
        for record in records[:DOCUMENTS_A_SOURCE]:
            text = record["text"]
            rng = random.Random(record["id"])
            yield GoldPage(record["id"], text, (), group=source, kind=record["kind"])
            short = _beginning(text, rng.randint(SHORT_FROM, SHORT_TO))
            if rng.random() < 0.4:
                short = " ".join(short.split("\n"))
            yield GoldPage(record["id"] + "/short", short, (), group=source, kind=record["kind"])


def dev_pages(folder: Path) -> Iterator[GoldPage]:
    """The whole documents of a folder's dev part, by source; nothing on them is filler."""
    for source, records in read_sources(folder, "dev").items():
        for record in records:
            yield GoldPage(record["id"], record["text"], (), group=source, kind=HUMAN + source)


def _beginning(text: str, least: int) -> str:
    """The first lines of a text that hold ``least`` characters."""
    end = text.find("\n", least)
    return text if end < 0 else text[:end]
