"""What mining a site is worth: more of its filler is found, and no honest page of it is marked.

The site was written for this test. Its filler wears house labels (``Keeper »``, ``Desk /``), house
headings and house phrases, none of which the base corpus has; its honest pages have the same labels
in genuine interviews. Models are trained on a small part of the base corpus.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from detector import Document, compose, mining
from detector.corpus import GoldPage, Topic, read_jsonl, read_topics
from detector.evaluation import Scores, evaluate
from detector.lexicon import Lexicon
from detector.model import Model
from detector.pipeline import Detector
from detector.retraining import DataFolder, new_units
from detector.rows import Fold
from detector.training import Settings, fold_of, train

SETTINGS = Settings(
    segment_penalty=1e-3,
    neighbour_penalty=1e-3,
    region_penalty=1e-3,
    form_penalty=1e-4,
    label_penalty=1e-4,
    jobs=1,
)
"""Stronger penalties than those of a release, for fewer pages."""
EVERY_TOPIC, EVERY_PAGE = 5, 12


class Site(NamedTuple):
    """The half that is mined, without labels, and the half that is measured."""

    mined: list[Document]
    held_out: list[GoldPage]
    honest: list[GoldPage]


@pytest.fixture(scope="module")
def site(root: Path) -> Site:
    first, second = (
        list(read_jsonl(root / "tests" / "data" / "tern-and-tide" / f"{half}-half.jsonl"))
        for half in ("first", "second")
    )
    honest = [page for page in first + second if not page.regions]
    return Site(
        [Document(page.id, page.text) for page in first],
        [page for page in second if page.regions],
        honest,
    )


@pytest.fixture(scope="module")
def topics(root: Path) -> list[Topic]:
    every = read_topics(root / "data" / "corpus" / "topics")
    return [topic for topic in every if not topic.is_dev][::EVERY_TOPIC]


def trained(data: DataFolder, topics: list[Topic], added: list[Path]) -> Detector:
    pages = list(compose.pages(topics, topics))[::EVERY_PAGE]
    folds = [
        Fold(k, [page for page in pages if fold_of(page.group) == k], lexicon)
        for k, lexicon in enumerate(data.fold_lexicons(added))
    ]
    lexicon = Lexicon.load(data.lexicon, added=added)
    return Detector(train(folds, lexicon, None, new_units(), SETTINGS, "small").model, lexicon)


def measured(model: Model, lexicon: Lexicon, site: Site) -> tuple[int, int]:
    """Regions found in the held-out half, and honest pages marked."""
    scores: Scores = evaluate(Detector(model, lexicon), [*site.held_out, *site.honest], jobs=1)
    figures = scores.to_dict()
    assert figures["regions_found"]["n"] == len(site.held_out) == 15
    assert figures["clean_pages_marked"]["n"] == len(site.honest) == 14
    return figures["regions_found"]["right"], figures["clean_pages_marked"]["right"]


def test_mining_finds_more_of_a_new_site_without_false_alarms(
    root: Path, site: Site, topics: list[Topic], tmp_path: Path
) -> None:
    data = DataFolder(root / "data")
    before = trained(data, topics, [])
    entries = mining.mine(site.mined, before.model, before.lexicon, topics)
    habits = tmp_path / "habits.txt"
    mining.write(habits, entries, len(site.mined))
    after = trained(data, topics, [habits])

    found, marked = measured(before.model, before.lexicon, site)
    found_with_habits, marked_with_habits = measured(before.model, after.lexicon, site)
    found_retrained, marked_retrained = measured(after.model, after.lexicon, site)

    assert found_with_habits >= found + 4
    assert found_retrained >= found + 4
    assert max(marked_with_habits, marked_retrained) <= marked


def test_the_released_model_finds_more_with_the_habits(site: Site, topics: list[Topic]) -> None:
    released = Detector.load()
    entries = mining.mine(site.mined, released.model, released.lexicon, topics)
    found, marked = measured(released.model, released.lexicon, site)
    lexicon = released.lexicon.with_entries(entries)
    found_with_habits, marked_with_habits = measured(released.model, lexicon, site)
    assert found_with_habits > found
    assert marked_with_habits <= marked
