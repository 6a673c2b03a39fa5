"""Markdown that shows any text as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from detector.writers import printable

_MARKS = re.compile(r"[\\`*_\[\]<>|&~$#@!]|:(?=//)")


def escaped(text: str) -> str:
    """``text`` on one line, with a backslash before all that could be taken for mark-up, HTML or a
    link in the middle of a line.

    >>> print(escaped("<b>|*"))
    \\<b\\>\\|\\*
    """
    return _MARKS.sub(r"\\\g<0>", printable(text))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table. Cells are Markdown themselves: escape what comes from pages or users."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fenced(lines: Iterable[str], language: str = "text") -> str:
    """A block of preformatted lines, whose fence is longer than any in it."""
    text = "\n".join(lines)
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
