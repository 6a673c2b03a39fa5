"""Formats for other programs, through the command line and those programs themselves."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from detector import Detector
from detector.cli import main
from detector.retraining import pages_of
from detector.types import Form
from detector.writers import FORMATS

ROOT = Path(__file__).resolve().parents[2]
SEEDS = sorted((ROOT / "seeds").glob("0*.txt"))
SPAN = ("start", "end", "label", "form", "score")
FORMAT_PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """The seeds, some behind characters that are two units of UTF-16 and two of a line break."""
    pages = [path.read_bytes().decode() for path in SEEDS]
    return [("😀é\r\n" if k % 2 == 0 else "") + text for k, text in enumerate(pages)]


@pytest.fixture
def records(texts: list[str], tmp_path: Path) -> Path:
    path = tmp_path / "corpus" / "documents" / "part-0.jsonl.gz"
    path.parent.mkdir(parents=True)
    lines = [json.dumps({"id": f"p{k}", "text": text, "n": k}) for k, text in enumerate(texts)]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_described_and_written(name: str) -> None:
    extra = {"parquet": "pyarrow", "spacy": "spacy"}.get(name)
    if extra is not None:
        pytest.importorskip(extra, reason=f"needs the extra {name}")
    assert f"| `{name}` |" in FORMAT_PAGE
    result = run("score", "--format", name, *SEEDS)
    assert result.exit_code == 0, result.output
    assert result.stdout_bytes


def test_parquet(records: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")
    found = run("score", "--format", "parquet", records)
    rows = parquet.read_table(io.BytesIO(found.stdout_bytes)).to_pylist()
    lines = run("score", "--format", "jsonl", records).stdout.splitlines()
    for row, record in zip(rows, map(json.loads, lines), strict=True):
        assert (row["id"], row["sha256"]) == (record["id"], record["sha256"])
        assert row["spans"] == [{name: span[name] for name in SPAN} for span in record["spans"]]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
@pytest.mark.parametrize("name", ["parquet", "spacy"])
def test_binary_formats_are_not_written_to_a_terminal(name: str) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "detector", "score", "--format", name, str(SEEDS[0])]
    done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    os.close(theirs)
    with pytest.raises(OSError, match="Input/output"):  # nothing to read, and nobody writes
        os.read(ours, 1)
    os.close(ours)
    assert done.returncode == 2
    assert b"binary; write it to a file" in done.stderr


@pytest.mark.parametrize(
    ("name", "suffix"), [("prodigy", ".jsonl"), ("labelstudio", ".json"), ("spacy", ".spacy")]
)
def test_regions_come_back_as_training_pages(
    name: str, suffix: str, records: Path, texts: list[str], detector: Detector, tmp_path: Path
) -> None:
    if name == "spacy":
        pytest.importorskip("spacy", reason="needs the extra spacy")
    output = run("score", "--format", name, records).stdout_bytes
    if name == "labelstudio":
        tasks: list[dict[str, Any]] = json.loads(output)
        for task in tasks:
            task["annotations"] = task.pop("predictions")
        output = json.dumps(tasks).encode()
    path = tmp_path / f"back{suffix}"
    path.write_bytes(output)
    back = list(pages_of(path, dev=False))
    assert [(page.id, page.text) for page in back] == [(f"p{k}", t) for k, t in enumerate(texts)]
    found = [detector.detect(text).regions for text in texts]
    assert [[(r.span, r.form) for r in page.regions] for page in back] == [
        [(r.span, r.form) for r in regions] for regions in found
    ]
    assert any(found)


def test_label_studio_is_told_all_labels() -> None:
    labels = re.findall(r'<Label value="(.+?)"/>', FORMAT_PAGE)
    assert labels == [f"{form}/{label}" for form in Form for label in ("derivative", "padded")]


def test_dolma_cuts_what_clean_cuts(
    records: Path, texts: list[str], detector: Detector, tmp_path: Path
) -> None:
    """The real mixer, with the configuration of the documentation."""
    dolma = os.environ.get("DOLMA") or shutil.which("dolma")
    if dolma is None:
        pytest.skip("needs the command dolma, or its path in the variable DOLMA")
    attributes = tmp_path / "corpus" / "attributes" / "filler" / records.name
    attributes.parent.mkdir(parents=True)
    attributes.write_bytes(gzip.compress(run("score", "--format", "dolma", records).stdout_bytes))
    config = re.search(r"```yaml\n(streams:.+?)```", FORMAT_PAGE, re.DOTALL)
    assert config is not None
    (tmp_path / "mix.yaml").write_text(config[1], encoding="utf-8")
    subprocess.run([dolma, "-c", "mix.yaml", "mix"], cwd=tmp_path, check=True, capture_output=True)
    (mixed,) = (tmp_path / "cleaned").iterdir()
    lines = gzip.decompress(mixed.read_bytes()).decode().splitlines()
    kept = {record["id"]: (record["text"], record["n"]) for record in map(json.loads, lines)}
    assert kept == {f"p{k}": (detector.clean(text), k) for k, text in enumerate(texts)}
    assert sum(len(text) for text, _ in kept.values()) < sum(map(len, texts))
