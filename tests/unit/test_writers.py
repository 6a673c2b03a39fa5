"""Writing results: the table, JSONL and CSV, and that each is written as it comes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator

import pytest

from detector.pipeline import Detector
from detector.types import Abstention, Form, Label, Region, Result, Segment, Span, Unreadable
from detector.writers import (
    CSV_COLUMNS,
    FORMATS,
    comma_separated,
    jsonl,
    printable,
    table,
    threshold_note,
)
from detector.writers.annotation import label_studio, prodigy
from detector.writers.records import dolma

TEXT = "The council met.\nHow could this\n shape our\tfuture? Experts say it \x1b[31mmight.\n"
BAD = Unreadable("pages.jsonl#2", "json", "pages.jsonl#2: not JSON; correct the record")


def marked(document_id: str = "a.txt", text: str = TEXT, start: int = 17) -> Result:
    span = Span(start, len(text) - 1)
    segments = (Segment(span, Label.PADDED, 0.9),)
    region = Region(span, Label.PADDED, Form.CLOSING, 0.98765, 4.4, segments, (), {"base": 4.4})
    return Result(document_id, text, "m", (region,))


CLEAN = Result("b.txt", "Nothing here.", "m", ())


def test_table() -> None:
    assert "".join(table([marked(), BAD, CLEAN])) == (
        "filler  page\n"
        "        region           label       form       score  begins\n"
        " 76.9%  a.txt\n"
        "        17-77            padded      closing    0.988  How could this shape our…\n"
        "     ?  pages.jsonl#2 (not read: json)\n"
        "  0.0%  b.txt\n"
        "\n"
        "3 pages, 1 with filler, 1 not read\n"
    )


def test_table_of_one_page_has_no_summary() -> None:
    assert len(list(table([CLEAN]))) == 2


@pytest.mark.parametrize(
    ("reason", "words"),
    [(Abstention.SHORT, "too short"), (Abstention.LANGUAGE, "not English prose")],
)
def test_table_tells_which_pages_were_not_judged(reason: Abstention, words: str) -> None:
    lines = "".join(table([CLEAN, Result("c.txt", "Kurz.", "m", (), reason)])).splitlines()
    assert lines[-3:] == [
        f"     -  c.txt (not judged: {words})",
        "",
        "2 pages, 0 with filler, 1 not judged",
    ]


def test_table_ends_with_its_note() -> None:
    assert list(table([CLEAN], note="One thing more."))[-1] == "\nOne thing more.\n"


def test_note_on_the_threshold(detector: Detector) -> None:
    default = detector.model.thresholds["default"]
    name, alarms, recall = threshold_note(detector).splitlines()
    assert name == f"Threshold default: log-odds {default.log_odds:+.2f}."
    assert alarms.endswith(f"of {default.alarms.n} pages, {default.alarms_on}.")
    assert recall.startswith(f"Recall: {default.recall.share:.2%} (")
    given = Detector(detector.model, detector.lexicon, 2.0)
    assert threshold_note(given) == "Threshold: log-odds +2.00, as given."


@pytest.mark.parametrize("width", [72, 80, 120])
def test_table_keeps_to_its_width(width: int) -> None:
    result = marked(text="word " * 100)
    assert max(map(len, "".join(table([result], width)).splitlines())) == width


def test_jsonl_is_the_wire_format() -> None:
    results: list[Result | Unreadable] = [marked("é"), BAD, CLEAN]
    lines = "".join(jsonl(results)).splitlines()
    assert [json.loads(line) for line in lines] == [result.to_dict() for result in results]
    assert json.loads(lines[1]) == {
        "version": 1,
        "id": "pages.jsonl#2",
        "error": {"kind": "json", "message": "pages.jsonl#2: not JSON; correct the record"},
    }
    assert '"é"' in lines[0]


def test_csv_has_a_row_a_region() -> None:
    rows = list(
        csv.DictReader("".join(comma_separated([marked('a, "b"'), BAD, CLEAN])).split("\n"))
    )
    assert [tuple(row) for row in rows] == [CSV_COLUMNS]
    assert rows[0] == {
        "id": 'a, "b"',
        "start": "17",
        "end": "77",
        "label": "padded",
        "form": "closing",
        "score": "0.9877",
        "n_chars": "78",
        "filler_fraction": "0.7692",
    }


def test_dolma_has_a_line_a_page() -> None:
    lines = [json.loads(line) for line in dolma([marked("é"), BAD, CLEAN])]
    assert lines == [
        {"id": "é", "attributes": {"filler__detector__span": [[17, 77, 0.9877]]}},
        {"id": "pages.jsonl#2", "attributes": {}},
        {"id": "b.txt", "attributes": {"filler__detector__span": []}},
    ]


def test_no_format_fails_on_a_lone_surrogate_or_an_empty_page() -> None:
    pages = [marked("\ud800", TEXT + "\ud800."), Result("empty", "", "m", ()), BAD]
    for name, form in FORMATS.items():
        if name == "spacy":
            pytest.importorskip("spacy", reason="needs the extra spacy")
        assert b"".join(form.write(pages)), name
        assert b"".join(form.write(pages)) == b"".join(form.write(pages)), name
        b"".join(form.write([]))


@pytest.mark.parametrize(
    ("write", "n_before"),
    [(table, 1), (jsonl, 0), (comma_separated, 1), (dolma, 0), (prodigy, 0), (label_studio, 0)],
)
def test_writers_do_not_read_ahead(
    write: Callable[[Iterable[Result | Unreadable]], Iterator[str]], n_before: int
) -> None:
    taken = []

    def results() -> Iterator[Result]:
        for name in ("1", "2", "3"):
            taken.append(name)
            yield marked(name)

    pieces = write(results())
    for _ in range(n_before):
        next(pieces)
    assert taken == []
    for n in (1, 2, 3):
        next(pieces)
        assert len(taken) == n


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        (" a \r\n\tb\u2028c\xa0d ", "a b c d"),
        ("\x1b[31mred\x07\x9b", "\ufffd[31mred\ufffd\ufffd"),
        ("\u202egnp.exe\u2066", "gnp.exe"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\ud800", "\ufffd"),
        ("naïve 日本 🎉", "naïve 日本 🎉"),
    ],
    ids=["plain", "white space", "escape", "direction", "soft hyphen", "surrogate", "unicode"],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown
