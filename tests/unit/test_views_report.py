"""The report: one file that needs nothing else, whatever is in it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from detector import Detector, Document, Unreadable
from detector.errors import ConfigError
from detector.sites import NO_SITE, by_site, site_of
from detector.types import Form, Label, Region, Result, Segment, Span
from detector.views.report import MOST_PAGES, Page, html_report, summary, taken

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(1)</script></title></style>\r\u202e'


def page(name: str, share: int = 0, url: str | None = None, text: str = "x" * 100) -> Page:
    """A page of which the last ``share`` characters are marked."""
    regions = []
    if share:
        span = Span(len(text) - share, len(text))
        segment = Segment(span, Label.PADDED, 0.9)
        regions.append(
            Region(span, Label.PADDED, Form.CLOSING, 0.9, 2.2, (segment,), (), {"base": 2.2})
        )
    return Page(Document(name, text, url=url), Result(name, text, "m", tuple(regions)))


def broken(name: str, message: str = "cannot be read") -> Page:
    unreadable = Unreadable(name, "access", message)
    return Page(unreadable, unreadable)


class Report(HTMLParser):
    """The elements of a report."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.headings: list[tuple[int, str]] = []
        self.rows: list[list[str]] = []
        self._cell = self._heading = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
            self._heading = True
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        self._heading = self._heading and not re.fullmatch("h[1-6]", tag)
        self._cell = self._cell and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self._heading:
            level, text = self.headings[-1]
            self.headings[-1] = level, text + data
        if self._cell:
            self.rows[-1][-1] += data

    def ids(self) -> list[str]:
        return [a["id"] for _, a in self.elements if "id" in a]

    def links(self) -> set[str]:
        return {a["href"] for _, a in self.elements if "href" in a}


def index(html: str) -> list[list[str]]:
    """The rows of the index, without its head."""
    return Report(html.partition('id="index"')[2].partition("</table>")[0]).rows[1:]


PAGES = [
    page("a/1", 20),
    page("b/2", 0),
    page("a/3", 60),
    broken("a/4", "a/4: not UTF-8"),
    page("b/5", 40),
]


def test_the_index_is_sorted_by_share_and_has_every_page() -> None:
    rows = index(html_report(PAGES, 9))
    assert [row[0] for row in rows] == ["a/3", "b/5", "a/1", "b/2", "a/4"]
    assert [row[1] for row in rows] == ["60.0%", "40.0%", "20.0%", "0.0%", "not read"]
    assert rows[0][3:] == ["1", "closing", "100"]
    assert rows[-1][4] == "a/4: not UTF-8"


def test_only_so_many_pages_are_shown_and_the_report_says_so() -> None:
    html = html_report(PAGES, 2)
    shown = [a for _, a in Report(html).elements if "pv" in a.get("class", "").split()]
    assert [a["aria-label"] for a in shown] == ["a/3", "b/5"]
    assert "2 pages with the largest share marked" in html
    assert "of 2 more there is this index alone" in html
    assert "there is this index alone" not in html_report(PAGES, 4)


def test_not_more_pages_than_a_report_holds() -> None:
    one = PAGES[1]
    assert len(taken([one] * MOST_PAGES)) == MOST_PAGES
    with pytest.raises(ConfigError, match="more than 5,000 pages"):
        taken(iter([one] * (MOST_PAGES + 1)))


def test_one_page_has_no_index() -> None:
    html = html_report(PAGES[:1], 0)
    assert 'id="index"' not in html
    assert Report(html).headings[0] == (1, "a/1")


@pytest.mark.parametrize("pages", [PAGES, PAGES[:1], PAGES[3:4], []])
def test_ids_links_and_headings(pages: list[Page]) -> None:
    report = Report(html_report(pages, 9))
    assert len(report.ids()) == len(set(report.ids()))
    assert report.links() <= {f"#{name}" for name in report.ids()}
    levels = [level for level, _ in report.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_summary() -> None:
    assert summary(PAGES) == "5 pages, 3 with filler, 1 not read"
    assert summary(PAGES[:1]) == "1 page, 1 with filler"


# --- safety --------------------------------------------------------------------------------------


def hostile_pages(detector: Detector) -> list[Page]:
    filler = "Interview: The Future\nEditor: What now?\nDr. Vela: Only time will tell.\n" * 3
    document = Document(HOSTILE, f"{HOSTILE}\n{filler}{HOSTILE}", HOSTILE, f"https://{HOSTILE}/")
    return [
        Page(document, detector.detect(document)),
        broken(HOSTILE, HOSTILE),
        page("javascript:alert(1)", 10, url="javascript:alert(1)"),
        page("]]><!--", 10, url="https://[::1"),
    ]


@pytest.mark.parametrize("number", [1, 4])
def test_hostile_ids_urls_texts_and_messages_stay_text(number: int, detector: Detector) -> None:
    html = html_report(hostile_pages(detector)[:number], 9, note=HOSTILE)
    report = Report(html)
    tags = [tag for tag, _ in report.elements]
    assert tags.count("script") == tags.count("style") == tags.count("title") == 1
    assert "img" not in tags
    names = {name for _, attributes in report.elements for name in attributes}
    assert not any(name.startswith("on") or name == "style" for name in names)
    assert all(link.startswith("#") for link in report.links())


def test_the_policy_lets_in_the_style_and_the_script_alone(detector: Detector) -> None:
    html = html_report(hostile_pages(detector), 9)
    found = re.search(r'http-equiv="Content-Security-Policy" content="(.+?)"', html)
    assert found is not None
    policy = dict(part.strip().split(" ", 1) for part in found[1].split(";"))
    assert policy["default-src"] == "'none'"
    for name, source in (("style", "style-src"), ("script", "script-src")):
        content = re.search(rf"<{name}>(.*?)</{name}>", html, flags=re.DOTALL)
        assert content is not None
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert policy[source] == f"'sha256-{digest}'"


def test_nothing_is_fetched(detector: Detector) -> None:
    html = html_report(PAGES, 9)
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # the name of SVG, which is not fetched
    assert not re.search(r"url\(|@import|<link|src=", html)


def test_same_pages_same_bytes() -> None:
    assert html_report(PAGES, 9) == html_report(list(PAGES), 9)


# --- sites ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "url", "site"),
    [
        ("x", "https://News.Example.org:8080/a?b", "news.example.org"),
        ("https://other.example/a", None, "other.example"),
        ("https://other.example/a", "http://first.example/", "first.example"),
        ("a/b/c.txt", None, "a/b"),
        ("a\\b\\c.txt", None, "a\\b"),
        ("a/pages.jsonl#12", None, "a/pages.jsonl"),
        ("pages.jsonl#12", "not an address", "pages.jsonl"),
        ("page.txt", None, NO_SITE),
        ("-", "https://[::1", NO_SITE),
        ("/page.txt", None, NO_SITE),
    ],
)
def test_the_site_of_a_page(name: str, url: str | None, site: str) -> None:
    assert site_of(Document(name, "", url=url)) == site


def test_sites_are_summed_up_and_sorted() -> None:
    one, other = by_site(PAGES)
    assert (one.name, one.n_marked, len(one.results), one.n_unreadable) == ("a", 2, 2, 1)
    assert (one.share, other.share) == (0.4, 0.2)
    html = html_report(PAGES, 9)
    assert "2 pages, 2 with filler, 40.0% of the text, 1 not read" in html
    assert 'aria-label="Strips of 2 pages, 1 with filler"' in html


def test_many_sites_are_folded_away() -> None:
    html = html_report([page(f"{k}/a") for k in range(15)], 0)
    assert "<summary>3 more</summary>" in html
