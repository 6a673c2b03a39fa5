"""The view of one page: the text stays what it was, and marks are where they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector import Detector, Document
from detector.types import Evidence, Form, Label, Region, Result, Segment, Span
from detector.views.markup import element, escaped
from detector.views.page import asset, page_view
from detector.views.readability import readability

ROOT = Path(__file__).resolve().parents[2]
SEED = next((ROOT / "seeds").glob("000*.txt")).read_bytes().decode()
HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "</div></article><style>*{display:none}</style>&lt;b&gt;&amp;&#60;",
    "<!-- ]]> \u202e gnp.exe\r\n\r\x00\x0b\x85 <svg/onload=alert(1)>",
    "'; -->${alert(1)}{{7*7}}\\u003c/script\\u003e",
    "\ud800 lone \udfff \U0001f600 é e\u0301 \ufffe",
)


class Tree(HTMLParser):
    """What a view holds: elements with their attributes, and the text inside one class."""

    VOID = frozenset({"meta", "br", "img", "input", "link"})

    def __init__(self, html: str, inside: str = "pv-text") -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._inside = inside
        self._open: list[tuple[str, bool, int, dict[str, str]]] = []
        self.spans: list[tuple[dict[str, str], str]] = []
        """Elements inside that class with their attributes and texts."""
        self.feed(html)
        self.close()
        assert self._open == [], "elements do not nest"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag not in self.VOID:
            within = any(inside for _, inside, _, _ in self._open)
            inside = within or self._inside in attributes.get("class", "").split()
            self._open.append((tag, inside, len(self.text), attributes))

    def handle_endtag(self, tag: str) -> None:
        opened, inside, start, attributes = self._open.pop()
        assert opened == tag
        if inside:
            self.spans.append((attributes, self.text[start:]))

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][1]:
            self.text += data

    def named(self, name: str) -> Iterator[tuple[dict[str, str], str]]:
        return ((a, text) for a, text in self.spans if name in a.get("class", "").split())


def shown(text: str) -> str:
    """What of a text HTML can hold."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text)


@st.composite
def results(draw: st.DrawFn) -> tuple[Result, str]:
    """A result with regions, segments and evidence anywhere, and a preceding text."""
    alphabet = st.sampled_from("ab<>&\"' \r\n\0é\U0001f600\ud800")
    text = draw(st.text(alphabet, min_size=1, max_size=40)) + "x"
    preceding = draw(st.text(alphabet, max_size=10)) + "y"
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    regions = []
    for start, middle, end in zip(cuts[::3], cuts[1::3], cuts[2::3]):
        spans = [Span(start, middle), Span(middle, end)]
        labels = st.sampled_from((Label.DERIVATIVE, Label.PADDED))
        segments = tuple(Segment(span, draw(labels), 0.5) for span in spans)
        evidence = tuple(draw(st.lists(_evidence(len(text), len(preceding), start, end))))
        regions.append(
            Region(
                span=Span(start, end),
                label=Label.PADDED,
                form=Form.FAQ,
                score=0.6,
                log_odds=0.5,
                segments=segments,
                evidence=evidence,
                contributions={"base": -0.5, "phrasing": 1.0},
            )
        )
    return Result(draw(st.text(alphabet)), text, "m", tuple(regions)), preceding


@st.composite
def _evidence(draw: st.DrawFn, n_chars: int, n_preceding: int, low: int, high: int) -> Evidence:
    start = draw(st.integers(low, high - 1))
    span = Span(start, draw(st.integers(start + 1, high)))
    kind = draw(st.sampled_from(("phrase", "frame", "speaker", "unsupported", "repeats")))
    if kind != "repeats":
        return Evidence(kind, span, note=draw(st.sampled_from(('"<i>', "greeting"))))
    in_preceding = draw(st.booleans())
    end = draw(st.integers(1, n_preceding if in_preceding else n_chars))
    source = Span(draw(st.integers(0, end - 1)), end)
    note = draw(st.sampled_from(("shares a, b<", "quotation", "")))
    return Evidence(kind, span, source, note, in_preceding)


@given(results())
def test_the_text_stays_whatever_is_marked(made: tuple[Result, str]) -> None:
    result, preceding = made
    html = page_view(result, preceding)
    html.encode()
    tree = Tree(html)
    assert tree.text == shown(result.text)
    if 'class="pv-before"' in html:
        assert Tree(html, "pv-before").text == shown(preceding)
    segments = [s for region in result.regions for s in region.segments]
    placed = [(int(a["data-start"]), int(a["data-end"]), t) for a, t in tree.named("pv-segment")]
    assert placed == [
        (s.span.start, s.span.end, shown(result.text)[s.span.start : s.span.end]) for s in segments
    ]
    ids = [a["id"] for _, a in tree.elements if "id" in a]
    assert len(ids) == len(set(ids))
    links = {a["href"].removeprefix("#") for _, a in tree.elements if "href" in a}
    assert links <= set(ids)
    described = {a["aria-describedby"] for _, a in tree.elements if "aria-describedby" in a}
    assert described <= set(ids)


@given(st.text())
def test_escaped_text_is_read_as_it_was(text: str) -> None:
    assert Tree(element("p", escaped(text), class_="pv-text")).text == shown(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str, detector: Detector) -> None:
    filler = "Interview: The Future\nEditor: What now?\nDr. Vela: Only time will tell.\n" * 3
    result = detector.detect(Document(text, f"{text}\n{filler}{text}", url=text))
    tree = Tree(page_view(result, preceding=text))
    assert tree.text == shown(result.text)
    assert {tag for tag, _ in tree.elements}.isdisjoint({"script", "img", "style", "iframe"})
    names = {name for _, attributes in tree.elements for name in attributes}
    assert not any(name.startswith("on") or name == "style" for name in names)


def test_the_seed(detector: Detector) -> None:
    page = SEED
    result = detector.detect(Document("seed", page))
    (region,) = result.regions
    tree = Tree(page_view(result, prefix="p7"))
    assert tree.text == page
    ((attributes, text),) = tree.named("pv-region")
    assert (attributes["id"], attributes["data-form"]) == ("p7-region-0", "interview")
    assert text == page[region.span.start : region.span.end]
    segments = list(tree.named("pv-segment"))
    assert [a["data-label"] for a, _ in segments] == [s.label.value for s in region.segments]
    tags = [a for name, a in tree.elements if name == "button"]
    assert [a["aria-label"] for a in tags] == [
        f"{s.label.value}, score {s.score:.3f}" for s in region.segments
    ]


def test_a_repetition_is_joined_with_its_passage_and_shared_words(detector: Detector) -> None:
    page = SEED
    (region,) = detector.detect(page).regions
    repeated = next(e for e in region.evidence if e.kind == "repeats")
    assert repeated.source is not None
    tree = Tree(page_view(detector.detect(page)))
    segment = next(a for a, _ in tree.named("pv-segment") if "data-repeats" in a)
    (number,) = segment["data-repeats"].split()
    pieces = [(a, t) for a, t in tree.spans if number in a.get("data-source", "").split()]
    source = page[repeated.source.start : repeated.source.end]
    assert "".join(text for _, text in pieces) == source
    shared = [t.lower() for a, t in tree.spans if number in a.get("data-shared", "").split()]
    said = repeated.note.removeprefix("shares ").split(", ")
    assert set(said) <= set(shared)
    assert all(shared.count(word) > 1 for word in ("deployment", "soldiers", "russia"))


def test_a_passage_of_the_preceding_text_is_shown(detector: Detector) -> None:
    article, _, interview = SEED.partition("\nInterview:")
    result = detector.detect(Document("x", "Interview:" + interview, preceding=article))
    assert any(e.in_preceding for region in result.regions for e in region.evidence)
    html = page_view(result, article)
    assert Tree(html, "pv-before").text == article
    assert Tree(html).text == result.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "0 characters, not judged: too short"),
        ("A quiet day at the harbour, said the pilot of the boat there.", "no filler found"),
    ],
)
def test_pages_without_regions(text: str, words: str, detector: Detector) -> None:
    html = page_view(detector.detect(text))
    assert words in html
    assert Tree(html).text == text
    assert "pv-reasons" not in html


def test_readability_is_compared(detector: Detector) -> None:
    result = detector.detect(SEED)
    html = page_view(result)
    for name, value in readability(result.clean_text()).items():
        assert f'<th scope="row">{name}</th>' in html
        whole = name == "Words" or value >= 100
        assert (f"<td>{value:,.0f}</td>" if whole else f"<td>{value:.1f}</td>") in html


def test_contributions_have_bars_and_numbers(detector: Detector) -> None:
    result = detector.detect(SEED)
    html = page_view(result)
    (region,) = result.regions
    for family, value in region.contributions.items():
        assert f'<th scope="row">{family}</th>' in html
        assert f"<td>{value:+.2f}</td>".replace("-", "−") in html
    assert html.count('class="pv-bar"') == len(region.contributions)


# --- colours -------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    values = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


PALETTE = {
    name: colours
    for name, *colours in re.findall(
        r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", asset("page_view.css")
    )
}
INKS = ("ink", "muted", "accent", "derivative", "padded")
UNDERLINES = ("phrase", "frame", "speaker", "unsupported")
GROUNDS = ("paper", "raised")


def test_the_formula_of_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [(i, g) for i in (*INKS, *UNDERLINES) for g in GROUNDS]
    + [("ink", "lit"), ("ink", "word"), ("accent", "lit")],
)
def test_contrast_is_enough_to_read(ink: str, ground: str, scheme: int) -> None:
    assert contrast(PALETTE[ink][scheme], PALETTE[ground][scheme]) >= 4.5


def test_every_colour_is_in_the_palette() -> None:
    assert set(PALETTE) == {*INKS, *UNDERLINES, *GROUNDS, "rule", "lit", "word"}


@pytest.mark.parametrize("name", ["page_view.css", "page_view.js"])
def test_assets_fetch_nothing(name: str) -> None:
    assert not re.search(r"url\(|@import|fetch\(|//(?!www\.w3\.org/2000/svg)\w+\.", asset(name))
