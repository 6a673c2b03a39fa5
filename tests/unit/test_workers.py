"""One detector in many processes, threads and tasks: the same results everywhere."""

from __future__ import annotations

import asyncio
import multiprocessing as mp
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from detector import ConfigError, Detector, Document, Result, Unreadable
from detector.records import Item

METHODS = [m for m in ("fork", "forkserver", "spawn") if m in mp.get_all_start_methods()]
Outcome = list[dict[str, Any]]


@pytest.fixture(scope="module")
def items(root: Path) -> list[Item]:
    """Texts, documents and records, one of them bad."""
    seeds = [p.read_bytes().decode() for p in sorted((root / "seeds").glob("*.txt"))]
    return [
        seeds[0],
        Document("1", seeds[1]),
        {"id": 2, "text": seeds[2]},
        None,
        {"text": seeds[3]},
    ]


@pytest.fixture(scope="module")
def expected(detector: Detector, items: list[Item]) -> Outcome:
    found = outcome(detector, items)
    assert sum(bool(record.get("spans")) for record in found) == 2
    return found


def outcome(detector: Detector, items: list[Item], jobs: int = 1) -> Outcome:
    return [result.to_dict() for result in detector.detect_many(items, jobs=jobs)]


def send(detector: Detector, items: list[Item], jobs: int, pipe: Any) -> None:
    pipe.send(outcome(detector, items, jobs))


# --- processes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_pools_of_multiprocessing(
    detector: Detector, items: list[Item], expected: Outcome, method: str
) -> None:
    with mp.get_context(method).Pool(2) as pool:
        waiting = pool.map_async(partial(outcome, detector), [items, items[::-1], items[:2]])
        found = waiting.get(timeout=120)  # a worker that cannot begin is begun again for ever
    assert found[0] == expected
    assert [record["id"] for record in found[1]] == ["#1", "#2", "2", "1", "text"]
    assert found[2] == expected[:2]


@pytest.mark.parametrize("method", METHODS)
def test_executors_of_concurrent_futures(
    detector: Detector, items: list[Item], expected: Outcome, method: str
) -> None:
    context = mp.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        futures = [pool.submit(detector.detect, item) for item in items[:2]]  # type: ignore[arg-type]
        assert [future.result().to_dict() for future in futures] == expected[:2]


@pytest.mark.parametrize("method", METHODS)
def test_processes_with_processes_of_their_own(
    detector: Detector, items: list[Item], expected: Outcome, method: str
) -> None:
    context = mp.get_context(method)
    here, there = context.Pipe()
    process = context.Process(target=send, args=(detector, items, 2, there))
    process.start()
    assert here.poll(60)
    assert here.recv() == expected
    process.join()
    assert process.exitcode == 0


def test_a_process_that_may_have_no_children_is_told_so(
    detector: Detector, items: list[Item]
) -> None:
    refused = pytest.raises(ConfigError, match="may start no others; use jobs=1 in it")
    with mp.get_context(METHODS[0]).Pool(1) as pool, refused:
        pool.apply(outcome, (detector, items, 2))


@pytest.mark.parametrize("name", ["pickle", "dill"])
def test_detectors_and_results_are_pickled(
    detector: Detector, items: list[Item], expected: Outcome, name: str
) -> None:
    pickler: ModuleType = pytest.importorskip(name, reason=f"needs {name}")
    copy = pickler.loads(pickler.dumps(detector))
    assert (copy.threshold, copy.threshold_name) == (detector.threshold, detector.threshold_name)
    assert outcome(copy, items) == expected
    results = list(detector.detect_many(items))
    assert pickler.loads(pickler.dumps(results)) == results


def test_dill_takes_functions_that_hold_a_detector(
    detector: Detector, items: list[Item], expected: Outcome
) -> None:
    dill = pytest.importorskip("dill", reason="needs dill")
    find: Callable[[], Outcome] = dill.loads(
        dill.dumps(lambda: [found.to_dict() for found in detector.detect_many(items)])
    )
    assert find() == expected


def test_a_pickle_is_the_same_before_and_after_use(detector: Detector) -> None:
    fresh = pickle.loads(pickle.dumps(detector))
    before = pickle.dumps(fresh)
    fresh.detect("Words that no vocabulary has held before: quizzaciously, floccinaucinihility.")
    assert pickle.dumps(fresh) == before


# --- threads and tasks ----------------------------------------------------------------------------


def test_many_threads_share_one_detector(
    detector: Detector, items: list[Item], expected: Outcome
) -> None:
    n_threads = 12
    begin = threading.Barrier(n_threads)

    def find(_: int) -> Outcome:
        begin.wait()
        return outcome(detector, items)

    with ThreadPoolExecutor(n_threads) as pool:
        assert list(pool.map(find, range(n_threads))) == [expected] * n_threads


def test_processes_are_started_from_a_thread(
    detector: Detector, items: list[Item], expected: Outcome
) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(outcome, detector, items, 2).result() == expected


def test_tasks_wait_in_threads(detector: Detector, items: list[Item], expected: Outcome) -> None:
    async def find() -> list[Outcome]:
        tasks = [asyncio.to_thread(outcome, detector, items) for _ in range(4)]
        return await asyncio.gather(*tasks)

    assert asyncio.run(find()) == [expected] * 4


# --- how far the source is read -------------------------------------------------------------------


@pytest.mark.parametrize(("jobs", "most"), [(1, 5), (2, 2 * 2 * 4 + 4 + 1)])
def test_no_more_records_are_taken_than_the_window_holds(
    detector: Detector, monkeypatch: pytest.MonkeyPatch, jobs: int, most: int
) -> None:
    monkeypatch.setattr("detector.pipeline.BATCH_PAGES", 4)
    taken = 0

    def endless() -> Iterator[Item]:
        nonlocal taken
        while True:
            taken += 1
            yield {"text": "A note."} if taken % 3 else None

    results = detector.detect_many(endless(), jobs=jobs)
    for n in range(1, 20):
        assert isinstance(next(results), Unreadable if n % 3 == 0 else Result)
        assert n <= taken < n + most
    results.close()  # type: ignore[attr-defined]


def test_tables_are_taken_one_at_a_time(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    pa = pytest.importorskip("pyarrow", reason="needs the extra parquet")
    monkeypatch.setattr("detector.pipeline.BATCH_PAGES", 4)
    taken = 0

    def endless() -> Iterator[Item]:
        nonlocal taken
        while True:
            taken += 1
            yield pa.record_batch({"id": [f"{taken}a", f"{taken}b"], "text": ["A note.", None]})

    results = detector.detect_many(endless())
    found = [next(results) for _ in range(8)]
    assert taken <= 5
    assert [type(result) for result in found] == [Result, Unreadable] * 4
    assert [result.to_dict()["id"] for result in found[:3]] == ["1a", "1b", "2a"]
