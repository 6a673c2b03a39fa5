"""The model: numpy against scikit-learn, contributions, the file and its errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from detector.errors import ConfigError, ModelError
from detector.model import (
    DECIMALS,
    FILE,
    FORMAT,
    LOOKS,
    ROWS_AT_ONCE,
    Calibration,
    Look,
    Model,
    Threshold,
)
from detector.tally import Tally
from detector.units import CLIP, COARSE, FINE, STEPS, Units

FEATURES = ("phrasing.a", "phrasing.b", "speakers.a", "context.a")

VERSIONS = {"phrasing.a": 1, "phrasing.b": 1, "speakers.a": 2, "context.a": 1}


Products = tuple[tuple[int, int], ...]
SQUARES: Products = ((0, 0), (1, 1), (2, 2), (3, 3))


def units(n: int, seed: int = 0) -> Units:
    """So many units of the features, some of which are often cut off."""
    rng = np.random.default_rng(seed)
    weight, bias = rng.normal(0, FINE / 2, (n, len(FEATURES))), rng.normal(0, FINE, n)
    return Units(weight.astype(np.int16), bias.astype(np.int16))


def look(
    n_units: int = 3,
    products: Products = (*SQUARES, (1, 2), (1, 3), (2, 3)),
    seed: int = 0,
    heads: tuple[str, ...] = ("accept", "exact"),
) -> Look:
    rng = np.random.default_rng(seed)
    n_terms = len(FEATURES) + len(products) + n_units
    return Look(
        features=FEATURES,
        mean=rng.normal(size=4),
        scale=rng.uniform(0.5, 2, 4),
        products=products,
        units=units(n_units),
        heads=heads,
        coef=np.round(rng.normal(size=(len(heads), n_terms)), DECIMALS),
        intercept=rng.normal(size=len(heads)),
    )


def model(**changes: Any) -> Model:
    values: dict[str, Any] = {
        "name": "test",
        "looks": {name: look(heads=tuple(sorted(heads))) for name, heads in LOOKS.items()},
        "calibration": {
            "region": Calibration((0.75,), -0.5),
            "segment": Calibration((0.5, 0.25), 0.0),
        },
        "thresholds": {
            "default": Threshold(0.25, Tally(200, 3), "old pages", Tally(50, 40), "new pages"),
            "1%": Threshold(1.5),
        },
        "feature_versions": VERSIONS,
        "lexicon": "digest",
        "info": {"trained on": "nothing"},
    }
    return Model(**(values | changes))


SHAPES = pytest.mark.parametrize(
    ("n_units", "products"),
    [
        (0, ()),
        (0, SQUARES),
        (0, ((3, 0), (1, 1), (2, 0))),
        (1, ()),
        (7, (*SQUARES, (0, 3), (1, 2))),
    ],
    ids=["plain", "squares", "products in any order", "one unit", "both"],
)


@SHAPES
def test_terms(n_units: int, products: Products) -> None:
    own = look(n_units, products)
    row = np.array([0.3, -1.0, 99.0, 0.7])
    z = stepped(np.clip((row - own.mean) / own.scale, -CLIP, CLIP))
    coarse = np.rint(z * COARSE) / COARSE
    sums = (own.units.weight @ coarse + own.units.bias) / FINE
    of_products = (stepped(z[i] * z[j] / 2) for i, j in products)
    expected = [*z, *of_products, *stepped(np.clip(sums, -1, 1))]
    assert own.terms(row[None])[0].tolist() == expected


def stepped(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.rint(values * STEPS) / STEPS


@SHAPES
def test_logits_equal_scikit_learn(n_units: int, products: Products) -> None:
    rng = np.random.default_rng(7)
    matrix = rng.normal(0.4, 2.0, size=(300, 4))
    targets = {head: rng.random(300) < 0.4 for head in ("accept", "exact")}
    blank = look(n_units, products)
    terms = blank.terms(matrix)
    fitted = [LogisticRegression(C=0.1).fit(terms, target) for target in targets.values()]
    own = Look(
        FEATURES,
        blank.mean,
        blank.scale,
        blank.products,
        blank.units,
        tuple(targets),
        np.round([classifier.coef_[0] for classifier in fitted], DECIMALS),
        np.array([classifier.intercept_[0] for classifier in fitted]),
    )
    for head, classifier, coef in zip(targets, fitted, own.coef, strict=True):
        classifier.coef_ = coef[None]
        expected = classifier.decision_function(terms)
        np.testing.assert_allclose(own.logits(matrix)[head], expected, rtol=0, atol=1e-9)


def test_logits_of_a_row_do_not_depend_on_the_others() -> None:
    matrix = np.random.default_rng(3).normal(size=(2 * ROWS_AT_ONCE + 1, 4))
    together = look().logits(matrix)["exact"].tolist()
    alone = [float(look().logits(row[None])["exact"][0]) for row in matrix]
    assert together == alone
    assert look().logits(matrix[::-1])["exact"].tolist() == together[::-1]


@pytest.mark.parametrize("differ", [(), (2,), (0, 1, 2, 3)], ids=["in nothing", "in one", "in all"])
def test_logits_of_rows_that_are_alike_are_those_of_each_alone(differ: tuple[int, ...]) -> None:
    rng = np.random.default_rng(4)
    matrix = np.tile(rng.normal(size=4), (9, 1))
    matrix[1:-1, list(differ)] = rng.normal(size=(7, len(differ)))
    own = look(n_units=7)
    together = own.logits(matrix)["exact"].tolist()
    assert together == [float(own.logits(row[None])["exact"][0]) for row in matrix]
    assert len(set(together)) == (8 if differ else 1)


@SHAPES
@pytest.mark.parametrize("head", ["accept", "exact"])
def test_contributions_add_up_to_the_log_odds(n_units: int, products: Products, head: str) -> None:
    own = look(n_units, products)
    matrix = np.random.default_rng(5).normal(size=(20, 4))
    logits = own.logits(matrix)[head]
    rows = own.contributions(matrix, head)
    for parts, logit in zip(rows, logits.tolist(), strict=True):
        assert set(parts) == {"base", "phrasing", "speakers", "context"}
        assert sum(parts.values()) == pytest.approx(logit, abs=1e-9)


def test_a_product_counts_half_for_each_family() -> None:
    own = Look(
        ("phrasing.a", "context.a"),
        np.zeros(2),
        np.ones(2),
        ((0, 1),),
        Units.none(2),
        ("accept",),
        np.array([[0.0, 0.0, 8.0]]),
        np.array([1.0]),
    )
    (parts,) = own.contributions(np.array([[1.0, 3.0]]), "accept")
    assert parts == {"base": 1.0, "phrasing": 6.0, "context": 6.0}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([0.5, -0.25], {"base": 3.0, "phrasing": 4.0, "context": -4.0}),
        ([2.0, 1.0], {"base": 1.0 + 8 / 17, "phrasing": 64 / 17, "context": 64 / 17}),
    ],
    ids=["within its bounds", "cut off"],
)
def test_a_unit_counts_for_its_features_by_their_parts_of_its_sum(
    row: list[float], expected: dict[str, float]
) -> None:
    """The unit is x + 2 y + 1/4, here 1/4 and 17/4, and counts eight times."""
    weight = np.array([[FINE, 2 * FINE]], np.int16)
    own = Look(
        ("phrasing.a", "context.a"),
        np.zeros(2),
        np.ones(2),
        (),
        Units(weight, np.array([FINE / 4], np.int16)),
        ("accept",),
        np.array([[0.0, 0.0, 8.0]]),
        np.array([1.0]),
    )
    (parts,) = own.contributions(np.array([row]), "accept")
    assert parts == pytest.approx(expected)


@pytest.mark.parametrize(
    ("slopes", "logits", "expected"),
    [((2.0,), ([1.0, -1.0],), [2.5, -1.5]), ((1.0, 0.5), ([1.0, 2.0], 4.0), [3.5, 4.5])],
    ids=["one column", "column and constant"],
)
def test_calibration(slopes: tuple[float, ...], logits: tuple[Any, ...], expected: Any) -> None:
    columns = [np.array(part) if isinstance(part, list) else part for part in logits]
    assert Calibration(slopes, 0.5).log_odds(*columns).tolist() == expected


# --- the file ---------------------------------------------------------------------------------


def test_saving_what_was_loaded_gives_the_same_bytes(tmp_path: Path) -> None:
    model().save(tmp_path / "one")
    loaded = Model.load(tmp_path / "one")
    loaded.save(tmp_path / "two")
    one, two = ((tmp_path / name / FILE).read_bytes() for name in ("one", "two"))
    assert one == two
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == [FILE]


def test_a_loaded_model_scores_like_the_saved_one(tmp_path: Path) -> None:
    model().save(tmp_path)
    loaded = Model.load(tmp_path)
    matrix = np.random.default_rng(1).normal(size=(9, 4))
    for head, expected in look().logits(matrix).items():
        found = loaded.looks["regions"].logits(matrix)[head]
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
    assert (loaded.threshold, loaded.info) == (0.25, {"trained on": "nothing"})
    assert loaded.calibration == model().calibration
    assert loaded.thresholds == model().thresholds


def test_load_names_a_missing_file_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.json: no model here; give the folder"):
        Model.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[1, 2]", b"{}", b'{"format": 1}', b'{"format": 99}'],
    ids=["empty", "cut off", "not UTF-8", "a list", "no format", "older", "newer"],
)
def test_load_names_a_file_that_is_no_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.json: .*'detector train'"):
        Model.load(tmp_path)


Damage = Callable[[dict[str, Any]], object]
REGIONS: Callable[[dict[str, Any]], dict[str, Any]] = lambda d: d["looks"]["regions"]  # noqa: E731

DAMAGES: dict[str, Damage] = {
    "no name": lambda d: d.pop("name"),
    "no looks": lambda d: d.pop("looks"),
    "looks a list": lambda d: d.update(looks=[]),
    "no coefficients": lambda d: REGIONS(d)["heads"]["accept"].pop("coef"),
    "too few coefficients": lambda d: REGIONS(d)["heads"]["accept"]["coef"].pop(),
    "a coefficient NaN": lambda d: REGIONS(d)["heads"]["accept"]["coef"].__setitem__(0, np.nan),
    "a coefficient too large": lambda d: REGIONS(d)["heads"]["accept"]["coef"].__setitem__(0, 1e9),
    "an intercept NaN": lambda d: REGIONS(d)["heads"]["accept"].update(intercept=np.nan),
    "a coefficient text": lambda d: REGIONS(d)["heads"]["accept"]["coef"].__setitem__(0, "x"),
    "too few means": lambda d: REGIONS(d)["mean"].pop(),
    "a mean NaN": lambda d: REGIONS(d)["mean"].__setitem__(0, np.nan),
    "a scale 0": lambda d: REGIONS(d)["scale"].__setitem__(0, 0),
    "one feature more": lambda d: REGIONS(d)["features"].append("context.b"),
    "a factor that is no feature": lambda d: REGIONS(d)["products"].__setitem__(0, [0, 4]),
    "a product of one": lambda d: REGIONS(d)["products"].__setitem__(0, [0]),
    "no units": lambda d: REGIONS(d).pop("units"),
    "a unit of fewer features": lambda d: REGIONS(d)["units"]["weight"][0].pop(),
    "a unit without bias": lambda d: REGIONS(d)["units"]["bias"].pop(),
    "a unit's weight too large": lambda d: REGIONS(d)["units"]["weight"][0].__setitem__(0, 2**40),
    "no slopes": lambda d: d["calibration"]["region"].pop("slopes"),
    "slope null": lambda d: d["calibration"]["region"].update(slopes=None),
    "thresholds a number": lambda d: d.update(thresholds=3),
    "no default threshold": lambda d: d["thresholds"].pop("default"),
    "a threshold NaN": lambda d: d["thresholds"]["1%"].update(log_odds=np.nan),
    "a threshold without figures": lambda d: d["thresholds"]["1%"].pop("recall"),
    "a share above 1": lambda d: d["thresholds"]["1%"]["recall"].update(right=9),
    "versions a list": lambda d: d.update(feature_versions=[]),
    "no versions": lambda d: d.pop("feature_versions"),
    "no lexicon": lambda d: d.pop("lexicon"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_load_names_a_damaged_file_and_the_remedy(tmp_path: Path, damage: Damage) -> None:
    model().save(tmp_path)
    document = json.loads((tmp_path / FILE).read_text())
    damage(document)
    (tmp_path / FILE).write_text(json.dumps(document))
    with pytest.raises(ModelError, match=r"model\.json: damaged .*(restore|'detector train')"):
        Model.load(tmp_path)


def test_thresholds_are_written_with_their_figures(tmp_path: Path) -> None:
    model().save(tmp_path)
    assert json.loads((tmp_path / FILE).read_text())["thresholds"]["default"] == {
        "log_odds": 0.25,
        "false_alarms": {
            "on": "old pages",
            "n": 200,
            "right": 3,
            "share": 0.015,
            "interval": [0.0051, 0.0432],
        },
        "recall": {
            "on": "new pages",
            "n": 50,
            "right": 40,
            "share": 0.8,
            "interval": [0.6696, 0.8876],
        },
    }


def test_thresholds_have_names() -> None:
    assert model().names() == ["default", "1%"]
    assert (model().log_odds("default"), model().log_odds("1%")) == (0.25, 1.5)
    with pytest.raises(ConfigError, match=r"'test' has no threshold '2%'; it has default, 1%"):
        model().log_odds("2%")


def test_format_is_written(tmp_path: Path) -> None:
    model().save(tmp_path)
    assert json.loads((tmp_path / FILE).read_text())["format"] == FORMAT


@pytest.mark.parametrize(
    ("versions", "lexicon", "message"),
    [
        (VERSIONS | {"speakers.a": 3}, "digest", r"version 2 of .*'speakers\.a'.* has 3"),
        (
            {k: v for k, v in VERSIONS.items() if k != "speakers.a"},
            "digest",
            r"version 2 of the feature 'speakers\.a'.* has none",
        ),
        (VERSIONS, "other", r"its lexicon folder was changed"),
    ],
    ids=["newer feature", "feature gone", "other lexicon"],
)
def test_require_names_folder_and_remedy(
    versions: dict[str, int], lexicon: str, message: str
) -> None:
    with pytest.raises(ModelError, match=rf"here/model: .*{message}.*'detector train'"):
        model().require(versions, lexicon, "here/model")


def test_require_accepts_the_features_it_was_made_for() -> None:
    model().require(VERSIONS | {"context.new": 1}, "digest", "here")
