"""How hard a text is to read, by published formulas as textstat computes them."""

from __future__ import annotations

FORMULAS = {
    "LIX": "lix",
    "RIX": "rix",
    "Automated readability index": "automated_readability_index",
    "Coleman–Liau index": "coleman_liau_index",
}
"""Names, and what textstat calls them: only formulas that count letters, words and sentences, as
it would fetch a dictionary to count syllables."""
WORDS = "Words"


def readability(text: str) -> dict[str, float]:
    """The value of each formula; higher is harder. All are 0 for a text without words.

    ``Words`` and ``Words a sentence`` come first.
    """
    from textstat import textstat  # takes a second to import

    words = float(textstat.lexicon_count(text))
    sentences = float(textstat.sentence_count(text))
    counts = {WORDS: words, "Words a sentence": words / max(sentences, 1.0)}
    return counts | {name: float(getattr(textstat, call)(text)) for name, call in FORMULAS.items()}
