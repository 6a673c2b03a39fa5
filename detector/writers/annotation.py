"""Results for people who correct them: Label Studio, Prodigy, spaCy.

Every page is there, also without regions, so that what was missed can be marked. A span has one
label, :func:`~detector.writers.prose.kind`; ``detector.annotations`` reads the corrected pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from detector.errors import MissingExtraError
from detector.types import Result, Unreadable
from detector.writers.prose import kind

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

SPANS_KEY = "filler"
"""The group of spans in a spaCy ``Doc``."""


def _pages(results: Iterable[Result | Unreadable]) -> Iterator[Result]:
    return (result for result in results if isinstance(result, Result))


def prodigy(results: Iterable[Result | Unreadable]) -> Iterator[str]:
    """Tasks for Prodigy's ``spans.manual``, a JSON object a line. Offsets count code points."""
    for result in _pages(results):
        spans = [
            {
                "start": region.span.start,
                "end": region.span.end,
                "label": kind(region),
                "score": round(region.score, 4),
            }
            for region in result.regions
        ]
        meta = {"id": result.document_id, "model": result.model}
        task = {"text": result.text, "spans": spans, "meta": meta}
        yield json.dumps(task, ensure_ascii=False) + "\n"


def label_studio(results: Iterable[Result | Unreadable]) -> Iterator[str]:
    """Tasks for Label Studio with the regions as predictions: one JSON array.

    Offsets count code points, as Label Studio does since version 1.4.
    """
    separator = "[\n"
    for result in _pages(results):
        yield separator + json.dumps(_task(result), ensure_ascii=False)
        separator = ",\n"
    yield "[]\n" if separator.startswith("[") else "\n]\n"


def _task(result: Result) -> dict[str, Any]:
    marks = [
        {
            "id": f"{region.span.start}-{region.span.end}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "score": round(region.score, 4),
            "value": {
                "start": region.span.start,
                "end": region.span.end,
                "text": result.text[region.span.start : region.span.end],
                "labels": [kind(region)],
            },
        }
        for region in result.regions
    ]
    prediction: dict[str, Any] = {"model_version": result.model, "result": marks}
    if result.regions:
        prediction["score"] = round(max(region.score for region in result.regions), 4)
    return {
        "data": {"page": result.document_id, "text": result.text},
        "predictions": [prediction],
    }


def spacy_docs(results: Iterable[Result | Unreadable]) -> Iterator[bytes]:
    """A spaCy ``DocBin`` with the regions of each page in ``doc.spans["filler"]``, their scores in
    the group's ``attrs``, and the page's id in ``doc.user_data``.

    A region begins and ends with a token: tokens of spaCy's English tokenizer that reach over its
    border are parted there. Lone surrogates, which spaCy cannot store, become question marks. All
    pages are held until the end. Raises MissingExtraError without the extra ``spacy``.
    """
    spacy = import_spacy()
    from spacy.tokens import DocBin

    nlp = spacy.blank("en")
    packed = DocBin(attrs=["ORTH"], store_user_data=True)
    for result in _pages(results):
        packed.add(_doc(nlp, result))
    yield packed.to_bytes()


def _doc(nlp: Language, result: Result) -> Doc:
    from spacy.tokens import Doc, SpanGroup

    text = _without_surrogates(result.text)
    borders = {0, len(text)}.union(*((r.span.start, r.span.end) for r in result.regions))
    words, spaces = [], []
    for start, end in pairwise(sorted(borders)):
        for token in nlp.tokenizer(text[start:end]):
            words.append(token.text)
            spaces.append(bool(token.whitespace_))
        if spaces[-1]:
            # The blank that ends a piece is a token, or a region could not end behind it.
            spaces[-1] = False
            words.append(" ")
            spaces.append(False)
    doc = Doc(nlp.vocab, words, spaces)
    found = [doc.char_span(r.span.start, r.span.end, label=kind(r)) for r in result.regions]
    group = SpanGroup(doc, name=SPANS_KEY, spans=list(filter(None, found)))
    group.attrs["scores"] = [round(region.score, 4) for region in result.regions]
    doc.spans[SPANS_KEY] = group
    doc.user_data["id"] = _without_surrogates(result.document_id)
    return doc


def _without_surrogates(text: str) -> str:
    """A text as long, with question marks for lone surrogates, which UTF-8 has not."""
    return text.encode("utf-8", "replace").decode("utf-8")


def import_spacy() -> Any:
    """The module spacy; raises MissingExtraError if it is not installed."""
    try:
        import spacy
    except ImportError as error:
        raise MissingExtraError("this needs spaCy: pip install 'filler-detector[spacy]'") from error
    return spacy
