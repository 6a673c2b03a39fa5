"""Decompression of gzip and Zstandard, which ends where it gives too much or breaks off."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol, cast

from detector.errors import MissingExtraError
from detector.readers.source import Compression, RefusedError

FREE_BYTES = 1 << 20
"""What any file may expand to: short texts that repeat themselves shrink beyond every ratio."""
PIECE = {Compression.GZIP: 1 << 13, Compression.ZSTANDARD: 1 << 10}
"""Compressed bytes taken at once: what these can give (8 and 32 MB) is what a bomb costs."""


def damaged(why: str) -> RefusedError:
    """The end of a file that is corrupt."""
    return RefusedError("damaged", f"damaged ({why}); get or make the file again")


def expands_too_far(max_expansion: int) -> RefusedError:
    """The end of a file that is perhaps made to fill the memory."""
    return RefusedError(
        "size",
        f"expands to more than {max_expansion} times its size; if you trust it, raise "
        "--max-expansion",
    )


class Frame(Protocol):
    """Decompresses one gzip member or Zstandard frame."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def inflated(stream: BinaryIO, compression: Compression, max_expansion: int) -> BinaryIO:
    """A stream of what is compressed in ``stream``, which may consist of several frames.

    Reading it raises RefusedError of kind ``size`` where there is more than ``max_expansion`` times
    the compressed bytes read so far, and ``damaged`` where the data are cut off or wrong. Raises
    MissingExtraError for Zstandard without its library.
    """
    if compression is Compression.NONE:
        return stream
    raw = Inflating(stream, compression, max_expansion)
    return cast("BinaryIO", io.BufferedReader(raw, io.DEFAULT_BUFFER_SIZE * 8))


class Inflating(io.RawIOBase):
    """The decompressed bytes of a stream."""

    def __init__(self, stream: BinaryIO, compression: Compression, max_expansion: int) -> None:
        super().__init__()
        self._stream = stream
        self._piece = PIECE[compression]
        self._max_expansion = max_expansion
        self._new_frame, self._errors = _library(compression)
        self._frame: Frame | None = None
        self._waiting = b""
        self._ready = memoryview(b"")
        self._n_in = self._n_out = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            piece = self._waiting or self._stream.read(self._piece)
            if not piece:
                self._require_end()
                return 0
            self._n_in += 0 if self._waiting else len(piece)
            self._waiting = b""
            self._inflate(piece)
        n = min(len(buffer), len(self._ready))
        buffer[:n] = self._ready[:n]
        self._ready = self._ready[n:]
        return n

    def _inflate(self, piece: bytes) -> None:
        if self._frame is None:
            if self._n_out:
                piece = piece.lstrip(b"\0")  # padding, as of tapes
            if not piece:
                return
            self._frame = self._new_frame()
        try:
            self._ready = memoryview(self._frame.decompress(piece))
        except self._errors as error:
            raise damaged(str(error)) from error
        self._n_out += len(self._ready)
        if self._n_out > max(FREE_BYTES, self._max_expansion * self._n_in):
            raise expands_too_far(self._max_expansion)
        if self._frame.eof:
            self._waiting = self._frame.unused_data
            self._frame = None

    def _require_end(self) -> None:
        if self._frame is not None or not self._n_in:
            raise damaged("it breaks off")


def _library(
    compression: Compression,
) -> tuple[Callable[[], Frame], type[Exception]]:
    """What begins a frame, and the error of a damaged one."""
    if compression is Compression.GZIP:
        return lambda: zlib.decompressobj(wbits=16 + zlib.MAX_WBITS), zlib.error
    try:
        import zstandard
    except ImportError as error:
        raise MissingExtraError(
            "reading .zst needs zstandard: pip install 'filler-detector[zst]'"
        ) from error
    return lambda: zstandard.ZstdDecompressor().decompressobj(), zstandard.ZstdError
