"""Files without their filler: found regions are cut out, everything else stays.

A file keeps its format, its other fields and its compression; but HTML becomes text, and web
archives, zip and tar become JSONL.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from detector import readers
from detector.cleaning.forms import cleaned
from detector.cleaning.targets import sink, targets_of
from detector.pipeline import Detector
from detector.readers import DEFAULT_OPTIONS, Options, Original, Source, Stdin
from detector.records import Fields
from detector.types import Result, Unreadable
from detector.writers.compression import compressed

__all__ = ["clean", "sink"]


def clean(
    detector: Detector,
    sources: Sequence[Source | Unreadable],
    fields: Fields,
    stdin: Stdin,
    stdout: BinaryIO,
    output: Path | None = None,
    options: Options = DEFAULT_OPTIONS,
) -> Iterator[Result | Unreadable]:
    """Write every source without its filler; yields each result once it is written.

    Files go to the folder ``output`` under their own names, compressed if they were, each replaced
    when it is complete; if it is None, all goes to ``stdout``, uncompressed. A record that cannot
    be read becomes an error record in JSONL, and stays as it is in Parquet and in CSV, if its row
    is whole; a text is left out.

    Raises ConfigError, before anything is written, if several files would run into each other on
    ``stdout``, two sources into one file, an input would be overwritten, or Parquet comes on
    standard input or compressed.
    """
    targets = targets_of(sources, output)
    originals, ahead = itertools.tee(readers.read(sources, fields, stdin, options))
    results = detector.detect_many(readers.pages(ahead), pause=stdin.waits)
    pairs = zip(originals, results, strict=True)
    for source, group in itertools.groupby(pairs, key=lambda pair: pair[0].source):
        first = next(group)
        if source is None or _is_about_file(first[0], source):
            yield first[1]
            continue
        target = targets.get(source)
        with (
            sink(target, stdout) as stream,
            compressed(stream, target or "") as packed,
            cleaned(source, packed, fields, options) as write,
        ):
            for original, result in itertools.chain([first], group):
                write(original, result)
                stream.flush()
                yield result


def _is_about_file(original: Original, source: Source) -> bool:
    """Whether a file cannot be opened, or a text not be read."""
    return isinstance(original.page, Unreadable) and original.page.id == str(source)
