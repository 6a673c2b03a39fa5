"""A model's thresholds set anew on somebody's own honest pages; its looks stay as they are."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detector.corpus import GoldPage
from detector.errors import ConfigError
from detector.held_out import look_back_at
from detector.model import DEFAULT, Model, Threshold
from detector.pipeline import Detector
from detector.rows import Fold
from detector.thresholds import least, measured
from detector.training import FOLDS
from detector.types import ALARM_RATES, Document

OWN = "own honest pages"
DEV = "labelled dev pages"


@dataclass(frozen=True)
class Recalibrated:
    """A model with new thresholds, and the figures of its old ones on the same pages.

    ``left_out`` holds the names that so few pages cannot support, with the number they need.
    """

    model: Model
    before: Mapping[str, Threshold]
    left_out: Mapping[str, int]


def recalibrate(
    detector: Detector,
    honest: Iterable[Document],
    labelled: Sequence[GoldPage] = (),
    *,
    name: str,
    default: str = "1%",
) -> Recalibrated:
    """The detector's model with thresholds of which each marks its share of the ``honest`` pages.

    ``labelled`` pages, which the model has not seen, tell what share of regions each threshold
    finds. A rate needs as many pages as let it mark one; without them it is left out. Pages that
    are not judged do not count. Raises ConfigError if there are too few pages for ``default``, the
    name of the threshold that becomes the default one.
    """
    sha = hashlib.sha256()
    every = list(detector.tops(_digested(honest, sha)))
    tops = np.array([top for top in every if top is not None])
    supported = {name: rate for name, rate in ALARM_RATES.items() if len(tops) >= needed(rate)}
    if default not in supported:
        raise ConfigError(_too_few(len(tops), default, supported))
    fold = Fold(FOLDS, labelled, detector.lexicon)
    seen = look_back_at(fold, detector.model).labelled if labelled else []

    def at(log_odds: float) -> Threshold:
        return measured(log_odds, tops, OWN, seen, DEV)

    after = {name: at(least(tops, rate)) for name, rate in supported.items()}
    before = {name: at(old.log_odds) for name, old in detector.model.thresholds.items()}
    calibrated_on = {
        "model": detector.model.name,
        "pages": len(tops),
        "not_judged": len(every) - len(tops),
        "data": sha.hexdigest(),
    }
    model = replace(
        detector.model,
        name=name,
        thresholds={**after, DEFAULT: after[default]},
        info={**detector.model.info, "calibrated_on": calibrated_on},
    )
    left_out = {name: needed(rate) for name, rate in ALARM_RATES.items() if name not in supported}
    return Recalibrated(model, before, left_out)


def needed(rate: float) -> int:
    """Honest pages that a threshold for a false-alarm rate needs: as many as let it mark one."""
    return math.ceil(1 / rate)


def _too_few(n: int, default: str, supported: Iterable[str]) -> str:
    remedy = " or ".join(["give more", *(f"take --default {name}" for name in supported)])
    return (
        f"{n} honest pages that can be judged are too few for a false-alarm rate of {default}, "
        f"which needs at least {needed(ALARM_RATES[default])}; {remedy}"
    )


def _digested(documents: Iterable[Document], sha: hashlib._Hash) -> Iterator[Document]:
    """Pass documents on; their texts go into ``sha``."""
    for document in documents:
        sha.update(document.text.encode("utf-8", "surrogatepass") + b"\0")
        yield document
