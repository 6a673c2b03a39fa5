"""Pages by the site that they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from detector.types import Document, Result, Unreadable

NO_SITE = "no address"
"""What pages are put under whose address says nothing."""

_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_FOLDER = re.compile(r"(.+)[/\\]")
_RECORD = re.compile(r"(.+)#\d+")


@dataclass
class Site:
    """A site, its pages in the order they came, and how many could not be read."""

    name: str
    results: list[Result] = field(default_factory=list)
    n_unreadable: int = 0

    @property
    def n_marked(self) -> int:
        return sum(bool(result.regions) for result in self.results)

    @property
    def share(self) -> float:
        """The share of all its characters that is marked, 0 to 1."""
        n_chars = sum(result.n_chars for result in self.results)
        return sum(result.filler_chars for result in self.results) / max(n_chars, 1)


def by_site(pages: Iterable[tuple[Document | Unreadable, Result | Unreadable]]) -> list[Site]:
    """The sites of ``pages``, by the share marked, largest first."""
    sites: dict[str, Site] = {}
    for document, result in pages:
        name = site_of(document)
        site = sites.setdefault(name, Site(name))
        if isinstance(result, Result):
            site.results.append(result)
        else:
            site.n_unreadable += 1
    return sorted(sites.values(), key=lambda site: (-site.share, site.name))


def site_of(document: Document | Unreadable) -> str:
    """The host of a page's URL, else the file of records or the folder that it was read from.

    >>> site_of(Document("7", "", url="https://www.example.org/news/7"))
    'www.example.org'
    >>> site_of(Document("crawl/monday/a.txt", ""))
    'crawl/monday'
    >>> site_of(Document("pages.jsonl#7", ""))
    'pages.jsonl'
    """
    url = document.url if isinstance(document, Document) else None
    for address in (url, document.id):
        if address is not None and _ADDRESS.match(address) and (host := host_of(address)):
            return host
    found = _RECORD.fullmatch(document.id) or _FOLDER.match(document.id)
    return found[1] if found else NO_SITE


def host_of(address: str) -> str | None:
    """The host of a URL; None if it has none."""
    try:
        return urlsplit(address).hostname
    except ValueError:  # such as a bracket that is not closed
        return None
