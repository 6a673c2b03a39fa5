"""Topic files and users' JSONL: what is read, and what is refused with file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector.corpus import (
    SUBFORMS,
    Line,
    Topic,
    read_jsonl,
    read_topic,
    read_topics,
)
from detector.errors import CorpusError
from detector.types import Form, Label, Span

TOPIC = """\
@topic: bridge-closed
@domain: transport

@article: style=wire
O| The bridge closed on Monday.

@filler: form=faq style=plain at=after:2
P| Why does it matter?
D| The bridge closed.

@genuine: form=interview style=short
O| Editor: Why? | Because.

@rewrite: form=rewrite-closing
O| On Monday the bridge closed.
P| Only time will tell.
"""


def write(folder: Path, text: str, name: str = "012-bridge.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_read_topic(tmp_path: Path) -> None:
    topic = read_topic(write(tmp_path, TOPIC))
    assert (topic.number, topic.slug, topic.domain) == (12, "bridge-closed", "transport")
    assert [block.kind for block in topic.blocks] == ["article", "filler", "genuine", "rewrite"]
    (filler,) = topic.of("filler")
    assert (filler.form, filler.style, filler.at) == ("faq", "plain", "after:2")
    assert filler.lines == (
        Line("Why does it matter?", Label.PADDED),
        Line("The bridge closed.", Label.DERIVATIVE),
    )
    assert topic.of("genuine")[0].lines[0].text == "Editor: Why? | Because."
    assert topic.article.at == "end"


@pytest.mark.parametrize(("number", "is_dev"), [(5, True), (100, True), (1, False), (399, False)])
def test_every_fifth_topic_is_dev(number: int, is_dev: bool) -> None:
    assert Topic(number, "a", "b", ()).is_dev == is_dev


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("@topic: bridge-closed\n", "", r":1: '@topic:' or '@domain:' is missing; add"),
        ("@domain: transport\n", "", r":1: '@topic:' or '@domain:' is missing; add"),
        ("@article: style=wire", "O| Too early.", r":4: text before the first block; put"),
        ("@article: style=wire", "@artikel: style=wire", r":4: unknown block '@artikel:'; use"),
        ("@article: style=wire", "@article", r":4: '@article' is not '@name: …'; correct"),
        ("O| The bridge", "The bridge", r":5: expected 'O\| text', 'D\| text' or 'P\| text'"),
        ("O| The bridge", "X| The bridge", r":5: expected 'O\| text'"),
        ("O| The bridge closed on Monday.", "O|  ", r":5: expected 'O\| text'"),
        ("O| The bridge", "P| The bridge", r":5: a line of @article must be O; correct"),
        ("P| Why does", "O| Why does", r":8: a line of @filler must be D or P; correct"),
        ("form=faq", "form=poem", r":7: a filler needs form= one of interview, faq"),
        ("form=faq ", "", r":7: a filler needs form="),
        ("at=after:2", "at=start", r":7: at=start is not end, middle or after:K; correct"),
        ("O| Editor: Why? | Because.\n", "", r": a block @genuine has no lines; add"),
        ("@genuine:", "@article:", r": needs exactly one @article block"),
        ("@article: style=wire", "@hardneg:", r": needs exactly one @article block"),
    ],
    ids=[
        "no topic",
        "no domain",
        "early text",
        "unknown block",
        "no colon",
        "no label",
        "unknown label",
        "empty line",
        "filler in an article",
        "original in a filler",
        "unknown form",
        "no form",
        "unknown place",
        "empty block",
        "two articles",
        "no article",
    ],
)
def test_read_topic_names_file_line_and_remedy(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in TOPIC
    path = write(tmp_path, TOPIC.replace(old, new, 1))
    with pytest.raises(CorpusError, match=r"012-bridge\.txt" + message):
        read_topic(path)


def test_read_topic_names_a_file_without_number(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"bridge\.txt: .*begin with the topic's number; rename"):
        read_topic(write(tmp_path, TOPIC, "bridge.txt"))


def test_read_topic_names_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "012-bridge.txt"
    path.write_bytes(b"@topic: \xff")
    with pytest.raises(CorpusError, match=r"012-bridge\.txt: cannot be read as UTF-8 .*mend"):
        read_topic(path)


def test_read_topics_sorts_by_number(tmp_path: Path) -> None:
    for name in ("100-a.txt", "020-b.txt", "3-c.txt"):
        write(tmp_path, TOPIC, name)
    assert [topic.number for topic in read_topics(tmp_path)] == [3, 20, 100]


def test_read_topics_refuses_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no topic files \(\*\.txt\) here; point to"):
        read_topics(tmp_path)


def test_read_topics_refuses_a_number_twice(tmp_path: Path) -> None:
    write(tmp_path, TOPIC, "012-a.txt")
    write(tmp_path, TOPIC, "12-b.txt")
    with pytest.raises(CorpusError, match=r"12-b\.txt: number 12 is taken by 012-a\.txt; rename"):
        read_topics(tmp_path)


# --- JSONL ------------------------------------------------------------------------------------

TEXT = "Article here.\nPad one.\nDer two.\nMore.\nPad three."
#       0             14       23       32    38


def spans(*rows: tuple[int, int, str]) -> list[dict[str, object]]:
    return [{"start": a, "end": b, "label": label} for a, b, label in rows]


def write_jsonl(folder: Path, *records: object) -> Path:
    lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
    return write(folder, "\n".join(lines) + "\n", "pages.jsonl")


@pytest.mark.parametrize(
    ("rows", "regions"),
    [
        ([], []),
        (spans((14, 22, "padded")), [(14, 22)]),
        (spans((23, 31, "derivative"), (14, 22, "padded")), [(14, 31)]),
        (spans((14, 22, "padded"), (38, 48, "padded")), [(14, 22), (38, 48)]),
        (spans((0, 13, "original"), (14, 22, "padded")), [(14, 22)]),
        (
            spans((14, 22, "padded"), (23, 31, "original"), (32, 37, "derivative")),
            [(14, 22), (32, 37)],
        ),
        (
            [
                {"start": 14, "end": 22, "label": "padded", "form": "faq"},
                {"start": 23, "end": 31, "label": "derivative", "form": "closing"},
            ],
            [(14, 22), (23, 31)],
        ),
    ],
    ids=[
        "clean",
        "one",
        "neighbours join",
        "text between",
        "original ignored",
        "original between",
        "forms differ",
    ],
)
def test_read_jsonl_joins_neighbouring_spans(
    tmp_path: Path, rows: list[object], regions: list[tuple[int, int]]
) -> None:
    path = write_jsonl(tmp_path, {"id": "a", "text": TEXT, "spans": rows})
    (page,) = read_jsonl(path)
    assert (page.id, page.group, page.text) == ("a", "a", TEXT)
    assert [(gold.span.start, gold.span.end) for gold in page.regions] == regions


def test_read_jsonl_keeps_labels_and_forms(tmp_path: Path) -> None:
    rows = spans((14, 22, "padded"), (23, 31, "derivative"))
    rows[0]["form"] = rows[1]["form"] = "reader-box"
    (page,) = read_jsonl(write_jsonl(tmp_path, {"text": TEXT, "spans": rows}))
    (gold,) = page.regions
    assert (gold.subform, gold.form) == ("reader-box", Form.OTHER)
    assert gold.lines == ((Span(14, 22), Label.PADDED), (Span(23, 31), Label.DERIVATIVE))


def test_read_jsonl_numbers_records_without_id_by_line(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path, {"text": "a"}, "", {"text": "b"})
    assert [page.id for page in read_jsonl(path)] == ["pages.jsonl#1", "pages.jsonl#3"]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("not json", r"not a record .*JSONDecodeError.*correct"),
        ("[1]", r"not a record .*TypeError"),
        ({"id": "a"}, r"not a record .*KeyError: 'text'"),
        ({"text": 3}, r"'text' is not a string; correct"),
        ({"text": TEXT, "spans": spans((0, 99, "padded"))}, r"span \[0, 99\) lies off the text"),
        ({"text": TEXT, "spans": spans((5, 5, "padded"))}, r"0 <= start < end"),
        ({"text": TEXT, "spans": spans((0, 5, "junk"))}, r"'junk' is not a valid Label"),
        ({"text": TEXT, "spans": [{"start": 0, "end": 5}]}, r"KeyError: 'label'"),
        (
            {"text": TEXT, "spans": [{"start": 0.5, "end": 5.5, "label": "padded"}] * 1},
            r"not a record|whole number|integer",
        ),
        (
            {"text": TEXT, "spans": spans((0, 9, "padded"), (5, 12, "derivative"))},
            r"spans overlap at 5; correct",
        ),
    ],
    ids=[
        "not JSON",
        "no object",
        "no text",
        "text is a number",
        "off the text",
        "empty span",
        "unknown label",
        "no label",
        "fractions",
        "overlap",
    ],
)
def test_read_jsonl_names_file_line_and_remedy(
    tmp_path: Path, record: object, message: str
) -> None:
    path = write_jsonl(tmp_path, {"text": "fine"}, record)
    with pytest.raises(CorpusError, match=r"pages\.jsonl:2: .*(" + message + ")"):
        list(read_jsonl(path))


def test_read_jsonl_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere\.jsonl: "):
        list(read_jsonl(tmp_path / "nowhere.jsonl"))


def test_every_form_of_the_corpus_is_a_form_of_results() -> None:
    assert set(SUBFORMS) >= {"interview", "faq", "takeaways", "closing"}
