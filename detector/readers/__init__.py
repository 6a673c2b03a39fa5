"""Reading pages: files, folders, patterns and standard input become documents, one at a time.

What cannot be read becomes an :class:`~detector.types.Unreadable` in its place, so that one record
in is one record out, in order, and the rest goes on. Text comes as it stands in the file, but for a
byte order mark: offsets count from the character after it, and line breaks stay as they are.
"""

from detector.readers.finding import find
from detector.readers.reading import read, read_part
from detector.readers.source import (
    DEFAULT_OPTIONS,
    STDIN,
    Compression,
    InputFormat,
    Options,
    Original,
    Part,
    Source,
    pages,
)
from detector.readers.stdin import Stdin
from detector.records import DEFAULT_FIELDS, Fields

__all__ = [
    "DEFAULT_FIELDS",
    "DEFAULT_OPTIONS",
    "STDIN",
    "Compression",
    "Fields",
    "InputFormat",
    "Options",
    "Original",
    "Part",
    "Source",
    "Stdin",
    "find",
    "pages",
    "read",
    "read_part",
]
