"""Logistic regressions over the terms of a look, fitted by scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detector.model import DECIMALS, Calibration, Look, Products
from detector.odds import probability
from detector.rows import Rows
from detector.units import Units

Matrix = NDArray[np.float64]
Column = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Fitted:
    """What was found for a head."""

    coef: Column
    intercept: float

    def probability(self, terms: Matrix) -> Column:
        """The probability of yes for rows x terms."""
        return probability(terms @ self.coef + self.intercept)


SURE = 8.0
"""Log-odds of an answer that never differed."""
STAGES = 6
"""Steps in which the products of a look are chosen."""
TOLERANCE = 1e-5
"""Largest slope of the loss at which a fit is done."""
EVERY = 3
"""Products are chosen on one row of so many."""
BEGIN, ROUGH = 9, 1e-3
"""Fits begin on one row of so many, until this slope; they end on all rows."""
NEAR = 1e-6
"""Slope of the loss, along directions of equal curvature, at which a fit is near its end."""


@dataclass(frozen=True)
class Basis:
    """What the terms of a look are: features by name, how they are standardised, products of them,
    and for each fold units that have not seen it."""

    names: tuple[str, ...]
    mean: Column
    scale: Column
    products: Products
    units: Mapping[int, Units]

    @classmethod
    def of(cls, rows: Rows, names: tuple[str, ...], folds: Sequence[int]) -> Basis:
        """The features of rows alone, standardised."""
        mean = np.round(rows.matrix.mean(0), 6)
        scale = np.round(rows.matrix.std(0) + 1e-6, 6)
        return cls(names, mean, scale, (), dict.fromkeys(folds, Units.none(len(names))))

    def blank(self, fold: int, heads: Sequence[str]) -> Look:
        """A look that has learned no coefficients yet."""
        units = self.units[fold]
        coef = np.zeros((len(heads), len(self.names) + len(self.products) + len(units)))
        return Look(
            self.names,
            self.mean,
            self.scale,
            self.products,
            units,
            tuple(heads),
            coef,
            intercept=np.zeros(len(heads)),
        )

    def standardised(self, matrix: Matrix) -> Matrix:
        """Rows x features for rows x features."""
        fold = next(iter(self.units))
        none = {fold: Units.none(len(self.names))}
        return replace(self, products=(), units=none).blank(fold, ()).terms(matrix)


def fit_look(
    rows: Rows, basis: Basis, penalties: Mapping[str, float], jobs: int = 1
) -> dict[int, Look]:
    """Looks over the terms of ``basis``, one for each of its folds that has not seen it.

    A fold that no row belongs to gives the look of all rows. ``penalties`` holds the inverse
    strength of the L2 penalty (scikit-learn's ``C``) by head.
    """
    from joblib import Parallel, delayed

    heads = tuple(penalties)
    looks = {}
    for k in basis.units:
        seen = np.flatnonzero(rows.fold != k)
        blank = basis.blank(k, heads)
        terms = blank.terms(rows.matrix[seen])

        def fit(head: str, seen: Ints = seen, terms: Matrix = terms) -> Fitted:
            target, weight = rows.targets[head][seen], rows.weight[seen]
            asked = np.flatnonzero(~np.isnan(target))
            if len(asked) < len(seen):
                terms, target, weight = terms[asked], target[asked], weight[asked]
            return _fit(terms, target, weight, penalties[head])

        found = Parallel(n_jobs=jobs, prefer="threads")(delayed(fit)(head) for head in heads)
        looks[k] = replace(
            blank,
            coef=np.array([fitted.coef for fitted in found]),
            intercept=np.array([fitted.intercept for fitted in found]),
        )
    return looks


def telling_products(
    rows: Rows, basis: Basis, penalties: Mapping[str, float], n: int, jobs: int = 1
) -> Products:
    """For each head the ``n`` products of features, squares among them, that better a look most.

    They are chosen in :data:`STAGES`: each time those with the largest score statistic (Rao 1948)
    beside the features and the products there are, so that two which say the same are not both
    taken.
    """
    from joblib import Parallel, delayed

    z = basis.standardised(rows.matrix)
    found = Parallel(n_jobs=jobs, prefer="threads")(
        delayed(_telling)(z, rows.targets[head], rows.weight, penalty, n)
        for head, penalty in penalties.items()
    )
    return tuple(sorted({pair for pairs in found for pair in pairs}))


def _telling(
    z: Matrix, target: Column, weight: Column, penalty: float, n: int
) -> list[tuple[int, int]]:
    asked = np.flatnonzero(~np.isnan(target))[::EVERY]
    z, target, weight = z[asked], target[asked], weight[asked]
    one, other = np.triu_indices(z.shape[1])
    chosen = best = np.zeros(0, np.int64)
    terms = z
    fitted: Fitted | None = None
    for stage in range(1, STAGES + 1):
        if fitted is not None:
            terms = np.hstack((terms, z[:, one[best]] * z[:, other[best]] / 2))
            fitted = replace(fitted, coef=np.append(fitted.coef, np.zeros(len(best))))
        fitted = _fit(terms, target, weight, penalty, fitted)
        statistic = _statistic(z, target, weight, fitted.probability(terms))[one, other]
        statistic[chosen] = -1.0
        best = np.argsort(-statistic, kind="stable")[: n * stage // STAGES - len(chosen)]
        chosen = np.concatenate((chosen, best))
    return list(zip(one[chosen].tolist(), other[chosen].tolist(), strict=True))


def _statistic(z: Matrix, target: Column, weight: Column, probability: Column) -> Matrix:
    """The score statistic of each product of two features, features x features."""
    score = (z * (weight * (target - probability))[:, None]).T @ z
    squares = z * z
    spread = (squares * (weight * probability * (1.0 - probability))[:, None]).T @ squares
    return np.asarray(np.round(np.abs(score) / np.sqrt(spread + 1.0), 6))


def fit_calibration(logits: Matrix, target: Column, weight: Column) -> Calibration:
    """Platt scaling (Platt 1999) of rows x log-odds, nearly without penalty; none where all answers
    are the same."""
    if len(np.unique(target)) < 2:
        return Calibration((1.0, *(0.0,) * (logits.shape[1] - 1)), 0.0)
    fitted = _fit(logits, target, weight, penalty=1e4)
    return Calibration(tuple(fitted.coef.tolist()), fitted.intercept)


def _fit(
    terms: Matrix, target: Column, weight: Column, penalty: float, start: Fitted | None = None
) -> Fitted:
    """A logistic regression, begun at ``start`` or on some of the rows: the problem is convex, so
    where a fit begins decides how long it takes and hardly anything else."""
    some = slice(None, None, BEGIN)
    if start is None:
        start = _searched(terms[some], target[some], weight[some], penalty, None, ROUGH)
    if len(np.unique(target)) > 1:
        factor = _curvature(terms[some], weight[some], penalty, start)
        start = _approached(terms, target, weight, penalty, start, factor)
    return _searched(terms, target, weight, penalty, start, TOLERANCE, "lbfgs")


def _curvature(terms: Matrix, weight: Column, penalty: float, at: Fitted) -> Matrix:
    """The Cholesky factor of the second derivatives of the loss by coefficients and intercept,
    ``at`` a place near its least value."""
    whole, n = weight.sum(), terms.shape[1]
    probability = at.probability(terms)
    spread = weight * probability * (1.0 - probability) / whole
    out = np.empty((n + 1, n + 1))
    out[:n, :n] = (terms * spread[:, None]).T @ terms
    out[:n, :n] += np.eye(n) / (penalty * whole)
    out[n, :n] = out[:n, n] = spread @ terms
    out[n, n] = spread.sum() + 1e-9  # no penalty holds the intercept where all is sure
    return np.linalg.cholesky(out)


def _approached(
    terms: Matrix, target: Column, weight: Column, penalty: float, start: Fitted, factor: Matrix
) -> Fitted:
    """Coefficients near the least loss, searched from ``start`` along gradients alone.

    In steps of ``factor``, the curvature found on some of the rows, the loss is nearly as round as
    a bowl; a search by Newton's method adds up the curvature of all rows at each step.
    """
    from scipy.linalg import solve_triangular
    from scipy.optimize import minimize

    whole = weight.sum()
    sign = np.where(target > 0.5, 1.0, -1.0)
    origin = np.append(start.coef, start.intercept)

    def place(steps: Column) -> Column:
        moved: Column = origin + solve_triangular(factor, steps, trans=1, lower=True)
        return moved

    def loss(steps: Column) -> tuple[float, Column]:
        at = place(steps)
        coef = at[:-1]
        margin = sign * (terms @ coef + at[-1])
        slope = -sign * weight / (1.0 + np.exp(margin)) / whole
        gradient = np.append(slope @ terms + coef / (penalty * whole), slope.sum())
        value = (weight @ np.logaddexp(0.0, -margin) + coef @ coef / (2 * penalty)) / whole
        return value, solve_triangular(factor, gradient, lower=True)

    options = {"gtol": NEAR, "ftol": 0}
    with np.errstate(over="ignore"):  # a margin so large has no slope
        best = minimize(loss, np.zeros_like(origin), jac=True, method="L-BFGS-B", options=options)
    at = place(best.x)
    return Fitted(at[:-1], float(at[-1]))


def _searched(
    terms: Matrix,
    target: Column,
    weight: Column,
    penalty: float,
    start: Fitted | None,
    tolerance: float,
    solver: str = "newton-cholesky",
) -> Fitted:
    """A logistic regression, searched from ``start`` until the slope of the loss is small."""
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(target)) < 2:
        # Nothing to learn, such as of a form that no page has: the answer is always the same.
        return Fitted(np.zeros(terms.shape[1]), float(np.sign(target.mean() - 0.5)) * SURE)
    model = LogisticRegression(
        C=penalty, solver=solver, max_iter=50, tol=tolerance, warm_start=start is not None
    )
    if start is not None:
        model.coef_, model.intercept_ = start.coef[None], np.array([start.intercept])
    model.fit(terms, target > 0.5, sample_weight=weight)
    coef, intercept = model.coef_[0], float(model.intercept_[0])
    return Fitted(np.round(coef, DECIMALS), round(intercept, DECIMALS))
