"""Steps of datatrove, run by its local executor over real shards, and killed on the way."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detector import arrow

pytest.importorskip("datatrove", reason="needs the extra datatrove")
pytest.importorskip("orjson", reason="needs the extra datatrove")
pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra datatrove")
pa = pytest.importorskip("pyarrow", reason="needs the extra datatrove")

from datatrove.data import Document as Page  # noqa: E402
from datatrove.executor import LocalPipelineExecutor  # noqa: E402
from datatrove.pipeline.readers import JsonlReader, ParquetReader  # noqa: E402
from datatrove.pipeline.writers import JsonlWriter, ParquetWriter  # noqa: E402

from detector.adapters.datatrove import (  # noqa: E402
    FillerAnnotator,
    FillerCutter,
    FillerFilter,
)

SHARDS = 6
Rows = list[dict[str, Any]]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def jsonl(pages: Rows, tmp_path: Path) -> Path:
    """The pages in shards of JSONL."""
    folder = tmp_path / "in"
    folder.mkdir()
    for k in range(SHARDS):
        lines = [json.dumps(page | {"site": "a"}) + "\n" for page in pages[k::SHARDS]]
        (folder / f"{k}.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def parquet(pages: Rows, tmp_path: Path) -> Path:
    """The pages in shards of Parquet."""
    folder = tmp_path / "in"
    folder.mkdir()
    for k in range(2):
        pq.write_table(pa.Table.from_pylist(pages[k::2]), folder / f"{k}.parquet")
    return folder


def records(folder: Path) -> Rows:
    """The records of gzipped JSONL shards."""
    shards = sorted(folder.glob("*.jsonl.gz"))
    return [
        json.loads(line) for shard in shards for line in gzip.open(shard, "rt", encoding="utf-8")
    ]


def test_annotating_jsonl_in_processes(
    jsonl: Path, expected: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    steps = [JsonlReader(str(jsonl)), FillerAnnotator(), JsonlWriter(str(tmp_path / "out"))]
    LocalPipelineExecutor(steps, tasks=2, workers=2, logging_dir=str(tmp_path / "log")).run()
    found = records(tmp_path / "out")
    assert sorted(record["id"] for record in found) == sorted(expected)
    for record in found:
        assert record["metadata"]["site"] == "a"
        row = {"id": record["id"]} | record["metadata"]["filler"]
        assert row == expected[record["id"]]
    stats = json.loads((tmp_path / "log" / "stats.json").read_text(encoding="utf-8"))
    (counted,) = (s["stats"] for s in stats if "Filler annotator" in s["name"])
    assert counted["total"] == len(expected)
    assert counted["filler_chars"]["total"] == sum(row["filler_chars"] for row in expected.values())


def test_annotated_parquet_keeps_the_schema(
    parquet: Path, expected: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    kept = [("text", pa.string()), ("id", pa.string())]
    schema = pa.schema([*kept, ("filler", pa.struct(list(arrow.schema())[1:]))])
    writer = ParquetWriter(str(tmp_path / "out"), expand_metadata=True, schema=schema)
    steps = [ParquetReader(str(parquet)), FillerAnnotator(), writer]
    LocalPipelineExecutor(steps, tasks=1, logging_dir=str(tmp_path / "log")).run()
    rows = pq.read_table(tmp_path / "out").to_pylist()
    assert {row["id"]: {"id": row["id"]} | row["filler"] for row in rows} == expected


def test_cutting_and_dropping(
    parquet: Path, expected: dict[str, dict[str, Any]], cleaned: dict[str, str], tmp_path: Path
) -> None:
    dropped = JsonlWriter(str(tmp_path / "dropped"))
    steps = [
        ParquetReader(str(parquet)),
        FillerFilter(max_fraction=0.62, exclusion_writer=dropped),
        FillerCutter(),
        JsonlWriter(str(tmp_path / "kept")),
    ]
    LocalPipelineExecutor(steps, tasks=1, logging_dir=str(tmp_path / "log")).run()
    kept = {record["id"]: record["text"] for record in records(tmp_path / "kept")}
    full = {record["id"]: record["metadata"] for record in records(tmp_path / "dropped")}
    assert set(full) == {i for i, row in expected.items() if row["filler_fraction"] > 0.62}
    assert full
    assert {m["filter_reason"] for m in full.values()} == {"filler"}
    assert kept == {i: text for i, text in cleaned.items() if i not in full}
    assert any(expected[i]["spans"] for i in kept)


def test_a_document_without_text_is_kept() -> None:
    for step in (FillerAnnotator(), FillerCutter()):
        (page,) = step.run([Page(text=None, id="gone")])
        assert page.text is None
    (page,) = FillerAnnotator().run([Page(text=None, id="gone")])
    assert page.metadata["filler"]["error"]["kind"] == "field"
    assert FillerFilter(0.0).filter(page) is True


def test_documents_are_read_a_batch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.pipeline.BATCH_PAGES", 4)
    taken = 0

    def endless() -> Iterator[Page]:
        nonlocal taken
        while True:
            taken += 1
            yield Page(text="A note.", id=str(taken))

    found = FillerAnnotator().run(endless())
    assert [next(found).id for _ in range(6)] == list("123456")
    assert taken <= 10


# --- killed and resumed ---------------------------------------------------------------------------

PROGRAM = """
import sys, time
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from detector.adapters.datatrove import FillerAnnotator, FillerCutter

def slowly(data, rank=0, world_size=1):
    for page in data:
        time.sleep(float(sys.argv[4]))
        yield page

if __name__ == "__main__":
    shards, out, log = sys.argv[1:4]
    steps = [JsonlReader(shards), FillerAnnotator(), FillerCutter(), slowly, JsonlWriter(out)]
    LocalPipelineExecutor(steps, tasks=6, workers=2, logging_dir=log).run()
"""


def test_killed_and_resumed_is_as_if_undisturbed(
    jsonl: Path, cleaned: dict[str, str], tmp_path: Path
) -> None:
    program = tmp_path / "run.py"
    program.write_text(PROGRAM, encoding="utf-8")

    def start(name: str, delay: float) -> subprocess.Popen[bytes]:
        folders = [str(jsonl), str(tmp_path / name), str(tmp_path / f"{name}-log")]
        command = [sys.executable, str(program), *folders, str(delay)]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, start_new_session=True, stdout=quiet, stderr=quiet)

    def done(name: str) -> int:
        return len(list((tmp_path / f"{name}-log" / "completions").glob("*")))

    assert start("whole", 0).wait(timeout=120) == 0
    killed = start("killed", 0.05)
    deadline = time.monotonic() + 60
    while not done("killed") and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert 0 < done("killed") < SHARDS
    assert start("killed", 0).wait(timeout=120) == 0
    assert done("killed") == SHARDS
    names = sorted(path.name for path in (tmp_path / "whole").iterdir())
    assert len(names) == SHARDS
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == names
    found = records(tmp_path / "killed")
    assert found == records(tmp_path / "whole")
    assert {record["id"]: record["text"] for record in found} == cleaned
    assert len(found) == len(cleaned)
