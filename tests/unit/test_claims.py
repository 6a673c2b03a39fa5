"""Names, numbers and quotations that the unmarked text of a page does not support."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.batch import Batch
from detector.explain import evidence
from detector.marked import Marked
from detector.types import Document, Evidence

Read = Callable[..., Batch]

ARTICLE = """\
The council of Jecheon met in Kampala on Friday, said Emily Carter of the Federal Harbour Office.
QUIBDO: In March it spent 1,200,000 crowns on twelve lamps, up 47.3 percent from the 18th century.
"We will not give up the old harbour before winter, whatever it costs us," the mayor told us.
Then the council left the hall of Jecheon for the boats, and nobody spoke to the press there.
"""


def claims(read: Read, region: str, page: str | Document = "") -> list[Evidence]:
    """Evidence of the last lines of a page, those of ``region``."""
    document = page or ARTICLE + region
    batch = read(document)
    lines = Marked(batch, np.arange(batch.n), np.arange(batch.n) + 1)
    starts, _ = lines.offsets_of(batch.segments.start, batch.segments.end - 1)
    text = document if isinstance(document, str) else document.text
    first = np.searchsorted(starts, len(text) - len(region))
    marked = Marked(batch, np.array([first]), np.array([batch.n]))
    (found,) = evidence(marked, np.zeros(batch.n, np.bool_))
    return found


def unsupported(read: Read, region: str, note: str) -> list[str]:
    text = ARTICLE + region
    found = claims(read, region)
    return [text[e.span.start : e.span.end] for e in found if e.note == note]


@pytest.mark.parametrize(
    ("region", "names"),
    [
        ("We asked Anna Zubirov about the boats.", ["Anna Zubirov"]),
        ("We asked Dr. Anna Zubirov's friend about it.", ["Anna Zubirov"]),
        ("We asked Zubirov, Okonkwo and others about it.", ["Zubirov", "Okonkwo"]),
        ("They flew to <b>Tottori</b> with the lamps.", ["Tottori"]),
        ("We asked Carter about the boats again.", []),  # the surname stands above
        ("We asked Mary Carter about the boats.", []),
        ("They flew to Quibdo with the lamps.", []),  # above in capitals, in a label
        ("They asked the FHO about the boats.", []),  # initials of a name above
        ("The boats of Danish and Javanese sailors left.", []),
        ("They left on Tuesday, in April, with the lamps.", []),
        ("Thank you for reading, and welcome to Zubirov!", []),  # the site itself
        ("They paid P7.35 for it, said the paper.", []),
        ("# What Comes Next For Harbour Towns", []),
        ("Anna Zubirov: The boats left the harbour.", []),  # a label
    ],
)
def test_names(read: Read, region: str, names: list[str]) -> None:
    assert unsupported(read, region, "name") == names


@pytest.mark.parametrize(
    ("region", "numbers"),
    [
        ("They bought 77 lamps and 3.5 boats.", ["77", "3.5"]),
        ("It cost $140 or 30%, within a 45-day term.", ["$140", "30%", "45-day"]),
        ("It cost 1200000 crowns, all in all.", []),
        ("It cost 1.2 million crowns, all in all.", []),
        ("It cost 1.3 million crowns, all in all.", ["1.3"]),
        ("They bought 12 lamps for the harbour.", []),  # spelled above
        ("It was 47 percent, in the 18-year term.", []),  # rounded; an ordinal above
        ("1. The boats left.", []),
        ("<p>3. The boats left.</p>", []),
        ("### Scenario 4: all boats leave", []),
        ("Also read about 15 Facts on boats", []),
        ("Listen to this article  4 min", []),
    ],
)
def test_numbers(read: Read, region: str, numbers: list[str]) -> None:
    assert unsupported(read, region, "number") == numbers


@pytest.mark.parametrize(
    ("quotation", "supported"),
    [
        ("We will not give up the old harbour before winter", True),
        ("we will not give up the harbour before winter,", True),  # a word left out
        ("We shall not give up the old port before winter", True),  # two changed
        ("We shall not leave the old port before winter", False),  # four changed
        ("We will not … before winter, whatever it costs us", True),
        ("whatever it costs us", True),
        ("winter before harbour old the up give not will we", False),
        ("This town deserves a better harbour", False),
    ],
)
@pytest.mark.parametrize("marks", ['"{}"', "“{}”", "«{}»", "„{}“"])
def test_quotations(read: Read, quotation: str, supported: bool, marks: str) -> None:
    region = f"He said: {marks.format(quotation)} and left."
    text = ARTICLE + region
    (found,) = [e for e in claims(read, region) if e.note == "quotation"]
    assert text[found.span.start : found.span.end] == quotation
    assert found.kind == ("repeats" if supported else "unsupported")
    if found.source is not None:
        assert text[found.source.start : found.source.end] in ARTICLE.split("\n")[2]


@pytest.mark.parametrize(
    "region",
    ['He called it a "very old joke" again.', 'They saw "The Last Boat of the Harbour" there.'],
)
def test_terms_and_titles_are_no_quotations(read: Read, region: str) -> None:
    assert unsupported(read, region, "quotation") == []


def test_the_preceding_text_supports(read: Read) -> None:
    region = 'It was Carter who said "whatever it costs us" 12 times, and left.'
    found = claims(read, region, Document("d", region, preceding=ARTICLE))
    assert [e.kind for e in found] == ["repeats"]
    assert found[0].in_preceding
    assert found[0].source is not None
    assert ARTICLE[found[0].source.start :].startswith("whatever it costs us")


def test_another_region_does_not_support(read: Read) -> None:
    line = "They flew to Tottori with 77 lamps."
    batch = read(f"{line}\n{ARTICLE}{line}")
    marked = Marked(batch, np.array([0, batch.n - 1]), np.array([1, batch.n]))
    notes = [[e.note for e in found] for found in evidence(marked, np.zeros(batch.n, np.bool_))]
    assert notes == [["name", "number"]] * 2


def test_a_region_of_one_line_is_read_as_a_line(read: Read) -> None:
    """By itself it would be a page that lost its line breaks, with a segment for each sentence."""
    region = "Anna Zubirov … Anna Zubirov … Anna Zubirov"
    assert unsupported(read, region, "name") == ["Anna Zubirov"]
    assert unsupported(read, region, "quotation") == []


PIECES = st.sampled_from(
    ["Anna Zubirov", "<b>Tottori</b>,", "77", "“", "”", '"', "we will not give up", "İstanbul’s"]
    + ["…", "1.2 million", "\u200b", "\n", "Dr.", "Editor:", "«", "»", "the", "ﬁne", "&rsquo;", "("]
)


@given(st.lists(PIECES, min_size=1, max_size=30).map(" ".join).filter(str.strip))
def test_claims_lie_in_their_region(read: Read, region: str) -> None:
    text = ARTICLE + region
    for found in claims(read, region):
        assert len(ARTICLE) <= found.span.start < found.span.end <= len(text)
        shown = text[found.span.start : found.span.end]
        assert found.kind != "unsupported" or any(character.isalnum() for character in shown)
