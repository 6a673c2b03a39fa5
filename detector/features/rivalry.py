"""Rivalry: a candidate region against the other candidates that overlap it.

What is filler as a whole may be cut into parts that look like it too, and a piece of an honest text
may look like filler where the whole does not. The fourth look decides what it says of a candidate
by what the third said of its rivals.
"""

from __future__ import annotations

import numpy as np

from detector.batch import Column
from detector.features.registry import rival_feature
from detector.rivals import Rivals
from detector.spans import FAR

FLOOR = 1e-6


@rival_feature("rivalry.accept", low=-FAR, high=FAR)
def accept(rivals: Rivals) -> Column:
    """Third look: log-odds of the candidate for being filler."""
    return rivals.accept


@rival_feature("rivalry.exact", low=-FAR, high=FAR)
def exact(rivals: Rivals) -> Column:
    """Third look: log-odds of the candidate for having the right borders."""
    return rivals.exact


@rival_feature("rivalry.share", low=-14.0, high=0.01)
def share(rivals: Rivals) -> Column:
    """Logarithm of the candidate's part in the odds of right borders of all that overlap it."""
    return np.log(rivals.share() + FLOOR)


@rival_feature("rivalry.start_share", low=-14.0, high=0.01)
def start_share(rivals: Rivals) -> Column:
    """Logarithm of the part of the candidates with the same first segment in these odds."""
    return np.log(rivals.start_share() + FLOOR)


@rival_feature("rivalry.stop_share", low=-14.0, high=0.01)
def stop_share(rivals: Rivals) -> Column:
    """Logarithm of the part of the candidates with the same last segment in these odds."""
    return np.log(rivals.stop_share() + FLOOR)


@rival_feature("rivalry.exact_lead", low=-2 * FAR, high=2 * FAR)
def exact_lead(rivals: Rivals) -> Column:
    """How much likelier the candidate's borders are right than those of its best rival."""
    return rivals.exact - rivals.best_exact()


@rival_feature("rivalry.around", high=20.0)
def around(rivals: Rivals) -> Column:
    """Logarithm of 1 + candidates that contain this one."""
    return np.log1p(rivals.around.n)


@rival_feature("rivalry.within", high=20.0)
def within(rivals: Rivals) -> Column:
    """Logarithm of 1 + candidates that this one contains."""
    return np.log1p(rivals.within.n)


@rival_feature("rivalry.most_around", low=-2 * FAR, high=2 * FAR)
def most_around(rivals: Rivals) -> Column:
    """How much more the likeliest filler that contains the candidate looks like it; 0 of none."""
    group = rivals.around
    return np.where(group.n > 0, group.most - rivals.accept, 0.0)


@rival_feature("rivalry.least_around", low=-2 * FAR, high=2 * FAR)
def least_around(rivals: Rivals) -> Column:
    """How much more the unlikeliest filler that contains the candidate looks like it; 0 of none."""
    group = rivals.around
    return np.where(group.n > 0, group.least - rivals.accept, 0.0)


@rival_feature("rivalry.mean_around", low=-2 * FAR, high=2 * FAR)
def mean_around(rivals: Rivals) -> Column:
    """How much more the candidates that contain this one look like filler on average."""
    return rivals.around.mean(rivals.accept) - rivals.accept


@rival_feature("rivalry.mean_within", low=-2 * FAR, high=2 * FAR)
def mean_within(rivals: Rivals) -> Column:
    """How much more the candidates that this one contains look like filler on average."""
    return rivals.within.mean(rivals.accept) - rivals.accept


@rival_feature("rivalry.most_within", low=-2 * FAR, high=2 * FAR)
def most_within(rivals: Rivals) -> Column:
    """How much more the likeliest filler that the candidate contains looks like it; 0 of none."""
    group = rivals.within
    return np.where(group.n > 0, group.most - rivals.accept, 0.0)


@rival_feature("rivalry.elsewhere", low=-FAR, high=FAR)
def elsewhere(rivals: Rivals) -> Column:
    """Largest log-odds for filler among the candidates beside this one."""
    return rivals.elsewhere
