"""The view of one page as a piece of HTML: its text as it was, what is filler in it, and why.

The piece holds no style and no script of its own; it needs ``assets/page_view.css`` and, for what
happens when a segment is chosen, ``assets/page_view.js`` (:func:`asset` reads them). The script
listens to the whole document, so that a view can be put in at any time.

The text content of the element of class ``pv-text`` has the same code points as the page, but for
NUL and lone surrogates, which HTML cannot hold. In it a region has the class ``pv-region`` and a
segment ``pv-segment``; both have ``data-start``, ``data-end`` (code points) and ``data-label``.
Segments with ``data-repeats`` repeat the passages with the same numbers in ``data-source``; words
that both sides share have them in ``data-shared``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from detector.types import Region, Result, Segment
from detector.views import strips
from detector.views.markup import element, escaped
from detector.views.readability import WORDS, readability
from detector.views.text import PageText
from detector.writers import NOT_JUDGED, printable, reasons

LABELS = {"derivative": "repeats what the page says elsewhere", "padded": "would fit any page"}
KINDS = {
    "phrase": "stock phrase",
    "frame": "heading, greeting, farewell",
    "speaker": "who asks, or an expert not known to the page",
    "unsupported": "name, number or quotation not in the article",
}
"""What the legend calls the kinds of evidence that are underlined."""
HINT = (
    "Point at a marked line, or go to it with Tab, for its score and the reasons. A click or Enter "
    "lights up what it repeats, Esc lets go."
)
QUOTED = 60
"""Characters of a segment that name it in the list of reasons."""


def asset(name: str) -> str:
    """A style sheet or script that comes with the package, such as ``page_view.css``."""
    return (Path(__file__).parents[1] / "assets" / name).read_text(encoding="utf-8")


def page_view(result: Result, preceding: str = "", prefix: str = "page", level: int = 2) -> str:
    """The view of one page, an ``<article>``; its headings are of the given ``level``.

    ``preceding`` is the preceding text of the document. Ids in the view begin with ``prefix``; in
    a file with several views each needs its own.
    """
    text = PageText(result, preceding, prefix)
    # A page of filler alone is compared with what it repeats.
    unmarked = result.clean_text()
    article = unmarked if unmarked.strip() else preceding
    link = element("svg", "", class_="pv-link", aria_hidden="true")
    column = element("div", text.preceding() + text.text() + link, class_="pv-column")
    strip = element("div", strips.vertical(result, text), class_="pv-rail")
    reading = element("div", strip + column + _side(result), class_="pv-reading")
    return element(
        "article",
        _facts(result, text) + reading + _reasons(result, text, article, f"h{level}"),
        class_="pv",
        id=prefix,
        data_chars=result.n_chars,
        aria_label=printable(result.document_id) or None,
    )


def _facts(result: Result, text: PageText) -> str:
    """The line below the title."""
    size = f"{result.n_chars:,} characters"
    if result.abstained is not None:
        return element(
            "p", f"{size}, not judged: {NOT_JUDGED[result.abstained]}", class_="pv-facts"
        )
    if not result.regions:
        return element("p", f"{size}, no filler found", class_="pv-facts")
    links = ", ".join(
        element("a", _name(region), href=f"#{text.id('region', r)}")
        for r, region in enumerate(result.regions)
    )
    share = element("strong", f"{result.filler_fraction:.1%} filler")
    return element("p", f"{size}, {share}: {links}", class_="pv-facts")


def _name(region: Region) -> str:
    return f"{region.form.value} {region.span.start}–{region.span.end}"


def _side(result: Result) -> str:
    """The legend, and room for what is known of the segment that is pointed at."""
    if not result.regions:
        return ""
    labels = "".join(
        element("li", element("b", name, class_=f"pv-key pv-{name}") + f" {meaning}")
        for name, meaning in LABELS.items()
    )
    kinds = "".join(
        element("li", element("span", meaning, class_=f"pv-{kind}"))
        for kind, meaning in KINDS.items()
    )
    legend = element("ul", labels + kinds, class_="pv-legend", aria_label="Legend")
    note = element("div", element("p", HINT), class_="pv-note")
    return element("div", legend + note, class_="pv-side")


# --- the reasons ---------------------------------------------------------------------------------


def _reasons(result: Result, text: PageText, article: str, heading: str) -> str:
    """What is below the text: of each region, and readability."""
    if not result.regions:
        return ""
    parts = []
    for r, region in enumerate(result.regions):
        title = element(heading, f"Why {_name(region)} is marked")
        parts.append(element("section", title + _about(result, text, r)))
    title = element(heading, "Article and filler as reading matter")
    parts.append(element("section", title + _readability(article, result)))
    return element("div", "".join(parts), class_="pv-reasons")


def _about(result: Result, text: PageText, r: int) -> str:
    region = result.regions[r]
    lines = (_line(result, text, (r, s), segment) for s, segment in enumerate(region.segments))
    summary = f"Line by line: scores and reasons of {len(region.segments)} segments"
    listed = element("ol", "".join(lines), class_="pv-lines")
    return _contributions(region) + element("details", element("summary", summary) + listed)


def _contributions(region: Region) -> str:
    """What each family of features adds to the log-odds, as bars with numbers."""
    most = max(map(abs, region.contributions.values()), default=0.0)
    ordered = sorted(region.contributions.items(), key=lambda item: -abs(item[1]))
    rows = [(name, strips.bar(value, most), value) for name, value in ordered]
    rows.append(("sum", "", region.log_odds))
    body = "".join(
        element(
            "tr",
            element("th", name, scope="row")
            + element("td", bar, aria_hidden="true")
            + element("td", f"{value:+.2f}".replace("-", "−")),
        )
        for name, bar, value in rows
    )
    caption = f"Log-odds by family of features; the sum gives the score {region.score:.3f}"
    return element(
        "table", element("caption", caption) + element("tbody", body), class_="pv-families"
    )


def _line(result: Result, text: PageText, at: tuple[int, int], segment: Segment) -> str:
    """A segment in the list: label, score, first words, and the reasons."""
    r, s = at
    found = text.evidence[r][s]
    span, name = segment.span, f"{segment.label.value} {segment.score:.3f}"
    words = printable(result.text[span.start : span.end])
    quote = words if len(words) <= QUOTED else f"{words[: QUOTED - 1].rstrip()}…"
    link = element("a", name, href=f"#{text.id('segment', r, s)}", class_="pv-score")
    # The repetitions come first, in their order.
    said = map(escaped, reasons(result.text, [item for _, item in found]))
    passages = (text.id("passage", n) for n, item in found if item.source is not None)
    links = (
        " " + element("a", "go there", href=f"#{passage}", class_="pv-go") for passage in passages
    )
    lines = [line + link for line, link in zip_longest(said, links, fillvalue="")]
    listed = element("ul", "".join(element("li", line) for line in lines)) if lines else ""
    head = element("p", f"{link} {element('q', escaped(quote))}")
    return element("li", head + listed, id=text.id("reasons", r, s))


def _readability(article: str, result: Result) -> str:
    """Article and filler side by side."""
    spans = [region.span for region in result.regions]
    filler = "\n".join(result.text[span.start : span.end] for span in spans)
    columns = [readability(text) for text in (article, filler)]
    rows = "".join(
        element("tr", element("th", name, scope="row") + "".join(_numbers(name, columns)))
        for name in columns[0]
    )
    titles = "".join(element("th", title, scope="col") for title in ("Article", "Filler"))
    head = element("thead", element("tr", element("td", "") + titles))
    caption = element("caption", "Of the four indices, higher is harder to read")
    return element("table", caption + head + element("tbody", rows), class_="pv-readability")


def _numbers(name: str, columns: Sequence[Mapping[str, float]]) -> Iterator[str]:
    for column in columns:
        value = column[name]
        number = f"{value:,.0f}" if name == WORDS or value >= 100 else f"{value:.1f}"
        yield element("td", number if column[WORDS] else "–")
