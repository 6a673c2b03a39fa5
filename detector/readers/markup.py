"""HTML: the main text of a page, a line for each paragraph, heading, list item or turn."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from detector.errors import MissingExtraError
from detector.readers.decoding import decoded_markup, marked_encoding
from detector.readers.source import RefusedError
from detector.types import Document, Unreadable

MAX_DEPTH = 100
"""Levels of markup beyond which a page is refused: looking for the main text takes time that grows
with the elements times their depth. Pages that people read have some dozens."""

_TOO_DEEP = ">".join(["html", "body", *"*" * (MAX_DEPTH + 1)])
MAX_ATTRIBUTES = 2_000
"""Attributes of one element; more, in a page of some size, take time that grows with their square.
"""
ATTRIBUTES_FROM = 50_000
"""Characters of a page from which attributes are counted."""

_RENAMED = {
    # Every <ul> would be left out as a menu, takeaways and all; <menu> is another name for it.
    "ul": "menu",
    # Parsing this one takes time that grows with the square of its options.
    "select": "x-select",
}
_NAME = re.compile(r"<(/?)(ul|select)(?=[\s/>])", re.IGNORECASE)
_TAG = re.compile(r"""<[a-z](?:[^<>"']++|"[^"]*+"|'[^']*+'|<)*+""", re.IGNORECASE)
_QUOTED = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_ATTRIBUTE = re.compile(r"""[\s/"'][^\s/"'>=]""")
_BREAKS = re.compile(r"(?:[ \t]*\n)+[ \t]*")


def page(
    raw: bytes, where: str, declared: str | None = None, url: str | None = None
) -> Document | Unreadable:
    """The page of an HTML file. ``declared`` is the encoding that somebody else says it has."""
    if (nul := raw.find(b"\0")) >= 0 and marked_encoding(raw) is None and declared is None:
        return Unreadable(where, "binary", f"{where}: not text (NUL at byte {nul}); leave it out")
    try:
        text = main_text(decoded_markup(raw, declared))
    except RefusedError as error:
        return Unreadable(where, error.kind, f"{where}: {error.what}")
    return Document(where, text, url=url, extractor=extractor())


def main_text(html: str) -> str:
    """The main text of a page: no menus, sidebars and comments; lines as a browser breaks them.

    Raises RefusedError of the kind ``markup`` for a page that nests too deep to be read in time,
    and MissingExtraError without the library.
    """
    html_tree, extract, _ = _library()
    if len(html) > ATTRIBUTES_FROM and _has_too_many_attributes(html):
        raise _refused(f"an element with more than {MAX_ATTRIBUTES} attributes")
    tree = html_tree.parse(_NAME.sub(lambda m: f"<{m[1]}{_RENAMED[m[2].lower()]}", html))
    if tree.body is None:
        return ""
    if tree.document.query_selector(_TOO_DEEP) is not None:
        raise _refused(f"elements more than {MAX_DEPTH} deep")
    text: str = extract(
        tree,
        preserve_formatting=True,
        main_content=True,
        list_bullets=False,
        alt_texts=False,
        comments=False,
        skip_elements=["x-select"],
    )
    return _BREAKS.sub("\n", text).strip()


def _has_too_many_attributes(html: str) -> bool:
    """Whether a tag seems to have too many, quoted values left out."""
    long = (tag for tag in _TAG.findall(html) if len(tag) > 2 * MAX_ATTRIBUTES)
    return any(len(_ATTRIBUTE.findall(_QUOTED.sub('""', tag))) > MAX_ATTRIBUTES for tag in long)


def _refused(why: str) -> RefusedError:
    message = f"cannot be read in time ({why}); take the text out of it by another program"
    return RefusedError("markup", message)


def extractor() -> str:
    """Name and version of what takes the text out of HTML."""
    return _library()[2]


@cache
def _library() -> tuple[Any, Any, str]:
    try:
        from importlib.metadata import version

        from resiliparse.extract.html2text import extract_plain_text
        from resiliparse.parse.html import HTMLTree
    except ImportError as error:
        raise MissingExtraError(
            "reading HTML needs resiliparse: pip install 'filler-detector[html]'"
        ) from error
    return HTMLTree, extract_plain_text, f"resiliparse {version('resiliparse')}"
