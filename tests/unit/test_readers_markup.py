"""Reading HTML: the lines that people read come out, each once, and hostile markup ends in time."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest

from detector.readers import InputFormat, Options, find, pages, read
from detector.readers.source import RefusedError
from detector.types import Document, Unreadable

pytest.importorskip("resiliparse", reason="needs the extra html")

from detector.readers.markup import ATTRIBUTES_FROM, MAX_DEPTH, main_text

PAGES = sorted((Path(__file__).parents[1] / "data" / "html").glob("*.html"))
KNOWN = {
    "old-markup": "a layout of tables has no menu to leave out, and its title follows it in a line"
}


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_wanted_lines_come_out_as_lines_in_order(
    path: Path, request: pytest.FixtureRequest
) -> None:
    if path.stem in KNOWN:
        request.applymarker(pytest.mark.xfail(reason=KNOWN[path.stem], strict=True))
    wanted = path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    lines = main_text(path.read_text(encoding="utf-8")).splitlines()
    assert [" ".join(line.split()) for line in lines] == wanted


def only(path: Path, content: bytes, options: Options = Options()) -> Document | Unreadable:  # noqa: B008
    path.write_bytes(content)
    (found,) = pages(read(find([str(path)]), options=options))
    return found


def test_a_page_says_what_took_its_text_out(tmp_path: Path) -> None:
    found = only(tmp_path / "a.html", b"<title>T</title><p>One.</p><p>Two<br>lines.</p>")
    assert isinstance(found, Document)
    assert found.text == "One.\nTwo\nlines."
    assert (found.extractor or "").startswith("resiliparse ")


@pytest.mark.parametrize("content", [b"", b"   ", b"<html></html>", b"<script>x</script>"])
def test_a_page_without_text_is_empty(tmp_path: Path, content: bytes) -> None:
    found = only(tmp_path / "a.html", content)
    assert isinstance(found, Document)
    assert found.text == ""


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="utf-8">', "utf-8"),
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ("<meta charset=iso-8859-1>", "cp1252"),
        ('<META http-equiv="Content-Type" content="text/html; charset=windows-1252">', "cp1252"),
        ("<meta charset='utf-16'>", "utf-8"),
    ],
)
def test_declared_encodings(tmp_path: Path, head: str, encoding: str) -> None:
    found = only(tmp_path / "a.html", f"{head}<p>“Für” – €5</p>".encode(encoding))
    assert isinstance(found, Document)
    assert found.text == "“Für” – €5"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("<p>Für</p>".encode("latin-1"), "encoding"),
        ("<meta charset=klingon><p>Für</p>".encode(), "encoding"),
        ("<meta charset=hex><p>Für</p>".encode(), "encoding"),
        (f"<meta charset=utf-8><p>{'für ' * 50}</p>".encode("latin-1"), "encoding"),
        (b"\x89PNG\0\0", "binary"),
    ],
)
def test_what_is_in_no_known_encoding(tmp_path: Path, content: bytes, kind: str) -> None:
    found = only(tmp_path / "a.html", content)
    assert isinstance(found, Unreadable)
    assert found.kind == kind


def test_one_wrong_byte_of_a_long_page_is_borne(tmp_path: Path) -> None:
    content = b"<meta charset=utf-8><p>" + b"A word. " * 200 + b"\xff</p>"
    found = only(tmp_path / "a.html", content)
    assert isinstance(found, Document)
    assert found.text.count("\ufffd") == 1


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    content = "<p>Für</p>".encode("latin-1")
    found = only(tmp_path / "a.html", content, Options(encoding="latin-1"))
    assert isinstance(found, Document)
    assert found.text == "Für"


HOSTILE = {
    "deep": "<div>" * 200_000 + "x" + "</div>" * 200_000,
    "unclosed": "<b>" * 200_000,
    "attributes": "<p " + " ".join(f"a{k}=1" for k in range(100_000)) + ">",
    "attributes with signs": "<p " + " ".join(f"a{k}='<'" for k in range(100_000)) + ">",
    "options": "<select>" + "<option>x" * 50_000,
    "comments": "<!--" * 200_000,
    "signs": "<" * 1_000_000,
    "quotes": '<a "' * 200_000,
    "tables": "<table>" * 100_000,
    "lines": "<pre>" + " \n" * 500_000,
}


@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE)
def test_hostile_markup_ends_in_time(markup: str) -> None:
    start = time.process_time()
    with suppress(RefusedError):
        main_text(markup)
    assert time.process_time() - start < 2


def test_five_megabytes_are_read() -> None:
    lines = [f"Paragraph {k} of a very long page." for k in range(110_000)]
    markup = "<article>" + "".join(f"<p>{line}</p>" for line in lines) + "</article>"
    assert len(markup) > 4_500_000
    assert main_text(markup).splitlines() == lines


@pytest.mark.parametrize(("depth", "is_read"), [(MAX_DEPTH, True), (MAX_DEPTH + 1, False)])
def test_depth(tmp_path: Path, depth: int, is_read: bool) -> None:
    found = only(tmp_path / "a.html", b"<div>" * depth + b"A word." + b"</div>" * depth)
    assert isinstance(found, Document) is is_read


def test_a_long_attribute_is_no_reason_to_refuse(tmp_path: Path) -> None:
    data = "a 'b' c " * ATTRIBUTES_FROM
    found = only(tmp_path / "a.html", f'<p data-x="{data}">One.</p>'.encode())
    assert isinstance(found, Document)
    assert found.text == "One."


def test_html_on_standard_input_and_by_name(tmp_path: Path) -> None:
    path = tmp_path / "page.php"
    path.write_bytes(b"<p>One.</p>")
    (found,) = pages(read(find([str(path)], InputFormat.HTML)))
    assert isinstance(found, Document)
    assert found.text == "One."
