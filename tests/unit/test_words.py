"""Words and speakers over ranges of segments, against counting one by one."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from detector.batch import Batch
from detector.runs import members

Read = Callable[..., Batch]


def pages(seed: int) -> list[str]:
    """A short and a longer page of few words, with a number and a name now and then."""
    rng = np.random.default_rng(seed)
    words = ["harbour", "council", "lamps", "buses", "in Quibdo", "in Jecheon", "412", "99"]
    return [
        "\n".join(" ".join(rng.choice(words, rng.integers(1, 5))) for _ in range(n))
        for n in (3, 17)
    ]


def ranges(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """All ranges of segments that do not cross a page."""
    starts = batch.segments.page_starts.tolist()
    found = [
        (a, b)
        for low, high in itertools.pairwise(starts)
        for a in range(low, high)
        for b in range(a + 1, high + 1)
    ]
    return tuple(np.array(found, np.int64).T)


@pytest.mark.parametrize("seed", range(6))
def test_enclosed_words_occur_nowhere_else(read: Read, seed: int) -> None:
    batch = read(*pages(seed))
    start, stop = ranges(batch)
    page_first = batch.segments.page_first[start]
    packed, rarity = batch.enclosed.sums(start, stop, page_first)
    owner = batch.segment_of
    for k, (a, b) in enumerate(zip(start.tolist(), stop.tolist(), strict=True)):
        own = (batch.first_segment >= a) & (batch.last_segment < b)
        own &= (owner >= a) & (owner < b)
        assert packed[k] & 0xFFFFFFFF == (own & batch.is_name).sum()
        assert packed[k] >> 32 == (own & batch.is_number).sum()
        assert rarity[k] == batch.rarity[own].sum()


def test_a_page_without_words_encloses_none(read: Read) -> None:
    batch = read("* * *", "")
    one = np.ones(1, np.int64)
    assert [sums.tolist() for sums in batch.enclosed.sums(0 * one, one, 0 * one)] == [[0], [0]]


@pytest.mark.parametrize("seed", range(4))
def test_turns_of_each_speaker_of_a_range(read: Read, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = ["Host", "Vela", "Ruiz"]
    dialogue = "\n".join(f"{rng.choice(names)}: {'Yes. ' * rng.integers(1, 4)}" for _ in range(12))
    batch = read(dialogue, "Nobody speaks.", dialogue)
    start, stop = ranges(batch)
    owner, segment, (turns, words) = batch.speech.turns(
        *members(start, stop), (start, stop), [batch.segments.labelled * 1, batch.n_words]
    )
    found = list(zip(owner.tolist(), segment.tolist(), turns.tolist(), words.tolist(), strict=True))
    keys, n_words = batch.segments.key.tolist(), batch.n_words.tolist()
    expected = []
    for k, (a, b) in enumerate(zip(start.tolist(), stop.tolist(), strict=True)):
        for key in dict.fromkeys(key for key in keys[a:b] if key):
            own = [u for u in range(a, b) if keys[u] == key]
            expected.append((k, own[0], len(own), sum(n_words[u] for u in own)))
    assert sorted(found) == sorted(expected)


def test_first_and_last_label_of_a_speaker(read: Read) -> None:
    batch = read("Host: Why?\nVela: So.\nHost: And?", "Host: Why?\nHost: Why not?")
    assert batch.speech.first_label.tolist() == [0, 1, 0, 3, 3]
    assert batch.speech.last_label.tolist() == [2, 1, 2, 4, 4]
