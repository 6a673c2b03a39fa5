"""The command line: each command reads its options, calls the library and prints.

Data go to standard output, messages to standard error. What only some commands need is imported
where it is needed, so that ``--help`` is instant and scoring a page needs numpy and click alone.
"""

from __future__ import annotations

import io
import itertools
import os
import shutil
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from detector import __version__, cli_bulk, cli_evaluation, cli_model, cli_serve, writers
from detector.cli_options import Inputs, number, say, takes_detector, takes_inputs
from detector.errors import DetectorError
from detector.types import Abstention, Result, Unreadable

if TYPE_CHECKING:
    from detector.pipeline import Detector

FOUND = 1
"""Exit code where ``--fail-on`` asked for one."""
FAILED = 2
"""Exit code of wrong usage, and where anything could not be read, loaded or written."""
INTERRUPTED = 130
PIPE_CLOSED = 141
"""What a shell reports of a program that ends because nobody reads its output any more."""

PROGRESS_EVERY = 0.2
"""Seconds between two signs of progress."""
MOST_SHOWN = 300
"""Pages that a report shows in full unless told otherwise: a file of some 5 MB."""


# In docstrings click takes \b, the character, to mean that a paragraph is not to be wrapped; hence
# they are not raw strings.


class Failure(click.ClickException):
    """An error that ends a command."""

    exit_code = FAILED


class Commands(click.Group):
    """A group whose commands end with a message and an exit code, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DetectorError as error:
            raise Failure(str(error)) from error
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # Nothing may be written any more, neither what is left in the buffer at exit nor
            # joblib's regret over batches that nobody takes.
            warnings.simplefilter("ignore")
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(PIPE_CLOSED)
        except OSError as error:
            raise Failure(f"{error}; check the disk and its permissions") from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="detector")
def main() -> None:
    """Find synthetic filler in news pages: exact spans and the reasons.

    PATH is a file, a folder (the texts and records below it), a pattern in quotes, or - for
    standard input. Offsets count Unicode code points of the text.

    Exit codes: 0 done, 1 --fail-on was reached, 2 wrong usage or something could not be read.

    \b
    Examples:
      detector score pages/
      detector explain page.txt
      detector clean page.txt > cleaned.txt
    """


# --- what commands do with results ---------------------------------------------------------------


@dataclass
class Outcome:
    """What decides the exit code. Results pass through it and are looked at."""

    fail_on: float | None = None
    failed: bool = field(default=False, init=False)
    found: bool = field(default=False, init=False)
    n_foreign: int = field(default=0, init=False)

    def watch(self, results: Iterable[Result | Unreadable]) -> Iterator[Result | Unreadable]:
        """Pass results on; name what could not be read on standard error."""
        for result in results:
            if isinstance(result, Unreadable):
                self.failed = True
                click.echo(f"Error: {writers.printable(result.message)}", err=True)
            elif result.abstained is Abstention.LANGUAGE:
                self.n_foreign += 1
            elif self.fail_on is not None and result.filler_fraction >= self.fail_on:
                self.found = True
            yield result

    def take(self, summary: Mapping[str, Any]) -> None:
        """Judge by the summary of a finished run."""
        self.failed = bool(summary["rejects"])
        self.found = self.fail_on is not None and summary["largest_fraction"] >= self.fail_on

    def exit(self) -> NoReturn:
        """End the command."""
        sys.exit(FAILED if self.failed else FOUND if self.found else 0)


def _with_progress(results: Iterable[Result | Unreadable]) -> Iterator[Result | Unreadable]:
    """Count results on a terminal, unless they are themselves written to it."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from results
        return
    due = time.monotonic() + PROGRESS_EVERY
    for n, result in enumerate(results, 1):
        if time.monotonic() >= due:
            # The cursor goes back, so that whatever is written next takes the line.
            click.echo(f"{n} pages\r", nl=False, err=True)
            due = time.monotonic() + PROGRESS_EVERY
        yield result
    click.echo("\x1b[K", nl=False, err=True)


def _print(pieces: Iterable[str]) -> None:
    """Write pieces as they come, in UTF-8.

    A lone surrogate has no bytes in UTF-8; its backslash escape is what JSON calls it anyway.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    for piece in pieces:
        sys.stdout.write(piece)
        sys.stdout.flush()


def _write(form: writers.Format, results: Iterable[Result | Unreadable]) -> None:
    """Write results in a format for programs, each as it comes."""
    if form.binary and sys.stdout.isatty():
        raise click.UsageError("This format is binary; write it to a file: > FILE.")
    for piece in form.write(results):
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


# --- commands ------------------------------------------------------------------------------------


@main.command()
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", *writers.FORMATS]),
    help="jsonl has everything, csv a row a region; docs/formats.md describes the others. Default: "
    "text; with --output, jsonl.",
)
@click.option(
    "--fail-on",
    metavar="FRACTION",
    type=click.FloatRange(0, 1, min_open=True),
    callback=number,
    help="Exit with 1 if a page has this share of filler or more.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes; with more than one, results of a stream come later.",
)
@click.option("--unordered", is_flag=True, help="With --jobs: pages as they are done.")
@cli_bulk.takes_target
@click.option("--keep-text", is_flag=True, help="With --format jsonl: the text of each page.")
@takes_inputs
@takes_detector
def score(
    inputs: Inputs,
    detector: Detector,
    output_format: str | None,
    fail_on: float | None,
    jobs: int,
    unordered: bool,
    target: cli_bulk.Target | None,
    keep_text: bool,
) -> None:
    """Show where the filler is on each page, and how much.

    Records on standard input are answered as they come, in order. With --output, results go to
    files in a folder, with a list of rejects and a summary by site; a run that was cut short is
    finished by the same command.

    \b
    Examples:
      detector score seeds/
      detector score --format csv 'crawl/**/*.txt' > regions.csv
      detector score --format jsonl --text-field body pages.jsonl
      detector score --format sarif articles/ > filler.sarif
      zcat pages.jsonl.gz | detector score --input-format jsonl --format jsonl -
      detector score --fail-on 0.2 article.txt || echo "look at this page"
      detector score --jobs 8 --output scored crawl/
    """
    if keep_text and (output_format != "jsonl" or target is not None):
        raise click.UsageError("--keep-text goes with --format jsonl, without --output.")
    outcome = Outcome(fail_on)
    if target is not None:
        outcome.take(cli_bulk.score(inputs, detector, output_format or "jsonl", jobs, target))
        outcome.exit()
    results = detector.detect_many(inputs.pages(), jobs, inputs.stdin.waits, not unordered)
    watched = outcome.watch(_with_progress(results))
    if output_format is None or output_format == "text":
        _print(writers.table(watched, note=writers.threshold_note(detector)))
    else:
        form = writers.WITH_TEXT if keep_text else writers.FORMATS[output_format]
        _write(form, watched)
    outcome.exit()


@main.command()
@takes_inputs
@takes_detector
def explain(inputs: Inputs, detector: Detector) -> None:
    """Show each page with its filler marked and the evidence below each line.

    D| repeats what the page says elsewhere, P| is general talk. Colours are for terminals;
    NO_COLOR=1 turns them off.

    \b
    Examples:
      detector explain page.txt
      detector explain page.txt | less
      detector explain --threshold 2 pages.jsonl
    """
    from detector import terminal

    outcome = Outcome()
    results = outcome.watch(detector.detect_many(inputs.pages(), pause=inputs.stdin.waits))
    width = min(shutil.get_terminal_size().columns, writers.WIDTH)
    colour = terminal.wants_colour(sys.stdout, os.environ)
    _print(terminal.explain(results, width, colour))
    outcome.exit()


@main.command()
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the cleaned files, which keep their names; needed for several text files.",
)
@takes_inputs
@takes_detector
def clean(inputs: Inputs, detector: Detector, output: Path | None) -> None:
    """Write pages without their filler.

    All other bytes of a text file stay as they are. In JSONL, CSV and Parquet the text field is
    replaced, and nothing else; HTML becomes text, archives become JSONL. A line of JSONL that
    cannot be read becomes an error record. Compressed files stay compressed in --output.

    \b
    Examples:
      detector clean page.txt > cleaned.txt
      detector clean crawl/ --output cleaned/
      detector clean --text-field body pages.jsonl > cleaned.jsonl
      cat pages.jsonl | detector clean --input-format jsonl -
    """
    from detector import cleaning

    outcome = Outcome()
    sources, stdout = list(inputs.sources()), sys.stdout.buffer
    results = cleaning.clean(
        detector, sources, inputs.fields, inputs.stdin, stdout, output, inputs.options
    )
    for _ in outcome.watch(results):
        pass
    if outcome.n_foreign:
        pages = "page was" if outcome.n_foreign == 1 else "pages were"
        click.echo(f"{outcome.n_foreign} {pages} not judged: no English prose", err=True)
    outcome.exit()


@main.command()
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The HTML file that is written.",
)
@click.option(
    "--most-shown",
    metavar="N",
    type=click.IntRange(min=0),
    default=MOST_SHOWN,
    show_default=True,
    help="Of several pages, show the N with the largest share marked in full; the index has all.",
)
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Processes.")
@takes_inputs
@takes_detector
def report(inputs: Inputs, detector: Detector, output: Path, most_shown: int, jobs: int) -> None:
    """Write a report to look at: pages with their filler marked, as one HTML file.

    Several pages get an index by the share marked and a summary of each site: the host of a
    record's url, else the folder. The file needs no network and holds at most 5000 pages.

    \b
    Examples:
      detector report article.txt -o report.html
      detector report crawl/ -o report.html
      detector report --text-field body pages.jsonl -o report.html --most-shown 50
    """
    from detector import cleaning
    from detector.views import report as html_report

    outcome = Outcome()
    pages, ahead = itertools.tee(inputs.pages(output))
    results = outcome.watch(_with_progress(detector.detect_many(ahead, jobs)))
    judged = html_report.taken(zip(pages, results, strict=True))
    html = html_report.html_report(judged, most_shown, writers.threshold_note(detector))
    with cleaning.sink(output, sys.stdout.buffer) as stream:
        stream.write(html.encode())
    say(f"{output}: {html_report.summary(judged)}")
    outcome.exit()


main.add_command(cli_model.mine)
main.add_command(cli_model.train)
main.add_command(cli_evaluation.evaluate)
main.add_command(cli_model.calibrate)
main.add_command(cli_evaluation.measure)
main.add_command(cli_serve.serve)
