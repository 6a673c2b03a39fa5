"""Roles that docstrings have for Sphinx become plain code on the site."""

from __future__ import annotations

import re

import griffe

_ROLE = re.compile(r":\w+:`~?([\w.]+)`")


class Roles(griffe.Extension):
    """Turns ``:class:`Span``` into `` `Span` ``."""

    def on_instance(self, *, obj: griffe.Object, **_: object) -> None:
        if obj.docstring:
            obj.docstring.value = _ROLE.sub(r"`\1`", obj.docstring.value)
