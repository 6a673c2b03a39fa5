"""The component of spaCy in a blank English pipeline."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

spacy = pytest.importorskip("spacy", reason="needs the extra spacy")

import detector.adapters.spacy  # noqa: E402, F401 - makes the component known

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def nlp() -> Any:
    pipeline = spacy.blank("en")
    pipeline.add_pipe("filler")
    return pipeline


def spans_of(doc: Any) -> Rows:
    scores = doc.spans["filler"].attrs["scores"]
    return [
        {
            "start": span.start_char,
            "end": span.end_char,
            "label": span.label_.partition("/")[2],
            "form": span.label_.partition("/")[0],
            "score": score,
        }
        for span, score in zip(doc.spans["filler"], scores, strict=True)
    ]


def test_spans_are_the_regions(nlp: Any, pages: Rows, expected: dict[str, dict[str, Any]]) -> None:
    docs = list(nlp.pipe(page["text"] for page in pages))
    assert [doc.text for doc in docs] == [page["text"] for page in pages]
    assert [spans_of(doc) for doc in docs] == [expected[page["id"]]["spans"] for page in pages]
    alone = nlp(pages[1]["text"])
    assert spans_of(alone) == spans_of(docs[1]) != []


def test_a_doc_without_filler_has_an_empty_group(nlp: Any) -> None:
    assert list(nlp("A note.").spans["filler"]) == []
    assert list(nlp("").spans["filler"]) == []


def test_pipelines_go_to_disk_and_to_processes(nlp: Any, pages: Rows, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "nlp")
    texts = [page["text"] for page in pages[:8]]
    docs = list(spacy.load(tmp_path / "nlp").pipe(texts, n_process=2, batch_size=2))
    assert [spans_of(doc) for doc in docs] == [spans_of(nlp(text)) for text in texts]
    data = spacy.tokens.DocBin(store_user_data=True, docs=docs).to_bytes()
    copies = spacy.tokens.DocBin().from_bytes(data).get_docs(nlp.vocab)
    assert [spans_of(doc) for doc in copies] == [spans_of(doc) for doc in docs]


def test_settings_are_those_of_the_detector(pages: Rows) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("filler", config={"threshold": 1e9})
    assert not nlp(pages[1]["text"]).spans["filler"]
    strict = spacy.blank("en")
    strict.add_pipe("filler", config={"threshold": "0.1%"})
    assert strict.get_pipe("filler").detector.threshold_name == "0.1%"


def test_the_component_is_found_without_an_import(pages: Rows) -> None:
    known = importlib.metadata.entry_points(group="spacy_factories")
    if "filler" not in known.names:
        pytest.skip("the package is not installed, so its entry points are not known")
    program = "import spacy; nlp = spacy.blank('en'); nlp.add_pipe('filler'); print(nlp.pipe_names)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "['filler']"
