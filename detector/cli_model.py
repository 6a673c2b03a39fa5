"""The commands that make models: mine, train, calibrate."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli_options import (
    EXISTING,
    FOLDER,
    NEW_FOLDER,
    Inputs,
    base_data,
    reads_paths,
    say,
    takes_base,
    takes_jobs,
    takes_model,
)
from detector.errors import ConfigError
from detector.types import ALARM_RATES

if TYPE_CHECKING:
    from detector.retraining import Comparison


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where the habits are written: a text file, NAME.txt, to be read and edited.",
)
@click.option(
    "--min-pages",
    type=click.IntRange(min=2),
    help="Pages that must have a habit; by default 3, or one in 50.",
)
@click.option(
    "--model",
    type=FOLDER,
    help="The model that suspects parts of the pages; by default the one that comes with the "
    "package.",
)
@takes_base
def mine(
    folder: Path, output: Path, min_pages: int | None, model: Path | None, base: Path | None
) -> None:
    """Learn the habits of one site from its pages, which need no labels.

    DIR holds pages of one site: *.txt, *.md, or JSONL {id, text}. What recurs in their most suspect
    parts and hardly anywhere else (speakers' labels, headings, stock phrases) is written with its
    counts, its log-odds and an example. Read the file, put a # before what is wrong, and give it to
    'detector train --lexicon'.

    \b
    Examples:
      detector mine their-pages/ --output habits.txt
      detector mine their-pages/ --output habits.txt --min-pages 10
      detector train --lexicon habits.txt --output my-model
    """
    from detector import mining, readers
    from detector.corpus import read_topics
    from detector.pipeline import Detector
    from detector.types import Document

    if output.suffix != ".txt":
        raise ConfigError(f"{output}: the name must end in .txt, as in a lexicon; rename it")
    if output.exists():
        raise ConfigError(f"{output} is there already, perhaps edited; choose another name")
    pages = []
    for page in readers.pages(readers.read(readers.find([str(folder)]))):
        if isinstance(page, Document):
            pages.append(page)
        else:
            say(f"left out: {page.message}")
    detector = Detector.load(model)
    topics = [topic for topic in read_topics(base_data(base).topics) if not topic.is_dev]
    found = mining.mine(pages, detector.model, detector.lexicon, topics, min_pages)
    mining.write(output, found, len(pages))
    say(f"wrote {output}: {len(found)} habits of {len(pages)} pages; read them before you train")


@click.command()
@click.option(
    "--data",
    type=EXISTING,
    multiple=True,
    help="Your own labelled pages: a folder of topic files, JSONL {id, text, spans}, or what "
    "Prodigy (.jsonl), Label Studio (.json) or spaCy (.spacy) wrote. Can be given again.",
)
@click.option(
    "--lexicon",
    "added",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Words and phrases that join the lexicon, as 'detector mine' writes them. Can be given "
    "again.",
)
@click.option("--output", type=NEW_FOLDER, required=True, help="Where the model folder is written.")
@click.option("--name", default=None, help="Name of the model; by default that of the folder.")
@click.option("--without-human-text", is_flag=True, help="Leave real_features.npz out.")
@click.option(
    "--before",
    type=FOLDER,
    help="With --data: the model to compare with; by default the one that comes with detector.",
)
@click.option("--force", is_flag=True, help="Write a model even if it raises more false alarms.")
@takes_base
@takes_jobs
def train(
    data: tuple[Path, ...],
    added: tuple[Path, ...],
    output: Path,
    name: str | None,
    without_human_text: bool,
    before: Path | None,
    force: bool,
    base: Path | None,
    jobs: int,
) -> None:
    """Train a model on the base corpus and your own pages.

    Prints the figures of the held-out folds by form and by kind of page, and writes the model, its
    lexicon and its model card. With --data it also prints how the model before and the new one do
    on the base corpus' dev pages and on yours, and if the new one marks a larger share of the
    honest pages of either, it writes nothing and exits with 1. Takes some minutes.

    \b
    Examples:
      detector train --output my-model
      detector train --data our-pages.jsonl --output my-model
      detector train --lexicon habits.txt --output my-model
      detector score --model my-model pages/
    """
    from detector import figures
    from detector.pipeline import Detector
    from detector.retraining import compare, retrain
    from detector.training import Settings

    if before is not None and not data:
        raise ConfigError("--before is what --data is compared with; give both or neither")
    folder = base_data(base)
    old = Detector.load(before) if data else None  # now, as training takes a while
    made = retrain(
        folder,
        data,
        added,
        name=name or output.name,
        settings=Settings(jobs=jobs),
        with_negatives=not without_human_text,
        report=say,
    )
    click.echo(figures.render({"held-out folds": made.scores}))
    comparisons = compare(made, old, folder, data, jobs) if old else []
    for on in comparisons:
        click.echo(f"\n{on.pages}\n{figures.render({'before': on.before, 'after': on.after})}")
    if not force and any(on.alarms_rise for on in comparisons):
        say(_refusal([on for on in comparisons if on.alarms_rise], output))
        sys.exit(1)
    made.save(output)
    say(f"wrote {output}")


def _refusal(rises: Sequence[Comparison], output: Path) -> str:
    changes = (
        f"{on.pages}: {alarms.right} of {alarms.n} honest pages marked, "
        f"{on.before.false_alarms.right} before"
        for on in rises
        for alarms in [on.after.false_alarms]
    )
    return (
        f"Error: the new model raises more false alarms ({'; '.join(changes)}); {output} was not "
        "written. Add honest pages like these to --data, or give --force to write it all the same"
    )


@click.command()
@click.option(
    "--clean",
    "paths",
    metavar="PATH",
    multiple=True,
    required=True,
    help="Your honest pages: whatever 'detector score' takes. Can be given again.",
)
@click.option("--output", type=NEW_FOLDER, required=True, help="Where the model folder is written.")
@click.option(
    "--default",
    type=click.Choice(list(ALARM_RATES)),
    default="1%",
    show_default=True,
    help="The share of your pages that the default threshold may mark.",
)
@takes_model
@reads_paths
@takes_base
def calibrate(
    inputs: Inputs, output: Path, default: str, model: Path | None, base: Path | None
) -> None:
    """Set a model's thresholds on your own honest pages.

    The model stays as it is, but its thresholds are those that mark 5%, 1% and 0.1% of your pages,
    all of which must be free of filler. A rate needs so many pages that it may mark one: 20, 100
    and 1000. Prints what the thresholds mark on your pages, and find on the labelled dev pages of
    the base corpus, before and after.

    \b
    Examples:
      detector calibrate --clean our-pages/ --output our-model
      detector calibrate --clean our.jsonl --default 5% --output our-model
      detector score --model our-model --max-false-alarms 1% crawl/
    """
    from detector import figures, model_folder
    from detector.pipeline import Detector, default_model
    from detector.recalibration import recalibrate
    from detector.retraining import pages_of

    folder = default_model() if model is None else model
    detector = Detector.load(folder)
    labelled = [page for page in pages_of(base_data(base).topics, dev=True) if page.regions]
    done = recalibrate(detector, inputs.documents(), labelled, name=output.name, default=default)
    model_folder.save(done.model, folder / "lexicon", output)
    click.echo(figures.thresholds({"before": done.before, "after": done.model.thresholds}))
    on = done.model.info["calibrated_on"]
    say(f"{on['pages']} pages, {on['not_judged']} others not judged")
    for name, needed in done.left_out.items():
        say(f"{name}: left out, it needs at least {needed} pages")
    say(f"wrote {output}")
