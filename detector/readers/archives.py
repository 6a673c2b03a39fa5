"""Zip and tar archives, one member at a time; nothing is unpacked to disk."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO, NamedTuple, cast

from detector.readers.compression import FREE_BYTES, damaged, expands_too_far
from detector.readers.formats import is_wanted_member
from detector.readers.source import InputFormat, RefusedError
from detector.readers.stdin import Stdin


class Member(NamedTuple):
    """A member that may hold pages: its name, and its content or why there is none."""

    name: str
    content: BinaryIO | RefusedError


DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError)
"""What reading a corrupt archive or member raises."""


def zip_members(stream: BinaryIO, asked: InputFormat, max_expansion: int) -> Iterator[Member]:
    """The members of a zip archive in its own order, each to be read before the next.

    Raises RefusedError for an archive that is damaged or whose members are too large together.
    """
    size = stream.seek(0, 2)
    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile as error:
        raise damaged(str(error)) from error
    wanted = [info for info in archive.infolist() if is_wanted_member(info.filename, asked)]
    # Members can share their bytes, so that no one of them expands much but all of them do.
    if sum(info.file_size for info in wanted) > max(FREE_BYTES, max_expansion * size):
        raise expands_too_far(max_expansion)
    for info in wanted:
        if info.flag_bits & 1:
            yield Member(info.filename, RefusedError("access", "encrypted; decrypt it first"))
        elif info.file_size > max(FREE_BYTES, max_expansion * info.compress_size):
            yield Member(info.filename, expands_too_far(max_expansion))
        else:
            yield _opened(archive, info)


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    try:
        return Member(info.filename, cast("BinaryIO", archive.open(info)))
    except (zipfile.BadZipFile, NotImplementedError) as error:
        return Member(info.filename, damaged(str(error)))


class Counted:
    """A stream that knows how many bytes it gave."""

    def __init__(self, stream: BinaryIO | Stdin) -> None:
        self._stream = stream
        self.n_bytes = 0

    def read(self, size: int) -> bytes:
        piece = self._stream.read(size)
        self.n_bytes += len(piece)
        return piece


def tar_members(stream: BinaryIO | Stdin, asked: InputFormat) -> Iterator[Member]:
    """The members of a tar archive as they come, each to be read before the next.

    Raises RefusedError where the archive is damaged.
    """
    counted = Counted(stream)
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", counted), mode="r|") as archive:
            for info in archive:
                if info.isfile() and is_wanted_member(info.name, asked):
                    yield _tar_member(archive, info)
            end = archive.offset + tarfile.BLOCKSIZE
    except tarfile.TarError as error:
        raise damaged(str(error)) from error
    if counted.n_bytes < end:  # of the block of zeros that ends an archive
        raise damaged("it breaks off")


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    content = archive.extractfile(info)
    if info.issparse() or content is None:  # a few bytes may stand for any number of zeros
        return Member(info.name, RefusedError("size", "sparse; store it whole"))
    return Member(info.name, cast("BinaryIO", content))
