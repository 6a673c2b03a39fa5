"""Mining: the habits of one site from its unlabelled pages, as entries for a lexicon.

A farm's filler differs from page to page, its frame does not: the same labels, headings, lead-ins,
turns of phrase and sign-offs come back. So do a newspaper's bylines and footers. What tells the two
apart is where they come back: a habit recurs on several pages, inside their most suspect parts
(:mod:`detector.suspicion`), and hardly anywhere else on the site or in the honest text of the base
corpus. Each round looks at the pages with the habits found so far, which makes these parts clearer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from detector import additions, frames
from detector.additions import MAX_WORDS, Entry
from detector.chunks import Flag
from detector.corpus import Topic
from detector.errors import ConfigError
from detector.lexicon import Lexicon
from detector.model import Model
from detector.recurrence import Background, Run, Text, recurring
from detector.types import Document

LEAST_SITE = 10
"""Pages below which nothing can be said to recur."""
LEAST_PAGES = 3
"""Pages that must have a habit …"""
ONE_IN = 50
"""… or one in so many pages, if that is more."""
ROUNDS = 3
SAME = 0.7
"""Share of a phrase's occurrences from which the longer phrase around it says it all, and from
which the place where it stands decides its kind."""
LEAST_CONTENT = 4
"""Words from which a phrase may have no content word."""


def mine(
    pages: Sequence[Document],
    model: Model,
    lexicon: Lexicon,
    base: Sequence[Topic],
    least_pages: int | None = None,
) -> list[Entry]:
    """The habits of the site that ``pages`` come from.

    ``model`` and ``lexicon`` suspect parts of pages; ``base`` shows what other text is like; a
    habit stands on ``least_pages`` pages or more (by default 3, or one in 50). Raises ConfigError
    if there are too few pages, or if nothing recurs in place.
    """
    least = least_pages or max(LEAST_PAGES, len(pages) // ONE_IN)
    if len(pages) < max(LEAST_SITE, least):
        raise ConfigError(
            f"{len(pages)} pages are too few to see what recurs; give at least "
            f"{max(LEAST_SITE, least)} pages of one site"
        )
    background = Background.of(base, lexicon)
    marks = frames.marks([page.text for page in pages], lexicon, least)
    found: list[Entry] = []
    for _ in range(ROUNDS):
        site = Text(pages, lexicon.with_entries([*marks, *found]), model)
        found = [
            *frames.labels(site, background, lexicon, least),
            *frames.heading_words(site, background, lexicon, least),
            *_phrases(site, background, lexicon, least),
        ]
    if not found:
        raise ConfigError(
            f"nothing recurs in the suspect parts of {least} of {len(pages)} pages; give more "
            "pages of one site, or lower --min-pages"
        )
    return [*marks, *found]


def write(path: Path, entries: Sequence[Entry], n_pages: int) -> None:
    """Write entries as the file that ``detector train --lexicon`` takes."""
    head = (
        f"What recurs in the suspect parts of {n_pages} pages of a site, and hardly elsewhere.",
        "",
        "Read every line. Honest text that has these words will look more like filler too, so put",
        "a # before a line that is a topic, a name or the house style of honest pages. You may",
        "move a line to another section, and add lines of your own.",
        "",
        "word or phrase, pages, occurrences, log-odds, example, with tabs between them",
    )
    additions.write(path, entries, head)


def _phrases(site: Text, base: Background, lexicon: Lexicon, least_pages: int) -> Iterator[Entry]:
    known = frozenset().union(*lexicon.phrases.values())
    runs = {
        " ".join(_words(site, r)): r for r in _longest(site, _all_runs(site, base, least_pages))
    }
    for text, run in runs.items():
        # What says the same on more pages has been kept as well.
        within = any(f" {other} " in f" {text} " for other in runs if other != text)
        if text not in known and not within:
            kind = f"phrases/{_group(site, run)}"
            example = site.example(int(run.at[0]))
            yield Entry(kind, text, run.pages, len(run.at), run.score, example)


def _all_runs(site: Text, base: Background, least_pages: int) -> Iterator[Run]:
    """Runs of words that recur in place, the longest first, that say more than stop words can."""
    for n in range(MAX_WORDS, 1, -1):
        for run in recurring(site, base, n, least_pages):
            at = int(run.at[0])
            content = site.flags(site.ids[at : at + n]) & Flag.CONTENT
            if n >= LEAST_CONTENT or content.any():
                yield run


def _longest(site: Text, runs: Iterable[Run]) -> Iterator[Run]:
    """Without runs most of whose occurrences overlap with those of runs that were kept."""
    taken = np.zeros(len(site.ids), np.bool_)
    for run in sorted(runs, key=lambda run: (-run.n, -len(run.at), int(run.at[0]))):
        covered = taken[run.at] | taken[run.at + run.n - 1]
        if covered.mean() < SAME:
            for k in range(run.n):
                taken[run.at + k] = True
            yield run


def _words(site: Text, run: Run) -> list[str]:
    at = int(run.at[0])
    return [site.cores[k] for k in site.ids[at : at + run.n]]


def _group(site: Text, run: Run) -> str:
    """The group of stock phrases that a run belongs to, by where it stands."""
    segments = site.segment[run.at]
    first = np.append(-1, site.segment)[run.at] != segments
    places = {
        "meta": site.heading,
        "stock_question": site.question,
        "greeting": site.opens,
        "farewell": site.ends,
    }
    for group, column in places.items():
        if column[segments].mean() >= SAME:
            return group
    return "answer_opening" if first.mean() >= SAME else "gloss"
