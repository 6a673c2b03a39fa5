"""Readability: four published formulas on counts that are there anyway.

All need letters, words, long words and sentences only, no dictionary of syllables.
"""

from __future__ import annotations

import numpy as np

from detector.batch import Column
from detector.features.registry import measure
from detector.spans import Sums


def _words(sums: Sums) -> Column:
    return np.maximum(sums["words"], 1.0)


def _sentences(sums: Sums) -> Column:
    return np.maximum(sums["sentence_ends"], 1.0)


@measure("readability.lix", high=120.0)
def lix(sums: Sums) -> Column:
    """LIX (Björnsson 1968): words a sentence + 100 · words of over six letters a word, to 120."""
    words = _words(sums)
    return np.minimum(words / _sentences(sums) + 100.0 * sums["long_words"] / words, 120.0)


@measure("readability.rix", high=30.0)
def rix(sums: Sums) -> Column:
    """RIX (Anderson 1983): words of over six letters a sentence, to 30."""
    return np.minimum(sums["long_words"] / _sentences(sums), 30.0)


@measure("readability.automated_index", low=-10.0, high=40.0)
def automated_index(sums: Sums) -> Column:
    """Automated readability index (Smith & Senter 1967), -10 to 40:
    4.71 · letters a word + 0.5 · words a sentence - 21.43."""
    words = _words(sums)
    value = 4.71 * sums["letters"] / words + 0.5 * words / _sentences(sums) - 21.43
    return np.clip(value, -10.0, 40.0)


@measure("readability.coleman_liau", low=-20.0, high=40.0)
def coleman_liau(sums: Sums) -> Column:
    """Coleman-Liau index (1975), -20 to 40:
    5.88 · letters a word - 29.6 · sentences a word - 15.8."""
    words = _words(sums)
    value = 5.88 * sums["letters"] / words - 29.6 * _sentences(sums) / words - 15.8
    return np.clip(value, -20.0, 40.0)


@measure("readability.log_sentence_words", high=8.0)
def log_sentence_words(sums: Sums) -> Column:
    """Logarithm of 1 + words a sentence, to 8."""
    return np.minimum(np.log1p(sums["words"] / _sentences(sums)), 8.0)
