"""Runs into a folder: what is planned, counted, shown and refused."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.bulk import shards, summary, workers
from detector.bulk.folder import Folder
from detector.bulk.progress import Progress, duration
from detector.bulk.shards import Lines, Shard
from detector.bulk.summary import OTHERS, Counts, Summary
from detector.errors import ConfigError, DetectorError, ReadError
from detector.readers import DEFAULT_FIELDS, DEFAULT_OPTIONS, find
from detector.types import Document, Evidence, Form, Label, Region, Result, Span, Unreadable

# --- shards ---------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Texts of 10 bytes, and JSONL of 100 and of 10."""
    for name in ("a.txt", "b.txt", "c.txt", "x.txt", "y/z.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"ten bytes\n")
    (tmp_path / "m.jsonl").write_bytes(b'{"text":1}' * 10)
    (tmp_path / "n.jsonl").write_bytes(b'{"text":1}')
    return tmp_path


def planned(folder: Path, shard_bytes: int) -> list[tuple[str, int, int]]:
    """Names of files, and the range of bytes, of each shard."""
    found = shards.plan(find([str(folder)]), shard_bytes)
    return [
        (" ".join(Path(file.path).name for file in shard.files), shard.start, shard.end)
        for shard in found
    ]


def test_small_files_share_a_shard_and_large_ones_are_parted(folder: Path) -> None:
    assert planned(folder, 40) == [
        ("a.txt b.txt c.txt", 0, 30),
        ("m.jsonl", 0, 40),
        ("m.jsonl", 40, 80),
        ("m.jsonl", 80, 100),
        ("n.jsonl x.txt z.txt", 0, 30),
    ]
    assert planned(folder, 1000) == [
        ("a.txt b.txt c.txt m.jsonl n.jsonl x.txt z.txt", 0, 160),
    ]
    assert [end for name, _, end in planned(folder, 1) if name == "a.txt"] == [10]


def test_a_shard_has_so_many_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_FILES", 2)
    assert [name for name, *_ in planned(folder, 10**6)] == [
        "a.txt b.txt",
        "c.txt m.jsonl",
        "n.jsonl x.txt",
        "z.txt",
    ]


def test_a_shard_can_be_stored(folder: Path) -> None:
    for shard in shards.plan(find([str(folder)]), 40):
        assert Shard.from_dict(json.loads(json.dumps(shard.to_dict()))) == shard


@pytest.mark.parametrize(
    ("path", "message"),
    [("no/such.txt", "no such file"), ("*.none", "no file matches"), ("-", "standard input")],
)
def test_what_cannot_be_read_again_is_not_planned(path: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        list(shards.plan(find([path])))


def pages_of(plan: Iterable[Shard]) -> list[tuple[str, Document | Unreadable]]:
    lines = Lines()
    return [
        page
        for shard in plan
        for page in shards.read(shard, lines.first(shard), DEFAULT_FIELDS, DEFAULT_OPTIONS)
    ]


@given(st.lists(st.sampled_from(["", "bad", '{"text": "a"}', '{"text": "' + "b" * 99 + '"}'])))
def test_shards_give_together_what_is_in_the_files(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        for file in ("a.jsonl", "b.jsonl"):
            Path(name, file).write_text("\n".join(lines))
        (Path(name) / "c.txt").write_text("text")
        whole, parts = (list(shards.plan(find([name]), size)) for size in (10**6, 60))
        assert pages_of(parts) == pages_of(whole)


def test_lines_are_counted_on_where_shards_are_left_out(tmp_path: Path) -> None:
    for file in ("a.jsonl", "b.jsonl"):
        (tmp_path / file).write_text("1\n22\n\n4444\n5\n")  # lines begin at 0, 2, 5, 6, 11
    plan = list(shards.plan(find([str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]), 4))
    lines = Lines()
    assert [lines.first(shard) for shard in plan] == [1, 3, 5, 6] * 2
    lines = Lines()
    assert [lines.first(plan[k]) for k in (1, 3, 6, 2)] == [3, 6, 5, 5]


def test_a_file_that_has_changed_is_refused(folder: Path) -> None:
    plan = list(shards.plan(find([str(folder)]), 40))
    (folder / "m.jsonl").write_bytes(b"other")
    (folder / "x.txt").unlink()
    for shard in plan[1:]:
        with pytest.raises(ReadError, match=r"m\.jsonl: changed since|x\.txt: no such file"):
            pages_of([shard])


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.Time.News/2024/a?b#c", "www.time.news"),
        ("http://user@host.example:8080", "host.example"),
        ("//host.example/a", "host.example"),
        ("host.example/a", None),
        ("http://[", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_the_site_of_a_page(tmp_path: Path, url: object, site: str | None) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "a", "url": url}))
    ((found, _),) = pages_of(shards.plan(find([str(path)])))
    assert found == (site or str(tmp_path))


# --- the summary ----------------------------------------------------------------------------------


def result(n_filler: int, notes: Iterable[str] = ("speaker: speaks 7 times",)) -> Result:
    """A page of 100 characters, so many of them filler."""
    evidence = tuple(
        Evidence(*note.split(": ")[:1], Span(0, 1), note=note.split(": ")[1]) for note in notes
    )
    region = Region(Span(0, max(n_filler, 1)), Label.PADDED, Form.FAQ, 0.9, 2.2, (), evidence, {})
    return Result("id", "x" * 100, "model", (region,) if n_filler else ())


ENTRIES = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0, 1, 50, 100])), max_size=9)


@given(st.lists(ENTRIES, max_size=4))
def test_summaries_add_up(parts: list[list[tuple[str, int]]]) -> None:
    whole, merged = Summary(), Summary()
    for part in parts:
        one = Summary()
        for site, n_filler in part:
            for counts in (whole, one):
                counts.add(site, result(n_filler))
        merged.merge(Summary.stored(json.loads(json.dumps(one.store()))))
    assert merged == whole
    found = whole.to_dict()
    n_filler = [n for part in parts for _, n in part]
    assert found["pages"] == len(n_filler) == sum(s["pages"] for s in found["sites"].values())
    assert found["filler_chars"] == sum(n_filler)
    assert found["marked"] == sum(map(bool, n_filler))
    assert found["largest_fraction"] == max(n_filler, default=0) / 100


def test_frames_are_counted_by_pages_and_without_numbers() -> None:
    counts = Counts()
    counts.add(result(9, ["speaker: speaks 7 times", "speaker: speaks 12 times", "frame: heading"]))
    counts.add(result(9, ["frame: heading", "repeats: shares words", "unsupported: name"]))
    assert counts.commonest() == [("frame: heading", 2), ("speaker: speaks n times", 1)]


def test_only_so_many_sites_are_kept_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "SITES", 2)
    found = Summary()
    for site in "aaaabbbcdefghaab":
        found.add(site, result(10))
    assert len(found.sites) <= 4
    sites = found.to_dict()["sites"]
    assert {site: counts["pages"] for site, counts in sites.items()} == {"a": 6, "b": 4, OTHERS: 6}
    assert found.to_dict()["pages"] == 16
    assert found.to_dict() == found.to_dict()


def test_the_summary_for_people() -> None:
    found = Summary()
    for k in range(12):
        found.add(f"s{k:02}", result(10 * k))
    found.reject(Unreadable("x", "json", "bad"))
    lines = list(summary.lines(found.to_dict()))
    assert lines[0].startswith("12 pages, 11 with filler (91.7%), 660 characters of filler")
    assert lines[1] == "1 not read (json 1), see rejects.jsonl"
    assert any(line.split() == ["1", "100.0%", "90", "s09"] for line in lines)
    assert lines[-1] == "and 2 more sites in summary.json"
    assert len(list(summary.lines(Summary().to_dict()))) == 2


# --- progress -------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress() -> None:
    now = 0.0
    stream = Terminal()
    progress = Progress(stream, n_bytes=1000, done_before=200, clock=lambda: now)
    now = 2.0
    progress.add(pages=50)
    assert progress.line() == "[#####...................]  20%  50 pages  25/s"
    now = 10.0
    progress.add(pages=150, n_bytes=200)
    assert progress.line() == "[##########..............]  40%  200 pages  20/s  30 s left"
    progress.close()
    assert stream.getvalue().count("\r") == 2
    assert stream.getvalue().endswith("\x1b[K")


def test_nothing_is_drawn_but_on_terminals() -> None:
    stream = io.StringIO()
    progress = Progress(stream, 0)
    progress.add(1, 1)
    progress.close()
    assert (stream.getvalue(), progress.pages) == ("", 1)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1 min 0 s"),
        (7500, "2 h 5 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


# --- the folder -----------------------------------------------------------------------------------


def begin(output: Path, inputs: Path, overwrite: bool = False, **settings: Any) -> Folder:
    """Begin a run, or go on, and finish its first shard."""
    run = Folder(output, ".jsonl")
    plan = shards.plan(find([str(inputs)]), 40)
    with (
        run.open({"threshold": 1, **settings}, plan, overwrite),
        run.commit(0, Summary()) as (part, _),
    ):
        part.write(b"results\n")
    return run


def test_a_run_goes_on_without_what_was_left_unfinished(folder: Path, tmp_path: Path) -> None:
    output = tmp_path.parent / f"{tmp_path.name}-out"
    run = begin(output, folder)
    plan = (output / "plan.jsonl").read_bytes()
    (output / ".work" / "part-00001.jsonl.99.tmp").write_bytes(b"half a res")
    with run.open({"threshold": 1}, shards.plan(find([str(folder)]), 40), overwrite=False):
        assert [run.is_finished(k) for k, _ in enumerate(run.shards())] == [True] + [False] * 4
    assert not list((output / ".work").glob("*.tmp"))
    assert (output / "plan.jsonl").read_bytes() == plan


def test_an_error_leaves_nothing_of_a_shard(folder: Path, tmp_path: Path) -> None:
    output = tmp_path.parent / f"{tmp_path.name}-out"
    run = begin(output, folder)
    with contextlib.suppress(OSError), run.commit(1, Summary()) as (part, _):
        part.write(b"half a res")
        raise OSError("disk full")
    assert not run.is_finished(1)
    assert {p.name for p in output.rglob("*1*")} == set()


def change(inputs: Path, what: str) -> None:
    if what == "more":
        (inputs / "y" / "zz.txt").write_text("new")
    elif what == "less":
        (inputs / "y" / "z.txt").unlink()
    elif what == "other":
        (inputs / "b.txt").rename(inputs / "bb.txt")
    else:
        (inputs / "b.txt").write_text("changed")


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("more", r"it has no more where there would be .*zz\.txt now"),
        ("less", r"it has .*z\.txt where there would be no more now"),
        ("other", r"it has .*b\.txt where there would be .*bb\.txt now"),
        ("content", r"b\.txt has changed since"),
    ],
)
def test_a_run_over_other_inputs_is_refused(
    folder: Path, tmp_path: Path, what: str, message: str
) -> None:
    output = tmp_path.parent / f"{tmp_path.name}-out"
    begin(output, folder)
    change(folder, what)
    with pytest.raises(ConfigError, match=f"{message}.*--overwrite"):
        begin(output, folder)
    begin(output, folder, overwrite=True)


@pytest.mark.parametrize("settings", [{"threshold": 2}, {"model": "other"}])
def test_a_run_with_other_settings_is_refused(
    folder: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    output = tmp_path.parent / f"{tmp_path.name}-out"
    begin(output, folder)
    (name,) = settings
    with pytest.raises(ConfigError, match=f"holds another run: its {name} is .*--overwrite"):
        begin(output, folder, **settings)
    begin(output, folder, overwrite=True, **settings)


def test_what_is_not_of_a_run_is_never_touched(folder: Path, tmp_path: Path) -> None:
    output = tmp_path.parent / f"{tmp_path.name}-out"
    output.mkdir()
    (output / "thesis.tex").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(ConfigError, match=r"'thesis\.tex', which no run wrote"):
            begin(output, folder, overwrite)
    assert [p.name for p in output.iterdir()] == ["thesis.tex"]


def test_two_runs_cannot_write_at_once(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="this system has no locks of this kind")
    output = tmp_path.parent / f"{tmp_path.name}-out"
    plan = list(shards.plan(find([str(folder)]), 40))
    refused = pytest.raises(ConfigError, match="another run is writing here")
    with Folder(output, ".jsonl").open({}, plan, overwrite=False), refused:
        begin(output, folder)


# --- processes ------------------------------------------------------------------------------------


def work(task: int, report: workers.Report) -> None:
    """What the processes of these tests do."""
    if task < 0:
        raise ReadError("below zero")
    if task == 13:
        raise SystemExit(3)
    report(task)


def test_processes_do_every_task_once() -> None:
    events = list(workers.as_done(work, range(5), 2))
    assert sorted(task for task, event in events if event.finished) == list(range(5))
    assert sorted(event.pages for _, event in events if not event.finished) == list(range(5))


@pytest.mark.parametrize(
    ("task", "message"), [(-1, "below zero"), (13, r"ended by itself \(exit code 3\)")]
)
def test_an_error_in_a_process_ends_all(task: int, message: str) -> None:
    def tasks() -> Iterator[int]:
        yield from [1, task, 2]

    with pytest.raises(DetectorError, match=message):
        list(workers.as_done(work, tasks(), 2))
