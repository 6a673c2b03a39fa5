"""The commands that make and measure models, on a handful of stories."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detector import Detector
from detector.attacks import ATTACKS
from detector.cli import main
from detector.evaluation import evaluate
from detector.figures import TITLES, share
from detector.negatives import Stored, dev_pages
from detector.pipeline import default_model
from detector.retraining import DataFolder, pages_of

TEXT = "The bridge closed on Friday.\nWhat do you think? Tell us in the comments below!"
RECORD = {"id": "a", "text": TEXT, "spans": [{"start": 29, "end": 78, "label": "padded"}]}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A user's labelled page."""
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps(RECORD) + "\n", encoding="utf-8")
    return path


def test_train_writes_a_folder_that_scores(
    small_data: DataFolder, own: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    done = run("train", "--base", small_data.path, "--data", own, "--output", folder, "--jobs", 1)
    assert done.exit_code == 0, done.output
    assert "held-out folds" in done.stdout
    assert "character F1" in done.stdout
    assert "pages in 4 folds" in done.stderr
    assert Detector.load(folder).model.name == "mine"
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "# Model card: mine" in card
    for part in ("must not be used for", "Proving who or what wrote", "Known failures"):
        assert part in card
    for title in TITLES.values():
        assert f"{title[0].upper()}{title[1:]}:" in card
    both = run("evaluate", "--data", own, "--model", folder, "--model", "models/default")
    assert both.exit_code == 0, both.output
    assert both.stdout.splitlines()[0].split() == [str(folder), "models/default"]


@pytest.fixture
def silent(tmp_path: Path) -> Path:
    """A model that marks nothing, so that any other raises more false alarms."""
    folder = Path(shutil.copytree(default_model(), tmp_path / "silent"))
    document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    document["thresholds"]["default"]["log_odds"] = 1e9
    (folder / "model.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


@pytest.fixture
def overlooked(small_data: DataFolder, tmp_path: Path) -> Path:
    """A user's honest pages: of 408 one in a hundred may be marked, and eight have filler that the
    user did not see."""
    pages = list(pages_of(small_data.topics, dev=False))
    honest = [page.text for page in pages if page.kind == "article"][:1] * 400
    honest += [page.text for page in pages if page.kind == "article+filler"][:8]
    path = tmp_path / "overlooked.jsonl"
    rows = [json.dumps({"id": f"own-{k}", "text": text}) for k, text in enumerate(honest)]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_train_compares_and_refuses_more_false_alarms(
    small_data: DataFolder, silent: Path, overlooked: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    base = ("--base", small_data.path, "--jobs", 1, "--output", new)
    command = ("train", *base, "--data", overlooked, "--before", silent)
    refused = run(*command)
    assert refused.exit_code == 1
    assert not new.exists()
    _, dev, own = re.split(r"\n(?=base dev pages|your pages, held out)", refused.stdout)
    assert "clean pages marked" in dev
    assert own.splitlines()[1].split() == ["before", "after"]
    (marked,) = (line for line in own.splitlines() if line.startswith("clean pages marked  "))
    assert re.search(r"0\.0000 \(.*\) of 408  0\.0(0[1-9]|[1-9]).* of 408$", marked)
    assert re.search(
        r"Error: the new model raises more false alarms \(your pages, held out: [1-9]\d* of 408 "
        r"honest pages marked, 0 before\); .*new was not written\. Add .* or give --force",
        refused.stderr,
    )
    assert run(*command, "--force").exit_code == 0
    assert Detector.load(new).model.name == "new"


# --- calibrate ----------------------------------------------------------------------------------


@pytest.fixture
def honest(small_data: DataFolder, tmp_path: Path) -> Path:
    """A folder with 100 honest pages in two files, as they may come."""
    pages = [page.text for page in pages_of(small_data.topics, dev=False) if not page.regions]
    rows = [json.dumps({"body": text}) for text in (pages * 3)[:99]]
    folder = tmp_path / "honest"
    folder.mkdir()
    (folder / "pages.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (folder / "one.txt").write_text(pages[0], encoding="utf-8")
    (folder / "two.txt").write_text("A note.", encoding="utf-8")
    return folder


def test_calibrate_writes_a_model_with_thresholds_of_its_own(
    small_data: DataFolder, honest: Path, tmp_path: Path
) -> None:
    new = tmp_path / "ours"
    command = ("calibrate", "--base", small_data.path, "--text-field", "body", "--output", new)
    done = run(*command, "--clean", honest)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0].split() == ["before", "after"]
    assert done.stderr.splitlines() == [
        "100 pages, 1 others not judged",
        "0.1%: left out, it needs at least 1000 pages",
        f"wrote {new}",
    ]
    ours, theirs = Detector.load(new), Detector.load()
    assert ours.model.looks.keys() == theirs.model.looks.keys()
    assert set(ours.model.thresholds) == {"5%", "1%", "default"}
    assert ours.model.thresholds["1%"].alarms.right <= 1
    assert ours.threshold != theirs.threshold
    card = (new / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "set by `detector calibrate` on 100 pages" in card
    unknown = run("score", "--model", new, "--max-false-alarms", "0.1%", honest / "one.txt")
    assert unknown.exit_code == 2
    assert "'ours' has no threshold '0.1%'; it has" in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--clean", "one.txt"], "1 honest pages that can be judged are too few"),
        (["--clean", "pages.jsonl", "--default", "0.1%"], "which needs at least 1000; give more"),
        (["--clean", "missing.txt"], "missing.txt"),
        ([], "Missing option '--clean'"),
    ],
    ids=["too few", "too few for the rate", "no such file", "none"],
)
def test_calibrate_writes_nothing_without_enough_pages(
    honest: Path, arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(honest)
    done = run("calibrate", *arguments, "--text-field", "body", "--output", "new")
    assert done.exit_code == 2
    assert message in done.stderr
    assert not Path("new").exists()


def test_evaluate_takes_a_threshold_by_its_false_alarms(own: Path) -> None:
    named, default = (
        json.loads(run("evaluate", "--data", own, "--format", "json", *options).stdout)
        for options in (("--max-false-alarms", "5%"), ())
    )
    assert named.keys() == default.keys() == {"default model"}
    assert named["default model"]["calibration"]["regions"].keys() == {"n", "error", "bins"}


def test_measure_releases_a_model(small_data: DataFolder, tmp_path: Path) -> None:
    human = tmp_path / "human"
    human.mkdir()
    for source in ("letters", "minutes"):
        rows = [
            {
                "id": f"{source}-{k}",
                "text": f"Minute {k}: the {source} of the board were read and agreed.\n" * (k + 2),
                "kind": "human_other",
                "licence": "CC0-1.0",
            }
            for k in range(8)
        ]
        for part in ("train", "dev"):
            with gzip.open(human / f"{source}.{part}.jsonl.gz", "wt", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
    output = tmp_path / "released"
    command = ("measure", human, "--base", small_data.path, "--output", output)
    done = run(*command)
    assert done.exit_code == 0, done.output
    assert Stored(small_data.negatives).info["credits"]["letters"]["licences"] == ["CC0-1.0"]
    detector = Detector.load(output)
    assert detector.model.name == "released"
    released = json.loads((output / "evaluation.json").read_text(encoding="utf-8"))
    scores = evaluate(detector, dev_pages(human))
    assert released["figures"] == scores.to_dict()
    assert set(scores.clean) == {"human: letters", "human: minutes"}
    unseen = detector.model.info["human_held_out"]
    assert {source: tally["n"] for source, tally in unseen.items()} == {
        "letters": 16,
        "minutes": 16,
    }
    assert released["human_held_out"]["sources"] == unseen
    text = (output / "EVALUATION.md").read_text(encoding="utf-8")
    letters = " | ".join(share(scores.clean["human: letters"].to_dict()))
    assert f"| human: letters | {letters} |" in text
    assert "worst-pages" not in text
    small_data.negatives.unlink()


def test_measure_wants_both_parts_before_it_begins(tmp_path: Path) -> None:
    done = run("measure", tmp_path, "--output", tmp_path / "released")
    assert done.exit_code == 2
    assert "no *.dev.jsonl.gz here" in done.output


def test_evaluate_prints_json(own: Path) -> None:
    done = run("evaluate", "--data", own, "--format", "json")
    assert done.exit_code == 0, done.output
    (figures,) = json.loads(done.stdout).values()
    assert figures["regions_found"]["n"] == 1


def test_evaluate_prints_what_attacks_cost(own: Path, tmp_path: Path) -> None:
    with gzip.open(tmp_path / "letters.dev.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "a", "text": "Nothing but a short note."}) + "\n")
    command = ("evaluate", "--data", own, "--human", tmp_path, "--attacks", "--jobs", 1)
    done = run(*command)
    assert done.exit_code == 0, done.output
    head, columns, *rows = done.stdout.partition("under attack: ")[2].splitlines()
    assert head == "default model"
    assert columns.split("  ")[-1] == "human documents marked"
    assert [row.split("  ")[0] for row in rows] == ["unchanged", *ATTACKS]
    assert all(row.endswith("0.0000 of 1") for row in rows)
    (figures,) = json.loads(run(*command, "--format", "json").stdout).values()
    assert list(figures["attacks"]) == list(ATTACKS)
    for row in figures["attacks"].values():
        lost = 100 * (figures["character_f1"] - row["character_f1"])
        assert row["points_lost"] == pytest.approx(lost, abs=0.02)
        assert row["human_documents_marked"]["n"] == 1


def test_evaluate_leaves_pages_as_they_are_unless_asked(own: Path) -> None:
    done = run("evaluate", "--data", own, "--format", "json")
    (figures,) = json.loads(done.stdout).values()
    assert "attacks" not in figures


def test_evaluate_counts_false_alarms_in_human_text(own: Path, tmp_path: Path) -> None:
    with gzip.open(tmp_path / "letters.dev.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "x", "text": "A short letter."}) + "\n")
    done = run("evaluate", "--data", own, "--human", tmp_path)
    assert done.exit_code == 0, done.output
    assert "human: letters" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "--model", "seeds"], "seeds/model.json: no model here"),
        (["evaluate", "--data", "README.md"], "nor a file of labelled pages"),
        (["evaluate", "--human", "seeds"], "no *.dev.jsonl.gz here"),
        (["train"], "Missing option '--output'"),
        (["evaluate", "--model", "models/default", "--model", "models/default"], "given twice"),
        (["train", "--before", "models/default", "--output", "x"], "give both or neither"),
        (
            ["train", "--data", "README.md", "--before", "seeds", "--output", "x"],
            "seeds/model.json: no model here",
        ),
    ],
    ids=["no model", "no labels", "no human text", "no output", "twice", "no data", "no before"],
)
def test_bad_input_is_named(
    arguments: list[str], message: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    done = run(*arguments)
    assert done.exit_code == 2
    assert message in done.output


# --- mining ---------------------------------------------------------------------------------------

SITE = "tests/data/tern-and-tide"


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pages of one site, without labels."""
    folder = tmp_path_factory.mktemp("site")
    for line in (root / SITE / "first-half.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        path = folder / (record["id"].rpartition("/")[2] + ".txt")
        path.write_text(record["text"], encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def habits(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mined") / "habits.txt"
    done = run("mine", site, "--output", path)
    assert done.exit_code == 0, done.output
    assert not done.stdout
    assert "habits of 22 pages; read them before you train" in done.stderr
    return path


def test_mine_writes_a_file_to_read(habits: Path) -> None:
    text = habits.read_text(encoding="utf-8")
    assert text.startswith("# What recurs in the suspect parts of 22 pages of a site")
    assert "\n[words/asker]\nkeeper\t8\t39\t" in text
    (watch,) = (x for x in text.splitlines() if x.startswith("that is the watch\t"))
    assert watch.count("\t") == 4
    assert "That is the watch" in watch


def test_train_takes_mined_and_edited_habits(
    small_data: DataFolder, habits: Path, tmp_path: Path
) -> None:
    edited = tmp_path / "edited.txt"
    text = habits.read_text(encoding="utf-8").replace("\nkeeper\t", "\n# keeper\t")
    edited.write_text(text.replace("[words/asker]", "[words/asker]\nwarden"), encoding="utf-8")
    folder = tmp_path / "model"
    command = ("train", "--base", small_data.path, "--without-human-text", "--jobs", 1)
    done = run(*command, "--lexicon", edited, "--output", folder)
    assert done.exit_code == 0, done.output
    assert (folder / "lexicon" / "additions" / "edited.txt").read_bytes() == edited.read_bytes()
    lexicon = Detector.load(folder).lexicon
    assert "warden" in lexicon.words["asker"]
    assert "keeper" not in lexicon.words["asker"]
    assert "that is the watch" in lexicon.phrases["farewell"]
    assert lexicon.habits["that is the watch"][0] > 0


def test_train_names_a_malformed_habit(
    small_data: DataFolder, habits: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.txt"
    lines = habits.read_text(encoding="utf-8").splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("keeper"))
    lines[at] = "Keeper asks"
    broken.write_text("\n".join(lines), encoding="utf-8")
    done = run(
        "train", "--base", small_data.path, "--lexicon", broken, "--output", tmp_path / "model"
    )
    assert done.exit_code == 2
    assert f"{broken}:{at + 1}: 'Keeper asks' is not one lower-case word" in done.output
    assert not (tmp_path / "model").exists()


def test_mine_overwrites_nothing(site: Path, habits: Path) -> None:
    done = run("mine", site, "--output", habits)
    assert done.exit_code == 2
    assert "is there already, perhaps edited; choose another name" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["seeds", "--output", "{}/habits.txt"], "5 pages are too few to see what recurs"),
        (["docs", "--output", "{}/habits"], "the name must end in .txt"),
        (["nowhere", "--output", "{}/habits.txt"], "Directory 'nowhere' does not exist"),
        (["seeds"], "Missing option '--output'"),
        (["seeds", "--output", "{}/habits.txt", "--min-pages", "1"], "1 is not in the range"),
        (["seeds", "--output", "{}/habits.txt", "--model", "docs"], "docs/model.json: no model"),
        (
            [SITE, "--output", "{}/habits.txt", "--min-pages", "20"],
            "nothing recurs in the suspect parts of 20 of 44 pages",
        ),
    ],
    ids=["few pages", "name", "no folder", "no output", "one page", "no model", "nothing recurs"],
)
def test_mine_names_bad_input(
    arguments: list[str],
    message: str,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(root)
    done = run("mine", *(argument.format(tmp_path) for argument in arguments))
    assert done.exit_code == 2
    assert message in done.output
    assert not list(tmp_path.iterdir())


def test_mine_leaves_out_what_is_no_text(site: Path, tmp_path: Path) -> None:
    for path in site.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "image.txt").write_bytes(b"\x89PNG\0\0")
    done = run("mine", tmp_path, "--output", tmp_path / "out.txt", "--base", "data")
    assert done.exit_code == 0, done.output
    assert "left out: " in done.stderr
    assert "image.txt" in done.stderr
