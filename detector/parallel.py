"""Work spread over processes: a bounded amount at a time, without traces.

What does the work is handed to each process once, as a file that lives as long as the work. Regions
come back as plain tuples, which travel several times as fast as what they are made into.
"""

from __future__ import annotations

import copyreg
import gc
import io
import pickle
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from detector.errors import ConfigError
from detector.types import (
    Document,
    Evidence,
    Form,
    Label,
    Region,
    Segment,
    Span,
)

if TYPE_CHECKING:
    from joblib.externals.loky import ProcessPoolExecutor

Task = TypeVar("Task")
Found = TypeVar("Found")

WAITING = 2
"""Tasks a process that are under way or wait for their turn."""


def spread(
    find: Callable[[Sequence[Document]], Found],
    tasks: Iterable[tuple[Task, Sequence[Document]]],
    jobs: int,
    ordered: bool = True,
) -> Generator[tuple[Task, Found], None, None]:
    """For each of ``tasks``, a thing and the documents it goes with, the thing and what ``find``,
    in one of ``jobs`` processes, makes of the documents; in order, or as they are done.

    An error of the source comes after the results of what came before it. Raises ConfigError in a
    process that may start no others.
    """
    from multiprocessing import current_process

    if current_process().daemon:
        raise ConfigError(
            f"jobs={jobs} in a process that belongs to a pool and may start no others; "
            "use jobs=1 in it, and let the pool have more processes"
        )
    from joblib.externals.loky import ProcessPoolExecutor  # 0.2 s that one process does not need

    with tempfile.TemporaryDirectory(prefix="detector-") as folder:
        path = Path(folder) / "find.pickle"
        path.write_bytes(pickle.dumps(find, pickle.HIGHEST_PROTOCOL))
        pool = ProcessPoolExecutor(
            jobs, initializer=_prepare, initargs=(path,), env={"OPENBLAS_NUM_THREADS": "1"}
        )
        under_way: list[tuple[Task, Any]] = []
        try:
            failure: Exception | None = None
            source = iter(tasks)
            while True:
                try:
                    task, documents = next(source)
                except StopIteration:
                    break
                except Exception as error:  # the caller's own: it is raised again below
                    failure = error
                    break
                under_way.append((task, pool.submit(_work, documents)))
                if len(under_way) >= WAITING * jobs:
                    yield _taken(under_way, ordered)
            while under_way:
                yield _taken(under_way, ordered)
            if failure is not None:
                raise failure
        finally:
            _shut_down(pool, [future for _, future in under_way])
            # What is left of the pool holds semaphores in cycles. Freed at the very end of the
            # program, some are reported as leaked.
            del pool, under_way
            gc.collect()


def _taken(under_way: list[tuple[Task, Any]], ordered: bool) -> tuple[Task, Any]:
    """What came of the first task under way, or of the first that is done."""
    k = 0
    if not ordered:
        from concurrent import futures  # 10 ms that one process does not need

        futures.wait([future for _, future in under_way], return_when=futures.FIRST_COMPLETED)
        k = next(k for k, (_, future) in enumerate(under_way) if future.done())
    task, future = under_way.pop(k)
    return task, pickle.loads(future.result())


def _shut_down(pool: ProcessPoolExecutor, calls: Sequence[Any]) -> None:
    """End the pool and its processes at once, as soon as it has handed ``calls`` to them: of calls
    that it still has to hand on loky 3.6 makes a traceback on standard error."""
    while not all(call.running() or call.done() for call in calls):
        time.sleep(0.001)
    pool.shutdown(wait=True, kill_workers=True)


_find: Callable[[Sequence[Document]], Any]
"""What a worker process does."""


def _prepare(path: Path) -> None:
    global _find
    _find = pickle.loads(path.read_bytes())


def _work(documents: Sequence[Document]) -> bytes:
    packed = io.BytesIO()
    _Pickler(packed, pickle.HIGHEST_PROTOCOL).dump(_find(documents))
    return packed.getvalue()


def _plain(region: Region) -> tuple[Any, ...]:
    segments = [(s.span.start, s.span.end, s.label, s.score) for s in region.segments]
    evidence = [
        (e.kind, e.span.start, e.span.end, _ends(e.source), e.note, e.in_preceding)
        for e in region.evidence
    ]
    return (
        _ends(region.span),
        region.label,
        region.form,
        region.score,
        region.log_odds,
        segments,
        evidence,
        dict(region.contributions),
    )


def _ends(span: Span | None) -> tuple[int, int] | None:
    return None if span is None else (span.start, span.end)


def _region(
    span: tuple[int, int],
    label: Label,
    form: Form,
    score: float,
    log_odds: float,
    segments: list[tuple[int, int, Label, float]],
    evidence: list[tuple[str, int, int, tuple[int, int] | None, str, bool]],
    contributions: dict[str, float],
) -> Region:
    return Region(
        span=Span(*span),
        label=label,
        form=form,
        score=score,
        log_odds=log_odds,
        segments=tuple(Segment(Span(a, b), which, p) for a, b, which, p in segments),
        evidence=tuple(
            Evidence(kind, Span(start, end), Span(*source) if source else None, note, in_preceding)
            for kind, start, end, source, note, in_preceding in evidence
        ),
        contributions=contributions,
    )


class _Pickler(pickle.Pickler):
    """Writes regions as the plain tuples that :func:`_region` makes them of again."""

    dispatch_table = {  # noqa: RUF012 - pickle.Pickler has it so
        **copyreg.dispatch_table,
        Region: lambda region: (_region, _plain(region)),
    }
