"""Labelled pages, changed the way somebody would who wants filler to go unnoticed.

An *attack* is a change of a whole page, honest text and filler alike, that leaves it readable. The
labels move with the text, so that what a detector loses under each attack can be measured, on pages
of any origin. Everything is deterministic: a page depends on its text, its id and the attack only.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from detector import evaluation
from detector.compose import SHAPES, SPEAKER, Row, Shape, join
from detector.corpus import GoldPage
from detector.evaluation import Scores
from detector.pipeline import Detector
from detector.types import Label


def attacked(page: GoldPage, name: str) -> GoldPage:
    """``page`` under the attack ``name`` of :data:`ATTACKS`; id, group and kind stay.

    Every stretch between two breaks is a labelled line of its own in the result. A line that an
    attack empties, such as a label alone, is gone, and so is a region without lines.
    """
    rng = random.Random(f"{page.id}:{name}")
    rows = [row for row in ATTACKS[name](rows_of(page), rng) if row.text]
    subforms = [region.subform for region in page.regions] + [_OPTIONAL] * len(page.optional)
    text, regions = join(rows, "", subforms)
    return replace(
        page,
        text=text,
        regions=tuple(region for region in regions if region.subform != _OPTIONAL),
        optional=tuple(region.span for region in regions if region.subform == _OPTIONAL),
    )


def scores_under_attack(
    detector: Detector, pages: Sequence[GoldPage], jobs: int = 1
) -> dict[str, Scores]:
    """Figures of ``pages`` under each attack, by its name; every page is changed in every way."""
    return {
        name: evaluation.evaluate(detector, (attacked(page, name) for page in pages), jobs)
        for name in ATTACKS
    }


def points_lost(unchanged: Scores, scores: Scores) -> float:
    """Points (hundredths) of character F1 that an attack costs; below 0 if it helps."""
    return 100 * (unchanged.f1 - scores.f1)


def to_dict(unchanged: Scores, attacks: Mapping[str, Scores]) -> dict[str, Any]:
    """What each attack does to a detector, in JSON, under ``attacks``; nothing if there is none."""
    table = {
        name: {
            "character_f1": round(scores.f1, 4),
            "points_lost": round(points_lost(unchanged, scores), 2),
            "regions_found": scores.regions.to_dict(),
            "clean_pages_marked": scores.labelled_marked.to_dict(),
            "human_documents_marked": scores.human_marked.to_dict(),
        }
        for name, scores in attacks.items()
    }
    return {"attacks": table} if table else {}


# --- pages as rows ------------------------------------------------------------------------------

_OPTIONAL = ""
"""Stands for the form of a stretch that may be marked or not."""


def rows_of(page: GoldPage) -> list[Row]:
    """A page in rows that make up its text: lines or parts of them, and the *gaps* between them.

    A row belongs to at most one labelled line; it neither begins nor ends with a blank. A gap is
    nothing but blanks and breaks, and belongs to no block.
    """
    stretches = [
        (span, label, block)
        for block, region in enumerate(page.regions)
        for span, label in region.lines
    ]
    for block, span in enumerate(page.optional, len(page.regions)):
        stretches.append((span, Label.ORIGINAL, block))
    rows: list[Row] = []
    at = 0
    for span, label, block in sorted(stretches):
        _cut(rows, page.text[at : span.start], Label.ORIGINAL, -1)
        _cut(rows, page.text[max(at, span.start) : span.end], label, block)
        at = max(at, span.end)
    _cut(rows, page.text[at:], Label.ORIGINAL, -1)
    return rows


def _cut(rows: list[Row], text: str, label: Label, block: int) -> None:
    """Add the lines of ``text``, and the gaps, to ``rows``."""
    for line in text.splitlines(keepends=True):
        body = line.strip()
        lead, _, trail = line.partition(body) if body else (line, "", "")
        _add_gap(rows, lead)
        if body:
            rows.append(Row(body, label, block))
        _add_gap(rows, trail)


def _add_gap(rows: list[Row], blanks: str) -> None:
    if blanks and rows and _is_gap(rows[-1]):
        rows[-1] = _gap(rows[-1].text + blanks)
    elif blanks:
        rows.append(_gap(blanks))


def _gap(blanks: str) -> Row:
    return Row(blanks, Label.ORIGINAL, -1)


def _is_gap(row: Row) -> bool:
    return row.text.isspace()


def _is_break(row: Row) -> bool:
    return _is_gap(row) and len(f"{row.text}.".splitlines()) > 1


# --- what attacks are made of -------------------------------------------------------------------


def _in_lines(change: Callable[[str, random.Random], str]) -> Shape:
    """The attack that changes each line by itself."""

    def attack(rows: list[Row], rng: random.Random) -> list[Row]:
        return [
            row if _is_gap(row) else row._replace(text=change(row.text, rng).strip())
            for row in rows
        ]

    return attack


def _in_breaks(change: Callable[[str], str]) -> Shape:
    """The attack that changes what stands between lines."""

    def attack(rows: list[Row], _rng: random.Random) -> list[Row]:
        return [row._replace(text=change(row.text)) if _is_break(row) else row for row in rows]

    return attack


def _as_composed(shape: str, text: str, rng: random.Random) -> str:
    """A line in one of the shapes of composed pages; empty if the shape leaves it out."""
    change, _ = SHAPES[shape]
    return "".join(row.text for row in change([Row(text, Label.ORIGINAL, -1)], rng))


_LETTERS = re.compile(r"[^\W\d_]+")


def _in_words(change: Callable[[str, random.Random], str]) -> Shape:
    """The attack that changes each run of letters by itself."""
    return _in_lines(lambda text, rng: _LETTERS.sub(lambda match: change(match.group(), rng), text))


# --- the attacks --------------------------------------------------------------------------------

_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_LOOK_ALIKES = {
    latin: alike.split()
    for latin, alike in {
        "a": "а α",
        "c": "с",
        "d": "ԁ",
        "e": "е",
        "g": "ɡ ց",
        "h": "һ հ",
        "i": "і ι",
        "j": "ј",
        "l": "ӏ",
        "n": "ո",
        "o": "о ο օ",
        "p": "р ρ",
        "q": "ԛ",
        "s": "ѕ",
        "u": "ս υ",
        "v": "ν ѵ",
        "w": "ԝ",
        "x": "х",
        "y": "у",
        "A": "А Α",
        "B": "В Β",
        "C": "С",
        "E": "Е Ε",
        "H": "Н Η",
        "I": "І Ι Ӏ",
        "J": "Ј",
        "K": "К Κ",
        "M": "М Μ",
        "N": "Ν",
        "O": "О Ο Օ",
        "P": "Р Ρ",
        "S": "Ѕ Տ",
        "T": "Т Τ",
        "X": "Х Χ",
        "Y": "Ү Υ",
        "Z": "Ζ",
    }.items()
}
"""Letters of other scripts that a reader takes for Latin ones."""


def _hidden(word: str, rng: random.Random) -> str:
    if len(word) < 4:
        return word
    at = rng.randint(1, len(word) - 1)
    return word[:at] + rng.choice(_ZERO_WIDTH) + word[at:]


def _disguised(text: str, rng: random.Random) -> str:
    return "".join(
        rng.choice(_LOOK_ALIKES[letter])
        if letter in _LOOK_ALIKES and rng.random() < 0.5
        else letter
        for letter in text
    )


def _misspelt(word: str, rng: random.Random) -> str:
    """One in ten long words with two letters swapped, one dropped, doubled or replaced."""
    if len(word) < 7 or rng.random() >= 0.1:
        return word
    at = rng.randint(1, len(word) - 3)
    one, two = word[at], word[at + 1]
    put = rng.choice((two + one, two, one + one + two, rng.choice("aeinrst") + two))
    return word[:at] + put + word[at + 2 :]


_ARTICLE = re.compile(r"\b(?:(an?|the)|(An?|The)) (\w)")


def _without_articles(text: str, _rng: random.Random) -> str:
    return _ARTICLE.sub(lambda match: match[3].upper() if match[2] else match[3], text)


def _requoted(text: str, rng: random.Random) -> str:
    """Straight quotes for curly ones; where there are none, curly for straight ones."""
    straight = _as_composed("straight", text, rng)
    return straight if straight != text else _as_composed("curly", text, rng)


def _stripped(text: str, rng: random.Random) -> str:
    return _as_composed("stripped", text, rng)


_SINGLE_WORD = re.compile(r"(?<= )[a-z]{4,}(?= )")


def _around_a_word(text: str, before: str, behind: str, rng: random.Random) -> str:
    """``text`` with marks around one of its words, if it has one that stands free."""
    words = list(_SINGLE_WORD.finditer(text))
    if not words:
        return text
    word = rng.choice(words)
    behind = behind.format(word.group())
    return f"{text[: word.start()]}{before}{word.group()}{behind}{text[word.end() :]}"


def _with_markdown(text: str, rng: random.Random) -> str:
    text = _as_composed("markdown", text, rng)
    emphasis = rng.choice((("**", "**"), ("*", "*"), ("[", "](https://news.example/{})"), ("", "")))
    text = _around_a_word(text, *emphasis, rng)
    plain = text[0].isalpha() and rng.random() < 0.2
    return rng.choice(("> ", "- ", "* ")) + text if plain else text


def _with_html(text: str, rng: random.Random) -> str:
    text = _as_composed("tagged", text, rng)
    text = text.replace('"', "&quot;") if rng.random() < 0.5 else text
    element = rng.choice((
        ("<em>", "</em>"),
        ('<a href="/topic/{}">', "</a>"),
        ("&nbsp;", "&nbsp;"),
        ('<span style="font-weight: 400;">', "</span>"),
    ))  # fmt: skip
    return _around_a_word(text, *element, rng)


_NAMES = (
    "Ilka Brandsma", "Tomasz Wrede", "Oyelaran Pike", "Marisol Quant", "Hedda Lunde", "Kofi Arden",
    "Priya Sandoval", "Jorun Vass", "Dmitri Halloran", "Mei Castellane", "Ruben Achterberg",
    "Saoirse Mbeki", "Anselm Korda", "Yuna Fairweather", "Paolo Trent", "Zeynep Holm",
)  # fmt: skip


def _renamed(rows: list[Row], rng: random.Random) -> list[Row]:
    """Other names on the labels of all who speak more than once, the same ones throughout."""
    labels = [SPEAKER.match(row.text) for row in rows]
    turns = Counter(match["name"] for match in labels if match)
    speakers = [name for name, n in turns.items() if n > 1]
    order = rng.sample(_NAMES, len(_NAMES))
    names = {name: order[k % len(order)] for k, name in enumerate(speakers)}
    return [
        row._replace(text=row.text.replace(match["name"], names[match["name"]], 1))
        if match and match["name"] in names
        else row
        for row, match in zip(rows, labels, strict=True)
    ]


def _spaced(rows: list[Row], _rng: random.Random) -> list[Row]:
    return [row._replace(text=row.text.replace(" ", "  ")) for row in rows]


ATTACKS: Mapping[str, Shape] = {
    "labels stripped": _in_lines(_stripped),
    "zero-width": _in_words(_hidden),
    "look-alikes": _in_lines(_disguised),
    "lower case": _in_lines(lambda text, _: text.lower()),
    "upper case": _in_lines(lambda text, _: text.upper()),
    "doubled blanks": _spaced,
    "one line": _in_breaks(lambda _: " "),
    "blank lines": _in_breaks(lambda gap: f"{gap}\n\n"),
    "crlf": _in_breaks(lambda gap: "\r\n".join(f"{gap}.".splitlines())[:-1]),
    "markdown": _in_lines(_with_markdown),
    "html": _in_lines(_with_html),
    "typos": _in_words(_misspelt),
    "articles dropped": _in_lines(_without_articles),
    "digits": SHAPES["recounted"][0],
    "quotes": _in_lines(_requoted),
    "names replaced": _renamed,
    "filler shuffled": SHAPES["shuffled"][0],
}
"""What each attack does to the rows of a page."""
