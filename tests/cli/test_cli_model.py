"""The commands that make and measure models, on a handful of stories."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detector import Detector
from detector.cli import main
from detector.evaluation import evaluate
from detector.figures import TITLES, share
from detector.negatives import Stored, dev_pages
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
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "# Model card: mine" in card
    for part in ("must not be used for", "Proving who or what wrote", "Known failures"):
        assert part in card
    for title in TITLES.values():
        assert f"{title[0].upper()}{title[1:]}:" in card
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
