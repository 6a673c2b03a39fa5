"""Steps for datatrove: annotate documents, cut their filler, drop those full of it.

Each loads its detector when it runs, once a process, and reads documents a batch at a time.
``model`` and ``threshold`` are those of :meth:`Detector.load`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import tee

from detector import adapters, arrow, worker
from detector.types import Document, Result, Unreadable

with adapters.extra("datatrove"):
    from datatrove.data import Document as Page
    from datatrove.pipeline.base import PipelineStep
    from datatrove.pipeline.filters.base_filter import BaseFilter
    from datatrove.pipeline.writers.disk_base import DiskWriter


class FillerAnnotator(PipelineStep):
    """Puts what was found into ``metadata["filler"]``: the columns of ``arrow.row`` but ``id``."""

    name, type = "📎 Filler annotator", "🔎 - ANNOTATOR"

    def __init__(self, model: str | None = None, threshold: float | str | None = None) -> None:
        super().__init__()
        self.model, self.threshold = model, threshold

    def run(self, data: Iterable[Page], rank: int = 0, world_size: int = 1) -> Iterator[Page]:
        pages, read = tee(data)
        documents = (Document(page.id, page.text) for page in read)
        found = worker.detector(self.model, self.threshold).detect_many(documents)
        for page, result in zip(pages, found):
            self.stat_update("total")
            if isinstance(result, Result):
                self.stat_update("filler_chars", value=result.filler_chars)
            self.use(page, result)
            yield page

    def use(self, page: Page, found: Result | Unreadable) -> None:
        row = arrow.row(found)
        page.metadata["filler"] = {name: row[name] for name in arrow.COLUMNS[1:]}


class FillerCutter(FillerAnnotator):
    """Takes the filler out of the text; every other character stays."""

    name, type = "🔪 Filler cutter", "✂️ - FORMAT"

    def use(self, page: Page, found: Result | Unreadable) -> None:
        page.text = found.clean_text() if isinstance(found, Result) else page.text


class FillerFilter(BaseFilter):
    """Drops documents of which more than ``max_fraction`` (0 to 1) of the characters are filler.
    One that cannot be read is kept, for it is not known to be filler."""

    name = "📏 Filler fraction"

    def __init__(
        self,
        max_fraction: float = 0.5,
        model: str | None = None,
        threshold: float | str | None = None,
        exclusion_writer: DiskWriter | None = None,
    ) -> None:
        super().__init__(exclusion_writer, batch_size=128)
        self.max_fraction, self.model, self.threshold = max_fraction, model, threshold

    def filter(self, doc: Page) -> bool | tuple[bool, str]:
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Page]) -> list[bool | tuple[bool, str]]:
        pages = [Document(page.id, page.text) for page in batch]
        found = worker.detector(self.model, self.threshold).detect_many(pages)
        full = (isinstance(f, Result) and f.filler_fraction > self.max_fraction for f in found)
        return [(False, "filler") if drop else True for drop in full]
