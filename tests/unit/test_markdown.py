"""Markdown that page text cannot break out of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.markdown import escaped, fenced, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with - dashes (and more): 5 %", "plain, with - dashes (and more): 5 %"),
        ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
        ("a|b", r"a\|b"),
        ("[x](http://y)", r"\[x\](http\://y)"),
        ("`*_~\\", r"\`\*\_\~\\"),
        ("&lt; @name #1 $x$", r"\&lt; \@name \#1 \$x\$"),
        ("two\nlines", "two lines"),
    ],
)
def test_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(st.lists(st.text("`~a \\<", max_size=8)))
def test_a_fence_is_longer_than_any_in_it(lines: list[str]) -> None:
    block = fenced(lines, "diff")
    first, *inside, last = block.split("\n")
    assert first == last + "diff"
    assert set(last) == {"`"}
    assert inside == ("\n".join(lines)).split("\n")
    assert not any(re.search(last, line) for line in inside)


def test_table() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
