"""Spans of segments and what is summed over them: the arguments of features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.batch import Batch, Column, Ints
from detector.chunks import LETTER, Flag
from detector.odds import probability
from detector.runs import begins, members

EVEN = 8.0
"""Words added to every span's length, so that rates of short spans do not jump."""

FAR = 12.0
"""Log-odds of looks are clipped to this distance from 0; beyond the ends of a page they are
-FAR."""


class Sums:
    """Sums of a batch's facts over spans of segments: ``sums["names"]`` is one float a span."""

    def __init__(self, total: Callable[[str], Column]) -> None:
        self._total = total
        self._known: dict[str, Column] = {}

    @classmethod
    def over(cls, batch: Batch, start: Ints, stop: Ints) -> Sums:
        """Sums over the segments ``start`` to ``stop``."""

        def total(fact: str) -> Column:
            running = batch.running_of(fact)
            return np.asarray(running.take(stop) - running.take(start))

        return cls(total)

    @classmethod
    def of_few(cls, batch: Batch, start: Ints, stop: Ints) -> Sums:
        """The same, of all facts at once, which is quicker where there are few spans."""
        table = batch.running.take(stop, axis=1) - batch.running.take(start, axis=1)
        return cls(dict(zip(batch.facts, table, strict=True)).__getitem__)

    def __getitem__(self, fact: str) -> Column:
        if fact not in self._known:
            self._known[fact] = self._total(fact)
        return self._known[fact]

    def minus(self, other: Sums) -> Sums:
        """The sums of what is in these spans and not in ``other``'s, which lie inside them."""
        return Sums(lambda fact: self[fact] - other[fact])

    def rate(self, fact: str) -> Column:
        """Square root of occurrences a word: steadies the variance of rare counts."""
        return np.sqrt(self[fact] / (self["words"] + EVEN))

    def rates(self, facts: Sequence[str]) -> NDArray[np.float64]:
        """The :meth:`rate` of several facts, a row each."""
        return np.sqrt(np.array([self[fact] for fact in facts]) / (self["words"] + EVEN))

    def share(self, part: str, whole: str, prior: float = 0.5, weight: float = 2.0) -> Column:
        """``part`` of ``whole``, drawn towards ``prior`` where there is little."""
        return (self[part] + prior * weight) / (self[whole] + weight)


def weights(n_words: NDArray[Any]) -> Column:
    """How much segments count: by their words, but no more than a paragraph."""
    return np.minimum(1.5, n_words / 25.0 + 0.2)


class Opinions:
    """Log-odds that a look gave the segments of a batch, by the name of the question."""

    def __init__(self, batch: Batch, logits: Mapping[str, Column]) -> None:
        self.batch = batch
        self._logits = {name: np.clip(row, -FAR, FAR) for name, row in logits.items()}

    def __getitem__(self, name: str) -> Column:
        return self._logits[name]

    def with_(self, name: str, values: Column) -> Opinions:
        """These opinions and one more."""
        return Opinions(self.batch, {**self._logits, name: values})

    @cached_property
    def _weights(self) -> Column:
        """Running sum of the :func:`weights` of segments."""
        return _running_total(summable(weights(self.batch.n_words)))

    @cached_property
    def probability(self) -> Column:
        """The probability that each segment is filler."""
        return probability(self["filler"])

    @cached_property
    def _running(self) -> dict[str, Column]:
        """Running sums, by weight, of what means are asked of."""
        values = {"filler": self["filler"], "probability": self.probability}
        each = np.diff(self._weights)
        return {name: _running_total(summable(row * each)) for name, row in values.items()}

    def mean(self, name: str, start: Ints, stop: Ints, empty: float = -FAR) -> Column:
        """Mean over spans, by weight, of the log-odds ``filler`` or of their ``probability``;
        ``empty`` for empty spans."""
        running = self._running[name]
        weight = self._weights[stop] - self._weights[start]
        full = stop > start
        return np.where(full, (running[stop] - running[start]) / np.maximum(weight, 0.1), empty)

    def at(self, name: str, step: int) -> Column:
        """Values of the segment ``step`` further on the page; -FAR beyond its ends."""
        return self.batch.shifted(self[name], step, -FAR)

    def mean_near(self, words: int | None, behind: bool) -> Column:
        """Mean log-odds of being filler over ``words`` words (or all) before or behind."""
        s, rows = self.batch.segments, np.arange(self.batch.n)
        running = self.batch.running_of("words")
        if behind:
            start, stop = rows + 1, s.page_last
            if words is not None:
                reach = np.searchsorted(running, running[1:] + words, side="left")
                stop = np.maximum(np.minimum(reach, stop), start)
        else:
            start, stop = s.page_first, rows
            if words is not None:
                reach = np.searchsorted(running, running[:-1] - words, side="right") - 1
                start = np.minimum(np.maximum(reach, start), stop)
        return self.mean("filler", start, stop)

    def mean_of_filler(self, name: str, reach: int | None) -> Column:
        """Mean log-odds ``name`` over the segments up to ``reach`` steps away (None: of the whole
        page), weighted by length and by the probability of being filler."""
        s, rows = self.batch.segments, np.arange(self.batch.n)
        far = self.batch.n if reach is None else reach
        start = np.maximum(rows - far, s.page_first)
        stop = np.minimum(rows + far + 1, s.page_last)
        weight = summable(self.probability * np.diff(self._weights))
        whole, part = _running_total(weight), _running_total(summable(weight * self[name]))
        return (part[stop] - part[start]) / (whole[stop] - whole[start] + 0.5)

    def top_near(self, name: str, reach: int, behind: bool) -> Column:
        """Largest value among the ``reach`` segments before or behind; -FAR if there is none."""
        # The largest of 1, 2, 4, … segments, as far as it goes, and of one such stretch behind.
        sign = 1 if behind else -1
        top, n = self.at(name, sign), 1
        while 2 * n <= reach:
            top = np.maximum(top, self.batch.shifted(top, sign * n, -FAR))
            n *= 2
        return np.maximum(top, self.batch.shifted(top, sign * (reach - n), -FAR))


def _running_total(values: Column) -> Column:
    """Sums of all values before each, and of all: one element more."""
    out = np.zeros(len(values) + 1)
    np.cumsum(values, out=out[1:])
    return out


def summable(values: Column) -> Column:
    """Values as multiples of 2**-20, so that their sums do not depend on the order."""
    return np.round(values * 2.0**20) * 2.0**-20


class Regions:
    """Candidate regions of a batch: segments ``start`` to ``stop``, never across pages.

    ``inside`` are the sums over each region, ``outside`` those over the rest of its page,
    ``opinions`` what the last look said of the segments.
    """

    def __init__(self, batch: Batch, start: Ints, stop: Ints, opinions: Opinions) -> None:
        self.batch = batch
        self.opinions = opinions
        self.start, self.stop = start, stop
        segments = batch.segments
        page = segments.page[start]
        self.page_first = segments.page_starts[page]
        self.page_last = segments.page_starts[page + 1]
        self.inside = Sums.of_few(batch, start, stop)
        self.outside = Sums.of_few(batch, self.page_first, self.page_last).minus(self.inside)
        self.columns: dict[str, Column] = {}

    def __len__(self) -> int:
        return len(self.start)

    # --- values of the segments inside --------------------------------------------------------

    @cached_property
    def members(self) -> tuple[Ints, Ints]:
        """All pairs of a region and a segment in it: ``(region, segment)``."""
        return members(self.start, self.stop)

    def mean(self, values: Column) -> Column:
        """Mean over each region of one value a member."""
        mean: Column = self.total(values) / np.maximum(self.stop - self.start, 1)
        return mean

    def total(self, values: NDArray[np.generic]) -> Column:
        """Sum over each region of one value a member."""
        return np.bincount(self.members[0], values, minlength=len(self)).astype(np.float64)

    def most(self, values: Column) -> Column:
        """Largest over each region of one value a member."""
        if not len(self):
            return np.zeros(0)
        sizes = self.stop - self.start
        most: Column = np.maximum.reduceat(values, np.cumsum(sizes) - sizes)
        return most

    def share_of(self, fact: str, start: Ints, stop: Ints) -> Column:
        """Occurrences of a fact a segment over spans of segments; 0 for empty spans."""
        running = self.batch.running_of(fact)
        share: Column = (running[stop] - running[start]) / np.maximum(stop - start, 1)
        return share

    def edge(self, fact: str, n: int, at_end: bool) -> Column:
        """Sum of a fact over the first or last ``n`` segments of each region."""
        running = self.batch.running_of(fact)
        if at_end:
            return running[self.stop] - running[np.maximum(self.start, self.stop - n)]
        return running[np.minimum(self.stop, self.start + n)] - running[self.start]

    # --- opinions -----------------------------------------------------------------------------

    def weighted_mean(self, name: str, start: Ints, stop: Ints, empty: float = -FAR) -> Column:
        """See :meth:`Opinions.mean`."""
        return self.opinions.mean(name, start, stop, empty)

    def weighted_mean_outside(self, name: str, empty: float = -FAR) -> Column:
        """The same over the rest of each page."""
        above = self.opinions.mean(name, self.page_first, self.start, 0.0)
        below = self.opinions.mean(name, self.stop, self.page_last, 0.0)
        weights = self.opinions._weights
        left = weights[self.start] - weights[self.page_first]
        right = weights[self.page_last] - weights[self.stop]
        mean = (above * left + below * right) / np.maximum(left + right, 0.1)
        return np.where(left + right > 0, mean, empty)

    def beside(self, values: Column, behind: bool) -> Column:
        """The value of the segment next to each region; -FAR beyond the ends of the page."""
        if behind:
            inside, at = self.stop < self.page_last, np.minimum(self.stop, self.batch.n - 1)
        else:
            inside, at = self.start > self.page_first, np.maximum(self.start - 1, 0)
        return np.where(inside, values[at], -FAR)

    # --- repetition ---------------------------------------------------------------------------

    @cached_property
    def best_outside(self) -> Column:
        """For each member, its best overlap with one passage outside the region."""
        overlaps = self.batch.overlaps
        region, segment = self.members
        above = overlaps.best_before(segment, overlaps.passage[self.start][region])
        below = overlaps.best_behind(segment, overlaps.passage[self.stop - 1][region])
        return np.maximum(above, below)

    @cached_property
    def _unsupported(self) -> tuple[Column, Column, Column]:
        """Names, numbers and rarity of the words whose every occurrence lies in the region."""
        packed, rarity = self.batch.enclosed.sums(self.start, self.stop, self.page_first)
        names, numbers = packed & 0xFFFFFFFF, packed >> 32
        return names.astype(np.float64), numbers.astype(np.float64), rarity.astype(np.float64)

    @property
    def unsupported_names(self) -> Column:
        """Names in the region whose word stands nowhere else on the page."""
        return self._unsupported[0]

    @property
    def unsupported_numbers(self) -> Column:
        """Numbers in the region that stand nowhere else on the page."""
        return self._unsupported[1]

    @property
    def unsupported_rarity(self) -> Column:
        """Rarity of the region's content words that stand nowhere else on the page."""
        return self._unsupported[2]

    # --- speakers -----------------------------------------------------------------------------

    @cached_property
    def _speakers(self) -> tuple[Ints, Ints, Column, Column, Column, Column]:
        """Region, first member segment, turns, questions, words and role of every speaker."""
        batch = self.batch
        s = batch.segments
        roles = Flag.ASKER | Flag.OUTLET | LETTER
        weights = [
            s.labelled.astype(np.int64),
            batch.ends_in_question.astype(np.int64),
            batch.n_words,
            (s.labelled & (s.role & roles != 0)).astype(np.int64),
        ]
        region, segment, sums = batch.speech.turns(*self.members, (self.start, self.stop), weights)
        turns, questions, words, role = (column.astype(np.float64) for column in sums)
        return region, segment, np.maximum(turns, 1.0), questions, words, np.minimum(role, 1.0)

    def _leading(self, by: Column) -> tuple[Ints, Ints]:
        """Of each region that has speakers the one that leads in ``by``, of equal ones the first to
        speak: ``(regions, speakers)``."""
        region, segment = self._speakers[:2]
        begin = np.flatnonzero(begins(region))
        if not len(begin):
            return begin, begin
        n = np.diff(np.append(begin, len(region)))
        leads = by == np.repeat(np.maximum.reduceat(by, begin), n)
        first = np.minimum.reduceat(np.where(leads, segment, self.batch.n), begin)
        chosen = np.flatnonzero(leads & (segment == np.repeat(first, n)))
        return region[chosen], chosen

    @cached_property
    def asker(self) -> tuple[Column, Column]:
        """Question share, and whether the label names a role, of the speaker who asks most."""
        _, _, turns, questions, _, role = self._speakers
        share = np.minimum(questions / np.maximum(turns, 1), 1.0)
        regions, chosen = self._leading(share)
        out = np.zeros((2, len(self)))
        out[0, regions], out[1, regions] = share[chosen], role[chosen]
        return out[0], out[1]

    @cached_property
    def answerer(self) -> tuple[Column, Column]:
        """Whether the name is known outside, and log words a turn, of who says most."""
        _, segment, turns, _, words, _ = self._speakers
        regions, chosen = self._leading(words)
        out = np.zeros((2, len(self)))
        first, last = self.batch.name_range(segment[chosen])
        known = (first >= 0) & ((first < self.start[regions]) | (last >= self.stop[regions]))
        out[0, regions] = known
        out[1, regions] = np.log1p(words[chosen] / turns[chosen])
        return out[0], out[1]

    @cached_property
    def speaker_outside(self) -> Column:
        """1 if one of the region's speakers also has a label outside the region."""
        speech = self.batch.speech
        region, segment = self.members
        labelled = np.flatnonzero(speech.first_label[segment] >= 0)
        region, segment = region[labelled], segment[labelled]
        crossing = speech.first_label[segment] < self.start[region]
        crossing |= speech.last_label[segment] >= self.stop[region]
        out = np.zeros(len(self))
        out[region[crossing]] = 1.0
        return out
