"""Pictures of pages in the documentation site: ``<!-- view: docs/examples/closing.txt -->`` becomes
the view of that page that a report shows, as the default model marks it when the site is built.

mkdocs calls the two functions, see ``hooks`` in mkdocs.yml.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from detector import Detector, Document
from detector.views.page import asset, page_view

ASSETS = ("page_view.css", "page_view.js")

_VIEW = re.compile(r"<!-- view: (.+?) -->")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the style and the script of a view."""
    for name in ASSETS:
        files.append(File.generated(config, f"assets/{name}", content=asset(name)))
    return files


def on_page_content(html: str, config: MkDocsConfig, **_: object) -> str:
    """Put views in the places of the comments that name their pages."""
    root = Path(config.config_file_path).parent
    return _VIEW.sub(lambda found: view(root / found[1]), html)


@cache
def _detector() -> Detector:
    return Detector.load()


def view(path: Path) -> str:
    """The view of one page."""
    text = path.read_bytes().decode()
    result = _detector().detect(Document(path.stem, text))
    return page_view(result, prefix=path.stem)
