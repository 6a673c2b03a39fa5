"""The commands that make and measure models, on a handful of stories."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detector import Detector
from detector.attacks import ATTACKS
from detector.cli import main
from detector.negatives import Stored
from detector.retraining import DataFolder

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
    assert "# Model card: mine" in (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    both = run("evaluate", "--data", own, "--model", folder, "--model", "models/default")
    assert both.exit_code == 0, both.output
    assert both.stdout.splitlines()[0].split() == [str(folder), "models/default"]


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
        with gzip.open(human / f"{source}.train.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    command = ("measure", human, "--base", small_data.path, "--output", tmp_path / "released")
    done = run(*command)
    assert done.exit_code == 0, done.output
    assert Stored(small_data.negatives).info["credits"]["letters"]["licences"] == ["CC0-1.0"]
    assert Detector.load(tmp_path / "released").model.name == "released"
    small_data.negatives.unlink()


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
        (["evaluate", "--data", "README.md"], "neither a folder of topics nor a JSONL file"),
        (["evaluate", "--human", "seeds"], "no *.dev.jsonl.gz here"),
        (["train"], "Missing option '--output'"),
        (["evaluate", "--model", "models/default", "--model", "models/default"], "given twice"),
    ],
    ids=["no model", "no labels", "no human text", "no output", "twice"],
)
def test_bad_input_is_named(
    arguments: list[str], message: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    done = run(*arguments)
    assert done.exit_code == 2
    assert message in done.output
