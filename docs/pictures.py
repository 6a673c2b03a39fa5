"""Make the pictures of the documentation: reports and the page of the service, in a browser.

    python docs/pictures.py           make all pictures anew
    python docs/pictures.py NAME...   only these

Needs playwright, Pillow and a Chromium (the one of CHROMIUM, or /usr/bin/chromium).
"""

from __future__ import annotations

import io
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from detector import Detector, Document, compose
from detector.corpus import read_topics
from detector.retraining import default_data
from detector.views.report import Page as Judged
from detector.views.report import html_report
from detector.writers import threshold_note

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
LAPTOP, PHONE = (1280, 720), (390, 760)
COLOURS = 200
"""Colours of a picture, of which text on flat tints needs no more."""


def seed() -> list[Document]:
    """The first seed page."""
    path = next((ROOT / "seeds").glob("000*.txt"))
    return [Document("seeds/000_4e392271801a3608.txt", path.read_bytes().decode())]


def crawl() -> list[Document]:
    """Forty composed dev pages, said to come from three sites."""
    topics = [topic for topic in read_topics(default_data().topics) if topic.is_dev]
    pages = random.Random(1).sample(list(compose.pages(topics, topics)), 40)
    hosts = ("www.harbour-post.example", "thedaily.example", "valley-courier.example")
    return [
        Document(f"{host}/{page.kind}/{k}", page.text, url=f"https://{host}/{k}")
        for k, page in enumerate(pages)
        for host in [hosts[k * k % 7 % 3]]
    ]


def choose(page: Page) -> None:
    """Choose the first line that repeats something, and have both it and its passage in sight."""
    page.locator(".pv-segment[data-repeats] .pv-tag").first.click()
    page.locator(".pv-lit").first.evaluate("e => scrollTo(0, e.getBoundingClientRect().y - 40)")
    page.mouse.move(0, 0)


def region(page: Page) -> None:
    """Scroll to the region and choose a line in it."""
    page.locator(".pv-segment[data-repeats] .pv-tag").first.click()
    page.locator(".pv-region").evaluate("e => scrollBy(0, e.getBoundingClientRect().y - 60)")
    page.mouse.move(0, 0)


def top(page: Page) -> None:
    """Leave the page as it opens."""


Views = dict[str, tuple[Callable[[], list[Document]], tuple[int, int], str, Callable[[Page], None]]]
VIEWS: Views = {
    "report-page": (seed, LAPTOP, "light", region),
    "report-passage": (seed, LAPTOP, "light", choose),
    "report-index": (crawl, LAPTOP, "light", top),
    "report-phone": (seed, PHONE, "dark", region),
}
"""What each picture shows, how large the window is, its colours, and what is done first."""


def correct(page: Page) -> None:
    """Have the seed page looked at and begin to correct its region."""
    page.fill("#text", seed()[0].text)
    page.click("text=Find filler")
    page.wait_for_selector(".pv-region")
    page.click("[data-do=correct]")
    page.click("#region-0-lines summary")
    page.locator(".handle.start").evaluate("e => scrollBy(0, e.getBoundingClientRect().y - 250)")


SERVICE: dict[str, Callable[[Page], None]] = {"service-correct": correct}
"""Pictures of the page of the service, and what is done first."""


def shoot_service(browser: Browser, name: str) -> None:
    """Make one picture of the page of the service."""
    command = [sys.executable, "-m", "detector", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stderr is not None
            address = re.search(r"http://\S+", process.stderr.readline())
            assert address is not None
            size = {"width": LAPTOP[0], "height": LAPTOP[1]}
            page = browser.new_page(viewport=size, color_scheme="light", reduced_motion="reduce")
            page.goto(address[0])
            SERVICE[name](page)
            save(page, name)
        finally:
            process.terminate()


def shoot(browser: Browser, name: str, folder: Path) -> None:
    """Make one picture."""
    documents, (width, height), scheme, act = VIEWS[name]
    detector = Detector.load()
    judged = [Judged(document, detector.detect(document)) for document in documents()]
    report = folder / f"{name}.html"
    report.write_text(html_report(judged, 300, threshold_note(detector)), encoding="utf-8")
    options = {"color_scheme": scheme, "reduced_motion": "reduce"}
    page = browser.new_page(viewport={"width": width, "height": height}, **options)
    page.goto(report.as_uri())
    act(page)
    save(page, name)


def save(page: Page, name: str) -> None:
    """Write what a page shows, and close it."""
    page.wait_for_timeout(200)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(
        PICTURES / f"{name}.png", optimize=True
    )
    page.close()


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as running, tempfile.TemporaryDirectory() as folder:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name in sys.argv[1:] or [*VIEWS, *SERVICE]:
            if name in SERVICE:
                shoot_service(browser, name)
            else:
                shoot(browser, name, Path(folder))
            print(f"docs/pictures/{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
