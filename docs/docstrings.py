"""Docstrings of the package, made into the Markdown that the reference of the site is made from.

Griffe, which reads the docstrings for mkdocstrings, is told of this by mkdocs.yml.
"""

from __future__ import annotations

import re

import griffe

_ROLE = re.compile(r":\w+:`~?([\w.]+)`")
_EXAMPLE = re.compile(r"^>>> .*(?:\n.+)*", re.MULTILINE)


class Markdown(griffe.Extension):
    """Turns Sphinx's roles into code, and examples into fenced blocks."""

    def on_instance(self, *, obj: griffe.Object, **_: object) -> None:
        if obj.docstring:
            text = _ROLE.sub(r"`\1`", obj.docstring.value)
            obj.docstring.value = _EXAMPLE.sub(r"```python\n\g<0>\n```", text)
