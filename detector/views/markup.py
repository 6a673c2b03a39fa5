"""Text as HTML: escaped so that a browser shows what stands there, character by character."""

from __future__ import annotations

from html import escape

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SPECIAL = {ord("\r"): "&#13;", 0: _REPLACEMENT} | dict.fromkeys(
    range(0xD800, 0xE000), _REPLACEMENT
)
# A parser would make a raw carriage return a line feed. NUL and lone surrogates do not exist in
# HTML; a sign of the same length keeps the offsets of what follows.


def escaped(text: str) -> str:
    """``text`` for an element or a quoted attribute; the parsed text has as many code points.

    >>> escaped("<b>\\r\\n")
    '&lt;b&gt;&#13;\\n'
    """
    return escape(text).translate(_SPECIAL)


def element(name: str, content: str, **attributes: str | float | None) -> str:
    """An element around ``content``, which is HTML; attributes are text.

    Underscores in their names stand for hyphens, one at the end is dropped; None leaves an
    attribute out.

    >>> element("p", "a &amp; b", class_="x", data_n=3, id=None)
    '<p class="x" data-n="3">a &amp; b</p>'
    """
    return f"{opening(name, **attributes)}{content}</{name}>"


def opening(name: str, **attributes: str | float | None) -> str:
    """The start tag of an element; see :func:`element`."""
    written = (
        f' {key.rstrip("_").replace("_", "-")}="{escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{''.join(written)}>"
