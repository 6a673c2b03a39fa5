"""The command line: what it prints, what it returns, what it says when something is wrong."""

from __future__ import annotations

import csv
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from detector import Detector, __version__
from detector.cli import main
from detector.readers import Compression
from detector.readers.compression import inflated
from detector.types import Document
from detector.writers.compression import compressed

ROOT = Path(__file__).resolve().parents[2]
FILLER = next((ROOT / "seeds").glob("000*.txt"))
CLEAN = next((ROOT / "seeds").glob("002*.txt"))
MARK = b"\xef\xbb\xbf"
PATIENCE = 30
"""Seconds until a process that should answer at once is given up."""

JSONL_STDIN = ("--input-format", "jsonl", "-")


def run(*arguments: object, stdin: bytes = b"", env: dict[str, str] | None = None) -> Result:
    """Run a command in this process."""
    result = CliRunner().invoke(main, list(map(str, arguments)), input=stdin, env=env)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def start(*arguments: object) -> subprocess.Popen[bytes]:
    """Start a command in a process of its own, with pipes."""
    return subprocess.Popen(
        [sys.executable, "-m", "detector", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )


def run_and_report(
    report: str, *arguments: object, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own, which executes ``report`` when it is done."""
    program = (
        "import sys\n"
        "from detector.cli import main\n"
        "try:\n"
        "    main(sys.argv[1:])\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program + report, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        check=True,
    )


def on_a_terminal(stream: str, command: list[str], env: dict[str, str] | None = None) -> bytes:
    """What a command writes to ``stdout`` or ``stderr`` if that is a terminal."""
    import pty  # not on Windows

    ours, theirs = pty.openpty()
    stdout, stderr = (theirs, None) if stream == "stdout" else (subprocess.DEVNULL, theirs)
    output = b""
    with subprocess.Popen(command, stdout=stdout, stderr=stderr, cwd=ROOT, env=env):
        os.close(theirs)
        try:
            while chunk := os.read(ours, 4096):
                output += chunk
        except OSError:  # how Linux says that nobody writes any more
            pass
    os.close(ours)
    return output


def record(text: str, **fields: Any) -> bytes:
    return json.dumps({"text": text, **fields}).encode() + b"\n"


def objects(output: str | bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


# --- the group ----------------------------------------------------------------------------------


def test_version() -> None:
    assert run("--version").output == f"detector, version {__version__}\n"


@pytest.mark.parametrize("command", ["", *main.commands])
def test_help_fits_a_terminal_and_has_examples(command: str) -> None:
    result = run(*filter(None, [command]), "--help", env={"COLUMNS": "80"})
    assert result.exit_code == 0
    assert f"    detector {command}" in result.output.partition("Examples:")[2]
    assert max(map(len, result.output.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score"], "Missing argument 'PATH...'"),
        (["scroe", FILLER], "No such command 'scroe'"),
        (["score", FILLER, "--format", "xml"], "'xml' is not one of 'text', 'jsonl', 'csv'"),
        (["score", FILLER, "--jobs", "0"], "0 is not in the range"),
        (["score", FILLER, "--fail-on", "0"], "0.0 is not in the range"),
        (["score", FILLER, "--fail-on", "1.1"], "1.1 is not in the range"),
        (["score", FILLER, "--fail-on", "nan"], "nan is not a number"),
        (["score", FILLER, "--threshold", "nan"], "nan is not a number"),
        (["score", FILLER, "--max-false-alarms", "2%"], "'2%' is not one of '5%', '1%', '0.1%'"),
        (
            ["explain", FILLER, "--threshold", "1", "--max-false-alarms", "1%"],
            "--threshold and --max-false-alarms exclude each other",
        ),
        (["score", FILLER, "--threshold", "high"], "'high' is not a valid float"),
        (["clean", FILLER, "--output", FILLER], "is a file"),
    ],
)
def test_wrong_usage(arguments: list[object], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "packages"),
    [(["--help"], ["click"]), (["score", FILLER], ["click", "numpy"])],
    ids=["help", "score"],
)
def test_starting_imports_numpy_and_click_alone(
    arguments: list[object], packages: list[str]
) -> None:
    report = (
        "packages = {name.partition('.')[0] for name, module in sys.modules.items()"
        " if 'site-packages' in (getattr(module, '__file__', None) or '')}\n"
        "print(*sorted(packages - {'detector', '_distutils_hack'}), file=sys.stderr)"
    )
    done = run_and_report(report, *arguments)
    assert done.stderr.decode().split() == packages


# --- score --------------------------------------------------------------------------------------


def test_score_as_a_table() -> None:
    result = run("score", FILLER, CLEAN)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "filler  page"
    assert str(FILLER) in lines[2]
    assert "interview" in lines[3]
    assert f"  0.0%  {CLEAN}" in lines
    assert lines[-5] == "2 pages, 1 with filler"
    assert lines[-3].startswith("Threshold default: ")
    assert result.stderr == ""


def test_score_as_jsonl_is_what_the_library_returns(detector: Detector) -> None:
    found = detector.detect(Document(str(FILLER), FILLER.read_text(encoding="utf-8")))
    assert objects(run("score", FILLER, "--format", "jsonl").stdout) == [found.to_dict()]


def test_score_as_csv(detector: Detector) -> None:
    regions = detector.detect(FILLER.read_text(encoding="utf-8")).regions
    output = run("score", FILLER, CLEAN, "--format", "csv").stdout
    rows = list(csv.DictReader(output.splitlines()))
    assert [(row["id"], int(row["start"]), int(row["end"])) for row in rows] == [
        (str(FILLER), region.span.start, region.span.end) for region in regions
    ]


def test_score_of_a_folder_takes_its_pages_in_order() -> None:
    result = run("score", ROOT / "seeds", "--format", "jsonl")
    names = [Path(row["id"]).name for row in objects(result.stdout)]
    assert names == sorted(path.name for path in (ROOT / "seeds").glob("*.txt"))
    assert result.exit_code == 0


def test_threshold_overrides_the_models() -> None:
    (row,) = objects(run("score", FILLER, "--threshold", "99", "--format", "jsonl").stdout)
    assert row["spans"] == []


@pytest.mark.parametrize("command", ["score", "explain", "clean"])
@pytest.mark.parametrize("name", ["5%", "1%", "0.1%"])
def test_a_threshold_by_its_false_alarms(detector: Detector, command: str, name: str) -> None:
    log_odds = detector.model.log_odds(name)
    named = run(command, FILLER, "--max-false-alarms", name)
    given = run(command, FILLER, "--threshold", log_odds)
    assert named.exit_code == 0
    assert named.stdout.split("\nThreshold")[0] == given.stdout.split("\nThreshold")[0]


def test_the_table_tells_the_figures_of_its_threshold(detector: Detector) -> None:
    alarms = detector.model.thresholds["1%"].alarms
    output = run("score", FILLER, "--max-false-alarms", "1%").stdout
    assert f"False alarms: {alarms.share:.2%} (" in output
    assert f"of {alarms.n} pages, held-out human text." in output


GERMAN = (
    "Der Stadtrat hat am Dienstag beschlossen, die alte Brücke über den Fluss zu sperren. Nach "
    "Angaben der Verwaltung sind an mehreren Pfeilern Risse entdeckt worden."
)


def test_a_page_that_is_not_judged(tmp_path: Path) -> None:
    page = tmp_path / "brücke.txt"
    page.write_text(GERMAN, encoding="utf-8")
    (row,) = objects(run("score", page, "--format", "jsonl").stdout)
    assert (row["abstained"], row["spans"], row["filler_fraction"]) == ("language", [], 0)
    table = run("score", page, CLEAN)
    assert f"     -  {page} (not judged: not English prose)" in table.stdout
    assert "2 pages, 0 with filler, 1 not judged" in table.stdout
    assert (table.exit_code, table.stderr) == (0, "")
    assert "not judged: not English prose" in run("explain", page).stdout
    cleaned = run("clean", page)
    assert cleaned.stdout == GERMAN
    assert cleaned.stderr == "1 page was not judged: no English prose\n"


def test_short_pages_raise_no_noise() -> None:
    result = run("clean", *JSONL_STDIN, stdin=record("A note.") * 3)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (record("A note.") * 3).decode()


def test_preceding_text_is_what_a_page_may_repeat() -> None:
    article, _, interview = FILLER.read_text(encoding="utf-8").partition("\nInterview:")
    lines = record(interview, before=article)
    options = ("--preceding-field", "before", "--format", "jsonl", *JSONL_STDIN)
    (row,) = objects(run("score", *options, stdin=lines).stdout)
    evidence = [item for span in row["spans"] for item in span["evidence"]]
    assert any(item.get("in_preceding") for item in evidence)
    assert row["n_chars"] == len(interview)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([FILLER], 0),
        ([FILLER, "--fail-on", "0.1"], 1),
        ([FILLER, "--fail-on", "1"], 0),
        ([CLEAN, "--fail-on", "0.01"], 0),
        ([FILLER, "missing.txt", "--fail-on", "0.1"], 2),
        (["missing.txt"], 2),
    ],
)
def test_exit_code(arguments: list[object], code: int) -> None:
    assert run("score", *arguments).exit_code == code


@pytest.mark.parametrize("text", ["", " \n\t\r\n", "Three little words", "\ud800", "\x00"])
def test_pages_without_anything_to_find(text: str) -> None:
    result = run("score", "--format", "jsonl", *JSONL_STDIN, stdin=record(text, id="x"))
    (row,) = objects(result.stdout)
    assert (result.exit_code, row["id"], row["spans"]) == (0, "x", [])


def test_an_empty_file_and_empty_input(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    (row,) = objects(run("score", "--format", "jsonl", empty).stdout)
    assert (row["n_chars"], row["spans"]) == (0, [])
    nothing = run("score", "--format", "jsonl", *JSONL_STDIN)
    assert (nothing.exit_code, nothing.stdout) == (0, "")


# --- bad input ----------------------------------------------------------------------------------


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A folder with everything that cannot be read."""
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "binary.txt").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "records.jsonl").write_bytes(
        record("fine", id="first") + b"{\n" + b"[]\n" + b'{"text": 1}\n' + record("fine", id="last")
    )
    (tmp_path / "empty folder").mkdir()
    return tmp_path


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_cannot_be_read_has_its_place_and_the_rest_goes_on(bad: Path, jobs: int) -> None:
    paths = [bad / name for name in ("missing.txt", "empty folder", "none-*.txt")]
    result = run("score", *paths, bad, FILLER, "--format", "jsonl", "--jobs", jobs)
    rows = objects(result.stdout)
    assert [(row["id"], row.get("error", {}).get("kind")) for row in rows] == [
        (str(paths[0]), "missing"),
        (str(paths[1]), "missing"),
        (str(paths[2]), "missing"),
        (str(bad / "binary.txt"), "binary"),
        (str(bad / "latin.txt"), "encoding"),
        ("first", None),
        (f"{bad / 'records.jsonl'}#2", "json"),
        (f"{bad / 'records.jsonl'}#3", "json"),
        (f"{bad / 'records.jsonl'}#4", "field"),
        ("last", None),
        (str(FILLER), None),
    ]
    messages = [row["error"]["message"] for row in rows if "error" in row]
    assert result.stderr == "".join(f"Error: {message}\n" for message in messages)
    assert all("; " in message for message in messages), "each names a remedy"
    assert result.exit_code == 2


@pytest.mark.parametrize("command", ["score", "explain"])
def test_errors_do_not_end_a_command(bad: Path, command: str) -> None:
    result = run(command, bad / "latin.txt", CLEAN)
    assert result.exit_code == 2
    assert str(CLEAN) in result.stdout
    assert f"Error: {bad / 'latin.txt'}: not UTF-8" in result.stderr


def _remove(model: Path) -> None:
    (model / "model.json").unlink()


def _cut(model: Path) -> None:
    content = (model / "model.json").read_text(encoding="utf-8")
    (model / "model.json").write_text(content[: len(content) // 2], encoding="utf-8")


def _age(model: Path) -> None:
    document = json.loads((model / "model.json").read_text(encoding="utf-8"))
    versions = document["feature_versions"]
    document["feature_versions"] = {name: version + 1 for name, version in versions.items()}
    (model / "model.json").write_text(json.dumps(document), encoding="utf-8")


def _change_lexicon(model: Path) -> None:
    with (model / "lexicon" / "words" / "asker.txt").open("a", encoding="utf-8") as words:
        words.write("zzyzx\n")


def _remove_lexicon(model: Path) -> None:
    shutil.rmtree(model / "lexicon")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_remove, "no model here"),
        (_cut, "damaged"),
        (_age, "retrain it with 'detector train'"),
        (_change_lexicon, "its lexicon folder was changed"),
        (_remove_lexicon, "no lexicon here"),
    ],
)
def test_bad_models(tmp_path: Path, damage: Callable[[Path], None], message: str) -> None:
    model = tmp_path / "model"
    shutil.copytree(ROOT / "models" / "default", model)
    damage(model)
    result = run("score", FILLER, "--model", model)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"Error: {model}")
    assert message in result.stderr


# --- streams ------------------------------------------------------------------------------------


def answer(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The next line of output, which must come without further input."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    assert ready, "no answer"
    row: dict[str, Any] = json.loads(process.stdout.readline())
    return row


@pytest.mark.parametrize("command", [["score", "--format", "jsonl"], ["clean"]])
def test_each_record_is_answered_before_the_next_is_sent(command: list[str]) -> None:
    with start(*command, *JSONL_STDIN) as process:
        assert process.stdin is not None
        for n in range(3):
            process.stdin.write(record("Three little words", id=f"page {n}"))
            process.stdin.flush()
            assert answer(process)["id"] == f"page {n}"
            half = record("Half of a record", id=f"half {n}")
            process.stdin.write(b"not a record\n" + half[:5])
            process.stdin.flush()
            assert answer(process)["error"]["kind"] == "json"
            process.stdin.write(half[5:])
            process.stdin.flush()
            assert answer(process)["id"] == f"half {n}"
        process.stdin.close()
        assert process.wait(PATIENCE) == 2


def test_an_interrupt_ends_a_command_quietly() -> None:
    with start("score", "--format", "jsonl", *JSONL_STDIN) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(record("Three little words"))
        process.stdin.flush()
        answer(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert process.stderr.read().strip() == b""


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_closed_pipe_ends_a_command_quietly(tmp_path: Path, jobs: int) -> None:
    pages = tmp_path / "pages.jsonl"
    pages.write_bytes(record("Three little words") * 5000)
    with start("score", "--format", "jsonl", "--jobs", jobs, pages) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr.read() == b""


@pytest.mark.parametrize("command", [["score", "--format", "jsonl"], ["clean"]])
def test_memory_does_not_grow_with_the_stream(command: list[str]) -> None:
    pytest.importorskip("resource", reason="memory is measured with the resource module")

    def peak(n_records: int) -> int:
        """Megabytes in use at most, for records of 20 kB each."""
        stdin = record("Three little words", html="x" * 20_000) * n_records
        report = (
            "import resource\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        )
        done = run_and_report(report, *command, *JSONL_STDIN, stdin=stdin)
        assert done.stdout.count(b"\n") == n_records
        return int(done.stderr) // (1 << 20 if sys.platform == "darwin" else 1 << 10)

    assert peak(3000) < peak(100) + 30


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_progress_goes_to_a_terminal_only(tmp_path: Path) -> None:
    pages = tmp_path / "pages.jsonl"
    pages.write_bytes(record(FILLER.read_text("utf-8")) * 600)
    command = [sys.executable, "-m", "detector", "score", "--format", "csv", str(pages)]
    output = on_a_terminal("stderr", command)
    assert b" pages\r" in output
    assert output.endswith(b"\x1b[K")
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=True)
    assert done.stderr == b""


# --- explain ------------------------------------------------------------------------------------


def test_explain_marks_the_page_without_colours_in_a_pipe() -> None:
    result = run("explain", FILLER)
    lines = result.stdout.splitlines()
    assert lines[0] == str(FILLER)
    assert any(line.startswith("P| ") for line in lines)
    assert any(line.startswith("D| ") for line in lines)
    assert any(line.startswith("       repeats ") for line in lines)
    assert max(map(len, lines[1:])) <= 80
    assert "\x1b" not in result.stdout


def test_explain_of_a_clean_page() -> None:
    assert "no filler found" in run("explain", CLEAN).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("no_color", "term", "coloured"),
    [("", "xterm", True), ("1", "xterm", False), ("", "dumb", False)],
)
def test_explain_has_colours_on_a_terminal_unless_told(
    no_color: str, term: str, coloured: bool
) -> None:
    environment = {**os.environ, "NO_COLOR": no_color, "TERM": term}
    command = [sys.executable, "-m", "detector", "explain", str(FILLER)]
    output = on_a_terminal("stdout", command, env=environment)
    assert (b"\x1b[33mD| " in output) is coloured
    assert b"D| " in output


# --- clean --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [b"", MARK], ids=["no mark", "mark"])
@pytest.mark.parametrize("line_break", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_clean_takes_out_the_regions_and_nothing_else(
    tmp_path: Path, detector: Detector, mark: bytes, line_break: bytes
) -> None:
    raw = FILLER.read_bytes().replace(b"\n", line_break)
    page = tmp_path / "page.txt"
    page.write_bytes(mark + raw)
    expected = detector.clean(raw.decode()).encode()
    assert len(expected) < len(raw)
    result = run("clean", page)
    assert (result.exit_code, result.stdout_bytes) == (0, mark + expected)


def test_clean_of_standard_input_and_of_a_clean_page() -> None:
    raw = CLEAN.read_bytes()
    assert run("clean", "-", stdin=raw).stdout_bytes == raw


def test_clean_jsonl_replaces_the_text_alone(detector: Detector) -> None:
    text = FILLER.read_text(encoding="utf-8")
    fields = {"id": "x", "n": 12345678901234567890, "deep": {"b": [1.5, None], "a": "é\ud800"}}
    ascii_line = json.dumps({**fields, "body": text, "z": 0}).encode() + b"\r\n"
    utf8_line = json.dumps({"body": text, "z": "é"}, ensure_ascii=False).encode() + b"\n"
    untouched = b'{ "body":"\\u0061 note",   "x":1.10, "x":2 }'
    result = run(
        "clean",
        "--text-field",
        "body",
        *JSONL_STDIN,
        stdin=MARK + ascii_line + utf8_line + untouched,
    )
    first, second, third = result.stdout_bytes.splitlines(keepends=True)
    cleaned = detector.clean(text)
    assert first.startswith(MARK)
    assert first.endswith(b"}\r\n")
    assert first[3:].isascii()
    replaced = json.loads(first[3:])
    assert replaced == {**fields, "body": cleaned, "z": 0}
    assert list(replaced) == ["id", "n", "deep", "body", "z"]
    assert second.decode() == json.dumps({"body": cleaned, "z": "é"}, ensure_ascii=False) + "\n"
    assert third == untouched + b"\n"


@pytest.mark.parametrize(
    "line",
    [
        '{"text":%s,"n":1.10,"big":1e400,"n":2}',
        '  { "a" : {"text": "no"} , "text" : %s , "b":[ 1,{ } ] }  ',
        '{"text": "not this one", "text": %s}',
        '{"t\\u0065xt": %s, "é😀": "é"}',
    ],
)
def test_clean_jsonl_changes_no_byte_but_of_the_text(line: str, detector: Detector) -> None:
    text = FILLER.read_text(encoding="utf-8")
    before, after = (
        (line % json.dumps(body, ensure_ascii=line.isascii())).encode() + b"\n"
        for body in (text, detector.clean(text))
    )
    assert run("clean", *JSONL_STDIN, stdin=before).stdout_bytes == after != before


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("name", ["pages.jsonl", "page.txt"])
def test_clean_keeps_files_compressed(
    name: str, suffix: str, tmp_path: Path, detector: Detector
) -> None:
    if suffix == ".zst":
        pytest.importorskip("zstandard", reason="needs the extra zst")
    text = FILLER.read_bytes().decode()
    page, cleaned = (
        body.encode() if name == "page.txt" else record(body)
        for body in (text, detector.clean(text))
    )
    path, output = tmp_path / (name + suffix), tmp_path / "cleaned"
    with path.open("wb") as stream, compressed(stream, path) as packed:
        packed.write(page)
    assert run("clean", path, "--output", output).exit_code == 0
    with (output / path.name).open("rb") as stream:
        assert inflated(stream, Compression(suffix), 1000).read() == cleaned
    assert run("clean", path).stdout_bytes == cleaned


def test_clean_jsonl_puts_error_records_where_records_were(bad: Path) -> None:
    result = run("clean", bad / "records.jsonl")
    rows = objects(result.stdout)
    assert [row.get("text", row.get("error", {}).get("kind")) for row in rows] == [
        "fine",
        "json",
        "json",
        "field",
        "fine",
    ]
    assert result.exit_code == 2


def test_clean_writes_folders_under_their_names(tmp_path: Path, detector: Detector) -> None:
    pages, output = tmp_path / "pages", tmp_path / "new" / "cleaned"
    (pages / "deep").mkdir(parents=True)
    shutil.copy(FILLER, pages / "deep" / "filler.txt")
    shutil.copy(CLEAN, pages / "clean.md")
    (pages / "empty.txt").touch()
    (pages / "latin.txt").write_bytes(b"caf\xe9")
    (pages / "records.jsonl").write_bytes(record("a") + record("b"))
    result = run("clean", pages, "--output", output)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"Error: {pages / 'latin.txt'}: not UTF-8" in result.stderr
    written = {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in output.rglob("*")
        if path.is_file()
    }
    assert written == {
        "clean.md": CLEAN.read_bytes(),
        "deep/filler.txt": detector.clean(FILLER.read_bytes().decode()).encode(),
        "empty.txt": b"",
        "records.jsonl": record("a") + record("b"),
    }


def test_clean_writes_several_jsonl_files_one_after_the_other(tmp_path: Path) -> None:
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    first.write_bytes(record("a").rstrip())
    second.write_bytes(record("b"))
    assert run("clean", first, second).stdout_bytes == record("a") + record("b")


@pytest.fixture
def twins(tmp_path: Path) -> tuple[Path, Path]:
    """Two files of the same name."""
    paths = tmp_path / "1" / "page.txt", tmp_path / "2" / "page.txt"
    for path in paths:
        path.parent.mkdir()
        path.write_text("text")
    return paths


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("{0} {1}", "2 files would run into each other on standard output; name a folder"),
        ("{0} {1} --output {2}/3", "both {0} and {1} would be written here"),
        ("{0} --output {2}/1", "{0}: would overwrite an input; name another --output"),
        ("- --output {2}", "standard input has no name to keep; leave out --output"),
    ],
    ids=["one output", "one name", "overwriting", "no name"],
)
def test_clean_refuses_what_would_lose_something(
    tmp_path: Path, twins: tuple[Path, Path], arguments: str, message: str
) -> None:
    names = (*twins, tmp_path)
    result = run("clean", *(word.format(*names) for word in arguments.split()))
    assert (result.exit_code, result.stdout) == (2, "")
    assert message.format(*names) in result.stderr
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == list(twins)


def test_clean_leaves_no_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages, output = tmp_path / "pages.jsonl", tmp_path / "cleaned"
    pages.write_bytes(record("a") * 3)
    output.mkdir()
    (output / "pages.jsonl").write_bytes(b"what was there before")

    def full(path: Path, target: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "replace", full)
    result = run("clean", pages, "--output", output)
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert [path.name for path in output.iterdir()] == ["pages.jsonl"]
    assert (output / "pages.jsonl").read_bytes() == b"what was there before"
