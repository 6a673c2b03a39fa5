"""The site: it builds without a warning, fetches nothing, and shows pages as reports do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import detector

pytest.importorskip("material", reason="the site needs the extra docs")
pytest.importorskip("mkdocstrings_handlers.python", reason="the site needs the extra docs")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def text(site: Path, page: str) -> str:
    return (site / page).read_text(encoding="utf-8")


def test_every_page_is_there(site: Path) -> None:
    pages = {path.stem for path in ROOT.glob("docs/*.md")}
    outside = {"changelog", "contributing", "security", "data-sheet", "model-card"}
    assert pages | outside <= {path.stem for path in site.glob("*.html")}


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    """Links may lead elsewhere; what a browser loads by itself may not."""
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        tags = re.findall(r"<(?:script|link|img|iframe|source|style)\b[^>]*>", page)
        loaded = [u for tag in tags for u in re.findall(r"(?:src|href)=[\"']?([^\"' >]+)", tag)]
        assert loaded
        assert not [url for url in loaded if url.startswith(("http", "//"))], path.name
    for path in site.rglob("*.css"):
        urls = re.findall(r"url\([\"']?([^)\"']+)", path.read_text(encoding="utf-8"))
        assert not [url for url in urls if url.startswith(("http", "//"))], path.name


def test_search_knows_the_pages(site: Path) -> None:
    index = json.loads(text(site, "search/search_index.json"))
    found = {entry["location"].partition("#")[0] for entry in index["docs"]}
    assert {"features.html", "wire-format.html", "data-sheet.html", "reference.html"} <= found


def test_pages_outside_the_folder_are_linked_as_pages_of_the_site(site: Path) -> None:
    assert 'href="data-sheet.html#the-formats"' in text(site, "training.html")
    assert 'href="model-card.html"' in text(site, "limits.html")
    assert 'href="data-sheet.html#topic-files"' in text(site, "contributing.html")
    assert (site / "LICENSE.txt").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_every_page_has_one_title(site: Path) -> None:
    for path in site.glob("*.html"):
        if path.stem != "404":
            assert len(re.findall(r"<h1\b", path.read_text(encoding="utf-8"))) == 1, path.name
    contents = text(site, "command-line.html").partition("md-content")[0]
    assert 'href="#detector-score"' in contents


def test_pictures_are_what_the_detector_says(site: Path) -> None:
    page = text(site, "is-this-filler.html")
    views = re.findall(r'<article class="pv" id="([\w-]+)"', page)
    assert set(views) == {path.stem for path in ROOT.glob("docs/examples/*.txt")}
    assert page.count('class="pv-region"') == 3
    assert "<!-- view" not in page


def test_the_reference_has_the_public_names(site: Path) -> None:
    page = text(site, "reference.html")
    shown = set(re.findall(r'id="detector\.(?:\w+\.)*(\w+)"', page))
    assert {name for name in detector.__all__ if not name.startswith("__")} <= shown
    assert ":class:" not in page
