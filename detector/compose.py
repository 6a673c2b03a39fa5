"""Pages built from the blocks of topics, the way they occur, in the shapes scrapers give them.

A *composition* says which blocks stand on a page (``article+filler``, ``rewrite+genuine`` …), a
*shape* how the page was scraped (blank lines between paragraphs, everything on one line, labels
stripped …). Everything is deterministic: a page depends on its topic, composition and shape only.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from detector.corpus import Block, GoldPage, GoldRegion, Topic
from detector.types import Label, Span


class Row(NamedTuple):
    """A line of a page to be; ``block`` numbers the filler block it belongs to, -1 for none."""

    text: str
    label: Label
    block: int


class Composition(NamedTuple):
    """The lines of a page before it takes a shape; ``subforms`` names each filler block."""

    kind: str
    rows: list[Row]
    subforms: list[str]


def pages(
    topics: Sequence[Topic],
    strangers: Sequence[Topic] | None = None,
    run_on: float = 0.0,
    again: int = 0,
) -> Iterator[GoldPage]:
    """All pages of ``topics``; articles of ``strangers`` precede filler that is off topic, a
    share ``run_on`` of the compositions stands on one line too, and what is drawn by chance is
    drawn ``again`` so many times."""
    others = topics if strangers is None else strangers
    for topic in topics:
        drawn = list(compositions(topic, others))
        for draw in range(again):
            rng = random.Random(f"{topic.slug}:again:{draw}")
            drawn += [page for page in _drawn_again(topic, rng, others) if page not in drawn]
        for composition in drawn:
            yield from _shaped(topic, composition, run_on)


def compositions(topic: Topic, others: Sequence[Topic]) -> Iterator[Composition]:
    """What may stand on a page together."""
    article, fillers = topic.article, topic.of("filler")
    genuine, hard = topic.of("genuine"), topic.of("hardneg")
    rng = random.Random(f"{topic.slug}:compositions")
    yield _page("article", article)
    for block in fillers:
        yield _with_filler("article+filler", article, block)
    for block in genuine:
        yield _page("article+genuine", article, block)
        yield _page("genuine", block)
    for block in hard:
        yield _page("article+hardneg", article, block)
        yield _page("short+hardneg", _head(article, rng.randint(1, 4)), block)
    if len(hard) > 1:
        yield _page("article+hardneg+hardneg", article, *rng.sample(hard, 2))
    if hard and genuine:
        yield _page("article+genuine+hardneg", article, rng.choice(genuine), rng.choice(hard))
    yield from _rewrites(topic)
    if fillers:
        yield from _fillers_in_company(topic, rng, others)
    short = _head(article, rng.randint(1, 3))
    for block in fillers[:1] + fillers[2:]:
        yield _page("short+filler", short, block)
    for block in genuine:
        yield _page("short+genuine", short, block)


def _drawn_again(
    topic: Topic, rng: random.Random, others: Sequence[Topic]
) -> Iterator[Composition]:
    """Other blocks beside each other, as much honest text as filler: where one ends and the next
    begins is learned from such pages."""
    article, genuine, hard = topic.article, topic.of("genuine"), topic.of("hardneg")
    retold = [block for block in topic.of("rewrite") if block.form != "rewrite-closing"]
    if len(hard) > 1:
        yield _page("article+hardneg+hardneg", article, *rng.sample(hard, 2))
    if hard and genuine:
        yield _page("article+genuine+hardneg", article, rng.choice(genuine), rng.choice(hard))
    for block in genuine:
        yield _page("short+genuine", _head(article, rng.randint(1, 5)), block)
    for block in retold:
        if genuine:
            yield _page("rewrite+genuine", block, rng.choice(genuine))
        if hard:
            yield _page("rewrite+hardneg", block, rng.choice(hard))
    if topic.of("filler"):
        yield from _fillers_in_company(topic, rng, others)


def _rewrites(topic: Topic) -> Iterator[Composition]:
    fillers, genuine, hard = topic.of("filler"), topic.of("genuine"), topic.of("hardneg")
    for k, block in enumerate(topic.of("rewrite")):
        closing = block.form == "rewrite-closing"
        yield _page("rewrite-closing" if closing else "rewrite", block)
        bare = _only(block, Label.ORIGINAL)
        if fillers:
            yield _page("rewrite+filler", bare, fillers[(k + 1) % len(fillers)])
        if hard and not closing:
            yield _page("rewrite+hardneg", bare, hard[k % len(hard)])
        if genuine:
            chosen = genuine[k % len(genuine)]
            yield _page("rewrite+genuine", bare, chosen)
            if closing:
                yield _page("rewrite-closing+genuine", block, chosen)


def _fillers_in_company(
    topic: Topic, rng: random.Random, others: Sequence[Topic]
) -> Iterator[Composition]:
    article, fillers = topic.article, topic.of("filler")
    genuine, hard = topic.of("genuine"), topic.of("hardneg")
    yield _in_middle(article, rng.choice(fillers), rng)
    if len(fillers) > 1:
        first, second = rng.sample(fillers, 2)
        yield _page("article+filler+filler", article, first, second)
        yield _page("short+filler+filler", _head(article, 4), *rng.sample(fillers, 2))
        yield _in_middle(article, first, rng, second)
    if len(fillers) > 2:
        yield _page("article+filler+filler+filler", article, *rng.sample(fillers, 3))
    for block in fillers:
        if block.form == "interview":
            yield _page("filler", block)
            break
    if hard:
        yield _page("article+hardneg+filler", article, hard[0], rng.choice(fillers))
    if genuine:
        yield _page("article+genuine+filler", article, genuine[0], rng.choice(fillers))
        yield _page("article+filler+genuine", article, rng.choice(fillers), genuine[-1])
    strangers = [other for other in others if other.number != topic.number]
    if strangers:
        stranger = rng.choice(strangers)
        interviews = [block for block in fillers if block.form == "interview"]
        if interviews:
            yield _page("stranger+filler", stranger.article, rng.choice(interviews))
        if genuine:
            yield _page("stranger+genuine", rng.choice(strangers).article, genuine[0])


def _rows(block: Block, number: int) -> list[Row]:
    return [
        Row(line.text, line.label, -1 if line.label is Label.ORIGINAL else number)
        for line in block.lines
    ]


def _page(kind: str, *blocks: Block) -> Composition:
    rows: list[Row] = []
    subforms: list[str] = []
    for block in blocks:
        lines = _rows(block, len(subforms))
        if any(row.block >= 0 for row in lines):
            subforms.append("closing" if block.kind == "rewrite" else block.form)
        rows += lines
    return Composition(kind, rows, subforms)


def _with_filler(kind: str, article: Block, filler: Block) -> Composition:
    """The filler where its block says it was inserted."""
    if filler.at == "end":
        return _page(kind, article, filler)
    n = len(article.lines)
    after = n // 2 if filler.at == "middle" else int(filler.at.removeprefix("after:"))
    if not 0 < after < n:
        return _page(kind, article, filler)
    return _inserted(kind + "-inside", article, filler, after)


def _inserted(kind: str, article: Block, filler: Block, after: int) -> Composition:
    rows = _rows(article, 0)
    return Composition(kind, rows[:after] + _rows(filler, 0) + rows[after:], [filler.form])


def _in_middle(
    article: Block, filler: Block, rng: random.Random, last: Block | None = None
) -> Composition:
    after = rng.randint(2, max(2, len(article.lines) - 2))
    page = _inserted("article+filler-inside", article, filler, after)
    if last is None:
        return page
    rows = page.rows + _rows(last, 1)
    return Composition("article+filler-inside+filler", rows, [filler.form, last.form])


def _head(block: Block, n: int) -> Block:
    return Block(block.kind, block.form, block.style, block.at, block.lines[:n])


def _only(block: Block, label: Label) -> Block:
    lines = tuple(line for line in block.lines if line.label is label)
    return Block(block.kind, block.form, block.style, block.at, lines)


# --- shapes -----------------------------------------------------------------------------------

Shape = Callable[[list[Row], random.Random], list[Row]]

SPEAKER = re.compile(
    r"^(?P<open>[*_]{0,3})(?P<name>(?!https?:)[\[(]?[A-ZÀ-Ž0-9][^:!?.]{0,3}[^:!?]{0,46}?):"
    r"(?P<close>[*_]{0,3})\s+(?=\S)"
)
"""The speaker's label at the beginning of a line."""
_RESIDUE = (
    "rnrn",
    "Hot news now",
    "Share",
    "Share on Facebook  Share on X  Copy link",
    "Advertisement",
    "ADVERTISEMENT - CONTINUE READING BELOW",
    "Read more",
    "Also read: Council puts off decision on ring road",
    "By our reporter  desk@lokalpost.example",
    "Reporter Oh Min-ji  minji.oh@hanbit.example",
    "Photo: archive",
    "[Photo: press office of the ministry]",
    "© 2025 Nordhafen Media. All rights reserved.",
    "Reproduction without permission is prohibited.",
    '<h3 class=" rnrn',
    '<div class="related">',
    "</p>",
    "Tags: economy, region, news",
    "Updated 14.10",
    "2025-03-11 08:42",
    "Cookies help us deliver our services.",
    "Loading...",
    "Subscribe for $1 a week",
    "More on this topic",
    "Most viewed",
    "Print",
    "0 comments",
    "Getty Images",
    "Font size  A  A+",
    "Listen to this article  4 min",
    "Source: own reporting, agencies",
    "Skip to content",
)


_CREDITS = (
    "{agency}",
    "With {agency}",
    "-- With files from {agency}",
    "{name} / {agency}",
    "({initials}/{initials})",
    "{initials}/{initials}/{initials}",
    "({initials}/{initials}/with material of {agency})",
    "{agency} {initials}/{initials}",
    "© {agency}",
    "(c) {agency}, reproduction prohibited",
    "Photo: {name}",
    "Photo: {name} / {agency}",
    "[Photo: {name}]",
    "File picture: {agency}",
    "By {name}",
    "{name}, {agency}",
    "(Reporting by {name}; Editing by {name})",
    "Additional reporting by {name}",
    "Translated by {name}",
    "Text and photos: {name}",
    "ENDS",
    "(END)",
    "Read also: {headline}",
    "Also on the topic: {headline} | {headline}",
    "More: {headline}",
    "Related: {headline} - {headline}",
    "To read also: {headline}",
    "{headline}",
    "Share: Facebook | X | WhatsApp | E-mail",
    "Facebook X WhatsApp Email",
    "Newsletter: the day in five minutes",
    "Found an error? Write to us",
)
"""Lines as agencies and editors set them behind a story, to be filled in."""
_AGENCIES = ("AFP", "AP", "dpa", "EFE", "ANSA", "Reuters", "PAP", "NTB", "Lokalpost", "our bureau")
_GIVEN = ("Amina", "Bo", "Clara", "Deniz", "Emeka", "Farida", "Goran", "Hye-jin", "Ivo", "Júlia")
_FAMILY = ("Abara", "Bielik", "Castro", "Dunne", "Eklund", "Fofana", "Grech", "Hoang", "Iyer", "Jo")
_HEADLINES = (
    "Council puts off decision on ring road",
    "Two hurt as lorry overturns near bridge",
    "School roof closed after inspection",
    "What the new bus fares mean for commuters",
    "Champions out in the second round",
    "Who pays for the flood wall?",
    "Nurses vote on strike",
    "The last ferryman of the lake",
    "Harvest down by a fifth",
    "Police look for witnesses",
)


def _plain(rows: list[Row], _rng: random.Random) -> list[Row]:
    return rows


def _stripped(rows: list[Row], _rng: random.Random) -> list[Row]:
    """Without speaker labels, as some extractors leave a page."""
    out = []
    for row in rows:
        text = SPEAKER.sub(lambda match: match["open"], row.text)
        text = text.removeprefix("****").strip()
        if text:
            out.append(row._replace(text=text))
    return out


def _markdown(rows: list[Row], rng: random.Random) -> list[Row]:
    """Mark-up left in: bold labels, headings, links."""
    bold = rng.random() < 0.7
    out = []
    for row in rows:
        text = row.text
        if bold and "*" not in text:
            text = SPEAKER.sub(lambda match: f"**{match['name']}:** ", text)
        if len(text) < 70 and text[-1:].isalpha() and "*" not in text and "#" not in text:
            text = f"{rng.choice(('##', '###', '**'))} {text}".replace("** ", "**")
            text += "**" if text.startswith("**") else ""
        out.append(row._replace(text=text))
    return out


def _tagged(rows: list[Row], rng: random.Random) -> list[Row]:
    """Left-overs of HTML."""
    out = []
    for row in rows:
        text = row.text.replace("&", "&amp;").replace("’", "&rsquo;")
        if rng.random() < 0.8:
            text = SPEAKER.sub(lambda match: f"<strong>{match['name']}:</strong> ", text)
        out.append(row._replace(text=f"<p>{text}</p>" if rng.random() < 0.8 else f"{text}<br/>"))
    return out


def _residual(rows: list[Row], rng: random.Random) -> list[Row]:
    """Lines that a scraper took along, between the blocks and at the ends."""
    out: list[Row] = []
    for k, row in enumerate(rows):
        boundary = k > 0 and row.block != rows[k - 1].block
        inside = row.block >= 0 and k > 0 and rows[k - 1].block == row.block
        if not inside and (boundary or k == 0 or rng.random() < 0.04):
            n = rng.randint(1, 4) if boundary else rng.randint(0, 2)
            out += [Row(text, Label.ORIGINAL, -1) for text in rng.sample(_RESIDUE, n)]
        out.append(row)
    tail = rng.sample(_RESIDUE, rng.randint(0, 2))
    return out + [Row(text, Label.ORIGINAL, -1) for text in tail]


def _credited(rows: list[Row], rng: random.Random) -> list[Row]:
    """Credits, agencies' marks and links where the story ends."""
    end = next((k for k, row in enumerate(rows) if row.block >= 0), len(rows))
    lines = [Row(_credit(rng), Label.ORIGINAL, -1) for _ in range(rng.choice((1, 1, 2, 3)))]
    return [*rows[:end], *lines, *rows[end:]]


def _credit(rng: random.Random) -> str:
    letters = "abcdefghijklmnoprstuvwz"
    choices = {
        "agency": lambda: rng.choice(_AGENCIES),
        "name": lambda: f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}",
        "initials": lambda: "".join(rng.choices(letters, k=rng.randint(2, 3))),
        "headline": lambda: rng.choice(_HEADLINES),
    }
    return re.sub(r"{(\w+)}", lambda match: choices[match[1]](), rng.choice(_CREDITS))


def _curly(rows: list[Row], _rng: random.Random) -> list[Row]:
    out = []
    for row in rows:
        text = re.sub(r'"([^"]*)"', r"“\1”", row.text).replace("'", "’")
        out.append(row._replace(text=text))
    return out


def _straight(rows: list[Row], _rng: random.Random) -> list[Row]:
    table = str.maketrans("“”„‘’", '"""\'\'')
    return [row._replace(text=row.text.translate(table)) for row in rows]


def _shuffled(rows: list[Row], rng: random.Random) -> list[Row]:
    """The lines of each block of filler in another order."""
    out = list(rows)
    for block in sorted({row.block for row in rows} - {-1}):
        places = [k for k, row in enumerate(rows) if row.block == block]
        for place, source in zip(places, rng.sample(places, len(places)), strict=True):
            out[place] = rows[source]
    return out


def _recounted(rows: list[Row], rng: random.Random) -> list[Row]:
    """Every digit another one, so that no number is said twice."""
    return [
        row._replace(text=re.sub("[0-9]", lambda _: rng.choice("123456789"), row.text))
        for row in rows
    ]


SHAPES: dict[str, tuple[Shape, str]] = {
    "plain": (_plain, "\n"),
    "blank": (_plain, "\n\n"),
    "crlf": (_straight, "\r\n"),
    "one-line": (_plain, " "),
    "stripped": (_stripped, "\n"),
    "stripped-one-line": (_stripped, " "),
    "markdown": (_markdown, "\n\n"),
    "tagged": (_tagged, "\n"),
    "residual": (_residual, "\n"),
    "credited": (_credited, "\n"),
    "credited-one-line": (_credited, " "),
    "curly": (_curly, "\n\n"),
    "straight": (_straight, "\n"),
    "shuffled": (_shuffled, "\n"),
    "recounted": (_recounted, "\n"),
}
"""Name of a shape: what it does to the lines, and what joins them. The last two are attacks (see
:mod:`detector.attacks`) that no composed page takes by itself."""

_USUAL = ("plain", "blank", "curly", "straight", "residual", "crlf", "markdown", "tagged")
_ALSO_STRIPPED = {
    "article+filler",
    "article+genuine",
    "article+hardneg",
    "rewrite+filler",
    "genuine",
}
_ALSO_ONE_LINE = {"article+filler", "article+genuine", "article", "rewrite-closing"}
_WITH_CREDITS = {
    "article",
    "article+filler",
    "article+filler+filler",
    "article+filler+filler+filler",
    "article+genuine",
    "article+hardneg",
    "short+filler",
    "stranger+filler",
}


def _shaped(topic: Topic, composition: Composition, run_on: float) -> Iterator[GoldPage]:
    """The page in one usual shape, and some compositions in a harder shape too: of those that are
    not always on one line as well, a share ``run_on``; with credits twice as many of those that
    would have them."""
    rng = random.Random(f"{topic.slug}:{composition.kind}:{composition.rows[-1].text}")
    weights = (5, 3, 2, 2, 2, 1, 1, 1)
    shapes = [rng.choices(_USUAL, weights)[0]]
    if composition.kind in _ALSO_STRIPPED:
        shapes.append("stripped" if rng.random() < 0.8 else "stripped-one-line")
    if composition.kind in _ALSO_ONE_LINE:
        shapes.append("one-line")
    elif rng.random() < run_on:
        shapes.append("one-line" if rng.random() < 0.8 else "stripped-one-line")
    if composition.kind in _WITH_CREDITS and rng.random() < 2 * run_on:
        shapes.append("credited-one-line" if rng.random() < 0.7 else "credited")
    for shape in dict.fromkeys(shapes):
        yield render(topic, composition, shape)


def render(topic: Topic, composition: Composition, shape: str) -> GoldPage:
    """``composition`` in the named shape, with the offsets of its filler."""
    change, joint = SHAPES[shape]
    # crc-free and stable: Random seeds a string by its SHA-512.
    rng = random.Random(f"{topic.slug}:{composition.kind}:{shape}")
    rows = change(composition.rows, rng)
    identity = f"{topic.number:03d}/{composition.kind}/{shape}"
    if composition.subforms:
        identity += "/" + "+".join(composition.subforms)
    text, regions = join(rows, joint, composition.subforms)
    return GoldPage(
        identity,
        text,
        tuple(regions),
        group=f"{topic.number:03d}-{topic.slug}",
        kind=composition.kind,
        shape=shape,
    )


def join(rows: Iterable[Row], joint: str, subforms: Sequence[str]) -> tuple[str, list[GoldRegion]]:
    """The text of a page and its filler: the rows, ``joint`` between them, and a region a block."""
    parts: list[str] = []
    lines: dict[int, list[tuple[Span, Label]]] = {}
    at = 0
    for row in rows:
        if row.block >= 0:
            lines.setdefault(row.block, []).append((Span(at, at + len(row.text)), row.label))
        parts.append(row.text)
        at += len(row.text) + len(joint)
    regions = [
        GoldRegion(Span(spans[0][0].start, spans[-1][0].end), subforms[block], tuple(spans))
        for block, spans in sorted(lines.items(), key=lambda item: item[1][0][0])
    ]
    return joint.join(parts), regions
