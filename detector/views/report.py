"""Results as one HTML file for people: an index of the pages, and the view of each.

The file needs nothing else: style and script are in it, and its content security policy lets a
browser run these two and fetch nothing. Same pages, same bytes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, starmap
from typing import NamedTuple

from detector import __version__
from detector.errors import ConfigError
from detector.sites import Site, by_site
from detector.types import Document, Result, Unreadable
from detector.views import strips
from detector.views.markup import element, escaped
from detector.views.page import asset, page_view
from detector.writers import NOT_JUDGED, printable

MOST_PAGES = 5_000
"""Pages that a report holds; their index would be of no use to anybody if it was longer."""
SITES_SHOWN = 12
"""Sites that are not folded away."""

FAIR_USE = (
    "A region says that a passage adds nothing to its page. It says nothing of who wrote it, how, "
    "or why. Let a person look before anything is deleted or held against anyone."
)
_COLUMNS = (
    ("Page", "text"),
    ("Marked", "number"),
    ("Where on the page", None),
    ("Regions", "number"),
    ("What", "text"),
    ("Characters", "number"),
)
"""Titles of the index, and what each column is sorted as."""


class Page(NamedTuple):
    """A page and what was found in it; or twice what could not be read."""

    document: Document | Unreadable
    result: Result | Unreadable


class _Row(NamedTuple):
    """A page in the index: its number in the input, and whether its view is in the file."""

    number: int
    page: Page
    is_shown: bool

    @property
    def share(self) -> float:
        """The share that is marked; below 0 for a page that was not judged or not read."""
        result = self.page.result
        if isinstance(result, Unreadable):
            return -2.0
        return result.filler_fraction if result.abstained is None else -1.0

    @property
    def share_text(self) -> str:
        if isinstance(self.page.result, Unreadable):
            return "not read"
        return f"{self.share:.1%}" if self.share >= 0 else "–"

    @property
    def id(self) -> str:
        return f"page-{self.number}"


def html_report(pages: Sequence[Page], most_shown: int, note: str = "") -> str:
    """The file for ``pages``; ``note`` is text that says how they were judged.

    Of several pages, the ``most_shown`` with the largest share marked are shown in full; the index
    has all.
    """
    if len(pages) == 1 and isinstance(pages[0].result, Result):
        title = printable(pages[0].result.document_id)
        body = _view(pages[0], "page", 2)
    else:
        title = summary(pages)
        body = "".join(_many(pages, most_shown))
    return _file(title, body, note)


def taken(pages: Iterable[tuple[Document | Unreadable, Result | Unreadable]]) -> list[Page]:
    """The pages of a report; raises ConfigError if they are more than it holds."""
    first = list(starmap(Page, islice(pages, MOST_PAGES + 1)))
    if len(first) > MOST_PAGES:
        raise ConfigError(
            f"more than {MOST_PAGES:,} pages: a report holds no more; make one of each part, or "
            "list them with 'detector score'"
        )
    return first


def summary(pages: Sequence[Page]) -> str:
    """How many pages there are, and how many of them have filler."""
    n_marked = sum(isinstance(p.result, Result) and bool(p.result.regions) for p in pages)
    n_unreadable = sum(isinstance(p.result, Unreadable) for p in pages)
    not_read = f", {n_unreadable} not read" if n_unreadable else ""
    return f"{_count(len(pages), 'page')}, {n_marked} with filler{not_read}"


def _view(page: Page, prefix: str, level: int) -> str:
    document, result = page
    assert isinstance(document, Document)
    assert isinstance(result, Result)
    return page_view(result, document.preceding, prefix, level)


# --- many pages ----------------------------------------------------------------------------------


def _many(pages: Sequence[Page], most_shown: int) -> Iterator[str]:
    rows = _rows(pages, most_shown)
    yield _sites(by_site(pages))
    yield _index(rows)
    shown = [row for row in rows if row.is_shown]
    if shown:
        views = "".join(map(_folded, shown))
        yield element("section", element("h2", "Pages") + views, class_="pages")


def _rows(pages: Sequence[Page], most_shown: int) -> list[_Row]:
    """The pages by the share marked, largest first."""
    rows = [_Row(number, page, False) for number, page in enumerate(pages, 1)]
    rows.sort(key=lambda row: -row.share)
    return [
        row._replace(is_shown=k < most_shown and isinstance(row.page.result, Result))
        for k, row in enumerate(rows)
    ]


def _sites(sites: Sequence[Site]) -> str:
    items = list(map(_site, sites))
    html = element("ul", "".join(items[:SITES_SHOWN]), class_="sites")
    if items[SITES_SHOWN:]:
        rest = items[SITES_SHOWN:]
        folded = element("ul", "".join(rest), class_="sites")
        html += element("details", element("summary", f"{len(rest)} more") + folded)
    hint = (
        "A column a page, from its top to its end: broad marks are derivative, narrow ones padded."
    )
    return element("section", element("h2", "Sites") + element("p", hint, class_="hint") + html)


def _site(site: Site) -> str:
    facts = (
        f"{_count(len(site.results), 'page')}, {site.n_marked} with filler, "
        f"{site.share:.1%} of the text"
    )
    if site.n_unreadable:
        facts += f", {site.n_unreadable} not read"
    name = element("bdi", escaped(printable(site.name)))
    strip = strips.multiples(site.results) if site.results else ""
    return element("li", element("h3", name) + element("p", facts) + strip)


def _index(rows: Sequence[_Row]) -> str:
    heads = "".join(
        element(
            "th",
            element("button", title, type="button") if kind else title,
            scope="col",
            data_sort=kind,
            aria_sort="descending" if title == "Marked" else None,
        )
        for title, kind in _COLUMNS
    )
    body = element("tbody", "".join(map(_entry, rows)))
    n_read = sum(isinstance(row.page.result, Result) for row in rows)
    n_shown = sum(row.is_shown for row in rows)
    hint = "Titles of columns are buttons that sort."
    if n_shown < n_read:
        hint += (
            f" {_count(n_shown, 'page')} with the largest share marked can be read below; of "
            f"{n_read - n_shown:,} more there is this index alone."
        )
    caption = element("caption", hint)
    table = element("table", caption + element("thead", element("tr", heads)) + body, id="index")
    # A narrow screen scrolls the table; the keyboard can, too.
    wide = element("div", table, class_="wide", tabindex=0, role="region", aria_label="Index")
    return element("section", element("h2", "Index") + wide)


def _entry(row: _Row) -> str:
    result = row.page.result
    if isinstance(result, Unreadable):
        name, strip, n, what, n_chars = result.id, "", 0, result.message, 0
    else:
        name, strip, n = result.document_id, strips.horizontal(result), len(result.regions)
        what, n_chars = _what(result), result.n_chars
    title = element("bdi", escaped(printable(name)))
    link = element("a", title, href=f"#{row.id}") if row.is_shown else title
    cells = (
        element("th", link, scope="row"),
        element("td", row.share_text, data_value=f"{row.share:.6f}"),
        element("td", strip),
        element("td", str(n), data_value=n),
        element("td", escaped(printable(what))),
        element("td", f"{n_chars:,}", data_value=n_chars),
    )
    return element("tr", "".join(cells))


def _what(result: Result) -> str:
    if result.abstained is not None:
        return f"not judged: {NOT_JUDGED[result.abstained]}"
    return ", ".join(dict.fromkeys(region.form.value for region in result.regions))


def _folded(row: _Row) -> str:
    """The view of a page, to be opened."""
    result = row.page.result
    assert isinstance(result, Result)
    name = element("h3", element("bdi", escaped(printable(result.document_id))))
    share = element("span", row.share_text, class_="share")
    summary = element("summary", share + name)
    back = element("p", element("a", "Back to the index", href="#index"), class_="hint")
    return element("details", summary + _view(row.page, row.id, 4) + back, class_="page")


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


# --- the file ------------------------------------------------------------------------------------


def _file(title: str, body: str, note: str) -> str:
    style = asset("page_view.css") + asset("report.css")
    script = asset("page_view.js") + asset("report.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    header = element(
        "header",
        element("p", "Filler report")
        + element("button", "Dark", type="button", id="theme", hidden="")
        + element("h1", element("bdi", escaped(title))),
    )
    made = f"Made by detector {__version__}."
    footer = "".join(element("p", escaped(line)) for line in (FAIR_USE, *note.splitlines(), made))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{escaped(title)} – filler report</title>\n<style>{style}</style>\n"
        "</head>\n<body>\n"
        f'<a class="skip" href="#content">Skip to the content</a>\n{header}\n'
        f'<main id="content">\n{body}\n</main>\n{element("footer", footer)}\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def _digest(content: str) -> str:
    """What a content security policy knows an element's content by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
