"""``detector evaluate --report``: the folder, on a handful of pages."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detector import compose, evaluation
from detector.cli import main
from detector.corpus import GoldPage, Topic, read_jsonl
from detector.evaluation import Scores, evaluate
from detector.negatives import dev_pages
from detector.outcomes import outcomes
from detector.pipeline import Detector
from detector.report import Report, write
from detector.tally import Tally

PLOTS = {"precision-recall.svg", "reliability.svg", "borders.svg", "false-alarms.svg"}
HOSTILE = "<script>alert(1)</script>\n````\n![x](http://x.example/y.png) | **bold**\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def record(page: GoldPage, **changed: object) -> str:
    spans = [
        {"start": span.start, "end": span.end, "label": label, "form": region.subform}
        for region in page.regions
        for span, label in region.lines
    ]
    return json.dumps({"id": page.id, "text": page.text, "spans": spans, **changed}) + "\n"


@pytest.fixture(scope="module")
def labelled(topics: list[Topic], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of a topic, one of them labelled wrongly, and one that nobody should quote as it is."""
    path = tmp_path_factory.mktemp("labelled") / "pages.jsonl"
    pages = list(compose.pages(topics[2:], topics))
    fake = next(page for page in pages if page.kind == "article+filler")
    with path.open("w", encoding="utf-8") as file:
        file.writelines(map(record, pages))
        file.write(record(fake, id="honest", spans=[]))
        span = {"start": 0, "end": len(HOSTILE), "label": "padded", "form": "a|b<i>"}
        file.write(record(fake, id="<b>hostile</b> |", text=HOSTILE, spans=[span]))
    return path


@pytest.fixture(scope="module")
def human(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("human")
    with gzip.open(folder / "letters.dev.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "x", "text": "A short letter."}) + "\n")
    return folder


@pytest.fixture(scope="module")
def folder(labelled: Path, human: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report, written from the command line."""
    folder = tmp_path_factory.mktemp("report") / "new" / "folder"
    done = run("evaluate", "--data", labelled, "--human", human, "--report", folder, "--jobs", 1)
    assert done.exit_code == 0, done.output
    assert "character F1" in done.stdout
    assert f"wrote {folder}" in done.stderr
    return folder


@pytest.fixture(scope="module")
def scores(detector: Detector, labelled: Path, human: Path) -> Scores:
    """The figures, without a report."""
    return evaluate(detector, [*dev_pages(human), *read_jsonl(labelled)])


def read(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def test_the_folder_has_its_files(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {"evaluation.json", "EVALUATION.md", "worst-pages.md", *PLOTS}
    linked = re.findall(r"\]\(([\w.-]+)\)", read(folder, "EVALUATION.md"))
    assert set(linked) == {"worst-pages.md", *PLOTS}


def test_figures_are_those_of_scores(
    folder: Path, labelled: Path, scores: Scores, detector: Detector
) -> None:
    figures = json.loads(read(folder, "evaluation.json"))
    assert figures["figures"] == scores.to_dict()
    assert figures["pages"] == len(list(read_jsonl(labelled))) + 1
    assert set(figures["thresholds"]) == set(detector.model.thresholds)
    default = figures["thresholds"]["default"]
    assert default["regions_found"] == scores.regions.to_dict()
    assert default["clean_pages_marked"] == scores.false_alarms.to_dict()
    recalls = [point["regions_found"]["share"] for point in figures["curve"]]
    assert recalls[0] > recalls[-1]
    for groups in figures["borders"].values():
        assert sum(groups["interview"].values()) >= scores.first_lines["interview"].n


def test_all_tables_stand_in_markdown(folder: Path, scores: Scores) -> None:
    text = read(folder, "EVALUATION.md")
    for table in evaluation.TABLES:
        for tally in getattr(scores, table).values():
            assert f"| {tally.share:.4f} (" in text
    assert "Human documents marked, by source:" in text
    assert r"| a\|b\<i\> |" in text


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_plots_are_pictures_that_say_what_they_show(
    folder: Path, detector: Detector, name: str
) -> None:
    text = read(folder, name)
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    labels = {
        "precision-recall.svg": [
            "recall: share of",
            "precision: share of",
            f"default ({detector.threshold:+.2f})",
        ],
        "reliability.svg": ["mean score of the bin", "expected calibration error"],
        "borders.svg": ["first line", "last line", "characters early or late"],
        "false-alarms.svg": ["letters, 0 of 1", "pages marked by mistake (%)"],
    }
    for label in labels[name]:
        assert label in text


def test_the_worst_pages_are_quoted_and_explained(folder: Path) -> None:
    text = read(folder, "worst-pages.md")
    alarm = text[text.index("honest\n") :]
    assert "was marked (log-odds" in alarm
    assert re.search(r"^\+ \S", alarm, flags=re.MULTILINE)
    assert re.search(r"^log-odds \+.*base", alarm, flags=re.MULTILINE)


def test_text_of_pages_cannot_become_mark_up(folder: Path) -> None:
    text = read(folder, "worst-pages.md")
    assert r"\<b\>hostile\</b\> \|" in text
    outside = re.sub(r"^(`{3,})\w+\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert "- <script>alert(1)</script>" in text
    assert not re.search(r"(?<!\\)[<|`]|!\[", outside)


def test_the_same_pages_give_the_same_bytes(
    folder: Path, labelled: Path, human: Path, detector: Detector, tmp_path: Path
) -> None:
    pages = [*dev_pages(human), *read_jsonl(labelled)]
    write(tmp_path, Report.of(detector, list(outcomes(detector, pages, jobs=2)), {}))
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_given_threshold_is_among_the_points(labelled: Path, tmp_path: Path) -> None:
    done = run("evaluate", "--data", labelled, "--report", tmp_path, "--threshold", 2, "--jobs", 1)
    assert done.exit_code == 0, done.output
    figures = json.loads(read(tmp_path, "evaluation.json"))
    assert figures["threshold"] == figures["thresholds"]["given"]["threshold"] == 2
    assert figures["thresholds"]["given"]["regions_found"] == figures["figures"]["regions_found"]


def test_pages_without_filler_have_fewer_plots(tmp_path: Path) -> None:
    data = tmp_path / "clean.jsonl"
    data.write_text(json.dumps({"text": "The bridge is open."}) + "\n", encoding="utf-8")
    done = run("evaluate", "--data", data, "--report", tmp_path / "report", "--jobs", 1)
    assert done.exit_code == 0, done.output
    assert [p.name for p in (tmp_path / "report").glob("*.svg")] == ["false-alarms.svg"]
    assert "0 pages, at most one" in read(tmp_path / "report", "worst-pages.md")


def test_figures_under_attack_are_those_that_are_printed(tmp_path: Path) -> None:
    filler = "What do you think? Tell us in the comments below!"
    text = f"The bridge closed on Friday.\n{filler}"
    span = {"start": len(text) - len(filler), "end": len(text), "label": "padded"}
    data = tmp_path / "pages.jsonl"
    honest = {"id": "b", "text": "The bridge is open."}
    pages = ({"id": "a", "text": text, "spans": [span]}, honest)
    data.write_text("".join(json.dumps(page) + "\n" for page in pages), encoding="utf-8")
    report = tmp_path / "report"
    command = ("evaluate", "--data", data, "--attacks", "--jobs", 1, "--format", "json")
    done = run(*command, "--report", report)
    assert done.exit_code == 0, done.output
    (printed,) = json.loads(done.stdout).values()
    figures = json.loads(read(report, "evaluation.json"))
    assert figures["attacks"] == printed["attacks"]
    assert figures["figures"] == {k: v for k, v in printed.items() if k != "attacks"}
    table, plot = read(report, "EVALUATION.md"), read(report, "attacks.svg")
    assert "](attacks.svg)" in table
    for name, row in figures["attacks"].items():
        assert f"| {name} | {row['character_f1']:.4f} | {row['points_lost']:+.2f} |" in table
        assert f"{name}, {row['points_lost']:+.2f}" in plot


def test_attacks_are_counted_on_labelled_pages_and_human_text_apart(
    detector: Detector, tmp_path: Path
) -> None:
    every = list(outcomes(detector, [GoldPage("a", "The bridge is open.", (), "a")]))
    attacked = Scores(clean={"page": Tally(4, 1), "human: letters": Tally(2, 1)})
    write(tmp_path, Report.of(detector, every, {"upper_case": attacked}))
    labelled, letters = "0.2500 (0.0456–0.6994) of 4", "0.5000 (0.0945–0.9055) of 2"
    row = rf"| upper\_case | 0.0000 | +0.00 | – of 0 | {labelled} | {letters} |"
    assert row in read(tmp_path, "EVALUATION.md")


def test_without_matplotlib_the_extra_is_named_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    no_model = tmp_path / "no model"
    no_model.mkdir()
    done = run("evaluate", "--model", no_model, "--report", tmp_path / "report")
    assert done.exit_code == 2
    assert "pip install 'filler-detector[plot]'" in done.output
    assert not (tmp_path / "report").exists()


def test_a_report_is_of_one_model(root: Path, tmp_path: Path) -> None:
    model = root / "models" / "default"
    other = shutil.copytree(model, tmp_path / "other")
    done = run("evaluate", "--model", model, "--model", other, "--report", tmp_path / "report")
    assert done.exit_code == 2
    assert "--report is of one model" in done.output
