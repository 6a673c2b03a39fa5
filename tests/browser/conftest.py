"""A headless browser; tests that need one are skipped where there is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Not for the session: an event loop runs as long, and others want one of their own."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}; name one with CHROMIUM=")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture
def show(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a file in a window of its own, and fails if the browser complains of anything."""
    contexts, complaints = [], []

    def open_file(path: Path, size: dict[str, int] = LAPTOP, **options: Any) -> Any:
        context = browser.new_context(viewport=size, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: r.url.startswith("file:") or complaints.append(r.url))
        page.goto(path.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def open_page(browser: Any, service: str) -> Iterator[Callable[..., Any]]:
    """Opens the page of the service in a window of its own, and fails if the browser complains of
    anything (what ``page.heard`` holds at the end) or anybody else is asked."""
    pages = []

    def open_one(size: dict[str, int] = LAPTOP, **options: Any) -> Any:
        context = browser.new_context(viewport=size, reduced_motion="reduce", **options)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.add_init_script(path=Path(__file__).with_name("looking.js"))
        page = context.new_page()
        pages.append(page)
        page.heard, page.asked = [], []
        page.on("console", lambda message: page.heard.append(message.text))
        page.on("pageerror", lambda error: page.heard.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(service)
        page.wait_for_selector("#about:not(:empty)")
        return page

    yield open_one
    kept = [page.context.storage_state() for page in pages]
    assert all(state == {"cookies": [], "origins": []} for state in kept)
    for page in pages:
        page.context.close()
    for page in pages:
        assert page.heard == []
        assert [url for url in page.asked if not url.startswith((service, "blob:"))] == []


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    return open_page()


@pytest.fixture(scope="session")
def seed(root: Path) -> str:
    """A page with an interview that begins at 2434."""
    return next((root / "seeds").glob("000*.txt")).read_bytes().decode()
