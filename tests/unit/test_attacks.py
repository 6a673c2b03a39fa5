"""Attacks: what each does to a page, and labels that keep to the text they belong to."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.attacks import ATTACKS, attacked, points_lost, rows_of, scores_under_attack, to_dict
from detector.compose import SPEAKER
from detector.corpus import GoldPage, GoldRegion
from detector.evaluation import evaluate
from detector.pipeline import Detector
from detector.types import Label, Span

LINES = st.lists(
    st.sampled_from([
        "Editor: What of the 41.2 crowns?",
        "Editor: And then?",
        "Dr. Vela: “It’s” a question of \"balance\" in the understanding of an administration.",
        "Dr. Vela: The council's harbour remains.",
        "Q1. Why?",
        "Key takeaways",
        "a the An",
        "It is the  end & the beginning of wonderful neighbourhoods",
        "İstanbul ŉ ß ﬁ",
        "e\u0301 \u200b 👩‍👩‍👧 שלום",
        "\ud800",
        "7",
    ]),
    min_size=1,
    max_size=12,
)  # fmt: skip
GAPS = st.sampled_from(["\n", "\n\n", "\r\n", " ", "  ", " \n\t", "\u2028"])


@st.composite
def gold_pages(draw: st.DrawFn) -> GoldPage:
    """Lines with gaps between them, some of them in up to three regions."""
    lines = draw(LINES)
    starts, text = [], draw(st.sampled_from(["", " ", "\n"]))
    for line in lines:
        starts.append(len(text))
        text += line + draw(GAPS)
    borders = sorted(draw(st.lists(st.integers(0, len(lines)), max_size=6, unique=True)))
    regions = [
        region([Span(starts[k], starts[k] + len(lines[k])) for k in range(first, last)])
        for first, last in zip(borders[::2], borders[1::2], strict=False)
    ]
    return GoldPage("page", text, tuple(regions), group="group", kind="kind", shape="plain")


def region(lines: Sequence[Span]) -> GoldRegion:
    labels = (Label.PADDED, Label.DERIVATIVE)
    return GoldRegion(
        Span(lines[0].start, lines[-1].end),
        "faq",
        tuple((span, labels[k % 2]) for k, span in enumerate(lines)),
    )


def marked(page: GoldPage) -> list[list[str]]:
    return [[page.text[s.start : s.end] for s, _ in gold.lines] for gold in page.regions]


def outside(page: GoldPage, same: Callable[[str], str]) -> str:
    """What is left of the lines outside all regions, without blanks."""
    return "".join("".join(same(row.text).split()) for row in rows_of(page) if row.block < 0)


def unchanged(text: str) -> str:
    return text


def one_by_one(pattern: str, put: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, put, text)


def letters(text: str) -> str:
    """What is left of a text when its marks, and what stands in tags and links, are taken away."""
    text = re.sub(r"<[^<>]*>|\]\([^()]*\)|&amp;|&rsquo;|&quot;|&nbsp;", "", text)
    return re.sub(r"[^A-Za-z0-9]", "", text)


def without_labels(text: str) -> str:
    """A text without the labels it begins with, one or several in a row."""
    while SPEAKER.match(text):
        text = SPEAKER.sub("", text)
    return text


IMAGE: dict[str, Callable[[str], str]] = {
    "labels stripped": without_labels,
    "zero-width": one_by_one("[\u200b\u200c\u200d\u2060\ufeff\u00ad]", ""),
    "look-alikes": one_by_one(r"[^\W\d_]", "x"),
    "lower case": lambda text: text.lower(),
    "upper case": lambda text: text.upper(),
    "doubled blanks": one_by_one(" +", " "),
    "one line": unchanged,
    "blank lines": unchanged,
    "crlf": unchanged,
    "markdown": letters,
    "html": letters,
    "typos": one_by_one(r"[^\W\d_]{6,}", "x"),
    "articles dropped": lambda text: re.sub(r"\b([Aa]n?|[Tt]he) (?=\w)", "", text).lower(),
    "digits": one_by_one("[0-9]", "1"),
    "quotes": one_by_one("[\"'“”’]", "'"),
    "names replaced": one_by_one(r"^[A-Z][\w. ]+:", "N:"),
    "filler shuffled": unchanged,
}
"""What an attack leaves of a line: the same of the original and of the attacked one."""


@pytest.mark.parametrize("name", ATTACKS)
@given(page=gold_pages())
def test_marked_text_is_the_image_of_the_filler(name: str, page: GoldPage) -> None:
    changed = attacked(page, name)
    same = IMAGE[name]
    order: Callable[[list[str]], list[str]] = sorted if name == "filler shuffled" else list
    assert [order([same(line) for line in lines]) for lines in marked(changed)] == [
        order([same(line) for line in lines]) for lines in marked(page)
    ]
    assert outside(changed, same) == outside(page, same)
    for one, other in zip(changed.regions, page.regions, strict=True):
        assert (one.span.start, one.span.end) == (one.lines[0][0].start, one.lines[-1][0].end)
        assert sorted(label for _, label in one.lines) == sorted(label for _, label in other.lines)


@given(
    text=st.text(st.sampled_from("ab.: \n\r\t\u2028\u200b"), max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=8),
    name=st.sampled_from(sorted(ATTACKS)),
)
def test_labels_that_cut_words_and_blanks_stay_in_order(
    text: str, cuts: list[int], name: str
) -> None:
    borders = sorted({min(cut, len(text)) for cut in cuts})
    spans = [Span(a, b) for a, b in zip(borders[::2], borders[1::2], strict=False)]
    page = GoldPage(
        "p", text, tuple(region([s]) for s in spans[1:]), "p", optional=tuple(spans[:1])
    )
    assert "".join(row.text for row in rows_of(page)) == text
    changed = attacked(page, name)
    ordered = [(s.start, s.end) for gold in changed.regions for s, _ in gold.lines]
    assert ordered == sorted(ordered)
    for start, end in ordered:
        assert changed.text[start:end] == changed.text[start:end].strip()
        assert 0 <= start < end <= len(changed.text)
    filled = [s for s in spans[:1] if text[s.start : s.end].strip()]
    assert len(changed.optional) == len(filled)
    for one, other in zip(changed.optional, filled, strict=True):
        # What looks like an "a" is one.
        shown = changed.text[one.start : one.end].translate(str.maketrans("аα", "aa"))
        assert letters(shown)[:1].lower() in {
            "",
            letters(text[other.start : other.end])[:1],
        }


PAGE = (
    "The Harbour\n"
    "Anna Berg: The 412 crowns of the administration are gone.\n"
    "\n"
    'Editor: "Why" is it gone, and who\'s responsible?\n'
    "Editor: Is the understanding mutual?\n"
    "Anna Berg: An answer is due."
)


@pytest.fixture
def page() -> GoldPage:
    """A page whose last three lines are filler."""
    starts = [match.start() for match in re.finditer(r"^.+$", PAGE, re.MULTILINE)][2:]
    ends = [match.end() for match in re.finditer(r"^.+$", PAGE, re.MULTILINE)][2:]
    return GoldPage("p", PAGE, (region(list(map(Span, starts, ends))),), group="g", kind="k")


@pytest.mark.parametrize(
    ("name", "first", "filler"),
    [
        ("labels stripped", "The Harbour\nThe 412", r"\"Why.*\nIs the .*\nAn answer is due\."),
        ("zero-width", "T?he H.+r\nA.+B.+", r"E\w+[\u00ad\u200b-\ufeff]\w+: .*"),
        ("look-alikes", "[^\n]+\n", r"(?!Editor: \"Why).{6}: .*"),
        ("lower case", "the harbour\nanna berg: the 412", "editor: .*answer is due."),
        ("upper case", "THE HARBOUR\nANNA BERG: THE 412", "EDITOR: .*ANSWER IS DUE."),
        ("doubled blanks", "The  Harbour\nAnna  Berg:  The", "Editor:  \"Why\"  is  it .*"),
        ("one line", "The Harbour Anna Berg: The 412", "Editor: [^\n]* Editor: [^\n]*"),
        ("blank lines", "The Harbour\n\n\nAnna Berg:", "Editor: [^\n]*\n\n\nEditor: .*"),
        ("crlf", "The Harbour\r\nAnna", "Editor: [^\n]*\r\nEditor: .*\r\nAnna .*"),
        ("markdown", r"(##|###|\*\*) ?The Harbour(\*\*)?\n", r".*Editor:.*[*_\[#>-].*"),
        ("html", r"(<p>)?The Harbour(</p>|<br/>)\n", r".*<[a-z]+>.*</[a-z]+>.*"),
        ("typos", "The H", r"Editor: .*(?!understanding mutual).*"),
        ("articles dropped", "Harbour\nAnna Berg: 412 crowns of", ".*: Is under.*: Answer is.*"),
        ("digits", r"The Harbour\nAnna Berg: The (?!412)[1-9]{3} crowns", r"Editor: .*"),
        ("quotes", "The Harbour", "Editor: “Why” is it gone, and who’s .*"),
        ("names replaced", r"The Harbour\n(?!Anna)\w+ \w+: The", r"(?!Ed)(\w+ \w+: ).*\n\1Is .*"),
        ("filler shuffled", "The Harbour\nAnna Berg: The 412", r"(?!.*\n.*\nAnna)[^\n]+\n.*"),
    ],
)  # fmt: skip
def test_attacks(page: GoldPage, name: str, first: str, filler: str) -> None:
    changed = attacked(page, name)
    (gold,) = changed.regions
    assert re.match(first, changed.text), changed.text
    assert re.fullmatch(filler, changed.text[gold.span.start : gold.span.end], re.DOTALL)
    assert gold.span.end == len(changed.text)
    assert (changed.id, changed.group, changed.kind) == ("p", "g", "k")


def test_typos_are_in_one_long_word_of_ten() -> None:
    text = " ".join(["government"] * 2000)
    words = attacked(GoldPage("p", text, (), "p"), "typos").text.split()
    assert 150 < sum(word != "government" for word in words) < 250
    assert (
        attacked(GoldPage("p", "little words " * 99, (), "p"), "typos").text.count("little") == 99
    )


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_the_same_every_time(page: GoldPage, name: str) -> None:
    state = random.getstate()
    first = attacked(page, name)
    random.seed(99)
    assert attacked(page, name) == first
    random.setstate(state)


def test_a_region_that_an_attack_empties_is_gone() -> None:
    page = GoldPage("p", "One.\n****\n", (region([Span(5, 9)]),), "p")
    assert attacked(page, "labels stripped").regions == ()


def test_what_an_attack_costs(detector: Detector, page: GoldPage) -> None:
    clean = GoldPage("q", "The harbour is closed.", (), "q", kind="human: letters")
    scores = evaluate(detector, [page, clean])
    costs = scores_under_attack(detector, [page, clean])
    assert list(costs) == list(ATTACKS)
    row = to_dict(scores, costs)["attacks"]["one line"]
    assert row["points_lost"] == round(points_lost(scores, costs["one line"]), 2)
    assert row["regions_found"]["n"] == 1
    assert row["clean_pages_marked"]["n"] == 0
    assert row["human_documents_marked"]["n"] == 1
    assert points_lost(scores, scores) == 0
