"""The page in a real browser: paste, look, choose, correct, export; and what people do to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from detector import Detector
from detector.cli import main
from detector.corpus import GoldPage, read_jsonl
from detector.retraining import DataFolder

pytest.importorskip("playwright.sync_api", reason="needs the extra dev")
pytest.importorskip("uvicorn", reason="needs the extra web")

PHONE, LAPTOP = {"width": 390, "height": 844}, {"width": 1366, "height": 768}


def paste(page: Any, text: str) -> None:
    """Have a text looked at."""
    page.fill("#text", text)
    page.click("text=Find filler")
    page.wait_for_selector("#result .pv")


def press(page: Any, action: str) -> None:
    page.click(f"main > section:visible [data-do={action}]")


def exported(page: Any, tmp_path: Path) -> tuple[Path, GoldPage]:
    """The training data, as `detector train --data` reads it."""
    with page.expect_download() as download:
        press(page, "training")
    path = tmp_path / "export.jsonl"
    download.value.save_as(path)
    (gold,) = read_jsonl(path)
    return path, gold


def texts(gold: GoldPage) -> list[str]:
    return [gold.text[region.span.start : region.span.end] for region in gold.regions]


def drag(page: Any, handle: str, to: str) -> None:
    """Drag an end of the first region to where a piece of the text begins or ends."""
    page.locator(f"#handle-{handle}").scroll_into_view_if_needed()
    box = page.locator(f"#handle-{handle}").bounding_box()
    x, y = page.evaluate("pointAt", [to, handle.rpartition("-")[2]])
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=3)
    page.mouse.move(x, y, steps=3)
    page.evaluate("new Promise(requestAnimationFrame)")
    page.mouse.up()


def select(page: Any, words: str) -> None:
    """Select a piece of the text in one node; the page hears of it a moment later."""
    page.evaluate("selectWords", words)
    page.wait_for_selector("[data-do=mark]:text-is('Mark selection')")


# --- the whole way --------------------------------------------------------------------------------


def test_from_a_pasted_page_to_a_retrained_model(
    page: Any, seed: str, detector: Detector, small_data: DataFolder, tmp_path: Path
) -> None:
    paste(page, seed)
    region = page.locator(".pv-region")
    assert "Interview: The Future of North Korean" in region.inner_text()
    assert "60.7% filler" in page.inner_text(".pv-facts")
    segment = page.locator(".pv-segment[data-repeats]").first
    segment.click()
    assert "pv-chosen" in (segment.get_attribute("class") or "")
    source = page.locator(f"[data-source~='{segment.get_attribute('data-repeats')}']").first
    assert "pv-lit" in (source.get_attribute("class") or "")
    assert "shares recent, deployment" in page.inner_text(".pv-note")

    press(page, "correct")
    drag(page, "0-start", "Kiev’s troops")
    assert page.inner_text("#status").startswith("Region 1 begins before “Kiev’s troops")
    page.select_option("#region-0-form", "takeaways")
    path, gold = exported(page, tmp_path)
    assert gold.text == seed
    (found,) = detector.detect(seed).regions
    begin = seed.index("Kiev’s troops")
    assert texts(gold) == [seed[begin : found.span.end]]
    assert gold.regions[0].form == "takeaways"
    kept = [(s.span, s.label) for s in found.segments]
    assert gold.regions[0].lines[-len(kept) :] == tuple(kept)

    model = tmp_path / "mine"
    command = ["train", "--base", str(small_data.path), "--data", str(path), "--jobs", "1"]
    done = CliRunner().invoke(main, [*command, "--output", str(model), "--force"])
    assert done.exit_code == 0, done.output
    assert "your pages, held out" in done.stdout
    assert Detector.load(model).detect(seed).text == seed


# --- correcting -----------------------------------------------------------------------------------


def test_offsets_are_right_after_emoji_and_line_breaks_of_windows(
    page: Any, seed: str, tmp_path: Path
) -> None:
    text = ("😀 𝔘nicode 👩‍👩‍👧 first.\n" + seed + "\nOne more 😀😀 line.\n").replace("\n", "\r\n")
    path = tmp_path / "page.txt"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    page.set_input_files("#files", path)
    page.wait_for_selector("#result .pv")
    press(page, "correct")
    page.focus("#handle-0-end")
    before = page.get_attribute("#handle-0-end", "aria-valuenow")
    page.keyboard.press("ArrowUp")
    assert page.get_attribute("#handle-0-end", "aria-valuenow") != before
    page.keyboard.press("ArrowDown")
    page.focus("#handle-0-start")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+ArrowRight")
    page.keyboard.press("ArrowLeft")
    _, gold = exported(page, tmp_path)
    assert gold.text == text
    (found,) = texts(gold)
    assert found.startswith("s troops should now")
    assert found.endswith("One more 😀😀 line.")


def test_a_region_is_added_relabelled_parted_and_removed(
    page: Any, seed: str, tmp_path: Path
) -> None:
    paste(page, seed)
    press(page, "correct")
    page.click("[name=remove]")
    assert page.locator(".region").count() == 0
    assert exported(page, tmp_path)[1].regions == ()
    select(page, "conquered from Ukraine")
    assert page.inner_text("[data-do=mark]") == "Mark selection"
    press(page, "mark")
    assert texts(exported(page, tmp_path)[1]) == ["conquered from Ukraine"]
    press(page, "mark")
    page.select_option("#region-1-all", "derivative")
    gold = exported(page, tmp_path)[1]
    assert texts(gold)[1] == seed.rstrip().rpartition("\n")[2].strip()
    assert [label for _, label in gold.regions[1].lines] == ["derivative"]
    for _ in range(4):
        page.keyboard.press("Control+z")
    assert page.locator(".region").count() == 1
    assert page.is_disabled("#correction [data-do=undo]")
    press(page, "redo")
    assert page.locator(".region").count() == 0


def test_a_line_that_is_no_filler_parts_its_region(page: Any, seed: str, tmp_path: Path) -> None:
    paste(page, seed)
    press(page, "correct")
    page.click("#region-0-lines summary")
    page.select_option("#region-0-line-3", "original")
    gold = exported(page, tmp_path)[1]
    assert len(gold.regions) == 2
    assert (
        gold.text[gold.regions[0].span.end : gold.regions[1].span.start]
        .strip()
        .startswith("Editor: Let’s dive right in.")
    )


def test_ends_stop_at_each_other_and_at_other_regions(page: Any, tmp_path: Path, seed: str) -> None:
    paste(page, seed)
    press(page, "correct")
    select(page, "conquered from Ukraine")
    press(page, "mark")
    page.select_option("#region-0-form", "closing")
    page.focus("#handle-0-end")
    for _ in range(60):
        page.keyboard.press("ArrowDown")
    first, second = exported(page, tmp_path)[1].regions
    assert first.span.end <= second.span.start
    page.focus("#handle-1-start")
    for _ in range(60):
        page.keyboard.press("ArrowDown")
    assert exported(page, tmp_path)[1].regions[1].span.end == second.span.end


def test_selections_across_a_region_are_refused_with_a_reason(page: Any, seed: str) -> None:
    paste(page, seed)
    press(page, "correct")
    select(page, "Recent reports suggest")
    press(page, "mark")
    assert "touches a region" in page.inner_text("#status")
    assert page.locator(".region").count() == 1


# --- texts that mean harm -------------------------------------------------------------------------


HOSTILE = (
    "<script>window.hacked = 1</script>\"><img src=x onerror='window.hacked = 2'>\n"
    "</textarea></article><style>*{display:none}</style> &lt;b&gt; \x00 \u202e \u2028 ${1} {{2}}\n"
)


def test_markup_stays_text(page: Any, seed: str, tmp_path: Path) -> None:
    text = HOSTILE.replace("\x00", "") * 3 + seed.replace("Good day", "<script>hacked=3</script>")
    paste(page, text)
    assert page.locator(".pv-region").count() == 1
    assert page.inner_text(".pv-text").count("<script>") == 4
    press(page, "correct")
    assert page.locator("#editor-text").text_content() == text
    assert exported(page, tmp_path)[1].text == text
    assert page.evaluate("window.hacked") is None
    assert page.locator("main script, main img, main style").count() == 0


def test_a_paste_of_five_megabytes_is_answered(page: Any) -> None:
    text = "The council met on Tuesday and the vote was close, as reported before.\n" * 70_000
    assert len(text) > 4_900_000
    page.evaluate("(text) => { document.querySelector('#text').value = text; }", text)
    page.click("text=Find filler")
    page.wait_for_selector("#result .pv", timeout=60_000)
    assert "4,970,000 characters" in page.inner_text(".pv-facts")


# --- many pages -----------------------------------------------------------------------------------


def lines(root: Path, n: int) -> str:
    seeds = sorted((root / "seeds").glob("*.txt"))
    records = [{"id": f"page {k}", "text": seeds[k % 5].read_text()} for k in range(n)]
    return "".join(json.dumps(r) + "\n" for r in records) + '{"id": "bad"}\nno JSON\n'


def test_lines_become_a_table_that_leads_to_pages(page: Any, root: Path, tmp_path: Path) -> None:
    path = tmp_path / "pages.jsonl"
    path.write_text(lines(root, 60), encoding="utf-8")
    page.set_input_files("#files", path)
    page.wait_for_selector("#pages:not([hidden])")
    assert page.inner_text("#pages-title") == "62 pages, 24 with filler, 2 not read"
    rows = page.locator("#pages tbody tr")
    assert rows.count() == 62
    assert rows.first.inner_text().split("\t")[1].strip() == "64.5%"
    page.click("[data-sort=id]")
    assert rows.first.inner_text().startswith("bad\tnot read: no field 'text'")
    with page.expect_download() as download:
        press(page, "download-all")
    records = [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]
    assert [r["id"] for r in records[:2]] == ["page 0", "page 1"]
    assert ["error" in r for r in records[-3:]] == [False, True, True]
    page.click("text=page 5")
    page.wait_for_selector("#result .pv-region")
    press(page, "correct")
    press(page, "done")
    press(page, "all")
    with page.expect_download() as download:
        press(page, "training")
    assert len(Path(download.value.path()).read_text().splitlines()) == 1


def test_a_file_can_be_dropped(page: Any, seed: str) -> None:
    page.evaluate("dropFile", ["dropped.txt", seed])
    page.wait_for_selector("#result .pv-region")
    assert page.inner_text("#result-title") == "dropped.txt"
    assert page.is_hidden("#drop")


def test_html_is_read_by_the_service(page: Any, seed: str, tmp_path: Path) -> None:
    pytest.importorskip("resiliparse", reason="needs the extra html")
    path = tmp_path / "page.html"
    body = "".join(f"<p>{line}</p>\n" for line in seed.splitlines())
    path.write_text(f"<html><meta charset=utf-8><body><main>{body}</main>", encoding="utf-8")
    page.set_input_files("#files", path)
    page.wait_for_selector("#result .pv-region")
    press(page, "correct")
    (found,) = texts(exported(page, tmp_path)[1])
    assert found.startswith("Interview: The Future of North Korean")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"caf\xe9", "not UTF-8; convert it to UTF-8"), (b"a\0b", "not text")],
)
def test_a_file_that_is_no_text_is_named(
    page: Any, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "odd.txt"
    path.write_bytes(content)
    page.set_input_files("#files", path)
    page.wait_for_selector("#pages:not([hidden])")
    assert words in page.inner_text("#pages tbody")


# --- out ------------------------------------------------------------------------------------------


def test_cleaned_text_is_copied_and_json_downloaded(
    page: Any, seed: str, detector: Detector
) -> None:
    text = "😀\n" + seed
    paste(page, text)
    press(page, "copy")
    page.locator("#status", has_text="in the clipboard").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == detector.clean(text)
    with page.expect_download() as download:
        press(page, "download")
    record = json.loads(Path(download.value.path()).read_text())
    assert record == detector.detect(text).to_dict() | {"id": "pasted text"}


# --- when it does not work ------------------------------------------------------------------------


def test_nothing_to_look_at(page: Any) -> None:
    page.click("text=Find filler")
    assert "There is no text yet" in page.inner_text("#error")
    assert page.evaluate("document.activeElement.id") == "text"


def test_errors_of_the_service_are_told(page: Any, seed: str) -> None:
    body = '{"version": 1, "error": {"kind": "busy", "message": "32 requests are under way"}}'
    page.route("**/page/view", lambda route: route.fulfill(status=503, body=body))
    page.fill("#text", seed)
    page.click("text=Find filler")
    page.wait_for_selector("#error:not([hidden])")
    assert page.inner_text("#error").endswith("32 requests are under way.")
    page.unroute("**/page/view")
    page.route("**/page/view", lambda route: route.abort())
    page.click("text=Find filler")
    page.locator("#error", has_text="does not answer").wait_for()
    page.heard.clear()  # the browser tells of failed requests itself
    assert page.input_value("#text") == seed


# --- for everybody --------------------------------------------------------------------------------

PAIRS = [
    ("ink", "paper"),
    ("ink", "raised"),
    ("muted", "paper"),
    ("muted", "raised"),
    ("accent", "paper"),
    ("unsupported", "paper"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_that_of_wcag_aa(open_page: Any, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    ratios = page.evaluate("contrasts", PAIRS)
    assert {pair: ratio for pair, ratio in zip(PAIRS, ratios, strict=True) if ratio < 4.5} == {}


@pytest.mark.parametrize("viewport", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_every_view_fits_its_width_and_names_its_controls(
    open_page: Any, viewport: dict[str, int], seed: str, root: Path, tmp_path: Path
) -> None:
    page = open_page(viewport)
    path = tmp_path / "pages.jsonl"
    path.write_text(lines(root, 3), encoding="utf-8")

    def check(view: str) -> None:
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], view
        assert page.evaluate("unnamed()") == [], view
        assert page.evaluate("document.activeElement.closest('main') !== null") or view == "input"

    check("input")
    paste(page, seed)
    check("result")
    press(page, "correct")
    page.click("#region-0-lines summary")
    check("correction")
    press(page, "done")
    press(page, "new")
    page.set_input_files("#files", path)
    page.wait_for_selector("#pages:not([hidden])")
    check("pages")


# --- the one place where offsets are converted ----------------------------------------------------

TEXTS = [
    "",
    "plain",
    "😀",
    "a😀b",
    "😀😀",
    "é\r\n𝔘x👩‍👩‍👧",
    "\ud83d lone",
    "\ude00\ud83d",
    "x\ud83d😀",
]


def test_units_and_points_agree_with_python(page: Any) -> None:
    converted = page.evaluate(
        """async (texts) => {
            const { Offsets } = await import("/assets/offsets.js");
            return texts.map((text) => {
                const offsets = new Offsets(text);
                const units = [...Array(offsets.points + 1).keys()].map((p) => offsets.toUnits(p));
                const points = [...Array(text.length + 1).keys()].map((u) => offsets.toPoints(u));
                return [offsets.points, units, points];
            });
        }""",
        TEXTS,
    )
    for text, (n_points, units, points) in zip(TEXTS, converted, strict=True):
        widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
        starts = [sum(widths[:k]) for k in range(len(text) + 1)]
        assert (n_points, units) == (len(text), starts)
        assert points == [
            max(k for k, start in enumerate(starts) if start <= unit)
            for unit in range(starts[-1] + 1)
        ]
