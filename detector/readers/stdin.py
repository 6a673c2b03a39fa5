"""Standard input, which is answered as it comes."""

from __future__ import annotations

import io
import os
import select
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from detector.readers.source import DEFAULT_OPTIONS

CHUNK = 1 << 16
"""Bytes asked of a pipe at once."""


class Stdin:
    """Standard input by lines, which also knows whether the next line has come yet."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        try:
            self._descriptor: int | None = stream.fileno()
        except io.UnsupportedOperation:  # a stream in memory, which never waits
            self._descriptor = None
        self._limit = 0
        self._lines: deque[bytes] = deque()
        self._unfinished: list[bytes] = []
        self._n_unfinished = 0
        self._receiving = False

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes, fewer only at the end; all there is if negative."""
        return self._stream.read(size)

    def lines(self, limit: int = DEFAULT_OPTIONS.max_document_bytes) -> Iterator[bytes]:
        """Lines with their line breaks, each as soon as it is complete; one of more than ``limit``
        bytes comes cut to one more."""
        self._limit = limit
        self._receiving = True
        while self._lines or self._receiving:
            if self._lines:
                yield self._lines.popleft()
            else:
                self._receive()

    def waits(self) -> bool:
        """Whether :meth:`lines` has begun and would have to wait for its next line."""
        while self._receiving and not self._lines and self._has_more():
            self._receive()
        return self._receiving and not self._lines

    def _has_more(self) -> bool:
        """Whether a read returns at once."""
        if self._descriptor is None:
            return True
        try:
            return bool(select.select([self._descriptor], [], [], 0)[0])
        except OSError:  # Windows cannot ask this of a pipe; then every line is answered by itself
            return False

    def _receive(self) -> None:
        if self._descriptor is None:
            chunk = self._stream.read(CHUNK)
        else:  # not the stream's own buffer, into which select cannot look
            chunk = os.read(self._descriptor, CHUNK)
        *complete, rest = chunk.split(b"\n")
        for line in complete:
            self._extend(line + b"\n")
            self._finish()
        self._extend(rest)
        if not chunk:
            self._receiving = False
            if self._unfinished:
                self._finish()

    def _extend(self, piece: bytes) -> None:
        """Keep more of a line, as far as it is not too long already."""
        piece = piece[: self._limit + 1 - self._n_unfinished]
        if piece:
            self._unfinished.append(piece)
            self._n_unfinished += len(piece)

    def _finish(self) -> None:
        self._lines.append(b"".join(self._unfinished))
        self._unfinished.clear()
        self._n_unfinished = 0
