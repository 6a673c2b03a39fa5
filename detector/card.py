"""The model card: what a model is for, what it reached, and what it must not be used for."""

from __future__ import annotations

from detector import figures, markdown
from detector.model import Model
from detector.tally import Tally

_TEXT = """\
# Model card: {name}

Written by `detector train`.

## Use

Marks synthetic filler in English news pages: appended fake interviews, FAQs, takeaways, reader
boxes and closings that repeat the article above them or say nothing. Meant for search indexes,
aggregators, corpus builders and fact-checkers, with a person to look at what is marked.

## What it must not be used for

* **Judging people.** A mark says that a stretch of a page carries no information on that page. It
  says nothing about a writer's honesty, skill, language or effort, and must not decide over work,
  marks, pay or reputation.
* **Proving who or what wrote a text.** The model does not look for the traces of any machine or
  author. People write filler and machines write news; neither can be told from what is marked.
* **Grading style.** A smooth tone is not filler.
* **Deleting unseen.** Some honest pages are marked; how many is said below. Keep the original, and
  let somebody look.

## Training

{pages} composed pages of the labelled topics{human}. Looks: {looks}.

## Figures of the held-out folds

Every story was scored by a model that had seen neither it nor its neighbours by the same writer.
A released model comes with `EVALUATION.md` too: the same figures on the dev pages and on human text
by source, which no training step read. `detector evaluate --report` writes it for any model and
any labelled pages.

{figures}

{unseen}## Thresholds

Log-odds from which a region is marked, by name: the share of the pages that was to be marked at
most. {calibrated}What was really marked, and which share of the regions was found:

{thresholds}

## Known failures

* Closings of one or two sentences at the end of a re-told page.
* Filler on pages that were flattened to one line without labels.
* Genuine interviews that carry few facts and many courtesies.
* Lists and boxes that restate the page on purpose (summaries of honest newsrooms).
* Languages other than English, poems, code and tables are unknown to it.
"""


def render(model: Model) -> str:
    """The card as Markdown."""
    n_human = model.info["human_pages"]
    human = f" and numbers measured on {n_human} pages of human text" if n_human else ""
    looks = ", ".join(
        f"{name} ({len(look.features)})" for name, look in sorted(model.looks.items())
    )
    return _TEXT.format(
        name=markdown.escaped(model.name),
        pages=model.info["pages"],
        human=human,
        looks=looks,
        figures=figures.in_markdown(model.info["cross_validation"]),
        unseen=_unseen(model),
        calibrated=_calibrated(model),
        thresholds=_thresholds(model),
    )


def _unseen(model: Model) -> str:
    marked = model.info.get("human_held_out")
    title = "## False alarms by source never trained on"
    return f"{title}\n\n{figures.by_unseen_source(marked)}\n\n" if marked else ""


def _calibrated(model: Model) -> str:
    on = model.info.get("calibrated_on")
    if on is None:
        return ""
    return (
        f"They were set by `detector calibrate` on {on['pages']} pages of the model's user;\n"
        f"all else is as in the model {markdown.escaped(on['model'])}. "
    )


def _thresholds(model: Model) -> str:
    head = ("name", "log-odds", "honest pages marked (95 % interval)", "regions found")
    rows = [
        (
            markdown.escaped(name),
            f"{threshold.log_odds:.3f}",
            _counted(threshold.alarms, threshold.alarms_on),
            _counted(threshold.recall, threshold.recall_on),
        )
        for name in model.names()
        for threshold in [model.thresholds[name]]
    ]
    return markdown.table(head, rows)


def _counted(tally: Tally, on: str) -> str:
    share, n = figures.share(tally.to_dict())
    return f"{share} of {n}: {markdown.escaped(on)}" if tally.n else share
