"""What a run found, by site: counted shard by shard, stored, added up.

However many sites there are, only so many are kept by name, those with the most pages; the others
are counted together. Sums are whole numbers and shards are added in order, so that the same inputs
give the same summary.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from detector.types import Result, Unreadable

SITES = 10_000
"""Sites that are kept by name."""
FRAMES = 5
"""Frames that are named of each site."""
FRAMES_SHOWN = 2
"""Frames of each site in what people read."""
OTHERS = "(other sites)"

_FRAME_KINDS = frozenset({"frame", "speaker", "phrase"})
_NUMBER = re.compile(r"\d+")


@dataclass
class Counts:
    """Sums over the pages of a site; ``frames`` counts pages by what frames their filler."""

    pages: int = 0
    marked: int = 0
    chars: int = 0
    filler_chars: int = 0
    frames: Counter[str] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        self.pages += 1
        self.marked += bool(result.regions)
        self.chars += result.n_chars
        self.filler_chars += result.filler_chars
        self.frames.update(sorted(_frames(result)))

    def merge(self, other: Counts) -> None:
        self.pages += other.pages
        self.marked += other.marked
        self.chars += other.chars
        self.filler_chars += other.filler_chars
        self.frames.update(other.frames)

    @property
    def share(self) -> float:
        """Share of the pages that have filler, 0 to 1; 0 of no pages."""
        return self.marked / self.pages if self.pages else 0.0

    def commonest(self) -> list[tuple[str, int]]:
        """Frames on the most pages, and on how many."""
        return sorted(self.frames.items(), key=lambda item: (-item[1], item[0]))[:FRAMES]

    def to_dict(self) -> dict[str, Any]:
        return {
            "pages": self.pages,
            "marked": self.marked,
            "share_marked": round(self.share, 4),
            "chars": self.chars,
            "filler_chars": self.filler_chars,
            "frames": dict(self.commonest()),
        }


def _frames(result: Result) -> set[str]:
    """What frames the filler of a page: headings, labels and stock phrases by kind and note."""
    return {
        f"{item.kind}: {_NUMBER.sub('n', item.note)}"
        for region in result.regions
        for item in region.evidence
        if item.kind in _FRAME_KINDS
    }


@dataclass
class Summary:
    """Sums over a run, and over each of its sites."""

    not_judged: int = 0
    largest_fraction: float = 0.0
    rejects: Counter[str] = field(default_factory=Counter)
    sites: dict[str, Counts] = field(default_factory=dict)

    def add(self, site: str, result: Result) -> None:
        self.sites.setdefault(site, Counts()).add(result)
        self.not_judged += result.abstained is not None
        self.largest_fraction = max(self.largest_fraction, result.filler_fraction)
        self._bound()

    def reject(self, page: Unreadable) -> None:
        self.rejects[page.kind] += 1

    def merge(self, other: Summary) -> None:
        """Add what another shard gave."""
        self.not_judged += other.not_judged
        self.largest_fraction = max(self.largest_fraction, other.largest_fraction)
        self.rejects.update(other.rejects)
        for site, counts in other.sites.items():
            self.sites.setdefault(site, Counts()).merge(counts)
        self._bound()

    def _bound(self) -> None:
        """Count small sites together where there are twice as many as are kept."""
        if len(self.sites) > 2 * SITES:
            self.sites = dict(self._largest())

    def _largest(self) -> Iterator[tuple[str, Counts]]:
        named = ((site, counts) for site, counts in self.sites.items() if site != OTHERS)
        ordered = sorted(named, key=lambda item: (-item[1].pages, item[0]))
        yield from ordered[:SITES]
        others = Counts()
        others.merge(self.sites.get(OTHERS, Counts()))
        for _, counts in ordered[SITES:]:
            others.merge(counts)
        if others.pages:
            yield OTHERS, others

    def total(self) -> Counts:
        """Sums over all sites."""
        total = Counts()
        for counts in self.sites.values():
            total.merge(counts)
        return total

    def to_dict(self) -> dict[str, Any]:
        """What is written of a finished run; sites from the one with the most pages on."""
        return {
            **self.total().to_dict(),
            "not_judged": self.not_judged,
            "largest_fraction": self.largest_fraction,
            "rejects": dict(sorted(self.rejects.items())),
            "sites": {site: counts.to_dict() for site, counts in self._largest()},
        }

    def store(self) -> dict[str, Any]:
        """All that :meth:`merge` needs, as JSON."""
        return {**vars(self), "sites": {site: vars(c) for site, c in self.sites.items()}}

    @classmethod
    def stored(cls, record: Mapping[str, Any]) -> Summary:
        """What :meth:`store` gave."""
        return cls(
            record["not_judged"],
            record["largest_fraction"],
            Counter(record["rejects"]),
            {
                site: Counts(**counts | {"frames": Counter(counts["frames"])})
                for site, counts in record["sites"].items()
            },
        )


def lines(record: Mapping[str, Any], n_sites: int = 10) -> Iterator[str]:
    """The summary of a run, as :meth:`Summary.to_dict` gives it, for people."""
    n_rejects = sum(record["rejects"].values())
    yield (
        f"{record['pages']:,} pages, {record['marked']:,} with filler "
        f"({record['share_marked']:.1%}), {record['filler_chars']:,} characters of filler, "
        f"{record['not_judged']:,} not judged"
    )
    if n_rejects:
        kinds = ", ".join(f"{kind} {n:,}" for kind, n in record["rejects"].items())
        yield f"{n_rejects:,} not read ({kinds}), see rejects.jsonl"
    yield f"{'pages':>12}{'marked':>9}{'filler':>14}  site, and the commonest frames of its filler"
    sites = list(record["sites"].items())
    for site, counts in sites[:n_sites]:
        yield (
            f"{counts['pages']:>12,}{counts['share_marked']:>9.1%}{counts['filler_chars']:>14,}"
            f"  {site}"
        )
        if counts["frames"]:
            frames = list(counts["frames"])[:FRAMES_SHOWN]
            yield f"{'':37}{'; '.join(frames)}"
    if len(sites) > n_sites:
        yield f"and {len(sites) - n_sites:,} more sites in summary.json"
