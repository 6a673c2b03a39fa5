"""A component for spaCy pipelines: ``nlp.add_pipe("filler")`` fills ``doc.spans["filler"]``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from detector import adapters
from detector.pipeline import Detector
from detector.types import Region
from detector.writers.annotation import SPANS_KEY
from detector.writers.prose import kind

with adapters.extra("spacy"):
    from spacy.language import Language
    from spacy.tokens import Doc, SpanGroup
    from spacy.util import minibatch


class FillerFinder:
    """Marks regions of filler in Docs.

    Labels are ``form/label``, as in the ``DocBin`` that ``detector score`` writes; the group's
    ``attrs["scores"]`` has the scores. A region that ends within a token is widened to all of it.
    """

    def __init__(self, detector: Detector) -> None:
        self.detector = detector

    def __call__(self, doc: Doc) -> Doc:
        return _marked(doc, self.detector.detect(doc.text).regions)

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Docs in order, ``batch_size`` of them at a time."""
        for docs in minibatch(stream, batch_size):
            results = self.detector.detect_many([doc.text for doc in docs])
            yield from (_marked(doc, found.regions) for doc, found in zip(docs, results))


def _marked(doc: Doc, regions: Sequence[Region]) -> Doc:
    scores = [round(region.score, 4) for region in regions]
    group = doc.spans[SPANS_KEY] = SpanGroup(doc, name=SPANS_KEY, attrs={"scores": scores})
    for region in regions:
        at, label = region.span, kind(region)
        group.append(doc.char_span(at.start, at.end, label, alignment_mode="expand"))
    return doc


@Language.factory("filler", default_config={"model": None, "threshold": None})
def make(
    nlp: Language, name: str, model: str | None, threshold: float | str | None
) -> FillerFinder:
    """The component ``filler``; its settings are those of :meth:`Detector.load`."""
    return FillerFinder(Detector.load(model, threshold))
