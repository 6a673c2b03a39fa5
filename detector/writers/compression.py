"""Compressing what is written, by the suffix of the file: ``.gz`` or ``.zst``."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import BinaryIO, Protocol

from detector.errors import MissingExtraError

GZIP_LEVEL = 6
ZSTD_LEVEL = 3
SUFFIXES = (".gz", ".zst")


class Sink(Protocol):
    """What bytes can be written to."""

    def write(self, data: bytes, /) -> int: ...


@contextmanager
def compressed(stream: BinaryIO, name: str | PurePath) -> Iterator[Sink]:
    """What compresses into ``stream`` as the suffix of ``name`` says, else ``stream`` itself.

    The same bytes in give the same bytes out: no name and no time are stored. On leaving, all is
    written, and ``stream`` stays open. Raises MissingExtraError for ``.zst`` without the extra
    ``zst``.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix == ".gz":
        with gzip.GzipFile("", "wb", GZIP_LEVEL, stream, mtime=0) as packed:
            yield packed
    elif suffix == ".zst":
        try:
            import zstandard
        except ImportError as error:
            raise MissingExtraError(
                f"{name}: writing .zst needs zstandard; pip install 'filler-detector[zst]'"
            ) from error
        compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True)
        with compressor.stream_writer(stream, closefd=False) as packed:
            yield packed
    else:
        yield stream
