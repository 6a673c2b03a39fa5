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


@rival_feature("rivalry.cut", low=-1.0, high=2.0)
def cut(rivals: Rivals) -> Column:
    """Right borders to be expected of the candidate cut in two, less its own; -1 if it cannot be
    cut."""
    cut, right = rivals.cut, rivals.right
    gain = right[cut.front] + right[cut.back] - right[cut.whole]
    return rivals.column(cut.whole, gain, -1.0)


@rival_feature("rivalry.cut_exact", low=-2 * FAR, high=2 * FAR)
def cut_exact(rivals: Rivals) -> Column:
    """How much likelier the borders of the worse of these parts are right than its own; 0 of
    none."""
    cut, exact = rivals.cut, rivals.exact
    worse = np.minimum(exact[cut.front], exact[cut.back])
    return rivals.column(cut.whole, worse - exact[cut.whole], 0.0)


@rival_feature("rivalry.cut_accept", low=-2 * FAR, high=2 * FAR)
def cut_accept(rivals: Rivals) -> Column:
    """How much more like filler the part looks that looks less like it; 0 of none."""
    cut, accept = rivals.cut, rivals.accept
    less = np.minimum(accept[cut.front], accept[cut.back])
    return rivals.column(cut.whole, less - accept[cut.whole], 0.0)


@rival_feature("rivalry.cut_seam", low=-FAR, high=FAR)
def cut_seam(rivals: Rivals) -> Column:
    """Log-odds that a new block begins where the second part begins; -12 of none."""
    cut = rivals.cut
    return rivals.column(cut.whole, rivals.seam[cut.back], -FAR)


@rival_feature("rivalry.cut_cover")
def cut_cover(rivals: Rivals) -> Column:
    """Share of the candidate's segments that lie in the two parts; 0 of none."""
    cut, n = rivals.cut, rivals.n_segments
    return rivals.column(cut.whole, (n[cut.front] + n[cut.back]) / n[cut.whole], 0.0)


@rival_feature("rivalry.joined", low=-2.0, high=1.0)
def joined(rivals: Rivals) -> Column:
    """Right borders to be expected of the likeliest candidate of which this one is the first or the
    last part, less those of both parts; -1 of none."""
    joined, right = rivals.joined, rivals.right
    gain = right[joined.whole] - right[joined.part] - right[joined.other]
    return rivals.column(joined.part, gain, -1.0)


@rival_feature("rivalry.joined_exact", low=-2 * FAR, high=2 * FAR)
def joined_exact(rivals: Rivals) -> Column:
    """How much likelier the borders of that whole are right than its own; 0 of none."""
    joined, exact = rivals.joined, rivals.exact
    return rivals.column(joined.part, exact[joined.whole] - exact[joined.part], 0.0)


@rival_feature("rivalry.joined_other", low=-2 * FAR, high=2 * FAR)
def joined_other(rivals: Rivals) -> Column:
    """How much likelier the borders of the other part are right than its own; 0 of none."""
    joined, exact = rivals.joined, rivals.exact
    return rivals.column(joined.part, exact[joined.other] - exact[joined.part], 0.0)


@rival_feature("rivalry.joined_accept", low=-2 * FAR, high=2 * FAR)
def joined_accept(rivals: Rivals) -> Column:
    """How much more the other part looks like filler; 0 of none."""
    joined, accept = rivals.joined, rivals.accept
    return rivals.column(joined.part, accept[joined.other] - accept[joined.part], 0.0)


@rival_feature("rivalry.joined_seam", low=-FAR, high=FAR)
def joined_seam(rivals: Rivals) -> Column:
    """Log-odds that a new block begins between the two parts; -12 of none."""
    joined = rivals.joined
    return rivals.column(joined.part, rivals.seam[joined.back], -FAR)
