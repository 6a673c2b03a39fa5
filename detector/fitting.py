"""Logistic regressions: the only module that fits anything, and the only one with scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.model import DECIMALS, Calibration, Look
from detector.rows import Rows

Matrix = NDArray[np.float64]
Column = NDArray[np.float64]
Bools = NDArray[np.bool_]

Fitted = tuple[Column, float]
"""Coefficients and intercept."""

SURE = 8.0
"""Log-odds of an answer that never differed."""


def fit_look(
    parts: Sequence[Rows],
    names: tuple[str, ...],
    penalties: Mapping[str, float],
    folds: Sequence[int],
    *,
    squares: bool = False,
    crossed: tuple[str, ...] = (),
    jobs: int = 1,
) -> dict[int, Look]:
    """Looks over the features ``names``, one for each of ``folds`` that has not seen it.

    A fold that no row belongs to gives the look of all rows. ``penalties`` holds the inverse
    strength of the L2 penalty (scikit-learn's ``C``) by head.
    """
    from joblib import Parallel, delayed

    rows = Rows.joined([part.asking(tuple(penalties)) for part in parts])
    mean = np.round(rows.matrix.mean(0), 6)
    scale = np.round(rows.matrix.std(0) + 1e-6, 6)
    heads = tuple(penalties)
    blank: dict[str, Any] = {
        "features": names,
        "mean": mean,
        "scale": scale,
        "squares": squares,
        "crossed": crossed,
        "heads": heads,
    }
    terms = Look(**blank, coef=np.zeros((len(heads), 0)), intercept=np.zeros(0)).terms(rows.matrix)
    keep = {k: rows.fold != k for k in folds}
    # The look of most rows is fitted from nothing, the others from there: the problem is convex, so
    # where a fit begins decides how long it takes and, to the tolerance, nothing else.
    first = max(folds, key=lambda k: int(keep[k].sum()))
    found: dict[tuple[int, str], Fitted] = {}
    for several in ([first], [k for k in folds if k != first]):
        tasks = [(k, head) for k in several for head in heads]
        fitted = Parallel(n_jobs=jobs, prefer="threads")(
            delayed(_fit)(
                terms,
                rows.targets[head],
                rows.weight,
                keep[k],
                penalties[head],
                found.get((first, head)),
            )
            for k, head in tasks
        )
        found |= dict(zip(tasks, fitted, strict=True))
    return {
        k: Look(
            **blank,
            coef=np.array([found[k, head][0] for head in heads]),
            intercept=np.array([found[k, head][1] for head in heads]),
        )
        for k in folds
    }


def fit_calibration(logits: Matrix, target: Column, weight: Column) -> Calibration:
    """Platt scaling (Platt 1999) of rows x log-odds, nearly without penalty; none where all answers
    are the same."""
    if len(np.unique(target)) < 2:
        return Calibration((1.0, *(0.0,) * (logits.shape[1] - 1)), 0.0)
    keep = np.ones(len(target), np.bool_)
    slopes, intercept = _fit(logits, target, weight, keep, penalty=1e4)
    return Calibration(tuple(slopes.tolist()), intercept)


def _fit(
    terms: Matrix,
    target: Column,
    weight: Column,
    keep: Bools,
    penalty: float,
    start: Fitted | None = None,
) -> Fitted:
    """Coefficients and intercept of a logistic regression, searched from ``start``; rows with a NaN
    target are left out."""
    from sklearn.linear_model import LogisticRegression

    keep = keep & ~np.isnan(target)
    if len(np.unique(target[keep])) < 2:
        # Nothing to learn, such as of a form that no page has: the answer is always the same.
        return np.zeros(terms.shape[1]), float(np.sign(np.mean(target[keep]) - 0.5)) * SURE
    model = LogisticRegression(
        C=penalty, solver="newton-cholesky", max_iter=50, tol=1e-6, warm_start=start is not None
    )
    if start is not None:
        model.coef_, model.intercept_ = start[0][None], np.array([start[1]])
    model.fit(terms[keep], target[keep] > 0.5, sample_weight=weight[keep])
    return np.round(model.coef_[0], DECIMALS), round(float(model.intercept_[0]), DECIMALS)
