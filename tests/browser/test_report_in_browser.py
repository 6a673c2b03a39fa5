"""The report in a browser: what people see, point at, choose and sort."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detector import Detector, Document
from detector.views.report import Page, html_report

ROOT = Path(__file__).resolve().parents[2]
SEEDS = sorted((ROOT / "seeds").glob("00*.txt"))
SEED = SEEDS[0].read_bytes().decode()
PHONE = {"width": 390, "height": 844}
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>\r\n\rA\x0b\x0c\x85\0\ud800😀'

Show = Callable[..., Any]


def written(path: Path, detector: Detector, *documents: Document) -> Path:
    pages = [Page(document, detector.detect(document)) for document in documents]
    path.write_text(html_report(pages, 9), encoding="utf-8", newline="")
    return path


@pytest.fixture(scope="session")
def one(tmp_path_factory: pytest.TempPathFactory, detector: Detector) -> Path:
    """The report of the first seed."""
    path = tmp_path_factory.mktemp("report") / "one.html"
    return written(path, detector, Document("seeds/000", SEED))


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory, detector: Detector) -> Path:
    """The report of all seeds."""
    path = tmp_path_factory.mktemp("report") / "many.html"
    pages = [Document(f"seeds/{p.stem[:3]}", p.read_bytes().decode()) for p in SEEDS]
    return written(path, detector, *pages)


def first_repetition(page: Any) -> Any:
    return page.locator(".pv-segment[data-repeats]").first


# --- the text ------------------------------------------------------------------------------------


def points(page: Any, selector: str) -> str:
    """The text of an element; the browser's strings hold lone surrogates as Python's do."""
    text: str = json.loads(
        page.evaluate("s => JSON.stringify(document.querySelector(s).textContent)", selector)
    )
    return text


def test_the_text_is_the_page_code_point_for_code_point(
    tmp_path: Path, detector: Detector, show: Show
) -> None:
    filler = "Interview: The Future\r\nEditor: What now?\r\nDr. Vela: Only time will tell.\r\n" * 3
    text = f"\n{HOSTILE}\n  a  b\t\n{filler}{HOSTILE}\n"
    page = show(written(tmp_path / "x.html", detector, Document(HOSTILE, text, url=HOSTILE)))
    assert points(page, ".pv-text") == text.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert page.locator("main script, main img").count() == 0
    # Offsets are code points: what they cut out of the text is what stands in the element.
    cut = """() => [...document.querySelectorAll("[data-label]")].every((e) => {
        const points = Array.from(document.querySelector(".pv-text").textContent);
        return points.slice(e.dataset.start, e.dataset.end).join("") === e.textContent;
    })"""
    assert page.locator("[data-label]").count() > 3
    assert page.evaluate(cut)


def test_the_browser_runs_no_script_but_the_file_s_own(one: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto(one.as_uri())
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "document.title = 'run'";
        document.body.append(script);
        document.body.innerHTML += '<img src=x onerror="document.title = 1">';
    }""")
    page.wait_for_timeout(100)
    assert page.title() == "seeds/000 – filler report"
    page.close()


# --- choosing ------------------------------------------------------------------------------------


def test_pointing_and_focus_show_the_score(one: Path, show: Show) -> None:
    page = show(one)
    note = page.locator(".pv-note")
    assert "Point at a marked line" in note.inner_text()
    segments = page.locator(".pv-segment")
    segments.nth(0).hover(position={"x": 20, "y": 8})
    assert f"padded {segments.nth(0).get_attribute('data-score')}" in note.inner_text()
    page.locator(".pv-tag").nth(4).focus()
    assert f"derivative {segments.nth(4).get_attribute('data-score')}" in note.inner_text()
    page.keyboard.press("ArrowUp")
    assert "phrase, greeting: “Let’s dive right in.”" in note.inner_text()
    page.keyboard.press("Escape")
    assert "Point at a marked line" in note.inner_text()


@pytest.mark.parametrize("by", ["click", "Enter"])
def test_choosing_lights_up_the_passage(by: str, one: Path, show: Show) -> None:
    page = show(one)
    segment = first_repetition(page)
    tag = segment.locator(".pv-tag")
    if by == "click":
        segment.click(position={"x": 30, "y": 8})
    else:
        tag.focus()
        page.keyboard.press("Enter")
    assert tag.get_attribute("aria-pressed") == "true"
    lit = "".join(page.locator(".pv-lit").all_text_contents())
    assert lit.startswith("It also remains to be seen")
    words = {word.lower() for word in page.locator(".pv-word").all_text_contents()}
    assert {"deployment", "soldiers", "russia", "ukrainian"} <= words
    assert page.locator(".pv-link path[data-link]").count() == 1
    assert page.locator(".pv-here").count() == 2
    assert "shares recent, deployment" in page.locator(".pv-note").inner_text()
    page.keyboard.press("Escape")
    assert page.locator(".pv-lit, .pv-word, .pv-link path, .pv-here").count() == 0
    assert tag.get_attribute("aria-pressed") == "false"
    assert page.evaluate("document.activeElement.id") == tag.get_attribute("id")


def test_the_connecting_mark_joins_both_and_follows_the_window(one: Path, show: Show) -> None:
    page = show(one)
    first_repetition(page).locator(".pv-tag").click()
    ends = """() => {
        const [top, bottom] = [".pv-lit", ".pv-chosen"].map((s) => {
            const boxes = [...document.querySelectorAll(s)].flatMap((e) => [...e.getClientRects()]);
            const tops = boxes.map((b) => b.top), bottoms = boxes.map((b) => b.bottom);
            return (Math.min(...tops) + Math.max(...bottoms)) / 2;
        });
        const box = document.querySelector("[data-link]").getBoundingClientRect();
        return [box.top - top, box.bottom - bottom];
    }"""
    before = page.locator("[data-link]").get_attribute("d")
    assert page.evaluate(ends) == pytest.approx([0, 0], abs=2)
    page.set_viewport_size({"width": 800, "height": 700})
    page.wait_for_function(
        "d => document.querySelector('[data-link]').getAttribute('d') !== d", arg=before
    )
    assert page.evaluate(ends) == pytest.approx([0, 0], abs=2)


def test_another_choice_replaces_the_first_and_the_text_lets_go(one: Path, show: Show) -> None:
    page = show(one)
    tags = page.locator(".pv-segment[data-repeats] .pv-tag")
    tags.nth(0).click()
    tags.nth(1).click()
    assert page.locator(".pv-chosen").count() == 1
    assert page.locator(".pv-link path[data-link]").count() == 1
    page.locator(".pv-text").click(position={"x": 300, "y": 10})
    assert page.locator(".pv-chosen").count() == 0


def test_selecting_text_chooses_nothing(one: Path, show: Show) -> None:
    page = show(one)
    box = first_repetition(page).bounding_box()
    page.evaluate("y => scrollTo(0, y - 200)", box["y"])
    page.mouse.move(box["x"] + 100, 210)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, 230)
    page.mouse.up()
    assert page.evaluate("getSelection().toString().length") > 5
    assert page.locator(".pv-chosen").count() == 0


def test_the_link_in_the_note_leads_to_the_passage(one: Path, show: Show) -> None:
    page = show(one)
    first_repetition(page).locator(".pv-tag").click()
    page.locator(".pv-note .pv-go").click()
    page.wait_for_function("scrollY < 200")
    assert page.locator(".pv-chosen").count() == 1


def test_a_passage_of_the_preceding_text_is_unfolded(
    tmp_path: Path, detector: Detector, show: Show
) -> None:
    article, _, interview = SEED.partition("\nInterview:")
    document = Document("x", "Interview:" + interview, preceding=article)
    page = show(written(tmp_path / "x.html", detector, document))
    assert not page.locator(".pv-before").is_visible()
    first_repetition(page).locator(".pv-tag").click()
    assert page.locator(".pv-before .pv-lit").first.is_visible()
    assert page.locator(".pv-link path[data-link]").count() == 1


def test_on_a_phone_the_note_comes_from_below_and_nothing_is_cut_off(one: Path, show: Show) -> None:
    page = show(one, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    first_repetition(page).locator(".pv-tag").click()
    box = page.locator(".pv-note").bounding_box()
    assert box["y"] + box["height"] == pytest.approx(PHONE["height"], abs=1)
    assert box["height"] <= 0.4 * PHONE["height"]


# --- the index -----------------------------------------------------------------------------------


def names(page: Any) -> list[str]:
    found: list[str] = page.locator("#index tbody th").all_text_contents()
    return [name.removeprefix("seeds/") for name in found]


def test_the_index_is_sorted_by_click_and_key(many: Path, show: Show) -> None:
    page = show(many)
    assert names(page) == ["001", "000", "002", "003", "004"]
    heads = page.locator("#index thead th")
    heads.nth(1).locator("button").focus()
    page.keyboard.press("Enter")
    assert names(page) == ["002", "003", "004", "000", "001"]
    assert heads.nth(1).get_attribute("aria-sort") == "ascending"
    heads.nth(0).locator("button").click()
    assert names(page) == ["000", "001", "002", "003", "004"]
    assert heads.nth(0).get_attribute("aria-sort") == "ascending"
    assert heads.nth(1).get_attribute("aria-sort") is None
    heads.nth(5).locator("button").press("Space")
    assert names(page) == ["001", "000", "003", "002", "004"]


def test_the_index_opens_pages(many: Path, show: Show) -> None:
    page = show(many)
    assert page.locator("details.page[open]").count() == 0
    page.get_by_role("link", name="seeds/000").click()
    page.wait_for_selector("details.page[open] .pv-segment")
    assert page.locator("details.page[open]").count() == 1
    page.locator("details.page[open] .pv-segment[data-repeats] .pv-tag").first.click()
    assert page.locator(".pv-link path[data-link]").count() == 1


def test_light_and_dark(one: Path, show: Show) -> None:
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light, dark = show(one, color_scheme="light"), show(one, color_scheme="dark")
    of_light, of_dark = light.evaluate(paper), dark.evaluate(paper)
    assert of_light != of_dark
    light.locator("#theme").click()
    assert light.evaluate(paper) == of_dark
    assert light.locator("#theme").inner_text() == "Light colours"
    dark.locator("#theme").click()
    assert dark.evaluate(paper) == of_light


def test_the_text_can_be_read_without_script(one: Path, show: Show) -> None:
    page = show(one, java_script_enabled=False)
    assert "It remains to be seen" in page.locator(".pv-text").inner_text()
    assert not page.locator("#theme").is_visible()


def test_in_print_the_reasons_are_unfolded(one: Path, show: Show) -> None:
    page = show(one)
    assert not page.locator(".pv-lines").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".pv-lines").is_visible()
    assert not page.locator("#theme").is_visible()


# --- accessibility -------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("what", ["one", "chosen", "many", "phone"])
def test_axe_finds_nothing(
    what: str, scheme: str, one: Path, many: Path, browser: Any, show: Show
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")
    options = {"color_scheme": scheme, "bypass_csp": True}  # axe is a script of its own
    page = show(many if what == "many" else one, *([PHONE] if what == "phone" else []), **options)
    if what in {"chosen", "phone"}:
        first_repetition(page).locator(".pv-tag").click()
    if what == "many":
        page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    found = axe.Axe().run(page).response["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found] == []
