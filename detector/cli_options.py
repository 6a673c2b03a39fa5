"""Options that several commands share: what to read, and with which model and threshold."""

from __future__ import annotations

import codecs
import functools
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from detector import readers
from detector.errors import ConfigError, ReadError
from detector.readers import DEFAULT_OPTIONS, InputFormat, Options, Source, Stdin
from detector.records import Fields
from detector.types import ALARM_RATES, Document, Unreadable

if TYPE_CHECKING:
    from detector.retraining import DataFolder


@dataclass(frozen=True)
class Inputs:
    """What to read, as the command line says it."""

    paths: tuple[str, ...]
    input_format: InputFormat
    fields: Fields
    options: Options
    stdin: Stdin

    def sources(self) -> Iterator[Source | Unreadable]:
        """The files that the paths stand for."""
        return readers.find(self.paths, self.input_format, self.fields, self.options)

    def pages(self, output: Path | None = None) -> Iterator[Document | Unreadable]:
        """The pages in them; raises ConfigError at once if ``output`` is one of the files."""
        sources: Iterable[Source | Unreadable] = self.sources()
        if output is not None:
            sources = list(sources)
            read = [s.path for s in sources if isinstance(s, Source) and s.path is not None]
            if output.resolve() in {path.resolve() for path in read}:
                raise ConfigError(f"{output}: would overwrite an input; name another --output")
        return readers.pages(readers.read(sources, self.fields, self.stdin, self.options))

    def documents(self) -> Iterator[Document]:
        """The pages in them; raises ReadError for one that cannot be read."""
        for page in self.pages():
            if isinstance(page, Unreadable):
                raise ReadError(page.message)
            yield page


def takes_inputs(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command PATH... and the options of reading, as one argument ``inputs``."""
    # A path by its type, so that shells complete it; readers find out whether it can be read.
    paths = click.argument(
        "paths",
        metavar="PATH...",
        nargs=-1,
        required=True,
        type=click.Path(readable=False, allow_dash=True),
    )
    return paths(reads_paths(command))


def reads_paths(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command, which has an argument or option ``paths``, the options of reading; all come
    to it as one argument ``inputs``."""

    @click.option(
        "--input-format",
        type=click.Choice([form.value for form in InputFormat]),
        default="auto",
        show_default=True,
        help="auto goes by the suffix; standard input is text.",
    )
    @click.option(
        "--encoding",
        callback=_text_encoding,
        help="Of texts, HTML and tables; default: what they declare, or UTF-8.",
    )
    @click.option("--text-field", default="text", show_default=True, help="Records: the page.")
    @click.option(
        "--id-field", default="id", show_default=True, help="Records: its id, else path#line."
    )
    @click.option(
        "--preceding-field",
        default="preceding",
        show_default=True,
        help="Records: another text that the page may repeat.",
    )
    @click.option(
        "--max-document-bytes",
        type=click.IntRange(min=1),
        default=DEFAULT_OPTIONS.max_document_bytes,
        show_default=True,
        help="Files of text and records above it are refused.",
    )
    @click.option(
        "--max-expansion",
        type=click.IntRange(min=1),
        default=DEFAULT_OPTIONS.max_expansion,
        show_default=True,
        help="Times its size that a compressed file may give (1 MB in any case).",
    )
    @functools.wraps(command)
    def with_inputs(
        paths: tuple[str, ...],
        input_format: str,
        encoding: str | None,
        text_field: str,
        id_field: str,
        preceding_field: str,
        max_document_bytes: int,
        max_expansion: int,
        **others: Any,
    ) -> None:
        fields = Fields(text_field, id_field, preceding_field)
        options = Options(max_document_bytes, max_expansion, encoding)
        stdin = Stdin(sys.stdin.buffer)
        inputs = Inputs(paths, InputFormat(input_format), fields, options, stdin)
        command(inputs=inputs, **others)

    return with_inputs


def _text_encoding(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """An encoding that Python knows; ASCII-compatible or not."""
    if value is None:
        return None
    try:
        b"a".decode(value, "ignore")
    except LookupError as error:
        raise click.BadParameter(f"{value!r} is no encoding of text.", ctx, parameter) from error
    return codecs.lookup(value).name


takes_model = click.option(
    "--model",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of a trained model; default: the one that comes with detector.",
)


def takes_detector(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of model and threshold, as one argument ``detector``."""

    @takes_model
    @takes_threshold
    @functools.wraps(command)
    def with_detector(model: Path | None, threshold: float | str | None, **others: Any) -> None:
        from detector.pipeline import Detector

        command(detector=Detector.load(model, threshold), **others)

    return with_detector


def takes_threshold(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of the threshold, as one argument ``threshold``: log-odds, or the
    name of one of the model's thresholds, or None."""

    @click.option(
        "--threshold",
        type=float,
        callback=number,
        help="Log-odds from which a region is marked; default: the model's. Higher marks less.",
    )
    @click.option(
        "--max-false-alarms",
        type=click.Choice(list(ALARM_RATES)),
        help="Instead of --threshold: the one that marked this share of held-out human text; its "
        "recall stands in the model card.",
    )
    @functools.wraps(command)
    def with_threshold(
        threshold: float | None, max_false_alarms: str | None, **others: Any
    ) -> None:
        if threshold is not None and max_false_alarms is not None:
            raise click.UsageError("--threshold and --max-false-alarms exclude each other.")
        command(threshold=threshold if max_false_alarms is None else max_false_alarms, **others)

    return with_threshold


def number(ctx: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """A number of the command line; NaN is none."""
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is not a number.", ctx, parameter)
    return value


# --- what the commands that make and measure models share ----------------------------------------

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, path_type=Path)
NEW_FOLDER = click.Path(file_okay=False, path_type=Path)


def say(message: str) -> None:
    """Tell the user on stderr."""
    click.echo(message, err=True)


def base_data(folder: Path | None) -> DataFolder:
    """The data folder that ``--base`` names, or the one that comes with the package."""
    from detector.retraining import DataFolder, default_data

    return default_data() if folder is None else DataFolder(folder)


def takes_base(command: click.decorators.FC) -> click.decorators.FC:
    """Give a command the option of another data folder."""
    return click.option(
        "--base",
        type=FOLDER,
        help="The project's data folder; by default the one that comes with the package.",
    )(command)


def takes_jobs(command: click.decorators.FC) -> click.decorators.FC:
    """Give a command the option of several processes."""
    return click.option(
        "--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Processes."
    )(command)
