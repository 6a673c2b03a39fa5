"""What recurs in place, and what only recurs: suspicion, log-odds, labels, phrases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from detector import Document, frames, mining
from detector.additions import Entry
from detector.batch import Batch
from detector.corpus import GoldPage, Topic, read_jsonl, read_topic
from detector.errors import ConfigError
from detector.lexicon import Lexicon
from detector.pipeline import Detector
from detector.reading import Reader
from detector.recurrence import PRIOR, Text, distinct, log_odds
from detector.suspicion import suspected

ARTICLE = (
    "The council of {place} closed the bridge on Friday after a diver found a crack of nine "
    "centimetres in the second pier.\n"
    "Engineer {name} said that the repair would cost 410,000 kroner and take eleven weeks.\n"
    "The school bus goes by {place} mill until then, and pupils leave forty minutes earlier.\n"
)
FILLER = (
    "A second cup\n"
    "{asker} {mark} What does this mean for the future of our communities?\n"
    "{guest} {mark} It is a reminder that we must all work together, and let the pot draw.\n"
    "{asker} {mark} And what can ordinary people learn from it?\n"
    "{guest} {mark} That every challenge is an opportunity, and that the pot will draw for "
    "everyone. Thank you for having me!\n"
)
FOOTER = "Printed on recycled paper every other day.\n"
PLACES = ("Lund", "Hjelm", "Orvik", "Brae", "Tarrow", "Kesten", "Halmby", "Dorsa", "Velika", "Pohl")


@pytest.fixture(scope="module")
def base(root: Path) -> list[Topic]:
    """A part of the base corpus."""
    paths = sorted((root / "data" / "corpus" / "topics").glob("*.txt"))
    return [read_topic(path) for path in paths[::8]]


def site(mark: str = "/", n: int = 10) -> list[Document]:
    """Pages of which two in three have filler; all have a footer."""
    pages = []
    for k, place in enumerate(PLACES[:n]):
        text = ARTICLE.format(place=place, name=f"{place}sen")
        if k % 3:
            text += FILLER.format(asker="Warden", guest="Lodger", mark=mark)
        pages.append(Document(place, text + FOOTER))
    return pages


def mined(
    detector: Detector, base: Sequence[Topic], pages: Sequence[Document], least: int | None = None
) -> dict[str, Entry]:
    found = mining.mine(pages, detector.model, detector.lexicon, base, least)
    return {f"{entry.kind} {entry.text}": entry for entry in found}


# --- log-odds -------------------------------------------------------------------------------------


def test_log_odds_follow_the_formula() -> None:
    counts = [np.array([value]) for value in (8, 2, 1)]
    odds = log_odds(counts[0], counts[1], 1000, 9000, counts[2], 500)
    size = PRIOR * 1000
    prior = size * 11 / 10500
    own = math.log((8 + prior) / (1000 + size - 8 - prior))
    other = math.log((2 + prior) / (9000 + size - 2 - prior))
    assert odds.value[0] == pytest.approx(own - other)
    deviation = math.sqrt(1 / (8 + prior) + 1 / (2 + prior))
    assert odds.z[0] == pytest.approx((own - other) / deviation)


def test_log_odds_are_nought_where_rates_are_equal_and_rise_with_what_is_inside() -> None:
    none = np.zeros(4, np.int64)
    odds = log_odds(np.array([5, 5, 6, 9]), np.array([5, 50, 50, 50]), 1000, 10000, none, 0)
    assert odds.value[1] == pytest.approx(0.0, abs=1e-12)
    assert odds.value[0] > odds.value[3] > odds.value[2] > 0
    assert (np.sign(odds.z) == np.sign(odds.value)).all()


def test_distinct_counts_values_once_a_row() -> None:
    row, value = np.array([0, 0, 0, 2, 2]), np.array([7, 7, 3, 1, 0])
    assert distinct(row, value, 4).tolist() == [2, 0, 2, 0]


# --- suspicion ------------------------------------------------------------------------------------


def test_the_suspected_part_is_the_filler(detector: Detector) -> None:
    pages = site(":")
    batch = Batch(pages, Reader(detector.lexicon))
    parts = suspected(batch, detector.model)
    for page, (start, stop) in enumerate(parts):
        first = int(batch.segments.page_starts[page])
        if page % 3:
            assert start - first == 3, "the heading belongs to the filler"
            assert stop - first in {8, 9}
        else:
            assert stop - start <= 2


@pytest.mark.parametrize("text", ["", "One short note.", "\n\n"])
def test_pages_with_nothing_to_compare_have_no_suspected_part(
    detector: Detector, text: str
) -> None:
    batch = Batch([Document("x", text)], Reader(detector.lexicon))
    ((start, stop),) = suspected(batch, detector.model)
    assert start == stop


# --- labels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Desk / What now?", ("Desk /", "/")),
        ("[Desk] What now?", ("[Desk]", "]")),
        ("Desk» What now?", ("Desk»", "»")),
        ("**Dr. Hanne Voss** | It is late.", ("**Dr. Hanne Voss** |", "|")),
        ("Desk: What now?", None),
        ("He came home late. Then / now it rains.", None),
        ("/ 12", None),
        ("<b>Desk</b> What now?", None),
        ("", None),
    ],
)
def test_signs_behind_labels(line: str, found: tuple[str, str] | None) -> None:
    assert frames._marked(line, {"dr"}) == found


@pytest.mark.parametrize("mark", ["/", "»", "|", "→"])
def test_the_site_s_own_sign_makes_labels(detector: Detector, base: list[Topic], mark: str) -> None:
    found = mined(detector, base, site(mark))
    assert found[f"words/label_mark {mark}"].pages == 6
    assert found["words/asker warden"].occurrences == 12
    assert found["words/answerer lodger"].pages == 6


def test_a_sign_is_read_as_the_end_of_a_label_only_where_it_was_mined(lexicon: Lexicon) -> None:
    pages = site("/")
    plain = Text(pages, lexicon)
    found = Text(pages, lexicon.with_entries([Entry("words/label_mark", "/")]))
    assert not plain.labels
    assert {label.words for label in found.labels} == {("warden",), ("lodger",)}
    assert len(found.labels) == 24


def test_lists_with_one_label_make_no_dialogue(lexicon: Lexicon) -> None:
    text = "Step / Wash the rice.\nStep / Soak it.\nStep / Steam it.\nTip / Use a lid.\n"
    assert not frames.marks([text] * 9, lexicon, 3)


# --- phrases --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def halves(root: Path) -> list[list[GoldPage]]:
    """The two halves of a site written for the tests."""
    paths = sorted((root / "tests" / "data" / "tern-and-tide").glob("*.jsonl"))
    return [list(read_jsonl(path)) for path in paths]


@pytest.fixture(scope="module")
def pages(halves: list[list[GoldPage]]) -> list[Document]:
    """Half of that site without its labels."""
    return [Document(page.id, page.text) for page in halves[0]]


@pytest.fixture(scope="module")
def found(detector: Detector, base: list[Topic], pages: list[Document]) -> dict[str, Entry]:
    return mined(detector, base, pages)


def test_habits_are_found_with_their_counts(found: dict[str, Entry]) -> None:
    watch = found["phrases/farewell that is the watch"]
    assert (watch.pages, watch.occurrences) == (5, 5)
    assert watch.score > 2
    assert "That is the watch." in watch.example
    assert found["phrases/meta crate talk"].example == "Crate talk"
    assert found["phrases/gloss steady hands"].pages == 7
    assert found["words/heading crate"].pages == 8
    assert found["words/asker keeper"].pages == 8
    assert found["words/answerer lookout"].pages == 5
    assert found["words/label_mark »"].pages == found["words/label_mark /"].pages == 8


def test_house_style_of_honest_parts_is_no_habit(
    found: dict[str, Entry], pages: list[Document]
) -> None:
    footer = "Tern & Tide is printed on Thursdays."
    assert sum(footer in page.text for page in pages) == len(pages)
    assert sum("Also on our pages" in page.text for page in pages) > 3
    words = {word for entry in found.values() for word in entry.text.split()}
    assert not words & {"printed", "thursdays", "quay", "also", "pages", "words"}


def test_names_and_numbers_are_no_habits(
    detector: Detector, base: list[Topic], pages: list[Document]
) -> None:
    changed = [
        Document(p.id, p.text.replace("That is the watch", "That is Brackwater 4711 quux"))
        for p in pages
    ]
    texts = " ".join(mined(detector, base, changed))
    assert not {"brackwater", "4711", "quux"} & set(texts.split())


def test_phrases_that_honest_text_has_are_no_habits(
    detector: Detector, base: list[Topic], pages: list[Document]
) -> None:
    changed = [
        Document(p.id, p.text.replace("That is the watch", "He told the newspaper")) for p in pages
    ]
    texts = {entry.text for entry in mined(detector, base, changed).values()}
    assert not texts & {"he told", "told the", "he told the", "the newspaper"}


def test_the_least_number_of_pages_is_kept(
    detector: Detector, base: list[Topic], pages: list[Document], found: dict[str, Entry]
) -> None:
    common = mined(detector, base, pages, 7)
    assert {entry.pages for entry in common.values()} == {7, 8}
    assert common.keys() & found.keys()
    with pytest.raises(ConfigError, match=r"nothing recurs .* 10 of 22 pages; .*lower --min-pages"):
        mined(detector, base, pages, 10)


def test_mining_is_the_same_every_time(
    detector: Detector, base: list[Topic], pages: list[Document], found: dict[str, Entry]
) -> None:
    assert mined(detector, base, pages) == found


def test_few_pages_are_refused(detector: Detector, base: list[Topic]) -> None:
    with pytest.raises(ConfigError, match=r"9 pages are too few .* at least 10 pages of one site"):
        mined(detector, base, site(n=9))


def test_honest_pages_have_no_phrases_in_common(
    detector: Detector, base: list[Topic], halves: list[list[GoldPage]]
) -> None:
    honest = [Document(p.id, p.text) for half in halves for p in half if not p.regions]
    assert len(honest) == 14
    kinds = {entry.kind for entry in mined(detector, base, honest).values()}
    assert kinds <= {"words/asker", "words/answerer", "words/label_mark"}


def test_hardly_any_words_are_no_habits(detector: Detector, base: list[Topic]) -> None:
    with pytest.raises(ConfigError, match="nothing recurs"):
        mined(detector, base, [Document(str(k), "Note") for k in range(10)])
