"""A local Ray annotates datasets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detector import arrow

ray = pytest.importorskip("ray", reason="needs the extra ray")
pytest.importorskip("ray.data", reason="needs the extra ray")
pa = pytest.importorskip("pyarrow", reason="needs the extra ray")
pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra ray")

from detector.adapters.ray import FillerAnnotator  # noqa: E402

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module", autouse=True)
def local_ray() -> Iterator[None]:
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()


def actors(n: int) -> Any:
    return ray.data.ActorPoolStrategy(size=n)


def test_parquet_in_parquet_out(
    pages: Rows, expected: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    for k in range(3):
        pq.write_table(pa.Table.from_pylist(pages[k::3]), tmp_path / "in" / f"{k}.parquet")
    found = (
        ray.data.read_parquet(str(tmp_path / "in"))
        .repartition(6)
        .map_batches(FillerAnnotator, batch_format="pyarrow", batch_size=8, compute=actors(2))
    )
    found.write_parquet(str(tmp_path / "out"))
    rows = {row["id"]: row for row in pq.read_table(tmp_path / "out").to_pylist()}
    assert {i: {name: row[name] for name in arrow.COLUMNS} for i, row in rows.items()} == expected
    assert {page["id"]: rows[page["id"]]["text"] for page in pages} == {
        page["id"]: page["text"] for page in pages
    }


def test_arguments_of_the_constructor(pages: Rows) -> None:
    found = ray.data.from_arrow(pa.Table.from_pylist(pages[:10])).map_batches(
        FillerAnnotator,
        batch_format="pyarrow",
        compute=actors(1),
        fn_constructor_kwargs={"threshold": 1e9, "append": False},
    )
    rows = found.take_all()
    assert [list(row) for row in rows] == [list(arrow.COLUMNS)] * 10
    assert sorted(row["id"] for row in rows) == [page["id"] for page in pages[:10]]
    assert {row["filler_chars"] for row in rows} == {0}
