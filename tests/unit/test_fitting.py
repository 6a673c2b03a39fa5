"""Which products of features a look gets, and where its coefficients come from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detector.fitting import Basis, fit_look, telling_products
from detector.rows import Rows

NAMES = ("phrasing.a", "phrasing.b", "speakers.a", "context.a")


SQUARES = tuple((k, k) for k in range(len(NAMES)))


def rows(seed: int = 0, n: int = 4000) -> Rows:
    """Rows whose answer ``filler`` turns on the product of the first and third feature, and whose
    answer ``opening`` on the square of the last."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n, 4))
    noise = rng.logistic(size=(2, n))
    filler = 3 * matrix[:, 0] * matrix[:, 2] + matrix[:, 1] + noise[0] > 0
    opening = 2 * matrix[:, 3] ** 2 - 2 + noise[1] > 0
    targets = {"filler": filler.astype(float), "opening": opening.astype(float)}
    targets["opening"][::3] = np.nan
    return Rows(matrix, targets, np.ones(n), rng.integers(0, 4, n), np.arange(n))


def found(
    part: Rows, names: tuple[str, ...], penalties: dict[str, float], n: int, jobs: int
) -> tuple[tuple[int, int], ...]:
    return telling_products(part, Basis.of(part, names, [0]), penalties, n, jobs)


@pytest.mark.parametrize(
    ("heads", "pairs"),
    [(("filler",), {(0, 2)}), (("opening",), {(3, 3)}), (("filler", "opening"), {(0, 2), (3, 3)})],
)
def test_the_telling_products_are_found(
    heads: tuple[str, ...], pairs: set[tuple[int, int]]
) -> None:
    assert set(found(rows(), NAMES, dict.fromkeys(heads, 1.0), 1, 1)) == pairs


def test_a_product_that_says_what_another_says_is_not_taken_beside_it() -> None:
    """The second feature is doubled; at once, both products of it would be taken first."""
    part = rows()
    doubled = np.hstack((part.matrix, part.matrix[:, :1]))
    twice = Rows(doubled, part.targets, part.weight, part.fold, part.page)
    weak = 0.3 * part.matrix[:, 1] * part.matrix[:, 3] + part.matrix[:, 0] * part.matrix[:, 2]
    noise = np.random.default_rng(1).logistic(size=len(weak))
    part.targets["filler"][:] = 3 * weak + noise > 0
    names = (*NAMES, "phrasing.double")
    assert found(twice, names, {"filler": 1.0}, 2, 1) in (((0, 2), (1, 3)), ((1, 3), (2, 4)))


def test_products_are_the_same_in_any_number_of_threads() -> None:
    penalties = {"filler": 0.1, "opening": 0.1}
    one, two = (found(rows(), NAMES, penalties, 3, jobs) for jobs in (1, 2))
    assert one == two == tuple(sorted(one))


def test_a_fold_is_fitted_without_its_rows() -> None:
    """Whatever the rows of a fold answer, its look says the same; the others' looks change."""
    plain, turned = rows(), rows()
    mine = turned.fold == 2
    turned.targets["filler"][mine] = 1.0 - turned.targets["filler"][mine]
    one, two = (
        fit_look(part, replace(Basis.of(part, NAMES, [2, 4]), products=SQUARES), {"filler": 1.0})
        for part in (plain, turned)
    )
    assert np.abs(one[2].coef - two[2].coef).max() < 0.01
    assert np.abs(one[4].coef - two[4].coef).max() > 0.1


def test_an_answer_that_never_differs_is_learned_as_such() -> None:
    same = rows()
    same.targets["filler"][:] = 0.0
    look = fit_look(same, Basis.of(same, NAMES, [0, 4]), {"filler": 1.0})
    assert (look[4].logits(same.matrix)["filler"] < -5).all()


def test_rows_that_are_not_asked_do_not_count() -> None:
    plain, fewer = rows(), rows()
    asked = np.arange(len(plain.matrix)) % 3 > 0
    fewer.targets["filler"][~asked] = np.nan
    part = Rows(
        plain.matrix[asked],
        {"filler": plain.targets["filler"][asked]},
        plain.weight[asked],
        plain.fold[asked],
        plain.page[asked],
    )
    basis = Basis.of(plain, NAMES, [4])
    one, two = (fit_look(of, basis, {"filler": 1.0})[4] for of in (fewer, part))
    assert one.coef.tolist() == two.coef.tolist()
