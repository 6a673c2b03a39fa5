"""Logistic regressions: the only module that fits anything, and the only one with scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detector.model import DECIMALS, Calibration, Look, Products
from detector.rows import Rows

Matrix = NDArray[np.float64]
Column = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Fitted:
    """What was found for a head."""

    coef: Column
    intercept: float


SURE = 8.0
"""Log-odds of an answer that never differed."""
STAGES = 6
"""Steps in which the products of a look are chosen."""
TOLERANCE = 1e-5
"""Largest slope of the loss at which a fit is done."""
EVERY = 3
"""Products are chosen on one row of so many, and fits begin there; they end on all rows."""


def fit_look(
    parts: Sequence[Rows],
    names: tuple[str, ...],
    penalties: Mapping[str, float],
    folds: Sequence[int],
    products: Products = (),
    jobs: int = 1,
) -> dict[int, Look]:
    """Looks over the features ``names`` and ``products`` of them, one for each of ``folds`` that
    has not seen it.

    A fold that no row belongs to gives the look of all rows. ``penalties`` holds the inverse
    strength of the L2 penalty (scikit-learn's ``C``) by head.
    """
    from joblib import Parallel, delayed

    heads = tuple(penalties)
    rows = Rows.joined([part.asking(heads) for part in parts])
    blank = _blank(rows, names, products, heads)
    terms = blank.terms(rows.matrix)
    keep = {k: rows.fold != k for k in folds}

    def fit(k: int, head: str, start: Fitted | None) -> Fitted:
        asked = np.flatnonzero(keep[k] & ~np.isnan(rows.targets[head]))

        def on(some: Ints, start: Fitted | None) -> Fitted:
            target, weight = rows.targets[head][some], rows.weight[some]
            return _fit(terms[some], target, weight, penalties[head], start)

        return on(asked, start or on(asked[::EVERY], None))

    # The look of most rows is fitted from that of some of them, the others from there: the problem
    # is convex, so where a fit begins decides how long it takes and hardly anything else.
    first = max(folds, key=lambda k: int(keep[k].sum()))
    found: dict[tuple[int, str], Fitted] = {}
    for several in ([first], [k for k in folds if k != first]):
        tasks = [(k, head) for k in several for head in heads]
        fitted = Parallel(n_jobs=jobs, prefer="threads")(
            delayed(fit)(k, head, found.get((first, head))) for k, head in tasks
        )
        found |= dict(zip(tasks, fitted, strict=True))
    return {
        k: replace(
            blank,
            coef=np.array([found[k, head].coef for head in heads]),
            intercept=np.array([found[k, head].intercept for head in heads]),
        )
        for k in folds
    }


def _blank(rows: Rows, names: tuple[str, ...], products: Products, heads: Sequence[str]) -> Look:
    """A look that knows the scales of features and nothing else."""
    mean = np.round(rows.matrix.mean(0), 6)
    scale = np.round(rows.matrix.std(0) + 1e-6, 6)
    n = len(names) + len(products)
    coef, intercept = np.zeros((len(heads), n)), np.zeros(len(heads))
    return Look(names, mean, scale, products, tuple(heads), coef, intercept)


def telling_products(
    parts: Sequence[Rows], names: tuple[str, ...], penalties: Mapping[str, float], n: int, jobs: int
) -> Products:
    """For each head the ``n`` products of features, squares among them, that better a look most.

    They are chosen in :data:`STAGES`: each time those with the largest score statistic (Rao 1948)
    beside the terms there are, so that two products which say the same are not both taken.
    """
    from joblib import Parallel, delayed

    rows = Rows.joined([part.asking(tuple(penalties)) for part in parts])
    terms = _blank(rows, names, (), tuple(penalties)).terms(rows.matrix)
    found = Parallel(n_jobs=jobs, prefer="threads")(
        delayed(_telling)(terms, rows.targets[head], rows.weight, penalty, n)
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
        probability = 1.0 / (1.0 + np.exp(-(terms @ fitted.coef + fitted.intercept)))
        statistic = _statistic(z, target, weight, probability)[one, other]
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
    """A logistic regression, searched from ``start``."""
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(target)) < 2:
        # Nothing to learn, such as of a form that no page has: the answer is always the same.
        return Fitted(np.zeros(terms.shape[1]), float(np.sign(target.mean() - 0.5)) * SURE)
    model = LogisticRegression(
        C=penalty,
        solver="newton-cholesky",
        max_iter=50,
        tol=TOLERANCE,
        warm_start=start is not None,
    )
    if start is not None:
        model.coef_, model.intercept_ = start.coef[None], np.array([start.intercept])
    model.fit(terms, target > 0.5, sample_weight=weight)
    coef, intercept = model.coef_[0], float(model.intercept_[0])
    return Fitted(np.round(coef, DECIMALS), round(intercept, DECIMALS))
