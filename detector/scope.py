"""Which pages can be judged: those that are long enough, and in English."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch
from detector.chunks import Flag
from detector.runs import running_sum
from detector.types import Abstention

Ints = NDArray[np.int64]

LEAST_WORDS = 10
"""On fewer words hardly one filler in six is found (one in three on 16, half on 30), so that
nothing marked would say nothing; false alarms do not rise."""
LEAST_CHARS = 12 * LEAST_WORDS
"""From here a page with few words is in a script without blanks, not short."""
FUNCTION_SHARE = 0.05
"""Least share of function words ("the", "of", "said") among all words; in a list or a table there
are hardly any. English prose has from .11 (a list of appointments) to .6."""
FUNCTION_TO_UNKNOWN = 0.4
"""Least ratio of function words to words that the lexicon does not know. English prose has from .74
(a piece full of program names) upwards, other European languages up to .14."""


def abstentions(batch: Batch) -> list[Abstention | None]:
    """Why each page of a batch cannot be judged; None if it can.

    A page is its preceding text and its own. Judged from facts that the batch has for its features.
    """
    words, content = _by_page(batch, batch.facts["words"]), _by_page(batch, batch.facts["content"])
    unknown = _by_page(batch, batch.total(batch.has(Flag.UNKNOWN).astype(np.int64)))
    least = np.maximum(FUNCTION_SHARE * words, FUNCTION_TO_UNKNOWN * unknown)
    foreign = (words - content < least).tolist()
    out: list[Abstention | None] = []
    for page, n_words in enumerate(words.tolist()):
        brief = n_words < LEAST_WORDS
        if foreign[page] and not (brief and len(batch.text(page)) < LEAST_CHARS):
            out.append(Abstention.LANGUAGE)
        else:
            out.append(Abstention.SHORT if brief else None)
    return out


def _by_page(batch: Batch, fact: Ints) -> Ints:
    """Sums over pages of one integer a segment."""
    return np.diff(running_sum(fact)[batch.segments.page_starts])
