"""How features are declared.

There are six kinds, all functions from arrays to one float column:

*measure*    of any span of segments, from sums of facts (:class:`detector.spans.Sums`); the looks
             see it over several spans: the segment itself, what stands before it, the rest of the
             page …
*segment*    of each segment of a batch, where sums do not do
*neighbour*  of each segment, from the log-odds that an earlier look gave it and its neighbours
*region*     of each candidate region (:class:`detector.spans.Regions`)
*rival*      of each candidate region, from what an earlier look said of it and of those
             that overlap it (:class:`detector.rivals.Rivals`)
*label*      of each segment, from the log-odds that earlier looks gave it and its neighbours; only
             used to tell derivative from padded lines

Registering one is all there is to do: training, tests and the docs table pick it up. A name is
``family.quantity``; a changed meaning raises ``version``, so that older models are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from detector.batch import Batch, Column
from detector.rivals import Rivals
from detector.spans import Opinions, Regions, Sums

T = TypeVar("T")

FAMILIES = ("repetition", "phrasing", "speakers", "readability", "context", "opinion", "rivalry")


@dataclass(frozen=True)
class Feature(Generic[T]):
    """A registered feature; ``low`` and ``high`` bound its values."""

    name: str
    compute: Callable[[T], Column]
    low: float
    high: float
    version: int
    doc: str

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]


MEASURES: dict[str, Feature[Sums]] = {}
RATES: dict[str, str] = {}
"""The measures that merely count a fact, and the fact."""
SEGMENT: dict[str, Feature[Batch]] = {}
NEIGHBOUR: dict[str, Feature[Opinions]] = {}
REGION: dict[str, Feature[Regions]] = {}
RIVAL: dict[str, Feature[Rivals]] = {}
LABEL: dict[str, Feature[Opinions]] = {}


def _register(
    table: dict[str, Feature[T]], name: str, low: float, high: float, version: int, doc: str = ""
) -> Callable[[Callable[[T], Column]], Callable[[T], Column]]:
    def register(compute: Callable[[T], Column]) -> Callable[[T], Column]:
        text = doc or (compute.__doc__ or "").strip()
        if name in table or name.partition(".")[0] not in FAMILIES or not text:
            raise ValueError(f"feature {name!r} is taken, of no known family or undocumented")
        table[name] = Feature(name, compute, low, high, version, text)
        return compute

    return register


def measure(
    name: str, *, low: float = 0.0, high: float = 1.0, version: int = 1, doc: str = ""
) -> Callable[[Callable[[Sums], Column]], Callable[[Sums], Column]]:
    """Register a measure of spans."""
    return _register(MEASURES, name, low, high, version, doc)


def segment_feature(
    name: str, *, low: float = 0.0, high: float = 1.0, version: int = 1, doc: str = ""
) -> Callable[[Callable[[Batch], Column]], Callable[[Batch], Column]]:
    """Register a feature of segments."""
    return _register(SEGMENT, name, low, high, version, doc)


def neighbour_feature(
    name: str, *, low: float = 0.0, high: float = 1.0, version: int = 1, doc: str = ""
) -> Callable[[Callable[[Opinions], Column]], Callable[[Opinions], Column]]:
    """Register a feature of segments made of an earlier look's log-odds."""
    return _register(NEIGHBOUR, name, low, high, version, doc)


def region_feature(
    name: str, *, low: float = 0.0, high: float = 1.0, version: int = 1, doc: str = ""
) -> Callable[[Callable[[Regions], Column]], Callable[[Regions], Column]]:
    """Register a feature of candidate regions."""
    return _register(REGION, name, low, high, version, doc)


def rival_feature(
    name: str, *, low: float = 0.0, high: float = 1.0, version: int = 1, doc: str = ""
) -> Callable[[Callable[[Rivals], Column]], Callable[[Rivals], Column]]:
    """Register a feature of candidate regions made of what an earlier look said of all of them."""
    return _register(RIVAL, name, low, high, version, doc)


def label_feature(
    name: str, *, low: float = 0.0, high: float = 1.0, version: int = 1, doc: str = ""
) -> Callable[[Callable[[Opinions], Column]], Callable[[Opinions], Column]]:
    """Register a feature of segments that tells derivative from padded lines."""
    return _register(LABEL, name, low, high, version, doc)


def rates(family: str, facts: dict[str, str], version: int = 1) -> None:
    """Register ``family.FACT_rate`` for facts that are merely counted; values are docs."""
    for fact, doc in facts.items():
        RATES[f"{family}.{fact}_rate"] = fact
        measure(f"{family}.{fact}_rate", high=4.0, version=version, doc=doc)(_rate_of(fact))


def _rate_of(fact: str) -> Callable[[Sums], Column]:
    def compute(sums: Sums) -> Column:
        return sums.rate(fact)

    return compute
