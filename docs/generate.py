"""Fill in what the documentation takes from the code, the data and the model.

    python docs/generate.py           write what has changed
    python docs/generate.py --check   write nothing; exit with 1 and name the pages that are stale

In the Markdown files of PAGES, whatever stands between ``<!-- generated: NAME -->`` and
``<!-- end of NAME -->`` is replaced by what the function NAME of PARTS returns. Figures belong
there, not into sentences written by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import click
import numpy as np
from click.testing import CliRunner
from click.testing import Result as Outcome

from detector import Detector, Document, Result, compose, looks, negatives
from detector.batch import Batch, Reader
from detector.cli import main as command_line
from detector.corpus import HUMAN, Topic, read_topics
from detector.evaluation import evaluate
from detector.features import registry
from detector.features.context import WINDOWS
from detector.features.registry import FAMILIES, Feature
from detector.retraining import default_data, pages_of
from detector.tally import Tally
from detector.training import FOLDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "data/README.md", *sorted(f"docs/{p.name}" for p in ROOT.glob("docs/*.md")))

_PART = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end of \2 -->)", re.DOTALL)


# --- Markdown -----------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; columns whose cells are all numbers are set to the right."""
    lines = [list(map(str, row)) for row in rows]
    columns = zip(*lines, strict=True)
    rules = ["---:" if all(map(_is_number, column)) else "---" for column in columns]
    return "\n".join(f"| {' | '.join(line)} |" for line in [list(head), rules, *lines])


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[-+]?[\d,.]+", cell) is not None


def fenced(text: str, language: str = "text") -> str:
    return f"```{language}\n{text.rstrip()}\n```"


# --- the seeds ----------------------------------------------------------------------------------


def _run(*arguments: str) -> str:
    """What a command prints when it is called in the checkout."""
    return _invoke(*arguments).stdout


def _invoke(*arguments: str) -> Outcome:
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        result = CliRunner().invoke(
            command_line, arguments, env={"COLUMNS": "80"}, prog_name="detector"
        )
    finally:
        os.chdir(here)
    if result.exit_code:
        raise SystemExit(f"detector {shlex.join(arguments)}: {result.output}")
    return result


def _console(*arguments: str) -> str:
    return fenced(f"$ detector {shlex.join(arguments)}\n{_run(*arguments)}", "console")


def score_seeds() -> str:
    """The table of the five seed pages."""
    return _console("score", "seeds")


def bulk_seeds() -> str:
    """A run over the five seed pages: what it says, and what is in its folder."""
    with tempfile.TemporaryDirectory() as name:
        output = Path(name, "scored")
        done = _invoke("score", "--output", str(output), "seeds/*.txt")
        files = "  ".join(sorted(path.name for path in output.iterdir()))
    command = "$ detector score --output scored 'seeds/*.txt'"
    return fenced(f"{command}\n{done.stderr}$ ls scored\n{files}", "console")


def explain_seed() -> str:
    """The first lines of the region that ``explain`` marks on the first seed."""
    lines = _run("explain", _seed().relative_to(ROOT).as_posix()).splitlines()
    begin = next(k for k, line in enumerate(lines) if line.startswith("── filler"))
    turns = [k for k in range(begin, len(lines)) if lines[k].startswith("       repeats")]
    end = next(k for k in range(turns[0], len(lines)) if lines[k][:3] in {"D| ", "P| "})
    return fenced("\n".join([*lines[begin:end], "…"]))


EXAMPLES = (
    "invented-interview",
    "genuine-interview",
    "empty-faq",
    "useful-faq",
    "closing",
    "told-again",
)
"""Pages in ``docs/examples``, in the order of the page that shows them."""


def examples() -> str:
    """What the default model says of the pages of *Is this filler?*"""
    detector = Detector.load()
    rows = []
    for name in EXAMPLES:
        path = ROOT / "docs" / "examples" / f"{name}.txt"
        result = detector.detect(path.read_bytes().decode())
        found = (f"{r.label}, {r.form}, score {r.score:.3f}" for r in result.regions)
        rows.append((name.replace("-", " "), f"{result.filler_fraction:.1%}", "; ".join(found)))
    return table(("page", "filler", "regions"), rows)


def explain_closing() -> str:
    """What ``explain`` shows of a short page's end."""
    arguments = ("explain", "docs/examples/closing.txt")
    lines = _run(*arguments).rstrip().splitlines()
    begin = next(k for k, line in enumerate(lines) if line.startswith("── filler"))
    shown = [f"$ detector {shlex.join(arguments)}", "…", *lines[begin:]]
    return fenced("\n".join(shown), "console")


def _seed() -> Path:
    return next((ROOT / "seeds").glob("000*.txt"))


@cache
def _seed_result() -> Result:
    path = _seed()
    name = path.relative_to(ROOT).as_posix()
    return Detector.load().detect(Document(name, path.read_bytes().decode()))


def wire_example() -> str:
    """The record of the first seed, cut down to one segment and one evidence of each kind."""
    record = _seed_result().to_dict()
    for span in record["spans"]:
        span["segments"] = span["segments"][:1]
        first = {evidence["kind"]: evidence for evidence in reversed(span["evidence"])}
        span["evidence"] = sorted(first.values(), key=lambda e: (e["start"], e["end"]))
    return fenced(_compact(record), "json")


def _compact(value: Any, indent: int = 0) -> str:
    """JSON with one line for each object that has no objects inside, where it is short enough."""
    inner = " " * (indent + 2)
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(line) + indent <= 96:
        return line
    if isinstance(value, dict):
        entries = [f"{json.dumps(k)}: {_compact(v, indent + 2)}" for k, v in value.items()]
        return "{\n" + ",\n".join(inner + entry for entry in entries) + "\n" + " " * indent + "}"
    entries = [_compact(item, indent + 2) for item in value]
    return "[\n" + ",\n".join(inner + entry for entry in entries) + "\n" + " " * indent + "]"


def format_example(name: str) -> str:
    """What a format says of the first seed, with long texts cut and few of its details."""
    output = _run("score", "--format", name, str(_seed().relative_to(ROOT)))
    if name == "csv":
        return fenced(output, "csv")
    record = json.loads(output)
    if name == "labelstudio":
        (record,) = record
    if name == "sarif":
        (run,) = record["runs"]
        run["tool"]["driver"]["rules"] = run["tool"]["driver"]["rules"][:1]
        for found in run["results"]:
            found["relatedLocations"] = found["relatedLocations"][:1]
    return fenced(_compact(_cut(record)), "json")


def _cut(value: Any) -> Any:
    """JSON in which no text is long."""
    if isinstance(value, dict):
        return {name: _cut(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in value]
    long = isinstance(value, str) and len(value) > 70 and " " in value
    return f"{value[:40]}…" if long else value


def walk() -> str:
    """The first seed's way from bytes to spans, in numbers."""
    detector, raw = Detector.load(), _seed().read_bytes()
    text, model = raw.decode(), detector.model
    batch = Batch([Document("page", text)], Reader(detector.lexicon))
    first = looks.first_opinions(batch, model.looks["segments"])
    second = looks.second_opinions(model.looks["neighbours"], first)
    found = looks.propose(batch, second)
    (region,) = _seed_result().regions
    labels = Counter(segment.label.value for segment in region.segments)
    kinds = Counter(evidence.kind for evidence in region.evidence)
    filler = second["filler"]
    inside = np.zeros(batch.n, np.bool_)
    inside[batch.n - len(region.segments) :] = True
    rows = [
        ("bytes", f"{len(raw):,}"),
        ("characters (code points)", f"{len(text):,}"),
        ("chunks between blanks, and line breaks", f"{len(batch.tokens.ids):,}"),
        ("distinct ones", f"{len(set(batch.tokens.ids.tolist())):,}"),
        ("segments", f"{batch.n:,}"),
        ("features of a segment, first look", f"{len(model.looks['segments'].features):,}"),
        ("features of a segment, second look", f"{len(model.looks['neighbours'].features):,}"),
        (
            "mean log-odds of being filler after the second look, last "
            f"{len(region.segments)} segments",
            f"{filler[inside].mean():+.1f}",
        ),
        ("the same, all segments above", f"{filler[~inside].mean():+.1f}"),
        ("candidate regions", f"{len(found.start):,}"),
        ("features of a region, third look", f"{len(model.looks['regions'].features):,}"),
        ("threshold, log-odds", f"{detector.threshold:+.2f}"),
        (f"the region chosen, {region.span.start}–{region.span.end}", f"{region.log_odds:+.2f}"),
        ("its score", f"{region.score:.3f}"),
        ("its segments", ", ".join(f"{n} {label}" for label, n in sorted(labels.items()))),
        ("its evidence", ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))),
    ]
    return table(("on the page `seeds/000…`", ""), rows)


def contributions() -> str:
    """The log-odds of the first seed's region, by family."""
    (region,) = _seed_result().regions
    rows = [(name, f"{value:+.2f}") for name, value in region.contributions.items()]
    return table(("family", "log-odds"), [*rows, ("sum", f"{region.log_odds:+.2f}")])


# --- command line and features ------------------------------------------------------------------


def commands() -> str:
    """The help of every command."""
    parts = [fenced(_run("--help"))]
    for name in command_line.commands:
        parts.append(f"## detector {name}\n\n{fenced(_run(name, '--help'))}")
    return "\n\n".join(parts)


def options() -> str:
    """Commands with their first sentences."""
    with click.Context(command_line) as context:
        rows = [
            (f"`detector {name}`", command.get_short_help_str(200))
            for name, command in command_line.commands.items()
        ]
    assert context is not None
    return table(("command", "what it does"), rows)


_KINDS: tuple[tuple[str, dict[str, Feature[Any]], str], ...] = (
    ("measure", registry.MEASURES, "of any span"),
    ("segment", registry.SEGMENT, "of a segment, first look"),
    ("neighbour", registry.NEIGHBOUR, "of a segment, second look"),
    ("region", registry.REGION, "of a candidate region, third look"),
    ("rival", registry.RIVAL, "of a candidate region among others, fourth look"),
    ("label", registry.LABEL, "of a segment, to tell derivative from padded"),
)


def feature_kinds() -> str:
    """How many features there are of each kind."""
    rows = [(f"*{kind}*", where, len(features)) for kind, features, where in _KINDS]
    return table(("kind", "measured", "features"), rows)


def feature_windows() -> str:
    """The spans over which measures are taken."""
    names = [*(f"`@{window}`" for window in WINDOWS), "`@inside`", "`@contrast`"]
    return ", ".join(names[:-1]) + " and " + names[-1]


def features() -> str:
    """All features by family."""
    used = Detector.load().model.feature_versions
    parts = []
    for family in FAMILIES:
        rows = [
            (f"`{f.name}`", kind, f"{f.low:g} … {f.high:g}", f.version, _cell(f, used))
            for kind, features, _ in _KINDS
            for f in features.values()
            if f.family == family
        ]
        head = ("name", "kind", "range", "version", "meaning")
        parts.append(f"## {family}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def _cell(feature: Feature[Any], used: Iterable[str]) -> str:
    meaning = " ".join(feature.doc.split()).replace("|", "\\|")
    return meaning if feature.name in used else f"{meaning} *(not in the default model)*"


def thresholds() -> str:
    """The thresholds that come with the default model."""
    model = Detector.load().model
    rows = []
    for name in model.names():
        known = model.thresholds[name]
        figures = [
            f"{tally.share:.2%} ({low:.2%}–{high:.2%}) of {tally.n:,}: {on}"
            for tally, on in ((known.alarms, known.alarms_on), (known.recall, known.recall_on))
            for low, high in [tally.interval()]
        ]
        rows.append((name, f"{known.log_odds:+.3f}", *figures))
    return table(("name", "log-odds", "honest pages marked", "regions found"), rows)


@cache
def _evaluation() -> dict[str, Any]:
    """What the release measured on dev pages and human text."""
    path = ROOT / "models" / "default" / "evaluation.json"
    figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return figures


def _least(aim: float, tally: dict[str, Any]) -> tuple[str, str, str]:
    return _judged(f"≥ {aim:.1%}", tally, tally["share"] >= aim)


def _most(aim: float, tally: dict[str, Any]) -> tuple[str, str, str]:
    return _judged(f"≤ {aim:.1%}", tally, tally["share"] <= aim)


def _judged(aim: str, tally: dict[str, Any], reached: bool) -> tuple[str, str, str]:
    return aim, _share(tally), "reached" if reached else "missed"


def _share(tally: dict[str, Any]) -> str:
    low, high = tally["interval"]
    return f"{tally['share']:.2%} ({low:.2%}–{high:.2%}) of {tally['n']:,}"


def aims() -> str:
    """What the project aims at, and what the released model reaches."""
    figures = _evaluation()["figures"]
    form, kind, clean = figures["by_form"], figures["by_kind"], figures["clean"]
    human = [tally for name, tally in clean.items() if name.startswith(HUMAN)]
    honest = [tally for name, tally in clean.items() if not name.startswith(HUMAN)]
    f1 = figures["character_f1"]
    rows: list[tuple[str, ...]] = [
        ("character F1", "≥ .98", f"{f1:.4f}", "reached" if f1 >= 0.98 else "missed"),
        ("derivative or padded right", *_least(0.92, figures["labels_right"])),
        *((f"regions found: {name}", *_least(_FORMS.get(name, 0.85), form[name])) for name in form),
        *(
            (f"{side} line exact: {name}", *_least(aim, figures[f"{side}_lines"][name]))
            for side in ("first", "last")
            for name, aim in (("interview", 0.95), ("other", 0.85))
        ),
        *(
            (f"regions found on pages: {name}", *_least(aim, kind[name]))
            for name, aim in _KINDS_OF_PAGE
        ),
        ("honest dev pages marked", *_most(0.003, _sum(honest))),
        ("article and genuine interview marked", *_most(0.005, clean["article+genuine"])),
        ("genuine interview alone marked", *_most(0.003, clean["genuine"])),
        ("re-told page marked", *_most(0.003, clean["rewrite"])),
        ("human documents marked", *_most(0.001, _sum(human))),
        ("human pages of left-out sources, worst", *_most(0.01, _worst_source())),
        *(
            (
                f"calibration error, {what}",
                "≤ .02",
                f"{figures['calibration'][what]['error']:.4f}",
                "reached",
            )
            for what in ("regions", "segments")
        ),
    ]
    return table(("figure", "aim", "reached", ""), rows)


def _sum(tallies: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return Tally(sum(t["n"] for t in tallies), sum(t["right"] for t in tallies)).to_dict()


def _worst_source() -> dict[str, Any]:
    held_out = _evaluation()["human_held_out"]
    worst: dict[str, Any] = held_out["sources"][held_out["worst"]]
    return worst


_FORMS = {"interview": 0.99}
_KINDS_OF_PAGE = (
    ("article+filler+filler", 0.9),
    ("article+genuine+filler", 0.9),
    ("article+filler-inside", 0.9),
    ("rewrite-closing", 0.85),
    ("rewrite-closing+genuine", 0.85),
    ("short+filler", 0.95),
    ("stranger+filler", 0.8),
    ("filler", 0.8),
)
"""Kinds of pages with filler, and the share of their regions that should be found."""


def unseen() -> str:
    """What the released model finds on pages of stories that had no part in making it."""
    stories = read_topics(default_data().unseen)
    figures = evaluate(Detector.load(), compose.pages(stories, stories)).to_dict()
    clean = figures["clean"]
    genuine = [tally for kind, tally in clean.items() if "genuine" in kind]
    rows = [
        ("stories", f"{len(stories)}"),
        ("character F1", f"{figures['character_f1']:.4f}"),
        ("derivative or padded right", _share(figures["labels_right"])),
        ("regions found", _share(figures["regions_found"])),
        *((f"regions found: {form}", _share(t)) for form, t in figures["by_form"].items()),
        *(
            (f"{side} line exact: {form}", _share(tally))
            for side in ("first", "last")
            for form, tally in figures[f"{side}_lines"].items()
        ),
        ("honest pages marked", _share(figures["clean_pages_marked"])),
        ("… with a genuine interview or the like", _share(_sum(genuine))),
    ]
    return table(("figure", "reached"), rows)


# --- data ---------------------------------------------------------------------------------------


@cache
def _topics() -> list[Topic]:
    return read_topics(default_data().topics)


def _words(topics: Iterable[Topic], label: str | None = None) -> int:
    return sum(
        len(line.text.split())
        for topic in topics
        for block in topic.blocks
        for line in block.lines
        if label is None or line.label.value == label
    )


def topics() -> str:
    """Stories, blocks, lines and words, by part."""
    dev = [topic for topic in _topics() if topic.is_dev]
    train = [topic for topic in _topics() if not topic.is_dev]
    parts = (train, dev, _topics())
    every = [[line for t in part for b in t.blocks for line in b.lines] for part in parts]
    rows: list[tuple[object, ...]] = [
        ("topics", *(f"{len(part):,}" for part in parts)),
        ("blocks", *(f"{sum(len(t.blocks) for t in part):,}" for part in parts)),
        ("words", *(f"{_words(part):,}" for part in parts)),
        ("domains", *(len({t.domain for t in part}) for part in parts)),
    ]
    for mark, label in (("O", "original"), ("D", "derivative"), ("P", "padded")):
        counts = (sum(line.label.value == label for line in lines) for lines in every)
        rows.append((f"lines labelled {mark} ({label})", *(f"{n:,}" for n in counts)))
    return table(("", "train", "dev", "all"), rows)


def blocks() -> str:
    """Blocks by kind and form; forms that are rare in the corpus are summed up."""
    counts = Counter((b.kind, b.form) for topic in _topics() for b in topic.blocks)
    rows: list[tuple[str, str, int]] = []
    for kind in ("article", "filler", "genuine", "hardneg", "rewrite"):
        forms = {form: n for (k, form), n in counts.most_common() if k == kind}
        shown = {form: n for form, n in forms.items() if n >= 20}
        rows += [
            (f"@{kind}", "" if form == kind == "article" else form, n) for form, n in shown.items()
        ]
        others = {form: n for form, n in forms.items() if form not in shown}
        if others:
            rows.append((f"@{kind}", f"{len(others)} other forms", sum(others.values())))
    return table(("block", "form", "number"), rows)


@cache
def _pages() -> tuple[list[tuple[str, str, bool]], list[tuple[str, str, bool]]]:
    made = (pages_of(default_data().topics, dev) for dev in (False, True))
    one, other = ([(p.kind, p.shape, bool(p.regions)) for p in pages] for pages in made)
    return one, other


def _by(column: int, name: str, known: Iterable[str] = ()) -> str:
    train, dev = ([page[column] for page in pages] for pages in _pages())
    names = dict.fromkeys([*known, *sorted({*train, *dev})])
    rows = [(f"`{n}`", f"{train.count(n):,}", f"{dev.count(n):,}") for n in names]
    total = ("all", f"{len(train):,}", f"{len(dev):,}")
    marked = ("with filler", *(f"{sum(p[2] for p in pages):,}" for pages in _pages()))
    return table((name, "train", "dev"), [*rows, total, marked])


def compositions() -> str:
    """Composed pages by what stands on them."""
    return _by(0, "composition")


def shapes() -> str:
    """Composed pages by how they were scraped."""
    return _by(1, "shape", compose.SHAPES)


_LEARNED = frozenset({"rarity.txt", "names.txt", "habits.txt"})


def lexicons() -> str:
    """Lexicon files with their headers."""
    folder = default_data().path / "lexicons"
    rows = []
    for path in sorted(folder.rglob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        head = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
        entries = [line for line in lines if line and not line.startswith("#")]
        if path.name == "rarity.txt":
            entries = [word for line in entries for word in line.partition("\t")[2].split(" ")]
        is_learned = path.name in _LEARNED or path.parent.name == "folds"
        made = "learned" if is_learned else "by hand"
        name = path.relative_to(folder).as_posix()
        rows.append((f"`{name}`", head["purpose"], made, f"{len(entries):,}", head["date"]))
    return table(("file in `lexicons/`", "purpose", "made", "entries", "date"), rows)


def _stored() -> negatives.Stored:
    return negatives.Stored(default_data().negatives)


def measured_rows() -> str:
    """The tables in real_features.npz."""
    stored = _stored()
    rows = []
    with np.load(default_data().negatives, allow_pickle=False) as arrays:
        for look in negatives.HEADS:
            n, width = arrays[f"{look}/values"].shape
            rows.append((look, f"{n:,}", width))
    pages = ", ".join(f"{negatives.n_pages(stored.sources[k]):,} in fold {k}" for k in range(FOLDS))
    return f"{table(('look', 'rows', 'columns'), rows)}\n\nPages measured: {pages}."


SOURCES = {
    "bitcoin_transcripts": "technical talks with questions and podcasts; Bitcoin Transcripts",
    "bitcoinops": "newsletters with fixed openings and sign-offs; Bitcoin Optech",
    "carpentries": "blog posts, some as Q&A; The Carpentries",
    "cc_opensource": "posts and student reports with thanks; Creative Commons Open Source",
    "cds_canada": "a government blog; Canadian Digital Service",
    "changelog": "podcasts transcribed by people; Changelog Media",
    "digitalgov": "a government blog; Digital.gov",
    "ewt": "Q&A sites, reviews, newsgroups and weblogs; UD English EWT",
    "gsa_18f": "an agency's blog, some staff Q&As; 18F, US General Services Administration",
    "haskell_weekly": "newsletters; Haskell Weekly",
    "julialang": "release notes and essays with formulas; the Julia Language blog",
    "nih_faq": "health FAQ pages of authorities, through MedQuAD; US NIH and CDC",
    "nodejs_blog": "press releases with quotes and boilerplate; the Node.js blog",
    "openstax_sociology": "textbook sections and summaries; OpenStax Sociology",
    "opensuse_news": "project news; openSUSE News",
    "ropensci": "profiles in Q&A form and posts; rOpenSci",
    "rust_blog": "announcements; the Rust blog and Inside Rust",
    "state_union": "presidents' addresses; US government",
    "us_hearings": 'hearings with labels such as "Mr. Frank."; US Government Publishing Office',
    "usesthis": "written interviews with four fixed questions; usesthis.com",
    "wh_briefings": "press briefings with `Q:` and surname labels; US government",
    "wh_statements": "readouts, fact sheets, statements; US government",
    "wilderness_testimony": "citizens' statements of 1983, thanks at the end; US Senate hearing",
}
"""What each source of human text is and whom to credit; licences stand in real_features.npz."""


def human_sources() -> str:
    """Sources of the human text, with licences."""
    rows = []
    for source, entry in sorted(_stored().info["credits"].items()):
        if source not in SOURCES:
            raise SystemExit(f"{source}: say in SOURCES of docs/generate.py what this source is")
        measured = min(entry["documents"], negatives.DOCUMENTS_A_SOURCE)
        licences = "; ".join(entry["licences"])
        rows.append((f"`{source}`", SOURCES[source], licences, entry["documents"], measured))
    total = ("all", "", "", sum(row[3] for row in rows), sum(row[4] for row in rows))
    return table(("source", "what, and whose", "licence", "documents", "measured"), [*rows, total])


# --- the pages ----------------------------------------------------------------------------------

PARTS: dict[str, Callable[[], str]] = {
    part.__name__.replace("_", " "): part
    for part in (
        score_seeds,
        bulk_seeds,
        explain_seed,
        explain_closing,
        examples,
        wire_example,
        walk,
        contributions,
        commands,
        options,
        feature_kinds,
        feature_windows,
        features,
        thresholds,
        aims,
        unseen,
        topics,
        blocks,
        compositions,
        shapes,
        lexicons,
        measured_rows,
        human_sources,
    )
}
PARTS |= {
    f"format {name}": partial(format_example, name)
    for name in ("csv", "sarif", "dolma", "labelstudio", "prodigy")
}


def fill(text: str) -> str:
    """``text`` with its generated parts made anew."""
    return _PART.sub(lambda part: f"{part[1]}{_part(part[2])}\n{part[3]}", text)


@cache
def _part(name: str) -> str:
    return PARTS[name]()


def stale() -> dict[Path, str]:
    """Pages whose generated parts are not current, and what they should be."""
    out = {}
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        filled = fill(text)
        if filled != text:
            out[ROOT / page] = filled
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    check = parser.parse_args().check
    pages = stale()
    for path, text in pages.items():
        if not check:
            path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {'stale, run docs/generate.py' if check else 'written'}")
    sys.exit(bool(check and pages))


if __name__ == "__main__":
    main()
