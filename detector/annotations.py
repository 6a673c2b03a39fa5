"""Labelled pages from annotation tools: exports of Label Studio and spaCy's ``DocBin``.

They hold what ``detector score --format labelstudio|spacy`` wrote, as people corrected it. What
Prodigy writes is JSONL, which :mod:`detector.corpus` reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.corpus import GoldPage, LabelledSpan, gold_page, labelled
from detector.errors import CorpusError
from detector.writers.annotation import SPANS_KEY, import_spacy

if TYPE_CHECKING:
    from spacy.tokens import Doc

_MALFORMED = (ValueError, KeyError, TypeError, AttributeError)


# --- Label Studio -------------------------------------------------------------------------------


def read_label_studio(path: Path) -> Iterator[GoldPage]:
    """Pages of an export of Label Studio, ``JSON`` or ``JSON-MIN``.

    Of several annotations of a page the last that was not cancelled counts; pages without one are
    left out, and so are predictions that nobody submitted. Raises CorpusError, naming file and
    task, for anything malformed and for spans that do not hold the words they were drawn around.
    """
    try:
        tasks = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: cannot be read as JSON ({error}); export it again") from error
    if not isinstance(tasks, list):
        raise CorpusError(f"{path}: not a list of tasks; export as JSON or JSON-MIN")
    for number, task in enumerate(tasks, 1):
        where, default_id = f"{path}: task {number}", f"{path.name}#{number}"
        try:
            page = _full(task) if "data" in task else _short(task)
            if page is not None:
                data, marks = page
                text = data["text"]
                spans = [_mark(mark, text) for mark in marks]
                yield gold_page(str(data.get("page", default_id)), text, spans, where)
        except _MALFORMED as error:
            raise CorpusError(
                f"{where}: not a task of 'detector score --format labelstudio' "
                f"({type(error).__name__}: {error}); correct it in Label Studio and export it again"
            ) from error


_Task = tuple[Mapping[str, Any], list[Mapping[str, Any]]]


def _full(task: Mapping[str, Any]) -> _Task | None:
    """Data and marks of a task as ``JSON`` has it; None if nobody annotated it."""
    done = [a for a in task.get("annotations", []) if not a.get("was_cancelled")]
    if not done:
        return None
    return task["data"], [
        mark["value"] for mark in done[-1]["result"] if mark.get("type") == "labels"
    ]


def _short(task: Mapping[str, Any]) -> _Task | None:
    """The same of ``JSON-MIN``, which leaves out marks if there are none."""
    return task, task.get("label", [])


def _mark(mark: Mapping[str, Any], text: str) -> LabelledSpan:
    (label,) = mark["labels"]
    start, end = index(mark["start"]), index(mark["end"])
    words = mark.get("text")
    if words is not None and not _same(text[start:end], words):
        start, end = _from_utf16(text, start), _from_utf16(text, end)
        if not _same(text[start:end], words):
            raise ValueError(f"the span {mark['start']}-{mark['end']} does not hold {words[:40]!r}")
    return labelled(start, end, label)


def _same(found: str, words: str) -> bool:
    """Whether both are the same text but for white space, which Label Studio trims and escapes."""
    return "".join(found.split()) == "".join(words.replace("\\n", "\n").split())


def _from_utf16(text: str, offset: int) -> int:
    """An offset of Label Studio before version 1.4, which counted UTF-16 units, in code points."""
    before = text.encode("utf-16-le", "surrogatepass")[: 2 * offset]
    return len(before.decode("utf-16-le", "surrogatepass"))


# --- spaCy --------------------------------------------------------------------------------------


def read_spacy(path: Path) -> Iterator[GoldPage]:
    """Pages of a ``DocBin`` whose ``doc.spans["filler"]`` are labelled.

    Raises CorpusError, naming file and page, for anything malformed, MissingExtraError without the
    extra ``spacy``.
    """
    import_spacy()
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    packed = DocBin(store_user_data=True)
    try:
        docs: Iterable[Doc] = list(packed.from_disk(path).get_docs(Vocab()))
    except (OSError, *_MALFORMED) as error:
        raise CorpusError(f"{path}: not a DocBin of spaCy ({error}); write it again") from error
    for number, doc in enumerate(docs, 1):
        where, default_id = f"{path}: page {number}", f"{path.name}#{number}"
        if SPANS_KEY not in doc.spans:
            raise CorpusError(
                f"{where}: no doc.spans[{SPANS_KEY!r}]; set it, to an empty list if there is none"
            )
        try:
            spans = [labelled(s.start_char, s.end_char, s.label_) for s in doc.spans[SPANS_KEY]]
        except ValueError as error:
            raise CorpusError(f"{where}: {error}; correct the label") from error
        yield gold_page(str(doc.user_data.get("id", default_id)), doc.text, spans, where)
