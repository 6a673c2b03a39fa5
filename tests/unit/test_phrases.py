"""Hashes of phrases, and finding known ones in a run of words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.additions import MAX_WORDS
from detector.phrases import PhraseTable, Weighted, phrase_hash, roll, word_hash


def test_word_hash_is_the_same_in_every_process() -> None:
    assert word_hash("council") == 0x25ACBFF9FBC1598A
    assert word_hash("\ud800") != word_hash("\ud801")


@pytest.mark.parametrize("n", range(1, MAX_WORDS + 1))
def test_rolled_runs_hash_like_phrases(n: int) -> None:
    words = ["thank", "you", "so", "much", "for", "having", "me"]
    rolled = roll(np.array([word_hash(word) for word in words], np.uint64), n)
    assert rolled.tolist() == [phrase_hash(words[k : k + n]) for k in range(len(words) - n + 1)]


WORDS = st.lists(st.sampled_from("abcd"), max_size=12)
PHRASES = st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=5), max_size=8)


@given(WORDS, PHRASES)
def test_find_gives_every_occurrence_of_every_phrase(
    words: list[str], phrases: list[list[str]]
) -> None:
    values = {" ".join(phrase): (k, -k) for k, phrase in enumerate(phrases)}
    hashes = np.array([word_hash(word) for word in words], np.uint64)
    table = PhraseTable(list(values), np.array(list(values.values()), np.int64).reshape(-1, 2))
    found = {
        (n, int(position), tuple(value.tolist()))
        for n, positions, rows in table.find(hashes)
        for position, value in zip(positions, table.values(n)[:, rows].T, strict=True)
    }
    assert found == {
        (len(phrase.split()), k, value)
        for phrase, value in values.items()
        for k in range(len(words))
        if words[k : k + len(phrase.split())] == phrase.split()
    }


def test_phrases_that_join_others_do_not_take_their_place() -> None:
    own = Weighted(["only time", "will tell"], np.array([[1, 2], [3, 4]]))
    joined = own.joined({"will tell": (9, 9), "stay tuned": (5, 6)})
    assert dict(joined) == {"stay tuned": (5, 6), "only time": (1, 2), "will tell": (3, 4)}
    assert joined.table.tolist() == [[5, 6], [1, 2], [3, 4]]
    assert own.joined({}) is own
