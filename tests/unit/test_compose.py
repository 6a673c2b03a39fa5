"""Pages from topics: which compositions there are, what shapes do, and gold that fits the text."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest

from detector.compose import SHAPES, Row, compositions, pages, render
from detector.corpus import Block, GoldPage, Line, Topic
from detector.types import Label

O, D, P = Label.ORIGINAL, Label.DERIVATIVE, Label.PADDED  # noqa: E741


def block(kind: str, form: str, *lines: tuple[Label, str], at: str = "end") -> Block:
    return Block(kind, form, "", at, tuple(Line(text, label) for label, text in lines))


def story(number: int, word: str) -> Topic:
    """A topic with every kind of block; ``word`` tells its lines from another topic's."""
    return Topic(
        number,
        word,
        "test",
        (
            block("article", "article", *((O, f"{word} line {k}.") for k in range(6))),
            block(
                "filler",
                "interview",
                (P, f"Interview: {word} & You"),
                (D, f"Editor: What of {word}?"),
                (D, f"Dr. Vela: It’s about {word}."),
            ),
            block("filler", "faq", (P, "Why?"), (D, f"Since {word}."), at="after:2"),
            block("filler", "closing", (P, f"Time will tell {word}."), at="middle"),
            block("genuine", "interview", (O, "Host: How?"), (O, f"Baek: By {word}.")),
            block("hardneg", "bio", (O, f"Baek wrote {word}.")),
            block("rewrite", "rewrite", (O, f"So {word}.")),
            block("rewrite", "rewrite-closing", (O, f"Thus {word}."), (P, "All said.")),
        ),
    )


TEA, QANAT = story(1, "tea"), story(2, "qanat")

KINDS = {
    "article",
    "article+filler",
    "article+filler-inside",
    "article+filler-inside+filler",
    "article+filler+filler",
    "article+filler+filler+filler",
    "article+genuine",
    "article+genuine+hardneg",
    "article+hardneg",
    "article+hardneg+filler",
    "article+genuine+filler",
    "article+filler+genuine",
    "genuine",
    "filler",
    "rewrite",
    "rewrite-closing",
    "rewrite+filler",
    "rewrite+genuine",
    "rewrite+hardneg",
    "rewrite-closing+genuine",
    "short+filler",
    "short+filler+filler",
    "short+genuine",
    "short+hardneg",
    "stranger+filler",
    "stranger+genuine",
}
CLEAN = {kind for kind in KINDS if "filler" not in kind and "closing" not in kind}


def every_page(topic: Topic) -> Iterator[GoldPage]:
    """Every composition of a topic in every shape."""
    for composition in compositions(topic, [TEA, QANAT]):
        for shape in SHAPES:
            yield render(topic, composition, shape)


def lines_of(page: GoldPage) -> list[list[tuple[str, Label]]]:
    return [
        [(page.text[span.start : span.end], label) for span, label in gold.lines]
        for gold in page.regions
    ]


def test_every_composition_occurs() -> None:
    assert {composition.kind for composition in compositions(TEA, [TEA, QANAT])} == KINDS


def test_pages_are_the_same_every_time() -> None:
    state = random.getstate()
    first = list(pages([TEA, QANAT]))
    random.seed(99)
    assert list(pages([TEA, QANAT])) == first
    random.setstate(state)


def test_pages_of_a_topic_do_not_depend_on_the_topics_beside_it() -> None:
    both = [page for page in pages([QANAT, TEA]) if page.group.startswith("001")]
    assert both == list(pages([TEA], strangers=[QANAT, TEA]))


def test_a_share_of_the_compositions_stands_on_one_line_or_with_credits_too() -> None:
    usual, more = list(pages([TEA, QANAT])), list(pages([TEA, QANAT], run_on=1.0))
    assert [page for page in more if page in usual] == usual
    added = [page for page in more if page not in usual]
    one_line = {"one-line", "stripped-one-line"}
    assert {page.shape for page in added} == {*one_line, "credited", "credited-one-line"}
    assert len(list(pages([TEA, QANAT], run_on=0.3))) < len(more)


def test_what_chance_put_together_can_be_drawn_again() -> None:
    usual, more = list(pages([TEA, QANAT])), list(pages([TEA, QANAT], again=3))
    assert [page for page in more if page in usual] == usual
    added = [page.text for page in more if page not in usual]
    assert added
    assert len(set(added)) == len(added)
    assert more == list(pages([TEA, QANAT], again=3))


def test_pages_are_grouped_by_their_topic() -> None:
    """So that a split by group never has one story on both sides."""
    for page in pages([TEA, QANAT]):
        own = {"001-tea": "tea", "002-qanat": "qanat"}
        word = own.pop(page.group)
        (foreign,) = own.values()
        if page.kind not in {"stranger+filler", "stranger+genuine"}:
            assert word in page.text
            assert foreign not in page.text


def test_clean_compositions_have_no_gold_and_others_have() -> None:
    for page in every_page(TEA):
        assert (page.kind in CLEAN) == (not page.regions), page.id


def test_gold_cuts_the_lines_of_its_block() -> None:
    """Shapes change marks, labels and markup; the words of the filler lines stay."""
    for composition in compositions(TEA, [TEA, QANAT]):
        expected: dict[int, list[tuple[str, Label]]] = {}
        for row in composition.rows:
            if row.block >= 0:
                expected.setdefault(row.block, []).append((row.text, row.label))
        for shape in SHAPES:
            page = render(TEA, composition, shape)
            for cut, lines in zip(lines_of(page), expected.values(), strict=True):
                if shape == "shuffled":
                    cut, lines = sorted(cut), sorted(lines)
                assert [label for _, label in cut] == [label for _, label in lines]
                if shape in {"plain", "blank", "one-line", "residual", "shuffled"}:
                    assert cut == lines, page.id
                else:
                    assert [words(text) for text, _ in cut] == [
                        words(text, stripped="stripped" in shape) for text, _ in lines
                    ], page.id


def words(text: str, stripped: bool = False) -> str:
    text = re.sub(r"</?\w+/?>|&amp;|&rsquo;|[’'&*#]", "", text)
    if stripped:
        text = re.sub(r"^(Interview|Editor|Dr\. Vela): ", "", text)
    return " ".join(text.split())


def test_regions_run_from_their_first_line_to_their_last_and_do_not_overlap() -> None:
    for page in every_page(TEA):
        end = 0
        for gold in page.regions:
            assert gold.span.start == gold.lines[0][0].start >= end
            assert gold.span.end == gold.lines[-1][0].end <= len(page.text)
            end = gold.span.end


@pytest.mark.parametrize(
    ("kind", "text", "gold"),
    [
        ("article", "tea line 0.|tea line 1.|tea line 2.|tea line 3.|tea line 4.|tea line 5.", []),
        ("filler", "Interview: tea & You|Editor: What of tea?|Dr. Vela: It’s about tea.", [0]),
        ("genuine", "Host: How?|Baek: By tea.", []),
        ("rewrite-closing", "Thus tea.|All said.", [10]),
        ("rewrite+filler", "So tea.|Why?|Since tea.", [8]),
        ("rewrite-closing+genuine", "Thus tea.|All said.|Host: How?|Baek: By tea.", [10]),
    ],
)
def test_plain_pages(kind: str, text: str, gold: list[int]) -> None:
    composition = next(c for c in compositions(TEA, [TEA, QANAT]) if c.kind == kind)
    page = render(TEA, composition, "plain")
    assert page.text == text.replace("|", "\n")
    assert [region.span.start for region in page.regions] == gold


@pytest.mark.parametrize(("form", "line"), [("faq", 2), ("closing", 3)], ids=["after:2", "middle"])
def test_filler_is_inserted_where_its_block_says(form: str, line: int) -> None:
    inside = [c for c in compositions(TEA, [TEA, QANAT]) if c.kind == "article+filler-inside"]
    found = {c.subforms[0]: [row.block for row in c.rows].index(0) for c in inside[:2]}
    assert found[form] == line


INTERVIEW = next(c for c in compositions(TEA, [TEA, QANAT]) if c.kind == "filler")


SHAPED = {
    "plain": r"Interview: tea & You\nEditor: What of tea\?\nDr\. Vela: It’s about tea\.",
    "blank": r".*You\n\nEditor:.*",
    "crlf": r".*You\r\nEditor:.*It's about tea\.",
    "one-line": r"Interview: tea & You Editor: What of tea\? Dr\. Vela: It’s about tea\.",
    "stripped": r"tea & You\nWhat of tea\?\n(Dr\. Vela: )?It’s about tea\.",
    "stripped-one-line": r"tea & You What of tea\? .*",
    "markdown": r".*tea.*\n\n(\*\*)?Editor:.*",
    "tagged": r"(<p>)?.*tea &amp; You(</p>|<br/>)\n.*It&rsquo;s about tea.*",
    "residual": r"(?s).*Interview: tea & You\nEditor: .*\nDr\. Vela: .*",
    "credited": r"(.+\n){1,3}Interview: tea & You\nEditor: What of tea\?\nDr\. Vela: .*",
    "credited-one-line": r".+ Interview: tea & You Editor: What of tea\? Dr\. Vela: .*",
    "curly": r".*\n\nDr\. Vela: It’s about tea\.",
    "straight": r".*\nDr\. Vela: It's about tea\.",
    "shuffled": r"(Interview|Editor|Dr\. Vela): .*\n.*\n.*",
    "recounted": r"Interview: tea & You\nEditor: What of tea\?\nDr\. Vela: It’s about tea\.",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(shape: str) -> None:
    text = render(TEA, INTERVIEW, shape).text
    assert re.fullmatch(SHAPED[shape], text, re.DOTALL), text


def test_shuffled_lines_stay_in_their_block_and_recounted_digits_change() -> None:
    rows = [Row(f"{k} of 12", Label.PADDED, k // 10) for k in range(20)]
    shuffled = SHAPES["shuffled"][0](rows, random.Random("a"))
    assert shuffled != rows
    assert sorted(shuffled) == sorted(rows)
    assert [row.block for row in shuffled] == [row.block for row in rows]
    recounted = SHAPES["recounted"][0](rows, random.Random("a"))
    assert all(re.fullmatch("[1-9]{1,2} of [1-9]{2}", row.text) for row in recounted)
    assert len({row.text[-2:] for row in recounted}) > 5


def test_residue_never_stands_inside_a_filler_block() -> None:
    for composition in compositions(TEA, [TEA, QANAT]):
        page = render(TEA, composition, "residual")
        for gold in page.regions:
            between = page.text[gold.span.start : gold.span.end].split("\n")
            assert len(between) == len(gold.lines)


def test_the_corpus_composes(topics: list[Topic]) -> None:
    """Real topics: offsets cut whole lines, and ids say what a page is made of."""
    for page in pages(topics):
        number, kind, shape, *_ = page.id.split("/")
        assert (number, kind, shape) == (page.group[:3], page.kind, page.shape)
        for gold in page.regions:
            for span, _ in gold.lines:
                line = page.text[span.start : span.end]
                assert line == line.strip() != ""
