"""The commands that measure models: evaluate, measure."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli_options import (
    EXISTING,
    FOLDER,
    NEW_FOLDER,
    base_data,
    say,
    takes_base,
    takes_jobs,
    takes_threshold,
)
from detector.errors import ConfigError

if TYPE_CHECKING:
    from detector.corpus import GoldPage
    from detector.evaluation import Scores
    from detector.negatives import Measured
    from detector.pipeline import Detector
    from detector.retraining import DataFolder, Retrained


@click.command()
@click.option(
    "--data",
    type=EXISTING,
    multiple=True,
    help="Labelled pages: a folder of topic files (their dev part is used), JSONL {id, text, "
    "spans}, or what Prodigy, Label Studio or spaCy wrote. By default the dev part of the base "
    "corpus.",
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
    pages = list(_labelled(data or (base_data(base).topics,), human))
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
    say(f"wrote {folder}")
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
    help="Learn anew what is kept as data: rarity, n-grams and hidden units; DATE goes into the "
    "headers of the lexicon.",
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
    from detector.learning import LearnedUnits

    data = base_data(base)
    pages = list(_labelled((data.topics,), human))
    if relearn is not None and not check:
        retraining.relearn(human, data, relearn, say)
    stored = None if relearn is not None and not check else data.stored_units()
    units = stored or retraining.new_units()
    made, rows, licences = retraining.measure(human, data, units, name=output.name, report=say)
    if check:
        _check(made, rows, licences, pages, data, output)
        return
    rows.save(data.negatives, licences)
    if isinstance(units, LearnedUnits):
        units.save(data.units)
    retraining.release(made, pages, output)
    say(f"wrote {data.negatives} and {output}")


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
        say(f"{path_name} would change")
    sys.exit(bool(changed))
