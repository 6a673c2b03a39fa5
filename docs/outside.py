"""Pages of the checkout outside ``docs``, taken into the documentation site.

Pages are read in the checkout as well, and link to each other by their places there; on the site
these links lead to the pages that they are there. A page with several parts, each under a heading
of the first level, gets headings one level lower below its title, for the site's table of contents
has one title a page. mkdocs calls the two functions, see ``hooks`` in mkdocs.yml.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "data/README.md": "data-sheet.md",
    "models/default/EVALUATION.md": "evaluation-figures.md",
    "models/default/MODEL_CARD.md": "model-card.md",
    "LICENSE": "LICENSE.txt",
}
"""What is taken in from the checkout, and what it is called on the site."""

_HEADING = re.compile(r"^(?=#+ )", re.MULTILINE)
_FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()(?!https?:)([^)#\s]+)(?=[)#])")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    root = Path(config.config_file_path).parent
    for path, name in PAGES.items():
        text = (root / path).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Turn the page's links and headings into those of the site."""
    name = page.file.src_uri
    place = next((path for path, known in PAGES.items() if known == name), f"docs/{name}")
    return _LINK.sub(lambda link: site_link(link[1], place), with_one_title(markdown))


def with_one_title(markdown: str) -> str:
    """The page with a single heading of the first level, its title."""
    title, below, body = markdown.partition("\n")
    parts = _FENCED.split(body)  # every other one is fenced
    if not any(re.search(r"^# ", part, re.MULTILINE) for part in parts[::2]):
        return markdown
    parts[::2] = [_HEADING.sub("#", part) for part in parts[::2]]
    return title + below + "".join(parts)


def site_link(target: str, place: str) -> str:
    """Where a link of the page at ``place`` in the checkout leads to on the site, which is flat."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(place), target))
    return PAGES.get(path, path.removeprefix("docs/"))
