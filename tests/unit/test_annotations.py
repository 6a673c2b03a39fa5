"""There and back: what annotation tools get, and what comes of it when they give it back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.annotations import read_label_studio, read_spacy
from detector.corpus import GoldPage, read_jsonl
from detector.errors import CorpusError
from detector.retraining import pages_of
from detector.types import Form, Label, Region, Result, Segment, Span, Unreadable
from detector.writers import FORMATS

TEXT = "😀 The council met.\r\nEditor: What now?\nExpert: “Who knows” 👩‍🚀?\n"
START = TEXT.index("Editor")
BAD = Unreadable("b.txt", "encoding", "b.txt: not UTF-8")


def region(start: int, end: int, label: Label = Label.PADDED, form: Form = Form.FAQ) -> Region:
    span = Span(start, end)
    return Region(span, label, form, 0.9, 2.2, (Segment(span, label, 0.9),), (), {"base": 2.2})


def result(*regions: Region, text: str = TEXT, name: str = "a.txt") -> Result:
    return Result(name, text, "m", regions)


def written(name: str, folder: Path, *results: Result | Unreadable) -> Path:
    path = folder / f"pages{FORMATS[name].suffix}"
    path.write_bytes(b"".join(FORMATS[name].write(results)))
    return path


def submit(path: Path, change: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
    """Do what Label Studio does: predictions become annotations, which people change."""
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for task in tasks:
        (prediction,) = task.pop("predictions")
        task["annotations"] = [{"result": prediction["result"], "was_cancelled": False}]
        change(task)
    path.write_text(json.dumps(tasks), encoding="utf-8")


def read_back(name: str, folder: Path, *results: Result | Unreadable) -> list[GoldPage]:
    path = written(name, folder, *results)
    if name == "labelstudio":
        submit(path)
    return list(pages_of(path, dev=False))


def spans(page: GoldPage) -> list[tuple[int, int, str, list[Label]]]:
    return [
        (r.span.start, r.span.end, r.subform, [label for _, label in r.lines]) for r in page.regions
    ]


@pytest.fixture(params=["prodigy", "labelstudio", "spacy"])
def tool(request: pytest.FixtureRequest) -> str:
    if request.param == "spacy":
        pytest.importorskip("spacy", reason="needs the extra spacy")
    return str(request.param)


# --- unchanged ------------------------------------------------------------------------------------


@st.composite
def results(draw: st.DrawFn) -> Result:
    text = draw(st.text(st.sampled_from("ab.’ \r\n\t😀é\u0301👩‍🚀\u2028"), min_size=1, max_size=50))
    places = st.integers(0, len(text))
    borders = sorted(draw(st.sets(places, max_size=6)))
    pairs = list(zip(borders[::2], borders[1::2], strict=False))
    forms, labels = st.sampled_from(Form), st.sampled_from([Label.DERIVATIVE, Label.PADDED])
    return result(*(region(a, b, draw(labels), draw(forms)) for a, b in pairs), text=text)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(page=results())
def test_what_nobody_changed_comes_back(tool: str, tmp_path: Path, page: Result) -> None:
    (back,) = read_back(tool, tmp_path, page, BAD)
    assert (back.id, back.text) == ("a.txt", page.text)
    lines = [line for found in back.regions for line in found.lines]
    assert lines == [(found.span, found.label) for found in page.regions]
    # Neighbours of one form become one region, as in any labelled page.
    borders = {place for found in back.regions for place in (found.span.start, found.span.end)}
    assert borders <= {place for r in page.regions for place in (r.span.start, r.span.end)}
    forms = {line: found.form for found in back.regions for line, _ in found.lines}
    assert [forms[found.span] for found in page.regions] == [r.form for r in page.regions]


def test_pages_without_regions_come_back(tool: str, tmp_path: Path) -> None:
    pages = read_back(tool, tmp_path, result(name="1"), result(region(START, 30), name="2"))
    assert [(page.id, len(page.regions)) for page in pages] == [("1", 0), ("2", 1)]


# --- corrected ------------------------------------------------------------------------------------


def test_prodigy_corrected(tmp_path: Path) -> None:
    path = written("prodigy", tmp_path, *(result(region(START, 30), name=n) for n in "123"))
    tasks = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for task, answer in zip(tasks, ["accept", "reject", "ignore"], strict=True):
        task |= {"answer": answer, "_input_hash": 1}
    tasks[0]["spans"][0] |= {"end": len(TEXT), "label": "interview/derivative", "token_end": 9}
    path.write_text("\n".join(map(json.dumps, tasks)), encoding="utf-8")
    (page,) = read_jsonl(path)
    assert page.id == "1"
    assert spans(page) == [(START, len(TEXT), "interview", [Label.DERIVATIVE])]


def test_label_studio_corrected(tmp_path: Path) -> None:
    path = written("labelstudio", tmp_path, result(region(START, 30)), result(name="2"))

    def correct(task: dict[str, Any]) -> None:
        if task["data"]["page"] == "2":
            task["annotations"][0]["was_cancelled"] = True
            return
        (mark,) = task["annotations"][0]["result"]
        value = {"start": 0, "end": 3, "text": TEXT[:3], "labels": ["padded"]}
        choice = {"type": "choices", "value": {"choices": ["sure"]}}
        added = {"type": "labels", "value": value}
        mark["value"] |= {"end": len(TEXT), "text": TEXT[START:].strip()}  # blanks are trimmed
        task["annotations"] = [
            {"result": []},
            {"result": [mark, added, choice]},
            {"result": [], "was_cancelled": True},
        ]

    submit(path, correct)
    (page,) = read_label_studio(path)
    assert spans(page) == [
        (0, 3, "interview", [Label.PADDED]),
        (START, len(TEXT), "faq", [Label.PADDED]),
    ]


def test_label_studio_in_short(tmp_path: Path) -> None:
    path = tmp_path / "min.json"
    mark = {"start": START, "end": START + 6, "text": "Editor", "labels": ["other/padded"]}
    tasks = [
        {"id": 7, "page": "a.txt", "text": TEXT, "label": [mark], "annotator": 1},
        {"id": 8, "page": "b.txt", "text": TEXT, "annotator": 1},
    ]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    marked, clean = read_label_studio(path)
    assert (marked.id, spans(marked)) == ("a.txt", [(START, START + 6, "other", [Label.PADDED])])
    assert (clean.id, clean.regions) == ("b.txt", ())


def test_label_studio_that_counts_utf16(tmp_path: Path) -> None:
    """As it did before version 1.4; the words that come with a mark tell."""
    path = written("labelstudio", tmp_path, result(region(START, len(TEXT))))

    def count(task: dict[str, Any]) -> None:
        value = task["annotations"][0]["result"][0]["value"]
        for name in ("start", "end"):
            value[name] = len(TEXT[: value[name]].encode("utf-16-le")) // 2

    submit(path, count)
    (page,) = read_label_studio(path)
    assert spans(page) == [(START, len(TEXT), "faq", [Label.PADDED])]


def test_spacy_corrected(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy", reason="needs the extra spacy")
    from spacy.tokens import DocBin

    path = written("spacy", tmp_path, result(region(START, 30)))
    vocab = spacy.blank("en").vocab
    (doc,) = DocBin().from_disk(path).get_docs(vocab)
    assert doc.text == TEXT
    assert doc.spans["filler"].attrs["scores"] == [0.9]
    doc.spans["filler"] = [doc.char_span(START, len(TEXT), label="closing/padded")]
    DocBin(store_user_data=True, docs=[doc]).to_disk(path)
    (page,) = read_spacy(path)
    assert (page.id, spans(page)) == ("a.txt", [(START, len(TEXT), "closing", [Label.PADDED])])


def test_spacy_keeps_offsets_where_it_cannot_keep_a_character(tmp_path: Path) -> None:
    pytest.importorskip("spacy", reason="needs the extra spacy")
    (page,) = read_back("spacy", tmp_path, result(region(3, 5), text="\ud800a bc"))
    assert (page.text, page.regions[0].span) == ("?a bc", Span(3, 5))


# --- wrong ----------------------------------------------------------------------------------------


def tasks(*values: Any) -> Iterator[Any]:
    """Tasks of Label Studio, each of which is wrong."""
    for value in values:
        mark = {"type": "labels", "value": value}
        yield [{"data": {"text": TEXT}, "annotations": [{"result": [mark]}]}]


@pytest.mark.parametrize(
    ("export", "message"),
    [
        ({}, "not a list of tasks"),
        ([7], "task 1: not a task"),
        ([{"data": {}, "annotations": [{"result": []}]}], "KeyError: 'text'"),
        ([{"data": {"text": 1}, "annotations": [{"result": []}]}], "'text' is not a string"),
        *zip(
            tasks(
                {"start": 0, "end": 2, "labels": ["quiz/padded"]},
                {"start": 0, "end": 2, "labels": ["PER"]},
                {"start": 0, "end": 2, "labels": []},
                {"start": 0, "end": 2, "labels": ["padded"], "text": "Editor"},
                {"start": 0, "end": 999, "labels": ["padded"]},
                {"start": 2, "end": 2, "labels": ["padded"]},
                {"start": "0", "end": 2, "labels": ["padded"]},
            ),
            [
                "'quiz' is not a form",
                "'PER' is not a valid Label",
                "not enough values",
                "the span 0-2 does not hold 'Editor'",
                "lies off the text",
                "start < end",
                "TypeError",
            ],
            strict=True,
        ),
    ],
)
def test_malformed_exports_of_label_studio(tmp_path: Path, export: Any, message: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps(export), encoding="utf-8")
    with pytest.raises(CorpusError, match=message) as error:
        list(read_label_studio(path))
    assert str(path) in str(error.value)


def test_json_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(b"\xff[")
    with pytest.raises(CorpusError, match="cannot be read as JSON"):
        list(read_label_studio(path))


def test_docbins_that_are_none(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy", reason="needs the extra spacy")
    from spacy.tokens import DocBin

    path = tmp_path / "pages.spacy"
    path.write_bytes(b"nothing")
    with pytest.raises(CorpusError, match="not a DocBin"):
        list(read_spacy(path))
    doc = spacy.blank("en")(TEXT)
    DocBin(docs=[doc]).to_disk(path)
    with pytest.raises(CorpusError, match=r"page 1: no doc.spans\['filler'\]"):
        list(read_spacy(path))
    doc.spans["filler"] = [doc.char_span(0, 1, label="PER")]
    DocBin(docs=[doc]).to_disk(path)
    with pytest.raises(CorpusError, match="page 1: 'PER' is not a valid Label"):
        list(read_spacy(path))
