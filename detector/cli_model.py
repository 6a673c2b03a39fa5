"""The commands that make models and measure them: train, evaluate, measure."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.errors import ConfigError

if TYPE_CHECKING:
    from detector.corpus import GoldPage
    from detector.evaluation import Scores
    from detector.negatives import Measured
    from detector.pipeline import Detector
    from detector.retraining import DataFolder, Retrained

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
@click.option(
    "--data",
    type=EXISTING,
    multiple=True,
    help="Your own labelled pages: a folder of topic files, or JSONL {id, text, spans}. "
    "Can be given again.",
)
@click.option("--output", type=NEW_FOLDER, required=True, help="Where the model folder is written.")
@click.option("--name", default=None, help="Name of the model; by default that of the folder.")
@click.option("--without-human-text", is_flag=True, help="Leave real_features.npz out.")
@takes_base
@takes_jobs
def train(
    data: tuple[Path, ...],
    output: Path,
    name: str | None,
    without_human_text: bool,
    base: Path | None,
    jobs: int,
) -> None:
    """Train a model on the base corpus and your own pages.

    Prints the figures of the held-out folds by form and by kind of page, and writes the model, its
    lexicon and its model card. Takes some minutes.

    \b
    Examples:
      detector train --output my-model
      detector train --data our-pages.jsonl --output my-model
      detector score --model my-model pages/
    """
    from detector import figures
    from detector.retraining import retrain
    from detector.training import Settings

    made = retrain(
        _base(base),
        data,
        name=name or output.name,
        settings=Settings(jobs=jobs),
        with_negatives=not without_human_text,
        report=_say,
    )
    made.save(output)
    click.echo(figures.render({"held-out folds": made.scores}))
    _say(f"wrote {output}")


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
@click.option("--threshold", type=float, help="Log-odds from which a region is marked.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--report",
    "folder",
    metavar="DIR",
    type=NEW_FOLDER,
    help="Also write a folder with all figures (JSON, Markdown), plots and the worst pages; of one "
    "model. Needs the extra plot.",
)
@takes_base
@takes_jobs
def evaluate(
    data: tuple[Path, ...],
    human: Path | None,
    models: tuple[Path, ...],
    threshold: float | None,
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
      detector evaluate --human human-text/ --report report/
    """
    from detector import evaluation, figures
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
    if folder is None:
        columns = {
            name: evaluation.evaluate(detector, pages, jobs) for name, detector in detectors.items()
        }
    else:
        ((name, detector),) = detectors.items()
        columns = {name: _write_report(folder, detector, pages, jobs)}
    if form == "json":
        click.echo(json.dumps({name: scores.to_dict() for name, scores in columns.items()}))
    else:
        click.echo(figures.render(columns))


def _check_report(models: tuple[Path, ...]) -> None:
    """Raise what would keep a report from being written, before any work is done."""
    from detector import plots

    if len(models) > 1:
        raise ConfigError("--report is of one model; give --model once, and a folder for each")
    plots.require()


def _write_report(folder: Path, detector: Detector, pages: list[GoldPage], jobs: int) -> Scores:
    from detector import report
    from detector.outcomes import outcomes

    made = report.Report.of(detector, list(outcomes(detector, pages, jobs)))
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
