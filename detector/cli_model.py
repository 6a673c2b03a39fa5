"""The commands that make models and measure them: mine, train, evaluate, calibrate, measure."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli_options import Inputs, reads_paths, takes_model, takes_threshold
from detector.errors import ConfigError
from detector.types import ALARM_RATES

if TYPE_CHECKING:
    from detector.corpus import GoldPage
    from detector.evaluation import Scores
    from detector.negatives import Measured
    from detector.pipeline import Detector
    from detector.retraining import Comparison, DataFolder, Retrained

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, path_type=Path)
NEW_FOLDER = click.Path(file_okay=False, path_type=Path)


def _say(message: str) -> None:
    click.echo(message, err=True)


def _base(folder: Path | None) -> DataFolder:
    from detector.retraining import DataFolder, default_data

    return default_data() if folder is None else DataFolder(folder)


def takes_base(command: click.decorators.FC) -> click.decorators.FC:
    return click.option(
        "--base",
        type=FOLDER,
        help="The project's data folder; by default the one that comes with the package.",
    )(command)


def takes_jobs(command: click.decorators.FC) -> click.decorators.FC:
    return click.option(
        "--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Processes."
    )(command)


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
            _say(f"left out: {page.message}")
    detector = Detector.load(model)
    topics = [topic for topic in read_topics(_base(base).topics) if not topic.is_dev]
    found = mining.mine(pages, detector.model, detector.lexicon, topics, min_pages)
    mining.write(output, found, len(pages))
    _say(f"wrote {output}: {len(found)} habits of {len(pages)} pages; read them before you train")


@click.command()
@click.option(
    "--data",
    type=EXISTING,
    multiple=True,
    help="Your own labelled pages: a folder of topic files, or JSONL {id, text, spans}. "
    "Can be given again.",
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
    folder = _base(base)
    old = Detector.load(before) if data else None  # now, as training takes a while
    made = retrain(
        folder,
        data,
        added,
        name=name or output.name,
        settings=Settings(jobs=jobs),
        with_negatives=not without_human_text,
        report=_say,
    )
    click.echo(figures.render({"held-out folds": made.scores}))
    comparisons = compare(made, old, folder, data, jobs) if old else []
    for on in comparisons:
        click.echo(f"\n{on.pages}\n{figures.render({'before': on.before, 'after': on.after})}")
    if not force and any(on.alarms_rise for on in comparisons):
        _say(_refusal([on for on in comparisons if on.alarms_rise], output))
        sys.exit(1)
    made.save(output)
    _say(f"wrote {output}")


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
    "--data",
    type=EXISTING,
    multiple=True,
    help="Labelled pages: a folder of topic files (their dev part is used) or JSONL {id, text, "
    "spans}. By default the dev part of the base corpus.",
)
@click.option(
    "--human",
    type=FOLDER,
    help="A folder of human text, SOURCE.dev.jsonl.gz; whatever is marked in it is a false alarm.",
)
@click.option(
    "--model",
    "models",
    type=EXISTING,
    multiple=True,
    help="A model folder, by default the one that comes with the package; given more than once, "
    "their figures are printed side by side.",
)
@takes_threshold
@click.option(
    "--attacks",
    "under_attack",
    is_flag=True,
    help="Also change every page in many ways that hide filler (look-alike letters, labels "
    "stripped, all on one line ...) and print what each costs. Takes some twenty times as long.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--report",
    "folder",
    metavar="DIR",
    type=NEW_FOLDER,
    help="Also write a folder with all figures (JSON, Markdown), plots and the worst pages; of one "
    "model; what --attacks gives is part of it. Needs the extra plot.",
)
@takes_base
@takes_jobs
def evaluate(
    data: tuple[Path, ...],
    human: Path | None,
    models: tuple[Path, ...],
    threshold: float | str | None,
    under_attack: bool,
    form: str,
    folder: Path | None,
    base: Path | None,
    jobs: int,
) -> None:
    """Print how well models do on labelled pages.

    Characters, regions and labels on pages with filler; false alarms on pages without.

    \b
    Examples:
      detector evaluate
      detector evaluate --data our-pages.jsonl --model my-model
      detector evaluate --human human-text/ --format json
      detector evaluate --attacks --data our-pages.jsonl
      detector evaluate --human human-text/ --report report/
    """
    from detector import attacks, evaluation, figures
    from detector.pipeline import Detector

    if len(set(models)) < len(models):
        raise ConfigError("a --model is given twice; name each model once")
    if folder is not None:
        _check_report(models)
    detectors = {
        "default model" if folder is None else str(folder): Detector.load(folder, threshold)
        for folder in models or (None,)
    }
    pages = list(_labelled(data or (_base(base).topics,), human))
    if not pages:
        raise ConfigError("no labelled pages here; topics need a number divisible by five")
    attacked = {
        name: attacks.scores_under_attack(detector, pages, jobs) if under_attack else {}
        for name, detector in detectors.items()
    }
    if folder is None:
        columns = {
            name: evaluation.evaluate(detector, pages, jobs) for name, detector in detectors.items()
        }
    else:
        ((name, detector),) = detectors.items()
        columns = {name: _write_report(folder, detector, pages, attacked[name], jobs)}
    if form == "json":
        record = {
            name: scores.to_dict() | attacks.to_dict(scores, attacked[name])
            for name, scores in columns.items()
        }
        click.echo(json.dumps(record))
        return
    click.echo(figures.render(columns))
    for name, changed in attacked.items():
        if changed:
            click.echo(f"\n{figures.render_attacks(name, columns[name], changed)}")


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
    labelled = [page for page in pages_of(_base(base).topics, dev=True) if page.regions]
    done = recalibrate(detector, inputs.documents(), labelled, name=output.name, default=default)
    model_folder.save(done.model, folder / "lexicon", output)
    click.echo(figures.thresholds({"before": done.before, "after": done.model.thresholds}))
    on = done.model.info["calibrated_on"]
    _say(f"{on['pages']} pages, {on['not_judged']} others not judged")
    for name, needed in done.left_out.items():
        _say(f"{name}: left out, it needs at least {needed} pages")
    _say(f"wrote {output}")


def _check_report(models: tuple[Path, ...]) -> None:
    """Raise what would keep a report from being written, before any work is done."""
    from detector import plots

    if len(models) > 1:
        raise ConfigError("--report is of one model; give --model once, and a folder for each")
    plots.require()


def _write_report(
    folder: Path,
    detector: Detector,
    pages: list[GoldPage],
    attacked: Mapping[str, Scores],
    jobs: int,
) -> Scores:
    from detector import report
    from detector.outcomes import outcomes

    made = report.Report.of(detector, list(outcomes(detector, pages, jobs)), attacked)
    report.write(folder, made)
    _say(f"wrote {folder}")
    return made.scores


def _labelled(sources: tuple[Path, ...], human: Path | None) -> Iterator[GoldPage]:
    from detector.negatives import dev_pages
    from detector.retraining import pages_of

    if human is not None:
        yield from dev_pages(human)
    for source in sources:
        yield from pages_of(source, dev=True)


@click.command()
@click.argument("human", type=FOLDER)
@click.option("--output", type=NEW_FOLDER, required=True, help="Where the model folder is written.")
@click.option(
    "--relearn",
    metavar="DATE",
    help="First learn rarity and n-grams of the lexicon anew; DATE goes into their headers.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; fail if the data folder or the model would change.",
)
@takes_base
def measure(human: Path, output: Path, relearn: str | None, check: bool, base: Path | None) -> None:
    """Measure human text and release a model (for maintainers).

    HUMAN holds SOURCE.train.jsonl.gz and SOURCE.dev.jsonl.gz. Only numbers measured on the first
    enter the data folder (real_features.npz), from which 'detector train' makes the very same model
    without the text. Figures on the second and on dev pages are written beside the model
    (EVALUATION.md, evaluation.json).

    \b
    Examples:
      detector measure human-text/ --output models/default
      detector measure human-text/ --output models/default --check
    """
    from detector import retraining

    data = _base(base)
    pages = list(_labelled((data.topics,), human))
    if relearn is not None and not check:
        retraining.relearn(human, data, relearn, _say)
    made, rows, licences = retraining.measure(human, data, name=output.name, report=_say)
    if check:
        _check(made, rows, licences, pages, data, output)
        return
    rows.save(data.negatives, licences)
    retraining.release(made, pages, output)
    _say(f"wrote {data.negatives} and {output}")


def _check(
    made: Retrained,
    rows: Measured,
    licences: dict[str, object],
    pages: list[GoldPage],
    data: DataFolder,
    output: Path,
) -> None:
    """Exit with 1, saying what differs, unless a release would change nothing."""
    from detector.negatives import same_rows
    from detector.retraining import release

    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / data.negatives.name
        rows.save(fresh, licences)
        changed = [] if same_rows(fresh, data.negatives) else [str(data.negatives)]
        release(made, pages, Path(folder) / output.name)
        for path in sorted(p for p in (Path(folder) / output.name).rglob("*") if p.is_file()):
            kept = output / path.relative_to(Path(folder) / output.name)
            if not kept.exists() or kept.read_bytes() != path.read_bytes():
                changed.append(str(kept))
    for path_name in changed:
        _say(f"{path_name} would change")
    sys.exit(bool(changed))
