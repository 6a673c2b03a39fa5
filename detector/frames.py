"""The frame of a site's staged conversations: signs that end labels, labels, words of headings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Sequence

import numpy as np

from detector.additions import Entry
from detector.chunks import Flag
from detector.lexicon import LABEL_MARKS, Lexicon
from detector.recurrence import LEAST_Z, Background, Label, LogOdds, Text, log_odds, recurring

LABEL_CHUNKS = 6
"""Chunks within which a label's sign stands."""
MARKS = frozenset("»›>|¦/\\]}~·•→⇒►▶")
"""Signs that may end labels; colons and dashes do so anyway."""
ROLE_FROM = 2 / 3
"""Share of the pages with a label's word on which it is the asker's, or the guest's."""


def marks(texts: Sequence[str], lexicon: Lexicon, least_pages: int) -> list[Entry]:
    """Signs that end labels on this site: on each page two speakers, each with two turns."""
    pages: Counter[str] = Counter()
    turns: Counter[str] = Counter()
    example: dict[str, str] = {}
    short = lexicon.words["abbreviation"]
    for text in texts:
        lines = Counter(found for line in text.splitlines() if (found := _marked(line, short)))
        speakers: dict[str, list[int]] = defaultdict(list)
        for (label, sign), n in lines.items():
            if n >= 2:
                speakers[sign].append(n)
                example.setdefault(sign, label)
        for sign, n_turns in speakers.items():
            if len(n_turns) >= 2:
                pages[sign] += 1
                turns[sign] += sum(n_turns)
    return [
        Entry(f"words/{LABEL_MARKS}", sign, n, turns[sign], example=example[sign])
        for sign, n in pages.items()
        if n >= least_pages
    ]


def _marked(line: str, abbreviations: Container[str]) -> tuple[str, str] | None:
    """A line's beginning up to a sign that may end a label, and the sign; none behind a colon or
    the end of a sentence."""
    chunks = line.split()
    for k, chunk in enumerate(chunks[:LABEL_CHUNKS]):
        sign = "" if "<" in chunk else chunk.rstrip("*_")[-1:]
        if sign in MARKS:
            label = " ".join(chunks[: k + 1])
            return (label, sign) if any(map(str.isalpha, label)) else None
        if sign and sign in ".!?:" and chunk.strip("*_.").lower() not in abbreviations:
            return None
    return None


def labels(site: Text, base: Background, lexicon: Lexicon, least_pages: int) -> list[Entry]:
    """Words in the labels of those who ask, of those who answer, and of the site itself.

    Names change from page to page and do not recur. A word beside a known asker's is the outlet's.
    """
    spoken: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for role, label in _roles(site):
        asker = any(word in lexicon.words["asker"] for word in label.words)
        for word in {*label.words} - _listed(lexicon):
            kind = "outlet" if asker and role == "asker" else role
            spoken[word].append((kind, label.segment))
    counts = [Counter(w for x in text.labels for w in x.words) for text in (site, *base)]
    found = []
    for word, turns in sorted(spoken.items()):
        on = {(kind, int(site.page[segment])) for kind, segment in turns}
        ((kind, n_on),) = Counter(kind for kind, _ in on).most_common(1)
        n_pages = len({page for _, page in on})
        recurs = n_pages >= least_pages and n_on >= ROLE_FROM * n_pages
        odds = _odds(word, *counts)
        if recurs and odds.z[0] >= LEAST_Z and len(word) > 1 and " " not in word:
            example = site.example(int(np.searchsorted(site.segment, turns[0][1])))
            score = float(odds.value[0])
            found.append(Entry(f"words/{kind}", word, n_pages, len(turns), score, example))
    return found


def _odds(word: str, site: Counter[str], honest: Counter[str], filler: Counter[str]) -> LogOdds:
    """How much likelier a word is in the site's labels than in those of honest text."""
    here, there, known = (np.array([counter[word]]) for counter in (site, honest, filler))
    return log_odds(here, there, site.total(), honest.total(), known, filler.total())


def _listed(lexicon: Lexicon) -> frozenset[str]:
    """Words that have a part in labels already, or none."""
    lists = ("asker", "answerer", "outlet", "title", "stopwords")
    return frozenset().union(*(lexicon.words[name] for name in lists))


def _roles(site: Text) -> Iterator[tuple[str, Label]]:
    """The labels of all conversations with their roles: on each page the speaker with most turns
    that end in a question asks, the others answer."""
    speakers: dict[int, dict[int, list[Label]]] = defaultdict(lambda: defaultdict(list))
    for label in site.labels:
        speakers[int(site.page[label.segment])][label.key].append(label)
    for by_key in speakers.values():
        turns = [labels for labels in by_key.values() if len(labels) >= 2]
        questions = [sum(bool(site.question[x.segment]) for x in labels) for labels in turns]
        if len(turns) < 2 or not any(questions):
            continue
        asker = questions.index(max(questions))
        for k, labels in enumerate(turns):
            for label in labels:
                yield ("asker" if k == asker else "answerer"), label


def heading_words(
    site: Text, base: Background, lexicon: Lexicon, least_pages: int
) -> Iterator[Entry]:
    """Content words that recur in the headings of suspected parts."""
    for run in recurring(site, base, 1, least_pages, headings=True):
        at = int(run.at[0])
        word = site.cores[site.ids[at]]
        is_content = site.flags(site.ids[at : at + 1])[0] & Flag.CONTENT
        if is_content and word not in lexicon.words["heading"]:
            text = site.example(at)
            yield Entry("words/heading", word, run.pages, len(run.at), run.score, text)
