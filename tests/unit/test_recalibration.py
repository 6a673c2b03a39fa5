"""Thresholds set on somebody's own honest pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from detector.compose import pages
from detector.corpus import GoldPage, Topic
from detector.errors import ConfigError
from detector.pipeline import Detector
from detector.recalibration import recalibrate
from detector.tally import Tally
from detector.types import Document


@pytest.fixture(scope="module")
def composed(topics: list[Topic]) -> list[GoldPage]:
    return list(pages(topics, topics))


@pytest.fixture(scope="module")
def own(composed: list[GoldPage]) -> list[Document]:
    """Forty honest pages; two of them have filler, as if it had been overlooked."""
    honest = [page for page in composed if not page.regions] * 2
    overlooked = [page for page in composed if page.kind == "article+filler"][:2]
    return [Document(page.id, page.text) for page in (*honest[:38], *overlooked)]


def marked(detector: Detector, documents: Sequence[Document]) -> int:
    return sum(bool(result.regions) for result in detector.detect_many(documents))


def test_thresholds_mark_their_share_of_the_pages(detector: Detector, own: list[Document]) -> None:
    done = recalibrate(detector, own, name="ours", default="5%")
    default = done.model.thresholds["default"]
    assert set(done.model.thresholds) == {"5%", "default"}
    assert default == done.model.thresholds["5%"]
    assert (default.alarms_on, default.alarms.n) == ("own honest pages", 40)
    assert default.alarms.right == 2 == marked(Detector(done.model, detector.lexicon), own)
    assert default.recall == Tally()
    assert (done.model.name, done.model.looks) == ("ours", detector.model.looks)
    assert done.left_out == {"1%": 100, "0.1%": 1000}
    for name, old in detector.model.thresholds.items():
        assert done.before[name].log_odds == old.log_odds
        assert done.before[name].alarms.right == marked(
            Detector(detector.model, detector.lexicon, name), own
        )


def test_labelled_pages_tell_the_recall(
    detector: Detector, own: list[Document], composed: list[GoldPage]
) -> None:
    labelled = [page for page in composed if page.regions][:30]
    done = recalibrate(detector, own, labelled, name="ours", default="5%")
    recall = done.before["default"].recall
    assert recall.n == sum(len(page.regions) for page in labelled)
    assert recall.right > recall.n / 2


def test_pages_that_are_not_judged_do_not_count(detector: Detector, own: list[Document]) -> None:
    more = [*own, *(Document(f"short {k}", "A note.") for k in range(80))]
    done = recalibrate(detector, more, name="ours", default="5%")
    told = done.model.info["calibrated_on"]
    assert (told["pages"], told["not_judged"], told["model"]) == (40, 80, detector.model.name)
    assert "1%" not in done.model.thresholds


def test_the_model_tells_other_pages_apart(detector: Detector, own: list[Document]) -> None:
    one, same, other = (
        recalibrate(detector, pages, name="ours", default="5%").model.info["calibrated_on"]["data"]
        for pages in (own, own, [*own[1:], replace(own[0], text=own[0].text + "!")])
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("n", "default", "message"),
    [
        (19, "5%", r"19 honest pages .* rate of 5%, which needs at least 20; give more$"),
        (40, "1%", r"of 1%, which needs at least 100; give more or take --default 5%$"),
        (40, "0.1%", r"of 0\.1%, which needs at least 1000; give more or take --default 5%$"),
    ],
)
def test_too_few_pages_are_refused(
    detector: Detector, own: list[Document], n: int, default: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        recalibrate(detector, own[:n], name="ours", default=default)
