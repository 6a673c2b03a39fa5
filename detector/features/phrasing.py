"""Phrasing: how generic the words are.

Stock phrases by group, learned habits of filler, rarity and abstraction of words, person, tense
and marks.
"""

from __future__ import annotations

import numpy as np

from detector.batch import Column
from detector.features.registry import measure, rates
from detector.lexicon import HABITS
from detector.spans import EVEN, Sums

GROUPS = (
    "advice",
    "answer_opening",
    "attribution",
    "call",
    "farewell",
    "forecast",
    "furniture",
    "gloss",
    "greeting",
    "meta",
    "oral",
    "site",
    "stance",
    "stock_question",
    "story",
    "vague",
)

rates(
    "phrasing", {g: f"Stock phrases of the group '{g}' a word, as a square root." for g in GROUPS}
)
rates(
    "phrasing",
    {
        "first_singular": "I, me, my … a word, as a square root.",
        "first_plural": "We, us, our … a word, as a square root.",
        "second_person": "You, your … a word, as a square root.",
        "contractions": "Words with an apostrophe a word, as a square root.",
        "past_words": "Past-tense verbs a word, as a square root.",
        "modals": "Modal verbs a word, as a square root.",
        "dates": "Weekdays, months and other words that fix a time a word, as a square root.",
        "abstract_words": "Words in -tion, -ment, -ity … a word, as a square root.",
        "quotes": "Quotation marks a word, as a square root.",
        "brackets": "Brackets a word, as a square root.",
        "exclaims": "Exclamation marks a word, as a square root.",
        "dashes": "Dashes a word, as a square root.",
        "ellipses": "Ellipses a word, as a square root.",
        "bold": "Bold mark-up a word, as a square root.",
        "symbols": "Emoji and other symbols a word, as a square root.",
    },
)


for _habit in HABITS:

    @measure(
        f"phrasing.habit_{_habit}",
        low=-100.0,
        high=100.0,
        doc=f"Learned log-odds ('{_habit}') of the span's n-grams, by the root of its words.",
    )
    def _compute(sums: Sums, fact: str = f"habit_{_habit}") -> Column:
        return sums[fact] / 100.0 / np.sqrt(sums["words"] + EVEN)


@measure("phrasing.mean_rarity", high=10.0)
def mean_rarity(sums: Sums) -> Column:
    """Mean rarity of content words, in nats."""
    return (sums["rarity"] + 4 * 40.0) / 8.0 / (sums["content"] + 4.0)


@measure("phrasing.rare_share")
def rare_share(sums: Sums) -> Column:
    """Share of content words that are rare."""
    return sums.share("rare_words", "content", prior=0.2, weight=5.0)


@measure("phrasing.content_share")
def content_share(sums: Sums) -> Column:
    """Share of words that are content words."""
    return sums.share("content", "words", weight=5.0)
