"""The explain view: every word in it, marks with and without colours, evidence in its place."""

from __future__ import annotations

import io
import re

import pytest

from detector.terminal import explain, wants_colour
from detector.types import (
    Abstention,
    Evidence,
    Form,
    Label,
    Region,
    Result,
    Segment,
    Span,
    Unreadable,
)

ARTICLE = "The council met on Monday.\n\n\n\nIt voted for the bridge.\n"
HEADING = "A Closer Look"
ANSWER = "Dr. Grey: The council met, as we know, and it voted.\nSo it goes."
TEXT = f"{ARTICLE}{HEADING}\n{ANSWER}\nMore news below."


def span(words: str) -> Span:
    start = TEXT.index(words)
    return Span(start, start + len(words))


EVIDENCE = (
    Evidence("frame", span(HEADING), note="heading"),
    Evidence("repeats", span(ANSWER), span("The council met on Monday."), "shares council, met"),
    Evidence("speaker", span("Dr. Grey:"), note="named nowhere else"),
    Evidence("phrase", span("as we know"), note="vague"),
    Evidence("phrase", span("So it goes"), note="vague"),
    Evidence("unsupported", span("Grey")),
)
REGION = Region(
    span=Span(span(HEADING).start, span(ANSWER).end),
    label=Label.DERIVATIVE,
    form=Form.INTERVIEW,
    score=0.9871,
    log_odds=4.3,
    segments=(
        Segment(span(HEADING), Label.PADDED, 0.9),
        Segment(span(ANSWER), Label.DERIVATIVE, 0.9),
    ),
    evidence=EVIDENCE,
    contributions={"base": -1.0, "speakers": 3.3, "repetition": 2.0},
)
RESULT = Result("a.txt", TEXT, "m", (REGION,))


def test_view() -> None:
    assert "".join(explain([RESULT])) == (
        "a.txt\n"
        "150 characters, 52.0% filler in 1 region\n"
        "D| repeats what the page says elsewhere   P| general talk\n"
        "\n"
        "   The council met on Monday.\n"
        "\n"
        "   It voted for the bridge.\n"
        "\n"
        "── filler 55-133: interview, score 0.987 ───────────────────────────────────────\n"
        "       log-odds +4.30: speakers +3.30, repetition +2.00, base -1.00\n"
        "P| A Closer Look\n"
        "       frame, heading: “A Closer Look”\n"
        "D| Dr. Grey: The council met, as we know, and it voted.\n"
        "D| So it goes.\n"
        "       repeats 0-26 “The council met on Monday.”: shares council, met\n"
        "       speaker, named nowhere else: “Dr. Grey:”\n"
        "       phrase, vague: “as we know”, “So it goes”\n"
        "       unsupported: “Grey”\n"
        "── end of filler ───────────────────────────────────────────────────────────────\n"
        "\n"
        "   More news below.\n"
        "\n"
    )


def test_colours_change_no_word() -> None:
    coloured = "".join(explain([RESULT], colour=True))
    assert "\x1b[33mD| So it goes.\x1b[0m\n" in coloured
    assert "\x1b[31mP| A Closer Look\x1b[0m\n" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == "".join(explain([RESULT]))


def test_a_page_without_regions() -> None:
    clean = Result("b.txt", "Nothing here.", "m", ())
    assert "".join(explain([clean])) == (
        "b.txt\n13 characters, no filler found\n\n   Nothing here.\n\n"
    )


@pytest.mark.parametrize(
    ("reason", "words"),
    [(Abstention.SHORT, "too short"), (Abstention.LANGUAGE, "not English prose")],
)
def test_a_page_that_was_not_judged(reason: Abstention, words: str) -> None:
    page = Result("b.txt", "Nichts.", "m", (), reason)
    assert "".join(explain([page])) == f"b.txt\n7 characters, not judged: {words}\n\n   Nichts.\n\n"


def test_an_empty_page_and_one_that_could_not_be_read() -> None:
    empty = Result("b.txt", "", "m", ())
    bad = Unreadable("c.txt", "missing", "c.txt: no such file")
    assert "".join(explain([empty, bad])) == "b.txt\n0 characters, no filler found\n\n"


@pytest.mark.parametrize("width", [40, 60, 80])
def test_lines_keep_to_the_width_and_no_word_is_lost(width: int) -> None:
    text = "word " * 100 + "x" * 300 + "\n" + "turn over " * 50
    at = text.index("turn")
    end = len(text) - 1
    segments = (
        Segment(Span(at, at + 200), Label.PADDED, 1),
        Segment(Span(250 + at, end), Label.ORIGINAL, 0),
    )
    region = Region(Span(at, end), Label.PADDED, Form.OTHER, 1, 9, segments, (), {"base": 9.0})
    lines = "".join(explain([Result("a", text, "m", (region,))], width)).splitlines()
    assert max(map(len, lines[3:])) <= width
    shown = "".join(line[3:] for line in lines[4:] if not line.startswith(("──", "       log")))
    assert shown.replace(" ", "") == text.replace(" ", "").replace("\n", "")


def test_a_source_in_the_preceding_text_is_named_not_quoted() -> None:
    repeats = Evidence("repeats", span(ANSWER), Span(3, 9), in_preceding=True)
    region = Region(
        REGION.span, REGION.label, REGION.form, 1, 9, REGION.segments, (repeats,), {"base": 9.0}
    )
    view = "".join(explain([Result("a", TEXT, "m", (region,))]))
    assert "       repeats 3-9 of the preceding text\n" in view


def test_control_characters_do_not_reach_the_terminal() -> None:
    view = "".join(explain([Result("\x1b[2J", "a\x1b[2J\x07b\n\x9b", "m", ())]))
    assert view.replace("\n", "").isprintable()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "wanted"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
    ids=["terminal", "empty NO_COLOR", "NO_COLOR", "dumb", "file"],
)
def test_wants_colour(stream: io.StringIO, environment: dict[str, str], wanted: bool) -> None:
    assert wants_colour(stream, environment) is wanted
