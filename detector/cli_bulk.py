"""``detector score --output``: a run over inputs of any size into a folder."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from detector import writers
from detector.cli_options import NEW_FOLDER, Inputs, say
from detector.errors import ConfigError

if TYPE_CHECKING:
    from detector.pipeline import Detector


@dataclass(frozen=True)
class Target:
    """Where a run writes and how, as the command line says it."""

    folder: Path
    overwrite: bool
    compression: str
    shard_bytes: int


def takes_target(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a run into a folder, as one argument ``target``; None without
    ``--output``."""

    @click.option(
        "--output",
        metavar="DIR",
        type=NEW_FOLDER,
        help="Folder for the results, which are written there in parts.",
    )
    @click.option(
        "--overwrite", is_flag=True, help="With --output: begin anew if DIR holds another run."
    )
    @click.option(
        "--compress", type=click.Choice(["gz", "zst"]), help="With --output: compress the parts."
    )
    @click.option(
        "--shard-bytes",
        type=click.IntRange(min=1),
        default=8_000_000,
        show_default=True,
        help="With --output: how much input goes into one part.",
    )
    @functools.wraps(command)
    def with_target(
        output: Path | None, overwrite: bool, compress: str | None, shard_bytes: int, **others: Any
    ) -> None:
        compression = f".{compress}" if compress else ""
        target = output and Target(output, overwrite, compression, shard_bytes)
        command(target=target, **others)

    return with_target


def score(
    inputs: Inputs, detector: Detector, output_format: str, jobs: int, target: Target
) -> Mapping[str, Any]:
    """Finish the run of this folder, or begin it; prints its summary and returns it."""
    from detector.bulk import summary
    from detector.bulk.run import Run

    folder = target.folder
    if output_format not in writers.FORMATS:
        raise ConfigError(f"--format {output_format} is for standard output; leave out --output")
    for path in inputs.paths:
        if Path(path).is_dir() and folder.resolve().is_relative_to(Path(path).resolve()):
            raise ConfigError(f"{folder}: lies in {path}, which is read; name another --output")
    run = Run(
        detector,
        inputs.sources,
        folder,
        inputs.fields,
        inputs.options,
        output_format,
        target.compression,
        target.shard_bytes,
    )
    try:
        record = run.run(jobs, target.overwrite, sys.stderr)
    except BaseException:
        if run.n_shards:
            done = f"{run.n_finished} of {run.n_shards} parts are finished"
            say(f"{folder}: {done}; the same command does the rest")
        raise
    for line in summary.lines(record):
        say(line)
    return record
