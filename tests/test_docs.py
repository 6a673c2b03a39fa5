"""The documentation: examples run, commands exist, links lead somewhere, figures are true."""

from __future__ import annotations

import doctest
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner

import detector as package
from detector import Detector, Document, Unreadable
from detector.cli import main
from detector.corpus import SUBFORMS, read_jsonl, read_topic
from detector.errors import DetectorError
from detector.types import Abstention, Form, Label

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "data/README.md", "seeds/README.md")
    for path in ROOT.glob(pattern)
)
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]
each_page = pytest.mark.parametrize("path", PAGES, ids=NAMES)


class Fence(NamedTuple):
    """A fenced block of a page, and the modules that a comment above it says it needs."""

    page: Path
    line: int
    language: str
    text: str
    needs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


def fences(page: Path) -> Iterator[Fence]:
    language, at, lines, above = None, 0, [], ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```") and language is None:
            language, at, lines = line[3:].strip(), number + 1, []
            named = re.fullmatch("<!-- needs: (.+) -->", above)
            needs = tuple(named[1].split(", ")) if named else ()
        elif line.startswith("```"):
            yield Fence(page, at, language or "", "\n".join(lines) + "\n", needs)
            language = None
        else:
            lines.append(line)
        above = line
    assert language is None, f"{page}: a fence does not end"


FENCES = [fence for page in PAGES for fence in fences(page)]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(
        r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )


# --- examples in Python and JavaScript ------------------------------------------------------------


PYTHON = [page for page in PAGES if any(f.language == "python" for f in fences(page))]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder to work in that has all that the checkout has."""
    for path in ROOT.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)


def run_examples(examples: Iterable[Fence]) -> None:
    """Examples, one after another, with the names of those before."""
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    parser, names = doctest.DocTestParser(), {"__name__": "__main__"}
    for fence in examples:
        assert ">>>" in fence.text, f"{fence}: write examples with their results"
        test = parser.get_doctest(fence.text, names, str(fence), str(fence.page), fence.line - 1)
        runner.run(test, clear_globs=False)
        names = test.globs
    assert runner.summarize(verbose=False).failed == 0


def python(path: Path) -> list[Fence]:
    """The examples of a page that run anywhere."""
    return [f for f in fences(path) if f.language == "python" and not f.needs]


@pytest.mark.parametrize("path", PYTHON, ids=[p.name for p in PYTHON])
def test_python_examples(path: Path, workplace: None) -> None:
    run_examples(python(path))


NEEDING = [fence for fence in FENCES if fence.needs]


@pytest.mark.parametrize("fence", NEEDING, ids=str)
def test_examples_that_need_an_extra(fence: Fence, workplace: None) -> None:
    """Each by itself, after the examples of its page that need none."""
    for name in fence.needs:
        if name == "java":
            if shutil.which("java") is None:
                pytest.skip("needs Java 17 or later")
        else:
            pytest.importorskip(name, reason=f"needs {name}")
    run_examples([*(f for f in python(fence.page) if f.line < fence.line), fence])


def test_there_are_examples() -> None:
    assert {path.name for path in PYTHON} >= {
        "README.md",
        "pipelines.md",
        "python-api.md",
        "wire-format.md",
    }


def test_javascript_cuts_what_python_cuts() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    text = "😀\r\nA “page” é\n🙂🙂 Interview: 𝔘nicode\nend"
    spans = [{"start": 0, "end": 1}, {"start": 14, "end": 17}, {"start": 27, "end": len(text)}]
    examples = [f.text for f in FENCES if f.language == "js"]
    assert len(examples) == 2
    program = "\n".join(
        [
            f"const text = {json.dumps(text)}, record = {json.dumps({'spans': spans})};",
            *examples,
            "console.log(JSON.stringify([regions, selections]));",
        ]
    )
    done = subprocess.run([node, "-e", program], capture_output=True, check=True)
    cut = [text[span["start"] : span["end"]] for span in spans]
    assert json.loads(done.stdout) == [cut, cut]


# --- commands -------------------------------------------------------------------------------------

SHELL = {"sh", "console", "text"}
COMMAND = re.compile(
    r"(?:^\s*(?:\$ )?(?:\w+=\S+ )*|\| |&& (?:\.venv/bin/)?)detector "
    r"((?:" + "|".join(main.commands) + r")\b.*)"
)


def commands() -> Iterator[tuple[str, list[str]]]:
    """The arguments of every command in the documentation, and where it stands."""
    for fence in FENCES:
        for k, line in enumerate(fence.text.splitlines()):
            found = COMMAND.search(line)
            if fence.language in SHELL and found:
                where = f"{fence.page.relative_to(ROOT).as_posix()}:{fence.line + k}"
                yield where, _words(found[1])


def _words(line: str) -> list[str]:
    """The words of a shell command, up to where another begins or its output goes."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if set(word) <= set("|&;<>()"):
            break
        words.append(word)
    return words


COMMANDS = list(commands())


@pytest.mark.parametrize("words", [w for _, w in COMMANDS], ids=[where for where, _ in COMMANDS])
def test_commands_parse(words: list[str]) -> None:
    """Options exist and take what they are given; whether files exist is not asked."""
    command = main.commands[words[0]]
    # A context of its own would make the command remember other names of --help.
    context = click.Context(command, click.Context(main, **main.context_settings))
    values, rest, _ = command.make_parser(context).parse_args(words[1:])
    assert not rest
    for parameter in command.params:
        given = values.get(parameter.name or "")
        if isinstance(given, str) and not isinstance(parameter.type, click.Path):
            parameter.type_cast_value(context, given)


RUNNABLE = {
    tuple(words)
    for _, words in COMMANDS
    if words[0] in {"score", "explain", "clean"}
    and "--output" not in words
    and "--jobs" not in words
    and any((ROOT / word).exists() for word in words[1:])
}


@pytest.mark.parametrize("words", sorted(RUNNABLE), ids=" ".join)
def test_commands_on_the_seeds_run(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == 0, result.output
    assert result.stdout


def test_there_are_commands() -> None:
    assert {words[0] for _, words in COMMANDS} == set(main.commands)
    assert len(RUNNABLE) > 3


OPTIONS = {
    option
    for command in [main, *main.commands.values()]
    for parameter in command.params
    for option in parameter.opts
} | {"--help", "--check"}


@each_page
def test_options_in_prose_exist(path: Path) -> None:
    mentioned = re.findall(r"`[^`\n]*?(--[a-z][a-z-]+)[^`\n]*`", prose(path))
    assert set(mentioned) <= OPTIONS | {"--no-deps"}


def test_the_readme_has_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    score, test = (
        re.search(rf"<!-- {name} -->\n```sh\n(.+)\n```\n", text) for name in ("score", "test")
    )
    assert score is not None
    assert test is not None
    assert score[1].startswith("python3 -m venv .venv && .venv/bin/pip install . && ")
    assert test[1].endswith(".venv/bin/python -m pytest")


# --- formats --------------------------------------------------------------------------------------


def test_json_examples_are_json() -> None:
    examples = [f for f in FENCES if f.language == "json"]
    assert len(examples) >= 3
    for fence in examples:
        json.loads(fence.text)


def example(page: str, begin: str) -> str:
    """The fenced block of a page that begins so."""
    return next(f.text for f in fences(ROOT / page) if f.text.startswith(begin))


def test_the_labelled_page_in_the_docs_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "pages.jsonl"
    path.write_text(example("docs/training.md", '{"id"'), encoding="utf-8")
    (page,) = read_jsonl(path)
    (region,) = page.regions
    assert page.text[region.span.start : region.span.end] == "Interview: …"


def test_the_topic_in_the_data_sheet_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "001-slug.txt"
    path.write_text(example("data/README.md", "@topic"), encoding="utf-8")
    topic = read_topic(path)
    assert [block.kind for block in topic.blocks] == [
        "article",
        "filler",
        "genuine",
        "hardneg",
        "rewrite",
    ]


def fields_of(title: str) -> set[str]:
    """The names in the first column of the tables under a heading of the wire format."""
    text = (ROOT / "docs" / "wire-format.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {title}")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.+?) \|", section, flags=re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_every_field_of_the_wire_format_is_described(detector: Detector) -> None:
    page = next((ROOT / "seeds").glob("000*.txt")).read_bytes().decode()
    article, _, interview = page.partition("\nInterview:")
    records = [
        detector.detect(page).to_dict(),
        detector.detect(Document("x", "Interview:" + interview, preceding=article)).to_dict(),
    ]
    spans = [span for record in records for span in record["spans"]]
    evidence = [item for span in spans for item in span["evidence"]]
    not_judged = detector.detect("Short.").to_dict()
    from_html = detector.detect(Document("x", "Short.", extractor="one 1.0")).to_dict(
        keep_text=True
    )
    assert {*records[0], *not_judged, *from_html} == fields_of("The record")
    assert set(spans[0]) == fields_of("A region")
    assert set(spans[0]["segments"][0]) == fields_of("A segment")
    kinds = {item["kind"] for item in evidence}
    assert kinds == {"repeats", "phrase", "speaker", "frame", "unsupported"}
    assert {name for item in evidence for name in item} | kinds == fields_of("Evidence")


def test_kinds_of_errors_are_described() -> None:
    named = re.findall(r"``(\w+)`` \(", Unreadable.__doc__ or "")
    assert set(named) == fields_of("The error record")


def test_every_public_name_is_described() -> None:
    text = (ROOT / "docs" / "python-api.md").read_text(encoding="utf-8")
    missing = {name for name in package.__all__ if not re.search(rf"\b{name}\b", text)}
    assert missing <= {"__version__", "DetectorError"}
    for value in (*Label, *Form, *Abstention):
        assert f"`{value}`" in text
    sheet = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for form in SUBFORMS:
        assert f"`{form}`" in sheet


# --- generated parts ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_parts_are_current(generate: ModuleType) -> None:
    """Among them the counts of the data sheet, the features and the help of the commands."""
    stale = [path.relative_to(ROOT).as_posix() for path in generate.stale()]
    assert not stale, "run: python docs/generate.py"


def test_every_generated_part_is_somewhere_and_known(generate: ModuleType) -> None:
    texts = [path.read_text(encoding="utf-8") for path in PAGES]
    begun = [name for text in texts for name in re.findall(r"<!-- generated: (.+?) -->", text)]
    ended = [name for text in texts for name in re.findall(r"<!-- end of (.+?) -->", text)]
    assert begun == ended
    assert set(begun) == set(generate.PARTS)


def test_check_names_a_stale_page(
    generate: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "PAGES", ("README.md",))
    monkeypatch.setattr(generate, "_part", lambda name: "something new")
    monkeypatch.setattr("sys.argv", ["generate.py", "--check"])
    before = (ROOT / "README.md").read_bytes()
    with pytest.raises(SystemExit) as end:
        generate.main()
    assert end.value.code == 1
    assert "README.md: stale" in capsys.readouterr().out
    assert (ROOT / "README.md").read_bytes() == before


def test_pages_of_human_text_are_those_that_are_credited(generate: ModuleType) -> None:
    """Each document was measured twice: whole, and cut short."""
    stored = generate._stored()
    most = generate.negatives.DOCUMENTS_A_SOURCE
    measured = sum(min(entry["documents"], most) for entry in stored.info["credits"].values())
    assert sum(map(generate.negatives.n_pages, stored.sources.values())) == 2 * measured
    assert set(generate.SOURCES) >= set(stored.info["credits"])


def test_a_part_that_fails_is_told_from_one_that_is_stale(generate: ModuleType) -> None:
    with pytest.raises(SystemExit, match="no/such"):
        generate._run("score", "no/such/page.txt")


# --- the site -------------------------------------------------------------------------------------


def test_every_page_has_a_place_in_the_navigation() -> None:
    """mkdocs.yml is not read as YAML here, which needs a package of its own."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    named = set(re.findall(r"^ +- .+: (\S+\.md)$", text, flags=re.MULTILINE))
    missing = {path.name for path in ROOT.glob("docs/*.md")} - named
    assert not missing, "give each page a line in the nav of mkdocs.yml"


# --- links, versions, house -----------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@each_page
def test_links_lead_somewhere(path: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", prose(path)):
        if target.startswith("https://"):
            continue
        linked = (path.parent / target).resolve() if target else path
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"


@each_page
def test_files_that_are_named_exist(path: Path) -> None:
    pattern = r"`((?:detector|data|docs|tests|models|benchmarks|seeds)/[\w./-]+?)/?`"
    for name in re.findall(pattern, prose(path)):
        assert (ROOT / name).exists() or (ROOT / name).with_suffix(".txt").exists(), name


def test_versions_agree() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d[^]]*)\] - (\d{4}-\d\d-\d\d)$", changelog, flags=re.MULTILINE)
    version = re.search(r"^version: (\S+)$", citation, flags=re.MULTILINE)
    date = re.search(r"^date-released: (\S+)$", citation, flags=re.MULTILINE)
    assert version is not None
    assert date is not None
    assert (version[1], date[1]) == released[0]
    assert version[1] == package.__version__
    assert released == sorted(released, reverse=True)


def test_the_package_is_called_what_the_readme_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"`{project['name']}`" in readme
    assert "Python 3.11" in readme
    assert project["requires-python"] == ">=3.11"
    assert "license: Apache-2.0" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


@pytest.mark.skipif(not (ROOT / ".github").exists(), reason="not in a source distribution")
@pytest.mark.parametrize("form", ["false-alarm", "missed-filler"])
def test_issue_forms_ask_for_the_page_and_the_json(form: str) -> None:
    text = (ROOT / ".github" / "ISSUE_TEMPLATE" / f"{form}.yml").read_text(encoding="utf-8")
    for field in ("page", "json"):
        begin = text.index(f"id: {field}\n")
        assert "required: true" in text[begin : text.index("- type:", begin)]
    assert "detector score --format jsonl PAGE" in text


def test_the_recipes_have_five_steps() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipes = re.findall(r"^## Add .+?(?=^## )", text, flags=re.MULTILINE | re.DOTALL)
    assert len(recipes) == 4
    for recipe in recipes:
        assert re.findall(r"^(\d)\. ", recipe, flags=re.MULTILINE) == list("12345")


def test_errors_are_the_ones_described() -> None:
    text = (ROOT / "docs" / "python-api.md").read_text(encoding="utf-8")
    for error in DetectorError.__subclasses__():
        assert f"| `{error.__name__}` |" in text
