"""A transformer for scikit-learn: texts in, numbers about the filler of each out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from detector.decode import Candidate
from detector.errors import ReadError
from detector.pipeline import Detector
from detector.records import documents
from detector.types import Document, Form, Label, Result

LEAST = -20.0  # log-odds of a page on which nothing could be a region; others are cut there, too
NAMES = ("share", "derivative", "padded", *(f"regions_{form}" for form in Form), "log_odds")


class FillerFeatures(TransformerMixin, BaseEstimator):
    """Columns: shares of characters in all regions, in derivative and padded ones, the number of
    regions of each form, the highest log-odds of any candidate, marked or not. ``model`` and
    ``threshold`` are those of :meth:`Detector.load`; fitting loads it, no more."""

    def __init__(self, model: str | None = None, threshold: float | str | None = None) -> None:
        self.model, self.threshold = model, threshold

    def fit(self, X: Any = None, y: Any = None) -> Self:  # noqa: N803
        self.detector_ = Detector.load(self.model, self.threshold)
        return self

    def transform(self, X: Iterable[str]) -> np.typing.NDArray[np.float64]:  # noqa: N803
        """A row for each text. Raises ReadError if one is none."""
        check_is_fitted(self)
        weighed = self.detector_.weigh_many(map(_readable, documents(X)))
        return np.array([_row(*found) for found in weighed]).reshape(-1, len(NAMES))

    def get_feature_names_out(self, input_features: Any = None) -> np.typing.NDArray[np.object_]:
        return np.array([f"filler_{name}" for name in NAMES], dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags


def _readable(page: Any) -> Document:
    if not isinstance(page, Document):
        raise ReadError(page.message)
    return page


def _row(page: Result, candidates: Iterable[Candidate]) -> list[float]:
    chars = {label: sum(len(r.span) for r in page.regions if r.label is label) for label in Label}
    shares = [chars[label] / max(page.n_chars, 1) for label in (Label.DERIVATIVE, Label.PADDED)]
    forms = [float(sum(r.form is form for r in page.regions)) for form in Form]
    return [page.filler_fraction, *shares, *forms, max([LEAST, *(c.log_odds for c in candidates)])]
