"""The model card: what a model is for, what it reached, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detector.model import Model
from detector.tally import Tally

_TEXT = """\
# Model card: {name}

Written by `detector train`; the figures are those of the training run's held-out folds, in which
every story was scored by a model that had seen neither it nor its neighbours by the same writer.

## Use

Marks synthetic filler in English news pages: appended fake interviews, FAQs, takeaways, reader
boxes and closings that repeat the article above them or say nothing. Meant for search indexes,
aggregators, corpus builders and fact-checkers, with a person to look at what is marked.

It must not be used to judge people, to prove who or what wrote a text, or to grade writing. A
smooth tone is not filler: the model marks what carries no information on its page.

## Training

{pages} composed pages of the labelled topics{human}. Looks: {looks}.

## Cross-validation

{figures}

Regions found (intersection over union of at least 0.8), by form:

{forms}

Pages without filler that were marked by mistake, by kind:

{clean}

## Thresholds

Log-odds from which a region is marked, by name: the share of the pages that was to be marked at
most. {calibrated}What was really marked, and which share of the regions was found:

{thresholds}

## Known failures

Closings of one or two sentences at the end of a re-told page; filler on pages that were flattened
to one line without labels; genuine interviews that carry few facts and many courtesies; lists and
boxes that restate the page on purpose (summaries of honest newsrooms). Languages other than
English, poems, code and tables are unknown to it.
"""


def render(model: Model) -> str:
    """The card as Markdown."""
    figures = model.info["cross_validation"]
    n_human = model.info["human_pages"]
    human = f" and numbers measured on {n_human} pages of human text" if n_human else ""
    looks = ", ".join(f"{name} ({len(look.features)})" for name, look in model.looks.items())
    return _TEXT.format(
        name=model.name,
        pages=model.info["pages"],
        human=human,
        looks=looks,
        figures=_summary(figures),
        forms=_shares(figures["by_form"]),
        clean=_shares(figures["clean"]),
        calibrated=_calibrated(model),
        thresholds=_thresholds(model),
    )


def _summary(figures: Mapping[str, Any]) -> str:
    rows = [
        ("character F1 on pages with filler", f"{figures['character_f1']:.4f}"),
        ("character precision", f"{figures['character_precision']:.4f}"),
        ("character recall", f"{figures['character_recall']:.4f}"),
        ("regions found", _share(figures["regions_found"])),
        ("derivative or padded right, characters", _share(figures["labels_right"])),
        ("clean pages marked", _share(figures["clean_pages_marked"])),
        ("expected calibration error, regions", _error(figures["calibration"]["regions"])),
        ("expected calibration error, segments", _error(figures["calibration"]["segments"])),
    ]
    return _table(("figure", "value"), rows)


def _shares(table: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [(name, str(entry["n"]), _share(entry)) for name, entry in table.items()]
    return _table(("", "n", "share (95 % interval)"), rows)


def _share(entry: Mapping[str, Any]) -> str:
    low, high = entry["interval"]
    return f"{entry['share']:.4f} ({low:.4f}–{high:.4f})" if entry["n"] else "–"


def _calibrated(model: Model) -> str:
    on = model.info.get("calibrated_on")
    if on is None:
        return ""
    return (
        f"They were set by `detector calibrate` on {on['pages']} pages of the model's user;\n"
        f"all else is as in the model `{on['model']}`. "
    )


def _error(entry: Mapping[str, Any]) -> str:
    return f"{entry['error']:.4f} of {entry['n']}" if entry["n"] else "–"


def _thresholds(model: Model) -> str:
    rows = []
    for name in model.names():
        t = model.thresholds[name]
        odds = f"{t.log_odds:.3f}"
        alarms, recall = _counted(t.alarms, t.alarms_on), _counted(t.recall, t.recall_on)
        rows.append((name, odds, alarms, recall))
    head = ("name", "log-odds", "honest pages marked (95 % interval)", "regions found")
    return _table(head, rows)


def _counted(tally: Tally, on: str) -> str:
    return f"{_share(tally.to_dict())} of {tally.n}: {on}" if tally.n else "–"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
