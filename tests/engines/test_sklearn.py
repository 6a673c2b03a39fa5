"""The transformer for scikit-learn."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union

from detector import Detector, ReadError
from detector.adapters.sklearn import LEAST, FillerFeatures

Rows = list[dict[str, Any]]
COLUMNS = [
    "filler_share",
    "filler_derivative",
    "filler_padded",
    "filler_regions_interview",
    "filler_regions_faq",
    "filler_regions_takeaways",
    "filler_regions_closing",
    "filler_regions_other",
    "filler_log_odds",
]


@pytest.fixture(scope="module")
def texts(pages: Rows) -> list[str]:
    return [page["text"] for page in pages[:20]]


def test_columns_say_what_results_say(texts: list[str], detector: Detector) -> None:
    found = FillerFeatures().fit_transform(texts)
    assert found.shape == (20, 9)
    for row, result in zip(found, detector.detect_many(texts), strict=True):
        named = dict(zip(COLUMNS, row.tolist(), strict=True))
        assert named["filler_share"] == result.filler_fraction
        labelled = named["filler_derivative"] + named["filler_padded"]
        assert labelled == pytest.approx(result.filler_fraction)
        assert sum(row[3:8]) == len(result.regions)
        for region in result.regions:
            assert named[f"filler_regions_{region.form}"] >= 1
            assert named["filler_log_odds"] >= region.log_odds - 1e-9
        assert (named["filler_log_odds"] > detector.threshold) >= bool(result.regions)


def test_pages_that_are_not_judged_have_the_least_log_odds() -> None:
    assert FillerFeatures().fit_transform(["", "A note."])[:, -1].tolist() == [LEAST, LEAST]


def test_inputs(texts: list[str]) -> None:
    features = FillerFeatures().fit()
    expected = features.transform(texts)
    assert np.array_equal(features.transform(np.array(texts, dtype=object)), expected)
    assert np.array_equal(features.transform(iter(texts)), expected)
    assert features.transform([]).shape == (0, 9)
    with pytest.raises(ReadError, match="#2: neither text nor record but NoneType"):
        features.transform(["A note.", None])


def test_conventions(texts: list[str]) -> None:
    features = FillerFeatures(threshold="1%")
    with pytest.raises(NotFittedError):
        features.transform(texts)
    assert features.get_params() == {"model": None, "threshold": "1%"}
    copy = clone(features).set_params(threshold=None)
    assert (features.threshold, copy.threshold) == ("1%", None)
    assert copy.fit(texts) is copy
    assert copy.get_feature_names_out().tolist() == COLUMNS
    again = pickle.loads(pickle.dumps(copy))
    assert np.array_equal(again.transform(texts), copy.transform(texts))
    assert copy.__sklearn_tags__().input_tags.string
    assert repr(features) == "FillerFeatures(threshold='1%')"


def test_frames_come_out_if_asked_for(texts: list[str]) -> None:
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    frame = FillerFeatures().set_output(transform="pandas").fit_transform(pandas.Series(texts))
    assert list(frame.columns) == COLUMNS


def test_in_a_pipeline_and_a_search(texts: list[str], detector: Detector) -> None:
    marked = [bool(result.regions) for result in detector.detect_many(texts)]
    model = make_pipeline(make_union(FillerFeatures()), LogisticRegression(C=100))
    assert model.fit(texts, marked).score(texts, marked) == 1.0
    names = model[:-1].get_feature_names_out()
    assert names.tolist() == [f"fillerfeatures__{name}" for name in COLUMNS]
    steps = make_pipeline(FillerFeatures(), LogisticRegression())
    search = GridSearchCV(steps, {"fillerfeatures__threshold": [None, 1e9]}, cv=2)
    assert search.fit(texts, marked).best_score_ > 0.5
